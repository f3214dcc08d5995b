"""What may be changed on a planned shipment, and why not: the actions refuse by it, and pages offer what it allows."""

from __future__ import annotations

from dataclasses import dataclass

from perennial.errors import Refused
from perennial.kernel.states import NOT_ENDED

ACTIONS = ("skip", "unskip", "move", "move_following", "substitute", "quantity", "price", "address", "end_with")
"""What a person does with a planned shipment. ``end_with``: it is the last one (``cancel`` after it)."""

_SAID = {"skip": "skip", "unskip": "restore", "move": "move", "move_following": "move"}


@dataclass(frozen=True, slots=True)
class PlannedShipment:
    """What the rules ask of a shipment. ``statuses``: of its occurrences; none: there is no such shipment.

    ``status`` is that of the continuity order, ``complete``: nothing follows ``highest``, its last planned shipment.
    ``child``: its number and its status. ``child_behind``: a later shipment has its child. ``sent_behind``: the
    shipment, the number and the status of a later child that is sent.
    """

    order: str
    status: str
    complete: bool
    highest: int
    last_shipment: int | None
    number: int
    statuses: tuple[str, ...]
    child: tuple[str, str] | None
    child_behind: bool
    sent_behind: tuple[int, str, str] | None


def refusal(action: str, shipment: PlannedShipment) -> Refused | None:
    """Why this cannot be done with the shipment now; None when it can."""
    number, order = shipment.number, shipment.order
    if action == "end_with":
        return _may_not_end(shipment)
    if not shipment.statuses:
        return Refused("shipment", "shipment", text=f"{order} has no shipment {number}")
    if shipment.child is not None:
        child, status = shipment.child
        way = f"that is {status}"
        if status in ("open", "cancelled"):
            what = _SAID.get(action, "change")
            way = f"{'' if status == 'open' else 'that is cancelled: '}to {what} it, order cancel {child} --again plans it anew first"
        return Refused("has_child", "shipment", text=f"shipment {number} is child order {child} already: {way}")
    if shipment.status not in NOT_ENDED:
        return Refused("status", "number", text=f"{order} is {shipment.status}: nothing of it can be changed")
    last = shipment.last_shipment
    if last is not None and number > last:
        ends = f"ends after shipment {last}" if last else "is stopped"
        return Refused("shipment", "shipment", text=f"{order} {ends}: shipment {number} does not come")
    skipped = [status == "skipped" for status in shipment.statuses]
    if action == "skip" and all(skipped):
        return Refused("skipped", "shipment", text=f"shipment {number} of {order} is skipped already")
    if action == "unskip" and not any(skipped):
        return Refused("not_skipped", "shipment", text=f"shipment {number} of {order} is not skipped")
    if action == "move_following" and len(shipment.statuses) > 1:
        return Refused("shared", "following", text="several events ship together here: they can be moved alone only")
    if action == "move_following" and shipment.child_behind:
        return Refused(
            "frozen", "following", text="a later shipment has its child order already: this one can be moved alone only"
        )
    return None


def _may_not_end(shipment: PlannedShipment) -> Refused | None:
    number, order, last = shipment.number, shipment.order, shipment.last_shipment
    if shipment.status not in NOT_ENDED:
        return Refused("status", "number", text=f"{order} is {shipment.status}")
    if number < 1 or (number > shipment.highest and shipment.complete):
        ends = f"ends after shipment {last}, and what is cancelled stays so"
        return Refused("after", "after", text=f"{order} {f'has no shipment {number}' if last is None else ends}")
    if shipment.sent_behind is not None:
        behind, child, status = shipment.sent_behind
        return Refused("after", "after", text=f"shipment {behind} is {status} already ({child})")
    return None
