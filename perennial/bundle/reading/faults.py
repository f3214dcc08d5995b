"""All that is wrong with a bundle, with its paths: noted instead of stopping at the first."""

from __future__ import annotations

import json
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from perennial.bundle.reading.file import TooLong
from perennial.errors import Refused
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
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    for of, word in ((str, "a text"), (int | Decimal, "a number"), (list, "a list")):
        if isinstance(value, of):
            return word
    return "an object"


class Faults:
    """All that is wrong with a bundle: the first 1,000 with their paths, and the count."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, str]] = []
        self.count = 0
        self.paths: set[str] = set()
        self._hints = 0

    def add(self, path: str, text: str) -> None:
        """Note a fault."""
        self.count += 1
        self.paths.add(path)
        if len(self.kept) < KEPT:
            self.kept.append((path, text))

    def hint(self, word: str, known: Collection[str]) -> str:
        """What a mistyped word may have meant, as the end of a fault's text."""
        self._hints += 1
        found = guess.meant(word, known) if self._hints <= HINTS else None
        return f"; did you mean {shown(found)}?" if found is not None else ""


class BundleRefused(Refused):
    """A bundle with faults: nothing of it was imported. ``faults``: the first 1,000 as (path, text)."""

    def __init__(self, faults: Faults) -> None:
        self.faults = list(faults.kept)
        self.count = faults.count
        lines = [f"{path}: {text}" if path else text for path, text in self.faults]
        number = "1 fault" if self.count == 1 else f"{self.count:,} faults"
        if self.count > len(lines):
            lines.append(f"(the first {len(lines):,} are shown)")
        super().__init__("bundle", text="\n".join([f"{number}, nothing was imported", *lines]))
