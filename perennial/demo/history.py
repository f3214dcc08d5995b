"""What the customers of 1997 bought, and the calendar that brings it to today.

The file is read in its own order (by customer, then date) and kept small: dates are shared, a purchase is
three numbers.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


class Purchase(NamedTuple):
    """One visit: when, how many discs, for how many cents."""

    on: date
    cds: int
    cents: int


class History(NamedTuple):
    """Everything that one customer bought, oldest first."""

    customer: str
    purchases: tuple[Purchase, ...]


@contextmanager
def open_transactions() -> Iterator[Iterable[str]]:
    """The file of purchases that comes with the demo."""
    with files("perennial.demo.data").joinpath("cdnow_transactions.csv").open(encoding="utf-8") as lines:
        yield lines


def read_histories(lines: Iterable[str]) -> Iterator[History]:
    """One history per customer, in the file's order, never more than one customer in memory."""
    dates: dict[str, date] = {}
    for customer, rows in groupby(csv.DictReader(lines), key=itemgetter("customer")):
        purchases = []
        for row in rows:
            text = row["order_date"]
            on = dates.setdefault(text, dates.get(text) or date.fromisoformat(text))
            purchases.append(Purchase(on, int(row["cds"]), cents(row["amount_usd"])))
        yield History(customer, tuple(sorted(purchases)))


def cents(amount: str) -> int:
    """``"11.77"`` is 1177."""
    whole, _, part = amount.partition(".")
    return int(whole) * 100 + int(f"{part:0<2}")


@dataclass(frozen=True)
class Calendar:
    """How far all dates move, and the nights that the club lives through."""

    shift: timedelta
    first_night: date
    last_purchase: date
    last_night: date

    @property
    def nights(self) -> int:
        return (self.last_night - self.first_night).days + 1

    def moved(self, history: History) -> History:
        """The same history in the club's own time."""
        if not self.shift:
            return history
        return history._replace(purchases=tuple(p._replace(on=p.on + self.shift) for p in history.purchases))


def calendar(first: date, last: date, *, today: date, real_dates: bool = False) -> Calendar:
    """Move by whole weeks, so that the last purchase lies in the seven days before yesterday.

    Nights run through yesterday. Whole weeks keep a Saturday a Saturday. With real dates nothing moves, and
    the nights go on for a week after the last purchase.
    """
    if real_dates:
        return Calendar(timedelta(0), first, last, last + WEEK)
    yesterday = today - DAY
    shift = WEEK * ((yesterday - DAY - last) // WEEK)
    return Calendar(shift, first + shift, last + shift, yesterday)


def choose(customers: Iterable[str], *, sample: int | None, seed: int) -> frozenset[str]:
    """Draw the sample; None is everyone. A larger sample of the same seed holds the smaller one."""
    everyone = list(customers)
    if sample is None or sample >= len(everyone):
        return frozenset(everyone)
    everyone.sort(key=lambda customer: hashlib.sha256(f"{seed}/{customer}".encode()).digest())
    return frozenset(everyone[:sample])
