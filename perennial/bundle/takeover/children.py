"""The children of an order that is taken over, and which shipment each of them is.

A child that is left short is what create-child-orders would have made of its shipment: number, lines,
day, delivery charge and tax. Its amounts may also be given; an ``external`` child is the other system's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from perennial.bundle.reading.faults import shown
from perennial.bundle.reading.orders import OrderGiven, place
from perennial.bundle.reading.values import Given, keys
from perennial.bundle.takeover.context import Context
from perennial.bundle.takeover.numbers import child_number
from perennial.bundle.takeover.taken import Walk
from perennial.desk.entry.rows import ContinuityRow, LineRow, OrderRow
from perennial.kernel import limits, states
from perennial.kernel.money import line_amount
from perennial.kernel.states import SENT
from perennial.kernel.totals import Charge
from perennial.payments.cost import child_totals, taxed_on

CHILD = keys(
    "number line shipment try status held holds ship_on lines delivery tax total taxes carrier tracking"
    " shipped_on invoiced_on"
    " external order_date ship_to delivery_mode events taken_over_on rest_of"
)
CHILD_LINE = keys("line item_number quantity price amount status name")
MOST = 999_999


def _line_of(one: OrderGiven, child: Any) -> Any:
    """The number of the parent's line that a child belongs to: given, or the only continuity line."""
    if isinstance(child, dict) and child.get("line") is not None:
        return child["line"]
    found = [at for at, thing in enumerate(one.continuity, 1) if thing is not None]
    return found[0] if len(found) == 1 else None


def shipments_with_child(one: OrderGiven) -> set[tuple[int, int]]:
    """(line, shipment) of the children. A cancelled one keeps its shipment: nothing is made anew unless its line says so."""
    found = set()
    for child in one.thing.entries("children"):
        if isinstance(child, dict):
            line, shipment = _line_of(one, child), child.get("shipment")
            if isinstance(line, int) and isinstance(shipment, int):
                found.add((line, shipment))
    return found


def children(ctx: Context, parent: OrderRow, walks: Sequence[Walk]) -> list[tuple[OrderRow, Given]]:
    """Read the children, each with its place, and tie each to its shipment."""
    by_line = {walk.row.parent_line.line: walk.row for walk in walks}
    latest: dict[tuple[int, int], OrderRow] = {}
    tries: dict[tuple[int, int], int] = {}
    made: dict[str, tuple[OrderRow, Given]] = {}
    for thing in ctx.thing.objects("children", CHILD):
        line, shipment = _line_of(ctx.one, thing.value), thing.whole("shipment", None, 1, MOST, required=True)
        row = by_line.get(line) if isinstance(line, int) else None
        if row is None:
            if not any(one is not None and one.bad for one in ctx.one.continuity):
                if line is None:
                    thing.fault("line", "child_of_which_line")
                else:
                    thing.fault("line", "line_is_none", value=shown(line))
            continue
        if shipment is None or thing.bad:
            continue
        at = (row.parent_line.line, shipment)
        before = tries.get(at, 0)
        child = _Child(ctx=ctx, parent=parent, row=row, thing=thing, shipment=shipment, try_no=before + 1).build(
            {number: one for number, (one, _) in made.items()}
        )
        if child.try_no is not None and child.try_no <= before:
            thing.fault("try", "try_behind_try", number=child.try_no, shipment=shipment, last=before)
        tries[at] = child.try_no or 1
        if child.rest_of is None:
            latest[at] = child
        elif child.rest_of is not latest.get(at):
            thing.fault("rest_of", "rest_of_none", shipment=shipment)
        if child.number in made:
            thing.fault("number", "number_twice", number=child.number, first=made[child.number][1].path)
        made[child.number] = child, thing
    if not ctx.thing.bad:
        for walk in walks:
            _tie(walk, latest)
            ctx.thing.spoil(walk.place)
    return list(made.values())


def _tie(walk: Walk, latest: dict[tuple[int, int], OrderRow]) -> None:
    """An ordered line has a child."""
    for occurrence in walk.row.occurrences:
        if occurrence.status == "ordered":
            occurrence.child = latest.get((walk.row.parent_line.line, occurrence.shipment or 0))
            if occurrence.child is None:
                shipment, event, repetition = occurrence.shipment, occurrence.key, occurrence.repetition
                walk.place.fault(
                    "lines", "ordered_without_child", shipment=shipment, event=event, repetition=repetition
                )


