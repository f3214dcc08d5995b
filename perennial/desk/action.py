"""What a person does, as one unit of work: all of it or nothing, done once, on what they saw, or only tried.

An action is a function with ``@action``. It may be performed with more than its own arguments (``perform``):

``seen``  the version of the order that the caller looked at: changed meanwhile is a Conflict, which says by whom
``key``   a request key: the same key and request again gives the stored answer, another request is refused
``dry``   what it would do: the same code, rolled back, the same outcome
``about`` the line and shipment that it is about: what was changed meanwhile on another one is no conflict

What ``@action(undo=True)`` changes is noted, row by row, so that one call takes it back (``undo``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import date
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import transaction

from perennial.db import sql
from perennial.db.transactions import taken_back
from perennial.desk.follows import follows
from perennial.desk.kept import keep_changes
from perennial.desk.models import Answer
from perennial.desk.outcome import Outcome
from perennial.desk.snapshot import Rows, events_since, last_event, rows_of
from perennial.desk.stored import digest, read, stored
from perennial.errors import Conflict, Refused
from perennial.kernel.money import Money
from perennial.payments.noted import note
from perennial.payments.surplus import beyond_of

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class How:
    """How an action is performed, beside what is asked."""

    seen: str | None = None
    key: str | None = None
    dry: bool = False
    about: tuple[int | None, int] | None = None


@dataclass(slots=True)
class Work:
    """The action at work: what was seen of the order, and the orders that it has locked, as they were."""

    name: str
    undo: bool
    seen: str | None = None
    about: tuple[int | None, int] | None = None
    orders: dict[int, Rows] = field(default_factory=dict)
    began: dict[int, int] = field(default_factory=dict)
    by: str = ""
    on: date | None = None

    def locked(self, order_id: int, *, by: str, on: date) -> None:
        """Note an order that the action has locked, as it is now. Conflict: it is not what was seen."""
        if order_id in self.orders:
            return
        if self.seen is not None and not self.orders and self.seen != version_of(order_id):
            conflict = changed_since(order_id, self.seen)
            if self.about is None or touches(conflict, *self.about):
                raise conflict
        self.by, self.on = by, on
        self.orders[order_id] = rows_of([order_id])[order_id] if self.undo else {}
        if self.undo:
            self.began[order_id] = last_event(order_id)


_at_work: ContextVar[Work | None] = ContextVar("at_work", default=None)
_asked: ContextVar[How] = ContextVar("asked", default=How())  # noqa: B039  # it is frozen


def at_work() -> Work | None:
    """The action that is at work in this context."""
    return _at_work.get()


def version_of(order_id: int) -> str:
    """The version of a parent order: it changes with everything that happens to it."""
    return str(last_event(order_id))


def changed_since(order_id: int, seen: str) -> Conflict:
    """What happened to an order since somebody looked at it: what, by whom, when."""
    event = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 19 else 0
    return Conflict("changed_meanwhile", changes=events_since(order_id, event))


def touches(conflict: Conflict, line: int | None, shipment: int) -> bool:
    """Does what was changed meanwhile concern this shipment: itself, one from which the later ones follow, or all?

    ``shipment`` 0: the line as a whole. It is another one when a line before it was taken out.
    """
    changes = conflict.facts.get("changes")
    for change in changes if isinstance(changes, list) else ():
        if change["kind"] == "line_removed" and line is not None and (change.get("line") or 0) <= line:
            return True
        other = change.get("shipment")
        if line is not None and change.get("line") not in (None, line):
            continue
        if other is None or other == shipment or (change.get("following") and other < shipment):
            return True
    return False


def action(*, undo: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """An action of a person: one transaction; called by another action it is a part of that one."""

    def made(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def act(*args: P.args, **kwargs: P.kwargs) -> R:
            if _at_work.get() is not None:
                return function(*args, **kwargs)
            asked = _asked.get()
            work = Work(function.__name__, undo, asked.seen, asked.about)
            token = _at_work.set(work)
            try:
                with transaction.atomic():
                    return _told(work, function(*args, **kwargs))
            finally:
                _at_work.reset(token)

        return act

    return made


def _told(work: Work, outcome: R) -> R:
    """The outcome with what follows from it; what can be taken back is noted."""
    if not isinstance(outcome, Outcome):
        return outcome
    whole: dict[int, tuple[Rows, Rows]] = {}
    if work.orders and work.undo:
        assert work.on is not None
        whole = keep_changes(work.orders, work.began, action=work.name, by=work.by, on=work.on)
    if work.orders:
        note(list(work.orders))
    version = version_of(next(iter(work.orders))) if len(work.orders) == 1 else None
    found = follows(whole) or outcome.follows
    back, credit = outcome.to_refund, outcome.to_credit
    if found is not None and found.to_come_after.minor < found.to_come_before.minor:
        beyond, currency = beyond_of(list(whole)).values(), found.to_come_after.currency
        back = back or _sum((one.back for one in beyond), currency)
        credit = credit or _sum((one.credit for one in beyond), currency)
    return replace(outcome, follows=found, version=version, can_undo=bool(whole), to_refund=back, to_credit=credit)


def _sum(minors: Iterable[int], currency: str) -> Money | None:
    minor = sum(minors)
    return Money(minor, currency) if minor else None


def perform(act: Callable[P, R], how: How, /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Perform an action on what was seen, once for its key, or only to see what it would do.

    Refused: a key that was used for another request. Conflict: the order was changed since it was seen.
    """
    if how.dry:
        with _as(how), taken_back():
            return act(*args, **kwargs)
    if how.key is None:
        with _as(how):
            return act(*args, **kwargs)
    asked = digest(act.__name__, kwargs)
    with _as(how), transaction.atomic():
        # Whoever comes second waits here until the first one is done, and finds its answer.
        mine = sql.execute(
            CLAIM, {"key": how.key, "action": act.__name__, "request": asked, "by": kwargs.get("by", "")}
        )
        if not mine:
            found = Answer.objects.get(key=how.key)
            if (found.action, found.request) != (act.__name__, asked):
                raise Refused("request_key_used", "key", key=how.key, action=found.action)
            return read(found.answer)  # type: ignore[no-any-return]  # it is what the same action gave
        outcome = act(*args, **kwargs)
        Answer.objects.filter(key=how.key).update(answer=stored(outcome))
        return outcome


CLAIM = """
insert into desk_answer(key, action, request, by) values (%(key)s, %(action)s, %(request)s, %(by)s)
on conflict (key) do nothing
"""


@contextmanager
def _as(how: How) -> Iterator[None]:
    token = _asked.set(how)
    try:
        yield
    finally:
        _asked.reset(token)
