"""Days that are years away: asked twice, because a mistyped year sends what was not meant, or never comes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from perennial.errors import Refused


def far_away(day: date | None, field: str, *, on: date, most: int | None, meant: Collection[date]) -> Refused | None:
    """What is said of a day that lies more days than ``most`` (None: any) from the business date, and was not said twice."""
    if day is None or most is None or day in meant or abs(day.toordinal() - on.toordinal()) <= most:
        return None
    return Refused("day_years_away", field, day=day, on=on, most=most)
