"""Adjustments: what a person changed on occurrences of orders, written at once, however many there are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from perennial.continuity.models import Adjustment
from perennial.continuity.planning import OccurrenceRow, adjustment_of
from perennial.db import sql
from perennial.kernel import plan as kernel

_END = """
update continuity_adjustment a set undone_on = %(on)s, undone_by = %(by)s
  from unnest(%(orders)s::bigint[], %(keys)s::text[], %(repetitions)s::int[], %(lines)s::int[], %(kinds)s::text[])
         as n(continuity_order_id, event_key, repetition, line, kind)
 where a.undone_on is null and a.continuity_order_id = n.continuity_order_id and a.event_key = n.event_key
   and a.repetition = n.repetition and a.kind = n.kind and (a.line = n.line or n.line is null)
"""
_COLUMNS = ("continuity_order_id", "event_key", "repetition", "line", "kind", "value", "by", "on_date", "reason")


class Adjusted(NamedTuple):
    """A change of one occurrence that every later plan applies again; an older one of its kind ends with it.

    ``line`` 0: of the occurrence as a whole. ``value`` as it is stored. ``ends``: other kinds that end with it, on
    whichever line.
    """

    continuity_order_id: int
    event_key: str
    repetition: int
    kind: str
    value: Any
    line: int = 0
    ends: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, occurrence: OccurrenceRow, kind: str, value: Any, *, line: int = 0, ends: tuple[str, ...] = ()
    ) -> Adjusted:
        """The change of an occurrence."""
        return cls(occurrence.continuity_order_id, *occurrence.pair, kind=kind, value=value, line=line, ends=ends)


def adjusted_with(before: Iterable[kernel.Adjustment], adjusted: Iterable[Adjusted]) -> list[kernel.Adjustment]:
    """The open adjustments of an order as they will be when these are written, for a plan that is made before."""
    found = list(before)
    for new in adjusted:
        found = [a for a in found if not _is_ended(a, new)]
        row = Adjustment(
            event_key=new.event_key, repetition=new.repetition, line=new.line, kind=new.kind, value=new.value
        )
        found.append(adjustment_of(row))
    return found


def _is_ended(old: kernel.Adjustment, new: Adjusted) -> bool:
    if (old.key, old.repetition) != (new.event_key, new.repetition):
        return False
    return old.kind in new.ends or (old.kind == new.kind and old.line == new.line)


def write_adjusted(adjusted: Sequence[Adjusted], *, by: str, on: date, reason: str | None) -> None:
    """Write what was changed; what it takes the place of ends."""
    if not adjusted:
        return
    ended = [(a.continuity_order_id, a.event_key, a.repetition, a.line, a.kind) for a in adjusted]
    ended += [(a.continuity_order_id, a.event_key, a.repetition, None, kind) for a in adjusted for kind in a.ends]  # type: ignore[misc]
    orders, keys, repetitions, lines, kinds = map(list, zip(*ended, strict=True))
    sql.execute(
        _END,
        {
            "orders": orders, "keys": keys, "repetitions": repetitions, "lines": lines, "kinds": kinds,
            "on": on, "by": by,
        },
    )  # fmt: skip
    sql.copy(
        Adjustment,
        _COLUMNS,
        (
            (
                a.continuity_order_id, a.event_key, a.repetition, a.line, a.kind,
                None if a.value is None else json.dumps(a.value), by, on, reason,
            )
            for a in adjusted
        ),
    )  # fmt: skip
