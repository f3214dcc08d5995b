"""How often a member wants it, and how many times in all, where that is not as the program says."""

from __future__ import annotations

from perennial.catalog.queries import date_interval, date_intervals
from perennial.errors import Refused
from perennial.kernel.guess import likely
from perennial.kernel.plan import MOST_DAYS_BETWEEN, MOST_OCCURRENCES, Every, Revision


def rhythm(days: int | None, interval: str | None, times: int | None) -> Every | None:
    """How often, as it is asked for; None: as the program says. Refused: both ways at once, no interval of the name, a
    number that nobody means.
    """
    if times is not None and not 1 <= times <= MOST_OCCURRENCES:
        raise Refused("number_not_within", "times", value=times, low=1, high=MOST_OCCURRENCES)
    if days is not None and interval is not None:
        raise Refused("days_or_interval", "interval")
    if days is not None:
        if not 1 <= days <= MOST_DAYS_BETWEEN:
            raise Refused("number_not_within", "days", value=days, low=1, high=MOST_DAYS_BETWEEN)
        return Every(days=days)
    if interval is None:
        return None
    found = date_interval(interval)
    if found is None:
        known = [code for code, _ in date_intervals()]
        raise Refused("interval_unknown", "interval", interval=interval, meant=likely(interval, known))
    return Every(interval=found)


def refuse_beyond(program: Revision, times: int, most: int) -> None:
    """Refused: more times than a program sends."""
    if most < times:
        raise Refused("times_beyond_program", "times", times=times, most=most, program=program.program)
