"""What set-up is made of, as a person or a bundle gives it: plain values, compared by their content.

``field`` says where a value stands in what was given, so that a refusal can name it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class ModeFacts:
    """A delivery mode: what it costs, on which days it sends parcels off."""

    code: str
    name: str = ""
    charge_minor: int = 0
    tax_group: str | None = None
    working_days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    holidays: str | None = None
    closed_on: tuple[date, ...] = ()
    active: bool = True


@dataclass(frozen=True)
class RateFacts:
    """The percentage of a tax group in a country, or in one region of it, from a date on."""

    group: str
    country: str
    percent: Decimal
    region: str | None = None
    valid_from: date | None = None


@dataclass(frozen=True)
class TariffFacts:
    """A tariff, as a bundle carries it: of its delivery modes the charge and the tax group count. ``as_set_up``: it is that
    of what is set up, so nothing else is said of it.
    """

    number: int
    prices_include_tax: bool = False
    rates: tuple[RateFacts, ...] = ()
    charges: tuple[ModeFacts, ...] = ()
    as_set_up: bool = False
    applied_on: date | None = None
    applied_by: str | None = None
    applied_because: str | None = None
    field: str = field(default="", compare=False)


@dataclass(frozen=True)
class IntervalFacts:
    """A recurrence rule; ``anchor`` None: it counts from the order's first event."""

    code: str
    rule: str
    anchor: date | None
    name: str = ""


@dataclass(frozen=True)
class ScheduleFacts:
    """How an amount is spread over time; ``lines`` are (after, percent) of a ``specified`` one."""

    name: str
    allocation: str
    unit: str
    every: int = 1
    after: int = 0
    number_of_payments: int = 1
    amount_minor: int | None = None
    lines: tuple[tuple[int, Decimal], ...] = ()


@dataclass(frozen=True)
class ProductFacts:
    """Something that is sold. ``prices`` are (from, minor units); with a ``program`` it stands for that
    program, ships nothing itself and has no price."""

    number: str
    name: str = ""
    tax_group: str | None = None
    prices: tuple[tuple[date | None, int], ...] = ()
    program: str | None = None
    event_duration: int = 0
    shipments: int | None = None
    active: bool = True
    field: str = field(default="", compare=False)

    @property
    def kind(self) -> str:
        """``continuity`` when it stands for a program, else ``item``."""
        return "item" if self.program is None else "continuity"
