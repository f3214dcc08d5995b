"""Signing in: by name and password, with a second factor for those who have one; locked for a while after failures."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.views import LoginView
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from perennial.people.actions import anybody
from perennial.people.queries import demo_sign_ins
from perennial.people.roles import DEMO_PASSWORD
from perennial.web.frame import first_page


class Backend(ModelBackend):
    """Name and password. The password of a demo lets nobody in where real cards are charged."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **more: Any
    ) -> Any:
        """Who this is; None: nobody."""
        if password == DEMO_PASSWORD and not settings.PERENNIAL_TRAINING:
            return None
        return super().authenticate(request, username=username, password=password, **more)


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # it has no types
    """Nobody signs up: an administrator adds people."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """No."""
        return False


class SignIn(LoginView):  # type: ignore[misc]
    """The page, and the same over another page whose session has ended."""

    template_name = "web/sign_in.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """On a new installation somebody sets it up first."""
        if not anybody():
            return HttpResponseRedirect("/first-run")
        return super().dispatch(request, *args, **kwargs)  # type: ignore[no-any-return]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """On a demo, who signs in there."""
        shown = demo_sign_ins() if settings.PERENNIAL_TRAINING else ()
        return {**super().get_context_data(**kwargs), "people": shown, "password": DEMO_PASSWORD}


def locked_out(request: HttpRequest, credentials: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    """Too many failures: wait a while."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    return render(request, "web/sign_in.html", {"locked": minutes}, status=429)


def client_address(request: HttpRequest) -> str:
    """From where somebody signs in: behind a proxy what it says, else the connection's."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.PERENNIAL_HTTPS else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def home(request: HttpRequest) -> HttpResponse:
    """To the first page of the role."""
    return HttpResponseRedirect(first_page(request.visitor))  # type: ignore[attr-defined]
