"""What refunds have in common: what was paid of an order, whether one waits for somebody, and what was taken for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from perennial.desk.locking import LockedOrder
from perennial.desk.outcome import Outcome
from perennial.errors import Refused
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


@dataclass(frozen=True, slots=True)
class Leave:
    """Who may give back above the limit. ``approved_by``: another person, who has approved it; ``may_exceed``: whoever asks
    may, and approves it so; ``limited``: who gives nothing back without a limit unasked.
    """

    approved_by: str | None = None
    limited: bool = False
    may_exceed: bool = False

    def approver(self, by: str) -> str | None:
        return by if self.may_exceed else self.approved_by


def waits_for_approval(locked: LockedOrder, amount_minor: int, leave: Leave, *, again: int | None = None) -> bool:
    """Is it so much that another person has to approve it, and nobody has? ``again``: the refund that is tried again. Refused:
    whoever asks has approved it.
    """
    theirs = Payment.objects.filter(paid_of(locked.order)).exclude(purpose="refund")
    payments = list(theirs.values_list("pk", flat=True))
    if amount_minor <= 0 or leave.may_exceed:
        return False
    if not refunds.above_limit(payments, amount_minor, on=locked.on, limited=leave.limited, again=again):
        return False
    if leave.approved_by == locked.by:
        raise Refused("refund_own_approval", "approved_by", by=locked.by)
    return leave.approved_by is None


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


def give_back_surplus(locked: LockedOrder, leave: Leave) -> Refunded | None:
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
    if waits_for_approval(locked, sum_, leave):
        if RefundRequest.objects.filter(order=locked.order, approved=None).exists():
            return None
        asked = refunds.ask_for(locked.order.pk, Money(sum_, locked.order.currency), why)
    made = [refunds.refund(payment=pk, amount_minor=minor, why=why, request=asked) for pk, minor in of_each.items()]
    return refunded(locked.order, made)
