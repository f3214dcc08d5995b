"""Take back the last change of a person, as long as nothing has used it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from perennial.catalog.queries import set_up
from perennial.continuity.planning import read_orders
from perennial.desk.action import action
from perennial.desk.locking import changed, lock_parent
from perennial.desk.models import Change
from perennial.desk.orders.draft import total_anew
from perennial.desk.outcome import Outcome
from perennial.desk.read.shipment import before
from perennial.desk.snapshot import Rows, began_of, events_since, put_back, rows_of, used_of, withdraw_ended
from perennial.errors import Refused
from perennial.kernel.states import TO_COME
from perennial.orders.models import OrderEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone(Outcome):
    """What was taken back: the action, who had done it and when."""

    order: str
    action: str
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class LastChange:
    """The last change of an order that can be taken back: what it was, of which shipment, whose and of when."""

    action: str
    shipment: int | None
    by: str
    on: date


REPORTS = ("shipped", "invoiced", "tracking_corrected", "undone")
"""What a person writes down of an order and does not change in it: what has left, what was taken back."""


def last_change(order_id: int, number: str, *, on: date) -> LastChange | None:
    """What ``undo`` would take back of a parent order, given with its number, on a day; None: it would be refused."""
    try:
        found = _found(order_id, number)
        _check(found, number, on=on, send_late=False)
    except Refused:
        return None
    data = OrderEvent.objects.filter(pk=found.event).values_list("data", flat=True).first() or {}
    return LastChange(action=found.action, shipment=data.get("shipment"), by=found.by, on=found.on_date)


@action()
def undo(
    *,
    number: str,
    on: date,
    by: str,
    reason: str | None = None,
    but_not: Sequence[str] = (),
    send_late: bool = False,
) -> Undone:
    """Put back what the last change of a person changed in a parent order: dates, states, products, prices, addresses,
    card, holds; what was cancelled comes after all; unpaid amounts follow.

    ``but_not``: actions that whoever asks may not take back, because they may not do them. ``send_late``: also where a
    shipment comes back whose night is over, so that the next one sends and charges it.
    Refused: nothing can be taken back; a person did something since that cannot be; something has used the change since
    (a child was made, the program was updated, another change stands on it): it says what; a shipment would come back late.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason)
    found = _found(locked.order.pk, number)
    if found.action in but_not:
        raise Refused("undo_not_allowed", "number", order=number, action=found.action)
    _check(found, number, on=on, send_late=send_late)
    put_back(found.before, on=on, by=by)
    if found.action == "cancel":
        withdraw_ended(locked.order.pk)
    Change.objects.filter(pk=found.pk, undone_on=None).update(undone_on=on, undone_by=by)
    locked.event("undone", action=found.action)
    locked.order.refresh_from_db(fields=["ship_to", "status"])
    if locked.order.status == "draft":
        total_anew(locked)
    changed(locked, read_orders(locked.set_up, locked.ids), forget_card=True)
    return Undone(order=number, action=found.action, by=found.by, on=found.on_date)


def _found(order_id: int, number: str) -> Change:
    """The last change that nobody took back. Refused: there is none, or a person did something since that cannot be."""
    found = Change.objects.filter(order=order_id, undone_on=None).order_by("-pk").first()
    if found is None:
        raise Refused("nothing_to_undo", "number", order=number)
    later = Change.objects.filter(order=order_id, event__gt=found.event).exclude(undone_on=None)
    taken_back = [(began_of(change.before, change.event), change.event) for change in later]
    since = OrderEvent.objects.filter(order=order_id, pk__gt=found.event).exclude(kind__in=REPORTS)
    for one in since.exclude(by__startswith="job:").order_by("-pk"):
        if not any(began < one.pk <= event for began, event in taken_back):
            raise Refused(
                "undo_not_last", "number", order=number, action=found.action, kind=one.kind, by=one.by, on=one.on_date
            )
    return found


def _check(found: Change, number: str, *, on: date, send_late: bool) -> None:
    """Refused: something has used the change since; a shipment would come back after its night."""
    order_id = found.order_id
    now = {**rows_of(order_id), **used_of(order_id)}
    lifts = any(name.startswith("hold ") for name in found.after)
    cancels = found.action == "cancel"
    uses = {"children": lifts, "voids": cancels, "told": cancels}
    used = [
        name
        for name, values in found.after.items()
        if uses.get(name.partition(" ")[0], True) and not _is_still(name, values, now.get(name))
    ]
    if used:
        happened = events_since(order_id, found.event)
        last = happened[-1] if happened else {}
        raise Refused(
            "undo_used", "number", order=number, action=found.action,
            kind=last.get("kind"), by=last.get("by"), on=last.get("on"),
        )  # fmt: skip
    if not send_late and found.on_date < on and (late := _late(found, now, on)):
        raise Refused("undo_late", "number", order=number, action=found.action, shipments=late)


def _late(found: Change, now: Rows, on: date) -> list[int]:
    """The shipments that would come back although an earlier night would have made them, or go without what kept them."""
    ahead = set_up().parameters.days_before_delivery
    frees = any(name.startswith("hold ") and values is None for name, values in found.before.items())
    was = {**now, **found.before} if frees else found.before
    late = set()
    for name, values in was.items():
        if not name.startswith("occurrence ") or values is None:
            continue
        current = now.get(name) or {}
        goes = values["status"] in TO_COME and values["child_id"] is None
        stays = not frees and current.get("status") in TO_COME and current.get("ship_on") == values["ship_on"]
        if goes and not stays and before(date.fromisoformat(values["ship_on"]), ahead) < on:
            late.add(values["shipment"])
    return sorted(shipment for shipment in late if shipment is not None)


def _is_still(name: str, after: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> bool:
    """Is a row as the change has left it? A payment may have been reckoned anew, but nobody may have been asked for it."""
    if name.startswith("payment "):
        asked = ("asked", "attempts")
        return now is None or after is None or [now[one] for one in asked] == [after[one] for one in asked]
    if after is None or now is None:
        return after is now
    return all(now.get(one) == value for one, value in after.items())
