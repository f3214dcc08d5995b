"""Who is told that a version raises a price, once it is applied: by mail, and when; and who is left for a letter on paper."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from perennial.db import sql
from perennial.db.pages import Page, key_of, page
from perennial.jobs.change_groups import NOTICES
from perennial.jobs.change_preview import stored_preview
from perennial.jobs.models import ChangeGroup, ChangePreview
from perennial.jobs.price_notices import RISE
from perennial.jobs.status import JobRunStatus
from perennial.kernel.reasons import Reason

SQL = sql.named("perennial.jobs", "sql/price_told.sql")
SIZE = 50


@dataclass(frozen=True, slots=True)
class ToldCounts:
    """Of how many orders it is told ``by_mail`` (or will be), and how many are left for a letter; ``without_email`` of these."""

    by_mail: int
    by_letter: int
    without_email: int


@dataclass(frozen=True, slots=True)
class ToldOf:
    """An order of which a price rises, and who pays it. ``notice``: the last message of that, its ``status`` and when it was
    sent; None: there is none. ``because``: why it failed. Who is erased since has no name.
    """

    key: int
    order: str
    line: int | None
    account: str | None
    customer: str | None
    without_email: bool
    notice: int | None
    status: str | None
    sent_at: datetime | None
    because: Reason | None


def told_counts(run: int) -> ToldCounts:
    """How many are told what the preview of a run has counted."""
    (found,) = sql.tuples(_statement("counts"), _asked(stored_preview(run)))
    return ToldCounts(*found)


def told_of(run: int, *, mailed: bool, size: int = SIZE, after: str | None = None) -> Page[ToldOf]:
    """Those that are told by mail, or (not ``mailed``) are left for a letter: who has no address, whose message failed or came
    back, all when these messages are off. Refused: a run has counted no preview.
    """
    behind = int(key_of(after, 1)[0]) if after else 0
    given = {**_asked(stored_preview(run), after=behind), "mailed": mailed, "most": size + 1}
    found = []
    for row in sql.tuples(_statement("rows"), given):
        one = ToldOf(*row)
        found.append(replace(one, because=Reason.read(json.loads(row[-1] or "null"))))
    return page(found, size, lambda one: (one.key,))


def preview_of_run(run: JobRunStatus) -> int | None:
    """The run that counted what this one has applied, where it raised prices; None: it did not, or nobody has counted it."""
    if run.dry or "revision" not in run.arguments or not run.counts.get(RISE):
        return None
    found = ChangePreview.objects.filter(program__schedule_id=run.arguments["program"], run__lt=run.id)
    row = found.filter(number=run.arguments["revision"]).order_by("-run").first()
    return None if row is None else row.pk


def _statement(name: str) -> str:
    return f"with {SQL['rising']} {SQL[name].replace('$by_mail', SQL['by_mail'])}"


def _asked(row: ChangePreview, *, after: int = 0) -> Mapping[str, Any]:
    numbers = ChangeGroup.objects.filter(run_id=row.pk, kind__in=NOTICES).values_list("number", flat=True)
    return {"run": row.pk, "revision": row.revision_id, "numbers": list(numbers), "after": after}
