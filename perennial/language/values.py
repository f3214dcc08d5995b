"""Facts of a document on one line, as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from perennial.kernel import money
from perennial.kernel.money import Money
from perennial.language.formats import ENGLISH, Reader, fact, phrase

DAYS = ("ship_on", "since", "on", "due_on")
AMOUNTS = ("price", "amount", "total", "quantity")
NAMED = {
    "status": ("line", "order"),
    "blocked": ("blocked",),
    "purpose": ("purpose",),
    "method": ("method",),
    "change": ("adjustment",),
}
"""By the name of a fact, the lists in which its word has a name."""


LINE = {"product", "quantity", "price"}
"""What is told of a line of a shipment."""


def in_a_line(values: Mapping[str, Any] | None, to: Reader = ENGLISH) -> str:
    """``ship on 2026-04-10; product 0014``; nothing where there are none."""
    told = []
    for name, value in _named(values).items():
        if isinstance(value, list):
            told += [", ".join(_told(part, word, to) for part, word in one.items()) for one in value]
        elif value is not None:
            told.append(_told(name, value, to))
    return "; ".join(told)


def in_words(values: Mapping[str, Any] | None, to: Reader) -> str:
    """The same as a page says it: ``€25.79, card (payment 1, shipment)``; ``2 × B3 at 24.50``. What says nothing is left out."""
    rest, told = _named(values), []
    if {"payment", "amount", "currency"} <= rest.keys():
        amount, currency = rest.pop("amount"), rest.pop("currency")
        facts = {name: _as_read(name, rest.pop(name, None), to) for name in ("payment", "method", "purpose")}
        amount = Money(money.minor(amount, currency), currency)
        told.append(phrase("fact words", "payment", {**facts, "amount": amount}, to) or "")
    for name, value in rest.items():
        if name == "lines" and all(one.keys() == LINE for one in value):
            told += [
                phrase("fact words", "line", {**one, "price": _as_read("price", one["price"], to)}, to) or ""
                for one in value
            ]
        else:
            told.append(in_a_line({name: value}, to))
    return "; ".join(one for one in told if one)


def _named(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """The facts that people are told: an event by its place and not by the key that outside programs know it by, nor the
    first of its repetitions.
    """
    found = dict(values or {})
    if "event_id" in found:
        found["event"] = found.pop("event_id")
    if isinstance(found.get("event"), int):
        found.pop("key", None)
    if not found.get("repetition"):
        found.pop("repetition", None)
    return found


def _told(name: str, value: object, to: Reader) -> str:
    called = phrase("fact", name, None, to) or name.replace("_", " ")
    return f"{called} {_as_read(name, value, to)}"


def _as_read(name: str, value: object, to: Reader) -> str:
    """A day, an amount, the name of a state as the reader writes it; other words as they are."""
    if not isinstance(value, str):
        return str(value)
    if name in DAYS:
        try:
            return fact(date.fromisoformat(value), "", to)
        except ValueError:
            return value
    if name in AMOUNTS:
        return fact(value, "decimal", to)
    return next((said for kind in NAMED.get(name, ()) if (said := phrase(kind, value, None, to)) is not None), value)
