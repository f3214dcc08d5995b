"""Edits of a program: they collect in its draft, until it is released or discarded.

Every edit checks the whole draft, so that what is wrong is said where it was done. Events keep their
keys when they are moved; a removed one keeps a place without a number.

They are for the web application, where events are edited one by one and cell by cell; whoever has only commands gives
the program whole, in a bundle with ``"release": false``. ``version``: the version of the program that the person saw;
a Conflict when somebody changed it meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction

from perennial.catalog.models import DateInterval, DeliveryMode
from perennial.db.history import context
from perennial.errors import Refused
from perennial.kernel import money
from perennial.programs.actions import locked, set_program
from perennial.programs.facts import keys_ever, newest, read_facts
from perennial.programs.identity import renumbered, with_keys, with_places
from perennial.programs.queries import program_by_id
from perennial.programs.values import EventFacts, EventProductFacts, ProgramFacts, Rule

HEADER = (
    "name",
    "started_on",
    "order_start",
    "bill_upfront",
    "consolidate",
    "catch_up",
    "prompt_for_start_date",
    "prompt_for_payment_schedule",
    "payment_schedule",
    "valid_payment_schedules",
    "days_after_order_date",
)
"""What stands in the header of a program; its name needs no release."""
EVENT = (
    "days_from_last",
    "interval",
    "start_order_date",
    "delivery_mode",
    "payment_schedule",
    "action",
    "times_to_repeat",
    "probability",
)
"""The cells of an event, beside its products."""
PRODUCT = ("item_number", "quantity", "price_minor")
MOST_REPEATS = 999
MOST_DAYS = 36_500
"""As many as a bundle takes."""


@transaction.atomic
def edit_draft(
    *,
    schedule_id: str,
    edit: Callable[[ProgramFacts], ProgramFacts],
    by: str,
    on: date | None = None,
    reason: str | None = None,
    version: int | None = None,
) -> ProgramFacts:
    """Change a program's draft; the newest revision is its beginning when there is none yet."""
    context(by=by, reason=reason, on=on)
    row = locked(schedule_id, version)
    released, draft = newest(row.pk)
    base = draft or released
    if base is None:
        raise Refused("program_never_written", "program", program=schedule_id)
    wanted = edit(read_facts([base.pk])[base.pk])
    set_program(program=wanted, release=False, by=by, on=on, reason=reason)
    _, draft = newest(row.pk)
    return read_facts([(draft or base).pk])[(draft or base).pk]


def add_event(
    *,
    schedule_id: str,
    event: EventFacts,
    at: int | None = None,
    by: str,
    reason: str | None = None,
    version: int | None = None,
) -> ProgramFacts:
    """Put a new event into the draft: at the end, or at a place (those behind it move up by one)."""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        return _with(facts, event, at)

    return edit_draft(schedule_id=schedule_id, edit=edit, by=by, reason=reason, version=version)


def _with(facts: ProgramFacts, event: EventFacts, at: int | None) -> ProgramFacts:
    """The program with one more event, at a place or at the end. Refused: there is no such place."""
    place = len(facts.events) if at is None else at - 1
    if not 0 <= place <= len(facts.events):
        raise Refused("number_not_within", "event_id", value=at, low=1, high=len(facts.events) + 1)
    events = list(facts.events)
    events.insert(place, replace(event, key=event.key or _new_key(facts, place + 1)))
    return replace(facts, events=with_places(renumbered(events)))


def _new_key(facts: ProgramFacts, event_id: int) -> str:
    """A key that no event of the program ever had."""
    ever = keys_ever(program_by_id(facts.schedule_id).pk) | {event.key or "" for event in facts.events}
    return with_keys([EventFacts(event_id, ())], (), ever)[0].key or ""


def change_event(
    *, schedule_id: str, key: str, event: EventFacts, by: str, reason: str | None = None, version: int | None = None
) -> ProgramFacts:
    """Change an event of the draft; it keeps its key and its place."""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        at = _at(facts, key)
        events = list(facts.events)
        events[at] = replace(event, key=key, event_id=at + 1)
        return replace(facts, events=with_places(events))

    return edit_draft(schedule_id=schedule_id, edit=edit, by=by, reason=reason, version=version)


def move_event(
    *, schedule_id: str, key: str, to: int, by: str, reason: str | None = None, version: int | None = None
) -> ProgramFacts:
    """Move an event of the draft to another place; the others close up."""
    return edit_draft(
        schedule_id=schedule_id, edit=lambda facts: _moved(facts, key, to), by=by, reason=reason, version=version
    )


