"""Payment schedules: the parts sum to the total to the last minor unit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import assume, example, given
from hypothesis import strategies as st

from perennial.errors import Refused
from perennial.kernel.calendar import add_units
from perennial.kernel.instalments import MOST_PARTS, Part, PaymentSchedule, parts, respread
from tests.worlds.kernel import days

START = date(2026, 1, 31)
totals = st.integers(1, 50) | st.integers(1, 10**7)


@st.composite
def splits(draw: st.DrawFn) -> tuple[tuple[int, Decimal], ...]:
    """Percentages that sum to 100, with up to three decimals, each after the one before it."""
    cuts = sorted(draw(st.lists(st.integers(0, 100_000), max_size=6)))
    shares = [b - a for a, b in pairwise([0, *cuts, 100_000])]
    ahead = sorted(draw(st.lists(st.integers(0, 90), min_size=len(shares), max_size=len(shares))))
    return tuple((after, Decimal(share).scaleb(-3)) for after, share in zip(ahead, shares, strict=True))


@st.composite
def schedules(draw: st.DrawFn) -> PaymentSchedule:
    unit = draw(st.sampled_from(("day", "month", "year")))
    every, after = draw(st.integers(1, 40)), draw(st.integers(0, 40))
    kind = draw(st.sampled_from(("total", "fixed_quantity", "fixed_amount", "specified")))
    if kind == "total":
        return PaymentSchedule("T", "total", unit, 0, after)
    if kind == "fixed_quantity":
        return PaymentSchedule("Q", "fixed_quantity", unit, every, after, draw(st.integers(1, 36)))
    if kind == "fixed_amount":
        return PaymentSchedule("A", "fixed_amount", unit, every, after, 1, draw(st.integers(1, 10**6)))
    return PaymentSchedule("S", "specified", unit, lines=draw(splits()))


def few_parts(schedule: PaymentSchedule, total: int) -> bool:
    amount = schedule.amount_minor or 1
    return schedule.allocation != "fixed_amount" or -(-total // amount) <= (
        100 if schedule.unit == "year" else MOST_PARTS
    )


def half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


@given(schedules(), totals, st.dates(date(2024, 1, 1), date(2028, 12, 31)))
def test_parts_sum_to_the_total_none_is_nothing_and_none_is_more_than_what_is_left(
    schedule: PaymentSchedule, total: int, start: date
) -> None:
    assume(few_parts(schedule, total))
    made = parts(schedule, total, start)
    assert sum(part.amount for part in made) == total
    assert all(part.amount > 0 for part in made)
    assert [part.due_on for part in made] == sorted(part.due_on for part in made)
    left = total
    for part in made:
        assert part.amount <= left
        left -= part.amount


@given(schedules(), totals, st.dates(date(2024, 1, 1), date(2028, 12, 31)))
@example(PaymentSchedule("Q", "fixed_quantity", "month", 1, 0, 4), 100, START)
def test_a_part_is_dated_from_the_start_and_never_from_a_clamped_date(
    schedule: PaymentSchedule, total: int, start: date
) -> None:
    assume(few_parts(schedule, total))
    units = schedule.unit + "s"
    made = parts(schedule, total, start)
    if schedule.allocation == "specified":
        possible = [after for after, _ in schedule.lines]
    else:
        many = max(len(made), schedule.number_of_payments)
        possible = [schedule.after + k * schedule.every for k in range(many)]
    allowed = [start + relativedelta(**{units: many}) for many in possible]
    assert {part.due_on for part in made} <= set(allowed)
    if len(made) == len(allowed):
        assert [part.due_on for part in made] == allowed


@given(schedules(), totals)
def test_all_parts_but_the_last_are_what_the_schedule_says(schedule: PaymentSchedule, total: int) -> None:
    assume(few_parts(schedule, total))
    made = [part.amount for part in parts(schedule, total, START)]
    if schedule.allocation == "total":
        assert made == [total]
    elif schedule.allocation == "fixed_amount":
        amount = schedule.amount_minor or 0
        whole, rest = divmod(total, amount)
        assert made == [amount] * whole + [rest] * (rest > 0)
    elif schedule.allocation == "fixed_quantity":
        each = half_up(Fraction(total, schedule.number_of_payments))
        assert all(amount == each for amount in made[:-1] if amount)
    else:
        wanted = [half_up(Fraction(share) * total / 100) for _, share in schedule.lines]
        left, cut = total, []
        for amount in wanted[:-1]:
            cut.append(min(amount, left))
            left -= cut[-1]
        assert made == [amount for amount in [*cut, left] if amount]


@pytest.mark.parametrize(
    ("schedule", "total", "amounts", "dates"),
    [
        (
            PaymentSchedule("3X", "fixed_quantity", "month", number_of_payments=3),
            10000,
            [3333, 3333, 3334],
            "1-31 2-28 3-31",
        ),
        (
            PaymentSchedule("3X", "fixed_quantity", "month", number_of_payments=3),
            10001,
            [3334, 3334, 3333],
            "1-31 2-28 3-31",
        ),
        (
            PaymentSchedule("50A", "fixed_amount", "month", amount_minor=5000),
            12000,
            [5000, 5000, 2000],
            "1-31 2-28 3-31",
        ),
        (PaymentSchedule("50A", "fixed_amount", "month", amount_minor=5000), 4999, [4999], "1-31"),
        (PaymentSchedule("N14", "total", "day", after=14), 995, [995], "2-14"),
        (
            PaymentSchedule("S", "specified", "day", lines=((0, Decimal(50)), (30, Decimal(30)), (60, Decimal(20)))),
            1001,
            [501, 300, 200],
            "1-31 3-02 4-01",
        ),
        (
            PaymentSchedule("10X", "fixed_quantity", "day", number_of_payments=10),
            5,
            [1, 1, 1, 1, 1],
            "1-31 2-01 2-02 2-03 2-04",
        ),
        (PaymentSchedule("2X", "fixed_quantity", "day", number_of_payments=2), 1, [1], "1-31"),
        (PaymentSchedule("Y", "fixed_quantity", "year", number_of_payments=2), 100, [50, 50], "2026-01-31 2027-01-31"),
    ],
)
def test_schedules(schedule: PaymentSchedule, total: int, amounts: list[int], dates: str) -> None:
    made = parts(schedule, total, START)
    assert [part.amount for part in made] == amounts
    assert [part.due_on for part in made] == days(*dates.split())


def test_from_a_leap_day_a_year_later_is_the_last_of_february_and_four_years_later_the_leap_day() -> None:
    made = parts(PaymentSchedule("Y", "fixed_quantity", "year", number_of_payments=5), 500, date(2024, 2, 29))
    assert [str(part.due_on) for part in made] == ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]


@pytest.mark.parametrize("total", [0, -1])
def test_nothing_owed_is_no_part(total: int) -> None:
    assert parts(PaymentSchedule("T", "total", "day"), total, START) == []


def test_too_many_parts_are_refused() -> None:
    schedule = PaymentSchedule("C", "fixed_amount", "day", amount_minor=1)
    assert len(parts(schedule, MOST_PARTS, START)) == MOST_PARTS
    with pytest.raises(Refused):
        parts(schedule, MOST_PARTS + 1, START)
    with pytest.raises(Refused):
        parts(PaymentSchedule("C", "fixed_amount", "day", amount_minor=0), 1, START)
    with pytest.raises(Refused):
        parts(PaymentSchedule("C", "fixed_quantity", "year", every=5000, number_of_payments=3), 100, START)


# --- spread again when some parts are made


@given(schedules(), totals, totals, st.data())
def test_made_parts_stay_and_all_sum_to_the_new_total(
    schedule: PaymentSchedule, before: int, total: int, data: st.DataObject
) -> None:
    assume(few_parts(schedule, before) and few_parts(schedule, total))
    made = dict(enumerate(parts(schedule, before, START), 1))
    kept = {n: made[n].amount for n in data.draw(st.sets(st.sampled_from(sorted(made))))}
    spread = respread(schedule, total, START, kept)
    assert not set(spread) & set(kept)
    assert all(part.amount > 0 for part in spread.values())
    if sum(kept.values()) <= total:
        assert sum(kept.values()) + sum(part.amount for part in spread.values()) == total
    else:
        assert spread == {}
    fresh = parts(schedule, total, START)
    for n, part in spread.items():
        if schedule.allocation == "fixed_amount":
            assert part.amount <= (schedule.amount_minor or 0)
            assert part.due_on == add_units(START, schedule.after + (n - 1) * schedule.every, schedule.unit)
            continue
        assert part.due_on == (fresh[n - 1].due_on if n <= len(fresh) else fresh[-1].due_on)


@given(schedules(), totals, st.data())
def test_spread_again_with_the_same_total_nothing_changes_when_the_first_parts_are_made(
    schedule: PaymentSchedule, total: int, data: st.DataObject
) -> None:
    assume(few_parts(schedule, total))
    made = dict(enumerate(parts(schedule, total, START), 1))
    many = data.draw(st.integers(0, len(made)))
    kept = {n: part.amount for n, part in made.items() if n <= many}
    spread = respread(schedule, total, START, kept)
    assert sum(part.amount for part in spread.values()) == total - sum(kept.values())
    assert {n: part.due_on for n, part in spread.items()} == {n: p.due_on for n, p in made.items() if n in spread}
    if schedule.allocation == "total" or not kept:
        assert spread == {n: part for n, part in made.items() if n not in kept}


THREE = PaymentSchedule("3X", "fixed_quantity", "month", number_of_payments=3)


@pytest.mark.parametrize(
    ("total", "kept", "amounts"),
    [
        (9000, {}, {1: 3000, 2: 3000, 3: 3000}),
        (12000, {1: 3000}, {2: 4500, 3: 4500}),
        (6000, {1: 3000}, {2: 1500, 3: 1500}),
        (6001, {1: 3000}, {2: 1501, 3: 1500}),
        (3000, {1: 3000}, {}),
        (2000, {1: 3000}, {}),
        (9000, {1: 3000, 2: 3000, 3: 3000}, {}),
        (9500, {1: 3000, 2: 3000, 3: 3000}, {4: 500}),
        (6500, {1: 2000}, {2: 2250, 3: 2250}),  # not in the proportion of 2167 to 2166
        (100, {1: 33}, {2: 33, 3: 34}),  # what they are without a change
        (9000, {2: 3000}, {1: 3000, 3: 3000}),
    ],
)
def test_spread_again(total: int, kept: dict[int, int], amounts: dict[int, int]) -> None:
    assert {n: part.amount for n, part in respread(THREE, total, START, kept).items()} == amounts


def test_percentages_are_spread_again_as_percentages() -> None:
    schedule = PaymentSchedule("S", "specified", "day", lines=((0, Decimal(50)), (30, Decimal(30)), (60, Decimal(20))))
    assert {n: part.amount for n, part in respread(schedule, 20001, START, {1: 5000}).items()} == {2: 9001, 3: 6000}


def test_what_comes_on_top_of_all_made_parts_is_due_with_the_last() -> None:
    assert respread(THREE, 9500, START, {1: 3000, 2: 3000, 3: 3000}) == {4: Part(date(2026, 3, 31), 500)}


@pytest.mark.parametrize(
    ("total", "kept", "amounts"),
    [
        (5668, {1: 1500}, {2: 2000, 3: 2000, 4: 168}),  # it was a smaller order when the first was taken
        (2500, {1: 1500}, {2: 1000}),
        (3000, {1: 2000, 2: 500}, {3: 500}),
        (6000, {2: 1000}, {1: 2000, 3: 2000, 4: 1000}),
        (6000, {1: 2000}, {2: 2000, 3: 2000}),
        (1500, {1: 1500}, {}),
    ],
)
def test_fixed_amounts_stay_as_high_as_agreed(total: int, kept: dict[int, int], amounts: dict[int, int]) -> None:
    schedule = PaymentSchedule("20", "fixed_amount", "month", amount_minor=2000)
    spread = respread(schedule, total, START, kept)
    assert {n: part.amount for n, part in spread.items()} == amounts
    assert [spread[n].due_on for n in sorted(spread)] == [add_units(START, n - 1, "month") for n in sorted(spread)]
