"""Who somebody is: names and passwords, second factors, how failures are counted, what is logged of it.

The pages of it are ``pages/sign_in.py`` and ``pages/second_factor.py``.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.stages import LoginStage
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm
from axes.handlers.proxy import AxesProxyHandler
from axes.signals import user_locked_out
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from qrcode.image.svg import SvgPathFillImage

from perennial.people.actions import set_preferences
from perennial.people.queries import sign_in_name
from perennial.people.roles import DEMO_PASSWORD
from perennial.practice import in_training
from perennial.web.middleware import BEGAN, CHOSEN, SEEN

FEW = 3
"""From so many tries that are left on, they are counted aloud."""
_LOG = logging.getLogger("perennial.sign_in")


class Backend(ModelBackend):
    """Name or e-mail address, and password. The password of a demo lets nobody in where real cards are charged."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **more: Any
    ) -> Any:
        """Who this is; None: nobody."""
        if password == DEMO_PASSWORD and not in_training():
            return None
        name = sign_in_name(username or "") or username
        return super().authenticate(request, username=name, password=password, **more)


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # it has no types
    """Nobody signs up: an administrator adds people."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """No."""
        return False

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Whoever is kept out is told what everybody is told who does not come in."""
        return HttpResponseRedirect("/sign-in")


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]  # it has no types
    """Second factors, whose secrets only this installation can read: a copy of the database is not enough."""

    def get_totp_label(self, user: User) -> str:
        """What the app shows of whom it makes codes for."""
        return user.get_username()

    def build_totp_svg(self, url: str) -> str:
        """The picture to scan, on white whatever the theme; it stands in the page itself."""
        return qrcode.make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode")  # type: ignore[no-any-return]

    def encrypt(self, text: str) -> str:
        """A secret, as it is stored."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """A secret that was stored."""
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """For whom a passkey is made: the name that the browser shows."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Perennial"}


def _cipher() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"second factor:{settings.SECRET_KEY}".encode()).digest()))


def locked_out(request: HttpRequest, credentials: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    """Too many failures: wait a while (429; over a page, which shows no such answer, 422)."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    over_a_page = bool(request.headers.get("HX-Request"))
    template = "web/account/again.html" if over_a_page else "web/account/sign_in.html"
    return render(request, template, {"locked": minutes}, status=422 if over_a_page else 429)


def pass_second(request: HttpRequest, stage: LoginStage) -> bool:
    """The code behind the password: whoever types the right one is signed in. A wrong one is counted."""
    form = AuthenticateForm(request.POST, user=stage.login.user)
    if not form.is_valid():
        count_failure(request, stage.login.user)
        return False
    form.save()
    stage.exit()
    return True


def count_failure(request: HttpRequest, person: User) -> None:
    """A code that is not right counts like a password that is not."""
    user_login_failed.send(__name__, credentials={"username": person.get_username()}, request=request)


def few_left(request: HttpRequest, name: str) -> int | None:
    """How often somebody may still fail before they are locked out for a while; None while it is often."""
    left = settings.AXES_FAILURE_LIMIT - AxesProxyHandler.get_failures(request, {"username": name})
    return left if 0 < left <= FEW else None


def may_try(request: HttpRequest, person: User) -> bool:
    """Is this person not locked out?"""
    allowed: bool = AxesProxyHandler.is_allowed(request, {"username": person.get_username()})
    return allowed


def counted_name(request: HttpRequest, credentials: Any) -> str:
    """Under which name failures are counted: the person's, however it was typed."""
    given = (credentials or {}).get("username") or (request.POST.get("login", "") if request else "")
    return sign_in_name(given) or given.lower()


def client_address(request: HttpRequest) -> str:
    """From where somebody signs in: behind a proxy what it says, else the connection's."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.PERENNIAL_HTTPS else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def log_sign_ins() -> None:
    """Say in the log who signs in, who fails, who is locked out, and from where."""
    user_logged_in.connect(_signed_in, dispatch_uid="perennial.sign_in")
    user_logged_out.connect(_signed_out, dispatch_uid="perennial.sign_in")
    user_login_failed.connect(_failed, dispatch_uid="perennial.sign_in")
    user_locked_out.connect(_locked, dispatch_uid="perennial.sign_in")


def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    for old in (BEGAN, SEEN):
        request.session.pop(old, None)
    if chosen := request.session.pop(CHOSEN, None):
        set_preferences(user, language=chosen)
    _LOG.info("%s signed in from %s", user.get_username(), client_address(request))


def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        _LOG.info("%s signed out", user.get_username())


def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    where = client_address(request) if request else "here"
    _LOG.warning("%r was not signed in from %s", credentials.get("username"), where)


def _locked(username: str, ip_address: str, **_: Any) -> None:
    _LOG.warning("%r is locked out from %s", username, ip_address)
