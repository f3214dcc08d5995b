"""Take back what a run has changed of a chunk of orders, order by order, where nothing has used or changed it since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from perennial.catalog.queries import SetUp
from perennial.continuity.difference import planned_otherwise
from perennial.continuity.planning import OccurrenceRow, OrderState, read_orders
from perennial.db import history
from perennial.desk.kept import UPDATE
from perennial.desk.locking import derive_anew, lock_many
from perennial.desk.models import Change
from perennial.desk.snapshot import Rows, put_back, rows_of, used_of, withdraw_updated
from perennial.desk.undo import changes_to_undo, undo_fault
from perennial.errors import Refused
from perennial.kernel.reasons import Reason
from perennial.orders.history import Happened, write_history
from perennial.orders.models import OrderLine, SalesOrder
from perennial.programs.queries import LoadedRevision


@dataclass(frozen=True, slots=True)
class Back:
    """An order whose change was taken back, with its shipments before and after; or (``why_not``) it stays."""

    order_id: int
    order: str
    why_not: Reason | None = None
    shipments: tuple[ShipmentBack, ...] = ()


class ShipmentBack(NamedTuple):
    """A shipment of a continuity order that is as it was again."""

    state: OrderState
    line: int
    before: OccurrenceRow
    after: OccurrenceRow


def take_back(
    orders: Sequence[int],
    *,
    run: int,
    set_up: SetUp,
    on: date,
    by: str,
    reason: str | None,
    send_late: bool,
    back_in: int,
    revisions: dict[int, LoadedRevision],
) -> list[Back]:
    """Put back what the run has changed of these orders, within the caller's transaction; what became of each.

    ``send_late``: also where a shipment comes back whose night is over. ``back_in``: the run in which it is done.
    """
    history.context(by=by, reason=reason, run=back_in)
    ids = lock_many(orders)
    numbers = dict(SalesOrder.objects.filter(pk__in=orders).values_list("pk", "number"))
    now = rows_of(orders)
    for order, used in used_of(orders).items():
        now[order] |= used
    ahead = set_up.parameters.days_before_delivery
    last = changes_to_undo(numbers, updates=True)
    of_run: dict[int, Change] = {}
    for one in Change.objects.filter(run_id=run, order__in=orders, undone_on=None).order_by("pk"):
        of_run[one.order_id] = _with_earlier(of_run.get(one.order_id), one)
    found: list[Back] = []
    were: Rows = {}
    changes: list[Change] = []
    for order in orders:
        change = of_run.get(order)
        if change is None:  # somebody has taken it back since the work list was written
            found.append(Back(order, numbers[order], Reason("taken_back_already", {"order": numbers[order]})))
            continue
        fault = _stands_on_it(change, last[order], numbers[order]) or undo_fault(
            change, numbers[order], now[order], on=on, send_late=send_late, ahead=ahead
        )
        if fault is not None:
            found.append(Back(order, numbers[order], Reason.of(fault)))
            continue
        were |= change.before
        changes.append(change)
    if not changes:
        return found
    back = [c.order_id for c in changes]
    before = read_orders(set_up, [pk for pk, order in ids.items() if order in back], revisions)
    put_back(were, on=on, by=by)
    Change.objects.filter(run_id=run, order__in=back, undone_on=None).update(undone_on=on, undone_by=by)
    if changes[0].action == UPDATE:
        withdraw_updated(back, [(change.before, change.after) for change in changes])
    events = [Happened(c.order_id, "undone", {"action": c.action, "run": back_in, "of_run": run}) for c in changes]
    write_history(events, on=on, by=by, reason=reason)
    states = read_orders(set_up, [state.row.pk for state in before], revisions)
    derive_anew(set_up, states, by=by, on=on, forget_card=True)
    shipments = _as_they_were(before, states)
    return found + [Back(order, numbers[order], shipments=tuple(shipments.get(order, ()))) for order in back]


def _as_they_were(before: Sequence[OrderState], after: Sequence[OrderState]) -> dict[int, list[ShipmentBack]]:
    """By order, what a person sees of it to be as it was again."""
    found: dict[int, list[ShipmentBack]] = {}
    lines = dict(
        OrderLine.objects.filter(pk__in=[state.row.parent_line_id for state in after]).values_list("pk", "line")
    )
    for old, new in zip(before, after, strict=True):
        were = {o.id: o for o in old.occurrences}
        for o in new.occurrences:
            if planned_otherwise(were[o.id], o):
                line = lines[new.row.parent_line_id]
                found.setdefault(new.row.order_id, []).append(ShipmentBack(new, line, were[o.id], o))
    return found


def _with_earlier(earlier: Change | None, change: Change) -> Change:
    """A change together with an earlier one that the same run has made of the order, as an update does that finds two of its
    lines in two chunks.
    """
    if earlier is not None:
        change.before = {**change.before, **earlier.before}
        change.after = {**earlier.after, **change.after}
    return change


def _stands_on_it(change: Change, last: Change | Refused, number: str) -> Refused | None:
    """What a person has changed of the order since, so that this is not the last change any more."""
    if isinstance(last, Refused):
        return last
    if last.pk == change.pk:
        return None
    return Refused("changed_since", "number", order=number, action=last.action, by=last.by, on=last.on_date)
