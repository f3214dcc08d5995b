"""What an interval or a payment schedule would mean, as it is being typed: read by what reads a bundle, nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypeVar, cast

from perennial.bundle.reading import setup
from perennial.bundle.reading.context import Reading
from perennial.bundle.set_up.things import Document
from perennial.catalog.queries import currency
from perennial.errors import refuse_all
from perennial.kernel.calendar import Interval
from perennial.kernel.currencies import exponent
from perennial.kernel.instalments import Allocation, PaymentSchedule, parts
from perennial.kernel.money import Money

T = TypeVar("T")
DATES = 6
AMOUNT = 100
"""In units of the currency: what the example of a payment schedule is of."""
NAMELESS = "X"
"""What is being typed has no name yet."""


def next_dates(document: Document, *, on: date) -> tuple[date, ...]:
    """The next six dates of a date interval; where it counts from the order, those of an order whose first event is today.

    Refused: what an import refuses of its rule and its anchor.
    """
    reading = _reading(on)
    document = {**document, "code": NAMELESS, "name": ""}
    things = setup.declared(reading, "date_intervals", [document], setup.INTERVAL)
    facts = _only(reading, setup.date_intervals(reading, things))
    interval = Interval(facts.code, facts.rule, facts.anchor)
    dates = [interval.on_or_after(on)]
    while len(dates) < DATES:
        dates.append(interval.after(dates[-1], first=dates[0]))
    return tuple(dates)


def instalments(document: Document, *, on: date) -> tuple[tuple[date, Money], ...]:
    """The parts of 100.00 that are owed from a day on, by a payment schedule. Refused: what an import refuses of it."""
    money = currency()
    reading = _reading(on, money)
    things = setup.declared(reading, "payment_schedules", [{**document, "name": NAMELESS}], setup.SCHEDULE)
    facts = _only(reading, setup.payment_schedules(reading, things))
    schedule = PaymentSchedule(
        name=facts.name,
        allocation=cast(Allocation, facts.allocation),
        unit=facts.unit,
        every=facts.every,
        after=facts.after,
        number_of_payments=facts.number_of_payments,
        amount_minor=facts.amount_minor,
        lines=facts.lines,
    )
    found = parts(schedule, AMOUNT * 10 ** exponent(money), on)
    return tuple((part.due_on, Money(part.amount, money)) for part in found)


def _reading(on: date, money: str | None = None) -> Reading:
    return Reading(by="", on=on, reason=None, currency=money)


def _only(reading: Reading, made: Sequence[T]) -> T:
    """The one thing that was read. Refused: its faults, each at its field."""
    refuse_all(fault.at(fault.field.partition(".")[2]) for fault in reading.faults.kept)
    return made[0]
