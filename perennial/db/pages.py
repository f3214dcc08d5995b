"""Lists in pages by key: each page says the key behind which the next one begins, and no row before it is read.

So page 10,000 costs what page 1 costs, and a row that comes or goes meanwhile moves no other one to another page.
A list is ordered by columns that are never null and of which the last tells all rows apart; an index begins with them.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from django.db.models import BooleanField, F, Func, Model, QuerySet, Value

from perennial.errors import Refused

T = TypeVar("T")
M = TypeVar("M", bound=Model)
Key = tuple[str | int | date, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list. ``next``: what to ask for the page behind it with; None: there is none."""

    rows: tuple[T, ...]
    next: str | None = None


def page_of(found: QuerySet[M, M], *by: str, size: int, after: str | None = None, backwards: bool = False) -> Page[M]:
    """A page of what a query set finds, ordered by these columns (``backwards``: the last one first).

    Refused: ``after`` is no key of this list.
    """
    if after is not None:
        found = found.filter(_behind(by, key_of(after, len(by)), backwards))
    ordered = found.order_by(*(f"-{name}" if backwards else name for name in by))
    return page(ordered[: size + 1], size, lambda row: tuple(getattr(row, name) for name in by))


def page(rows: Iterable[T], size: int, key: Callable[[T], Key]) -> Page[T]:
    """A page of rows that were read behind a key, one more than fits on it."""
    found = tuple(rows)
    shown = found[:size]
    return Page(shown, written(key(shown[-1])) if len(found) > size else None)


def every(read: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """All rows of a list, page by page: for what streams."""
    after: str | None = None
    while True:
        found = read(after)
        yield from found.rows
        after = found.next
        if after is None:
            return


def written(key: Key) -> str:
    """A key as it stands in a command, an address or a document: letters, digits, - and _."""
    values = [value.isoformat() if isinstance(value, date) else value for value in key]
    return urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def key_of(after: str, length: int) -> tuple[str | int, ...]:
    """The values of a written key. Refused: it was not written by ``written``, or for another list."""
    try:
        values = json.loads(urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except ValueError:
        values = None
    if not isinstance(values, list) or len(values) != length or not all(type(one) in (str, int) for one in values):
        raise Refused("page_unknown", "after", key=after)
    return tuple(values)


def day_and_id(after: str | None) -> tuple[str, int]:
    """The written key of a list by day and id; of the first page one that stands before all. Refused: it is none."""
    day, pk = (date.min.isoformat(), 0) if after is None else key_of(after, 2)
    try:
        return date.fromisoformat(str(day)).isoformat(), int(pk)
    except ValueError:
        raise Refused("page_unknown", "after", key=after) from None


class _Row(Func):
    """Columns, or the values of a key, as one value."""

    template = "(%(expressions)s)"


def _behind(by: Sequence[str], key: Sequence[str | int], backwards: bool) -> Func:
    """Whether a row stands behind a key: compared as one value, so that an index on the columns is entered there."""
    sides = _Row(*map(F, by)), _Row(*map(Value, key))
    comes = " < " if backwards else " > "
    return Func(*sides, template="%(expressions)s", arg_joiner=comes, output_field=BooleanField())
