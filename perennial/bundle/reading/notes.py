"""What an import has to say that is no fault: whoever brings something in wants to know it, also of a dry run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from perennial.desk.locking import CaughtUp, NewDay
from perennial.kernel.reasons import Reason

MOST_NAMED = 10
GROUPS = (
    *(
        "columns",
        "untaxed",
        "rates",
        "setup",
        "named",
        "holds",
        "programs",
        "nowhere",
        "ahead",
        "customers",
        "alike",
        "unpaid",
        "regions",
    ),
    *("nameless", "streets", "countries", "places", "cards", "still_old", "caught_up"),
)
"""In the order in which they are told. The note ``more_GROUP`` says how many more there are."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to be told: a sentence of the context ``note``, and what it says."""

    code: str
    facts: Mapping[str, object]


def note(code: str, /, **facts: object) -> Note:
    """A note with its facts."""
    return Note(code, facts)


def noted(reasons: Iterable[Reason]) -> Iterator[Note]:
    """What the rules say of what is odd, as notes."""
    for reason in reasons:
        yield Note(reason.code, reason.facts)


@dataclass
class Notes:
    """What was found on the way."""

    nowhere: list[str] = field(default_factory=list)
    """The numbers of orders that go to no address."""
    ahead: list[tuple[str, date]] = field(default_factory=list)
    """Orders that are dated more than a year ahead."""
    late: int = 0
    """How many of the orders that were entered have shipments of the past."""
    first_late: tuple[date, str] | None = None
    """The first day of them, and the order."""
    _named: dict[str, list[Note]] = field(default_factory=dict)
    _more: dict[str, int] = field(default_factory=dict)

    def add(self, group: str, notes: Iterable[Note]) -> None:
        """Keep the first few of a group, and count the rest."""
        named = self._named.setdefault(group, [])
        for one in notes:
            if len(named) < MOST_NAMED:
                named.append(one)
            else:
                self._more[group] = self._more.get(group, 0) + 1

    def add_renewed(self, caught_up: Iterable[CaughtUp], moved: Iterable[NewDay]) -> None:
        """What cards that expire later now set going."""
        for one in caught_up:
            where = {"order": one.order, "line": one.line, "shipments": one.shipments}
            skipped = one.how == "skip"
            self.add("caught_up", [note("late_skipped", **where) if skipped else note("late_sent", **where)])
        for day in moved:
            where = {"order": day.order, "line": day.line, "shipment": day.shipment, "ship_on": day.ship_on}
            self.add("caught_up", [note("shipment_moved", **where)])

    def add_late(self, orders: Sequence[tuple[str, date]]) -> None:
        """Orders with the day since when they are late."""
        self.late += len(orders)
        first = [(since, number) for number, since in orders]
        self.first_late = min([*first, *([self.first_late] if self.first_late else [])], default=None)

    def all(self) -> Iterator[Note]:
        """All of it, the many of one kind in one."""
        if self.nowhere:
            self._named["nowhere"] = [note("order_goes_nowhere", count=len(self.nowhere), order=self.nowhere[0])]
        if self.ahead:
            number, day = self.ahead[0]
            more = len(self.ahead) - 1 or None
            self._named["ahead"] = [note("order_far_ahead", order=number, on=day, more=more)]
        for group in GROUPS:
            yield from self._named.get(group, ())
            if more := self._more.get(group):
                yield Note(f"more_{group}", {"count": more})
        if self.first_late is not None:
            since, number = self.first_late
            yield note("orders_late", count=self.late, order=number, since=since)
