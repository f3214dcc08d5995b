"""Tax: the rate in force for a place and a date, and the tax of a sum."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from perennial.kernel.money import divide, percent_of, ratio


class Rate(NamedTuple):
    """A tax group's percentage in a country, or in one region of it, from a date on."""

    id: int
    group: str
    country: str
    region: str | None
    percent: Decimal
    valid_from: date | None


def rate_for(rates: Iterable[Rate], group: str, country: str, region: str | None, on: date) -> Rate | None:
    """The most specific rate in force: that of the region, else that of the whole country."""
    best: Rate | None = None
    for rate in rates:
        if rate.group != group or rate.country != country or rate.region not in (None, region):
            continue
        if rate.valid_from is not None and rate.valid_from > on:
            continue
        if best is None or _rank(rate) > _rank(best):
            best = rate
    return best


def _rank(rate: Rate) -> tuple[bool, date, int]:
    return rate.region is not None, rate.valid_from or date.min, rate.id


def tax_of(base: int, percent: Decimal, included: bool) -> int:
    """The tax on a sum of one tax group, rounded once; ``included``: the sum already contains it."""
    if not included:
        return percent_of(base, percent)
    numerator, denominator = ratio(percent)
    return divide(base * numerator, denominator * 100 + numerator)
