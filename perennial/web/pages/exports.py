"""Lists as files for a spreadsheet, for whoever may take them away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from typing import NamedTuple

from django.http import StreamingHttpResponse

from perennial.db.pages import Page
from perennial.desk.queries import Fitting
from perennial.desk.read.exceptions import Exceptional, exceptions
from perennial.desk.read.order_list import ListedOrder, order_list
from perennial.desk.read.parked import ParkedBy
from perennial.desk.read.sources import SourceResult, source_results
from perennial.jobs.status import NightStatus
from perennial.jobs.touched import Touched, as_document
from perennial.kernel.money import Money
from perennial.language import Reader, phrase
from perennial.language.formats import fact
from perennial.language.values import in_a_line
from perennial.payments.book import BookDiffers
from perennial.web.pages.money import books_of
from perennial.web.pages.source import period
from perennial.web.sheet import AT_ONCE, Column, sheet
from perennial.web.typed import read_day
from perennial.web.visit import Visit
from perennial.web.words import said


def orders(request: Visit) -> StreamingHttpResponse:
    """The orders that fit what the list of orders is asked for."""
    asked = {name: request.GET[name].strip() for name in request.GET}
    fitting = Fitting(
        status=asked.get("status", "open") or None,
        program=asked.get("program") or None,
        customer=asked.get("customer") or None,
        waiting=asked.get("waiting") == "1",
        source_code=asked.get("source") or None,
    )
    return sheet(request, "orders", _orders(request.visitor.reader), lambda after: _order_page(fitting, after))


def _order_page(fitting: Fitting, after: str | None) -> Page[ListedOrder]:
    return order_list(fitting, size=AT_ONCE, after=after)


def _orders(to: Reader) -> tuple[Column[ListedOrder], ...]:
    return (
        ("csv_order", lambda one: one.number),
        ("csv_reference", lambda one: one.reference),
        ("csv_account", lambda one: one.account),
        ("csv_customer", lambda one: one.customer),
        ("csv_ordered_on", lambda one: one.order_date),
        ("csv_state", lambda one: phrase("order", one.status, None, to)),
        ("csv_held", lambda one: one.held),
        ("csv_awaits_acceptance", lambda one: one.acceptance == "awaited"),
        ("csv_products", lambda one: one.products),
        ("csv_next_ships_on", lambda one: one.next_ship_on),
        ("csv_source_code", lambda one: one.source_code),
    )


def touched_columns(to: Reader) -> tuple[Column[Touched], ...]:
    """What a run touched: before, after, why; days and amounts as files have them."""
    plain = replace(to, dates="iso", money="plain")
    return (
        ("csv_order", lambda one: one.name),
        ("csv_line", lambda one: one.line),
        ("csv_shipment", lambda one: one.shipment),
        ("csv_what", lambda one: phrase("touched", one.what, None, to) or one.what),
        ("csv_before", lambda one: in_a_line(as_document(one, plain)["before"], plain)),
        ("csv_after", lambda one: in_a_line(as_document(one, plain)["after"], plain)),
        ("csv_reason", lambda one: as_document(one, to)["reason"]),
    )


def parked_columns(to: Reader) -> tuple[Column[ParkedBy], ...]:
    """What runs put aside, and why."""
    return (
        ("csv_order", lambda one: one.order),
        ("csv_line", lambda one: one.line),
        ("csv_shipment", lambda one: one.shipment),
        ("todo_job", lambda one: phrase("web job", one.job, None, to)),
        ("todo_since", lambda one: one.on),
        ("todo_why", lambda one: fact(one.reason, "", to)),
        ("jobs_retried_on", lambda one: one.retried_on),
    )


def night_columns(to: Reader) -> tuple[Column[NightStatus], ...]:
    """Nights: how each went, its money by currency, how long it took."""

    def seconds(one: NightStatus) -> str | None:
        return None if one.finished_at is None else f"{(one.finished_at - one.started_at).total_seconds():.1f}"

    return (
        ("jobs_night_of", lambda one: one.on),
        ("csv_state", lambda one: said(to, "job_done" if one.finished_at else "job_not_over")),
        ("jobs_children", lambda one: one.count("created")),
        ("today_captured", lambda one: next(iter(one.amounts("captured")), None)),
        ("csv_currency", lambda one: next((sum.currency for sum in one.amounts("captured")), None)),
        ("jobs_declined", lambda one: one.count("declined")),
        ("jobs_parked", lambda one: one.count("parked")),
        ("nights_seconds", seconds),
    )


class Came(NamedTuple):
    """A line of what came of a source; of a second currency it has a line of its own, without the numbers."""

    of: SourceResult
    is_first: bool
    captured: Money | None
    refunded: Money | None


def sources(request: Visit) -> StreamingHttpResponse:
    """What became of the orders of each source."""
    since, through = period(request)
    found = tuple(line for one in source_results(since=since, through=through, without=True) for line in _came(one))
    return sheet(request, "sources", _sources(request.visitor.reader), lambda after: Page(found, None))


def _came(one: SourceResult) -> Iterator[Came]:
    back = {each.currency: each for each in one.refunded}
    for at, captured in enumerate(one.captured):
        yield Came(one, at == 0, captured, back.get(captured.currency))
    if not one.captured:
        yield Came(one, True, None, None)


def differences(request: Visit) -> StreamingHttpResponse:
    """What differs between our money and the gateway's own book."""
    found = books_of(request).found
    return sheet(request, "money-differences", _differences(request.visitor.reader), lambda after: Page(found, None))


