"""What members do after they joined follows from what they bought."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from perennial.demo.agenda import days
from perennial.demo.club import Club
from perennial.demo.enrolments import wallet
from perennial.demo.members import to_be_accepted

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def club() -> Club:
    return Club(today=TODAY, sample=2000)


def test_everything_that_clerks_can_do_is_done(club):
    kinds = Counter(act.kind for enrolment in club.enrolments for act in club.acts(enrolment))
    assert kinds.keys() == {"accept", "hold", "release", "skip", "move", "cancel", "card", "send"}


def test_acts_are_after_the_order_and_before_today(club):
    for enrolment in club.enrolments:
        acts = club.acts(enrolment)
        assert [act.on for act in acts] == sorted(act.on for act in acts)
        assert all(enrolment.on < act.on < TODAY for act in acts)
        assert all(act.by.startswith("clerk:") and act.reason for act in acts)


def test_who_was_seen_lately_does_not_stop_and_who_stops_does_nothing_more(club):
    half_a_year = timedelta(days=182)
    stopped = 0
    for enrolment in club.enrolments:
        acts = [act for act in club.acts(enrolment) if act.kind != "card"]
        cancels = [act for act in acts if act.kind == "cancel"]
        if cancels:
            stopped += 1
            assert acts[-1] is cancels[0]
            assert len(cancels) == 1
            assert cancels[0].on > enrolment.purchases[-1].on
            if cancels[0].reason != "never answered the offer":
                assert enrolment.purchases[-1].on <= club.calendar.last_purchase - half_a_year
    assert len(club.enrolments) * 0.3 < stopped < len(club.enrolments) * 0.7


def test_holds_are_released_in_turn_and_some_are_left_for_the_reader(club):
    left = 0
    for enrolment in club.enrolments:
        held = False
        for act in club.acts(enrolment):
            if act.kind == "hold":
                assert not held
                held = True
            elif act.kind == "release":
                assert held
                held = False
            elif act.kind in ("skip", "move"):
                assert not held
        left += held
    assert left >= 10


def test_some_offers_and_cards_are_left_open(club):
    kinds = {one: {act.kind for act in club.acts(one)} for one in club.enrolments}
    assert any("accept" in done for done in kinds.values())
    assert any(to_be_accepted(club.world, one) and not done & {"accept", "cancel"} for one, done in kinds.items())
    cards = [wallet(club.world, one.customer, one.joined) for one in club.enrolments]
    assert any(card.last_day < TODAY and card.renewed_on is None for card in cards)
    assert any(card.renewed_on for card in cards)


@pytest.mark.parametrize("every", [1, 7])
def test_the_diary_leaves_out_no_night_no_order_and_no_act(club, every):
    diary = list(days(club, every=every))
    on = club.calendar.first_night
    for day in diary:
        assert day.on == on
        on = day.through + timedelta(days=1)
    assert on == TODAY
    entered = [enrolment for day in diary for enrolment in day.enrolments]
    assert sorted(one.reference for one in entered) == sorted(one.reference for one in club.enrolments)
    assert all(
        enrolment.on <= day.on < enrolment.on + timedelta(days=every) for day in diary for enrolment in day.enrolments
    )
    done = [act for day in diary for act in day.acts]
    assert len(done) == sum(len(club.acts(enrolment)) for enrolment in club.enrolments)
    assert all(act.on <= day.on < act.on + timedelta(days=every) for day in diary for act in day.acts)
    assert len({day.on for day in diary if day.enrolments}) <= -(-club.calendar.nights // every)
