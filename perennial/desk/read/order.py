"""What is told of an order whole: its lines, continuity orders with their shipments, children, payments, history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from perennial.desk.changeable import may_come_back
from perennial.desk.read.shipment import ShipmentLine
from perennial.desk.read.values import Address, Adjustment, Card, Event, Hold, Note, Payment, Product, Sent
from perennial.kernel.money import Money, line_amount
from perennial.kernel.plan import Every
from perennial.kernel.reasons import Said
from perennial.kernel.shares import Share
from perennial.kernel.states import NOT_ENDED, PROJECTED, SENT, TO_COME
from perennial.kernel.totals import tax_is_included


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an order. A continuity line has no price of its own: None."""

    line: int
    product: Product
    quantity: Decimal
    price: Money | None
    status: str

    @property
    def amount(self) -> Money | None:
        """What it costs."""
        return None if self.price is None else _amount(self.quantity, self.price)


@dataclass(frozen=True, slots=True)
class ChildLine:
    """What a child sends."""

    product: Product
    quantity: Decimal
    price: Money
    costs: Money | None = None
    """Where it is said; of what follows to what went short it is what the two add up with."""

    @property
    def amount(self) -> Money:
        """What it costs."""
        return _amount(self.quantity, self.price) if self.costs is None else self.costs

    @property
    def costs_its_price(self) -> bool:
        """Is its amount that of its quantity and its price, rounded by itself?"""
        return self.amount == _amount(self.quantity, self.price)


def _amount(quantity: Decimal, price: Money) -> Money:
    return Money(line_amount(quantity, price.minor), price.currency)


@dataclass(frozen=True, slots=True)
class Child:
    """A child order, cancelled ones too; ``line`` is the order's line. ``rest_of``: the child that went first and left it this."""

    number: str
    line: int
    shipment: int
    status: str
    ship_on: date
    ship_to: Address | None
    lines: tuple[ChildLine, ...]
    delivery: Money
    tax: Money
    total: Money
    sent: Sent | None
    external: str | None
    invoiced_on: date | None
    holds: tuple[Hold, ...]
    rest_of: str | None = None

    @property
    def held(self) -> bool:
        """Is one of its holds not released?"""
        return any(hold.open for hold in self.holds)

    @property
    def may_release(self) -> frozenset[str]:
        """The roles that may release one of its holds."""
        return frozenset(role for hold in self.holds if hold.open for role in hold.may_release)

    @property
    def tax_included(self) -> bool:
        """Is its tax inside its amounts?"""
        lines = sum(line.amount.minor for line in self.lines)
        return tax_is_included(lines, self.delivery.minor, self.tax.minor, self.total.minor)


@dataclass(frozen=True, slots=True)
class Made:
    """What a shipment came to that has left the plan: the child that went first, and those that bring what it went without;
    of these none that was cancelled.
    """

    children: tuple[Child, ...]

    @property
    def lines(self) -> tuple[ChildLine, ...]:
        """What they send."""
        return tuple(line for child in self.children for line in child.lines)

    @property
    def goods(self) -> Money:
        """What that costs."""
        return self._sum(line.amount for line in self.lines)

    @property
    def delivery(self) -> Money:
        """What its delivery costs."""
        return self._sum(child.delivery for child in self.children)

    @property
    def total(self) -> Money:
        """What it costs in all."""
        return self._sum(child.total for child in self.children)

    @property
    def tax_included(self) -> bool | None:
        """Is its tax inside its amounts? None: there is none."""
        if not any(child.tax.minor for child in self.children):
            return None
        return all(child.tax_included for child in self.children if child.tax.minor)

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return Money(sum(one.minor for one in amounts), self.children[0].total.currency)


def each_once(lines: Iterable[ShipmentLine | ChildLine]) -> dict[Product, Decimal]:
    """Each product once, with how many of it."""
    found: dict[Product, Decimal] = {}
    for line in lines:
        found[line.product] = found.get(line.product, Decimal(0)) + line.quantity
    return found


@dataclass(frozen=True, slots=True)
class Parked:
    """What a job put aside, with its reason, and nobody has retried; ``shipment`` None: it is about all of it."""

    shipment: int | None
    job: str
    reason: Said
    on: date


