"""The six jobs at a glance: when each ran last, what it did, how much is due now."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from perennial.catalog.queries import today
from perennial.db import sql
from perennial.jobs import JOBS, NIGHTLY
from perennial.jobs.job import Run
from perennial.jobs.models import JobRun
from perennial.jobs.report import stored_report


class _Undo(Exception):
    pass


def status(on: date | None = None) -> list[dict[str, Any]]:
    """Each job with its last run and how many things its next run would take."""
    on = on or today()
    found = []
    for name in NIGHTLY:
        last = JobRun.objects.filter(job=name, dry=False).order_by("-id").first()
        found.append(
            {
                "job": name,
                "last_run": last.pk if last else None,
                "last_on": last.on_date.isoformat() if last else None,
                "last_status": last.status if last else None,
                "last_counts": stored_report(last.report).counts if last else {},
                "due": due(name, on),
            }
        )
    return found


def late(on: date) -> tuple[int, date | None]:
    """Shipments whose day is past on a date, and that wait for nothing: how many, and the first of their days."""
    found = sql.one(
        "select count(distinct (continuity_order_id, shipment)), min(ship_on) from continuity_occurrence"
        " where status = 'scheduled' and blocked is null and ship_on < %s",
        [on],
    )
    assert found is not None
    return found[0], found[1]


def due(name: str, on: date) -> int:
    """How many things a run of the job would take on a date."""
    job = JOBS[name]()
    number = 0
    try:
        with transaction.atomic():
            row = JobRun.objects.create(job=name, on_date=on, arguments={}, dry=True)
            run = Run(row.pk, name, on, {}, True)
            job.arguments(run)
            number, _ = job.select(run)
            raise _Undo
    except _Undo:
        pass
    return number
