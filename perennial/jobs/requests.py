"""What workers are asked for: a job, or the night, real or dry. Asked for on a page or by a recurrence, done by a worker.

Asking twice is asking once: what is asked for already and not ended is given again. A request survives the worker that was
killed over it: the next one goes on with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from psycopg.types.json import Jsonb

from perennial.catalog.queries import today
from perennial.db import sql
from perennial.errors import Refused
from perennial.jobs import BY_PERSONS, CRITERIA, JOBS, MANY, NIGHTLY
from perennial.jobs import night as nights
from perennial.jobs.ahead import orders_counted, refuse_ahead, run_by_hand
from perennial.jobs.at_work import Session, is_stopping
from perennial.jobs.job import Run
from perennial.jobs.many import Confirmed, How, as_asked, refuse_as_asked
from perennial.jobs.models import JobRequest, JobRun
from perennial.jobs.price_notices import fault_of_runs
from perennial.jobs.report import stored_report
from perennial.jobs.runner import Opened, ask_run_to_stop
from perennial.kernel.reasons import Reason
from perennial.kernel.states import REQUEST_GOES_ON

NIGHT = "night"
UNDER_WAY = "job_running"
"""Why something that recurs is tried again a little later instead of being refused."""


class Stopping(Exception):
    """The worker is asked to end: somebody else goes on with the request."""


class Later(Exception):
    """Something else is under way that has to end first."""


class _Stopped(Exception):
    """A person asked for the request to stop."""


def ask(
    *,
    job: str,
    on: date | None = None,
    arguments: Mapping[str, Any] | None = None,
    dry: bool = False,
    by: str,
    meant: date | None = None,
    recurs: bool = False,
    rehearsed: bool = False,
    letters: bool = False,
    confirmed: Confirmed | None = None,
) -> tuple[JobRequest, bool]:
    """Ask for a job, or ``night``, of a date (left out: of a night every missed one, of a job that of the day it is done on);
    the same that is asked for already is given again. True: it is new.

    Refused: no such job, a date ahead that was not said twice (``meant``), a criterion that names nothing; with
    ``rehearsed`` what no dry run has shown since it was done last, and prices that it raises without a notice, unless those
    customers are told by letter (``letters``). Of many orders (``many``): what they refuse without what was ``confirmed``; of a
    night that is done: it is passed over.
    """
    given = {name: value for name, value in sorted((arguments or {}).items()) if value is not None}
    if job not in (NIGHT, *NIGHTLY, *BY_PERSONS):
        raise Refused("job_unknown", "job", job=job, known=(NIGHT, *NIGHTLY))
    for name in given:
        if name not in (MANY if job in MANY else CRITERIA).get(job, ()):
            raise Refused("criterion_of_another_job", name, job=job)
    if on is not None and not dry:
        refuse_ahead(on, meant)
    shown = None
    if rehearsed and not dry:
        shown = rehearsal(job, on, given)
        if shown is None:
            raise Refused("dry_run_first", job=job)
        if not letters and job != NIGHT and (fault := unheard(shown)) is not None:
            raise fault
    if job in BY_PERSONS:
        how = _how(confirmed, by=by, on=on or today(), dry=dry)
        refuse_as_asked(job, how, given, shown=None if shown is None else _orders_shown(shown))
    elif job != NIGHT:
        JOBS[job]().arguments(Run(0, job, on or today(), given, dry))
    values = {
        "job": job,
        "on": on,
        "meant": meant,
        "arguments": Jsonb(given),
        "dry": dry,
        "by": by,
        "recurs": recurs,
        "confirmed": confirmed and Jsonb(confirmed.stored()),
    }
    while True:
        if made := sql.models(JobRequest, ASKED, values):
            return made[0], True
        if confirmed is not None:
            sql.execute(SAID_SINCE, values)
        if found := sql.models(JobRequest, ASKED_ALREADY, values):
            return found[0], False


_NOTHING_DONE = Q(status__in=("refused", "failed")) | Q(status="stopped", runs=[])


def rehearsal(job: str, on: date | None, arguments: Mapping[str, Any]) -> JobRequest | None:
    """The dry run that has shown the same, of the same dates, since it was really done the last time; None: none has.

    A date that is left out goes on with the days: a dry run of other nights than are to be run now, or of none, shows nothing of them.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    same = JobRequest.objects.filter(job=job, on_date=on, arguments=given).order_by("-id")
    dry = same.filter(dry=True, status="done").first()
    real = same.filter(dry=False).exclude(_NOTHING_DONE).values_list("pk", flat=True).first()
    if dry is None or (real is not None and real > dry.pk):
        return None
    to_do = nights.to_run(on) if job == NIGHT else [on or today()]
    return dry if to_do and to_do == _dates_shown(dry) else None


def _dates_shown(dry: JobRequest) -> list[date]:
    """The business dates of which a dry run has told what would be done."""
    if dry.job != NIGHT:
        return [] if dry.for_date is None else [dry.for_date]
    return sorted(set(JobRun.objects.filter(pk__in=dry.runs).values_list("on_date", flat=True)))


