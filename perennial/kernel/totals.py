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


def taken_apart(whole: Totals, part: Totals, *, included: bool) -> tuple[Totals, Totals]:
    """A part of a whole, which has its delivery, and the rest: the two add up to the whole to the last unit, by tax group
    too. ``part``: as it would be reckoned alone; of no tax it has more than the whole.
    """
    alone = {group.group: group for group in part.groups}
    first, rest = [], []
    for group in whole.groups:
        own = alone.get(group.group)
        base = min(own.base, group.base) if own else 0
        tax = group.tax if base == group.base else min(own.tax, group.tax) if own else 0
        first.append(group._replace(base=base, tax=tax))
        rest.append(group._replace(base=group.base - base, tax=group.tax - tax))
    lines = min(part.lines, whole.lines)
    return _of_groups(lines, whole.delivery, first, included), _of_groups(whole.lines - lines, 0, rest, included)


def _of_groups(lines: int, delivery: int, groups: Iterable[GroupTax], included: bool) -> Totals:
    kept = tuple(group for group in groups if group.base or group.tax)
    tax = sum(group.tax for group in kept)
    return Totals(lines, delivery, tax, sum_of((lines, delivery, 0 if included else tax)), kept)


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
