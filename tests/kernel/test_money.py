"""Money in minor units: read, printed, rounded. Decimal and Fraction are the witnesses."""

from __future__ import annotations

import contextlib
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perennial.errors import Refused
from perennial.kernel import limits, money
from perennial.kernel.currencies import exponent, is_currency
from perennial.language import say

EXPONENTS = {
    "USD": 2,
    "EUR": 2,
    "JPY": 0,
    "KRW": 0,
    "CLP": 0,
    "XPF": 0,
    "KWD": 3,
    "BHD": 3,
    "TND": 3,
    "CLF": 4,
    "UYW": 4,
}
EXACT = Context(prec=200)

amounts = st.integers(1 - 10**15, 10**15 - 1)
currencies = st.sampled_from(sorted(EXPONENTS))
quantities = st.integers(1, 10**12 - 1).map(lambda n: Decimal(n).scaleb(-3))
percents = st.integers(0, 100 * 10**6).map(lambda n: Decimal(n).scaleb(-6))


def half_up(value: Fraction) -> int:
    """Half away from zero, the slow way."""
    with localcontext(EXACT):
        number = Decimal(value.numerator) / Decimal(value.denominator)
        return int(number.quantize(Decimal(1), ROUND_HALF_UP))


def numeric(value: Decimal) -> tuple[int, int]:
    """A number as PostgreSQL's numeric holds it: digits and scale."""
    sign, digits, power = value.as_tuple()
    assert isinstance(power, int)
    whole = int("".join(map(str, digits))) * (-1 if sign else 1)
    return (whole * 10**power, 0) if power > 0 else (whole, -power)


def numeric_round_of_product(quantity: Decimal, price: int) -> int:
    """``round(quantity * price)`` in PostgreSQL: the product is exact (scales add), round is half away from zero."""
    digits, scale = numeric(quantity)
    product = digits * price
    cut, rest = divmod(abs(product), 10**scale)
    if scale and rest // 10 ** (scale - 1) >= 5:  # it looks at the first digit that is cut off
        cut += 1
    return cut if product >= 0 else -cut


@pytest.mark.parametrize(("currency", "digits"), EXPONENTS.items())
def test_a_currency_has_its_decimals(currency: str, digits: int) -> None:
    assert exponent(currency) == digits
    assert is_currency(currency)


@pytest.mark.parametrize("word", ["", "usd", "US", "DOLLAR", "XXX", "XAU", "XTS", "DEM", "ITL"])
def test_what_is_no_currency_to_charge_in(word: str) -> None:
    assert not is_currency(word)


@given(amounts, currencies)
@example(-5, "USD")
@example(0, "JPY")
@example(-1, "KWD")
def test_what_is_printed_is_read_again(amount: int, currency: str) -> None:
    words = money.text(amount, currency)
    assert money.minor(words, currency) == amount
    assert Decimal(words) == Decimal(amount).scaleb(-EXPONENTS[currency])
    assert len(words.partition(".")[2]) == EXPONENTS[currency]


@given(st.from_regex(r"\A-?[0-9]{1,12}(\.[0-9]{1,6})?\Z"), currencies)
def test_a_decimal_string_is_read_exactly_or_refused(words: str, currency: str) -> None:
    wanted = Fraction(words) * 10 ** EXPONENTS[currency]
    if wanted.denominator == 1 and abs(wanted) <= 10**15:
        assert money.minor(words, currency) == wanted
    else:
        with pytest.raises(Refused):
            money.minor(words, currency)


@pytest.mark.parametrize(
    ("words", "currency", "units"),
    [
        ("19.95", "USD", 1995),
        ("19.9", "USD", 1990),
        ("19", "USD", 1900),
        ("19.9500", "USD", 1995),
        ("0.00", "USD", 0),
        ("-0.01", "USD", -1),
        ("007", "JPY", 7),
        ("7.000", "JPY", 7),
        ("1.234", "KWD", 1234),
        ("10000000000000.00", "USD", 10**15),
    ],
)
def test_amounts(words: str, currency: str, units: int) -> None:
    assert money.minor(words, currency) == units


@pytest.mark.parametrize(
    ("value", "currency"),
    [
        *(
            (word, "USD")
            for word in ("", " ", "1 ", " 1", "1\n", "1,00", "1.", ".5", "+1", "--1", "1e2", "1E2", "1_000")
        ),
        *(
            (word, "USD")
            for word in ("NaN", "Infinity", "-Infinity", "0x10", "१", "１", "½", "19.95 USD", "$1", "1.2.3")
        ),
        *((value, "USD") for value in (19.95, 1995, Decimal("19.95"), None, True, b"1", [], {})),
        ("19.955", "USD"),
        ("0.5", "JPY"),
        ("1.2345", "KWD"),
        ("10000000000000.01", "USD"),
        ("9999999999999999999999", "USD"),
        ("0." + "0" * 13, "USD"),
    ],
)
def test_what_is_no_amount_is_refused_under_its_field(value: object, currency: str) -> None:
    with pytest.raises(Refused) as refused:
        money.minor(value, currency, "lines[0].price")
    assert refused.value.field == "lines[0].price"
    assert refused.value.code in ("amount_not_decimal", "amount_too_precise", "amount_too_large")
    assert say(refused.value).startswith(limits.short(repr(value)))


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading(words: str) -> None:
    for read in (lambda: money.minor(words, "USD"), lambda: money.quantity(words), lambda: money.percent(words)):
        with contextlib.suppress(Refused):
            read()