@dataclass(frozen=True, slots=True)
class ComingOne:
    """A shipment by its number, and the day on which it goes out, or went."""

    number: int
    ship_on: date


@dataclass(frozen=True, slots=True)
class EndingBefore:
    """What ends when a continuity order is stopped from a shipment on.

    ``after``: the number of the shipment that is its last; None: it ends at once. ``dropped``: what will not go out.
    ``still``: what goes out all the same. ``last``: the one that goes out, or went, the latest; None: none.
    """

    after: int | None
    dropped: tuple[ComingOne, ...]
    still: tuple[ComingOne, ...]
    last: ComingOne | None

    @property
    def leaves_later_ones(self) -> bool:
        """Does all that goes out go out behind what is dropped, so that who stops there may mean all of it?"""
        return bool(self.still and self.dropped) and self.still[0].ship_on >= self.dropped[0].ship_on


@dataclass(frozen=True, slots=True)
class Continuity:
    """The continuity order of a line. ``lines`` stand in the order in which they come, cancelled ones last.

    ``upfront``: billed whole, not as it ships. ``last_shipment``: after which a person stopped it (0: before the first).
    ``shares``: in how many ways what is billed up front is paid; none: by its method alone.
    ``every``, ``times``: how often and how many times in all the member wants it; None: as the program says.
    ``tariff``: the number of that by which its coming shipments are reckoned; ``tariff_kept``: there is a newer one.
    """

    line: int
    product: Product
    program: str
    revision: int
    status: str
    complete: bool
    start_date: date | None
    payment_method: str
    shares: tuple[Share, ...]
    currency: str
    card: Card | None
    payment_schedule: str | None
    upfront: bool
    tariff: int
    tariff_kept: bool
    last_shipment: int | None
    every: Every | None
    times: int | None
    ship_to: Address | None
    adjustments: tuple[Adjustment, ...]
    parked: tuple[Parked, ...]
    lines: tuple[ShipmentLine, ...]

    @property
    def ends_with(self) -> int | None:
        """The number of its last shipment; None while more follows."""
        return max((line.shipment or 0 for line in self.lines if line.last), default=None)

    @property
    def goes_on(self) -> bool:
        """Is something of it still to come, so that it can be stopped?"""
        last = self.last_shipment
        open_end = not self.complete and last is None
        to_come = any(line.status in TO_COME and (last is None or (line.shipment or 0) <= last) for line in self.lines)
        return self.status in NOT_ENDED and (open_end or to_come)

    @property
    def may_come_back(self) -> bool:
        """Has a person stopped it, so that it can go on again?"""
        return may_come_back(self.status, self.last_shipment)

    @property
    def to_come(self) -> tuple[ComingOne, ...]:
        """The planned shipments that have not left, in the order of their days; skipped and cancelled ones do not come."""
        days = {
            line.shipment: line.ship_on
            for line in self.lines
            if line.shipment is not None and (line.status in TO_COME or line.child_status == "open")
        }
        found = (ComingOne(number, on) for number, on in days.items())
        return tuple(sorted(found, key=lambda one: (one.ship_on, one.number)))

    def ending_before(self, first: int | None) -> EndingBefore:
        """What becomes of its shipments when none comes from this number on (None: none at all).

        A shipment of a lower number comes all the same, though it may have been moved behind this one.
        """
        after = None if first is None else max((n for n in self._numbers if n < first), default=None)
        coming = self.to_come
        dropped = tuple(one for one in coming if one.number > (after or 0))
        still = tuple(one for one in coming if one.number <= (after or 0))
        sent = (
            ComingOne(line.shipment, line.ship_on)
            for line in self.lines
            if line.shipment is not None and line.child_status in SENT
        )
        last = max((*still, *sent), key=lambda one: (one.ship_on, one.number), default=None)
        return EndingBefore(after, dropped, still, last)

    @property
    def _numbers(self) -> frozenset[int]:
        return frozenset(line.shipment for line in self.lines if line.shipment is not None)

    @property
    def progress(self) -> Progress:
        """How many of its shipments were sent, are skipped, and are still to come as far as they are planned: what is only
        expected is not counted.
        """
        planned = (line for line in self.lines if line.status != PROJECTED)
        states = {line.shipment: line for line in planned if line.shipment is not None}
        sent = sum(line.child_status in SENT for line in states.values())
        skipped = sum(line.status == "skipped" for line in states.values())
        gone = sum(line.child_status == "cancelled" for line in states.values())
        return Progress(sent, skipped, len(states) - sent - skipped - gone)


