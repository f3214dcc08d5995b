"""Random programs, orders and changes for the walk: small, and nasty on purpose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import strategies as st

from perennial.kernel.calendar import EVERY_DAY, Interval, WorkingDays
from perennial.kernel.plan import Adjustment, Event, EventProduct, Facts, Occurrence, Revision, Step, shipping_events
from tests.worlds.kernel import PRICES, program

ITEMS = sorted(PRICES)
FIRST_DAY, LAST_DAY = date(2023, 12, 1), date(2028, 3, 31)

RULES = (
    ("FIRST", "FREQ=MONTHLY;BYMONTHDAY=1", "2000-01-01"),
    ("LAST", "FREQ=MONTHLY;BYMONTHDAY=-1", "2000-01-01"),
    ("D31", "FREQ=MONTHLY;BYMONTHDAY=31", "2000-01-01"),
    ("MON1", "FREQ=MONTHLY;BYDAY=1MO", "2000-01-01"),
    ("FR2", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "2026-01-07"),
    ("TUTH", "FREQ=WEEKLY;BYDAY=TU,TH", "2000-01-01"),
    ("QUARTER", "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15", "2026-02-01"),
    ("D10", "FREQ=DAILY;INTERVAL=10", "2026-03-05"),
    ("MARCH", "FREQ=YEARLY;BYMONTH=3,9;BYDAY=-1SU", "2000-01-01"),
    ("LATER", "FREQ=MONTHLY;BYMONTHDAY=20", "2027-06-01"),
    ("LEAP", "FREQ=YEARLY", "2024-02-29"),
)
FROM_ORDER = (
    ("OM", "FREQ=MONTHLY"),
    ("OM2", "FREQ=MONTHLY;INTERVAL=2"),
    ("OW", "FREQ=WEEKLY;INTERVAL=3"),
    ("OD", "FREQ=DAILY;INTERVAL=10"),
    ("OY", "FREQ=YEARLY"),
)
INTERVALS = (
    *(Interval(code, rule, date.fromisoformat(anchor)) for code, rule, anchor in RULES),
    *(Interval(code, rule, None) for code, rule in FROM_ORDER),
)
MODES = (
    EVERY_DAY,
    WorkingDays("STD", (1, 2, 3, 4, 5), "US-NY", (date(2026, 12, 24), date(2026, 3, 16))),
    WorkingDays("IT", (1, 2, 3, 4, 5, 6), "IT"),
    WorkingDays("WED", (3,)),
    WorkingDays("FRESH", (2, 4), None, (date(2026, 3, 10), date(2026, 3, 12))),
)

KINDS = ("skip", "move", "redate", "substitute", "price", "quantity", "address")

dates = st.dates(FIRST_DAY, LAST_DAY)


class Case(NamedTuple):
    """A program and an order of it."""

    revision: Revision
    facts: Facts


def _products(draw: st.DrawFn) -> tuple[EventProduct, ...]:
    return tuple(
        EventProduct(
            line,
            draw(st.sampled_from(ITEMS)),
            draw(st.sampled_from((Decimal(1), Decimal(2), Decimal("0.5")))),
            draw(st.none() | st.integers(0, 5000)),
        )
        for line in range(1, draw(st.sampled_from((1, 1, 1, 2))) + 1)
    )


@st.composite
def events(draw: st.DrawFn, key: str, near: date, most: int = 6) -> Event:
    """An event that the rules of a program allow; its start order date, if any, is near a date."""
    interval = draw(st.none() | st.sampled_from(INTERVALS))
    times = draw(st.sampled_from((0, 0, 0, 1, 2, 3, most)))
    lowest = 1 if times and interval is None else 0
    return Event(
        key,
        0,
        _products(draw),
        draw(st.integers(lowest, 45)),
        interval,
        draw(st.none() | st.none() | st.integers(-60, 150).map(lambda n: near + timedelta(n))),
        draw(st.sampled_from(("none",) * 8 + ("skip", "end"))),
        times,
        draw(st.sampled_from(MODES)),
    )


@st.composite
def revisions(draw: st.DrawFn, near: date, keys: str = "ABCDEF", endless: bool = True, most: int = 6) -> Revision:
    """A program of one to five events of which at least one ships; the last may go on until stopped."""
    chosen = keys[: draw(st.integers(1, min(5, len(keys))))]
    made = [draw(events(key, near, most)) for key in chosen]
    if not shipping_events(made):
        made[0] = made[0]._replace(action="none")
    if endless and draw(st.integers(0, 5)) == 0:
        last = shipping_events(made)[-1][0]
        made[last] = made[last]._replace(times_to_repeat=None, days_from_last=max(1, made[last].days_from_last))
    return program(*made, after=draw(st.integers(0, 20)))


@st.composite
def facts(draw: st.DrawFn, revision: Revision, ordered: date, **given: Any) -> Facts:
    """An order of a program made on a day."""
    endless = any(event.times_to_repeat is None for event in revision.events)
    much = draw(st.sampled_from(("all", "all", "duration", "shipments")))
    made = Facts(
        order_date=ordered,
        start_date=draw(st.none() | st.integers(-90, 60).map(lambda n: ordered + timedelta(n))),
        first_event=draw(st.sampled_from((None, None, *(event.key for event in revision.events)))),
        duration=draw(st.integers(1, 4)) if much == "duration" else 0,
        shipments=draw(st.integers(1, 12)) if much == "shipments" else None,
        quantity=draw(st.sampled_from((Decimal(1), Decimal(1), Decimal(3), Decimal("1.5")))),
        threshold=draw(st.none() | st.integers(0, 5)),
        consolidate=draw(st.booleans()),
        upfront=not endless and draw(st.integers(0, 4)) == 0,
        prices=PRICES,
    )
    return made._replace(**given)


@st.composite
def cases(draw: st.DrawFn, endless: bool = True, **given: Any) -> Case:
    """A program and an order of it."""
    ordered = draw(dates)
    revision = draw(revisions(ordered, endless=endless))
    return Case(revision, draw(facts(revision, ordered, **given)))


@st.composite
def adjustments(
    draw: st.DrawFn, planned: tuple[Occurrence, ...], ordered: date, names: tuple[str, ...] = KINDS
) -> list[Adjustment]:
    """What a person changed on some of what is planned, one of a kind and product line."""
    made: dict[tuple[Any, ...], Adjustment] = {}
    if not planned:
        return []
    for _ in range(draw(st.integers(0, 4))):
        o = draw(st.sampled_from(planned))
        kind = draw(st.sampled_from(names))
        line = draw(st.sampled_from([line.line for line in o.lines])) if kind in ("substitute", "price") else 0
        values: dict[str, st.SearchStrategy[Any]] = {
            "skip": st.just(True),
            "move": st.integers(-20, 60).map(_days_behind(o.ship_on)),
            "redate": st.integers(-20, 60).map(_days_behind(o.event_on)),
            "substitute": st.tuples(st.sampled_from(ITEMS), st.none() | st.integers(0, 9000)),
            "price": st.integers(0, 9000),
            "quantity": st.integers(1, 9).map(Decimal),
            "address": st.just("work"),
        }
        value = draw(values[kind])
        together = [p for p in planned if p.shipment == o.shipment] if kind in ("skip", "move") else [o]
        if kind == "redate" and sum(p.shipment == o.shipment for p in planned) > 1:
            continue
        for one in together:
            made[one.key, one.repetition, kind, line] = Adjustment(
                one.key, one.repetition, line, kind, value, "clerk:anna", ordered
            )
    return list(made.values())


def _days_behind(start: date) -> Callable[[int], date]:
    return lambda n: start + timedelta(n)


def cut_at_shipments(planned: tuple[Occurrence, ...]) -> list[int]:
    """Where a frozen part may end: behind the last occurrence of a shipment (all that share one have its child)."""
    last = {o.shipment: at for at, o in enumerate(planned, 1)}
    return [0, *sorted(last.values())]


def as_steps(planned: tuple[Occurrence, ...]) -> list[Step]:
    """Planned occurrences as the kernel's frozen part."""
    return [Step(o.key, o.repetition, o.event_on, o.shipment) for o in planned]


