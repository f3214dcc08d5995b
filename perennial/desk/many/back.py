"""Take back what a run has changed of a chunk of orders, order by order, where nothing has used or changed it since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from perennial.catalog.queries import SetUp
from perennial.continuity.planning import read_orders
from perennial.db import history
from perennial.desk.locking import derive_anew, lock_many
from perennial.desk.models import Change
from perennial.desk.snapshot import Rows, put_back, rows_of, used_of
from perennial.desk.undo import changes_to_undo, undo_fault
from perennial.errors import Refused
from perennial.kernel.reasons import Reason
from perennial.orders.history import Happened, write_history
from perennial.orders.models import SalesOrder
from perennial.programs.queries import LoadedRevision


@dataclass(frozen=True, slots=True)
class Back:
    """An order whose change was taken back, or (``why_not``) stays."""

    order_id: int
    order: str
    action: str
    why_not: Reason | None = None


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
    last = changes_to_undo(numbers)
    of_run = {c.order_id: c for c in Change.objects.filter(run_id=run, order__in=orders, undone_on=None)}
    found = []
    were: Rows = {}
    changes: list[Change] = []
    for order in orders:
        change = of_run.get(order)
        if change is None:  # somebody has taken it back since the work list was written
            found.append(Back(order, numbers[order], "undo", Reason("taken_back_already", {"order": numbers[order]})))
            continue
        fault = _stands_on_it(change, last[order], numbers[order]) or undo_fault(
            change, numbers[order], now[order], on=on, send_late=send_late, ahead=ahead
        )
        if fault is not None:
            found.append(Back(order, numbers[order], change.action, Reason.of(fault)))
            continue
        were |= change.before
        changes.append(change)
        found.append(Back(order, numbers[order], change.action))
    if not changes:
        return found
    put_back(were, on=on, by=by)
    Change.objects.filter(pk__in=[c.pk for c in changes], undone_on=None).update(undone_on=on, undone_by=by)
    events = [Happened(c.order_id, "undone", {"action": c.action, "run": back_in, "of_run": run}) for c in changes]
    write_history(events, on=on, by=by, reason=reason)
    back = {c.order_id for c in changes}
    states = [state for state in read_orders(set_up, ids, revisions) if state.row.order_id in back]
    derive_anew(set_up, states, by=by, on=on, forget_card=True)
    return found


def _stands_on_it(change: Change, last: Change | Refused, number: str) -> Refused | None:
    """What a person has changed of the order since, so that this is not the last change any more."""
    if isinstance(last, Refused):
        return last
    if last.pk == change.pk:
        return None
    return Refused("changed_since", "number", order=number, action=last.action, by=last.by, on=last.on_date)
