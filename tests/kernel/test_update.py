"""Planned again from a changed program: what has shipped stays, each (event, repetition) comes once, again changes nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perennial.kernel import plan as kernel
from perennial.kernel.plan import EventProduct, Step, extend, plan
from tests.worlds import programs
from tests.worlds.kernel import (
    ORDERED,
    adjust,
    day,
    days,
    event,
    event_dates,
    gone,
    highest,
    numbers,
    order,
    pairs,
    program,
    said,
    ship_dates,
    steps,
    without_why,
)

MONTHLY = {"days_from_last": 30}


class Kept:
    """An order as the jobs keep it: the walk, what is frozen of it, every occurrence that there ever was."""

    def __init__(self, revision: kernel.Revision, facts: kernel.Facts) -> None:
        self.facts = facts
        self.revision = revision
        self.adjustments: list[kernel.Adjustment] = []
        made = plan(revision, facts)
        self.walk = list(made.occurrences)
        self.complete = made.complete
        self.frozen = 0
        self.ever = highest(self.walk)

    def update(self, revision: kernel.Revision) -> bool:
        """Does it change anything?"""
        self.revision = revision
        made = plan(revision, self.facts, self.adjustments, steps(self.walk[: self.frozen]), self.ever)
        before = without_why(self.walk), self.complete
        self.walk[self.frozen :] = made.occurrences
        self.complete = made.complete
        self._remember()
        self.gone = made.gone
        return before != (without_why(self.walk), self.complete)

    def extend(self) -> None:
        made = extend(self.revision, self.facts, self.adjustments, steps(self.walk))
        self.walk += made.occurrences
        self.complete = made.complete
        self._remember()

    def _remember(self) -> None:
        for key, repetition in highest(self.walk).items():
            self.ever[key] = max(self.ever.get(key, 0), repetition)

    def said(self) -> str:
        return said(kernel.Plan(tuple(self.walk), self.complete, None))


def test_ship_two_move_one_skip_one_insert_remove_substitute_update_twice() -> None:
    """The story of every book club: nothing is sent twice, and the second update writes nothing."""
    club = program(*(event(key, days_from_last=30) for key in "ABCDEF"))
    kept = Kept(club, order())
    kept.frozen = 2
    shipped = without_why(kept.walk[:2])
    kept.adjustments = [
        adjust("C", "redate", day("5-20")),
        adjust("D", "skip"),
        adjust("E", "substitute", ("P-Z", None), line=1),
    ]
    assert kept.update(club), "what the clerk changed is written"
    assert not kept.update(club._replace(number=2)), "a revision that changes nothing writes nothing"
    first, second, third, fourth, _fifth, sixth = club.events
    changed = program(first, second, event("N", days_from_last=10), third, fourth, gone("E"), sixth, number=3)
    assert kept.update(changed)
    assert kept.said() == "A B N C D F"
    assert without_why(kept.walk[:2]) == shipped
    assert [o.event_on for o in kept.walk] == days("3-10", "4-09", "4-19", "5-20", "6-19", "7-19")
    assert [o.shipment for o in kept.walk] == [1, 2, 3, 4, 5, 6]
    assert [o.skipped for o in kept.walk] == [False, False, False, False, True, False]
    items = [line.item for o in kept.walk for line in o.lines]
    assert len(items) == len(set(items))
    assert [change.kind for change in kept.gone] == ["substitute"], "its event is gone, which is said"
    assert not kept.update(changed)
    back = program(*club.events, number=4)
    assert kept.update(back)
    assert kept.said() == "A B C D E F", "the event that came in is gone, the one that was removed is back"
    assert kept.walk[4].lines[0].item == "P-Z", "with what a person changed on it"
    assert not kept.update(back)


@given(st.data())
def test_nothing_that_shipped_changes_nothing_comes_twice_and_the_second_update_writes_nothing(
    data: st.DataObject,
) -> None:
    # Consolidated orders: see test_plan.test_planned_again_behind_missed_events_it_is_what_is_there.
    case = data.draw(programs.cases(consolidate=False))
    kept = Kept(*case)
    for _ in range(data.draw(st.integers(1, 3))):
        kept.frozen = data.draw(st.integers(kept.frozen, len(kept.walk)))
        behind = tuple(kept.walk[kept.frozen :])
        stay = {(o.key, o.repetition) for o in behind}
        kept.adjustments = [a for a in kept.adjustments if (a.key, a.repetition) not in stay]
        kept.adjustments += data.draw(programs.adjustments(behind, case.facts.order_date))
        shipped = without_why(kept.walk[: kept.frozen])
        revision = data.draw(programs.changed(kept.revision, case.facts.order_date, case.facts.upfront))
        kept.update(revision)
        assert without_why(kept.walk[: kept.frozen]) == shipped
        found = [(o.key, o.repetition) for o in kept.walk]
        assert len(set(found)) == len(found)
        assert [o.event_on for o in kept.walk] == sorted(o.event_on for o in kept.walk)
        assert [o.shipment for o in kept.walk] == list(range(1, len(kept.walk) + 1))
        there = set(found)
        assert all((a.key, a.repetition) not in there for a in kept.gone)
        assert {(a.key, a.repetition) for a in kept.adjustments} <= there | {(a.key, a.repetition) for a in kept.gone}
        assert not kept.update(revision)
        for _ in range(data.draw(st.integers(0, 2))):
            if not kept.complete:
                kept.extend()
        assert not kept.update(revision)


@given(st.data())
def test_behind_what_shipped_come_the_events_placed_after_it(data: st.DataObject) -> None:
    case = data.draw(programs.cases(consolidate=False, upfront=True, endless=False, duration=0, shipments=None))
    kept = Kept(*case)
    kept.frozen = data.draw(st.integers(0, len(kept.walk)))
    shipped = [(o.key, o.repetition) for o in kept.walk[: kept.frozen]]
    revision = data.draw(programs.changed(case.revision, case.facts.order_date, True))
    kept.update(revision)
    keys = [one.key for one in revision.events]
    ends = [at for at, one in enumerate(revision.events) if one.action == "end" and one.event_id is not None]
    wanted = []
    last = shipped[-1] if shipped else None
    for place, one in enumerate(revision.events):
        if not one.ships or place > min(ends, default=place):
            continue
        if last is not None and place < keys.index(last[0]):
            continue
        if last is None and case.facts.first_event is not None and place < keys.index(case.facts.first_event):
            continue
        start = last[1] + 1 if last is not None and one.key == last[0] else 0
        wanted += [(one.key, k) for k in range(start, (one.times_to_repeat or 0) + 1) if (one.key, k) not in shipped]
    assert [(o.key, o.repetition) for o in kept.walk[kept.frozen :]] == wanted


# --- by example

CLUB = program(event("A"), event("B", **MONTHLY), event("C", **MONTHLY))
SHIPPED = [Step("A", 0, ORDERED, 1), Step("B", 0, day("4-09"), 2)]


def test_what_is_put_in_the_stead_of_a_removed_event_does_not_reach_those_who_had_it() -> None:
    """A B C with A, B shipped; X in B's stead: A X C."""
    revision = program(event("A"), event("X", **MONTHLY), gone("B"), event("C", **MONTHLY))
    assert [one.key for one in programs.in_places(CLUB.events, [event("A"), event("X"), event("C")])] == list("AXBC")
    assert said(plan(revision, order(), (), SHIPPED)) == "C"
    assert said(plan(revision, order(), (), SHIPPED[:1])) == "X C", "it reaches those who had not"
    assert said(plan(revision, order())) == "A X C"


