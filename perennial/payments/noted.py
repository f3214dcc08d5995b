"""What lists and counts of all orders read, so that no page looks through them: money to give back, cards that will end.

Noted of the orders that somebody or an import has changed or made, and of all at the end of process-payments. Only what
differs is written, in one order: whoever notes at the same time waits for few rows, and never in a circle.
"""

from __future__ import annotations

from collections.abc import Sequence

from perennial.db import sql
from perennial.payments.surplus import OF_ALL, OF_THESE

_SURPLUS = """
with now as materialized ({found}),
gone as (
  delete from payments_surplus s where {these} and not exists (select from now n where n.root = s.order_id))
insert into payments_surplus(order_id, minor)
select n.root, n.minor from now n
 where not exists (select from payments_surplus s where s.order_id = n.root and s.minor = n.minor)
 order by n.root
on conflict (order_id) do update set minor = excluded.minor
"""
_CARD_ENDS = """
with now as materialized (
  select x.continuity_order_id, k.id as card_id, x.first_on
    from customers_storedcard k
   cross join lateral (select y.continuity_order_id, min(y.on_date) as first_on from charge_to_come y
                        where y.card_id = k.id and y.on_date > k.expires_on group by y.continuity_order_id) x
   where {these}),
gone as (
  delete from payments_cardend e where {those} and not exists (
    select from now n where n.continuity_order_id = e.continuity_order_id and n.card_id = e.card_id))
insert into payments_cardend(continuity_order_id, card_id, first_on)
select n.continuity_order_id, n.card_id, n.first_on from now n
 where not exists (select from payments_cardend e where e.continuity_order_id = n.continuity_order_id
                                                    and e.card_id = n.card_id and e.first_on = n.first_on)
 order by n.continuity_order_id, n.card_id
on conflict (continuity_order_id, card_id) do update set first_on = excluded.first_on
"""
_CARDS = """
select c.id, c.card_id from continuity_continuityorder c where c.order_id = any(%(ids)s)
union all
select null, p.card_id from payments_payment p join continuity_continuityorder c on c.id = p.continuity_order_id
 where c.order_id = any(%(ids)s)
union all
select null, p.card_id from payments_payment p join orders_salesorder o on o.id = p.order_id where o.parent_id = any(%(ids)s)
"""


def note(orders: Sequence[int]) -> None:
    """Note it of these parent orders, and of all that their cards pay."""
    given = {"ids": list(orders)}
    sql.execute(_SURPLUS.format(found=OF_THESE, these="s.order_id = any(%(ids)s)"), given)
    found = sql.tuples(_CARDS, given)
    cards = sorted({card for _, card in found if card is not None})
    sql.execute(
        _CARD_ENDS.format(
            these="k.id = any(%(cards)s)",
            those="(e.card_id = any(%(cards)s) or e.continuity_order_id = any(%(lines)s))",
        ),
        {"cards": cards, "lines": [line for line, _ in found if line is not None]},
    )


def note_all() -> None:
    """Note it of all orders. It looks through all that is planned and paid."""
    sql.execute(_SURPLUS.format(found=OF_ALL, these="true"))
    sql.execute(_CARD_ENDS.format(these="true", those="true"))
