"""Money in by week: what was taken, billed on account, given back and lost in disputes, and what is still to come by the day on
which it is due.

What comes is what is asked for already, and what planned shipments will cost, with delivery and tax, in the week in which they
leave; an order that is billed up front is asked for already. Shipments that are no lines yet bring more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from perennial.catalog.tariffs import read_tariffs
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.kernel.states import NOT_PAID_YET
from perennial.kernel.totals import Charge
from perennial.payments.cost import Place, child_totals
from perennial.pictures.demand import MOST_WEEKS
from perennial.pictures.weeks import WEEKS_AHEAD, week_of, weeks_from

_SQL = sql.named("perennial.pictures", "money.sql")
WAYS = ("method", "purpose")
"""By what money may be told apart."""
TO_COME = tuple(state for state in NOT_PAID_YET if state != "billed")


def write_money(on: date) -> int:
    """Work out the money of all weeks as of a business date, and keep it; how many rows have what moved or is asked for, and how
    many what is planned. It reads all payments once, and all planned shipments.
    """
    sql.execute("delete from pictures_moneyofweek")
    written = sql.execute(_SQL["write"], {"on": on, "week": week_of(on), "to_come": list(TO_COME)})
    planned = [(*key, minor) for key, minor in _planned(on).items()]
    given = {
        name: [row[at] for row in planned] for at, name in enumerate(("weeks", "methods", "currencies", "amounts"))
    }
    return written + sql.execute(_SQL["add_planned"], given)


class _Planned(NamedTuple):
    """So many planned shipments that cost the same: what each sends, by tax group, when and where."""

    tariff: int
    method: str
    currency: str
    mode: int | None
    country: str | None
    region: str | None
    day: date
    groups: list[str | None] | None
    amounts: list[int] | None
    shipments: int


def _planned(on: date) -> dict[tuple[date, str, str], int]:
    """What planned shipments will cost, by week, method and currency. Each is reckoned as its child will be, those that cost
    the same together.
    """
    week = week_of(on)
    rows = sql.rows(_Planned, _SQL["planned"], {"on": on, "week": week, "until": weeks_from(week, WEEKS_AHEAD)})
    tariffs = read_tariffs({row.tariff for row in rows})
    found: dict[tuple[date, str, str], int] = {}
    for row in rows:
        lines = [Charge(amount, group) for amount, group in zip(row.amounts or (), row.groups or (), strict=True)]
        place = Place(row.country, row.region)
        if cost := child_totals(tariffs[row.tariff], lines, row.mode, place, row.day).total:
            key = (week_of(row.day), row.method, row.currency)
            found[key] = found.get(key, 0) + cost * row.shipments
    return found


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """Money of a week. ``of``: the method or the purpose, None of all together. A week that is over has nothing to come, one that
    has not begun nothing else; both are None then.
    """

    week: date
    of: str | None
    taken: Money | None
    billed: Money | None
    refunded: Money | None
    lost: Money | None
    to_come: Money | None

    @property
    def net(self) -> Money | None:
        """Taken, less what was given back and what was lost in disputes."""
        if self.taken is None or self.back is None:
            return None
        return Money(self.taken.minor - self.back.minor, self.taken.currency)

    @property
    def back(self) -> Money | None:
        """What was given back, and what was lost in disputes."""
        if self.refunded is None or self.lost is None:
            return None
        return Money(self.refunded.minor + self.lost.minor, self.refunded.currency)


@dataclass(frozen=True)
class MoneyPicture:
    """Money week by week, as many weeks back as ahead. ``weeks``: a row a week; ``rows``: by method or by purpose."""

    this_week: date
    by: str
    currency: str
    weeks: tuple[MoneyRow, ...]
    rows: tuple[MoneyRow, ...]

    @cached_property
    def best(self) -> MoneyRow | None:
        """The week in which most came in, less what went back."""
        rows = [row for row in self.weeks if row.net is not None and row.net.minor > 0]
        return max(rows, key=lambda row: row.net.minor if row.net else 0, default=None)

    @cached_property
    def to_come(self) -> Money:
        """All that is still to come in these weeks."""
        return Money(sum(row.to_come.minor for row in self.weeks if row.to_come is not None), self.currency)


def money_in(on: date, currency: str, *, by: str = "method", weeks: int = 12) -> MoneyPicture:
    """Money of so many weeks back, and so many from that of ``on`` (the date that the figures stand on), in one currency.

    Refused: another way to tell it apart than by method or purpose; less than 1 or more than 52 weeks.
    """
    if by not in WAYS:
        raise Refused("picture_by_unknown", "by", by=by, known=WAYS)
    if not 1 <= weeks <= MOST_WEEKS:
        raise Refused("weeks_not_within", "weeks", weeks=weeks, most=MOST_WEEKS)
    this = week_of(on)
    since, until = weeks_from(this, -weeks), weeks_from(this, weeks)
    sums: dict[tuple[date, str | None], list[int]] = {}
    for week, method, purpose, of, *amounts in sql.tuples(_SQL["weeks"], {"since": since, "until": until}):
        if of == currency:
            for key in ((week, None), (week, method if by == "method" else purpose)):
                sums[key] = [a + int(b) for a, b in zip(sums.get(key, [0] * 5), amounts, strict=True)]
    weeks_shown = [weeks_from(this, at) for at in range(-weeks, weeks)]
    return MoneyPicture(
        this_week=this,
        by=by,
        currency=currency,
        weeks=tuple(_row(week, None, sums.get((week, None), [0] * 5), this, currency) for week in weeks_shown),
        rows=tuple(
            _row(week, of, amounts, this, currency)
            for (week, of), amounts in sorted(sums.items(), key=lambda item: (item[0][0], item[0][1] or ""))
            if of is not None and any(amounts)
        ),
    )


def _row(week: date, of: str | None, amounts: Iterable[int], this: date, currency: str) -> MoneyRow:
    taken, billed, refunded, lost, to_come = (Money(minor, currency) for minor in amounts)
    if week > this:
        return MoneyRow(week, of, taken=None, billed=None, refunded=None, lost=None, to_come=to_come)
    due = to_come if week == this else None
    return MoneyRow(week, of, taken=taken, billed=billed, refunded=refunded, lost=lost, to_come=due)
