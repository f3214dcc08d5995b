"""What another tariff makes of open orders: which shipment costs something else first, from when, and how much in all.

Asked by the preview, before anything is saved, and by ``update-orders``, which does it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from perennial.catalog.queries import SetUp
from perennial.db import sql
from perennial.kernel.tariff import Tariff
from perennial.kernel.totals import Charge
from perennial.payments.cost import Place, child_totals, taxed_on

SQL = sql.named(__package__, "tariff_change.sql")
BATCH = 2000


@dataclass(frozen=True, slots=True)
class TariffChange:
    """A continuity order under its tariff and under another one; minor units, with delivery and tax.

    ``shipment``, ``on``, ``old``, ``new``: its first planned shipment that costs something else, with its day; of an order
    that is billed up front the payments that nobody was asked for or that failed (``shipment`` None), and the day of the
    next one. None and 0 where nothing costs something else. ``customer``: who pays. ``to_come``, ``new_to_come``: all that
    is still to be paid: planned shipments, or those payments.
    """

    continuity_order: int
    tariff: int
    order: int
    number: str
    line: int
    customer: int
    shipment: int | None
    on: date | None
    old: int
    new: int
    to_come: int
    new_to_come: int

    @property
    def differs(self) -> bool:
        """Does anything cost something else?"""
        return self.on is not None


class _Row(NamedTuple):
    """A planned shipment: what it sends, by tax group."""

    continuity_order: int
    tariff: int
    order: int
    number: str
    line: int
    customer: int
    upfront: bool
    order_date: date
    pays_on: date | None
    to_pay: int
    shipment: int | None
    ship_on: date | None
    mode: int | None
    country: str | None
    region: str | None
    groups: list[str | None] | None
    amounts: list[int] | None


def tariff_changes(rules: SetUp, target: int, ids: Sequence[int] | None = None) -> Iterator[TariffChange]:
    """Open continuity orders that stand on an older tariff than ``target`` and would follow it, in the order of their ids.
    ``ids``: these alone.
    """
    last, most = 0, BATCH if ids is None else len(ids)
    while True:
        given = {"target": target, "last": last, "most": most, "ids": None if ids is None else list(ids)}
        rows = sql.rows(_Row, SQL["coming"], given)
        if not rows:
            return
        mine: list[_Row] = []
        for row in rows:
            if mine and mine[0].continuity_order != row.continuity_order:
                yield _change(rules, target, mine)
                mine = []
            mine.append(row)
        yield _change(rules, target, mine)
        last = mine[0].continuity_order


def _change(rules: SetUp, target: int, rows: Sequence[_Row]) -> TariffChange:
    one = rows[0]
    before, after = rules.tariff(one.tariff), rules.tariff(target)
    costs = [
        (row.ship_on, row.shipment, _total(before, row), _total(after, row))
        for row in rows
        if row.ship_on is not None and row.shipment is not None
    ]
    to_come, new_to_come = sum(cost[2] for cost in costs), sum(cost[3] for cost in costs)
    on, shipment, old, new = min((cost for cost in costs if cost[2] != cost[3]), default=(None, None, 0, 0))
    if (
        one.upfront
    ):  # what is planned costs so much more or less, and so do the payments that follow it (``due.recalculate``)
        to_come, new_to_come = one.to_pay, max(one.to_pay + new_to_come - to_come, 0)
        if on is not None:
            on, shipment, old, new = one.pays_on, None, to_come, new_to_come
    return TariffChange(
        continuity_order=one.continuity_order,
        tariff=one.tariff,
        order=one.order,
        number=one.number,
        line=one.line,
        customer=one.customer,
        shipment=shipment,
        on=on,
        old=old,
        new=new,
        to_come=to_come,
        new_to_come=new_to_come,
    )


def _total(tariff: Tariff, row: _Row) -> int:
    lines = [Charge(amount, group) for amount, group in zip(row.amounts or (), row.groups or (), strict=True)]
    on = taxed_on(upfront=row.upfront, order_date=row.order_date, ship_on=row.ship_on or row.order_date)
    return child_totals(tariff, lines, row.mode, Place(row.country, row.region), on).total


def kept(target: int) -> int:
    """How many open continuity orders keep an older tariff for good: billed up front, and nothing is left to be asked for."""
    return int(sql.value(SQL["kept"], {"target": target}))


def keep_for_good() -> int:
    """Let the open orders that the tariff which is being applied does not reach follow none any more, whatever a person
    adds to them later; how many are new.
    """
    return sql.execute(SQL["keep_for_good"])
