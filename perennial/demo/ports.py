"""What the demo needs of the program, and nothing else of it.

The driver speaks to this protocol alone; the command line hands it an object that calls the same functions
as a clerk's screen and the nightly worker do. An order is named by its reference, the one that it had in
the bundle. ``on`` is always the business date. A function that must say no raises ``Refused``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO, Protocol

Counts = Mapping[str, int]
OnNight = Callable[[date, Counts], None]


@dataclass(frozen=True)
class NextShipment:
    """The first shipment of an order that is still to come and has no child order yet."""

    shipment: int
    ship_on: date


@dataclass(frozen=True)
class ProgramFigures:
    """One program's line in the table at the end. Money in minor units of the installation's currency."""

    program: str  # its schedule id
    orders: int  # continuity orders
    planned: int  # shipments planned so far: shipped, to come and skipped, not the cancelled ones
    shipped: int  # child orders that left the house
    billed_minor: int  # captured from cards, gift cards and checks, or billed on account
    declined: int  # attempts that a card's bank declined
    closed: int  # continuity orders that came to their end
    stopped: int  # continuity orders that were cancelled, with or without shipments before
    waiting: int  # continuity orders of which something may not ship now: hold, acceptance, card, payment, parked


@dataclass(frozen=True)
class Once:
    """What the check of "exactly once" looked at and found wrong; no faults is the good answer."""

    shipments: int
    charges: int
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Example:
    """An order worth a look: why it waits (the words of ``blocked``), or ``running`` when all is well."""

    kind: str  # hold, card, payment, acceptance, parked, running
    number: str
    account: str
    member: str
    reason: str
    shipment: int | None = None


class Ports(Protocol):
    """The program, as the demo sees it."""

    def is_empty(self) -> bool:
        """No order is stored yet."""

    def last_night(self) -> date | None:
        """The last night that was finished."""

    def import_bundle(self, stream: BinaryIO, *, on: date) -> object:
        """Import one bundle, all or nothing. The stream can be read again from the start."""

    def simulate(self, *, start: date, through: date, declines: int, seed: int, on_night: OnNight) -> Counts:
        """For each date: ship and invoice what may ship, then that night; ``on_night`` hears of each.

        Counts are the sums of what the jobs count. A decline hangs on the seed, the payment and the try,
        never on how the nights are cut into calls: the same seed gives the same club however they are.
        """

    def next_shipment(self, reference: str, *, on: date) -> NextShipment | None:
        """None when nothing more is to come that could still be changed."""

    def accept(self, reference: str, *, on: date, by: str, reason: str) -> object: ...

    def hold(self, reference: str, *, code: str | None, on: date, by: str, reason: str) -> object:
        """Hold the order; ``code``: a hold code of the bundle."""

    def release(self, reference: str, *, catch_up: str | None, on: date, by: str, reason: str) -> object:
        """Release all holds; ``catch_up`` None is the program's own."""

    def skip(self, reference: str, *, shipment: int, on: date, by: str, reason: str) -> object: ...

    def move(self, reference: str, *, shipment: int, to: date, on: date, by: str, reason: str) -> object:
        """This shipment alone."""

    def cancel(self, reference: str, *, code: str | None, on: date, by: str, reason: str) -> object:
        """Cancel the order; ``code``: a reason code of the bundle."""

    def send_ordinary(self, reference: str, *, on: date, by: str, reason: str) -> object:
        """Ship and invoice the ordinary lines of the parent order."""

    def store_card(self, account: str, card: Mapping[str, Any], *, on: date, by: str, reason: str) -> object:
        """Store a card of the bundle's form; it takes over where the member's card is expired or refused."""

    def figures(self) -> Sequence[ProgramFigures]:
        """The table, a line a program."""

    def check_once(self) -> Once:
        """Nothing shipped or charged twice, nothing due missed."""

    def examples(self) -> Sequence[Example]:
        """At least one order of each kind that there is."""
