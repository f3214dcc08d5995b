"""Products to a file and out of one: looked at first, then taken in. A long one is left to a worker, which tells how far it is."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from perennial.bundle.set_up.change import ProductsPut, put_products
from perennial.errors import Refused
from perennial.language import phrase, say
from perennial.moving.products import bring_products
from perennial.web.answer import go_to, whole
from perennial.web.set_up.product_sheet import MOST_BYTES, Fault, Found, columns, read_sheet, rows
from perennial.web.sheet import sheet
from perennial.web.visit import Visit
from perennial.web.words import words
from perennial.worker import queue

SHOWN = 200
AT_ONCE = 5000
"""So many products are taken in while the page waits: some seconds."""


def taken_away(request: Visit) -> StreamingHttpResponse:
    """The products that fit, as CSV."""
    asked = request.GET.get("q", "").strip()
    return sheet(request, "products", columns(), lambda after: rows(asked, after))


def page(request: Visit) -> HttpResponse:
    """A file is chosen, looked at, and taken in."""
    if request.method != "POST":
        return whole(request, "web/set_up/file.html", {"here": "set_up", "slug": "products"})
    put: ProductsPut | None = None
    faults: list[Fault] = []
    try:
        found = read_sheet(request, _content(request))
        faults = found.faults
        if not faults and len(found.documents) > AT_ONCE:
            return _left_to_worker(request, found)
        if not faults:
            try:
                put = put_products(
                    documents=found.documents,
                    on=request.visitor.today,
                    by=request.visitor.by,
                    reason=request.POST.get("reason", "").strip() or None,
                    agreed=request.POST.get("agreed") if request.POST.get("do") == "take" else None,
                )
            except Refused as problem:
                faults = found.at_fault(problem)
    except Refused as problem:
        faults = [Fault(0, "", problem)]
    if put is not None and put.asks is None:
        return go_to(request, "/setup/products", words(request, "products_taken", new=put.new, count=put.changed))
    return _looked(request, put, faults)


def _left_to_worker(request: Visit, found: Found) -> HttpResponse:
    """A dry run by a worker, on the page of files that move in; there it is also taken in."""
    made = bring_products(
        documents=found.documents,
        rows=[rows[0] for rows in found.rows],
        name=request.FILES["file"].name or "",  # type: ignore[union-attr]  # it was read
        by=request.visitor.by,
        reason=request.POST.get("reason", "").strip() or None,
    )
    queue.ask_transfer(made, dry=True, by=request.visitor.by)
    return go_to(request, f"/setup/moving-in/{made}", words(request, "products_by_worker", count=len(found.documents)))


def _looked(request: Visit, put: ProductsPut | None, faults: list[Fault]) -> HttpResponse:
    to = request.visitor.reader
    again = put is not None and request.POST.get("do") == "take"
    context: dict[str, Any] = {
        "put": put,
        "again": again,
        "notes": [phrase("note", one.code, one.facts, to) or one.code for one in (put.notes if put else ())],
        "faults": [
            (one.row, words(request, f"csv_product_{one.column}") if one.column else "", say(one.problem, to))
            for one in sorted(faults, key=lambda one: one.row)[:SHOWN]
        ],
        "count": len(faults),
        "here": "set_up",
        "slug": "products",
    }
    status = 422 if faults else 409 if again else 200
    if request.htmx:
        return render(request, "web/set_up/file_result.html", context, status=status)
    return whole(request, "web/set_up/file.html", context, status=status)


def _content(request: Visit) -> bytes:
    """What was sent. Refused: nothing, or more than is read in one go."""
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise Refused("sheet_missing")
    if (file.size or 0) > MOST_BYTES:
        raise Refused("sheet_too_large", megabytes=MOST_BYTES // 1_000_000)
    return bytes(file.read())
