"""What a run of a job is at, seen from outside; and what makes it wait, so that it is surely hit in the middle."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from perennial.jobs.runner import RUN_LOCK
from tests.worlds.installation import Installation

SUBJECTS = {
    "update-current-event": "programs_program",
    "process-payments": "payments_payment",
    "close-orders": "orders_salesorder",
    "move-orders": "orders_salesorder",
    "take-back-orders": "orders_salesorder",
}
"""What the work list of a job names; of the others it is continuity orders."""

WRITTEN_LATE = {
    "update-current-event": "programs_program",
    "process-payments": "customers_storedcard",
}
"""A table that a job writes when much of its chunk is done, of process-payments when the gateway has answered; of the
others it is what happened to orders.
"""


def until(there: Callable[[], Any], *, seconds: float = 60) -> Any:
    """What is there as soon as it is there."""
    end = time.monotonic() + seconds
    while not (found := there()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.002)
    return found


class Lock:
    """A transaction of somebody else's that holds what a job wants."""

    def __init__(self, found: Installation) -> None:
        self.connection = psycopg.connect(found.url)

    def table(self, name: str) -> None:
        """Nobody else can write it; everybody reads it, and locks its rows."""
        self.connection.execute(sql.SQL("lock table {} in share mode").format(sql.Identifier(name)))

    def row(self, table: str, pk: int) -> None:
        """Nobody else can lock this row, or change it."""
        self.connection.execute("set lock_timeout = '10s'")
        statement = sql.SQL("select from {} where id = %s for no key update").format(sql.Identifier(table))
        self.connection.execute(statement, [pk])

    def release(self) -> None:
        self.connection.close()


@dataclass
class Watch:
    """The open run of a job."""

    found: Installation
    job: str

    def __enter__(self) -> Watch:
        self._connection = psycopg.connect(self.found.url, autocommit=True)
        self._locks: list[Lock] = []
        self._dead: set[int] = set()
        return self

    def __exit__(self, *_: object) -> None:
        for lock in self._locks:
            lock.release()
        self._connection.close()

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values).fetchall()  # type: ignore[arg-type]

    def chunks(self) -> tuple[int, int]:
        """How many of the open run are to be done, and how many are done."""
        return self._all(
            "select count(*) filter (where c.status = 'todo'), count(*) filter (where c.status = 'done')"
            " from jobs_jobchunk c join jobs_jobrun r on r.id = c.run_id where r.job = %s and r.status = 'open'",
            self.job,
        )[0]

    def finished_runs(self) -> int:
        """How many runs of any job are over."""
        ((runs,),) = self._all("select count(*) from jobs_jobrun where status <> 'open'")
        return int(runs)

    def has_finished(self, runs: int) -> bool:
        """Are so many runs over?"""
        return self.finished_runs() >= runs

    def workers(self) -> set[int]:
        """The sessions by which processes say that they are at work on the run, while there is something to do."""
        return {
            pid
            for (pid,) in self._all(
                "select l.pid from pg_locks l join jobs_jobrun r on l.classid = %s and l.objid = r.id"
                " where l.locktype = 'advisory' and l.objsubid = 2 and l.granted and r.job = %s and r.status = 'open'"
                " and l.database = (select oid from pg_database where datname = current_database())"
                " and exists (select from jobs_jobchunk c where c.run_id = r.id and c.status = 'todo')",
                RUN_LOCK,
                self.job,
            )
        }

    def forget_workers(self) -> None:
        """Those of now are dead, though the server may not have noticed."""
        self._dead = self.workers()

    def new_workers(self) -> set[int]:
        """Those that have come since."""
        return self.workers() - self._dead

    def lock(self) -> Lock:
        """A new one that holds nothing as yet."""
        self._locks.append(Lock(self.found))
        return self._locks[-1]

    def waits_for(self, lock: Lock) -> bool:
        """Is a process held up by it?"""
        pid = lock.connection.info.backend_pid
        return bool(self._all("select pid from pg_stat_activity where %s = any(pg_blocking_pids(pid))", pid))

    def lock_last(self) -> Lock:
        """One that holds the last of the work list that is not in the first chunk that is to be done."""
        ((pk,),) = self._all(
            "select i.subject_id from jobs_jobitem i join jobs_jobrun r on r.id = i.run_id"
            " where r.job = %s and r.status = 'open' group by r.id, i.subject_id having min(i.seq) >"
            " (select min(c.last_seq) from jobs_jobchunk c where c.run_id = r.id and c.status = 'todo')"
            " order by max(i.seq) desc limit 1",
            self.job,
        )
        lock = self.lock()
        lock.row(SUBJECTS.get(self.job, "continuity_continuityorder"), pk)
        return lock

    def lock_written_late(self) -> Lock:
        """One by which a chunk is held up when much of it is done."""
        lock = self.lock()
        lock.table(WRITTEN_LATE.get(self.job, "orders_orderevent"))
        return lock
