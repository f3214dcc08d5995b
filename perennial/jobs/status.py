"""The six jobs at a glance: when each ran last, what it did, how much is due now."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from perennial.catalog.queries import set_up, today
from perennial.continuity.planning import Difference, OrderState, read_orders
from perennial.db import sql
from perennial.db.pages import Page, page_of
from perennial.errors import Refused
from perennial.jobs import JOBS, NIGHTLY
from perennial.jobs.extend_lines import extend
from perennial.jobs.job import Run
from perennial.jobs.models import JobRun
from perennial.jobs.report import stored_report
from perennial.kernel.calendar import add_days

ORDERS_AHEAD = 500
SHIPMENTS_AHEAD = 10_000
"""So much is planned ahead at most only to be counted."""

_LATE = """
select count(distinct (c.id, o.shipment)), min(o.ship_on)
  from continuity_occurrence o
  join continuity_continuityorder c on c.id = o.continuity_order_id
  join order_waits w on w.order_id = c.order_id
 where o.status = 'scheduled' and o.blocked is null and o.ship_on < %(on)s and not w.awaited and not w.on_hold
"""
_PLANNED_INTO_THE_PAST = """
with behind as materialized (  -- none, of most installations
  select c.id from continuity_continuityorder c
   where c.status = 'open' and not c.complete
     and coalesce((select max(o.ship_on) from continuity_occurrence o
                    where o.continuity_order_id = c.id and o.status <> 'cancelled') < %(on)s, true))
select c.id from behind c join continuity_waits w on w.continuity_order_id = c.id
 where not w.awaited and not w.on_hold and not w.payment_failed and not w.parked
 order by c.id limit %(most)s
"""


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


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run of a job. ``ended_at`` None: it is under way, or waits for somebody to go on with it."""

    run: int
    job: str
    on: date
    dry: bool
    status: str
    by: str
    started_at: datetime
    ended_at: datetime | None
    counts: Mapping[str, int]


def runs(*, job: str | None = None, size: int = 50, after: str | None = None) -> Page[ListedRun]:
    """A page of the runs, of one job or of all, the newest first."""
    found = JobRun.objects.all() if job is None else JobRun.objects.filter(job=job)
    page = page_of(found, "pk", size=size, after=after, backwards=True)
    return Page(
        tuple(
            ListedRun(
                run=row.pk,
                job=row.job,
                on=row.on_date,
                dry=row.dry,
                status=row.status,
                by=row.by,
                started_at=row.started_at,
                ended_at=row.ended_at,
                counts=stored_report(row.report).counts,
            )
            for row in page.rows
        ),
        page.next,
    )


class Late(NamedTuple):
    """How many shipments a night finds late, the first of their days, and whether that is all of them."""

    shipments: int
    since: date | None
    all: bool


def late(on: date) -> Late:
    """Shipments whose day is past on a date, and that wait for nothing: those that are planned, and those that the
    night of the date plans on before it makes child orders. Of very many orders only the first are planned here.
    """
    found = sql.one(_LATE, {"on": on})
    assert found is not None
    shipments, since = found
    orders = [row[0] for row in sql.tuples(_PLANNED_INTO_THE_PAST, {"on": on, "most": ORDERS_AHEAD + 1})]
    if not orders:
        return Late(shipments, since, True)
    rules = set_up()
    through = add_days(on, rules.parameters.days_before_delivery, "on")
    days: list[date] = []
    everything = len(orders) <= ORDERS_AHEAD
    for state in read_orders(rules, orders[:ORDERS_AHEAD]):
        if len(days) >= SHIPMENTS_AHEAD:
            everything = False
            break
        days += _late_of(state, on, through)
    since = min([*days, *([since] if since else [])], default=None)
    return Late(shipments + len(days), since, everything)


def _late_of(state: OrderState, on: date, through: date) -> list[date]:
    """The days before a date on which an order ships that is planned on; none of one that the job would park."""
    difference = Difference()
    with suppress(Refused):
        extend(state, difference, through)
    rows = [*difference.inserts, *difference.updates]
    days = {row.shipment: row.ship_on for row in rows if row.status == "scheduled" and row.ship_on < on}
    return list(days.values())


def due(name: str, on: date) -> int:
    """How many things a run of the job would take on a date: counted by the statement that finds them."""
    job = JOBS[name]()
    run = Run(0, name, on, {}, True)
    job.arguments(run)
    statement, values = job.due(run)
    return int(sql.value(f"select count(*) from ({statement}) d", values))
