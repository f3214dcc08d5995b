"""What an import has to say that is no fault: whoever brings something in wants to know it, also of a dry run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from perennial.bundle.reading.faults import shown

MOST_NAMED = 10


@dataclass
class Notes:
    """What was found on the way."""

    untaxed: dict[str, str] = field(default_factory=dict)
    """Tax groups without a rate, each with what it may have meant: the end of a sentence."""

    setup: list[str] = field(default_factory=list)
    """What delivery modes and products lose."""
    unpaid: list[str] = field(default_factory=list)
    """Children that no payment is given for."""
    regions: list[str] = field(default_factory=list)
    """Regions of addresses that tax rates spell otherwise."""
    nowhere: list[str] = field(default_factory=list)
    """The numbers of orders that go to no address."""

    ahead: list[str] = field(default_factory=list)
    """Orders that are dated more than a year ahead."""

    late: int = 0
    """How many of the orders that were entered have shipments of the past."""
    first_late: tuple[date, str] | None = None
    """The first day of them, and the order."""

    customers: list[str] = field(default_factory=list)
    """What is lost of stored customers, or stays against the list that is given; the first of it."""
    more_customers: int = 0

    def add_customers(self, emptied: Sequence[tuple[str, list[str]]], kept: Sequence[tuple[str, str]]) -> None:
        """Customers of whom something was stored that is not given, or stays though it is not listed."""
        said = [f"customer {account}: {' and '.join(names)} taken away, as none is given" for account, names in emptied]
        said += [f"customer {account}: {what} is not listed, but used by an order: it stays" for account, what in kept]
        room = MOST_NAMED - len(self.customers)
        self.customers += said[:room]
        self.more_customers += len(said[room:])

    caught_up: list[str] = field(default_factory=list)
    """What a card that expires later now set going."""
    still_old: list[str] = field(default_factory=list)
    """Children that are made already and go to an address that changes."""

    def add_caught_up(self, told: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """What caught up when a card was renewed (``desk.reach.told``)."""
        for one in told.get("caught_up", ()):
            shipments = ", ".join(map(str, one["shipments"]))
            what = "skipped" if one["how"] == "skip" else "sent with the next run"
            self.caught_up.append(f"{one['order']} line {one['line']}: its card is renewed, {shipments} late: {what}")
        for one in told.get("moved", ()):
            self.caught_up.append(
                f"{one['order']} line {one['line']}: its card is renewed, shipment {one['shipment']} ships on {one['ship_on']}"
            )

    def add_late(self, orders: Sequence[tuple[str, date]]) -> None:
        """Orders with the day since when they are late."""
        self.late += len(orders)
        first = [(since, number) for number, since in orders]
        self.first_late = min([*first, *([self.first_late] if self.first_late else [])], default=None)

    def lines(self) -> Iterator[str]:
        """All of it in words."""
        for group, hint in islice(self.untaxed.items(), MOST_NAMED):
            yield f"tax group {shown(group)} has no rate: what is in it is not taxed{hint}"
        if len(self.untaxed) > MOST_NAMED:
            yield f"{len(self.untaxed) - MOST_NAMED:,} more tax groups have no rate"
        yield from self.setup[:MOST_NAMED]
        if len(self.setup) > MOST_NAMED:
            yield f"{len(self.setup) - MOST_NAMED:,} more delivery modes and products lose something"
        if self.nowhere:
            what = f"order {self.nowhere[0]} goes"
            if len(self.nowhere) > 1:
                what = f"{len(self.nowhere):,} orders ({self.nowhere[0]} the first) go"
            yield f"{what} to no address: nothing of it is taxed"
        if self.ahead:
            more = f" (and {len(self.ahead) - 1:,} more such)" if len(self.ahead) > 1 else ""
            yield f"{self.ahead[0]}, more than a year ahead{more}: nothing comes before"
        yield from self.customers
        if self.more_customers:
            yield f"{self.more_customers:,} more such things of customers"
        for said, more in (
            (self.unpaid, "more child orders that no payment is given for"),
            (self.regions, "more regions that tax rates spell otherwise"),
            (self.still_old, "more such child orders"),
            (self.caught_up, "more shipments whose card is renewed"),
        ):
            yield from said[:MOST_NAMED]
            if len(said) > MOST_NAMED:
                yield f"{len(said) - MOST_NAMED:,} {more}"
        if self.first_late is not None:
            since, number = self.first_late
            many, first = ("1 order has", "") if self.late == 1 else (f"{self.late:,} orders have", "the first ")
            yield (
                f"{many} shipments of the past ({first}{number} since {since}): the next night makes child orders"
                " of all since then, to be paid at once; if that is not meant, cancel them before (order cancel)"
            )
