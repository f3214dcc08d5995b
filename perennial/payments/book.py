"""The gateway's own book beside ours: what was charged, captured and given back, and what customers dispute.

Asked of gateways that keep a book (``KeepsBook``), of tries of this installation from the book's first day on: what was
brought from elsewhere is in no book here, nor what another program does at the same gateway, and what a person has settled is
settled. The two are joined by the keys of our tries; what somebody did on the gateway's own pages has none, and is joined by
the charge or capture that it was done to.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import NamedTuple

from django.db import DatabaseError

from perennial.catalog.queries import company
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.kernel.states import DISPUTE_GOES_ON
from perennial.payments import gateways, refused_keys
from perennial.payments.gateways import Gateway, NotAdmitted
from perennial.payments.gateways.contract import KeepsBook, KeepsDisputes, KeptDispute, Moved
from perennial.payments.models import Dispute

_LOG = logging.getLogger("perennial.books")
_SQL = sql.named("perennial.payments", "book.sql")

RECENT = timedelta(days=40)
"""So far back a gateway that takes money is asked where no period is named: it gives its book page by page."""
CODES = (
    "book_without_try",
    "try_without_book",
    "book_amount_differs",
    "refunded_elsewhere",
    "try_unknown",
    "dispute_missed",
    "dispute_differs",
)
TOLD_LATE = timedelta(days=7)
"""So long after a gateway has it, a dispute may have come to us."""


class BookDiffers(NamedTuple):
    """One difference, by one of ``CODES``. ``on``: the business date, of what was done elsewhere the gateway's day.
    ``key`` of a dispute: the gateway's name of it; ``dispute``: how it stands there.
    """

    code: str
    order: str | None
    gateway: str
    key: str
    ours: Money | None
    theirs: Money | None
    on: date | None = None
    dispute: KeptDispute | None = None


class _Try(NamedTuple):
    key: str
    order: str
    minor: int
    currency: str
    approved: bool
    answered: bool
    settled: bool
    on: date


def keep_books() -> list[str]:
    """The gateways that were asked for money here, and that keep a book."""
    names = [row[0] for row in sql.tuples(_SQL["gateways"])]
    return [name for name in names if isinstance(gateways.by_name(name), KeepsBook)]


def differences(
    since: date | None = None, through: date | None = None, *, open_too: bool = False
) -> Iterator[BookDiffers]:
    """Where a gateway's book and our tries differ, gateway by gateway. ``open_too``: what nobody knows the end of, too.

    Without a period: everything; of a gateway that takes money the last days. Refused: a gateway does not answer, or does not
    accept our key.
    """
    for name in keep_books():
        gateway = gateways.by_name(name)
        if isinstance(gateway, KeepsBook):
            yield from _of(gateway, name, since or _first(gateway), through, open_too=open_too)
        if isinstance(gateway, KeepsDisputes):
            yield from _disputed(gateway, name, since or _first(gateway), through)


@contextmanager
def asked_of(name: str) -> Iterator[None]:
    """Around what a gateway is asked for. Refused: it does not answer, or does not accept our key."""
    with refused_keys.told(name):
        try:
            yield
        except (Refused, NotAdmitted, DatabaseError):
            raise
        except Exception as problem:  # whatever a gateway may raise
            _LOG.warning("the book of %s was not compared: %s", name, type(problem).__name__)
            raise Refused("gateway_does_not_answer", gateways=[name]) from None


def _first(gateway: Gateway) -> date | None:
    """From when on a gateway is asked for its book."""
    last = sql.value("select max(on_date) from payments_attempt where gateway = %s", [gateway.name])
    return last - RECENT if last is not None and gateway.real else None


def _of(
    gateway: KeepsBook, name: str, since: date | None, through: date | None, *, open_too: bool
) -> Iterator[BookDiffers]:
    prefix = f"{company().installation}-"
    period = {"gateway": name, "prefix": f"{prefix}%", "since": since or date.min, "through": through or date.max}
    with asked_of(name):
        entries = list(gateway.moved(*_asked(period, since, through)))
    if not entries and since is None:
        return
    first = since or min(entry.on for entry in entries)
    book = {entry.key: entry for entry in entries}
    for one in sql.rows(_Try, _SQL["tries"], period):
        entry = book.pop(one.key, None)
        theirs = None if entry is None else Money(entry.minor, entry.currency)
        ours = Money(one.minor, one.currency) if one.approved else None
        if one.settled or (theirs is None and one.on < first):
            continue
        if not one.answered:
            if open_too:
                yield BookDiffers("try_unknown", one.order, name, one.key, ours=None, theirs=theirs, on=one.on)
        elif ours != theirs:
            code = (
                "try_without_book" if theirs is None else "book_without_try" if ours is None else "book_amount_differs"
            )
            yield BookDiffers(code, one.order, name, one.key, ours=ours, theirs=theirs, on=one.on)
    left = [entry for entry in book.values() if (since or date.min) <= entry.on <= (through or date.max)]
    yield from _without_try(left, name, prefix)


def _asked(period: dict[str, object], since: date | None, through: date | None) -> tuple[date | None, date | None]:
    """For which of its own days the gateway is asked: nights may have been run long after their business dates."""
    if since is None and through is None:
        return None, None
    first, last = sql.one(_SQL["sent"], period) or (None, None)
    return (
        None if since is None else min(since, first or since),
        None if through is None else max(through, last or through),
    )


def _without_try(entries: list[Moved], name: str, prefix: str) -> Iterator[BookDiffers]:
    """What is in the gateway's book and under none of our tries of the period."""
    known = {row[0] for row in sql.tuples(_SQL["known"], {"keys": [entry.key for entry in entries]})}
    references = [entry.reference for entry in entries if entry.reference]
    orders = dict(sql.tuples(_SQL["orders"], {"gateway": name, "references": references}))
    for entry in entries:
        theirs, order = Money(entry.minor, entry.currency), orders.get(entry.reference)
        if entry.key in known:
            continue  # of another day
        ours = entry.key.startswith(prefix)
        if ours or order is not None:
            code = "book_without_try" if ours or entry.minor > 0 else "refunded_elsewhere"
            yield BookDiffers(code, order, name, entry.key, ours=None, theirs=theirs, on=entry.on)


