"""Reach an order for a change: find it, lock it in the one order of locks, read it as it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from perennial.catalog.codes import reason_code_fault
from perennial.catalog.queries import SetUp, set_up
from perennial.continuity.models import Adjustment, ContinuityOrder, Parked
from perennial.continuity.planning import OccurrenceRow, OrderState, read_orders
from perennial.db import history, sql
from perennial.desk.action import at_work
from perennial.desk.adjusting import Adjusted, write_adjusted
from perennial.desk.changeable import PlannedShipment, refusal
from perennial.errors import Refused
from perennial.kernel import limits
from perennial.kernel.states import SENT
from perennial.orders.models import OrderEvent, SalesOrder
from perennial.payments import blocked, due

PERENNIAL = "Perennial"
"""Who moves what is late when somebody has done something else and chosen no day, as the history calls it."""


@dataclass(frozen=True, slots=True)
class NewDay:
    """A shipment that caught up and ships on another day now."""

    order: str
    line: int
    shipment: int
    ship_on: date


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Shipments that were late, and are sent, skipped or merged as they are."""

    order: str
    line: int
    shipments: tuple[int, ...]
    how: str


@dataclass
class LockedOrder:
    """A parent order, locked, with its continuity orders as they stand now."""

    order: SalesOrder
    set_up: SetUp
    states: list[OrderState]
    on: date
    by: str
    reason: str | None
    reason_code: str | None = None
    moved: list[NewDay] = field(default_factory=list)
    caught_up: list[CaughtUp] = field(default_factory=list)

    @property
    def ids(self) -> list[int]:
        """The ids of its continuity orders."""
        return [s.row.pk for s in self.states]

    def state(self, line: int | None) -> OrderState:
        """The continuity order that was meant: of the line, or the only one."""
        return chosen_state(self.states, self.order.number, line)

    def chosen(self, line: int | None) -> list[OrderState]:
        """The continuity orders that were meant: of the line, or all of them."""
        return self.states if line is None else [self.state(line)]

    def event(self, kind: str, **data: Any) -> None:
        """Write down what happened, with the code of the reason where one was given."""
        data["reason_code"] = self.reason_code
        OrderEvent.objects.create(
            order=self.order,
            on_date=self.on,
            kind=kind,
            by=self.by,
            reason=self.reason,
            data={name: value for name, value in data.items() if value is not None} or None,
        )


def chosen_state(states: Sequence[OrderState], number: str, line: int | None) -> OrderState:
    """Of the continuity orders of an order, the one that was meant: of the line, or the only one."""
    if line is None:
        if not states:
            raise Refused("no_continuity_line", "number", order=number)
        if len(states) > 1:
            raise Refused("several_continuity_lines", "line", order=number, lines=_lines_of(states))
        return states[0]
    for state in states:
        if state.row.parent_line.line == line:
            return state
    raise Refused("not_a_continuity_line", "line", order=number, line=line, lines=_lines_of(states) or None)


def _lines_of(states: Sequence[OrderState]) -> list[str]:
    """Which continuity lines there are, with their programs."""
    return [f"{s.row.parent_line.line} ({s.revision.program})" for s in states]


def order_by_number(number: str) -> SalesOrder:
    """An order by its number. Refused when there is none."""
    found = next(iter(sql.models(SalesOrder, "select * from orders_salesorder where number = %s", [number])), None)
    if found is None:
        raise unknown_order(number)
    return found


def unknown_order(number: str, field: str = "number") -> Refused:
    """The refusal of a number that no order has; with the one that was meant by small letters, the digits alone, or
    the reference of the other system.
    """
    meant: str | None = f"SO-{int(number):06d}" if re.fullmatch(r"[0-9]{1,18}", number) else number.upper()
    if meant == number or not SalesOrder.objects.filter(number=meant).exists():
        meant = SalesOrder.objects.filter(reference=number).values_list("number", flat=True).first()
    return Refused("order_unknown", field, order=number, meant=meant)


def lock_parent(
    number: str, *, on: date, by: str, reason: str | None = None, reason_code: str | None = None
) -> LockedOrder:
    """Lock a parent order for a change: its continuity orders in id order, then the order itself.

    What it holds is read in later statements than the locks.
    """
    found = order_by_number(number)
    if found.parent_id is not None:
        raise Refused("is_child_order", "number", order=number)
    return lock(found.pk, on=on, by=by, reason=reason, reason_code=reason_code)


