"""What goes onto paper: as a page to print, and as a PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from perennial import papers
from perennial.errors import Refused
from perennial.language import say
from perennial.language.formats import fact
from perennial.web.typed import read_day
from perennial.web.visit import Visit

Sheet = papers.Slip | papers.Confirmation | papers.PickList | papers.Evidence


def confirmation(request: Visit, number: str) -> HttpResponse:
    """What was agreed with the customer."""
    return _shown(request, "confirmation", [papers.confirmation(number, on=request.visitor.today)], number)


def slip(request: Visit, number: str) -> HttpResponse:
    """What is in a parcel; a parent's number: its ordinary lines."""
    return _shown(request, "slip", [papers.slip(number, on=request.visitor.today)], number)


def evidence(request: Visit, dispute: int) -> HttpResponse:
    """What speaks for a charge that is disputed."""
    return _shown(request, "evidence", [papers.evidence(dispute, on=request.visitor.today)], f"dispute-{dispute}")


def pick_list(request: Visit) -> HttpResponse:
    """What may be sent by a day, today unless another is asked for; by product and by parcel."""
    visitor, typed = request.visitor, request.GET.get("day", "").strip()
    day, errors = visitor.today, {}
    try:
        if typed:
            day = read_day(typed, "day", today=visitor.today, day_first=visitor.preferences.day_first)
    except Refused as refused:
        errors = {"day": say(refused, visitor.reader)}
    found = papers.pick_list(on=day, language=visitor.reader.language)
    asked = {"day": day, "typed": typed if errors else fact(day, "", visitor.reader), "errors": errors}
    return _shown(request, "pick_list", [found], f"pick-list-{day}", asked)


def _shown(
    request: Visit, name: str, found: Sequence[Sheet], called: str, asked: Mapping[str, Any] | None = None
) -> HttpResponse:
    """The page, or the PDF that ``?pdf`` asks for."""
    if asked and asked["errors"]:
        return render(request, f"web/papers/{name}.html", {"papers": found, **asked}, status=422)
    if "pdf" not in request.GET:
        return render(request, f"web/papers/{name}.html", {"papers": found, **(asked or {})})
    response = HttpResponse(papers.typeset(found).bytes, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{called}.pdf"'
    return response
