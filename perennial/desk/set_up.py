"""Programs and customers in the words of the bundle."""

from __future__ import annotations

from datetime import date

from perennial.catalog.queries import currency, set_up
from perennial.customers.search import customers_with, read_words, terms_of
from perennial.db.pages import Page
from perennial.desk.contract import Document, customer_json
from perennial.desk.read.customer import customers
from perennial.errors import Refused
from perennial.kernel import money
from perennial.kernel.plan import current_event
from perennial.programs.models import Program, ProgramEvent, ProgramEventProduct, ProgramRevision
from perennial.programs.queries import load_revisions, program_by_id


def revision_document(revision: ProgramRevision, in_currency: str) -> Document:
    """One revision whole: its header and its events, an entry for each product of an event."""
    events = revision.events.filter(event_id__isnull=False).order_by("event_id")
    return {
        "started_on": _day(revision.started_on),
        "order_start": revision.order_start,
        "bill_upfront": revision.bill_upfront,
        "consolidate": revision.consolidate,
        "catch_up": revision.catch_up,
        "prompt_for_start_date": revision.prompt_for_start_date,
        "prompt_for_payment_schedule": revision.prompt_for_payment_schedule,
        "payment_schedule": revision.payment_schedule.name if revision.payment_schedule else None,
        "valid_payment_schedules": list(
            revision.valid_schedules.order_by("schedule__name").values_list("schedule__name", flat=True)
        ),
        "days_after_order_date": revision.days_after_order_date,
        "events": [
            _entry(event, product, in_currency)
            for event in events.select_related("delivery_mode", "payment_schedule").prefetch_related(
                "products__product"
            )
            for product in sorted(event.products.all(), key=lambda p: p.line)
        ],
    }


def _entry(event: ProgramEvent, product: ProgramEventProduct, in_currency: str) -> Document:
    return {
        "key": event.key,
        "event_id": event.event_id,
        "item_number": product.product.number,
        "quantity": money.plain(product.quantity),
        "unit": product.unit,
        "price": None if product.price_minor is None else money.text(product.price_minor, in_currency),
        "delivery_mode": event.delivery_mode.code if event.delivery_mode else None,
        "date_interval": event.interval_code,
        "days_from_last": event.days_from_last,
        "start_order_date": _day(event.start_order_date),
        "action": event.action,
        "times_to_repeat": "until_stopped" if event.times_to_repeat is None else event.times_to_repeat,
        "probability": None if event.probability is None else money.plain(event.probability),
        "payment_schedule": event.payment_schedule.name if event.payment_schedule else None,
    }


def program_document(schedule_id: str, on: date) -> Document:
    """A program as it is for new orders, the event that is current on a date, and the draft of its edits.

    A program that was never released shows its draft.
    """
    program = program_by_id(schedule_id)
    revisions = ProgramRevision.objects.filter(program=program).select_related("payment_schedule")
    newest = revisions.filter(released=True).order_by("-number").first()
    draft = revisions.filter(released=False).first()
    in_currency = currency()
    shown = newest or draft
    event_id, repetition = (None, None) if newest is None else _current(program, newest, on)
    document: Document = {"schedule_id": program.schedule_id, "name": program.name, "active": program.active}
    document |= revision_document(shown, in_currency) if shown else {}
    document |= {
        "current_event": event_id,
        "current_repetition": repetition,
        "revision": newest.number if newest else None,
        "draft": {"revision": draft.number, **revision_document(draft, in_currency)} if draft else None,
    }
    return document


def _current(program: Program, revision: ProgramRevision, on: date) -> tuple[int | None, int | None]:
    """The place and the repetition of the event that is current by the program's own calendar."""
    if revision.started_on is None:
        return None, None
    found = current_event(load_revisions(set_up(), [revision.pk])[revision.pk].plan, revision.started_on, on)
    return (found.event_id, found.repetition) if found else (None, None)


def find_customers(words: str, *, size: int, after: str | None = None) -> Page[Document]:
    """A page of the customers with whom every one of the words fits a name, an account, an e-mail address, a telephone
    number, a town or a postcode (``customers.search``), the newest first.

    Refused: nothing to look for.
    """
    if not words.split():
        raise Refused("search_empty", "words")
    found = customers_with(terms_of(read_words(words)), size=size, after=after)
    return Page(tuple(customer_json(one) for one in customers(found.rows)), found.next)


def _day(day: date | None) -> str | None:
    return None if day is None else str(day)
