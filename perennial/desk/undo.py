"""Take back the last change of a person, as long as nothing has used it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from perennial.continuity.planning import read_orders
from perennial.desk.action import action
from perennial.desk.locking import changed, lock_parent
from perennial.desk.models import Change
from perennial.desk.orders.draft import total_anew
from perennial.desk.outcome import Outcome
from perennial.desk.snapshot import events_since, put_back, rows_of, used_of, withdraw_ended
from perennial.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone(Outcome):
    """What was taken back: the action, who had done it and when."""

    order: str
    action: str
    by: str
    on: date


@action()
def undo(*, number: str, on: date, by: str, reason: str | None = None, but_not: Sequence[str] = ()) -> Undone:
    """Put back what the last change of a person changed in a parent order: dates, states, products, prices, addresses,
    card, holds; what was cancelled comes after all; unpaid amounts follow.

    ``but_not``: actions that whoever asks may not take back, because they may not do them.
    Refused: nothing can be taken back; something has used the change since (a child was made, the program was updated,
    another change stands on it): it says what.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason)
    found = Change.objects.filter(order=locked.order, undone_on=None).order_by("-pk").first()
    if found is None:
        raise Refused("nothing_to_undo", "number", order=number)
    if found.action in but_not:
        raise Refused("undo_not_allowed", "number", order=number, action=found.action)
    now = {**rows_of(locked.order.pk), **used_of(locked.order.pk)}
    lifts = any(name.startswith("hold ") for name in found.after)
    cancels = found.action == "cancel"
    uses = {"children": lifts, "voids": cancels, "told": cancels}
    used = [
        name
        for name, values in found.after.items()
        if uses.get(name.partition(" ")[0], True) and not _is_still(name, values, now.get(name))
    ]
    if used:
        happened = events_since(locked.order.pk, found.event)
        last = happened[-1] if happened else {}
        raise Refused(
            "undo_used", "number", order=number, action=found.action,
            kind=last.get("kind"), by=last.get("by"), on=last.get("on"),
        )  # fmt: skip
    put_back(found.before, on=on, by=by)
    if cancels:
        withdraw_ended(locked.order.pk)
    Change.objects.filter(pk=found.pk, undone_on=None).update(undone_on=on, undone_by=by)
    locked.event("undone", action=found.action)
    locked.order.refresh_from_db(fields=["ship_to", "status"])
    if locked.order.status == "draft":
        total_anew(locked)
    changed(locked, read_orders(locked.set_up, locked.ids), forget_card=True)
    return Undone(order=number, action=found.action, by=found.by, on=found.on_date)


def _is_still(name: str, after: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> bool:
    """Is a row as the change has left it? A payment may have been reckoned anew, but nobody may have been asked for it."""
    if name.startswith("payment "):
        asked = ("asked", "attempts")
        return now is None or after is None or [now[one] for one in asked] == [after[one] for one in asked]
    if after is None or now is None:
        return after is now
    return all(now.get(one) == value for one, value in after.items())
