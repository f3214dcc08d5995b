"""Values out of JSON, with every fault noted under its path instead of stopping at the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from perennial.bundle.reading.faults import Faults, kind, shown
from perennial.bundle.reading.file import Twice
from perennial.errors import Refused
from perennial.kernel import limits, money
from perennial.language import say

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Given:
    """One object of a bundle. Each question gives the value of a key, or the default and a fault.

    ``bad`` turns true with the first fault in it, or when it rests on something that is itself at fault:
    then it is not used, and what rests on it in turn is not blamed.
    """

    __slots__ = ("_void", "bad", "faults", "path", "value")

    def __init__(self, value: Any, path: str, faults: Faults, known: frozenset[str]) -> None:
        self.path, self.faults, self.bad, self._void = path, faults, False, False
        if isinstance(value, dict):
            self.value = value
            if not value.keys() <= known:
                for key in sorted(value.keys() - known):
                    self.fault(key, f"unknown key{faults.hint(key, known)}")
            if type(value) is Twice:
                self.fault(value.key, "this key stands twice")
        else:
            self.value = {}
            self.fault("", f"an object is needed, not {kind(value)}")
            self._void = True  # what is missing in it is not worth a word

    def at(self, key: str) -> str:
        """The path of a key, or of the whole."""
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def fault(self, key: str, text: str) -> None:
        """Note a fault of a key (or of the whole)."""
        self.bad = True
        if not self._void:
            self.faults.add(self.at(key), text)

    def faulted(self, key: str) -> bool:
        """Was a fault of this key noted?"""
        return self.bad and self.at(key) in self.faults.paths

    def refused(self, faults: Iterable[Refused]) -> None:
        """Note what the rules refuse; fields count from here. A key that could not be read is not blamed again."""
        for refused in faults:
            if not self.faulted(refused.field):
                self.fault(refused.field, say(refused))

    def wrong(self, key: str, value: Any, needed: str) -> None:
        """Note a value of the wrong type."""
        self.fault(key, f"{needed} is needed, not {kind(value)}" + ("" if value is None else f" ({shown(value)})"))

    def get(self, key: str) -> Any:
        """The value as it stands; None where it was left out."""
        return self.value.get(key)

    def given(self, key: str) -> bool:
        """Was it given, and not null?"""
        return self.value.get(key) is not None

    # --- texts

    def text(self, key: str, default: Any = None, *, required: bool = False, longest: int = limits.TEXT) -> Any:
        """A text; None or the default where it was left out."""
        return self._written(key, default, required, longest, limits.text_fault)

    def code(self, key: str, default: Any = None, *, required: bool = False, longest: int = limits.CODE) -> Any:
        """A code, a number or a key that people write: not empty, no spaces around it."""
        return self._written(key, default, required, longest, limits.code_fault)

    def _written(
        self, key: str, default: Any, required: bool, longest: int, fault_of: Callable[[str, int], str | None]
    ) -> Any:
        value = self.value.get(key)
        if value is None:
            if required:
                self.fault(key, "required")
            return default
        if not isinstance(value, str):
            self.wrong(key, value, "a text")
            return default
        if fault := fault_of(value, longest):
            self.fault(key, fault)
            return default
        return value

    def word(self, key: str, choices: Collection[str], default: Any = None, *, required: bool = False) -> Any:
        """One of a closed list of words."""
        value = self.value.get(key)
        if value is None:
            if required:
                self.fault(key, f"required: {' or '.join(choices)}")
            return default
        if not isinstance(value, str) or value not in choices:
            hint = self.faults.hint(value, choices) if isinstance(value, str) else ""
            self.fault(key, f"{shown(value)} is not one of {', '.join(choices)}{hint}")
            return default
        return value

    def name_of(self, key: str, what: str, known: Known, *, required: bool = False) -> Any:
        """The name of something that exists, stored or in this bundle."""
        value = self.code(key, required=required)
        if value is None:
            return None
        return value if self.refers(key, what, value, known) else None

    def refers(self, key: str, what: str, value: str, known: Known) -> bool:
        """Is there a thing of this name? One that is itself at fault spoils this one silently."""
        if value in known.bad:
            self.bad = True
        elif value not in known:
            self.fault(key, f"unknown {what} {shown(value)}{self.faults.hint(value, known.names())}")
            return False
        return True

    # --- numbers, dates, money

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false."""
        value = self.value.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong(key, value, "true or false")
            return default
        return value

    def whole(self, key: str, default: Any = None, low: int = 0, high: int = 36_500, *, required: bool = False) -> Any:
        """A whole number within bounds."""
        value = self.value.get(key)
        if value is None:
            if required:
                self.fault(key, "required")
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(key, value, "a whole number")
            return default
        if not low <= value <= high:
            self.fault(key, f"{shown(value)} is not within {low} to {high}")
            return default
        return value

    def day(self, key: str, default: Any = None, *, required: bool = False) -> Any:
        """A date."""
        value = self.value.get(key)
        if value is None:
            if required:
                self.fault(key, "required")
            return default
        found = day(value)
        if found is None:
            self.fault(key, f"{shown(value)} is not a date such as 2026-03-31")
            return default
        return found

    def money(self, key: str, currency: str | None, default: Any = None, *, required: bool = False) -> Any:
        """An amount in minor units."""
        value = self.value.get(key)
        if value is None:
            if required:
                self.fault(key, "required")
            return default
        if not isinstance(value, str):
            self.wrong(key, value, 'an amount as a text such as "19.95"')
            return default
        if currency is None:
            self.bad = True  # that the currency is missing is said once, where it is missing
            return default
        try:
            return money.minor(value, currency)
        except Refused as refused:
            self.fault(key, refused.text)
            return default

    def quantity(self, key: str, default: Decimal = Decimal(1)) -> Decimal:
        """A quantity above 0."""
        value = self.value.get(key)
        if value is None:
            return default
        try:
            return money.quantity(value)
        except Refused as refused:
            self.fault(key, refused.text)
            return default

    def percent(self, key: str, default: Any = None, most: int = 100, *, required: bool = False) -> Any:
        """A percentage."""
        value = self.value.get(key)
        if value is None:
            if required:
                self.fault(key, "required")
            return default
        try:
            return money.percent(value, most=most)
        except Refused as refused:
            self.fault(key, refused.text)
            return default

    # --- what lies within

    def entries(self, key: str) -> list[Any]:
        """A list; empty where it was left out."""
        value = self.value.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(key, value, "a list")
            return []
        return value

    def objects(self, key: str, known: frozenset[str]) -> Iterator[Given]:
        """The objects of a list. What is wrong within one is wrong with the whole."""
        for at, value in enumerate(self.entries(key)):
            inner = Given(value, self.at(f"{key}[{at}]"), self.faults, known)
            yield inner
            self.bad |= inner.bad

    def inner(self, key: str, known: frozenset[str]) -> Given | None:
        """An object within, None where it was left out. The caller passes its badness on (``spoil``)."""
        value = self.value.get(key)
        if value is None:
            return None
        return Given(value, self.at(key), self.faults, known)

    def spoil(self, inner: Given | None) -> None:
        """What is wrong within is wrong with the whole."""
        if inner is not None:
            self.bad |= inner.bad

    def plain_list(self, key: str, needed: str, fit: Any) -> Sequence[Any]:
        """A list of plain values; ``fit`` gives the value or None where it is not what is needed."""
        found = []
        for at, value in enumerate(self.entries(key)):
            fitting = fit(value)
            if fitting is None:
                self.fault(f"{key}[{at}]", f"{shown(value)} is not {needed}")
            else:
                found.append(fitting)
        return found


