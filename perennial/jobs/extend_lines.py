"""Extend lines: plan on where an order's repetitions were planned only up to the threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perennial.continuity.difference import Difference
from perennial.continuity.extension import extend, to_extend
from perennial.continuity.models import ContinuityOrder
from perennial.continuity.planning import read_orders
from perennial.db import sql
from perennial.jobs.job import Job, Run
from perennial.jobs.parking import park_uncounted
from perennial.jobs.planned import Planned
from perennial.jobs.report import Report
from perennial.kernel.calendar import add_days
from perennial.kernel.reasons import Reason
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
        short, values = to_extend(through)
        return f"select row_number() over (order by s.id), s.id, null::int from ({short}) s", values

    def work(self, run: Run, first: int, last: int) -> Report:
        """Extend the items ``first`` to ``last``."""
        ids = [row[0] for row in sql.tuples(SQL["lock"], {"run": run.id, "first": first, "last": last})]
        set_up = run.read_set_up()
        through = add_days(run.on, set_up.parameters.days_before_delivery)
        report = Report()
        difference = Difference()
        planned = Planned()
        complete: list[int] = []
        extended: list[int] = []
        events = []
        for state in read_orders(set_up, ids, run.cache.setdefault("revisions", {})):
            if state.row.status != "open" or state.row.complete:
                continue
            known = len(difference.inserts), len(difference.updates)
            added, done = extend(state, difference, through)
            planned.added(state, (*difference.inserts[known[0] :], *difference.updates[known[1] :]))
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
        planned.write(run, first, last)
        if extended:
            blocked.recompute(extended)
        return report

    def park(self, run: Run, seq: int, reason: Reason, sqlstate: str | None) -> Report:
        """Put the order aside."""
        return park_uncounted(self, run, seq, reason, sqlstate)
