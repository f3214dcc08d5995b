"""Which orders a preview was counted of, and which of them are not what they were any more."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from perennial.catalog.tariffs import applied_number
from perennial.db import sql
from perennial.jobs.job import Run
from perennial.jobs.models import ChangePreview

SQL = sql.named("perennial.jobs", "sql/change_preview.sql")
LIST_COLUMNS = ("subject_id", "stands", "counts")
LATE = 1_000
"""So many events may be committed behind later ones; who looks at a page looks at them once more."""
DUE = sql.named("perennial.jobs", "sql/planning.sql")["select_to_update"]
NOW = f"due as ({DUE}), now as ({SQL['stands']} where c.id in (select id from due)), {SQL['otherwise']}"
HOW_MANY = "select count(*) from otherwise"
CHANGED_SINCE = (
    f"with {NOW} select row_number() over (order by id), id, null::int from now"
    " where order_id in (select order_id from otherwise)"
)
"""The work list of what has changed since a preview: these orders, with all their lines that are due."""


def note_list(run: Run) -> None:
    """Note of each order on a preview's work list where it stands, before it is read."""
    noted = f"with now as ({SQL['stands']} where c.id in (select subject_id from jobs_jobitem where run_id = %(run)s))"
    written = "insert into jobs_previewedorder(run_id, subject_id, stands) select %(run)s, id, stands from now"
    sql.execute(f"{noted} {written}", {"run": run.id})


def listed(run: Run, first: int, last: int, counts: Mapping[int, Mapping[str, int]]) -> Iterator[tuple[Any, ...]]:
    """The orders of a chunk as ``PreviewedOrder`` has them; ``counts``: of those that could be rehearsed."""
    for subject, stands in sql.tuples(SQL["listed"], {"run": run.id, "first": first, "last": last}):
        of = counts.get(subject)
        yield subject, None if of is None else stands, None if of is None else json.dumps(of)


def gone(row: ChangePreview) -> list[int]:
    """Those that a preview was counted of and that are not to be updated any more."""
    found = sql.tuples(f"with due as ({DUE}) {SQL['gone']}", asked(row))
    return [subject for (subject,) in found]


def otherwise(row: ChangePreview) -> int:
    """How many orders are not what they were when a preview was counted: every order is compared."""
    return int(sql.value(f"with {NOW} {HOW_MANY}", asked(row)))


def happened_since(row: ChangePreview) -> int:
    """The same, of those to which something has happened since, or that somebody was at work on."""
    given = {"preview": row.pk, "program": row.program_id, "event": row.event - LATE}
    return int(sql.value(f"with now as ({SQL['stands']} {SQL['recent']}), {SQL['recently']} {HOW_MANY}", given))


def asked(row: ChangePreview) -> dict[str, Any]:
    """What the list of a preview is asked for with."""
    return {
        "preview": row.pk,
        "programs": [row.program_id],
        "revisions": [row.revision_id],
        "of_program": row.program_id,
        "tariff": applied_number() or 0,
    }
