"""An order as its page shows it: each shipment with its child and what pays it, the money, what waits for a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from perennial.catalog.queries import SetUp, set_up
from perennial.db import sql
from perennial.desk.locking import unknown_order
from perennial.desk.read.coming import ComingShipment, Sums, asked_on, is_coming, shipments, sums
from perennial.desk.read.customer import NEXT, CardHealth, health_of
from perennial.desk.read.order import Child, Continuity, Line, Made, Order, each_once
from perennial.desk.read.orders import orders
from perennial.desk.read.taking import taken_now
from perennial.desk.read.values import Payment, Product
from perennial.desk.read.waiting import Waiting, beyond_waits, troubles_of
from perennial.desk.undo import LastChange, last_change
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.kernel.states import CARD_OWES, NOT_ENDED, SENT, TO_COME
from perennial.payments.surplus import Beyond, beyond_of

MOST_ROWS = 60
LATEST = 6
"""So many payments that are settled stand on the page."""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A shipment with its child and what pays it, which are told side by side. ``near``: it is among the next.

    ``child``: the one that counts, cancelled too where no other came after it; ``tries``: those that were cancelled before
    it; ``rests``: those that bring what it went without. ``sends``: how many of each product it sends, or has sent.
    ``payments``: of the child and of those. ``asked_on``: from when on the card is asked for one without a child; None: it
    is not, or not before the invoice. ``needs_card``: the card ends before it ships.
    """

    shipment: ComingShipment
    child: Child | None
    tries: tuple[Child, ...]
    rests: tuple[Child, ...]
    sends: Mapping[Product, Decimal]
    payments: tuple[Payment, ...]
    asked_on: date | None
    needs_card: bool
    near: bool


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A continuity line with some of its shipments, at most ``MOST_ROWS``.

    ``earlier``, ``later``: the shipments with which the rows before and behind begin. ``dropped``: how many shipments
    were cancelled before they had a child.
    """

    continuity: Continuity
    card: CardHealth | None
    rows: tuple[OrderRow, ...]
    earlier: int | None
    later: int | None
    dropped: int


@dataclass(frozen=True, slots=True)
class OrderPage:
    """An order with all that its page is about. ``skipped``: what the skipped shipments would cost besides. ``undo``: the last change of a person, where it may be taken back."""

    order: Order
    sums: Sums
    skipped: Money
    lines: tuple[OrderLine, ...]
    warnings: tuple[Waiting, ...]
    undo: LastChange | None

    @property
    def ordinary(self) -> tuple[Line, ...]:
        """Its ordinary lines."""
        return tuple(line for line in self.order.lines if line.price is not None)

    @property
    def near(self) -> tuple[ComingShipment, ...]:
        """The shipments that are among the next: what can be done with them stands in their rows."""
        return tuple(row.shipment for line in self.lines for row in line.rows if row.near)

    @property
    def may_ship(self) -> bool:
        """Is one of its ordinary lines still to be sent?"""
        return self.order.status == "open" and any(line.status == "open" for line in self.ordinary)

    @property
    def may_invoice(self) -> bool:
        """Is one of its ordinary lines sent, and not invoiced?"""
        return any(line.status == "shipped" for line in self.ordinary)

    @property
    def awaits_invoice(self) -> bool:
        """Is something of it sent, and not invoiced?"""
        return self.may_invoice or any(child.status == "shipped" for child in self.order.children)

    @property
    def payments(self) -> tuple[Payment, ...]:
        """Its payments of which something is still open, and the latest of the others; in their order."""
        over = ("captured", "paid", "cancelled", "voided", "written_off")
        latest = sorted(self.order.payments, key=lambda one: one.due_on)[-LATEST:]
        return tuple(one for one in self.order.payments if one.status not in over or one.disputed or one in latest)

    @property
    def may_end(self) -> bool:
        """Does it go on, so that it can be cancelled?"""
        return self.order.status in NOT_ENDED

    @property
    def may_come_back(self) -> bool:
        """Has a person stopped something of it, so that it can go on again?"""
        return any(line.continuity.may_come_back for line in self.lines)

    @property
    def refundable(self) -> tuple[Payment, ...]:
        """The payments of which something may be given back."""
        return tuple(one for one in self.order.payments if one.refundable)

    @property
    def collectable(self) -> bool:
        """May a card be asked for it now?"""
        return any(one.collectable for one in self.order.payments)

    @property
    def takeable(self) -> bool:
        """May money that a card has promised be taken now?"""
        return bool(taken_now(self.order, self.order.payments))

    @property
    def returnable(self) -> bool:
        """May a gateway be asked now to give something of it back?"""
        return any(one.returnable for one in self.order.payments)


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of an order that is cancelled now: how many shipments and ordinary lines were sent and stay, how many
    are dropped, how much less is to come. ``goes_on``: more would have been planned.
    """

    kept: int
    dropped: int
    less: Money
    goes_on: bool


