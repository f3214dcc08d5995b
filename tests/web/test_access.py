"""Who may open what: every address, by every role and every method. And what a view does not do."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern

import perennial.web.pages
from perennial.people.roles import ROLES
from perennial.web.access import ANYBODY, SIGNED_IN
from perennial.web.urls import urlpatterns
from tests.worlds.people import people

SAMPLES = {"IntConverter": "1", "StringConverter": "X", "SlugConverter": "x", "PathConverter": "x"}
METHODS = ("GET", "POST", "PUT", "DELETE")
PAGES = sorted(Path(perennial.web.pages.__file__).parent.rglob("*.py"))


def address(pattern: URLPattern) -> str:
    """The address of a pattern, with invented arguments."""
    found = str(pattern.pattern)
    for converter in pattern.pattern.converters.values():
        before, _, rest = found.partition("<")
        found = before + SAMPLES[type(converter).__name__] + rest.partition(">")[2]
    return f"/{found}"


def asked(pattern: URLPattern, method: str) -> str | None:
    return {"GET": pattern.callback.see, "POST": pattern.callback.do}.get(method)  # type: ignore[attr-defined]


def every() -> Iterator[tuple[URLPattern, str]]:
    for pattern in urlpatterns:
        for method in METHODS:
            yield pattern, method


def may(role: str | None, permission: str) -> bool:
    return permission == ANYBODY or (role is not None and (permission == SIGNED_IN or permission in ROLES[role]))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_it_may(at_desk: Callable[..., Client], role: str) -> None:
    client = at_desk(role)
    client.raise_request_exception = False
    for pattern, method in every():
        if "_auth_user_id" not in client.session:  # an address before this one signs out
            client = at_desk(role)
            client.raise_request_exception = False
        wanted, place = asked(pattern, method), f"{method} {address(pattern)}"
        answer = client.generic(method, address(pattern), HTTP_HX_REQUEST="true")
        if wanted is None:
            assert answer.status_code == 405, place
        elif may(role, wanted):
            assert answer.status_code not in (401, 403, 405, 500), place
        else:
            assert answer.status_code == 403, place


@pytest.mark.django_db
def test_nobody_opens_anything_before_signing_in() -> None:
    people()
    client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
    for pattern, method in every():
        wanted, place = asked(pattern, method), address(pattern)
        plain, part = (client.generic(method, place, **more) for more in ({}, {"HTTP_HX_REQUEST": "true"}))
        if wanted is None:
            assert (plain.status_code, part.status_code) == (405, 405), place
        elif wanted == ANYBODY:
            assert plain.status_code not in (401, 403, 405, 500), place
        else:
            assert part.status_code == 401, place
            assert plain.status_code == 302, place
            assert plain["Location"].startswith("/sign-in"), place


def test_every_permission_is_a_role_s() -> None:
    for pattern, method in every():
        wanted = asked(pattern, method)
        assert wanted is None or wanted in (ANYBODY, SIGNED_IN) or any(wanted in has for has in ROLES.values())


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_a_view_holds_no_sql_and_writes_no_model(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("objects", "cursor", "execute"), f"{file.name}:{node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in ("save", "delete", "bulk_create"), f"{file.name}:{node.lineno}"
        if isinstance(node, ast.ImportFrom):
            below = node.module or ""
            assert not below.startswith(("django.db", "psycopg")), file.name
            assert not below.startswith("perennial.db") or below == "perennial.db.pages", file.name
