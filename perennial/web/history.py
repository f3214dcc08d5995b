"""What happened to an order, as sentences: what, why, when, who."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest

from perennial.desk.read.order import Child, Order
from perennial.desk.read.values import Event
from perennial.jobs.status import started_by
from perennial.kernel import money
from perennial.kernel.money import Money
from perennial.language import Reader, phrase
from perennial.language.reasons import reason_words
from perennial.web.words import names_of, reader_of, said

Names = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the history. ``reason``: as it was given, or nothing."""

    what: str
    reason: str
    on: date
    by: str


def history_of(order: Order, to: Reader, names: Names | None = None, *, child: Child | None = None) -> list[Happened]:
    """What happened to an order, the newest first; of a ``child``: what happened to it. ``names``: what the codes of
    reasons are called, and who ran jobs (``names_and_runs``).
    """
    events = order.history if child is None else [one for one in order.history if _is_of(one.data or {}, child)]
    return [_happened(one, order, to, names or {}) for one in reversed(events)]


def names_and_runs(request: HttpRequest, orders: Iterable[Order]) -> Names:
    """What codes are called (``names_of``), and who is behind the jobs that persons have run: (``run``, its number)."""
    of_jobs = {one.by for order in orders for one in order.history if one.by.startswith("job:")}
    to = reader_of(request)
    found = started_by(int(by.partition(":")[2]) for by in of_jobs) if of_jobs else {}
    behind = {
        ("run", f"job:{run}"): said(to, "history_by_run", by=by_words(by, to), job=job)
        for run, (by, job) in found.items()
    }
    return {**names_of(request), **behind}


def by_words(by: str, to: Reader) -> str:
    """Who it was, as a page says it: ``clerk:anna`` is anna, a job is the night."""
    kind, _, name = by.partition(":")
    if kind == "job":
        return phrase("web", "history_by_job", None, to) or by
    if by in ("customer", "message"):
        return phrase("web", f"history_by_{by}", None, to) or by
    return name or by


def _is_of(data: Mapping[str, Any], child: Child) -> bool:
    if "child" in data:
        return bool(data["child"] == child.number)
    return (data.get("line"), data.get("shipment")) == (child.line, child.shipment)


def _happened(event: Event, order: Order, to: Reader, names: Names) -> Happened:
    facts = dict(_facts(event.data or {}, order))
    what = phrase("web", f"history_{event.kind}", facts, to) or phrase("event", event.kind, None, to) or event.kind
    code = str((event.data or {}).get("reason_code", ""))
    given = reason_words(event.reason, to)
    words = names.get(("reason", code), "")
    reason = f"{words}: {given}" if given and words else given or words or phrase("stop reason", code, None, to) or code
    return Happened(what, reason, event.on, names.get(("run", event.by)) or by_words(event.by, to))


def _facts(data: Mapping[str, Any], order: Order) -> Iterator[tuple[str, Any]]:
    """The data of an event as facts: amounts as money, days as days, a card by its brand and digits."""
    child = next((one for one in order.children if one.number == data.get("child")), None)
    shipment = data.get("shipment", child.shipment if child else None)
    yield from data.items()
    yield "shipment", shipment
    yield "about", child.number if child else order.number
    for name in ("old", "new", "amount"):
        if name in data:
            currency = data.get("currency", order.currency)
            yield name, Money(money.minor(data[name], currency, name), currency)
    for name in ("to", "ship_on", "until"):
        if name in data:
            yield name, _day(data[name])
    if "card" in data:
        yield "card", _card(data["card"], order)
    if child is not None and child.sent is not None:
        yield "tracking", " ".join(word for word in (child.sent.carrier, child.sent.tracking) if word)


def _day(word: str) -> date | str:
    """A day; of an address that was changed it is the code of the new one."""
    try:
        return date.fromisoformat(word)
    except ValueError:
        return word


def _card(token: str, order: Order) -> str:
    cards = [one.card for one in order.continuity] + [one.card for one in order.payments]
    return next((card.words for card in cards if card is not None and card.token == token), "")
