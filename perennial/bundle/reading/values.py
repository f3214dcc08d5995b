"""Values out of JSON, with every fault noted under its path instead of stopping at the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar, overload

from perennial.bundle.reading.faults import Faults, kind, shown, wrong_type
from perennial.bundle.reading.file import Twice
from perennial.errors import Refused
from perennial.kernel import limits, money

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
T = TypeVar("T")
D = TypeVar("D")


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
                    self.fault(key, "key_unknown", meant=faults.meant(key, known))
            if type(value) is Twice:
                self.fault(value.key, "key_twice")
        else:
            self.value = {}
            self.note(Refused("wrong_type", path, needed="object", found=kind(value)))
            self._void = True  # what is missing in it is not worth a word

    def at(self, key: str) -> str:
        """The path of a key, or of the whole."""
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def fault(self, key: str, code: str, /, **facts: object) -> None:
        """Note a fault of a key (or of the whole)."""
        self.note(Refused(code, self.at(key), text=None, **facts))

    def note(self, fault: Refused) -> None:
        """Note a fault that has its path."""
        self.bad = True
        if not self._void:
            self.faults.add(fault)

    def faulted(self, key: str) -> bool:
        """Was a fault of this key noted?"""
        return self.bad and self.at(key) in self.faults.paths

    def refused(self, faults: Iterable[Refused]) -> None:
        """Note what the rules refuse; fields count from here. A key that could not be read is not blamed again."""
        for refused in faults:
            if not self.faulted(refused.field):
                self.note(refused.at(self.at(refused.field)))

    def wrong(self, key: str, value: Any, needed: str) -> None:
        """Note a value of the wrong type; ``needed`` is a label of the context ``type``."""
        self.note(wrong_type(needed, value).at(self.at(key)))

    def get(self, key: str) -> Any:
        """The value as it stands; None where it was left out."""
        return self.value.get(key)

    def given(self, key: str) -> bool:
        """Was it given, and not null?"""
        return self.value.get(key) is not None

    def _read(self, key: str, default: D, required: bool, read: Callable[[Any], T]) -> T | D:
        """What ``read`` makes of a value; the default where it was left out or is refused."""
        value = self.value.get(key)
        if value is None:
            if required:
                self.fault(key, "required")
            return default
        try:
            return read(value)
        except Refused as refused:
            self.note(refused.at(self.at(key)))
            return default

    # --- texts

    @overload
    def text(self, key: str, default: str, *, required: bool = ..., longest: int = ...) -> str: ...
    @overload
    def text(self, key: str, default: None = ..., *, required: bool = ..., longest: int = ...) -> str | None: ...
    def text(
        self, key: str, default: str | None = None, *, required: bool = False, longest: int = limits.TEXT
    ) -> str | None:
        """A text; None or the default where it was left out."""
        value = self.value.get(key)
        if value is None and not required:
            return default
        if isinstance(value, str) and limits.text_fault(value, longest) is None:
            return value
        return self._read(key, default, required, lambda value: _written(value, longest, limits.text_fault))

    def number(self, key: str, *, longest: int = limits.TEXT) -> str | None:
        """A telephone number, or one of a carrier; None where it was left out."""
        return self._read(key, None, False, lambda value: _written(value, longest, limits.number_fault))

    def reference(self, key: str) -> str | None:
        """What another system calls it: a code in which no card number is; None where it was left out."""
        found = self.code(key)
        if found is not None and (fault := limits.card_fault(found)):
            self.note(fault.at(self.at(key)))
        return found

    @overload
    def code(self, key: str, default: str, *, required: bool = ..., longest: int = ...) -> str: ...
    @overload
    def code(self, key: str, default: None = ..., *, required: bool = ..., longest: int = ...) -> str | None: ...
    def code(
        self, key: str, default: str | None = None, *, required: bool = False, longest: int = limits.CODE
    ) -> str | None:
        """A code, a number or a key that people write: not empty, no spaces around it."""
        value = self.value.get(key)
        if value is None and not required:
            return default
        if isinstance(value, str) and limits.code_fault(value, longest) is None:
            return value
        return self._read(key, default, required, lambda value: _written(value, longest, limits.code_fault))

    @overload
    def word(self, key: str, choices: Collection[str], default: str, *, required: bool = ...) -> str: ...
    @overload
    def word(self, key: str, choices: Collection[str], default: None = ..., *, required: bool = ...) -> str | None: ...
    def word(
        self, key: str, choices: Collection[str], default: str | None = None, *, required: bool = False
    ) -> str | None:
        """One of a closed list of words."""
        value = self.value.get(key)
        if value is None:
            if required:
                self.fault(key, "required_word", choices=list(choices))
            return default
        if not isinstance(value, str) or value not in choices:
            meant = self.faults.meant(value, choices) if isinstance(value, str) else None
            self.fault(key, "word_unknown", value=shown(value), choices=list(choices), meant=meant)
            return default
        return value

    def name_of(self, key: str, what: str, known: Known, *, required: bool = False) -> str | None:
        """The name of something that exists, stored or in this bundle; ``what`` is a label of the context ``thing``."""
        value = self.code(key, required=required)
        return value if value is not None and self.refers(key, what, value, known) else None

    def refers(self, key: str, what: str, value: str, known: Known) -> bool:
        """Is there a thing of this name? One that is itself at fault spoils this one silently."""
        if value in known.bad:
            self.bad = True
        elif value not in known:
            self.fault(key, "name_unknown", what=what, name=value, meant=self.faults.meant(value, known.names()))
            return False
        return True

    # --- numbers, dates, money

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false."""
        if key not in self.value:
            return default
        return self._read(key, default, False, _flag)

    @overload
    def whole(self, key: str, default: int, low: int = ..., high: int = ..., *, required: bool = ...) -> int: ...
    @overload
    def whole(
        self, key: str, default: None = ..., low: int = ..., high: int = ..., *, required: bool = ...
    ) -> int | None: ...
    def whole(
        self, key: str, default: int | None = None, low: int = 0, high: int = 36_500, *, required: bool = False
    ) -> int | None:
        """A whole number within bounds."""
        value = self.value.get(key)
        if value is None and not required:
            return default
        if type(value) is int and low <= value <= high:
            return value
        return self._read(key, default, required, lambda value: _whole(value, low, high))

    @overload
    def day(self, key: str, default: date, *, required: bool = ...) -> date: ...
    @overload
    def day(self, key: str, default: date | None = ..., *, required: bool = ...) -> date | None: ...
    def day(self, key: str, default: date | None = None, *, required: bool = False) -> date | None:
        """A date."""
        value = self.value.get(key)
        if value is None and not required:
            return default
        return day(value) or self._read(key, default, required, _day)

    @overload
    def money(self, key: str, currency: str | None, default: int, *, required: bool = ...) -> int: ...
    @overload
    def money(self, key: str, currency: str | None, default: None = ..., *, required: bool = ...) -> int | None: ...
    def money(
        self, key: str, currency: str | None, default: int | None = None, *, required: bool = False
    ) -> int | None:
        """An amount in minor units."""
        value = self.value.get(key)
        if value is None and not required:
            return default
        if isinstance(value, str):
            if currency is None:
                self.bad = True  # that the currency is missing is said once, where it is missing
                return default
            try:
                return money.minor(value, currency)
            except Refused as refused:
                self.note(refused.at(self.at(key)))
                return default
        return self._read(key, default, required, _amount)

    def quantity(self, key: str, default: Decimal = Decimal(1)) -> Decimal:
        """A quantity above 0."""
        return self._read(key, default, False, money.quantity)

    @overload
    def percent(self, key: str, default: Decimal, most: int = ..., *, required: bool = ...) -> Decimal: ...
    @overload
    def percent(self, key: str, default: None = ..., most: int = ..., *, required: bool = ...) -> Decimal | None: ...
    def percent(
        self, key: str, default: Decimal | None = None, most: int = 100, *, required: bool = False
    ) -> Decimal | None:
        """A percentage."""
        return self._read(key, default, required, lambda value: money.percent(value, most=most))

    # --- what lies within

    def entries(self, key: str) -> list[Any]:
        """A list; empty where it was left out."""
        value = self.value.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(key, value, "list")
            return []
        return value

    def objects(self, key: str, known: frozenset[str]) -> Iterator[Given]:
        """The objects of a list. What is wrong within one is wrong with the whole."""
        return iter(()) if self.value.get(key) is None else self._objects(key, known)

    def _objects(self, key: str, known: frozenset[str]) -> Iterator[Given]:
        path = self.at(key)
        for at, value in enumerate(self.entries(key)):
            inner = Given(value, f"{path}[{at}]", self.faults, known)
            yield inner
            if inner.bad:
                self.bad = True

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

    def plain_list(self, key: str, needed: str, fit: Callable[[Any], T | None]) -> list[T]:
        """A list of plain values; ``fit`` gives the value or None where it is not what is needed."""
        found = []
        for at, value in enumerate(self.entries(key)):
            fitting = fit(value)
            if fitting is None:
                self.fault(f"{key}[{at}]", "wrong_entry", value=shown(value), needed=needed)
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

    def declare(self, thing: Given, key: str, what: str, name: str | None) -> None:
        """Note a thing of this bundle by its name; a second one of the same name is a fault."""
        if name is None:
            return
        if name in self.given:
            thing.fault(key, "name_twice", what=what, name=name, first=self.given[name])
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
    return _date(value) if isinstance(value, str) and len(value) == 10 else None


@lru_cache(maxsize=4096)
def _date(words: str) -> date | None:
    try:
        return date.fromisoformat(words) if _DATE.fullmatch(words) else None
    except ValueError:
        return None


# --- what a value is read by: it raises what is wrong with it


def _written(value: Any, longest: int, fault_of: Callable[[str, int], Refused | None]) -> str:
    if not isinstance(value, str):
        raise wrong_type("text", value)
    if fault := fault_of(value, longest):
        raise fault
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong_type("flag", value)
    return value


def _whole(value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type("whole", value)
    if not low <= value <= high:
        raise Refused("number_not_within", value=shown(value), low=low, high=high)
    return int(value)


def _day(value: Any) -> date:
    found = day(value)
    if found is None:
        raise Refused("not_a_date", value=shown(value))
    return found


def _amount(value: Any) -> int:
    raise wrong_type("amount", value)
