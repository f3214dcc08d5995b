"""Child orders as the warehouse asks: what to pack, where it goes, may it ship, and all that stands in the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from perennial.desk.locking import unknown_order
from perennial.desk.read.order import Child, Order
from perennial.desk.read.orders import orders
from perennial.desk.read.taking import taken_now
from perennial.desk.read.values import Payment
from perennial.desk.read.waits import children_that_may_not_ship, window_opens
from perennial.kernel.money import Money
from perennial.kernel.reasons import Reason
from perennial.kernel.states import DONE, HOLDS_INVOICING, HOLDS_SENDING, STOPS_SHIPPING
from perennial.orders.models import SalesOrder


@dataclass(frozen=True, slots=True)
class ChildOrder:
    """A child with its parent. ``may_not_ship``: all reasons why it may not ship on the date; none: it may.

    ``payments`` are those that pay it: its own, else those of its line, which is billed up front.
    """

    child: Child
    parent: Order
    payments: tuple[Payment, ...]
    may_not_ship: tuple[Reason, ...]

    @property
    def may_ship(self) -> bool:
        """May it leave?"""
        return not self.may_not_ship

    @property
    def in_the_way(self) -> tuple[Reason, ...]:
        """What keeps it from being sent, or, once it is sent, from being invoiced; none: nothing does, or it is over."""
        if self.child.status in DONE:
            return ()
        return tuple(one for one in self.may_not_ship if one.code != "order_not_open")

    @property
    def refundable(self) -> tuple[Payment, ...]:
        """The payments of which something may be given back."""
        return tuple(one for one in self.payments if one.refundable)

    @property
    def collectable(self) -> bool:
        """May a card be asked for it now?"""
        return any(one.collectable for one in self.payments)

    @property
    def takeable(self) -> bool:
        """May money that a card has promised be taken now?"""
        return bool(taken_now(self.parent, self.payments))

    @property
    def returnable(self) -> bool:
        """May a gateway be asked now to give something of it back?"""
        return any(one.returnable for one in self.payments)

    @property
    def rests(self) -> tuple[Child, ...]:
        """The children that bring what it went without."""
        return tuple(one for one in self.parent.children if one.rest_of == self.child.number)

    @property
    def may_cancel(self) -> bool:
        """Has it not left, and is it not cancelled?"""
        return self.child.status == "open"

    @property
    def may_come_again(self) -> bool:
        """Is it cancelled, and can its shipment be made anew?"""
        return self.child.status == "cancelled" and any(
            line.child == self.child.number
            for one in self.parent.continuity
            if one.status == "open"
            for line in one.lines
        )


def child(number: str, *, on: date) -> ChildOrder:
    """A child order by its number. Refused: no child has it."""
    found = SalesOrder.objects.filter(number=number, parent__isnull=False).values_list("id", flat=True).first()
    if found is None:
        raise unknown_order(number)
    return next(children([found], on=on))


def children(ids: Sequence[int], *, on: date) -> Iterator[ChildOrder]:
    """These child orders, in the order in which they are given; what stands in their way is told as of a date."""
    where = {
        pk: (number, parent)
        for pk, number, parent in SalesOrder.objects.filter(pk__in=ids, parent__isnull=False).values_list(
            "id", "number", "parent__number"
        )
    }
    parents = SalesOrder.objects.filter(children__in=where).distinct().values_list("id", flat=True)
    found = {order.number: order for order in orders(list(parents), on=on)}
    waits = children_that_may_not_ship(list(where), on)
    for pk in ids:
        if pk in where:
            number, parent = where[pk]
            stopped = waits.get(pk, ())
            opens_on = window_opens(pk, on) if "window" in stopped else None
            yield _child(number, found[parent], stopped, opens_on, on)


def _child(number: str, parent: Order, waits: Sequence[str], opens_on: date | None, on: date) -> ChildOrder:
    made = next(child for child in parent.children if child.number == number)
    own = [p for p in parent.payments if p.order == number]
    payments = own or [p for p in parent.payments if p.purpose == "order" and p.line == made.line]
    return ChildOrder(made, parent, tuple(payments), tuple(_reasons(made, payments, waits, opens_on, on)))


def _reasons(
    made: Child, payments: Sequence[Payment], waits: Sequence[str], opens_on: date | None, on: date
) -> Iterator[Reason]:
    """Each hold and each payment that stands in the way by itself."""
    if "order_not_open" in waits:
        yield Reason("order_not_open", {"status": made.status})
    keeps = HOLDS_INVOICING if made.status == "shipped" else HOLDS_SENDING
    for hold in made.holds:
        if hold.open and hold.stops in keeps:
            yield Reason("hold", {"code": hold.code, "reason": hold.reason or hold.code})
    if "payment" in waits:
        for p in payments:
            if p.purpose != "refund" and p.status in STOPS_SHIPPING and p.due_on <= on:
                amount = Money(p.amount.minor - p.captured.minor, p.amount.currency)
                yield Reason("payment", {"number": p.number, "amount": amount, "status": p.status})
    if opens_on is not None:
        yield Reason("window", {"opens_on": opens_on})
