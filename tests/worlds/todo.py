"""One thing of each kind that needs a person, in the book club of the contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F

from perennial.continuity.models import ContinuityOrder, Parked
from perennial.customers.models import StoredCard
from perennial.desk import actions
from perennial.orders.models import SalesOrder, Shipment
from perennial.payments.models import Attempt, Dispute, Payment, RefundRequest
from perennial.payments.noted import note
from tests.worlds.book_club import ORDERED, child, club, order

NOON: dict[str, Any] = {"on": ORDERED, "by": "clerk:anna"}
LATER = date(2026, 3, 20)
"""The day on which it is looked at: ten days after the orders."""


@dataclass(frozen=True)
class Todo:
    """The numbers of the orders or children that need somebody."""

    declined: str
    unknown: str
    held: str
    awaiting: str
    uninvoiced: str
    refund: str


def owed(made: SalesOrder, status: str, **fields: object) -> Payment:
    """What is to be paid of a child."""
    return Payment.objects.create(
        order=made, customer=made.customer, purpose="shipment", number=1, method="card", currency="USD",
        amount_minor=2490, due_on=ORDERED, status=status, **fields,
    )  # fmt: skip


def declined(message: str = "insufficient funds") -> SalesOrder:
    """A child whose charge was declined twice."""
    made = child(order(), 1)
    payment = owed(made, "declined", attempts=2, tried_on=ORDERED)
    Attempt.objects.create(
        payment=payment, kind="authorise", number=1, key=made.number, amount_minor=2490, on_date=ORDERED,
        outcome="declined", message=message,
    )  # fmt: skip
    return made


def one_of_each() -> Todo:
    """Six orders, one of them cancelled: the declined and the unknown one are late too, every card ends soon, the held one is parked
    and waits for a check."""
    club()
    first, second = declined(), child(order(), 1)
    third, waiting, sent = order(), order(), child(order(), 1)
    owed(second, "unknown")
    actions.hold(number=third.number, reason="call back", **NOON)
    SalesOrder.objects.filter(pk=waiting.id).update(acceptance="awaited")
    Payment.objects.filter(order=third.id, purpose="ordinary").update(method="check", card=None, due_on=ORDERED)
    Parked.objects.create(
        continuity_order=ContinuityOrder.objects.get(order=third.id), job="extend-lines", reason="no price",
        on_date=ORDERED,
    )  # fmt: skip
    SalesOrder.objects.filter(pk=sent.pk).update(status="shipped")
    Shipment.objects.create(order=sent, on_date=date(2026, 3, 13), carrier="GLS")
    StoredCard.objects.update(expires_on=date(2026, 4, 30))
    refund = paid_and_cancelled()
    RefundRequest.objects.create(
        order=SalesOrder.objects.get(number=refund), amount_minor=2000, currency="USD", asked_by="clerk",
        asked_on=ORDERED, reason="came creased",
    )  # fmt: skip
    Dispute.objects.create(
        payment=Payment.objects.get(order=first), amount_minor=2490, currency="USD", reason="duplicate", status="open",
        opened_on=ORDERED, answer_by=date(2026, 4, 1),
    )  # fmt: skip
    return Todo(first.number, second.number, third.number, waiting.number, sent.number, refund)


def paid_and_cancelled() -> str:
    """An order that was paid and is cancelled; its number."""
    made = SalesOrder.objects.get(pk=order().id)
    Payment.objects.filter(order=made, purpose="ordinary").update(status="captured", captured_minor=F("amount_minor"))
    ContinuityOrder.objects.filter(order=made).update(status="cancelled")
    SalesOrder.objects.filter(pk=made.pk).update(status="cancelled")
    note([made.pk])
    return made.number
