"""The rate that is in force, the tax of a sum, what an order costs. Fractions are the witness."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perennial.kernel.tax import Rate, rate_for, tax_of
from perennial.kernel.totals import Charge, GroupTax, Totals, taken_apart, totals

percents = st.integers(0, 100 * 10**6).map(lambda n: Decimal(n).scaleb(-6)) | st.sampled_from(
    [Decimal(text) for text in ("0", "4", "8.875", "19", "22", "25.5", "100")]
)
bases = st.integers(0, 10**12)


def half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


@given(bases, percents)
@example(50, Decimal(1))
@example(10**12, Decimal("99.999999"))
def test_tax_on_top_is_rounded_half_up_once(base: int, percent: Decimal) -> None:
    assert tax_of(base, percent, False) == half_up(base * Fraction(percent) / 100)


@given(bases, percents)
@example(122, Decimal(22))
@example(1, Decimal(100))
@example(10**12, Decimal("0.000001"))
def test_tax_inside_is_the_part_of_the_gross(base: int, percent: Decimal) -> None:
    rate = Fraction(percent)
    tax = tax_of(base, percent, True)
    assert tax == half_up(base * rate / (100 + rate))
    assert 0 <= tax <= base


@given(bases, percents)
def test_a_credit_is_taxed_as_much_as_the_charge(base: int, percent: Decimal) -> None:
    for included in (True, False):
        assert tax_of(-base, percent, included) == -tax_of(base, percent, included)


# --- the rate

DAYS = [date(2026, 1, 1), date(2026, 3, 1), date(2026, 6, 1)]


@st.composite
def rates(draw: st.DrawFn) -> list[Rate]:
    found = draw(
        st.lists(
            st.tuples(
                st.sampled_from(("BOOKS", "TOYS")),
                st.sampled_from(("US", "IT")),
                st.sampled_from((None, "NY", "MI")),
                st.sampled_from((None, *DAYS)),
            ),
            max_size=12,
            unique=True,
        )
    )
    return [
        Rate(n, group, country, region, Decimal(n), since) for n, (group, country, region, since) in enumerate(found, 1)
    ]


@given(
    rates(),
    st.sampled_from(("US", "IT", "FR")),
    st.sampled_from((None, "NY", "MI", "CA")),
    st.dates(date(2025, 12, 1), date(2026, 7, 1)),
)
def test_the_region_before_the_country_then_the_newest_in_force(
    known: list[Rate], country: str, region: str | None, on: date
) -> None:
    found = rate_for(known, "BOOKS", country, region, on)
    in_force = [r for r in known if r.group == "BOOKS" and r.country == country and (r.valid_from or date.min) <= on]
    best = None
    for wanted in dict.fromkeys((region, None)):
        of_it = sorted((r for r in in_force if r.region == wanted), key=lambda r: r.valid_from or date.min)
        if of_it:
            best = of_it[-1]
            break
    assert found == best
    assert found == rate_for(known[::-1], "BOOKS", country, region, on), "in whatever order they are read"


RATES = [
    Rate(1, "BOOKS", "US", None, Decimal(4), None),
    Rate(2, "BOOKS", "US", "NY", Decimal("8.875"), date(2026, 3, 1)),
    Rate(3, "BOOKS", "US", "NY", Decimal(9), date(2026, 6, 1)),
    Rate(4, "FREIGHT", "US", None, Decimal(10), None),
]


@pytest.mark.parametrize(
    ("country", "region", "on", "rate"),
    [
        ("US", "NY", date(2026, 2, 28), 1),
        ("US", "NY", date(2026, 3, 1), 2),
        ("US", "NY", date(2026, 5, 31), 2),
        ("US", "NY", date(2026, 6, 1), 3),
        ("US", "CA", date(2026, 6, 1), 1),
        ("US", None, date(2026, 6, 1), 1),
        ("IT", "NY", date(2026, 6, 1), None),
    ],
)
def test_rates(country: str, region: str | None, on: date, rate: int | None) -> None:
    found = rate_for(RATES, "BOOKS", country, region, on)
    assert (found.id if found else None) == rate


# --- totals

charges = st.lists(
    st.builds(Charge, st.integers(0, 10**6), st.sampled_from((None, "BOOKS", "FREIGHT", "TOYS"))), max_size=6
)


@given(charges, charges, st.sampled_from((None, "NY", "CA")), st.booleans())
def test_an_order_costs_its_lines_its_delivery_and_its_tax_by_group(
    lines: list[Charge], deliveries: list[Charge], region: str | None, included: bool
) -> None:
    on = date(2026, 4, 1)
    made = totals(lines, deliveries, RATES, "US", region, on, included)
    assert made.lines == sum(line.amount for line in lines)
    assert made.delivery == sum(charge.amount for charge in deliveries)
    assert made.tax == sum(group.tax for group in made.groups)
    assert made.total == made.lines + made.delivery + (0 if included else made.tax)
    for group in ("BOOKS", "FREIGHT", "TOYS"):
        base = sum(charge.amount for charge in lines + deliveries if charge.tax_group == group)
        rate = rate_for(RATES, group, "US", region, on)
        found = [one for one in made.groups if one.group == group]
        if base:
            tax = tax_of(base, rate.percent, included) if rate else 0
            assert found == [GroupTax(group, base, tax, rate.id if rate else None)]
        else:
            assert found == []


@given(charges, charges)
def test_with_prices_that_include_tax_the_customer_pays_what_is_written(
    lines: list[Charge], deliveries: list[Charge]
) -> None:
    written = sum(charge.amount for charge in lines + deliveries)
    assert totals(lines, deliveries, RATES, "US", "NY", date(2026, 4, 1), True).total == written


def test_tax_is_rounded_on_the_sum_of_a_group_and_not_line_by_line() -> None:
    lines = [Charge(56, "BOOKS")] * 10  # 8.875 % of 56 is 4.97, of 560 it is 49.7
    made = totals(lines, [], RATES, "US", "NY", date(2026, 4, 1), False)
    assert made.tax == 50
    lines = [Charge(5, "BOOKS")] * 10  # 0.44 a line, 4.44 of the sum
    assert totals(lines, [], RATES, "US", "NY", date(2026, 4, 1), False).tax == 4


def test_without_a_place_or_a_rate_there_is_no_tax() -> None:
    lines = [Charge(1995, "BOOKS"), Charge(500, None)]
    assert totals(lines, [Charge(495, None)], RATES, None, None, date(2026, 4, 1), False).total == 2990
    assert totals(lines, [Charge(495, None)], RATES, "FR", None, date(2026, 4, 1), False).tax == 0
    assert totals([], [], RATES, "US", "NY", date(2026, 4, 1), False).total == 0


# --- a part of a child, and the rest of it


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.sampled_from(("BOOKS", "TOYS", None)), st.floats(0, 1)), min_size=1, max_size=5),
    st.integers(0, 10**4),
    st.tuples(percents, percents, percents),
    st.booleans(),
)  # fmt: skip
@example([(999, "BOOKS", 0.5), (1, "TOYS", 0.0)], 500, (Decimal("8.875"), Decimal(4), Decimal(22)), False)
def test_what_went_and_what_follows_are_the_whole_to_the_cent(
    lines: list[tuple[int, str | None, float]],
    delivery: int,
    percents_: tuple[Decimal, Decimal, Decimal],
    included: bool,
) -> None:
    """Also where the rates were changed since: the tax of what went is never more than that of the whole was."""

    def reckon(charges: list[Charge], books: Decimal) -> Totals:
        there = [Rate(1, "BOOKS", "US", None, books, None), Rate(2, "TOYS", "US", None, percents_[1], None)]
        return totals(charges, [Charge(delivery, "BOOKS")], there, "US", None, date(2026, 3, 1), included)

    whole = reckon([Charge(amount, group) for amount, group, _ in lines], percents_[0])
    alone = reckon([Charge(int(amount * share), group) for amount, group, share in lines], percents_[2])
    part, rest = taken_apart(whole, alone, included=included)
    for found in (part, rest):
        assert min(found.lines, found.delivery, found.tax, found.total, *(one.tax for one in found.groups), 0) == 0
        assert found.tax == sum(one.tax for one in found.groups)
        assert found.total == found.lines + found.delivery + (0 if included else found.tax)
    assert (part.lines + rest.lines, part.tax + rest.tax, part.total + rest.total) == (
        whole.lines,
        whole.tax,
        whole.total,
    )
    assert (part.delivery, rest.delivery) == (whole.delivery, 0)
    for group in whole.groups:
        both = [one for found in (part, rest) for one in found.groups if one.group == group.group]
        assert (sum(one.base for one in both), sum(one.tax for one in both)) == (group.base, group.tax)
    if percents_[0] == percents_[2]:
        assert (part.tax, part.total) == (alone.tax, alone.total)
