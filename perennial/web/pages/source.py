"""Where orders come from: of one order, and what became of the orders of each source."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.http import HttpResponse

from perennial.desk import actions
from perennial.desk.read.sources import SourceResult, source_results
from perennial.errors import Refused
from perennial.web.answer import Toast, act, done, form_again, whole
from perennial.web.effects import effect
from perennial.web.typed import read_day
from perennial.web.visit import Visit


def change(request: Visit, number: str) -> HttpResponse:
    """Say where an order comes from."""
    code = request.POST.get("source_code") or None
    outcome = act(request, actions.source, stays=True, number=number, source_code=code)
    undo = f"/orders/{number}/undo" if outcome.can_undo else None
    return done(request, Toast(effect(request, "source" if code else "no_source", outcome), undo=undo))


def results(request: Visit) -> HttpResponse:
    """What became of the orders of each source, of those of a period where one is asked for."""
    asked = {name: request.GET.get(name, "").strip() for name in ("from", "to")}
    found: list[SourceResult] = []
    context = {"here": "orders", "asked_for": asked, "query": urlencode(asked), "found": found}
    try:
        since, through = period(request)
        found += source_results(since=since, through=through, without=True)
    except Refused as refused:
        return form_again(request, "web/sources.html", context, refused)
    return whole(request, "web/sources.html", context)


def period(request: Visit) -> tuple[date | None, date | None]:
    """From which day to which it is asked; None: without end. Refused: what is no day."""
    visitor = request.visitor

    def read(name: str) -> date | None:
        typed = request.GET.get(name, "").strip()
        if not typed:
            return None
        return read_day(typed, name, today=visitor.today, day_first=visitor.preferences.day_first)

    return read("from"), read("to")
