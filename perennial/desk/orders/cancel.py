"""Cancel a parent order, what comes after one of its shipments, or a child that has not shipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from perennial.continuity.difference import Difference
from perennial.continuity.models import ContinuityOrder, Occurrence
from perennial.continuity.planning import OccurrenceRow, OrderState
from perennial.db import sql
from perennial.desk.action import action
from perennial.desk.changeable import refusal
from perennial.desk.locking import (
    LockedOrder,
    adjust,
    changed,
    lock,
    lock_parent,
    order_by_number,
    planned_shipment,
    touch,
)
from perennial.desk.notices.queue import tell_ended
from perennial.desk.orders.give_back import Leave, give_back_surplus
from perennial.desk.orders.rest import rest_of
from perennial.desk.outcome import Outcome
from perennial.desk.queries import beyond
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.kernel.reasons import Reason, Who
from perennial.kernel.states import COUNTED, ENDED_BY, NOT_ENDED, SENT, TO_COME
from perennial.orders.models import OrderEvent, OrderLine, SalesOrder
from perennial.payments import actions as payments
from perennial.payments.surplus import still_open


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled(Outcome):
    """A parent is cancelled, or stays open for what was sent. ``still_owed``: what is owed for what came, and not paid.

    ``given_back``: with the next run of payments, or (``refund_waits``) once somebody has approved it.
    """

    order: str
    status: str
    still_owed: Money | None = None
    ended_by: str | None = None
    given_back: Money | None = None
    refund_waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EndsAfter(Outcome):
    """This shipment of the order is its last. ``still_owed``: what is asked for and not paid yet."""

    order: str
    last_shipment: int
    still_owed: Money | None = None
    ended_by: str | None = None
    given_back: Money | None = None
    refund_waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildCancelled(Outcome):
    """A child is cancelled; ``again``: its shipment is made anew, as the next try."""

    order: str
    status: str
    again: bool
    still_owed: Money | None = None
    ended_by: str | None = None
    given_back: Money | None = None
    refund_waits: bool = False


@action(undo=True)
def cancel(
    *,
    number: str,
    on: date,
    by: str,
    after: int | None = None,
    again: bool = False,
    reason: str | None = None,
    reason_code: str | None = None,
    ended_by: str | None = None,
    line: int | None = None,
    give_back: bool = False,
    approved_by: str | None = None,
    limited: bool = False,
    may_exceed: bool = False,
) -> Cancelled | EndsAfter | ChildCancelled:
    """Cancel a parent, what comes after one of its shipments, or a child that has not shipped.

    A parent: its planned and scheduled lines and its children that have not shipped are cancelled, and
    what is not yet paid of what will not come (D27). Nothing of it shipped, of none of its lines: it is
    cancelled at once; else it stays open until close-orders. A child: with ``again`` its shipment is made anew, as the
    next try. ``ended_by``: who ended it (``states.ENDED_BY``), for the history. ``give_back``: what a card has paid for what
    does not come any more, with the next run of payments (D25); more than the limit waits as any refund does (``refund``).
    Refused: what has ended, and what is cancelled already; ``after`` of a child, ``again`` of a parent.
    """
    if ended_by is not None and ended_by not in ENDED_BY:
        raise Refused("unknown_word", "ended_by", word=ended_by, known=ENDED_BY)
    leave = Leave(approved_by, limited, may_exceed)
    found = order_by_number(number)
    if found.parent_id is not None:
        if after is not None:
            raise Refused("after_is_for_parents", "after", order=number)
        locked = lock(found.parent_id, on=on, by=by, reason=reason, reason_code=reason_code)
        done: Cancelled | EndsAfter | ChildCancelled = _cancel_child(locked, found.pk, again=again, ended_by=ended_by)
        return _with_refund(locked, done, leave) if give_back else done
    if again:
        raise Refused("again_is_for_children", "again", order=number)
    locked = lock_parent(number, on=on, by=by, reason=reason, reason_code=reason_code)
    if locked.order.status == "cancelled":
        raise _cancelled_already(locked, number, kind="cancelled")
    if locked.order.status not in NOT_ENDED:
        raise Refused("cannot_be_cancelled", "number", order=number, status=locked.order.status)
    if after is not None:
        done = end_after(locked, locked.state(line), after, ended_by=ended_by)
    else:
        states = locked.chosen(line)
        if _nothing_left(locked, states, whole=line is None):
            raise _cancelled_already(locked, number, kind="cancelled")
        done = cancel_lines(locked, states, whole=line is None, ended_by=ended_by)
    return _with_refund(locked, done, leave) if give_back else done


def _with_refund(
    locked: LockedOrder, done: Cancelled | EndsAfter | ChildCancelled, leave: Leave
) -> Cancelled | EndsAfter | ChildCancelled:
    """Give back what was taken for what does not come any more, and say so."""
    back = give_back_surplus(locked, leave)
    if back is None:
        return done
    to_refund, _ = _beyond(locked.order)
    return replace(done, given_back=back.amount, refund_waits=back.status == "draft", to_refund=to_refund)


def _beyond(order: SalesOrder) -> tuple[Money | None, Money | None]:
    """What was taken, and what was only billed, for what does not come any more."""
    return beyond([order.pk]).get(order.number, (None, None))


def _still_owed(order: SalesOrder, credit: Money | None) -> Money | None:
    """What is owed of the order and not paid yet, without what was billed and is to be credited."""
    open_, _ = still_open(order.pk)
    open_ -= credit.minor if credit is not None else 0
    return Money(open_, order.currency) if open_ > 0 else None


def _cancelled_already(locked: LockedOrder, number: str, **about: object) -> Refused:
    """The refusal to cancel what is cancelled: when it was, and by whom."""
    events = OrderEvent.objects.filter(order=locked.order, **about).order_by("-pk")
    last = events.first()
    by, on = (last.by or None, last.on_date) if last else (None, None)
    return Refused("cancelled_already", "number", order=number, by=by, on=on)


def _nothing_left(locked: LockedOrder, states: Sequence[OrderState], *, whole: bool) -> bool:
    """Is nothing there that could be cancelled, because a person has cancelled it?"""
    lines = [s.row.parent_line_id for s in states]
    return (
        all(s.row.complete and not any(o.status in TO_COME for o in s.walk) for s in states)
        and not SalesOrder.objects.filter(parent=locked.order, parent_line_id__in=lines, status="open").exists()
        and not (whole and OrderLine.objects.filter(order=locked.order, continuity=None, status="open").exists())
        and OrderEvent.objects.filter(order=locked.order, kind="cancelled").exists()
    )


def cancel_lines(locked: LockedOrder, states: list[OrderState], *, whole: bool, ended_by: str | None) -> Cancelled:
    """End continuity lines at once; ``whole``: the order with its ordinary lines, too."""
    was_open = locked.order.status != "draft"
    lines = [s.row.parent_line_id for s in states]
    children = list(SalesOrder.objects.filter(parent=locked.order, parent_line_id__in=lines))
    cancel_children([c for c in children if c.status == "open"], locked)
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
    locked.event("cancelled", lines=[s.row.parent_line.line for s in states], ended_by=ended_by)
    if was_open:
        tell_ended([s.row.pk for s in states], on=locked.on)
    back, credit = _beyond(locked.order)
    return Cancelled(
        order=locked.order.number,
        status=locked.order.status,
        to_refund=back,
        to_credit=credit,
        still_owed=_still_owed(locked.order, credit),
        ended_by=ended_by,
    )


def _drop(locked: LockedOrder, occurrences: Iterable[OccurrenceRow]) -> None:
    """Cancel the planned and scheduled ones among the occurrences; they keep their rows, and say who did it."""
    why = Reason("cancelled_by", {"who": Who(locked.by, locked.on, locked.reason)})
    ids = [o.id for o in occurrences if o.status in TO_COME]
    sql.shift(Occurrence, ids, TO_COME, "cancelled", shipment=None, blocked=None, why_cancelled=why.stored())


def cancel_children(children: list[SalesOrder], locked: LockedOrder) -> None:
    """Cancel children that have not shipped, and what is not yet paid of them."""
    ids = [c.pk for c in children if c.status == "open"]
    sql.shift(SalesOrder, ids, "open", "cancelled")
    OrderLine.objects.filter(order_id__in=ids, status="open").update(status="cancelled")
    payments.cancel_of(orders=ids, by=locked.by, on=locked.on)


def end_after(locked: LockedOrder, state: OrderState, after: int, *, ended_by: str | None) -> EndsAfter:
    """Make a shipment the last: what comes behind it is cancelled, and planning is complete with it."""
    planned = planned_shipment(state, after)
    if fault := refusal("end_with", planned):
        raise fault
    behind = [o for o in state.walk if (o.shipment or 0) > after]
    children = list(SalesOrder.objects.filter(pk__in=[o.child_id for o in behind if o.child_id]))
    cancel_children(children, locked)
    _drop(locked, behind)
    state.row.last_shipment = after
    if after <= planned.highest:
        state.row.complete = True
    touch([state.row], "last_shipment", "complete")
    locked.event("ends_after", line=state.row.parent_line.line, shipment=after, ended_by=ended_by)
    changed(locked, [state])
    if locked.order.status != "draft":
        tell_ended([state.row.pk], on=locked.on)
    back, credit = _beyond(locked.order)
    return EndsAfter(
        order=locked.order.number,
        last_shipment=after,
        to_refund=back,
        to_credit=credit,
        still_owed=_still_owed(locked.order, credit),
        ended_by=ended_by,
    )


def stop_shipments(locked: LockedOrder, state: OrderState, numbers: Sequence[int]) -> None:
    """Nothing of these shipments comes, and nothing behind the last one that is left; the merchant ends it.

    One that stands before another that has left is taken out by itself.
    """
    kept = [
        o.shipment for o in state.walk if o.shipment is not None and o.shipment not in numbers and o.status in COUNTED
    ]
    last = max(kept, default=0)
    before = [o for o in state.walk if o.shipment in numbers and (o.shipment or 0) < last]
    if before:
        children = SalesOrder.objects.filter(pk__in=[o.child_id for o in before if o.child_id])
        cancel_children(list(children), locked)
        planned = [o for o in before if o.status in TO_COME]
        difference = Difference()
        difference.add(planned, [replace(o, status="skipped", blocked=None) for o in planned], cancel=False)
        difference.write()
        for o in planned:
            adjust(locked, state, o, "skip", True)
    if last:
        end_after(locked, state, last, ended_by="merchant")
    else:
        cancel_lines(locked, [state], whole=False, ended_by="merchant")


def stop_rests(locked: LockedOrder, rests: Sequence[SalesOrder]) -> None:
    """What was to follow of shipments that went short does not come; the merchant ends it."""
    cancel_children(list(rests), locked)
    for child in rests:
        locked.event("child_cancelled", child=child.number, shipment=child.shipment, ended_by="merchant")
    changed(locked, locked.states)


def _cancel_child(locked: LockedOrder, child_id: int, *, again: bool, ended_by: str | None) -> ChildCancelled:
    child = SalesOrder.objects.select_for_update(no_key=True).get(pk=child_id)
    state = next(s for s in locked.states if s.row.parent_line_id == child.parent_line_id)
    mine = [o for o in state.occurrences if o.child_id == child.pk]
    if again and (first := rest_of(child)) is not None:
        raise Refused("rest_not_made_anew", "again", order=child.number, first=SalesOrder.objects.get(pk=first).number)
    if child.status == "cancelled" and not (again and mine):
        raise _cancelled_already(locked, child.number, kind="child_cancelled", data__child=child.number)
    if child.status not in ("open", "cancelled"):
        raise Refused("cannot_be_cancelled", "number", order=child.number, status=child.status)
    if child.status == "open":
        cancel_children([child], locked)
        locked.event("child_cancelled", child=child.number, shipment=child.shipment, ended_by=ended_by)
    if again:
        if state.row.status != "open":
            raise Refused("not_made_anew", "number", order=locked.order.number, status=state.row.status)
        sql.shift(Occurrence, [o.id for o in mine], "ordered", "scheduled", child=None)
        locked.event("made_anew", shipment=child.shipment)
    changed(locked, [state])
    back, credit = _beyond(locked.order)
    return ChildCancelled(
        order=child.number,
        status="cancelled",
        again=again,
        to_refund=back,
        to_credit=credit,
        still_owed=_still_owed(locked.order, credit),
        ended_by=ended_by,
    )
