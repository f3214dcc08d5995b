"""What of orders waits for a person, a thing at a time, with the steps that can be taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from perennial.catalog.codes import PAYMENT_HOLD
from perennial.db import sql
from perennial.desk.read.order import Order
from perennial.desk.read.orders import orders
from perennial.desk.read.shipment import ShipmentLine
from perennial.desk.read.values import Payment
from perennial.kernel.calendar import add_days
from perennial.kernel.money import Money
from perennial.orders.models import SalesOrder
from perennial.payments.surplus import Beyond, beyond_of

_SQL = sql.named("perennial.desk.read", "waiting.sql")


CHECK_WITHIN = 7
"""A check that has not come so many days after it was due needs a person."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing of an order that waits for a person.

    ``code``: ``hold``, ``payment_hold``, ``failed`` or ``unknown`` (of a payment), ``acceptance``, ``parked``,
    ``check``, ``card_expires``, ``card_expired``, ``refund`` or ``credit``; ``facts`` is what it is about. ``number`` is the order or child
    that waits; ``line`` and ``shipment`` say which of its shipments, the first of ``shipments``. ``steps`` are what a
    person can do: ``release``, ``new_card``, ``settle``, ``accept``, ``cancel``, ``retry``, ``receive``,
    ``refund``, ``credit``.
    """

    code: str
    order: str
    account: str
    number: str
    line: int | None = None
    shipment: int | None = None
    shipments: int = 0
    facts: Mapping[str, object] = field(default_factory=dict)
    steps: tuple[str, ...] = ()


def orders_that_wait() -> str:
    """The statement that selects the ids of the parent orders of which something waits for a person; it wants the day by which
    a check had to come (``check_by``).
    """
    return _SQL["waiting"]


def check_by(on: date) -> date:
    """Until when a check must have been due that has to be there by now."""
    return add_days(on, -CHECK_WITHIN)


def waiting(order_ids: Sequence[int], on: date) -> Iterator[Waiting]:
    """What of these orders waits for a person, order by order."""
    beyond = beyond_of(list(order_ids))
    numbers = dict(SalesOrder.objects.filter(pk__in=beyond).values_list("number", "pk"))
    for order in orders(order_ids, on=on):
        yield from waiting_of(order, on)
        if (pk := numbers.get(order.number)) is not None:
            yield from beyond_waits(order, beyond[pk])


def beyond_waits(order: Order, beyond: Beyond) -> Iterator[Waiting]:
    """What of an order is to be given back, and what of its bills is to be credited."""
    for code, minor in (("refund", beyond.back), ("credit", beyond.credit)):
        if minor:
            yield replace(_of(order, code), facts={"amount": Money(minor, order.currency)}, steps=(code,))


def _of(order: Order, code: str) -> Waiting:
    return Waiting(code, order.number, order.account, order.number)


def waiting_of(order: Order, on: date) -> Iterator[Waiting]:
    """The holds; the payments that no hold tells of already; the shipments that wait for something else; what is parked."""
    held = set()
    for number, status, holds in [
        (order.number, order.status, order.holds),
        *((child.number, child.status, child.holds) for child in order.children),
    ]:
        for hold in holds:
            if hold.open and status != "cancelled":
                held.add(number)
                code, steps = ("payment_hold", "new_card") if hold.code == PAYMENT_HOLD else ("hold", "release")
                facts = {"reason": hold.reason or hold.code, "until": hold.until, "may_release": hold.may_release}
                yield replace(_of(order, code), number=number, facts=facts, steps=(steps,))
    for payment in order.payments:
        if payment.status in ("failed", "unknown") and payment.order not in held:
            yield replace(
                _of(order, payment.status),
                number=payment.order,
                facts={"number": payment.number, "amount": payment.amount},
                steps=("settle",) if payment.status == "unknown" else ("new_card", "settle"),
            )
    yield from _checks(order, on)
    yield from _acceptance_and_parked(order)
    yield from _cards(order, on)
    for one in order.continuity:
        if not any(line.blocked == "parked" for line in one.lines):
            for parked in one.parked:
                yield replace(_of(order, "parked"), line=one.line, facts={"reason": parked.reason}, steps=("retry",))


def _checks(order: Order, on: date) -> Iterator[Waiting]:
    """The checks that have not come though they are due for some days, or something that they pay is invoiced."""
    if order.status == "draft" or order.acceptance == "awaited":
        return
    for payment in order.payments:
        if payment.awaits_check and (payment.due_on <= check_by(on) or _is_invoiced(order, payment)):
            facts = {"amount": payment.amount, "due_on": payment.due_on}
            yield replace(_of(order, "check"), number=payment.order, facts=facts, steps=("receive", "settle"))


def _is_invoiced(order: Order, payment: Payment) -> bool:
    """Is something that it pays invoiced: a shipment of its line, or an ordinary line?"""
    if payment.line is None:
        return any(line.price is not None and line.status == "invoiced" for line in order.lines)
    return any(child.line == payment.line and child.status == "invoiced" for child in order.children)


def troubles_of(order: Order, on: date) -> Iterator[Waiting]:
    """What of an order waits for a person, and what was declined and is tried again (``declined``)."""
    yield from waiting_of(order, on)
    for payment in order.payments:
        if payment.status == "declined":
            facts = {"number": payment.number, "amount": payment.amount, "attempts": payment.attempts}
            yield replace(_of(order, "declined"), number=payment.order, facts=facts, steps=("new_card", "settle"))


def _acceptance_and_parked(order: Order) -> Iterator[Waiting]:
    """The shipments that the night found waiting for an acceptance, or for somebody who looks at what is parked."""
    for one in order.continuity:
        for code, steps in (("acceptance", ("accept", "cancel")), ("parked", ("retry",))):
            lines = [line for line in one.lines if line.blocked == code]
            if lines:
                facts = next(reason.facts for reason in lines[0].not_shipped if reason.code == code)
                yield replace(_shipments(order, code, one.line, lines), facts=facts, steps=steps)


def _cards(order: Order, on: date) -> Iterator[Waiting]:
    """One for each card that is of no use on the day of a shipment, with the first of those days."""
    cards: dict[str, list[tuple[int, ShipmentLine]]] = {}
    for one in order.continuity:
        for line in one.lines:
            if line.blocked == "card":
                cards.setdefault(one.card.token if one.card else "", []).append((one.line, line))
    ended = {one.line for one in order.continuity if one.card is not None and one.card.expires_on < on}
    for card, found in cards.items():
        at, first = min(found, key=lambda each: (each[1].ship_on, each[0], each[1].shipment or 0))
        many = len({(number, line.shipment) for number, line in found})
        yield replace(
            _of(order, "card_expired" if at in ended or first.ship_on < on else "card_expires"),
            line=at,
            shipment=first.shipment,
            shipments=many,
            facts={"card": card, "ship_on": first.ship_on, "count": many},
            steps=("new_card",),
        )


def _shipments(order: Order, code: str, line: int, lines: Sequence[ShipmentLine]) -> Waiting:
    """The shipments of a line that wait for one thing."""
    numbers = {one.shipment for one in lines if one.shipment is not None}
    return replace(_of(order, code), line=line, shipment=min(numbers), shipments=len(numbers))
