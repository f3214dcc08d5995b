"""The run protocol: how a job can be killed at any instant, started again, and shared by processes.

1. A run is (job, business date, arguments). One open run a job; its work list and its chunks are
   written once, with the run, in one transaction.
2. Every process at work on a run holds a shared advisory lock on a session of its own, which dies with
   the process. No heartbeats, no clocks.
3. An open run with the same date (of some jobs any) and arguments is joined, so workers share it and a rerun resumes a
   killed one. Other arguments: refused if the run lives; if it is dead its chunks are finished first, or (of what a
   person asked for) that person goes on with it or gives it up.
4. A chunk goes from todo to done in the transaction of its work. None free but some not done: wait for
   them. Who skips what is locked would say done and miss what a dying backend still holds.
5. Errors of data are bisected by savepoints until the one order is found, and that one is parked.
   Serialisation and lock errors: the chunk again, three times. Anything else stops the run; a rerun
   goes on where it stopped.

A job that talks to a network (``network``) works on a chunk outside any transaction, under a session
lock of the chunk, and its counts are derived from rows, so that a killed and rerun chunk reports the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from time import monotonic
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.types.json import Jsonb

from perennial.db import history, sql
from perennial.errors import Refused
from perennial.jobs import JOBS
from perennial.jobs.at_work import Session, is_stopping, signals
from perennial.jobs.dry_run import dry_run
from perennial.jobs.job import LOCK_ERRORS, Job, Run, bisected, document, sqlstate, write_list
from perennial.jobs.models import JobRun
from perennial.jobs.report import Report, stored_report
from perennial.language.formats import ENGLISH, Reader

_done = logging.getLogger("perennial.done.jobs")
START_LOCK = 0x504E01
RUN_LOCK = 0x504E02
TRIES = 3
SOON_ON_DISK = "set local synchronous_commit = off"
"""For what is lost without harm when the machine goes down before the next commit that waits for the disk: that
one takes all before it along, and the gateway's calls, a night's last mark and a job's own end wait."""


Opened = Callable[[JobRun], None]


def run_job(
    job: Job,
    *,
    on: date,
    arguments: dict[str, Any] | None = None,
    dry: bool = False,
    by: str = "",
    night: int | None = None,
    session: Session | None = None,
    progress: Callable[[int, int], None] | None = None,
    opened: Opened | None = None,
    to: Reader = ENGLISH,
) -> dict[str, Any]:
    """Run a job for a business date and give its report as a document. ``session``: one that several jobs share; ``opened``
    hears of the run before it is worked on; ``to``: who reads the reasons.

    Refused when another run of the job with other arguments is under way.
    """
    arguments = {name: value for name, value in sorted((arguments or {}).items()) if value is not None}
    if dry:
        return dry_run(job, on, arguments, by, to=to, progress=progress)
    if connection.in_atomic_block:
        raise RuntimeError("a job cannot run inside a transaction")
    with signals(), nullcontext(session) if session else Session() as session:
        while True:
            began = monotonic()
            run, row, finish_first = _start(job=job, on=on, arguments=arguments, by=by, session=session, night=night)
            if opened is not None:
                opened(row)
            if row.status == "open":
                row = _work(job, run, row, session, progress) or row
                session.execute("select pg_advisory_unlock_shared(%s, %s)", [RUN_LOCK, run.id])
            _log_end(row, monotonic() - began)
            if not finish_first or row.status == "open":  # asked to stop
                break
    return document(job, row, to)


def _log_end(row: JobRun, seconds: float) -> None:
    """Say how a run has ended, or that it was asked to stop; not of one that this night had done before."""
    if row.ended_at is not None:
        return
    counts = stored_report(row.report).counts
    words = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if number)
    how = "stopped" if row.status == "open" else "ended"
    values = {"selected": row.selected, "counts": counts, "seconds": round(seconds, 1)}
    about = {"about_run": row.pk, "about_night": row.night_id, "about_job": row.job}
    _done.info("%s of %s %s: %s", row.job, row.on_date, how, words or "nothing", extra={"values": values, **about})


