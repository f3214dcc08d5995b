"""What an order of a program would be sent within a year, for any of its revisions: the dates beside its events, and what
they come to. Nothing is planned here: it is what ``preview`` gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from perennial.desk.read.preview import Preview, preview
from perennial.kernel.calendar import add_months
from perennial.kernel.money import Money, sum_of
from perennial.kernel.reasons import Reason
from perennial.kernel.totals import tax_is_included

MONTHS = 12


@dataclass(frozen=True, slots=True)
class YearAhead:
    """What would be sent. ``days``: by the key of an event, the days on which it ships; ``shipments``: the day of each.

    ``goes_on``: more follows behind the year, which is then neither in the days nor in the sum. ``total``: what is paid for
    it; ``delivery`` and ``tax`` are in it, the tax inside the prices where ``included``. ``notes``: what is odd about the
    program.
    """

    order_date: date
    days: Mapping[str, tuple[date, ...]]
    shipments: tuple[date, ...]
    total: Money
    delivery: Money
    tax: Money
    included: bool
    goes_on: bool
    notes: tuple[Reason, ...]

    @property
    def months(self) -> int:
        """From the first shipment to the last, in months begun."""
        if len(self.shipments) < 2:
            return 0
        first, last = self.shipments[0], self.shipments[-1]
        return (last.year - first.year) * 12 + last.month - first.month


def year_ahead(program: str, order_date: date, *, currency: str, version: int | None = None) -> YearAhead:
    """What an order of this date would be sent. ``version``: of the program; None: the one for new orders.

    Refused: as ``preview`` refuses, where it cannot be planned.
    """
    until = add_months(order_date, MONTHS)
    found = preview(program, order_date, version=version, until=until)
    within = [line for line in found.lines if found.complete or line.ship_on <= until]
    days: dict[str, dict[int, date]] = {}
    shipments: dict[int, date] = {}
    for line in within:
        days.setdefault(line.key, {})[line.repetition] = line.ship_on
        shipments[line.shipment or 0] = line.ship_on
    totals = [of for number, of in found.totals.items() if number in shipments]
    return YearAhead(
        order_date=order_date,
        days={key: tuple(repetitions.values()) for key, repetitions in days.items()},
        shipments=tuple(shipments.values()),
        total=Money(_paid(found, shipments), currency),
        delivery=Money(sum_of(of.delivery for of in totals), currency),
        tax=Money(sum_of(of.tax for of in totals), currency),
        included=any(tax_is_included(of.lines, of.delivery, of.tax, of.total) for of in totals),
        goes_on=not found.complete,
        notes=found.notes,
    )


def _paid(found: Preview, shipments: Mapping[int, date]) -> int:
    """What is paid for these shipments, or for the whole order."""
    return sum_of(part.amount.minor for part in found.payments if part.shipment is None or part.shipment in shipments)
