"""Moving in and out: a bundle or a sheet is brought, looked at, tried and comes in; everything goes out as one bundle."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from perennial.bundle.reading.faults import KEPT
from perennial.bundle.sheets.cells import DECIMALS
from perennial.bundle.sheets.fields import FIELDS, ONE_OF
from perennial.bundle.sheets.file import ENCODINGS, SEPARATORS, letter
from perennial.db.pages import Page
from perennial.desk import access
from perennial.errors import Refused, Several
from perennial.kernel.states import TRANSFER_KINDS
from perennial.language import say
from perennial.language.formats import fact
from perennial.language.written import DATES
from perennial.moving import folder, transfers
from perennial.moving.transfers import Fault, TransferStatus
from perennial.web.answer import form_again, go_to, whole
from perennial.web.sheet import Column, sheet
from perennial.web.typed import text
from perennial.web.uploads import brought
from perennial.web.visit import Visit
from perennial.worker import queue

LAST = 10
FAULTS = 100


def page(request: Visit) -> HttpResponse:
    """What was brought, and what goes out; sent, a file is brought."""
    if request.method != "POST":
        return whole(request, "web/moving.html", _overview())
    try:
        file = brought(request, "file")
        size, name = file.size or 0, file.name or ""
        made = transfers.bring(
            kind=text(request, "kind") or "",
            file=file.take(),
            name=name,
            size=size,
            by=request.visitor.by,
            key=request.POST.get("key") or None,
        )
    except Refused as problem:
        return form_again(request, "web/moving.html", _overview(), problem)
    return go_to(request, f"/setup/moving-in/{made}")


def transfer(request: Visit, number: int) -> HttpResponse:
    """A file: how it is read, how far it is, what came of it."""
    return whole(request, "web/moving/transfer.html", _shown(request, transfers.transfer_status(number)))


def progress(request: Visit, number: int) -> HttpResponse:
    """How far it is, every two seconds; when it has ended the page comes anew."""
    found = transfers.transfer_status(number)
    if not found.goes_on:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "web/moving/progress.html", {"one": found})


def mapping(request: Visit, number: int) -> HttpResponse:
    """Which column says what; then a dry run. Where the cells are parted otherwise now, the columns are chosen anew."""
    found = transfers.transfer_status(number)
    names = [field.name for field in FIELDS.get(found.kind, ())]
    columns = {name: column for name in names if (column := request.POST.get(f"column_{name}"))}
    document = {
        "as": found.kind,
        **{name: text(request, name) for name in ("encoding", "dates", "decimals")},
        "separator": request.POST.get("separator") or None,
        "columns": columns,
    }
    try:
        if transfers.set_mapping(number, document):
            queue.ask_transfer(number, dry=True, by=request.visitor.by)
    except Refused as problem:
        errors = problem.faults if isinstance(problem, Several) else (problem,)
        context = {**_shown(request, found), "chosen": document}
        context["fields"] = _fields(found, columns, {one.field: say(one, request.visitor.reader) for one in errors})
        return form_again(request, "web/moving/transfer.html", context, problem)
    return go_to(request, f"/setup/moving-in/{number}")


def ask(request: Visit, number: int) -> HttpResponse:
    """A dry run of it, or let it come in."""
    queue.ask_transfer(number, dry=request.POST.get("dry") != "0", by=request.visitor.by)
    return go_to(request, f"/setup/moving-in/{number}")


def stop(request: Visit, number: int) -> HttpResponse:
    """Stop what is under way; nothing of it has come in."""
    transfers.stop(number, by=request.visitor.by)
    return go_to(request, f"/setup/moving-in/{number}")


def drop(request: Visit, number: int) -> HttpResponse:
    """Take the file away."""
    transfers.drop(number)
    return go_to(request, "/setup/moving-in")


def export(request: Visit) -> HttpResponse:
    """Everything as one bundle."""
    return go_to(request, f"/setup/moving-in/{queue.ask_export(by=request.visitor.by)}")


def taken(request: Visit, number: int) -> FileResponse:
    """The bundle that has gone out, for who may take it away; who did is noted."""
    found = transfers.transfer_status(number)
    file = folder.open_file(transfers.exported_file(number))
    access.note_export(what=f"{request.get_full_path()}: {found.bytes} bytes", by=request.visitor.by)
    name = f"perennial-{request.visitor.today.isoformat()}.json"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/json")


def faults_csv(request: Visit, number: int) -> StreamingHttpResponse:
    """The faults as a file."""
    transfers.transfer_status(number)
    to = request.visitor.reader
    columns: tuple[Column[Fault], ...] = (
        ("moving_row", lambda one: one.row),
        ("moving_column", lambda one: one.column),
        ("moving_place", lambda one: one.path),
        ("moving_fault", lambda one: fact(one.why, "", to)),
    )

    def read(after: str | None) -> Page[Fault]:
        start = int(after or 0)
        found = transfers.faults_of(number, start=start, size=500)
        return Page(found, str(start + 500) if len(found) == 500 else None)

    return sheet(request, f"faults-{number}", columns, read)


def _overview() -> dict[str, Any]:
    return {
        "transfers": transfers.last_transfers(LAST),
        "kinds": TRANSFER_KINDS[:-1],
        "most": folder.most_bytes() // 1024**2,
        "workers": queue.workers(),
        "here": "set_up",
    }


def _shown(request: Visit, found: TransferStatus) -> dict[str, Any]:
    asked = request.GET.get("from", "")
    start = int(asked) if asked.isdecimal() and len(asked) < 7 else 0
    chosen = found.mapping.document() if found.mapping else {}
    first = ((found.report or {}).get("document") or {}).get("first_charge_on")
    return {
        "one": found,
        "first_charge": first and date.fromisoformat(first),
        "chosen": chosen,
        "fields": _fields(found, chosen.get("columns", {}), {}),
        "columns": [(letter(at), name) for at, name in enumerate(found.columns)],
        "encodings": ENCODINGS,
        "separators": SEPARATORS,
        "dates": DATES,
        "decimals": DECIMALS,
        "faults": transfers.faults_of(found.id, start=start, size=FAULTS) if found.fault_count else (),
        "first_fault": start,
        "next_faults": start + FAULTS if min(found.fault_count, KEPT) > start + FAULTS else None,
        "workers": queue.workers() if found.goes_on else None,
        "here": "set_up",
    }


def _fields(found: TransferStatus, columns: dict[str, str], errors: dict[str, str]) -> list[dict[str, Any]]:
    """The fields of a sheet with the column of each."""
    one_of = {name for names in ONE_OF.get(found.kind, ()) for name in names}
    return [
        {
            "name": field.name,
            "column": columns.get(field.name),
            "required": field.required,
            "one_of": field.name in one_of,
            "error": errors.get(field.name),
        }
        for field in FIELDS.get(found.kind, ())
    ]
