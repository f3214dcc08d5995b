"""Why scheduled occurrences wait: one place that derives ``blocked`` anew after an order has changed.

``acceptance``, ``hold`` and ``card`` are found by the job that would have made the child, and stay until
the offer is accepted, the holds are released, a card is stored. ``payment`` (D30) and ``parked`` hold for
all that is scheduled of the order from the moment on when they are known.
"""

from __future__ import annotations

from collections.abc import Sequence

from perennial.db import sql

AWAITED = "p.acceptance = 'awaited'"
ON_HOLD = """exists (select from orders_hold h where h.order_id = p.id and h.released_on is null
                      and h.stops in ('shipping', 'both'))"""
PAYMENT_FAILED = """(exists (select from payments_payment y where y.continuity_order_id = c.id and y.status = 'failed')
  or exists (select from orders_salesorder k join payments_payment y on y.order_id = k.id
              where k.parent_line_id = c.parent_line_id and k.parent_id = c.order_id and y.status = 'failed'))"""
IS_PARKED = "exists (select from continuity_parked q where q.continuity_order_id = c.id and q.resolved_on is null)"


def recompute(continuity_order_ids: Sequence[int], *, forget_card: bool = False) -> int:
    """Set ``blocked`` of the orders' scheduled occurrences to the reason that holds now; how many changed.

    ``forget_card``: a card was stored, so the next run finds out for itself whether it lasts.
    """
    return sql.execute(
        f"""
        with reasons as (
          select c.id, {AWAITED} as awaited, {ON_HOLD} as held,
                 case when {PAYMENT_FAILED} then 'payment' when {IS_PARKED} then 'parked' end as known
            from continuity_continuityorder c join orders_salesorder p on p.id = c.order_id
           where c.id = any(%(ids)s)),
        wanted as (
          select o.id, case when o.blocked = 'acceptance' and r.awaited then 'acceptance'
                            when o.blocked = 'hold' and r.held then 'hold'
                            when o.blocked = 'card' and not %(forget)s then 'card'
                            else r.known end as blocked
            from continuity_occurrence o join reasons r on r.id = o.continuity_order_id
           where o.status = 'scheduled')
        update continuity_occurrence o set blocked = w.blocked
          from wanted w where w.id = o.id and o.blocked is distinct from w.blocked
        """,
        {"ids": list(continuity_order_ids), "forget": forget_card},
    )


def still_waiting(order_id: int) -> bool:
    """Is the parent order unaccepted, or has it an open hold that stops shipping?"""
    return bool(sql.value(f"select {AWAITED} or {ON_HOLD} from orders_salesorder p where p.id = %s", [order_id]))
