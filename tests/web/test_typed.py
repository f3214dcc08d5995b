"""Days and amounts as people type them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.language import Reader, say
from perennial.language.formats import fact
from perennial.web import typed

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("16/3", date(2026, 3, 16)),
        ("16.3.26", date(2026, 3, 16)),
        ("16-03-2027", date(2027, 3, 16)),
        ("2026-04-01", date(2026, 4, 1)),
        ("+7", date(2026, 3, 17)),
        ("+1m", date(2026, 4, 10)),
        ("+2w", date(2026, 3, 24)),
        ("+2s", date(2026, 3, 24)),
        ("mon", date(2026, 3, 16)),
        ("lun", date(2026, 3, 16)),
        ("mar", date(2026, 3, 17)),  # martedì: of today the next one
        ("16 mar", date(2026, 3, 16)),
        ("lun 16 mar 2026", date(2026, 3, 16)),
        ("1 gen", date(2027, 1, 1)),
        ("20 feb", date(2026, 2, 20)),  # not long ago
        ("29/2", date(2028, 2, 29)),
        ("oggi", TODAY),
    ],
)
def test_a_day_as_it_is_typed(words: str, meant: date) -> None:
    assert typed.read_day(words, today=TODAY) == meant


def test_some_begin_with_the_month() -> None:
    assert typed.read_day("4/3", today=TODAY, day_first=False) == date(2026, 4, 3)


@pytest.mark.parametrize("words", ["31/2", "x", "+7q", "99", "16/3/99999", "ma", "0/0", "+99999"])
def test_what_is_no_day(words: str) -> None:
    with pytest.raises(Refused) as refused:
        typed.read_day(words, "to", today=TODAY)
    assert (refused.value.code, refused.value.field) == ("day_not_understood", "to")


def test_whoever_writes_the_month_first_is_told_so() -> None:
    for day_first, example in ((True, "16/3"), (False, "3/16")):
        with pytest.raises(Refused) as refused:
            typed.read_day("x", today=TODAY, day_first=day_first)
        assert refused.value.facts["example"] == example


@given(st.dates(TODAY, TODAY + timedelta(3000)), st.sampled_from(["en", "it"]))
def test_what_the_page_writes_can_be_typed(day: date, language: str) -> None:
    written = fact(day, "", Reader(language, dates="weekday"))
    assert typed.read_day(written, today=TODAY) == day


def post(**fields: str) -> Any:
    return cast(Any, SimpleNamespace(POST=fields))


@pytest.mark.parametrize(
    ("words", "minor"),
    [
        ("19.95", 1995),
        ("19,95", 1995),
        ("1.234,50", 123450),
        ("1,234.50", 123450),
        ("€ 7", 700),
        ("12345", 1234500),
        ("12,50 EUR", 1250),
        ("EUR 1'234.50", 123450),
        ("1 234,50", 123450),
    ],
)
def test_an_amount_as_it_is_typed(words: str, minor: int) -> None:
    assert typed.money(post(price=words), "price", "EUR") == Money(minor, "EUR")


@pytest.mark.parametrize(
    "words", ["12 EUR 50", "5 or 6", "1e5", "1.2.3", "10..5", "1,,5", "1,234.5.6", "12,34.50", "x", "1 2"]
)
def test_what_is_no_amount(words: str) -> None:
    with pytest.raises(Refused) as refused:
        typed.money(post(price=words), "price", "EUR")
    assert refused.value.code == "amount_not_understood"


@given(st.integers(0, 10**12), st.sampled_from(["EUR", "USD", "JPY"]), st.sampled_from(["en", "it"]))
def test_what_the_page_writes_of_money_can_be_typed(minor: int, currency: str, language: str) -> None:
    written = fact(Money(minor, currency), "", Reader(language, money="symbol"))
    if currency == "JPY" and minor >= 1000:
        return  # three digits behind one mark mean two things: it asks back
    assert typed.money(post(price=written), "price", currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("words", "read", "language"),
    [
        ("1,5", "1.5", "en"),
        ("0,125", "0.125", "en"),
        ("0.125", "0.125", "it"),
        ("1.125", "1.125", "en"),
        ("1,125", "1.125", "it"),
        ("2000", "2000", "it"),
    ],
)
def test_a_number_as_it_is_typed(words: str, read: str, language: str) -> None:
    assert typed.read_number(words, to=Reader(language)) == Decimal(read)


@pytest.mark.parametrize(
    ("words", "language", "asked"),
    [("2,000", "en", "is it 2 or 2000?"), ("1.250", "it", "è 1,25 o 1250?"), ("125.125", "it", "è 125,125 o 125125?")],
)
def test_thousands_are_no_decimals(words: str, language: str, asked: str) -> None:
    with pytest.raises(Refused) as refused:
        typed.read_number(words, to=Reader(language))
    assert say(refused.value, Reader(language)) == asked


@given(st.integers(1, 10**9 - 1), st.sampled_from(["en", "it"]))
def test_what_the_page_writes_of_a_quantity_can_be_typed(thousandths: int, language: str) -> None:
    quantity = Decimal(thousandths) / 1000
    assert typed.read_number(fact(quantity, "", Reader(language)), to=Reader(language)) == quantity


def test_what_means_two_amounts_is_asked_back() -> None:
    with pytest.raises(Refused) as refused:
        typed.money(post(price="1.234"), "price", "EUR")
    assert refused.value.code == "amount_three_digits"
    assert say(refused.value, Reader("it")).endswith("se sono migliaia, scrivere 1234")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("-30", "'-30' is not a whole number from 1 on"),
        ("0", "'0' is not a whole number from 1 on"),
        ("2.5", "'2.5' is not a whole number from 1 on"),
        ("soon", "'soon' is no number"),
    ],
)
def test_a_number_that_is_not_possible_here_is_not_said_to_be_none(words: str, told: str) -> None:
    with pytest.raises(Refused) as refused:
        typed.whole(post(days=words), "days")
    assert say(refused.value, Reader()) == told
