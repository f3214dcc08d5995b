"""What needs a person, kind by kind: declined, expiring, parked, held, awaiting, late, unknown; with the next steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from perennial.db import sql
from perennial.db.pages import Page, key_of, page
from perennial.desk.read.waiting import PAYMENT_HOLD
from perennial.desk.read.waits import children_that_may_not_ship
from perennial.errors import Refused
from perennial.kernel.calendar import add_days
from perennial.kernel.money import Money
from perennial.kernel.reasons import why
from perennial.kernel.states import REFUSED

_SQL = sql.named("perennial.desk.read", "exceptions.sql")
KINDS = ("declined", "expiring", "parked", "held", "awaiting", "late", "unknown")
SIZE = 50
DAYS_AHEAD = 62
"""A card is expiring when it ends within so many days, and pays a shipment after that."""


@dataclass(frozen=True, slots=True)
class Exceptional:
    """One thing that needs a person. ``day``: since when, or by when; ``number``: of the order or child it is about.

    ``facts`` by kind. declined, unknown: ``part``, ``amount``, ``status``, ``attempts``, ``tried_on``, ``said`` (by the
    bank), ``category`` (why), ``final`` (it is not tried again), ``ship_on``. expiring: ``card``, ``expires_on``, ``shipments``. parked:
    ``job``, ``reason``. held: ``code``, ``reason``, ``stops``, ``by``. late: ``reasons`` why it may not ship.
    ``steps``: ``new_card``, ``settle``, ``retry``, ``cancel``, ``release``, ``accept``, ``ship``.
    """

    kind: str
    day: date
    id: int
    order: str
    number: str
    account: str
    customer: str
    line: int | None
    shipment: int | None
    facts: Mapping[str, object]
    steps: tuple[str, ...]


class Counts(NamedTuple):
    """How many there are of each kind."""

    declined: int
    expiring: int
    parked: int
    held: int
    awaiting: int
    late: int
    unknown: int


def counts(on: date) -> Counts:
    """How many things of each kind need a person on a date."""
    found = sql.one(_SQL["counts"], {"on": on, "through": add_days(on, DAYS_AHEAD)})
    assert found is not None
    return Counts(*found)


def exceptions(kind: str, *, on: date, size: int = SIZE, after: str | None = None) -> Page[Exceptional]:
    """A page of what needs a person, the most urgent first; ``after``: the next page. Refused: an unknown kind."""
    if kind not in KINDS:
        raise Refused("exception_kind_unknown", "kind", kind=kind, known=list(KINDS))
    day, pk = key_of(after, 2) if after is not None else (date.min.isoformat(), 0)
    given: dict[str, Any] = {
        "on": on,
        "through": add_days(on, DAYS_AHEAD),
        "day": day,
        "id": pk,
        "most": size + 1,
        "statuses": ["unknown"] if kind == "unknown" else list(REFUSED),
    }
    found = sql.tuples(_SQL["declined" if kind == "unknown" else kind], given)
    return page(list(_made(kind, found, on)), size, lambda one: (one.day, one.id))


def _made(kind: str, found: list[tuple[Any, ...]], on: date) -> Iterator[Exceptional]:
    waits = children_that_may_not_ship([row[1] for row in found], on) if kind == "late" else {}
    for day, pk, order, number, account, customer, line, shipment, *told in found:
        if kind == "late":
            facts, steps = _late(waits.get(pk, ()))
        else:
            facts, steps = _TELLS[kind](*told)
        yield Exceptional(
            kind=kind,
            day=day,
            id=pk,
            order=order,
            number=number,
            account=account,
            customer=customer,
            line=line,
            shipment=shipment,
            facts=facts,
            steps=steps,
        )


Told = tuple[dict[str, object], tuple[str, ...]]


def _payment(*told: Any) -> Told:
    part, minor, currency, status, attempts, tried_on, said, category, final, ship_on = told
    facts = {"part": part, "amount": Money(minor, currency), "status": status, "attempts": attempts}
    facts |= {"tried_on": tried_on, "said": said, "category": category, "final": bool(final), "ship_on": ship_on}
    return facts, ("settle",) if status == "unknown" else ("new_card", "settle")


def _expiring(token: str, brand: str | None, last4: str | None, expires_on: date, shipments: int) -> Told:
    words = " ".join(word for word in (brand, last4) if word) or token
    return {"card": words, "expires_on": expires_on, "shipments": shipments}, ("new_card",)


def _parked(job: str, reason: str) -> Told:
    return {"job": job, "reason": why(reason)}, ("retry", "cancel")


def _held(code: str, reason: str, stops: str, by: str) -> Told:
    facts: dict[str, object] = {"code": code, "reason": why(reason) or code, "stops": stops, "by": by}
    return facts, ("new_card",) if code == PAYMENT_HOLD else ("release",)


def _awaiting() -> Told:
    return {}, ("accept", "cancel")


def _late(reasons: tuple[str, ...]) -> Told:
    ways = {"hold": "release", "payment": "new_card"}
    return {"reasons": reasons}, (*(ways[r] for r in reasons if r in ways), *(() if reasons else ("ship",)), "cancel")


_TELLS: dict[str, Callable[..., Told]] = {
    "declined": _payment,
    "unknown": _payment,
    "expiring": _expiring,
    "parked": _parked,
    "held": _held,
    "awaiting": _awaiting,
}
