"""What a person found out, or decided, about a payment: how it ended, that a check has come, that it is given up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from perennial.continuity.models import ContinuityOrder
from perennial.desk.action import action
from perennial.desk.locking import LockedOrder, lock, order_by_number
from perennial.desk.orders.cancel import stop_rests, stop_shipments
from perennial.desk.orders.rest import unpaid_rests
from perennial.desk.outcome import Outcome
from perennial.desk.queries import beyond
from perennial.errors import Refused
from perennial.kernel import money
from perennial.kernel.limits import LINE, text_fault
from perennial.kernel.money import Money
from perennial.kernel.reasons import Reason
from perennial.kernel.states import GIVEN_UP
from perennial.orders.models import OrderLine, SalesOrder
from perennial.payments import actions as payments
from perennial.payments import due
from perennial.payments.models import Payment
from perennial.payments.surplus import to_credit

ENDS = ("taken", "not-taken", "written-off", "credited")
SHIPMENTS = ("stop", "send")
"""What becomes of the shipments that a payment paid for which is written off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled(Outcome):
    """How a payment ended. ``still_ships``: a child that was written off, and goes out all the same.

    Of an order billed up front that is written off: the shipments that it paid for and that are ``stopped``, or
    ``sent_unpaid``. ``approved_by``: who allowed the write-off. ``credited``: what was taken
    off its bills, of which this is the first.
    """

    order: str
    purpose: str
    number: int
    status: str
    credited: Money | None = None
    still_ships: tuple[str, ...] = ()
    stopped: tuple[int, ...] = ()
    sent_unpaid: tuple[int, ...] = ()
    approved_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(Outcome):
    """A check has paid: its number, its day, how much."""

    order: str
    purpose: str
    number: int
    check: str
    received_on: date
    amount: Money
    status: str


@action()
def settle(
    *,
    number: str,
    end: str,
    on: date,
    by: str,
    reason: str | None = None,
    reason_code: str | None = None,
    part: int | None = None,
    line: int | None = None,
    shipments: str | None = None,
    approved_by: str | None = None,
) -> Settled:
    """Say how a payment ended that is ``unknown``, after a look at the gateway: it was *taken* (authorised, captured,
    voided or given back, as was asked) or *not-taken* (it is due again); or give up what will never be paid, or given
    back, *written-off*; or take off the bills what was billed for what does not come, *credited*: all of that, off the
    bill that is due last first.

    ``number`` is that of the child, or of the parent (what is billed up front, ordinary lines); ``line`` names what is
    paid where the parent has several things to pay, ``part`` one of several payments. A child that is written off and
    not sent still ships: it is named (``still_ships``). Of an order billed up front ``shipments`` says what becomes of
    those that the payment paid for and that have not left: *stop* them (left out) or *send* them. ``approved_by``: who
    allowed the write-off; left out: who does it. Refused: nothing of it is in that state; several are and none is named.
    """
    if end not in ENDS:
        raise Refused("unknown_word", "end", word=end, known=ENDS)
    if shipments is not None and shipments not in SHIPMENTS:
        raise Refused("unknown_word", "shipments", word=shipments, known=SHIPMENTS)
    given_up = end == "written-off"
    for field, given in (("shipments", shipments), ("approved_by", approved_by)):
        if given is not None and not given_up:
            raise Refused("only_of_write_off", field)
    if approved_by is not None and (fault := text_fault(approved_by, LINE)):
        raise fault.at("approved_by")
    order = order_by_number(number)
    locked = lock(order.parent_id or order.pk, on=on, by=by, reason=reason, reason_code=reason_code)
    if end == "credited":
        return _credit(locked, order, line, part)
    payment = the_payment(order, line, part, GIVEN_UP if given_up else ("unknown",))
    if given_up:
        return _write_off(locked, order, payment, stop=shipments != "send", approved_by=approved_by or by)
    payments.settle_unknown(
        payment=payment.pk, happened=end == "taken", by=by, on=on, reason=reason or "", reason_code=reason_code
    )
    payment.refresh_from_db()
    return Settled(order=number, purpose=payment.purpose, number=payment.number, status=payment.status)


