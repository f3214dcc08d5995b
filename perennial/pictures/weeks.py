"""Weeks of pictures: each begins on its Monday."""

from __future__ import annotations

from datetime import date, timedelta

WEEKS_AHEAD = 53
"""So far demand is looked ahead, the week that runs among them."""


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(day.weekday())


def weeks_from(week: date, number: int) -> date:
    """The Monday so many weeks later, or before."""
    return date.fromordinal(min(max(week.toordinal() + 7 * number, 1), date.max.toordinal()))
