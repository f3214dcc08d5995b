"""A child goes with fewer pieces than were ordered: it costs what went, and the rest does not come.

Its lines, and those of its shipment in the plan, say what went; the history says what was ordered. The delivery is charged
as before, once. Totals, tax and payments are reckoned as when the child was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from perennial.continuity.models import ContinuityLine
from perennial.continuity.planning import OccurrenceRow, OrderState, read_orders
from perennial.desk.locking import LockedOrder, changed
from perennial.errors import Refused
from perennial.kernel.money import Money, line_amount, plain, text
from perennial.kernel.totals import Charge
from perennial.orders.models import OrderLine, OrderTax, SalesOrder
from perennial.payments import due


class Pieces(NamedTuple):
    """So many pieces of a line went; 0: none."""

    line: int
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Short:
    """Of a line of a child fewer went than were ordered."""

    line: int
    product: str
    ordered: Decimal
    sent: Decimal


def shorten(locked: LockedOrder, child: SalesOrder, pieces: Sequence[Pieces]) -> tuple[Short, ...]:
    """Take out of a child that is not sent yet what does not go. Empty: all goes. The caller has locked both.

    Refused: a line that it has not; more than was ordered; nothing of it, or of one of its events; it stands as another
    system has reckoned it; a part of it is billed already.
    """
    lines = list(OrderLine.objects.filter(order=child).select_related("product").order_by("line"))
    sent = _sent(child, lines, pieces)
    short = tuple(
        Short(one.line, one.product.number, one.quantity, sent[one.line])
        for one in lines
        if sent[one.line] < one.quantity
    )
    if not short:
        return ()
    if not any(sent.values()):
        raise Refused("short_of_everything", "number", order=child.number)
    if child.external is not None or child.taken_over_on is not None:
        raise Refused("short_of_theirs", "number", order=child.number)
    state = next(one for one in locked.states if one.row.parent_line_id == child.parent_line_id)
    mine = sorted((one for one in state.walk if one.child_id == child.pk), key=lambda one: (one.position, one.id))
    _follow_plan(child, lines, sent, mine)
    for one in lines:
        quantity = sent[one.line]
        if not quantity:
            one.delete()
        elif quantity < one.quantity:
            one.quantity, one.amount_minor = quantity, line_amount(quantity, one.price_minor)
            one.save(update_fields=["quantity", "amount_minor"])
    was = child.total_minor
    _total_anew(locked, child, state)
    if not state.row.upfront:
        schedule = locked.set_up.schedules.get(mine[-1].payment_schedule_id or state.row.payment_schedule_id)
        due.follow_child(child.pk, schedule, child.total_minor, child.ship_on or locked.on)
    locked.event(
        "sent_short",
        child=child.number,
        shipment=child.shipment,
        lines=[{"product": one.product, "ordered": plain(one.ordered), "sent": plain(one.sent)} for one in short],
        old=text(was, child.currency),
        new=text(child.total_minor, child.currency),
        currency=child.currency,
    )
    changed(locked, read_orders(locked.set_up, [state.row.pk]))
    return short


def _sent(child: SalesOrder, lines: Sequence[OrderLine], pieces: Sequence[Pieces]) -> dict[int, Decimal]:
    """By line, how many pieces go; of a line that is not named all of it."""
    there = {one.line: one.quantity for one in lines}
    sent = dict(there)
    for line, quantity in pieces:
        if line not in there:
            raise Refused("line_unknown", "pieces", order=child.number, line=line)
        if not 0 <= quantity <= there[line]:
            raise Refused("short_by_more", "pieces", line=line, ordered=there[line])
        sent[line] = quantity
    return sent


def _follow_plan(
    child: SalesOrder, lines: Sequence[OrderLine], sent: Mapping[int, Decimal], mine: Sequence[OccurrenceRow]
) -> None:
    """The lines of the plan say what went, too: they stand in the order of the child's."""
    planned = ContinuityLine.objects.filter(occurrence__in=[one.id for one in mine])
    of_plan = list(planned.order_by("occurrence__position", "occurrence_id", "line"))
    if len(of_plan) != len(lines):
        raise Refused("short_of_theirs", "number", order=child.number)
    left = {one.occurrence_id for line, one in zip(lines, of_plan, strict=True) if sent[line.line]}
    if left != {one.occurrence_id for one in of_plan}:
        raise Refused("short_of_an_event", "pieces", order=child.number)
    for line, one in zip(lines, of_plan, strict=True):
        if not sent[line.line]:
            one.delete()
        elif sent[line.line] < one.quantity:
            one.quantity = sent[line.line]
            one.save(update_fields=["quantity"])


def _total_anew(locked: LockedOrder, child: SalesOrder, state: OrderState) -> None:
    """What it costs now, with its tax; by the tariff of its order, as when it was made."""
    lines = OrderLine.objects.filter(order=child).select_related("product")
    place = due.places([child.ship_to_id])[child.ship_to_id]
    assert child.ship_on is not None
    on = due.taxed_on(upfront=state.row.upfront, order_date=state.row.order_date, ship_on=child.ship_on)
    charges = [Charge(one.amount_minor, one.product.tax_group) for one in lines]
    tariff = locked.set_up.tariff(state.row.tariff_id)
    found = due.child_totals(tariff, charges, child.delivery_mode_id, place, on)
    OrderTax.objects.filter(order=child).delete()
    OrderTax.objects.bulk_create(
        OrderTax(order=child, group=one.group, base_minor=one.base, tax_minor=one.tax, rate_id=one.rate_id)
        for one in found.groups
    )
    child.delivery_minor, child.tax_minor, child.total_minor = found.delivery, found.tax, found.total
    child.save(update_fields=["delivery_minor", "tax_minor", "total_minor"])


def total_of(child: SalesOrder) -> Money:
    """What a child costs now."""
    return Money(child.total_minor, child.currency)
