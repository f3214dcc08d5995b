"""Create child orders: what is due becomes real orders that the warehouse can pack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import connection, transaction

from perennial.catalog.queries import product_by_number
from perennial.customers.queries import customer_by_account
from perennial.db import sql
from perennial.desk.locking import unknown_order
from perennial.desk.notices.queue import tell_ahead, tell_expiring
from perennial.desk.read.waits import wait_reason
from perennial.jobs.ended_holds import release_ended_holds
from perennial.jobs.job import Job, Run
from perennial.jobs.parking import park
from perennial.jobs.report import MOST_REASONS, Report
from perennial.kernel.calendar import add_days
from perennial.kernel.reasons import Reason, why
from perennial.notices.queue import which_are_on
from perennial.orders.models import SalesOrder
from perennial.payments.due import child_parts, payment_row, write_payments
from perennial.programs.queries import program_by_id

SQL = sql.named("perennial.jobs", "sql/create_child_orders.sql")

# How a reason of waiting is called in the report.
WAITING = {
    "acceptance": "acceptance",
    "hold": "on_hold",
    "card": "expired_card",
    "payment": "payment",
    "parked": "parked",
}


class CreateChildOrders(Job):
    """Turn the due shipments into child orders.

    Before the work list is written, holds whose day has come are released (``ended_holds``). For each chunk of the work
    list, in one transaction:

    1. Lock the chunk's continuity orders, in id order.
    2. Read what is still due; put aside what must wait, with its reason.
    3. Copy the rest into orders, lines, taxes, payments and events; mark it ordered.

    Safe to rerun because all of it commits together with the chunk, and a child is unique on (parent
    line, shipment, try).
    """

    name = "create-child-orders"
    touched = SQL["touched"]
    counts = ("created", "left", "acceptance", "on_hold", "expired_card", "payment", "parked")

    def arguments(self, run: Run) -> None:
        """The date through which shipments are made, the limit, the criteria."""
        given = run.arguments
        parameters = run.parameters
        through = given.get("through")
        run.cache["through"] = through or add_days(run.on, parameters.days_before_delivery, "on").isoformat()
        limit = given.get("limit")
        run.cache["limit"] = parameters.number_of_orders_to_create if limit is None else limit
        joins, where, values = [], [], {}
        if {"program", "product", "customer", "order"} & set(given):
            joins.append("join continuity_continuityorder c on c.id = o.continuity_order_id")
        if "program" in given:
            where.append("and c.program_id = %(program)s")
            values["program"] = program_by_id(given["program"]).pk
        if "product" in given:
            product = product_by_number(given["product"], "product")
            if product.kind == "continuity":
                joins.append("join orders_orderline pl on pl.id = c.parent_line_id")
                where.append("and pl.product_id = %(product)s")
            else:
                where.append(SQL["has_product"])
            values["product"] = product.pk
        if "customer" in given:
            where.append("and c.customer_id = %(customer)s")
            values["customer"] = customer_by_account(given["customer"], "customer").pk
        if "order" in given:
            order = SalesOrder.objects.filter(number=given["order"], parent=None).first()
            if order is None:
                raise unknown_order(given["order"], "order")
            where.append("and c.order_id = %(order)s")
            values["order"] = order.pk
        run.cache["criteria"] = (" ".join(joins), " ".join(where), values)

    def _values(self, run: Run) -> dict[str, Any]:
        return {"through": run.cache["through"], **run.cache["criteria"][2]}

    def _filled(self, run: Run, name: str) -> str:
        joins, where, _ = run.cache["criteria"]
        return SQL[name].replace("{criteria}", joins).replace("{where}", where)

    def due(self, run: Run) -> tuple[str, Mapping[str, Any]]:
        """The due shipments, oldest first, up to the limit."""
        return self._filled(run, "select"), {**self._values(run), "limit": run.cache["limit"]}

    def select(self, run: Run) -> tuple[int, Report]:
        """What is due; what is left over the limit; what waits already. First the holds that end are released, and
        customers are told what comes, unless the run is for some orders alone.
        """
        release_ended_holds(self, run)
        if not any(run.cache["criteria"][:2]) and "through" not in run.arguments:
            wanted = which_are_on("shipment_ahead", "card_expiring")
            if "shipment_ahead" in wanted:
                tell_ahead(run.read_set_up(), on=run.on)
            if "card_expiring" in wanted:
                tell_expiring(on=run.on)
        values = self._values(run)
        report = Report()
        # The planner takes far more to be due than is (what is past is seldom still scheduled): by the index all the same.
        sql.execute("set local enable_seqscan = off")
        for blocked, number in sql.tuples(self._filled(run, "count_waiting"), values):
            report.count(WAITING[blocked], number)
        for order, shipment, blocked, reason in sql.tuples(
            self._filled(run, "reasons_waiting"), {**values, "most": MOST_REASONS}
        ):
            report.because(order, shipment, blocked, wait_reason(blocked, run.on, why(reason)))
        selected, _ = super().select(run)
        if run.cache["limit"] is not None:
            report.count("left", int(sql.value(self._filled(run, "count_due"), values)) - selected)
        sql.execute("set local enable_seqscan = default")
        return selected, report

    def work(self, run: Run, first: int, last: int) -> Report:
        """Make the children of the items ``first`` to ``last``."""
        if "through" not in run.cache:
            self.arguments(run)
        items = {"run": run.id, "first": first, "last": last, "on": run.on}
        run.cache["worked"] = True
        sql.execute(SQL["lock"], items)
        set_up = run.read_set_up()
        days = {mode: set_up.modes[mode].days.roll(run.on) for (mode,) in sql.tuples(SQL["late_modes"], items)}
        values = {
            **items,
            "through": run.cache["through"],
            "by": run.by,
            "modes": list(days),
            "days": list(days.values()),
        }
        report = Report()
        with connection.cursor() as cursor:

            def do(name: str) -> int:
                cursor.execute(SQL[name], values)
                return int(cursor.rowcount)

            cursor.execute(SQL["temporary"])
            cursor.execute(SQL["empty"])
            do("read")
            cursor.execute("select count(*) filter (where lead) from child_work")
            if cursor.fetchone()[0] < last - first + 1:
                do("blocked_since")
                for order, shipment, blocked, reason in cursor.fetchall():
                    self._waits(
                        run=run,
                        report=report,
                        order=order,
                        shipment=shipment,
                        blocked=blocked,
                        ship_on=run.on,
                        reason=reason,
                    )
            if do("block"):
                do("tell_expired")
                do("blocked")
                for order, shipment, blocked, ship_on, reason in cursor.fetchall():
                    self._waits(
                        run=run,
                        report=report,
                        order=order,
                        shipment=shipment,
                        blocked=blocked,
                        ship_on=ship_on,
                        reason=reason,
                    )
                do("forget_blocked")
            cursor.execute("select count(*) filter (where lead), count(*) from child_work")
            created, claimed = cursor.fetchone()
            if created < last - first + 1:
                do("touch_waiting")
            if not created:
                return report
            if claimed > created:
                do("share")
            cursor.execute("analyze child_work")
            do("lines")
            do("taxes")
            cursor.execute("analyze child_line")
            cursor.execute("analyze child_tax")
            do("orders")
            do("order_lines")
            do("order_taxes")
            do("payments")
            do("to_split")
            self._split(run, cursor.fetchall())
            do("events")
            marked = do("mark")
            if marked != claimed:
                raise RuntimeError(f"{claimed} occurrences were claimed, but {marked} were marked")
        report.count("created", created)
        return report

    @staticmethod
    def _waits(
        run: Run, report: Report, order: str, shipment: int, blocked: str, ship_on: date, reason: str | None
    ) -> None:
        """Count what waits, with its reason."""
        report.count(WAITING[blocked])
        report.because(order, shipment, blocked, wait_reason(blocked, ship_on, why(reason)))

    def _split(self, run: Run, children: Iterable[tuple[Any, ...]]) -> None:
        """The parts of children whose event, or whose order, has a payment schedule."""
        rows = []
        for child, payer, method, card, currency, total, ship_on, schedule in children:
            for owed in child_parts(run.set_up.schedules[schedule], total, ship_on, method):
                rows.append(
                    payment_row(
                        owed,
                        order_id=child,
                        customer_id=payer,
                        purpose="shipment",
                        method=method,
                        card_id=card,
                        currency=currency,
                        status="due",
                    )
                )
        write_payments(rows)

    def park(self, run: Run, seq: int, reason: Reason, sqlstate: str | None) -> Report:
        """Put the order of one item aside: nothing later of it is made until it is retried or changed."""
        return park(self, run, seq, reason, sqlstate)

    def sweep(self, run: Run) -> None:
        """Mark in the due index what this run took out of it: a second run of the day then looks at nothing."""
        if "worked" in run.cache:  # this process has made something
            with transaction.atomic():
                sql.execute("set local enable_bitmapscan = off")
                sql.execute("set local enable_seqscan = off")
                sql.value(SQL["sweep"], {"through": run.cache["through"]})
