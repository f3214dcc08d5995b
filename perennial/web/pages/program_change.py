"""What a new version of a program would change on its open orders: counted, looked at, then released or applied, and taken back."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from perennial.catalog.queries import zone_of
from perennial.db.pages import Page
from perennial.errors import Refused
from perennial.jobs.ahead import MANY_ORDERS
from perennial.jobs.change_groups import ASIDE, CHANGES, KEEPS, NOTICES, SAME
from perennial.jobs.change_orders import group_orders
from perennial.jobs.change_preview import Group, Preview, preview
from perennial.jobs.price_told import ToldOf, told_counts, told_of
from perennial.language import phrase
from perennial.language.formats import fact
from perennial.web.answer import form_again, go_to, whole
from perennial.web.sheet import AT_ONCE, Column, sheet
from perennial.web.typed import whole as whole_number
from perennial.web.visit import Visit
from perennial.web.words import said
from perennial.worker import program_change, queue

FIRST = 5
ROWS = 50
TEMPLATE = "web/program_change.html"
COLUMNS: tuple[Column[Any], ...] = (
    ("order", lambda one: one.order),
    ("preview_account", lambda one: one.account),
    ("preview_customer", lambda one: one.customer),
    ("csv_line", lambda one: one.line),
    ("job_shipment", lambda one: one.shipment),
    ("preview_ship_on", lambda one: one.ship_on),
    ("preview_new_ship_on", lambda one: one.new_ship_on),
    ("csv_amount_now", lambda one: one.amount),
    ("csv_amount_then", lambda one: one.new_amount),
    ("preview_more", lambda one: one.more),
    ("csv_without_email", lambda one: one.silent),
    ("csv_upfront_now", lambda one: one.upfront.now),
    ("csv_upfront_later", lambda one: one.upfront.later),
    ("csv_upfront_later_on", lambda one: one.upfront.later_on),
    ("csv_upfront_less", lambda one: one.upfront.less),
    ("csv_upfront_back", lambda one: one.upfront.back),
)


def page(request: Visit, program: str) -> HttpResponse:
    """What the newest version of a program would change on open orders, or what became of it when it was applied."""
    return whole(request, TEMPLATE, _shown(program))


def check(request: Visit, program: str) -> HttpResponse:
    """Ask a worker to count what the draft would change, or (``refresh``) only of what has changed since it was counted."""
    given: dict[str, Any] = {"on": request.visitor.today, "by": request.visitor.by}
    try:
        program_change.ask_for_preview(schedule_id=program, refresh=whole_number(request, "refresh"), **given)
    except Refused as problem:
        return form_again(request, TEMPLATE, _shown(program), problem)
    return go_to(request, _address(program))


def go(request: Visit, program: str) -> HttpResponse:
    """Release the draft for new orders only, or apply it to open orders too."""
    given: dict[str, Any] = {"schedule_id": program, "by": request.visitor.by, "on": request.visitor.today}
    given["run"] = whole_number(request, "run") or 0
    try:
        if request.POST.get("who") == "new":
            program_change.for_new_orders(**given)
            return go_to(request, _address(program), said(request.visitor.reader, "preview_released", program=program))
        if request.POST.get("who") != "all":
            raise Refused("required", "who")
        program_change.apply(
            **given,
            orders=whole_number(request, "orders"),
            letters=request.POST.get("letters") == "1",
        )
    except Refused as problem:
        shown = _shown(program)
        if problem.code in program_change.CHANGED_SINCE:  # it is said once, with what counts anew
            shown |= {"since": problem, "refused_since": True}
        return form_again(request, TEMPLATE, shown, problem)
    return go_to(request, _address(program))


def back(request: Visit, program: str) -> HttpResponse:
    """Ask a worker to put back what the applied version has changed."""
    try:
        program_change.take_back(
            run=whole_number(request, "run") or 0,
            orders=whole_number(request, "back_orders"),
            by=request.visitor.by,
            on=request.visitor.today,
        )
    except Refused as problem:
        fault = problem.at("back_orders") if problem.code == "many_orders" else problem
        return form_again(request, TEMPLATE, _shown(program), fault)
    return go_to(request, _address(program))


def group(request: Visit, program: str, run: int, group: int) -> HttpResponse:
    """The orders of a group, page by page."""
    found, one = _group(program, run, group)
    after = request.GET.get("after") or None
    context = {
        "found": found,
        "base": _base(program),
        "group": one,
        "orders": group_orders(run, group, size=ROWS, after=after),
        "first": after is None,
        "here": "programs",
    }
    return whole(request, "web/program_change/list.html", context)


def first(request: Visit, program: str, run: int, group: int) -> HttpResponse:
    """The first orders of a group, in its row."""
    found, one = _group(program, run, group)
    orders = group_orders(run, group, size=FIRST)
    return render(
        request,
        "web/program_change/first.html",
        {"found": found, "base": _base(program), "group": one, "orders": orders},
    )


def group_csv(request: Visit, program: str, run: int, group: int) -> StreamingHttpResponse:
    """The orders of a group, as a file."""
    _group(program, run, group)

    def read(after: str | None) -> Page[Any]:
        return group_orders(run, group, size=500, after=after)

    return sheet(request, f"change-{run}-{group}", COLUMNS, read)


def told(request: Visit, program: str, run: int) -> HttpResponse:
    """Who is told of the higher price by mail, and what became of the message."""
    return _told(request, program, run, mailed=True)


def letters(request: Visit, program: str, run: int) -> HttpResponse:
    """Who is left for a letter on paper."""
    return _told(request, program, run, mailed=False)


def told_csv(request: Visit, program: str, run: int) -> StreamingHttpResponse:
    """Who is told of the higher price by mail, as a file."""
    return _told_sheet(request, program, run, mailed=True)


def letters_csv(request: Visit, program: str, run: int) -> StreamingHttpResponse:
    """Who is left for a letter, as a file."""
    return _told_sheet(request, program, run, mailed=False)


def _told(request: Visit, program: str, run: int, *, mailed: bool) -> HttpResponse:
    after = request.GET.get("after") or None
    context = {
        "found": _preview(program, run),
        "base": _base(program),
        "counts": told_counts(run),
        "orders": told_of(run, mailed=mailed, size=ROWS, after=after),
        "mailed": mailed,
        "address": f"{_address(program)}/{run}/{'told' if mailed else 'letters'}",
        "first": after is None,
        "here": "programs",
    }
    return whole(request, "web/program_change/told.html", context)


def _told_sheet(request: Visit, program: str, run: int, *, mailed: bool) -> StreamingHttpResponse:
    _preview(program, run)

    def read(after: str | None) -> Page[Any]:
        return told_of(run, mailed=mailed, size=AT_ONCE, after=after)

    to, zone = request.visitor.reader, zone_of(request.visitor.company)
    columns: tuple[Column[ToldOf], ...] = (
        ("order", lambda one: one.order),
        ("csv_line", lambda one: one.line),
        ("preview_account", lambda one: one.account),
        ("preview_customer", lambda one: one.customer),
        ("csv_without_email", lambda one: one.without_email),
        ("csv_message", lambda one: one.status and phrase("notice", one.status, None, to)),
        ("csv_sent_on", lambda one: one.sent_at and one.sent_at.astimezone(zone).date()),
        ("job_because", lambda one: one.because and fact(one.because, "", to)),
    )
    return sheet(request, f"{'told' if mailed else 'letters'}-{run}", columns, read)


def _preview(program: str, run: int) -> Preview:
    found = preview(run)
    if found.program != program:
        raise Refused("preview_unknown", "run", run=run)
    return found


def _group(program: str, run: int, number: int) -> tuple[Preview, Group]:
    found = preview(run)
    one = next((one for one in found.groups if one.number == number), None)
    if one is None or found.program != program:
        raise Refused("change_group_unknown", "group", run=run, group=number)
    return found, one


def _base(program: str) -> str:
    return f"/programs/{quote(program, safe='')}"


def _address(program: str) -> str:
    return f"{_base(program)}/change"


def _shown(program: str) -> dict[str, Any]:
    """All that the page shows."""
    change = program_change.program_change(program)
    found = change.preview
    return {
        "change": change,
        "base": _base(program),
        "found": found,
        "told": 0 if found is None or _is_off(change.notice) else found.rises - found.silent,
        "aside": found and found.group_of(ASIDE),
        "lists": [one for one in found.groups if one.kind in NOTICES] if found is not None and change.notice else (),
        "since": None if found is None or change.since is None else program_change.changed_since(found, change.since),
        "who": () if found is None else _who(found),
        "many": found is not None and found.changed > MANY_ORDERS,
        "many_back": change.to_put_back > MANY_ORDERS,
        "workers": queue.workers(),
        "here": "programs",
    }


def _is_off(notice: Refused | None) -> bool:
    """Are customers told of no changed price at all?"""
    return notice is not None and notice.code == "price_notice_off"


def _who(found: Preview) -> list[dict[str, Any]]:
    """Those who change, who keep something, who stay, as parts of a bar: percent with two decimals."""
    counts = [(CHANGES, found.changed - found.keeps), (KEEPS, found.keeps), (SAME, found.same)]
    shown, parts, at = max(found.orders, 1), [], 0
    for (kind, orders), name in zip(counts, "abc", strict=True):
        parts.append(
            {
                "kind": kind,
                "orders": orders,
                "class": name,
                "x": f"{100 * at / shown:.2f}",
                "width": f"{100 * orders / shown:.2f}",
                "group": found.group_of(kind),
            }
        )
        at += orders
    return parts
