"""What somebody should look at, though nothing is wrong with the data: nights and runs that did not come to their end, what
lies too long, more declines than usual, money that is owed, a disk that fills up.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from perennial.catalog.queries import today
from perennial.db import sql
from perennial.desk.read.exceptions import urgent_counts
from perennial.jobs.ahead import has_jumped, is_ahead
from perennial.jobs.models import NightRun
from perennial.jobs.night import last_night
from perennial.jobs.runner import RUN_LOCK
from perennial.kernel.money import Money
from perennial.payments import refused_keys
from perennial.payments.gateway_events import put_aside
from perennial.payments.surplus import owed_back

SQL = sql.named("perennial.jobs", "sql/watch.sql")
STILL = timedelta(minutes=5)
"""So long nobody works on a night or run before it counts as stopped."""
USUAL_RUNS = 30
"""The share of declines is compared with so many runs before."""
ENOUGH = 20
"""Of fewer charges than these no share is told."""
TIMES_USUAL, POINTS_ABOVE = 2, 10
"""More declines than usual: so many times the share, and so many points above it."""
SHOWN_FOR = timedelta(days=7)
"""So long it is told that a bank has taken what a customer had been given back."""
ANSWER_SOON = timedelta(days=5)
"""A dispute that nobody has answered so long before its last day runs out."""
LEAST_FREE, LEAST_BYTES = 0.05, 2**30
"""A disk is nearly full where less than this part of it is free, or less than a gibibyte."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One thing to look at: a sentence of the context ``watch``, which says what to do too, and its facts."""

    code: str
    facts: Mapping[str, Any]


def watch(on: date | None = None) -> list[Watched]:
    """All that there is on a date (left out: today), the most urgent first."""
    on = on or today()
    return [*_of_operation(on), *_of_orders(on)]


def watch_operation(on: date) -> list[Watched]:
    """What no list of orders shows: nights, runs, declines, the disk."""
    return list(_of_operation(on))


def _of_operation(on: date) -> Iterator[Watched]:
    last = last_night()
    if is_ahead(last, on):
        yield Watched("nights_ahead", {"last": last, "today": on})
    missed = 0 if last is None else on.toordinal() - last.toordinal() - 1
    if last is not None and missed > 0:
        code = "nights_wait" if has_jumped(last, on) else "nights_missed"
        broke_off = NightRun.objects.filter(finished_at=None, on_date__gt=last, on_date__lt=on).count()
        yield Watched(code, {"last": last, "count": missed, "today": on, **({"begun": broke_off} if broke_off else {})})
    if last is None and sql.value(SQL["orders_without_night"], {"on": on}):
        yield Watched("night_never", {})
    for job, run, started_on in sql.tuples(SQL["stopped_runs"], {"lock": RUN_LOCK, "still": STILL}):
        yield Watched("run_stopped", {"job": job, "run": run, "on": started_on})
    begun = NightRun.objects.filter(finished_at=None)
    if last is not None:  # what an earlier one has left, the nights since have done
        begun = begun.filter(on_date__gte=last)
    night = begun.order_by("on_date").values_list("on_date", flat=True).first()
    if night is not None and sql.value(SQL["night_stopped"], {"night": night, "still": STILL}):
        yield Watched("night_stopped", {"on": night})
    for one in refused_keys.standing():
        since = timezone.localdate(one.since)
        yield Watched("gateway_key_refused", {"gateway": one.gateway, "setting": one.setting, "since": since})
    aside, first = put_aside()
    if first is not None:
        facts = {"count": aside, "gateway": first.gateway, "event": first.reference}
        yield Watched("events_put_aside", {**facts, "on": timezone.localdate(first.received_at)})
    twice, first_twice = sql.tuples(SQL["lost_besides"], {"since": on - SHOWN_FOR})[0]
    if twice:
        yield Watched("disputes_lost_besides", {"count": twice, "order": first_twice})
    yield from _declines()
    yield from _disk()


def _declines() -> Iterator[Watched]:
    """Of the last run that charged cards: were more of them declined than usual?"""
    found = sql.one(SQL["declines"], {"before": USUAL_RUNS})
    if found is None:
        return
    on, asked, declined, asked_before, declined_before = found
    if asked < ENOUGH or asked_before < ENOUGH:
        return
    share, usual = 100 * declined / asked, 100 * declined_before / asked_before
    if share >= TIMES_USUAL * usual and share >= usual + POINTS_ABOVE:
        yield Watched(
            "many_declines",
            {"on": on, "declined": declined, "asked": asked, "share": round(share), "usual": round(usual)},
        )


def _disk() -> Iterator[Watched]:
    """The disk that holds the installation's folder."""
    home = Path(settings.PERENNIAL_HOME)
    while not home.exists():
        home = home.parent
    total, _, free = shutil.disk_usage(home)
    if free < LEAST_FREE * total or free < LEAST_BYTES:
        yield Watched("disk_nearly_full", {"folder": str(home), "free": free // 2**20})


def _of_orders(on: date) -> Iterator[Watched]:
    found = urgent_counts(on, exactly=True)
    if found.late:
        yield Watched("children_late", {"count": found.late})
    if found.uninvoiced:
        yield Watched("children_uninvoiced", {"count": found.uninvoiced})
    if found.check:
        yield Watched("checks_awaited", {"count": found.check})
    if found.approval:
        yield Watched("refunds_to_approve", {"count": found.approval})
    failed, to_answer, first = sql.tuples(SQL["money_back"], {"soon": on + ANSWER_SOON})[0]
    if failed:
        yield Watched("refunds_failed", {"count": failed})
    if to_answer:
        yield Watched("disputes_run_out", {"count": to_answer, "on": first})
    owed = owed_back()
    if owed.orders:
        yield Watched("refunds_owed", {"count": owed.orders, "amount": Money(owed.back, owed.currency)})
    if owed.bills:
        yield Watched("credits_owed", {"count": owed.bills, "amount": Money(owed.credit, owed.currency)})
