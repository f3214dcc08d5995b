"""What an action gives back: what was done, what follows from it, what still needs a person. Values, not words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from perennial.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Shown:
    """A shipment as it stands: its day, its state, what it costs with delivery and tax."""

    ship_on: date
    status: str
    amount: Money


@dataclass(frozen=True, slots=True)
class ShipmentChange:
    """A shipment that is not what it was; None: it was not there, or is there no more."""

    order: str
    line: int
    shipment: int
    before: Shown | None
    after: Shown | None


@dataclass(frozen=True, slots=True)
class Follows:
    """What follows from an action: the shipments that changed, and what is to come in all, before and after."""

    shipments: tuple[ShipmentChange, ...]
    to_come_before: Money
    to_come_after: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What every action gives: what follows, the version of the order now, whether it can be taken back, and what was taken
    for what does not come any more.
    """

    follows: Follows | None = None
    version: str | None = None
    can_undo: bool = False
    to_refund: Money | None = None
    to_credit: Money | None = None