@dataclass(frozen=True, slots=True)
class Progress:
    """Numbers of shipments."""

    sent: int
    skipped: int
    to_come: int


@dataclass(frozen=True, slots=True)
class Payer:
    """Another customer, who pays (the invoice account)."""

    account: str
    name: str


@dataclass(frozen=True, slots=True)
class Order:
    """A parent order; its amounts are those of its ordinary lines, ``sent`` tells how those were sent.

    ``version``: what an action may be given as what was seen (``desk.action``). ``gift_message``, ``hide_prices``: what the
    papers in its parcels say, and do not say. ``payer``: who pays, where that is not the customer.
    """

    version: str
    number: str
    reference: str | None
    status: str
    account: str
    customer: str
    order_date: date
    currency: str
    acceptance: str
    ship_to: Address | None
    holds: tuple[Hold, ...]
    lines: tuple[Line, ...]
    delivery: Money
    tax: Money
    total: Money
    sent: Sent | None
    history: tuple[Event, ...]
    continuity: tuple[Continuity, ...]
    children: tuple[Child, ...]
    payments: tuple[Payment, ...]
    notes: tuple[Note, ...]
    gift_message: str | None
    hide_prices: bool
    payer: Payer | None
    source_code: str | None

    @property
    def tax_included(self) -> bool:
        """Is the tax of its ordinary lines inside their amounts?"""
        lines = sum(line.amount.minor for line in self.lines if line.amount is not None)
        return tax_is_included(lines, self.delivery.minor, self.tax.minor, self.total.minor)

    @property
    def ordinary_total(self) -> Money:
        """What its ordinary lines cost; nothing where all of them are cancelled."""
        kept = any(line.price is not None and line.status != "cancelled" for line in self.lines)
        return self.total if kept else Money(0, self.currency)

    @property
    def made(self) -> Mapping[str, Made]:
        """What became of its shipments that have children, by the number of the one that went first."""
        found = {child.number: [child] for child in self.children if child.rest_of is None}
        for child in self.children:
            if child.rest_of in found and child.status != "cancelled":
                found[child.rest_of].append(child)
        return {number: Made(tuple(children)) for number, children in found.items()}

    @property
    def held(self) -> bool:
        """Is one of its holds not released?"""
        return any(hold.open for hold in self.holds)

    @property
    def may_release(self) -> frozenset[str]:
        """The roles that may release one of its holds."""
        return frozenset(role for hold in self.holds if hold.open for role in hold.may_release)

    @property
    def goes_on(self) -> bool:
        """Is something of it still to be planned or sent, so that it can be held?"""
        if self.status != "open":
            return False
        by_program = {one.line for one in self.continuity}
        ordinary = any(line.status == "open" for line in self.lines if line.line not in by_program)
        made = any(child.status == "open" for child in self.children)
        return ordinary or made or any(one.goes_on for one in self.continuity)

    @property
    def other_addresses(self) -> tuple[Address, ...]:
        """Where something of it goes besides its own address: its lines first, then shipments, then children."""
        found = [one.ship_to for one in self.continuity]
        found += [line.ship_to for one in self.continuity for line in one.lines]
        found += [child.ship_to for child in self.children]
        own = self.ship_to.id if self.ship_to else None
        return tuple({a.id: a for a in found if a is not None and a.id != own}.values())

    @property
    def next_ship_on(self) -> date | None:
        """The next day on which something of it is to be sent: a child that is made, or what is planned."""
        days = [child.ship_on for child in self.children if child.status == "open"]
        days += [line.ship_on for one in self.continuity for line in one.lines if line.status in TO_COME]
        return min(days, default=None)

    @property
    def under_way(self) -> tuple[Child | Line, ...]:
        """What of it goes on when it is cancelled: children, and lines without one, that are not cancelled."""
        children = [child for child in self.children if child.status != "cancelled"]
        with_child = {child.line for child in children}
        lines = [line for line in self.lines if line.status != "cancelled" and line.line not in with_child]
        return (*children, *lines)
