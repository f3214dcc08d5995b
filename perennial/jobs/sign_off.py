"""Sign-off: somebody looks at the dry run of a night, signs it, and what then happened is compared with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from perennial.errors import Refused
from perennial.jobs import NIGHTLY
from perennial.jobs.models import JobRequest, NightRun
from perennial.jobs.request_status import RequestStatus
from perennial.jobs.requests import NIGHT
from perennial.jobs.status import NightStatus, runs_of


@dataclass(frozen=True, slots=True)
class Compared:
    """What a job was expected to do, and what it did, by count; ``agrees``: the same."""

    job: str
    expected: Mapping[str, int]
    happened: Mapping[str, int]

    @property
    def agrees(self) -> bool:
        """Are all counts the same?"""
        return self.expected == self.happened


@dataclass(frozen=True, slots=True)
class SignOff:
    """A dry run that was signed before its night: by whom, when, and job by job against what happened."""

    request: int
    by: str
    at: datetime
    jobs: tuple[Compared, ...]


def sign(request: int, *, by: str) -> None:
    """Sign the dry run of a night; signed again, it is whoever signed last. Refused: it is none, or has not come to its end."""
    signed = JobRequest.objects.filter(pk=request, job=NIGHT, dry=True, status="done")
    if not signed.update(signed_by=by, signed_at=timezone.now()):
        raise Refused("nothing_to_sign", "request", request=request)


def sign_off_of(night: NightStatus) -> SignOff | None:
    """The newest dry run that was signed before a night began, compared with it; None: there is none."""
    found = JobRequest.objects.filter(job=NIGHT, dry=True, signed_at__lt=night.started_at).order_by("-signed_at")
    for row in found[:20]:
        expected = {run.job: run for run in runs_of(row.runs) if run.on == night.on}
        if expected and row.signed_by and row.signed_at:
            happened = {run.job: run for run in night.runs}
            jobs = tuple(
                Compared(
                    name,
                    _counts(expected[name].counts) if name in expected else {},
                    _counts(happened[name].counts) if name in happened else {},
                )
                for name in NIGHTLY
            )
            return SignOff(row.pk, row.signed_by, row.signed_at, jobs)
    return None


def nights_of(asked: RequestStatus) -> list[tuple[int, date]]:
    """The nights that were run as it was asked, with their dates; of a dry run that is signed those that began after that."""
    if not asked.dry:
        return list({run.night: run.on for run in asked.runs if run.night is not None}.items())
    if asked.signed_at is None:
        return []
    days = {run.on for run in asked.runs}
    nights = NightRun.objects.filter(on_date__in=days, started_at__gt=asked.signed_at).order_by("on_date", "id")
    return list(nights.values_list("pk", "on_date"))


def _counts(counts: Mapping[str, int]) -> dict[str, int]:
    return {word: number for word, number in counts.items() if number}
