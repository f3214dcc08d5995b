"""May somebody open this? Every address names its permissions; who has none is told who may."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import Resolver404, URLPattern, resolve
from django.urls import path as django_path

from perennial.people.roles import who_may
from perennial.web import problems

View = Callable[..., HttpResponseBase]
SAFE = ("GET", "HEAD")
ANYBODY = "anybody"
"""Signed in or not."""
SIGNED_IN = "signed in"
"""Everybody who is signed in."""


def page(route: str, view: View, name: str, *, see: str | None = None, do: str | None = None) -> URLPattern:
    """An address: what it takes to look at it (``see``), and to change something by it (``do``); None: it cannot be."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        asked = see if request.method in SAFE else do if request.method == "POST" else None
        if asked is None:
            return HttpResponseNotAllowed([*(SAFE if see else ()), *(("POST",) if do else ())])
        refused = None if asked == ANYBODY else _refused(request, asked)
        return refused or _in_its_page(request, view(request, **kwargs))

    guarded.see, guarded.do = see, do  # type: ignore[attr-defined]  # for the test that walks all addresses
    return django_path(route, guarded, name=name)


def _in_its_page(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """A part of a page that is opened by its own address leads to its page, which opens it."""
    is_part = (
        request.method in SAFE
        and not request.headers.get("HX-Request")
        and isinstance(response, HttpResponse)
        and not isinstance(response, SimpleTemplateResponse)
        and response.status_code == 200
        and response.get("Content-Type", "").startswith("text/html")
        and not response.content.lstrip()[:9].lower().startswith(b"<!doctype")
    )
    if not is_part:
        return response
    path = request.path
    while path.count("/") > 1:
        path = path.rpartition("/")[0]
        try:
            found = resolve(path)
        except Resolver404:
            continue
        if getattr(found.func, "see", None):
            return HttpResponseRedirect(f"{path}?{urlencode({'open': request.get_full_path()})}")
    return HttpResponseRedirect("/")


def _refused(request: HttpRequest, permission: str) -> HttpResponse | None:
    """What somebody is answered who may not; None: they may."""
    if not request.user.is_authenticated:
        return sign_in_first(request)
    if permission == SIGNED_IN or permission in request.visitor.may:  # type: ignore[attr-defined]
        return None
    return problems.not_allowed(request, who_may(permission))


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the sign-in and back; a part of a page that is there is answered 401, and signs in over it."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401)
    target = request.get_full_path() if request.method in SAFE else "/"
    return HttpResponseRedirect(f"/sign-in?next={quote(target)}" if target != "/" else "/sign-in")
