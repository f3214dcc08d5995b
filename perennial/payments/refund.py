"""Money that was taken is given back: the intent of it. A gateway is asked by ``charge``, as for all money.

What a card paid goes back to that card, by the gateway that took it; or a person sends a check, and says so. What is on its
way counts as given back. More than the parameter ``refund_limit`` waits until another person has approved it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Max, Q, Sum

from perennial.catalog.queries import company, parameters
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.money import Money, text
from perennial.kernel.states import DISPUTE_GOES_ON, NOT_ASKED, NOT_COUNTED, REFUND_OPEN
from perennial.orders.models import OrderEvent
from perennial.payments import retry
from perennial.payments.locking import lock
from perennial.payments.models import Attempt, Dispute, Payment, RefundRequest
from perennial.payments.surplus import beyond


@dataclass(frozen=True, slots=True)
class Why:
    """Who gives something back, on which date, and why."""

    on: date
    by: str
    reason: str
    reason_code: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A check that a person has sent, with its number and its day."""

    number: str
    given_on: date


@transaction.atomic
def refund(
    *,
    payment: int,
    why: Why,
    amount_minor: int | None = None,
    check: Check | None = None,
    request: RefundRequest | None = None,
) -> Payment:
    """Give back a payment, whole or in part: a payment of the purpose ``refund``, due on the date. The next run of
    process-payments asks the gateway that took the money; with a ``check`` it is given back at once. With a ``request`` it
    waits for that.

    ``amount_minor`` left out: all that is left of it. Never more than was captured, together with what was given
    back before or is on its way back. Refused: more than that; nothing was captured, or by no gateway that could
    give it back; its customer disputes it.
    """
    lock([payment])
    taken = Payment.objects.select_related("order", "continuity_order").get(pk=payment)
    if fault := _fault(taken, by_check=check is not None):
        raise fault
    left = left_of([taken])[taken.pk]
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
        method=taken.method if check is None else "check",
        card_id=taken.card_id if check is None else None,
        currency=taken.currency,
        amount_minor=amount,
        due_on=why.on,
        status="due" if request is None else "draft",
        refunds=taken,
        overpaid_minor=_overpaid(taken, amount),
        request=request,
    )
    tell(back, "payment_refund_due" if request is None else "payment_refund_asked", why)
    if check is not None:
        _given_by_check(back, check, why)
    return back


def _overpaid(taken: Payment, amount: int) -> int | None:
    """How much of an amount was paid of an order billed up front for what does not come any more, and was not given back
    yet; None: it paid something else.
    """
    if taken.continuity_order is None:
        return None
    there = beyond(taken.continuity_order.order_id).get((taken.continuity_order_id, None), 0)
    return min(amount, there)


def _fault(taken: Payment, *, by_check: bool) -> Refused | None:
    """Why nothing of a payment is given back, or not so."""
    if taken.purpose == "refund" or not taken.captured_minor:
        return Refused("refund_of_nothing", "number", status=taken.status)
    if Dispute.objects.filter(payment=taken, status__in=DISPUTE_GOES_ON).exists():
        return Refused("refund_of_disputed", "number")
    if by_check:
        return None
    if taken.method != "card":
        return Refused("refund_not_of_a_card", "number", method=taken.method)
    if taken.gateway_ref is None:
        return Refused("refund_without_reference", "number")
    return None


def left_of(payments: Sequence[Payment]) -> dict[int, int]:
    """By payment, the minor units that may still be given back: what was captured, less what was given back, is on its way
    back, or was lost to a dispute.
    """
    return {pk: max(0, minor) for pk, minor in _balance(payments).items()}


def _balance(payments: Sequence[Payment]) -> dict[int, int]:
    """The same; below 0: a dispute was lost of what was to be given back before."""
    ids = [one.pk for one in payments]
    back = dict(
        Payment.objects.filter(refunds__in=ids, status__in=REFUND_OPEN)
        .values_list("refunds")
        .annotate(Sum("amount_minor"))
    )
    lost = dict(
        Dispute.objects.filter(payment__in=ids, status="lost").values_list("payment").annotate(Sum("amount_minor"))
    )
    return {
        one.pk: one.captured_minor - one.refunded_minor - back.get(one.pk, 0) - lost.get(one.pk, 0) for one in payments
    }


def most(payments: Iterable[int], *, by_check: bool = False) -> int:
    """The most minor units that can be given back of these payments in all."""
    found = [one for one in Payment.objects.filter(pk__in=list(payments)) if _fault(one, by_check=by_check) is None]
    return sum(left_of(found).values())


def spread(root: int, payments: Iterable[int], amount_minor: int, *, by_check: bool) -> dict[int, int]:
    """How an amount is given back of several payments of a parent order: so many minor units of each, none of nothing.

    First those that paid for what does not come, so far as they did; then the one that was captured last. Refused: there is
    not so much left of them all.
    """
    found, left = _to_give(payments, by_check=by_check)
    there = sum(left.values())
    if not 0 < amount_minor <= there:
        currency = company().currency or ""
        raise Refused("refund_too_much", "amount", left=Money(there, currency))
    given: dict[int, int] = {}
    amount_minor -= _give_surplus(root, found, left, given, amount_minor)
    _give(found, left, given, amount_minor)
    return {one.pk: given[one.pk] for one in found if given.get(one.pk)}