def _credit(locked: LockedOrder, order: SalesOrder, line: int | None, part: int | None) -> Settled:
    """Take off the bills what they ask for beyond what came and will come; ``line`` and ``part``: only off these."""
    left = to_credit(locked.order.pk)
    bills = payments_meant(order, line, part).filter(continuity_order__in=list(left), status="billed", purpose="order")
    parts: dict[int, int] = {}
    found = list(bills.order_by("-due_on", "-number", "-pk"))
    for bill in found:
        minor = min(bill.amount_minor, left[bill.continuity_order_id or 0])
        left[bill.continuity_order_id or 0] -= minor
        if minor:
            parts[bill.pk] = minor
    if not parts:
        raise Refused("nothing_to_credit", "number", order=order.number)
    payments.credit(parts=parts, by=locked.by, on=locked.on, reason=locked.reason or "")
    first = next(one for one in reversed(found) if one.pk in parts)
    first.refresh_from_db()
    return Settled(
        order=order.number,
        purpose=first.purpose,
        number=first.number,
        status=first.status,
        credited=Money(sum(parts.values()), first.currency),
    )


def _write_off(locked: LockedOrder, order: SalesOrder, payment: Payment, *, stop: bool, approved_by: str) -> Settled:
    """Give a payment up, and stop what it paid for unless that is sent all the same."""
    state = next((s for s in locked.states if s.row.pk == payment.continuity_order_id), None)
    pays_shipments = state is not None and payment.purpose == "order"
    unpaid = due.paid_by(locked.set_up, state, payment) if state is not None and pays_shipments else ()
    rests = unpaid_rests(state, payment) if state is not None and pays_shipments else []
    more: dict[str, object] = {"approved_by": approved_by}
    if locked.reason_code is not None:
        more["reason_code"] = locked.reason_code
    if unpaid:
        more["stopped" if stop else "sent_unpaid"] = list(unpaid)
    payments.write_off(payments=[payment.pk], by=locked.by, on=locked.on, reason=locked.reason or "", more=more)
    if rests and stop:
        stop_rests(locked, rests)
    if unpaid and stop and state is not None:
        stop_shipments(locked, state, unpaid)
    payment.refresh_from_db()
    no: tuple[Money | None, Money | None] = (None, None)
    back, credit = beyond([locked.order.pk]).get(locked.order.number, no) if unpaid or rests else no
    return Settled(
        order=order.number,
        purpose=payment.purpose,
        number=payment.number,
        status=payment.status,
        still_ships=(order.number,)
        if order.parent_id is not None and order.status == "open"
        else tuple(one.number for one in rests if not stop),
        stopped=unpaid if stop else (),
        sent_unpaid=() if stop else unpaid,
        approved_by=approved_by,
        to_refund=back,
        to_credit=credit,
    )