class _Child:
    """One child."""

    def __init__(
        self, ctx: Context, parent: OrderRow, row: ContinuityRow, thing: Given, shipment: int, try_no: int
    ) -> None:
        self.ctx = ctx
        self.parent = parent
        self.row = row
        self.thing = thing
        self.shipment = shipment
        self.try_no = thing.whole("try", try_no, 1, 10_000)
        self.occurrences = [o for o in row.occurrences if o.shipment == shipment]

    def build(self, made: Mapping[str, OrderRow]) -> OrderRow:
        """The rows of the child. ``made``: those in front of it, by their numbers."""
        thing, ctx = self.thing, self.ctx
        parent, line = self.parent, self.row.parent_line
        own = child_number(parent.number, line.line, self.shipment, self.try_no)
        number = thing.code("number", own, longest=limits.LONG_CODE)
        ctx.reading.numbers.child(thing, number, own, parent.number)
        status = thing.word("status", tuple(states.ORDER), "open")
        if status == "draft":
            thing.fault("status", "child_draft")
        last = self.occurrences[-1] if self.occurrences else None
        ship_on = thing.day("ship_on", last.ship_on if last else None, required=last is None)
        address = last.ship_to if last and last.ship_to is not None else self.row.ship_to
        if "ship_to" in thing.value:
            address = ctx.place(thing, "ship_to", place(thing, "ship_to"))
        mode = last.delivery_mode_id if last else None
        if "delivery_mode" in thing.value:
            mode = ctx.mode(thing)
        child = OrderRow(
            number,
            ctx.buyer.pk,
            thing.day("order_date", parent.order_date),
            status,
            parent.currency,
            ship_to=address,
            parent=parent,
            parent_line=line,
            shipment=self.shipment,
            try_no=self.try_no,
            ship_on=ship_on,
            delivery_mode_id=mode,
            external=thing.text("external"),
        )
        first = thing.code("rest_of", longest=limits.LONG_CODE)
        if first is not None:
            child.rest_of = made.get(first)
            if child.rest_of is None:
                thing.fault("rest_of", "rest_of_none", shipment=self.shipment)
        self._lines(child)
        self._amounts(child)
        shipped = status in SENT and not thing.given("total")
        child.sent = ctx.sent(thing, child.ship_on if shipped else None)
        child.invoiced_on = ctx.invoiced_on(thing, child)
        child.holds = ctx.holds(thing)
        child.events = ctx.events(thing)
        return child

    def _lines(self, child: OrderRow) -> None:
        """The lines of the child: as given, else those of its shipment."""
        if not self.thing.given("lines"):
            lines = [line for o in self.occurrences for line in o.lines] if child.rest_of is None else []
            if not lines:
                self.thing.fault("lines", "child_lines_required")
            for at, (_, product_id, quantity, price, *_) in enumerate(lines, 1):
                child.lines.append(
                    LineRow(
                        line=at,
                        product_id=product_id,
                        quantity=quantity,
                        price_minor=price,
                        amount_minor=line_amount(quantity, price),
                        delivery_mode_id=None,
                        status=_own(child.status),
                    )
                )
            return
        number = 0
        for thing in self.thing.objects("lines", CHILD_LINE):
            product = self.ctx.product(thing)
            number = thing.whole("line", number + 1, 1, 10_000)
            quantity, price = thing.quantity("quantity"), self.ctx.money(thing, "price")
            if not thing.given("price"):
                thing.fault("price", "required")
            status = thing.word("status", tuple(states.ORDER_LINE), _own(child.status))
            if number in {line.line for line in child.lines}:
                thing.fault("line", "line_twice", line=number)
            elif product is not None:
                amount = self.ctx.money(thing, "amount", line_amount(quantity, price))
                child.lines.append(
                    LineRow(
                        line=number,
                        product_id=product.id,
                        quantity=quantity,
                        price_minor=price,
                        amount_minor=amount,
                        delivery_mode_id=None,
                        status=status,
                    )
                )

    def _amounts(self, child: OrderRow) -> None:
        """What it costs."""
        names, facts = self.ctx.names, self.row.facts
        charges = [Charge(line.amount_minor, names.groups.get(line.product_id)) for line in child.lines]
        ship_on = child.ship_on or facts.order_date
        on = taxed_on(upfront=facts.upfront, order_date=facts.order_date, ship_on=ship_on)
        where = self.ctx.buyer.where(child.ship_to)
        mode = child.delivery_mode_id if child.rest_of is None else None  # what went first has paid for the delivery
        tariff = self.row.tariff_id
        computed = child_totals(names.set_up.tariff(tariff), charges, mode, where, on)
        self.ctx.apply_amounts(self.thing, child, computed, sum(line.amount_minor for line in child.lines), tariff)


def _own(status: str) -> str:
    """The state of a child's lines, which is the child's."""
    return status if status in states.ORDER_LINE else "open"
