"""The rows of new orders, of those that are entered now and of those that are taken over as they stood elsewhere.

They name each other until they are written: ``write`` draws their ids, then fills each table with one COPY.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Protocol, TypeVar

from django.db.models import Model
from psycopg.types.json import Jsonb

from perennial.continuity.models import Adjustment, ContinuityLine, ContinuityOrder, Occurrence, Parked
from perennial.continuity.planning import LineRow as PlannedLine
from perennial.customers.models import Address
from perennial.db import sql
from perennial.kernel.plan import Facts
from perennial.orders.models import Hold, OrderEvent, OrderLine, OrderPay, OrderTax, SalesOrder, Shipment
from perennial.payments.due import Owed
from perennial.payments.models import Attempt, Bill, Payment


@dataclass(slots=True, eq=False)
class AddressRow:
    """An address that was written into the order: kept with the customer, without a code."""

    customer_id: int
    purpose: str = "delivery"
    recipient: str | None = None
    street: str = ""
    city: str = ""
    postcode: str = ""
    region: str | None = None
    country: str | None = None
    number: int = 0
    id: int = 0


ShipTo = AddressRow | int | None
"""An address of the customer by its id, or one that was written into the order."""


@dataclass(slots=True, eq=False)
class LineRow:
    """A line of a parent or of a child."""

    line: int
    product_id: int
    quantity: Decimal
    price_minor: int
    amount_minor: int
    delivery_mode_id: int | None
    status: str
    id: int = 0


@dataclass(frozen=True, slots=True)
class TaxRow:
    """What a tax group is taxed on, and its tax."""

    group: str
    base_minor: int
    tax_minor: int
    rate_id: int | None


@dataclass(frozen=True, slots=True)
class PayRow:
    """How a part of the ordinary lines is paid."""

    method: str
    card_id: int | None
    percent: Decimal | None
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold, open or released; ``because`` is the data that its reason is said from, where nobody wrote it."""

    code: str
    reason: str
    stops: str
    on: date
    by: str
    released_on: date | None
    until: date | None
    reason_code: str | None
    released_by: str | None
    because: Jsonb | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened; ``at`` None: now."""

    on: date
    kind: str
    by: str
    reason: str | None = None
    data: Jsonb | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SentRow:
    """What the warehouse sent."""

    on: date
    carrier: str | None
    tracking: str | None


@dataclass(slots=True, eq=False)
class OrderRow:
    """A parent, or a child with its parent, its parent's line, its shipment and try."""

    number: str
    customer_id: int
    order_date: date
    status: str
    currency: str
    reference: str | None = None
    acceptance: str = "none"
    ship_to: ShipTo = None
    parent: OrderRow | None = None
    parent_line: LineRow | None = None
    shipment: int | None = None
    try_no: int | None = None
    ship_on: date | None = None
    delivery_mode_id: int | None = None
    delivery_minor: int = 0
    tax_minor: int = 0
    total_minor: int = 0
    invoiced_on: date | None = None
    external: str | None = None
    taken_over_on: date | None = None
    entry: Jsonb | None = None
    lines: list[LineRow] = field(default_factory=list)
    taxes: list[TaxRow] = field(default_factory=list)
    pays: list[PayRow] = field(default_factory=list)
    holds: list[HoldRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    sent: SentRow | None = None
    id: int = 0

    parent_id = property(lambda self: _id(self.parent))
    parent_line_id = property(lambda self: _id(self.parent_line))
    ship_to_id = property(lambda self: _id(self.ship_to))


@dataclass(slots=True, eq=False)
class OccurrenceRow:
    """A shipment step with its products."""

    key: str
    repetition: int
    event_on: date
    ship_on: date
    shipment: int | None
    status: str
    blocked: str | None
    delivery_mode_id: int | None
    payment_schedule_id: int | None
    ship_to: ShipTo
    why: str
    lines: tuple[PlannedLine, ...]
    why_cancelled: str | None = None
    child: OrderRow | None = None
    id: int = 0

    child_id = property(lambda self: _id(self.child))
    ship_to_id = property(lambda self: _id(self.ship_to))


@dataclass(frozen=True, slots=True)
class AdjustmentRow:
    """What a person changed; an address in ``value`` is stored as its id."""

    key: str
    repetition: int
    line: int
    kind: str
    value: Any
    by: str
    on: date
    reason: str | None
    undone_on: date | None = None
    undone_by: str | None = None

    @property
    def stored(self) -> Jsonb | None:
        """The value as it is stored."""
        return Jsonb({"address_id": _id(self.value)}) if self.kind == "address" else stored_json(self.value)


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """What a job could not do; ``because`` is the data that its reason is said from."""

    shipment: int | None
    job: str
    sqlstate: str | None
    reason: str
    on: date
    resolved_on: date | None
    because: Jsonb | None = None


@dataclass(slots=True, eq=False)
class ContinuityRow:
    """The continuity order of a parent's line: its facts, its walk, what people changed."""

    order: OrderRow
    parent_line: LineRow
    program_id: int
    revision_id: int
    status: str
    facts: Facts
    payment_method: str
    card_id: int | None
    payment_schedule_id: int | None
    ship_to: ShipTo
    complete: bool = False
    occurrences: list[OccurrenceRow] = field(default_factory=list)
    adjustments: list[AdjustmentRow] = field(default_factory=list)
    parked: list[ParkedRow] = field(default_factory=list)
    id: int = 0

    @property
    def upfront(self) -> bool:
        """Is the whole order billed when it is entered?"""
        return self.facts.upfront

    @property
    def prices(self) -> Jsonb:
        """The prices of the day as they are stored."""
        return Jsonb(dict(self.facts.prices))

    ship_to_id = property(lambda self: _id(self.ship_to))


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """A call to the gateway."""

    card_id: int | None
    kind: str
    number: int
    key: str
    amount_minor: int
    on_date: date
    sent_at: datetime
    outcome: str | None
    category: str | None
    final: bool
    gateway: str | None
    gateway_ref: str | None
    network_transaction_id: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class BillRow:
    """The bill of a payment on account."""

    on: date
    due_on: date
    amount_minor: int


@dataclass(slots=True, eq=False)
class PaymentRow:
    """Money owed by an order or by a continuity order, with every try and the bill.

    ``refunds``: the number of the payment of the same thing that it gives back.
    """

    order: OrderRow | None
    continuity: ContinuityRow | None
    purpose: str
    owed: Owed
    method: str
    card_id: int | None
    status: str
    captured_minor: int = 0
    refunded_minor: int = 0
    attempts: int = 0
    tried_on: date | None = None
    authorised_on: date | None = None
    authorised_until: date | None = None
    gateway: str | None = None
    gateway_ref: str | None = None
    tries: list[AttemptRow] = field(default_factory=list)
    bill: BillRow | None = None
    refunds: int | None = None
    refunds_id: int | None = None
    id: int = 0

    @property
    def paid(self) -> OrderRow | ContinuityRow:
        """What it pays."""
        found = self.order or self.continuity
        assert found is not None
        return found

    @property
    def of(self) -> OrderRow:
        """The order that is paid, or whose continuity order is."""
        found = self.paid
        return found.order if isinstance(found, ContinuityRow) else found

    order_id = property(lambda self: _id(self.order))
    continuity_order_id = property(lambda self: _id(self.continuity))


@dataclass(slots=True, eq=False)
class NewOrder:
    """One order with all that belongs to it."""

    order: OrderRow
    children: list[OrderRow] = field(default_factory=list)
    continuity: list[ContinuityRow] = field(default_factory=list)
    payments: list[PaymentRow] = field(default_factory=list)
    addresses: list[AddressRow] = field(default_factory=list)

    @property
    def orders(self) -> list[OrderRow]:
        """The parent and its children."""
        return [self.order, *self.children]


class _Row(Protocol):
    id: int


R = TypeVar("R", bound=_Row)


def _id(row: _Row | int | None) -> int | None:
    return row if row is None or isinstance(row, int) else row.id


def stored_json(value: Any) -> Jsonb | None:
    """JSON as COPY takes it."""
    return None if value is None else Jsonb(value)


def write(orders: Sequence[NewOrder]) -> None:
    """Write a batch of orders, table by table. A row that has its id keeps it; an order that has one is there already."""
    addresses = _numbered(Address, [a for new in orders for a in new.addresses])
    heads = [o for new in orders for o in new.orders]
    fresh = _numbered(SalesOrder, [o for o in heads if not o.id])
    _numbered(OrderLine, [line for o in heads for line in o.lines])
    continuity = _numbered(ContinuityOrder, [c for new in orders for c in new.continuity])
    occurrences = _numbered(Occurrence, [o for c in continuity for o in c.occurrences])
    payments = _numbered(Payment, [p for new in orders for p in new.payments])
    given_back = {(p.paid, p.owed.number): p.id for p in payments if p.purpose != "refund"}
    for p in payments:
        if p.refunds is not None:
            p.refunds_id = given_back.get((p.paid, p.refunds))
    _copy(Address, "id customer_id number purpose recipient street city postcode region country", addresses)
    _copy(
        SalesOrder,
        "id number reference customer_id currency order_date status acceptance ship_to_id parent_id parent_line_id"
        " shipment try_no ship_on delivery_mode_id delivery_minor tax_minor total_minor invoiced_on external"
        " taken_over_on entry",
        fresh,
    )
    _copy_of(
        OrderLine,
        "order_id: id line product_id quantity price_minor amount_minor delivery_mode_id status",
        ((o.id, line) for o in heads for line in o.lines),
    )
    _copy_of(OrderTax, "order_id: group base_minor tax_minor rate_id", ((o.id, tax) for o in heads for tax in o.taxes))
    pays = [(o.id, n, pay) for o in heads for n, pay in enumerate(o.pays, 1)]
    _copy_of(OrderPay, "order_id: number: method card_id percent amount_minor", pays)
    _copy_of(
        Hold,
        "order_id: code reason because stops on_date:on by released_on until reason_code released_by",
        ((o.id, hold) for o in heads for hold in o.holds),
    )
    sent = [(o.id, o.sent) for o in heads if o.sent is not None]
    _copy_of(Shipment, "order_id: carrier tracking on_date:on", sent)
    now = sql.value("select now()")
    happened = [(o.id, event.at or now, event) for o in heads for event in o.events]
    _copy_of(OrderEvent, "order_id: at: on_date:on kind by reason data", happened)
    _copy(
        ContinuityOrder,
        "id order_id:order.id parent_line_id:parent_line.id customer_id:order.customer_id program_id revision_id status"
        " complete order_date:facts.order_date start_date:facts.start_date first_event:facts.first_event"
        " event_duration:facts.duration shipments:facts.shipments last_shipment:facts.last_shipment"
        " quantity:facts.quantity threshold:facts.threshold consolidate:facts.consolidate upfront:facts.upfront prices"
        " payment_method card_id payment_schedule_id ship_to_id",
        continuity,
    )
    _copy_of(
        Occurrence,
        "continuity_order_id: position: id event_key:key repetition event_on ship_on shipment status blocked child_id"
        " delivery_mode_id payment_schedule_id ship_to_id why why_cancelled",
        ((c.id, place, o) for c in continuity for place, o in enumerate(c.occurrences, 1)),
    )
    sql.copy(
        ContinuityLine,
        ("occurrence_id", *PlannedLine._fields),
        ((o.id, *line) for o in occurrences for line in o.lines),
    )
    _copy_of(
        Adjustment,
        "continuity_order_id: event_key:key repetition line kind value:stored by on_date:on reason undone_on undone_by",
        ((c.id, a) for c in continuity for a in c.adjustments),
    )
    _copy_of(
        Parked,
        "continuity_order_id: shipment job sqlstate reason because on_date:on resolved_on",
        ((c.id, p) for c in continuity for p in c.parked),
    )
    _copy(
        Payment,
        "id order_id continuity_order_id customer_id:of.customer_id purpose number:owed.number method card_id"
        " currency:of.currency amount_minor:owed.amount captured_minor refunded_minor due_on:owed.due_on status"
        " at_invoice:owed.at_invoice not_before_shipped:owed.not_before_shipped attempts tried_on authorised_on"
        " authorised_until gateway gateway_ref refunds_id",
        payments,
    )
    _copy_of(
        Attempt,
        "payment_id: card_id kind number key amount_minor on_date sent_at outcome category final gateway gateway_ref"
        " network_transaction_id message",
        ((p.id, attempt) for p in payments for attempt in p.tries),
    )
    bills = [(p.id, p.bill) for p in payments if p.bill is not None]
    _copy_of(Bill, "payment_id: on_date:on due_on amount_minor", bills)


def _numbered(model: type[Model], rows: list[R]) -> list[R]:
    fresh = [row for row in rows if not row.id]
    for row, pk in zip(fresh, sql.draw_ids(model, len(fresh)), strict=True):
        row.id = pk
    return rows


def _copy(model: type[Model], columns: str, rows: Sequence[object]) -> None:
    """Fill a table with rows. A column is an attribute of the row, or ``column:attribute``."""
    pairs = [column.partition(":") for column in columns.split()]
    values = attrgetter(*(attribute or column for column, _, attribute in pairs))
    sql.copy(model, [column for column, _, _ in pairs], map(values, rows))


def _copy_of(model: type[Model], columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Fill a table with rows that stand last in a tuple; what is in front of them are the columns ``column:``."""
    pairs = [column.partition(":") for column in columns.split()]
    values = attrgetter(*(attribute or column for column, of, attribute in pairs if attribute or not of))
    sql.copy(model, [column for column, _, _ in pairs], ((*of, *values(row)) for *of, row in rows))
