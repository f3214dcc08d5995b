"""When something that recurs happens next: each day once, whatever the clocks of a zone do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from perennial.kernel.recurrence import EVERY_DAY, last_moment, moment, next_moment

ZONES = ("Europe/Rome", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
instants = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))
weeks = st.lists(st.sampled_from(EVERY_DAY), min_size=1, unique=True)


@given(times, weeks, st.sampled_from(ZONES), instants)
def test_the_last_is_not_ahead_and_the_next_is(at: time, days: list[int], zone: str, now: datetime) -> None:
    last, following = last_moment(at, days, zone, now), next_moment(at, days, zone, now)
    assert last.at <= now < following.at
    assert last.day < following.day
    assert {last.day.isoweekday(), following.day.isoweekday()} <= set(days)
    between = (last.day + timedelta(n) for n in range(1, (following.day - last.day).days))
    assert not [day for day in between if day.isoweekday() in days]


@given(times, st.sampled_from(ZONES), st.dates(date(2024, 1, 1), date(2030, 12, 1)))
def test_asked_each_minute_each_day_comes_once_and_in_order(at: time, zone: str, day: date) -> None:
    """Two days around a day, minute by minute, as a worker asks."""
    now, seen = moment(day, time(0), zone) - timedelta(hours=26), []
    for _ in range(4 * 24 * 6):
        newest = last_moment(at, EVERY_DAY, zone, now).day
        if not seen or seen[-1] != newest:
            seen.append(newest)
        now += timedelta(minutes=10)
    assert seen == [seen[0] + timedelta(n) for n in range(len(seen))]


def test_where_clocks_are_put_forward_over_it_it_comes_an_hour_later_on_the_clock() -> None:
    found = next_moment(time(2, 30), EVERY_DAY, "Europe/Rome", datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert found.day == date(2026, 3, 29)
    assert found.at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert found.at.astimezone(ZoneInfo("Europe/Rome")).time() == time(3, 30)


def test_where_clocks_are_put_back_over_it_it_is_the_first_of_the_two() -> None:
    found = next_moment(time(2, 30), EVERY_DAY, "Europe/Rome", datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert found.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    after = next_moment(time(2, 30), EVERY_DAY, "Europe/Rome", found.at + timedelta(minutes=61))
    assert after.day == date(2026, 10, 26)


def test_days_of_the_week() -> None:
    found = next_moment(time(6), (1, 4), "Europe/Rome", datetime(2026, 3, 10, 12, tzinfo=UTC))  # a Tuesday
    assert found.day == date(2026, 3, 12)
