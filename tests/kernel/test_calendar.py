"""Intervals against dateutil walked from the anchor; month ends; the working days of a delivery mode."""

from __future__ import annotations

import contextlib
import random
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from time import process_time
from typing import Any

import holidays
import pytest
from dateutil import rrule
from dateutil.relativedelta import relativedelta
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from perennial.errors import Refused
from perennial.kernel import calendar
from perennial.kernel.calendar import EVERY_DAY, Interval, WorkingDays

FEW = settings(max_examples=settings().max_examples * 2 // 5)
UNITS = {"DAILY": "days", "WEEKLY": "weeks", "MONTHLY": "months", "YEARLY": "years"}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def walked(rule: str, anchor: date, until: date) -> list[date]:
    """All dates of a rule from its anchor to a day, one by one: the slow way."""
    last = datetime.combine(until, time())
    made: Any = rrule.rrulestr(rule, dtstart=datetime.combine(anchor, time())).replace(until=last)
    return [moment.date() for moment in made]


ANCHORS = st.dates(date(1990, 1, 1), date(2030, 12, 31))


@st.composite
def rules(
    draw: st.DrawFn, frequencies: tuple[str, ...] = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"), anchors: Any = ANCHORS
) -> tuple[str, date]:
    """A rule of RFC 5545 that has dates only, and its anchor.

    Its parts are taken from a day within its steps, so that it nearly always has dates: dateutil walks a rule that
    has none to the year 9999, which takes seconds.
    """
    anchor = draw(anchors)
    frequency = draw(st.sampled_from(frequencies))
    step = draw(st.just(1) | st.integers(1, {"DAILY": 40, "WEEKLY": 15, "MONTHLY": 14, "YEARLY": 3}[frequency]))
    parts = [f"FREQ={frequency}"] + ([f"INTERVAL={step}"] if step > 1 or draw(st.booleans()) else [])
    weekday = draw(st.sampled_from(WEEKDAYS))
    target = anchor + relativedelta(**{UNITS[frequency]: step * draw(st.integers(0, 8))})
    if frequency == "YEARLY":
        target = target.replace(month=1, day=1) + timedelta(draw(st.integers(0, 364)))
    elif frequency == "MONTHLY":
        target = target.replace(day=draw(st.integers(1, 28)))
    elif frequency == "WEEKLY":
        target += timedelta(draw(st.integers(0, 6)) - (target.weekday() - WEEKDAYS.index(weekday)) % 7)
    month_end = (target.replace(day=1) + relativedelta(months=1) - timedelta(1)).day
    year_end = date(target.year, 12, 31).timetuple().tm_yday

    def also(number: int, least: int, most: int) -> str:
        """This number, and perhaps others of its kind, before and behind it."""
        others = draw(st.lists(st.integers(least, most).filter(bool), max_size=2)) if draw(st.booleans()) else []
        return ",".join(map(str, draw(st.permutations(list(dict.fromkeys([number, *others]))))))

    named = []
    kinds = {"DAILY": ("", "day", "weekday"), "WEEKLY": ("", "weekday")}.get(
        frequency, ("", "day", "weekday", "nth", "both")
    )
    kind = draw(st.sampled_from((*kinds, "yearday", "weekno") if frequency == "YEARLY" else kinds))
    if kind in ("day", "both"):
        named.append("BYMONTHDAY=" + also(draw(st.sampled_from((target.day, target.day - month_end - 1))), -31, 31))
    if kind in ("weekday", "both", "weekno"):
        others = draw(st.lists(st.sampled_from(WEEKDAYS), max_size=2))
        named.append("BYDAY=" + ",".join(dict.fromkeys([WEEKDAYS[target.weekday()], *others])))
    months = draw(st.integers(0, 2)) == 0 and kind not in ("yearday", "weekno")
    if kind == "nth":
        at = (
            (target.day - 1) // 7 + 1 if frequency == "MONTHLY" or months else (target.timetuple().tm_yday - 1) // 7 + 1
        )
        signs = [f"{at}", f"+{at}"]
        if frequency == "MONTHLY" or months:
            signs.append(f"-{(month_end - target.day) // 7 + 1}")
        named.append(
            f"BYDAY={draw(st.sampled_from(signs))}{WEEKDAYS[target.weekday()]}{draw(st.sampled_from(('', ',MO', ',-1SU')))}"
        )
    if kind == "yearday":
        number = target.timetuple().tm_yday
        named.append("BYYEARDAY=" + also(draw(st.sampled_from((number, number - year_end - 1))), -366, 366))
    if kind == "weekno":
        named.append("BYWEEKNO=" + also(draw(st.integers(1, 53) | st.integers(-53, -1)), -53, 53))
    if months:
        named.append("BYMONTH=" + also(target.month, 1, 12))
    if named and frequency in ("MONTHLY", "YEARLY") and draw(st.integers(0, 3)) == 0:
        named.append("BYSETPOS=" + draw(st.sampled_from(("1", "-1", "1,-1", "2,1", "-2,-1", "1,3"))))
    if draw(st.integers(0, 3)) == 0:
        named.append(f"WKST={weekday}")
    return ";".join(parts + draw(st.permutations(named))), anchor


def longest_gap(found: list[date], anchor: date, until: date) -> int:
    """The longest stretch of days without a date."""
    ends = [anchor, *found, until]
    return max((later - earlier).days for earlier, later in pairwise(ends))


NEVER = "FREQ=DAILY;INTERVAL=7;BYDAY=MO"  # from a Saturday; see test_a_rule_that_never_comes


def add_years(day: date, years: int) -> date:
    return day + relativedelta(years=years)


def parsed(rule: str, anchor: date) -> Interval | None:
    try:
        return Interval("I", rule, anchor)
    except Refused:
        return None


@FEW
@given(rules())
@example(("FREQ=YEARLY;INTERVAL=8", date(2000, 1, 1)))
@example(("FREQ=YEARLY;INTERVAL=9", date(2000, 1, 1)))
@example(("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", date(2000, 1, 1)))
@example(("FREQ=YEARLY;INTERVAL=3;BYMONTH=2;BYMONTHDAY=29", date(2000, 1, 1)))
@example(("FREQ=YEARLY;BYYEARDAY=1;BYDAY=MO", date(2000, 1, 1)))
@example(("FREQ=MONTHLY;INTERVAL=5;BYMONTH=2;BYMONTHDAY=29", date(2000, 4, 1)))
def test_a_rule_without_a_date_for_eight_years_is_refused_and_no_other(made: tuple[str, date]) -> None:
    rule, anchor = made
    years = 20 if "DAILY" not in rule else 10
    gap = longest_gap(walked(rule, anchor, add_years(anchor, years)), anchor, add_years(anchor, years))
    if parsed(rule, anchor) is None:
        later = walked(rule, anchor, add_years(anchor, 45))
        assert longest_gap(later, anchor, add_years(anchor, 45)) >= 8 * 365
    elif rule.startswith("FREQ=DAILY") and rule.count("BY") == 1:
        pass  # see test_a_rule_that_never_comes
    else:
        assert gap <= 8 * 366, f"{rule} from {anchor} has no date for {gap} days"


@FEW
@given(rules(), st.lists(st.integers(-1000, 5000), min_size=1, max_size=12))
@example(("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU", date(2026, 1, 7)), [0, 1, 4, 5, 11, 12, 18])
@example(("FREQ=MONTHLY;BYMONTHDAY=31", date(2000, 1, 31)), [28, 29, 30, 31, 59, 60])
@example(("FREQ=MONTHLY", date(2000, 1, 31)), [0, 1, 60])
@example(("FREQ=YEARLY", date(2000, 2, 29)), [0, 1, 365, 366, 1461])
@example(("FREQ=YEARLY;BYMONTH=3", date(2000, 1, 31)), [0, 1, 60, 366])
@example(("FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=MO,SU", date(2000, 1, 1)), [0, 360, 366, 370])
@example(("FREQ=YEARLY;INTERVAL=2;BYDAY=-1MO,20FR", date(2001, 7, 1)), [0, 180, 360, 720, 4000])
@example(("FREQ=MONTHLY;INTERVAL=5;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", date(2001, 7, 31)), [0, 30, 150, 4000])
@example(("FREQ=DAILY;INTERVAL=60", date(1990, 12, 31)), [-1, 0, 59, 60, 61, 9000])
def test_the_next_date_is_that_of_the_rule_walked_from_its_anchor(made: tuple[str, date], ahead: list[int]) -> None:
    compare(*made, [made[1] + timedelta(n) for n in ahead])


@FEW
@given(
    rules(("WEEKLY", "MONTHLY", "YEARLY"), st.dates(date(1950, 1, 1), date(1999, 12, 31))),
    st.lists(st.dates(date(2090, 1, 1), date(2110, 12, 31)), min_size=1, max_size=6),
)
@example(("FREQ=WEEKLY;INTERVAL=3", date(1950, 1, 1)), [date(2100, 2, 28)])
@example(("FREQ=DAILY;INTERVAL=7", date(1950, 1, 1)), [date(2100, 3, 1)])
@example(("FREQ=YEARLY", date(1952, 2, 29)), [date(2096, 2, 29), date(2100, 2, 28)])
@example(("FREQ=YEARLY;BYYEARDAY=-1,366", date(1952, 2, 29)), [date(2096, 12, 30), date(2100, 12, 30)])
def test_far_from_the_anchor_and_across_a_year_that_is_no_leap_year(made: tuple[str, date], asked: list[date]) -> None:
    compare(*made, asked)


def compare(rule: str, anchor: date, asked: list[date]) -> None:
    interval = parsed(rule, anchor)
    assume(interval is not None)
    assert interval is not None
    made = walked(rule, anchor, add_years(max(asked), 9))
    for day in asked:  # in any order: the table grows to both sides
        after = next((one for one in made if one > day), None)
        if after is None or after > add_years(max(day, anchor), 8):
            continue  # it may be refused, and may be found
        assert interval.after(day) == after, f"{rule} from {anchor} after {day}"
        assert interval.on_or_after(day) == next(one for one in made if one >= day)


@FEW
@given(rules(), st.integers(-500, 4000))
def test_a_date_of_the_interval_is_on_itself_and_after_the_day_before(made: tuple[str, date], ahead: int) -> None:
    rule, anchor = made
    interval = parsed(rule, anchor)
    assume(interval is not None)
    assert interval is not None
    found = interval.after(anchor + timedelta(ahead))
    assert found >= anchor
    assert interval.on_or_after(found) == found
    assert interval.after(found - timedelta(1)) == found
    assert interval.after(found) > found


def test_it_does_not_matter_in_which_order_dates_are_asked_for() -> None:
    rule, anchor = "FREQ=MONTHLY;BYDAY=2TU;WKST=TU", date(1999, 7, 1)
    asked = [date(1990, 1, 1) + timedelta(97 * n) for n in range(400)]
    wanted = {day: Interval("I", rule, anchor).after(day) for day in asked}
    made = walked(rule, anchor, date(2110, 1, 1))
    for seed in range(5):
        calendar._table.cache_clear()
        shuffled = random.Random(seed).sample(asked, len(asked))
        interval = Interval("I", rule, anchor)
        assert {day: interval.after(day) for day in shuffled} == wanted
    assert all(found == next(one for one in made if one > day) for day, found in wanted.items())


@pytest.mark.parametrize(
    "rule",
    [
        *("", " ", "MONTHLY", "FREQ", "FREQ=", "FREQ=HOURLY", "FREQ=MINUTELY", "FREQ=SECONDLY", "FREQ=monthly"),
        *("INTERVAL=2", "FREQ=DAILY;COUNT=3", "FREQ=DAILY;UNTIL=20301231", "COUNT=3;FREQ=DAILY", "FREQ=DAILY;BYHOUR=9"),
        *("FREQ=DAILY;BYMINUTE=0", "FREQ=DAILY;BYSECOND=0", "FREQ=DAILY;BYEASTER=0", "FREQ=DAILY;X-MINE=1"),
        *("FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=-1", "FREQ=DAILY;INTERVAL=1.5"),
        *("FREQ=DAILY;INTERVAL=x", "FREQ=DAILY;INTERVAL=10000", "FREQ=DAILY;", ";FREQ=DAILY", "FREQ=DAILY; INTERVAL=2"),
        *("RRULE:FREQ=DAILY", "DTSTART:20260101\nRRULE:FREQ=DAILY", "FREQ=DAILY\n", "FREQ=WEEKLY;BYDAY=MONDAY"),
        *("FREQ=WEEKLY;BYDAY=", "FREQ=WEEKLY;BYDAY=MO,", "FREQ=WEEKLY;BYDAY=1MO", "FREQ=DAILY;BYDAY=-1FR"),
        *("FREQ=MONTHLY;BYDAY=0MO", "FREQ=MONTHLY;BYDAY=54MO", "FREQ=MONTHLY;BYDAY=MO1", "FREQ=MONTHLY;BYDAY=xMO"),
        *("FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=MONTHLY;BYMONTHDAY=-32"),
        *("FREQ=MONTHLY;BYMONTHDAY=--1", "FREQ=YEARLY;BYMONTH=0", "FREQ=YEARLY;BYMONTH=13", "FREQ=YEARLY;BYMONTH=-1"),
        *("FREQ=YEARLY;BYYEARDAY=367", "FREQ=YEARLY;BYWEEKNO=54", "FREQ=YEARLY;BYWEEKNO=0", "FREQ=DAILY;WKST=XX"),
        *("FREQ=MONTHLY;BYWEEKNO=20", "FREQ=MONTHLY;BYYEARDAY=20", "FREQ=WEEKLY;BYMONTHDAY=1", "FREQ=DAILY;BYSETPOS=1"),
        *("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367"),
        # no date for eight years
        *(
            "FREQ=YEARLY;INTERVAL=9",
            "FREQ=YEARLY;INTERVAL=9999",
            "FREQ=MONTHLY;INTERVAL=97",
            "FREQ=DAILY;INTERVAL=9999",
        ),
        *("FREQ=WEEKLY;INTERVAL=500", "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31", "FREQ=MONTHLY;INTERVAL=12;BYMONTH=2"),
        *("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", "FREQ=YEARLY;INTERVAL=3;BYMONTH=2;BYMONTHDAY=29"),
    ],
)
def test_a_rule_that_is_refused(rule: str) -> None:
    with pytest.raises(Refused) as refused:
        Interval("I", rule, field="date_intervals[0].rule")
    assert refused.value.field == "date_intervals[0].rule"


@pytest.mark.parametrize("rule", [None, 5, ["FREQ=DAILY"], b"FREQ=DAILY"])
def test_what_is_no_text_is_no_rule(rule: Any) -> None:
    with pytest.raises(Refused):
        Interval("I", rule)


@given(st.text("FREQ=DAILYMONTHW;BYSPU0123+-,²٣ ", max_size=40) | st.text(max_size=30))
@example("FREQ=MONTHLY;BYMONTHDAY=1")
def test_no_text_breaks_the_reading_of_a_rule(rule: str) -> None:
    assume(not any(digit in rule for digit in "²"))  # see test_digits_that_are_no_numbers
    with contextlib.suppress(Refused):
        Interval("I", rule)


BROKEN = "the kernel lets it through to dateutil, which raises ValueError: a traceback where a refusal belongs"


@pytest.mark.parametrize(
    "rule",
    [
        *("FREQ=DAILY;INTERVAL=²", "FREQ=MONTHLY;BYMONTHDAY=²", "FREQ=MONTHLY;BYDAY=²FR"),
        *("FREQ=MONTHLY;BYDAY=--1FR", "FREQ=MONTHLY;BYDAY=+-1FR"),
    ],
)
def test_digits_that_are_no_numbers(rule: str) -> None:
    with pytest.raises(Refused):
        Interval("I", rule)


def test_a_rule_that_never_comes() -> None:
    with pytest.raises(Refused):
        Interval("I", NEVER, date(2000, 1, 1))


@pytest.mark.parametrize(
    "rule",
    [
        *(
            NEVER,
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=DAILY;BYDAY=MO;BYSETPOS=2",
            "FREQ=DAILY;BYMONTHDAY=-31,31;BYMONTH=2",
        ),
        *("FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYDAY=6MO"),
        *(
            "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31",
            "FREQ=YEARLY;BYWEEKNO=10;BYMONTH=12",
            "FREQ=YEARLY;BYDAY=MO;BYSETPOS=60",
        ),
    ],
)
@pytest.mark.parametrize("anchor", [date(1, 1, 1), date(2000, 1, 1), date(2026, 5, 31)])
def test_a_rule_that_never_comes_is_refused_at_once(rule: str, anchor: date) -> None:
    calendar._table.cache_clear()
    began = process_time()
    if rule != NEVER or anchor == date(2000, 1, 1):
        with pytest.raises(Refused, match=r"interval_without_dates|interval_gap"):
            Interval("I", rule, anchor)
    assert process_time() - began < 0.4


@pytest.mark.parametrize("rule", ["FREQ=MONTHLY;BYDAY=53MO", "FREQ=YEARLY;BYMONTH=12;BYDAY=1MO,20FR"])
def test_a_weekday_that_no_month_has_so_often(rule: str) -> None:
    with pytest.raises(Refused, match="rule_weekday_never") as refused:
        Interval("I", rule, field="date_intervals[0].rule")
    assert refused.value.field == "date_intervals[0].rule"


@FEW
@given(
    st.integers(1, 30) | st.sampled_from((1, 7, 365)),
    st.sets(st.integers(1, 12), max_size=2),
    st.sets(st.integers(-31, 31).filter(bool), max_size=3),
    st.sets(st.sampled_from(WEEKDAYS), max_size=3),
    st.sampled_from(("", "1", "-1", "2", "2,-1", "-2")),
    ANCHORS,
)
@example(1, {2}, {30}, set(), "", date(2000, 1, 1))
@example(1, {2}, {29}, set(), "", date(2000, 1, 1))
@example(7, set(), set(), {"MO"}, "", date(2000, 1, 3))
def test_every_daily_rule_has_the_days_that_fit_it(
    step: int, months: set[int], days: set[int], weekdays: set[str], place: str, anchor: date
) -> None:
    assume(months or days or weekdays or not place)
    named = {"BYMONTH": months, "BYMONTHDAY": days, "BYDAY": weekdays}
    parts = [f"{name}={','.join(map(str, sorted(given)))}" for name, given in named.items() if given]
    rule = ";".join([f"FREQ=DAILY;INTERVAL={step}", *parts, *([f"BYSETPOS={place}"] if place else [])])

    def fits(day: date) -> bool:
        left = (day.replace(day=1) + relativedelta(months=1) - day).days
        return (
            (not months or day.month in months)
            and (not days or day.day in days or -left in days)
            and (not weekdays or WEEKDAYS[day.weekday()] in weekdays)
            and place not in ("2", "-2")  # one day is a set of one
        )

    end = date(anchor.year + 40, 1, 1)
    wanted = [day for n in range(0, (end - anchor).days, step) if fits(day := anchor + timedelta(n))]
    gaps = [later > add_years(earlier, 8) for earlier, later in pairwise([anchor, *wanted])]
    never = any(gaps) or (wanted or [anchor])[-1] < add_years(end, -8)
    plain = not (months or days or weekdays)
    found = parsed(rule, anchor)
    assert (found is None) == (never and not plain)
    if found is not None and wanted:
        assert found.after(anchor - timedelta(1)) == wanted[0]
        assert all(found.after(day) == following for day, following in pairwise(wanted[:20]))
        middle = len(wanted) // 2
        assert found.on_or_after(wanted[middle]) == wanted[middle]


# --- counted from the order


@pytest.mark.parametrize(
    ("rule", "first", "dates"),
    [
        ("FREQ=MONTHLY", "2026-01-31", "2026-02-28 2026-03-31 2026-04-30 2026-05-31"),
        ("FREQ=MONTHLY", "2024-01-30", "2024-02-29 2024-03-30"),
        ("FREQ=MONTHLY;INTERVAL=2", "2025-12-31", "2026-02-28 2026-04-30 2026-06-30 2026-08-31"),
        ("FREQ=YEARLY", "2024-02-29", "2025-02-28 2026-02-28 2027-02-28 2028-02-29"),
        ("FREQ=WEEKLY;INTERVAL=2", "2026-12-24", "2027-01-07 2027-01-21"),
        ("FREQ=DAILY;INTERVAL=10", "2026-02-25", "2026-03-07 2026-03-17"),
    ],
)
def test_a_rule_counted_from_the_order(rule: str, first: str, dates: str) -> None:
    interval = Interval("O", rule, None)
    start = day = date.fromisoformat(first)
    found = []
    for _ in dates.split():
        day = interval.after(day, start)
        found.append(str(day))
    assert found == dates.split()
    assert interval.from_order
    assert interval.on_or_after(start) == start


@given(
    st.sampled_from(sorted(UNITS)),
    st.integers(1, 7),
    st.dates(date(1999, 1, 1), date(2031, 1, 1)),
    st.integers(0, 3000),
)
@example("MONTHLY", 1, date(2026, 1, 31), 27)
@example("MONTHLY", 1, date(2026, 1, 31), 28)
@example("YEARLY", 4, date(2096, 2, 29), 1461)
def test_counted_from_the_order_it_is_the_first_date_plus_whole_steps(
    unit: str, step: int, first: date, ahead: int
) -> None:
    interval = Interval("O", f"FREQ={unit};INTERVAL={step}", None)
    day = first + timedelta(ahead)
    k = 0
    while (wanted := first + relativedelta(**{UNITS[unit]: k * step})) <= day:
        k += 1
    assert interval.after(day, first) == wanted


@pytest.mark.parametrize("part", ["BYMONTHDAY=1", "BYDAY=MO", "BYMONTH=3", "WKST=MO", "COUNT=2", "UNTIL=20300101"])
def test_a_rule_counted_from_the_order_has_a_frequency_and_an_interval_alone(part: str) -> None:
    with pytest.raises(Refused):
        Interval("O", f"FREQ=MONTHLY;{part}", None)


@pytest.mark.parametrize("rule", ["FREQ=YEARLY;INTERVAL=9", "FREQ=MONTHLY;INTERVAL=97", "FREQ=DAILY;INTERVAL=3000"])
def test_a_rule_counted_from_the_order_has_a_date_in_eight_years_too(rule: str) -> None:
    with pytest.raises(Refused):
        Interval("O", rule, None)


# --- months, and the end of the calendar


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(-1200, 1200))
@example(date(2026, 1, 31), 1)
@example(date(2024, 2, 29), -12)
def test_months_later(day: date, months: int) -> None:
    assert calendar.add_months(day, months) == day + relativedelta(months=months)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 600), st.sampled_from(("day", "month", "year")))
