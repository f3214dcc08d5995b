"""Dry runs: the same code, rolled back, so that all tables but the list of runs are as they were."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import OperationalError, transaction

from perennial.db import history, sql
from perennial.jobs import touched
from perennial.jobs.job import LOCK_ERRORS, Job, Run, bisected, document, sqlstate, write_list
from perennial.jobs.kept_rows import KeptRows
from perennial.jobs.models import JobRun, JobTouched
from perennial.jobs.report import Report
from perennial.kernel.reasons import Reason
from perennial.language.formats import ENGLISH, Reader

AT_ONCE = 20_000
"""Items of a run up to which what it does stays until the rehearsal ends."""


class _Undo(Exception):
    """Ends a dry run: everything it wrote is taken back."""


Progress = Callable[[int, int], None]
"""Hears after each chunk how many of them are done, of how many."""


def dry_run(
    job: Job,
    on: date,
    arguments: dict[str, Any],
    by: str,
    to: Reader = ENGLISH,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The same code, rolled back: driven by the same work list, with chunks as savepoints."""
    kept = KeptRows(job, on, arguments, by)
    report = Report()
    try:
        try:
            with transaction.atomic():
                report = rehearse(job, on, arguments, by, kept, progress=progress)
                raise _Undo
        except _Undo:
            row = kept.close(report)
    except BaseException:
        kept.drop()
        raise
    return document(job, row, to)


def rehearse(
    job: Job,
    on: date,
    arguments: dict[str, Any],
    by: str,
    kept: KeptRows | None = None,
    progress: Progress | None = None,
) -> Report:
    """Do a job's work inside the caller's transaction, which takes it back afterwards. ``kept``: gets what it touched.

    Up to 20,000 items the work stays until then, so that the next job of a night sees it; above that, and of a job that
    says so (``Job.stands_apart``), each chunk is taken back at once. A locked order is reported as busy after one second.
    """
    kept = kept or KeptRows(job, on, arguments, by)
    sql.execute("set local lock_timeout = '1s'")
    row = JobRun.objects.create(job=job.name, on_date=on, arguments=arguments, dry=True, by=by)
    run = Run(row.pk, job.name, on, arguments, True, started_by=by)
    history.context(by=run.by, run=run.id)
    report = write_list(job, run)
    kept.selected = run.selected
    sql.execute("set constraints all immediate")
    at_once = run.selected > AT_ONCE or job.stands_apart(run)
    if job.stands_apart(run):
        run.waits = {}
    chunks = sql.tuples(
        "select number, first_seq, last_seq from jobs_jobchunk where run_id = %s order by number", [run.id]
    )
    for number, first, last in chunks:
        if not at_once:
            report.add(_rehearsed(job, run, first, last))
        else:
            try:
                with transaction.atomic():
                    report.add(_rehearsed(job, run, first, last))
                    rows = list(touched.all_rows(job, run.id)) if run.waits is None else []
                    raise _Undo
            except _Undo:
                pass
            for waiting in (run.waits or {}).values():
                rows += waiting
            kept.add(JobTouched, touched.COLUMNS, rows)
            if run.waits:
                run.waits = {}
        job.keep_rehearsed(run, kept, first, last)
        if progress is not None:
            progress(number, len(chunks))
    if not at_once:
        kept.add(JobTouched, touched.COLUMNS, touched.all_rows(job, run.id))
    job.rehearsal_ends(run, kept)
    JobRun.objects.filter(pk=row.pk).update(status="done", report=report.stored())
    return report


def _rehearsed(job: Job, run: Run, first: int, last: int) -> Report:
    try:
        if job.network:
            job.work(run, first, last)
            return job.count(run, first, last)
        with transaction.atomic():
            return bisected(job, run, first, last)
    except OperationalError as error:
        if sqlstate(error) not in LOCK_ERRORS:
            raise
        if first == last:
            report = Report()
            order, shipment = job.named(run, first)
            report.because(order, shipment, None, Reason("busy"))
            return report
    middle = (first + last) // 2
    report = _rehearsed(job, run, first, middle)
    report.add(_rehearsed(job, run, middle + 1, last))
    return report
