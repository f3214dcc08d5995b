"""Money that was taken, or billed, for what does not come any more: a person gives it back, or credits it; and money
that is still open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from perennial.db import sql
from perennial.kernel.states import NOT_PAID_YET, REFUND_OPEN, TO_COME

_SURPLUS = f"""
with taken as (
  select c.order_id as root, c.id as continuity_id, c.parent_line_id, x.to_come, c.owed_minor,
         sum(case when y.status = 'billed' then y.amount_minor else y.captured_minor end - y.refunded_minor - {{back}}) as minor,
         coalesce(sum(y.amount_minor) filter (where y.status = 'billed'), 0) as billed
    from continuity_continuityorder c join payments_payment y on y.continuity_order_id = c.id
   cross join lateral (select exists (select from continuity_occurrence o
                        where o.continuity_order_id = c.id and o.status in {sql.words(TO_COME)}) as to_come) x
   where {{continuity}} and y.purpose = 'order' and (not x.to_come or c.owed_minor is not null)
   group by c.id, x.to_come),
beyond as (
  select t.root, t.continuity_id, null::bigint as order_id, t.minor - case when t.to_come then t.owed_minor
                                else coalesce((select sum(k.total_minor) from orders_salesorder k
                                                where k.parent_line_id = t.parent_line_id and k.status <> 'cancelled'), 0)
                           end as minor, t.billed
    from taken t
  union all
  select coalesce(o.parent_id, o.id), null, o.id, y.captured_minor - y.refunded_minor - {{back}}, 0
    from orders_salesorder o join payments_payment y on y.order_id = o.id
   where {{order}} and o.status = 'cancelled' and y.purpose <> 'refund' and y.captured_minor > y.refunded_minor
  union all
  select o.id, null, o.id, y.captured_minor - y.refunded_minor - {{back}}, 0
    from orders_salesorder o join payments_payment y on y.order_id = o.id
   where {{order}} and o.status <> 'cancelled' and y.purpose = 'ordinary' and y.captured_minor > y.refunded_minor
     and not exists (
       select from orders_orderline l
        where l.order_id = o.id and l.status <> 'cancelled' and not exists (
          select from continuity_continuityorder x where x.parent_line_id = l.id)))
select b.root{{by}}, sum(b.minor) as minor, sum(least(b.minor, b.billed)) as credit
  from beyond b where b.minor > 0 group by b.root{{by}}
"""
_BACK = f"""coalesce((select sum(r.amount_minor) from payments_payment r
                   where r.refunds_id = y.id and r.status in {sql.words(REFUND_OPEN)}), 0)
         - coalesce((select sum(d.amount_minor) from payments_dispute d
                      where d.payment_id = y.id and d.status = 'lost'), 0)"""
"""What of a payment (``y``) is on its way back, or was lost to a dispute."""
_THESE = {"continuity": "c.order_id = any(%(ids)s)", "order": "(o.id = any(%(ids)s) or o.parent_id = any(%(ids)s))"}
OF_ALL = _SURPLUS.format(continuity="true", order="true", back=_BACK, by="")
OF_THESE = _SURPLUS.format(**_THESE, back=_BACK, by="")
"""The statement: of all parent orders, of some."""
_BY_WHAT = _SURPLUS.format(**_THESE, back=_BACK, by=", b.continuity_id, b.order_id")


class Beyond(NamedTuple):
    """The minor units beyond what came and will come: of what was taken, which goes ``back``; of what was only billed, which
    is to ``credit``. What is billed goes first: nobody gives back what was never paid.
    """

    back: int
    credit: int


def beyond_of(orders: Sequence[int]) -> dict[int, Beyond]:
    """By parent order, what was taken or billed beyond what came and will come, as it is now; of these orders.

    Of what was billed up front: what was paid for and did not ship, or is not to come any more. Of a cancelled child, or cancelled ordinary lines, what they were paid.
    """
    found = sql.prepared(f"{OF_THESE} order by b.root", {"ids": list(orders)})
    return {root: _beyond(minor, credit) for root, minor, credit in found}


def surplus(orders: Sequence[int]) -> dict[int, int]:
    """The same, only what is to be given back: what was taken."""
    return {root: found.back for root, found in beyond_of(orders).items() if found.back}


def beyond(order: int) -> dict[tuple[int | None, int | None], int]:
    """Of a parent order what is to be given back, by what was paid: a continuity order billed up front, or a child or the
    ordinary lines.
    """
    return {paid: found.back for paid, found in _by_what(order).items() if found.back}


def to_credit(order: int) -> dict[int, int]:
    """Of a parent order what is to be credited, by the continuity order that was billed for it."""
    return {
        continuity: found.credit for (continuity, _), found in _by_what(order).items() if continuity and found.credit
    }


def _by_what(order: int) -> Mapping[tuple[int | None, int | None], Beyond]:
    found = sql.tuples(f"{_BY_WHAT} order by b.continuity_id, b.order_id", {"ids": [order]})
    return {(continuity, paid): _beyond(minor, credit) for _, continuity, paid, minor, credit in found}


def _beyond(minor: int, credit: int) -> Beyond:
    return Beyond(int(minor - credit), int(credit))


_NOTED = """
select count(*) filter (where n.minor > n.credit), coalesce(sum(n.minor - n.credit), 0),
       count(*) filter (where n.credit > 0), coalesce(sum(n.credit), 0), (select currency from catalog_company)
  from ({these}) n
"""


class OwedBack(NamedTuple):
    """Of how many parent orders money is to be given back, and of how many bills are to be credited; the sums in minor units."""

    orders: int
    back: int
    bills: int
    credit: int
    currency: str


def owed_back() -> OwedBack:
    """All that is noted to be given back or credited."""
    ids = [row[0] for row in sql.tuples("select order_id from payments_surplus")]
    orders, back, bills, credit, currency = sql.tuples(_NOTED.format(these=OF_THESE), {"ids": ids})[0]
    return OwedBack(orders, int(back), bills, int(credit), currency or "")


_OPEN = """
select coalesce(sum(y.amount_minor), 0), coalesce(sum(y.amount_minor) filter (where f.delivered), 0)
  from payments_payment y join payment_subject f on f.payment_id = y.id
 where y.id in (select p.id from payments_payment p where p.order_id = %(order)s
                union
                select p.id from payments_payment p join orders_salesorder k on k.id = p.order_id where k.parent_id = %(order)s
                union
                select p.id from payments_payment p join continuity_continuityorder c on c.id = p.continuity_order_id
                 where c.order_id = %(order)s)
   and y.purpose <> 'refund' and y.status = any(%(states)s) and not f.cancelled
"""


def still_open(order: int, states: Sequence[str] = NOT_PAID_YET) -> tuple[int, int]:
    """Of an order, with its children, or of a child: the minor units that are asked for and not taken, of what is not
    cancelled; and those of them that are for what has left.
    """
    open_, sent = sql.tuples(_OPEN, {"order": order, "states": list(states)})[0]
    return int(open_), int(sent)