def help_along(run_id: int) -> None:
    """Work along on an open run until none of its chunks is free or it is asked to stop; one that is not open is left."""
    with signals(), Session() as session:
        session.execute("select pg_advisory_lock_shared(%s, %s)", [RUN_LOCK, run_id])
        row = JobRun.objects.filter(pk=run_id, status="open", dry=False).first()
        if row is not None:
            _work(JOBS[row.job](), _run_of(row), row, session, None)


def is_worked_on(run_id: int) -> bool:
    """Does a process that lives work on an open run?"""
    return bool(sql.value(WORKED_ON, {"lock": RUN_LOCK, "run": run_id}))


WORKED_ON = """
select exists (select from pg_locks
                where locktype = 'advisory' and classid = %(lock)s and objid = %(run)s and objsubid = 2
                  and database = (select oid from pg_database where datname = current_database()))
"""


def ask_run_to_stop(run_id: int, *, by: str) -> bool:
    """Stop a run after the chunks that are under way, whoever works on it; the next start goes on with it. False: it is
    not open.
    """
    return bool(JobRun.objects.filter(pk=run_id, status="open", dry=False).update(stopped_by=by))


def _run_of(row: JobRun) -> Run:
    return Run(
        id=row.pk,
        job=row.job,
        on=row.on_date,
        arguments=row.arguments,
        dry=False,
        selected=row.selected,
        started_by=row.by,
    )


def _start(
    job: Job, on: date, arguments: dict[str, Any], by: str, session: Session, night: int | None
) -> tuple[Run, JobRun, bool]:
    """Join the open run, or write a new one with its work list and chunks. True: finish that one first.

    What this night has done already, by this process or another, is not done again. A run that finds
    nothing to do is done at once.
    """
    with transaction.atomic():
        sql.execute(
            f"set local lock_timeout = 0; {SOON_ON_DISK}; select pg_advisory_xact_lock(%s, hashtext(%s))",
            [START_LOCK, job.name],
        )
        for found in sql.models(JobRun, FOUND, {"job": job.name, "night": night}):
            row, run = (
                found,
                Run(
                    id=found.pk,
                    job=job.name,
                    on=found.on_date,
                    arguments=found.arguments,
                    dry=False,
                    selected=found.selected,
                    started_by=found.by,
                ),
            )
            if row.status == "done":
                return run, row, False
            same = (row.on_date == on or job.any_day) and row.arguments == arguments
            if not same and not _is_dead(row.pk):
                raise Refused("job_running", job=job.name, on=row.on_date, run=row.pk)
            if not same and not job.finish_first:
                raise Refused("run_unfinished", job=job.name, on=row.on_date, run=row.pk)
            if row.stopped_by is not None:
                sql.execute("update jobs_jobrun set stopped_by = null where id = %s", [row.pk])
            session.execute("select pg_advisory_lock_shared(%s, %s)", [RUN_LOCK, run.id])
            return run, row, not same
        row = _opened(job, on, arguments, by, night)
        run = Run(row.pk, job.name, on, arguments, False, started_by=by)
        start = write_list(job, run)
        row.start, row.selected = start.stored(), run.selected
        if run.selected:
            session.execute("select pg_advisory_lock_shared(%s, %s)", [RUN_LOCK, run.id])
        else:
            _close(run.id, row.start)
            row.status, row.report = "done", row.start
    return run, row, False


FOUND = """
select * from jobs_jobrun where night_id = %(night)s and job = %(job)s and status = 'done'
union all
select * from jobs_jobrun where job = %(job)s and status = 'open' and not dry
order by status limit 1
"""
"""What this night has done of the job, else the open run."""


