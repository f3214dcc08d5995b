"""What orders that are billed up front are still asked for, by its day, and what was paid beyond what they cost: before and
after a change.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from perennial.db import sql
from perennial.kernel.states import CARD_OWES

D = TypeVar("D", date, date | None)

_ASKED = f"""
select c.id, c.owed_minor, y.day, y.due_on,
       coalesce(sum(y.amount_minor) filter (where y.status in {sql.words(CARD_OWES)}), 0)::bigint,
       coalesce(sum(case when y.status = 'billed' then y.amount_minor else y.captured_minor end - y.refunded_minor), 0)::bigint
  from continuity_continuityorder c
 left join lateral (
   select p.*, case when f.invoiced or not p.at_invoice then p.due_on end as day
     from payments_payment p join payment_subject f on f.payment_id = p.id
    where p.continuity_order_id = c.id and p.purpose = 'order') y on true
 where c.id = any(%(ids)s)
 group by c.id, y.day, y.due_on
"""


@dataclass(slots=True)
class Asked:
    """Of an order billed up front, in minor units: what is still to be taken, by the day on which it is due (None: with its
    first shipment), and by the day of its payments; what was taken or billed ``beyond`` what it costs; and what it costs as a
    ``whole``.
    """

    by_day: dict[date | None, int] = field(default_factory=dict)
    by_payment: dict[date, int] = field(default_factory=dict)
    beyond: int = 0
    whole: int | None = None

    @property
    def to_take(self) -> int:
        """All that is still to be taken."""
        return sum(self.by_day.values())


@dataclass(frozen=True, slots=True)
class AskedMore:
    """What an order billed up front is asked for in all, ``before`` and ``after``, and how much more that is: ``now`` (due
    already), ``later`` from ``later_on`` on (None: with its first shipment), and what it has then paid ``beyond`` what it
    costs. Less than 0: so much less. ``parts``: the same by the day of its payments, where it is more in all; ``whole``: what
    it costs then.
    """

    before: int
    after: int
    now: int
    later: int
    later_on: date | None
    beyond: int
    parts: tuple[tuple[date, int], ...]
    whole: int | None

    @property
    def more(self) -> int:
        """How much more is to be taken, now and later."""
        return self.after - self.before


NOTHING_ASKED = AskedMore(before=0, after=0, now=0, later=0, later_on=None, beyond=0, parts=(), whole=None)


def asked(ids: Collection[int]) -> dict[int, Asked]:
    """What these continuity orders are asked for as a whole, by their ids."""
    found: dict[int, Asked] = {}
    for pk, owed, day, due_on, to_take, taken in sql.tuples(_ASKED, {"ids": list(ids)}) if ids else ():
        one = found.setdefault(pk, Asked(beyond=0 if owed is None else -owed, whole=owed))
        one.by_day[day] = one.by_day.get(day, 0) + to_take
        if due_on is not None:
            one.by_payment[due_on] = one.by_payment.get(due_on, 0) + to_take
        one.beyond += 0 if owed is None else taken
    for one in found.values():
        one.beyond = max(one.beyond, 0)
    return found


def asked_more(before: Mapping[int, Asked], after: Mapping[int, Asked], *, on: date) -> dict[int, AskedMore]:
    """What a change makes of what orders are asked for, by their ids, on a day: of those that it may have changed."""
    return {pk: _more(before.get(pk, Asked()), one, on) for pk, one in after.items()}


def _more(before: Asked, after: Asked, on: date) -> AskedMore:
    by_day = _difference(before.by_day, after.by_day)
    due = {day: minor for day, minor in by_day.items() if day is not None and day <= on}
    later = {day: minor for day, minor in by_day.items() if day not in due and minor}
    return AskedMore(
        before=before.to_take,
        after=after.to_take,
        now=sum(due.values()),
        later=sum(later.values()),
        later_on=min((day for day in later if day is not None), default=None),
        beyond=after.beyond - before.beyond,
        parts=_parts(_difference(before.by_payment, after.by_payment), on),
        whole=after.whole,
    )


def _difference(before: Mapping[D, int], after: Mapping[D, int]) -> dict[D, int]:
    return {day: after.get(day, 0) - before.get(day, 0) for day in {**before, **after}}


def _parts(more: Mapping[date, int], on: date) -> tuple[tuple[date, int], ...]:
    """So much more on which days, what is late at once; where it is less on another day, what is left of it on the first one."""
    added: dict[date, int] = {}
    for day, minor in sorted(more.items()):
        if minor > 0:
            added[max(day, on)] = added.get(max(day, on), 0) + minor
    left = sum(more.values())
    if left <= 0:
        return ()
    return tuple(added.items()) if left == sum(added.values()) else ((min(added), left),)