def _differences(to: Reader) -> tuple[Column[BookDiffers], ...]:
    return (
        ("money_on", lambda one: one.on),
        ("csv_order", lambda one: one.order),
        ("money_what", lambda one: phrase("book difference", one.code, None, to)),
        ("money_ours", lambda one: one.ours),
        ("money_theirs", lambda one: one.theirs),
        ("csv_gateway", lambda one: one.gateway),
        ("csv_key", lambda one: one.key),
    )


def _sources(to: Reader) -> tuple[Column[Came], ...]:
    def ended(one: SourceResult) -> str:
        words = (
            each.reason_code or said(to, f"sources_{'stopped' if each.stopped else 'finished'}") for each in one.ended
        )
        return "; ".join(f"{each.count} {why}" for each, why in zip(one.ended, words, strict=True))

    def once(read: Callable[[SourceResult], object]) -> Callable[[Came], object]:
        return lambda line: read(line.of) if line.is_first else None

    return (
        ("csv_source_code", lambda line: line.of.code),
        ("csv_description", lambda line: line.of.description if line.of.code else said(to, "sources_no_source")),
        ("sources_customers", once(lambda one: one.customers)),
        ("sources_orders", once(lambda one: one.orders)),
        ("sources_joined", once(lambda one: one.joined)),
        ("sources_open", once(lambda one: one.still_open)),
        ("sources_ended", once(ended)),
        ("sources_sent", once(lambda one: one.shipments_sent)),
        ("sources_captured", lambda line: line.captured),
        ("sources_refunded", lambda line: line.refunded),
        ("csv_currency", lambda line: line.captured.currency if line.captured else None),
    )


def todo(request: Visit, kind: str) -> StreamingHttpResponse:
    """What needs a person, of one kind, for a program and from a day on where they are given."""
    visitor = request.visitor
    read = partial(
        exceptions,
        kind,
        on=visitor.today,
        program=request.GET.get("program", "").strip() or None,
        since=_day_typed(request, "since"),
        until=_day_typed(request, "until"),
        size=AT_ONCE,
    )
    columns = (*_ABOUT, *_KIND.get(kind, _nothing)(visitor.reader))
    return sheet(request, kind, columns, lambda after: read(after=after))


def _day_typed(request: Visit, name: str) -> date | None:
    visitor, typed = request.visitor, request.GET.get(name, "").strip()
    return read_day(typed, name, today=visitor.today, day_first=visitor.preferences.day_first) if typed else None


_ABOUT: tuple[Column[Exceptional], ...] = (
    ("csv_number", lambda one: one.number),
    ("csv_order", lambda one: one.order),
    ("csv_line", lambda one: one.line),
    ("csv_shipment", lambda one: one.shipment),
    ("csv_account", lambda one: one.account),
    ("csv_customer", lambda one: one.customer),
)


