"""What refunds have in common: what was paid of an order, whether one waits for somebody, and what was taken for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from perennial.desk.locking import LockedOrder
from perennial.desk.outcome import Outcome
from perennial.kernel.money import Money
from perennial.orders.models import SalesOrder
from perennial.payments import refund as refunds
from perennial.payments.models import Payment, RefundRequest
from perennial.payments.refund import Why


@dataclass(frozen=True, slots=True)
class GivenBack:
    """So much of a payment is given back: of which order or child, which payment; ``refund`` counts the refunds of what
    was paid.
    """

    order: str
    purpose: str
    number: int
    refund: int
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded(Outcome):
    """So much is given back. ``status``: ``due`` (with the next run of payments), ``draft`` (somebody has to approve
    it), ``captured`` (a check was sent), ``cancelled`` (it was not approved).
    """

    order: str
    amount: Money
    status: str
    refunds: tuple[GivenBack, ...]
    approved_by: str | None = None
    asked_by: str | None = None


def paid_of(order: SalesOrder) -> Q:
    """The payments of an order with its children, or of a child."""
    return Q(order=order) | Q(order__parent=order) | Q(continuity_order__order=order)


def most_to_give_back(number: str) -> Money | None:
    """The most that cards can be given back of a parent order with its children, or of a child; None: there is no such
    order.
    """
    order = SalesOrder.objects.filter(number=number).first()
    if order is None:
        return None
    paid = Payment.objects.filter(paid_of(order)).exclude(purpose="refund")
    return Money(refunds.most(paid.values_list("pk", flat=True)), order.currency)


def waits_for_approval(locked: LockedOrder, amount_minor: int, *, limited: bool) -> bool:
    """Is it so much that another person has to approve it?"""
    theirs = Payment.objects.filter(paid_of(locked.order)).exclude(purpose="refund")
    payments = list(theirs.values_list("pk", flat=True))
    return amount_minor > 0 and refunds.above_limit(payments, amount_minor, on=locked.on, limited=limited)


def refunded(order: SalesOrder, made: Sequence[Payment]) -> Refunded:
    """What came of refunds, as it is now."""
    related = ("order", "continuity_order__order", "refunds")
    rows = Payment.objects.select_related(*related).in_bulk([one.pk for one in made])
    found = [rows[one.pk] for one in made]
    return Refunded(
        order=order.number,
        amount=Money(sum(one.amount_minor for one in found), order.currency),
        status=found[0].status if found else "cancelled",
        refunds=tuple(
            GivenBack(
                order=one.order.number if one.order else one.continuity_order.order.number,  # type: ignore[union-attr]
                purpose=one.refunds.purpose if one.refunds else one.purpose,
                number=one.refunds.number if one.refunds else one.number,
                refund=one.number,
                amount=Money(one.amount_minor, one.currency),
            )
            for one in found
        ),
    )


def give_back_surplus(locked: LockedOrder, *, approved_by: str | None, limited: bool) -> Refunded | None:
    """Give back what a card paid of an order for what does not come any more; None: nothing that could be. Above the limit
    it waits, unless somebody has approved it; where something of the order waits already, it stays to be given back.
    """
    paid = Payment.objects.filter(paid_of(locked.order)).exclude(purpose="refund").filter(captured_minor__gt=0)
    of_each = refunds.spread_surplus(locked.order.pk, list(paid.values_list("pk", flat=True)))
    if not of_each:
        return None
    why = Why(locked.on, locked.by, locked.reason or "", locked.reason_code)
    sum_ = sum(of_each.values())
    asked = None
    if approved_by is None and waits_for_approval(locked, sum_, limited=limited):
        if RefundRequest.objects.filter(order=locked.order, approved=None).exists():
            return None
        asked = refunds.ask_for(locked.order.pk, Money(sum_, locked.order.currency), why)
    made = [refunds.refund(payment=pk, amount_minor=minor, why=why, request=asked) for pk, minor in of_each.items()]
    return refunded(locked.order, made)