def test_removed_events_stand_right_before_the_first_that_followed_and_still_exists_else_last() -> None:
    old = program(*(event(key) for key in "ABCDE")).events

    def places(keys: str) -> str:
        return "".join(one.key for one in programs.in_places(old, [event(key) for key in keys]))

    assert places("ACE") == "ABCDE"
    assert places("AE") == "ABCDE"
    assert places("ABC") == "ABCDE"
    assert places("AXE") == "AXBCDE"
    assert places("EA") == "BCDEA", "where the events changed places"
    assert places("X") == "XABCDE"


def test_behind_a_removed_event_the_walk_goes_on_from_its_date() -> None:
    revision = program(event("A"), gone("B"), event("C", **MONTHLY))
    made = plan(revision, order(), (), SHIPPED)
    assert (said(made), event_dates(made), numbers(made)) == ("C", days("5-09"), [3])


def test_an_event_put_in_before_what_shipped_does_not_come_and_behind_it_does() -> None:
    before = program(event("N"), event("A"), event("B", **MONTHLY), event("C", **MONTHLY))
    assert said(plan(before, order(), (), SHIPPED)) == "C"
    behind = program(event("A"), event("B", **MONTHLY), event("N", **MONTHLY), event("C", **MONTHLY))
    assert said(plan(behind, order(), (), SHIPPED)) == "N C"


def test_an_event_that_shipped_and_moves_behind_does_not_come_again() -> None:
    revision = program(event("B", **MONTHLY), event("A"), event("C", **MONTHLY))
    assert said(plan(revision, order(), (), SHIPPED)) == "C"
    repeated = program(
        event("B", times_to_repeat=1, **MONTHLY), event("C", **MONTHLY), event("A", times_to_repeat=1, **MONTHLY)
    )
    assert said(plan(repeated, order(), (), SHIPPED)) == "B1 C A1", "but what did not ship of it does"


def test_an_event_made_longer_goes_on_and_one_made_shorter_stops() -> None:
    longer = program(event("A"), event("B", times_to_repeat=2, **MONTHLY), event("C", **MONTHLY))
    assert said(plan(longer, order(), (), SHIPPED)) == "B1 B2 C"
    had = [*SHIPPED, Step("B", 1, day("5-09"), 3)]
    assert said(plan(CLUB, order(), (), had)) == "C"


def test_an_event_that_is_now_skipped_has_no_next_repetition() -> None:
    revision = program(event("A"), event("B", action="skip", times_to_repeat=5, **MONTHLY), event("C", **MONTHLY))
    assert said(plan(revision, order(), (), SHIPPED)) == "C"


