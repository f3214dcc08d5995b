"""Holds that end by themselves: released by the run of create-child-orders of their day, before it looks what is due.

It happens in the transaction that opens the run: killed before it commits there is neither run nor release, killed
after it both, and whoever joins the run or reruns it finds the holds released. One process at a time opens a run.
"""

from __future__ import annotations

from django.db import DataError, IntegrityError, OperationalError, transaction

from perennial.continuity.models import ContinuityOrder
from perennial.db import sql
from perennial.desk.orders.hold import release_ended
from perennial.errors import Refused
from perennial.jobs.job import LOCK_ERRORS, Job, Run, reason_of, sqlstate
from perennial.jobs.parking import park_order
from perennial.kernel.states import NOT_ENDED

SQL = sql.named("perennial.jobs", "sql/ended_holds.sql")


def release_ended_holds(job: Job, run: Run) -> None:
    """Release every hold whose day has come, order by order, as a clerk would. The order that cannot go on (what follows
    runs out of the calendar) stays held, and is parked. In a dry run one that somebody is changing is passed over.
    """
    found = sql.tuples(SQL["due"], {"on": run.on})
    if not found:
        return
    if not run.dry:
        parents = {"parents": [parent for _, parent in found]}
        for name in ("lock_continuity", "lock_orders"):
            sql.tuples(SQL[name], parents)
        locked = set(parents["parents"])
        found = [one for one in sql.tuples(SQL["due"], {"on": run.on}) if one[1] in locked]
    for order, parent in found:
        try:
            with transaction.atomic():
                release_ended(order_id=order, on=run.on, by=run.by)
        except (Refused, DataError, IntegrityError) as error:
            _put_aside(job, run, parent, error)
        except OperationalError as error:
            if not run.dry or sqlstate(error) not in LOCK_ERRORS:
                raise


def _put_aside(job: Job, run: Run, parent: int, error: Exception) -> None:
    going_on = ContinuityOrder.objects.filter(order=parent, status__in=NOT_ENDED).order_by("pk")
    for continuity in going_on.values_list("pk", flat=True):
        park_order(job, run, continuity, reason_of(error), sqlstate(error))
