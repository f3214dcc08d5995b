"""What a run touched: a row for each thing, with what it was before and what it is after.

What other rows tell already (children with their events, payments with their attempts) is read from these by the run's
work list, which is therefore kept; the rest is written with the chunk. Of a dry run all is written, when what it did has
been taken back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from perennial.catalog.queries import parameters
from perennial.db import sql
from perennial.db.pages import Page, every, key_of, page
from perennial.errors import Refused
from perennial.jobs import JOBS
from perennial.jobs.files import forget_files
from perennial.jobs.models import JobRun, JobTouched
from perennial.kernel import money
from perennial.kernel.reasons import Reason
from perennial.language.formats import ENGLISH, Reader
from perennial.language.reasons import reason_words

if TYPE_CHECKING:
    from perennial.jobs.job import Job, Run

SIZE = 500
COLUMNS = ("seq", "number", "name", "line", "shipment", "what", "before", "after", "because")
WHAT = (
    *("advanced", "added", "left_out", "changed", "change_gone", "kept", "billing", "billing_kept", "charges"),
    *(
        "moved",
        "substituted",
        "follows",
        "passed_over",
        "taken_back",
        "child_created",
        "waits",
        "line_closed",
        "closed",
    ),
    *("authorised", "captured", "voided", "refunded", "billed", "declined", "failed", "unknown"),
)
"""What a run may have done with a thing; each has its name in the catalogue (``touched``)."""
FACTS = (
    *("event", "repetition", "ship_on", "status", "product", "quantity", "price", "key", "since", "change", "by", "on"),
    *(
        "payment_schedule",
        "tariff",
        "total",
        "child",
        "blocked",
        "payment",
        "purpose",
        "method",
        "amount",
        "currency",
        "due_on",
    ),
)
"""What is told of it before and after, besides its lines and the place of its event (``event_id``), by which people are told
its ``event``; each has its name in the catalogue (``fact``)."""

WRITTEN = """
select seq, number, name, line, shipment, what, before::text, after::text, because::text
  from jobs_jobtouched where run_id = %(run)s and (seq, number) > (%(seq)s, %(number)s) and (%(only)s::text[] is null or what = any(%(only)s))
 order by seq, number limit %(most)s
"""


class Row(NamedTuple):
    """One thing as it is stored; JSON as text. ``number``: among those of its place in the work list."""

    seq: int
    number: int
    name: str
    line: int | None
    shipment: int | None
    what: str
    before: str | None
    after: str | None
    because: str | None


@dataclass(frozen=True, slots=True)
class Touched:
    """One thing that a run did. ``name``: the order or the program; ``because``: a stored reason."""

    name: str
    line: int | None
    shipment: int | None
    what: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    because: Any
    key: tuple[int, int]


def places(run: Run, first: int, last: int) -> dict[int, int]:
    """By subject, its place in the list of a run: that of its work list; of a dry run that stands apart the subject's own
    id, which it keeps when the list is refreshed.
    """
    place = "seq" if run.waits is None else "subject_id"
    return dict(
        sql.tuples(
            f"select subject_id, {place} from jobs_jobitem where run_id = %s and seq between %s and %s",
            [run.id, first, last],
        )
    )


def write(run: Run, rows: Iterable[Row]) -> None:
    """Write what a chunk did, in its transaction; or let it wait, by its place, where that is taken back at once."""
    if run.waits is not None:
        by_place: dict[int, list[Row]] = {}
        for row in rows:
            by_place.setdefault(row.seq, []).append(row)
        run.waits |= by_place
        return
    sql.copy(JobTouched, ("run_id", *COLUMNS), ((run.id, *row) for row in rows))


def stored(value: object) -> str | None:
    """A value as JSON; None stays None."""
    return None if value is None else json.dumps(value)


def rows_of(
    job: Job,
    run: int,
    *,
    size: int,
    after: tuple[int, int],
    dry: bool = False,
    only: Sequence[str] | None = None,
) -> list[Row]:
    """The rows of a run behind a place, at most so many and one more; ``dry``: while it is still under way."""
    given = {"run": run, "seq": after[0], "number": after[1], "most": size + 1, "only": only and list(only)}
    found = sql.rows(Row, WRITTEN, given)
    if job.touched and not dry:
        found = sorted([*found, *sql.rows(Row, job.touched, {**given, "by": f"job:{run}"})], key=lambda row: row[:2])
    return found[: size + 1]


def all_rows(job: Job, run: int) -> Iterator[Row]:
    """All rows of a run that is about to be taken back."""

    def read(after: str | None) -> Page[Row]:
        seq, number = key_of(after, 2) if after else (0, 0)
        found = rows_of(job, run, size=SIZE, after=(int(seq), int(number)))
        return page(found, SIZE, lambda row: (row.seq, row.number))

    return every(read)


def forget(on: date) -> None:
    """Drop the lists of runs (and what was handed in for them) that are older, on a date, than the parameter
    ``days_to_keep_run_lists`` says.
    """
    days = parameters().days_to_keep_run_lists
    if days is None or on.toordinal() <= days:
        return
    given = {"before": date.fromordinal(on.toordinal() - days)}
    for table in ("jobs_jobitem", "jobs_jobtouched", "jobs_changedorder", "jobs_previewedorder"):
        sql.execute(
            f"delete from {table} where run_id in"
            " (select id from jobs_jobrun where on_date < %(before)s and status = 'done')",
            given,
        )
    forget_files(given["before"])


def touched(
    run: int, *, size: int = SIZE, after: str | None = None, only: Sequence[str] | None = None
) -> Page[Touched]:
    """A page of what a run touched, in the order of its work list; ``only``: of a change of many orders, what was done so.

    Refused: there is no such run.
    """
    row = JobRun.objects.filter(pk=run).first()
    if row is None:
        raise Refused("run_unknown", "run", run=run)
    seq, number = key_of(after, 2) if after else (0, 0)
    found = rows_of(JOBS[row.job](), run, size=size, after=(int(seq), int(number)), dry=row.dry, only=only)
    return page([read(one) for one in found], size, lambda one: one.key)


def as_document(one: Touched, to: Reader = ENGLISH) -> dict[str, Any]:
    """A row as outside programs read it: of the current event ``program`` says which, of all others ``order``."""
    is_program = one.what == "advanced"
    return {
        "order": None if is_program else one.name,
        "program": one.name if is_program else None,
        "line": one.line,
        "shipment": one.shipment,
        "what": one.what,
        "before": one.before,
        "after": _with_amount(one.after),
        "reason": reason_words(Reason.read(one.because), to) if isinstance(one.because, dict) else one.because,
    }


def _with_amount(facts: dict[str, Any] | None) -> dict[str, Any] | None:
    """Money as it is written, not as it is stored."""
    if facts is None or "amount_minor" not in facts:
        return facts
    told = {name: value for name, value in facts.items() if name != "amount_minor"}
    return {**told, "amount": money.text(facts["amount_minor"], facts["currency"])}


def read(row: Row) -> Touched:
    """A stored row."""
    before, after, because = (None if text is None else json.loads(text) for text in row[6:])
    return Touched(
        name=row.name,
        line=row.line,
        shipment=row.shipment,
        what=row.what,
        before=before,
        after=after,
        because=because,
        key=(row.seq, row.number),
    )
