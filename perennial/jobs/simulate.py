"""Simulate: for each date what a warehouse would report, then that night. The same functions as the commands."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from perennial.catalog.queries import currency, parameters
from perennial.db import sql
from perennial.desk.orders.ship import children_that_may_ship, invoice_many, ship_many
from perennial.errors import Refused
from perennial.jobs import JOBS, NIGHTLY
from perennial.jobs.at_work import Session
from perennial.jobs.models import JobRun
from perennial.jobs.night import is_done, last_night, one_night, wants_figures
from perennial.jobs.report import Report
from perennial.kernel import money
from perennial.kernel.calendar import add_days
from perennial.payments import gateways
from perennial.payments.gateways.sandbox import Sandbox

CHUNK = 1000
OnNight = Callable[[date, dict[str, Any]], None]


def simulate(
    from_: date,
    to: date,
    *,
    declines: Decimal | int = 0,
    seed: int = 0,
    by: str = "simulate",
    on_night: OnNight | None = None,
    goes_on: bool = False,
    before_night: Callable[[date], None] = lambda on: None,
) -> dict[str, Any]:
    """Ship and invoice every child that may ship, then run the night, for each date; the sums, with how many nights.

    ``declines``: the share of card charges, in percent, that the sandbox gateway declines, drawn from
    the seed. Killed and begun again it goes on where it was: nights that are done are not done again. ``goes_on``: more days follow
    at once, so the figures of the pictures are not worked out behind the last night. ``before_night`` hears of each before it.
    Refused: ``to`` before ``from``.
    """
    if to < from_:
        raise Refused("days_backwards", "to", to=to, from_=from_)
    if not 0 <= declines <= 100:
        raise Refused("declines_not_a_percentage", "declines", declines=declines)
    if gateways.current().real:
        raise Refused("sandbox_alone", what="simulate")
    add_days(to, parameters().days_before_delivery, "to")  # refused before the first night, not by the last one
    last = last_night()
    start = from_
    if last is not None and (from_ < last or (from_ == last and _been_through(last, by))):
        start = add_days(last, 1)
    half_way = _been_through(start, by)  # killed in that night: its warehouse has done its work
    sums = {name: Report() for name in NIGHTLY}
    shipped = 0
    code = currency()
    with gateways.use(Sandbox(declines=declines, seed=seed)) if declines else nullcontext(), Session() as session:
        for on in map(date.fromordinal, range(start.toordinal(), to.toordinal() + 1)):
            before_night(on)
            if on != start or not half_way:
                shipped += warehouse(on, by=by)
            made = one_night(on, by=by, session=session, figures=wants_figures(on, None if goes_on else to))
            for job in made["jobs"]:
                report = sums[job["job"]]
                for word, number in job["counts"].items():
                    report.count(word, number)
                for of, amounts in job["amounts"].items():
                    for word, amount in amounts.items():
                        report.amount(of, word, money.minor(amount, of))
            if on_night is not None:
                on_night(on, made)
            if not is_done(made):  # somebody asked it to stop: begun again it goes on with this night
                to = on
                break
    return {
        "from": from_.isoformat(),
        "to": to.isoformat(),
        "nights": max(0, (to - start).days + 1),
        "shipped": shipped,
        "currency": code,
        "jobs": [{"job": name, **_sum(name, sums[name])} for name in NIGHTLY],
    }


def _been_through(on: date, by: str) -> bool:
    """Has simulate come to the night of this date before?"""
    return JobRun.objects.filter(on_date=on, by=by, night_id__isnull=False).exists()


def _sum(name: str, report: Report) -> dict[str, Any]:
    made = report.printed(JOBS[name].counts, if_any=JOBS[name].counts_if_any)
    return {"counts": made["counts"], "amounts": made["amounts"]}


def warehouse(on: date, *, by: str) -> int:
    """Ship and invoice every child with a ``ship_on`` by the date that may ship; how many."""
    ids = children_that_may_ship(on=on)
    done = 0
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        with transaction.atomic():
            # The continuity orders first, then their children, as everybody locks them.
            sql.tuples(
                "select c.id from continuity_continuityorder c where c.parent_line_id in"
                " (select parent_line_id from orders_salesorder where id = any(%s)) order by c.id for no key update",
                [part],
            )
            shipped = ship_many(part, on=on, by=by)
            invoice_many(shipped, on=on, by=by)
            done += len(shipped)
    return done
