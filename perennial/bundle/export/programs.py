"""Programs as a bundle carries them, with their older revisions and their draft."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from perennial.bundle.export.setup import anchor, day
from perennial.catalog.models import DateInterval
from perennial.kernel import money
from perennial.programs.facts import read_facts
from perennial.programs.models import Program, ProgramRevision
from perennial.programs.values import EventFacts, EventProductFacts, ProgramFacts

Document = dict[str, Any]


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
            document |= header(facts[shown.pk])
            document["events"] = entries(facts[shown.pk], currency, None)
            _removed(document, facts[shown.pk], currency)
            document["revision"] = shown.number
            document["release"] = shown.released
            document["apply"] = shown.apply
        document["revisions"] = [_revision(row, facts[row.pk], currency, intervals, old=True) for row in released[:-1]]
        document["draft"] = None
        if draft is not None and draft is not shown:
            document["draft"] = _revision(draft, facts[draft.pk], currency, None, old=False)
        document |= {
            "current_event": program.current_event_id,
            "current_repetition": program.current_repetition,
            "current_key": program.current_key,
            "current_since": day(program.current_since),
        }
        yield document


def _revision(row: ProgramRevision, facts: ProgramFacts, currency: str, intervals: Any, *, old: bool) -> Document:
    document: Document = {"revision": row.number}
    if old:
        document["apply"] = row.apply
    document |= header(facts)
    document["events"] = entries(facts, currency, intervals)
    _removed(document, facts, currency)
    return document


def header(facts: ProgramFacts) -> Document:
    """The header of a revision."""
    return {
        "started_on": day(facts.started_on),
        "order_start": facts.order_start,
        "bill_upfront": facts.bill_upfront,
        "consolidate": facts.consolidate,
        "catch_up": facts.catch_up,
        "prompt_for_start_date": facts.prompt_for_start_date,
        "prompt_for_payment_schedule": facts.prompt_for_payment_schedule,
        "payment_schedule": facts.payment_schedule,
        "valid_payment_schedules": list(facts.valid_payment_schedules),
        "days_after_order_date": facts.days_after_order_date,
    }


def entries(facts: ProgramFacts, currency: str, intervals: Any) -> list[Document]:
    """An entry for each product of each event. ``intervals``: say the rule where it differs from the one of today."""
    return [_entry(e, p, currency, intervals) for e in facts.events for p in e.products]


def _entry(event: EventFacts, product: EventProductFacts | None, currency: str, intervals: Any) -> Document:
    document: Document = {"key": event.key, "event_id": event.event_id}
    if product is not None:
        document |= {
            "item_number": product.item_number,
            "quantity": money.plain(product.quantity),
            "unit": product.unit,
            "price": None if product.price_minor is None else money.text(product.price_minor, currency),
        }
    document |= {
        "delivery_mode": event.delivery_mode,
        "date_interval": event.interval.code if event.interval else None,
        "days_from_last": event.days_from_last,
        "start_order_date": day(event.start_order_date),
        "action": event.action,
        "times_to_repeat": "until_stopped" if event.times_to_repeat is None else event.times_to_repeat,
        "probability": None if event.probability is None else money.plain(event.probability),
        "payment_schedule": event.payment_schedule,
    }
    own = event.interval
    if own is not None and intervals is not None and intervals.get(own.code) != own[1:]:
        document |= {"rule": own.rule, "anchor": anchor(own.anchor)}
    return document


def _removed(document: Document, facts: ProgramFacts, currency: str) -> None:
    """Events that are gone but keep their places: each before the event that it names, or last."""
    if not facts.removed:
        return
    removed = {event.key: event for event in facts.removed}
    found: list[tuple[EventFacts, str | None]] = []
    waiting: list[EventFacts] = []
    for key in facts.walk:
        if key in removed:
            waiting.append(removed[key])
            continue
        found += [(event, key) for event in waiting]
        waiting = []
    found += [(event, None) for event in waiting]
    document["removed_events"] = [
        {**_entry(event, product, currency, {}), "before": before}
        for event, before in found
        for product in event.products or (None,)
    ]