def _disputed(gateway: KeepsDisputes, name: str, since: date | None, through: date | None) -> Iterator[BookDiffers]:
    """The disputes of our payments that nobody has told us of, or that have ended otherwise than is known here."""
    going = Dispute.objects.filter(gateway=name, status__in=DISPUTE_GOES_ON).order_by("opened_on").first()
    first = since if since is None or going is None else min(since, going.opened_on - TOLD_LATE)
    with asked_of(name):
        found = list(gateway.disputes(first, through))
    ours = {
        one.reference: one
        for one in Dispute.objects.filter(gateway=name, reference__in=[d.facts.reference for d in found])
    }
    references = [one.facts.payment_reference for one in found]
    orders = dict(sql.tuples(_SQL["orders"], {"gateway": name, "references": references}))
    for there in found:
        facts, order = there.facts, orders.get(there.facts.payment_reference)
        here = ours.get(facts.reference)
        if order is None:
            continue  # of another program at the same gateway
        theirs = Money(facts.minor, facts.currency)
        if here is not None and _end(here.status) != _end(facts.status):
            mine = Money(here.amount_minor, here.currency)
            yield BookDiffers(
                "dispute_differs", order, name, facts.reference, ours=mine, theirs=theirs, on=there.on, dispute=there
            )
        elif here is None and (since or date.min) <= there.on <= (through or date.max):
            yield BookDiffers(
                "dispute_missed", order, name, facts.reference, ours=None, theirs=theirs, on=there.on, dispute=there
            )


def _end(status: str) -> str:
    """How a dispute has ended, or that it goes on."""
    return "goes on" if status in DISPUTE_GOES_ON else status