def test_units_later_are_counted_from_the_start(day: date, many: int, unit: str) -> None:
    assert calendar.add_units(day, many, unit) == day + relativedelta(**{unit + "s": many})


@pytest.mark.parametrize(
    "asked",
    [
        lambda: calendar.add_days(date(9999, 12, 31), 1),
        lambda: calendar.add_days(date(2026, 1, 1), 10**10),
        lambda: calendar.add_months(date(9999, 12, 31), 1),
        lambda: calendar.add_months(date(1, 1, 1), -1),
        lambda: calendar.add_units(date(2026, 1, 1), 9000, "year"),
        lambda: Interval("I", "FREQ=MONTHLY").after(date(9999, 1, 1)),
        lambda: Interval("O", "FREQ=MONTHLY", None).after(date(9999, 12, 31), date(9999, 12, 31)),
    ],
)
def test_beyond_the_calendar_is_refused(asked: Any) -> None:
    with pytest.raises(Refused):
        asked()


# --- working days


@st.composite
def modes(draw: st.DrawFn) -> tuple[WorkingDays, tuple[int, ...], str | None, tuple[date, ...]]:
    weekdays = tuple(draw(st.sets(st.integers(1, 7), max_size=7)))
    place = draw(st.sampled_from((None, None, "US", "US-NY", "IT", "DE-BY", "GB", "JP")))
    closed = tuple(draw(st.sets(st.dates(date(2025, 12, 1), date(2026, 4, 1)), max_size=10)))
    return WorkingDays("M", weekdays, place, closed), weekdays, place, closed


