"""Put an order aside that a job could not do: parked with its reason, and nothing later of it is made."""

from __future__ import annotations

from perennial.continuity.models import Parked
from perennial.db import sql
from perennial.jobs.job import Job, Run
from perennial.jobs.report import Report
from perennial.kernel.reasons import Reason
from perennial.orders.models import OrderEvent

SQL = sql.named("perennial.jobs", "sql/parking.sql")


def park(job: Job, run: Run, seq: int, reason: Reason, sqlstate: str | None) -> Report:
    """Park the continuity order of an item of the work list, and block what of it is scheduled."""
    found = sql.one(SQL["item"], {"run": run.id, "seq": seq})
    assert found is not None
    subject, shipment = found
    return park_order(job, run, subject, reason, sqlstate, shipment=shipment)


def park_order(
    job: Job, run: Run, subject: int, reason: Reason, sqlstate: str | None, *, shipment: int | None = None
) -> Report:
    """Park a continuity order, because of one of its shipments or as a whole, and block what of it is scheduled."""
    found = sql.one(SQL["order"], {"subject": subject})
    assert found is not None
    order_id, order, line_id, line = found
    sql.value("select id from continuity_continuityorder where id = %s for no key update", [subject])
    _, new = Parked.objects.get_or_create(
        continuity_order_id=subject,
        job=job.name,
        resolved_on=None,
        defaults={
            "shipment": shipment,
            "run_id": run.id,
            "sqlstate": sqlstate,
            "because": reason.stored(),
            "on_date": run.on,
        },
    )
    if new:
        OrderEvent.objects.create(
            order_id=order_id, on_date=run.on, kind="parked", by=run.by, place=line_id,
            data={
                "job": job.name, "line": line, **({} if shipment is None else {"shipment": shipment}),
                "because": reason.stored(),
            },
        )  # fmt: skip
    sql.execute(SQL["park"], {"subject": subject})
    report = Report()
    report.count("parked")
    report.because(order, shipment, "parked", reason)
    return report


def park_uncounted(job: Job, run: Run, seq: int, reason: Reason, sqlstate: str | None) -> Report:
    """Park as above, for jobs whose counts do not know of it: the reason alone is told."""
    report = park(job, run, seq, reason, sqlstate)
    report.counts.clear()
    return report
