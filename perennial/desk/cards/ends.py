"""Cards that will have expired before a shipment that they pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from perennial.db import sql

SQL = sql.named("perennial.desk.cards", "cards.sql")


@dataclass(frozen=True, slots=True)
class CardEnds:
    """A line whose card will have expired on the day of one of its shipments: the first such shipment."""

    order: str
    line: int
    card: str
    expires_on: date
    shipment: int
    ship_on: date


def cards_that_end(*, customer: int | None = None, order: int | None = None) -> tuple[CardEnds, ...]:
    """Lines of a customer's orders, or of one, whose card will have expired by one of their shipments."""
    return tuple(CardEnds(*row) for row in sql.tuples(SQL["cards_that_end"], {"customer": customer, "order": order}))
