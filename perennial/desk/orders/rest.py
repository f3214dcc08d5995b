"""What a child went without follows as a child of its own: of the same shipment, as its next try, without a second delivery charge.

It is made with the report that its first part went, in the same transaction, so it is made once. It is charged, sent and invoiced
like every child. The two add up to what was ordered, to the last unit of money (``kernel.totals.taken_apart``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db.models import Max

from perennial.continuity.planning import OrderState
from perennial.desk.locking import LockedOrder
from perennial.errors import Refused
from perennial.kernel.instalments import PaymentSchedule
from perennial.kernel.states import SENT
from perennial.kernel.totals import GroupTax, Totals
from perennial.orders.models import Hold, OrderLine, OrderTax, Rest, SalesOrder
from perennial.payments import due
from perennial.payments.models import Payment

WORDS = ("cancel", "later")
"""What becomes of the rest of a child that goes short."""
CODE_OF_PAYMENTS = "payment"
"""The hold that stands for a payment that has failed: of that payment's child alone."""


class Left(NamedTuple):
    """What a child goes without: its lines, what they cost, the payment schedule of its shipment, when it ships."""

    lines: Sequence[OrderLine]
    costs: Totals
    schedule: PaymentSchedule | None
    ship_on: date


def rest_on(locked: LockedOrder, child: SalesOrder, rest: str | None, given: date | None) -> date | None:
    """The day on which the rest of a child ships, where it follows: as was said, else the first working day of its delivery
    mode after this one. Refused: an unknown word; a day, and the rest does not follow; a day that is past.
    """
    if rest is not None and rest not in WORDS:
        raise Refused("unknown_word", "rest", word=rest, known=WORDS)
    if rest != "later":
        if given is not None:
            raise Refused("rest_does_not_follow", "rest_on")
        return None
    if given is not None and given < locked.on:
        raise Refused("rest_before_this", "rest_on", day=given, earliest=locked.on)
    mode = locked.set_up.modes.get(child.delivery_mode_id or 0)
    if given is None:
        given = date.fromordinal(min(locked.on.toordinal() + 1, date.max.toordinal()))
    return mode.days.roll(given) if mode else given


def rest_of(child: SalesOrder) -> int | None:
    """The child whose rest this one brings."""
    return Rest.objects.filter(child=child).values_list("of", flat=True).first()


def unpaid_rests(state: OrderState, payment: Payment) -> list[SalesOrder]:
    """Of an order billed up front, the children that bring a rest, have not left, and are not paid by its other payments:
    what left is paid first, then these in turn.
    """
    children = SalesOrder.objects.filter(parent_line_id=state.row.parent_line_id)
    left = due.paid_by_others(state, payment)
    left -= sum(children.filter(status__in=SENT).values_list("total_minor", flat=True))
    rests = Rest.objects.filter(child__parent_line_id=state.row.parent_line_id).values("child")
    waiting = list(children.filter(pk__in=rests, status="open").order_by("shipment", "try_no"))
    for at, one in enumerate(waiting):
        if one.total_minor > max(left, 0):
            return waiting[at:]
        left -= one.total_minor
    return []


