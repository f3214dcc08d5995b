"""Who is calling? Customers and orders, found by what is typed.

Customers are found by any words of their name, towns, postcodes, telephone, e-mail address and account; orders by
their number (with or without SO, zeros and dashes) or their reference, and their customers with them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from perennial.customers import search as customers
from perennial.customers.search import Term, Word
from perennial.db import sql
from perennial.desk.numbers import numbers_meant
from perennial.errors import Refused

SQL = sql.named("perennial.desk", "read/search.sql")
FIRST = 8
"""So many hits are shown unless more are asked for."""


@dataclass(frozen=True, slots=True)
class CustomerHit:
    """A customer who was found. ``postcode`` and ``city`` are those of the address to which an order goes."""

    account: str
    name: str
    email: str | None
    phone: str | None
    postcode: str | None
    city: str | None
    matched: tuple[str, ...]
    """What the words fit: ``account``, ``name``, ``city``, ``postcode``, ``phone``, ``email``, ``order``."""
    exact: bool
    """What was typed is the whole account, e-mail address or telephone number."""
    open_orders: int
    next_ship_on: date | None
    """The day of the next planned shipment, of all open orders."""
    declined: bool
    """A payment was declined, or has failed."""


@dataclass(frozen=True, slots=True)
class OrderHit:
    """An order that was found by its number or reference. ``ship_on``: of a child."""

    number: str
    reference: str | None
    account: str
    name: str
    status: str
    order_date: date
    ship_on: date | None
    exact: bool
    """What was typed is its number or its reference, and nothing else."""


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found. Customers: those meant exactly first, those of the orders, then the newest; orders by number.

    ``next``: what to ask for the next customers with; None: these are all.
    """

    customers: tuple[CustomerHit, ...]
    orders: tuple[OrderHit, ...]
    next: str | None

    @property
    def meant(self) -> CustomerHit | None:
        """The customer who is meant: the one whom all of it names exactly, else the only one whom it fits."""
        fit = [hit for hit in self.customers if hit.exact] or list(self.customers)
        return fit[0] if len(fit) == 1 and self.next is None else None


def search(words: str, *, size: int = FIRST, after: str | None = None) -> Hits:
    """The first customers and orders that all the words fit; ``after``: the next customers.

    Refused: nothing was typed.
    """
    if not words.split():
        raise Refused("search_empty", "words")
    typed = customers.read_words(words)
    terms = customers.terms_of(typed)
    orders = _orders(typed)
    exact = customers.exactly(typed, most=size)
    first = list(dict.fromkeys([*exact, *(row.customer for row in orders)]))
    left = max(size - len(first), 1) if after is None else size
    page = customers.customers_with(terms, size=left, after=after, without=first)
    listed = [*(first if after is None else ()), *page.rows]
    rows = {row.id: row for row in sql.rows(_Customer, SQL["customers"], {"customers": listed})}
    return Hits(
        tuple(_customer_hit(rows[pk], terms, pk in exact, {o.customer for o in orders}) for pk in listed if pk in rows),
        tuple(_order_hit(row) for row in orders) if after is None else (),
        page.next,
    )


class _Order(NamedTuple):
    customer: int
    number: str
    reference: str | None
    account: str
    name: str
    status: str
    order_date: date
    ship_on: date | None
    exact: bool


def _orders(words: Sequence[Word]) -> list[_Order]:
    """Orders whose number or reference all the words are, or one of them, where their customer fits the others."""
    whole = [word.typed for word in words]
    numbers = [
        (number, 0) for number in dict.fromkeys([*numbers_meant("-".join(whole)), *numbers_meant("".join(whole))])
    ]
    references = [("".join(word.joined for word in words), 0)]
    others = []
    if len(words) > 1:
        for place, word in enumerate(words, 1):
            others.append(customers.query_of(customers.terms_of([*words[: place - 1], *words[place:]])))
            if re.search("[0-9]", word.joined):
                numbers += [(number, place) for number in numbers_meant(word.typed)]
                references.append((word.joined, place))
    values = {
        "numbers": [number for number, _ in numbers],
        "number_places": [place for _, place in numbers],
        "references": [reference for reference, _ in references],
        "reference_places": [place for _, place in references],
        "others": others,
        "most": FIRST,
    }
    found = sql.rows(_Order, SQL["orders"], values)
    return [row for row in found if row.exact] or found


def _order_hit(row: _Order) -> OrderHit:
    return OrderHit(
        number=row.number,
        reference=row.reference,
        account=row.account,
        name=row.name,
        status=row.status,
        order_date=row.order_date,
        ship_on=row.ship_on,
        exact=row.exact,
    )


class _Customer(NamedTuple):
    id: int
    account: str
    name: str
    email: str | None
    phone: str | None
    postcode: str | None
    city: str | None
    open_orders: int
    next_ship_on: date | None
    declined: bool
    account_words: str
    name_words: str
    city_words: str | None
    postcode_words: str | None
    phone_words: str | None
    email_words: str | None


def _customer_hit(row: _Customer, terms: Sequence[Term], exact: bool, of_orders: Collection[int]) -> CustomerHit:
    theirs = {
        "account": row.account_words,
        "name": row.name_words,
        "city": row.city_words,
        "postcode": row.postcode_words,
        "phone": row.phone_words,
        "email": row.email_words,
    }
    matched = [what for what, words in theirs.items() if any(term.fits(words) for term in terms)]
    return CustomerHit(
        account=row.account,
        name=row.name,
        email=row.email,
        phone=row.phone,
        postcode=row.postcode,
        city=row.city,
        matched=(*matched, *(["order"] if row.id in of_orders else [])),
        exact=exact,
        open_orders=row.open_orders,
        next_ship_on=row.next_ship_on,
        declined=row.declined,
    )
