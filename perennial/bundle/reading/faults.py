"""All that is wrong with a bundle, with its paths: noted instead of stopping at the first."""

from __future__ import annotations

import json
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from perennial.bundle.reading.file import TooLong
from perennial.errors import Refused, Several
from perennial.kernel import guess, limits

KEPT = 1000
HINTS = 300  # so many times a hint is looked for: it takes long where many names are known


def shown(value: Any) -> str:
    """A value as a fault shows it: JSON, cut where it is long."""
    try:
        text = (
            str(value) if isinstance(value, Decimal | TooLong) else json.dumps(value, ensure_ascii=False, default=float)
        )
    except (ValueError, RecursionError):
        text = "…"
    text = text.encode("utf-8", "replace").decode()
    return limits.short(text)


def kind(value: Any) -> str:
    """What a JSON value is: a label of the context ``type``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "flag"
    for of, word in ((str, "text"), (int | Decimal, "number"), (list, "list")):
        if isinstance(value, of):
            return word
    return "object"


def wrong_type(needed: str, value: Any) -> Refused:
    """A value of the wrong type; ``needed`` is a label of the context ``type``."""
    return Refused("wrong_type", needed=needed, found=kind(value), value=None if value is None else shown(value))


class Faults:
    """All that is wrong with a bundle: the first 1,000, each with its path as its field, and the count."""

    def __init__(self) -> None:
        self.kept: list[Refused] = []
        self.count = 0
        self.codes: set[str] = set()
        self.paths: set[str] = set()
        self._hints = 0

    def add(self, fault: Refused) -> None:
        """Note a fault."""
        self.count += 1
        self.codes.add(fault.code)
        self.paths.add(fault.field)
        if len(self.kept) < KEPT:
            self.kept.append(fault)

    def meant(self, word: str, known: Collection[str]) -> str | None:
        """What a mistyped word may have meant."""
        self._hints += 1
        return guess.meant(word, known) if self._hints <= HINTS else None


class BundleRefused(Several):
    """A bundle with faults: nothing of it was imported. ``faults``: the first 1,000 of ``count``; ``codes``: those of all."""

    def __init__(self, faults: Faults) -> None:
        self.count, self.codes = faults.count, frozenset(faults.codes)
        super().__init__(faults.kept, "bundle", count=faults.count)
