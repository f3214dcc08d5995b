"""What happens around every page: who visits, in which language, on which date; what a refusal becomes."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.utils import timezone, translation

from perennial import log
from perennial.catalog.models import Company
from perennial.catalog.queries import company_if_any, today_of
from perennial.db.tables import refuse_other_tables_now_and_then
from perennial.errors import Conflict, Refused
from perennial.language import LANGUAGES, Reader
from perennial.people.models import Preferences
from perennial.people.queries import preferences_and_roles
from perennial.people.roles import ROLES
from perennial.web import problems
from perennial.web.visit import Visitor

Get = Callable[[HttpRequest], HttpResponse]
SEEN = "seen"
"""In the session: when its person did something, in seconds."""
BEGAN = "began"
"""In the session: when its person signed in, in seconds."""
CHOSEN = "chosen_language"
"""In the session: the language that was chosen on the page of the sign-in; whoever signs in reads it from then on."""
LANGUAGE = "perennial_language"
"""The cookie of the language that was chosen before anybody signed in."""
WITHOUT = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
"""What no page of ours asks the browser for."""
BY_ITSELF = ("/here", "/progress")
"""So end the addresses that a page asks by itself, again and again: nobody did anything."""


def same_tables(get_response: Get) -> Get:
    """Show no page where the tables of the database are not those of this program."""

    def compared(request: HttpRequest) -> HttpResponse:
        try:
            refuse_other_tables_now_and_then()
        except Refused as problem:
            return problems.other_tables(problem, Reader(_asked(request)))
        return get_response(request)

    return compared


def visit(get_response: Get) -> Get:
    """Note who visits; end a session in which nothing happened for long; make pages of refusals."""

    def visited(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and _over(request):
            logout(request)
        request.visitor = _visitor(request)  # type: ignore[attr-defined]
        log.note(person=request.user.get_username() or None)
        if _unkeepable(request):
            return problems.unkeepable(request)
        with translation.override(request.visitor.reader.language):  # type: ignore[attr-defined]
            response = get_response(request)
            if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
                response = response.render()
        response.setdefault("Permissions-Policy", WITHOUT)
        if request.user.is_authenticated or request.path.startswith(("/sign-in", "/first-run")):
            response.setdefault("Cache-Control", "no-store")
        if request.GET.get("language") in LANGUAGES:
            response.set_cookie(LANGUAGE, request.GET["language"], 365 * 86400, samesite="Lax", httponly=True)
            request.session[CHOSEN] = request.GET["language"]
        return response

    visited.process_exception = _told  # type: ignore[attr-defined]
    return visited


def _unkeepable(request: HttpRequest) -> bool:
    """Is there a character in what was asked that no database keeps?"""
    asked = [request.path, *(value for _, values in request.GET.lists() for value in values)]
    if request.method == "POST":
        asked += [value for _, values in request.POST.lists() for value in values]
    return any("\0" in words for words in asked)


def _told(request: HttpRequest, problem: Exception) -> HttpResponse | None:
    """A refusal or a conflict that a view did not tell beside what it is about."""
    if isinstance(problem, Refused):
        return problems.refused(request, problem)
    if isinstance(problem, Conflict):
        return problems.conflict(request, problem)
    return None


def _over(request: HttpRequest) -> bool:
    """Did nothing happen in this session for long, or did it begin long ago? What happens is noted, once a minute."""
    now = timezone.now().timestamp()
    began = request.session.setdefault(BEGAN, now)
    seen = request.session.get(SEEN)
    if now - began > settings.SESSION_COOKIE_AGE or (seen is not None and now - seen > settings.PERENNIAL_IDLE_SECONDS):
        return True
    if seen is None or (
        now - seen > min(60, settings.PERENNIAL_IDLE_SECONDS / 4) and not request.path.endswith(BY_ITSELF)
    ):
        request.session[SEEN] = now
    return False


def _visitor(request: HttpRequest) -> Visitor:
    person = request.user
    company = company_if_any() or Company(languages=["en"], name="", time_zone="UTC")
    on = today_of(company)
    roles: tuple[str, ...] = ()
    if person.is_authenticated:
        likes, roles = preferences_and_roles(person)
    else:
        likes = Preferences(
            language=_asked(request), theme="system", density="normal", letter_keys=True, day_first=True
        )
    language = likes.language if likes.language in LANGUAGES else "en"
    return Visitor(
        by=person.get_username(),
        name=(getattr(person, "first_name", "") or person.get_username()),
        roles=roles,
        may=frozenset().union(*(ROLES.get(role, frozenset()) for role in roles)),
        preferences=likes,
        reader=Reader(language, dates="weekday", money="symbol", year=on.year),
        today=on,
        company=company,
    )


def _asked(request: HttpRequest) -> str:
    """The language that the browser asks for, or that was chosen on the page."""
    chosen = request.GET.get("language") or request.COOKIES.get(LANGUAGE)
    if chosen in LANGUAGES:
        return str(chosen)
    wanted = [part.split(";")[0].strip()[:2] for part in request.headers.get("Accept-Language", "").split(",")]
    return next((one for one in wanted if one in LANGUAGES), "en")
