"""`recurrence …`: what runs by itself, and when."""

from __future__ import annotations

import argparse
from datetime import datetime, time

from perennial.cli.output import document, sentence, table, tell
from perennial.cli.parser import Given, Parser, Run, by

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def recurrence_list(p: Parser) -> Run:
    """What comes next first."""

    def run(given: Given) -> int:
        from perennial.jobs.recurrences import recurrences

        found = recurrences()
        if given.json:
            for one in found:
                document(
                    {
                        "job": one.job,
                        "at": one.at.strftime("%H:%M"),
                        "days": [DAYS[day - 1] for day in one.days],
                        "next_at": one.next_at.isoformat(timespec="minutes"),
                        "time_zone": one.zone,
                    }
                )
            return 0
        if not any(one.job == "night" for one in found):
            tell(sentence("outcome", "no_night_planned"))
        rows = ((one.job, one.at.strftime("%H:%M"), _days(one.days), one.facts()["on"], one.zone) for one in found)
        table(("job", "at", "days", "next on", "time zone"), rows)
        return 0

    return run


def recurrence_set(p: Parser) -> Run:
    """At a time of day in the company's time zone; what is set for that time is replaced."""
    _of_what(p)
    p.add_argument(
        "--days", type=_week, metavar="DAYS", default=(1, 2, 3, 4, 5, 6, 7), help="mon,wed,fri (default all)"
    )
    p.by("who sets it")

    def run(given: Given) -> int:
        from perennial.jobs.recurrences import set_recurrence

        made = set_recurrence(job=given.name, at=given.at, days=given.days, by=by(given))
        if given.json:
            document({"job": made.job, "next_at": made.next_at.isoformat(timespec="minutes")})
        tell(sentence("outcome", "recurrence_set", **made.facts()))
        return 0

    return run


def recurrence_remove(p: Parser) -> Run:
    """From now on; what is under way goes on."""
    _of_what(p)
    p.by("who removes it")

    def run(given: Given) -> int:
        from perennial.jobs.recurrences import remove_recurrence

        remove_recurrence(job=given.name, at=given.at, by=by(given))
        if given.json:
            document({"job": given.name, "removed": True})
        tell(sentence("outcome", "recurrence_removed", job=given.name, at=given.at.strftime("%H:%M")))
        return 0

    return run


def _of_what(p: Parser) -> None:
    p.add_argument("name", metavar="JOB", help="night, or one of the six jobs")
    p.add_argument("--at", type=_time, metavar="TIME", required=True, help="the time of day: 02:00")


def _time(word: str) -> time:
    try:
        return datetime.strptime(word, "%H:%M").time()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{word!r} is not a time of day such as 02:00") from None


def _week(words: str) -> tuple[int, ...]:
    try:
        return tuple(DAYS.index(word.strip().lower()[:3]) + 1 for word in words.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{words!r} are not days of the week such as {','.join(DAYS)}") from None


def _days(days: tuple[int, ...]) -> str:
    return ",".join(DAYS[day - 1] for day in days)
