"""What a run touched: all of it, each thing once, with what it was before and what it is after; of a dry run the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from perennial.db.pages import every
from perennial.errors import Refused
from perennial.jobs import JOBS
from perennial.jobs.models import JobRun
from perennial.jobs.night import one_night
from perennial.jobs.runner import run_job
from perennial.jobs.touched import FACTS, WHAT, as_document, touched
from perennial.language.values import in_a_line
from perennial.programs.actions import release
from perennial.programs.draft import edit_draft
from perennial.programs.values import ProgramFacts
from tests.worlds import actions
from tests.worlds.bundle import put
from tests.worlds.desk import ANNA, ON, day, order, set_up

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def members(transactional_db: None) -> None:
    """A club as it is entered, and nobody in it yet."""
    put(set_up())


def rows(run: int, size: int = 2) -> list[dict[str, Any]]:
    """All that a run tells, two at a time."""
    found = [as_document(one) for one in every(lambda after: touched(run, size=size, after=after))]
    for one in found:
        assert one["what"] in WHAT
        for facts in (one["before"] or {}, one["after"] or {}):
            assert {*facts, *(name for line in facts.get("lines", ()) for name in line)} <= {
                *FACTS,
                "event_id",
                "lines",
            }
    return found


def both(name: str, **more: Any) -> list[dict[str, Any]]:
    """What a job says that it would touch, and then touches: the same."""
    rehearsed = run_job(JOBS[name](), dry=True, **more)
    said = rows(rehearsed["run"])
    done = run_job(JOBS[name](), **more)
    assert rows(done["run"]) == said
    again = run_job(JOBS[name](), **more)
    assert again["run"] != done["run"]
    assert rows(again["run"]) == []
    assert rows(done["run"]) == said  # what came later does not change what it tells
    return said


def dearer(facts: ProgramFacts) -> ProgramFacts:
    """The third event has another price, the fourth comes later."""
    events = []
    for e in facts.events:
        if e.key == "C":
            e = replace(e, products=(replace(e.products[0], price_minor=9900), *e.products[1:]))
        events.append(replace(e, days_from_last=20) if e.key == "D" else e)
    return replace(facts, events=tuple(events))


def without_b(facts: ProgramFacts) -> ProgramFacts:
    """The second event does not come any more."""
    left = [e for e in facts.events if e.key != "B"]
    return replace(facts, events=tuple(replace(e, event_id=place) for place, e in enumerate(left, 1)))


def released(change: Callable[[ProgramFacts], ProgramFacts]) -> None:
    edit_draft(schedule_id="CLUB", edit=change, by="anna")
    release(schedule_id="CLUB", by="anna", on=ON)


def test_children_are_told_each_once_with_what_waits() -> None:
    one, two, held = order("CLUB"), order("CLUB"), order("CLUB")
    actions.hold(number=held, reason="a word", **ANNA)
    told = both("create-child-orders", on=ON)
    assert [(t["order"], t["line"], t["shipment"], t["what"]) for t in told] == [
        (one, 1, 1, "child_created"),
        (two, 1, 1, "child_created"),
        (held, 1, 1, "waits"),
    ]
    assert [t["after"] for t in told] == [
        *({"child": f"{number}-1-001", "ship_on": ON.isoformat()} for number in (one, two)),
        {"blocked": "hold"},
    ]


def test_extension_tells_each_shipment_that_it_plans() -> None:
    number = order("LOOP")
    told = both("extend-lines", on=day(10))
    assert told
    assert {(t["order"], t["line"], t["what"], t["before"]) for t in told} == {(number, 1, "added", None)}
    assert [t["shipment"] for t in told] == sorted({t["shipment"] for t in told})
    assert all(t["after"]["lines"] == [{"product": "B5", "quantity": "1", "price": "50.00"}] for t in told)


def test_an_update_tells_what_each_order_was_and_will_be_and_what_it_keeps() -> None:
    plain, changed = order("CLUB"), order("CLUB")
    actions.quantity(number=changed, shipment=4, quantity=2, reason="for two", **ANNA)
    released(dearer)
    told = both("update-orders", on=ON)
    of_plain = [t for t in told if t["order"] == plain]
    assert [(t["shipment"], t["what"]) for t in of_plain] == [(3, "changed"), (4, "changed")]
    assert [t["before"]["lines"][0]["price"] for t in of_plain] == ["30.00", "40.00"]
    assert [t["after"]["lines"][0]["price"] for t in of_plain] == ["99.00", "40.00"]
    assert of_plain[1]["before"]["ship_on"] < of_plain[1]["after"]["ship_on"]
    (kept,) = [t for t in told if t["what"] == "kept"]
    assert (kept["order"], kept["shipment"], kept["reason"]) == (changed, 4, "for two")
    what = {"event": "D", "event_id": 4, "repetition": 0, "change": "quantity"}
    assert kept["before"] == {**what, "by": "clerk:anna", "on": str(ON)}


def test_an_event_is_named_by_its_place_in_the_version_that_it_stands_in() -> None:
    number = order("CLUB")
    actions.move(number=number, shipment=2, to=day(50), **ANNA)
    released(without_b)
    done = run_job(JOBS["update-orders"](), on=ON)
    told = {(t["what"], (t["before"] or t["after"])["event"]): t for t in rows(done["run"])}
    assert told["change_gone", "B"]["before"]["event_id"] == 2
    assert told["left_out", "B"]["before"]["event_id"] == 2
    assert [told["changed", "C"][side]["event_id"] for side in ("before", "after")] == [3, 2]
    assert in_a_line(told["change_gone", "B"]["before"]) == f"by clerk:anna; on {ON}; event 2; change move"
    (why,) = [one["reason"] for one in done["reasons"]]
    assert why == "event 2: the move no longer applies, its shipment does not come any more"


def test_the_current_event_is_told_from_to_and_since_when() -> None:
    edit_draft(schedule_id="CLUB", edit=lambda facts: replace(facts, started_on=ON), by="anna")
    release(schedule_id="CLUB", by="anna", on=ON)
    (first,) = [t for t in both("update-current-event", on=ON) if t["program"] == "CLUB"]
    assert (first["order"], first["what"], first["before"], first["after"]["event"]) == (None, "advanced", None, 1)
    (second,) = [t for t in both("update-current-event", on=day(10)) if t["program"] == "CLUB"]
    assert (second["before"], second["after"]["event"]) == (first["after"], 2)
    assert second["after"]["since"] == day(10).isoformat()


def test_payments_are_told_call_by_call() -> None:
    number = order("CLUB")
    run_job(JOBS["create-child-orders"](), on=ON)
    done = run_job(JOBS["process-payments"](), on=ON)
    (one,) = rows(done["run"])
    assert (one["order"], one["what"], one["line"], one["shipment"]) == (f"{number}-1-001", "authorised", 1, 1)
    assert one["after"]["amount"] == done["amounts"]["USD"]["authorised"]
    assert one["after"]["method"] == "card"


def test_what_closes_is_told() -> None:
    number = order("CLUB")
    actions.cancel(number=number, reason="moves away", **ANNA)
    finished = order("UP")
    for shipment in (1, 2, 3):
        actions.skip(number=finished, shipment=shipment, **ANNA)
    told = both("close-orders", on=ON)
    assert {(t["order"], t["what"]) for t in told} == {(finished, "line_closed"), (finished, "closed")}


def test_a_run_that_there_is_not_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        touched(JobRun.objects.count() + 1000)
    assert refused.value.code == "run_unknown"


def test_a_list_is_kept_so_many_days_as_the_parameter_says() -> None:
    order("CLUB")
    done = run_job(JOBS["create-child-orders"](), on=ON)
    assert rows(done["run"])
    put({"parameters": {"days_to_keep_run_lists": 3}})
    one_night(day(3))
    assert rows(done["run"])
    one_night(day(4))
    assert rows(done["run"]) == []
    assert JobRun.objects.get(pk=done["run"]).report["counts"]["created"] == 1  # the run itself stays