def order_page(number: str, *, on: date, start: Mapping[int, int] | None = None) -> OrderPage:
    """A parent order by its number. ``start``: by line, the shipment with which its rows begin; else the rows with
    what comes next. Refused: no parent order has the number.
    """
    pk = sql.value("select id from orders_salesorder where number = %s and parent_id is null", [number])
    if pk is None:
        raise unknown_order(number)
    rules = set_up()
    order = next(orders([pk], on=on, ahead=NEXT, rules=rules))
    by_line = {one.line: tuple(shipments(order, one, rules)) for one in order.continuity}
    next_ones = [s for one in order.continuity if one.status in NOT_ENDED for s in by_line[one.line] if is_coming(s)]
    paid = _by_number(order.payments)
    found = sums(order, next_ones)
    skipped = sum(s.cost.minor for s in next_ones if s.status == "skipped")
    return OrderPage(
        order=order,
        sums=found,
        skipped=Money(skipped, order.currency),
        lines=tuple(
            _line(order, one, by_line[one.line], paid=paid, rules=rules, on=on, start=(start or {}).get(one.line))
            for one in order.continuity
        ),
        warnings=tuple(_warnings(order, on, beyond_of([pk]).get(pk))),
        undo=last_change(pk, order.number, on=on),
    )


def taken_when_invoiced(order: Order, number: str) -> tuple[Payment, ...]:
    """What is taken from a card, or billed, once a child or the ordinary lines of a parent (``number``) are invoiced."""
    own = (one for one in order.payments if one.order == number and one.purpose in ("shipment", "ordinary"))
    return tuple(one for one in own if one.status in CARD_OWES)


def line_meant(order: Order, payment: Payment) -> int | None:
    """By which line an action names a payment of an order: its own, of ordinary lines the first; a child needs none."""
    if payment.shipment is not None:
        return None
    if payment.line is not None:
        return payment.line
    return next((line.line for line in order.lines if line.price is not None), None)


def order_row(number: str, line: int, shipment: int, *, on: date) -> tuple[Order, OrderRow]:
    """A shipment of a parent order, with the order. Refused: there is no such order, line or shipment."""
    page = order_page(number, on=on, start={line: shipment})
    rows = [row for one in page.lines if one.continuity.line == line for row in one.rows]
    found = next((row for row in rows if row.shipment.number == shipment), None)
    if found is None:
        raise Refused("shipment_unknown", "shipment", order=number, shipment=shipment)
    return page.order, found


def ending(page: OrderPage) -> Ending:
    """What cancelling an order would keep and drop."""
    order = page.order
    ordinary = page.ordinary
    planned = {(one.line, line.shipment) for one in order.continuity for line in one.lines if line.status in TO_COME}
    made = [child for child in order.children if child.status == "open"]
    return Ending(
        kept=sum(child.status in SENT for child in order.children) + sum(line.status in SENT for line in ordinary),
        dropped=len(planned) + len(made) + sum(line.status == "open" for line in ordinary),
        less=Money(page.sums.to_come.minor + page.sums.open.minor + page.sums.authorised.minor, order.currency),
        goes_on=any(not one.complete for one in order.continuity if one.status in NOT_ENDED),
    )


def _by_number(payments: Sequence[Payment]) -> dict[str, list[Payment]]:
    found: dict[str, list[Payment]] = defaultdict(list)
    for payment in payments:
        found[payment.order].append(payment)
    return found


def _warnings(order: Order, on: date, beyond: Beyond | None) -> Iterator[Waiting]:
    yield from troubles_of(order, on)
    if beyond is not None:
        yield from beyond_waits(order, beyond)


def _line(
    order: Order,
    one: Continuity,
    found: Sequence[ComingShipment],
    *,
    paid: Mapping[str, Sequence[Payment]],
    rules: SetUp,
    on: date,
    start: int | None,
) -> OrderLine:
    numbers = [shipment.number for shipment in found]
    if start in numbers:
        at = numbers.index(start)
    else:
        first = next((at for at, shipment in enumerate(found) if is_coming(shipment)), 0)
        at = first // MOST_ROWS * MOST_ROWS
    tries: dict[int, list[Child]] = defaultdict(list)
    for child in order.children:
        if child.line == one.line:
            tries[child.shipment].append(child)
    shown = found[at : at + MOST_ROWS]
    made = order.made
    near = [shipment.number for shipment in found if is_coming(shipment)][:NEXT]
    return OrderLine(
        continuity=one,
        card=health_of(one.card, found, order.payments, on) if one.card else None,
        rows=tuple(
            _row(
                shipment,
                tries[shipment.number],
                made.get(shipment.child or ""),
                paid=paid,
                rules=rules,
                near=shipment.number in near,
            )
            for shipment in shown
        ),
        earlier=numbers[max(0, at - MOST_ROWS)] if at else None,
        later=numbers[at + MOST_ROWS] if at + MOST_ROWS < len(numbers) else None,
        dropped=len({(line.key, line.repetition) for line in one.lines if line.status == "cancelled"}),
    )


def _row(
    shipment: ComingShipment,
    tries: Sequence[Child],
    made: Made | None,
    *,
    paid: Mapping[str, Sequence[Payment]],
    rules: SetUp,
    near: bool,
) -> OrderRow:
    child = made.children[0] if made else None
    card = None if shipment.upfront or child is not None else shipment.card
    will_ship = card is not None and shipment.status not in ("skipped", "cancelled")
    return OrderRow(
        shipment=shipment,
        child=child,
        rests=tuple(one for one in tries if child is not None and one.rest_of == child.number),
        tries=tuple(one for one in tries if one is not child and one.rest_of is None),
        sends=each_once(made.lines if made else shipment.lines),
        payments=tuple(payment for one in made.children for payment in paid.get(one.number, ())) if made else (),
        asked_on=asked_on(shipment, rules),
        needs_card=will_ship and card is not None and card.expires_on < shipment.ship_on,
        near=near,
    )
