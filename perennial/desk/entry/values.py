"""What was ordered, as a bundle or a clerk gives it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from perennial.kernel.shares import Share

Place = str | dict[str, Any] | int | None
"""The code of an address of the customer, an address in place (the fields of a bundle's address), the id of one that
stands in the order already, or none."""


@dataclass(frozen=True)
class ContinuityEntry:
    """What a clerk is asked on the Continuity page; None where it was left out."""

    start_date: date | None = None
    payment_method: str | None = None
    card: str | None = None
    payment_schedule: str | None = None
    ship_to: Place = None
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True)
class LineEntry:
    """One line as it was ordered; ``continuity`` for a continuity product (None: all its defaults).

    ``price_minor``: what an ordinary product was said to cost, to be refused where it costs something else.
    """

    item_number: str
    quantity: Decimal = Decimal(1)
    delivery_mode: str | None = None
    continuity: ContinuityEntry | None = None
    price_minor: int | None = None


@dataclass(frozen=True)
class PayEntry:
    """How a part of the ordinary lines is paid; exactly one of amount and percent, or neither for all."""

    method: str = "card"
    card: str | None = None
    amount_minor: int | None = None
    percent: Decimal | None = None


@dataclass(frozen=True)
class OrderEntry:
    """One parent order as it was ordered. ``as_given``: its facts in the bundle's words, to know it again. ``meant``: the
    days that are not mistyped, though they are years away. ``payer``: the account of who pays, where that is not the
    customer.
    """

    customer: str
    lines: tuple[LineEntry, ...]
    number: str | None = None
    reference: str | None = None
    order_date: date | None = None
    submit: bool = False
    ship_to: Place = None
    acceptance_required: bool = False
    pay: tuple[PayEntry, ...] = ()
    gift_message: str | None = None
    hide_prices: bool = False
    payer: str | None = None
    source_code: str | None = None
    as_given: dict[str, Any] | None = None
    meant: frozenset[date] = frozenset()


@dataclass(frozen=True)
class EnteredOrder:
    """An order that was entered: its id, its number, the ids of its continuity orders."""

    id: int
    number: str
    continuity_order_ids: tuple[int, ...]
