"""What a dry run is to leave behind though all that it did is taken back: rows about it, of a run of its own.

Few rows wait in memory until the rehearsal is over. More than that are written on a session of their own as they come, so
that a dry run of any length takes the same memory. A dry run that was killed leaves such rows behind without an end; the
next one clears them away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Model
from psycopg.types.json import Jsonb

from perennial.db import sql
from perennial.jobs.at_work import Session
from perennial.jobs.job import Job
from perennial.jobs.models import ChangedOrder, ChangeGroup, JobRun, JobTouched, PreviewedOrder
from perennial.jobs.report import Report

IN_MEMORY = 5_000
"""So many rows wait in memory."""
ALIVE = 0x504E03
"""The lock that says that somebody is at work on a dry run whose rows are written already."""
DEAD = """
select r.id from jobs_jobrun r
 where r.job = %(job)s and r.dry and r.status = 'open'
   and not exists (select from pg_locks k where k.locktype = 'advisory' and k.classid = %(lock)s and k.objid::bigint = r.id)
"""


class _Table(NamedTuple):
    model: type[Model]
    columns: tuple[str, ...]


class KeptRows:
    """The rows of one dry run, and how many things were on its work list (``selected``). ``close`` writes what is left, with
    the run, when the rehearsal was taken back.
    """

    def __init__(self, job: Job, on: date, arguments: dict[str, Any], by: str) -> None:
        self.job, self.on, self.arguments, self.by = job, on, arguments, by
        self.selected = 0
        self._rows: dict[_Table, list[Sequence[Any]]] = {}
        self._session: Session | None = None
        self._run: int | None = None
        self._endings: list[Callable[[int], None]] = []

    def add(self, model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Keep rows of a table, without the number of the run."""
        self._rows.setdefault(_Table(model, tuple(columns)), []).extend(rows)
        if sum(map(len, self._rows.values())) > IN_MEMORY:
            self._write_apart()

    def at_end(self, ending: Callable[[int], None]) -> None:
        """Have something written with the end of the run, by its number."""
        self._endings.append(ending)

    def close(self, report: Report) -> JobRun:
        """The run as it is kept: its report, and all rows."""
        with transaction.atomic():
            values = {"report": report.stored(), "status": "done", "selected": self.selected}
            if self._run is None:
                row = JobRun.objects.create(
                    job=self.job.name, on_date=self.on, arguments=self.arguments, dry=True, by=self.by, **values
                )
            else:
                JobRun.objects.filter(pk=self._run).update(**values)
                row = JobRun.objects.get(pk=self._run)
            for table, rows in self._rows.items():
                sql.copy(table.model, ("run_id", *table.columns), ((row.pk, *one) for one in rows))
            for ending in self._endings:
                ending(row.pk)
        self._end()
        return row

    def drop(self) -> None:
        """Keep nothing: the dry run did not end."""
        if self._session is not None and self._run is not None and not self._session.closed:
            _forget(self._session, [self._run])
        self._end()

    def _end(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _write_apart(self) -> None:
        if self._session is None:
            self._session = Session()
            # Rows without their end are worth nothing: they reach the disk with it, or not at all.
            self._session.execute("set synchronous_commit = off", [])
            dead = self._session.execute(DEAD, {"job": self.job.name, "lock": ALIVE}).fetchall()
            if dead:
                _forget(self._session, [run for (run,) in dead])
        if self._run is None:
            made = self._session.execute(
                "with made as (insert into jobs_jobrun(job, on_date, arguments, by, dry)"
                " values (%s, %s, %s, %s, true) returning id)"
                " select id, pg_advisory_lock_shared(%s, id::int) from made",
                [self.job.name, self.on, Jsonb(self.arguments), self.by, ALIVE],
            )
            self._run = int(made.fetchone()[0])
        for table, rows in self._rows.items():
            self._session.copy(table.model, ("run_id", *table.columns), ((self._run, *one) for one in rows))
        self._rows = {}


def _forget(session: Session, runs: list[int]) -> None:
    for model in (JobTouched, PreviewedOrder, ChangedOrder, ChangeGroup):
        session.execute(f"delete from {model._meta.db_table} where run_id = any(%s)", [runs])
    session.execute("delete from jobs_jobrun where id = any(%s) and dry and status = 'open'", [runs])
