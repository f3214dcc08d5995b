"""Edits of a program: they collect in its draft, until it is released or discarded.

Every edit checks the whole draft, so that what is wrong is said where it was done. Events keep their
keys when they are moved; a removed one keeps a place without a number.

No command calls these yet: whoever has only commands gives the program whole, in a bundle with
``"release": false``. They are for the web application, where events are edited one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.db import transaction

from perennial.db.history import context
from perennial.errors import Refused
from perennial.programs.actions import locked, set_program
from perennial.programs.facts import keys_ever, newest, read_facts
from perennial.programs.identity import renumbered, with_keys, with_places
from perennial.programs.queries import program_by_id
from perennial.programs.values import EventFacts, ProgramFacts


@transaction.atomic
def edit_draft(
    *,
    schedule_id: str,
    edit: Callable[[ProgramFacts], ProgramFacts],
    by: str,
    reason: str | None = None,
    version: int | None = None,
) -> ProgramFacts:
    """Change a program's draft; the newest revision is its beginning when there is none yet.

    ``version``: the version that the person saw; refused when somebody changed the program meanwhile.
    """
    context(by=by, reason=reason)
    row = locked(schedule_id, version)
    released, draft = newest(row.pk)
    base = draft or released
    if base is None:
        raise Refused("program_never_written", "program", program=schedule_id)
    wanted = edit(read_facts([base.pk])[base.pk])
    set_program(program=wanted, release=False, by=by, reason=reason)
    _, draft = newest(row.pk)
    return read_facts([(draft or base).pk])[(draft or base).pk]


def add_event(
    *, schedule_id: str, event: EventFacts, at: int | None = None, by: str, reason: str | None = None
) -> ProgramFacts:
    """Put a new event into the draft: at the end, or at a place (those behind it move up by one)."""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        place = len(facts.events) if at is None else at - 1
        if not 0 <= place <= len(facts.events):
            raise Refused("number_not_within", "event_id", value=at, low=1, high=len(facts.events) + 1)
        events = list(facts.events)
        key = event.key or _new_key(facts, place + 1)
        events.insert(place, replace(event, key=key))
        return replace(facts, events=with_places(renumbered(events)))

    return edit_draft(schedule_id=schedule_id, edit=edit, by=by, reason=reason)


def _new_key(facts: ProgramFacts, event_id: int) -> str:
    """A key that no event of the program ever had."""
    ever = keys_ever(program_by_id(facts.schedule_id).pk) | {event.key or "" for event in facts.events}
    return with_keys([EventFacts(event_id, ())], (), ever)[0].key or ""


def change_event(*, schedule_id: str, key: str, event: EventFacts, by: str, reason: str | None = None) -> ProgramFacts:
    """Change an event of the draft; it keeps its key and its place."""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        at = _at(facts, key)
        events = list(facts.events)
        events[at] = replace(event, key=key, event_id=at + 1)
        return replace(facts, events=with_places(events))

    return edit_draft(schedule_id=schedule_id, edit=edit, by=by, reason=reason)


def move_event(*, schedule_id: str, key: str, to: int, by: str, reason: str | None = None) -> ProgramFacts:
    """Move an event of the draft to another place; the others close up."""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        if not 1 <= to <= len(facts.events):
            raise Refused("number_not_within", "event_id", value=to, low=1, high=len(facts.events))
        events = list(facts.events)
        events.insert(to - 1, events.pop(_at(facts, key)))
        return replace(facts, events=with_places(renumbered(events)))

    return edit_draft(schedule_id=schedule_id, edit=edit, by=by, reason=reason)


def remove_event(*, schedule_id: str, key: str, by: str, reason: str | None = None) -> ProgramFacts:
    """Take an event out of the draft; it keeps a place without a number, for the orders that have had it."""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        events = list(facts.events)
        events.pop(_at(facts, key))
        return replace(facts, events=with_places(renumbered(events)))

    return edit_draft(schedule_id=schedule_id, edit=edit, by=by, reason=reason)


def _at(facts: ProgramFacts, key: str) -> int:
    for at, event in enumerate(facts.events):
        if event.key == key:
            return at
    raise Refused("program_event_unknown", "key", program=facts.schedule_id, key=key)
