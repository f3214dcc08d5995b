"""Close orders: what is finished leaves the lists of open orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection

from perennial.db import sql
from perennial.desk.notices.queue import tell_ended
from perennial.jobs.job import Job, Run
from perennial.jobs.report import Report
from perennial.kernel.reasons import Reason
from perennial.notices.queue import is_on

SQL = sql.named("perennial.jobs", "sql/close_orders.sql")


class CloseOrders(Job):
    """Close continuity orders that have come to their end, and their parents.

    1. Lock the chunk's continuity orders, in id order, then the parents.
    2. A continuity order with nothing planned or scheduled and all children invoiced or cancelled is
       closed; its parent line is invoiced, or cancelled when nothing was invoiced (D13).
    3. A parent all of whose lines are invoiced or cancelled, ordinary ones too, follows them.

    Safe to rerun because what is closed is not selected again.
    """

    name = "close-orders"
    counts = ("lines", "orders", "still_open")
    names = (
        "select p.number, null::int from jobs_jobitem i join orders_salesorder p on p.id = i.subject_id"
        " where i.run_id = %s and i.seq = %s"
    )

    def due(self, run: Run) -> tuple[str, Mapping[str, Any]]:
        """Parents with something that has come to its end, or that waited only for their ordinary lines, by id."""
        return SQL["select"], {}

    def work(self, run: Run, first: int, last: int) -> Report:
        """Close the items ``first`` to ``last``."""
        values: dict[str, Any] = {"run": run.id, "first": first, "last": last, "on": run.on, "by": run.by}
        report = Report()
        with connection.cursor() as cursor:
            cursor.execute(SQL["temporary"])
            cursor.execute(SQL["empty"])
            for name in ("lock", "lock_orders", "read", "close_continuity"):
                cursor.execute(SQL[name], values)
            if is_on("ended"):
                cursor.execute("select continuity_order_id from close_work where waits_for is null")
                tell_ended([row[0] for row in cursor.fetchall()], on=run.on)
            cursor.execute(SQL["close_lines"])
            report.count("lines", cursor.rowcount)
            cursor.execute(SQL["close_orders"], values)
            closed = [row[0] for row in cursor.fetchall()]
            report.count("orders", len(closed))
            cursor.execute(SQL["events"], {**values, "closed": closed})
            cursor.execute(SQL["touch"], {**values, "closed": closed})
            cursor.execute(SQL["still_open"], values)
            for order, child in cursor.fetchall():
                waits = (
                    Reason("child_not_invoiced", {"child": child}) if child else Reason("ordinary_lines_not_invoiced")
                )
                report.count("still_open")
                report.because(order, None, None, waits)
        return report

    def park(self, run: Run, seq: int, reason: Reason, sqlstate: str | None) -> Report:
        """An order that cannot be closed stays open and is named."""
        order, _ = self.named(run, seq)
        report = Report()
        report.count("still_open")
        report.because(order, None, None, reason)
        return report
