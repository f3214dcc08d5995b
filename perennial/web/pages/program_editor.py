"""The editor of a program: every edit goes into its draft, and the page shows what an order would then be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.shortcuts import render

from perennial.desk.read.products import products_found
from perennial.desk.read.program import program
from perennial.errors import Conflict, Refused, Several
from perennial.programs import draft
from perennial.web import presence
from perennial.web.answer import Toast, act, drawn, go_to, new_token, redraws, whole
from perennial.web.pages.programs import seen
from perennial.web.problems import sentences
from perennial.web.program_page import ahead, asked_day, editor, fault_list
from perennial.web.program_typed import errors_of_row, read_event, read_header, read_item
from perennial.web.typed import no_whole
from perennial.web.visit import Visit
from perennial.web.words import words as said_words

HEAD = (
    "web/program/editor_head.html",
    "web/program/seen.html",
    "web/program/versions_count.html",
    "web/program/versions_table.html",
)
AHEAD = ("web/program/ahead_parts.html", "web/program/year.html", "web/program/notes.html")
ONE = (*HEAD, "web/program/row_again.html", *AHEAD)
ALL = (
    *HEAD,
    *("web/program/table.html", "web/program/header.html", "web/program/header_words.html"),
    *("web/program/year.html", "web/program/notes.html"),
)


def page(request: Visit, schedule_id: str) -> HttpResponse:
    """The draft as a table to type into; while somebody else edits it, who that is."""
    context = {**editor(request, schedule_id), "other": presence.editing(request, schedule_id)}
    return whole(request, "web/program/taken.html" if context["other"] else "web/program/edit.html", context)


@redraws("program_edit")
def redraw(request: Visit, schedule_id: str) -> tuple[Sequence[str], Mapping[str, Any]]:
    """The sections of the editor."""
    return ALL, editor(request, schedule_id)


def here(request: Visit, schedule_id: str) -> HttpResponse:
    """Every 20 seconds: does somebody else edit it by now?"""
    context = {"program": program(schedule_id, on=request.visitor.today)}
    return render(request, "web/program/here.html", {**context, "other": presence.editing(request, schedule_id)})


def take(request: Visit, schedule_id: str) -> HttpResponse:
    """Edit it instead of whoever did, as it is now."""
    program(schedule_id, on=request.visitor.today)
    presence.take_over(request, schedule_id)
    return go_to(request, f"/programs/{quote(schedule_id)}/edit")


def preview(request: Visit, schedule_id: str) -> HttpResponse:
    """What an order of the draft, placed on another day, would be sent."""
    return drawn(request, AHEAD, editor(request, schedule_id))


def products(request: Visit) -> HttpResponse:
    """Ordinary products while typing into a cell."""
    words = next((request.GET[name] for name in request.GET if name.startswith("item")), "")
    found = [one for one in products_found(words, on=request.visitor.today) if one.kind == "item"]
    return render(request, "web/program/products.html", {"found": found, "typed": words})


def offered(request: Visit, schedule_id: str) -> HttpResponse:
    """Ordinary products while typing for a new event: the one that is taken becomes one."""
    words = " ".join(request.GET.get("item", "").split())
    found = [one for one in products_found(words, on=request.visitor.today) if one.kind == "item"]
    return render(request, "web/program/offered.html", {"found": found, "typed": words, "schedule_id": schedule_id})


def header(request: Visit, schedule_id: str) -> HttpResponse:
    """What differs in the header is changed."""
    now = editor(request, schedule_id, plans=False)
    changes, faults = read_header(request, now["header"], is_seen=seen(request) == now["program"].version)

    def do() -> None:
        if changes:
            act(request, draft.set_header, stays=True, schedule_id=schedule_id, changes=changes, version=seen(request))

    def again(faults: list[Refused]) -> HttpResponse:
        errors = errors_of_row(request, faults, 0)
        chosen = {**now["header"], "valid_payment_schedules": request.POST.getlist("valid_payment_schedules")}
        context = {**now, "header": chosen, "errors": errors, "given": request.POST}
        return _again(request, "web/program/header.html", context)

    return _edited(request, schedule_id, do, faults, again=again, sections=ALL)


def event(request: Visit, schedule_id: str) -> HttpResponse:
    """The cells of an event that differ are changed; its rows are drawn anew, with what follows from it."""
    key = request.POST.get("event", "")
    now = editor(request, schedule_id, plans=False)
    row = next((row for row in now["rows"] if row.key == key), None)
    stored = row.cells if row and seen(request) == now["program"].version else None
    changes, products, faults = read_event(request, now["words"], row.at if row else 0, stored)

    def do() -> None:
        if changes or products:
            asked: dict[str, Any] = {"changes": changes, "products": products, "version": seen(request)}
            act(request, draft.set_event, stays=True, schedule_id=schedule_id, key=key, **asked)

    def again(faults: list[Refused]) -> HttpResponse:
        return _row_again(request, now, key, faults)

    reordered = request.POST.get("order", "") != _order(now)
    sections = ALL if reordered or {"days_after_order_date", "delivery_mode"} & changes.keys() else ONE
    return _edited(request, schedule_id, do, faults, again=again, sections=sections, key=key)


def _order(context: Mapping[str, Any]) -> str:
    """The keys of the events as the table shows them."""
    return " ".join(row.slug for row in context["rows"])


def _row_again(request: Visit, now: dict[str, Any], key: str, faults: list[Refused]) -> HttpResponse:
    """The rows of an event with what was typed, and each fault beside its cell."""
    now = {**now, "ahead": ahead(request, now["program"], now["version"], asked_day(request)[0])}
    row = next((one for one in now["rows"] if one.key == key), None)
    if row is None:
        raise Several(faults) if len(faults) > 1 else faults[0]
    row.errors = errors_of_row(request, faults, row.at)
    row.cells = {name: request.POST.get(name, value) for name, value in row.cells.items()}
    for product in row.products:
        for name in ("item", "quantity", "price"):
            setattr(product, name, row.cells[f"{name}_{product.place}"])
    return _again(request, "web/program/row.html", {**now, "row": row})


def _again(request: Visit, template: str, context: Mapping[str, Any]) -> HttpResponse:
    return render(request, template, {**context, "token": new_token()}, status=422)


def _insert_at(request: Visit, schedule_id: str) -> HttpResponse:
    """The place where the next event is put in: behind one, or at the end."""
    after = request.GET.get("after", "")
    context = {**editor(request, schedule_id), "after": int(after) if _is_place(after) else None}
    response = render(request, "web/program/insert.html", {**context, "token": new_token()})
    response["HX-Trigger"] = '{"desk:focus": "#insert-item"}'
    return response


def _is_place(typed: str) -> bool:
    return typed.isdecimal() and len(typed) < 10


def insert(request: Visit, schedule_id: str) -> HttpResponse:
    """Where a new event is put in; sent, a new event of the product that was typed."""
    if request.method != "POST":
        return _insert_at(request, schedule_id)
    text = " ".join((request.POST.get("chosen") or request.POST.get("item", "")).split())
    after = request.POST.get("after", "")

    def again(faults: list[Refused]) -> HttpResponse:
        context = {**editor(request, schedule_id), "given": request.POST}
        if _is_place(after):
            context["after"] = int(after)
        context["insert_error"] = errors_of_row(request, faults, 0)
        return _again(request, "web/program/insert.html", context)

    def do() -> None:
        item = read_item(request, text, "item")
        at = int(after) + 1 if _is_place(after) else None
        act(request, draft.insert_event, stays=True, schedule_id=schedule_id, item=item, at=at, version=seen(request))

    return _edited(
        request, schedule_id, do, [], again=again, sections=ALL, focus="#insert-item", more={"inserted": True}
    )


def move(request: Visit, schedule_id: str) -> HttpResponse:
    """An event to another place."""
    to = request.POST.get("to", "")
    back: dict[str, Any] = {}

    def do() -> None:
        if not _is_place(to):
            raise no_whole(to, "to", from_1=True)
        back.update(_of_event(request, schedule_id, draft.put_event, to=int(to)))

    toast = ("program_moved", {"event": to})
    return _edited(request, schedule_id, do, [], sections=ALL, toast=toast, undo=lambda: _back_to(schedule_id, back))


def duplicate(request: Visit, schedule_id: str) -> HttpResponse:
    """An event once more, behind itself."""

    def do() -> None:
        _of_event(request, schedule_id, draft.duplicate_event)

    return _edited(request, schedule_id, do, [], sections=ALL, toast=("program_duplicated", {}))


def remove(request: Visit, schedule_id: str) -> HttpResponse:
    """An event is taken out; it can be brought back at once."""
    back: dict[str, Any] = {}

    def do() -> None:
        back.update(_of_event(request, schedule_id, draft.take_out_event))

    toast = ("program_removed", back)
    return _edited(request, schedule_id, do, [], sections=ALL, toast=toast, undo=lambda: _back_to(schedule_id, back))


def _back_to(schedule_id: str, stood: Mapping[str, Any]) -> str:
    """The address that puts an event back to where it stood."""
    return f"/programs/{quote(schedule_id)}/back?event={quote(stood['event'], safe='')}&at={stood['at']}"


def back(request: Visit, schedule_id: str) -> HttpResponse:
    """An event that was just taken out, or moved, comes back to its place."""
    key, at = request.GET.get("event", ""), request.GET.get("at", "")

    def do() -> None:
        version = program(schedule_id, on=request.visitor.today).version
        place = int(at) if _is_place(at) else 1
        act(request, draft.bring_back_event, schedule_id=schedule_id, key=key, at=place, version=version)

    return _edited(request, schedule_id, do, [], sections=ALL, toast=("program_brought_back", {}))


def _of_event(request: Visit, schedule_id: str, action: Callable[..., dict[str, Any]], **more: Any) -> dict[str, Any]:
    key = request.POST.get("event", "")
    return act(request, action, stays=True, schedule_id=schedule_id, key=key, version=seen(request), **more)


def _edited(
    request: Visit,
    schedule_id: str,
    do: Callable[[], None],
    faults: list[Refused],
    *,
    sections: Sequence[str],
    again: Callable[[list[Refused]], HttpResponse] | None = None,
    key: str | None = None,
    toast: tuple[str, Mapping[str, Any]] | None = None,
    undo: Callable[[], str] | None = None,
    focus: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Do an edit and draw what follows from it; what was refused stays as it was typed, and so does what somebody else has
    changed meanwhile.
    """
    try:
        if faults:
            raise Several(faults) if len(faults) > 1 else faults[0]
        do()
    except Conflict as conflict:
        return met(request, schedule_id, conflict)
    except Refused as refused:
        if again is None:
            response = render(
                request,
                "web/note.html",
                {"tone": "fail", "said": sentences(request, refused), "status": 422},
                status=422,
            )
            response["HX-Retarget"] = "#head-panel"
            response["HX-Reswap"] = "innerHTML"
            return response
        return again(fault_list(refused))
    if request.POST.get("mine"):
        return go_to(request, f"/programs/{quote(schedule_id)}/edit")
    other = presence.editing(request, schedule_id)
    context = {**editor(request, schedule_id), "other": other, **(more or {})}
    if key is not None:
        context["row"] = next((row for row in context["rows"] if row.key == key), None)
    told = None
    if toast is not None:
        told = Toast(said_words(request, toast[0], **toast[1]), undo() if undo else None)
    return drawn(request, sections, context, told, focus=focus)


def met(request: Visit, schedule_id: str, conflict: Conflict) -> HttpResponse:
    """Somebody else changed the program meanwhile (409): keep mine on top of theirs, or take theirs."""
    changes = conflict.facts.get("changes")
    again = [
        (name, value)
        for name in request.POST
        for value in request.POST.getlist(name)
        if name not in ("seen", "key", "csrfmiddlewaretoken")
    ]
    context = {
        "program": program(schedule_id, on=request.visitor.today),
        "changes": changes if isinstance(changes, list) else [],
        "again": again,
        "at": request.path,
        "token": new_token(),
    }
    response = render(request, "web/program/conflict.html", context, status=409)
    response["HX-Retarget"] = "#head-panel"
    response["HX-Reswap"] = "innerHTML"
    return response
