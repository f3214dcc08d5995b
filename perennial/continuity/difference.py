"""What a plan changes of an order: compared occurrence by occurrence, counted as people see it, and written.

``Difference`` collects what is new, changed, revived or cancelled of many orders, and writes it in a few statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from perennial.continuity.models import ContinuityLine, Occurrence
from perennial.continuity.planning import LineRow, OccurrenceRow
from perennial.db import sql
from perennial.errors import Conflict, Refused
from perennial.kernel.money import MOST_PIECES, line_amount, plain
from perennial.kernel.reasons import Reason, json_text
from perennial.kernel.states import PLANNED_ANEW


def _same_line(a: LineRow, b: LineRow) -> bool:
    return a[:4] == b[:4]


def _same(old: OccurrenceRow, new: OccurrenceRow) -> bool:
    """Is an occurrence wanted just as it is? Most are, when a program was changed."""
    return (
        old.why == new.why
        and old.position == new.position
        and old.status != "cancelled"
        and old.event_on == new.event_on
        and not _moved(old, new)
        and old.lines == new.lines
    )


def seen_to_differ(old: OccurrenceRow, new: OccurrenceRow) -> bool:
    """Does something of an occurrence differ that a person would see: the day on which it ships, its products, how it goes and
    is paid? The program's own day alone, from which that day is reckoned, is nothing that anybody sees.
    """
    same_lines = len(old.lines) == len(new.lines) and all(map(_same_line, old.lines, new.lines))
    return _moved(old, new) or not same_lines


def planned_otherwise(old: OccurrenceRow, new: OccurrenceRow) -> bool:
    """Does that differ, or the program's own day, from which a person has everything behind it dated?"""
    return old.event_on != new.event_on or seen_to_differ(old, new)


def _moved(old: OccurrenceRow, new: OccurrenceRow) -> bool:
    """Does something differ that a person would see on every line of the occurrence?"""
    return (
        old.ship_on,
        old.shipment,
        old.status,
        old.delivery_mode_id,
        old.payment_schedule_id,
        old.ship_to_id,
    ) != (
        new.ship_on,
        new.shipment,
        new.status,
        new.delivery_mode_id,
        new.payment_schedule_id,
        new.ship_to_id,
    )


@dataclass
class Counts:
    """How many lines a difference adds, changes and cancels."""

    added: int = 0
    changed: int = 0
    cancelled: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.cancelled)


