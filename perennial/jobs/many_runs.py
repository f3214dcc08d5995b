"""What became of changes of many orders: who did which, why; what each did, and what may be done about it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perennial.db import sql
from perennial.db.pages import Page
from perennial.errors import Refused
from perennial.jobs import BY_PERSONS
from perennial.jobs.change_many import PASSED_OVER
from perennial.jobs.many import PassedOver, passed_over
from perennial.jobs.models import JobRequest
from perennial.jobs.request_status import RequestStatus, request_status, requests_under_way
from perennial.jobs.requests import followed_by
from perennial.jobs.status import JobRunStatus, run_status, runs
from perennial.jobs.take_back import TakeBackOrders
from perennial.kernel.states import REQUEST_GOES_ON

SIZE = 20
CHANGED = ("moved", "substituted", "follows", "taken_back")
LISTS: Mapping[str, tuple[str, ...]] = {"changed": CHANGED, "stays": (PASSED_OVER,)}
"""The parts of what a run touched: what it changed, and what stays as it is."""

_TAKEN_BACK = """
select b.*, (select count(distinct order_id) from desk_change where run_id = b.of_run),
       (select count(distinct order_id) from desk_change where run_id = b.of_run and undone_on is null)
  from (select (r.arguments->>'run')::bigint as of_run, max(r.id)
          from jobs_jobrun r
         where r.job = %(job)s and not r.dry and (r.arguments->>'run')::bigint = any(%(runs)s)
           and coalesce((r.report->'counts'->>'orders')::bigint, 0) > 0
         group by 1) b
"""
_STANDS = "select exists (select from desk_change where run_id = %s and undone_on is null)"


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The last ``run`` that put back something of a change; of its ``orders`` so many ``stay`` as it has left them."""

    run: int
    orders: int
    stay: int

    @property
    def back(self) -> int:
        """How many orders are as they were before."""
        return self.orders - self.stay


@dataclass(frozen=True, slots=True)
class ManyRun:
    """A change of many orders, dry or done. ``asked``: the request that it was made of, the last one.

    ``taken_back``: what was put back of it; ``stands``: something of it may still be put back.
    ``done_by``: under which request that was really done which this one rehearsed.
    """

    run: JobRunStatus
    asked: JobRequest | None
    over: tuple[PassedOver, ...]
    taken_back: TakenBack | None
    stands: bool
    done_by: int | None

    @property
    def goes_on(self) -> bool:
        """Is a worker asked for it now?"""
        return self.asked is not None and self.asked.status in REQUEST_GOES_ON


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A change of many orders in the list of them."""

    run: JobRunStatus
    taken_back: TakenBack | None


def many_runs(*, size: int = SIZE, after: str | None = None) -> Page[ListedRun]:
    """A page of the changes that were made, the newest first."""
    found = runs(of=BY_PERSONS, size=size, after=after)
    back = _taken_back([one.id for one in found.rows])
    return Page(tuple(ListedRun(one, back.get(one.id)) for one in found.rows), found.next)


def many_run(run: int) -> ManyRun:
    """A change of many orders. Refused: there is no such run, or it is one of another job."""
    found = run_status(run)
    if found.job not in BY_PERSONS:
        raise Refused("run_not_of_many", "run", run=run, job=found.job)
    asked = JobRequest.objects.filter(job=found.job, runs__contains=[run]).order_by("-id").first()
    can_go_back = not found.dry and found.job != TakeBackOrders.name
    return ManyRun(
        run=found,
        asked=asked,
        over=tuple(passed_over(run)),
        taken_back=_taken_back([run]).get(run),
        stands=can_go_back and (found.status == "open" or bool(sql.value(_STANDS, [run]))),
        done_by=followed_by(asked) if found.dry and asked is not None else None,
    )


def many_request(request: int) -> RequestStatus:
    """What workers were asked to do with many orders. Refused: there is no such request."""
    found = request_status(request)
    if not found.of_many:
        raise Refused("request_unknown", "request", request=request)
    return found


def many_under_way() -> list[RequestStatus]:
    """What workers are asked for of these, the oldest first."""
    return [one for one in requests_under_way() if one.of_many]


def _taken_back(numbers: list[int]) -> dict[int, TakenBack]:
    """By run, what was put back of it."""
    given: dict[str, Any] = {"job": TakeBackOrders.name, "runs": numbers}
    found = sql.tuples(_TAKEN_BACK, given) if numbers else []
    return {of_run: TakenBack(*back) for of_run, *back in found}
