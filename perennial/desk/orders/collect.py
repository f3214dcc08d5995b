"""Process the payments of one order at once, while the customer listens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from perennial.db.transactions import taken_back
from perennial.desk.locking import order_by_number
from perennial.desk.outcome import Outcome
from perennial.payments.charge import Became, collect_for_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected(Outcome):
    """What became of each payment of an order."""

    order: str
    payments: tuple[Became, ...]


def collect(*, number: str, on: date, by: str, force: bool = False, dry: bool = False) -> Collected:
    """Do at once what process-payments would do for one order, or for one child and what was billed up front with it.

    No ``@action``: the gateway is never asked inside a transaction. What will be asked is committed, the gateway is asked,
    its answer is recorded; a call that is lost in between is found by the next run, or by the same command again.
    ``force``: what was declined today is tried once more. ``dry``: the gateway is not asked, and nothing stays.
    Refused: there is no order of that number.
    """
    order = order_by_number(number)
    if not dry:
        return Collected(order=number, payments=collect_for_order(order.pk, on=on, by=by, force=force))
    with taken_back():
        return Collected(order=number, payments=collect_for_order(order.pk, on=on, by=by, force=force, dry=True))