@dataclass
class Difference:
    """What many orders' plans change in the tables: collected order by order, written at once."""

    inserts: list[OccurrenceRow] = field(default_factory=list)
    updates: list[OccurrenceRow] = field(default_factory=list)
    relined: list[OccurrenceRow] = field(default_factory=list)
    cancels: list[tuple[int, Reason | None]] = field(default_factory=list)

    def add(
        self,
        existing: Sequence[OccurrenceRow],
        wanted: Sequence[OccurrenceRow],
        *,
        cancel: bool = True,
        why: Reason | None = None,
    ) -> Counts:
        """Compare what lies behind the frozen part with what is wanted there; ``existing`` may hold cancelled rows.

        ``cancel``: what is not wanted any more is cancelled, keeps its row and says ``why``; an occurrence that
        returns is revived.
        """
        counts = Counts()
        before = {o.pair: o for o in existing}
        seen = set()
        for new in wanted:
            old = before.get(new.pair)
            if old is None:
                self.inserts.append(new)
                counts.added += len(new.lines)
                continue
            seen.add(new.pair)
            if _same(old, new):
                continue
            new = replace(new, id=old.id, blocked=old.blocked if new.status == "scheduled" == old.status else None)
            if old.status == "cancelled":
                counts.added += len(new.lines)
                self.updates.append(new)
                if old.lines != new.lines:
                    self.relined.append(new)
                continue
            moved = _moved(old, new)
            lines_before = {line.line: line for line in old.lines}
            for line in new.lines:
                was = lines_before.pop(line.line, None)
                if was is None:
                    counts.added += 1
                elif moved or not _same_line(was, line):
                    counts.changed += 1
            counts.cancelled += len(lines_before)
            unseen = (old.event_on, old.why, old.position, old.blocked) != (
                new.event_on,
                new.why,
                new.position,
                new.blocked,
            )
            if moved or unseen:
                self.updates.append(new)
            if old.lines != new.lines:
                self.relined.append(new)
        if cancel:
            for old in existing:
                if old.pair not in seen and old.status != "cancelled":
                    self.cancels.append((old.id, why))
                    counts.cancelled += len(old.lines)
        return counts

    def refuse_too_dear(self) -> None:
        """Refused: a line that costs more than can be written."""
        for line in (line for new in (*self.relined, *self.inserts) for line in new.lines):
            if line.quantity >= MOST_PIECES:
                raise Refused("quantity_not_within", "quantity", value=repr(plain(line.quantity)))
            line_amount(line.quantity, line.price_minor)

    def write(self) -> None:
        """Write it: cancelled first, then changed, then new rows. Refused: a line that costs more than can be written."""
        self.refuse_too_dear()
        if self.cancels:
            changed = sql.execute(
                "update continuity_occurrence o"
                " set status = 'cancelled', shipment = null, blocked = null, why_cancelled = n.why"
                " from unnest(%s::bigint[], %s::jsonb[]) as n(id, why)"
                f" where o.id = n.id and o.status in {sql.words(PLANNED_ANEW)}",
                [[pk for pk, _ in self.cancels], [stored_reason(why) for _, why in self.cancels]],
            )
            _expect(changed, len(self.cancels))
        if self.updates:
            _update(self.updates)
        if self.relined:
            sql.execute(
                "delete from continuity_continuityline where occurrence_id = any(%s)", [[o.id for o in self.relined]]
            )
            _insert_lines(self.relined)
        if self.inserts:
            ids = sql.draw_ids(Occurrence, len(self.inserts))
            insert_occurrences([replace(o, id=i) for o, i in zip(self.inserts, ids, strict=True)])


def stored_reason(why: Reason | None) -> str | None:
    """A reason as a statement takes it."""
    return None if why is None else json_text(why.stored())


_COLUMNS = (
    "id", "continuity_order_id", "event_key", "repetition", "position", "event_on", "ship_on", "shipment", "status",
    "blocked", "child_id", "delivery_mode_id", "payment_schedule_id", "ship_to_id", "why",
)  # fmt: skip


def insert_occurrences(occurrences: Sequence[OccurrenceRow]) -> None:
    """Write occurrences that have their ids, and their lines."""
    sql.copy(Occurrence, _COLUMNS, ([getattr(o, name) for name in _COLUMNS] for o in occurrences))
    _insert_lines(occurrences)


def _insert_lines(occurrences: Iterable[OccurrenceRow]) -> None:
    sql.copy(
        ContinuityLine,
        ("occurrence_id", "line", "product_id", "quantity", "price_minor", "why"),
        ((o.id, *line) for o in occurrences for line in o.lines),
    )


def _update(occurrences: Sequence[OccurrenceRow]) -> None:
    columns = (
        ("id", "bigint"), ("position", "int"), ("event_on", "date"), ("ship_on", "date"), ("shipment", "int"),
        ("status", "text"), ("blocked", "text"), ("delivery_mode_id", "bigint"), ("payment_schedule_id", "bigint"),
        ("ship_to_id", "bigint"), ("why", "jsonb"),
    )  # fmt: skip
    sets = ", ".join(f"{name} = n.{name}" for name, _ in columns[1:])
    arrays = ", ".join(f"%s::{kind}[]" for _, kind in columns)
    names = ", ".join(name for name, _ in columns)
    changed = sql.execute(
        f"update continuity_occurrence o set {sets}, why_cancelled = null from unnest({arrays}) as n({names})"
        " where o.id = n.id and o.child_id is null",
        [[getattr(o, name) for o in occurrences] for name, _ in columns],
    )
    _expect(changed, len(occurrences))


def _expect(changed: int, wanted: int) -> None:
    if changed != wanted:
        raise Conflict(f"{wanted - changed} of {wanted} shipments changed though their order was locked")
