"""What an order costs: its lines, the delivery charge, the tax by tax group."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from perennial.kernel.money import sum_of
from perennial.kernel.tax import Rate, rate_for, tax_of


class Charge(NamedTuple):
    """An amount with its tax group (None: not taxed)."""

    amount: int
    tax_group: str | None = None


class GroupTax(NamedTuple):
    """The tax of one tax group, rounded once, with the rate that gave it."""

    group: str
    base: int
    tax: int
    rate_id: int | None


class Totals(NamedTuple):
    """Minor units. ``total`` = lines + delivery + tax, the tax already inside where prices include it."""

    lines: int
    delivery: int
    tax: int
    total: int
    groups: tuple[GroupTax, ...]


def tax_is_included(lines: int, delivery: int, tax: int, total: int) -> bool:
    """Is the tax of what was totalled once inside its amounts? Where there is none, it is not."""
    return tax > 0 and total == lines + delivery


def totals(
    lines: Iterable[Charge],
    deliveries: Iterable[Charge],
    rates: Iterable[Rate],
    country: str | None,
    region: str | None,
    on: date,
    included: bool,
) -> Totals:
    """The totals of one child, or of a parent's ordinary lines, taxed at a place on a date."""
    lines, deliveries = list(lines), list(deliveries)
    bases: dict[str, int] = {}
    for charge in (*lines, *deliveries):
        if charge.tax_group is not None and charge.amount:
            bases[charge.tax_group] = bases.get(charge.tax_group, 0) + charge.amount
    groups = []
    rates = list(rates)
    for group in sorted(bases):
        rate = rate_for(rates, group, country, region, on) if country else None
        tax = tax_of(bases[group], rate.percent, included) if rate else 0
        groups.append(GroupTax(group, bases[group], tax, rate.id if rate else None))
    amount = sum(charge.amount for charge in lines)
    tax = sum(group.tax for group in groups)
    delivery = sum(charge.amount for charge in deliveries)
    whole = sum_of((amount, delivery, 0 if included else tax))
    return Totals(amount, delivery, tax, whole, tuple(groups))
