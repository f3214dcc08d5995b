"""The program's own calendar, against a walk that goes one step after the other."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perennial.kernel.calendar import Interval
from perennial.kernel.plan import Revision, current_event, plan, shipping_events
from tests.worlds import programs
from tests.worlds.kernel import day, event, every_month, order, program


def steps_of(revision: Revision, started: date, until: date) -> list[tuple[str, int, date]]:
    """Every step of the calendar up to the first one behind a day, by the words of the rule."""
    found: list[tuple[str, int, date]] = []
    for _, one in shipping_events(revision.events):
        repetition = 0
        while one.times_to_repeat is None or repetition <= one.times_to_repeat:
            if not found:
                if one.start_order_date:
                    on = one.start_order_date
                elif one.interval and not one.interval.from_order:
                    on = one.interval.on_or_after(started)
                else:
                    on = started
            elif repetition == 0 and one.start_order_date:
                on = max(one.start_order_date, found[-1][2])
            elif one.interval:
                on = one.interval.after(found[-1][2], found[0][2])
            else:
                on = found[-1][2] + timedelta(one.days_from_last)
            found.append((one.key, repetition, on))
            if on > until:
                return found
            repetition += 1
    return found


@given(st.data())
def test_the_current_event_is_that_of_the_last_step_dated_on_or_before_the_day(data: st.DataObject) -> None:
    started = data.draw(programs.dates)
    revision = data.draw(programs.revisions(started))
    on = started + timedelta(data.draw(st.integers(-200, 1500)))
    found = steps_of(revision, started, on)
    dated = [step for step in found if step[2] <= on]
    current = current_event(revision, started, on)
    assert current is not None
    assert (current.key, current.repetition, current.since) == (dated[-1] if dated else found[0])
    assert current.event_id == next(one.event_id for one in revision.events if one.key == current.key)


@given(st.data())
def test_it_never_moves_back(data: st.DataObject) -> None:
    started = data.draw(programs.dates)
    revision = data.draw(programs.revisions(started))
    first = started + timedelta(data.draw(st.integers(-100, 800)))
    later = first + timedelta(data.draw(st.integers(0, 800)))
    before, after = current_event(revision, started, first), current_event(revision, started, later)
    assert before is not None
    assert after is not None
    assert (before.event_id, before.repetition) <= (after.event_id, after.repetition)
    assert before.since <= after.since


@given(st.data())
def test_its_calendar_is_that_of_an_order_with_first_event_and_no_days_after(data: st.DataObject) -> None:
    started = data.draw(programs.dates)
    revision = data.draw(programs.revisions(started, endless=False))
    made = plan(revision._replace(days_after_order_date=0), order(started))
    for o in made.occurrences:
        current = current_event(revision, started, o.event_on)
        last = [p for p in made.occurrences if p.event_on == o.event_on][-1]
        assert current is not None
        assert (current.key, current.repetition, current.since) == (last.key, last.repetition, o.event_on)


CLUB = program(
    event("A"), event("B", days_from_last=30, action="skip"), event("C", days_from_last=30, times_to_repeat=1)
)


@pytest.mark.parametrize(
    ("on", "key", "repetition"),
    [
        ("2025-01-01", "A", 0),
        ("2026-01-01", "A", 0),
        ("2026-01-30", "A", 0),
        ("2026-01-31", "C", 0),
        ("2026-03-01", "C", 0),
        ("2026-03-02", "C", 1),
        ("2036-01-01", "C", 1),
    ],
)
def test_before_the_first_step_the_first_behind_the_last_the_last(on: str, key: str, repetition: int) -> None:
    current = current_event(CLUB, day("2026-01-01"), day(on))
    assert current is not None
    assert (current.key, current.repetition) == (key, repetition)


def test_steps_on_the_same_day_are_passed_at_once() -> None:
    club = program(event("A"), event("B"), event("C", days_from_last=1))
    current = current_event(club, day("2026-01-01"), day("2026-01-01"))
    assert current is not None
    assert current.key == "B"


def test_the_days_after_the_order_date_are_not_the_programs() -> None:
    club = program(event("A", interval=every_month(15)), event("B", interval=every_month(15)), after=20)
    current = current_event(club, day("2026-01-01"), day("2026-02-15"))
    assert current is not None
    assert (current.key, current.since) == ("B", day("2026-02-15"))


def test_a_calendar_counted_from_its_first_step_comes_back_to_the_last_day_of_a_month() -> None:
    club = program(event("A", interval=Interval("O", "FREQ=MONTHLY", None), times_to_repeat=None))
    found = [
        current_event(club, day("2026-01-31"), day(on))
        for on in ("2026-02-27", "2026-02-28", "2026-03-30", "2026-03-31")
    ]
    assert [current.repetition for current in found if current] == [0, 1, 1, 2]


def test_a_program_in_which_nothing_ships_has_none() -> None:
    assert current_event(program(event("A", action="skip")), day("2026-01-01"), day("2026-05-01")) is None
    assert current_event(program(), day("2026-01-01"), day("2026-05-01")) is None


def test_a_step_beyond_the_calendar_never_comes() -> None:
    club = program(event("A"), event("B", days_from_last=1))
    for on in ("2026-01-01", "9999-12-31"):
        current = current_event(club, day("9999-12-31"), day(on))
        assert current is not None
        assert current.key == "A"
