"""Today: did the night go well, what needs a person, what runs next."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect

from perennial.desk.read.exceptions import MOST_COUNTED, counts, exceptions
from perennial.jobs.today import today_of_manager
from perennial.language import phrase
from perennial.web.answer import whole
from perennial.web.pages.beginning import is_beginning
from perennial.web.todo import COLUMNS, row
from perennial.web.visit import Visit

LISTS = {"acceptance": "awaiting", "hold": "held", "card": "expiring", "payment": "declined", "parked": "parked"}
"""By why something waits, the list of what needs a person on which it stands."""
ROWS = 8
"""So many rows of the list to begin with."""


def page(request: Visit) -> HttpResponse:
    """How the last night went; in a new installation what comes next."""
    visitor = request.visitor
    if is_beginning(visitor):
        return HttpResponseRedirect("/setup/begin")
    found = today_of_manager(visitor.today)
    waiting = counts(visitor.today) if "see_lists" in visitor.may else None
    first = waiting.first if waiting else None
    rows = exceptions(first, on=visitor.today, size=ROWS).rows if first else ()
    context = {
        "day": found,
        "waits": [(why, number, LISTS[why]) for why, number in (found.last.waits.items() if found.last else ())],
        "waiting": waiting._asdict() if waiting else {},
        "kind": first,
        "columns": COLUMNS[first] if first else (),
        "rows": [row(one, visitor, ()) for one in rows],
        "waits_for_somebody": waiting is not None and any(waiting),
        "urgent": waiting.urgent if waiting else 0,
        "most_counted": MOST_COUNTED,
        "unwell": [phrase("watch", one.code, one.facts, visitor.reader) for one in found.unwell],
        "watched": [phrase("watch", one.code, one.facts, visitor.reader) for one in found.watched],
        "here": "today_page",
    }
    return whole(request, "web/today.html", context)
