"""The six jobs at a glance: when each ran last, what it did, how far it is, how much is due now; and the nights."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from perennial.catalog.queries import set_up, today
from perennial.continuity.difference import Difference
from perennial.continuity.extension import extend
from perennial.continuity.planning import OrderState, read_orders
from perennial.db import sql
from perennial.db.pages import Page, page_of
from perennial.errors import Refused
from perennial.jobs import JOBS, NIGHTLY
from perennial.jobs.job import Run
from perennial.jobs.models import JobRun
from perennial.jobs.night import last_night, night_arguments
from perennial.jobs.recurrences import BY as BY_ITSELF
from perennial.jobs.report import Report, stored_report
from perennial.kernel.calendar import add_days
from perennial.kernel.money import Money
from perennial.kernel.reasons import Reason

_SQL = sql.named("perennial.jobs", "sql/status.sql")
RUNS = 50
NIGHTS = 10
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


@dataclass(frozen=True, slots=True)
class Because:
    """Why something of an order waits or was not done; ``said``: the sentence of runs of an older version."""

    order: str
    shipment: int | None
    blocked: str | None
    reason: Reason | None
    said: str | None


@dataclass(frozen=True, slots=True)
class JobRunStatus:
    """A run. ``selected`` things were on its work list, ``done`` of them are done; ``amounts`` by the word of each.

    While it is open, counts, amounts and reasons are those of what is done.
    """

    id: int
    job: str
    on: date
    dry: bool
    status: str
    by: str
    arguments: Mapping[str, Any]
    stopped_by: str | None
    night: int | None
    started_at: datetime
    ended_at: datetime | None
    selected: int
    done: int
    counts: Mapping[str, int]
    amounts: tuple[tuple[str, Money], ...]
    reasons: tuple[Because, ...]

    def seconds_left(self, now: datetime) -> int | None:
        """How long it will take yet, as fast as it was so far; None when nobody can tell."""
        if self.ended_at is not None or not self.done:
            return None
        return round((now - self.started_at).total_seconds() / self.done * (self.selected - self.done))


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job with its last run, and how many things its next run would take; ``by_hand``: so many of these no night takes, only
    a run that a person asks for.
    """

    job: str
    last: JobRunStatus | None
    due: int
    by_hand: int = 0

    @property
    def by_night(self) -> int:
        """How many of them the night would take."""
        return self.due - self.by_hand


@dataclass(frozen=True, slots=True)
class NightStatus:
    """The night of a business date with its runs, in their order."""

    id: int
    on: date
    started_at: datetime
    finished_at: datetime | None
    runs: tuple[JobRunStatus, ...]

    def count(self, word: str) -> int:
        """A count over its runs."""
        return sum(run.counts.get(word, 0) for run in self.runs)

    def amounts(self, word: str) -> tuple[Money, ...]:
        """An amount over its runs, by currency; none where there was none."""
        sums: dict[str, int] = {}
        for run in self.runs:
            for of, amount in run.amounts:
                if of == word and amount.minor:
                    sums[amount.currency] = sums.get(amount.currency, 0) + amount.minor
        return tuple(Money(minor, currency) for currency, minor in sums.items())


def status(on: date | None = None) -> list[JobStatus]:
    """Each job with its last run and how many things its next run would take on a date."""
    on = on or today()
    last = {run.job: run for run in _runs("last_runs", {"jobs": list(NIGHTLY)})}
    return [_standing(name, last.get(name), on) for name in NIGHTLY]


def status_of(job: str, on: date) -> JobStatus:
    """One of them, with its last run and how many things its next run would take on a date. Refused: there is no such job."""
    if job not in NIGHTLY:
        raise Refused("job_unknown", "job", job=job, known=NIGHTLY)
    last = _runs("last_runs", {"jobs": [job]})
    return _standing(job, last[0] if last else None, on)


def _standing(job: str, last: JobRunStatus | None, on: date) -> JobStatus:
    found, as_night = due(job, on), night_arguments(job)
    return JobStatus(job, last, found, found - due(job, on, as_night) if as_night else 0)


def status_json(found: Iterable[JobStatus]) -> list[dict[str, Any]]:
    """The jobs as outside programs read them."""
    return [
        {
            "job": one.job,
            "last_run": one.last.id if one.last else None,
            "last_on": one.last.on.isoformat() if one.last else None,
            "last_status": one.last.status if one.last else None,
            "last_counts": dict(one.last.counts) if one.last and one.last.status == "done" else {},
            "due": one.due,
        }
        for one in found
    ]


def run_status(run: int) -> JobRunStatus:
    """A run, as far as it is. Refused: there is none with the number."""
    found = _runs("runs", {"runs": [run]})
    if not found:
        raise Refused("run_unknown", "run", run=run)
    return found[0]


