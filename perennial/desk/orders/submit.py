"""Open a draft order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from perennial.continuity.models import ContinuityOrder, Occurrence
from perennial.db import sql
from perennial.desk.action import action
from perennial.desk.locking import lock_parent
from perennial.desk.notices.queue import confirm
from perennial.desk.outcome import Outcome
from perennial.errors import Refused, refuse_all
from perennial.orders.models import SalesOrder
from perennial.payments.models import Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted(Outcome):
    """The order is open."""

    order: str
    status: str


@action()
def submit(*, number: str, on: date, by: str, reason: str | None = None) -> Submitted:
    """Open a draft order: its lines are scheduled and its payments become due. Nothing is charged here.

    Refused: an order that is not a draft; programs that were retired meanwhile, all of them at once.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason)
    if locked.order.status != "draft":
        raise Refused("not_a_draft", "number", order=number, status=locked.order.status)
    refuse_all(
        Refused("program_not_active", "number", program=state.revision.program)
        for state in locked.states
        if not state.row.program.active
    )
    planned = [o.id for state in locked.states for o in state.occurrences if o.status == "planned"]
    sql.shift(SalesOrder, [locked.order.pk], "draft", "open")
    sql.shift(ContinuityOrder, [s.row.pk for s in locked.states if s.row.status == "draft"], "draft", "open")
    sql.shift(Occurrence, planned, "planned", "scheduled")
    of_it = Q(order_id=locked.order.pk) | Q(continuity_order_id__in=locked.ids)
    Payment.objects.filter(of_it, status="draft").update(status="due")
    locked.event("submitted")
    locked.order.status = "open"
    confirm(locked.order, on=on)
    return Submitted(order=number, status="open")
