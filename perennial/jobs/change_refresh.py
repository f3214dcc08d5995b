"""A preview is refreshed: the orders that have changed since are rehearsed again, their rows are replaced, and all numbers follow."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from perennial.db import sql
from perennial.errors import Refused
from perennial.jobs.change_groups import WHO, ChangeGroups, Counted, Difference
from perennial.jobs.change_list import gone
from perennial.jobs.change_preview import is_stored_whole, numbers, stored_preview, write_groups
from perennial.jobs.job import Run
from perennial.jobs.models import ChangeGroup, ChangePreview, JobRun, PreviewedOrder
from perennial.jobs.report import MOST_REASONS, stored_report

SQL = sql.named("perennial.jobs", "sql/change_preview.sql")


def refuse_other_preview(given: Mapping[str, Any], *, dry: bool) -> None:
    """Refused: what is to be refreshed is no preview of this version of the program; or it is really to be done."""
    if not dry:
        raise Refused("refresh_is_dry", "refresh")
    row = stored_preview(given["refresh"])
    if (row.program.schedule_id, row.number) != (given["program"], given["revision"]):
        raise Refused("preview_unknown", "refresh", run=given["refresh"])


def to_refresh(run: Run) -> ChangePreview | None:
    """The preview that a run is to refresh; None: it counts all orders, as nothing else was asked for, or the draft, a rule
    or a price is another one.
    """
    if "refresh" not in run.arguments:
        return None
    row = stored_preview(run.arguments["refresh"])
    (revision,) = run.cache["newest"].values()
    if row.revision_id != revision or row.seen != run.cache["seen"][0] or not is_stored_whole(row):
        return None
    run.cache["gone"] = gone(row)
    return row


def refreshed(run: Run, groups: ChangeGroups) -> Callable[[int], None]:
    """What puts the orders that a run has rehearsed (``groups``) into the preview that it refreshes, by the number of the
    run that keeps them. Refused: somebody else has refreshed it meanwhile.
    """
    seen: ChangePreview = run.cache["refreshes"]
    _, event, at = run.cache["seen"]
    out: list[int] = run.cache["gone"]

    def write(kept: int) -> None:
        row = ChangePreview.objects.select_for_update().get(pk=seen.pk)
        if row.runs != seen.runs:
            raise Refused("preview_refreshed", "run", run=seen.runs[-1], now=row.runs[-1])
        replaced = [*out, *PreviewedOrder.objects.filter(run=kept).values_list("subject_id", flat=True)]
        whole = _without(row, groups, replaced)
        numbers_of = _with(whole, groups)
        ChangeGroup.objects.filter(run_id=row.pk).delete()
        write_groups(row.pk, whole)
        given = {"run": row.pk, "new": kept, "gone": replaced}
        sql.execute(SQL["take_orders"], {**given, "were": list(numbers_of), "are": list(numbers_of.values())})
        sql.execute(SQL["forget_touched"], given)
        sql.execute(SQL["take_touched"], given)
        before = sql.tuples(SQL["forget_list"], given)
        _report_follows(row.pk, kept, replaced, before, sql.tuples(SQL["take_list"], given))
        ChangePreview.objects.filter(pk=row.pk).update(
            runs=[*row.runs, kept],
            event=event,
            at=at,
            orders=PreviewedOrder.objects.filter(run=row.pk).count(),
            **numbers(row.pk, whole),
        )

    return write


def _without(row: ChangePreview, new: ChangeGroups, replaced: list[int]) -> ChangeGroups:
    """The groups of a preview without these orders, whose rows are taken out."""
    whole = ChangeGroups(new.revision, new.night, to_come=row.to_come_minor, new_to_come=row.new_to_come_minor)
    by_number: dict[int, tuple[Difference, Counted]] = {}
    for one in ChangeGroup.objects.filter(run_id=row.pk):
        of = Difference(one.kind, one.event_key, one.before, one.after)
        by_number[one.number] = of, Counted(one.number, one.orders, one.amount_minor)
    given = {"run": row.pk, "numbers": list(by_number), "gone": replaced}
    for number, orders, before, after, more in sql.tuples(SQL["forget_orders"], given):
        of, group = by_number[number]
        group.orders -= orders
        group.amount -= more
        if of.kind in WHO:
            whole.to_come -= before or 0
            whole.new_to_come -= after or 0
    whole.groups = dict(by_number.values())
    return whole


def _with(whole: ChangeGroups, new: ChangeGroups) -> dict[int, int]:
    """Count groups into those of the whole; which number each of them has there. What has no order left is no group."""
    numbers_of = {}
    last = max((group.number for group in whole.groups.values()), default=0)
    for of, group in new.groups.items():
        known = whole.groups.get(of)
        if known is None:
            last += 1
            known = whole.groups[of] = Counted(last)
        known.orders += group.orders
        known.amount += group.amount
        numbers_of[group.number] = known.number
    whole.to_come += new.to_come
    whole.new_to_come += new.new_to_come
    whole.groups = {of: group for of, group in whole.groups.items() if group.orders}
    return numbers_of


Counts = list[tuple[str | None]]


def _report_follows(run: int, new: int, replaced: list[int], before: Counts, after: Counts) -> None:
    """The report of the run that has the list: less what was counted of these orders, and with what is counted of them now."""
    row = JobRun.objects.get(pk=run)
    report, more = stored_report(row.report), stored_report(JobRun.objects.get(pk=new).report)
    for rows, sign in ((before, -1), (after, 1)):
        for (counts,) in rows:
            for word, number in json.loads(counts or "{}").items():
                report.count(word, sign * number)
    orders = {number for (number,) in sql.tuples(SQL["numbers"], {"gone": replaced})}
    report.reasons = [one for one in report.reasons if one["order"] not in orders]
    report.reasons = [*report.reasons, *more.reasons][:MOST_REASONS]
    selected = PreviewedOrder.objects.filter(run=run).count()
    JobRun.objects.filter(pk=run).update(report=report.stored(), selected=selected)
