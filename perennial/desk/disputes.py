"""A customer has told their bank that they do not accept a charge: told by the gateway, or by a person.

While the bank has not decided, nothing more of the order is made, sent or charged: it is on hold, with the code ``dispute``.
So it is where a dispute is first heard of when it is lost. It is released when all that is disputed of it was won, or by a
person. What is lost counts as given back. Gateways tell late,
twice and in any order: what happened last counts, by their own clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Max, Q, QuerySet, Sum

from perennial.catalog.codes import DISPUTE_HOLD
from perennial.continuity.models import ContinuityOrder, Occurrence
from perennial.desk.action import action
from perennial.desk.locking import LockedOrder, lock, order_by_number
from perennial.desk.orders.give_back import paid_of
from perennial.desk.orders.hold import release
from perennial.desk.orders.payments import payments_meant, several_payments
from perennial.desk.outcome import Outcome
from perennial.errors import Refused
from perennial.kernel import money
from perennial.kernel.limits import LINE, text_fault
from perennial.kernel.money import Money, text
from perennial.kernel.reasons import Reason
from perennial.kernel.states import DISPUTE, DISPUTE_GOES_ON, NOT_ENDED, NOT_INVOICED, NOT_PAID, TO_COME, may_follow
from perennial.orders.models import Hold, SalesOrder
from perennial.payments.gateways.contract import DisputeFacts
from perennial.payments.models import Attempt, Dispute, Payment
from perennial.payments.refund import Why, withdraw_beyond

CHANGES = ("amount_minor", "reason", "answer_by", "status", "told_at", "answered_on", "closed_on")
"""What is told anew of a dispute."""
STOPS, STOPS_OF_CHILD = "children+charging", "sending+charging"
"""What a dispute stops: of the order that it makes new children, of children that are made that they are sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed(Outcome):
    """A dispute as it stands now. ``known``: nothing new was told of it, or something older than what is known.

    ``held``: the order, or a child of it, waits for it. ``payment`` is that of ``order``, with its ``purpose``.
    """

    order: str
    dispute: int
    purpose: str
    payment: int
    amount: Money
    status: str
    reason_of_bank: str
    answer_by: date | None = None
    held: bool = False
    known: bool = False


@action()
def reported(*, gateway: str, facts: DisputeFacts, happened: int, on: date, by: str) -> Disputed | None:
    """What a gateway has told of a dispute. None: it is about no payment of ours. ``happened``: the gateway's own time. It is not
    dated before the payment was last asked for, or given back, whatever the clock says of whoever heard of it.
    """
    paid = Payment.objects.filter(gateway=gateway, gateway_ref=facts.payment_reference).exclude(purpose="refund")
    payment = paid.select_related("order", "continuity_order").order_by("pk").first()
    if payment is None:
        return None
    tries = Attempt.objects.filter(Q(payment=payment) | Q(payment__refunds=payment))
    on = max(on, tries.aggregate(last=Max("on_date"))["last"] or on)
    locked = lock(_root(payment), on=on, by=by)
    known = Dispute.objects.select_for_update(no_key=True).filter(gateway=gateway, reference=facts.reference).first()
    if known is None:  # perhaps a person has told of it
        said = Dispute.objects.filter(payment=payment, reference=None, status__in=DISPUTE_GOES_ON)
        known = said.select_for_update(no_key=True).order_by("pk").first()
        if known is not None:
            known.gateway, known.reference = gateway, facts.reference
            known.save(update_fields=("gateway", "reference"))
    if known is None:
        made = Dispute(payment=payment, gateway=gateway, reference=facts.reference, opened_on=on)
        made.amount_minor, made.currency = facts.minor, facts.currency
        return _tell(locked, made, facts, happened)
    if not _is_newer(known, facts, happened):
        return _outcome(locked, known, is_known=True)
    return _tell(locked, known, facts, happened)


def _is_newer(known: Dispute, facts: DisputeFacts, happened: int) -> bool:
    """Was it told later? Within the same second what is further on counts; of what a person has said, all that follows."""
    if known.told_at is not None and happened < known.told_at:
        return False
    order = list(DISPUTE)
    if happened == known.told_at and order.index(facts.status) < order.index(known.status):
        return False
    said = (facts.minor, facts.reason, facts.answer_by, facts.status)
    return said != (known.amount_minor, known.reason, known.answer_by, known.status)


