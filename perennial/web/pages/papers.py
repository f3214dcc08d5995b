"""What goes onto paper: as a page to print, and as a PDF."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render

from perennial import papers
from perennial.web.visit import Visit

Sheet = papers.Slip | papers.Confirmation | papers.PickList


def confirmation(request: Visit, number: str) -> HttpResponse:
    """What was agreed with the customer."""
    return _shown(request, "confirmation", [papers.confirmation(number, on=request.visitor.today)], number)


def slip(request: Visit, number: str) -> HttpResponse:
    """What is in a parcel; a parent's number: its ordinary lines."""
    return _shown(request, "slip", [papers.slip(number, on=request.visitor.today)], number)


def pick_list(request: Visit) -> HttpResponse:
    """What may be sent today, by product and by parcel."""
    language = request.visitor.reader.language
    found = papers.pick_list(on=request.visitor.today, language=language)
    return _shown(request, "pick_list", [found], f"pick-list-{request.visitor.today}")


def _shown(request: Visit, name: str, found: Sequence[Sheet], called: str) -> HttpResponse:
    """The page, or the PDF that ``?pdf`` asks for."""
    if "pdf" not in request.GET:
        return render(request, f"web/papers/{name}.html", {"papers": found})
    response = HttpResponse(papers.typeset(found).bytes, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{called}.pdf"'
    return response
