"""A program as a person or a bundle gives it: header and events, compared by their content.

``field`` says where a value stands in what was given, so that a refusal can name it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from perennial.kernel import plan
from perennial.kernel.calendar import Interval


class Rule(NamedTuple):
    """The interval of an event, whole, as it is kept with every revision."""

    code: str
    rule: str
    anchor: date | None


@dataclass(frozen=True)
class EventProductFacts:
    """One product of an event; ``price_minor`` None: the product's own price on the order date."""

    item_number: str
    quantity: Decimal = Decimal(1)
    unit: str | None = None
    price_minor: int | None = None
    field: str = field(default="", compare=False)


@dataclass(frozen=True)
class EventFacts:
    """One event. ``key`` None: found by its place. ``times_to_repeat`` None: until stopped.

    ``event_id`` None: it was removed from the program and only keeps its place in the walk.
    """

    event_id: int | None
    products: tuple[EventProductFacts, ...]
    key: str | None = None
    days_from_last: int = 0
    interval: Rule | None = None
    start_order_date: date | None = None
    delivery_mode: str | None = None
    payment_schedule: str | None = None
    action: str = "none"
    times_to_repeat: int | None = 0
    probability: Decimal | None = None
    field: str = field(default="", compare=False)

    def planned(self) -> plan.Event:
        """The event as far as its dates ask, without its products."""
        interval = None if self.interval is None else Interval(*self.interval)
        return plan.Event(
            self.key or "",
            self.event_id,
            days_from_last=self.days_from_last,
            interval=interval,
            start_order_date=self.start_order_date,
            action=self.action,
            times_to_repeat=self.times_to_repeat,
        )


@dataclass(frozen=True)
class ProgramFacts:
    """A program whole. ``events`` stand by event id; ``walk`` orders them together with the ``removed`` ones.

    ``name`` and ``active`` belong to the program, all else to its revision.
    """

    schedule_id: str
    events: tuple[EventFacts, ...] = ()
    name: str = field(default="", compare=False)
    active: bool = field(default=True, compare=False)
    started_on: date | None = None
    order_start: str = "first_event"
    bill_upfront: bool = False
    consolidate: bool = False
    catch_up: str = "resume"
    prompt_for_start_date: bool = False
    prompt_for_payment_schedule: bool = False
    payment_schedule: str | None = None
    valid_payment_schedules: tuple[str, ...] = ()
    days_after_order_date: int = 0
    removed: tuple[EventFacts, ...] = field(default=(), compare=False)
    walk: tuple[str, ...] = field(default=(), compare=False)
