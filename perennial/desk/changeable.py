"""What may be changed on a planned shipment, and why not: the actions refuse by it, and pages offer what it allows."""

from __future__ import annotations

from dataclasses import dataclass

from perennial.errors import Refused
from perennial.kernel.states import NOT_ENDED

ACTIONS = (
    "skip", "unskip", "move", "move_following", "substitute", "add_product", "remove_product", "quantity", "price",
    "address", "end_with",
)  # fmt: skip
"""What a person does with a planned shipment. ``end_with``: it is the last one (``cancel`` after it)."""


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
        return Refused("shipment_unknown", "shipment", order=order, shipment=number)
    if shipment.child is not None:
        child, status = shipment.child
        code = {"open": "shipment_has_open_child", "cancelled": "shipment_has_cancelled_child"}.get(status)
        if code is None:
            return Refused("shipment_has_child", "shipment", shipment=number, child=child, status=status)
        return Refused(code, "shipment", shipment=number, child=child, action=action)
    if shipment.status not in NOT_ENDED:
        return Refused("order_ended", "number", order=order, status=shipment.status)
    last = shipment.last_shipment
    if last is not None and number > last:
        code = "order_ends_before" if last else "order_stopped"
        return Refused(code, "shipment", order=order, shipment=number, last=last)
    skipped = [status == "skipped" for status in shipment.statuses]
    if action == "skip" and all(skipped):
        return Refused("skipped_already", "shipment", order=order, shipment=number)
    if action == "unskip" and not any(skipped):
        return Refused("not_skipped", "shipment", order=order, shipment=number)
    if action == "move_following" and len(shipment.statuses) > 1:
        return Refused("shipment_shared", "following")
    if action == "move_following" and shipment.child_behind:
        return Refused("child_behind", "following")
    return None


def may_come_back(status: str, last_shipment: int | None) -> bool:
    """Has a person stopped or cancelled a continuity order of this status, so that it can go on again?
    ``last_shipment``: the number after which they stopped it.
    """
    return status == "cancelled" or (status in ("open", "closed") and last_shipment is not None)


def _may_not_end(shipment: PlannedShipment) -> Refused | None:
    number, order, last = shipment.number, shipment.order, shipment.last_shipment
    if shipment.status not in NOT_ENDED:
        return Refused("order_over", "number", order=order, status=shipment.status)
    if number < 1 or (number > shipment.highest and shipment.complete):
        if last is None:
            return Refused("shipment_unknown", "after", order=order, shipment=number)
        return Refused("last_shipment_fixed", "after", order=order, last=last)
    if shipment.sent_behind is not None:
        behind, child, status = shipment.sent_behind
        return Refused("shipment_sent", "after", shipment=behind, child=child, status=status)
    return None
