"""Process the payments of one order at once, while the customer listens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from perennial.db import sql
from perennial.db.transactions import taken_back
from perennial.desk.action import changed_since, version_of
from perennial.desk.locking import order_by_number
from perennial.desk.outcome import Outcome
from perennial.payments.charge import Became, collect_for_order
from perennial.payments.noted import note

COLLECTING = 0x70656E
"""The class of the advisory locks of orders that are collected."""


@contextmanager
def one_after_the_other(parent: int) -> Iterator[None]:
    """A lock of this connection, not of a transaction: the gateway is asked meanwhile. It dies with the process."""
    sql.value("select pg_advisory_lock(%s, %s)", [COLLECTING, parent % 2**31])
    try:
        yield
    finally:
        sql.value("select pg_advisory_unlock(%s, %s)", [COLLECTING, parent % 2**31])


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected(Outcome):
    """What became of each payment of an order."""

    order: str
    payments: tuple[Became, ...]


def collect(
    *,
    number: str,
    on: date,
    by: str,
    force: bool = False,
    submitted: bool = False,
    only_refunds: bool = False,
    dry: bool = False,
    seen: str | None = None,
) -> Collected:
    """Do at once what process-payments would do for one order, or for one child and what was billed up front with it.

    No ``@action``: the gateway is never asked inside a transaction. What will be asked is committed, the gateway is asked,
    its answer is recorded; a call that is lost in between is found by the next run, or by the same command again.
    ``force``: what was declined today is tried once more. ``submitted``: the order was opened just now, so that what is
    declined may be tried once more at once (parameter ``retry_on_submit``). ``only_refunds``: nothing is taken, only given back. ``dry``: the gateway is not asked, and nothing stays.
    Who asks about the same order at the same time comes second, and waits. ``seen``: the version of the parent that the
    caller saw. Refused: there is no order of that number; the gateway does not accept our key. Conflict: it is another one by now, so that two who press at
    once do not use up the tries of a card.
    """
    order = order_by_number(number)
    if not dry:
        parent = order.parent_id or order.pk
        with one_after_the_other(parent):
            if seen is not None and seen != version_of(parent):
                raise changed_since(parent, seen)
            try:
                found = collect_for_order(
                    order.pk, on=on, by=by, force=force, submitted=submitted, only_refunds=only_refunds
                )
            finally:
                note([parent])
            return Collected(order=number, payments=found)
    with taken_back():
        became = collect_for_order(order.pk, on=on, by=by, force=force, only_refunds=only_refunds, dry=True)
        return Collected(order=number, payments=became)
