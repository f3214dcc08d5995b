"""Programs and customers in the words of the bundle."""

from __future__ import annotations

from datetime import date
from typing import Any

from perennial.catalog.queries import currency, set_up
from perennial.customers.queries import accounts_with, customer_by_account
from perennial.desk.documents import Document
from perennial.errors import Refused
from perennial.kernel import money
from perennial.kernel.plan import current_event
from perennial.orders.models import SalesOrder
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


def customer_document(account: str) -> Document:
    """A customer with addresses, cards and the numbers of the orders."""
    customer = customer_by_account(account)
    limit = customer.credit_limit_minor
    addresses = customer.addresses.filter(code__isnull=False).order_by("number", "id")
    cards = customer.cards.order_by("number", "id")
    return {
        "account": customer.account,
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
        "language": customer.language,
        "allow_on_account": customer.allow_on_account,
        "credit_limit": None if limit is None else money.text(limit, currency()),
        "addresses": [_values(a, _ADDRESS) for a in addresses],
        "cards": [_values(c, _CARD) for c in cards],
        "orders": list(
            SalesOrder.objects.filter(customer=customer, parent__isnull=True)
            .order_by("id")
            .values_list("number", flat=True)
        ),
    }


def find_customers(words: str) -> list[Document]:
    """Who is it on the telephone? The customers of whom every one of the words is part of the account, the name,
    the e-mail address, the phone number or a city; large and small letters are the same, with an accent or without.

    Refused: nothing to look for.
    """
    if not words.split():
        raise Refused(
            "find",
            "find",
            text="say what to look for: a part of a name, an account, an e-mail address, a phone, a city",
        )
    return [customer_document(account) for account in accounts_with(words.split())]


_ADDRESS = ("code", "purpose", "recipient", "street", "city", "postcode", "region", "country")
_CARD = ("token", "brand", "last4", "exp_month", "exp_year", "network_transaction_id")


def _values(row: Any, names: tuple[str, ...]) -> Document:
    return {name: getattr(row, name) for name in names}


def _day(day: date | None) -> str | None:
    return None if day is None else str(day)
