"""Why scheduled occurrences wait: one place that derives ``blocked`` anew after an order has changed.

``acceptance``, ``hold`` and ``card`` are found by the job that would have made the child, and stay until
the offer is accepted, the holds are released, a card is stored or the shipment costs nothing any more.
A shipment waits as one: what joins it by a change waits for the same. ``payment`` (D30) and ``parked`` hold
for all that is scheduled of the order from the moment on when they are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from perennial.db import sql

CONTINUITY_ORDERS = """
select p.continuity_order_id from payments_payment p
 where p.id = any(%(ids)s) and p.continuity_order_id is not null
union
select c.id from payments_payment p
  join orders_salesorder o on o.id = p.order_id
  join continuity_continuityorder c on c.parent_line_id = o.parent_line_id
 where p.id = any(%(ids)s)
union
select c.id from payments_payment p join continuity_continuityorder c on c.order_id = p.order_id
 where p.id = any(%(ids)s)
"""


def recompute(continuity_order_ids: Sequence[int], *, forget_card: bool = False) -> int:
    """Set ``blocked`` of the orders' scheduled occurrences to the reason that holds now; how many changed.

    ``forget_card``: a card was stored, so the next run finds out for itself whether it lasts.
    """
    return sql.execute(
        """
        with waits as materialized (select * from continuity_waits where continuity_order_id = any(%(ids)s)),
        wanted as (
          select o.id, case when bool_or(o.blocked = 'acceptance') over shipment and w.awaited then 'acceptance'
                            when bool_or(o.blocked = 'hold') over shipment and w.on_hold then 'hold'
                            when bool_or(o.blocked = 'card') over shipment and not %(forget)s
                             and (select s.costs from shipment_costs s
                                   where s.continuity_order_id = o.continuity_order_id and s.shipment = o.shipment)
                            then 'card'
                            when w.payment_failed then 'payment'
                            when w.parked then 'parked' end as blocked
            from continuity_occurrence o
            join waits w on w.continuity_order_id = o.continuity_order_id
           where o.status = 'scheduled'
          window shipment as (partition by o.continuity_order_id, o.shipment))
        update continuity_occurrence o set blocked = w.blocked
          from wanted w where w.id = o.id and o.blocked is distinct from w.blocked
        """,
        {"ids": list(continuity_order_ids), "forget": forget_card},
    )


class WhyNot(NamedTuple):
    """A reason why a child, or the ordinary lines of a parent order, may not be sent or invoiced.

    ``because``: ``status`` (it is not open), ``acceptance`` (awaited), ``hold`` (which), ``payment`` (which one of it is
    declined, failed or unknown), ``upfront`` (which one of the whole order is), ``window`` (which ``opens_on`` a later date).
    """

    because: str
    hold_id: int | None
    payment_id: int | None
    opens_on: date | None


_WHY_NOT = """
select n.because, n.hold_id, n.payment_id, nullif(n.opens_on, 'infinity')
  from {view} n where n.order_id = %(order)s and n.from_on <= %(on)s and %(on)s < n.opens_on
 order by array_position(array['status', 'acceptance', 'hold', 'payment', 'upfront', 'window'], n.because),
          n.hold_id, n.payment_id
"""


def may_not_ship(order_id: int, on: date) -> list[WhyNot]:
    """All reasons why a child, or a parent's ordinary lines, may not be sent on a date; none: it may."""
    return _why_not("may_not_ship", order_id, on)


def may_not_invoice(order_id: int, on: date) -> list[WhyNot]:
    """All that stands in the way of invoicing on a date what was sent of it; none: nothing does."""
    return _why_not("may_not_invoice", order_id, on)


def _why_not(view: str, order_id: int, on: date) -> list[WhyNot]:
    return sql.rows(WhyNot, _WHY_NOT.format(view=view), {"order": order_id, "on": on})


def still_waiting(order_id: int) -> bool:
    """Is the parent order unaccepted, or has it an open hold that stops new children?"""
    return bool(sql.value("select awaited or on_hold from order_waits where order_id = %s", [order_id]))


def continuity_orders(payment_ids: Sequence[int]) -> list[int]:
    """The continuity orders that these payments are for, or whose parent they are for, by id."""
    return [row[0] for row in sql.tuples(f"{CONTINUITY_ORDERS} order by 1", {"ids": list(payment_ids)})]


def payments_settled(payments: Sequence[int], *, by: str, on: date) -> None:
    """After payments have failed no more (due again, cancelled, written off): where none has failed any more
    release the holds that it had placed, and let go what waited for it.
    """
    if not payments:
        return
    sql.execute(
        """
        with concerned as (
          select p.order_id as id from payments_payment p where p.id = any(%(ids)s) and p.order_id is not null
          union
          select k.id from payments_payment p
            join continuity_continuityorder c on c.id = p.continuity_order_id
            join orders_salesorder k on k.parent_line_id = c.parent_line_id
           where p.id = any(%(ids)s)),
        released as (
          update orders_hold h set released_on = %(on)s, released_by = %(by)s
            from concerned x
            join orders_salesorder o on o.id = x.id
            left join continuity_continuityorder c on c.parent_line_id = o.parent_line_id
           where h.order_id = x.id and h.code = 'payment' and h.released_on is null
             and not exists (select from payments_payment f where f.order_id = x.id and f.status = 'failed' and f.purpose <> 'refund')
             and not exists (select from payments_payment f
                              where f.continuity_order_id = c.id and f.status = 'failed'
                                and f.purpose <> 'refund')
          returning h.order_id)
        insert into orders_orderevent(order_id, on_date, kind, by, data)
        select coalesce(o.parent_id, o.id), %(on)s, 'released', %(by)s,
               jsonb_build_object('codes', jsonb_build_array('payment'),
                                  'child', case when o.parent_id is not null then o.number end)
          from released r join orders_salesorder o on o.id = r.order_id
         order by coalesce(o.parent_id, o.id), o.number
        """,
        {"ids": list(payments), "on": on, "by": by},
    )
    recompute(continuity_orders(payments))
