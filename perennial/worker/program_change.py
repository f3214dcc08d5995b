"""A version of a program, from its draft to open orders: what it would change is counted, then it is applied by a worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from perennial.catalog.queries import company, zone_of
from perennial.continuity.models import ContinuityOrder
from perennial.errors import Refused
from perennial.jobs.ahead import refuse_many, run_by_hand
from perennial.jobs.change_preview import Preview, Since, draft_stands, last_preview, preview, since
from perennial.jobs.many import Confirmed, orders_to_put_back
from perennial.jobs.models import JobRequest
from perennial.jobs.request_status import RequestStatus, request_status
from perennial.jobs.status import JobRunStatus
from perennial.jobs.take_back import TakeBackOrders
from perennial.jobs.update_orders import UpdateOrders
from perennial.notices.queue import is_on
from perennial.programs.actions import locked, release, to_release
from perennial.programs.models import ProgramRevision
from perennial.programs.queries import program_by_id
from perennial.worker import queue

JOB = "update-orders"
BROKEN_OFF = ("stopped", "refused", "failed")
"""How a request ends that is asked for again where it is to be done after all."""


@dataclass(frozen=True, slots=True)
class ProgramChange:
    """How a program's newest version stands with its open orders. ``version``: how often the program was changed; ``number``: the draft, or (not ``is_draft``) the released
    one; None: there is none. ``open_orders`` stand on another version.

    ``preview`` of it was counted, and ``since`` then this is otherwise; ``asked``: the workers were asked for one last.
    ``applied``: they were asked to apply it, by ``run``; of so many orders that is still ``to_put_back``, which they were
    asked for by ``back``.
    """

    program: str
    name: str
    version: int
    number: int | None
    is_draft: bool
    open_orders: int
    preview: Preview | None
    since: Since | None
    asked: RequestStatus | None
    applied: RequestStatus | None
    run: JobRunStatus | None
    to_put_back: int
    back: RequestStatus | None
    notice: Refused | None

    @property
    def broke_off(self) -> bool:
        """Was it not applied to all open orders?"""
        return self.applied is not None and self.applied.status in BROKEN_OFF


def program_change(schedule_id: str) -> ProgramChange:
    """How a program's newest version stands with its open orders. Refused: there is no such program."""
    row = program_by_id(schedule_id)
    newest = ProgramRevision.objects.filter(program=row).order_by("-number").first()
    number, is_draft = (None, False) if newest is None else (newest.number, not newest.released)
    others = ContinuityOrder.objects.filter(program=row, status="open").exclude(revision=newest)
    counted = None if number is None else last_preview(schedule_id, number)
    asked = _last(JobRequest.objects.filter(job=JOB, dry=True, arguments__contains=_counted_with(schedule_id, number)))
    real = JobRequest.objects.filter(dry=False)
    applied = None if is_draft else _last(real.filter(job=JOB, arguments=_arguments(schedule_id, number)))
    run = applied.runs[-1] if applied is not None and applied.runs else None
    back = None if run is None else _last(real.filter(job=TakeBackOrders.name, arguments={"run": run.id}))
    return ProgramChange(
        program=schedule_id,
        name=row.name,
        version=row.version,
        number=number,
        is_draft=is_draft,
        open_orders=others.count(),
        preview=counted,
        since=since(counted.run) if counted is not None and is_draft else None,
        asked=None
        if asked is None or (counted is not None and counted.run in [one.id for one in asked.runs])
        else asked,
        applied=applied,
        run=run,
        to_put_back=0 if run is None else orders_to_put_back(run.id),
        back=back,
        notice=notice_fault(counted) if counted is not None and is_draft else None,
    )


def _last(asked: QuerySet[JobRequest]) -> RequestStatus | None:
    """What the workers were asked for last of these."""
    pk = asked.order_by("-id").values_list("pk", flat=True).first()
    return None if pk is None else request_status(pk)


@transaction.atomic
def ask_for_preview(*, schedule_id: str, on: date, by: str, refresh: int | None = None) -> JobRequest:
    """Ask a worker what the draft would change on open orders; ``refresh``: only of those that have changed since the
    preview of this run. Refused: there is no draft, or it has faults.
    """
    number = to_release(schedule_id=schedule_id, by=by)
    return queue.ask(job=JOB, on=on, arguments=_counted_with(schedule_id, number, refresh), dry=True, by=by)


