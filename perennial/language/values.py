"""Facts of a document on one line, as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perennial.language.formats import ENGLISH, Reader, phrase


def in_a_line(values: Mapping[str, Any] | None, to: Reader = ENGLISH) -> str:
    """``ship on 2026-04-10; product 0014``; nothing where there are none."""
    told = []
    for name, value in (values or {}).items():
        if isinstance(value, list):
            told += [", ".join(f"{_called(part, to)} {word}" for part, word in one.items()) for one in value]
        elif value is not None:
            told.append(f"{_called(name, to)} {value}")
    return "; ".join(told)


def _called(name: str, to: Reader) -> str:
    return phrase("fact", name, None, to) or name.replace("_", " ")
