"""The tags of the pages of moving in and out: how a file stands, what an import has to say, how large it is."""

from __future__ import annotations

from typing import Any

from babel.numbers import format_decimal
from django import template
from django.template import Context
from django.utils.safestring import SafeString

from perennial.kernel.reasons import Reason
from perennial.language import Reader, phrase
from perennial.moving.transfers import TransferStatus
from perennial.web.templatetags.desk import st
from perennial.web.words import said

register = template.Library()
SEPARATOR_WORDS = {",": "comma", ";": "semicolon", "\t": "tab"}


def _to(context: Context) -> Reader:
    found: Reader = context["to"] if "to" in context else Reader()
    return found


@register.simple_tag(takes_context=True)
def transfer_state(context: Context, one: TransferStatus) -> SafeString:
    """How a file stands."""
    shapes = {"done": "finished", "refused": "declined", "brought": "draft"}
    word = one.status
    if word == "done":
        word = "out" if one.kind == "export" else "tried" if one.dry else "in"
    elif word == "refused" and one.fault_count:
        word = "faults"
    elif one.goes_on and one.dry:
        word = f"{one.status}_dry"
    return st(context, "web transfer", word, as_=shapes.get(one.status, one.status))


@register.simple_tag(takes_context=True)
def noted(context: Context, note: Reason) -> str:
    """What an import has to say that is no fault."""
    return phrase("note", note.code, note.facts, _to(context)) or note.code


@register.simple_tag(takes_context=True)
def follows(context: Context, one: dict[str, Any]) -> str:
    """Which open orders follow a program that was changed."""
    code = "moving_follow_by_night" if one["apply"] else "moving_follow_by_hand"
    return said(_to(context), code, count=one["orders"], program=one["program"])


@register.simple_tag(takes_context=True)
def size_of(context: Context, bytes: int) -> str:
    """How large a file is: 12 kB, 3.4 MB."""
    to = _to(context)
    if bytes < 1024**2:
        return f"{format_decimal(max(1, round(bytes / 1024)), locale=to.language)} kB"
    return f"{format_decimal(round(bytes / 1024**2, 1), locale=to.language)} MB"


@register.simple_tag(takes_context=True)
def separator(context: Context, mark: str) -> str:
    """What a separator is called."""
    return said(_to(context), f"moving_separator_{SEPARATOR_WORDS[mark]}")


@register.filter
def cells(row: list[str], columns: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The cells of a row, each with the name of its column."""
    return [(name, cell) for (_, name), cell in zip(columns, row, strict=False)]
