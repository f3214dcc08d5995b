"""The same change of many orders: what and whose, a dry run of it, then really; what was done so, and taking it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from perennial.catalog.codes import all_source_codes
from perennial.catalog.queries import currency
from perennial.db.pages import Page
from perennial.desk.many.criteria import event_places, events_named
from perennial.desk.read.lists import programs_to_choose, whose
from perennial.desk.read.products import products_found
from perennial.errors import Refused, Several
from perennial.jobs import WHOSE
from perennial.jobs.ahead import are_many
from perennial.jobs.files import keep
from perennial.jobs.many import Confirmed
from perennial.jobs.many_runs import LISTS, many_request, many_run, many_runs, many_under_way
from perennial.jobs.touched import touched
from perennial.kernel.money import text as amount_text
from perennial.web.answer import form_again, go_to, whole
from perennial.web.pages.exports import touched_columns
from perennial.web.sheet import sheet
from perennial.web.typed import day, money, needed, one_of, text
from perennial.web.typed import whole as whole_number
from perennial.web.visit import Visit
from perennial.worker import queue

ROWS = 50
FAULTS = 50
"""So many faults of a file are shown; it has more."""
WAYS = ("to", "by", "file", "swap")
"""What is done: to a day, by days, each as a file says; another product."""
HERE = {"here": "updates"}


def change(request: Visit) -> HttpResponse:
    """What is changed, and whose; what was changed so before. Filled in as in a run (``like``), as was asked for
    (``request``), or with criteria by their names. Sent: its dry run is asked for.
    """
    if request.method == "POST":
        return _ask(request)
    arguments: Mapping[str, Any] = {name: request.GET[name] for name in WHOSE if request.GET.get(name)}
    if "like" in request.GET:
        arguments = many_run(_number(request, "like")).run.arguments
    elif "request" in request.GET:
        arguments = many_request(_number(request, "request")).arguments
    return whole(request, "web/updates.html", _form(request, _as_typed(arguments) if arguments else {}))


def _ask(request: Visit) -> HttpResponse:
    try:
        made = queue.ask(
            **_asked_for(request), on=request.visitor.today, dry=True, by=request.visitor.by, confirmed=_meant(request)
        )
    except Refused as problem:
        shown = {**_form(request, request.POST), "faults": _faults(problem)}
        return form_again(request, "web/updates.html", shown, problem)
    return go_to(request, f"/updates/requests/{made.pk}")


def events(request: Visit) -> HttpResponse:
    """The events of a program, to choose from."""
    program = request.GET.get("program", "").strip()
    return render(request, "web/updates/events.html", {"events": events_named(program) if program else ()})


def products(request: Visit) -> HttpResponse:
    """Products while typing: the one that does not come, or the one that comes instead."""
    either = "product" in request.GET
    typed = request.GET.get("item") or request.GET.get("product", "")
    found = products_found(typed, on=request.visitor.today, to_give=not either)
    return render(request, "web/panel/products.html", {"found": [o for o in found if either or o.kind == "item"]})


def asked(request: Visit, number: int) -> HttpResponse:
    """What workers were asked for, and how far it is; when it is done, what it did."""
    found = many_request(number)
    if found.status == "done" and found.runs:
        return HttpResponseRedirect(f"/updates/{found.runs[-1].id}")
    return whole(request, "web/updates/request.html", {**_progress(number), **HERE})


def progress(request: Visit, number: int) -> HttpResponse:
    """How far it is, every two seconds; when it has ended the page comes anew."""
    shown = _progress(number)
    if not shown["wanted"].goes_on:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "web/updates/progress.html", shown)


def again(request: Visit, number: int) -> HttpResponse:
    """Count again what workers were asked for: ask for its dry run as of today."""
    made = queue.ask_to_count_again(number, on=request.visitor.today, by=request.visitor.by)
    return go_to(request, f"/updates/requests/{made.pk}")


def run(request: Visit, number: int) -> HttpResponse:
    """What a change did, or would do: how many orders, which, what stays and why; and what may be done about it."""
    return whole(request, "web/updates/run.html", _run(request, number))


def run_csv(request: Visit, number: int) -> StreamingHttpResponse:
    """The same as a file."""
    many_run(number)

    def read(after: str | None) -> Page[Any]:
        return touched(number, size=500, after=after)

    return sheet(request, f"run-{number}", touched_columns(request.visitor.reader), read)


def apply(request: Visit, number: int) -> HttpResponse:
    """Do really what a dry run of today has shown; once, however often it is asked for."""
    found = many_run(number)
    if found.done_by is not None:
        return go_to(request, f"/updates/requests/{found.done_by}")

    def really() -> int:
        again = bool(request.POST.get("again"))
        orders = whole_number(request, "orders")
        confirmed = Confirmed(orders=orders, again=again, meant=_confirmed(found.asked))
        return _ask_as(request, found.run, rehearsed=True, confirmed=confirmed)

    return _then(request, number, really)


def go_on(request: Visit, number: int) -> HttpResponse:
    """Go on with what was stopped."""
    found = many_run(number)
    if found.run.status != "open":
        raise Refused("run_has_ended", "run", run=number)
    return _then(request, number, lambda: _ask_as(request, found.run))


def take_back(request: Visit, number: int) -> HttpResponse:
    """Ask for the dry run of taking it back."""

    def dry() -> int:
        arguments = {"run": number, "send_late": bool(request.POST.get("send_late")) or None}
        asked_for = {"arguments": {**arguments, "reason": needed(request, "reason")}, "on": request.visitor.today}
        return queue.ask(job="take-back-orders", dry=True, by=request.visitor.by, **asked_for).pk

    return _then(request, number, dry)


def _then(request: Visit, number: int, ask_for: Callable[[], int]) -> HttpResponse:
    """To the page of what was asked for; or the page of the run once more, with what is wrong."""
    try:
        made = ask_for()
    except Refused as problem:
        return form_again(request, "web/updates/run.html", _run(request, number), problem)
    return go_to(request, f"/updates/requests/{made}")


def _ask_as(request: Visit, run: Any, **more: Any) -> int:
    return queue.ask(job=run.job, on=request.visitor.today, arguments=run.arguments, by=request.visitor.by, **more).pk


def _confirmed(asked: Any) -> tuple[date, ...]:
    """Days that were said twice when the dry run was asked for."""
    return () if asked is None else tuple(Confirmed.read(asked.confirmed).meant)


def _number(request: Visit, name: str) -> int:
    typed = request.GET[name]
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0


def _asked_for(request: Visit) -> dict[str, Any]:
    """The job that the form asks for, with its arguments."""
    way = one_of(request, "way", WAYS) or "to"
    given: dict[str, Any] = {} if way == "file" else {name: text(request, name) for name in WHOSE}
    for name in ("ships_from", "ships_to"):
        if given.get(name) is not None:
            given[name] = day(request, name).isoformat()
    given["also_adjusted"] = bool(request.POST.get("also_adjusted")) or None
    if way == "swap":
        given |= {"product": needed(request, "product"), "item": needed(request, "item"), "price": _price(request)}
    else:
        given |= {"following": bool(request.POST.get("following")) or None, **_day_or_days(request, way)}
    given["reason"] = needed(request, "reason")
    job = "substitute-orders" if way == "swap" else "move-orders"
    return {"job": job, "arguments": given}


def _day_or_days(request: Visit, way: str) -> dict[str, Any]:
    if way == "to":
        return {"to": day(request, "to").isoformat()}
    if way == "by":
        days = whole_number(request, "by_days")
        if days is None:
            raise Refused("required", "by_days")
        return {"by_days": -days if request.POST.get("earlier") else days}
    handed_in = request.FILES.get("file")
    if handed_in is None:
        raise Refused("required", "file")
    return {"file": keep(handed_in.read()).digest}


def _price(request: Visit) -> str | None:
    if not request.POST.get("price", "").strip():
        return None
    given = money(request, "price", currency())
    return amount_text(given.minor, given.currency)


def _meant(request: Visit) -> Confirmed:
    """A day that is meant though it is years away, where that was ticked."""
    if not (request.POST.get("meant") and request.POST.get("to", "").strip()):
        return Confirmed()
    return Confirmed(meant=(day(request, "to"),))


def _as_typed(arguments: Mapping[str, Any]) -> dict[str, str]:
    """The arguments of a run as the form has them."""
    given = {name: str(value) for name, value in arguments.items() if name not in ("reason", "by_days", "run")}
    days = arguments.get("by_days")
    given["way"] = next((way for way, name in _WAY.items() if arguments.get(name) is not None), "to")
    if days is not None:
        given |= {"by_days": str(abs(days)), "earlier": "1" if days < 0 else ""}
    return given


_WAY = {"to": "to", "by": "by_days", "file": "file", "swap": "item"}


def _form(request: Visit, given: Mapping[str, str]) -> dict[str, Any]:
    program = given.get("program", "").strip()
    found = programs_to_choose()
    known = program in {one.schedule_id for one in found}
    after = request.GET.get("after") or None
    done = many_runs(after=after)
    return {
        "given": given,
        "way": given.get("way", "to"),
        "programs": found,
        "events": events_named(program) if known else (),
        "sources": all_source_codes(),
        "under_way": many_under_way(),
        "done": done,
        "event_places": event_places(one.run.arguments for one in done.rows),
        "first": after is None,
        "workers": queue.workers(),
        **HERE,
    }


def _faults(problem: Refused) -> dict[str, Any] | None:
    """What is wrong with the lines of a file."""
    if not isinstance(problem, Several):
        return None
    return {"shown": problem.faults[:FAULTS], "count": problem.facts["count"]}


def _progress(number: int) -> dict[str, Any]:
    found = many_request(number)
    return {
        "wanted": found,
        "event_places": event_places([found.arguments]),
        "left": found.seconds_left(timezone.now()),
        "workers": queue.workers(),
    }


def _run(request: Visit, number: int) -> dict[str, Any]:
    found = many_run(number)
    after, which = request.GET.get("after") or None, request.GET.get("list", "")
    rows = touched(number, size=ROWS, after=after, only=LISTS.get(which))
    return {
        "many": found,
        "run": found.run,
        "event_places": event_places([found.run.arguments]),
        "lists": tuple(LISTS),
        "which": which if which in LISTS else "",
        "touched": rows,
        "ordered_by": whose(one.name for one in rows.rows),
        "first": after is None,
        "of_today": found.run.on == request.visitor.today,
        "type_number": are_many(found.run.counts.get("orders", 0)),
        **HERE,
    }