@action()
def dispute(
    *,
    number: str,
    status: str,
    on: date,
    by: str,
    reason: str,
    part: int | None = None,
    line: int | None = None,
    amount: str | None = None,
    answer_by: date | None = None,
    dispute: int | None = None,
) -> Disputed:
    """Say that a charge is disputed (``open``), or how a dispute stands: ``answered``, ``won``, ``lost``; ``open``
    again with its number, ``dispute``.

    ``line`` and ``part`` name the payment, ``amount`` how much of it (left out: all that was captured and neither given back
    nor lost).
    ``reason`` of an open one: what the bank says. Refused: nothing was captured; several payments were, or several
    disputes go on, and none is named; it cannot become so.
    """
    if status not in DISPUTE:
        raise Refused("unknown_word", "status", word=status, known=tuple(DISPUTE))
    if fault := text_fault(reason, LINE):
        raise fault.at("reason")
    order = order_by_number(number)
    locked = lock(order.parent_id or order.pk, on=on, by=by, reason=reason)
    if status == "open" and dispute is None:
        payment = _meant(order, line, part)
        there = max(0, payment.captured_minor - payment.refunded_minor - _lost(payment))
        minor = there if amount is None else money.minor(amount, payment.currency, "amount")
        if not 0 < minor <= payment.captured_minor:
            raise Refused("disputed_too_much", "amount", captured=Money(payment.captured_minor, payment.currency))
        made = Dispute(payment=payment, gateway=payment.gateway, opened_on=on)
        made.amount_minor, made.currency = minor, payment.currency
        return _tell(locked, made, _facts(made, "open", reason, answer_by), None)
    if amount is not None:
        raise Refused("dispute_stays_so", "amount")
    known = _known(order, dispute)
    if status != known.status and not may_follow(DISPUTE, known.status, status):
        raise Refused("dispute_cannot_become", "status", status=known.status, wanted=status)
    facts = _facts(known, status, known.reason, answer_by or known.answer_by)
    if (facts.status, facts.answer_by) == (known.status, known.answer_by):
        raise Refused("dispute_stands_so", "status", status=status)
    return _tell(locked, known, facts, known.told_at)


def _lost(payment: Payment) -> int:
    lost = Dispute.objects.filter(payment=payment, status="lost").aggregate(minor=Sum("amount_minor"))
    return lost["minor"] or 0


def _facts(of: Dispute, status: str, reason: str, answer_by: date | None) -> DisputeFacts:
    return DisputeFacts(
        reference=of.reference or "",
        payment_reference="",
        minor=of.amount_minor,
        currency=of.currency,
        reason=reason,
        status=status,  # type: ignore[arg-type]  # it was checked
        answer_by=answer_by,
    )


def _meant(order: SalesOrder, line: int | None, part: int | None) -> Payment:
    """The payment that is disputed."""
    named = line is not None or part is not None
    found = payments_meant(order, line, part) if named else Payment.objects.filter(paid_of(order))
    found = found.exclude(purpose="refund").filter(captured_minor__gt=0)
    taken = list(found.select_related("order", "continuity_order__parent_line").order_by("purpose", "number", "pk"))
    if not taken:
        raise Refused("refund_nothing_captured", "number", order=order.number)
    if len(taken) > 1:
        raise several_payments(order.number, taken)
    return taken[0]


def _known(order: SalesOrder, dispute: int | None) -> Dispute:
    """The dispute that is meant: the one that is named, else the only one that goes on."""
    theirs = Payment.objects.filter(paid_of(order))
    found = Dispute.objects.select_for_update(no_key=True).filter(payment__in=theirs)
    if dispute is not None:
        known = found.filter(pk=dispute).first()
        if known is None:
            raise Refused("dispute_unknown", "dispute", order=order.number, dispute=dispute)
        return known
    going = list(found.filter(status__in=DISPUTE_GOES_ON).order_by("pk"))
    if not going:
        raise Refused("no_dispute_goes_on", "number", order=order.number)
    if len(going) > 1:
        raise Refused("several_disputes", "dispute", order=order.number, disputes=[one.pk for one in going])
    return going[0]


def _root(payment: Payment) -> int:
    """The parent order of a payment."""
    if payment.order is not None:
        return payment.order.parent_id or payment.order.pk
    assert payment.continuity_order is not None
    return payment.continuity_order.order_id


