"""Why a shipment has its date, its products and its prices: the rule and what went into it, as small JSON.

No words are in it (``language.reasons`` says it, in the reader's language), no revision number and nobody's name: what a
person changed is an adjustment, which says who. So an update that changes nothing a person sees changes no reason.
Texts are written as PostgreSQL prints a ``jsonb``, so that stored and new ones compare as they stand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.kernel.plan import Line, Occurrence

DATE_RULES = (
    "first", "first_interval", "start_order_date", "interval", "days", "own_interval", "own_days", "redate", "taken_over",
    "words",
)  # fmt: skip
SHIP_RULES = ("event", "order_date", "missed", "merged", "move")
PRODUCT_RULES = ("event", "substitute", "added", "taken_over", "words")
PRICE_RULES = ("product", "event", "given", "agreed", "words")


@dataclass(frozen=True, slots=True)
class Who:
    """Who did something, when, and what they said of it."""

    by: str
    on: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is so, as a code with its facts: why it waits, why it was put on hold or aside."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, refused: Refused) -> Reason:
        """The reason that a refusal is: its code and its facts."""
        return cls(refused.code, refused.facts)

    def stored(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {"code": self.code, **{name: _packed(value) for name, value in self.facts.items() if value is not None}}

    @classmethod
    def read(cls, stored: Mapping[str, Any] | None) -> Reason | None:
        """What was stored; None where nothing was."""
        if not stored:
            return None
        return cls(stored["code"], {name: _unpacked(value) for name, value in stored.items() if name != "code"})


Said = Reason | str
"""What a job stored as data, or the words that a person wrote (or an older version)."""


def why(stored: str | None) -> Said | None:
    """A reason out of JSON in which a statement gives it: an object of a job's, or a text."""
    found = None if stored is None else json.loads(stored)
    return Reason.read(found) if isinstance(found, dict) else found


def _packed(value: object) -> Any:
    match value:
        case Money():
            return {"minor": value.minor, "currency": value.currency}
        case date():
            return {"date": value.isoformat()}
        case Decimal():
            return {"number": f"{value:f}"}
        case Who():
            return {"by": value.by, "on": None if value.on is None else value.on.isoformat(), "said": value.reason}
        case Reason():
            return {"reason": value.stored()}
        case list() | tuple():
            return [_packed(one) for one in value]
    return value


def _unpacked(value: Any) -> object:
    match value:
        case {"minor": minor, "currency": currency}:
            return Money(minor, currency)
        case {"date": text}:
            return date.fromisoformat(text)
        case {"number": text}:
            return Decimal(text)
        case {"by": by, "on": on, "said": said}:
            return Who(by, None if on is None else date.fromisoformat(on), said)
        case {"reason": stored}:
            return Reason.read(stored)
        case list():
            return [_unpacked(one) for one in value]
    return value


@dataclass(frozen=True, slots=True)
class IntervalReason:
    """The recurrence rule that gave a date; without an anchor it counts from the order's first date."""

    code: str
    rule: str
    anchor: date | None


