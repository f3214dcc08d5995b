"""What needs a person, kind by kind, with the next steps: a card that does not pay, has ended or will end, what waits, what is late."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from perennial.catalog.codes import PAYMENT_HOLD
from perennial.db import sql
from perennial.db.pages import Page, day_and_id, page
from perennial.desk.read.waiting import check_by
from perennial.desk.read.waits import children_that_may_not_ship
from perennial.desk.releasing import may_release
from perennial.errors import Refused
from perennial.kernel.calendar import add_days
from perennial.kernel.money import Money
from perennial.kernel.reasons import why
from perennial.kernel.states import REFUSED
from perennial.payments.surplus import Beyond, beyond_of
from perennial.programs.queries import program_by_id

_SQL = sql.named("perennial.desk.read", "exceptions.sql")
KINDS = (
    "declined", "expiring", "parked", "held", "awaiting", "late", "unknown", "uninvoiced", "refund", "approval", "dispute", "check",
)  # fmt: skip
SIZE = 50
DAYS_AHEAD = 62
"""A card is expiring when it ends within so many days, and is to pay something after that."""
INVOICED_WITHIN = 7
"""What was sent so many days ago and is not invoiced yet needs a person."""
MOST_COUNTED = 500
FRESH = timedelta(minutes=1)
"""So long every page tells the number that was counted once."""
URGENT = 1
"""The row of what was counted."""


@dataclass(frozen=True, slots=True)
class Exceptional:
    """One thing that needs a person. ``day``: since when, or by when; ``number``: of the order or child it is about.

    ``facts`` by kind. declined, unknown: ``part``, ``amount``, ``status``, ``attempts``, ``tried_on``, ``said`` (by the
    bank), ``category`` (why), ``final`` (it is not tried again), ``ship_on``, ``most`` (tries), ``next_on`` (it is tried
    again by itself). expiring: ``card``, ``expires_on``, ``ended`` (that
    day is past), ``shipments``, ``parts`` (of payments), ``amount`` at stake (before taxes of what is planned), ``told_on``. parked: ``job``, ``reason``. held: ``code``,
    ``reason``, ``stops``, ``by``, ``may_release`` (the roles that may). late: ``reasons`` why it may not ship. uninvoiced: ``sent_on``, ``carrier``,
    ``tracking``, ``amount``, ``lapsed`` (its authorisation is not made anew any more).
    refund: ``amount`` that is to be given back, ``credit``: what was billed and is to be credited (None: nothing). approval: ``amount``, ``asked_by``, ``reason``. dispute: ``dispute`` (which),
    ``amount``, ``reason`` (the bank's), ``status``, ``answer_by``. check: ``part``, ``amount``, ``invoiced`` (something that it pays). Of declined and unknown ``gives_back``: it is a refund.
    ``steps``: ``new_card``, ``try_now``, ``refund_now``, ``reprocess``, ``ask`` (the bank), ``settle``, ``retry``, ``cancel``, ``release``, ``accept``,
    ``ship``, ``invoice``, ``refund``, ``credit``, ``refund_again``, ``approve_refund``, ``decline_refund``, ``dispute``, ``receive``.
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
    """How many there are of each kind. More than ``MOST_COUNTED`` of one kind are not counted: it is one more then."""

    declined: int
    expiring: int
    parked: int
    held: int
    awaiting: int
    late: int
    unknown: int
    uninvoiced: int
    approval: int
    dispute: int
    check: int
    refund: int = 0

    @property
    def urgent(self) -> int:
        """All but the cards that end and the money to give back: those have time."""
        return sum(self) - self.expiring - self.refund

    @property
    def first(self) -> str | None:
        """The list to begin with, the first that has something; cards that end have time. None: nothing waits."""
        kinds = (*(kind for kind in KINDS if kind != "expiring"), "expiring")
        return next((kind for kind in kinds if getattr(self, kind)), None)


def counts(on: date) -> Counts:
    """How many things of each kind need a person on a date. ``urgent`` then tells the sum for a while."""
    expiring = int(sql.value(_SQL["expiring_count"], _counting(on)))
    refund = int(sql.value(_SQL["refund_count"], _counting(on)))
    return urgent_counts(on)._replace(expiring=expiring, refund=refund)


def urgent(on: date) -> int:
    """How many things need a person soon, as it was counted within the last minute: for every page."""
    found: int | None = sql.value(_SQL["counted"], {"id": URGENT, "on": on, "fresh": FRESH})
    return urgent_counts(on).urgent if found is None else found


def urgent_counts(on: date, *, exactly: bool = False) -> Counts:
    """All but the cards and the money to give back; the sum is noted. ``exactly``: also of more than are counted for a page."""
    found = sql.one(_SQL["counts"], {**_counting(on), "most": None} if exactly else _counting(on))
    assert found is not None
    declined, *others = found
    counted = Counts(declined, 0, *others)
    sql.execute(_SQL["count"], {"id": URGENT, "on": on, "number": counted.urgent})
    return counted


def _counting(on: date) -> dict[str, Any]:
    return {**_days(on), "most": MOST_COUNTED + 1}


def exceptions(
    kind: str,
    *,
    on: date,
    program: str | None = None,
    since: date | None = None,
    until: date | None = None,
    size: int = SIZE,
    after: str | None = None,
) -> Page[Exceptional]:
    """A page of what needs a person, the most urgent first; ``after``: the next page; ``since``: no day before that one;
    ``until``, of cards that end: no charge after that day.

    Refused: a kind or program that does not exist.
    """
    if kind not in KINDS:
        raise Refused("exception_kind_unknown", "kind", kind=kind, known=list(KINDS))
    day, pk = (since.isoformat(), 0) if since is not None and after is None else day_and_id(after)
    given: dict[str, Any] = {
        **_days(on),
        "program": None if program is None else program_by_id(program).pk,
        "until": until,
        "day": day,
        "id": pk,
        "most": size + 1,
        "statuses": ["unknown"] if kind == "unknown" else list(REFUSED),
    }
    if until is not None:
        given["through"] = max(given["through"], until)
    found = sql.tuples(_SQL["declined" if kind == "unknown" else kind], given)
    return page(list(_made(kind, found, on)), size, lambda one: (one.day, one.id))


def _days(on: date) -> dict[str, date]:
    return {
        "on": on,
        "through": add_days(on, DAYS_AHEAD),
        "sent_by": add_days(on, -INVOICED_WITHIN),
        "check_by": check_by(on),
    }


def _made(kind: str, found: list[tuple[Any, ...]], on: date) -> Iterator[Exceptional]:
    waits = children_that_may_not_ship([row[1] for row in found], on) if kind == "late" else {}
    beyond = beyond_of([row[1] for row in found]) if kind == "refund" else {}
    for day, pk, order, number, account, customer, line, shipment, *told in found:
        if kind == "late":
            facts, steps = _late(waits.get(pk, ()))
        elif kind == "refund":
            facts, steps = _refund(beyond.get(pk), *told)
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
    part, minor, currency, status, attempts, tried_on, said, category, final, ship_on, most, next_on, gives_back = told
    facts = {"part": part, "amount": Money(minor, currency), "status": status, "attempts": attempts}
    facts["gives_back"] = gives_back
    facts |= {"tried_on": tried_on, "said": said, "category": category, "final": bool(final), "ship_on": ship_on}
    facts |= {"most": most, "next_on": next_on}
    if gives_back:
        return facts, _REFUND_STEPS[status]
    steps = _PAYMENT_STEPS[status]
    return facts, tuple(step for step in steps if step != "reprocess" or category != "hard")


_PAYMENT_STEPS = {
    "declined": ("new_card", "try_now", "settle"),
    "failed": ("new_card", "reprocess", "settle"),
    "unknown": ("ask", "settle"),
}


_REFUND_STEPS = {
    "declined": ("refund_again", "refund_now", "settle"),
    "failed": ("refund_again", "settle"),
    "unknown": ("ask", "settle"),
}


def _approval(minor: int, currency: str, asked_by: str, reason: str) -> Told:
    facts: dict[str, object] = {"amount": Money(int(minor), currency), "asked_by": asked_by, "reason": reason}
    return facts, ("approve_refund", "decline_refund")


def _dispute(
    dispute: int, minor: int, currency: str, reason: str, status: str, answer_by: date | None, opened_on: date
) -> Told:
    facts: dict[str, object] = {"dispute": dispute, "amount": Money(int(minor), currency), "reason": reason}
    return {**facts, "status": status, "answer_by": answer_by, "opened_on": opened_on}, ("dispute",)


def _check(part: int, minor: int, currency: str, invoiced: bool) -> Told:
    facts: dict[str, object] = {"part": part, "amount": Money(int(minor), currency), "invoiced": invoiced}
    return facts, ("receive", "settle")


def _expiring(
    token: str,
    brand: str | None,
    last4: str | None,
    expires_on: date,
    ended: bool,
    shipments: int,
    parts: int,
    *more: Any,
) -> Told:
    minor, currency, told_on = more
    words = " ".join(word for word in (brand, last4) if word) or token
    facts: dict[str, object] = {"card": words, "expires_on": expires_on, "ended": ended}
    facts |= {"amount": Money(int(minor), currency), "told_on": told_on}
    return {**facts, "shipments": shipments, "parts": parts}, ("new_card",)


def _parked(job: str, reason: str) -> Told:
    return {"job": job, "reason": why(reason)}, ("retry", "cancel")


def _held(code: str, reason: str, stops: str, by: str, named: list[str]) -> Told:
    facts: dict[str, object] = {"code": code, "reason": why(reason) or code, "stops": stops, "by": by}
    facts["may_release"] = may_release(named)
    return facts, ("new_card",) if code == PAYMENT_HOLD else ("release",)


def _awaiting() -> Told:
    return {}, ("accept", "cancel")


def _late(reasons: tuple[str, ...]) -> Told:
    ways = {"hold": "release", "payment": "new_card"}
    return {"reasons": reasons}, (*(ways[r] for r in reasons if r in ways), *(() if reasons else ("ship",)), "cancel")


def _uninvoiced(
    sent_on: date | None, carrier: str | None, tracking: str | None, minor: int, currency: str, lapsed: bool
) -> Told:
    facts: dict[str, object] = {
        "sent_on": sent_on,
        "carrier": carrier,
        "tracking": tracking,
        "amount": Money(minor, currency),
        "lapsed": lapsed,
    }
    return facts, (*(("invoice",) if sent_on is not None else ()), *(("try_now",) if lapsed else ()))


def _refund(beyond: Beyond | None, minor: int, currency: str) -> Told:
    """``minor``: as it is noted, of what was changed since; what is given back and what is credited are as they are now."""
    back, credit = beyond or (int(minor), 0)
    facts: dict[str, object] = {"amount": Money(back, currency) if back else None}
    facts["credit"] = Money(credit, currency) if credit else None
    return facts, (*(("refund",) if back else ()), *(("credit",) if credit else ()))


_TELLS: dict[str, Callable[..., Told]] = {
    "declined": _payment,
    "unknown": _payment,
    "expiring": _expiring,
    "parked": _parked,
    "held": _held,
    "awaiting": _awaiting,
    "uninvoiced": _uninvoiced,
    "approval": _approval,
    "dispute": _dispute,
    "check": _check,
}