def test_an_end_before_what_shipped_ends_it() -> None:
    revision = program(event("A", action="end"), event("B", **MONTHLY), event("C", **MONTHLY))
    assert plan(revision, order(), (), SHIPPED) == kernel.Plan((), True, None, ())
    here = program(event("A"), event("B", action="end", times_to_repeat=1, **MONTHLY), event("C", **MONTHLY))
    assert said(plan(here, order(), (), SHIPPED)) == "B1"


def test_skipped_ones_between_shipped_ones_are_frozen_too_and_those_behind_are_planned_again() -> None:
    kept = Kept(program(*(event(key, days_from_last=30) for key in "ABCD")), order())
    kept.adjustments = [adjust("B", "skip"), adjust("D", "skip")]
    kept.update(kept.revision)
    kept.frozen = 3
    kept.update(
        program(event("A"), event("X", **MONTHLY), gone("B"), event("C", **MONTHLY), event("D", **MONTHLY), number=2)
    )
    assert kept.said() == "A B C D"
    assert [o.skipped for o in kept.walk] == [False, True, False, True]


def test_repetitions_come_up_to_the_threshold_or_as_high_as_there_was_an_occurrence() -> None:
    loop = program(event("A", times_to_repeat=9, **MONTHLY))
    kept = Kept(loop, order(threshold=2))
    kept.extend()
    assert kept.said() == "A A1 A2 A3 A4"
    short = program(event("A", times_to_repeat=1, **MONTHLY), number=2)
    assert kept.update(short)
    assert (kept.said(), kept.complete) == ("A A1", True)
    assert kept.update(loop._replace(number=3)), "cancelled ones count too"
    assert (kept.said(), kept.complete) == ("A A1 A2 A3 A4", False)


def test_without_a_frozen_part_it_is_planned_as_a_new_order_of_its_order_date() -> None:
    revision = program(event("N"), event("A", **MONTHLY), event("B", **MONTHLY), after=3, number=2)
    kept = Kept(program(event("A"), event("B", **MONTHLY)), order())
    kept.update(revision)
    assert without_why(kept.walk) == without_why(plan(revision, order()).occurrences)
    assert [o.event_on for o in kept.walk] == days("3-13", "4-12", "5-12")


def test_a_current_event_order_without_a_frozen_part_starts_from_its_own_first_event() -> None:
    kept = Kept(program(event("A"), event("B", **MONTHLY), event("C", **MONTHLY)), order(first_event="B"))
    kept.update(
        program(event("A"), event("N", **MONTHLY), event("B", **MONTHLY), event("C", **MONTHLY), after=4, number=2)
    )
    assert (kept.said(), kept.walk[0].event_on) == ("B C", day("3-14"))
    kept.update(program(event("A"), event("N", **MONTHLY), gone("B"), event("C", **MONTHLY), after=4, number=3))
    assert (kept.said(), kept.walk[0].event_on) == ("C", day("3-14"))


def test_duration_and_shipments_count_the_frozen_part() -> None:
    revision = program(event("A"), event("B", **MONTHLY), event("N", **MONTHLY), event("C", **MONTHLY))
    assert said(plan(revision, order(duration=3), (), SHIPPED)) == "N"
    assert said(plan(revision, order(shipments=4), (), SHIPPED)) == "N C"
    assert said(plan(revision, order(shipments=2), (), SHIPPED)) == ""


def test_prices_that_events_name_follow_the_program_and_the_orders_own_stay() -> None:
    priced = program(
        event("A"), event("B", **MONTHLY), event("C", products=(EventProduct(1, "P-C", price_minor=7),), **MONTHLY)
    )
    assert plan(priced, order(), (), SHIPPED).occurrences[0].lines[0].price_minor == 7
    changes = [adjust("C", "substitute", ("P-Z", None), line=1)]
    line = plan(priced, order(), changes, SHIPPED).occurrences[0].lines[0]
    assert (line.item, line.price_minor) == ("P-Z", 7), "a substitute keeps the price that the line would have"
    changes.append(adjust("C", "price", 9, line=1))
    assert plan(priced, order(), changes, SHIPPED).occurrences[0].lines[0].price_minor == 9


def test_missed_ones_that_shipped_together_are_one_shipment_and_new_ones_another() -> None:
    facts = order(consolidate=True)
    club = program(
        event("A", start_order_date=day("2025-12-01")), event("B", days_from_last=30), event("D", days_from_last=90)
    )
    made = plan(club, facts)
    assert numbers(made) == [1, 1, 2]
    more = program(*club.events[:2], event("M", days_from_last=1), event("N", days_from_last=1), club.events[2])
    again = plan(more, facts, (), steps(made.occurrences[:2]))
    assert (said(again), numbers(again)) == ("M N D", [2, 2, 3])
    assert ship_dates(again)[:2] == [ORDERED, ORDERED]


def test_numbers_go_on_from_the_highest_of_the_frozen_part() -> None:
    shipped = [Step("A", 0, ORDERED, 7), Step("B", 0, day("4-09"), 4)]
    made = plan(CLUB, order(), (), shipped)
    assert (pairs(made), numbers(made)) == ([("C", 0)], [8])
