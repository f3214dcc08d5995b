"""What is told when something cannot be done: a page, or a note in the place that asked."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from perennial.errors import Conflict, Refused, Several
from perennial.language import Reader, phrase, say
from perennial.web.words import reader_of, words


def refused(request: HttpRequest, problem: Refused) -> HttpResponse:
    """A refusal (422): in the place that asked, else as a page. What is not there at all is 404."""
    status = 404 if problem.code.endswith("_unknown") and request.method == "GET" else 422
    return _told(request, status, "fail", sentences(request, problem))


def conflict(request: HttpRequest, problem: Conflict, *, may_keep: bool = True) -> HttpResponse:
    """Somebody else changed the same meanwhile (409): who, what, when; keep mine, or take theirs.

    ``may_keep``: not where something was agreed to that is another one now: it is looked at anew.
    """
    to = reader_of(request)
    changes = problem.facts.get("changes")
    said = [phrase("conflict", "change", one, to) or "" for one in (changes if isinstance(changes, list) else [])]
    again = [
        (name, value) for name in request.POST for value in request.POST.getlist(name) if name not in ("seen", "key")
    ]
    return _told(
        request,
        409,
        "live",
        [words(request, "changed_meanwhile", changes=said)],
        again=again,
        conflict=True,
        may_keep=may_keep,
        token=uuid.uuid4().hex,  # a key of its own: what is kept now is another request
    )


def not_allowed(request: HttpRequest, roles: Sequence[str]) -> HttpResponse:
    """Nobody of this role may: who may (403)."""
    return _told(request, 403, "fail", [words(request, "not_allowed", roles=list(roles))])


def unkeepable(request: HttpRequest) -> HttpResponse:
    """A character was sent that cannot be kept (422)."""
    return _told(request, 422, "fail", [words(request, "character_unkeepable")])


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """There is no such page (404)."""
    return _told(request, 404, "fail", [words(request, "page_unknown", path=request.path)])


def fault_of_ours(request: HttpRequest) -> HttpResponse:
    """Something went wrong that no rule foresaw (500)."""
    return HttpResponse(words(request, "fault_of_ours"), status=500, content_type="text/plain; charset=utf-8")


def other_tables(problem: Refused, to: Reader) -> HttpResponse:
    """The tables are of another version (503): no page can be drawn, not even the sign-in."""
    told = HttpResponse(say(problem, to), status=503, content_type="text/plain; charset=utf-8")
    told["Retry-After"] = "60"
    return told


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page is from before the last sign-in: sign in over it, then the request goes again (401)."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401)
    return _told(request, 403, "fail", [words(request, "page_too_old")])


def sentences(request: HttpRequest, problem: Refused) -> list[str]:
    """A refusal in the reader's language, each of its faults."""
    faults = problem.faults if isinstance(problem, Several) else (problem,)
    return [say(one, reader_of(request)) for one in faults]


def _told(request: HttpRequest, status: int, tone: str, said: list[str], **context: Any) -> HttpResponse:
    template = "web/note.html" if request.headers.get("HX-Request") else "web/problem.html"
    return render(request, template, {"tone": tone, "said": said, "status": status, **context}, status=status)
