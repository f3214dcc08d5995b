"""A new order: its lines, and under a continuity product's line the Continuity page with its planned shipments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote, unquote

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from perennial.desk import actions
from perennial.desk.orders.draft import DraftEdited
from perennial.desk.orders.what_if import what_if as as_it_would_be
from perennial.desk.read.entry import Entry, differences, entry, new_entry
from perennial.desk.read.products import product_meant, products_found
from perennial.errors import Conflict, Refused, Several
from perennial.web import problems
from perennial.web.answer import Toast, act, drawn, form_again, go_to, redraws, whole
from perennial.web.entry import SECTIONS, code_of, shown
from perennial.web.recent import note_customer
from perennial.web.typed import day, read_day, text
from perennial.web.typed import number as typed_number
from perennial.web.visit import Visit
from perennial.web.words import said

PREVIEWED = (
    "web/entry/head.html",
    "web/entry/rows.html",
    "web/entry/aloud.html",
    "web/entry/totals.html",
    "web/entry/parts.html",
)
MANY = 100
"""From so many of a line on it is asked whether they are meant."""
FIELDS = {"start_date": "start", "payment_schedule": "schedule", "payment_method": "pays", "card": "pays"}
"""How what an action asks is called on the page."""


def new(request: Visit, account: str) -> HttpResponse:
    """An order before its first line; with the first product it becomes a draft."""
    if request.method == "POST":
        number = _number(request)  # typing went on while the first product made the draft
        return add(request, number) if number else _start(request, account)
    found = new_entry(account, on=request.visitor.today)
    note_customer(request, account, found.customer.name)
    return whole(request, "web/entry.html", shown(request, found))


def page(request: Visit, number: str, line: int | None = None) -> HttpResponse:
    """A draft; ``line``: whose Continuity page is open."""
    if request.method == "POST":
        return _change(request, number, line or 1)
    found = entry(number, on=request.visitor.today)
    if found.order is None or found.order.status != "draft":
        return HttpResponseRedirect(f"/orders/{quote(number)}")
    return whole(request, "web/entry.html", shown(request, found, line))


@redraws("new_order")
def redraw_new(request: Visit, account: str) -> tuple[Sequence[str], Mapping[str, Any]]:
    """The sections of an order without lines."""
    return SECTIONS, shown(request, new_entry(account, on=request.visitor.today))


@redraws("entry")
def redraw(request: Visit, number: str) -> tuple[Sequence[str], Mapping[str, Any]]:
    """The sections of a draft."""
    return SECTIONS, shown(request, entry(number, on=request.visitor.today))


@redraws("continuity")
def redraw_line(request: Visit, number: str, line: int) -> tuple[Sequence[str], Mapping[str, Any]]:
    """The same with a line open."""
    return SECTIONS, shown(request, entry(number, on=request.visitor.today), line)


def hits(request: Visit) -> HttpResponse:
    """Products while typing."""
    typed = " ".join(request.GET.get("words", "").split())
    found = products_found(typed, on=request.visitor.today)
    number, account = request.GET.get("order", ""), request.GET.get("account", "")
    address = f"/orders/{quote(number)}/lines" if number else f"/customers/{quote(account)}/order"
    return render(request, "web/entry/hits.html", {"typed": typed, "found": found, "address": address})


def add(request: Visit, number: str) -> HttpResponse:
    """A line more."""
    before = entry(number, on=request.visitor.today)
    try:
        item, kind = product_meant(request.POST.get("item") or request.POST.get("words", ""), on=request.visitor.today)
        usual = _paid(before) if kind == "continuity" else _delivered(before)
        outcome = act(request, actions.add_line, stays=True, number=number, item=item, **usual)
    except Refused as refused:
        return _product_again(request, before, refused)
    return _added(request, outcome, kind, before)


def _start(request: Visit, account: str) -> HttpResponse:
    before = new_entry(account, on=request.visitor.today)
    try:
        item, kind = product_meant(request.POST.get("item") or request.POST.get("words", ""), on=request.visitor.today)
        if no_way := before.no_way_to_pay:
            raise no_way
        usual = _paid(before) | ({} if kind == "continuity" else _delivered(before))
        source = request.POST.get("source_code") or None
        outcome = act(request, actions.start, stays=True, account=account, item=item, source_code=source, **usual)
    except Refused as refused:
        return _product_again(request, before, refused)
    return _added(request, outcome, kind, before)


def _paid(found: Entry) -> dict[str, Any]:
    method, card = found.usual
    return {"payment_method": method, "card": card}


def _delivered(found: Entry) -> dict[str, Any]:
    return {"delivery_mode": found.usual_delivery}


def _product_again(request: Visit, found: Entry, refused: Refused) -> HttpResponse:
    typed = " ".join(request.POST.get("words", "").split())
    context = {**shown(request, found), "typed": typed, "found": ()}
    if refused.code == "products_found_several":
        context["found"] = products_found(typed, on=found.today)
    context["address"] = f"/orders/{quote(found.order.number)}/lines" if found.order else _new_address(found)
    fault = refused.at("words")
    if request.headers.get("HX-Request"):
        return form_again(request, "web/entry/product.html", context, fault)
    return form_again(request, "web/entry.html", context, fault)


def _new_address(found: Entry) -> str:
    return f"/customers/{quote(found.customer.account)}/order"


def _added(request: Visit, outcome: DraftEdited, kind: str, before: Entry) -> HttpResponse:
    """The page with the new line: on its Continuity page, or ready for the next product."""
    number, line = outcome.order, outcome.line or 1
    at = f"/orders/{quote(number)}/lines/{line}/continuity" if kind == "continuity" else f"/orders/{quote(number)}/edit"
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(at)
    now = entry(number, on=request.visitor.today)
    open_line = line if kind == "continuity" else _open_line(request)
    asked = now.asked.get(line)
    focus = "#product"
    if asked is not None:
        focus = "#start" if asked.start else "#schedule" if asked.schedule else "#agreed"
    toast = Toast(_told(request, "line_added", line, now, before))
    keep = None if kind != "continuity" and before.order is not None else at
    sections = (*SECTIONS, "web/entry/what_if_place.html")
    return drawn(request, sections, shown(request, now, open_line), toast, focus=focus, at=keep)


def _change(request: Visit, number: str, line: int) -> HttpResponse:
    """The answers on the Continuity page: what differs of them is changed; Enter goes on."""
    today = request.visitor.today
    before = entry(number, on=today)
    focus = "#agreed" if "next" in request.POST else None
    try:
        changes = _answers(request, before, line)
        if changes or before.continuity(line) is None:  # taken out meanwhile: that is told
            act(request, actions.change_line, of_line=line, number=number, line=line, **changes)
    except Conflict as conflict:
        return conflict_in(request, conflict, "#head-panel")
    except Refused as refused:
        context = {**shown(request, before, line), **_asked_twice(request, refused)}
        if not request.headers.get("HX-Request"):
            return form_again(request, "web/entry.html", context, _of_fields(refused))
        return form_again(request, "web/entry/form.html", context, _of_fields(refused))
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(f"/orders/{quote(number)}/lines/{line}/continuity")
    now = entry(number, on=today) if changes else before
    toast = Toast(_told(request, "line_changed", line, now, before)) if changes else None
    asked = now.asked.get(line)
    if focus and asked and asked.schedule and request.POST.get("from") == "start":
        focus = "#schedule"
    return drawn(request, SECTIONS, shown(request, now, line, before=before), toast, focus=focus)


def conflict_in(request: Visit, conflict: Conflict, panel: str, *, may_keep: bool = True) -> HttpResponse:
    """What somebody else changed meanwhile, in a panel: the form stays as it was typed."""
    response = problems.conflict(request, conflict, may_keep=may_keep)
    response["HX-Retarget"] = panel
    return response


def _asked_twice(request: Visit, refused: Refused) -> dict[str, Any]:
    """The day that is to be confirmed, because it is years away, and what was typed of it."""
    faults = refused.faults if isinstance(refused, Several) else (refused,)
    day = next((fault.facts["day"] for fault in faults if fault.code == "day_years_away"), None)
    return {"meant": day, "start_value": request.POST.get("start", "")} if day else {}


def _of_fields(refused: Refused) -> Refused:
    """The same, of the fields of the page."""
    if isinstance(refused, Several):
        return Several(fault.at(FIELDS.get(fault.field, fault.field)) for fault in refused.faults)
    return refused.at(FIELDS.get(refused.field, refused.field))


def _answers(request: Visit, found: Entry, line: int) -> dict[str, Any]:
    """What was answered otherwise than it stands."""
    one, given = found.continuity(line), request.POST
    changes: dict[str, Any] = {}
    without: list[str] = []
    if one is None or found.order is None:
        return {}
    if "start" in given:
        start = day(request, "start", base=found.order.order_date) if given["start"].strip() else None
        if start is None or start == found.order.order_date:
            without += ["start_date"] if one.start_date is not None else []
        elif start != one.start_date:
            changes["start_date"] = start
    if "schedule" in given:
        own = found.asked[line].own_schedule
        chosen = given["schedule"] or None
        if chosen == own or chosen is None:
            without += ["payment_schedule"] if one.payment_schedule != own else []
        elif chosen != one.payment_schedule:
            changes["payment_schedule"] = chosen
    if "pays" in given:
        method, _, token = given["pays"].partition(":")
        if (method, token or None) != (one.payment_method, one.card.token if one.card else None):
            changes |= {"payment_method": method, "card": token or None}
    if "ship_to" in given and given["ship_to"] != code_of(one.ship_to or found.order.ship_to):
        if found.order.ship_to is not None and given["ship_to"] == found.order.ship_to.code:
            without.append("ship_to")
        elif given["ship_to"]:
            changes["ship_to"] = given["ship_to"]
    if "quantity" in given:
        quantity = typed_number(request, "quantity")
        if quantity != next(each.quantity for each in found.order.lines if each.line == line):
            changes["quantity"] = quantity
    if without:
        changes["without"] = tuple(without)
    if given.get("meant") and "start_date" in changes:
        changes["meant"] = (day(request, "meant"),)
    return changes


def quantity(request: Visit, number: str, line: int) -> HttpResponse:
    """How many of a line; so many that a digit may be too much are asked for a second time."""
    before = entry(number, on=request.visitor.today)
    changed = typed_number(request, "quantity")
    if changed >= MANY and request.POST.get("meant") != str(changed):
        return render(request, "web/entry/many.html", {"order": before.order, "line": line, "many": changed})
    if before.order and changed != next((one.quantity for one in before.order.lines if one.line == line), None):
        act(request, actions.change_line, of_line=line, number=number, line=line, quantity=changed)
    now = entry(number, on=request.visitor.today)
    toast = Toast(_told(request, "line_changed", line, now, before))
    return drawn(request, SECTIONS, shown(request, now, _open_line(request), before=before), toast)


def delivery(request: Visit, number: str, line: int) -> HttpResponse:
    """How an ordinary line is delivered."""
    before = entry(number, on=request.visitor.today)
    mode = request.POST.get("mode") or None
    if mode != before.deliveries.get(line):
        without = () if mode else ("delivery_mode",)
        act(request, actions.change_line, of_line=line, number=number, line=line, delivery_mode=mode, without=without)
    now = entry(number, on=request.visitor.today)
    toast = Toast(_told(request, "line_changed", line, now, before))
    return drawn(request, SECTIONS, shown(request, now, _open_line(request), before=before), toast)


def remove(request: Visit, number: str, line: int) -> HttpResponse:
    """A line less; without its last one there is no draft."""
    before = entry(number, on=request.visitor.today)
    pay = before.paid_without(line)
    act(request, actions.remove_line, of_line=line, number=number, line=line, pay=pay)
    product = next((one.product.name for one in before.order.lines if one.line == line), "") if before.order else ""
    toast = Toast(f"{said(request.visitor.reader, 'done_line_removed', product=product)}.")
    now = entry(number, on=request.visitor.today)
    at = f"/orders/{quote(number)}/edit"
    sections = (*SECTIONS, "web/entry/what_if_place.html")
    return drawn(request, sections, shown(request, now), toast, focus="#product", at=at)


def what_if(request: Visit, number: str, line: int) -> HttpResponse:
    """What would it be? The form; then the days and sums beside those that stand; dropped, the page as it was."""
    now = entry(number, on=request.visitor.today)
    if "drop" in request.GET or now.order is None:
        return drawn(request, SECTIONS, shown(request, now, line))
    context = shown(request, now, line)
    if "start" not in request.GET:
        return render(request, "web/entry/what_if.html", context)
    try:
        wanted, changes = _supposed(request, now, line)
        supposed = as_it_would_be(
            number=number, line=line, on=request.visitor.today, by=request.visitor.by, **changes
        ) if changes else now  # fmt: skip
    except Refused as refused:
        return form_again(request, "web/entry/understood.html", context, _of_fields(refused))
    context = {**shown(request, supposed, line, instead_of=now), "supposed": wanted}
    return drawn(request, ("web/entry/understood.html", *PREVIEWED), context)


def _supposed(request: Visit, now: Entry, line: int) -> tuple[date, dict[str, Any]]:
    """The day that was typed, and the changes that it stands for."""
    assert now.order is not None
    ordered = now.order.order_date
    typed = request.GET.get("start", "")
    start = (
        read_day(typed, "start", today=now.today, base=ordered, day_first=request.visitor.preferences.day_first)
        if typed.strip()
        else ordered
    )
    one = now.continuity(line)
    changes: dict[str, Any] = {}
    without = []
    if start != ordered:
        changes["start_date"] = start
    elif one and one.start_date is not None:
        without.append("start_date")
    schedule, own = request.GET.get("schedule"), now.asked[line].own_schedule
    if schedule is not None and one is not None and (schedule or None) != one.payment_schedule:
        if schedule and schedule != own:
            changes["payment_schedule"] = schedule
        else:
            without.append("payment_schedule")
    return start, {**changes, "without": tuple(without)} if changes or without else {}


def discard(request: Visit, number: str) -> HttpResponse:
    """Throw the draft away: the question, then it is done."""
    found = entry(number, on=request.visitor.today)
    if request.method != "POST":
        return render(request, "web/entry/discard.html", shown(request, found))
    act(request, actions.discard, number=number, reason=text(request, "reason"))
    return go_to(request, f"/customers/{quote(found.customer.account)}")


def _number(request: Visit) -> str | None:
    """The draft that the browser shows."""
    parts = _address(request).split("/")
    return unquote(parts[2]) if parts[1:2] == ["orders"] and len(parts) > 2 else None


def _address(request: Visit) -> str:
    return ((request.htmx.current_url_abs_path if request.htmx else None) or "").split("?")[0]


def _open_line(request: Visit) -> int | None:
    """The line whose Continuity page the browser shows."""
    parts = _address(request).split("/")
    return int(parts[4]) if parts[-1:] == ["continuity"] and parts[4].isdecimal() else None


def _told(request: Visit, code: str, line: int, now: Entry, before: Entry) -> str:
    """``BOM added: 3 dates, whole order €130.50.``"""
    to = request.visitor.reader
    assert now.order is not None
    product = next((one.product.name for one in now.order.lines if one.line == line), "")
    words = said(to, f"done_{code}", product=product)
    dates = sum(what == "date" for _, _, what in differences(before, now))
    parts = [said(to, "entry_dates", count=dates)] if dates else []
    if now.whole != before.whole:
        parts.append(said(to, "entry_changed_total", amount=now.whole))
    return f"{words}: {', '.join(parts) or said(to, 'entry_nothing_changed')}."