def count(
    *,
    schedule_id: str,
    on: date,
    by: str,
    refresh: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Preview, dict[str, Any]]:
    """Count here and now what the draft would change (``ask_for_preview``); the preview, and its run as a document."""
    number = to_release(schedule_id=schedule_id, by=by)
    arguments = _counted_with(schedule_id, number, refresh)
    done = run_by_hand(UpdateOrders(), on=on, arguments=arguments, dry=True, by=by, progress=progress)
    return preview(done["run"]), done


def counted(schedule_id: str) -> Preview:
    """The last preview of a program's draft. Refused: it was not counted."""
    newest = ProgramRevision.objects.filter(program=program_by_id(schedule_id)).order_by("-number").first()
    found = None if newest is None else last_preview(schedule_id, newest.number)
    if found is None:
        raise Refused("not_previewed", "program", program=schedule_id)
    return found


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
    can be taken back. The same once more gives the same request, or goes on with one that broke off.

    ``orders``: how many change, once more where they are many; ``letters``: whoever is not told of a higher price by mail
    is told by letter. Refused: a draft, rules or orders that are not what was counted; a preview that was refreshed by
    another run; a higher price of which nobody is told.
    """
    locked(schedule_id)
    found = _preview_of(schedule_id, run)
    if (already := applied(found)) is not None:
        if already.status in BROKEN_OFF:
            return queue.ask(job=JOB, on=on, arguments=_arguments(schedule_id, found.number), by=by)
        return already
    if run != found.run:
        raise Refused("preview_refreshed", "run", run=run, now=found.run)
    if (what := since(run, thoroughly=True)) is not None:
        raise changed_since(found, what)
    refuse_many(found.changed, orders)
    if not letters and (fault := notice_fault(found)) is not None:
        raise fault
    release(schedule_id=schedule_id, apply=True, by=by, on=on, reason=reason)
    return queue.ask(job=JOB, on=on, arguments=_arguments(schedule_id, found.number), by=by)


@transaction.atomic
def for_new_orders(*, schedule_id: str, run: int, by: str, on: date, reason: str | None = None) -> None:
    """Release the draft that a preview (``run``) has shown for new orders only; open ones stay on their version. Done once:
    the same once more changes nothing. Refused: the draft is not the one that was shown.
    """
    locked(schedule_id)
    found = _preview_of(schedule_id, run)
    if _is_released(found):
        return
    if not draft_stands(run):
        raise changed_since(found, Since(0))
    release(schedule_id=schedule_id, by=by, on=on, reason=reason)


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
    confirmed = Confirmed(orders=count)
    return queue.ask(job=TakeBackOrders.name, on=on, arguments={"run": run}, confirmed=confirmed, by=by)


def changed_since(found: Preview, what: Since) -> Refused:
    """The refusal of a preview that is not what is any more."""
    zone = zone_of(company())
    at = found.at.astimezone(zone)
    return Refused(
        "orders_changed_since" if what.orders else "version_changed_since",
        "run",
        count=what.orders,
        on=at.date(),
        hour=at.strftime("%H:%M"),
        version=found.number,
    )


def notice_fault(found: Preview) -> Refused | None:
    """Why not everybody whose price rises is told of it by mail: these messages are off, or some have no address."""
    if found.rises and not is_on("price_changed"):
        return Refused("price_notice_off", "letters", count=found.rises)
    return Refused("price_notice_silent", "letters", count=found.silent) if found.silent else None


def applied(found: Preview) -> JobRequest | None:
    """What asks the workers to apply the version of a preview; None: nobody has applied it."""
    if not _is_released(found):
        return None
    asked = JobRequest.objects.filter(job=JOB, dry=False, arguments=_arguments(found.program, found.number))
    return asked.order_by("-id").first()


def _preview_of(schedule_id: str, run: int) -> Preview:
    found = preview(run)
    if found.program != schedule_id:
        raise Refused("preview_unknown", "run", run=run)
    return found


def _is_released(found: Preview) -> bool:
    released = ProgramRevision.objects.filter(number=found.number, released=True)
    return released.filter(program__schedule_id=found.program).exists()


def _counted_with(program: str, number: int | None, refresh: int | None = None) -> dict[str, object]:
    more = {} if refresh is None else {"refresh": refresh}
    return {"program": program, "revision": number, **more}


def _arguments(program: str, number: int | None) -> dict[str, object]:
    return {"keep": True, "program": program, "revision": number}
