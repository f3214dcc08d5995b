"""What workers were asked for, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from perennial.errors import Refused
from perennial.jobs import BY_PERSONS
from perennial.jobs.models import JobRequest
from perennial.jobs.runner import is_worked_on
from perennial.jobs.status import JobRunStatus, runs_of
from perennial.kernel.reasons import Reason
from perennial.kernel.states import REQUEST_GOES_ON


@dataclass(frozen=True, slots=True)
class RequestStatus:
    """What was asked for, by whom, and what became of it. ``asked_on``: the date that was asked for; ``on``: that which a worker is at.

    ``at_job``, and ``done`` of ``selected``: how far it is; of a dry run these are chunks, of a real one things on the list.
    ``forsaken``: its run is open, and nobody works on it now, as when a worker was killed and no other has taken it up yet.
    ``tries``: how often it broke off since it got on last, ``tries_since`` from when on, ``trouble`` by what; ``told_at``: managers.
    """

    id: int
    job: str
    asked_on: date | None
    meant: date | None
    on: date | None
    arguments: Mapping[str, Any]
    dry: bool
    status: str
    by: str
    recurs: bool
    stopped_by: str | None
    signed_by: str | None
    signed_at: datetime | None
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    at_job: str | None
    done: int | None
    selected: int | None
    runs: tuple[JobRunStatus, ...]
    refused: Reason | None
    waits: Mapping[str, Any] | None
    tries: int
    tries_since: datetime | None
    trouble: Reason | None
    told_at: datetime | None
    forsaken: bool = False

    @property
    def goes_on(self) -> bool:
        """Has no worker ended it?"""
        return self.status in REQUEST_GOES_ON

    @property
    def of_many(self) -> bool:
        """Is it a change of many orders, which has pages of its own?"""
        return self.job in BY_PERSONS

    @property
    def now(self) -> JobRunStatus | None:
        """The real run that is worked on."""
        return next((run for run in reversed(self.runs) if run.status == "open"), None)

    def seconds_left(self, now: datetime) -> int | None:
        """How long the run takes yet, as fast as it was so far; None when nobody can tell, or nobody works on it."""
        return self.now.seconds_left(now) if self.now and not self.forsaken else None


def request_status(request: int) -> RequestStatus:
    """What was asked for under a number. Refused: nothing was."""
    row = JobRequest.objects.filter(pk=request).first()
    if row is None:
        raise Refused("request_unknown", "request", request=request)
    return _read(row)


def requests_under_way() -> list[RequestStatus]:
    """What was asked for and has not ended, the oldest first."""
    return [_read(row) for row in JobRequest.objects.filter(status__in=REQUEST_GOES_ON).order_by("id")]


def last_requests(most: int) -> list[RequestStatus]:
    """What was asked for last and has ended, the newest first."""
    found = JobRequest.objects.exclude(status__in=REQUEST_GOES_ON).order_by("-id")[:most]
    return [_read(row) for row in found]


def last_criteria(job: str) -> Mapping[str, Any]:
    """To what a job was restricted when a person asked for it last."""
    found = JobRequest.objects.filter(job=job, recurs=False).order_by("-id").values_list("arguments", flat=True).first()
    return found or {}


def _read(row: JobRequest) -> RequestStatus:
    runs = tuple(runs_of(row.runs))
    at_job, done, selected = row.at_job, row.done, row.selected
    current = next((run for run in reversed(runs) if run.status == "open"), None)
    if current is not None:
        at_job, done, selected = current.job, current.done, current.selected
    elif row.job != "night":
        at_job = row.job
    return RequestStatus(
        id=row.pk,
        job=row.job,
        asked_on=row.on_date,
        meant=row.meant,
        on=row.for_date or row.on_date,
        arguments=row.arguments,
        dry=row.dry,
        status=row.status,
        by=row.by,
        recurs=row.recurs,
        stopped_by=row.stopped_by,
        signed_by=row.signed_by,
        signed_at=row.signed_at,
        asked_at=row.asked_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        at_job=at_job,
        done=done,
        selected=selected,
        runs=runs,
        refused=Reason.read(row.refused),
        waits=row.waits,
        tries=row.tries,
        tries_since=row.tries_since,
        trouble=Reason.read(row.trouble),
        told_at=row.told_at,
        forsaken=current is not None and row.status == "running" and not is_worked_on(current.id),
    )
