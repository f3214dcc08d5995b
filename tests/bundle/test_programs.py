"""Programs of a bundle: revisions, drafts, events with their keys, intervals; and the edits of a draft."""

from __future__ import annotations

import copy
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perennial.errors import Conflict, Refused
from perennial.programs import actions, draft
from perennial.programs.facts import read_facts
from perennial.programs.identity import walk_order, with_keys
from perennial.programs.models import Program, ProgramEvent, ProgramRevision
from perennial.programs.values import EventFacts, EventProductFacts
from tests.worlds.bundle import counts, example, faults, put

database = [pytest.mark.django_db, pytest.mark.usefixtures("numbers_from_one")]


def program(**also):
    """A bundle with the example's program alone, changed."""
    found = example()["programs"][0]
    return {"programs": [{**found, **also}]}


def events(*entries):
    """Events of one product each: item, or item and more."""
    return [{"item_number": e} if isinstance(e, str) else {"item_number": e[0], **e[1]} for e in entries]


def walk(number: int | None = None, *, released: bool = True) -> list[tuple[str, int | None]]:
    """(key, place) of the events of a revision, in the order of the walk; the newest, or one by its number."""
    rows = ProgramRevision.objects.filter(released=released).order_by("number")
    row = rows.get(number=number) if number else rows.last()
    return list(ProgramEvent.objects.filter(revision=row).order_by("place").values_list("key", "event_id"))


class TestRevisions:
    pytestmark = database

    def test_one_that_differs_becomes_a_new_released_revision(self):
        put(example("orders"))
        assert counts(put(program(days_after_order_date=7, apply=True))) == {"programs": (0, 1, 0)}
        found = ProgramRevision.objects.order_by("number").values_list("number", "released", "apply")
        assert list(found) == [(1, True, False), (2, True, True)]
        assert counts(put(program(days_after_order_date=7, apply=True))) == {"programs": (0, 0, 1)}

    def test_open_orders_are_to_follow_after_all(self):
        put(example("orders"))
        put(program(days_after_order_date=7))
        assert counts(put(program(days_after_order_date=7, apply=True))) == {"programs": (0, 1, 0)}
        assert list(ProgramRevision.objects.order_by("number").values_list("number", "apply")) == [
            (1, False),
            (2, True),
        ]
        assert counts(put(program(days_after_order_date=7, apply=True))) == {"programs": (0, 0, 1)}
        assert counts(put(program(days_after_order_date=7))) == {"programs": (0, 0, 1)}
        assert ProgramRevision.objects.count() == 2

    def test_name_and_state_need_no_revision(self):
        put(example("orders"))
        assert counts(put(program(name="Club", active=False))) == {"programs": (0, 1, 0)}
        row = Program.objects.get()
        assert (row.name, row.active, row.version, ProgramRevision.objects.count()) == ("Club", False, 2, 1)

    def test_release_false_is_the_draft_and_replaces_an_older_one(self):
        put(example("orders"))
        put(program(days_after_order_date=7, release=False))
        put(program(days_after_order_date=8, release=False))
        assert counts(put(program(days_after_order_date=8, release=False))) == {"programs": (0, 0, 1)}
        found = ProgramRevision.objects.order_by("number").values_list("number", "released", "days_after_order_date")
        assert list(found) == [(1, True, 5), (2, False, 8)]

    def test_a_draft_outlives_the_release_of_something_else(self):
        put(example("orders"))
        put(program(days_after_order_date=7, release=False))
        put(program(days_after_order_date=9))
        found = ProgramRevision.objects.order_by("number").values_list("number", "released", "days_after_order_date")
        assert list(found) == [(1, True, 5), (2, True, 9), (3, False, 7)]

    def test_importing_what_the_draft_says_releases_it(self):
        put(example("orders"))
        put(program(days_after_order_date=7, release=False))
        put(program(days_after_order_date=7))
        found = ProgramRevision.objects.order_by("number").values_list("number", "released", "days_after_order_date")
        assert list(found) == [(1, True, 5), (2, True, 7)]

    def test_a_program_may_begin_as_a_draft(self):
        put(example("orders", "programs") | {"products": example()["products"][:3]})
        put(program(release=False))
        put(program())
        assert list(ProgramRevision.objects.values_list("number", "released")) == [(1, True)]

    def test_an_interval_that_changes_makes_revisions_of_its_programs(self):
        bundle = example("orders")
        bundle["programs"][0]["events"][1] |= {"date_interval": "NM", "days_from_last": 0}
        put(bundle)
        put(program(events=bundle["programs"][0]["events"], release=False, days_after_order_date=6))
        changed = {"date_intervals": [{"code": "NM", "rule": "FREQ=MONTHLY;BYMONTHDAY=2"}]}
        assert counts(put(changed)) == {"date_intervals": (0, 1, 0), "programs": (0, 1, 0)}
        rules = ProgramEvent.objects.filter(key="E2").order_by("revision__number")
        assert list(rules.values_list("revision__number", "revision__released", "interval_rule")) == [
            (1, True, "FREQ=MONTHLY;BYMONTHDAY=1"),
            (2, True, "FREQ=MONTHLY;BYMONTHDAY=2"),
            (3, False, "FREQ=MONTHLY;BYMONTHDAY=2"),
        ]
        assert counts(put(changed)) == {"date_intervals": (0, 0, 1)}
        named = {"date_intervals": [{"code": "NM", "name": "Second", "rule": "FREQ=MONTHLY;BYMONTHDAY=2"}]}
        assert counts(put(named)) == {"date_intervals": (0, 1, 0)}

    def test_an_interval_and_its_program_change_together_as_one_revision(self):
        bundle = example("orders")
        bundle["programs"][0]["events"][1] |= {"date_interval": "NM", "days_from_last": 0}
        put(bundle)
        bundle["date_intervals"][0]["rule"] = "FREQ=MONTHLY;BYMONTHDAY=3"
        done = counts(put(bundle))
        assert (done["date_intervals"], done["programs"]) == ((0, 1, 0), (0, 1, 0))
        assert ProgramRevision.objects.count() == 2


