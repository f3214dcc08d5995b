"""The rows of orders that are taken over as they stand. They point to each other until they are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from perennial.bundle.reading.values import Given


@dataclass(slots=True, eq=False)
class AddressRow:
    """An address that was written into the order."""

    customer_id: int
    values: dict[str, Any]
    id: int = 0


Place = AddressRow | int | None


@dataclass(slots=True, eq=False)
class LineRow:
    """A line of a parent or of a child."""

    order: OrderRow
    line: int
    product_id: int
    quantity: Decimal
    price_minor: int
    amount_minor: int
    delivery_mode_id: int | None
    status: str
    id: int = 0


@dataclass(slots=True, eq=False)
class HoldRow:
    """A hold, open or released."""

    code: str
    reason: str
    stops: str
    on: date
    by: str
    released_on: date | None
    until: date | None
    reason_code: str | None
    released_by: str | None
    because: Any = None


@dataclass(slots=True, eq=False)
class EventRow:
    """Something that happened."""

    on: date
    kind: str
    by: str
    reason: str | None
    data: Any
    at: datetime | None


@dataclass(slots=True, eq=False)
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
    ship_to: Place = None
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
    entry: dict[str, Any] | None = None
    lines: list[LineRow] = field(default_factory=list)
    taxes: list[tuple[str, int, int, int | None]] = field(default_factory=list)
    pays: list[tuple[str, int | None, Decimal | None, int | None]] = field(default_factory=list)
    holds: list[HoldRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    sent: SentRow | None = None
    id: int = 0


@dataclass(slots=True, eq=False)
class OccurrenceRow:
    """A shipment step; ``lines`` are (line, product, quantity, price, why)."""

    key: str
    repetition: int
    event_on: date
    ship_on: date
    shipment: int | None
    status: str
    blocked: str | None
    delivery_mode_id: int | None
    payment_schedule_id: int | None
    ship_to: Place
    why: str
    lines: list[tuple[int, int, Decimal, int, str | None]]
    why_cancelled: str | None = None
    child: OrderRow | None = None
    id: int = 0


@dataclass(slots=True, eq=False)
class AdjustmentRow:
    """What a person changed; an address in ``value`` becomes its id when it is written."""

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


@dataclass(slots=True, eq=False)
class ParkedRow:
    """What a job could not do."""

    shipment: int | None
    job: str
    sqlstate: str | None
    reason: str
    on: date
    resolved_on: date | None
    because: Any = None


@dataclass(slots=True, eq=False)
class ContinuityRow:
    """The continuity order of a parent line; ``columns`` are those that refer to nothing of this batch."""

    order: OrderRow
    parent_line: LineRow
    columns: dict[str, Any]
    ship_to: Place
    planned_now: bool = False  # its lines were left out
    occurrences: list[OccurrenceRow] = field(default_factory=list)
    adjustments: list[AdjustmentRow] = field(default_factory=list)
    parked: list[ParkedRow] = field(default_factory=list)
    id: int = 0


@dataclass(slots=True, eq=False)
class PaymentRow:
    """Money owed by an order or a continuity order, with every try and the bill."""

    order: OrderRow | None
    continuity: ContinuityRow | None
    columns: dict[str, Any]
    tries: list[dict[str, Any]] = field(default_factory=list)
    bill: tuple[date, date, int] | None = None
    refunds: int | None = None  # the number of the payment of the same thing that it gives back
    id: int = 0


@dataclass(slots=True)
class Places:
    """Where the bundle says what the rows of one order are: by line, by line and event, by number, by payment."""

    order: Given
    lines: dict[int, Given] = field(default_factory=dict)
    events: dict[tuple[int, str, int], Given] = field(default_factory=dict)
    skips: dict[tuple[int, str, int], Given] = field(default_factory=dict)
    children: dict[str, Given] = field(default_factory=dict)
    payments: list[tuple[PaymentRow, Given]] = field(default_factory=list)


@dataclass(slots=True)
class TakenOver:
    """One order with all that belongs to it."""

    order: OrderRow
    places: Places
    children: list[OrderRow] = field(default_factory=list)
    continuity: list[ContinuityRow] = field(default_factory=list)
    payments: list[PaymentRow] = field(default_factory=list)
    addresses: list[AddressRow] = field(default_factory=list)

    @property
    def orders(self) -> list[OrderRow]:
        """The parent and its children."""
        return [self.order, *self.children]