@dataclass(frozen=True, slots=True)
class DateReason:
    """Why an occurrence has its ``event_on``, and its ``ship_on``.

    ``rule`` is one of DATE_RULES: ``base`` and ``days`` (first, first_interval), ``fixed`` (start_order_date: the day
    that the program names; redate: the day that a person gave), ``previous`` (the date that it follows, or that has
    overtaken it; own_interval, own_days: as the member wants it, not the program), ``grid`` (the order's first date, where the interval counts from it). ``words``: what an older
    installation had written.
    ``ship`` is one of SHIP_RULES with ``wanted``, the day before rolling (None: its ``event_on``); ``mode``: the delivery
    mode whose next working day it is, where it was rolled.
    """

    rule: str
    days: int = 0
    base: date | None = None
    fixed: date | None = None
    previous: date | None = None
    grid: date | None = None
    interval: IntervalReason | None = None
    words: str | None = None
    ship: str = "event"
    wanted: date | None = None
    mode: str | None = None

    @classmethod
    def of(cls, o: Occurrence) -> DateReason:
        """Why a planned occurrence has its dates."""
        why, ship = o.why, o.why_ship
        interval = None
        if why.interval is not None:
            interval = IntervalReason(why.interval.code, why.interval.rule, why.interval.anchor)
        facts: dict[str, Any] = {}
        match why.rule:
            case "first" | "first_interval":
                facts = {"base": why.base, "days": why.amount}
            case "interval" | "own_interval":
                facts = {"grid": why.base, "previous": why.overtaken}
            case "days" | "own_days":
                facts = {"days": why.amount, "previous": why.base}
            case _:  # start_order_date, redate
                overtaken = why.overtaken if why.base != why.event_on else None
                facts = {"fixed": why.base, "previous": overtaken}
        return cls(
            why.rule,
            interval=interval,
            ship=ship.rule,
            wanted=None if ship.rule == "event" else ship.wanted,
            mode=ship.mode.code if o.ship_on != ship.wanted else None,
            **facts,
        )

    def moved(self, to: date, ship_on: date, mode: str) -> DateReason:
        """The same, of a shipment that a person moved alone."""
        return replace(self, ship="move", wanted=to, mode=mode if ship_on != to else None)

    def stored(self) -> str:
        """As it is stored."""
        facts: dict[str, Any] = {"rule": self.rule}
        if self.days or self.rule in ("first", "first_interval", "days", "own_days"):
            facts["days"] = self.days
        for name in ("base", "fixed", "previous", "grid"):
            day = getattr(self, name)
            if day is not None:
                facts[name] = day.isoformat()
        if self.interval is not None:
            facts["interval"] = {"code": self.interval.code, "rule": self.interval.rule}
            if self.interval.anchor is not None:
                facts["interval"]["anchor"] = self.interval.anchor.isoformat()
        if self.words is not None:
            facts["words"] = self.words
        if self.ship != "event":
            facts["ship"] = self.ship
        if self.wanted is not None:
            facts["wanted"] = self.wanted.isoformat()
        if self.mode is not None:
            facts["mode"] = self.mode
        return json_text(facts)

    @classmethod
    def read(cls, stored: str | Mapping[str, Any]) -> DateReason:
        """What was stored. Refused: what is no such reason."""
        given: Mapping[str, Any] = json.loads(stored) if isinstance(stored, str) else stored
        known = {"rule", "days", "base", "fixed", "previous", "grid", "interval", "words", "ship", "wanted", "mode"}
        facts = dict(given)
        interval = facts.pop("interval", None)
        try:
            if not facts.keys() <= known or facts["rule"] not in DATE_RULES:
                raise KeyError(facts.get("rule"))
            if facts.get("ship", "event") not in SHIP_RULES:
                raise KeyError(facts["ship"])
            for name in ("base", "fixed", "previous", "grid", "wanted"):
                if facts.get(name) is not None:
                    facts[name] = date.fromisoformat(facts[name])
            if interval is not None:
                anchor = interval.get("anchor")
                interval = IntervalReason(
                    interval["code"], interval["rule"], None if anchor is None else date.fromisoformat(anchor)
                )
            return cls(**facts, interval=interval)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise Refused("reason_unknown", reason=json.dumps(given, default=str)) from problem


@dataclass(frozen=True, slots=True)
class LineReason:
    """Why a line has its product (one of PRODUCT_RULES) and its price (one of PRICE_RULES).

    ``instead_of``: the program's product where a person put another in its place.
    """

    product: str = "event"
    price: str = "product"
    instead_of: str | None = None
    product_words: str | None = None
    price_words: str | None = None

    @classmethod
    def of(cls, line: Line) -> LineReason:
        """Why a planned line has its product and its price."""
        substitute = line.item_rule[0] == "substitute"
        return cls(line.item_rule[0], line.price_rule[0], line.item_rule[1] if substitute else None)

    def stored(self) -> str | None:
        """As it is stored; None for the usual: the program's product at its price on the order date."""
        if self == USUAL:
            return None
        usual = {"product": "event", "price": "product"}
        facts = {name: getattr(self, name) for name in self.__slots__}
        return json_text({name: value for name, value in facts.items() if value != usual.get(name)})

    @classmethod
    def read(cls, stored: str | Mapping[str, Any] | None) -> LineReason:
        """What was stored. Refused: what is no such reason."""
        if stored is None:
            return USUAL
        given: Mapping[str, Any] = json.loads(stored) if isinstance(stored, str) else stored
        try:
            found = cls(**given)
        except TypeError as problem:
            raise Refused("reason_unknown", reason=json.dumps(given, default=str)) from problem
        if found.product not in PRODUCT_RULES or found.price not in PRICE_RULES:
            raise Refused("reason_unknown", reason=json.dumps(given, default=str))
        return found


USUAL = LineReason()


@lru_cache(maxsize=1024)
def line_stored(product: str, price: str, instead_of: str | None) -> str | None:
    """A line's reason as it is stored: few kinds, many lines."""
    return LineReason(product, price, instead_of).stored()


def json_text(facts: Mapping[str, Any]) -> str:
    """JSON as PostgreSQL prints a ``jsonb``: keys by length, then by their bytes."""
    return _ENCODER.encode(_ordered(facts))


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value, key=_place_of)}
    return value


@lru_cache(maxsize=256)
def _place_of(key: str) -> tuple[int, bytes]:
    return len(key.encode()), key.encode()


_ENCODER = json.JSONEncoder(ensure_ascii=False)
