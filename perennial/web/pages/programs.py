"""The programs: their list, one with its versions, what is done with it, and two of its versions side by side."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse

from perennial.desk.read.program import program, program_list
from perennial.errors import Conflict, Refused
from perennial.programs import actions
from perennial.programs.differences import differences
from perennial.web import problems
from perennial.web.answer import Toast, act, done, drawn, form_again, go_to, panel, redraws, whole
from perennial.web.program_cells import rows
from perennial.web.program_page import base, shown, words_of
from perennial.web.typed import needed, text
from perennial.web.visit import Visit
from perennial.web.words import words as said_words

SECTIONS = ("web/program/head.html", "web/program/about.html")


def page_of_all(request: Visit) -> HttpResponse:
    """All programs."""
    context = {
        "found": program_list(on=request.visitor.today, after=request.GET.get("after") or None),
        "first": "after" not in request.GET,
        "here": "programs",
    }
    return whole(request, "web/programs.html", context)


def new(request: Visit) -> HttpResponse:
    """A new program: its id and its name; then its editor."""
    if request.method != "POST":
        return whole(request, "web/program/new.html", {"here": "programs"})
    try:
        made = act(
            request,
            actions.start,
            new=needed(request, "new"),
            name=needed(request, "name"),
            product=text(request, "product"),
        )
    except Refused as problem:
        return form_again(request, "web/program/new.html", {"here": "programs"}, problem)
    return go_to(request, f"/programs/{quote(made['program'])}/edit")


def page(request: Visit, schedule_id: str) -> HttpResponse:
    """A program: the version for new orders, event by event, with what an order of today would be sent."""
    return whole(request, "web/program.html", shown(request, schedule_id))


@redraws("program")
def redraw(request: Visit, schedule_id: str) -> tuple[Sequence[str], Mapping[str, Any]]:
    """What changes on the page of a program by what is done with it."""
    return SECTIONS, shown(request, schedule_id)


def ahead(request: Visit, schedule_id: str) -> HttpResponse:
    """What an order of another day would be sent."""
    sections = ("web/program/ahead_parts.html", "web/program/year.html", "web/program/notes.html")
    return drawn(request, sections, shown(request, schedule_id))


def seen(request: Visit) -> int | None:
    """The version of the program that somebody has seen; None: what they keep, whatever it is by now."""
    found = request.POST.get("seen", "")
    return int(found) if found.isdecimal() and len(found) < 10 else None


def release(request: Visit, schedule_id: str) -> HttpResponse:
    """The draft becomes the version for new orders."""
    return _asked(request, schedule_id, "release", actions.release)


def discard(request: Visit, schedule_id: str) -> HttpResponse:
    """The draft is dropped."""
    return _asked(request, schedule_id, "discard", actions.discard)


def retire(request: Visit, schedule_id: str) -> HttpResponse:
    """No new orders of it any more."""
    return _asked(request, schedule_id, "retire", actions.retire)


def activate(request: Visit, schedule_id: str) -> HttpResponse:
    """New orders of it again."""
    before = program(schedule_id, on=request.visitor.today)
    act(request, actions.activate, schedule_id=schedule_id)
    code = "program_activated" if before.was_offered else "program_offered"
    return done(request, Toast(said_words(request, code, program=schedule_id)))


def copy(request: Visit, schedule_id: str) -> HttpResponse:
    """A new program like this one."""

    def post() -> HttpResponse:
        made = act(
            request,
            actions.copy,
            schedule_id=schedule_id,
            new=needed(request, "new"),
            name=text(request, "name"),
            product=text(request, "product"),
        )
        said = said_words(
            request, "program_copied", program=made["program"], of=schedule_id, count=made["dates_left_out"]
        )
        return go_to(request, f"/programs/{quote(made['program'])}", said)

    return panel(request, "web/program/copy.html", _context(request, schedule_id), post)


def _asked(request: Visit, schedule_id: str, name: str, action: Callable[..., Any]) -> HttpResponse:
    """What is confirmed with what follows from it, then done."""

    def post() -> HttpResponse:
        reason = text(request, "reason")
        made = act(request, action, schedule_id=schedule_id, version=seen(request), reason=reason)
        said = said_words(request, f"program_done_{name}", program=schedule_id, version=made.get("revision"))
        return go_to(request, f"/programs/{quote(schedule_id)}", said)

    try:
        return panel(request, f"web/program/{name}.html", _context(request, schedule_id), post)
    except Conflict as conflict:  # what was agreed to is another thing by now
        return problems.conflict(request, conflict, may_keep=False)


def _context(request: Visit, schedule_id: str) -> dict[str, Any]:
    found = program(schedule_id, on=request.visitor.today)
    return base(request, found, words_of(request, found))


def versions(request: Visit, schedule_id: str, pair: str) -> HttpResponse:
    """Two versions side by side: what was added, removed, moved and changed from the one to the other."""
    found = program(schedule_id, on=request.visitor.today)
    asked = re.fullmatch(r"(\d{1,7})\.\.(\d{1,7})", pair)
    if asked is None:
        raise Refused("program_versions_malformed", "versions", value=pair[:40])
    before, after = (found.numbered(int(number)) for number in asked.groups())
    words = words_of(request, found)
    changed = differences(before.facts, after.facts)
    left = {row.key: row for row in rows(words, before.facts)}
    right = rows(words, after.facts, changed)
    context = {
        **base(request, found, words),
        "before": before,
        "after": after,
        "sentences": [words.sentence(one) for one in changed],
        "pairs": [(left.get(row.key), row) for row in right]
        + [(row, None) for key, row in left.items() if key not in {one.key for one in right}],
    }
    return whole(request, "web/program/versions.html", context)
