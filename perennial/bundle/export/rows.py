"""What an export reads of orders beyond what is printed: the rows of export.sql."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Parent(NamedTuple):
    """A parent order."""

    id: int
    ship_to: int | None
    entry: str | None
    invoiced_on: date | None
    taken_over_on: date | None
    shipped_on: date | None
    carrier: str | None
    tracking: str | None


class Child(NamedTuple):
    """A child order."""

    id: int
    parent: int
    number: str
    try_no: int
    order_date: date
    ship_to: int | None
    delivery_mode: str | None
    invoiced_on: date | None
    taken_over_on: date | None
    shipped_on: date | None


class Continuity(NamedTuple):
    """A continuity order with its facts; ``tariff`` None: that of new orders."""

    id: int
    order: int
    line: int
    ship_to: int | None
    order_date: date
    first_event: str | None
    event_duration: int
    shipments: int | None
    last_shipment: int | None
    quantity: Decimal
    threshold: int | None
    consolidate: bool
    upfront: bool
    schedule_chosen: bool
    owed_minor: int | None
    prices: str
    tariff: int | None
    keeps_tariff: bool


class Occurrence(NamedTuple):
    """An occurrence that differs from its event."""

    continuity: int
    key: str
    repetition: int
    delivery_mode: str | None
    payment_schedule: str | None
    ship_to: int | None
    other_mode: bool
    other_schedule: bool


class Undone(NamedTuple):
    """An adjustment that was undone."""

    continuity: int
    key: str
    repetition: int
    line: int
    kind: str
    value: str | None
    by: str
    on: date
    reason: str | None
    undone_on: date
    undone_by: str | None


class Paid(NamedTuple):
    """A payment."""

    id: int
    parent: int
    order: str
    purpose: str
    line: int | None
    number: int
    card: str | None
    at_invoice: bool
    not_before_shipped: bool
    tried_on: date | None
    authorised_on: date | None
    authorised_until: date | None
    lapsed: int
    gateway: str | None
    gateway_ref: str | None
    approval_code: str | None
    refunds: int | None
    payer: str | None
    billed_on: date | None
    bill_due_on: date | None
    bill_amount: int | None
    request: int | None
    overpaid: int | None
