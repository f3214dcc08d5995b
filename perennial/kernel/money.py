"""Money: integer minor units of an ISO 4217 currency. A float never comes near it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from perennial.errors import Refused
from perennial.kernel.currencies import exponent
from perennial.kernel.limits import short

_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,12})?", re.ASCII)
_MOST = 10**15
_MOST_IN_ALL = 10**18
"""The database keeps amounts below 2 to the 63."""
MOST_PIECES = 10**9
"""A quantity is below it."""


class Money(NamedTuple):
    """An amount in minor units of its currency."""

    minor: int
    currency: str


def minor(value: object, currency: str, field: str = "") -> int:
    """The minor units of a decimal string: ``"19.95"`` in USD is 1995.

    Refused: anything but a string, more decimals than the currency has, amounts beyond 10^15 units.
    """
    if isinstance(value, str) and len(value) <= 30:  # few amounts, said often
        return _minor_of_words(value, currency, field)
    return _minor(value, currency, field)


def _minor(value: object, currency: str, field: str) -> int:
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise Refused("amount_not_decimal", field, value=_shown(value), example=text(1995, currency))
    digits = exponent(currency)
    number = Decimal(value).scaleb(digits)
    if number != number.to_integral_value():
        raise Refused("amount_too_precise", field, value=_shown(value), currency=currency, digits=digits)
    if abs(number) > _MOST:
        raise Refused("amount_too_large", field, value=_shown(value))
    return int(number)


_minor_of_words = lru_cache(maxsize=4096)(_minor)


def text(amount: int, currency: str) -> str:
    """The decimal string of minor units, with the currency's digits: 1995 in USD is ``"19.95"``."""
    digits = exponent(currency)
    if not digits:
        return str(amount)
    sign, whole = ("-", -amount) if amount < 0 else ("", amount)
    units, rest = divmod(whole, 10**digits)
    return f"{sign}{units}.{rest:0{digits}d}"


def divide(numerator: int, denominator: int) -> int:
    """A quotient rounded half up, away from zero: the only rounding that money knows here."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    if numerator < 0:
        return -divide(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


@lru_cache(maxsize=4096)
def ratio(value: Decimal) -> tuple[int, int]:
    """A decimal as a fraction of whole numbers."""
    return value.as_integer_ratio()


def line_amount(quantity: Decimal, price_minor: int) -> int:
    """Quantity times price, rounded once: the amount of one order line."""
    if quantity == 1:
        return price_minor
    numerator, denominator = ratio(quantity)
    amount = divide(price_minor * numerator, denominator)
    if amount > _MOST:
        raise Refused("quantity_too_dear", "quantity", quantity=quantity)
    return amount


def sum_of(amounts: Iterable[int]) -> int:
    """A sum of amounts. Refused: one that cannot be written down."""
    found = sum(amounts)
    if abs(found) > _MOST_IN_ALL:
        raise Refused("sum_too_large")
    return found


def percent_of(amount: int, percent: Decimal) -> int:
    """A percentage of an amount, rounded half up at the minor unit."""
    numerator, denominator = ratio(percent)
    return divide(amount * numerator, denominator * 100)


def quantity(value: object, field: str = "") -> Decimal:
    """A quantity from a bundle: a decimal string or a number above 0, at most three decimals."""
    if type(value) is int or (isinstance(value, str) and len(value) <= 30):
        return _usual_quantity(value, field)
    return _quantity(value, field)


def _quantity(value: object, field: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal | float):
        raise Refused("quantity_not_number", field, value=_shown(value))
    words = str(value)
    if not _DECIMAL.fullmatch(words):
        raise Refused("quantity_not_number", field, value=_shown(value))
    number = Decimal(words)
    if number <= 0 or number >= MOST_PIECES or number != round(number, 3):
        raise Refused("quantity_not_within", field, value=_shown(value))
    return number.normalize() if number != number.to_integral_value() else Decimal(int(number))


_usual_quantity = lru_cache(maxsize=1024)(_quantity)


def percent(value: object, field: str = "", most: int = 100) -> Decimal:
    """A percentage from a bundle: a decimal string from 0 to ``most``, at most six decimals."""
    words = str(value)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or not _DECIMAL.fullmatch(words):
        raise Refused("percent_not_decimal", field, value=_shown(value), most=most)
    number = Decimal(words)
    if not 0 <= number <= most or number != round(number, 6):
        raise Refused("percent_not_within", field, value=_shown(value), most=most)
    return number


def _shown(value: object) -> str:
    return short(repr(value))


def plain(number: Decimal) -> str:
    """A number without trailing zeros: 2.500 is ``"2.5"``, 2.000 is ``"2"``."""
    words = f"{number:f}"
    return words.rstrip("0").rstrip(".") if "." in words else words
