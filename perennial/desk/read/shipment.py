"""One product of one shipment of a continuity order: what comes when, why, and until when it can be changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from perennial.desk.read.values import Address, Product
from perennial.kernel.money import Money
from perennial.kernel.reasons import DateReason, LineReason, Reason, Who
from perennial.kernel.states import BLOCKED
from perennial.language.reasons import Source

CUSTOMISED = ("skip", "date", "product", "quantity", "price", "address")
"""The fields of a line that a person may have changed, in the order in which they are listed."""

_CHANGES = {
    "skip": "skip", "move": "date", "redate": "date", "substitute": "product",
    "quantity": "quantity", "price": "price", "address": "address", "add": "product",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Why:
    """Why a line has its date, its product and its price: the rules, the event they come from, and who changed what.

    ``started``: the order has a start date of its own. ``changed``: by kind of adjustment.
    """

    dates: DateReason
    line: LineReason
    source: Source
    started: bool
    order_date: date
    changed: Mapping[str, Who]


@dataclass(frozen=True, slots=True)
class ShipmentLine:
    """One product of one occurrence: a line of the Continuity page.

    ``event_id``: the event's place in the revision that the order stands on, None when it is gone from it. ``last``:
    a line of the last event, nothing follows it. ``blocked``: what the night found it waiting for. ``ship_to``: where
    the shipment goes that has no child and goes elsewhere than its line. ``delivery_mode``: its id. ``run_on``: the
    first date whose night makes its child. ``changeable_until``: the day before; None once there is a child.
    ``not_shipped``: all reasons why it has not shipped, or will not; none when it has a child. ``schedule``: the id of that by
    which it is paid in parts.
    """

    key: str
    repetition: int
    event_id: int | None
    line: int
    product: Product
    quantity: Decimal
    price: Money
    tax_group: str | None
    event_on: date
    ship_on: date
    shipment: int | None
    status: str
    blocked: str | None
    last: bool
    customised: tuple[str, ...]
    child: str | None
    child_status: str | None
    child_ships_on: date | None
    ship_to: Address | None
    delivery_mode: int | None
    run_on: date
    changeable_until: date | None
    not_shipped: tuple[Reason, ...]
    why: Why
    schedule: int | None = None

    @property
    def waits(self) -> tuple[Reason, ...]:
        """What it waits for besides its day; nothing when it will come by itself."""
        return tuple(reason for reason in self.not_shipped if reason.code in BLOCKED)

    def changeable(self, today: date) -> str | None:
        """Can it be changed still: ``until_day`` (``changeable_until``), ``until_next_run`` or ``while_waiting``
        where that day is past; None when it cannot, or no run makes anything of it.
        """
        if self.changeable_until is None or self.status == "cancelled":
            return None
        if self.changeable_until >= today:
            return "until_day"
        if self.status == "skipped":
            return None
        return "while_waiting" if self.waits else "until_next_run"


def clipped(lines: Iterable[ShipmentLine]) -> Iterator[tuple[int | None, date, date]]:
    """Of planned lines those that ship on the day of the order because their dates lie before it."""
    for line in lines:
        if line.why.dates.ship == "order_date" and line.status != "skipped":
            yield line.shipment, line.event_on, line.ship_on


def before(day: date, days: int) -> date:
    """So many days earlier, but not before there are dates."""
    return date.fromordinal(max(1, day.toordinal() - days))


def customised(changes: Iterable[tuple[str, bool]]) -> tuple[str, ...]:
    """Which fields a person changed, from (kind, came with a price); a substitute with a price changed both."""
    found: set[str] = set()
    for kind, priced in changes:
        if kind in _CHANGES:
            found.add(_CHANGES[kind])
        if priced:
            found.add("price")
    return tuple(field for field in CUSTOMISED if field in found) if found else ()
