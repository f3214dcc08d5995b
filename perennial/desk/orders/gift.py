"""Make an order a gift: a message and no prices in its parcels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from perennial.desk.action import action
from perennial.desk.locking import lock_parent
from perennial.desk.outcome import Outcome
from perennial.errors import Refused
from perennial.kernel.states import NOT_ENDED
from perennial.orders.rules import gift_message


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift(Outcome):
    """What the parcels of an order say from now on, and whether their papers name prices."""

    order: str
    message: str | None
    hide_prices: bool


@action(undo=True)
def gift(*, number: str, message: str | None, hide_prices: bool, on: date, by: str, reason: str | None = None) -> Gift:
    """Put a message into all parcels of an order that are still to be sent, and prices or none on their papers.

    None and false: it is no gift. Refused: an order that has ended; a message that is too long.
    """
    kept = gift_message(message)
    locked = lock_parent(number, on=on, by=by, reason=reason)
    if locked.order.status not in NOT_ENDED:
        raise Refused("order_ended", "number", order=number, status=locked.order.status)
    locked.order.gift_message, locked.order.hide_prices = kept, hide_prices
    locked.order.save(update_fields=["gift_message", "hide_prices"])
    locked.event("gift_changed", message=kept, hide_prices=hide_prices)
    return Gift(order=number, message=kept, hide_prices=hide_prices)