def lock(order_id: int, *, on: date, by: str, reason: str | None = None, reason_code: str | None = None) -> LockedOrder:
    """Lock a parent order by its id. Refused: a ``reason_code`` that is no code, or not in the list for the action at work."""
    work = at_work()
    if reason_code is not None:
        if fault := limits.code_fault(reason_code):
            raise fault.at("reason_code")
        if work is not None and (refused := reason_code_fault(work.name, reason_code)):
            raise refused
    history.context(by=by, reason=reason)
    ids = [
        row[0]
        for row in sql.tuples(
            "select id from continuity_continuityorder where order_id = %s order by id for no key update", [order_id]
        )
    ]
    order = SalesOrder.objects.select_for_update(no_key=True).get(pk=order_id)
    if work is not None:
        work.locked(order_id, by=by, on=on)
    found = set_up()
    states = read_orders(found, ids)
    return LockedOrder(order, found, states, on=on, by=by, reason=reason, reason_code=reason_code)


def lock_many(orders: Sequence[int]) -> dict[int, int]:
    """Lock parent orders in the one order of locks: their continuity orders by id, then themselves. The order of each
    continuity order, by id.
    """
    ids = dict(
        sql.tuples(
            "select id, order_id from continuity_continuityorder where order_id = any(%s) order by id for no key update",
            [list(orders)],
        )
    )
    sql.execute("select id from orders_salesorder where id = any(%s) order by id for no key update", [list(orders)])
    return ids


def planned_shipment(
    state: OrderState, number: int, children: Mapping[int, SalesOrder] | None = None
) -> PlannedShipment:
    """A shipment as the rules of changing it ask. ``children``: those of the order, by id, where they are read already."""
    found, walk = state.shipment(number), state.walk
    at = next((at for at, o in enumerate(walk) if o.shipment == number), len(walk))
    later = [o for o in walk if (o.shipment or 0) > number]
    if children is None:
        children = SalesOrder.objects.in_bulk([o.child_id for o in (*found, *later) if o.child_id is not None])
    own = next((children[o.child_id] for o in found if o.child_id is not None), None)
    behind = (children[o.child_id] for o in later if o.child_id is not None)
    sent = next(((k.shipment or 0, k.number, k.status) for k in behind if k.status in SENT), None)
    return PlannedShipment(
        order=state.row.order.number,
        status=state.row.status,
        complete=state.row.complete,
        highest=max((o.shipment or 0 for o in walk), default=0),
        last_shipment=state.row.last_shipment,
        number=number,
        statuses=tuple(o.status for o in found),
        child=(own.number, own.status) if own else None,
        child_behind=any(o.child_id is not None for o in walk[at + 1 :]),
        sent_behind=sent,
    )


def open_shipment(state: OrderState, number: int, action: str) -> list[OccurrenceRow]:
    """The occurrences of a planned shipment. Refused when this cannot be done with it (``changeable``)."""
    fault = refusal(action, planned_shipment(state, number))
    if fault is not None:
        raise fault
    return state.shipment(number)


def adjust(
    locked: LockedOrder,
    state: OrderState,
    occurrence: OccurrenceRow,
    kind: str,
    value: Any,
    line: int = 0,
) -> None:
    """Write down what a person changed on one occurrence; an older one of the kind is undone by it."""
    write(locked, [Adjusted.of(occurrence, kind, value, line=line)])


def write(locked: LockedOrder, adjusted: Sequence[Adjusted]) -> None:
    """Write down what a person changed on occurrences of an order."""
    write_adjusted(adjusted, by=locked.by, on=locked.on, reason=locked.reason)


def take_back(
    locked: LockedOrder, state: OrderState, occurrence: OccurrenceRow, kinds: Sequence[str], line: int | None = None
) -> int:
    """Take back open adjustments of one occurrence; how many."""
    found = Adjustment.objects.filter(
        continuity_order_id=state.row.pk,
        event_key=occurrence.event_key,
        repetition=occurrence.repetition,
        kind__in=kinds,
        undone_on=None,
    )
    if line is not None:
        found = found.filter(line=line)
    return found.update(undone_on=locked.on, undone_by=locked.by)


def changed(locked: LockedOrder, states: Sequence[OrderState], *, forget_card: bool = False) -> None:
    """After a change of an order: what follows from it for shipments that wait and for what is owed."""
    derive_anew(locked.set_up, states, by=locked.by, on=locked.on, forget_card=forget_card)


def derive_anew(set_up: SetUp, states: Sequence[OrderState], *, by: str, on: date, forget_card: bool = False) -> None:
    """After orders were changed: parked ones may be tried again, waiting is derived anew, unpaid amounts follow."""
    ids = [s.row.pk for s in states]
    Parked.objects.filter(continuity_order_id__in=ids, resolved_on=None).update(resolved_on=on)
    blocked.recompute(ids, forget_card=forget_card)
    if upfront := [s.row.pk for s in states if s.row.upfront]:
        due.recalculate(set_up, read_orders(set_up, upfront), by=by, on=on)


def touch(rows: Sequence[ContinuityOrder], *fields: str) -> None:
    """Save named fields of continuity orders."""
    ContinuityOrder.objects.bulk_update(list(rows), list(fields))
