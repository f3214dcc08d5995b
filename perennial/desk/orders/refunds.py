"""Money is given back: what was taken for an order, latest capture first; above the limit when somebody else approves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from perennial.desk.action import action
from perennial.desk.locking import LockedOrder, lock, order_by_number
from perennial.desk.orders.give_back import Leave, Refunded, paid_of, refunded, waits_for_approval
from perennial.desk.orders.payments import lines_paid, payments_meant
from perennial.errors import Refused
from perennial.kernel import money
from perennial.kernel.limits import LINE, text_fault
from perennial.kernel.money import Money
from perennial.kernel.states import DISPUTE_GOES_ON, REFUSED
from perennial.orders.models import SalesOrder
from perennial.payments import refund as refunds
from perennial.payments.models import Dispute, Payment
from perennial.payments.refund import Check, Why


@action()
def refund(
    *,
    number: str,
    on: date,
    by: str,
    reason: str,
    reason_code: str | None = None,
    part: int | None = None,
    line: int | None = None,
    amount: str | None = None,
    check: str | None = None,
    given_on: date | None = None,
    approved_by: str | None = None,
    limited: bool = False,
    may_exceed: bool = False,
) -> Refunded:
    """Give back ``amount`` of what was paid of an order with its children, or of a child alone: of the payment that was
    captured last first, of several where one is not enough; what paid for something that does not come before all others.
    Without an amount: all that is left of the one payment. The next run of process-payments asks the gateways, once.

    ``line`` and ``part`` name one payment. ``check``: it was given back by this check, on ``given_on`` (left out: this day);
    so is what no card paid. More than the parameter ``refund_limit`` waits until another person approves it (``status``
    ``draft``), unless it is said who has: ``approved_by``. ``limited``, ``may_exceed``: see ``Leave``.
    Refused: nothing was taken; several payments were and no amount is said; more than is left; it was not taken by a
    gateway; a dispute about it goes on; something waits already; whoever asks has approved it.
    """
    order = order_by_number(number)
    locked = lock(order.parent_id or order.pk, on=on, by=by, reason=reason, reason_code=reason_code)
    if approved_by is not None and (fault := text_fault(approved_by, LINE)):
        raise fault.at("approved_by")
    paid_by_check = _check(check, given_on, on)
    taken = _taken(order, line, part)
    if not taken:
        raise Refused("refund_nothing_captured", "number", order=number)
    why = Why(on, by, reason, reason_code)
    whole = _minor(number, taken, amount, by_check=check is not None)
    ids = [one.pk for one in taken]
    of_each: dict[int, int | None]
    if len(taken) == 1:
        of_each = {ids[0]: whole}
    else:
        of_each = {**refunds.spread(locked.order.pk, ids, whole or 0, by_check=check is not None)}
    sum_ = sum(of_each[pk] or refunds.left_of(taken)[pk] for pk in of_each)
    asked = None
    leave = Leave(approved_by, limited, may_exceed)
    if waits_for_approval(locked, sum_, leave):
        if paid_by_check is not None:
            raise Refused("refund_check_not_approved", "amount", amount=Money(sum_, order.currency))
        asked = refunds.ask_for(locked.order.pk, Money(sum_, order.currency), why)
    made = [
        refunds.refund(payment=pk, amount_minor=minor, why=why, check=paid_by_check, request=asked)
        for pk, minor in of_each.items()
    ]
    return replace(refunded(order, made), approved_by=leave.approver(by))


def _taken(order: SalesOrder, line: int | None, part: int | None) -> list[Payment]:
    """The payments that something is given back of: those that are named, else all of the order with its children."""
    named = line is not None or part is not None
    found = payments_meant(order, line, part) if named else Payment.objects.filter(paid_of(order))
    found = found.exclude(purpose="refund").filter(captured_minor__gt=0)
    found = found.select_related("order", "continuity_order__parent_line")
    taken = list(found.order_by("purpose", "continuity_order__parent_line__line", "order__number", "number", "pk"))
    if not named and len(taken) > 1:
        disputed = Dispute.objects.filter(payment__in=taken, status__in=DISPUTE_GOES_ON).values_list(
            "payment", flat=True
        )
        taken = [
            one for one in taken if one.pk not in set(disputed) and one.captured_minor > one.refunded_minor
        ] or taken
    return taken


def _most(taken: Sequence[Payment], by_check: bool) -> Money:
    """How much of all of them can be given back."""
    return Money(refunds.most([one.pk for one in taken], by_check=by_check), taken[0].currency)


def _minor(number: str, taken: Sequence[Payment], amount: str | None, *, by_check: bool) -> int | None:
    """The amount that was said. Refused: it is not above 0; none was said, and there are several payments."""
    if amount is not None:
        minor = money.minor(amount, taken[0].currency, "amount")
        if minor <= 0:
            raise Refused("refund_above_0", "amount", left=_most(taken, by_check))
        return minor
    if len(taken) == 1:
        return None
    children = [one.order.number for one in taken if one.order is not None and one.order.number != number]
    lines = sorted(set(lines_paid(number, taken).values())) if not children else []
    raise Refused(
        "refund_which",
        "amount" if children else "line" if len(lines) > 1 else "part",
        order=number,
        lines=lines if len(lines) > 1 else None,
        parts=[one.number for one in taken] if not children else None,
        children=children or None,
        most=_most(taken, by_check),
    )


def _check(check: str | None, given_on: date | None, on: date) -> Check | None:
    if check is None:
        if given_on is not None:
            raise Refused("required", "check")
        return None
    if not check.strip():
        raise Refused("required", "check")
    if fault := text_fault(check, LINE):
        raise fault.at("check")
    if given_on is not None and given_on > on:
        raise Refused("given_ahead", "given_on", day=given_on, on=on)
    return Check(check.strip(), given_on or on)


@action()
def approve_refund(*, number: str, on: date, by: str, reason: str | None = None) -> Refunded:
    """Approve what somebody wants to give back of an order: the next run of process-payments asks the gateways for it.
    Refused: nothing waits; who asked for it approves it.
    """
    return _decide(number, on, by, reason, approved=True)


@action()
def decline_refund(*, number: str, on: date, by: str, reason: str | None = None) -> Refunded:
    """Do not give back what somebody wanted to give back of an order. Refused: nothing waits."""
    return _decide(number, on, by, reason, approved=False)


def _decide(number: str, on: date, by: str, reason: str | None, *, approved: bool) -> Refunded:
    locked = _locked(number, on, by, reason)
    asked = refunds.decide(locked.order.pk, Why(on, by, reason or ""), approved=approved)
    made = list(asked.payments.order_by("pk"))
    return replace(refunded(locked.order, made), asked_by=asked.asked_by, approved_by=by if approved else None)


def _locked(number: str, on: date, by: str, reason: str | None) -> LockedOrder:
    order = order_by_number(number)
    return lock(order.parent_id or order.pk, on=on, by=by, reason=reason)


@action()
def refund_again(
    *,
    number: str,
    on: date,
    by: str,
    reason: str,
    refund: int | None = None,
    line: int | None = None,
    check: str | None = None,
    given_on: date | None = None,
    approved_by: str | None = None,
    limited: bool = False,
    may_exceed: bool = False,
) -> Refunded:
    """Try a refund again that has failed or was declined: the gateway is asked by the next run; or it was given back by a
    ``check``. ``refund`` and ``line`` name one of several. Above the limit it waits as a new one does, unless it was approved
    before. Refused: none has; several have and none is named.
    """
    order = order_by_number(number)
    if approved_by is not None and (fault := text_fault(approved_by, LINE)):
        raise fault.at("approved_by")
    locked = lock(order.parent_id or order.pk, on=on, by=by, reason=reason)
    found = payments_meant(order, line, refund) if line or refund else Payment.objects.filter(paid_of(order))
    failed = list(found.filter(purpose="refund", status__in=REFUSED).exclude(refunds=None).order_by("pk"))
    if not failed:
        raise Refused("no_refund_failed", "number", order=number)
    if len(failed) > 1:
        raise Refused("refund_again_which", "refund", order=number, refunds=[one.number for one in failed])
    one, why, paid_by_check = failed[0], Why(on, by, reason), _check(check, given_on, on)
    leave, asked = Leave(approved_by, limited, may_exceed), None
    if one.request_id is None and waits_for_approval(locked, one.amount_minor, leave, again=one.pk):
        amount = Money(one.amount_minor, one.currency)
        if paid_by_check is not None:
            raise Refused("refund_check_not_approved", "amount", amount=amount)
        asked = refunds.ask_for(locked.order.pk, amount, why)
    made = refunds.again(one.pk, why, paid_by_check, asked)
    return replace(refunded(order, [made]), approved_by=leave.approver(by))