class Known:
    """The names of a kind that can be referred to: those stored, those of this bundle; ``bad`` ones are at fault."""

    def __init__(self, stored: Iterable[str] = ()) -> None:
        self.stored = set(stored)
        self.given: dict[str, str] = {}  # name -> the path where it stands
        self.bad: set[str] = set()

    def __contains__(self, name: object) -> bool:
        return name in self.given or name in self.stored

    def names(self) -> set[str]:
        """All of them."""
        return self.stored | self.given.keys()

    def declare(self, thing: Given, key: str, what: str, name: Any) -> None:
        """Note a thing of this bundle by its name; a second one of the same name is a fault."""
        if name is None:
            return
        if name in self.given:
            thing.fault(key, f"{what} {shown(name)} stands twice: first as {self.given[name]}")
        else:
            self.given[name] = thing.path

    def spoil(self, thing: Given, name: str) -> None:
        """A thing is at fault: what rests on its name is too. Not the first of a name, for the sake of the second."""
        if self.given.get(name, thing.path) == thing.path:
            self.bad.add(name)


def keys(names: str) -> frozenset[str]:
    """The keys that an object may have, written in one row."""
    return frozenset(names.split())


def day(value: Any) -> date | None:
    """The date of an ISO 8601 text, None when it is not one."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
