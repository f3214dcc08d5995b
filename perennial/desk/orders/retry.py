"""Let a parked order be tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from perennial.continuity.models import Parked
from perennial.desk.action import action
from perennial.desk.locking import CaughtUp, NewDay, changed, lock_parent
from perennial.desk.outcome import Outcome
from perennial.desk.shipments.catch_up import catch_up as deal_with_late
from perennial.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried(Outcome):
    """The order is not parked any more; what was late caught up."""

    order: str
    parked: bool
    moved: tuple[NewDay, ...] = ()
    caught_up: tuple[CaughtUp, ...] = ()


@action()
def parked_retry(*, number: str, on: date, by: str, catch_up: str | None = None, reason: str | None = None) -> Retried:
    """Let a parked order be tried again; late shipments catch up. Refused when it is not parked."""
    locked = lock_parent(number, on=on, by=by, reason=reason)
    if not Parked.objects.filter(continuity_order_id__in=locked.ids, resolved_on=None).exists():
        raise Refused("not_parked", "number", order=number)
    locked.event("retried")
    changed(locked, locked.states)
    deal_with_late(locked, locked.states, catch_up)
    changed(locked, locked.states)
    return Retried(order=number, parked=False, moved=tuple(locked.moved), caught_up=tuple(locked.caught_up))