def spread_surplus(root: int, payments: Iterable[int]) -> dict[int, int]:
    """What is given back of several payments of a parent order, so that none of it has paid for what does not come: all
    that is there of it, and can be given back by a gateway.
    """
    found, left = _to_give(payments, by_check=False)
    given: dict[int, int] = {}
    _give_surplus(root, found, left, given, sum(left.values()))
    return {one.pk: given[one.pk] for one in found if given.get(one.pk)}


def _to_give(payments: Iterable[int], *, by_check: bool) -> tuple[list[Payment], dict[int, int]]:
    """Those of the payments of which something may be given back, the one captured last first; what is left of each."""
    ids = sorted(payments)
    lock(ids)
    found = [one for one in Payment.objects.filter(pk__in=ids) if _fault(one, by_check=by_check) is None]
    return _latest_first(found), left_of(found)


def _give_surplus(
    root: int, payments: Sequence[Payment], left: dict[int, int], given: dict[int, int], most: int
) -> int:
    """Give at most so much back of what has paid for what does not come; how much it was."""
    rest = most
    for paid_for, minor in beyond(root).items():
        mine = [one for one in payments if (one.continuity_order_id, one.order_id) == paid_for]
        rest -= _give(mine, left, given, min(minor, rest))
    return most - rest


def _give(payments: Iterable[Payment], left: dict[int, int], given: dict[int, int], amount: int) -> int:
    """Give so much back of these, each as far as it goes; how much it was."""
    rest = amount
    for one in payments:
        part = min(rest, left[one.pk])
        left[one.pk] -= part
        given[one.pk] = given.get(one.pk, 0) + part
        rest -= part
    return amount - rest


def _latest_first(payments: Sequence[Payment]) -> list[Payment]:
    """The one that was captured last comes first; one that was taken elsewhere, on the day when it was due."""
    tries = Attempt.objects.filter(payment__in=payments, kind__in=("charge", "capture"), outcome="approved")
    last: dict[int, tuple[date, int]] = {}
    for payment, day, pk in tries.order_by("pk").values_list("payment_id", "on_date", "pk"):
        last[payment] = (day, pk)
    return sorted(payments, key=lambda one: (*last.get(one.pk, (one.due_on, 0)), one.number, one.pk), reverse=True)


def above_limit(
    payments: Iterable[int], amount_minor: int, *, on: date, limited: bool, again: int | None = None
) -> bool:
    """Is an amount, with what was given back of an order on the same date without being asked for, more than may be given
    back unasked? ``limited``: where no limit is set, whoever asks gives back nothing unasked. ``again``: the refund that is
    tried again with it.
    """
    limit = parameters().refund_limit_minor
    if limit is None:
        return limited
    today = Payment.objects.filter(refunds__in=list(payments), due_on=on, request=None)
    today = today.exclude(status__in=(*NOT_COUNTED, "failed", "written_off"))
    today = today.exclude(pk__in=() if again is None else (again,))
    return amount_minor + (today.aggregate(sum=Sum("amount_minor"))["sum"] or 0) > limit


def ask_for(root: int, amount: Money, why: Why) -> RefundRequest:
    """Ask somebody to approve that so much is given back of a parent order. Refused: something of it waits already."""
    if RefundRequest.objects.filter(order_id=root, approved=None).exists():
        raise Refused("refund_waits_already", "number")
    return RefundRequest.objects.create(
        order_id=root,
        amount_minor=amount.minor,
        currency=amount.currency,
        asked_by=why.by,
        asked_on=why.on,
        reason=why.reason,
    )


def decide(root: int, why: Why, *, approved: bool) -> RefundRequest:
    """Approve or decline what somebody wants to give back of a parent order; the order is locked. Refused: nothing waits;
    whoever asked approves it.
    """
    found = RefundRequest.objects.select_for_update(no_key=True).filter(order_id=root, approved=None).first()
    if found is None:
        raise Refused("refund_not_asked", "number")
    if approved and found.asked_by == why.by:
        raise Refused("refund_own_approval", "by", by=why.by)
    if (
        approved
        and Dispute.objects.filter(payment__in=found.payments.values("refunds"), status__in=DISPUTE_GOES_ON).exists()
    ):
        raise Refused("refund_of_disputed", "number")
    if approved:
        for taken, left in _balance(list(Payment.objects.filter(pk__in=found.payments.values("refunds")))).items():
            if left < 0:  # a dispute was lost meanwhile
                asked = found.payments.filter(refunds=taken).aggregate(sum=Sum("amount_minor"))["sum"]
                raise Refused("refund_too_much", "amount", left=Money(max(0, left + asked), found.currency))
    found.approved, found.decided_by, found.decided_on = approved, why.by, why.on
    found.save(update_fields=["approved", "decided_by", "decided_on"])
    ids = list(found.payments.filter(status="draft").order_by("pk").values_list("pk", flat=True))
    sql.shift(Payment, ids, "draft", "due" if approved else "cancelled", due_on=why.on)
    for back in Payment.objects.filter(pk__in=ids).order_by("pk"):
        tell(back, "payment_refund_approved" if approved else "payment_refund_refused", why)
    return found


