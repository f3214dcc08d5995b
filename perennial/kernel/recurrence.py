"""When something that recurs happens next: at a time of day, on days of the week, in a time zone.

Each day has one such moment, whatever its clocks do. Where they are put forward over it, it comes as long after midnight as
on other days (02:30 is 03:30 then); where they are put back over it, it is the first of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
"""The days of the week, Monday is 1."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A day on which something recurs, and the moment on it, in the world's time."""

    day: date
    at: datetime


def moment(day: date, at: time, zone: str) -> datetime:
    """The moment of a day when a clock of the zone shows that time, in the world's time."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def last_moment(at: time, days: Sequence[int], zone: str, now: datetime) -> Moment:
    """The newest moment that is not after ``now``."""
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(1)
    while day.isoweekday() not in days or moment(day, at, zone) > now:
        day -= timedelta(1)
    return Moment(day, moment(day, at, zone))


def next_moment(at: time, days: Sequence[int], zone: str, now: datetime) -> Moment:
    """The first moment after ``now``."""
    day = now.astimezone(ZoneInfo(zone)).date() - timedelta(1)
    while day.isoweekday() not in days or moment(day, at, zone) <= now:
        day += timedelta(1)
    return Moment(day, moment(day, at, zone))
