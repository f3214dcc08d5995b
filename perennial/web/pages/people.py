"""Who works here: people, their roles, and help for whoever cannot get in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from perennial.errors import Refused
from perennial.language import Reader
from perennial.people import actions
from perennial.people.queries import people, person
from perennial.people.roles import ROLES
from perennial.web.answer import Toast, done, form_again, redraws, whole
from perennial.web.pages.beginning import is_beginning
from perennial.web.visit import Visit
from perennial.web.words import said, words

SECTIONS = ("web/people/list.html",)
_LOG = logging.getLogger("perennial.people")


def page(request: Visit) -> HttpResponse:
    """Everybody."""
    return whole(request, "web/people.html", {**_shown(), "beginning": is_beginning(request.visitor)})


@redraws("people")
def redraw(request: Visit) -> tuple[Sequence[str], Mapping[str, Any]]:
    """The list."""
    return SECTIONS, _shown()


def add(request: Visit) -> HttpResponse:
    """Somebody new, with a first password that they change."""
    context = {"roles": list(ROLES), "given_roles": request.POST.getlist("roles")}
    username = request.POST.get("username", "").strip()

    def apply() -> str:
        actions.add_person(
            username=username,
            name=request.POST.get("name", "").strip(),
            email=request.POST.get("email", "").strip(),
            password=request.POST.get("password", ""),
            roles=request.POST.getlist("roles"),
            language=request.POST.get("language", request.visitor.reader.language),
        )
        return "people_added"

    return _form(request, username, "web/people/add.html", context, apply)


def change(request: Visit, username: str) -> HttpResponse:
    """Another name, address, other roles."""
    found = person(username)
    chosen = request.POST.getlist("roles") if request.method == "POST" else list(found.roles)
    context = {"one": found, "roles": list(ROLES), "given_roles": chosen}

    def apply() -> str:
        actions.change_person(
            username=username,
            name=request.POST.get("name", "").strip(),
            email=request.POST.get("email", "").strip(),
            roles=chosen,
        )
        return "people_changed"

    return _form(request, username, "web/people/change.html", context, apply)


def password(request: Visit, username: str) -> HttpResponse:
    """A new password for somebody who has forgotten theirs; they are not locked out any more."""

    def apply() -> str:
        actions.change_person(username=username, password=request.POST.get("password", ""))
        return "people_password_set"

    return _form(request, username, "web/people/password.html", {"one": person(username)}, apply)


def keep_out(request: Visit, username: str) -> HttpResponse:
    """They sign in no more; what they did stays theirs."""
    actions.change_person(username=username, active=False)
    return _done(request, username, "people_kept_out")


def let_in(request: Visit, username: str) -> HttpResponse:
    """They may sign in again."""
    actions.change_person(username=username, active=True)
    return _done(request, username, "people_let_in")


def unlock(request: Visit, username: str) -> HttpResponse:
    """They may try again at once, after too many failures."""
    actions.unlock(username=username)
    return _done(request, username, "people_unlocked")


def without_second_factor(request: Visit, username: str) -> HttpResponse:
    """They have lost it: the password alone lets them in."""
    actions.remove_second_factor(username=username)
    return _done(request, username, "people_without_second")


def _form(
    request: Visit, username: str, template: str, context: dict[str, Any], apply: Callable[[], str]
) -> HttpResponse:
    if request.method != "POST":
        return render(request, template, context)
    try:
        code = apply()
    except Refused as problem:
        return form_again(request, template, context, problem)
    return done(request, _toast(request, username, code))


def _done(request: Visit, username: str, code: str) -> HttpResponse:
    return done(request, _toast(request, username, code), focus=f"#p-{person(username).id}-lead")


def _toast(request: Visit, username: str, code: str) -> Toast:
    """What was done, to whoever did it and in the log."""
    _LOG.info("%s: %s", request.visitor.by, said(Reader(), code, name=username))
    return Toast(words(request, code, name=username))


def _shown() -> dict[str, Any]:
    return {"people": people()}
