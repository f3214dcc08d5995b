"""The list of the parent orders: what was ordered by whom, how it stands, what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from perennial.db import sql
from perennial.db.pages import Page, page_of
from perennial.desk.queries import Fitting

SIZE = 50
_SQL = sql.named("perennial.desk.read", "order_list.sql")


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """A parent order on one line. ``next_ship_on``: when something of it goes out next, made or planned."""

    number: str
    reference: str | None
    status: str
    acceptance: str
    held: bool
    order_date: date
    account: str
    customer: str
    products: tuple[str, ...]
    next_ship_on: date | None
    source_code: str | None


def order_list(fitting: Fitting, *, size: int = SIZE, after: str | None = None) -> Page[ListedOrder]:
    """A page of the parent orders that fit, the newest first. Refused: what is asked for does not exist."""
    found = page_of(fitting.rows().only("pk"), "pk", size=size, after=after, backwards=True)
    listed = (
        ListedOrder(
            number=number,
            reference=reference,
            status=status,
            acceptance=acceptance,
            held=held,
            order_date=ordered,
            account=account,
            customer=customer,
            products=tuple(products),
            next_ship_on=next_ship_on,
            source_code=source_code,
        )
        for number, reference, status, acceptance, held, ordered, account, customer, products, next_ship_on, source_code in sql.tuples(
            _SQL["orders"], {"ids": [row.pk for row in found.rows]}
        )
    )
    return Page(tuple(listed), found.next)
