"""Which event is which, when a program is given anew. Pure: no rows.

An event has a permanent key that outlives its place. Events are matched by the key that
is given with them, else by event id; a key that no event ever had is a new event; a new event's key is
made of ``E`` and its first event id (docs/contract.md).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from perennial.programs.values import EventFacts


def with_keys(given: Sequence[EventFacts], base: Sequence[EventFacts], ever: Collection[str]) -> tuple[EventFacts, ...]:
    """The given events, each with its key.

    ``base``: the events that they replace; ``ever``: every key that an event of this program ever had.
    """
    claimed = {event.key for event in given if event.key is not None}
    by_place = {event.event_id: event.key for event in base}
    taken = set(ever) | claimed
    made = []
    for event in given:
        key = event.key
        if key is None:
            key = by_place.get(event.event_id)
            if key is None or key in claimed:
                key = _fresh(event.event_id, taken)
            taken.add(key)
            claimed.add(key)
        made.append(replace(event, key=key))
    return tuple(made)


def _fresh(event_id: int | None, taken: Collection[str]) -> str:
    key = stem = f"E{event_id}"
    number = 1
    while key in taken:
        number += 1
        key = f"{stem}-{number}"
    return key


def walk_order(old: Sequence[str], live: Sequence[str]) -> tuple[str, ...]:
    """The order of all events, removed ones in their places.

    ``old``: all keys in their order until now; ``live``: those that the program has now. A removed
    event stands right before the first event that followed it and still exists, else last,
    so that the walk of an order that has had it goes on behind it.
    """
    alive = set(live)
    before: dict[str | None, list[str]] = {}
    waiting: list[str] = []
    for key in old:
        if key in alive:
            before.setdefault(key, []).extend(waiting)
            waiting = []
        else:
            waiting.append(key)
    found: list[str] = []
    for key in live:
        found += [*before.get(key, ()), key]
    return (*found, *waiting)


def renumbered(events: Sequence[EventFacts]) -> tuple[EventFacts, ...]:
    """The events with ids 1, 2, 3 … in the order in which they stand."""
    return tuple(replace(event, event_id=at) for at, event in enumerate(events, 1))


def with_places(events: Sequence[EventFacts]) -> tuple[EventFacts, ...]:
    """The events with the places that a refusal names."""
    return tuple(
        replace(
            event,
            field=f"events[{at}]",
            products=tuple(replace(p, field=f"events[{at}].products[{n}]") for n, p in enumerate(event.products)),
        )
        for at, event in enumerate(events)
    )