def _moved(facts: ProgramFacts, key: str, to: int) -> ProgramFacts:
    if not 1 <= to <= len(facts.events):
        raise Refused("number_not_within", "event_id", value=to, low=1, high=len(facts.events))
    events = list(facts.events)
    events.insert(to - 1, events.pop(_at(facts, key)))
    return replace(facts, events=with_places(renumbered(events)))


def remove_event(
    *, schedule_id: str, key: str, by: str, reason: str | None = None, version: int | None = None
) -> ProgramFacts:
    """Take an event out of the draft; it keeps a place without a number, for the orders that have had it."""
    return edit_draft(
        schedule_id=schedule_id, edit=lambda facts: _without(facts, key), by=by, reason=reason, version=version
    )


def _without(facts: ProgramFacts, key: str) -> ProgramFacts:
    events = list(facts.events)
    events.pop(_at(facts, key))
    return replace(facts, events=with_places(renumbered(events)))


def _at(facts: ProgramFacts, key: str) -> int:
    for at, event in enumerate(facts.events):
        if event.key == key:
            return at
    raise Refused("program_event_unknown", "key", program=facts.schedule_id, key=key)


# What the pages call: what is asked as plain values, and what became of it as plain values, so that the same request is
# answered the same.


def set_header(
    *, schedule_id: str, changes: Mapping[str, Any], version: int | None, by: str, on: date, reason: str | None = None
) -> dict[str, Any]:
    """Change some of the header (names of ``HEADER``), and ``delivery_mode``, that of all events; the rest stays as it is.
    Refused: days out of range.
    """
    wanted = {name: value for name, value in changes.items() if name in HEADER}
    if "days_after_order_date" in wanted:
        _within(wanted["days_after_order_date"], "days_after_order_date", 0, MOST_DAYS)

    def edit(facts: ProgramFacts) -> ProgramFacts:
        events = facts.events
        if "delivery_mode" in changes:
            events = tuple(replace(event, delivery_mode=changes["delivery_mode"]) for event in events)
        return replace(facts, **wanted, events=with_places(events))

    edit_draft(schedule_id=schedule_id, edit=edit, by=by, on=on, reason=reason, version=version)
    return {"program": schedule_id, "changed": tuple(changes)}


def set_event(
    *,
    schedule_id: str,
    key: str,
    changes: Mapping[str, Any],
    products: Mapping[int, Mapping[str, Any]],
    version: int | None,
    by: str,
    on: date,
    reason: str | None = None,
) -> dict[str, Any]:
    """Change some cells of an event; the others stay as they are.

    ``changes``: by name of ``EVENT`` (an interval by its code), and ``days_after_order_date`` of the header.
    ``products``: by place from 0, some of ``PRODUCT``; an item number of nothing takes the product out, a place behind the
    last one adds it. Refused: what no event may be.
    """

    def edit(facts: ProgramFacts) -> ProgramFacts:
        at = _at(facts, key)
        events = list(facts.events)
        changed = replace(events[at], **_cells(changes, at), products=_products(events[at], products, at))
        events[at] = changed
        header = {name: changes[name] for name in changes if name == "days_after_order_date"}
        return replace(facts, **header, events=with_places(events))

    edit_draft(schedule_id=schedule_id, edit=edit, by=by, on=on, reason=reason, version=version)
    return {"program": schedule_id, "event": key}


def _cells(changes: Mapping[str, Any], at: int) -> dict[str, Any]:
    """The cells of the event at a place, checked one by one."""
    wanted = {name: value for name, value in changes.items() if name in EVENT}
    if "days_from_last" in wanted:
        _within(wanted["days_from_last"], f"events[{at}].days_from_last", 0, MOST_DAYS)
    if wanted.get("times_to_repeat") is not None:
        _within(wanted["times_to_repeat"] + 1, f"events[{at}].times_to_repeat", 1, MOST_REPEATS + 1)
    if wanted.get("probability") is not None:
        wanted["probability"] = money.percent(f"{wanted['probability']:f}", field=f"events[{at}].probability")
    if wanted.get("interval") is not None:
        wanted["interval"] = _rule(wanted["interval"], f"events[{at}].interval")
    return wanted


