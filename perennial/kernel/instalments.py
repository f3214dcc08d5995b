"""A payment schedule turned into dated amounts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from perennial.errors import Refused
from perennial.kernel.calendar import add_units
from perennial.kernel.money import divide, percent_of

MOST_PARTS = 1000
PERCENT_DIGITS = 10**6  # a percentage has at most six
Allocation = Literal["total", "fixed_amount", "fixed_quantity", "specified"]


class Part(NamedTuple):
    """One part of what is owed: its day and its minor units."""

    due_on: date
    amount: int


class PaymentSchedule(NamedTuple):
    """How an amount is spread over time (D11, D14). ``lines`` are (after, percent) of ``specified``."""

    name: str
    allocation: Allocation
    unit: str
    every: int = 1
    after: int = 0
    number_of_payments: int = 1
    amount_minor: int | None = None
    lines: tuple[tuple[int, Decimal], ...] = ()


def parts(schedule: PaymentSchedule, total: int, start: date) -> list[Part]:
    """The parts of a total, counted from the start.

    Part k falls ``after + (k - 1) x every`` units after the start, never counted from a clamped
    date: 31 January, 28 February, 31 March. Each is rounded half up and never more than what is
    left, the last takes the rest, parts of 0 are left out, so that they sum to the total.
    """
    return [part for part, _ in _weighted(schedule, total, start)]


def _weighted(schedule: PaymentSchedule, total: int, start: date) -> list[tuple[Part, int]]:
    """The parts of a total, each with its share in the schedule's own proportion."""
    if total <= 0:
        return []
    allocation, unit = schedule.allocation, schedule.unit
    wanted: list[tuple[int, int, int]]  # units, amount, weight
    if allocation == "total":
        wanted = [(schedule.after, total, 1)]
    elif allocation == "fixed_quantity":
        n = schedule.number_of_payments
        wanted = [(schedule.after + k * schedule.every, divide(total, n), 1) for k in range(n)]
    elif allocation == "fixed_amount":
        amount = schedule.amount_minor or 0
        n = -(-total // amount) if amount > 0 else 0
        if not 1 <= n <= MOST_PARTS:
            raise Refused("schedule_too_many_parts", schedule=schedule.name, parts=n, most=MOST_PARTS)
        wanted = [(schedule.after + k * schedule.every, amount, min(amount, total - k * amount)) for k in range(n)]
    else:
        wanted = [
            (after, percent_of(total, percent), int(percent * PERCENT_DIGITS)) for after, percent in schedule.lines
        ]
    made: list[tuple[Part, int]] = []
    left = total
    for k, (units, amount, weight) in enumerate(wanted, 1):
        amount = left if k == len(wanted) else min(amount, left)
        if amount > 0:
            made.append((Part(add_units(start, units, unit), amount), weight))
            left -= amount
    return made


def first_due(schedule: PaymentSchedule, start: date) -> date:
    """The day of the earliest part, whatever the total is."""
    after = schedule.after
    if schedule.allocation == "specified":
        after = min((after for after, percent in schedule.lines if percent > 0), default=0)
    return add_units(start, after, schedule.unit)


def respread(schedule: PaymentSchedule, total: int, start: date, kept: dict[int, int]) -> dict[int, Part]:
    """The parts by number when some are already made: those stay, the rest share what is left (D11).

    ``kept`` maps a part's number to its amount. The other parts stay as they are where they are what is
    left. Else what is left goes to them in the schedule's own proportion (equal parts, percentages),
    the last taking the rest; of fixed amounts each stays as high as it is agreed, as many as are needed.
    When the kept parts cover the total, none comes.
    """
    if not kept:
        return dict(enumerate(parts(schedule, total, start), 1))
    left = total - sum(kept.values())
    if left <= 0:
        return {}
    open_ = [(n, *found) for n, found in enumerate(_weighted(schedule, total, start), 1) if n not in kept]
    if sum(part.amount for _, part, _ in open_) == left:
        return {n: part for n, part, _ in open_}
    if schedule.allocation == "fixed_amount":
        return _fixed(schedule, left, start, kept)
    if not open_:
        number = max(kept) + 1
        last = parts(schedule, total, start)[-1].due_on
        return {number: Part(last, left)}
    whole = sum(weight for *_, weight in open_)
    spread: dict[int, Part] = {}
    rest = left
    for n, part, weight in open_:
        share = rest if n == open_[-1][0] else min(rest, divide(left * weight, whole))
        if share > 0:
            spread[n] = Part(part.due_on, share)
            rest -= share
    return spread


def _fixed(schedule: PaymentSchedule, left: int, start: date, kept: dict[int, int]) -> dict[int, Part]:
    """What is left in parts of the fixed amount, in the places that are free; the last is the rest."""
    amount = schedule.amount_minor or 0
    spread: dict[int, Part] = {}
    number = 0
    while left > 0:
        number += 1
        if number in kept:
            continue
        if number > MOST_PARTS:
            raise Refused("schedule_parts_beyond", schedule=schedule.name, most=MOST_PARTS)
        day = add_units(start, schedule.after + (number - 1) * schedule.every, schedule.unit)
        spread[number] = Part(day, min(amount, left))
        left -= spread[number].amount
    return spread
