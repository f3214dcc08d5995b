"""A program of a bundle becomes rows: as an edit of the one that exists, or whole with its past where it is new."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from perennial.bundle.reading.programs import ProgramGiven, RevisionGiven
from perennial.db.history import context
from perennial.db.tally import Tally
from perennial.programs.actions import set_program
from perennial.programs.identity import with_keys
from perennial.programs.models import Program
from perennial.programs.values import EventFacts, ProgramFacts
from perennial.programs.writing import Ids, write_revision


def load_program(given: ProgramGiven, *, by: str, on: date, reason: str | None) -> Tally:
    """Make a program as the bundle gives it.

    One that exists gets a new revision if it differs; the older revisions and the run state that the
    bundle may carry are then what it has itself. A new one is written with all of them.
    """
    if not Program.objects.filter(schedule_id=given.facts.schedule_id).exists():
        _whole(given, by=by, on=on, reason=reason)
        return Tally(new=1)
    tally = set_program(program=given.facts, release=given.release, apply=given.apply, by=by, on=on, reason=reason)
    if given.draft is not None:
        draft = replace(given.draft.facts, name=given.facts.name, active=given.facts.active)
        edited = set_program(program=draft, release=False, by=by, on=on, reason=reason)
        if edited.changed and tally.same:
            return edited
    return tally


def _whole(given: ProgramGiven, *, by: str, on: date, reason: str | None) -> None:
    context(by=by, on=on, reason=reason)
    facts = given.facts
    row = Program.objects.create(schedule_id=facts.schedule_id, name=facts.name, active=facts.active)
    if given.current is not None:
        key, place, repetition, since = given.current
        Program.objects.filter(pk=row.pk).update(
            current_key=key, current_event_id=place, current_repetition=repetition, current_since=since
        )
    ids = Ids()
    last = 0
    before: tuple[EventFacts, ...] = ()
    ever: set[str] = set()
    newest = RevisionGiven(given.number, facts, given.apply)
    revisions = [(older, True) for older in given.older] + [(newest, given.release)]
    if given.draft is not None:
        revisions.append((given.draft, False))
    for revision, released in revisions:
        keyed = _keyed(revision.facts, before, ever)
        last = max(revision.number or last + 1, last + 1)
        write_revision(row, last, keyed, ids, released=released, apply=revision.apply)
        before = keyed.events
        ever |= set(keyed.walk)


def _keyed(facts: ProgramFacts, before: tuple[EventFacts, ...], ever: set[str]) -> ProgramFacts:
    events = with_keys(facts.events, before, ever)
    return replace(facts, events=events, walk=facts.walk or tuple(event.key or "" for event in events))
