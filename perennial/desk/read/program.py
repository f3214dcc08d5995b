"""A program with its versions: what new orders get, the draft that collects edits, where its own calendar stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from perennial.catalog.queries import set_up
from perennial.continuity.models import ContinuityOrder
from perennial.kernel.plan import current_event
from perennial.programs.facts import read_facts
from perennial.programs.models import ProgramRevision
from perennial.programs.queries import load_revisions, program_by_id
from perennial.programs.values import ProgramFacts


@dataclass(frozen=True, slots=True)
class Version:
    """One revision. ``apply``: open orders follow it in the next night. ``open_orders``: the lines that stand on it."""

    number: int
    released: bool
    apply: bool
    open_orders: int
    facts: ProgramFacts


@dataclass(frozen=True, slots=True)
class Program:
    """A program; ``versions`` by their number. ``current``: the event and the repetition where its calendar stands."""

    schedule_id: str
    name: str
    active: bool
    currency: str
    versions: tuple[Version, ...]
    current: tuple[int | None, int] | None

    @property
    def newest(self) -> Version | None:
        """The version for new orders; None of a program that was never released."""
        return next((version for version in reversed(self.versions) if version.released), None)

    @property
    def draft(self) -> Version | None:
        """The version that collects edits."""
        return next((version for version in self.versions if not version.released), None)


def program(schedule_id: str, *, on: date) -> Program:
    """A program with all its versions as it is on a date. Refused when there is none."""
    row = program_by_id(schedule_id)
    rules = set_up()
    revisions = list(ProgramRevision.objects.filter(program=row).order_by("number"))
    facts = read_facts([revision.pk for revision in revisions])
    open_orders = ContinuityOrder.objects.filter(program=row, status="open")
    standing = dict(open_orders.values("revision_id").annotate(many=Count("pk")).values_list("revision_id", "many"))
    newest = next((revision for revision in reversed(revisions) if revision.released), None)
    current = None
    if newest is not None and newest.started_on is not None:
        found = current_event(load_revisions(rules, [newest.pk])[newest.pk].plan, newest.started_on, on)
        current = (found.event_id, found.repetition) if found else None
    return Program(
        schedule_id=row.schedule_id,
        name=row.name,
        active=row.active,
        currency=rules.currency,
        versions=tuple(
            Version(
                number=revision.number,
                released=revision.released,
                apply=revision.apply,
                open_orders=standing.get(revision.pk, 0),
                facts=facts[revision.pk],
            )
            for revision in revisions
        ),
        current=current,
    )
