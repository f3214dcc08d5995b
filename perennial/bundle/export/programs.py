"""Programs as a bundle carries them, with their older revisions and their draft."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from perennial.bundle.export.setup import anchor, day
from perennial.catalog.models import DateInterval
from perennial.desk.contract import Document
from perennial.desk.program_document import entry_json, revision_json
from perennial.programs.facts import read_facts
from perennial.programs.models import Program, ProgramRevision
from perennial.programs.values import EventFacts, ProgramFacts

Intervals = Mapping[str, tuple[str, date | None]]
"""The rule and the anchor of each date interval, by its code."""


def programs(currency: str) -> Iterator[Document]:
    """The programs: the newest released revision, the older ones behind it, the draft, where they stand today."""
    intervals = {row.code: (row.rule, row.anchor) for row in DateInterval.objects.all()}
    for program in Program.objects.order_by("schedule_id"):
        rows = list(ProgramRevision.objects.filter(program=program).order_by("number"))
        facts = read_facts(row.pk for row in rows)
        released = [row for row in rows if row.released]
        draft = next((row for row in rows if not row.released), None)
        shown = released[-1] if released else draft
        document: Document = {"schedule_id": program.schedule_id, "name": program.name, "active": program.active}
        if shown is not None:
            document |= _revision(facts[shown.pk], currency)
            document |= {"revision": shown.number, "release": shown.released, "apply": shown.apply}
        document["revisions"] = [
            {"revision": row.number, "apply": row.apply, **_revision(facts[row.pk], currency, intervals)}
            for row in released[:-1]
        ]
        document["draft"] = None
        if draft is not None and draft is not shown:
            document["draft"] = {"revision": draft.number, **_revision(facts[draft.pk], currency)}
        document |= {
            "current_event": program.current_event_id,
            "current_repetition": program.current_repetition,
            "current_key": program.current_key,
            "current_since": day(program.current_since),
        }
        yield document


def _revision(facts: ProgramFacts, currency: str, intervals: Intervals | None = None) -> Document:
    """A revision; of an older one (``intervals``) also the rules that are others today."""
    schedules = list(facts.valid_payment_schedules)
    document = {**revision_json(facts, currency), "valid_payment_schedules": schedules}
    if intervals is not None:
        events = (event for event in facts.events for _ in event.products)
        for event, entry in zip(events, document["events"], strict=True):
            entry |= _own_rule(event, intervals)
    if facts.removed:
        document["removed_events"] = list(_removed(facts, currency))
    return document


def _own_rule(event: EventFacts, intervals: Intervals) -> Document:
    own = event.interval
    if own is None or intervals.get(own.code) == own[1:]:
        return {}
    return {"rule": own.rule, "anchor": anchor(own.anchor)}


def _removed(facts: ProgramFacts, currency: str) -> Iterator[Document]:
    """Events that are gone but keep their places: each before the event that it names, or last."""
    removed = {event.key: event for event in facts.removed}
    before = None
    places: dict[str | None, str | None] = {}
    for key in reversed(facts.walk):
        if key in removed:
            places[key] = before
        else:
            before = key
    for key in facts.walk:
        if (event := removed.get(key)) is not None:
            for product in event.products or (None,):
                entry = entry_json(event, product, currency)
                yield {**entry, **_own_rule(event, {}), "before": places[key]}