class TestEvents:
    pytestmark = database

    def test_several_entries_with_one_id_are_one_event(self):
        entries = events(
            ("0013", {"delivery_mode": "STD"}),
            ("0014", {"event_id": 1, "quantity": "2.5", "price": "1.00"}),
            ("0015", {"days_from_last": 3}),
            ("0013", {"event_id": 1, "delivery_mode": "STD"}),
        )
        bundle = example("orders", "programs") | program(events=entries)
        put(bundle)
        found = read_facts([ProgramRevision.objects.get().pk]).popitem()[1].events
        assert [[p.item_number for p in event.products] for event in found] == [["0013", "0014", "0013"], ["0015"]]
        assert (found[0].delivery_mode, found[1].days_from_last) == ("STD", 3)
        assert counts(put(bundle))["programs"] == (0, 0, 1)

    def test_without_keys_events_are_matched_by_their_place(self):
        put(example("orders"))
        put(program(events=events("0013", "0015", "0014", "0015")))
        assert walk() == [("E1", 1), ("E2", 2), ("E3", 3), ("E4", 4)]

    def test_with_keys_events_move_and_a_removed_one_keeps_its_place(self):
        put(example("orders"))
        put(program(events=events(("0013", {"key": "E1"}), ("0014", {"key": "X"}), ("0015", {"key": "E3"}))))
        assert walk() == [("E1", 1), ("X", 2), ("E2", None), ("E3", 3)]
        put(program(events=events(("0015", {"key": "E3"}), ("0013", {"key": "E1"}))))
        assert walk() == [("X", None), ("E2", None), ("E3", 1), ("E1", 2)]
        put(program(events=events(("0014", {"key": "E2"}), ("0015", {"key": "E3"}))))
        assert walk() == [("X", None), ("E2", 1), ("E3", 2), ("E1", None)]

    def test_a_new_event_never_gets_a_key_that_was_used(self):
        put(example("orders"))
        put(program(events=events(("0013", {"key": "E1"}), ("0014", {"key": "E3"}), "0015")))
        assert walk() == [("E1", 1), ("E2", None), ("E3", 2), ("E3-2", 3)]

    def test_keys_of_one_event_agree(self):
        entries = events(("0013", {"key": "A"}), ("0014", {"event_id": 1, "key": "B"}), ("0014", {"key": "A"}))
        found = faults(example("orders", "programs") | program(events=entries))
        assert sorted(found) == ["programs[0].events[1].key", "programs[0].events[2].key"]


