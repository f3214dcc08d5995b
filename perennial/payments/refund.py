"""Money that was taken by card is given back: the intent of it. The gateway is asked by ``charge``, as for all money."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Max, Sum

from perennial.errors import Refused
from perennial.kernel.money import Money, text
from perennial.kernel.states import REFUND_OPEN
from perennial.orders.models import OrderEvent
from perennial.payments.charge import lock
from perennial.payments.models import Payment


@transaction.atomic
def refund(
    *, payment: int, amount_minor: int | None = None, on: date, by: str, reason: str, reason_code: str | None = None
) -> Payment:
    """Give back a payment, whole or in part: a payment of the purpose ``refund``, due on the date. The next run of
    process-payments asks the gateway that took the money.

    ``amount_minor`` left out: all that is left of it. Never more than was captured, together with what was given
    back before or is on its way back. Refused: more than that; nothing was captured, or by no gateway that could
    give it back.
    """
    lock([payment])
    taken = Payment.objects.select_related("order", "continuity_order").get(pk=payment)
    if taken.method != "card":
        raise Refused("refund_not_of_a_card", "number", method=taken.method)
    if taken.purpose == "refund" or not taken.captured_minor:
        raise Refused("refund_of_nothing", "number", status=taken.status)
    if taken.gateway_ref is None:
        raise Refused("refund_without_reference", "number")
    on_its_way = Payment.objects.filter(refunds=taken, status__in=REFUND_OPEN).aggregate(sum=Sum("amount_minor"))["sum"]
    left = taken.captured_minor - taken.refunded_minor - (on_its_way or 0)
    amount = left if amount_minor is None else amount_minor
    if not 0 < amount <= left:
        raise Refused("refund_too_much", "amount", left=Money(left, taken.currency))
    others = Payment.objects.filter(
        order=taken.order, continuity_order=taken.continuity_order, purpose="refund"
    ).aggregate(last=Max("number"))["last"]
    back = Payment.objects.create(
        order=taken.order,
        continuity_order=taken.continuity_order,
        customer_id=taken.customer_id,
        purpose="refund",
        number=(others or 0) + 1,
        method=taken.method,
        card_id=taken.card_id,
        currency=taken.currency,
        amount_minor=amount,
        due_on=on,
        status="due",
        refunds=taken,
    )
    _tell(taken, back, by=by, on=on, reason=reason, reason_code=reason_code)
    return back


def _tell(taken: Payment, back: Payment, *, by: str, on: date, reason: str, reason_code: str | None) -> None:
    """One line in the order's history."""
    order = taken.order
    child = order is not None and order.parent_id is not None
    OrderEvent.objects.create(
        order_id=(order.parent_id or order.pk) if order else taken.continuity_order.order_id,  # type: ignore[union-attr]
        on_date=on,
        kind="payment_refund_due",
        by=by,
        reason=reason,
        data={
            **({"child": order.number} if order and child else {}),
            "purpose": taken.purpose,
            "number": taken.number,
            "refund": back.number,
            "amount": text(back.amount_minor, back.currency),
            "currency": back.currency,
            **({} if reason_code is None else {"reason_code": reason_code}),
        },
    )
