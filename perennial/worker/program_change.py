"""A version of a program, on its way to open orders: what it would change is counted, then it is applied by a worker. It is
the draft, or the newest released version where open orders do not follow it yet.
"""

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
from perennial.jobs.change_preview import VERSION, Preview, Since, last_preview, preview, since, version_stands
from perennial.jobs.many import Confirmed, PassedOver, orders_to_put_back, passed_over
from perennial.jobs.models import JobRequest, JobRun
from perennial.jobs.price_notices import notice_fault
from perennial.jobs.price_told import ToldCounts, told_counts
from perennial.jobs.request_status import RequestStatus, request_status
from perennial.jobs.status import JobRunStatus
from perennial.jobs.take_back import TakeBackOrders
from perennial.jobs.update_orders import UpdateOrders
from perennial.notices.queue import told_of_prices
from perennial.programs.actions import for_open_orders_too, locked, release, to_release
from perennial.programs.models import ProgramRevision
from perennial.programs.queries import program_by_id
from perennial.worker import queue

JOB = "update-orders"
BROKEN_OFF = ("stopped", "refused", "failed")
"""How a request ends that is asked for again where it is to be done after all."""
CHANGED_SINCE = ORDERS_SINCE, VERSION_SINCE = ("orders_changed_since", "version_changed_since")
"""Why a preview is not what is any more: orders are others, or also what all of them are planned with."""


@dataclass(frozen=True, slots=True)
class ProgramChange:
    """How a program's newest version stands with its open orders. ``version``: how often the program was changed; ``number``: the draft, or (not ``is_draft``) the released
    one; None: there is none. ``open_orders`` stand on another version.

    ``preview`` of it was counted, and ``since`` then this is otherwise; ``asked``: the workers were asked for one last.
    ``applied``: they were asked to apply it, by ``run``; of so many orders that is still ``to_put_back``, which they were
    asked for by ``back``, and why some ``stay`` behind it; so many messages of a new price have been ``told``, and ``rising`` of those whose price rose.
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
    told: int = 0
    rising: ToldCounts | None = None
    stay: tuple[PassedOver, ...] = ()

    @property
    def broke_off(self) -> bool:
        """Was it not applied to all open orders?"""
        return self.applied is not None and self.applied.status in BROKEN_OFF

    @property
    def may_discard(self) -> bool:
        """Is it a draft of a program that has a version for new orders?"""
        return self.is_draft and self.number != 1

    @property
    def may_count(self) -> bool:
        """Is it to be counted what it changes: of a draft, of a version that is not applied, or of one that was put back, but for
        orders on which something has happened since?
        """
        done = self.applied is None or (self.back is not None and not self.back.goes_on)
        return self.is_draft or (self.number is not None and self.open_orders > 0 and done)


def program_change(schedule_id: str) -> ProgramChange:
    """How a program's newest version stands with its open orders. Refused: there is no such program."""
    row = program_by_id(schedule_id)
    newest = ProgramRevision.objects.filter(program=row).order_by("-number").first()
    number, is_draft = (None, False) if newest is None else (newest.number, not newest.released)
    others = ContinuityOrder.objects.filter(program=row, status="open").exclude(revision=newest)
    # Before what was counted: what ends in between is shown as under way once more, not as never asked for.
    asked = _last(JobRequest.objects.filter(job=JOB, dry=True, arguments__contains=_counted_with(schedule_id, number)))
    counted = None if number is None else last_preview(schedule_id, number)
    real = JobRequest.objects.filter(dry=False)
    asked_for = None if is_draft else _applied(schedule_id, number, counted)
    applied = None if asked_for is None else request_status(asked_for.pk)
    run = applied.runs[-1] if applied is not None and applied.runs else None
    back = None if run is None else _last(real.filter(job=TakeBackOrders.name, arguments={"run": run.id}))
    waits = applied is None and (is_draft or others.exists())
    return ProgramChange(
        program=schedule_id,
        name=row.name,
        version=row.version,
        number=number,
        is_draft=is_draft,
        open_orders=others.count(),
        preview=counted,
        since=since(counted.run) if counted is not None and waits else None,
        asked=None
        if asked is None or (counted is not None and counted.run in [one.id for one in asked.runs])
        else asked,
        applied=applied,
        run=run,
        to_put_back=0 if run is None else orders_to_put_back(run.id),
        back=back,
        notice=fault_of(counted) if counted is not None and waits else None,
        told=0 if newest is None or run is None else told_of_prices(newest.pk),
        stay=tuple(passed_over(back.runs[-1].id)) if back is not None and back.runs and not back.goes_on else (),
        rising=told_counts(counted.run) if run is not None and counted is not None and counted.rises else None,
    )


def _last(asked: QuerySet[JobRequest]) -> RequestStatus | None:
    """What the workers were asked for last of these."""
    pk = asked.order_by("-id").values_list("pk", flat=True).first()
    return None if pk is None else request_status(pk)


@transaction.atomic
def ask_for_preview(*, schedule_id: str, on: date, by: str, refresh: int | None = None) -> JobRequest:
    """Ask a worker what the draft would change on open orders, or the newest version that they do not follow; ``refresh``:
    only of those that have changed since the preview of this run. Refused: there is neither, or the draft has faults.
    """
    change = program_change(schedule_id)
    if change.number is not None and not change.is_draft and change.may_count:
        number = change.number
    else:
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
    """Release the draft that a preview (``run``) has shown, or take the version that is released already, and ask a worker to
    let open orders follow it; what that changes can be taken back. The same once more gives the same request, or goes on with one that broke off.

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
    if not letters and (fault := fault_of(found)) is not None:
        raise fault
    if _is_released(found):
        for_open_orders_too(schedule_id=schedule_id, number=found.number, by=by, reason=reason)
    else:
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
    if not version_stands(run):
        raise changed_since(found, Since(0, (VERSION,)))
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
        VERSION_SINCE if what.what else ORDERS_SINCE,
        "run",
        what=[(one, found.number) for one in what.what],
        count=what.orders,
        on=at.date(),
        hour=at.strftime("%H:%M"),
        version=found.number,
    )


def fault_of(found: Preview) -> Refused | None:
    """Why not everybody is told of a higher price that a preview has counted."""
    return notice_fault(rises=found.rises, silent=found.silent)


def applied(found: Preview) -> JobRequest | None:
    """What asks the workers to apply the version of a preview; None: nobody has applied it since it was counted."""
    return _applied(found.program, found.number, found) if _is_released(found) else None


def _applied(program: str, number: int | None, counted: Preview | None) -> JobRequest | None:
    """What asks the workers to apply a version. None: nobody has, or it was put back and ``counted`` once more since."""
    asked = JobRequest.objects.filter(job=JOB, dry=False, arguments=_arguments(program, number))
    found = asked.order_by("-id").first()
    if found is None or counted is None or not found.runs or max(found.runs) > counted.run:
        return found
    backs = JobRun.objects.filter(
        job=TakeBackOrders.name, dry=False, status="done", arguments__run__in=found.runs, pk__lt=counted.run
    )
    return found if not backs.exists() and any(orders_to_put_back(run) for run in found.runs) else None


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
