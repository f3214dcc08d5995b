"""The second factor: a code behind the password at the door; an app, passkeys and recovery codes of one's own."""

from __future__ import annotations

from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.recovery_codes.views import (
    DownloadRecoveryCodesView,
    GenerateRecoveryCodesView,
    ViewRecoveryCodesView,
)
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView, RemoveWebAuthnView
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy

from perennial.web.sign_in import count_failure, few_left, locked_out, may_try


class Second(AuthenticateView):  # type: ignore[misc]  # it has no types
    """Behind the password: the code of an app, a recovery code, or a passkey."""

    template_name = "web/account/second.html"

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Codes are counted with passwords: whoever is locked out is not heard."""
        if not may_try(request, self.stage.login.user):
            return locked_out(request, {})
        return super().post(request, *args, **kwargs)  # type: ignore[no-any-return]

    def form_invalid(self, form: Any) -> HttpResponse:
        """The page again, with how many tries are left."""
        person = self.stage.login.user
        count_failure(self.request, person)
        told = {"failed": True, "left": few_left(self.request, person.get_username())}
        return self.render_to_response({**self.get_context_data(), **told}, status=422)  # type: ignore[no-any-return]


class Passkey(LoginWebAuthnView):  # type: ignore[misc]
    """Signing in by a passkey alone: it asks for a finger or a PIN itself."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """To the sign-in, which says so."""
        return HttpResponseRedirect("/sign-in?passkey=unknown")


class Password(ReauthenticateView):  # type: ignore[misc]
    """Before a second factor is changed: the password once more."""

    template_name = "web/account/password_again.html"


class Security(IndexView):  # type: ignore[misc]
    """What stands beside the password of one's own."""

    template_name = "web/account/security.html"


class AddApp(ActivateTOTPView):  # type: ignore[misc]
    """An app that makes codes: its picture, then the first code."""

    template_name = "web/account/app.html"


class RemoveApp(DeactivateTOTPView):  # type: ignore[misc]
    """Without the app."""

    template_name = "web/account/app_remove.html"


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]
    """A passkey."""

    template_name = "web/account/passkey.html"


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]
    """Without a passkey."""

    template_name = "web/account/passkey_remove.html"
    success_url = reverse_lazy("mfa_index")


class Codes(ViewRecoveryCodesView):  # type: ignore[misc]
    """Codes for the day on which the other factor is lost, each good once."""

    template_name = "web/account/codes.html"


class NewCodes(GenerateRecoveryCodesView):  # type: ignore[misc]
    """New ones in their place."""

    template_name = "web/account/codes_new.html"


class CodesFile(DownloadRecoveryCodesView):  # type: ignore[misc]
    """The same as a file."""

    template_name = "web/account/codes.txt"
