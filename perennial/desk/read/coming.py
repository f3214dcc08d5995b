"""What comes next of an order, a row a shipment: what it costs, why it waits, what can be done with it now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from perennial.catalog.queries import SetUp
from perennial.desk.changeable import ACTIONS, PlannedShipment, refusal
from perennial.desk.read.order import Child, Continuity, Made, Order
from perennial.desk.read.shipment import ShipmentLine, before
from perennial.desk.read.values import Address, Adjustment, Card, Product
from perennial.errors import Refused
from perennial.kernel.money import Money, line_amount
from perennial.kernel.reasons import Reason
from perennial.kernel.states import (
    CHANGEABLE,
    HOLDS_CHILDREN,
    HOLDS_SENDING,
    NOT_ENDED,
    PLANNED_ANEW,
    PROJECTED,
    SENT,
    TO_COME,
)
from perennial.kernel.totals import Charge
from perennial.payments.cost import NOWHERE, Place, child_totals, taxed_on

OWED = (*CHANGEABLE, "sent", "unknown", "billed")
COMING = (*PLANNED_ANEW, PROJECTED)


@dataclass(frozen=True, slots=True)
class ComingShipment:
    """A shipment that is to come, is skipped, or has a child that is not sent; on the page of its order also one that is.

    ``status`` is that of its lines; ``child``: once it is made. ``cost``: with ``delivery`` and tax, as planned now by
    the tariff of its order; of a child what it costs with those that bring what it went without. ``upfront``: the order is billed whole, this costs nothing more. ``last``: nothing follows it.
    ``held``: a hold keeps it beyond its day. ``left_out``: the products that a person has taken out of it.
    ``not_shipped``: all reasons why it has not shipped. ``rest_of``: the child that has gone, of which this is the rest.
    """

    order: str
    line: int
    sold: Product
    program: str
    number: int
    ship_on: date
    status: str
    lines: tuple[ShipmentLine, ...]
    child: str | None
    ship_to: Address | None
    card: Card | None
    cost: Money
    delivery: Money
    upfront: bool
    last: bool
    held: bool
    left_out: tuple[Adjustment, ...]
    planned: PlannedShipment
    rest_of: str | None = None

    @property
    def not_shipped(self) -> tuple[Reason, ...]:
        """All reasons why it has not shipped."""
        return self.lines[-1].not_shipped

    @property
    def waits(self) -> tuple[Reason, ...]:
        """What it waits for besides its day."""
        return self.lines[-1].waits

    @property
    def changeable_until(self) -> date | None:
        """The day before the run that makes its child; None once there is one."""
        return self.lines[-1].changeable_until

    @property
    def actions(self) -> tuple[str, ...]:
        """What can be done with it now, of ``changeable.ACTIONS``: the rules are those by which the actions refuse."""
        return tuple(action for action in ACTIONS if self.refusal(action) is None)

    def refusal(self, action: str) -> Refused | None:
        """Why this cannot be done with it."""
        return refusal(action, self.planned)


@dataclass(frozen=True, slots=True)
class Sums:
    """The money of an order. ``open``: owed, neither authorised nor taken nor given up; ``to_come``: of planned shipments
    without a child, so far as they are not billed up front. ``costs``: what it costs in all, whatever was paid: its ordinary
    lines, its children, and what is planned.
    """

    charged: Money
    refunded: Money
    authorised: Money
    open: Money
    written_off: Money
    to_come: Money
    costs: Money


def sums(order: Order, shipments: Iterable[ComingShipment]) -> Sums:
    """What was paid of an order, what it owes, and what it costs with its coming shipments."""
    kept = [p for p in order.payments if p.purpose != "refund"]
    planned = [s for s in shipments if s.child is None and s.status in TO_COME]
    made = sum(child.total.minor for child in order.children if child.status != "cancelled")
    money = {
        "charged": sum(p.captured.minor for p in kept),
        "refunded": sum(p.refunded.minor for p in kept),
        "authorised": sum(p.amount.minor for p in kept if p.status in ("authorised", "capturing")),
        "open": sum(p.amount.minor - p.captured.minor for p in kept if p.status in OWED),
        "written_off": sum(p.amount.minor - p.captured.minor for p in kept if p.status == "written_off"),
        "to_come": sum(s.cost.minor for s in planned if not s.upfront),
        "costs": order.ordinary_total.minor + made + sum(s.cost.minor for s in planned),
    }
    return Sums(**{name: Money(minor, order.currency) for name, minor in money.items()})


def asked_on(shipment: ComingShipment, rules: SetUp) -> date | None:
    """From when on the card is asked for a shipment without a child; None: it is not, or not before the invoice."""
    pays = shipment.card is not None and not shipment.upfront and shipment.child is None
    if not pays or shipment.status in ("skipped", "cancelled") or not rules.parameters.authorize_child_orders:
        return None
    return max(shipment.lines[-1].run_on, before(shipment.ship_on, rules.parameters.authorize_days_before))


def coming(order: Order, rules: SetUp) -> Iterator[ComingShipment]:
    """The shipments of an order that are still to come, line by line as they come."""
    for one in order.continuity:
        if one.status in NOT_ENDED:
            for shipment in shipments(order, one, rules):
                if is_coming(shipment):
                    yield shipment
                yield from _rests(order, shipment)


def _rests(order: Order, shipment: ComingShipment) -> Iterator[ComingShipment]:
    """What a shipment that has gone went without, and what is to follow."""
    for child in order.children:
        if child.rest_of is not None and child.rest_of == shipment.child and child.status == "open":
            brings = {(line.product, line.price): line.quantity for line in child.lines}
            yield replace(
                shipment,
                ship_on=child.ship_on,
                lines=tuple(
                    replace(line, quantity=quantity, child=child.number, child_status=child.status)
                    for line in shipment.lines
                    if (quantity := brings.pop((line.product, line.price), None)) is not None
                ),
                child=child.number,
                ship_to=child.ship_to,
                cost=child.total,
                delivery=child.delivery,
                held=child.held,
                rest_of=child.rest_of,
            )


def is_coming(shipment: ComingShipment) -> bool:
    """Is it to come, or skipped, or is its child not sent?"""
    if shipment.child is not None:
        return shipment.lines[-1].child_status == "open"
    return shipment.status in COMING


def shipments(order: Order, one: Continuity, rules: SetUp) -> Iterator[ComingShipment]:
    """All shipments of a continuity order, those that were sent too, as they come."""
    made = order.made
    found: dict[int, list[ShipmentLine]] = {}
    for line in one.lines:
        if line.shipment is not None:
            found.setdefault(line.shipment, []).append(line)
    for number, lines in found.items():
        became = made.get(lines[-1].child or "")
        yield _shipment(order=order, one=one, number=number, lines=lines, made=became, rules=rules)


def _shipment(
    order: Order, one: Continuity, number: int, lines: Sequence[ShipmentLine], made: Made | None, rules: SetUp
) -> ComingShipment:
    last = lines[-1]
    child = made.children[0] if made else None
    ship_to = child.ship_to if child else last.ship_to or one.ship_to
    delivery, cost = (made.delivery, made.total) if made else _costs(order, one, lines, ship_to, rules)
    return ComingShipment(
        order=order.number,
        line=one.line,
        sold=one.product,
        program=one.program,
        number=number,
        ship_on=child.ship_on if child else last.ship_on,
        status=last.status,
        lines=tuple(lines),
        child=child.number if child else None,
        ship_to=ship_to,
        card=one.card,
        cost=cost,
        delivery=delivery,
        upfront=one.upfront,
        last=number == one.ends_with,
        held=_is_held(order, last, child),
        left_out=tuple(
            a
            for a in one.adjustments
            if a.kind == "remove" and (a.key, a.repetition) in {(x.key, x.repetition) for x in lines}
        ),
        planned=planned_shipment(order, one, number),
    )


def _is_held(order: Order, line: ShipmentLine, child: Child | None) -> bool:
    """Does a hold keep it beyond its day? One that ends before its child would be made, or sent, does not."""
    if child is not None:
        holds, stops, goes_on = child.holds if child.status == "open" else (), HOLDS_SENDING, child.ship_on
    else:
        holds, stops, goes_on = order.holds if line.status in (*TO_COME, PROJECTED) else (), HOLDS_CHILDREN, line.run_on
    return any(hold.open and hold.stops in stops and (hold.until is None or hold.until > goes_on) for hold in holds)


def _costs(
    order: Order, one: Continuity, lines: Sequence[ShipmentLine], ship_to: Address | None, rules: SetUp
) -> tuple[Money, Money]:
    """What the delivery of its child would cost, and the whole child, taxed where it goes."""
    place = Place(ship_to.country, ship_to.region) if ship_to else NOWHERE
    charges = [Charge(line_amount(line.quantity, line.price.minor), line.tax_group) for line in lines]
    on = taxed_on(upfront=one.upfront, order_date=order.order_date, ship_on=lines[-1].ship_on)
    found = child_totals(rules.tariff(one.tariff), charges, lines[-1].delivery_mode, place, on)
    return Money(found.delivery, order.currency), Money(found.total, order.currency)


def planned_shipment(order: Order, one: Continuity, number: int) -> PlannedShipment:
    """A shipment as the rules of changing it ask."""
    walk = [line for line in one.lines if line.status not in ("cancelled", "projected")]
    found = [line for line in walk if line.shipment == number]
    at = next((at for at, line in enumerate(walk) if line.shipment == number), len(walk))
    own = next((line for line in found if line.child is not None), None)
    sent = next((line for line in walk if (line.shipment or 0) > number and line.child_status in SENT), None)
    return PlannedShipment(
        order=order.number,
        status=one.status,
        complete=one.complete,
        highest=max((line.shipment or 0 for line in walk), default=0),
        last_shipment=one.last_shipment,
        number=number,
        statuses=tuple({(line.key, line.repetition): line.status for line in found}.values()),
        child=(own.child or "", own.child_status or "") if own else None,
        child_behind=any(line.child is not None for line in walk[at + 1 :]),
        sent_behind=(sent.shipment or 0, sent.child or "", sent.child_status or "") if sent else None,
    )
