"""The walk: what must hold of every plan, then each rule of it by example."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import assume, given
from hypothesis import strategies as st

from perennial.errors import Refused
from perennial.kernel import plan as kernel
from perennial.kernel.calendar import Interval, WorkingDays
from perennial.kernel.plan import EventProduct, Step, extend, plan, wants_extension
from tests.worlds import programs
from tests.worlds.kernel import (
    ORDERED,
    adjust,
    day,
    days,
    event,
    event_dates,
    every_month,
    gone,
    highest,
    numbers,
    order,
    pairs,
    program,
    said,
    ship_dates,
    steps,
    two_products,
    without_why,
)


def dense(planned: tuple[kernel.Occurrence, ...], behind: int = 0) -> bool:
    """Numbers follow the walk without gaps; what ships together stands together."""
    expected = behind
    for at, o in enumerate(planned):
        if at == 0 or o.shipment != planned[at - 1].shipment:
            expected += 1
        if o.shipment != expected:
            return False
    return True


def extended(
    case: programs.Case, adjustments: list[kernel.Adjustment] | None = None, most: int = 60
) -> list[kernel.Occurrence]:
    """What is planned when an order is extended until nothing follows, or until there are so many."""
    made = plan(case.revision, case.facts, adjustments or ())
    walk, rounds = list(made.occurrences), 0
    while not made.complete and len(walk) < most:
        made = extend(case.revision, case.facts, adjustments or (), steps(walk))
        assert made.occurrences, "every extension adds something"
        walk += made.occurrences
        rounds += 1
        assert rounds < 500
    return walk


# --- always


@given(st.data())
def test_dates_never_go_back_numbers_are_dense_and_nothing_comes_twice(data: st.DataObject) -> None:
    case = data.draw(programs.cases())
    first = plan(case.revision, case.facts)
    changes = data.draw(programs.adjustments(first.occurrences, case.facts.order_date))
    made = plan(case.revision, case.facts, changes)
    found = event_dates(made)
    assert found == sorted(found)
    assert dense(made.occurrences)
    assert len(set(pairs(made))) == len(pairs(made))
    for o in made.occurrences:
        assert o.ship_on == ship_day(case, o, made, changes)
        assert len(o.lines) == len(o.event.products)


def ship_day(case: programs.Case, o: kernel.Occurrence, made: kernel.Plan, changes: list[kernel.Adjustment]) -> date:
    """On which day it ships, read from the rule: by the mode of the last one that ships with it."""
    mode = [other for other in made.occurrences if other.shipment == o.shipment][-1].event.mode
    moved = [c.value for c in changes if (c.key, c.repetition, c.kind) == (o.key, o.repetition, "move")]
    wanted = moved[0] if moved else max(o.event_on, case.facts.order_date)
    while not mode.works_on(wanted):
        wanted += timedelta(1)
    return wanted


@given(programs.cases(duration=0, shipments=None, endless=False), st.none() | st.integers(0, 12))
def test_an_event_comes_once_more_than_it_repeats_whatever_the_threshold(
    case: programs.Case, threshold: int | None
) -> None:
    case = case._replace(facts=case.facts._replace(threshold=threshold))
    walk = extended(case, most=10**6)
    came: dict[str, int] = {}
    for o in walk:
        came[o.key] = came.get(o.key, 0) + 1
    shipping = kernel.shipping_events(case.revision.events)
    start = case.facts.first_event
    if start is not None:
        place = [one.key for one in case.revision.events].index(start)
        shipping = [(at, one) for at, one in shipping if at >= place]
    assert came == {one.key: (one.times_to_repeat or 0) + 1 for _, one in shipping}


@given(st.data())
def test_planned_and_extended_is_planned_at_once(data: st.DataObject) -> None:
    case = data.draw(programs.cases(upfront=False))
    endless = any(one.times_to_repeat is None for one in case.revision.events)
    first = plan(case.revision, case.facts)
    changes = data.draw(programs.adjustments(first.occurrences, case.facts.order_date))
    walk = extended(case, changes)
    at_once = case.facts._replace(threshold=1000 if endless else None)
    whole = plan(case.revision, at_once, changes)
    assert without_why(walk) == without_why(whole.occurrences[: len(walk)])
    assert endless or len(walk) >= 60 or (whole.complete and len(walk) == len(whole.occurrences))


@given(st.data())
def test_an_extension_keeps_what_is_planned_and_goes_on_by_the_threshold(data: st.DataObject) -> None:
    case = data.draw(programs.cases(upfront=False, consolidate=False))
    made = plan(case.revision, case.facts)
    assume(not made.complete)
    more = extend(case.revision, case.facts, (), steps(made.occurrences))
    assert made.stopped_at is not None
    assert more.occurrences[0].key == made.stopped_at
    assert dense(more.occurrences, numbers(made)[-1])
    top = highest(made.occurrences)[made.stopped_at]
    threshold = 3 if case.facts.threshold is None else case.facts.threshold
    of_it = [o.repetition for o in more.occurrences if o.key == made.stopped_at]
    if more.stopped_at == made.stopped_at:
        assert of_it == list(range(top + 1, top + max(threshold, 1) + 1))
        assert len(of_it) == len(more.occurrences)
    else:
        assert len(of_it) <= max(threshold, 1)


@given(st.data())
def test_nothing_beyond_the_threshold_is_planned_before_it_is_extended(data: st.DataObject) -> None:
    case = data.draw(programs.cases(upfront=False, consolidate=False))
    made = plan(case.revision, case.facts)
    top = highest(made.occurrences)
    for one in case.revision.events:
        limit = case.facts.threshold
        if limit is None and one.times_to_repeat is None:
            limit = 3
        if limit is not None:
            assert top.get(one.key, 0) <= limit
    assert made.complete == (made.stopped_at is None)
    if made.stopped_at is not None and made.occurrences:
        assert made.occurrences[-1].key == made.stopped_at, "of what comes after it nothing yet"


@given(programs.cases(upfront=True, endless=False))
def test_billed_upfront_everything_is_planned(case: programs.Case) -> None:
    made = plan(case.revision, case.facts)
    assert made.complete
    assert without_why(made.occurrences) == without_why(
        plan(case.revision, case.facts._replace(threshold=None)).occurrences
    )


@given(st.data())
def test_planned_again_behind_any_frozen_part_it_is_what_is_there(data: st.DataObject) -> None:
    """An update that changes nothing writes nothing."""
    case = data.draw(programs.cases())
    first = plan(case.revision, case.facts)
    changes = data.draw(programs.adjustments(first.occurrences, case.facts.order_date))
    made = plan(case.revision, case.facts, changes)
    walk = made.occurrences
    assume(not stops_behind_missed(case, walk, made))
    for _ in range(data.draw(st.integers(0, 2))):
        if not made.complete:
            made = extend(case.revision, case.facts, changes, steps(walk))
            walk += made.occurrences
    for cut in programs.cut_at_shipments(walk):
        again = plan(case.revision, case.facts, changes, steps(walk[:cut]), highest(walk))
        assert without_why(again.occurrences) == without_why(walk[cut:])
        assert again.complete == made.complete
        assert again.gone == ()


def stops_behind_missed(case: programs.Case, walk: tuple[kernel.Occurrence, ...], made: kernel.Plan) -> bool:
    """Missed events reached beyond the threshold and planning stopped behind them: see the test below."""
    return (
        case.facts.consolidate
        and made.stopped_at is not None
        and any(o.event_on < case.facts.order_date for o in walk)
        and (not walk or walk[-1].event_on < case.facts.order_date)
    )


def test_planned_again_behind_missed_events_it_is_what_is_there() -> None:
    monthly = {"days_from_last": 30, "times_to_repeat": 4}
    club = program(event("A", start_order_date=day("2025-10-01"), **monthly), event("B", days_from_last=300))
    facts = order(consolidate=True, threshold=1)
    made = plan(club, facts)
    assert (said(made), made.complete) == ("A A1 A2 A3 A4", False)
    again = plan(club, facts, (), (), highest(made.occurrences))
    assert said(again) == said(made)


def test_what_was_extended_behind_missed_events_stays_and_what_is_put_between_comes() -> None:
    missed = event("A", start_order_date=day("2025-10-01"), days_from_last=40, times_to_repeat=4)
    club = program(missed, event("B", days_from_last=20))
    facts = order(consolidate=True, threshold=1)
    made = plan(club, facts)
    more = extend(club, facts, (), steps(made.occurrences))
    walk = (*made.occurrences, *more.occurrences)
    assert (said(kernel.Plan(walk, more.complete, None)), more.complete) == ("A A1 A2 A3 A4 B", True)
    changed = program(missed, event("X", days_from_last=10), event("B", days_from_last=20), number=2)
    again = plan(changed, facts, (), (), highest(walk), extended=True)
    assert (said(again), again.complete) == ("A A1 A2 A3 A4 X B", True)


@given(st.data())
def test_the_first_plan_does_not_depend_on_what_ships_later(data: st.DataObject) -> None:
    """A product that buys fewer shipments gets the beginning of the one that buys all."""
    case = data.draw(
        programs.cases(upfront=False, consolidate=False, endless=False, shipments=None, duration=0, threshold=None)
    )
    whole = plan(case.revision, case.facts)
    many = data.draw(st.integers(1, 12))
    part = plan(case.revision, case.facts._replace(shipments=many))
    assert without_why(part.occurrences) == without_why(whole.occurrences[:many])
    assert part.complete
    fewer = plan(case.revision, case.facts._replace(duration=many))
    kept = list(dict.fromkeys(o.key for o in whole.occurrences))[:many]
    assert without_why(fewer.occurrences) == without_why([o for o in whole.occurrences if o.key in kept])
    assert fewer.complete


# --- dates


def test_a_new_order_counts_from_its_order_date_or_from_the_start_date_entered() -> None:
    club = program(event("A"), event("B", days_from_last=30), after=5)
    assert event_dates(plan(club, order())) == days("3-15", "4-14")
    assert event_dates(plan(club, order(start_date=day("4-01")))) == days("4-06", "5-06")
    past = plan(club, order(start_date=day("2-01")))
    assert event_dates(past) == days("2-06", "3-08"), "even a past one"
    assert ship_dates(past) == [ORDERED, ORDERED], "nothing ships before the order date"


def test_start_order_date_then_interval_then_days() -> None:
    first = every_month()
    both = {"interval": first, "days_from_last": 10}
    club = program(event("A", start_order_date=day("3-20"), **both), event("B", **both), event("C", days_from_last=10))
    assert event_dates(plan(club, order())) == days("3-20", "4-01", "4-11")
    assert event_dates(plan(program(event("A", **both), after=5), order())) == days("4-01")


def test_a_first_event_on_the_day_of_its_interval_is_that_day_and_the_next_is_later() -> None:
    club = program(event("A", interval=every_month(10)), event("B", interval=every_month(10)))
    assert event_dates(plan(club, order())) == days("3-10", "4-10")


def test_with_current_event_the_interval_of_the_first_event_moves_nothing() -> None:
    club = program(event("A"), event("B", interval=every_month(), times_to_repeat=1), after=5)
    assert event_dates(plan(club, order(first_event="B"))) == days("3-15", "4-01")
    late = program(event("A"), event("B", start_order_date=day("5-01")), after=5)
    assert event_dates(plan(late, order(first_event="B"))) == days("5-01")


def test_a_start_order_date_that_the_walk_has_passed_is_the_previous_date() -> None:
    club = program(event("A"), event("B", start_order_date=day("1-15"), days_from_last=7, times_to_repeat=1))
    assert event_dates(plan(club, order())) == days("3-10", "3-10", "3-17"), "and its repetitions do not see it"


def test_an_event_that_takes_no_days_ships_on_the_same_day_with_its_own_number() -> None:
    club = program(event("A"), event("B"), event("C"))
    made = plan(club, order())
    assert event_dates(made) == [ORDERED] * 3
    assert numbers(made) == [1, 2, 3]


@pytest.mark.parametrize(
    ("ordered", "dates"),
    [
        ("2026-01-31", "2026-01-31 2026-02-28 2026-03-31 2026-04-30"),
        ("2024-01-30", "2024-01-30 2024-02-29 2024-03-30 2024-04-30"),
        ("2025-12-01", "2025-12-01 2026-01-01 2026-02-01 2026-03-01"),
    ],
)
def test_an_interval_counted_from_the_order_keeps_its_day(ordered: str, dates: str) -> None:
    club = program(event("A", interval=every_month(anchor=None), times_to_repeat=3))
    assert event_dates(plan(club, order(day(ordered)))) == days(*dates.split())


def test_the_grid_of_the_order_is_that_of_its_first_event_dated_anew() -> None:
    club = program(event("A"), event("B", interval=every_month(anchor=None), times_to_repeat=2))
    facts = order(day("1-31"))
    assert event_dates(plan(club, facts)) == days("1-31", "2-28", "3-31", "4-30")
    anew = plan(club, facts, [adjust("A", "redate", day("2-05"))])
    assert event_dates(anew) == days("2-05", "3-05", "4-05", "5-05")
    later = plan(club, facts, [adjust("B", "redate", day("3-10"))])
    assert event_dates(later) == days("1-31", "3-10", "3-31", "4-30"), "of another event it does not"
    frozen = [Step("A", 0, day("1-31"), 1), Step("B", 0, day("2-28"), 2)]
    assert event_dates(plan(club, facts, (), frozen)) == days("3-31", "4-30")


@given(st.sampled_from(programs.FROM_ORDER), programs.dates, st.integers(1, 30), st.integers(0, 400))
def test_repetitions_counted_from_the_order_are_the_first_date_plus_whole_steps(
    interval: tuple[str, str], ordered: date, times: int, after: int
) -> None:
    club = program(event("A", interval=Interval(*interval, None), times_to_repeat=times), after=after)
    unit = {"OM": {"months": 1}, "OM2": {"months": 2}, "OW": {"weeks": 3}, "OD": {"days": 10}, "OY": {"years": 1}}
    first = ordered + timedelta(after)
    wanted = [
        first + relativedelta(**{name: k * many for name, many in unit[interval[0]].items()}) for k in range(times + 1)
    ]
    assert event_dates(plan(club, order(ordered))) == wanted


def test_it_ships_on_a_working_day_of_the_events_own_mode() -> None:
    weekdays = WorkingDays("STD", (1, 2, 3, 4, 5), "US-NY")
    club = program(event("A", mode=weekdays), event("B", days_from_last=110), after=5)
    made = plan(club, order())
    assert event_dates(made) == days("3-15", "7-03")
    assert ship_dates(made) == days("3-16", "7-03"), "the dates of the events are counted without it"


# --- which events come


def test_an_event_skipped_by_the_program_takes_no_time() -> None:
    club = program(event("A"), event("B", days_from_last=30, action="skip"), event("C", days_from_last=10))
    made = plan(club, order())
    assert (said(made), event_dates(made), numbers(made)) == ("A C", days("3-10", "3-20"), [1, 2])


def test_the_first_event_is_the_lowest_that_is_not_skipped() -> None:
    club = program(event("A", action="skip"), event("B", days_from_last=30), after=5)
    made = plan(club, order())
    assert (said(made), event_dates(made)) == ("B", days("3-15"))


def test_end_ships_with_its_repetitions_and_nothing_comes_behind_it() -> None:
    club = program(
        event("A"), event("B", days_from_last=10, action="end", times_to_repeat=2), event("C", action="end"), event("D")
    )
    made = plan(club, order())
    assert (said(made), made.complete) == ("A B B1 B2", True)


def test_current_event_starts_where_the_program_is_and_never_turns_back() -> None:
    club = program(event("A"), event("B", days_from_last=5, times_to_repeat=1), event("C", days_from_last=5), after=2)
    made = plan(club, order(first_event="B"))
    assert (said(made), event_dates(made)) == ("B B1 C", days("3-12", "3-17", "3-22"))
    assert said(plan(club, order(first_event="C"))) == "C"


def test_a_first_event_that_is_skipped_or_gone_gives_its_place_to_the_next() -> None:
    skipped = program(event("A"), event("B", action="skip"), event("C", days_from_last=40), after=2)
    made = plan(skipped, order(first_event="B"))
    assert (said(made), event_dates(made)) == ("C", days("3-12"))
    removed = program(event("A"), gone("B"), event("C", days_from_last=40), after=2)
    made = plan(removed, order(first_event="B"))
    assert (said(made), event_dates(made)) == ("C", days("3-12"))
    last = program(event("A"), event("C"), gone("B"))
    assert plan(last, order(first_event="B")) == kernel.Plan((), True, None, ())


def test_duration_buys_the_first_events_with_their_repetitions() -> None:
    club = program(event("A"), event("B", action="skip"), event("C", days_from_last=1, times_to_repeat=2), event("D"))
    made = plan(club, order(duration=2))
    assert (said(made), made.complete) == ("A C C1 C2", True)
    assert said(plan(club, order(duration=9))) == "A C C1 C2 D"
    assert said(plan(club, order(duration=1, first_event="C"))) == "C C1 C2"


def test_duration_counts_what_was_shipped_of_events_that_are_gone() -> None:
    club = program(gone("A"), event("B"), event("C"), event("D"))
    shipped = [Step("A", 0, ORDERED, 1), Step("B", 0, ORDERED, 2)]
    assert said(plan(club, order(duration=3), (), shipped)) == "C"
    assert said(plan(club, order(duration=2), (), shipped)) == ""


def test_shipments_complete_the_order_and_skipped_ones_count() -> None:
    club = program(event("A"), event("B", days_from_last=7, times_to_repeat=None))
    made = plan(club, order(shipments=3), [adjust("B", "skip")])
    assert (said(made), made.complete) == ("A B B1", True)
    assert [o.skipped for o in made.occurrences] == [False, True, False]
    shipped = steps(made.occurrences[:2])
    assert said(plan(club, order(shipments=3), (), shipped)) == "B1"
    assert plan(club, order(shipments=2), (), shipped) == kernel.Plan((), True, None, ())
    assert plan(club, order(shipments=1), (), shipped) == kernel.Plan((), True, None, ())


def test_shipments_beyond_the_program_end_with_the_program() -> None:
    made = plan(program(event("A"), event("B")), order(shipments=9))
    assert (said(made), made.complete) == ("A B", True)


# --- repetitions and the threshold

LOOP = {"days_from_last": 30}


@pytest.mark.parametrize(
    ("threshold", "planned", "complete"),
    [
        (None, "A A1 A2 A3 A4 A5 B", True),
        (0, "A", False),
        (1, "A A1", False),
        (4, "A A1 A2 A3 A4", False),
        (5, "A A1 A2 A3 A4 A5 B", True),
        (99, "A A1 A2 A3 A4 A5 B", True),
    ],
)
def test_planning_stops_where_an_event_repeats_more_than_the_threshold(
    threshold: int | None, planned: str, complete: bool
) -> None:
    club = program(event("A", times_to_repeat=5, **LOOP), event("B"))
    made = plan(club, order(threshold=threshold))
    assert (said(made), made.complete, made.stopped_at) == (planned, complete, None if complete else "A")
    assert said(plan(club, order(threshold=threshold, upfront=True))) == "A A1 A2 A3 A4 A5 B"


def test_extended_by_the_threshold_and_on_by_the_usual_rule() -> None:
    club = program(event("A", times_to_repeat=5, **LOOP), event("B", times_to_repeat=4, **LOOP), event("C", **LOOP))
    facts = order(threshold=2)
    walk: list[kernel.Occurrence] = list(plan(club, facts).occurrences)
    found, complete = [said(plan(club, facts))], False
    while not complete:
        more = extend(club, facts, (), steps(walk))
        found.append(said(more))
        walk += more.occurrences
        complete = more.complete
    assert found == ["A A1 A2", "A3 A4", "A5 B B1 B2", "B3 B4 C"]


def test_a_threshold_of_nothing_plans_one_and_extends_one_by_one() -> None:
    club = program(event("A", times_to_repeat=2, **LOOP), event("B", **LOOP))
    facts = order(threshold=0)
    walk = list(plan(club, facts).occurrences)
    found = []
    for _ in range(3):
        more = extend(club, facts, (), steps(walk))
        walk += more.occurrences
        found.append((said(more), more.complete))
    assert found == [("A1", False), ("A2 B", True), ("", True)]


def test_until_stopped_is_planned_ahead_by_the_threshold_and_extended_for_ever() -> None:
    club = program(event("A"), event("B", times_to_repeat=None, **LOOP))
    for threshold, first, then in ((None, "A B B1 B2 B3", "B4 B5 B6"), (1, "A B B1", "B2"), (0, "A B", "B1")):
        facts = order(threshold=threshold)
        made = plan(club, facts)
        assert (said(made), made.complete) == (first, False)
        more = extend(club, facts, (), steps(made.occurrences))
        assert (said(more), more.complete) == (then, False)


def test_until_stopped_is_not_billed_upfront() -> None:
    with pytest.raises(Refused):
        plan(program(event("A", times_to_repeat=None, **LOOP)), order(upfront=True))


def test_when_it_is_time_to_extend() -> None:
    facts, through = order(threshold=2), day("4-01")
    assert wants_extension(facts, 1, day("9-01"), through)
    assert not wants_extension(facts, 2, day("9-01"), through)
    assert wants_extension(facts, 2, day("4-01"), through)
    assert not wants_extension(facts, 2, day("4-02"), through)
    assert not wants_extension(order(threshold=0), 1, day("9-01"), through)
    assert wants_extension(order(threshold=0), 0, day("9-01"), through)
    assert wants_extension(order(threshold=None), 2, day("9-01"), through)
    assert wants_extension(facts, 0, None, through)


def test_a_plan_that_never_ends_in_sight_is_refused() -> None:
    with pytest.raises(Refused):
        plan(program(*(event(key, days_from_last=1, times_to_repeat=10_001) for key in "ABC")), order())
    with pytest.raises(Refused):
        plan(program(event("A", days_from_last=3_000_000, times_to_repeat=3)), order())


# --- missed events

FIXED = day("2025-12-01")


def missed_club(**last: object) -> kernel.Revision:
    return program(
        event("A", start_order_date=FIXED), event("B", days_from_last=30), event("C", days_from_last=90, **last)
    )


def test_missed_events_are_one_shipment_when_consolidated_and_each_its_own_when_not() -> None:
    apart = plan(missed_club(), order())
    assert event_dates(apart) == days("2025-12-01", "2025-12-31", "3-31")
    assert ship_dates(apart) == days("3-10", "3-10", "3-31")
    assert numbers(apart) == [1, 2, 3]
    together = plan(missed_club(), order(consolidate=True))
    assert event_dates(together) == event_dates(apart)
    assert ship_dates(together) == ship_dates(apart)
    assert numbers(together) == [1, 1, 2]


def test_an_event_on_the_order_date_is_not_missed() -> None:
    club = program(event("A", start_order_date=day("3-09")), event("B", days_from_last=1))
    assert numbers(plan(club, order(consolidate=True))) == [1, 2]


def test_a_past_start_date_makes_missed_events_too() -> None:
    club = program(event("A"), event("B", days_from_last=30), event("C", days_from_last=30))
    made = plan(club, order(consolidate=True, start_date=day("1-20")))
    assert event_dates(made) == days("1-20", "2-19", "3-21")
    assert numbers(made) == [1, 1, 2]


def test_missed_events_ship_by_the_mode_of_the_last_of_them() -> None:
    wednesdays, fridays = WorkingDays("WED", (3,)), WorkingDays("FRI", (5,))
    club = program(
        event("A", start_order_date=FIXED, mode=fridays),
        event("B", mode=wednesdays),
        event("C", days_from_last=200, mode=fridays),
    )
    assert ship_dates(plan(club, order(consolidate=True))) == days("3-11", "3-11", "6-19")


def test_missed_events_are_planned_whatever_the_threshold_and_planning_stops_behind_them() -> None:
    club = program(
        event("A", start_order_date=FIXED, times_to_repeat=3, days_from_last=20),
        event("B", times_to_repeat=1, days_from_last=60),
    )
    facts = order(consolidate=True, threshold=1)
    made = plan(club, facts)
    assert (said(made), numbers(made), made.complete) == ("A A1 A2 A3", [1, 1, 1, 1], False)
    more = extend(club, facts, (), steps(made.occurrences))
    assert (said(more), numbers(more), more.complete) == ("B B1", [2, 3], True)
    within = plan(club, order(consolidate=True, threshold=3))
    assert (said(within), within.complete) == ("A A1 A2 A3 B B1", True)


def test_an_order_that_missed_everything_is_one_shipment() -> None:
    club = program(*(event(key, days_from_last=30) for key in "ABC"))
    made = plan(club, order(consolidate=True, start_date=day("2025-06-01"), threshold=0))
    assert (numbers(made), set(ship_dates(made)), made.complete) == ([1, 1, 1], {ORDERED}, True)


# --- products, quantities, prices


def test_quantity_is_the_programs_times_the_orders() -> None:
    club = program(event("A", products=(EventProduct(1, "P-A", Decimal(2)), EventProduct(2, "P-B", Decimal("0.5")))))
    made = plan(club, order(quantity=Decimal(3)))
    assert [line.quantity for line in made.occurrences[0].lines] == [6, Decimal("1.5")]


def test_a_line_has_at_most_three_decimals_of_a_piece() -> None:
    club = program(event("A", products=(EventProduct(1, "P-A", Decimal("0.125")),)))
    quantity = plan(club, order(quantity=Decimal("0.5"))).occurrences[0].lines[0].quantity
    assert quantity == round(quantity, 3)


def test_the_price_is_the_events_else_the_products_on_the_order_date() -> None:
    club = program(two_products("A", "P-A", "P-B"))
    lines = plan(club, order(prices={"P-A": 1995})).occurrences[0].lines
    assert [(line.item, line.price_minor) for line in lines] == [("P-A", 1995), ("P-B", 450)]
    free = program(event("A", products=(EventProduct(1, "P-A", Decimal(1), 0),)))
    assert plan(free, order(prices={"P-A": 1995})).occurrences[0].lines[0].price_minor == 0


def test_a_product_without_a_price_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        plan(program(event("A", products=(EventProduct(1, "0099"),))), order())
    assert "0099" in str(refused.value)


# --- a person's changes, field by field

CLUB = program(event("A"), event("B", days_from_last=30), event("C", days_from_last=30))


def test_skipped_by_a_person_it_keeps_its_time_and_its_number() -> None:
    made = plan(CLUB, order(), [adjust("B", "skip")])
    assert [o.skipped for o in made.occurrences] == [False, True, False]
    assert (event_dates(made), numbers(made)) == (event_dates(plan(CLUB, order())), [1, 2, 3])


def test_this_one_moved_the_others_stay() -> None:
    for to in ("3-20", "4-30", "9-01"):  # before its date, behind it, behind the next
        made = plan(CLUB, order(), [adjust("B", "move", day(to))])
        assert event_dates(made) == days("3-10", "4-09", "5-09")
        assert ship_dates(made) == days("3-10", to, "5-09")
        assert numbers(made) == [1, 2, 3]


def test_this_one_moved_to_a_sunday_ships_on_monday() -> None:
    club = program(event("A", mode=WorkingDays("STD", (1, 2, 3, 4, 5))))
    assert ship_dates(plan(club, order(), [adjust("A", "move", day("3-22"))])) == days("3-23")


def test_from_here_on_the_chain_is_dated_again() -> None:
    made = plan(CLUB, order(), [adjust("B", "redate", day("4-20"))])
    assert event_dates(made) == ship_dates(made) == days("3-10", "4-20", "5-20")
    earlier = plan(CLUB, order(), [adjust("B", "redate", day("3-12"))])
    assert event_dates(earlier) == days("3-10", "3-12", "4-11")


def test_a_date_that_the_previous_one_has_overtaken_becomes_that_day() -> None:
    changes = [adjust("A", "redate", day("5-01")), adjust("B", "redate", day("4-20"))]
    assert event_dates(plan(CLUB, order(), changes)) == days("5-01", "5-01", "5-31")
    shipped = [Step("A", 0, day("6-01"), 1)]
    assert event_dates(plan(CLUB, order(), changes, shipped)) == days("6-01", "7-01")


def test_moved_and_dated_anew_it_ships_where_it_was_moved() -> None:
    made = plan(CLUB, order(), [adjust("B", "redate", day("4-20")), adjust("B", "move", day("4-15"))])
    assert (event_dates(made)[1], ship_dates(made)[1]) == (day("4-20"), day("4-15"))
    assert event_dates(made)[2] == day("5-20")


def test_a_substitute_keeps_the_price_that_the_line_would_have() -> None:
    club = program(two_products("A", "P-A", "P-B"))
    kept = plan(club, order(), [adjust("A", "substitute", ("P-Z", None), line=1)]).occurrences[0].lines
    assert [(line.item, line.price_minor) for line in kept] == [("P-Z", 1000), ("P-B", 450)]
    given_one = plan(club, order(), [adjust("A", "substitute", ("P-Z", 1), line=2)]).occurrences[0].lines
    assert [(line.item, line.price_minor) for line in given_one] == [("P-A", 1000), ("P-Z", 1)]


def test_a_price_given_wins_over_that_of_a_substitute_in_either_order() -> None:
    changes = [adjust("A", "substitute", ("P-Z", 700), line=1), adjust("A", "price", 5, line=1)]
    for some in (changes, changes[::-1]):
        line = plan(CLUB, order(), some).occurrences[0].lines[0]
        assert (line.item, line.price_minor) == ("P-Z", 5)


def test_changes_of_one_occurrence_leave_its_repetitions_alone() -> None:
    club = program(event("A", times_to_repeat=2, **LOOP))
    changes = [adjust("A", "price", 1, 1), adjust("A", "quantity", Decimal(7), 1), adjust("A", "address", "work", 2)]
    made = plan(club, order(quantity=Decimal(2)), changes).occurrences
    assert [(o.lines[0].price_minor, o.lines[0].quantity, o.address) for o in made] == [
        (1000, 2, None),
        (1, 7, None),
        (1000, 2, "work"),
    ]


@pytest.mark.parametrize(("of_event", "of_order"), [("99999", "99999"), ("0.01", "0.01"), ("1000", "1000000")])
def test_a_product_of_quantities_that_is_none_is_refused(of_event: str, of_order: str) -> None:
    revision = program(event("A", products=(EventProduct(1, "P-A", Decimal(of_event)),)))
    with pytest.raises(Refused, match="quantity_multiplied") as refused:
        plan(revision, order(quantity=Decimal(of_order)))
    assert refused.value.field == "quantity"


def test_the_quantity_and_the_price_of_one_product_line_leave_the_other_alone() -> None:
    club = program(two_products("A", "P-A", "P-B"))
    changes = [adjust("A", "quantity", Decimal(9), line=2), adjust("A", "price", 3, line=1)]
    lines = plan(club, order(), changes).occurrences[0].lines
    assert [(line.quantity, line.price_minor) for line in lines] == [(1, 3), (9, 450)]


def test_a_change_whose_occurrence_is_gone_is_listed_and_one_that_shipped_is_not() -> None:
    changes = [adjust("A", "skip"), adjust("X", "skip"), adjust("B", "price", 1, 4), adjust("C", "move", day("9-01"))]
    made = plan(CLUB, order(), changes, [Step("A", 0, ORDERED, 1)])
    assert made.gone == (changes[1], changes[2])


@given(st.data())
def test_changes_do_not_depend_on_the_order_in_which_they_are_read(data: st.DataObject) -> None:
    case = data.draw(programs.cases())
    first = plan(case.revision, case.facts)
    changes = data.draw(programs.adjustments(first.occurrences, case.facts.order_date))
    shuffled = data.draw(st.permutations(changes))
    assert without_why(plan(case.revision, case.facts, changes).occurrences) == without_why(
        plan(case.revision, case.facts, shuffled).occurrences
    )


# --- late ones sent as one


def test_merged_they_share_their_number_and_the_day_of_the_last() -> None:
    changes = [adjust("A", "merge", 1), adjust("B", "merge", 1)]
    made = plan(CLUB, order(), changes)
    assert event_dates(made) == days("3-10", "4-09", "5-09")
    assert ship_dates(made) == days("4-09", "4-09", "5-09")
    assert numbers(made) == [1, 1, 2]


def test_two_groups_are_two_shipments() -> None:
    club = program(*(event(key, days_from_last=30) for key in "ABCDE"))
    changes = [adjust("A", "merge", 1), adjust("B", "merge", 1), adjust("C", "merge", 2), adjust("D", "merge", 2)]
    assert numbers(plan(club, order(), changes)) == [1, 1, 2, 2, 3]


def test_merged_behind_a_frozen_part_they_are_numbered_from_it() -> None:
    changes = [adjust("B", "merge", 1), adjust("C", "merge", 1)]
    made = plan(CLUB, order(), changes, [Step("A", 0, ORDERED, 1)])
    assert numbers(made) == [2, 2]


# --- stopped after a shipment


@pytest.mark.parametrize(("last", "planned"), [(0, ""), (1, "A"), (2, "A B"), (3, "A B C"), (9, "A B C")])
def test_an_order_stopped_after_a_shipment(last: int, planned: str) -> None:
    made = plan(CLUB, order(last_shipment=last))
    assert (said(made), made.complete) == (planned, True)


def test_stopped_behind_what_is_planned_it_is_extended_up_to_there() -> None:
    club = program(event("A", times_to_repeat=None, **LOOP))
    facts = order(last_shipment=6, threshold=2)
    made = plan(club, facts)
    assert (said(made), made.complete) == ("A A1 A2", False)
    more = extend(club, facts, (), steps(made.occurrences))
    assert (said(more), more.complete) == ("A3 A4", False)
    last = extend(club, facts, (), steps(made.occurrences + more.occurrences))
    assert (said(last), last.complete) == ("A5", True)


def test_stopped_inside_what_has_shipped_nothing_comes() -> None:
    shipped = steps(plan(CLUB, order()).occurrences[:2])
    assert plan(CLUB, order(last_shipment=1), (), shipped) == kernel.Plan((), True, None, ())


def test_a_shared_shipment_is_stopped_as_one() -> None:
    made = plan(missed_club(), order(consolidate=True, last_shipment=1))
    assert (said(made), made.complete) == ("A B", True)


def test_a_change_of_what_was_stopped_is_listed() -> None:
    changes = [adjust("C", "price", 1)]
    assert plan(CLUB, order(last_shipment=1), changes).gone == tuple(changes)