@given(modes(), st.dates(date(2025, 11, 1), date(2026, 5, 1)))
def test_the_first_working_day_on_or_after(mode: Any, day: date) -> None:
    working, weekdays, place, closed = mode
    country, _, region = (place or "").partition("-")
    official = holidays.country_holidays(country, subdiv=region or None) if place else {}
    found = day
    while (weekdays and found.isoweekday() not in weekdays) or found in closed or found in official:
        found += timedelta(1)
    assert working.roll(day) == found
    assert working.works_on(found)
    assert working.roll(found) == found


def test_every_day_is_a_working_day_unless_said() -> None:
    assert EVERY_DAY.roll(date(2026, 12, 25)) == date(2026, 12, 25)


def test_holidays_observed_on_another_day_and_across_the_year_are_left_out() -> None:
    mode = WorkingDays("STD", (1, 2, 3, 4, 5), "US-NY")
    assert mode.roll(date(2026, 7, 3)) == date(2026, 7, 6), "the fourth is a Saturday, observed on Friday"
    assert mode.roll(date(2021, 12, 31)) == date(2022, 1, 3), "New Year of 2022, observed on the last day of 2021"
    assert mode.roll(date(2026, 12, 31)) == date(2026, 12, 31)
    assert mode.roll(date(2027, 1, 1)) == date(2027, 1, 4)


def test_a_mode_that_never_works_is_refused() -> None:
    closed = tuple(date(2026, 1, 1) + timedelta(n) for n in range(800))
    with pytest.raises(Refused) as refused:
        WorkingDays("SHUT", closed_on=closed).roll(date(2026, 2, 1))
    assert "SHUT" in str(refused.value)
    assert WorkingDays("SHUT", closed_on=closed[:60]).roll(date(2026, 1, 1)) == date(2026, 3, 2)


@pytest.mark.parametrize("place", ["Italy", "USA", "NYSE", "HolidayBase", "US-", "utils", "HALF_DAY"])
def test_names_that_are_no_country(place: str) -> None:
    with pytest.raises(Refused):
        calendar.check_holidays(place)


def test_places_whose_holidays_are_known() -> None:
    for place in ("US", "US-NY", "IT", "DE-BY", "GB-SCT"):
        calendar.check_holidays(place)


@pytest.mark.parametrize("place", ["", "XX", "us", "US-ny", "US-XX", "US_NY", "-", "US-NY-1"])
def test_places_whose_holidays_are_not_known_are_refused(place: str) -> None:
    with pytest.raises(Refused) as refused:
        calendar.check_holidays(place, "holidays")
    assert refused.value.field == "holidays"
