"""Why a shipment has not become a child, and why a child has not been sent: asked of the rows as they are now.

The one place of the desk that asks. An order that is put on hold at noon waits at noon; the night writes down what it
found waiting (``blocked``), and what it wrote down holds until something takes it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from perennial.db import sql
from perennial.desk.shipping import ON_HOLD, UNPAID_SHIPMENT, UNPAID_UP_FRONT
from perennial.kernel.reasons import Reason
from perennial.kernel.states import BLOCKED
from perennial.payments import blocked

_SHIPMENTS = f"""
with orders as materialized (
  select c.id, {blocked.AWAITED} as acceptance, {blocked.ON_HOLD} as hold, {blocked.PAYMENT_FAILED} as payment,
         {blocked.IS_PARKED} as parked,
         case when c.payment_method = 'card' and not c.upfront then k.expires_on end as expires_on
    from continuity_continuityorder c
    join orders_salesorder p on p.id = c.order_id
    left join customers_storedcard k on k.id = c.card_id
   where c.id = any(%(ids)s) and c.status = 'open')
select o.continuity_order_id, o.shipment, r.acceptance, r.hold,
       coalesce(r.expires_on < greatest(o.ship_on, %(on)s) and {blocked.COSTS}, false) as card, r.payment, r.parked
  from orders r join continuity_occurrence o on o.continuity_order_id = r.id
 where o.status = 'scheduled'
   and (r.acceptance or r.hold or r.payment or r.parked or r.expires_on < greatest(o.ship_on, %(on)s))
"""


def shipments_that_wait(continuity_order_ids: Sequence[int], on: date) -> dict[tuple[int, int], tuple[str, ...]]:
    """By continuity order and shipment, all that its scheduled shipments would wait for on a date."""
    found: dict[tuple[int, int], set[str]] = {}
    for order, shipment, *waits in sql.tuples(_SHIPMENTS, {"ids": list(continuity_order_ids), "on": on}):
        words = {word for word, holds in zip(BLOCKED, waits, strict=True) if holds}
        found.setdefault((order, shipment), set()).update(words)
    return {which: tuple(word for word in BLOCKED if word in words) for which, words in found.items() if words}


def in_turn(stored: str | None, waits: Iterable[str]) -> tuple[str, ...]:
    """What the night found first, then what else holds now."""
    return (*([stored] if stored else []), *(word for word in waits if word != stored))


def wait_reason(word: str, ship_on: date, reason: str | None = None) -> Reason:
    """What a word of ``states.BLOCKED`` is about: the day of a card; the ``reason`` of a hold, or of what is parked."""
    match word:
        case "hold":
            return Reason("hold", {"reason": reason}) if reason else Reason("hold_without_reason")
        case "parked":
            return Reason("parked", {"reason": reason or Reason("could_not_be_made")})
        case "card":
            return Reason("card", {"ship_on": ship_on})
    return Reason(word)


_CHILDREN = f"""
select k.id, k.status, {ON_HOLD}, {UNPAID_SHIPMENT} or {UNPAID_UP_FRONT}
  from orders_salesorder k where k.id = any(%(ids)s) and k.parent_id is not null
"""


def children_that_may_not_ship(ids: Sequence[int], on: date) -> dict[int, tuple[str, ...]]:
    """By id, why children may not ship on a date: ``order_not_open``, ``hold``, ``payment``. Others may."""
    found = {}
    for child, status, held, unpaid in sql.tuples(_CHILDREN, {"ids": list(ids), "on": on}):
        reasons = [("order_not_open", status != "open"), ("hold", held), ("payment", unpaid)]
        if why := tuple(code for code, holds in reasons if holds):
            found[child] = why
    return found
