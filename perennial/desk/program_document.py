"""The JSON of programs: their revisions and events, as ``docs/contract.md`` has it."""

from __future__ import annotations

from perennial.desk.contract import Document, day_json
from perennial.desk.read.program import Program
from perennial.kernel import money
from perennial.programs.values import EventFacts, EventProductFacts, ProgramFacts


def program_json(program: Program) -> Document:
    """A program as it is for new orders, the event that is current, and the draft of its edits.

    A program that was never released shows its draft.
    """
    newest, draft = program.newest, program.draft
    shown = newest or draft
    event_id, repetition = program.current or (None, None)
    return {
        "schedule_id": program.schedule_id,
        "name": program.name,
        "active": program.active,
        **(revision_json(shown.facts, program.currency) if shown else {}),
        "current_event": event_id,
        "current_repetition": repetition,
        "revision": newest.number if newest else None,
        "draft": {"revision": draft.number, **revision_json(draft.facts, program.currency)} if draft else None,
    }


def revision_json(facts: ProgramFacts, currency: str) -> Document:
    """One revision whole: its header and its events, an entry for each product of an event."""
    return {
        "started_on": day_json(facts.started_on),
        "order_start": facts.order_start,
        "bill_upfront": facts.bill_upfront,
        "consolidate": facts.consolidate,
        "catch_up": facts.catch_up,
        "prompt_for_start_date": facts.prompt_for_start_date,
        "prompt_for_payment_schedule": facts.prompt_for_payment_schedule,
        "payment_schedule": facts.payment_schedule,
        "valid_payment_schedules": sorted(facts.valid_payment_schedules),
        "days_after_order_date": facts.days_after_order_date,
        "events": [entry_json(event, product, currency) for event in facts.events for product in event.products],
    }


def entry_json(event: EventFacts, product: EventProductFacts | None, currency: str) -> Document:
    """A product of an event; None: the event is gone, and had none."""
    sold: Document = {}
    if product is not None:
        sold = {
            "item_number": product.item_number,
            "quantity": money.plain(product.quantity),
            "unit": product.unit,
            "price": None if product.price_minor is None else money.text(product.price_minor, currency),
        }
    return {
        "key": event.key,
        "event_id": event.event_id,
        **sold,
        "delivery_mode": event.delivery_mode,
        "date_interval": event.interval.code if event.interval else None,
        "days_from_last": event.days_from_last,
        "start_order_date": day_json(event.start_order_date),
        "action": event.action,
        "times_to_repeat": "until_stopped" if event.times_to_repeat is None else event.times_to_repeat,
        "probability": None if event.probability is None else money.plain(event.probability),
        "payment_schedule": event.payment_schedule,
    }
