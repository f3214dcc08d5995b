"""What a job is: what it takes, what it does with a chunk, what it counts; its run, its work list, its document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.db.models import Model
from psycopg.types.json import Jsonb

from perennial.catalog.models import Parameters
from perennial.catalog.queries import SetUp, parameters, set_up
from perennial.db import sql
from perennial.errors import Refused
from perennial.jobs.models import JobRun
from perennial.jobs.report import Report, stored_report
from perennial.kernel.reasons import Reason
from perennial.language.formats import ENGLISH, Reader

LOCK_ERRORS = ("40001", "40P01", "55P03")
"""Serialisation and lock errors: the same again may go well."""


@dataclass
class Run:
    """A run that is under way, and the length of its work list. ``by`` is how its doings are signed, ``started_by`` who
    started it.
    """

    id: int
    job: str
    on: date
    arguments: dict[str, Any]
    dry: bool
    selected: int = 0
    started_by: str = ""
    cache: dict[str, Any] = field(default_factory=dict)
    waits: dict[int, list[Any]] | None = None
    """Of a dry run that stands apart: what was done of each thing (``touched.Row``), until its chunk is kept."""

    @property
    def by(self) -> str:
        """``job:17``"""
        return f"job:{self.id}"

    def read_set_up(self) -> SetUp:
        """The small set-up tables as they are now. A chunk reads them behind its locks: an import that changes
        charges or taxes waits for the orders that it concerns, or they wait for it.
        """
        self.cache["set_up"] = set_up()
        return self.set_up

    @property
    def set_up(self) -> SetUp:
        """The small set-up tables as they were read last."""
        found: SetUp = self.cache["set_up"] if "set_up" in self.cache else self.read_set_up()
        return found

    @property
    def parameters(self) -> Parameters:
        """The parameters alone: all that selecting needs of the set-up."""
        if "parameters" not in self.cache:
            self.cache["parameters"] = parameters()
        found: Parameters = self.cache["parameters"]
        return found


OF_CONTINUITY = """
select p.number, i.shipment from jobs_jobitem i
  join continuity_continuityorder c on c.id = i.subject_id
  join orders_salesorder p on p.id = c.order_id
 where i.run_id = %s and i.seq = %s
"""


class Keeps(Protocol):
    """What keeps rows about a dry run, though the run is taken back (``kept_rows``)."""

    def add(self, model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Keep rows of a table, without the number of the run."""

    def at_end(self, ending: Callable[[int], None]) -> None:
        """Have something written with the end of the run, by its number."""


class Job:
    """What a job adds to the protocol: what it takes, what it does with a chunk, what it counts."""

    name = ""
    counts: tuple[str, ...] = ()
    counts_if_any: tuple[str, ...] = ()
    """Words that are told only where something was counted."""
    network = False
    chunk_size = 1000
    any_day = False
    """Of another day, the same arguments go on with an open run: what a person asked for once is done once."""
    finish_first = True
    """A run of other arguments that was killed is finished before a new one begins; else a person says what becomes of it."""
    touched = ""
    """The statement that tells what a run of it touched, from rows that tell it anyway (``touched.Row``)."""
    names = OF_CONTINUITY
    """The statement that names an item of the work list: its order (or program) and its shipment."""

    def arguments(self, run: Run) -> None:
        """Check the run's arguments. Refused when one names something that does not exist."""

    def due(self, run: Run) -> tuple[str, Mapping[str, Any]]:
        """The statement that finds what is due, and its values: seq from 1 in due order, subject, shipment."""
        raise NotImplementedError

    def select(self, run: Run) -> tuple[int, Report]:
        """Write the work list (``jobs_jobitem``); its length, and what is counted with it."""
        statement, values = self.due(run)
        written = (
            f"insert into jobs_jobitem(run_id, seq, subject_id, shipment) select %(run)s, d.* from ({statement}) d"
        )
        return sql.execute(written, {**values, "run": run.id}), Report()

    def work(self, run: Run, first: int, last: int) -> Report:
        """Do the items ``first`` to ``last`` of the work list."""
        raise NotImplementedError

    def count(self, run: Run, first: int, last: int) -> Report:
        """Of a network job: the counts of a chunk, from the rows that it has written."""
        raise NotImplementedError

    def park(self, run: Run, seq: int, reason: Reason, sqlstate: str | None) -> Report:
        """Put the order of one item aside with its reason."""
        raise NotImplementedError

    def stands_apart(self, run: Run) -> bool:
        """Of a dry run: is each chunk taken back at once, so that nobody waits for its locks?"""
        return False

    def keep_rehearsed(self, run: Run, kept: Keeps, first: int, last: int) -> None:
        """Of a dry run: keep what is told of a chunk, which is done, beside what it touched."""

    def rehearsal_ends(self, run: Run, kept: Keeps) -> None:
        """Of a dry run: keep what is told of it as a whole, before it is taken back."""

    def sweep(self, run: Run) -> None:
        """Leave the tables in order for the next run and for lists, when no chunk is left. It changes nothing of an order."""

    def named(self, run: Run, seq: int) -> tuple[str, int | None]:
        """The order (or program) of an item, and its shipment."""
        found = sql.one(self.names, [run.id, seq])
        assert found is not None
        return found[0], found[1]


def write_list(job: Job, run: Run) -> Report:
    """Write the work list and its chunks; what was counted with it."""
    job.arguments(run)
    run.selected, start = job.select(run)
    if run.selected:
        sql.execute(
            "with chunks as (insert into jobs_jobchunk(run_id, number, first_seq, last_seq)"
            " select %(run)s, g, (g - 1) * %(size)s + 1, least(g * %(size)s, %(n)s)"
            " from generate_series(1, ceil(%(n)s::numeric / %(size)s)::int) g)"
            " update jobs_jobrun set selected = %(n)s, start = %(start)s where id = %(run)s",
            {
                "run": run.id,
                "n": run.selected,
                "size": settings.PERENNIAL_CHUNK_SIZE or job.chunk_size,
                "start": Jsonb(start.stored()),
            },
        )
    return start


def bisected(job: Job, run: Run, first: int, last: int) -> Report:
    """The items of a chunk; when their data is at fault, halves of them, until the one order is found and parked."""
    try:
        with transaction.atomic():
            return job.work(run, first, last)
    except (DataError, IntegrityError, Refused) as error:
        if first == last:
            with transaction.atomic():
                return job.park(run, first, reason_of(error), sqlstate(error))
    middle = (first + last) // 2
    report = bisected(job, run, first, middle)
    report.add(bisected(job, run, middle + 1, last))
    return report


def reason_of(error: Exception) -> Reason:
    """Why an order could not be done, as it is parked."""
    if isinstance(error, Refused):
        return Reason.of(error)
    return Reason("database_error", {"message": str(error).strip().splitlines()[0]})


def sqlstate(error: Exception) -> str | None:
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    return str(state) if state else None


def document(job: Job, row: JobRun, to: Reader = ENGLISH) -> dict[str, Any]:
    """A run as outside programs read it; ``to``: who reads its reasons."""
    report = stored_report(row.report)
    return {
        "job": row.job,
        "run": row.pk,
        "on": row.on_date.isoformat(),
        "dry_run": row.dry,
        "status": "stopped" if row.status == "open" else row.status,
        **report.printed(job.counts, if_any=job.counts_if_any, to=to),
    }
