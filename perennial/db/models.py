"""Field types that every app uses."""

from __future__ import annotations

from typing import Any

from django.db import models


class Code(models.TextField):  # type: ignore[type-arg]
    """A code, number or key that people write: compared and sorted byte by byte on every platform."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["db_collation"] = "C"
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        kwargs.pop("db_collation", None)
        return name, "perennial.db.models.Code", args, kwargs