def _tell(locked: LockedOrder, told: Dispute, facts: DisputeFacts, happened: int | None) -> Disputed:
    """Write down how a dispute stands, and what follows from it."""
    was = told.status if told.pk else None
    told.amount_minor, told.reason, told.answer_by = facts.minor, facts.reason[:LINE], facts.answer_by
    told.status, told.told_at = facts.status, happened
    if facts.status == "answered":
        told.answered_on = told.answered_on or locked.on
    told.closed_on = None if facts.status in DISPUTE_GOES_ON else locked.on
    if was is None:
        Dispute.objects.bulk_create([told])
    else:
        told.save(update_fields=CHANGES)
    if was != told.status:
        locked.event(
            f"dispute_{told.status}",
            child=_child(told),
            dispute=told.pk,
            amount=text(told.amount_minor, told.currency),
            currency=told.currency,
            said=told.reason,
            until=None if told.answer_by is None else told.answer_by.isoformat(),
        )
    if was not in DISPUTE_GOES_ON and told.status not in (
        "won",
        was,
    ):  # it begins, or is heard of when it is lost already
        _hold(locked, told)
    if told.status == "won":
        _release(locked)
    elif told.status == "lost":
        withdraw_beyond(told.payment, Why(locked.on, locked.by, told.reason))
    return _outcome(locked, told, is_known=False)


def _child(of: Dispute) -> str | None:
    order = of.payment.order
    return order.number if order is not None and order.parent_id is not None else None


def _hold(locked: LockedOrder, told: Dispute) -> None:
    """Stop what is still to come of the order, where something is, unless it waits already."""
    why = Reason("disputed", {"amount": Money(told.amount_minor, told.currency)}).stored()
    held: list[tuple[SalesOrder, str]] = []
    if locked.order.status in NOT_ENDED and _more_to_come(locked.order):
        held.append((locked.order, STOPS))
    held += [(child, STOPS_OF_CHILD) for child in SalesOrder.objects.filter(parent=locked.order, status="open")]
    for order, stops in held:
        if Hold.objects.filter(order=order, code=DISPUTE_HOLD, released_on=None).exists():
            continue
        Hold.objects.create(
            order=order, code=DISPUTE_HOLD, because=why, stops=stops, on_date=locked.on, by=locked.by
        )  # fmt: skip
        child = order.number if order.parent_id is not None else None
        locked.event("held", code=DISPUTE_HOLD, stops=stops, child=child, because=why)


def _more_to_come(order: SalesOrder) -> bool:
    """Is something of a parent still to be made, sent or charged?"""
    mine = ContinuityOrder.objects.filter(order=order, status__in=NOT_ENDED)
    return (
        mine.filter(complete=False).exists()
        or Occurrence.objects.filter(continuity_order__in=mine, status__in=TO_COME).exists()
        or order.lines.filter(status__in=NOT_INVOICED, price_minor__gt=0).exists()
        or Payment.objects.filter(paid_of(order), status__in=NOT_PAID).exclude(purpose="refund").exists()
    )


def _release(locked: LockedOrder) -> None:
    """Let the order go on where nothing of it is disputed any more, and nothing was lost."""
    theirs = Payment.objects.filter(paid_of(locked.order))
    if Dispute.objects.filter(payment__in=theirs).exclude(status="won").exists():
        return
    for number in (
        _held(locked.order).order_by("-order__parent_id", "order__number").values_list("order__number", flat=True)
    ):
        release(number=number, code=DISPUTE_HOLD, on=locked.on, by=locked.by)


def _held(parent: SalesOrder) -> QuerySet[Hold]:
    """The holds of an order and its children because of a dispute."""
    return Hold.objects.filter(Q(order=parent) | Q(order__parent=parent), code=DISPUTE_HOLD, released_on=None)


def _outcome(locked: LockedOrder, of: Dispute, *, is_known: bool) -> Disputed:
    return Disputed(
        order=_child(of) or locked.order.number,
        dispute=of.pk,
        purpose=of.payment.purpose,
        payment=of.payment.number,
        amount=Money(of.amount_minor, of.currency),
        status=of.status,
        reason_of_bank=of.reason,
        answer_by=of.answer_by,
        held=_held(locked.order).exists(),
        known=is_known,
    )
