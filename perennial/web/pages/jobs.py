"""Jobs and nights: what runs by itself, what is asked for and how far it is, what ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse, HttpResponseRedirect, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from perennial.db.pages import Page
from perennial.desk.read.behind import behind
from perennial.desk.read.lists import programs_to_choose
from perennial.desk.read.parked import ParkedBy, parked_by
from perennial.errors import Refused
from perennial.jobs import CRITERIA, NIGHTLY
from perennial.jobs.ahead import ahead_fault
from perennial.jobs.models import JobRequest
from perennial.jobs.price_notices import fault_of_runs
from perennial.jobs.price_told import preview_of_run
from perennial.jobs.recurrences import recurrences, remove_recurrence, set_recurrence
from perennial.jobs.request_status import last_criteria, last_requests, request_status, requests_under_way
from perennial.jobs.requests import NIGHT, rehearsal
from perennial.jobs.requests import stop as stop_request
from perennial.jobs.runner import ask_run_to_stop
from perennial.jobs.sign_off import nights_of, sign_off_of
from perennial.jobs.sign_off import sign as sign_request
from perennial.jobs.status import night_status, nights, run_status, runs, status, status_of
from perennial.jobs.touched import touched
from perennial.kernel.recurrence import EVERY_DAY
from perennial.web.answer import form_again, go_to, redraws, whole
from perennial.web.pages.exports import night_columns, parked_columns, touched_columns
from perennial.web.sheet import sheet
from perennial.web.typed import day, text, time_of_day
from perennial.web.typed import whole as whole_number
from perennial.web.visit import Visit
from perennial.web.words import said
from perennial.worker import queue

UPDATE = "update-orders"
LAST_REQUESTS = 5
LAST_RUNS = 10
ROWS = 100
NIGHTS = 14
NIGHTS_IN_A_FILE = 366
PARKED = ("web/jobs/parked.html",)
USUAL = time(2)
"""When a night is offered to run by itself."""


def page(request: Visit) -> HttpResponse:
    """The six jobs, the nights, what runs by itself, and what is asked for now."""
    return whole(request, "web/jobs.html", _overview(request))


def job(request: Visit, job: str) -> HttpResponse:
    """One of the six jobs: what it may be restricted to, as it was last; when it runs by itself; its last runs.
    Sent: it is asked for.
    """
    if request.method != "POST":
        return whole(request, "web/jobs/job.html", _job(request, job))
    try:
        made = _ask(request, job)
    except Refused as problem:
        return form_again(request, "web/jobs/job.html", _job(request, job), problem)
    return go_to(request, f"/jobs/requests/{made.pk}")


def _job(request: Visit, job: str) -> dict[str, Any]:
    visitor = request.visitor
    criteria = last_criteria(job)
    return {
        "behind": behind() if job == UPDATE else (),
        "now": status_of(job, visitor.today),
        "one_job": job,
        "takes": CRITERIA.get(job, ()),
        "given": {
            name: value for name, value in criteria.items() if name != "through" or value >= visitor.today.isoformat()
        },
        "filled_in": bool(criteria),
        "wanted": {"runs": runs(job=job, size=LAST_RUNS).rows},
        "under_way": [one for one in requests_under_way() if one.job == job],
        "workers": queue.workers(),
        "planned": recurrences(job),
        "recur_at": f"/jobs/{job}/recur",
        "week": EVERY_DAY,
        "programs": programs_to_choose(),
        "here": "jobs",
    }


def ask(request: Visit) -> HttpResponse:
    """Ask for a job, or the night: dry, or (where a dry run has shown the same) really."""
    try:
        made = _ask(request, text(request, "job") or NIGHT)
    except Refused as problem:
        return form_again(request, "web/jobs.html", _overview(request), problem)
    return go_to(request, f"/jobs/requests/{made.pk}")


def _ask(request: Visit, job: str) -> JobRequest:
    """As the form asks; where no dry run has shown what it would do, the dry run is asked for instead. Where it raises prices
    of which somebody would not be told, the dry run that says so.
    """
    given = _asked_for(request, job)
    try:
        return queue.ask(**given, by=request.visitor.by, rehearsed=True)
    except Refused as problem:
        if problem.field == "letters" and (shown := rehearsal(job, given["on"], given["arguments"])) is not None:
            return shown
        if problem.code != "dry_run_first":
            raise
        return queue.ask(**{**given, "dry": True, "meant": None}, by=request.visitor.by, rehearsed=True)


def recur(request: Visit) -> HttpResponse:
    """Let a job, or the night, run by itself; or not any more."""
    try:
        _recur(request, text(request, "recurs") or NIGHT)
    except Refused as problem:
        return form_again(request, "web/jobs.html", _overview(request), problem)
    return go_to(request, "/jobs")


def recur_job(request: Visit, job: str) -> HttpResponse:
    """The same, on the page of the job."""
    try:
        _recur(request, job)
    except Refused as problem:
        return form_again(request, "web/jobs/job.html", _job(request, job), problem)
    return go_to(request, f"/jobs/{job}")


def _recur(request: Visit, job: str) -> None:
    at = time_of_day(request, "at")
    if request.POST.get("remove"):
        remove_recurrence(job=job, at=at, by=request.visitor.by)
    else:
        days = [int(one) for one in request.POST.getlist("days") if one.isdigit()]
        set_recurrence(job=job, at=at, days=days, by=request.visitor.by)


def asked(request: Visit, number: int) -> HttpResponse:
    """What was asked for, how far it is, and what it did. A change of many orders has pages of its own."""
    if request_status(number).of_many and "change_many" in request.visitor.may:
        return HttpResponseRedirect(f"/updates/requests/{number}")
    return whole(request, "web/jobs/request.html", _request(request, number))


def _request(request: Visit, number: int) -> dict[str, Any]:
    """The page of what was asked for. After a dry run: whether its date is ahead, whether customers hear of higher prices, and
    (of an update) the programs whose newest version has a page that counts what it changes.
    """
    context = _asked(number)
    found = context["wanted"]
    shown: dict[str, Any] = {"nights": nights_of(found), "here": "jobs"}
    if found.dry and found.status == "done" and not found.of_many:
        shown["ahead"] = None if found.asked_on is None else ahead_fault(found.asked_on)
        if found.job != NIGHT:
            shown["notice"] = fault_of_runs(run.counts for run in found.runs)
        if found.job == UPDATE:
            only = found.arguments.get("program")
            shown["behind"] = behind() if only is None else behind([only])
    return {**context, **shown}


def progress(request: Visit, number: int) -> HttpResponse:
    """How far it is, every two seconds; when it has ended the page comes anew."""
    context = _asked(number)
    if not context["wanted"].goes_on:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "web/jobs/progress.html", context)


def stop(request: Visit, number: int) -> HttpResponse:
    """Stop what was asked for after what is under way."""
    stop_request(number, by=request.visitor.by)
    return go_to(request, f"/jobs/requests/{number}")


def again(request: Visit, number: int) -> HttpResponse:
    """The same once more: after a dry run that is done really; what was stopped goes on. A date that is ahead is said to be
    meant, and a notice of higher prices by letter, on the page of the dry run.
    """
    found = request_status(number)
    if found.of_many:
        raise Refused("nothing_to_go_on_with", "request", request=number)
    really = found.dry and found.status == "done"
    if not really and found.status != "stopped":
        raise Refused("nothing_to_go_on_with", "request", request=number)
    meant = found.asked_on if request.POST.get("meant") else None
    try:
        made = queue.ask(
            job=found.job,
            on=found.asked_on,
            arguments=found.arguments,
            dry=found.dry and not really,
            by=request.visitor.by,
            meant=meant if found.dry else found.meant,
            rehearsed=really,
            letters=request.POST.get("letters") == "1",
        )
    except Refused as problem:
        return form_again(request, "web/jobs/request.html", _request(request, number), problem)
    return go_to(request, f"/jobs/requests/{made.pk}")


def sign(request: Visit, number: int) -> HttpResponse:
    """Sign the dry run of a night."""
    sign_request(number, by=request.visitor.by)
    return go_to(request, f"/jobs/requests/{number}", said(request.visitor.reader, "job_signed_now"))


def run(request: Visit, number: int) -> HttpResponse:
    """A run: what it did, why things wait, and the list of what it touched."""
    after = request.GET.get("after") or None
    found = run_status(number)
    context = {
        "run": found,
        "preview": preview_of_run(found),
        "touched": touched(number, size=ROWS, after=after),
        "first": after is None,
        "now": timezone.now(),
        **_parked(request, [number], f"/jobs/runs/{number}"),
        "here": "jobs",
    }
    return whole(request, "web/jobs/run.html", context)


@redraws("job_run")
def redraw_run(request: Visit, number: int) -> tuple[Sequence[str], Mapping[str, Any]]:
    """What a run put aside, when something of it was tried again."""
    return PARKED, _parked(request, [number], f"/jobs/runs/{number}")


def run_csv(request: Visit, number: int) -> StreamingHttpResponse:
    """What a run touched, as a file."""

    def read(after: str | None) -> Page[Any]:
        return touched(number, size=500, after=after)

    return sheet(request, f"run-{number}", touched_columns(request.visitor.reader), read)


def run_parked_csv(request: Visit, number: int) -> StreamingHttpResponse:
    """What a run put aside, as a file."""
    return _parked_sheet(request, [number], f"parked-run-{number}")


def stop_run(request: Visit, number: int) -> HttpResponse:
    """Stop a run that nobody asked a worker for: begun on the command line."""
    ask_run_to_stop(number, by=request.visitor.by)
    return go_to(request, f"/jobs/runs/{number}")


def night(request: Visit, number: int) -> HttpResponse:
    """A night with its six runs. ``earlier``: so many orders wait because an earlier run has put them aside."""
    found = night_status(number)
    ran = {one.job: one for one in found.runs}
    aside = _parked(request, [one.id for one in found.runs], f"/jobs/nights/{number}")
    is_all = aside["parked_first"] and aside["parked"].next is None
    waits = sum(one.counts.get("parked", 0) for one in found.runs) if is_all else 0
    return whole(
        request,
        "web/jobs/night.html",
        {
            "night": found,
            "six": [(name, ran.get(name)) for name in NIGHTLY],
            "signed": sign_off_of(found),
            "earlier": max(waits - len(aside["parked"].rows), 0),
            **aside,
            "here": "jobs",
        },
    )


@redraws("job_night")
def redraw_night(request: Visit, number: int) -> tuple[Sequence[str], Mapping[str, Any]]:
    """What a night put aside, when something of it was tried again."""
    return PARKED, _parked(request, [one.id for one in night_status(number).runs], f"/jobs/nights/{number}")


def nights_csv(request: Visit) -> StreamingHttpResponse:
    """The last nights as a file."""
    found = tuple(nights(most=NIGHTS_IN_A_FILE))
    return sheet(request, "nights", night_columns(request.visitor.reader), lambda after: Page(found, None))


def night_parked_csv(request: Visit, number: int) -> StreamingHttpResponse:
    """What a night put aside, as a file."""
    return _parked_sheet(request, [one.id for one in night_status(number).runs], f"parked-night-{number}")


def _parked(request: Visit, runs: Sequence[int], address: str) -> dict[str, Any]:
    asked = request.GET if request.method == "GET" else _asked_of(request)
    after = asked.get("parked") or None
    return {"parked": parked_by(runs, after=after), "parked_first": after is None, "address": address}


def _asked_of(request: Visit) -> QueryDict:
    """What the page was asked for on which something was done."""
    return QueryDict(urlsplit(request.htmx.current_url_abs_path or "").query)


def _parked_sheet(request: Visit, runs: Sequence[int], name: str) -> StreamingHttpResponse:
    def read(after: str | None) -> Page[ParkedBy]:
        return parked_by(runs, size=500, after=after)

    return sheet(request, name, parked_columns(request.visitor.reader), read)


def _overview(request: Visit) -> dict[str, Any]:
    visitor = request.visitor
    last = nights(most=NIGHTS)
    planned = recurrences()
    took = [(one.finished_at - one.started_at).total_seconds() for one in last if one.finished_at]
    return {
        "six": status(visitor.today),
        "nights": last,
        "longest": max(took, default=0),
        "planned": planned,
        "next_night": next((one for one in planned if one.job == NIGHT), None),
        "usual": USUAL,
        "under_way": requests_under_way(),
        "last_requests": last_requests(LAST_REQUESTS),
        "workers": queue.workers(),
        "jobs": (NIGHT, *NIGHTLY),
        "week": EVERY_DAY,
        "here": "jobs",
    }


def _asked(number: int) -> dict[str, Any]:
    found = request_status(number)
    return {
        "wanted": found,
        "ran": {one.job: one for one in found.runs},
        "left": found.seconds_left(timezone.now()),
        "workers": queue.workers(),
        "six": NIGHTLY,
    }


def _asked_for(request: Visit, job: str) -> dict[str, Any]:
    """What the form asks for."""
    given: dict[str, Any] = {name: text(request, name) for name in ("program", "product", "customer", "order")}
    given["limit"] = whole_number(request, "limit") if request.POST.get("limit", "").strip() else None
    on = day(request, "on") if request.POST.get("on", "").strip() else None
    if request.POST.get("through", "").strip():
        given["through"] = day(request, "through", base=on).isoformat()
    wanted: Mapping[str, Any] = {name: value for name, value in given.items() if value is not None}
    if job != NIGHT and on is None:
        on = request.visitor.today
    return {
        "job": job,
        "on": on,
        "arguments": wanted,
        "dry": request.POST.get("dry") == "1",
        "meant": on if request.POST.get("meant") else None,
    }
