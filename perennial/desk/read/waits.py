"""Why a shipment has not become a child, and why a child has not been sent: asked of the rows as they are now.

The one place of the desk that asks. An order that is put on hold at noon waits at noon; the night writes down what it
found waiting (``blocked``), and what it wrote down holds until something takes it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from perennial.db import sql
from perennial.kernel.reasons import Reason, Said
from perennial.kernel.states import BLOCKED
from perennial.payments import blocked

_SHIPMENTS = """
with orders as materialized (
  select w.* from continuity_waits w
    join continuity_continuityorder c on c.id = w.continuity_order_id and c.status = 'open'
   where w.continuity_order_id = any(%(ids)s))
select o.continuity_order_id, o.shipment, r.awaited, r.on_hold,
       r.card_ends_on < greatest(o.ship_on, %(on)s)
         and coalesce((select s.costs from shipment_costs s
                        where s.continuity_order_id = o.continuity_order_id and s.shipment = o.shipment), false),
       r.payment_failed, r.parked
  from orders r join continuity_occurrence o on o.continuity_order_id = r.continuity_order_id
 where o.status = 'scheduled'
   and (r.awaited or r.on_hold or r.payment_failed or r.parked or r.card_ends_on < greatest(o.ship_on, %(on)s))
"""


def shipments_that_wait(continuity_order_ids: Sequence[int], on: date) -> dict[tuple[int, int], tuple[str, ...]]:
    """By continuity order and shipment, all that its scheduled shipments would wait for on a date."""
    found: dict[tuple[int, int], set[str]] = {}
    for order, shipment, *waits in sql.prepared(_SHIPMENTS, {"ids": list(continuity_order_ids), "on": on}):
        words = {word for word, holds in zip(BLOCKED, waits, strict=True) if holds}
        found.setdefault((order, shipment), set()).update(words)
    return {which: tuple(word for word in BLOCKED if word in words) for which, words in found.items() if words}


def in_turn(stored: str | None, waits: Iterable[str]) -> tuple[str, ...]:
    """What the night found first, then what else holds now."""
    return (*([stored] if stored else []), *(word for word in waits if word != stored))


def wait_reason(word: str, ship_on: date, reason: Said | None = None) -> Reason:
    """What a word of ``states.BLOCKED`` is about: the day of a card; the ``reason`` of a hold, or of what is parked."""
    match word:
        case "hold":
            return Reason("hold", {"reason": reason}) if reason else Reason("hold_without_reason")
        case "parked":
            return Reason("parked", {"reason": reason or Reason("could_not_be_made")})
        case "card":
            return Reason("card", {"ship_on": ship_on})
    return Reason(word)


_CHILDREN = """
select n.order_id, array_agg(distinct n.because)
  from may_not_ship n
 where n.order_id = any(%(ids)s) and n.from_on <= %(on)s and %(on)s < n.opens_on
 group by n.order_id
"""
_CODES = {
    "status": "order_not_open",
    "acceptance": "acceptance",
    "hold": "hold",
    "payment": "payment",
    "upfront": "payment",
    "window": "window",
}


def children_that_may_not_ship(ids: Sequence[int], on: date) -> dict[int, tuple[str, ...]]:
    """By id, why children may not ship on a date: ``order_not_open``, ``acceptance``, ``hold``,
    ``payment``, ``window``. Others may."""
    found = {}
    for child, because in sql.tuples(_CHILDREN, {"ids": list(ids), "on": on}):
        found[child] = tuple(dict.fromkeys(code for word, code in _CODES.items() if word in because))
    return found


def window_opens(child_id: int, on: date) -> date | None:
    """From which later day on a child may be sent and invoiced; None: its delivery window is open."""
    return next((why.opens_on for why in blocked.may_not_invoice(child_id, on) if why.opens_on is not None), None)
