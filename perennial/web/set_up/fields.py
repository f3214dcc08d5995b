"""How a value of the set-up is asked for: what stands in its control, what a bundle says of it, what a person reads.

Each field turns what was typed into the JSON of a bundle, and says no more of it than that it cannot be understood; what the
rules say of it is said by them. ``raw`` is what stands in the control: a text, or several.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from babel.dates import get_day_names

from perennial.errors import Refused
from perennial.kernel import money
from perennial.kernel.money import Money
from perennial.kernel.states import HOLD_PARTS, HOLD_STOPS
from perennial.language import LANGUAGES, Reader, phrase
from perennial.language.countries import countries, country_name
from perennial.language.formats import fact
from perennial.web.typed import no_whole, read_day, read_money, read_percent
from perennial.web.visit import Visit

NOTHING = "–"
BLANK_ROWS = 3
RULES = (
    "FREQ=WEEKLY;BYDAY=MO",
    "FREQ=MONTHLY;BYMONTHDAY=1",
    "FREQ=MONTHLY;BYMONTHDAY=15",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYDAY=1MO",
    "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1",
    "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1",
    "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=1",
)
"""Rules that are often wanted; each has words."""


@dataclass(frozen=True, slots=True)
class Field:
    """Words. ``needed``: an empty text, where nothing was typed, so that the rules ask for it. ``fixed``: it tells the thing
    from others, and is asked for only once. ``of``: the value of another field, and the words of it by which this one counts;
    else it is what it is where nothing is said (``default``). ``known``: what is suggested while it is typed.
    """

    name: str
    fixed: bool = False
    of: tuple[str, tuple[str, ...]] | None = None
    known: str = ""
    default: Any = None

    control: ClassVar[str] = "text"
    mode: ClassVar[str] = ""
    is_number: ClassVar[bool] = False
    is_wide: ClassVar[bool] = False
    empty: ClassVar[Any] = ""

    def raw(self, request: Visit) -> Any:
        """What was typed."""
        return request.POST.get(self.name, "").strip()

    def parse(self, raw: Any, request: Visit, at: str = "") -> Any:
        """What a bundle would say. Refused: what cannot be understood, of the field ``at``."""
        return raw or self.default

    def show(self, value: Any, request: Visit) -> Any:
        """What stands in the control of a value."""
        return "" if value is None else str(value)

    def words(self, value: Any, request: Visit) -> str:
        """The value as people read it."""
        return NOTHING if value is None or value == "" else str(value)

    def counts(self, raws: dict[str, Any]) -> bool:
        """Does it count, as the other fields are?"""
        return self.of is None or raws.get(self.of[0]) in self.of[1]


@dataclass(frozen=True, slots=True)
class DateRule(Field):
    """The rule of an interval, which takes the whole line; the words of one that is often wanted mean it."""

    is_wide: ClassVar[bool] = True

    def parse(self, raw: Any, request: Visit, at: str = "") -> Any:
        wanted = " ".join(raw.casefold().split())
        to = request.visitor.reader
        return next((rule for rule in RULES if wanted == (rule_words(rule, to) or "").casefold()), raw) or self.default


def rule_words(rule: str, to: Reader) -> str | None:
    """A rule as people read it, where it is one that is often wanted."""
    return phrase("set up rule", rule, None, to)


@dataclass(frozen=True, slots=True)
class Whole(Field):
    """A whole number."""

    mode: ClassVar[str] = "numeric"
    is_number: ClassVar[bool] = True

    def parse(self, raw: Any, request: Visit, at: str = "") -> Any:
        if not raw:
            return self.default
        if not re.fullmatch(r"-?\d{1,9}", raw, re.ASCII):
            raise no_whole(raw, at or self.name)
        return int(raw)


@dataclass(frozen=True, slots=True)
class Wholes(Field):
    """Whole numbers, one behind the other."""

    mode: ClassVar[str] = "text"

    def parse(self, raw: Any, request: Visit, at: str = "") -> Any:
        typed = [one for one in re.split(r"[\s,;]+", raw) if one]
        if not typed:
            return self.default
        for number, one in enumerate(typed):
            if not re.fullmatch(r"-?\d{1,9}", one, re.ASCII):
                raise no_whole(one, f"{at or self.name}[{number}]")
        return [int(one) for one in typed]

    def show(self, value: Any, request: Visit) -> Any:
        return ", ".join(str(one) for one in value or ())

    def words(self, value: Any, request: Visit) -> str:
        return self.show(value, request) or NOTHING


@dataclass(frozen=True, slots=True)
class Amount(Field):
    """Money."""

    mode: ClassVar[str] = "decimal"
    is_number: ClassVar[bool] = True

    def parse(self, raw: Any, request: Visit, at: str = "") -> Any:
        if not raw and self.default is None:
            return None
        found = read_money(raw or self.default, at or self.name, currency=_currency(request))
        return money.text(found.minor, found.currency)

    def show(self, value: Any, request: Visit) -> Any:
        return "" if value is None else fact(value, "decimal", request.visitor.reader)

    def words(self, value: Any, request: Visit) -> str:
        if value is None:
            return NOTHING
        currency = _currency(request)
        return fact(Money(money.minor(value, currency), currency), "", request.visitor.reader)


@dataclass(frozen=True, slots=True)
class Percent(Field):
    """A percentage."""

    mode: ClassVar[str] = "decimal"
    is_number: ClassVar[bool] = True

    def parse(self, raw: Any, request: Visit, at: str = "") -> Any:
        return money.plain(read_percent(raw, at or self.name)) if raw.strip(" %") else self.default

    def show(self, value: Any, request: Visit) -> Any:
        return "" if value is None else fact(str(value), "decimal", request.visitor.reader)

    def words(self, value: Any, request: Visit) -> str:
        return NOTHING if value is None else f"{fact(Decimal(value), '', request.visitor.reader)} %"


@dataclass(frozen=True, slots=True)
class Day(Field):
    """A day, in any of the ways in which days are typed."""

    control: ClassVar[str] = "day"

    def parse(self, raw: Any, request: Visit, at: str = "") -> Any:
        return _day(raw, at or self.name, request).isoformat() if raw else self.default

    def words(self, value: Any, request: Visit) -> str:
        return NOTHING if value is None else fact(date.fromisoformat(value), "", request.visitor.reader)


@dataclass(frozen=True, slots=True)
class Days(Field):
    """Days, one on each line."""

    control: ClassVar[str] = "lines"

    def parse(self, raw: Any, request: Visit, at: str = "") -> Any:
        typed = [one.strip() for one in re.split(r"[\n,;]", raw) if one.strip()]
        return sorted(_day(one, self.name, request).isoformat() for one in typed)

    def show(self, value: Any, request: Visit) -> Any:
        return "\n".join(value or ())

    def words(self, value: Any, request: Visit) -> str:
        to = request.visitor.reader
        return ", ".join(fact(date.fromisoformat(day), "", to) for day in value or ()) or NOTHING


@dataclass(frozen=True, slots=True)
class Anchor(Field):
    """From when a date interval counts: a day, or the first event of each order."""

    control: ClassVar[str] = "anchor"
    is_wide: ClassVar[bool] = True

    def raw(self, request: Visit) -> Any:
        counts = "order" if request.POST.get("anchor_is") == "order" else "day"
        return counts, request.POST.get("anchor", "").strip()

    def parse(self, raw: Any, request: Visit, at: str = "") -> Any:
        counts, typed = raw
        if counts == "order":
            return "order"
        return _day(typed, self.name, request).isoformat() if typed else "2000-01-01"

    def show(self, value: Any, request: Visit) -> Any:
        return ("order", "") if value == "order" else ("day", value or "")

    def words(self, value: Any, request: Visit) -> str:
        to = request.visitor.reader
        if value == "order":
            return phrase("set up word", "from_order", None, to) or "order"
        return fact(date.fromisoformat(value), "", to)


@dataclass(frozen=True, slots=True)
class Flag(Field):
    """Yes or no."""

    control: ClassVar[str] = "flag"

    def raw(self, request: Visit) -> Any:
        return request.POST.get(self.name, "") == "1"

    def parse(self, raw: Any, request: Visit, at: str = "") -> Any:
        return bool(raw)

    def show(self, value: Any, request: Visit) -> Any:
        return bool(value)

    def words(self, value: Any, request: Visit) -> str:
        return fact(bool(value), "", request.visitor.reader)


@dataclass(frozen=True, slots=True)
class Choice(Field):
    """One of some words; ``labels``: the context of their names (none: they are their own)."""

    choices: tuple[str, ...] | Callable[[], Sequence[str]] = ()
    labels: str = ""

    control: ClassVar[str] = "choice"

    def options(self, request: Visit) -> list[tuple[str, str]]:
        """Each word with its name."""
        words = self.choices() if callable(self.choices) else self.choices
        return [(word, self.words(word, request)) for word in words]

    def words(self, value: Any, request: Visit) -> str:
        if value is None or value == "":
            return NOTHING
        return (phrase(self.labels, value, None, request.visitor.reader) if self.labels else None) or value


@dataclass(frozen=True, slots=True)
class Country(Choice):
    """A country of the list, or none."""

    def options(self, request: Visit) -> list[tuple[str, str]]:
        return [("", NOTHING), *countries(request.visitor.reader)]

    def words(self, value: Any, request: Visit) -> str:
        return country_name(value, request.visitor.reader) or NOTHING


@dataclass(frozen=True, slots=True)
class Ticks(Choice):
    """Some of some words."""

    control: ClassVar[str] = "ticks"
    is_wide: ClassVar[bool] = True

    def raw(self, request: Visit) -> Any:
        return request.POST.getlist(self.name)

    def parse(self, raw: Any, request: Visit, at: str = "") -> Any:
        known = [word for word, _ in self.options(request)]
        for word in raw:
            if word not in known:
                raise Refused("unknown_word", self.name, word=word[:40], known=tuple(known))
        return list(raw)

    def show(self, value: Any, request: Visit) -> Any:
        return list(value or ())

    def words(self, value: Any, request: Visit) -> str:
        if isinstance(value, list | tuple):
            return ", ".join(Choice.words(self, one, request) for one in value) or NOTHING
        return Choice.words(self, value, request)


@dataclass(frozen=True, slots=True)
class Languages(Ticks):
    """Those that the company writes in, in its own order, whatever they are; then the others that there are pages in."""

    choices: tuple[str, ...] | Callable[[], Sequence[str]] = LANGUAGES
    labels: str = "language"

    def options(self, request: Visit) -> list[tuple[str, str]]:
        offered = dict.fromkeys((*request.visitor.company.languages, *LANGUAGES))
        return [(language, Choice.words(self, language, request)) for language in offered]


@dataclass(frozen=True, slots=True)
class Weekdays(Ticks):
    """Days of the week, Monday is 1."""

    choices: tuple[str, ...] | Callable[[], Sequence[str]] = ("1", "2", "3", "4", "5", "6", "7")

    def parse(self, raw: Any, request: Visit, at: str = "") -> Any:
        return sorted({int(one) for one in raw if one in ("1", "2", "3", "4", "5", "6", "7")})

    def show(self, value: Any, request: Visit) -> Any:
        return [str(one) for one in value or ()]

    def words(self, value: Any, request: Visit) -> str:
        names = get_day_names("abbreviated", locale=request.visitor.reader.language)
        if isinstance(value, list | tuple):
            return ", ".join(str(names[int(one) - 1]) for one in value)
        return str(names[int(value) - 1])


@dataclass(frozen=True, slots=True)
class Stops(Ticks):
    """The parts that a hold stops, which a bundle writes in one word."""

    choices: tuple[str, ...] | Callable[[], Sequence[str]] = HOLD_PARTS
    labels: str = "stops"

    def parse(self, raw: Any, request: Visit, at: str = "") -> Any:
        if not raw:
            raise Refused("required", self.name)
        parts = tuple(part for part in HOLD_PARTS if part in raw)
        return next((word for word, its in HOLD_STOPS.items() if its == parts), "+".join(raw))

    def show(self, value: Any, request: Visit) -> Any:
        return list(HOLD_STOPS.get(value or "", ()))


@dataclass(frozen=True, slots=True)
class Rows(Field):
    """A list of things of a few fields each. A row of which nothing was typed is none."""

    columns: tuple[Field, ...] = ()

    control: ClassVar[str] = "rows"
    is_wide: ClassVar[bool] = True
    empty: ClassVar[Any] = ()

    def raw(self, request: Visit) -> Any:
        found, at = [], 0
        while any(f"{self.name}[{at}].{one.name}" in request.POST for one in self.columns):
            row = [request.POST.get(f"{self.name}[{at}].{one.name}", "").strip() for one in self.columns]
            if any(row):
                found.append(row)
            at += 1
        return found

    def parse(self, raw: Any, request: Visit, at: str = "") -> Any:
        return [
            {
                one.name: one.parse(typed, request, f"{self.name}[{number}].{one.name}")
                for one, typed in zip(self.columns, row, strict=True)
            }
            for number, row in enumerate(raw)
        ]

    def show(self, value: Any, request: Visit) -> Any:
        return [[one.show(row.get(one.name), request) for one in self.columns] for row in value or ()]

    def words(self, value: Any, request: Visit) -> str:
        told = []
        for row in value or ():
            shown = [(one, row.get(one.name)) for one in self.columns]
            told.append(" ".join(self._cell(one, its, request) for one, its in shown if its is not None))
        return "; ".join(told) or NOTHING

    def _cell(self, one: Field, value: Any, request: Visit) -> str:
        words = one.words(value, request)
        return phrase("set up cell", f"{self.name}_{one.name}", {"value": words}, request.visitor.reader) or words

    def blank(self) -> list[list[str]]:
        """Rows to be typed into."""
        return [[""] * len(self.columns) for _ in range(BLANK_ROWS)]


def _day(typed: str, field: str, request: Visit) -> date:
    visitor = request.visitor
    return read_day(typed, field, today=visitor.today, day_first=visitor.preferences.day_first)


def _currency(request: Visit) -> str:
    return request.visitor.company.currency or "USD"
