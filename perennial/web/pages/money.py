"""Money: what was taken and given back here, beside the gateway's own book."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

from django.http import HttpResponse

from perennial.desk.read.books import Compared, compared
from perennial.errors import Refused
from perennial.web.answer import form_again, whole
from perennial.web.pages.source import period
from perennial.web.visit import Visit

DAYS = timedelta(days=6)


def differences(request: Visit) -> HttpResponse:
    """What differs in a period; where none is asked for, in the last week."""
    asked = {name: request.GET.get(name, "").strip() for name in ("from", "to")}
    context = {"here": "money_differences", "asked_for": asked}
    try:
        books = books_of(request)
    except Refused as refused:
        return form_again(request, "web/money_differences.html", context, refused)
    days = {"since": books.since, "through": books.through}
    query = urlencode({"from": books.since.isoformat(), "to": books.through.isoformat()})
    return whole(request, "web/money_differences.html", {**context, **days, "books": books, "query": query})


def books_of(request: Visit) -> Compared:
    """The books of the period that is asked for."""
    since, through = period(request)
    last: date = through or max(request.visitor.today, since or request.visitor.today)
    return compared(since=since or last - DAYS, through=last)
