"""What a person does with a whole order: submit, accept, hold, release, cancel, retry what was parked."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from perennial.continuity.models import ContinuityOrder, Occurrence, Parked
from perennial.continuity.planning import OrderState
from perennial.db import sql
from perennial.desk.cards import cards_that_end
from perennial.desk.catch_up import catch_up as deal_with_late
from perennial.desk.changeable import refusal
from perennial.desk.locking import LockedOrder, changed, lock, lock_parent, order_by_number, planned_shipment, touch
from perennial.desk.queries import refunds
from perennial.errors import Refused
from perennial.kernel.reasons import Reason, Who
from perennial.kernel.states import HOLDS_SHIPPING, HOLDS_STOP, NOT_ENDED, SENT, TO_COME
from perennial.orders.models import Hold, OrderLine, SalesOrder
from perennial.payments import actions as payments
from perennial.payments.models import Payment

PAYMENT_HOLD = "payment"
"""The code of the holds that a failed payment places, and another card lifts."""


@transaction.atomic
def submit(*, number: str, on: date, by: str, reason: str | None = None) -> dict[str, Any]:
    """Open a draft order: its lines are scheduled and its payments become due. Nothing is charged here.

    Refused: an order that is not a draft; a program that was retired meanwhile.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason)
    if locked.order.status != "draft":
        raise Refused("status", "number", text=f"{number} is {locked.order.status}: only a draft can be submitted")
    for state in locked.states:
        if not state.row.program.active:
            raise Refused("inactive", "number", text=f"program {state.revision.program} is not active")
    planned = [o.id for state in locked.states for o in state.occurrences if o.status == "planned"]
    sql.shift(SalesOrder, [locked.order.pk], "draft", "open")
    sql.shift(ContinuityOrder, [s.row.pk for s in locked.states if s.row.status == "draft"], "draft", "open")
    sql.shift(Occurrence, planned, "planned", "scheduled")
    _payments(locked.order.pk, locked.ids).filter(status="draft").update(status="due")
    locked.event("submitted")
    return {"order": number, "status": "open"}


def _payments(order_id: int, continuity_ids: list[int]) -> Any:
    return Payment.objects.filter(order_id=order_id) | Payment.objects.filter(continuity_order_id__in=continuity_ids)


@transaction.atomic
def accept(*, number: str, on: date, by: str, catch_up: str | None = None, reason: str | None = None) -> dict[str, Any]:
    """The customer has accepted the offer (D23): what waited for it may ship. Refused when none is awaited."""
    locked = lock_parent(number, on=on, by=by, reason=reason)
    if locked.order.acceptance != "awaited":
        raise Refused("acceptance", "number", text=f"{number} does not await an acceptance")
    if locked.order.status == "cancelled":
        raise Refused("status", "number", text=f"{number} is cancelled")
    locked.order.acceptance = "given"
    locked.order.save(update_fields=["acceptance"])
    locked.event("accepted")
    changed(locked, locked.states)
    deal_with_late(locked, locked.states, catch_up)
    changed(locked, locked.states)
    done = locked.told(order=number, acceptance="given")
    if ends := cards_that_end(order=locked.order.pk):
        done["still_pays"] = ends
    return done


@transaction.atomic
def hold(
    *,
    number: str,
    on: date,
    by: str,
    reason: str | None = None,
    code: str = "hold",
    stops: str = "both",
) -> dict[str, Any]:
    """Put a parent or a child on hold. A held parent makes no new child, a held child waits itself (D15).

    Children that are made already still ship: they are named (``still_ships``), to be held or cancelled by themselves.
    """
    if code == PAYMENT_HOLD:
        raise Refused("code", "code", text=f"{code!r} is the code of holds that a failed payment places: take another")
    if stops not in HOLDS_STOP:
        raise Refused("stops", "stops", text=f"unknown {stops!r}: shipping, charging or both")
    found = order_by_number(number)
    locked = lock(found.parent_id or found.pk, on=on, by=by, reason=reason)
    order = locked.order if found.parent_id is None else SalesOrder.objects.get(pk=found.pk)
    if order.status == "cancelled":
        raise Refused("status", "number", text=f"{number} is {order.status}: it cannot be held")
    if Hold.objects.filter(order=order, code=code, released_on=None).exists():
        raise Refused("held", "code", text=f"{number} has an open hold {code!r} already")
    Hold.objects.create(order=order, code=code, reason=reason or "", stops=stops, on_date=on, by=by)
    locked.event("held", code=code, stops=stops, child=number if found.parent_id else None)
    done = {"order": number, "held": True, "code": code, "stops": stops}
    if found.parent_id is None and stops != "charging" and (made := _still_ship(locked.order)):
        done["still_ships"] = made
    return done


