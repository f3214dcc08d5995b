"""An update writes what a person sees change, and no other row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from perennial.db import sql
from perennial.jobs.update_orders import UpdateOrders
from perennial.programs.actions import release
from perennial.programs.draft import edit_draft
from perennial.programs.values import ProgramFacts
from tests.worlds import actions
from tests.worlds.desk import ANNA, ON, day, make_children, order, run, shown

pytestmark = pytest.mark.usefixtures("club")


def versions() -> dict[str, list[tuple[int, str]]]:
    """Every row of what is planned, with the place where its present version stands."""
    return {
        table: sql.tuples(f"select id, ctid::text from {table} order by id")
        for table in ("continuity_occurrence", "continuity_continuityline")
    }


def written(before: dict[str, list[tuple[int, str]]]) -> dict[str, int]:
    after = versions()
    return {table: len(set(after[table]) ^ set(before[table])) for table in before}


def released(change: Callable[[ProgramFacts], ProgramFacts]) -> None:
    edit_draft(schedule_id="CLUB", edit=change, by="anna")
    release(schedule_id="CLUB", by="anna", on=ON)


def likelier(facts: ProgramFacts) -> ProgramFacts:
    """A revision that differs in what nobody sees of an open order."""
    return replace(facts, events=tuple(replace(e, probability=Decimal(90)) for e in facts.events))


def dearer(facts: ProgramFacts) -> ProgramFacts:
    """The third event has another price."""
    at = next(at for at, e in enumerate(facts.events) if e.key == "C")
    events = list(facts.events)
    product = replace(events[at].products[0], price_minor=9900)
    events[at] = replace(events[at], products=(product, *events[at].products[1:]))
    return replace(facts, events=tuple(events))


def test_a_revision_that_nobody_sees_writes_no_row() -> None:
    order("CLUB")
    touched = order("CLUB")
    actions.move(number=touched, shipment=2, to=day(40), following=True, **ANNA)
    actions.substitute(number=touched, shipment=3, item="B5", price="1.00", **ANNA)
    assert make_children(ON) == 2
    released(likelier)
    before = versions()
    done = run(UpdateOrders(), ON)
    assert {name: number for name, number in done.items() if number} == {"unchanged": 2, "kept": 1}
    assert written(before) == {"continuity_occurrence": 0, "continuity_continuityline": 0}


def test_what_changes_is_written_and_nothing_beside_it() -> None:
    order("CLUB")
    released(dearer)
    before = versions()
    assert run(UpdateOrders(), ON)["lines_changed"] == 1
    # The line of the third shipment goes and comes anew: two versions of one row.
    assert written(before) == {"continuity_occurrence": 0, "continuity_continuityline": 2}


def test_what_was_made_before_an_update_names_no_version_that_it_did_not_know() -> None:
    number = order("CLUB")
    assert make_children(ON) == 1
    sources = {line["child_order"]: line["why"]["product"] for line in shown(number)["continuity"][0]["lines"][:2]}
    assert all("CLUB revision 1, event" in source for source in sources.values())
    released(dearer)
    run(UpdateOrders(), ON)
    made, planned = (line["why"]["product"] for line in shown(number)["continuity"][0]["lines"][:2])
    assert made.startswith("CLUB, event 1")
    assert planned.startswith("CLUB revision 2, event 2")