def _opened(job: Job, on: date, arguments: dict[str, Any], by: str, night: int | None) -> JobRun:
    return sql.models(
        JobRun,
        "insert into jobs_jobrun(job, on_date, arguments, by, night_id) values (%s, %s, %s, %s, %s) returning *",
        [job.name, on, Jsonb(arguments), by, night],
    )[0]


def give_up(row: JobRun, told: Callable[[int, int, int], dict[str, int]]) -> None:
    """Close a run that was killed, though some of its chunks are not done: nobody goes on with it any more.

    ``told`` tells of the things ``first`` to ``last`` of a run that they stay as they are, and gives their counts. A
    run that is done stays as it is. Refused: somebody is at work on it.
    """
    with transaction.atomic():
        sql.execute("set local lock_timeout = 0; select pg_advisory_xact_lock(%s, hashtext(%s))", [START_LOCK, row.job])
        if JobRun.objects.get(pk=row.pk).status != "open":
            return
        if not _is_dead(row.pk):
            raise Refused("run_at_work", "run", run=row.pk, job=row.job)
        todo = sql.tuples(
            "select number, first_seq, last_seq from jobs_jobchunk where run_id = %s and status = 'todo'"
            " order by number for update",
            [row.pk],
        )
        for number, first, last in todo:
            report = Report(counts=told(row.pk, first, last))
            sql.execute(
                "update jobs_jobchunk set status = 'done', counts = %s where run_id = %s and number = %s",
                [Jsonb(report.stored()), row.pk, number],
            )
        run = Run(id=row.pk, job=row.job, on=row.on_date, arguments=row.arguments, dry=False)
        _sum(run)


def _is_dead(run_id: int) -> bool:
    """Does no process work on the run? A killed one's backend may need some seconds to notice."""
    try:
        with transaction.atomic():
            sql.execute("set local lock_timeout = '10s'")
            sql.value("select pg_advisory_xact_lock(%s, %s)", [RUN_LOCK, run_id])
            transaction.set_rollback(True)  # the lock goes with it, or our own session would wait for it for ever
        return True
    except OperationalError:
        return False


def _work(
    job: Job, run: Run, row: JobRun, session: Session, progress: Callable[[int, int], None] | None
) -> JobRun | None:
    """Do chunks until none is todo, then close the run's account. None: asked to stop before."""
    chunk_work = _network_chunk if job.network else _chunk
    while not is_stopping():
        tries = 0
        while True:
            try:
                more = chunk_work(job, run, row, session)
                break
            except OperationalError as error:
                state = sqlstate(error)
                tries += 1
                if state not in LOCK_ERRORS or tries >= TRIES:
                    raise
        if progress is not None:
            done, todo = sql.one(
                "select count(*) filter (where status = 'done'), count(*) from jobs_jobchunk where run_id = %s",
                [run.id],
            ) or (0, 0)
            progress(done, todo)
        if not more and (finished := row if row.status == "done" else _finish(run)):
            job.sweep(run)
            return finished
        if more and _asked_to_stop(run):
            break
    return None


def _asked_to_stop(run: Run) -> bool:
    return bool(sql.value("select stopped_by is not null from jobs_jobrun where id = %s", [run.id]))


def _claim(run: Run) -> tuple[int, int, int] | None:
    """A chunk row for this transaction: a free one, else the first that is not done (wait for it)."""
    columns = "select number, first_seq, last_seq from jobs_jobchunk where run_id = %s and status = 'todo'"
    found = sql.one(f"{columns} order by number limit 1 for update skip locked", [run.id])
    while found is None:
        waiting = sql.one(f"{columns} order by number limit 1", [run.id])
        if waiting is None:
            return None
        # Another process has it, or a dead one's backend still does: wait, however long, then look again.
        sql.execute("set local lock_timeout = 0")
        found = sql.one(f"{columns} and number = %s for update", [run.id, waiting[0]])
        sql.execute("set local lock_timeout = '30s'")
    return found[0], found[1], found[2]


