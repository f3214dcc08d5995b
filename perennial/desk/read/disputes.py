"""Disputes as pages, papers and lists show them, and what speaks for us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from perennial.catalog.codes import DISPUTE_HOLD
from perennial.db import sql
from perennial.desk.read.order import Order
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.kernel.states import DISPUTE_GOES_ON, NOT_ENDED

_SQL = sql.named("perennial.desk.read", "disputes.sql")


@dataclass(frozen=True, slots=True)
class ShownDispute:
    """A charge that a customer does not accept. ``number``: of the order or child that was paid; ``part``: which payment
    of it, captured on a day by a card. ``reason``: what the bank says.
    """

    id: int
    order: str
    number: str
    purpose: str
    part: int
    amount: Money
    reason: str
    status: str
    opened_on: date
    answer_by: date | None
    answered_on: date | None
    closed_on: date | None
    gateway: str | None
    reference: str | None
    payment_reference: str | None

    @property
    def goes_on(self) -> bool:
        """Has the bank not decided yet?"""
        return self.status in DISPUTE_GOES_ON


@dataclass(frozen=True, slots=True)
class GoingDispute:
    """A dispute that goes on, with what waits because of it: orders and children by number, and what is stopped of each."""

    dispute: ShownDispute
    waits: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Consent:
    """What a customer has agreed to when a card was stored: the words, when, by which way, with which agent; which card."""

    words: str
    at: datetime
    channel: str
    agent: str | None
    card: str


def disputes_of(number: str) -> Sequence[ShownDispute]:
    """The disputes about a parent order with its children, the newest first."""
    return tuple(_made(row) for row in sql.tuples(_SQL["disputes"], {"order": number, "id": None}))


def going_on(order: Order) -> Sequence[GoingDispute]:
    """The disputes about a parent order with its children of which the bank has not decided."""
    if not any(payment.disputed for payment in order.payments):
        return ()
    holders = [(order.number, order.status, order.holds)]
    holders += [(child.number, child.status, child.holds) for child in order.children]
    waits = tuple(
        (number, hold.stops)
        for number, status, holds in holders
        for hold in holds
        if hold.open and hold.code == DISPUTE_HOLD and status in NOT_ENDED
    )
    return tuple(GoingDispute(one, waits) for one in disputes_of(order.number) if one.goes_on)


def dispute(pk: int) -> ShownDispute:
    """One dispute. Refused: there is none with this number."""
    found = sql.tuples(_SQL["disputes"], {"order": None, "id": pk})
    if not found:
        raise Refused("no_such_dispute", "dispute", dispute=pk)
    return _made(found[0])


def _made(row: Sequence[object]) -> ShownDispute:
    pk, order, number, purpose, part, minor, currency, *others = row
    assert isinstance(minor, int)
    return ShownDispute(pk, order, number, purpose, part, Money(minor, str(currency)), *others)  # type: ignore[arg-type]


def consents(pk: int) -> Sequence[Consent]:
    """What the customer has agreed to of whose charge a dispute is about: for the card that paid, or for the order."""
    return tuple(sql.rows(Consent, _SQL["consents"], {"id": pk}))
