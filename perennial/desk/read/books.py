"""Our money beside the gateway's own book, for a period: what differs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from perennial.desk.contract import Document, amount
from perennial.errors import Refused
from perennial.payments import book
from perennial.payments.book import BookDiffers

LONGEST = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Compared:
    """Two books of a period, compared. ``gateways``: whose; ``found``: every difference, none on a good day."""

    since: date
    through: date
    gateways: tuple[str, ...]
    found: tuple[BookDiffers, ...]


def compared(*, since: date, through: date) -> Compared:
    """Compare the books from one day to another, both included. The gateways are asked. Refused: a last day before the first;
    more than three months; a gateway does not answer.
    """
    if through < since:
        raise Refused("period_ends_first", "through", since=since, through=through)
    if through - since > LONGEST:
        raise Refused("period_too_long", "since", days=LONGEST.days)
    names = tuple(book.keep_books())
    return Compared(since, through, names, tuple(book.differences(since, through, open_too=True)))


def difference_json(one: BookDiffers) -> Document:
    """A difference of the books."""
    return {
        "code": one.code,
        "on": one.on.isoformat() if one.on else None,
        "order": one.order,
        "gateway": one.gateway,
        "key": one.key,
        "ours": None if one.ours is None else amount(one.ours),
        "theirs": None if one.theirs is None else amount(one.theirs),
        "currency": next(money.currency for money in (one.ours, one.theirs) if money)
        if one.ours or one.theirs
        else None,
    }
