"""What was understood of what is typed, beside the field while it is typed."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import render

from perennial.errors import Refused
from perennial.language import say
from perennial.web.typed import read_day
from perennial.web.visit import Visit


def day(request: Visit) -> HttpResponse:
    """The day that was typed."""
    typed = next((request.GET[name].strip() for name in request.GET if name != "base"), "")
    if not typed:
        return HttpResponse("")
    try:
        base = date.fromisoformat(request.GET["base"]) if request.GET.get("base") else None
    except ValueError:
        base = None
    visitor = request.visitor
    try:
        found = read_day(typed, today=visitor.today, base=base, day_first=visitor.preferences.day_first)
    except Refused as refused:
        return render(request, "web/typed.html", {"fault": say(refused, visitor.reader)})
    return render(request, "web/typed.html", {"day": found, "today": found == visitor.today})
