"""One's own page: how the desk looks and answers to keys, the password, what was said today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth import authenticate, update_session_auth_hash
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from perennial.errors import Refused
from perennial.people.actions import change_person, set_preferences
from perennial.people.models import DENSITIES, THEMES
from perennial.people.queries import person
from perennial.web.answer import Toast, done, form_again, redraws, whole
from perennial.web.messages import messages
from perennial.web.visit import Visit
from perennial.web.words import words

SECTIONS = ("web/me/security.html", "web/me/messages.html")
SWITCHES = ("letter_keys", "day_first")


def page(request: Visit) -> HttpResponse:
    """The page. What is chosen is saved at once, and the page drawn anew: ``changed`` is where the focus was."""
    if request.method != "POST":
        context = {**_shown(request), "changed": request.GET.get("changed")}
        return whole(request, "web/me.html", context)
    given: dict[str, Any] = {}
    for name in ("language", "theme", "density"):
        if name in request.POST:
            given[name] = request.POST[name]
    for name in SWITCHES:
        if name in request.POST:
            given[name] = request.POST[name] == "yes"
    set_preferences(request.user, **given)
    target = f"/me?changed={request.POST.get('changed') or next(iter(given), '')}"
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)


@redraws("me")
def redraw(request: Visit) -> tuple[Sequence[str], Mapping[str, Any]]:
    """The sections that a change of the password touches."""
    return SECTIONS, _shown(request)


def keys(request: Visit) -> HttpResponse:
    """Letters work as keys, or they do not: the switch of the overlay."""
    set_preferences(request.user, letter_keys=request.POST.get("letters") != "off")
    return HttpResponse(status=204)


def password(request: Visit) -> HttpResponse:
    """Another password, for whoever knows the old one; other sessions of the same person end."""
    template = "web/me/password.html"
    if request.method != "POST":
        return render(request, template)
    name = request.user.get_username()
    try:
        if authenticate(request, username=name, password=request.POST.get("old", "")) is None:
            raise Refused("password_not_right", "old")
        changed = change_person(username=name, password=request.POST.get("password", ""))
    except Refused as problem:
        return form_again(request, template, {}, problem)
    update_session_auth_hash(request, changed)
    return done(request, Toast(words(request, "me_password_changed")), focus="#me-password")


def _shown(request: Visit) -> dict[str, Any]:
    return {
        "me": person(request.user.get_username()),
        "messages": messages(request),
        "themes": THEMES,
        "densities": DENSITIES,
    }
