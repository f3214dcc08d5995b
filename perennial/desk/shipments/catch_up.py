"""What becomes of shipments that are late when a hold is released, a card stored, an offer accepted.

``resume`` (default): the first late one moves to that date, and what follows comes after it as the program says.
``skip``: they are skipped. ``send``: each ships at the next run. ``merge``: they ship at the next run as one. A shared
shipment that is late is moved alone; the next late one comes so many days behind it as it was to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from perennial.continuity.difference import Difference
from perennial.continuity.models import Adjustment
from perennial.continuity.planning import OccurrenceRow, OrderState, read_orders
from perennial.desk.changeable import refusal
from perennial.desk.locking import PERENNIAL, CaughtUp, LockedOrder, NewDay, adjust, planned_shipment
from perennial.desk.shipments.move import move_alone, move_following, replan
from perennial.errors import Refused
from perennial.kernel.calendar import add_days
from perennial.kernel.reasons import Reason
from perennial.kernel.states import CATCH_UP
from perennial.payments import blocked


def catch_up(locked: LockedOrder, states: Sequence[OrderState], how: str | None, because: Reason | None = None) -> None:
    """Deal with the late shipments of orders that no longer wait; ``how`` None: as the program says.

    ``because``: nobody has chosen days, so that it is Perennial that moves them, for this reason.
    """
    if how is not None and how not in CATCH_UP:
        raise Refused("unknown_word", "catch_up", word=how, known=CATCH_UP)
    if blocked.still_waiting(locked.order.pk):
        return
    if because is not None:
        locked = replace(locked, by=PERENNIAL, reason=None)
    for state in read_orders(locked.set_up, [s.row.pk for s in states]):
        if state.row.status == "open":
            try:
                _one(locked, state, how or state.revision.catch_up, because)
            except Refused as refused:  # what follows runs out of the calendar
                raise refused.at("on") from None


def _note(locked: LockedOrder, state: OrderState, how: str, late: Sequence[OccurrenceRow]) -> None:
    """Note what becomes of late shipments as they are, for whoever asked."""
    if late:
        shipments = sorted({o.shipment or 0 for o in late})
        locked.caught_up.append(CaughtUp(locked.order.number, state.row.parent_line.line, tuple(shipments), how))


def _note_new_days(locked: LockedOrder, before: OrderState) -> None:
    """Note the shipments that have another day now, for whoever asked. One that is past goes with the next run."""
    (after,) = read_orders(locked.set_up, [before.row.pk])
    days = {o.pair: o.ship_on for o in before.walk}
    new = {
        o.shipment: o.ship_on
        for o in after.walk
        if o.status == "scheduled" and o.ship_on != days.get(o.pair) and o.ship_on >= locked.on
    }
    locked.moved += (
        NewDay(locked.order.number, before.row.parent_line.line, shipment or 0, ship_on)
        for shipment, ship_on in sorted(new.items())
    )


def _one(locked: LockedOrder, state: OrderState, how: str, because: Reason | None) -> None:
    """Deal with what is late of one order."""
    late = [o for o in state.walk if o.status == "scheduled" and o.blocked is None and o.ship_on < locked.on]
    alone = late if how == "send" else []
    if how == "merge":
        # In front of a child's shipment numbers stand: what is late there is sent by itself.
        frozen = {o.id for o in state.frozen}
        late, alone = [o for o in late if o.id not in frozen], [o for o in late if o.id in frozen]
        if len({o.shipment for o in late}) < 2:
            alone += late
    _note(locked, state, "send", alone)
    if not late or late[0] in alone:
        return
    line = state.row.parent_line.line
    shipments = sorted({o.shipment or 0 for o in late})
    if how == "skip":
        difference = Difference()
        difference.add(late, [replace(o, status="skipped", blocked=None) for o in late], cancel=False)
        difference.write()
        for o in late:
            adjust(locked, state, o, "skip", True)
    elif how == "merge":
        used = Adjustment.objects.filter(continuity_order_id=state.row.pk, kind="merge").values_list("value", flat=True)
        group = max((int(v or 0) for v in used), default=0) + 1
        for o in late:
            adjust(locked, state, o, "merge", group)
        first = late[0].id
        replan(locked, state, next(i for i, o in enumerate(state.walk) if o.id == first))
    else:
        behind = (locked.on - late[0].ship_on).days
        for number in shipments:
            together = state.shipment(number)
            day = max(locked.on, add_days(together[0].ship_on, behind))
            if refusal("move_following", planned_shipment(state, number)):
                # Shared, or the dates behind it stand: they have children.
                move_alone(locked, state, together, day)
                continue
            at = next(i for i, o in enumerate(state.walk) if o.id == together[0].id)
            move_following(locked, state, together, max(day, state.walk[at - 1].event_on) if at else day)
            break
    why = because.stored() if because else None
    locked.event("caught_up", line=line, how=how, shipments=shipments, because=why)
    if how != "resume":
        _note(locked, state, how, late)
    _note_new_days(locked, state)