def in_places(old: tuple[Event, ...], live: list[Event]) -> list[Event]:
    """The events of a new revision with the removed ones in their places (right before the first that followed).

    A removed event stands right before the first event that followed it and still exists, else last.
    """
    alive = {event.key for event in live}
    removed = [at for at, event in enumerate(old) if event.key not in alive]
    found = list(live)
    for at in removed:
        follower = next((event.key for event in old[at + 1 :] if event.key in alive), None)
        place = next((i for i, event in enumerate(found) if event.key == follower), len(found))
        found.insert(place, Event(old[at].key, None))
    return found


@st.composite
def changed(draw: st.DrawFn, old: Revision, near: date, upfront: bool = False) -> Revision:
    """A new revision of a program: events put in, removed, placed elsewhere, changed."""
    live = [event for event in old.events if event.event_id is not None]
    ever = {event.key for event in old.events}
    fresh = [key for key in "UVWXYZ" if key not in ever]
    after = old.days_after_order_date
    for _ in range(draw(st.integers(1, 3))):
        what = draw(st.sampled_from(("insert", "remove", "place", "change", "change", "price", "after")))
        at = draw(st.integers(0, len(live) - 1))
        if what == "insert" and fresh:
            live.insert(draw(st.integers(0, len(live))), draw(events(fresh.pop(0), near)))
        elif what == "remove" and len(live) > 1:
            del live[at]
        elif what == "place":
            live.insert(draw(st.integers(0, len(live) - 1)), live.pop(at))
        elif what == "change":
            live[at] = draw(events(live[at].key, near))
        elif what == "price":
            live[at] = live[at]._replace(products=_products(draw))
        elif what == "after":
            after = draw(st.integers(0, 20))
    if not shipping_events(live):
        live[0] = live[0]._replace(action="none")
    shipping = [event for _, event in shipping_events(live)]
    for at, event in enumerate(live):
        if event.times_to_repeat is None and (upfront or event != shipping[-1]):
            live[at] = event._replace(times_to_repeat=2)
    return program(*in_places(old.events, live), after=after, number=old.number + 1)