@given(st.integers(-(10**18), 10**18), st.integers(-(10**9), 10**9).filter(bool))
@example(1, 2)
@example(-1, 2)
@example(3, -2)
@example(-5, 10)
def test_a_quotient_is_rounded_half_away_from_zero(numerator: int, denominator: int) -> None:
    assert money.divide(numerator, denominator) == half_up(Fraction(numerator, denominator))


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**6))
def test_rounding_is_the_same_on_both_sides_of_zero(numerator: int, denominator: int) -> None:
    assert money.divide(-numerator, denominator) == -money.divide(numerator, denominator)


@given(quantities, st.integers(0, 10**11))
@example(Decimal("0.5"), 1)
@example(Decimal("2.5"), 1)
@example(Decimal("0.001"), 499)
@example(Decimal("0.001"), 500)
@example(Decimal("1.000"), 1995)
@example(Decimal("999968.378"), 1_000_031_623)
def test_a_line_costs_the_same_here_in_decimal_and_in_the_database(quantity: Decimal, price: int) -> None:
    with localcontext(EXACT):
        wanted = int((quantity * price).quantize(Decimal(1), ROUND_HALF_UP))
    if wanted > 10**15:
        with pytest.raises(Refused, match="quantity_too_dear"):
            money.line_amount(quantity, price)
        return
    amount = money.line_amount(quantity, price)
    assert amount == wanted
    assert amount == numeric_round_of_product(quantity, price)


@given(amounts, percents)
@example(1, Decimal(50))
@example(-1, Decimal(50))
@example(10**15 - 1, Decimal("99.999999"))
def test_a_percentage_is_rounded_once(amount: int, percent: Decimal) -> None:
    assert money.percent_of(amount, percent) == half_up(amount * Fraction(percent) / 100)


@given(st.integers(0, 10**12), percents)
def test_a_percentage_is_never_more_than_the_whole(amount: int, percent: Decimal) -> None:
    assert 0 <= money.percent_of(amount, percent) <= amount


@given(quantities)
@example(Decimal("2.500"))
@example(Decimal("100"))
@example(Decimal("999999999.999"))
def test_a_quantity_is_printed_without_trailing_zeros_and_read_again(quantity: Decimal) -> None:
    words = money.plain(quantity)
    assert money.quantity(words) == quantity
    assert "E" not in words
    assert not ("." in words and words.endswith(("0", ".")))


@pytest.mark.parametrize(
    ("value", "quantity"),
    [("1", 1), (1, 1), ("2.500", "2.5"), (2.5, "2.5"), (Decimal("0.125"), "0.125"), ("010", 10), ("100.000", 100)],
)
def test_quantities(value: object, quantity: object) -> None:
    assert money.quantity(value) == Decimal(str(quantity))
    assert money.plain(money.quantity(value)) == str(quantity)


@pytest.mark.parametrize(
    "value",
    [
        *(0, "0", "-1", "0.000", "0.0001", "1.2345", 0.1 + 0.2, 1e22, float("nan"), float("inf"), "1000000000", 10**9),
        *(True, None, "", "many", "1e3", [1], "1,5", "٣"),
    ],
)
def test_what_is_no_quantity_is_refused(value: object) -> None:
    with pytest.raises(Refused):
        money.quantity(value, "quantity")


@pytest.mark.parametrize("value", ["-1", "100.000001", "8.8755555", True, None, 8.5, "", "8,5", "NaN", "1e1", "101"])
def test_what_is_no_percentage_is_refused(value: object) -> None:
    with pytest.raises(Refused):
        money.percent(value, "percent")


@pytest.mark.parametrize(("value", "percent"), [("8.875", "8.875"), ("0", "0"), ("100", "100"), (22, "22")])
def test_percentages(value: object, percent: str) -> None:
    assert money.percent(value) == Decimal(percent)
    assert money.percent("250", most=1000) == 250


def test_an_amount_that_cannot_be_written_down_is_refused() -> None:
    with pytest.raises(Refused, match="quantity_too_dear"):
        money.line_amount(Decimal(999_999), 900_000_000_000_000)


@pytest.mark.parametrize("value", ["9" * 10_000, "x" * 10_000, Decimal("9" * 4_000)])
def test_what_is_too_long_is_shown_by_its_start(value: object) -> None:
    for read in (lambda: money.minor(value, "USD"), lambda: money.quantity(value), lambda: money.percent(value)):
        with pytest.raises(Refused) as refused:
            read()
        assert len(say(refused.value)) < 200
