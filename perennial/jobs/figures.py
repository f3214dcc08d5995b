"""Figures for monitors: how the last night went, what waits and is parked, what workers are asked for, what should be looked at.

All of them are read from reports, counts that end at a most, and small tables: asked a few times a minute they cost
nothing that anybody notices, however many orders there are. Nothing in them is about a customer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from perennial.db import sql
from perennial.desk.read.exceptions import urgent_counts
from perennial.jobs.watch import watch

_SQL = sql.named("perennial.jobs", "sql/figures.sql")


class Figure(NamedTuple):
    """A figure: its name, what it says, and its value for each set of labels."""

    name: str
    says: str
    labels: tuple[str, ...]
    values: Sequence[tuple[tuple[str, ...], float]]


def figures(on: date) -> Iterator[Figure]:
    """All figures on a date."""
    yield from _of_night(on)
    yield from _of_payments()
    yield from _of_requests()
    urgent = urgent_counts(on)._asdict()
    held = [((kind,), float(urgent[kind])) for kind in urgent if kind not in ("expiring", "refund")]
    yield Figure("waiting_for_a_person", "Things that wait for a person, by kind.", ("kind",), held)
    found = watch(on)
    yield _one("watched", "How many findings `perennial watch` has.", len(found))
    yield Figure(
        "watch_finding", "1 for each finding of `perennial watch`.", ("code",), [((one.code,), 1.0) for one in found]
    )


def _one(name: str, says: str, value: float) -> Figure:
    return Figure(name, says, (), [((), float(value))])


def _of_night(on: date) -> Iterator[Figure]:
    """Of the last night that came to its end; of an installation without one nothing but what is under way."""
    yield _one("night_under_way", "1 while a night is not finished.", int(sql.value(_SQL["open_nights"])))
    found = sql.one(_SQL["last_night"])
    if found is None:
        return
    day, finished, seconds, stored = found
    report = json.loads(stored) if isinstance(stored, str) else stored or {}
    yield _one("night_finished_timestamp_seconds", "When the last night was finished.", finished)
    yield _one("night_age_days", "Days from the date of the last finished night to today.", (on - day).days)
    yield _one("night_seconds", "How long the last night took.", seconds)
    yield _one("night_due", "Shipments that were due in the last night.", report.get("due", 0))
    yield _one("night_created", "Child orders that the last night made.", report.get("created", 0))
    yield _one("night_parked", "Orders that the last night put aside.", report.get("parked", 0))
    waits = [((why,), float(count)) for why, count in sorted(report.get("waits", {}).items())]
    yield Figure("night_waiting", "Shipments that waited in the last night, by why.", ("why",), waits)


def _of_payments() -> Iterator[Figure]:
    """What the gateway answered the last run that charged cards."""
    words = ("authorised", "captured", "declined", "failed", "unknown")
    found = sql.value(_SQL["last_answers"])
    counts = json.loads(found) if isinstance(found, str) else found or {}
    values = [((word,), float(counts.get(word, 0))) for word in words]
    yield Figure("gateway_answers", "What the gateway answered the last run of process-payments.", ("result",), values)


def _of_requests() -> Iterator[Figure]:
    states = {"waiting": 0, "running": 0}
    oldest = 0.0
    for status, count, age in sql.tuples(_SQL["requests"]):
        states[status], oldest = count, max(oldest, float(age))
    values = [((status,), float(count)) for status, count in states.items()]
    yield Figure("requests", "What workers are asked for and have not done yet.", ("status",), values)
    yield _one("requests_oldest_seconds", "How long the oldest of them is asked for.", oldest)
    yield _one("parked", "Orders that are put aside now.", int(sql.value(_SQL["parked"])))