def again(payment: int, why: Why, check: Check | None = None, request: RefundRequest | None = None) -> Payment:
    """Try a refund again that has failed, or was declined: its gateway is asked by the next run, or a check was sent. With a
    ``request`` it waits for that. Refused: that much is not left of what was captured.
    """
    back = Payment.objects.select_related("refunds").get(pk=payment)
    assert back.refunds is not None
    lock([payment, back.refunds.pk])
    taken = Payment.objects.get(pk=back.refunds.pk)
    if fault := _fault(taken, by_check=check is not None):
        raise fault
    back.refresh_from_db()
    left = _balance([taken])[taken.pk] + (back.amount_minor if back.status in REFUND_OPEN else 0)
    if back.amount_minor > left:
        raise Refused("refund_too_much", "amount", left=Money(max(0, left), back.currency))
    retry.from_zero([back.pk])
    sql.shift(Payment, [back.pk], "due", "due", due_on=why.on)
    if request is not None:
        sql.shift(Payment, [back.pk], "due", "cancelled")
        sql.shift(Payment, [back.pk], "cancelled", "draft", request_id=request.pk)
        tell(back, "payment_refund_asked", why)
    elif check is None:
        tell(back, "payment_refund_due", why)
    else:
        _given_by_check(back, check, why)
    back.refresh_from_db()
    return back


def _given_by_check(back: Payment, check: Check, why: Why) -> None:
    number = 1 + Attempt.objects.filter(payment=back, kind="refund").count()
    Attempt.objects.create(
        payment=back,
        kind="refund",
        number=number,
        key=f"{company().installation}-{back.pk}-refund-{number}",
        amount_minor=back.amount_minor,
        on_date=check.given_on,
        outcome="approved",
        gateway_ref=check.number,
        message="given back by check",
    )
    sql.shift(
        Payment, [back.pk], "due", "captured", captured_minor=back.amount_minor, method="check", card_id=None
    )  # fmt: skip
    sql.execute(GIVEN_BACK, {"ids": [back.pk]})
    back.refresh_from_db()
    tell(back, "payment_refunded", why, check=check.number, given_on=check.given_on.isoformat())


GIVEN_BACK = sql.named("perennial.payments", "charge.sql")["given_back"]


def withdraw(payments: Sequence[int], why: Why) -> list[int]:
    """Refunds that nobody has asked a gateway for go: what they were for is taken back. What waits for somebody who
    approves it goes whole. Which they were.
    """
    asked = RefundRequest.objects.filter(payments__in=payments, approved=None)
    found = Payment.objects.filter(Q(pk__in=payments) | Q(request__in=asked.values("pk")))
    found = found.filter(purpose="refund", status__in=NOT_ASKED, tries=None)
    ids = list(found.order_by("pk").values_list("pk", flat=True))
    for state in NOT_ASKED:
        mine = list(Payment.objects.filter(pk__in=ids, status=state).values_list("pk", flat=True))
        sql.shift(Payment, mine, state, "cancelled")
    RefundRequest.objects.filter(payments__in=ids, approved=None).update(
        approved=False, decided_by=why.by, decided_on=why.on
    )
    return ids


def withdraw_beyond(taken: Payment, why: Why) -> None:
    """Refunds of a payment that nobody has asked a gateway for go where there is not so much left of it any more."""
    if _balance([taken])[taken.pk] < 0:
        gone = withdraw(list(Payment.objects.filter(refunds=taken).values_list("pk", flat=True)), why)
        for back in Payment.objects.filter(pk__in=gone).order_by("pk"):
            tell(back, "payment_refund_withdrawn", why)


def tell(back: Payment, kind: str, why: Why, **more: object) -> None:
    """One line in the order's history about a refund, with the payment that it gives back."""
    taken = Payment.objects.select_related("order", "continuity_order").get(pk=back.refunds_id or 0)
    order = taken.order
    child = order is not None and order.parent_id is not None
    data: Mapping[str, object] = {
        **({"child": order.number} if order and child else {}),
        "purpose": taken.purpose,
        "number": taken.number,
        "refund": back.number,
        "amount": text(back.amount_minor, back.currency),
        "currency": back.currency,
        **({} if why.reason_code is None else {"reason_code": why.reason_code}),
        **more,
    }
    OrderEvent.objects.create(
        order_id=(order.parent_id or order.pk) if order else taken.continuity_order.order_id,  # type: ignore[union-attr]
        on_date=why.on,
        kind=kind,
        by=why.by,
        reason=why.reason,
        data=data,
    )
