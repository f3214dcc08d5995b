"""Bring a member back who had stopped: the order goes on from where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter

from perennial.continuity.models import ContinuityOrder, Occurrence
from perennial.continuity.planning import OccurrenceRow, OrderState, read_orders
from perennial.db import sql
from perennial.desk.action import action
from perennial.desk.changeable import may_come_back
from perennial.desk.locking import CaughtUp, LockedOrder, NewDay, changed, lock_parent
from perennial.desk.orders.rest import made_anew
from perennial.desk.outcome import Outcome
from perennial.desk.shipments.catch_up import catch_up as deal_with_late
from perennial.desk.shipments.frequency import dated_anew
from perennial.desk.shipments.move import move_following
from perennial.errors import Refused
from perennial.kernel.states import DONE, TO_COME
from perennial.orders.models import OrderEvent, OrderLine, SalesOrder
from perennial.payments.models import Payment

ENDED = ("cancelled", "closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reinstated(Outcome):
    """The order goes on; ``next_on``: when the next one ships. None: all of it was sent. ``rests``: the children that bring what
    shipments went without, and come again.
    """

    order: str
    status: str
    next_on: date | None
    moved: tuple[NewDay, ...] = ()
    caught_up: tuple[CaughtUp, ...] = ()
    rests: tuple[str, ...] = ()


@action()
def reinstate(
    *,
    number: str,
    on: date,
    by: str,
    next_on: date | None = None,
    catch_up: str | None = None,
    reason: str | None = None,
    line: int | None = None,
) -> Reinstated:
    """Let an order that a person stopped or cancelled go on from where it was. What was sent is not sent again, what was
    skipped stays so; a child that was cancelled with the order comes again.

    ``next_on``: the next one comes on this day, and the others count from it. Left out, all keep the days that they would
    have had, and what is late by now catches up. Refused: an order that nobody stopped; one of which nothing is left to
    come; a program that is not sold any more; a day in the past.
    """
    if next_on is not None and next_on < on:
        raise Refused("date_past", "next_on", date=next_on, earliest=on)
    locked = lock_parent(number, on=on, by=by, reason=reason)
    states = [s for s in locked.chosen(line) if may_come_back(s.row.status, s.row.last_shipment)]
    if not states:
        raise Refused("nobody_stopped", "number", order=number)
    _may_go_on(locked, states)
    gone = _open(locked, states)
    rests = [one for state in states for one in made_anew(locked, state, gone, next_on or on)]
    for state in read_orders(locked.set_up, [s.row.pk for s in states]):
        _come_in_front(state)
    for state in read_orders(locked.set_up, [s.row.pk for s in states]):
        _go_on(locked, state, next_on)
    locked.event(
        "reinstated",
        lines=[s.row.parent_line.line for s in states],
        to=None if next_on is None else next_on.isoformat(),
    )
    after = read_orders(locked.set_up, [s.row.pk for s in states])
    changed(locked, after, forget_card=True)
    deal_with_late(locked, after, catch_up)
    changed(locked, after)
    coming = [o.ship_on for s in read_orders(locked.set_up, locked.ids) for o in s.walk if o.status in TO_COME]
    coming += [one.ship_on for one in rests if one.ship_on is not None]
    if not coming:
        raise Refused("nothing_left_to_come", "number", order=number)
    return Reinstated(
        order=number,
        status=locked.order.status,
        next_on=min(coming),
        moved=tuple(locked.moved),
        caught_up=tuple(locked.caught_up),
        rests=tuple(one.number for one in rests),
    )


def _may_go_on(locked: LockedOrder, states: Sequence[OrderState]) -> None:
    """Refused: a draft that was never submitted, a program that is not sold any more, money given back or written off of
    what is billed up front: that was settled, and what is wanted after all is ordered anew.
    """
    happened = set(OrderEvent.objects.filter(order=locked.order).values_list("kind", flat=True))
    if "entered" in happened and "submitted" not in happened:
        raise Refused("was_a_draft", "number", order=locked.order.number)
    for state in states:
        if not state.row.program.active:
            raise Refused("program_not_active", "number", program=state.revision.program)
    upfront = [s.row.pk for s in states if s.row.upfront]
    if Payment.objects.filter(continuity_order__in=upfront, purpose="refund").exclude(status="written_off").exists():
        raise Refused("paid_up_front_and_given_back", "number", order=locked.order.number)
    if Payment.objects.filter(continuity_order__in=upfront, purpose="order", status="written_off").exists():
        raise Refused("billed_up_front_and_written_off", "number", order=locked.order.number)


def _open(locked: LockedOrder, states: Sequence[OrderState]) -> list[int]:
    """The order, its lines and continuity orders go on; children that were cancelled with them are made anew: which these were."""
    ids = [s.row.pk for s in states if s.row.status in ENDED]
    sql.shift(ContinuityOrder, ids, ENDED, "open")
    lines = [s.row.parent_line_id for s in states]
    OrderLine.objects.filter(pk__in=lines, status__in=DONE).update(status="open")
    if locked.order.status != "open":
        sql.shift(SalesOrder, [locked.order.pk], DONE, "open")
        locked.order.status = "open"
    ContinuityOrder.objects.filter(pk__in=[s.row.pk for s in states]).update(last_shipment=None, complete=False)
    gone = SalesOrder.objects.filter(parent=locked.order, parent_line__in=lines, status="cancelled")
    again = list(gone.exclude(number__in=_cancelled_by_themselves(locked)).values_list("pk", flat=True))
    made = [o.id for s in states for o in s.occurrences if o.child_id in again]
    sql.shift(Occurrence, made, "ordered", "scheduled", child=None)
    return again


def _come_in_front(state: OrderState) -> None:
    """What was cancelled with the order in front of a child that stands comes again by the number that it had, which nothing
    else has: no plan would bring it, as plans begin behind the last child.
    """
    in_order = sorted(state.occurrences, key=attrgetter("position"))
    last = max((at for at, o in enumerate(in_order) if o.child_id is not None), default=-1)
    before, gap = 0, list[OccurrenceRow]()
    for o in in_order[: last + 1]:
        if o.status == "cancelled":
            gap.append(o)
            continue
        missing = range(before + 1, o.shipment or 0)
        together = [list(some) for _, some in groupby(gap, key=attrgetter("ship_on"))]
        for number, some in zip(missing, together, strict=False):
            ids = [one.id for one in some]
            sql.shift(Occurrence, ids, "cancelled", "scheduled", shipment=number, why_cancelled=None)
        before, gap = max(before, o.shipment or 0), []


def _cancelled_by_themselves(locked: LockedOrder) -> set[str]:
    """The children that a person cancelled alone, and did not take that back: they do not come again."""
    cancelled: list[str | None] = []
    for kind, data in OrderEvent.objects.filter(order=locked.order).order_by("pk").values_list("kind", "data"):
        if kind in ("child_cancelled", "cancelled", "ends_after"):
            cancelled.append((data or {}).get("child"))
        elif kind == "undone" and cancelled and (data or {}).get("action") == "cancel":
            cancelled.pop()
    return {child for child in cancelled if child is not None}


def _go_on(locked: LockedOrder, state: OrderState, next_on: date | None) -> None:
    """What is left of the program comes, the first of it on the day that was asked for."""
    dated_anew(locked, state)
    if next_on is None:
        return
    (fresh,) = read_orders(locked.set_up, [state.row.pk])
    made = {o.id for o in fresh.frozen}
    first = next((o for o in fresh.walk if o.id not in made and o.status in TO_COME), None)
    if first is None:
        return
    at = fresh.walk.index(first)
    day = max(next_on, fresh.walk[at - 1].event_on) if at else next_on
    move_following(locked, fresh, [first], day)
