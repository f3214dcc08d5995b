"""Extend: an order whose repetitions were planned only up to the threshold is planned on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from perennial.continuity.difference import Difference
from perennial.continuity.planning import OrderState, product_ids_of, target_rows
from perennial.db import sql
from perennial.kernel import plan as kernel
from perennial.kernel.states import TO_COME

_SQL = sql.named("perennial.continuity", "extension.sql")


def to_extend(through: date, orders: Sequence[int] | None = None) -> tuple[str, dict[str, Any]]:
    """The statement that finds the continuity orders to extend, and its values. ``through``: the date behind which the
    last shipment of the others lies; ``orders``: of these parent orders alone.
    """
    given = None if orders is None else list(orders)
    return _SQL["short"], {"through": through, "threshold": kernel.DEFAULT_THRESHOLD, "orders": given}


def extend(state: OrderState, difference: Difference, through: date) -> tuple[int, bool]:
    """Extend one order as often as it needs; (lines added, planning complete)."""
    facts = state.facts
    cancelled = [o for o in state.occurrences if o.status == "cancelled"]
    walk = [o.step for o in state.walk]
    open_ = sum(1 for o in state.walk if o.status in TO_COME)
    last = state.walk[-1].ship_on if state.walk else None
    position = max((o.position for o in state.walk), default=0)
    added = 0
    products, schedules = product_ids_of(state), state.schedule_ids(state.revision)
    while kernel.wants_extension(facts, open_, last, through):
        plan = kernel.extend(state.revision.plan, facts, state.adjustments, walk)
        wanted = target_rows(
            state.row.pk,
            state.revision,
            plan,
            first_position=position + 1,
            status="scheduled",
            product_ids=products,
            schedule_ids=schedules,
        )
        added += difference.add(cancelled, wanted, cancel=False).added
        if plan.complete or not wanted:
            return added, plan.complete
        walk += [o.step for o in wanted]
        position += len(wanted)
        open_ += sum(1 for o in wanted if o.status == "scheduled")
        last = wanted[-1].ship_on
    return added, False
