"""Plain functions that make programs, orders and frozen parts for the kernel, with as little as a test needs to say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from perennial.kernel.calendar import Interval
from perennial.kernel.plan import Adjustment, Event, EventProduct, Facts, Occurrence, Plan, Revision, Step

ORDERED = date(2026, 3, 10)
"""The order date of the contract's example, a Tuesday."""

PRICES = {f"P-{letter}": 1000 + 100 * at for at, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}


def day(text: str) -> date:
    """``2026-03-10``, or ``3-10`` in 2026."""
    return date.fromisoformat(text) if len(text) == 10 else date(2026, *map(int, text.split("-")))


def days(*texts: str) -> list[date]:
    """Several dates."""
    return [day(text) for text in texts]


def event(key: str, **fields: Any) -> Event:
    """An event with its own product ``P-<key>``, unnumbered: ``program`` numbers it."""
    fields.setdefault("products", (EventProduct(1, f"P-{key}"),))
    return Event(key, 0, **fields)


def gone(key: str) -> Event:
    """A removed event: it keeps a place, without a number."""
    return Event(key, None)


def program(*events: Event, after: int = 0, number: int = 1) -> Revision:
    """A revision of these events, numbered 1, 2, 3 … as they stand; removed ones have no number."""
    numbered, place = [], 0
    for one in events:
        if one.event_id is not None:
            place += 1
            one = one._replace(event_id=place)
        numbered.append(one)
    return Revision("CLUB", number, after, tuple(numbered))


def order(ordered: date = ORDERED, **fields: Any) -> Facts:
    """The facts of an order; every product ``P-A`` to ``P-Z`` has a price."""
    return Facts(ordered, **{"prices": PRICES, **fields})


def steps(occurrences: Iterable[Occurrence]) -> list[Step]:
    """Planned occurrences as a frozen part."""
    return [Step(o.key, o.repetition, o.event_on, o.shipment) for o in occurrences]


def pairs(plan: Plan) -> list[tuple[str, int]]:
    """What comes, by event and repetition."""
    return [(o.key, o.repetition) for o in plan.occurrences]


def said(plan: Plan) -> str:
    """What comes in a line: ``A B B1 C``, an event's key and its repetition above 0."""
    return " ".join(f"{o.key}{o.repetition or ''}" for o in plan.occurrences)


def event_dates(plan: Plan) -> list[date]:
    """The dates of the events."""
    return [o.event_on for o in plan.occurrences]


def ship_dates(plan: Plan) -> list[date]:
    """The dates on which they ship."""
    return [o.ship_on for o in plan.occurrences]


def numbers(plan: Plan) -> list[int]:
    """The shipment numbers."""
    return [o.shipment for o in plan.occurrences]


def highest(walk: Iterable[Step | Occurrence]) -> dict[str, int]:
    """By event, the highest repetition that there is an occurrence for: what an update may reach again."""
    found: dict[str, int] = {}
    for one in walk:
        found[one.key] = max(found.get(one.key, 0), one.repetition)
    return found


def adjust(
    key: str, kind: str, value: Any = True, repetition: int = 0, line: int = 0, by: str = "clerk:anna"
) -> Adjustment:
    """What Anna changed on an occurrence."""
    return Adjustment(key, repetition, line, kind, value, by, ORDERED)


def two_products(key: str, first: str, second: str, **fields: Any) -> Event:
    """An event with two products."""
    return event(key, products=(EventProduct(1, first), EventProduct(2, second, Decimal(2), 450)), **fields)


def every_month(day_of_month: int = 1, anchor: date | None = date(2000, 1, 1)) -> Interval:
    """An interval: a day of every month; ``anchor`` None: every month from the order's first date."""
    rule = "FREQ=MONTHLY" if anchor is None else f"FREQ=MONTHLY;BYMONTHDAY={day_of_month}"
    return Interval("MONTH", rule, anchor)


def without_why(occurrences: Sequence[Occurrence]) -> list[tuple[Any, ...]]:
    """What of an occurrence is stored: all but the reasons and the event it was made of."""
    return [
        (
            o.key,
            o.repetition,
            o.event_on,
            o.ship_on,
            o.shipment,
            o.skipped,
            o.address,
            [(line.line, line.item, line.quantity, line.price_minor) for line in o.lines],
        )
        for o in occurrences
    ]
