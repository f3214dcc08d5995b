"""Extend lines: plan on where an order's repetitions were planned only up to the threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perennial.continuity.models import ContinuityOrder
from perennial.continuity.planning import Difference, OrderState, product_ids_of, read_orders, target_rows
from perennial.db import sql
from perennial.jobs.job import Job, Run
from perennial.jobs.parking import park_uncounted
from perennial.jobs.report import Report
from perennial.kernel import plan as kernel
from perennial.kernel.calendar import add_days
from perennial.kernel.reasons import Reason
from perennial.kernel.states import TO_COME
from perennial.orders.history import Happened, write_history
from perennial.payments import blocked

SQL = sql.named("perennial.jobs", "sql/planning.sql")


class ExtendLines(Job):
    """Extend the open orders whose planning is not complete and which run short of open occurrences.

    1. Lock the chunk's continuity orders, in id order, and read them.
    2. Let the event where planning stopped have max(threshold, 1) repetitions more, and walk on behind
       it; again while the order still runs short.
    3. Write the new lines; where nothing of the program follows, planning is complete.

    Safe to rerun because an occurrence is unique on (order, event, repetition), and an order that was
    extended no longer runs short.
    """

    name = "extend-lines"
    counts = ("orders", "lines")
    chunk_size = 500

    def due(self, run: Run) -> tuple[str, Mapping[str, Any]]:
        """Open orders that run short, by id."""
        through = add_days(run.on, run.parameters.days_before_delivery, "on")
        return SQL["select_to_extend"], {"through": through, "threshold": kernel.DEFAULT_THRESHOLD}

    def work(self, run: Run, first: int, last: int) -> Report:
        """Extend the items ``first`` to ``last``."""
        ids = [row[0] for row in sql.tuples(SQL["lock"], {"run": run.id, "first": first, "last": last})]
        set_up = run.read_set_up()
        through = add_days(run.on, set_up.parameters.days_before_delivery)
        report = Report()
        difference = Difference()
        complete: list[int] = []
        extended: list[int] = []
        events = []
        for state in read_orders(set_up, ids, run.cache.setdefault("revisions", {})):
            if state.row.status != "open" or state.row.complete:
                continue
            added, done = extend(state, difference, through)
            if done:
                complete.append(state.row.pk)
            if added:
                extended.append(state.row.pk)
                report.count("orders")
                report.count("lines", added)
                events.append(Happened(state.row.order_id, "extended", {"lines": added}, state.row.parent_line_id))
        difference.write()
        if complete:
            ContinuityOrder.objects.filter(pk__in=complete).update(complete=True)
        write_history(events, on=run.on, by=run.by)
        if extended:
            blocked.recompute(extended)
        return report

    def park(self, run: Run, seq: int, reason: Reason, sqlstate: str | None) -> Report:
        """Put the order aside."""
        return park_uncounted(self, run, seq, reason, sqlstate)


def extend(state: OrderState, difference: Difference, through: object) -> tuple[int, bool]:
    """Extend one order as often as it needs; (lines added, planning complete)."""
    facts = state.facts
    cancelled = [o for o in state.occurrences if o.status == "cancelled"]
    walk = [o.step for o in state.walk]
    open_ = sum(1 for o in state.walk if o.status in TO_COME)
    last = state.walk[-1].ship_on if state.walk else None
    position = max((o.position for o in state.walk), default=0)
    added = 0
    products, schedules = product_ids_of(state), state.schedule_ids(state.revision)
    while kernel.wants_extension(facts, open_, last, through):  # type: ignore[arg-type]
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