def _fact(code: str, name: str) -> Column[Exceptional]:
    return code, lambda one: one.facts[name]


def _said(code: str, name: str, to: Reader, style: str = "") -> Column[Exceptional]:
    return code, lambda one: fact(one.facts[name], style, to)


def _day(code: str) -> Column[Exceptional]:
    return code, lambda one: one.day


def _currency(one: Exceptional) -> object:
    amount = one.facts["amount"]
    assert isinstance(amount, Money)
    return amount.currency


def _payment(to: Reader) -> tuple[Column[Exceptional], ...]:
    return (
        _day("csv_due_on"),
        _fact("todo_amount", "amount"),
        ("csv_currency", _currency),
        _said("csv_state", "status", to, "payment"),
        _fact("todo_said", "said"),
        _fact("todo_tries", "attempts"),
        _fact("csv_tried_on", "tried_on"),
        _fact("csv_next_try_on", "next_on"),
        _fact("csv_ships_on", "ship_on"),
    )


def _expiring(to: Reader) -> tuple[Column[Exceptional], ...]:
    return (
        _fact("todo_card", "card"),
        _fact("todo_ends", "expires_on"),
        _day("todo_first_after"),
        _fact("todo_shipments", "shipments"),
        _fact("todo_parts", "parts"),
        _fact("todo_at_stake", "amount"),
        ("csv_currency", _currency),
        _fact("csv_told_on", "told_on"),
    )


def _parked(to: Reader) -> tuple[Column[Exceptional], ...]:
    return _day("todo_since"), _said("todo_job", "job", to, "web job"), _said("todo_why", "reason", to)


def _held(to: Reader) -> tuple[Column[Exceptional], ...]:
    return (
        _day("todo_since"),
        _said("todo_why", "reason", to),
        _said("todo_stops", "stops", to, "stops"),
        _fact("todo_by", "by"),
    )


def _awaiting(to: Reader) -> tuple[Column[Exceptional], ...]:
    return (_day("todo_offered_on"),)


def _late(to: Reader) -> tuple[Column[Exceptional], ...]:
    return _day("todo_should_ship"), _said("todo_waits_for", "reasons", to, "web late")


def _uninvoiced(to: Reader) -> tuple[Column[Exceptional], ...]:
    return (
        _fact("todo_amount", "amount"),
        ("csv_currency", _currency),
        _fact("todo_sent_on", "sent_on"),
        _fact("todo_carrier", "carrier"),
        _fact("csv_tracking", "tracking"),
        _fact("csv_not_renewed", "lapsed"),
    )


def _refund(to: Reader) -> tuple[Column[Exceptional], ...]:
    return (
        _fact("todo_to_give_back", "amount"),
        _fact("todo_to_credit", "credit"),
        ("csv_currency", _currency),
        _day("todo_ordered_on"),
    )


def _approval(to: Reader) -> tuple[Column[Exceptional], ...]:
    return (
        _fact("todo_amount", "amount"),
        ("csv_currency", _currency),
        _fact("todo_by", "asked_by"),
        _fact("todo_why", "reason"),
        _day("todo_asked_on"),
    )


def _dispute(to: Reader) -> tuple[Column[Exceptional], ...]:
    return (
        _fact("todo_amount", "amount"),
        ("csv_currency", _currency),
        _fact("todo_why", "reason"),
        _said("csv_state", "status", to, "dispute"),
        _fact("todo_answer_by", "answer_by"),
    )


def _check(to: Reader) -> tuple[Column[Exceptional], ...]:
    return _fact("todo_amount", "amount"), ("csv_currency", _currency), _day("todo_due_on")


def _nothing(to: Reader) -> tuple[Column[Exceptional], ...]:
    return ()


_KIND: dict[str, Callable[[Reader], tuple[Column[Exceptional], ...]]] = {
    "declined": _payment,
    "expiring": _expiring,
    "parked": _parked,
    "held": _held,
    "awaiting": _awaiting,
    "late": _late,
    "unknown": _payment,
    "uninvoiced": _uninvoiced,
    "refund": _refund,
    "approval": _approval,
    "dispute": _dispute,
    "check": _check,
}