def _still_ship(parent: SalesOrder) -> list[str]:
    """The numbers of the children that are made, and neither sent nor held themselves."""
    made = SalesOrder.objects.filter(parent=parent, status="open")
    held = Hold.objects.filter(order__in=made, released_on=None, stops__in=HOLDS_SHIPPING)
    return list(made.exclude(pk__in=held.values("order")).order_by("number").values_list("number", flat=True))


@transaction.atomic
def release(
    *,
    number: str,
    on: date,
    by: str,
    code: str | None = None,
    catch_up: str | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """Release an order's holds, or the one that is named; late shipments catch up.

    Children of a parent that are held by themselves stay so: they are named (``still_held``).
    """
    found = order_by_number(number)
    locked = lock(found.parent_id or found.pk, on=on, by=by, reason=reason)
    holds = Hold.objects.filter(order_id=found.pk, released_on=None)
    if code is not None:
        holds = holds.filter(code=code)
    codes = sorted(holds.values_list("code", flat=True))
    if not codes:
        what = f"no open hold {code!r}" if code else "no open hold"
        raise Refused("hold", "code" if code else "number", text=f"{number} has {what}")
    holds.update(released_on=on, released_by=by)
    locked.event("released", codes=codes, child=number if found.parent_id else None)
    if found.parent_id is None:
        changed(locked, locked.states)
        deal_with_late(locked, locked.states, catch_up)
        changed(locked, locked.states)
    done = locked.told(order=number, released=codes)
    if found.parent_id is None and (own := _still_held(locked.order)):
        done["still_held"] = own
    if found.parent_id is None and (ends := cards_that_end(order=locked.order.pk)):
        done["still_pays"] = ends
    return done


def _still_held(parent: SalesOrder) -> list[str]:
    """The numbers of the children that have not shipped and are held by themselves."""
    held = Hold.objects.filter(order__parent=parent, order__status="open", released_on=None)
    return sorted(set(held.values_list("order__number", flat=True)))


@transaction.atomic
def cancel(
    *,
    number: str,
    on: date,
    by: str,
    after: int | None = None,
    again: bool = False,
    reason: str | None = None,
    line: int | None = None,
) -> dict[str, Any]:
    """Cancel a parent, what comes after one of its shipments, or a child that has not shipped.

    A parent: its planned and scheduled lines and its children that have not shipped are cancelled, and
    what is not yet paid of what will not come (D27). Nothing of it shipped, of none of its lines: it is
    cancelled at once; else it stays open until close-orders. A child: with ``again`` its shipment is made anew, as the next try.
    """
    found = order_by_number(number)
    if found.parent_id is not None:
        if after is not None:
            raise Refused("after", "after", text=f"{number} is a child order: --after is for its parent")
        return _cancel_child(found, on=on, by=by, again=again, reason=reason)
    if again:
        raise Refused("again", "again", text=f"{number} is a parent order: --again is for a child")
    locked = lock_parent(number, on=on, by=by, reason=reason)
    if locked.order.status not in NOT_ENDED:
        raise Refused("status", "number", text=f"{number} is {locked.order.status}: it cannot be cancelled")
    if after is not None:
        done = _cancel_after(locked, locked.state(line), after)
    else:
        done = _cancel_parent(locked, locked.chosen(line), whole=line is None)
    return {**done, **_to_refund(locked.order)}


def _to_refund(order: SalesOrder) -> dict[str, str]:
    """What was taken for what does not come any more, in words for the clerk; nothing where nothing was."""
    money = refunds([order.pk]).get(order.number)
    return {} if money is None else {"to_refund": money}


def _cancel_parent(locked: LockedOrder, states: list[OrderState], *, whole: bool) -> dict[str, Any]:
    lines = [s.row.parent_line_id for s in states]
    children = list(SalesOrder.objects.filter(parent=locked.order, parent_line_id__in=lines))
    _cancel_children([c for c in children if c.status == "open"], locked)
    sent = any(c.status in SENT for c in children)
    if whole:
        sent = sent or OrderLine.objects.filter(order=locked.order, status__in=SENT).exists()
    for state in states:
        _drop(locked, state.walk)
        state.row.last_shipment = max(
            (c.shipment or 0 for c in children if c.parent_line_id == state.row.parent_line_id), default=0
        )
        state.row.complete = True
    touch([s.row for s in states], "last_shipment", "complete")
    if not sent:
        ended = [s.row for s in states if s.row.status in NOT_ENDED]
        sql.shift(ContinuityOrder, [row.pk for row in ended], NOT_ENDED, "cancelled")
        for row in ended:
            row.status = "cancelled"
        OrderLine.objects.filter(pk__in=lines, status="open").update(status="cancelled")
    if whole:
        ordinary = OrderLine.objects.filter(order=locked.order, product__kind="item", status="open")
        if ordinary.update(status="cancelled"):
            payments.cancel_of(orders=[locked.order.pk], by=locked.by, on=locked.on)
    changed(locked, states)
    statuses = set(OrderLine.objects.filter(order=locked.order).values_list("status", flat=True))
    if statuses == {"cancelled"}:
        sql.shift(SalesOrder, [locked.order.pk], NOT_ENDED, "cancelled")
        locked.order.status = "cancelled"
    locked.event("cancelled", lines=[s.row.parent_line.line for s in states])
    return {"order": locked.order.number, "status": locked.order.status}


def _drop(locked: LockedOrder, occurrences: list[Any]) -> None:
    """Cancel the planned and scheduled ones among the occurrences; they keep their rows, and say who did it."""
    why = Reason("cancelled_by", {"who": Who(locked.by, locked.on, locked.reason)})
    ids = [o.id for o in occurrences if o.status in TO_COME]
    sql.shift(Occurrence, ids, TO_COME, "cancelled", shipment=None, blocked=None, why_cancelled=why.stored())


def _cancel_children(children: list[SalesOrder], locked: LockedOrder) -> None:
    """Cancel children that have not shipped, and what is not yet paid of them."""
    ids = [c.pk for c in children if c.status == "open"]
    sql.shift(SalesOrder, ids, "open", "cancelled")
    OrderLine.objects.filter(order_id__in=ids, status="open").update(status="cancelled")
    payments.cancel_of(orders=ids, by=locked.by, on=locked.on)


def _cancel_after(locked: LockedOrder, state: OrderState, after: int) -> dict[str, Any]:
    """Make a shipment the last: what comes behind it is cancelled, and planning is complete with it."""
    planned = planned_shipment(state, after)
    if fault := refusal("end_with", planned):
        raise fault
    behind = [o for o in state.walk if (o.shipment or 0) > after]
    children = list(SalesOrder.objects.filter(pk__in=[o.child_id for o in behind if o.child_id]))
    _cancel_children(children, locked)
    _drop(locked, behind)
    state.row.last_shipment = after
    if after <= planned.highest:
        state.row.complete = True
    touch([state.row], "last_shipment", "complete")
    locked.event("ends_after", line=state.row.parent_line.line, shipment=after)
    changed(locked, [state])
    return {"order": locked.order.number, "last_shipment": after}


def _cancel_child(child: SalesOrder, *, on: date, by: str, again: bool, reason: str | None) -> dict[str, Any]:
    assert child.parent_id is not None
    locked = lock(child.parent_id, on=on, by=by, reason=reason)
    child = SalesOrder.objects.select_for_update(no_key=True).get(pk=child.pk)
    state = next(s for s in locked.states if s.row.parent_line_id == child.parent_line_id)
    mine = [o for o in state.occurrences if o.child_id == child.pk]
    if child.status not in ("open", "cancelled") or (child.status == "cancelled" and not (again and mine)):
        raise Refused("status", "number", text=f"{child.number} is {child.status}: it cannot be cancelled")
    if child.status == "open":
        _cancel_children([child], locked)
        locked.event("child_cancelled", child=child.number, shipment=child.shipment)
    if again:
        if state.row.status != "open":
            raise Refused(
                "status", "number", text=f"{locked.order.number} is {state.row.status}: nothing of it is made anew"
            )
        sql.shift(Occurrence, [o.id for o in mine], "ordered", "scheduled", child=None)
        locked.event("made_anew", shipment=child.shipment)
    changed(locked, [state])
    return {"order": child.number, "status": "cancelled", "again": again, **_to_refund(locked.order)}


@transaction.atomic
def parked_retry(
    *, number: str, on: date, by: str, catch_up: str | None = None, reason: str | None = None
) -> dict[str, Any]:
    """Let a parked order be tried again; late shipments catch up. Refused when it is not parked."""
    locked = lock_parent(number, on=on, by=by, reason=reason)
    if not Parked.objects.filter(continuity_order_id__in=locked.ids, resolved_on=None).exists():
        raise Refused("parked", "number", text=f"{number} is not parked")
    locked.event("retried")
    changed(locked, locked.states)
    deal_with_late(locked, locked.states, catch_up)
    changed(locked, locked.states)
    return locked.told(order=number, parked=False)