def unheard(request: JobRequest) -> Refused | None:
    """Why not everybody is told whose price a dry run has raised; None: everybody is, or no price rises."""
    reports = JobRun.objects.filter(pk__in=request.runs).values_list("report", flat=True)
    return fault_of_runs(stored_report(report).counts for report in reports)


def followed_by(request: JobRequest) -> int | None:
    """Under which number the same was really asked for after this dry run; None: it was not."""
    same = JobRequest.objects.filter(job=request.job, on_date=request.on_date, arguments=request.arguments, dry=False)
    later = same.filter(pk__gt=request.pk).exclude(_NOTHING_DONE).order_by("id")
    return later.values_list("pk", flat=True).first()


def _orders_shown(request: JobRequest) -> int:
    """How many orders a dry run has told as changing."""
    run = JobRun.objects.filter(pk__in=request.runs).first()
    return 0 if run is None else orders_counted(run)


def _how(confirmed: Confirmed | None, **more: Any) -> How:
    said = confirmed or Confirmed()
    return How(meant=said.meant, orders=said.orders, again=said.again, **more)


ASKED = """
insert into jobs_jobrequest(job, on_date, meant, arguments, dry, by, recurs, confirmed)
values (%(job)s, %(on)s, %(meant)s, %(arguments)s, %(dry)s, %(by)s, %(recurs)s, %(confirmed)s)
on conflict (job, on_date, arguments, dry) where status in ('waiting', 'running') do nothing returning *
"""
ASKED_ALREADY = """
select * from jobs_jobrequest
 where job = %(job)s and on_date is not distinct from %(on)s and arguments = %(arguments)s and dry = %(dry)s
   and status in ('waiting', 'running')
 order by id desc limit 1
"""


SAID_SINCE = """
update jobs_jobrequest set confirmed = %(confirmed)s
 where job = %(job)s and on_date is not distinct from %(on)s and arguments = %(arguments)s and dry = %(dry)s
   and status = 'waiting'
"""
"""What is said of what waits already is said of it, too: no worker has begun."""


def stop(request: int, *, by: str) -> None:
    """Stop what is asked for: at once while no worker has it, else after what is under way. Nothing that is done is lost:
    the next start goes on with it.
    """
    with transaction.atomic():
        row = JobRequest.objects.select_for_update().filter(pk=request).first()
        if row is None:
            raise Refused("request_unknown", "request", request=request)
        JobRequest.objects.filter(pk=request, status__in=REQUEST_GOES_ON, stopped_by=None).update(stopped_by=by)
        if row.status == "waiting":
            _end(row.pk, "stopped")
    for run in JobRun.objects.filter(pk__in=row.runs, status="open"):
        ask_run_to_stop(run.pk, by=by)


def perform(request: int, *, opened: Opened | None = None) -> None:
    """Do what is asked for, as a worker; what has ended is left. ``opened`` hears of each run before it is worked on.

    Raised: ``Stopping`` (this process ends, another goes on), ``Later`` (what recurs, while something else is under way).
    """
    row = _begun(request)
    if row is None:
        return
    with Session() as session:
        notes = _Notes(row, session, opened)
        try:
            jobs, waits = _done(row, notes)
        except _Stopped:
            _end(row.pk, "stopped")
        except Refused as refused:
            if row.recurs and refused.code == UNDER_WAY:
                raise Later from refused
            _end(row.pk, "refused", refused=Reason.of(refused))
        else:
            whole = row.dry or all(job["status"] == "done" for job in jobs)
            if not whole and is_stopping():
                raise Stopping
            for job in jobs:
                notes.run(job["run"])
            _end(row.pk, "done" if whole else "stopped", waits=waits)


def failed(request: int, error: Exception) -> None:
    """Note that a worker could not do it, by a fault that no rule foresaw."""
    _end(request, "failed", refused=Reason("worker_fault", {"kind": type(error).__name__, "text": str(error)[:500]}))


def broke_off(request: int, error: Exception) -> bool:
    """Note that a try broke off by a fault that may pass (the database was away, a disk is full). True: managers are to hear of it
    now, once, because for minutes it has not got on by a single thing however often it was tried. Of a dry run nobody hears.
    """
    because = Reason(
        "database_error", {"message": str(error).strip().splitlines()[0][:500] if str(error).strip() else ""}
    )
    given = {"request": request, "because": Jsonb(because.stored()), "patience": PATIENCE, "tries": TRIES}
    sql.execute(BROKE_OFF, given)
    return bool(sql.execute(TO_TELL, given))


PATIENCE = timedelta(minutes=5)
TRIES = 5
"""After so long, and so many tries, without getting on managers hear of it."""

