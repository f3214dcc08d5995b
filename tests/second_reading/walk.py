"""The walk through a program, read a second time: which (event, repetition) comes, and on which day.

Nothing here knows of orders, children or money; it turns a revision, the facts of an order and what is kept
into the steps behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count

import holidays
from dateutil.relativedelta import relativedelta
from dateutil.rrule import rrulestr

ENDLESS = float("inf")


@dataclass(frozen=True)
class Interval:
    code: str
    rule: str
    anchor: str  # a date, or 'order'


@dataclass(frozen=True)
class Product:
    item: str
    quantity: Decimal
    price: int | None


@dataclass(frozen=True)
class Event:
    key: str
    place: int
    mode: str | None
    interval: Interval | None
    days: int
    start: date | None
    action: str
    repeats: float  # ENDLESS: until stopped
    schedule: str | None
    products: tuple[Product, ...]


@dataclass
class Revision:
    number: int
    header: dict
    events: list[Event]
    places: list[str]  # the keys of all revisions so far, removed ones where they keep a place
    apply: bool = True
    by_key: dict[str, Event] = field(init=False)

    def __post_init__(self):
        self.by_key = {event.key: event for event in self.events}

    def place(self, key: str) -> int:
        return self.places.index(key)

    def end(self) -> int:
        """The place of the lowest event that ends the program; behind it nothing comes."""
        ends = [self.place(event.key) for event in self.events if event.action == "end"]
        return min(ends, default=len(self.places))

    def comes(self, key: str) -> bool:
        event = self.by_key.get(key)
        return event is not None and event.action != "skip" and self.place(key) <= self.end()


def places_after(old: list[str], new: list[str]) -> list[str]:
    """A removed event stands right before the first event that followed it and still exists, else last."""
    places, waiting = list(new), []
    for key in old:
        if key in new:
            at = places.index(key)
            places[at:at] = waiting
            waiting = []
        else:
            waiting.append(key)
    return places + waiting


# --- days


@cache
def _rule(rule: str, anchor: str):
    return rrulestr(rule, dtstart=datetime.fromisoformat(anchor), cache=True)


def _grid(rule: str, first: date, after: date) -> date:
    parts = dict(part.split("=") for part in rule.split(";"))
    step = int(parts.get("INTERVAL", 1))
    unit = {"DAILY": "days", "WEEKLY": "weeks", "MONTHLY": "months", "YEARLY": "years"}[parts["FREQ"]]
    for k in count(1):
        day = first + relativedelta(**{unit: k * step})
        if day > after:
            return day
    raise AssertionError


def on_interval(interval: Interval, day: date, inclusive: bool, first: date | None) -> date:
    """The first day of the interval after the day given (on or after it, when inclusive)."""
    if interval.anchor == "order":
        assert first is not None
        return _grid(interval.rule, first, day)
    found = _rule(interval.rule, interval.anchor).after(datetime.combine(day, datetime.min.time()), inc=inclusive)
    assert found is not None, f"no date: {interval} after {day}"
    return found.date()


@cache
def _holidays(where: str):
    country, _, region = where.partition("-")
    return holidays.country_holidays(country, subdiv=region or None)


@dataclass(frozen=True)
class Mode:
    working_days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    holidays: str | None = None
    closed_on: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        return (
            day.isoweekday() in self.working_days
            and day not in self.closed_on
            and not (self.holidays and day in _holidays(self.holidays))
        )

    def roll(self, day: date) -> date:
        while not self.works(day):
            day += timedelta(1)
        return day


def days(number: int) -> timedelta:
    return timedelta(days=number)


# --- the walk


@dataclass
class Facts:
    """What planning asked on the day the order was made."""

    order_date: date
    start_date: date | None
    order_start: str
    first_key: str | None
    duration: int
    shipments: int | None
    quantity: Decimal
    threshold: int | None
    consolidate: bool
    upfront: bool
    prices: dict[str, int]
    last_shipment: int | None = None  # a person said: that shipment is the last


def sequence(revision: Revision, facts: Facts, kept: list[tuple[str, int]]):
    """(event, repetition) behind what is kept, without any threshold; it may go on for ever."""
    held = set(kept)
    seen = {key for key, _ in kept}
    if kept:
        key, repetition = kept[-1]
        if revision.comes(key):
            yield from _repeats(revision.by_key[key], repetition + 1, held)
        start = revision.place(key) + 1
    elif facts.order_start == "current_event" and facts.first_key is not None:
        start = revision.place(facts.first_key)
    else:
        start = 0
    for key in revision.places[start:]:
        if not revision.comes(key):
            continue
        if key not in seen:
            if facts.duration and len(seen) >= facts.duration:
                continue
            seen.add(key)
        yield from _repeats(revision.by_key[key], 0, held)


def _repeats(event: Event, start: int, held: set[tuple[str, int]]):
    repetitions = count(start) if event.repeats == ENDLESS else range(start, int(event.repeats) + 1)
    for repetition in repetitions:
        if (event.key, repetition) not in held:
            yield event, repetition


def first_date(revision: Revision, facts: Facts, event: Event) -> date:
    if event.start:
        return event.start
    day = (facts.start_date or facts.order_date) + days(revision.header["days_after_order_date"])
    if facts.order_start == "first_event" and event.interval and event.interval.anchor != "order":
        return on_interval(event.interval, day, True, None)
    return day


def next_date(event: Event, repetition: int, previous: date, first: date) -> date:
    if repetition == 0 and event.start:
        return max(event.start, previous)
    if event.interval:
        return on_interval(event.interval, previous, False, first)
    return previous + days(event.days)


@dataclass
class Step:
    event: Event
    repetition: int
    event_on: date
    past: bool  # shares the consolidated shipment

    @property
    def at(self) -> tuple[str, int]:
        return self.event.key, self.repetition


def threshold_of(facts: Facts, event: Event) -> float:
    if facts.upfront:
        return ENDLESS
    if facts.threshold is None:
        return 3 if event.repeats == ENDLESS else ENDLESS
    return facts.threshold


def batch_of(facts: Facts) -> int:
    """max(threshold, 1); 3 where none is set (only what goes on until stopped is then extended)."""
    return max(3 if facts.threshold is None else facts.threshold, 1)


def walk(
    revision: Revision,
    facts: Facts,
    kept: list[tuple[tuple[str, int], date]],
    cap,
    redated: dict[tuple[str, int], date],
):
    """The steps behind what is kept [(at, event_on)], and whether planning is complete with them.

    `cap(event)` is the highest repetition that may be planned of an event; `redated` what a person gave.
    """
    steps: list[Step] = []
    first = kept[0][1] if kept else None
    previous = kept[-1][1] if kept else None
    beyond = False
    for event, repetition in sequence(revision, facts, [at for at, _ in kept]):
        if facts.shipments is not None and len(kept) + len(steps) >= facts.shipments:
            return steps, True
        day = first_date(revision, facts, event) if previous is None else next_date(event, repetition, previous, first)
        asked = redated.get((event.key, repetition))
        if asked is not None:
            day = asked if previous is None else max(asked, previous)
        past = facts.consolidate and day < facts.order_date
        over = repetition > cap(event)
        if past:
            beyond = beyond or over
        elif over or beyond:
            return steps, False
        steps.append(Step(event, repetition, day, past))
        previous = day
        first = first or day
    return steps, True


def calendar(revision: Revision, started_on: date, until: date) -> tuple[Event, int] | None:
    """The event that is current on a day, and which of its repetitions (the program's own calendar)."""
    facts = Facts(started_on, None, "first_event", None, 0, None, Decimal(1), None, False, False, {})
    header = {**revision.header, "days_after_order_date": 0}
    revision = Revision(revision.number, header, revision.events, revision.places)
    current = first = previous = None
    for event, repetition in sequence(revision, facts, []):
        day = first_date(revision, facts, event) if previous is None else next_date(event, repetition, previous, first)
        if current is not None and day > until:
            break
        current = event, repetition
        if day > until:
            break
        previous = day
        first = first or day
    return current
