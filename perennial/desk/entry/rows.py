"""The rows of new orders, of those that are entered now and of those that are taken over as they stood elsewhere.

They name each other until they are written (``writing``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from psycopg.types.json import Jsonb

from perennial.continuity.planning import LineRow as PlannedLine
from perennial.continuity.planning import stored_every
from perennial.kernel.plan import Facts
from perennial.kernel.shares import Share
from perennial.payments.due import Owed


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
    """A parent, or a child with its parent, its parent's line, its shipment and try. ``rest_of``: the child that went first
    and left it this.
    """

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
    gift_message: str | None = None
    hide_prices: bool = False
    payer_id: int | None = None
    source_code: str | None = None
    lines: list[LineRow] = field(default_factory=list)
    taxes: list[TaxRow] = field(default_factory=list)
    pays: list[PayRow] = field(default_factory=list)
    holds: list[HoldRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    sent: SentRow | None = None
    rest_of: OrderRow | None = None
    id: int = 0

    @property
    def paid_by(self) -> int:
        """The customer who pays: the payer of a parent, of a child its parent's."""
        parent = self.parent or self
        return parent.payer_id or parent.customer_id

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
    schedule_chosen: bool
    tariff_id: int
    ship_to: ShipTo
    owed_minor: int | None = None
    split: tuple[Share, ...] = ()
    keeps_tariff: bool = False
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
    def shares(self) -> Jsonb | None:
        """In how many ways it is paid, as it is stored."""
        return stored_json([one.stored() for one in self.split] or None)

    @property
    def every(self) -> Jsonb | None:
        """How often the member wants it, as it is stored."""
        return stored_json(stored_every(self.facts.every))

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


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A charge that a customer does not accept."""

    gateway: str | None
    reference: str | None
    amount_minor: int
    currency: str
    reason: str
    status: str
    opened_on: date
    answer_by: date | None
    answered_on: date | None
    closed_on: date | None
    told_at: int | None


@dataclass(slots=True, eq=False)
class RequestRow:
    """A refund that somebody asked for; ``approved`` None: it waits."""

    amount_minor: int
    currency: str
    asked_by: str
    asked_on: date
    reason: str
    approved: bool | None
    decided_by: str | None
    decided_on: date | None
    id: int = 0


@dataclass(slots=True, eq=False)
class PaymentRow:
    """Money owed by an order or by a continuity order, with every try and the bill.

    ``refunds``: the number of the payment of the same thing that it gives back; ``overpaid_minor`` of that had been
    overpaid. ``payer_id``: who paid it, where that is not who pays the order now.
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
    lapsed: int = 0
    gateway: str | None = None
    gateway_ref: str | None = None
    approval_code: str | None = None
    tries: list[AttemptRow] = field(default_factory=list)
    bill: BillRow | None = None
    refunds: int | None = None
    refunds_id: int | None = None
    overpaid_minor: int | None = None
    payer_id: int | None = None
    request: RequestRow | None = None
    disputes: list[DisputeRow] = field(default_factory=list)
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

    @property
    def customer_id(self) -> int:
        """The customer who pays it."""
        return self.payer_id or self.of.paid_by

    order_id = property(lambda self: _id(self.order))
    continuity_order_id = property(lambda self: _id(self.continuity))
    request_id = property(lambda self: _id(self.request))


@dataclass(slots=True, eq=False)
class NewOrder:
    """One order with all that belongs to it."""

    order: OrderRow
    children: list[OrderRow] = field(default_factory=list)
    continuity: list[ContinuityRow] = field(default_factory=list)
    payments: list[PaymentRow] = field(default_factory=list)
    requests: list[RequestRow] = field(default_factory=list)
    addresses: list[AddressRow] = field(default_factory=list)

    @property
    def orders(self) -> list[OrderRow]:
        """The parent and its children."""
        return [self.order, *self.children]


def _id(row: AddressRow | LineRow | OrderRow | ContinuityRow | RequestRow | int | None) -> int | None:
    return row if row is None or isinstance(row, int) else row.id


def stored_json(value: Any) -> Jsonb | None:
    """JSON as COPY takes it."""
    return None if value is None else Jsonb(value)
