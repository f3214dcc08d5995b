"""Revisions as they are stored, read back as facts: to compare, to edit, to export."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps

from perennial.catalog.queries import company, zone_of
from perennial.programs.models import Program, ProgramEvent, ProgramRevision, ValidPaymentSchedule
from perennial.programs.values import EventFacts, EventProductFacts, ProgramFacts, Rule


def read_facts(revision_ids: Iterable[int]) -> dict[int, ProgramFacts]:
    """The facts of revisions, by id, with the name and the state of their programs."""
    ids = list(revision_ids)
    events: dict[int, list[EventFacts]] = defaultdict(list)
    walks: dict[int, list[str]] = defaultdict(list)
    rows = ProgramEvent.objects.filter(revision_id__in=ids).order_by("revision_id", "place")
    for row in rows.select_related("delivery_mode", "payment_schedule").prefetch_related("products__product"):
        walks[row.revision_id].append(row.key)
        events[row.revision_id].append(_event(row))
    schedules: dict[int, list[str]] = defaultdict(list)
    for revision_id, name in (
        ValidPaymentSchedule.objects.filter(revision_id__in=ids)
        .order_by("id")
        .values_list("revision", "schedule__name")
    ):
        schedules[revision_id].append(name)
    found = {}
    for revision in ProgramRevision.objects.filter(pk__in=ids).select_related("program", "payment_schedule"):
        live = [event for event in events[revision.pk] if event.event_id is not None]
        live.sort(key=lambda event: event.event_id or 0)
        found[revision.pk] = ProgramFacts(
            schedule_id=revision.program.schedule_id,
            name=revision.program.name,
            active=revision.program.active,
            started_on=revision.started_on,
            order_start=revision.order_start,
            bill_upfront=revision.bill_upfront,
            consolidate=revision.consolidate,
            catch_up=revision.catch_up,
            prompt_for_start_date=revision.prompt_for_start_date,
            prompt_for_payment_schedule=revision.prompt_for_payment_schedule,
            payment_schedule=revision.payment_schedule.name if revision.payment_schedule else None,
            valid_payment_schedules=tuple(schedules[revision.pk]),
            days_after_order_date=revision.days_after_order_date,
            events=tuple(live),
            removed=tuple(event for event in events[revision.pk] if event.event_id is None),
            walk=tuple(walks[revision.pk]),
        )
    return found


def _event(row: ProgramEvent) -> EventFacts:
    interval = None
    if row.interval_rule is not None:
        interval = Rule(row.interval_code or "", row.interval_rule, row.interval_anchor)
    return EventFacts(
        event_id=row.event_id,
        key=row.key,
        products=tuple(
            EventProductFacts(p.product.number, p.quantity, p.unit, p.price_minor)
            for p in sorted(row.products.all(), key=lambda p: p.line)
        ),
        days_from_last=row.days_from_last,
        interval=interval,
        start_order_date=row.start_order_date,
        delivery_mode=row.delivery_mode.code if row.delivery_mode else None,
        payment_schedule=row.payment_schedule.name if row.payment_schedule else None,
        action=row.action,
        times_to_repeat=row.times_to_repeat,
        probability=row.probability,
    )


def newest(program_id: int) -> tuple[ProgramRevision | None, ProgramRevision | None]:
    """The newest released revision of a program, and its draft."""
    rows = list(ProgramRevision.objects.filter(program_id=program_id).order_by("number"))
    released = [row for row in rows if row.released]
    return (released[-1] if released else None), next((row for row in rows if not row.released), None)


def versions_before(schedule_id: str, *, draft: bool) -> list[ProgramFacts]:
    """What a program is for new orders, and (``draft``) its draft: what another version of it follows. None: there is none."""
    row = Program.objects.filter(schedule_id=schedule_id).first()
    if row is None:
        return []
    released, edited = newest(row.pk)
    return list(read_facts(one.pk for one in (released, edited if draft else None) if one).values())


def keys_ever(program_id: int) -> set[str]:
    """Every key that an event of the program ever had."""
    return set(ProgramEvent.objects.filter(revision__program_id=program_id).values_list("key", flat=True))


def programs_with_intervals(codes: Collection[str]) -> set[int]:
    """The ids of the revisions (newest released ones and drafts) whose events use one of these intervals."""
    newest_ids = (
        ProgramRevision.objects.filter(released=True)
        .order_by("program_id", "-number")
        .distinct("program_id")
        .values_list("id", flat=True)
    )
    drafts = ProgramRevision.objects.filter(released=False).values_list("id", flat=True)
    return set(
        ProgramEvent.objects.filter(
            revision_id__in=[*newest_ids, *drafts], interval_code__in=list(codes), event_id__isnull=False
        ).values_list("revision_id", flat=True)
    )


def programs_using(interval: str) -> tuple[str, ...]:
    """The programs (schedule ids) whose events use a date interval, as they are for new orders or as a draft."""
    used = ProgramRevision.objects.filter(pk__in=programs_with_intervals([interval]))
    return tuple(sorted(set(used.values_list("program__schedule_id", flat=True))))


def changes_since(program_id: int, version: int) -> list[dict[str, Any]]:
    """What happened to a program behind a version of it: by whom, and on which day."""
    found = _history("Program").filter(id=program_id, version__gt=version).order_by("pgh_id")
    changes: dict[tuple[str, date], None] = {}
    zone = zone_of(company())
    for context, at in found.values_list("pgh_context", "pgh_created_at"):
        changes[(context or {}).get("by") or "", at.astimezone(zone).date()] = None
    return [{"kind": "program_changed", "by": by, "on": on} for by, on in changes]


@dataclass(frozen=True, slots=True)
class Written:
    """When a revision was written or released by the company's clock, by whom and why. ``day``: the business date, where it
    was kept.
    """

    at: datetime
    by: str | None
    reason: str | None
    day: date | None


def written(program_id: int) -> dict[int, Written]:
    """By the number of a program's revision: when it was released, or, of its draft, written last."""
    rows = _history("ProgramRevision").filter(program_id=program_id).exclude(pgh_label="delete").order_by("pgh_id")
    found: dict[int, Written] = {}
    released: set[int] = set()
    zone = zone_of(company())
    for number, is_released, context, at in rows.values_list("number", "released", "pgh_context", "pgh_created_at"):
        if number not in released:
            told = context or {}
            day = date.fromisoformat(told["on"]) if "on" in told else None
            found[number] = Written(at.astimezone(zone), told.get("by"), told.get("reason"), day)
        if is_released:
            released.add(number)
    return found


def ever_offered(program_ids: Collection[int]) -> set[int]:
    """Which of these programs could be ordered here at some time."""
    return set(_history("Program").filter(id__in=program_ids, active=True).values_list("id", flat=True).distinct())


def _history(name: str) -> Any:
    return apps.get_model("programs", f"{name}History").objects