def _products(event: EventFacts, changes: Mapping[int, Mapping[str, Any]], at: int) -> tuple[EventProductFacts, ...]:
    """The products of an event with what differs of them."""
    found: list[EventProductFacts] = []
    for place in range(max(len(event.products), *(number + 1 for number in changes), 0)):
        wanted = {name: value for name, value in changes.get(place, {}).items() if name in PRODUCT}
        if "quantity" in wanted:
            field = f"events[{at}].products[{place}].quantity"
            wanted["quantity"] = money.quantity(f"{wanted['quantity']:f}", field)
        if place < len(event.products):
            found.append(replace(event.products[place], **wanted))
        elif wanted.get("item_number"):
            found.append(EventProductFacts(**wanted))
    return tuple(product for product in found if product.item_number)


def _rule(code: str, field: str) -> Rule:
    """An interval as it is set up, for the draft to keep."""
    found = DateInterval.objects.filter(code=code).first()
    if found is None:
        raise Refused("name_unknown", field, what="date_interval", name=code)
    return Rule(found.code, found.rule, found.anchor)


def _within(number: int, field: str, low: int, high: int) -> None:
    if not low <= number <= high:
        raise Refused("number_not_within", field, value=number, low=low, high=high)


def insert_event(
    *,
    schedule_id: str,
    item: str,
    at: int | None,
    version: int | None,
    by: str,
    on: date,
    reason: str | None = None,
) -> dict[str, Any]:
    """Put a new event of one product into the draft, at the end or at a place. It comes as the one in front of it does:
    so many days or by the same interval, delivered the same way. The first is delivered in the one way that there is in use.
    """
    made = ""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        nonlocal made
        event = EventFacts(None, (EventProductFacts(item),))
        place = len(facts.events) if at is None else at - 1
        if 0 < place <= len(facts.events):
            like = facts.events[place - 1]
            event = replace(
                event,
                interval=like.interval,
                days_from_last=like.days_from_last,
                delivery_mode=like.delivery_mode,
            )
        elif len(modes := DeliveryMode.objects.filter(active=True).values_list("code", flat=True)[:2]) == 1:
            event = replace(event, delivery_mode=modes[0])
        wanted = _with(facts, event, at)
        made = wanted.events[place].key or ""
        return wanted

    edit_draft(schedule_id=schedule_id, edit=edit, by=by, on=on, reason=reason, version=version)
    return {"program": schedule_id, "event": made}


def duplicate_event(
    *, schedule_id: str, key: str, version: int | None, by: str, on: date, reason: str | None = None
) -> dict[str, Any]:
    """Put the same event once more behind itself."""
    made = ""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        nonlocal made
        at = _at(facts, key)
        wanted = _with(facts, replace(facts.events[at], key=None), at + 2)
        made = wanted.events[at + 1].key or ""
        return wanted

    edit_draft(schedule_id=schedule_id, edit=edit, by=by, on=on, reason=reason, version=version)
    return {"program": schedule_id, "event": made}


def put_event(
    *, schedule_id: str, key: str, to: int, version: int | None, by: str, on: date, reason: str | None = None
) -> dict[str, Any]:
    """Move an event to a place. Gives the place at which it stood, for ``bring_back_event``."""
    at = 0

    def edit(facts: ProgramFacts) -> ProgramFacts:
        nonlocal at
        at = _at(facts, key) + 1
        return _moved(facts, key, to)

    edit_draft(schedule_id=schedule_id, edit=edit, by=by, on=on, reason=reason, version=version)
    return {"program": schedule_id, "event": key, "to": to, "at": at}


def take_out_event(
    *, schedule_id: str, key: str, version: int | None, by: str, on: date, reason: str | None = None
) -> dict[str, Any]:
    """Take an event out, as ``remove_event``. Gives the place at which it stood, for ``bring_back_event``."""
    at = 0

    def edit(facts: ProgramFacts) -> ProgramFacts:
        nonlocal at
        at = _at(facts, key) + 1
        return _without(facts, key)

    edit_draft(schedule_id=schedule_id, edit=edit, by=by, on=on, reason=reason, version=version)
    return {"program": schedule_id, "event": key, "at": at}


def bring_back_event(
    *, schedule_id: str, key: str, at: int, version: int | None, by: str, on: date, reason: str | None = None
) -> dict[str, Any]:
    """Bring an event of the draft back to the place where it stood before it was moved or taken out. Refused: it was none
    of it.
    """

    def edit(facts: ProgramFacts) -> ProgramFacts:
        gone = next((event for event in facts.removed if event.key == key), None)
        if gone is None:
            return _moved(facts, key, min(max(at, 1), len(facts.events)))
        return _with(facts, gone, min(max(at, 1), len(facts.events) + 1))

    edit_draft(schedule_id=schedule_id, edit=edit, by=by, on=on, reason=reason, version=version)
    return {"program": schedule_id, "event": key}
