"""The pick list of a day: everything that may be sent, first by product, then parcel by parcel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from perennial.db import sql
from perennial.desk.orders.ship import ready_to_send
from perennial.kernel.money import plain
from perennial.language.formats import Reader, fact
from perennial.papers.values import Fact, Head, facts, filled, head
from perennial.papers.words import of, reader_of

SQL = sql.named("perennial.papers", "papers.sql")
WORDS = (
    *("packed", "product", "name", "pieces", "pieces_in_all", "parcels", "parcel", "ships", "for_whom", "page"),
    *("by_product", "by_parcel", "nothing_to_send"),
)


@dataclass(frozen=True, slots=True)
class Picked:
    """A product with its pieces in all, and in how many parcels it is."""

    product: str
    name: str
    quantity: str
    parcels: str


@dataclass(frozen=True, slots=True)
class Put:
    """A product that goes into a parcel."""

    product: str
    name: str
    quantity: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A child order, or an order's ordinary lines, with what goes into it."""

    number: str
    ships: str
    to: str
    lines: tuple[Put, ...]


@dataclass(frozen=True, slots=True)
class PickList:
    """What is to be packed, by product and by parcel."""

    head: Head
    facts: tuple[Fact, ...]
    products: tuple[Picked, ...]
    pieces: str
    parcels: tuple[Parcel, ...]
    words: Mapping[str, str]
    form: str = "pick_list"


class _Row(NamedTuple):
    number: str
    ship_on: date
    name: str
    city: str | None
    product: str
    product_name: str
    quantity: Decimal


def pick_list(*, on: date, language: str | None = None) -> PickList:
    """All that may be sent on a date: the children of that day and those of days before that were not sent; ordinary lines
    of orders, which ship as soon as they are paid.

    ``language``: another one than the company's first.
    """
    to = reader_of(language)
    rows = sql.rows(_Row, SQL["to_pick"], {"ids": ready_to_send(on=on), "on": on})
    parcels = tuple(_parcels(rows, to))
    labels = of(to, "on", "parcels")
    return PickList(
        head=head(to, "pick_list", fact(on, "", to)),
        facts=facts((labels["parcels"], fact(len(parcels), "n", to))),
        products=tuple(_products(rows, to)),
        pieces=_pieces(sum((row.quantity for row in rows), Decimal(0)), to),
        parcels=parcels,
        words=of(to, *WORDS),
    )


def _products(rows: list[_Row], to: Reader) -> Iterator[Picked]:
    for product, found in groupby(sorted(rows, key=lambda row: row.product), key=lambda row: row.product):
        mine = list(found)
        yield Picked(
            product=product,
            name=mine[0].product_name,
            quantity=_pieces(sum((row.quantity for row in mine), Decimal(0)), to),
            parcels=fact(len({row.number for row in mine}), "n", to),
        )


def _parcels(rows: list[_Row], to: Reader) -> Iterator[Parcel]:
    days: dict[date, str] = {}  # few days, and many parcels
    for number, found in groupby(rows, key=lambda row: row.number):
        mine = list(found)
        first = mine[0]
        yield Parcel(
            number=number,
            ships=days.get(first.ship_on) or days.setdefault(first.ship_on, fact(first.ship_on, "", to)),
            to=", ".join(filled((first.name, first.city))),
            lines=tuple(Put(row.product, row.product_name, _pieces(row.quantity, to)) for row in mine),
        )


def _pieces(quantity: Decimal, to: Reader) -> str:
    """Whole pieces in groups, as totals grow; others as they are."""
    return fact(int(quantity), "n", to) if quantity == int(quantity) else fact(Decimal(plain(quantity)), "", to)