BROKE_OFF = """
with at as (
  select r.id, cardinality(r.runs)
         + (select count(*) from jobs_jobchunk c where c.run_id = any(r.runs) and c.status = 'done') as got_on
    from jobs_jobrequest r where r.id = %(request)s)
update jobs_jobrequest r
   set tries = case when r.got_on = at.got_on then r.tries + 1 else 1 end,
       tries_since = case when r.got_on = at.got_on then r.tries_since else clock_timestamp() end,
       got_on = at.got_on, trouble = %(because)s
  from at where r.id = at.id and r.status in ('waiting', 'running')
"""
TO_TELL = """
update jobs_jobrequest set told_at = clock_timestamp()
 where id = %(request)s and told_at is null and not dry and status in ('waiting', 'running') and stopped_by is null
   and tries >= %(tries)s and tries_since < clock_timestamp() - %(patience)s
"""


def _begun(request: int) -> JobRequest | None:
    """The request, noted as under way; None: it has ended, or the run that was killed over it has."""
    begun = sql.models(JobRequest, BEGIN, {"request": request, "today": today()})
    if not begun:
        return None
    row = begun[0]
    if row.stopped_by is not None:
        _end(row.pk, "stopped")
        return None
    made = JobRun.objects.filter(pk__in=row.runs).values_list("status", flat=True)
    whole = len(NIGHTLY) if row.job == NIGHT else 1
    if (row.job != NIGHT or _again(row)) and len(made) >= whole and set(made) == {"done"}:
        _end(row.pk, "done")
        return None
    return row


BEGIN = """
update jobs_jobrequest
   set status = 'running', started_at = coalesce(started_at, clock_timestamp()),
       for_date = case when job = 'night' then on_date else coalesce(for_date, on_date, %(today)s) end
 where id = %(request)s and status in ('waiting', 'running') returning *
"""


def _end(request: int, status: str, *, refused: Reason | None = None, waits: Any = None) -> None:
    sql.execute(
        "update jobs_jobrequest set status = %(status)s, ended_at = clock_timestamp(), refused = %(refused)s,"
        " waits = %(waits)s where id = %(request)s and status in ('waiting', 'running')",
        {
            "request": request,
            "status": status,
            "refused": refused and Jsonb(refused.stored()),
            "waits": waits and Jsonb(waits),
        },
    )


def _done(row: JobRequest, notes: _Notes) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """The runs as documents, and the nights that want a person."""
    if row.job != NIGHT:
        assert row.for_date is not None
        progress = notes.chunk if row.dry else None
        if row.job in BY_PERSONS:
            how = _how(
                Confirmed.read(row.confirmed),
                by=row.by,
                on=row.for_date,
                meant_on=row.meant or row.for_date,
                reason=row.arguments.get("reason"),
                dry=row.dry,
                progress=progress,
                opened=notes.opened,
            )
            return [as_asked(row.job, how, row.arguments)], None
        job = JOBS[row.job]()
        given = {"arguments": row.arguments, "dry": row.dry, "by": row.by, "progress": progress, "opened": notes.opened}
        return [run_by_hand(job, on=row.for_date, meant=row.meant or row.for_date, **given)], None
    given = {"dry": row.dry, "by": row.by, "meant": row.meant, "progress": notes.job, "opened": notes.opened}
    found = nights.night(row.on_date, again=_again(row), **given)
    made = found.get("nights", [found])
    return [job for one in made for job in one["jobs"]], found.get("waits")


def _again(row: JobRequest) -> bool:
    """Is a night meant though it is done?"""
    return row.job == NIGHT and Confirmed.read(row.confirmed).again


class _Notes:
    """What is told of a request while it is under way, on a session of its own: a dry run's transaction shows nothing."""

    def __init__(self, row: JobRequest, session: Session, opened: Opened | None) -> None:
        self.row, self.session, self._opened = row, session, opened

    def opened(self, run: JobRun) -> None:
        self.run(run.pk)
        if self._opened is not None:
            self._opened(run)

    def run(self, run: int) -> None:
        """Note a run; one whose request was stopped in the meantime is asked to stop."""
        noted = (
            "update jobs_jobrequest set runs = case when runs @> array[%s::bigint] then runs else runs || %s::bigint end"
            " where id = %s returning stopped_by"
        )
        (stopped_by,) = self.session.execute(noted, [run, run, self.row.pk]).fetchone()
        if stopped_by is not None:
            ask_run_to_stop(run, by=stopped_by)

    def job(self, name: str, on: date) -> None:
        self._note("at_job = %s, for_date = %s, done = null, selected = null", [name, on])

    def chunk(self, done: int, of: int) -> None:
        self._note("done = %s, selected = %s", [done, of])

    def _note(self, what: str, values: list[Any]) -> None:
        """Raised: ``_Stopped``, ``Stopping``."""
        told = f"update jobs_jobrequest set {what} where id = %s returning stopped_by is not null"
        stopped = self.session.execute(told, [*values, self.row.pk]).fetchone()[0]
        if stopped:
            raise _Stopped
        if is_stopping():
            raise Stopping
