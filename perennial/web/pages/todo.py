"""What needs a person: a list a kind, each thing with its next steps in its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone

from perennial.desk.read.exceptions import KINDS, MOST_COUNTED, counts, exceptions
from perennial.desk.read.lists import programs_to_choose
from perennial.errors import Refused
from perennial.jobs.watch import watch_operation
from perennial.language import phrase, say
from perennial.language.formats import fact
from perennial.web.answer import redraws, whole
from perennial.web.presence import clock, on_row, rows_taken
from perennial.web.todo import COLUMNS, Gone, gone, place, row, row_id
from perennial.web.typed import read_day
from perennial.web.visit import Visit

SECTIONS = ("web/todo/head.html", "web/todo/watched.html", "web/todo/tabs.html", "web/todo/list.html")
ROWS = 25
"""Of a list on one page; each with its buttons."""


def first(request: Visit) -> HttpResponse:
    """The first list that has rows; cards that end have time."""
    return HttpResponseRedirect(f"/exceptions/{counts(request.visitor.today).first or KINDS[0]}")


def page(request: Visit, kind: str) -> HttpResponse:
    """A page of one list, for a program and from a day on where they are given."""
    shown = _shown(request, kind, request.GET, None)
    return whole(request, "web/todo.html", shown, status=422 if shown["errors"] else 200)


@redraws("todo")
def redraw(request: Visit, kind: str) -> tuple[Sequence[str], Mapping[str, Any]]:
    """The list anew: what is done becomes its result, the next one opens."""
    asked = QueryDict(urlsplit(request.htmx.current_url_abs_path or "").query)
    return SECTIONS, _shown(request, kind, asked, gone(request.POST, kind))


def on_it(request: Visit, kind: str) -> HttpResponse:
    """A row was opened: who else is on it."""
    peers = on_row(request, kind, request.POST.get("about", "")[:40])
    return render(request, "web/todo/peers.html", {"peers": peers})


def _shown(request: Visit, kind: str, asked: QueryDict, acted: Gone | None) -> dict[str, Any]:
    visitor = request.visitor
    found_counts = counts(visitor.today)
    program, after = asked.get("program", "").strip(), asked.get("after") or None
    since, fault = _day(request, "since", asked.get("since", "").strip())
    until, no_day = _day(request, "until", asked.get("until", "").strip()) if kind == "expiring" else (None, {})
    found = exceptions(
        kind, on=visitor.today, program=program or None, since=since, until=until, size=ROWS, after=after
    )
    taken = rows_taken(request, kind, (str(one.id) for one in found.rows))
    rows = [row(one, visitor, taken.get(str(one.id), ())) for one in found.rows]
    if acted is not None and any(one.id == acted.id for one in rows):
        acted = None
    free = [one.id for one in rows if not one.peers]
    wanted = [one.id for one in rows if one.id == asked.get("row")]
    later = [
        row_id(one) for one in found.rows if acted is not None and place(one) > acted.place and row_id(one) in free
    ]
    asked_for = {
        "program": program,
        "since": since.isoformat() if since else "",
        "until": until.isoformat() if until else "",
    }
    return {
        "kind": kind,
        "number": found_counts.urgent,
        "things_to_do": found_counts.urgent,  # of the rail, which need not count them again
        "most_counted": MOST_COUNTED,
        "tabs": found_counts._asdict(),
        "columns": COLUMNS[kind],
        "rows": rows,
        "result": acted,
        "result_before": next((row_id(one) for one in found.rows if acted and place(one) > acted.place), None),
        "open_row": next(iter([*later, *wanted, *free]), None),
        "following": found.next,
        "asked_for": asked_for,
        "query": urlencode({name: value for name, value in asked_for.items() if value}),
        "since": asked.get("since", ""),
        "until": asked.get("until", ""),
        "understood": fact(since, "", visitor.reader),
        "understood_until": fact(until, "", visitor.reader),
        "errors": {**fault, **no_day},
        "programs": programs_to_choose(),
        "clock": clock(request, timezone.now()),
        "watched": [phrase("watch", one.code, one.facts, visitor.reader) for one in watch_operation(visitor.today)],
        "here": "todo",
    }


def _day(request: Visit, name: str, typed: str) -> tuple[date | None, dict[str, str]]:
    """The day from which on, or to which, or what is wrong with it."""
    visitor = request.visitor
    try:
        asked = typed and read_day(typed, name, today=visitor.today, day_first=visitor.preferences.day_first)
    except Refused as refused:
        return None, {name: say(refused, visitor.reader)}
    return asked or None, {}
