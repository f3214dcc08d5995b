"""Order entry: what was ordered, as the bundle or a clerk gives it, becomes an order with its dated lines.

This file holds the values that come in; ``enter`` (below) is the one way in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

Place = str | dict[str, Any] | None
"""The code of an address of the customer, an address in place (the fields of a bundle's address), or none."""


@dataclass(frozen=True)
class ContinuityEntry:
    """What a clerk is asked on the Continuity page; None where it was left out."""

    start_date: date | None = None
    payment_method: str | None = None
    card: str | None = None
    payment_schedule: str | None = None
    ship_to: Place = None


@dataclass(frozen=True)
class LineEntry:
    """One line as it was ordered; ``continuity`` for a continuity product (None: all its defaults)."""

    item_number: str
    quantity: Decimal = Decimal(1)
    delivery_mode: str | None = None
    continuity: ContinuityEntry | None = None


@dataclass(frozen=True)
class PayEntry:
    """How a part of the ordinary lines is paid; exactly one of amount and percent, or neither for all."""

    method: str = "card"
    card: str | None = None
    amount_minor: int | None = None
    percent: Decimal | None = None


@dataclass(frozen=True)
class OrderEntry:
    """One parent order as it was ordered. ``as_given``: its facts in the bundle's words, to know it again."""

    customer: str
    lines: tuple[LineEntry, ...]
    number: str | None = None
    reference: str | None = None
    order_date: date | None = None
    submit: bool = False
    ship_to: Place = None
    acceptance_required: bool = False
    pay: tuple[PayEntry, ...] = ()
    as_given: dict[str, Any] | None = None
