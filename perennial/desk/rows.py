"""The rows that documents are made from, column by column as ``sql/documents.sql`` selects them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Order(NamedTuple):
    """A parent order."""

    id: int
    number: str
    reference: str | None
    status: str
    customer: str
    order_date: date
    currency: str
    acceptance: str
    delivery: int
    tax: int
    total: int


class Child(NamedTuple):
    """A child order with its carrier."""

    id: int
    parent: int
    number: str
    line: int
    shipment: int
    status: str
    ship_on: date
    delivery: int
    tax: int
    total: int
    carrier: str | None
    tracking: str | None
    external: str | None


class Line(NamedTuple):
    """A line of a parent or of a child."""

    order: int
    line: int
    item: str
    continuity: bool
    quantity: Decimal
    price: int
    status: str


class Hold(NamedTuple):
    """A hold of a parent or of a child."""

    order: int
    code: str
    reason: str
    stops: str
    on: date
    by: str
    released_on: date | None


class Event(NamedTuple):
    """Something that happened to a parent."""

    order: int
    on: date
    kind: str
    by: str
    reason: str | None
    data: str | None


class Continuity(NamedTuple):
    """The continuity order of a parent line."""

    id: int
    order: int
    line: int
    item: str
    program: str
    revision_id: int
    revision: int
    status: str
    complete: bool
    start_date: date | None
    method: str
    card: str | None
    schedule: str | None


class Adjustment(NamedTuple):
    """What a person changed; ``value`` is JSON."""

    continuity: int
    key: str
    repetition: int
    line: int
    kind: str
    value: str | None
    by: str
    on: date
    reason: str | None


class Occurrence(NamedTuple):
    """One product of one occurrence: as many rows as it has products."""

    continuity: int
    key: str
    repetition: int
    event_on: date
    ship_on: date
    shipment: int | None
    status: str
    blocked: str | None
    child: str | None
    why: str
    line: int
    item: str
    quantity: Decimal
    price: int
    line_why: str | None
    why_cancelled: str | None = None


class Payment(NamedTuple):
    """Money owed by an order, a child or a continuity order."""

    order: int | None
    continuity: int | None
    purpose: str
    number: int
    method: str
    amount: int
    due_on: date
    status: str
    attempts: int
    captured: int
    refunded: int
