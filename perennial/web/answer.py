"""What a view answers: a page whole, or the sections of it that have changed with what is said of them.

A page is made of sections, each a template whose element has an id. A change answers the sections that it may have
touched, and the page puts each in its place (``hx-swap-oob``); what was asked in its row is emptied.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.html import conditional_escape
from django.utils.text import capfirst

from perennial.desk.action import How, perform
from perennial.errors import Conflict, Refused, Several
from perennial.language import say
from perennial.web.messages import SAID, note_message
from perennial.web.visit import Visit
from perennial.web.words import reader_of

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Toast:
    """What has been done, and the address that takes it back; ``after``: the versions that the change left behind."""

    text: str
    undo: str | None = None


Redraw = Callable[..., tuple[Sequence[str], Mapping[str, Any]]]
REDRAW: dict[str, Redraw] = {}
"""By the name of an address, what draws the sections of its page anew: their templates, and what they show."""


def redraws(name: str) -> Callable[[Redraw], Redraw]:
    """The function draws the sections of the page of this name."""

    def noted(function: Redraw) -> Redraw:
        REDRAW[name] = function
        return function

    return noted


def whole(request: HttpRequest, template: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """A page."""
    said = request.session.pop(SAID, None) if request.method == "GET" and SAID in request.session else None
    shown = {"toast": Toast(said)} if said else {}
    return render(request, template, {**shown, **context, "token": new_token()}, status=status)


def done(request: Visit, toast: Toast | None = None, *, focus: str | None = None) -> HttpResponse:
    """Draw anew the page on which something was done, section by section, and say what was done."""
    address = (request.htmx.current_url_abs_path or "").split("?")[0]
    try:
        match = resolve(address)
    except Resolver404:
        match = None
    templates: Sequence[str] = ()
    context: Mapping[str, Any] = {}
    if match is not None and match.url_name in REDRAW:
        templates, context = REDRAW[match.url_name](request, **match.kwargs)
    return drawn(request, templates, context, toast, focus=focus)


def drawn(
    request: Visit,
    templates: Sequence[str],
    context: Mapping[str, Any],
    toast: Toast | None = None,
    *,
    focus: str | None = None,
    at: str | None = None,
) -> HttpResponse:
    """These sections anew, each in its place, and what was done. ``at``: the address that the page has from now on."""
    if toast is not None:
        note_message(request, toast.text)
    shown = {**context, "oob": True, "toast": toast, "token": new_token()}
    parts = [render_to_string(one, shown, request) for one in templates]
    parts.append(render_to_string("web/say.html", {"toast": toast, "oob": True, "token": new_token()}, request))
    response = HttpResponse("".join(parts))
    response["HX-Reswap"] = "none"
    if focus:
        response["HX-Trigger"] = json.dumps({"desk:focus": focus})
    if at:
        response["HX-Push-Url"] = at
    return response


def go_to(request: Visit, address: str, said: str | None = None) -> HttpResponse:
    """Let the browser open another page after something was done; ``said``: what that page says."""
    if said is not None:
        note_message(request, said)
        request.session[SAID] = said
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def form_again(
    request: HttpRequest, template: str, context: Mapping[str, Any], problem: Refused, status: int = 422
) -> HttpResponse:
    """The form once more with what was typed, and each fault under its field."""
    faults = problem.faults if isinstance(problem, Several) else (problem,)
    to = reader_of(request)
    errors: dict[str, str] = {}
    for fault in faults:
        errors.setdefault(fault.field, say(fault, to))
    shown = {**context, "errors": errors, "given": request.POST, "token": new_token()}
    return with_its_faults(request, template, shown, status)


def with_its_faults(request: HttpRequest, template: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """A form with its faults (``errors``): one that no field of the form has shown, because it has no such field, or not
    today, stands where the form has its other faults (``web/panel/other_errors.html``), else at its beginning.
    """
    drawn: str = render_to_string(template, context, request)
    errors: Mapping[str, str] = context.get("errors") or {}
    if left := _not_shown(errors, drawn):
        others = render_to_string("web/panel/other_errors.html", {"others": left})
        if OTHER_ERRORS in drawn:
            drawn = drawn.replace(OTHER_ERRORS, others)
        elif form := re.search(rf'<form\b[^>]*"{re.escape(conditional_escape(request.path))}[?"][^>]*>', drawn):
            drawn = drawn[: form.end()] + others + drawn[form.end() :]
    return HttpResponse(drawn, status=status)


OTHER_ERRORS = "<!--other errors-->"


def _not_shown(errors: Mapping[str, str], drawn: str) -> list[str]:
    """The words of faults that are not in what was drawn, as often as they are faults: as they are, or as a sentence."""
    wanted = Counter(errors.values())
    return [words for words, times in wanted.items() if len(_drawn_as(words).findall(drawn)) < times]


def _drawn_as(words: str) -> re.Pattern[str]:
    as_they_are, sentence = (re.escape(conditional_escape(one)) for one in (words, capfirst(words)))
    return re.compile(rf">\s*(?:{as_they_are}|{sentence}\.)\s*<")


def act(
    request: Visit, action: Callable[..., R], *, of_line: int | None = None, stays: bool = False, **kwargs: Any
) -> R:
    """Perform an action of the desk as this visitor, today, once for the form's key, on what was seen.

    What somebody else changed meanwhile on another shipment does not stand in the way; nor, where it is about one line
    of a draft (``of_line``), on another line. ``stays``: the form is not drawn anew where somebody types on, so that
    it may be sent more than once, each time with something else.
    """
    return act_on(request, request.visitor.today, action, of_line, stays, **kwargs)


def act_on(
    request: Visit,
    on: date,
    action: Callable[..., R],
    of_line: int | None = None,
    stays: bool = False,
    /,
    **kwargs: Any,
) -> R:
    """The same on another day than today: what the warehouse reports may be of yesterday."""
    shipment = kwargs.get("shipment")
    about = None if shipment is None else (kwargs.get("line"), shipment)
    key = request.POST.get("key") or None
    if of_line is not None:
        about = (of_line, 0)
    if key and (stays or of_line is not None):
        key = f"{key}:{_typed(request)}"
    how = How(seen=request.POST.get("seen") or None, key=key, about=about)
    asked = {"on": on, "by": request.visitor.by, **kwargs}
    try:
        return perform(action, how, **asked)
    except Conflict as conflict:
        if of_line is None or not _own(conflict, request.visitor.by):
            raise
        return perform(action, replace(how, seen=None), **asked)  # typing was quicker than the answer


def _own(conflict: Conflict, by: str) -> bool:
    """Was all of it changed by this visitor?"""
    changes = conflict.facts.get("changes")
    return isinstance(changes, list) and all(change["by"] == by for change in changes)


def _typed(request: HttpRequest) -> str:
    """What a form says, in a few letters."""
    fields = sorted((name, *request.POST.getlist(name)) for name in request.POST if name not in ("key", "seen", "next"))
    return hashlib.sha256(repr(fields).encode()).hexdigest()[:16]


def new_token() -> str:
    """What makes the request keys of the forms of one drawing; the same form sent twice is done once."""
    return uuid.uuid4().hex


def panel(
    request: HttpRequest, template: str, context: Mapping[str, Any], post: Callable[[], HttpResponse]
) -> HttpResponse:
    """A form that opens in place. Looked at, it is drawn; sent, ``post`` does it, or it comes again with its faults."""
    if request.method != "POST":
        return with_its_faults(request, template, {**context, "token": new_token()})
    try:
        return post()
    except Refused as problem:
        return form_again(request, template, context, problem)
