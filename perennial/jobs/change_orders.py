"""The orders of a group of a preview, page by page: who they belong to now, what they would be, and what those that are billed
up front are charged as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from perennial.db import sql
from perennial.db.pages import Page, key_of, page
from perennial.errors import Refused
from perennial.jobs.change_groups import PAID_UPFRONT, SILENT
from perennial.jobs.change_preview import stored_preview
from perennial.jobs.models import ChangeGroup
from perennial.kernel.money import Money

SQL = sql.named("perennial.jobs", "sql/change_preview.sql")
SIZE = 50


@dataclass(frozen=True, slots=True)
class PaidUpfront:
    """What an order billed up front is charged as a whole: so much more ``now``, and ``later``, from ``later_on`` on (None:
    with its first shipment); so much ``less``; and what it has then paid too much (``back``).
    """

    now: Money | None
    later: Money | None
    later_on: date | None
    less: Money | None
    back: Money | None


@dataclass(frozen=True, slots=True)
class GroupOrder:
    """An order of a group, and the first of its shipments that is in it; amounts with delivery and tax. ``silent``: a price
    rises, and there is no address to write to. Who is erased since has no name.
    """

    key: int
    order: str
    account: str | None
    customer: str | None
    line: int | None
    shipment: int | None
    ship_on: date | None
    new_ship_on: date | None
    amount: Money | None
    new_amount: Money | None
    more: Money
    silent: bool
    upfront: PaidUpfront


def group_orders(run: int, number: int, *, size: int = SIZE, after: str | None = None) -> Page[GroupOrder]:
    """A page of the orders of a group. Refused: there is no such group."""
    row = stored_preview(run)
    if not ChangeGroup.objects.filter(run_id=row.pk, number=number).exists():
        raise Refused("change_group_unknown", "group", run=run, group=number)
    beside = ChangeGroup.objects.filter(run_id=row.pk, kind__in=(SILENT, *PAID_UPFRONT))
    numbers_of = dict(beside.values_list("kind", "number"))
    given = {kind: numbers_of.get(kind, 0) for kind in (SILENT, *PAID_UPFRONT)}
    behind = int(key_of(after, 1)[0]) if after else 0
    given |= {"run": row.pk, "number": number, "after": behind, "most": size + 1}
    return page(_orders(sql.tuples(SQL["orders"], given), row.currency), size, lambda one: (one.key,))


def _orders(rows: list[tuple[Any, ...]], currency: str) -> Iterator[GroupOrder]:
    def amount(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, currency)

    for *place, shipped, will_ship, costs, will_cost, more, silent, now, later, later_on, less, back in rows:
        key, order, account, customer, line, shipment = place
        yield GroupOrder(
            key=key,
            order=order,
            account=account,
            customer=customer,
            line=line,
            shipment=shipment,
            ship_on=shipped,
            new_ship_on=will_ship,
            amount=amount(costs),
            new_amount=amount(will_cost),
            more=Money(more, currency),
            silent=silent,
            upfront=PaidUpfront(amount(now), amount(later), later_on, amount(less), amount(back)),
        )
