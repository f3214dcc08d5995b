"""A program is edited while members are half way through it: who follows, who does not, and where everybody goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from perennial.jobs.check import check
from perennial.jobs.extend_lines import ExtendLines
from perennial.jobs.update_orders import UpdateOrders
from perennial.orders.models import OrderEvent
from perennial.programs import actions, draft
from perennial.programs.models import ContinuityProduct, Program, ProgramEvent, ProgramRevision
from perennial.programs.values import EventFacts, EventProductFacts
from tests.worlds import actions as desk
from tests.worlds.bundle import put, take_out
from tests.worlds.desk import (
    ANNA,
    ON,
    day,
    everything,
    history_of,
    lines,
    make_children,
    occurrences,
    order,
    payments,
    refused,
    run,
    set_up,
    shown,
    unchanged,
)

pytestmark = pytest.mark.usefixtures("club")

SAM: dict[str, Any] = {"by": "manager:sam", "reason": "spring"}


def event(item: str = "B5", **more: Any) -> EventFacts:
    """A new event, five days after the one in front of it."""
    return EventFacts(None, (EventProductFacts(item),), days_from_last=5, delivery_mode="ANY", **more)


def add(item: str = "B5", at: int | None = None, **more: Any) -> None:
    draft.add_event(schedule_id="CLUB", event=event(item, **more), at=at, **SAM)


def release(*, apply: bool = False) -> int:
    """Release the draft; the number of the revision."""
    return int(actions.release(schedule_id="CLUB", apply=apply, on=ON, **SAM)["revision"])


def update(on: date = ON, **arguments: Any) -> dict[str, int]:
    """Run update-orders twice: what it counts; the second run writes no order."""
    counts = run(UpdateOrders(), on, **arguments)
    before = rows()
    again = run(UpdateOrders(), on, **arguments)
    assert not any(again.values()), again
    assert rows() == before
    return {name: number for name, number in counts.items() if number}


def rows() -> dict[str, str]:
    """What all tables hold but the list of runs."""
    return {name: found for name, found in everything().items() if not name.startswith("jobs_")}


def keys(number: str) -> list[tuple[int | None, str, str, str]]:
    """(shipment, event, event_on, status) of the walk, days as month-day."""
    return [(o.shipment, o.event_key, f"{o.event_on:%m-%d}", o.status) for o in occurrences(number)]


def half_way(shipped: int = 2) -> str:
    """A member who has had so many of four."""
    number = order("CLUB")
    for at in range(shipped):
        make_children(day(10 * at - 5))
    return number


def own_keys(schedule_id: str = "CLUB", *, released: bool = True) -> list[tuple[str, int | None]]:
    """(key, event id) of the newest revision, or of the draft, in the order of the walk."""
    found = ProgramRevision.objects.filter(program__schedule_id=schedule_id, released=released).order_by("-number")[0]
    return list(ProgramEvent.objects.filter(revision=found).order_by("place").values_list("key", "event_id"))


class TestConsolidated:
    """Three months late into six; one repetition is planned beyond the first, the missed ones all the same."""

    @staticmethod
    def late(*between: dict[str, Any]) -> dict[str, Any]:
        first = {"key": "A", "item_number": "B1", "delivery_mode": "ANY", "times_to_repeat": 5, "days_from_last": 30}
        last = {"key": "Z", "item_number": "B2", "delivery_mode": "ANY", "days_from_last": 30}
        events = [{**first, "start_order_date": "2025-11-20"}, *between, last]
        return {"programs": [{"schedule_id": "LATE", "consolidate": True, "events": events}]}

    def joined(self) -> str:
        put({**self.late(), "products": [{"number": "S-LATE", "program": "LATE"}]}, on=ON)
        return order("LATE")

    def between(self) -> None:
        put(self.late({"key": "X", "item_number": "B3", "delivery_mode": "ANY", "days_from_last": 10}), on=ON)

    def test_what_was_extended_stays_and_what_is_put_between_comes(self):
        number = self.joined()
        assert [key for _, key, *_ in keys(number)] == ["A"] * 4
        while run(ExtendLines(), ON):
            pass
        walk = keys(number)
        assert [key for _, key, *_ in walk] == ["A"] * 6 + ["Z"]
        self.between()
        assert update() == {"updated": 1, "lines_added": 1, "lines_changed": 1}
        assert [key for _, key, *_ in keys(number)] == ["A"] * 6 + ["X", "Z"]
        assert keys(number)[:6] == walk[:6]
        assert shown(number)["continuity"][0]["complete"]
        assert check()["faults"] == []

    def test_before_it_is_extended_an_update_that_changes_nothing_plans_nothing(self):
        number = self.joined()
        before = keys(number)
        dearer = self.late()
        dearer["programs"][0]["events"][-1]["price"] = "99.00"  # of what is not planned yet
        put(dearer, on=ON)
        assert update() == {"unchanged": 1}
        assert keys(number) == before


class TestDraftAndRelease:
    def test_a_draft_changes_no_order_new_or_old(self):
        number = order("CLUB")
        with_draft = keys(number)
        add()
        assert own_keys(released=False)[-1] == ("E5", 5)
        assert keys(number) == with_draft
        assert keys(order("CLUB")) == with_draft
        assert update() == {}
        assert history_of("programs_programhistory") == ("manager:sam", "spring")

    def test_a_release_is_for_new_orders_and_open_ones_follow_when_they_are_told_to(self):
        old = half_way()
        before = keys(old)
        add(at=4)
        assert release() == 2
        assert update(night=True) == {}, "it was not released with apply"
        assert keys(old) == before
        assert [key for _, key, *_ in keys(order("CLUB"))] == ["A", "B", "C", "E4", "D"]
        assert update() == {"updated": 1, "lines_added": 1, "lines_changed": 1}
        assert keys(old) == [
            (1, "A", "03-10", "ordered"),
            (2, "B", "03-20", "ordered"),
            (3, "C", "03-30", "scheduled"),
            (4, "E4", "04-04", "scheduled"),
            (5, "D", "04-14", "scheduled"),
        ]
        found = OrderEvent.objects.get(kind="updated")
        assert found.by.startswith("job:")
        assert found.data == {"revision": 2, "added": 1, "changed": 1, "cancelled": 0}
        assert shown(old)["continuity"][0]["revision"] == 2

    def test_released_with_apply_the_night_does_it(self):
        old = half_way()
        add(at=4)
        release(apply=True)
        assert update(night=True) == {"updated": 1, "lines_added": 1, "lines_changed": 1}
        assert [key for _, key, *_ in keys(old)] == ["A", "B", "C", "E4", "D"]
        assert ProgramRevision.objects.get(program__schedule_id="CLUB", number=2).apply is True

    def test_a_new_revision_that_changes_nothing_for_an_order_is_noted_alone(self):
        old = half_way()
        before = shown(old)["continuity"][0]
        add()  # behind the end
        release()
        assert update() == {"unchanged": 1}
        after = shown(old)["continuity"][0]
        for one in (*before["lines"], *after["lines"]):
            del one["why"]  # it tells of the revision
        assert after == {**before, "revision": 2}
        assert not OrderEvent.objects.filter(kind="updated").exists()

    def test_twice_or_without_a_draft(self):
        with refused("program", "program_no_draft_to_release"):
            release()
        add()
        release()
        with refused("program", "program_no_draft_to_release"):
            release()
        with refused("program", "program_no_draft_to_discard"):
            actions.discard(schedule_id="CLUB", **SAM)
        with refused("program", "program_unknown"):
            actions.release(schedule_id="CLBU", **SAM)

    def test_what_no_order_could_be_planned_with_is_refused_by_every_door(self):
        """With a day at the end of the calendar what comes behind it has none."""
        last = date(9999, 12, 31)
        with refused(
            "events[3].start_order_date", "program_beyond_calendar", "event 4 would come on 9000-01-01 or later"
        ):
            add(at=4, start_order_date=last)
        with refused("events[3].times_to_repeat", "program_beyond_calendar"):
            add(at=4, start_order_date=date(8999, 12, 1), times_to_repeat=9)
        with refused("events[4].days_from_last", "program_beyond_calendar"):
            add(at=4, start_order_date=date(8999, 12, 24))
        add(at=4, start_order_date=date(8999, 12, 1))
        ProgramEvent.objects.filter(key="E4").update(start_order_date=last)  # a draft that is older than the rule
        with refused("events[3].start_order_date", "program_beyond_calendar"):
            release()
        ProgramRevision.objects.filter(released=False).update(released=True)
        with pytest.raises(AssertionError, match=r"item_number: date_days_beyond count=10 day=9999-12-31"):
            order("CLUB")  # what the rule keeps from happening

    def test_a_discarded_draft_leaves_no_trace_but_the_history(self):
        before = own_keys()
        add()
        assert actions.discard(schedule_id="CLUB", **SAM)["revision"] == 1
        assert not ProgramRevision.objects.filter(released=False).exists()
        assert own_keys() == before
        assert history_of("programs_programrevisionhistory") == ("manager:sam", "spring")

    def test_a_new_program_that_was_never_released_keeps_its_draft_and_cannot_be_activated(self):
        found = {**set_up()["programs"][0], "schedule_id": "NEW", "active": False, "release": False}
        put({"programs": [found]}, on=ON)
        with refused("program", "program_only_draft"):
            actions.discard(schedule_id="NEW", **SAM)
        with refused("program", "program_never_released", "never released"):
            actions.activate(schedule_id="NEW", **SAM)
        actions.release(schedule_id="NEW", **SAM)
        assert actions.activate(schedule_id="NEW", **SAM) == {"program": "NEW", "active": True}

    def test_an_order_that_a_person_changed_follows_field_by_field(self):
        old = half_way(1)
        desk.skip(number=old, shipment=2, **ANNA)
        desk.move(number=old, shipment=3, to=day(45), **ANNA)
        desk.substitute(number=old, shipment=4, item="B6", price="2.00", **ANNA)
        draft.change_event(schedule_id="CLUB", key="D", event=replace(event("B2"), days_from_last=3), **SAM)
        draft.change_event(schedule_id="CLUB", key="C", event=event("B5"), **SAM)
        release()
        assert update()["kept"] == 1
        assert lines(old, "key", "item_number", "price", "event_on", "ship_on", "status", "customised") == [
            ("A", "B1", "10.00", "2026-03-10", "2026-03-10", "ordered", []),
            ("B", "B2", "20.00", "2026-03-20", "2026-03-20", "skipped", ["skip"]),
            ("B", "B6", "60.00", "2026-03-20", "2026-03-20", "skipped", ["skip"]),
            ("C", "B5", "50.00", "2026-03-25", "2026-04-24", "scheduled", ["date"]),
            ("D", "B6", "2.00", "2026-03-28", "2026-03-28", "scheduled", ["product", "price"]),
        ]

    def test_an_adjustment_whose_event_is_gone_is_listed_and_comes_back_with_it(self):
        old = half_way(1)
        desk.skip(number=old, shipment=3, **ANNA)
        draft.remove_event(schedule_id="CLUB", key="C", **SAM)
        release()
        assert update() == {"updated": 1, "kept": 1, "lines_changed": 1, "lines_cancelled": 1}
        assert [(n, key, s) for n, key, _, s in keys(old)] == [
            (1, "A", "ordered"),
            (2, "B", "scheduled"),
            (3, "D", "scheduled"),
            (None, "C", "cancelled"),
        ]
        assert lines(old, "why")[-1]["not_shipped"] == "left out by CLUB revision 2"
        exported = take_out()
        assert b'"not_shipped": "left out by CLUB revision 2"' in exported
        add("B3", at=3, key="C")
        release()
        update()
        assert [(n, key, s) for n, key, _, s in keys(old)][2] == (3, "C", "skipped")

    def test_what_is_owed_up_front_follows(self):
        number = order("UP")
        found = draft.change_event(
            schedule_id="UP",
            key="C",
            event=EventFacts(
                None, (EventProductFacts("B3", price_minor=13000),), days_from_last=10, delivery_mode="ANY"
            ),
            **SAM,
        )
        assert found.events[2].products[0].price_minor == 13000
        actions.release(schedule_id="UP", **SAM)
        assert payments(number) == [(number, "order", 1, "69.00", "due")]
        update(program="UP")
        assert payments(number) == [(number, "order", 1, "179.00", "due")]


EDITS: dict[str, tuple[Callable[[], Any], list[str], list[str]]] = {
    # the edit; what a new member gets; what one who has had A and B gets from then on
    "insert in front": (lambda: add(at=1), ["E1", "A", "B", "C", "D"], ["C", "D"]),
    "insert behind B": (lambda: add(at=3), ["A", "B", "E3", "C", "D"], ["E3", "C", "D"]),
    "insert behind the end": (lambda: add(at=5), ["A", "B", "C", "D"], ["C", "D"]),
    "move C to the front": (
        lambda: draft.move_event(schedule_id="CLUB", key="C", to=1, **SAM),
        ["C", "A", "B", "D"],
        ["D"],
    ),
    "move B behind C": (
        lambda: draft.move_event(schedule_id="CLUB", key="B", to=3, **SAM),
        ["A", "C", "B", "D"],
        ["D"],
    ),
    "move the end to the front": (lambda: draft.move_event(schedule_id="CLUB", key="D", to=1, **SAM), ["D"], []),
    "remove B": (lambda: draft.remove_event(schedule_id="CLUB", key="B", **SAM), ["A", "C", "D"], ["C", "D"]),
    "remove C": (lambda: draft.remove_event(schedule_id="CLUB", key="C", **SAM), ["A", "B", "D"], ["D"]),
    "remove the end": (lambda: draft.remove_event(schedule_id="CLUB", key="D", **SAM), ["A", "B", "C"], ["C"]),
    "put X in the stead of B": (
        lambda: (draft.remove_event(schedule_id="CLUB", key="B", **SAM), add(at=2, key="X")),
        ["A", "X", "C", "D"],
        ["C", "D"],
    ),
    "skip C": (
        lambda: draft.change_event(schedule_id="CLUB", key="C", event=event("B3", action="skip"), **SAM),
        ["A", "B", "D"],
        ["D"],
    ),
    "repeat B": (
        lambda: draft.change_event(schedule_id="CLUB", key="B", event=event("B2", times_to_repeat=2), **SAM),
        ["A", "B", "B", "B", "C", "D"],
        ["B", "B", "C", "D"],
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_where_new_members_begin_and_others_go_on(edit: str):
    do, new, rest = EDITS[edit]
    old = half_way()
    before = keys(old)[:2]
    do()
    release()
    assert [key for _, key, *_ in keys(order("CLUB"))] == new
    update()
    assert keys(old)[:2] == before, "what was shipped stands"
    found = [(n, key) for n, key, _, s in keys(old) if s == "scheduled"]
    assert found == [(at, key) for at, key in enumerate(rest, 3)], "and the numbers go on from there"
    assert check()["faults"] == []


def test_event_ids_have_no_gaps_however_they_are_moved():
    add(at=2)
    draft.move_event(schedule_id="CLUB", key="D", to=1, **SAM)
    draft.remove_event(schedule_id="CLUB", key="A", **SAM)
    found = own_keys(released=False)
    assert [event_id for _, event_id in found if event_id] == [1, 2, 3, 4]
    assert dict(found) == {"D": 1, "A": None, "E2": 2, "B": 3, "C": 4}


@pytest.mark.parametrize(
    ("do", "field"),
    [
        (lambda: add(at=0), "event_id"),
        (lambda: add(at=6), "event_id"),
        (lambda: add("B99"), "events[4].products[0].item_number"),
        (lambda: add("S-UP"), "events[4].products[0].item_number"),
        (lambda: add(key="A"), "events[4].key"),
        (lambda: add(times_to_repeat=None), "events[4].times_to_repeat"),
        (lambda: add(payment_schedule="4X"), "events[4].payment_schedule"),
        (lambda: draft.add_event(schedule_id="NO", event=event(), **SAM), "program"),
        (lambda: draft.move_event(schedule_id="CLUB", key="A", to=5, **SAM), "event_id"),
        (lambda: draft.move_event(schedule_id="CLUB", key="A", to=0, **SAM), "event_id"),
        (lambda: draft.move_event(schedule_id="CLUB", key="Z", to=1, **SAM), "key"),
        (lambda: draft.remove_event(schedule_id="CLUB", key="Z", **SAM), "key"),
        (lambda: draft.change_event(schedule_id="CLUB", key="Z", event=event(), **SAM), "key"),
        (
            lambda: draft.change_event(
                schedule_id="CLUB",
                key="B",
                event=replace(event(), days_from_last=0, times_to_repeat=2),
                **SAM,
            ),
            "events[1].times_to_repeat",
        ),
        (
            lambda: draft.change_event(
                schedule_id="CLUB", key="B", event=EventFacts(None, (EventProductFacts("B1", price_minor=-1),)), **SAM
            ),
            "events[1].products[0].price",
        ),
        (
            lambda: draft.change_event(schedule_id="CLUB", key="B", event=EventFacts(None, ()), **SAM),
            "events[1].item_number",
        ),
    ],
)
def test_an_edit_that_is_refused(do: Callable[[], Any], field: str):
    with refused(field):
        do()


def test_the_last_event_that_ships_cannot_be_released_away():
    for key in "ABCD":
        draft.remove_event(schedule_id="CLUB", key=key, **SAM)
    with refused("events", "program_ships_nothing"):
        release()


class TestCopyActivateRetire:
    def test_a_copy_is_inactive_and_without_run_state(self):
        Program.objects.filter(schedule_id="CLUB").update(current_key="B")
        draft.remove_event(schedule_id="CLUB", key="B", **SAM)
        release()
        assert actions.copy(schedule_id="CLUB", new="CLUB2", **SAM) == {
            "program": "CLUB2",
            "revision": 1,
            "active": False,
            "name": "CLUB2",  # the program has no name of its own
            "product": None,
            "order_start": "first_event",
            "dates_left_out": 0,
        }
        made = Program.objects.get(schedule_id="CLUB2")
        assert (made.active, made.current_key) == (False, None)
        assert own_keys("CLUB2") == [("A", 1), ("C", 2), ("D", 3)]
        assert history_of("programs_programhistory") == ("manager:sam", "spring")

    def test_a_copy_has_no_date_and_begins_with_event_1(self):
        club = next(one for one in set_up()["programs"] if one["schedule_id"] == "CLUB")
        events = [
            {**event, "start_order_date": "2026-06-01"} if event["key"] == "C" else event for event in club["events"]
        ]
        dated = {"name": "Club", "started_on": "2026-01-01", "order_start": "current_event", "events": events}
        put({"programs": [{**club, **dated}]})
        done = actions.copy(schedule_id="CLUB", new="CLUB2", product="S-CLUB2", **SAM)
        assert (done["name"], done["product"], done["dates_left_out"]) == ("Club (CLUB2)", "S-CLUB2", 2)
        revision = ProgramRevision.objects.get(program__schedule_id="CLUB2")
        assert (revision.started_on, revision.order_start) == (None, "first_event")
        assert not ProgramEvent.objects.filter(revision=revision, start_order_date__isnull=False).exists()
        with pytest.raises(AssertionError, match="program_not_orderable"):
            order("CLUB2")
        actions.activate(schedule_id="CLUB2", **SAM)
        assert lines(order("CLUB2"), "event_id") == [1, 2, 2, 3, 4]
        assert lines(order("CLUB"), "event_id")[0] != 1

    def test_a_copy_is_sold_as_the_program_is(self):
        put({"products": [{"number": "S-CLUB", "program": "CLUB", "shipments": 2}]})
        actions.copy(schedule_id="CLUB", new="CLUB2", name="Two boxes", product="TWO", **SAM)
        sold = ContinuityProduct.objects.get(product__number="TWO")
        assert (sold.program.schedule_id, sold.shipments, sold.product.name) == ("CLUB2", 2, "Two boxes")
        with refused("product", "product_exists"):
            actions.copy(schedule_id="CLUB", new="CLUB3", product="B1", **SAM)

    @pytest.mark.parametrize(("new", "field"), [("", "new"), (" X", "new"), ("UP", "new"), ("CLUB", "new")])
    def test_a_copy_that_is_refused(self, new: str, field: str):
        with refused(field):
            actions.copy(schedule_id="CLUB", new=new, **SAM)

    def test_a_copy_of_nothing(self):
        with refused("program"):
            actions.copy(schedule_id="NO", new="X", **SAM)

    def test_a_retired_program_takes_no_orders_and_its_members_go_on(self):
        old = order("CLUB")
        assert actions.retire(schedule_id="CLUB", **SAM) == {"program": "CLUB", "active": False}
        with pytest.raises(AssertionError, match="program_not_orderable"):
            order("CLUB")
        assert make_children(ON) == 1
        assert shown(old)["children"]
        assert actions.activate(schedule_id="CLUB", **SAM) == {"program": "CLUB", "active": True}
        order("CLUB")

    def test_twice_changes_nothing(self):
        actions.retire(schedule_id="CLUB", **SAM)
        with unchanged():
            actions.retire(schedule_id="CLUB", **SAM)
        actions.activate(schedule_id="CLUB", **SAM)
        with unchanged():
            actions.activate(schedule_id="CLUB", **SAM)

    def test_what_is_not_there(self):
        for what in (actions.activate, actions.retire):
            with refused("program"):
                what(schedule_id="NO", **SAM)