class TestDraft:
    pytestmark = database

    def event(self, item: str = "0015", **also) -> EventFacts:
        return EventFacts(None, (EventProductFacts(item),), **also)

    def test_edits_collect_in_the_draft_until_it_is_released(self):
        put(example("orders"))
        draft.add_event(schedule_id="BOM", event=self.event(), by="anna")
        draft.add_event(schedule_id="BOM", event=self.event(days_from_last=2), at=2, by="anna")
        draft.move_event(schedule_id="BOM", key="E3", to=1, by="anna")
        draft.remove_event(schedule_id="BOM", key="E2", by="anna")
        draft.change_event(schedule_id="BOM", key="E1", event=self.event("0014"), by="anna")
        assert walk(1) == [("E1", 1), ("E2", 2), ("E3", 3)]
        after = [("E3", 1), ("E1", 2), ("E2-2", 3), ("E2", None), ("E4", 4)]
        assert walk(released=False) == after
        done = actions.release(schedule_id="BOM", apply=True, by="anna", on=date(2026, 3, 10))
        assert done == {"program": "BOM", "revision": 2, "apply": True}
        assert walk() == after
        with pytest.raises(Refused, match="program_no_draft_to_release"):
            actions.release(schedule_id="BOM", by="anna")

    def test_an_edit_that_breaks_a_rule_names_its_field(self):
        put(example("orders"))
        with pytest.raises(Refused) as refused:
            draft.add_event(schedule_id="BOM", event=self.event("0016"), by="anna")
        assert refused.value.field == "events[3].products[0].item_number"
        assert not ProgramRevision.objects.filter(released=False).exists()
        with pytest.raises(Refused, match="program_event_unknown"):
            draft.remove_event(schedule_id="BOM", key="E9", by="anna")
        with pytest.raises(Refused, match="number_not_within value=4 low=1 high=3"):
            draft.move_event(schedule_id="BOM", key="E1", to=4, by="anna")

    def test_somebody_else_was_faster(self):
        put(example("orders"))
        version = Program.objects.get().version
        draft.remove_event(schedule_id="BOM", key="E2", by="anna")
        with pytest.raises(Conflict):
            draft.edit_draft(schedule_id="BOM", edit=lambda facts: facts, by="bob", version=version)

    def test_a_draft_that_was_overtaken_keeps_the_places_of_newer_events(self):
        put(example("orders"))
        draft.remove_event(schedule_id="BOM", key="E2", by="anna")
        entries = example()["programs"][0]["events"]
        put(
            program(
                events=[*entries[:2], {"key": "NEW", "item_number": "0015"}, {**entries[2], "event_id": 4, "key": "E3"}]
            )
        )
        actions.release(schedule_id="BOM", by="anna")
        assert walk() == [("E1", 1), ("E2", None), ("NEW", None), ("E3", 2)]

    def test_discard_copy_retire_activate(self):
        put(example("orders"))
        draft.remove_event(schedule_id="BOM", key="E2", by="anna")
        assert actions.discard(schedule_id="BOM", by="anna") == {"program": "BOM", "revision": 1, "draft": None}
        with pytest.raises(Refused, match="program_no_draft_to_discard"):
            actions.discard(schedule_id="BOM", by="anna")
        put(program(events=example()["programs"][0]["events"][:2]))
        assert actions.copy(schedule_id="BOM", new="BOM2", by="anna") == {
            "program": "BOM2",
            "revision": 1,
            "active": False,
            "name": "Book of the month (BOM2)",
            "product": None,
            "order_start": "first_event",
            "dates_left_out": 1,
        }
        made = Program.objects.get(schedule_id="BOM2")
        assert (made.active, made.current_key) == (False, None)
        keys = ProgramEvent.objects.filter(revision__program=made).order_by("place").values_list("key", "event_id")
        assert list(keys) == [("E1", 1), ("E2", 2)]
        with pytest.raises(Refused, match="program_exists"):
            actions.copy(schedule_id="BOM", new="BOM2", by="anna")
        actions.activate(schedule_id="BOM2", by="anna")
        actions.retire(schedule_id="BOM", by="anna")
        assert dict(Program.objects.values_list("schedule_id", "active")) == {"BOM": False, "BOM2": True}
        with pytest.raises(Refused, match="program_unknown"):
            actions.retire(schedule_id="BOX", by="anna")


names = st.sampled_from("ABCDEFG")


@given(st.lists(names, unique=True), st.lists(names, unique=True))
def test_the_walk_holds_everything_once_and_the_living_in_their_order(old, live):
    found = walk_order(old, live)
    assert len(found) == len(set(found))
    assert set(found) == {*old, *live}
    assert [key for key in found if key in live] == live
    for at, key in enumerate(old):
        if key not in live:
            behind = next((k for k in old[at + 1 :] if k in live), None)
            rest = [k for k in found[found.index(key) :] if k in live]
            assert (rest[0] if rest else None) == behind


@given(st.lists(st.none() | names), st.lists(names, unique=True), st.sets(names))
def test_every_event_gets_one_key_and_keeps_its_own(keys, base, ever):
    keys = [key for at, key in enumerate(keys) if key is None or key not in keys[:at]]
    events = [EventFacts(at, (), key) for at, key in enumerate(keys, 1)]
    before = [EventFacts(at, (), key) for at, key in enumerate(base, 1)]
    found = with_keys(events, before, {*ever, *base})
    assert [e.event_id for e in found] == [e.event_id for e in events]
    made = [e.key for e in found]
    assert len(set(made)) == len(made)
    for old, new in zip(keys, found, strict=True):
        assert new.key
        if old is not None:
            assert new.key == old
        elif new.key in {*ever, *base}:
            assert new.key == base[(new.event_id or 0) - 1]
    again = with_keys(copy.deepcopy(events), found, {*ever, *base, *made})
    assert again == found
