"""Planned shipments by their days: how many are due when children are made earlier, how many stand on closed days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from perennial.db import sql

_SQL = sql.named(__package__, "planned.sql")


@dataclass(frozen=True, slots=True)
class OnDays:
    """So many planned shipments from one day to another, all of which are closed."""

    since: date
    through: date
    shipments: int


def due_within(after: date, through: date) -> int:
    """How many planned shipments, that nothing was found to hold up, leave after a day and not after another one."""
    return int(sql.value(_SQL["due_within"], {"after": after, "through": through}) or 0)


def on_closed_days(mode: str, days: Sequence[date], *, on: date) -> tuple[OnDays, ...]:
    """The planned shipments of a delivery mode on days, from today on: days that follow each other together."""
    ahead = sorted(day for day in days if day >= on)
    found: list[OnDays] = []
    for day, count in sql.tuples(_SQL["on_days"], {"mode": mode, "days": ahead}) if ahead else ():
        last = found[-1] if found else None
        if last is not None and last.through + timedelta(1) == day:
            found[-1] = OnDays(last.since, day, last.shipments + count)
        else:
            found.append(OnDays(day, day, count))
    return tuple(found)
