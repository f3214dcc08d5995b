"""The rows that an order and the lists are read from, column by column as ``orders.sql`` and ``lists.sql`` select them."""

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
    account: str
    name: str
    order_date: date
    currency: str
    acceptance: str
    ship_to: int | None
    delivery: int
    tax: int
    total: int
    sent_on: date | None
    carrier: str | None
    tracking: str | None
    gift_message: str | None
    hide_prices: bool
    payer: str | None
    payer_name: str | None
    source_code: str | None


class Child(NamedTuple):
    """A child order with its carrier."""

    id: int
    parent: int
    number: str
    line: int
    shipment: int
    status: str
    ship_on: date
    ship_to: int | None
    delivery: int
    tax: int
    total: int
    sent_on: date | None
    carrier: str | None
    tracking: str | None
    external: str | None
    invoiced_on: date | None
    rest_of: str | None


class Line(NamedTuple):
    """A line of a parent or of a child."""

    order: int
    line: int
    item: str
    name: str
    continuity: bool
    quantity: Decimal
    price: int
    amount: int
    status: str


class Hold(NamedTuple):
    """A hold of a parent or of a child; ``reason`` is JSON; ``released_by``: the roles that its kind names."""

    order: int
    code: str
    reason: str
    stops: str
    on: date
    by: str
    released_on: date | None
    until: date | None
    reason_code: str | None
    released_by: list[str]


class Event(NamedTuple):
    """Something that happened to a parent; ``reason`` and ``data`` are JSON."""

    order: int
    id: int
    on: date
    kind: str
    by: str
    reason: str | None
    data: str | None


class Continuity(NamedTuple):
    """The continuity order of a parent line, with its card."""

    id: int
    order: int
    line: int
    item: str
    name: str
    program: str
    revision_id: int
    revision: int
    status: str
    complete: bool
    start_date: date | None
    method: str
    schedule: str | None
    ship_to: int | None
    upfront: bool
    tariff: int
    tariff_kept: bool
    last_shipment: int | None
    every: str | None
    times: int | None
    shares: str | None
    token: str | None
    brand: str | None
    last4: str | None
    expires_on: date | None
    refused: bool | None


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
    """One product of one occurrence: as many rows as it has products. Reasons are JSON (``kernel.reasons``)."""

    continuity: int
    key: str
    repetition: int
    event_on: date
    ship_on: date
    shipment: int | None
    status: str
    blocked: str | None
    child: int | None
    ship_to: int | None
    delivery_mode: int | None
    why: str
    line: int
    item: str
    name: str
    tax_group: str | None
    quantity: Decimal
    price: int
    line_why: str | None
    why_cancelled: str | None
    schedule: int | None


class Parked(NamedTuple):
    """What a job put aside and nobody has retried; ``reason`` is JSON."""

    continuity: int
    shipment: int | None
    job: str
    reason: str
    on: date


class Payment(NamedTuple):
    """Money owed by an order, a child or a continuity order, with the card that was charged, else that pays. ``of_purpose``,
    ``of_number``: which payment of the same a refund gives back.
    """

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
    captured_on: date | None
    token: str | None
    brand: str | None
    last4: str | None
    expires_on: date | None
    refused: bool | None
    disputed: bool
    lost: int
    of_purpose: str | None
    of_number: int | None


class ListedChild(NamedTuple):
    """A child order in a list; ``order``: its parent."""

    id: int
    number: str
    order: str
    account: str
    customer: str
    program: str
    line: int
    shipment: int
    status: str
    ship_on: date
    total: int
    currency: str


class ListedPayment(NamedTuple):
    """A payment in a list, with its card as in ``Payment``; ``order``: the parent, ``pays``: what is paid of it."""

    id: int
    order: str
    account: str
    customer: str
    pays: str
    line: int | None
    shipment: int | None
    purpose: str
    number: int
    method: str
    amount: int
    currency: str
    due_on: date
    status: str
    attempts: int
    captured: int
    refunded: int
    captured_on: date | None
    token: str | None
    brand: str | None
    last4: str | None
    expires_on: date | None
    refused: bool | None


class ListedShipment(NamedTuple):
    """A planned shipment in a list."""

    id: int
    order: str
    account: str
    customer: str
    program: str
    line: int
    shipment: int
    ship_on: date
    blocked: str | None
    continuity: int
