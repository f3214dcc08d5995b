"""What a mistyped date or a wrong clock may not do by itself: run a date that is ahead, or more nights than a week of them.

What is run for a date is shipped and charged now, and no earlier night is run after it. So a date more than a day ahead of
today, and the nights since the last one where that lies more than a week back, want a person who says the date twice.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from psycopg.types.json import Jsonb

from perennial.catalog.queries import today
from perennial.db import sql
from perennial.errors import Refused
from perennial.jobs.job import Job, Run
from perennial.jobs.models import JobRun
from perennial.jobs.report import stored_report
from perennial.jobs.runner import run_job

SQL = sql.named("perennial.jobs", "sql/change_many.sql")
DAYS_AHEAD = 1
"""Whoever is east of the company's time zone may be a day ahead."""
DAYS_MISSED = 7
"""So many nights after the last one run by themselves."""
MANY_ORDERS = 1000
"""So many orders are changed at once without their number being said twice."""


def refuse_ahead(on: date, meant: date | None) -> None:
    """Refused: a date more than a day ahead of today that was not said twice (``meant``)."""
    if on != meant and (fault := ahead_fault(on)) is not None:
        raise fault


def ahead_fault(on: date) -> Refused | None:
    """Why a date is said twice: it lies more than a day ahead of today."""
    now = today()
    is_ahead = on.toordinal() - now.toordinal() > DAYS_AHEAD
    return Refused("date_ahead", "on", on=on, today=now) if is_ahead else None


def are_many(orders: int) -> bool:
    """Are they so many that their number is said twice?"""
    return orders > MANY_ORDERS


def refuse_many(orders: int, meant: int | None) -> None:
    """Refused: more than a thousand orders, whose number was not said twice (``meant``)."""
    if are_many(orders) and orders != meant:
        raise Refused("many_orders", "orders", orders=orders, most=MANY_ORDERS)


def refuse_other_number(run: Run, selected: int, meant: int | None) -> None:
    """Refused: more than a thousand orders are to be changed, and their number was not said twice (``meant``). It is the one
    that the last dry run of the same has told as changing, as long as so many fit (``selected``) as fitted then.

    Where nothing was counted it is the number of those that fit. Whoever has counted and finds another number counts again.
    """
    found = sql.models(JobRun, SQL["counted"], {"job": run.job, "arguments": Jsonb(run.arguments)})
    counted = found[0] if found else None
    if counted is None or counted.selected == selected:
        shown = selected if counted is None else orders_counted(counted)
        if meant != selected:
            refuse_many(shown, meant)
    elif are_many(selected) and meant != selected:
        raise Refused("many_counted_again", "orders", orders=selected, then=counted.selected, run=counted.pk)


def orders_counted(run: JobRun) -> int:
    """How many orders a run has changed, or would change."""
    return int(stored_report(run.report).counts.get("orders", 0))


def has_jumped(last: date | None, now: date) -> bool:
    """Are there more nights between the last one and today than run by themselves?"""
    return last is not None and now.toordinal() - last.toordinal() > DAYS_MISSED


def is_ahead(last: date | None, now: date) -> bool:
    """Was a night run of a day that is still ahead, so that none runs until then? Where today is invented that is practice."""
    return settings.PERENNIAL_TODAY is None and last is not None and last.toordinal() - now.toordinal() > DAYS_AHEAD


def run_by_hand(job: Job, *, on: date, meant: date | None = None, dry: bool = False, **given: Any) -> dict[str, Any]:
    """Run a job for a person (``runner.run_job``). Refused: a date ahead that was not said twice, unless dry."""
    if not dry:
        refuse_ahead(on, meant)
    return run_job(job, on=on, dry=dry, **given)
