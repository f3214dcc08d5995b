"""A child goes with fewer pieces than were ordered: it costs what went, and the rest does not come, or follows (``rest``).

Its lines say what went, the history what was ordered; those of its shipment in the plan what comes in all. The delivery is
charged as before, once. Totals, tax and payments are reckoned as when the child was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from perennial.continuity.models import ContinuityLine
from perennial.continuity.planning import OccurrenceRow, OrderState, read_orders
from perennial.desk.locking import LockedOrder, changed
from perennial.desk.orders.rest import Left, follow_up, rest_of, totals_of, write_totals
from perennial.errors import Refused
from perennial.kernel.money import Money, line_amount, plain, text
from perennial.kernel.totals import Charge, Totals, taken_apart, tax_is_included, totals
from perennial.orders.models import OrderLine, SalesOrder
from perennial.payments import cost, due


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


@dataclass(frozen=True, slots=True)
class Shortened:
    """A child went short: of which lines; the child that brings the ``rest``, where it follows."""

    lines: tuple[Short, ...] = ()
    rest: SalesOrder | None = None


def shorten(locked: LockedOrder, child: SalesOrder, pieces: Sequence[Pieces], rest_on: date | None) -> Shortened:
    """Take out of a child that is not sent yet what does not go: the rest comes as a child of its own, which ships on
    ``rest_on``, or not at all. No lines: all goes. The caller has locked both.

    Refused: a line that it has not; more than was ordered; nothing of it; nothing of one of its events, where the rest does
    not come; it stands as another system has reckoned it; a part of it is billed already.
    """
    lines = list(OrderLine.objects.filter(order=child).select_related("product").order_by("line"))
    sent = _sent(child, lines, pieces)
    short = tuple(
        Short(one.line, one.product.number, one.quantity, sent[one.line])
        for one in lines
        if sent[one.line] < one.quantity
    )
    if not short:
        return Shortened()
    if not any(sent.values()):
        raise Refused("short_of_everything", "number", order=child.number)
    if child.external is not None or child.taken_over_on is not None:
        raise Refused("short_of_theirs", "number", order=child.number)
    state = next(one for one in locked.states if one.row.parent_line_id == child.parent_line_id)
    brings = rest_of(child) or child.pk
    mine = sorted((one for one in state.walk if one.child_id == brings), key=lambda one: (one.position, one.id))
    whole = totals_of(child, lines)
    if rest_on is None:
        _follow_plan(child, lines, sent, mine)
    left = _take_out(lines, sent)
    was = child.total_minor
    kept, rest = taken_apart(
        whole, _alone(locked, child, state, whole), included=_included(locked, child, state, whole)
    )
    write_totals(child, kept)
    schedule = locked.set_up.schedules.get(mine[-1].payment_schedule_id or state.row.payment_schedule_id)
    if not state.row.upfront:
        due.follow_child(child.pk, schedule, child.total_minor, child.ship_on or locked.on)
    follows = None if rest_on is None else follow_up(locked, state, child, Left(left, rest, schedule, rest_on))
    locked.event(
        "sent_short",
        child=child.number,
        shipment=child.shipment,
        lines=[{"product": one.product, "ordered": plain(one.ordered), "sent": plain(one.sent)} for one in short],
        old=text(was, child.currency),
        new=text(child.total_minor, child.currency),
        currency=child.currency,
        rest=follows.number if follows else None,
    )
    changed(locked, read_orders(locked.set_up, [state.row.pk]))
    return Shortened(short, follows)


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
    """The plan does not bring what does not come, either: product by product at its price, from the last line on."""
    planned = ContinuityLine.objects.filter(occurrence__in=[one.id for one in mine])
    of_plan = list(planned.order_by("occurrence__position", "occurrence_id", "line"))
    there = {one.occurrence_id for one in of_plan}
    for line in lines:
        gone = line.quantity - sent[line.line]
        for one in reversed(of_plan):
            if (one.product_id, one.price_minor) == (line.product_id, line.price_minor):
                less = min(gone, one.quantity)
                one.quantity -= less
                gone -= less
        if gone:
            raise Refused("short_of_theirs", "number", order=child.number)
    if {one.occurrence_id for one in of_plan if one.quantity} != there:
        raise Refused("short_of_an_event", "pieces", order=child.number)
    for one in of_plan:
        if one.quantity:
            one.save(update_fields=["quantity"])
        else:
            one.delete()


def _take_out(lines: Sequence[OrderLine], sent: Mapping[int, Decimal]) -> list[OrderLine]:
    """Take out of the lines of a child what does not go; the lines of that, which cost what they add up with to."""
    left: list[OrderLine] = []
    for one in lines:
        quantity, amount = one.quantity, one.amount_minor
        one.quantity = sent[one.line]
        one.amount_minor = (
            min(line_amount(one.quantity, one.price_minor), amount) if one.quantity < quantity else amount
        )
        if one.quantity == quantity:
            continue
        left.append(
            OrderLine(
                line=len(left) + 1,
                product_id=one.product_id,
                quantity=quantity - one.quantity,
                price_minor=one.price_minor,
                amount_minor=amount - one.amount_minor,
            )
        )
        if one.quantity:
            one.save(update_fields=["quantity", "amount_minor"])
        else:
            one.delete()
    return left


def _included(locked: LockedOrder, child: SalesOrder, state: OrderState, whole: Totals) -> bool:
    """Is its tax inside its amounts? As it was reckoned; where there was none, by the tariff of its order."""
    if whole.tax:
        return tax_is_included(whole.lines, whole.delivery, whole.tax, whole.total)
    return locked.set_up.tariff(state.row.tariff_id).prices_include_tax


def _alone(locked: LockedOrder, child: SalesOrder, state: OrderState, whole: Totals) -> Totals:
    """What is left in it costs, with its tax; by the tariff of its order, as when it was made."""
    lines = OrderLine.objects.filter(order=child).select_related("product")
    place = cost.places([child.ship_to_id])[child.ship_to_id]
    assert child.ship_on is not None
    tariff = locked.set_up.tariff(state.row.tariff_id)
    mode = tariff.delivery(child.delivery_mode_id)
    return totals(
        lines=[Charge(one.amount_minor, one.product.tax_group) for one in lines],
        deliveries=[Charge(whole.delivery, mode.tax_group if mode else None)],
        rates=tariff.rates,
        country=place.country,
        region=place.region,
        on=cost.taxed_on(upfront=state.row.upfront, order_date=state.row.order_date, ship_on=child.ship_on),
        included=_included(locked, child, state, whole),
    )


def total_of(child: SalesOrder) -> Money:
    """What a child costs now."""
    return Money(child.total_minor, child.currency)
