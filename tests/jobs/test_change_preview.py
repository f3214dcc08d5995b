"""What a draft would change on open orders: the update that follows does just that, order by order, and is taken back whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from perennial.catalog.queries import set_up as rules
from perennial.desk.read import orders as read
from perennial.desk.read.coming import coming
from perennial.jobs import change_preview, many, requests
from perennial.jobs.change_preview import Preview, group_orders
from perennial.jobs.many import How
from perennial.jobs.models import JobRun
from perennial.jobs.touched import as_document, touched
from perennial.kernel.states import TO_COME
from perennial.notices.models import NoticeKind
from perennial.orders.models import SalesOrder
from perennial.programs.draft import edit_draft
from perennial.programs.models import ProgramRevision
from perennial.programs.values import ProgramFacts
from perennial.worker import program_change
from tests.jobs.test_many_back import promised, why
from tests.worlds import actions
from tests.worlds.bundle import put
from tests.worlds.desk import ANNA, ON, day, line, make_children, order, set_up

pytestmark = pytest.mark.django_db(transaction=True)

MARA: dict[str, Any] = {"by": "manager:mara", "on": ON}


@pytest.fixture(autouse=True)
def members(transactional_db: None, settings: Any) -> None:
    """A club as it is entered, and nobody in it yet."""
    settings.PERENNIAL_TODAY = ON
    put(set_up())


def edited(program: str = "CLUB", price: int = 9900) -> int:
    """A draft: the third event is dearer, the fourth brings something else; its number."""

    def edit(facts: ProgramFacts) -> ProgramFacts:
        *first, third, fourth = facts.events
        dearer = replace(third, products=(replace(third.products[0], price_minor=price), *third.products[1:]))
        other = replace(fourth, products=(replace(fourth.products[0], item_number="B5", quantity=Decimal(2)),))
        return replace(facts, events=(*first, dearer, other))

    edit_draft(schedule_id=program, edit=edit, by="mara")
    return ProgramRevision.objects.get(program__schedule_id=program, released=False).number


def without_second(facts: ProgramFacts) -> ProgramFacts:
    """The second event is left out: what comes behind it comes earlier."""
    kept = [event for event in facts.events if event.event_id != 2]
    return replace(facts, events=tuple(replace(event, event_id=at) for at, event in enumerate(kept, 1)))


def previewed(program: str = "CLUB") -> Preview:
    """Ask for it, and let a worker count it."""
    asked = program_change.ask_for_preview(schedule_id=program, **MARA)
    requests.perform(asked.pk)
    asked.refresh_from_db()
    assert asked.status == "done", asked.refused
    return change_preview.preview(asked.runs[-1])


def applied(found: Preview, **given: Any) -> JobRun:
    """Apply it, and let a worker do it."""
    asked = program_change.apply(schedule_id=found.program, run=found.run, **MARA, **given)
    requests.perform(asked.pk)
    asked.refresh_from_db()
    assert asked.status == "done", asked.refused
    return JobRun.objects.get(pk=asked.runs[-1])


def rows(run: int) -> list[dict[str, Any]]:
    return [as_document(one) for one in touched(run).rows]


def to_come() -> int:
    """What is planned of all open orders, as their pages have it."""
    parents = list(SalesOrder.objects.filter(parent=None).values_list("pk", flat=True))
    return sum(
        shipment.cost.minor
        for one in read.orders(parents, on=ON)
        for shipment in coming(one, rules())
        if shipment.child is None and shipment.status in TO_COME
    )


def people(*programs: str) -> dict[str, str]:
    """Orders of every kind, by what was done to them."""
    program = programs[0]
    found = {name: order(program) for name in ("plain", "sent", "moved", "swapped", "skipped", "stopped")}
    for name in ("plain", "moved", "swapped", "skipped", "stopped"):  # they wait, so that only one has a child
        actions.hold(number=found[name], reason="a word", **ANNA)
    make_children(ON)
    for name in ("plain", "moved", "swapped", "skipped", "stopped"):
        actions.release(number=found[name], **ANNA)
    actions.move(number=found["moved"], shipment=3, to=day(45), **ANNA)
    actions.substitute(number=found["swapped"], shipment=3, item="B6", **ANNA)
    actions.skip(number=found["skipped"], shipment=2, **ANNA)
    actions.cancel(number=found["stopped"], after=1, **ANNA)
    found["two"] = order(line(program), line(program))
    return found


@pytest.mark.parametrize("program", ["CLUB", "UP", "PART"])
@pytest.mark.parametrize("edit", [None, without_second])
def test_the_update_does_what_the_preview_has_shown_and_is_taken_back_whole(
    program: str, edit: Callable[[ProgramFacts], ProgramFacts] | None, settings: Any
) -> None:
    settings.PERENNIAL_CHUNK_SIZE = 3  # the two lines of one order are in two chunks
    people(program)
    if edit is None:
        edited(program)
    else:
        edit_draft(schedule_id=program, edit=edit, by="mara")
    NoticeKind.objects.create(kind="price_changed", is_on=True, changed_on=ON)
    before, was = promised(), to_come()
    found = previewed(program)
    assert promised() == before
    who = [one for one in found.groups if one.kind in ("changes", "changes_and_keeps", "same")]
    assert sum(one.orders for one in who) == found.orders == found.changed + found.same
    assert (
        found.more.minor == sum(one.amount.minor for one in who) == sum(one.amount.minor for one in found.differences)
    )
    for one in found.groups:
        listed = group_orders(found.run, one.number, size=100).rows
        assert (len(listed), sum(row.more.minor for row in listed)) == (one.orders, one.amount.minor)
    assert found.to_come.minor == was
    run = applied(found, letters=True)
    assert rows(run.pk) == rows(found.run)
    assert to_come() == found.new_to_come.minor
    counts = JobRun.objects.get(pk=found.run).report["counts"]
    assert run.report["counts"] == counts
    assert counts["updated"] == found.changed
    assert promised() != before
    back = many.take_back(How(by="mara", on=ON, dry=True), run=run.pk)
    back = many.take_back(How(**MARA), run=run.pk)
    assert why(back) == {}
    assert promised() == before
    assert not ProgramRevision.objects.filter(apply=True).exists()
