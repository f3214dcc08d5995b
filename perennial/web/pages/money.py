"""Money: what was taken and given back here, beside the gateway's own book."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

from django.http import HttpResponse

from perennial.desk.gateway_events import take_in
from perennial.desk.read.books import Compared, compared
from perennial.errors import Refused
from perennial.web.answer import form_again, go_to, whole
from perennial.web.pages.source import period
from perennial.web.visit import Visit
from perennial.web.words import said

DAYS = timedelta(days=6)
FIELDS = {"since": "from", "through": "to"}
"""How the page calls what a period is asked by."""


def differences(request: Visit) -> HttpResponse:
    """What differs in a period; where none is asked for, in the last week. Posted: what nobody has told us of is taken in."""
    asked = {name: request.GET.get(name, "").strip() for name in ("from", "to")}
    context = {"here": "money_differences", "asked_for": asked}
    try:
        books = books_of(request)
    except Refused as refused:
        return form_again(request, "web/money_differences.html", context, refused)
    days = {"since": books.since, "through": books.through}
    query = urlencode({"from": books.since.isoformat(), "to": books.through.isoformat()})
    if request.method == "POST":
        taken = take_in(books.found, on=request.visitor.today)
        return go_to(
            request, f"/money/differences?{query}", said(request.visitor.reader, "money_taken_in", count=taken)
        )
    untold = any(one.dispute is not None or one.code == "try_without_book" for one in books.found)
    return whole(
        request, "web/money_differences.html", {**context, **days, "books": books, "query": query, "untold": untold}
    )


def books_of(request: Visit) -> Compared:
    """The books of the period that is asked for."""
    since, through = period(request)
    last: date = through or max(request.visitor.today, since or request.visitor.today)
    try:
        return compared(since=since or last - DAYS, through=last)
    except Refused as refused:
        raise refused.at(FIELDS.get(refused.field, refused.field)) from None
