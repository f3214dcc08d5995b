"""What the second reading remembers: programs, orders, their shipments, children and payments, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .walk import (
    Event,
    Facts,
    Revision,
)


@dataclass
class Program:
    id: str
    header: dict
    revisions: list[Revision] = field(default_factory=list)
    draft: Revision | None = None
    current: tuple[str, int] | None = None

    def newest(self) -> Revision:
        return self.revisions[-1]

    def revision(self, number: int) -> Revision:
        return self.revisions[number - 1]


@dataclass
class Line:
    item: str
    quantity: Decimal
    price: int
    product_changed: bool = False
    price_changed: bool = False


@dataclass
class Occurrence:
    id: int
    key: str
    repetition: int
    event_on: date
    ship_on: date
    status: str
    lines: list[Line]
    shipment: int | None
    mode: str | None
    schedule: str | None
    past: bool = False
    blocked: str | None = None
    child: Child | None = None

    @property
    def at(self) -> tuple[str, int]:
        return self.key, self.repetition


@dataclass
class Adjustment:
    key: str
    repetition: int
    line: int | None
    kind: str
    value: object
    on: date


@dataclass
class Continuity:
    order: Order
    line: int
    item: str
    program: Program
    revision: Revision
    facts: Facts
    method: str
    card: str | None
    schedule: str | None
    ship_to: object
    chosen: bool = False  # its schedule was named when it was ordered
    status: str = "open"
    line_status: str = "open"
    complete: bool = False
    rows: dict[tuple[str, int], Occurrence] = field(default_factory=dict)
    walk: list[Occurrence] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)

    def frozen(self) -> int:
        """How many occurrences of the walk no plan changes."""
        return max((i for i, row in enumerate(self.walk, 1) if row.child), default=0)

    def event(self, key: str) -> Event:
        """An event as the order's revision has it, or as it last was."""
        return next(
            revision.by_key[key]
            for revision in reversed(self.program.revisions[: self.revision.number])
            if key in revision.by_key
        )

    def open(self) -> list[Occurrence]:
        return [row for row in self.walk if row.status in ("planned", "scheduled")]

    def adjusted(self, at: tuple[str, int], kind: str, line: int | None = None) -> Adjustment | None:
        for one in self.adjustments:
            if (one.key, one.repetition) == at and one.kind == kind and one.line == line:
                return one
        return None

    def adjust(self, at: tuple[str, int], kind: str, value, on: date, line: int | None = None) -> None:
        self.undo(at, kind, line)
        self.adjustments.append(Adjustment(*at, line, kind, value, on))

    def undo(self, at: tuple[str, int], kind: str, line: int | None = None) -> None:
        self.adjustments = [
            one
            for one in self.adjustments
            if not ((one.key, one.repetition) == at and one.kind == kind and one.line == line)
        ]

    def shipment(self, number: int) -> list[Occurrence]:
        return [row for row in self.walk if row.shipment == number]


@dataclass
class Child:
    number: str
    order: Order
    co: Continuity
    shipment: int
    attempt: int
    ship_on: date
    lines: list[tuple[str, Decimal, int]]
    delivery: int
    tax: int
    total: int
    status: str = "open"
    carrier: str | None = None
    tracking: str | None = None
    holds: list[dict] = field(default_factory=list)
    shipped_on: date | None = None
    invoiced_on: date | None = None
    schedule: str | None = None

    def held(self) -> bool:
        return any(hold["released_on"] is None for hold in self.holds)


@dataclass
class Payment:
    owner: str
    order: Order
    co: Continuity | None
    child: Child | None
    purpose: str
    number: int
    method: str
    card: str | None
    amount: int
    due_on: date
    at_invoice: bool
    status: str = "due"
    tries: int = 0
    asked: int = 0
    captured: int = 0
    refunded: int = 0
    invoiced_on: date | None = None
    authorised_on: date | None = None
    tried_on: date | None = None
    lapsed: int = 0
    hard: bool = False


@dataclass
class Ordinary:
    line: int
    item: str
    quantity: Decimal
    price: int
    mode: str | None
    status: str = "open"


@dataclass
class Order:
    number: str
    reference: str | None
    customer: dict
    order_date: date
    status: str
    acceptance: str
    ship_to: object
    facts: dict
    continuity: list[Continuity] = field(default_factory=list)
    ordinary: list[Ordinary] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    holds: list[dict] = field(default_factory=list)
    delivery: int = 0
    tax: int = 0
    total: int = 0

    def held(self) -> bool:
        return any(hold["released_on"] is None for hold in self.holds)

    def stops(self, what: str) -> bool:
        return any(hold["released_on"] is None and hold["stops"] in (what, "both") for hold in self.holds)
