"""The gateway's own book beside ours: what was charged, captured and given back, by the keys of our tries.

Asked of gateways that keep a book (``KeepsBook``), of tries of this installation from the book's first day on: what was
brought from elsewhere is in no book here. What nobody knows the end of yet is no difference, nor what a person has settled.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from perennial.catalog.queries import company
from perennial.db import sql
from perennial.kernel.money import Money
from perennial.payments import gateways
from perennial.payments.gateways.contract import KeepsBook

_SQL = sql.named("perennial.payments", "book.sql")


class BookDiffers(NamedTuple):
    """One difference. ``code``: ``book_without_try``, ``try_without_book`` or ``book_amount_differs``."""

    code: str
    order: str | None
    gateway: str
    key: str
    ours: Money | None
    theirs: Money | None


class _Try(NamedTuple):
    key: str
    order: str
    minor: int
    currency: str
    approved: bool
    answered: bool
    on: date


def differences() -> Iterator[BookDiffers]:
    """Where a gateway's book and our tries differ, gateway by gateway."""
    for name in [row[0] for row in sql.tuples(_SQL["gateways"])]:
        gateway = gateways.by_name(name)
        if isinstance(gateway, KeepsBook):
            yield from _of(gateway, name)


def _of(gateway: KeepsBook, name: str) -> Iterator[BookDiffers]:
    prefix = f"{company().installation}-"
    entries = list(gateway.moved())
    if not entries:
        return
    since = min(entry.on for entry in entries)
    book = {entry.key: Money(entry.minor, entry.currency) for entry in entries if entry.key.startswith(prefix)}
    for one in sql.rows(_Try, _SQL["tries"], {"gateway": name, "prefix": f"{prefix}%"}):
        theirs = book.pop(one.key, None)
        ours = Money(one.minor, one.currency) if one.approved else None
        if not one.answered or (theirs is None and one.on < since) or ours == theirs:
            continue
        code = "try_without_book" if theirs is None else "book_without_try" if ours is None else "book_amount_differs"
        yield BookDiffers(code, one.order, name, one.key, ours, theirs)
    for key, theirs in book.items():
        yield BookDiffers("book_without_try", None, name, key, None, theirs)
