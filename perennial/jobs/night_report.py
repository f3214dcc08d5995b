"""The report of a night: one document of what was due, done, waits and was parked, the money, and how long it took.

It is made when the night comes to its end, and kept with it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from perennial.db import sql
from perennial.errors import Refused
from perennial.jobs import JOBS
from perennial.jobs.create_child_orders import WAITING
from perennial.jobs.job import document
from perennial.jobs.models import JobRun, NightRun
from perennial.kernel import money
from perennial.language.formats import ENGLISH, Reader

SQL = sql.named("perennial.jobs", "sql/night_report.sql")
MONEY = ("authorised", "captured", "billed", "refunded")


def make_report(night: int) -> dict[str, Any]:
    """What a night did, from its runs and the calls and bills that they made."""
    runs = {row.job: row for row in JobRun.objects.filter(night_id=night, status="done").order_by("id")}
    jobs = [document(JOBS[name](), row) for name, row in runs.items()]
    counts: dict[str, int] = next((job["counts"] for job in jobs if job["job"] == "create-child-orders"), {})
    waits = {word: counts[count] for word, count in WAITING.items() if counts.get(count)}
    return {
        "due": sum(counts.values()),
        "created": counts.get("created", 0),
        "waits": waits,
        "parked": sum(job["counts"].get("parked", 0) for job in jobs),
        "money": [
            {
                "method": method,
                "currency": currency,
                **{word: money.text(int(minor), currency) for word, minor in zip(MONEY, sums, strict=True)},
                "declined": declined,
            }
            for method, currency, declined, *sums in sql.tuples(SQL["money"], {"night": night})
        ],
        "jobs": [{name: job[name] for name in ("job", "run", "counts", "amounts")} for job in jobs],
    }


def night_report(on: date | None = None, to: Reader = ENGLISH) -> dict[str, Any]:
    """The report of the night of a date, of the last one where there are several; left out: of the last night.

    Refused: there was none, or it has not come to its end.
    """
    found = NightRun.objects.exclude(finished_at=None).order_by("-on_date", "-id")
    row = (found if on is None else found.filter(on_date=on)).first()
    if row is None or row.finished_at is None:
        raise Refused("no_night_yet") if on is None else Refused("night_unknown", "date", on=on)
    return {
        "on": row.on_date.isoformat(),
        "started_at": row.started_at.isoformat(timespec="seconds"),
        "finished_at": row.finished_at.isoformat(timespec="seconds"),
        "seconds": round((row.finished_at - row.started_at).total_seconds(), 1),
        **(row.report or {}),
    }
