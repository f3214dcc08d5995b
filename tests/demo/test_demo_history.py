"""The file of purchases, and the calendar that brings it to today."""

from __future__ import annotations

from datetime import date, timedelta

from perennial.demo.history import calendar, cents, choose, open_transactions, read_histories

FIRST, LAST = date(1997, 1, 1), date(1998, 6, 30)


def test_the_file_is_whole():
    with open_transactions() as lines:
        histories = list(read_histories(lines))
    assert len(histories) == len({history.customer for history in histories}) == 23_570
    assert sum(len(history.purchases) for history in histories) == 69_659
    assert min(history.purchases[0].on for history in histories) == FIRST
    assert max(history.purchases[-1].on for history in histories) == LAST
    assert all(list(history.purchases) == sorted(history.purchases) for history in histories)


def test_amounts_are_cents():
    assert [cents(text) for text in ("11.77", "12.00", "0.00", "7.5", "9")] == [1177, 1200, 0, 750, 900]


def test_whole_weeks_bring_the_last_purchase_into_the_week_before_yesterday():
    for days in range(800):
        yesterday = date(2026, 2, 19) + timedelta(days=days)
        moved = calendar(FIRST, LAST, today=yesterday + timedelta(days=1))
        assert moved.shift.days % 7 == 0
        assert yesterday - timedelta(days=7) <= moved.last_purchase < yesterday
        assert moved.last_night == yesterday
        assert moved.first_night == FIRST + moved.shift
        assert moved.first_night.weekday() == FIRST.weekday()


def test_real_dates_stay_and_the_nights_go_on_for_a_week():
    real = calendar(FIRST, LAST, today=date(2026, 11, 24), real_dates=True)
    assert (real.first_night, real.last_purchase, real.last_night) == (FIRST, LAST, date(1998, 7, 7))


def test_a_larger_sample_holds_the_smaller_one():
    customers = [f"{number:05}" for number in range(1000)]
    small, large = choose(customers, sample=50, seed=1), choose(customers, sample=200, seed=1)
    assert len(small) == 50
    assert small < large
    assert small != choose(customers, sample=50, seed=2)
    assert choose(customers, sample=None, seed=1) == choose(customers, sample=5000, seed=1) == set(customers)
