"""When jobs, and the night, run by themselves: at a time of day in the company's time zone, on days of the week.

A worker asks each minute what is due (``take_due``). Each day's moment is taken once, however many workers there are; of
moments that passed while no worker ran the newest is taken, and a night runs every missed date, in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from perennial.catalog.queries import company_if_any
from perennial.db import history
from perennial.errors import Refused
from perennial.jobs import NIGHTLY
from perennial.jobs.models import JobRequest, Recurrence
from perennial.jobs.requests import NIGHT, ask
from perennial.kernel.recurrence import EVERY_DAY, last_moment, next_moment

A_WEEK = 7
"""So many days lie between two moments at most; a day further ahead was queued by a clock that was wrong."""
BY = "schedule"
"""Who starts what runs by itself."""


@dataclass(frozen=True, slots=True)
class Recurs:
    """A job, or ``night``, that runs by itself; ``next_at`` in the world's time."""

    job: str
    at: time
    days: tuple[int, ...]
    arguments: Mapping[str, Any]
    next_at: datetime
    zone: str

    def facts(self) -> dict[str, Any]:
        """What sentences say of it: the day and the time on the clocks of the company."""
        local = self.next_at.astimezone(ZoneInfo(self.zone))
        return {"job": self.job, "on": local.date(), "at": local.strftime("%H:%M"), "zone": self.zone}


def recurrences(job: str | None = None) -> list[Recurs]:
    """What runs by itself (of one job, or of all), what comes next first."""
    found, now, zone = Recurrence.objects.all(), timezone.now(), _zone()
    rows = found if job is None else found.filter(job=job)
    listed = [
        Recurs(
            job=row.job,
            at=row.at,
            days=tuple(row.days),
            arguments=row.arguments,
            next_at=next_moment(row.at, row.days, zone, now).at,
            zone=zone,
        )
        for row in rows
    ]
    return sorted(listed, key=lambda one: (one.next_at, one.job))


def next_night() -> Recurs | None:
    """When the night runs by itself next; None: it does not."""
    return next(iter(recurrences(NIGHT)), None)


@transaction.atomic
def set_recurrence(
    *,
    job: str,
    at: time,
    days: Sequence[int] = EVERY_DAY,
    arguments: Mapping[str, Any] | None = None,
    by: str,
    reason: str | None = None,
) -> Recurs:
    """Let a job, or ``night``, run by itself at a time of day; one that is set for that time is replaced.

    It begins with the next such moment, not with one that is past. Refused: no such job, no day of the week.
    """
    _known(job)
    if not days or not set(days) <= set(EVERY_DAY):
        raise Refused("recurrence_without_days", "days")
    history.context(by=by, reason=reason)
    queued_for = last_moment(at, days, _zone(), timezone.now()).day
    values = {"days": sorted(set(days)), "arguments": dict(arguments or {}), "queued_for": queued_for}
    if not Recurrence.objects.filter(job=job, at=at).update(**values):
        Recurrence.objects.create(job=job, at=at, **values)
    return next(one for one in recurrences(job) if one.at == at)


@transaction.atomic
def remove_recurrence(*, job: str, at: time, by: str, reason: str | None = None) -> None:
    """A job does not run by itself any more at that time. Refused: it does not now."""
    _known(job)
    history.context(by=by, reason=reason)
    if not Recurrence.objects.filter(job=job, at=at).delete()[0]:
        raise Refused("recurrence_unknown", "at", job=job, at=at.strftime("%H:%M"))


def take_due(now: datetime | None = None) -> Iterator[tuple[JobRequest, bool]]:
    """Ask the workers for what is due, in the caller's transaction: each moment once, whoever looks, whatever their clocks say."""
    now, zone = now or timezone.now(), _zone()
    for row in Recurrence.objects.select_for_update().order_by("id"):
        newest = last_moment(row.at, row.days, zone, now)
        if 0 <= (row.queued_for - newest.day).days <= A_WEEK:  # ahead: another worker's clock is
            continue
        asked, is_new = ask(job=row.job, arguments=row.arguments, by=BY, recurs=True)
        if not is_new and (asked.status != "waiting" or asked.stopped_by is not None):
            continue  # that one is of an earlier moment: asked again when it has ended
        Recurrence.objects.filter(pk=row.pk).update(queued_for=newest.day)
        yield asked, is_new


def _known(job: str) -> None:
    if job != NIGHT and job not in NIGHTLY:
        raise Refused("job_unknown", "job", job=job, known=(NIGHT, *NIGHTLY))


def _zone() -> str:
    company = company_if_any()
    return company.time_zone if company else "UTC"