@action()
def receive(
    *,
    number: str,
    check: str,
    amount: str,
    on: date,
    by: str,
    reason: str | None = None,
    received_on: date | None = None,
    part: int | None = None,
    line: int | None = None,
) -> Received:
    """A check for what is billed up front, or for ordinary lines, has come: its number, its amount, the day on which it
    came (left out: this one). It counts from now on (D14).

    ``line`` and ``part`` name the payment where several wait for a check. Refused: nothing waits for one; several do
    and none is named; it is for another amount than is owed; a day that is to come.
    """
    order = order_by_number(number)
    lock(order.parent_id or order.pk, on=on, by=by, reason=reason)
    open_ = payments_meant(order, line, part).filter(method="check", status="due").exclude(purpose="refund")
    waiting = list(open_.order_by("purpose", "continuity_order__parent_line__line", "number", "pk"))
    if not waiting:
        raise Refused("no_check_awaited", "number", order=number)
    if len(waiting) > 1:
        raise several_payments(number, waiting)
    (payment,) = waiting
    owed = Money(payment.amount_minor, payment.currency)
    given = Money(money.minor(amount, payment.currency, "amount"), payment.currency)
    if given != owed:
        raise Refused("check_amount_differs", "amount", amount=given, owed=owed)
    day = received_on or on
    if day > on:
        raise Refused("received_ahead", "received_on", day=day, on=on)
    if not check.strip():
        raise Refused("required", "check")
    payments.receive_check(payment=payment.pk, check=check.strip(), received_on=day, by=by, on=on, reason=reason)
    return Received(
        order=number,
        purpose=payment.purpose,
        number=payment.number,
        check=check.strip(),
        received_on=day,
        amount=owed,
        status="captured",
    )


def the_payment(order: SalesOrder, line: int | None, part: int | None, states: Sequence[str]) -> Payment:
    """The one payment of an order that is in one of these states. Refused: there is none; several are, and none is named."""
    found = payments_meant(order, line, part).filter(status__in=states)
    fitting = list(found.order_by("purpose", "continuity_order__parent_line__line", "number", "pk"))
    # A refund only where nothing else is meant: its number may be that of a part, too.
    fitting = [p for p in fitting if p.purpose != "refund"] or fitting
    if not fitting:
        code = "no_payment_in_state" if line is None and part is None else "no_such_payment_in_state"
        raise Refused(code, "number", order=order.number, states=states)
    if len(fitting) > 1:
        raise several_payments(order.number, fitting)
    return fitting[0]


def payments_meant(order: SalesOrder, line: int | None, part: int | None) -> QuerySet[Payment]:
    """The payments of an order that are meant; its refunds, too."""
    found = Payment.objects.filter(Q(order=order) | Q(continuity_order__order=order))
    if line is not None:
        found = _of_line(order, line, found)
    return found if part is None else found.filter(number=part)


def _of_line(order: SalesOrder, line: int, found: QuerySet[Payment]) -> QuerySet[Payment]:
    """The payments of a line: those of its continuity order, or those of all ordinary lines together."""
    if order.parent_id is not None:
        raise Refused("child_paid_as_a_whole", "line", order=order.number)
    if not OrderLine.objects.filter(order=order, line=line).exists():
        raise Refused("line_unknown", "line", order=order.number, line=line)
    continuity = ContinuityOrder.objects.filter(parent_line__order=order, parent_line__line=line).first()
    if continuity is None:
        return found.filter(order=order)
    if not continuity.upfront:
        raise Refused("line_paid_by_shipment", "line", line=line)
    return found.filter(continuity_order=continuity)


def several_payments(number: str, payments: Sequence[Payment]) -> Refused:
    """A refusal that names each of them as ``line`` and ``part`` do."""
    paid = lines_paid(number, payments)
    if len(set(paid.values())) == 1:
        return Refused("several_payments", "part", order=number, payments=[_named(p) for p in payments])
    named = [Reason("named_payment_of_line", {"line": paid[p.pk], "payment": _named(p)}) for p in payments]
    return Refused("several_payments_of_lines", "line", order=number, payments=named)


def _named(payment: Payment) -> Reason:
    """A payment as a refusal names it."""
    return Reason("named_payment", {"purpose": payment.purpose, "number": payment.number, "status": payment.status})


def lines_paid(number: str, payments: Sequence[Payment]) -> dict[int, int]:
    """By the id of a payment, the line that it pays; of ordinary lines, all of which it pays, the first."""
    ordinary = OrderLine.objects.filter(order__number=number, continuity=None).order_by("line").first()
    first = ordinary.line if ordinary else 0
    return {p.pk: p.continuity_order.parent_line.line if p.continuity_order else first for p in payments}
