"""The tags of the pages of set-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from perennial.web.set_up.forms import FORMS, Form

register = template.Library()


@register.simple_tag
def kinds_of_set_up() -> list[Form]:
    """The kinds, in the order of their tabs."""
    return list(FORMS.values())


@register.simple_tag
def row_cells(control: Mapping[str, Any], at: int, errors: Mapping[str, str]) -> list[dict[str, Any]]:
    """The cells of a row of a field of rows: column, what stands in it, what it is called, and its fault."""
    name = control["name"]
    return [
        {
            "column": column,
            "raw": raw,
            "head": head,
            "name": f"{name}[{at}].{column.name}",
            "id": f"f-{name}-{at}-{column.name}",
            "error": errors.get(f"{name}[{at}].{column.name}"),
        }
        for column, raw, head in zip(control["field"].columns, control["raw"][at], control["heads"], strict=True)
    ]
