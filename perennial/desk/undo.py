"""Take back the last change of a person, as long as nothing has used it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from perennial.catalog.queries import set_up
from perennial.continuity.planning import read_orders
from perennial.desk.action import action
from perennial.desk.follows import follows
from perennial.desk.kept import UPDATE
from perennial.desk.locking import changed, lock_parent
from perennial.desk.models import Change
from perennial.desk.orders.draft import total_anew
from perennial.desk.orders.hold import not_yours
from perennial.desk.outcome import Outcome
from perennial.desk.read.shipment import before
from perennial.desk.releasing import may_not_release
from perennial.desk.snapshot import Rows, began_of, events_since, put_back, rows_of, used_of, withdraw_ended
from perennial.errors import Refused
from perennial.kernel.states import TO_COME
from perennial.orders.models import Hold, OrderEvent
from perennial.payments.refund import Why, withdraw


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
    found = changes_to_undo({order_id: number})[order_id]
    if isinstance(found, Refused) or _fault(found, number, on=on, send_late=False):
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
    roles: Sequence[str] | None = None,
) -> Undone:
    """Put back what the last change of a person changed in a parent order: dates, states, products, prices, addresses,
    card, holds; what was cancelled comes after all; unpaid amounts follow.

    ``but_not``: actions that whoever asks may not take back, because they may not do them. ``send_late``: also where a
    shipment comes back whose night is over, so that the next one sends and charges it. ``roles``: those of whoever asks
    (None: whoever runs the installation), for holds that are released by some alone.
    Refused: nothing can be taken back; a person did something since that cannot be; something has used the change since
    (a child was made, the program was updated, another change stands on it): it says what; a shipment would come back late.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason)
    found = changes_to_undo({locked.order.pk: number})[locked.order.pk]
    if isinstance(found, Refused):
        raise found
    if found.action in but_not:
        raise Refused("undo_not_allowed", "number", order=number, action=found.action)
    if closed := may_not_release(_codes_placed(found), roles):
        raise not_yours(closed)
    if fault := _fault(found, number, on=on, send_late=send_late):
        raise fault
    was = rows_of([locked.order.pk])
    put_back(found.before, on=on, by=by)
    if found.action == "cancel":
        withdraw_ended(locked.order.pk)
        withdraw(_payments_made(found), Why(on, by, reason or ""))
    Change.objects.filter(pk=found.pk, undone_on=None).update(undone_on=on, undone_by=by)
    locked.event("undone", action=found.action)
    locked.order.refresh_from_db(fields=["ship_to", "status"])
    if locked.order.status == "draft":
        total_anew(locked)
    changed(locked, read_orders(locked.set_up, locked.ids), forget_card=True)
    now = rows_of([locked.order.pk])
    back = follows({order: (was[order], now[order]) for order in was})
    return Undone(order=number, action=found.action, by=found.by, on=found.on_date, follows=back)


def _codes_placed(change: Change) -> list[str]:
    """The codes of the holds that a change has placed."""
    placed = [
        int(name.partition(" ")[2]) for name, was in change.before.items() if name.startswith("hold ") and was is None
    ]
    return list(Hold.objects.filter(pk__in=placed).values_list("code", flat=True))


def _payments_made(change: Change) -> list[int]:
    """The payments that a change has made: what is to be given back of what was cancelled."""
    return [
        int(name.partition(" ")[2])
        for name, was in change.before.items()
        if name.startswith("payment ") and was is None
    ]


def changes_to_undo(orders: Mapping[int, str], *, updates: bool = False) -> dict[int, Change | Refused]:
    """By order, the last change that nobody took back; or why there is none to take back: nothing was changed, or a
    person did something since that cannot be taken back. ``orders``: the numbers of orders, by id. ``updates``: an update
    of a program counts as one, too; it is none that somebody made to this order.
    """
    found: dict[int, Change | Refused] = {
        order: Refused("nothing_to_undo", "number", order=number) for order, number in orders.items()
    }
    last = Change.objects.filter(order__in=orders, undone_on=None).order_by("order", "-pk").distinct("order")
    if not updates:
        last = last.exclude(action=UPDATE)
    changes = {change.order_id: change for change in last}
    if not changes:
        return found
    taken_back: dict[int, list[tuple[int, int]]] = {}
    undone = Change.objects.filter(order__in=changes).exclude(undone_on=None)
    for order, began, event in undone.values_list("order", "before__began", "event"):
        taken_back.setdefault(order, []).append((began_of({"began": began} if began else {}, event), event))
    first = min(change.event for change in changes.values())
    since: dict[int, list[OrderEvent]] = {}
    events = OrderEvent.objects.filter(order__in=changes, pk__gt=first).exclude(kind__in=REPORTS)
    for one in events.exclude(by__startswith="job:").order_by("-pk"):
        since.setdefault(one.order_id, []).append(one)
    for order, change in changes.items():
        found[order] = change
        for one in since.get(order, ()):
            undone_with = any(
                change.event < event and began < one.pk <= event for began, event in taken_back.get(order, ())
            )
            if one.pk > change.event and not undone_with:
                found[order] = Refused(
                    "undo_not_last", "number", order=orders[order], action=change.action, kind=one.kind, by=one.by,
                    on=one.on_date,
                )  # fmt: skip
                break
    return found


def _fault(found: Change, number: str, *, on: date, send_late: bool) -> Refused | None:
    """Why a change is not taken back: something has used it since, or a shipment would come back after its night."""
    order = found.order_id
    now = {**rows_of([order])[order], **used_of([order])[order]}
    return undo_fault(found, number, now, on=on, send_late=send_late)


def undo_fault(
    found: Change, number: str, now: Rows, *, on: date, send_late: bool, ahead: int | None = None
) -> Refused | None:
    """The same, with the rows of its order as they are ``now``; ``ahead``: so many days before they ship children are
    made (None: it is looked up where it matters).
    """
    lifts = any(name.startswith("hold ") for name in found.after)
    cancels = found.action == "cancel"
    uses = {"children": lifts, "voids": cancels, "told": cancels}
    used = [
        name
        for name, values in found.after.items()
        if uses.get(name.partition(" ")[0], True) and not _is_still(name, values, now.get(name))
    ]
    if used or _held_again(found, now):
        happened = events_since(found.order_id, found.event)
        last = happened[-1] if happened else {}
        return Refused(
            "undo_used", "number", order=number, action=found.action,
            kind=last.get("kind"), by=last.get("by"), on=last.get("on"),
        )  # fmt: skip
    if not send_late and found.on_date < on and (late := _late(found, now, on, ahead)):
        return Refused("undo_late", "number", order=number, action=found.action, shipments=late)
    return None


def _held_again(found: Change, now: Rows) -> bool:
    """Would a hold come back beside another one of its code, which a job has placed since?"""
    open_now = {
        values["of"]
        for name, values in now.items()
        if name.startswith("hold ") and values and not values["released_on"]
    }
    back = (
        name
        for name, values in found.before.items()
        if name.startswith("hold ") and values and not values["released_on"]
    )
    return any((now.get(name) or {}).get("of") in open_now for name in back if (now.get(name) or {}).get("released_on"))


def _late(found: Change, now: Rows, on: date, ahead: int | None) -> list[int]:
    """The shipments that would come back although an earlier night would have made them, or go without what kept them."""
    if ahead is None:
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
