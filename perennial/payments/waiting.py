"""Why scheduled occurrences wait: one place that derives ``blocked`` from what an order's state says.

``acceptance`` before ``hold`` before ``payment`` before ``parked``; ``card`` is found by the job
that would have made the child, and stays until a card is stored.
"""

from __future__ import annotations

from collections.abc import Sequence

from perennial.db import sql

REASON = """
case when p.acceptance = 'awaited' then 'acceptance'
     when exists (select from orders_hold h where h.order_id = p.id and h.released_on is null
                     and h.stops in ('shipping', 'both')) then 'hold'
     when exists (select from payments_payment y where y.continuity_order_id = c.id and y.status = 'failed')
       or exists (select from orders_salesorder k join payments_payment y on y.order_id = k.id
                   where k.parent_line_id = c.parent_line_id and k.parent_id = c.order_id
                     and y.status = 'failed') then 'payment'
     when exists (select from continuity_parked q where q.continuity_order_id = c.id
                     and q.resolved_on is null) then 'parked' end
"""


def recompute(continuity_order_ids: Sequence[int], *, forget_card: bool = False) -> int:
    """Set ``blocked`` of the orders' scheduled occurrences to the reason that holds now; how many changed.

    ``forget_card``: a card was stored, so the next run finds out for itself whether it lasts.
    """
    keep = "null" if forget_card else "case when o.blocked = 'card' then 'card' end"
    return sql.execute(
        f"""
        with reasons as (
          select c.id, {REASON} as reason
            from continuity_continuityorder c join orders_salesorder p on p.id = c.order_id
           where c.id = any(%s))
        update continuity_occurrence o set blocked = coalesce(r.reason, {keep})
          from reasons r
         where o.continuity_order_id = r.id and o.status = 'scheduled'
           and o.blocked is distinct from coalesce(r.reason, {keep})
        """,
        [list(continuity_order_ids)],
    )
