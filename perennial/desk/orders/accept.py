"""The customer accepts an offer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from perennial.desk.action import action
from perennial.desk.cards.ends import CardEnds, cards_that_end
from perennial.desk.locking import CaughtUp, NewDay, changed, lock_parent
from perennial.desk.notices.queue import confirm
from perennial.desk.outcome import Outcome
from perennial.desk.shipments.catch_up import catch_up as deal_with_late
from perennial.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(Outcome):
    """What waited for the acceptance may ship; what was late caught up. ``still_pays``: cards that end too early."""

    order: str
    acceptance: str
    moved: tuple[NewDay, ...] = ()
    caught_up: tuple[CaughtUp, ...] = ()
    still_pays: tuple[CardEnds, ...] = ()


@action()
def accept(*, number: str, on: date, by: str, catch_up: str | None = None, reason: str | None = None) -> Accepted:
    """The customer has accepted the offer (D23): what waited for it may ship. Refused when none is awaited."""
    locked = lock_parent(number, on=on, by=by, reason=reason)
    if locked.order.acceptance != "awaited":
        raise Refused("no_acceptance_awaited", "number", order=number)
    if locked.order.status == "cancelled":
        raise Refused("order_over", "number", order=number, status="cancelled")
    locked.order.acceptance = "given"
    locked.order.save(update_fields=["acceptance"])
    locked.event("accepted")
    changed(locked, locked.states)
    deal_with_late(locked, locked.states, catch_up)
    changed(locked, locked.states)
    if locked.order.status == "open":
        confirm(locked.order, on=on)
    return Accepted(
        order=number,
        acceptance="given",
        moved=tuple(locked.moved),
        caught_up=tuple(locked.caught_up),
        still_pays=cards_that_end(order=locked.order.pk),
    )
