"""For machines that look after machines: does the process live, can it answer, what are its figures.

Answered in front of everything else: without a session, whatever name the caller knows this machine by.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse

from perennial.db.tables import refuse_other_tables
from perennial.errors import Refused
from perennial.web.metrics import exposition

Get = Callable[[HttpRequest], HttpResponse]
PROXIED = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")
"""Where one of these is said, the connection's address is the proxy's, and says nothing of who asks."""


def health(get_response: Get) -> Get:
    """Answer ``/healthz``, ``/readyz`` and ``/metrics``; everything else is a page."""
    answers = {"/healthz": _lives, "/readyz": _ready, "/metrics": _metrics}

    def answered(request: HttpRequest) -> HttpResponse:
        answer = answers.get(request.path)
        if answer is None or request.method not in ("GET", "HEAD"):
            return get_response(request)
        told = answer(request)
        told["Cache-Control"] = "no-store"
        return told

    return answered


def _lives(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def _ready(request: HttpRequest) -> HttpResponse:
    """200: the database answers, and its tables are this program's. 503: why not, in one word."""
    found = readiness()
    return JsonResponse({"ready": found == "ready", "state": found}, status=200 if found == "ready" else 503)


def readiness() -> str:
    """``ready``, ``database_starting``, ``database_silent``, ``tables_absent``, ``tables_older`` or ``tables_newer``."""
    try:
        refuse_other_tables()
    except Refused as refused:
        return refused.code
    except (DatabaseError, InterfaceError) as problem:
        state = getattr(problem.__cause__, "sqlstate", None)
        starts = state == "57P03" or "starting up" in str(problem) or "recovery" in str(problem)
        return "database_starting" if starts else "database_silent"
    return "ready"


def _metrics(request: HttpRequest) -> HttpResponse:
    """The figures; for whoever may not see them there is no such page."""
    if not _may_see(request):
        return HttpResponse(status=404)
    if (state := readiness()) != "ready":
        return HttpResponse(f"{state}\n", status=503, content_type="text/plain")
    return HttpResponse(exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_see(request: HttpRequest) -> bool:
    """Who has the token; without one who comes from an address of ``PERENNIAL_METRICS_FROM``, and not through a proxy."""
    token = settings.PERENNIAL_METRICS_TOKEN
    if token is not None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    if any(name in request.headers for name in PROXIED):
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
        return any(address in ip_network(one, strict=False) for one in settings.PERENNIAL_METRICS_FROM)
    except ValueError:  # a socket, a name
        return False