def _chunk(job: Job, run: Run, row: JobRun, session: Session) -> bool:
    """One chunk in one transaction with its mark. False: it was the last, or none is left."""
    with transaction.atomic(durable=True):
        claimed = _claim(run)
        if claimed is None:
            return False
        number, first, last = claimed
        history.context(by=run.by, run=run.id)
        sql.execute("set constraints all immediate" + (f"; {SOON_ON_DISK}" if row.night_id else ""))
        report = bisected(job, run, first, last)
        closed = _mark(run, row, number, report, only=last - first + 1 == run.selected)
    if closed is not None:
        row.status, row.report = "done", closed
    return last < run.selected


def _mark(run: Run, row: JobRun, number: int, report: Report, *, only: bool) -> dict[str, Any] | None:
    """Mark a chunk as done. With the only one the run is done too: its account is closed, and returned."""
    sql.execute(
        "update jobs_jobchunk set status = 'done', counts = %s where run_id = %s and number = %s and status = 'todo'",
        [Jsonb(report.stored()), run.id, number],
    )
    if not only:
        return None
    whole = stored_report(row.start)
    whole.add(report)
    _close(run.id, whole.stored())
    return whole.stored()


def _network_chunk(job: Job, run: Run, row: JobRun, session: Session) -> bool:
    """One chunk of a job that calls a gateway: under a session lock, in as many transactions as it needs.

    False: it was the last, or none is left.
    """
    todo = sql.tuples(
        "select number, first_seq, last_seq from jobs_jobchunk where run_id = %s and status = 'todo' order by number",
        [run.id],
    )
    if not todo:
        return False
    for number, first, last in todo:  # noqa: B007 (the first that is free is used below)
        key = run.id * 1_000_000 + number
        if session.execute("select pg_try_advisory_lock(%s)", [key]).fetchone()[0]:
            break
    else:
        number, first, last = todo[0]
        key = run.id * 1_000_000 + number
        session.execute("select pg_advisory_lock(%s)", [key])
    try:
        if sql.value("select status from jobs_jobchunk where run_id = %s and number = %s", [run.id, number]) != "todo":
            return True
        job.work(run, first, last)
        with transaction.atomic(durable=True):
            if row.night_id:
                sql.execute(SOON_ON_DISK)
            report = job.count(run, first, last)
            closed = _mark(run, row, number, report, only=last - first + 1 == run.selected)
        if closed is not None:
            row.status, row.report = "done", closed
    finally:
        if not session.closed:
            session.execute("select pg_advisory_unlock(%s)", [key])
    more: bool = last < run.selected
    return more


def _finish(run: Run) -> JobRun | None:
    """Done only when no chunk is todo: the report is what was counted at the start and in the chunks."""
    with transaction.atomic(durable=True):
        return _sum(run)


def _sum(run: Run) -> JobRun | None:
    """Close the account of a run; None: some chunk is not done."""
    row = sql.models(JobRun, "select * from jobs_jobrun where id = %s for no key update", [run.id])[0]
    if row.status != "open":
        return row
    chunks = sql.tuples("select status, counts from jobs_jobchunk where run_id = %s order by number", [run.id])
    if any(status != "done" for status, _ in chunks):
        return None
    report = stored_report(row.start)
    for _, counts in chunks:
        report.add(stored_report(_json(counts)))
    row.status, row.report = "done", report.stored()
    _close(run.id, row.report)

    return row


def _close(run_id: int, report: dict[str, Any]) -> None:
    """The run is done. Its work list is kept: it tells what the run touched (``touched``)."""
    sql.execute(
        "update jobs_jobrun set status = 'done', ended_at = clock_timestamp(), report = %(report)s where id = %(run)s",
        {"run": run_id, "report": Jsonb(report)},
    )


def _json(value: Any) -> Any:
    if isinstance(value, str):
        import json

        return json.loads(value)
    return value