def started_by(numbers: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Who started these runs, and of which job: those that a person has asked for by themselves, outside a night."""
    alone = JobRun.objects.filter(pk__in=set(numbers), night_id=None).exclude(by__in=("", BY_ITSELF))
    return {pk: (by, job) for pk, by, job in alone.values_list("pk", "by", "job")}


def runs_of(numbers: Sequence[int]) -> list[JobRunStatus]:
    """The runs of these numbers, as far as they are, the oldest first."""
    return _runs("runs", {"runs": list(numbers)})[::-1] if numbers else []


def runs(
    *, job: str | None = None, of: Collection[str] | None = None, size: int = RUNS, after: str | None = None
) -> Page[JobRunStatus]:
    """A page of the runs, of one job or of all, the newest first; ``of``: the real ones of these jobs."""
    found = JobRun.objects.all() if job is None else JobRun.objects.filter(job=job)
    if of is not None:
        found = found.filter(job__in=of, dry=False)
    page = page_of(found.only("pk"), "pk", size=size, after=after, backwards=True)
    return Page(tuple(_runs("runs", {"runs": [row.pk for row in page.rows]})), page.next)


def night_status(night: int) -> NightStatus:
    """A night with its runs. Refused: there is none with the number."""
    found = sql.tuples("select id, on_date, started_at, finished_at from jobs_nightrun where id = %s", [night])
    if not found:
        raise Refused("night_number_unknown", "night", night=night)
    runs = _runs("runs_of_nights", {"nights": [night]})
    pk, on, started, finished = found[0]
    return NightStatus(pk, on, started, finished, tuple(runs))


def nights(*, most: int = NIGHTS, before: date | None = None) -> list[NightStatus]:
    """The last nights, the newest first; ``before``: those of earlier dates."""
    rows = sql.tuples(_SQL["nights"], {"most": most, "before": before})
    runs = _runs("runs_of_nights", {"nights": [row[0] for row in rows]})
    return [
        NightStatus(pk, on, started, finished, tuple(run for run in runs if run.night == pk))
        for pk, on, started, finished in rows
    ]


class _Row(NamedTuple):
    """A run as it is selected; ``start`` and ``report`` are JSON."""

    id: int
    job: str
    on: date
    dry: bool
    status: str
    by: str
    arguments: Any
    stopped_by: str | None
    night: int | None
    started_at: datetime
    ended_at: datetime | None
    selected: int
    done: int
    start: Any
    report: Any


def _runs(name: str, given: Mapping[str, object]) -> list[JobRunStatus]:
    """Runs, with what the chunks of those that are open have counted so far."""
    rows = sql.rows(_Row, _SQL[name], given)
    reports = {row.id: _report(row.start if row.report is None else row.report) for row in rows}
    if open_ := [row.id for row in rows if row.report is None]:
        for run, counted in sql.tuples(_SQL["counted"], {"runs": open_}):
            reports[run].add(_report(counted))
    return [
        JobRunStatus(
            id=row.id,
            job=row.job,
            on=row.on,
            dry=row.dry,
            status=row.status,
            by=row.by,
            arguments=json.loads(row.arguments) if isinstance(row.arguments, str) else row.arguments,
            stopped_by=row.stopped_by,
            night=row.night,
            started_at=row.started_at,
            ended_at=row.ended_at,
            selected=row.selected,
            done=row.done,
            counts=reports[row.id].counts,
            amounts=tuple(_amounts(reports[row.id])),
            reasons=tuple(_because(reports[row.id])),
        )
        for row in rows
    ]


def _report(stored: Any) -> Report:
    return stored_report(json.loads(stored) if isinstance(stored, str) else stored)


def _amounts(report: Report) -> Iterator[tuple[str, Money]]:
    for currency, of in sorted(report.amounts.items()):
        for word, minor in sorted(of.items()):
            yield word, Money(minor, currency)


def _because(report: Report) -> Iterator[Because]:
    for one in report.reasons:
        reason = Reason.read(one.get("because"))
        yield Because(one["order"], one["shipment"], one["blocked"], reason=reason, said=one.get("reason"))


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


def late_before(on: date | None, *, again: bool = False) -> tuple[date, Late] | None:
    """Which night comes next, and what it finds late: that of a date, else the first that was missed.

    None: no night is missed, or that of the date is passed over (without ``again``).
    """
    last = last_night()
    first = on or (add_days(last, 1) if last else today())
    if first > today() if on is None else not again and last is not None and on <= last:
        return None
    return first, late(first)


def _late_of(state: OrderState, on: date, through: date) -> list[date]:
    """The days before a date on which an order ships that is planned on; none of one that the job would park."""
    difference = Difference()
    with suppress(Refused):
        extend(state, difference, through)
    rows = [*difference.inserts, *difference.updates]
    days = {row.shipment: row.ship_on for row in rows if row.status == "scheduled" and row.ship_on < on}
    return list(days.values())


def due(name: str, on: date, arguments: Mapping[str, Any] | None = None) -> int:
    """How many things a run of the job would take on a date: counted by the statement that finds them."""
    job = JOBS[name]()
    run = Run(0, name, on, dict(arguments or {}), True)
    job.arguments(run)
    statement, values = job.due(run)
    return int(sql.value(f"select count(*) from ({statement}) d", values))
