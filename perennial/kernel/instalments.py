"""A payment schedule turned into dated amounts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from perennial.errors import Refused
from perennial.kernel.dates import add_units
from perennial.kernel.money import divide, percent_of

MOST_PARTS = 1000
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
    if total <= 0:
        return []
    allocation, unit = schedule.allocation, schedule.unit
    wanted: list[tuple[int, int]]
    if allocation == "total":
        wanted = [(schedule.after, total)]
    elif allocation == "fixed_quantity":
        n = schedule.number_of_payments
        wanted = [(schedule.after + k * schedule.every, divide(total, n)) for k in range(n)]
    elif allocation == "fixed_amount":
        amount = schedule.amount_minor or 0
        n = -(-total // amount) if amount > 0 else 0
        if not 1 <= n <= MOST_PARTS:
            raise Refused("payment_schedule", f"{schedule.name} would need {n} parts: at most {MOST_PARTS}")
        wanted = [(schedule.after + k * schedule.every, amount) for k in range(n)]
    else:
        wanted = [(after, percent_of(total, percent)) for after, percent in schedule.lines]
    made: list[Part] = []
    left = total
    for k, (units, amount) in enumerate(wanted, 1):
        amount = left if k == len(wanted) else min(amount, left)
        if amount > 0:
            made.append(Part(add_units(start, units, unit), amount))
            left -= amount
    return made


def first_due(schedule: PaymentSchedule, start: date) -> date:
    """The day of the first part, whatever the total is."""
    after = schedule.after
    if schedule.allocation == "specified":
        after = next((after for after, percent in schedule.lines if percent > 0), 0)
    return add_units(start, after, schedule.unit)


def respread(schedule: PaymentSchedule, total: int, start: date, kept: dict[int, int]) -> dict[int, Part]:
    """The parts by number when some are already made: those stay, the rest share what is left (D11).

    ``kept`` maps a part's number to its amount. What is left goes to the parts that the schedule
    still has, in the schedule's own proportion, the last taking the rest; when the kept parts cover
    the total, none comes.
    """
    if not kept:
        return dict(enumerate(parts(schedule, total, start), 1))
    left = total - sum(kept.values())
    if left <= 0:
        return {}
    open_ = [(n, part) for n, part in enumerate(parts(schedule, total, start), 1) if n not in kept]
    if not open_:
        number = max(kept) + 1
        last = parts(schedule, total, start)[-1].due_on
        return {number: Part(last, left)}
    weight = sum(part.amount for _, part in open_)
    spread: dict[int, Part] = {}
    rest = left
    for n, part in open_:
        share = rest if n == open_[-1][0] else min(rest, divide(left * part.amount, weight))
        if share > 0:
            spread[n] = Part(part.due_on, share)
            rest -= share
    return spread
