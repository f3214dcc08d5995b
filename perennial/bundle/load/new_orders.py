"""What is told of the orders that an import made: when money will be taken, what is late, what goes nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date

from django.db import transaction

from perennial.catalog.models import TaxRate
from perennial.catalog.queries import set_up
from perennial.continuity.difference import Difference
from perennial.continuity.extension import extend, to_extend
from perennial.continuity.planning import read_orders
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.calendar import add_days
from perennial.kernel.instalments import first_due
from perennial.kernel.states import NOT_ENDED
from perennial.orders.models import SalesOrder
from perennial.payments.due import bill_due_on

SQL = sql.named(__package__, "new_orders.sql")


@contextmanager
def as_extended(order_ids: Sequence[int], on: date) -> Iterator[None]:
    """Within, these orders are planned as far as extend-lines plans them in the night of a date; then they are as before.

    An order that the job would put aside is left as it is.
    """
    short: list[int] = []
    if order_ids:
        rules = set_up()
        through = add_days(on, rules.parameters.days_before_delivery, "on")
        short = [pk for (pk,) in sql.tuples(*to_extend(through, order_ids))]
    if not short:
        yield
        return
    savepoint = transaction.savepoint()
    whole = Difference()
    for state in read_orders(rules, short):
        mine = Difference()
        with suppress(Refused):
            extend(state, mine, through)
            whole.inserts += mine.inserts
            whole.updates += mine.updates
            whole.relined += mine.relined
    whole.write()
    try:
        yield
    finally:
        transaction.savepoint_rollback(savepoint)


def first_charge_on(order_ids: Sequence[int], on: date) -> date | None:
    """The first day, from ``on``, on which money of these orders will be taken: what is due, and what their shipments
    will owe.

    What was billed already is not: nothing more is to be done for it than wait for the money. Nor is what costs
    nothing, or would go by a card that will have expired.
    """
    found: list[date] = []
    ids = list(order_ids)
    if not ids:
        return None
    rules = set_up()
    given = rules.parameters
    bills = {"terms": given.on_account_terms_days, "on": on, "bill_days": given.on_account_bill_days}
    owed = sql.value(SQL["first_payment"], {"ids": ids, **bills})
    if owed is not None:
        found.append(owed)
    late = {"modes": list(rules.modes), "days": [mode.days.roll(on) for mode in rules.modes.values()]}
    for on_account, schedule, ship_on in sql.tuples(SQL["first_shipments"], {"ids": ids, "on": on, **late}):
        with suppress(Refused):  # due outside of the calendar, and so later than anything else
            if schedule is not None:
                due_on = first_due(rules.schedules[schedule], ship_on)
                if on_account:  # billed when its child is made, or some days before
                    made = max(on, add_days(ship_on, -given.days_before_delivery))
                    billed = max(made, add_days(due_on, -given.on_account_bill_days))
                    due_on = bill_due_on(due_on, billed, given.on_account_bill_days)
                found.append(due_on)
            elif on_account:
                found.append(add_days(ship_on, rules.parameters.on_account_terms_days))
            else:
                found.append(ship_on)
    return max(on, min(found)) if found else None


def late(order_ids: Sequence[int], on: date) -> list[tuple[str, date]]:
    """Those of these orders that have shipments of the past, each with the first of their days.

    With a start date of the past they leave on the day of the order; sent together as missed ones they are meant so.
    """
    if not order_ids:
        return []
    return [(number, since) for number, since in sql.tuples(SQL["late"], {"ids": list(order_ids), "on": on})]


def nowhere(order_ids: Sequence[int]) -> list[str]:
    """Those of these orders that are open and go to no address, where something is taxed; by their numbers."""
    found = SalesOrder.objects.filter(pk__in=order_ids, status__in=NOT_ENDED, ship_to=None).order_by("pk")
    return list(found.values_list("number", flat=True)) if TaxRate.objects.exists() else []


def far_ahead(order_ids: Sequence[int], on: date) -> list[tuple[str, date]]:
    """Those of these orders that are dated more than a year ahead, with their dates."""
    a_year_on = date.fromordinal(min(on.toordinal() + 366, date.max.toordinal()))
    found = SalesOrder.objects.filter(pk__in=order_ids, order_date__gt=a_year_on).order_by("pk")
    return list(found.values_list("number", "order_date"))
