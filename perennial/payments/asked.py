"""What orders that are billed up front are still asked for, by its day, and what was paid beyond what they cost: before and
after a change.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from perennial.db import sql
from perennial.kernel.states import CARD_OWES

_ASKED = f"""
select c.id, c.owed_minor, y.day,
       coalesce(sum(y.amount_minor) filter (where y.status in {sql.words(CARD_OWES)}), 0)::bigint,
       coalesce(sum(case when y.status = 'billed' then y.amount_minor else y.captured_minor end - y.refunded_minor), 0)::bigint
  from continuity_continuityorder c
 cross join lateral (
   select p.*, case when f.invoiced or not p.at_invoice then p.due_on end as day
     from payments_payment p join payment_subject f on f.payment_id = p.id
    where p.continuity_order_id = c.id and p.purpose = 'order') y
 where c.id = any(%(ids)s)
 group by c.id, y.day
"""


@dataclass(slots=True)
class Asked:
    """Of an order billed up front, in minor units: what is still to be taken, by the day on which it is due (None: with its
    first shipment); and what was taken or billed ``beyond`` what it costs.
    """

    by_day: dict[date | None, int] = field(default_factory=dict)
    beyond: int = 0

    @property
    def to_take(self) -> int:
        """All that is still to be taken."""
        return sum(self.by_day.values())


@dataclass(frozen=True, slots=True)
class AskedMore:
    """What an order billed up front is asked for in all, ``before`` and ``after``, and how much more that is: ``now`` (due already), ``later`` from ``later_on`` on (None: with
    its first shipment), and what it has then paid ``beyond`` what it costs. Less than 0: so much less.
    """

    before: int
    after: int
    now: int
    later: int
    later_on: date | None
    beyond: int

    @property
    def more(self) -> int:
        """How much more is to be taken, now and later."""
        return self.after - self.before


NOTHING_ASKED = AskedMore(before=0, after=0, now=0, later=0, later_on=None, beyond=0)


def asked(ids: Collection[int]) -> dict[int, Asked]:
    """Of these continuity orders, those that have payments of the whole order, by their ids."""
    found: dict[int, Asked] = {}
    for pk, owed, due_on, to_take, taken in sql.tuples(_ASKED, {"ids": list(ids)}) if ids else ():
        one = found.setdefault(pk, Asked(beyond=0 if owed is None else -owed))
        one.by_day[due_on] = to_take
        one.beyond += 0 if owed is None else taken
    for one in found.values():
        one.beyond = max(one.beyond, 0)
    return found


def asked_more(before: Mapping[int, Asked], after: Mapping[int, Asked], *, on: date) -> dict[int, AskedMore]:
    """What a change makes of what orders are asked for, by their ids, on a day."""
    return {pk: _more(before.get(pk, Asked()), after.get(pk, Asked()), on) for pk in {**before, **after}}


def _more(before: Asked, after: Asked, on: date) -> AskedMore:
    by_day = {day: after.by_day.get(day, 0) - before.by_day.get(day, 0) for day in {**before.by_day, **after.by_day}}
    due = {day: minor for day, minor in by_day.items() if day is not None and day <= on}
    later = {day: minor for day, minor in by_day.items() if day not in due and minor}
    return AskedMore(
        before=before.to_take,
        after=after.to_take,
        now=sum(due.values()),
        later=sum(later.values()),
        later_on=min((day for day in later if day is not None), default=None),
        beyond=after.beyond - before.beyond,
    )
