"""The door: signing in, over a page whose session has ended too, signing out."""

from __future__ import annotations

import json
from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.stages import LoginStage, LoginStageController
from allauth.account.views import LoginView
from allauth.mfa.stages import AuthenticateStage
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render

from perennial.people.actions import anybody
from perennial.people.queries import demo_sign_ins
from perennial.people.roles import DEMO_PASSWORD
from perennial.practice import in_training
from perennial.web.frame import first_page
from perennial.web.pages.beginning import is_beginning
from perennial.web.sign_in import few_left, locked_out, may_try, pass_second
from perennial.web.visit import Visit


class SignIn(LoginView):  # type: ignore[misc]  # it has no types
    """The page."""

    template_name = "web/account/sign_in.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """On a new installation somebody sets it up first."""
        if not anybody():
            return HttpResponseRedirect("/first-run")
        return super().dispatch(request, *args, **kwargs)  # type: ignore[no-any-return]

    def form_invalid(self, form: LoginForm) -> HttpResponse:
        """The form again: not which part was wrong, but how many tries are left."""
        return self.render_to_response(self.get_context_data(form=form), status=422)  # type: ignore[no-any-return]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """On a demo, who signs in there."""
        shown = demo_sign_ins() if in_training() else ()
        form = kwargs.get("form")
        return {**super().get_context_data(**kwargs), "people": shown, "password": DEMO_PASSWORD, **fault(form)}


def again(request: Visit) -> HttpResponse:
    """The same over a page whose session has ended: name and password, then the code of whoever has a second factor.

    Whoever has signed in meanwhile, in another window, goes on.
    """
    if request.user.is_authenticated:
        return _go_on(request)
    stage = LoginStageController.enter(request, AuthenticateStage.key)
    if request.method != "POST":
        return _asked(request, stage)
    if request.POST.get("from_the_start"):
        logout(request)
        return _asked(request, None)
    if stage is not None and "code" in request.POST:
        return _second(request, stage)
    form = LoginForm(request.POST, request=request)
    if not form.is_valid():
        return _asked(request, None, status=422, **fault(form))
    form.login(request)
    if request.user.is_authenticated:
        return _go_on(request)
    return _asked(request, LoginStageController.enter(request, AuthenticateStage.key))


def sign_out(request: Visit) -> HttpResponse:
    """End the session, or a sign-in that was begun."""
    logout(request)
    return HttpResponseRedirect("/sign-in")


def home(request: Visit) -> HttpResponse:
    """To the first page of the role; in a new installation to what comes next."""
    return HttpResponseRedirect("/setup/begin" if is_beginning(request.visitor) else first_page(request.visitor))


def stay(request: Visit) -> HttpResponse:
    """Somebody is still there: that was noted on the way here."""
    return HttpResponse(status=204)


def fault(form: LoginForm | None) -> dict[str, Any]:
    """What is told of a sign-in that failed."""
    if form is None or not form.errors:
        return {}
    login = form.data.get("login", "")
    return {"failed": True, "left": few_left(form.request, login), "login": login}


def _second(request: Visit, stage: LoginStage) -> HttpResponse:
    if not may_try(request, stage.login.user):
        return locked_out(request, {})
    if pass_second(request, stage):
        return _go_on(request)
    return _asked(request, stage, status=422, failed=True, left=few_left(request, stage.login.user.get_username()))


def _asked(request: Visit, stage: LoginStage | None, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, "web/account/again.html", {"second": stage is not None, **context}, status=status)


def _go_on(request: Visit) -> HttpResponse:
    """To the page: the token of now, and who it is."""
    response = HttpResponse()
    told = {"token": get_token(request), "account": request.user.get_username()}
    response["HX-Trigger"] = json.dumps({"desk:signed-in": told})
    return response
