"""How long nights take, and each of their six jobs; how much they did. Read from the runs that are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from statistics import median

from perennial.errors import Refused
from perennial.jobs import NIGHTLY
from perennial.jobs.status import NightStatus, nights

NIGHTS = 30
MOST_NIGHTS = 366


@dataclass(frozen=True, slots=True)
class JobTook:
    """A job of a night: its seconds, and how many things were on its work list. Both None: it has not run, or is not over."""

    job: str
    seconds: float | None
    things: int | None


@dataclass(frozen=True, slots=True)
class NightTook:
    """A night: its seconds (None: it is not over), its jobs in their order, and what it did."""

    id: int
    on: date
    started_at: datetime
    seconds: float | None
    jobs: tuple[JobTook, ...]
    created: int
    declined: int
    parked: int


@dataclass(frozen=True)
class NightsPicture:
    """The last nights, the oldest first."""

    nights: tuple[NightTook, ...]

    @cached_property
    def usual(self) -> float | None:
        """The middle one of all durations; None: no night is over."""
        took = [one.seconds for one in self.nights if one.seconds is not None]
        return median(took) if took else None

    @cached_property
    def last(self) -> NightTook | None:
        """The last night that is over."""
        return next((one for one in reversed(self.nights) if one.seconds is not None), None)

    @cached_property
    def longest(self) -> NightTook | None:
        """The night that took longest."""
        over = [one for one in self.nights if one.seconds is not None]
        return max(over, key=lambda one: one.seconds or 0, default=None)


def durations(*, most: int = NIGHTS) -> NightsPicture:
    """The last nights. Refused: less than 1 or more than 366 of them."""
    if not 1 <= most <= MOST_NIGHTS:
        raise Refused("nights_not_within", "nights", nights=most, most=MOST_NIGHTS)
    return NightsPicture(tuple(_night(one) for one in reversed(nights(most=most))))


def _night(night: NightStatus) -> NightTook:
    counts: dict[str, int] = {}
    for run in night.runs:
        for word, number in run.counts.items():
            counts[word] = counts.get(word, 0) + number
    over = night.finished_at
    return NightTook(
        id=night.id,
        on=night.on,
        started_at=night.started_at,
        seconds=None if over is None else (over - night.started_at).total_seconds(),
        jobs=tuple(_jobs(night)),
        created=counts.get("created", 0),
        declined=counts.get("declined", 0),
        parked=counts.get("parked", 0),
    )


def _jobs(night: NightStatus) -> Iterator[JobTook]:
    ran = {run.job: run for run in night.runs if run.ended_at is not None}
    for name in NIGHTLY:
        run = ran.get(name)
        if run is None or run.ended_at is None:
            yield JobTook(name, None, None)
        else:
            yield JobTook(name, (run.ended_at - run.started_at).total_seconds(), run.selected)
