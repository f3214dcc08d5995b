"""What is done about payments without asking a gateway: bills, cash and codes that count, authorisations that are let go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from perennial.db import sql
from perennial.errors import Conflict
from perennial.payments.answers import Change, events, settle
from perennial.payments.collecting import Collecting
from perennial.payments.due import bill_due_on
from perennial.payments.next_step import SQL, Fact


def _after_terms(work: Collecting, invoiced_on: date | None) -> date:
    """The day on which a bill is due, the last of the calendar at the latest."""
    day = (invoiced_on or work.rules.on).toordinal() + work.rules.terms_days
    return date.fromordinal(min(day, date.max.toordinal()))


def bill(work: Collecting, found: Sequence[Fact]) -> None:
    """Send the bills of what is on account: at the invoice, or some days before a date of its schedule. Nobody gets fewer
    days to pay: of a child's first part, which is made later than that, the date moves.
    """
    if not found:
        return
    ids = [f.id for f in found]
    invoiced: dict[int, date | None] = {}
    if any(f.at_invoice for f in found):
        invoiced = dict(sql.tuples(SQL["invoiced_on"], {"ids": [f.id for f in found if f.at_invoice]}))
    due_ons = [
        _after_terms(work, invoiced.get(f.id))
        if f.at_invoice
        else bill_due_on(f.due_on, work.rules.on, work.rules.bill_days)
        for f in found
    ]
    _expect(
        sql.execute(SQL["bill"], {"payments": ids, "due_ons": due_ons, "on": work.rules.on, "run": work.rules.run}),
        found,
    )
    sql.execute(SQL["tell_billed"], {"ids": ids, "on": work.rules.on})
    events(work, [Change(f, "billed", "payment_billed", amount_minor=f.amount_minor) for f in found])


def receive(work: Collecting, found: Sequence[Fact]) -> None:
    """Record what no gateway is asked for: the cash or gift card that paid what is invoiced, or the card that was approved by
    a code.
    """
    if not found:
        return
    params = {
        "ids": [f.id for f in found],
        "installation": work.installation,
        "on": work.rules.on,
        "run": work.rules.run,
    }
    _expect(sql.execute(SQL["receive"], params), found)
    events(work, [Change(f, "captured", "payment_captured", amount_minor=f.amount_minor) for f in found])


def forget(work: Collecting, found: Sequence[Fact]) -> bool:
    """An authorisation made elsewhere cannot be captured here: it is owed as before, and will lapse by itself. So does a code
    of what was cancelled, or that is for less than is owed by now.
    """
    changes = [
        Change(
            f,
            "voided" if f.cancelled else "due",
            "payment_lapsed",
            "no reference of the gateway is known" if f.approval_code is None else "the code is not used",
        )
        for f in found
    ]
    settle(changes)
    events(work, changes)
    return bool(changes)


def _expect(number: int, found: Sequence[Fact]) -> None:
    if number != len(found):
        raise Conflict(f"{len(found) - number} payments changed though they were locked")
