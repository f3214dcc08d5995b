"""What differs from one revision of a program to another, as values: pages say it in words, a change preview counts with it.

Events are known by their key, so one that was moved is not one that went and another that came. Nothing differs exactly
where the facts are equal. Pure: no rows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from perennial.programs.values import EventFacts, EventProductFacts, ProgramFacts

ADDED, REMOVED, MOVED, CHANGED, HEADER = "added", "removed", "moved", "changed", "header"
PRODUCT_ADDED, PRODUCT_REMOVED = "product_added", "product_removed"
_OF_THE_HEADER = tuple(
    one.name for one in fields(ProgramFacts) if one.compare and one.name not in ("schedule_id", "events")
)
WHEN = "when"
"""The field of an event that says when it comes: a pair, the days from the one before and the interval."""
_TIMES = ("days_from_last", "interval")
_OF_AN_EVENT = tuple(
    one.name for one in fields(EventFacts) if one.compare and one.name not in ("event_id", "products", "key", *_TIMES)
)
_OF_A_PRODUCT = tuple(one.name for one in fields(EventProductFacts) if one.compare)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was.

    ``kind``: ``header`` (a field of the program), ``added``, ``removed``, ``moved`` (an event), ``changed`` (a field of an
    event, or of one of its products), ``product_added``, ``product_removed``. ``event_before`` and ``event_after``: its event id
    there and there. ``place``: which product of the event, from 0; ``item``: the product that it is now, or was.
    """

    kind: str
    key: str | None = None
    event_before: int | None = None
    event_after: int | None = None
    field: str | None = None
    before: Any = None
    after: Any = None
    place: int | None = None
    item: str | None = None


def differences(before: ProgramFacts, after: ProgramFacts) -> tuple[Difference, ...]:
    """What differs: of the header first, then event by event as they stand afterwards, then what is gone."""
    return tuple(_differences(before, after))


def _differences(before: ProgramFacts, after: ProgramFacts) -> Iterator[Difference]:
    for name in _OF_THE_HEADER:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Difference(HEADER, field=name, before=old, after=new)
    was = {event.key: event for event in before.events}
    now = {event.key: event for event in after.events}
    moved = _moved([event.key for event in before.events], [event.key for event in after.events])
    for event in after.events:
        old_event = was.get(event.key)
        if old_event is None:
            yield Difference(
                ADDED, event.key, event_after=event.event_id, after=event, item=event.products[0].item_number
            )
            continue
        places = (event.key, old_event.event_id, event.event_id)
        if event.key in moved:
            yield Difference(MOVED, *places, item=event.products[0].item_number)
        yield from _of_event(old_event, event, places)
    for event in before.events:
        if event.key not in now:
            yield Difference(
                REMOVED, event.key, event_before=event.event_id, before=event, item=event.products[0].item_number
            )


def _of_event(
    before: EventFacts, after: EventFacts, places: tuple[str | None, int | None, int | None]
) -> Iterator[Difference]:
    old_when, new_when = ((one.days_from_last, one.interval) for one in (before, after))
    if old_when != new_when:
        yield Difference(CHANGED, *places, WHEN, old_when, new_when)
    for name in _OF_AN_EVENT:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Difference(CHANGED, *places, name, old, new)
    for place in range(max(len(before.products), len(after.products))):
        if place >= len(before.products):
            added = after.products[place]
            yield Difference(PRODUCT_ADDED, *places, after=added, place=place, item=added.item_number)
        elif place >= len(after.products):
            gone = before.products[place]
            yield Difference(PRODUCT_REMOVED, *places, before=gone, place=place, item=gone.item_number)
        else:
            one, other = before.products[place], after.products[place]
            for name in _OF_A_PRODUCT:
                old, new = getattr(one, name), getattr(other, name)
                if old != new:
                    yield Difference(CHANGED, *places, name, old, new, place, other.item_number)


def _moved(before: Sequence[str | None], after: Sequence[str | None]) -> set[str | None]:
    """The keys that were moved: as few as explain the new order of those that both have."""
    at = {key: number for number, key in enumerate(before)}
    both = [key for key in after if key in at]
    ends: list[int] = []  # of runs that keep their order, by length
    chains: list[tuple[str | None, ...]] = []
    for key in both:
        place = bisect_left(ends, at[key])
        chain = (*(chains[place - 1] if place else ()), key)
        ends[place : place + 1] = [at[key]]
        chains[place : place + 1] = [chain]
    return set(both) - set(chains[-1] if chains else ())