def follow_up(locked: LockedOrder, state: OrderState, child: SalesOrder, left: Left) -> SalesOrder:
    """Make the child that brings what this one goes without. What is held of this one stays held."""
    of_shipment = SalesOrder.objects.filter(parent_line=child.parent_line_id, shipment=child.shipment)
    try_no = 1 + of_shipment.aggregate(last=Max("try_no"))["last"]
    made = SalesOrder.objects.create(
        number=f"{locked.order.number}-{state.row.parent_line.line}-{child.shipment:03d}-{try_no}",
        customer_id=child.customer_id,
        currency=child.currency,
        order_date=locked.on,
        status="open",
        acceptance="none",
        ship_to_id=child.ship_to_id,
        parent=locked.order,
        parent_line_id=child.parent_line_id,
        shipment=child.shipment,
        try_no=try_no,
        ship_on=left.ship_on,
        delivery_mode_id=child.delivery_mode_id,
    )
    Rest.objects.create(child=made, of_id=rest_of(child) or child.pk)
    for line in left.lines:
        line.order = made
    OrderLine.objects.bulk_create(left.lines)
    write_totals(made, left.costs)
    if not state.row.upfront:
        _owe(locked, state, made, left)
    locked.event(
        "child_created",
        child=made.number,
        line=state.row.parent_line.line,
        shipment=made.shipment,
        ship_on=left.ship_on.isoformat(),
        rest_of=child.number,
    )
    for hold in Hold.objects.filter(order=child, released_on=None).exclude(code=CODE_OF_PAYMENTS).order_by("pk"):
        Hold.objects.create(
            order=made,
            code=hold.code,
            reason=hold.reason,
            because=hold.because,
            stops=hold.stops,
            until=hold.until,
            reason_code=hold.reason_code,
            on_date=locked.on,
            by=locked.by,
        )
        locked.event("held", code=hold.code, stops=hold.stops, child=made.number, because=hold.because)
    return made


def made_anew(locked: LockedOrder, state: OrderState, cancelled: Sequence[int], earliest: date) -> list[SalesOrder]:
    """Of these children, which were cancelled with their order: those that bring the rest of a shipment come again, each as the
    next try, on its day, or (that is past) on the first one from ``earliest`` on.
    """
    made = []
    mine = Rest.objects.filter(child__parent_line_id=state.row.parent_line_id).select_related("child")
    last = {
        one.child.shipment: one for one in mine.order_by("child__try_no")
    }  # one that came again already is not the last
    for one in last.values():
        child = one.child
        if child.pk not in cancelled:
            continue
        lines = list(OrderLine.objects.filter(order=child).order_by("line"))
        costs = totals_of(child, lines)
        for line in lines:
            line.pk, line.status = None, "open"
            line._state.adding = True
        brings = [o for o in state.occurrences if o.child_id == one.of_id]
        schedule = locked.set_up.schedules.get(
            next((o.payment_schedule_id for o in reversed(brings)), None) or state.row.payment_schedule_id
        )
        mode = locked.set_up.modes.get(child.delivery_mode_id or 0)
        day = max(child.ship_on or earliest, earliest)
        made.append(follow_up(locked, state, child, Left(lines, costs, schedule, mode.days.roll(day) if mode else day)))
    return made


def totals_of(child: SalesOrder, lines: Sequence[OrderLine]) -> Totals:
    """What a child with these lines costs, as it was reckoned."""
    taxes = OrderTax.objects.filter(order=child).order_by("group")
    groups = tuple(GroupTax(one.group, one.base_minor, one.tax_minor, one.rate_id) for one in taxes)
    amount = sum(one.amount_minor for one in lines)
    return Totals(amount, child.delivery_minor, child.tax_minor, child.total_minor, groups)


def write_totals(child: SalesOrder, costs: Totals) -> None:
    """A child costs so much, with so much tax of each group."""
    OrderTax.objects.filter(order=child).delete()
    OrderTax.objects.bulk_create(
        OrderTax(order=child, group=one.group, base_minor=one.base, tax_minor=one.tax, rate_id=one.rate_id)
        for one in costs.groups
    )
    child.delivery_minor, child.tax_minor, child.total_minor = costs.delivery, costs.tax, costs.total
    child.save(update_fields=["delivery_minor", "tax_minor", "total_minor"])


def _owe(locked: LockedOrder, state: OrderState, child: SalesOrder, left: Left) -> None:
    """It is paid as every child of its order: whole, or in the parts of the schedule, from its own day on."""
    due.write_payments(
        [
            due.payment_row(
                owed,
                order_id=child.pk,
                customer_id=locked.order.paid_by,
                purpose="shipment",
                method=state.row.payment_method,
                card_id=state.row.card_id,
                currency=child.currency,
                status="due",
            )
            for owed in due.child_parts(left.schedule, left.costs.total, left.ship_on, state.row.payment_method)
        ]
    )
