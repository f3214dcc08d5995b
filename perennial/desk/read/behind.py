"""Programs of which open orders stand on an older version than the one for new orders."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count

from perennial.continuity.models import ContinuityOrder
from perennial.programs.models import Program, ProgramRevision
from perennial.programs.queries import newest_released


@dataclass(frozen=True, slots=True)
class Behind:
    """A program of which so many open ``orders`` (lines) stand on an older version. ``has_draft``: its page counts what the
    draft changes, which is more than the newest version does.
    """

    program: str
    name: str
    orders: int
    has_draft: bool


def behind(among: Collection[str] | None = None) -> tuple[Behind, ...]:
    """These programs, or all, by their ids: those of which open orders stand on an older version."""
    rows = Program.objects.all() if among is None else Program.objects.filter(schedule_id__in=among)
    known = {row.pk: row for row in rows}
    newest = newest_released(known)
    others = ContinuityOrder.objects.filter(status="open", program__in=newest).exclude(revision__in=newest.values())
    counted = others.values("program_id").annotate(many=Count("pk")).values_list("program_id", "many")
    drafts = set(
        ProgramRevision.objects.filter(program__in=newest, released=False).values_list("program_id", flat=True)
    )
    found = [Behind(known[pk].schedule_id, known[pk].name, many, pk in drafts) for pk, many in counted]
    return tuple(sorted(found, key=lambda one: one.program))
