"""A version of a program, from its draft to open orders: what it would change is counted, then it is applied by a worker."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from perennial.errors import Refused
from perennial.jobs.ahead import refuse_many
from perennial.jobs.change_preview import Preview, preview, since
from perennial.jobs.many import orders_to_put_back
from perennial.jobs.models import JobRequest
from perennial.jobs.requests import TAKE_BACK
from perennial.notices.queue import is_on
from perennial.programs.actions import locked, release, to_release
from perennial.programs.models import ProgramRevision
from perennial.worker import queue

JOB = "update-orders"


@transaction.atomic
def ask_for_preview(*, schedule_id: str, on: date, by: str) -> JobRequest:
    """Ask a worker what the draft would change on open orders. Refused: there is no draft, or it has faults."""
    number = to_release(schedule_id=schedule_id, by=by)
    return queue.ask(job=JOB, on=on, arguments={"program": schedule_id, "revision": number}, dry=True, by=by)


@transaction.atomic
def apply(
    *,
    schedule_id: str,
    run: int,
    orders: int | None = None,
    letters: bool = False,
    by: str,
    on: date,
    reason: str | None = None,
) -> JobRequest:
    """Release the draft that a preview (``run``) has shown, and ask a worker to let open orders follow it; what that changes
    can be taken back. The same once more gives the same request.

    ``orders``: how many change, once more where they are many; ``letters``: whoever is not told of a higher price by mail
    is told by letter. Refused: a draft, rules or orders that are not what was counted; a higher price of which nobody is told.
    """
    row = locked(schedule_id)
    found = preview(run)
    if found.program != schedule_id:
        raise Refused("preview_unknown", "run", run=run)
    if (already := applied(found)) is not None:
        return already
    if (what := since(run, thoroughly=True)) is not None:
        code = "orders_changed_since" if what.orders else "version_changed_since"
        raise Refused(code, "run", count=what.orders, at=found.at, last=what.last, program=row.schedule_id)
    refuse_many(found.changed, orders)
    if not letters and (fault := notice_fault(found)) is not None:
        raise fault
    release(schedule_id=schedule_id, apply=True, by=by, on=on, reason=reason)
    return queue.ask(job=JOB, on=on, arguments=_arguments(schedule_id, found.number), by=by)


@transaction.atomic
def take_back(*, run: int, orders: int | None = None, by: str, on: date) -> JobRequest:
    """Ask a worker to put back what an applied update (``run``) has changed, order by order, where nothing has used it; its
    version is for new orders only from then on. ``orders``: how many, once more where they are many. Refused: nothing of it
    is to be put back.
    """
    count = orders_to_put_back(run)
    if not count:
        raise Refused("nothing_to_put_back", "run", run=run)
    refuse_many(count, orders)
    return queue.ask(job=TAKE_BACK, on=on, arguments={"run": run}, by=by)


def notice_fault(found: Preview) -> Refused | None:
    """Why not everybody whose price rises is told of it by mail: these messages are off, or some have no address."""
    if found.rises and not is_on("price_changed"):
        return Refused("price_notice_off", "letters", count=found.rises)
    return Refused("price_notice_silent", "letters", count=found.silent) if found.silent else None


def applied(found: Preview) -> JobRequest | None:
    """What asks the workers to apply the version of a preview; None: nobody has applied it."""
    if not ProgramRevision.objects.filter(
        program__schedule_id=found.program, number=found.number, released=True
    ).exists():
        return None
    asked = JobRequest.objects.filter(job=JOB, dry=False, arguments=_arguments(found.program, found.number))
    return asked.order_by("-id").first()


def _arguments(program: str, number: int) -> dict[str, object]:
    return {"keep": True, "program": program, "revision": number}
