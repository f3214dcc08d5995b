"""The door: passwords, lockout, second factor, sessions that end, what is told of it and what is not."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from axes.models import AccessAttempt
from django.test import Client

from perennial.people.actions import add_person, change_person
from perennial.web.messages import MOST, note_message
from perennial.web.middleware import BEGAN, SEEN
from tests.worlds.people import people, signed_in

pytestmark = pytest.mark.django_db
HX = {"HTTP_HX_REQUEST": "true"}
PASSWORD = "a phrase of several words"


@pytest.fixture
def giulia() -> str:
    """Somebody with a name, an e-mail address and a password of her own."""
    person = add_person(username="giulia", password=PASSWORD, roles=["clerk"], email="Giulia@example.com")
    return person.username


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    ours = logging.getLogger("perennial")
    ours.addHandler(caplog.handler)
    yield caplog
    ours.removeHandler(caplog.handler)


def door(**more: Any) -> Client:
    return Client(SERVER_NAME="127.0.0.1", **more)


def sign_in(client: Client, login: str = "giulia", password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/sign-in", {"login": login, "password": password, **more})


def code(secret: str, step: int = 0) -> str:
    """What the app shows: now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def enrolled(client: Client) -> str:
    """Set up an app from the page, as a person does; its secret."""
    page = client.get("/me/security/app")
    assert page["Location"] == "/me/security/again?next=%2Fme%2Fsecurity%2Fapp"
    assert client.post(page["Location"], {"password": PASSWORD, "next": "/me/security/app"})["Location"] == (
        "/me/security/app"
    )
    html = client.get("/me/security/app").content.decode()
    assert "<svg" in html
    assert " style=" not in html
    assert "data:" not in html
    found = re.search(r'id="secret">(\w+)<', html)
    assert found is not None
    assert "not right" in client.post("/me/security/app", {"code": "000000"}).content.decode()
    done = client.post("/me/security/app", {"code": code(found[1])})
    assert done["Location"] == "/me/security/codes"
    return found[1]


@pytest.mark.parametrize("login", ["giulia", "GIULIA", "giulia@EXAMPLE.com"])
def test_in_by_name_or_address(giulia: str, login: str) -> None:
    client = door()
    assert sign_in(client, login)["Location"] == "/"
    assert client.get("/", follow=True).redirect_chain[-1] == ("/search", 302)


@pytest.mark.parametrize(
    ("given", "to"),
    [("/customers/C-1", "/customers/C-1"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("", "/")],
)
def test_only_to_pages_of_our_own(giulia: str, given: str, to: str) -> None:
    assert sign_in(door(), next=given)["Location"] == to


def test_which_part_was_wrong_is_not_said(giulia: str) -> None:
    answers = []
    for login in ("giulia", "nobody"):
        answer = sign_in(door(), login, "not the password")
        assert answer.status_code == 422
        answers.append(re.sub(r'value="[^"]*"|hx-headers=\'[^\']*\'', "", answer.content.decode()))
    assert answers[0] == answers[1]
    assert "do not fit together" in answers[0]


def test_the_language_that_is_chosen_stays() -> None:
    people()
    client = door()
    assert "Accedi" in client.get("/sign-in?language=it").content.decode()
    assert 'lang="it"' in client.get("/sign-in").content.decode()
    client.get("/sign-in?language=en")
    assert 'lang="en"' in client.get("/sign-in", HTTP_ACCEPT_LANGUAGE="it-IT").content.decode()


def test_five_failures_lock_however_the_name_is_typed(giulia: str, log: pytest.LogCaptureFixture) -> None:
    client = door()
    spelled = ["giulia", "Giulia", "giulia@example.com", "GIULIA"]
    shown = [sign_in(client, login, "wrong wrong wrong").content.decode() for login in spelled]
    assert "tries are left" not in shown[0]
    assert "One try is left." in shown[3]
    locked = sign_in(client, "giulia", "wrong wrong wrong")
    assert locked.status_code == 429
    assert "Try again in 10 minutes" in locked.content.decode()
    assert sign_in(client).status_code == 429
    over = client.post("/sign-in/again", {"login": "giulia", "password": PASSWORD}, **HX)
    assert over.status_code == 422
    assert "Try again in 10 minutes" in over.content.decode()
    said = [record.getMessage() for record in log.records]
    assert "'giulia' is locked out from 127.0.0.1" in said
    assert sum("was not signed in" in one for one in said) >= 5
    change_person(username="giulia", password="another phrase of words")
    assert sign_in(client, password="another phrase of words").status_code == 302
    assert "giulia signed in from 127.0.0.1" in [record.getMessage() for record in log.records]


def test_the_password_of_a_demo_lets_nobody_in_where_cards_are_real(settings: Any) -> None:
    people()
    settings.PERENNIAL_GATEWAY = "sandbox"
    assert "Password: demo" in door().get("/sign-in").content.decode()
    assert sign_in(door(), "clerk", "demo").status_code == 302
    settings.PERENNIAL_GATEWAY = "real"
    page = door().get("/sign-in").content.decode()
    assert "demo" not in page
    assert "An administrator can set a new one" in page
    assert sign_in(door(), "clerk", "demo").status_code == 422


def test_over_a_page_whose_session_has_ended(giulia: str) -> None:
    client = door(enforce_csrf_checks=True)

    def post(**given: str) -> Any:
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', client.get("/sign-in/again", **HX).content.decode())
        assert token is not None
        old = {"HTTP_X_CSRFTOKEN": "the token of a page that is old"}
        return client.post("/sign-in/again", {**given, "csrfmiddlewaretoken": token[1]}, **HX, **old)

    wrong = post(login="giulia", password="wrong wrong wrong")
    assert wrong.status_code == 422
    assert "do not fit together" in wrong.content.decode()
    assert "<html" not in wrong.content.decode()
    right = post(login="giulia", password=PASSWORD)
    assert (right.status_code, right.content) == (200, b"")
    told = json.loads(right["HX-Trigger"])["desk:signed-in"]
    assert told["account"] == "giulia"
    assert client.post("/me/keys", {"letters": "off"}, HTTP_X_CSRFTOKEN=told["token"], **HX).status_code == 204
    assert json.loads(client.get("/sign-in/again", **HX)["HX-Trigger"])["desk:signed-in"]["account"] == "giulia"


def test_an_app_from_its_picture_to_the_sign_in(giulia: str) -> None:
    client = door()
    sign_in(client)
    secret = enrolled(client)
    stored = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert secret not in json.dumps(stored.data)
    codes = re.findall(r"<code>([\d ]+)</code>", client.get("/me/security/codes").content.decode())
    assert len(codes) == 10
    assert client.get("/me/security/codes/file").content.decode().split() == " ".join(codes).split()
    client.post("/sign-out")

    assert sign_in(client, next="/search")["Location"] == "/sign-in/second"
    assert client.get("/search")["Location"].startswith("/sign-in")
    wrong = client.post("/sign-in/second", {"code": "123456"})
    assert wrong.status_code == 422
    assert "not right" in wrong.content.decode()
    assert AccessAttempt.objects.get().failures_since_start == 1
    later = code(secret, 1)  # that of now was used when the app was set up
    assert client.post("/sign-in/second", {"code": later})["Location"] == "/search"
    assert client.get("/search").status_code == 200

    other = door()
    sign_in(other)
    assert other.post("/sign-in/second", {"code": later}).status_code == 422, "a code does for one sign-in"
    assert other.post("/sign-in/second", {"code": codes[0].strip()})["Location"] == "/"

    asked = client.post("/me/security/app/remove")["Location"]
    assert asked == "/me/security/again?next=%2Fme%2Fsecurity%2Fapp%2Fremove"
    removed = client.post(asked, {"password": PASSWORD, "next": "/me/security/app/remove"})
    assert removed["Location"] == "/me/security", "what was asked before is done"
    assert sign_in(door())["Location"] == "/"


def test_what_stands_beside_a_password_asks_for_it_once_more(giulia: str) -> None:
    client = door()
    sign_in(client)
    wrong = client.post("/me/security/again", {"password": "wrong wrong wrong", "next": "/me/security/app"})
    assert "This is not your password" in wrong.content.decode()
    assert client.get("/me/security/app").status_code == 302


def test_codes_cannot_be_tried_out(giulia: str) -> None:
    client = door()
    sign_in(client)
    secret = enrolled(client)
    client = door()
    sign_in(client)
    for _ in range(4):
        assert client.post("/sign-in/second", {"code": "000000"}).status_code == 422
    assert client.post("/sign-in/second", {"code": "000000"}).status_code == 429
    assert client.post("/sign-in/second", {"code": code(secret, 1)}).status_code == 429
    assert client.get("/search").status_code == 302


def test_a_code_over_a_page(giulia: str) -> None:
    client = door()
    sign_in(client)
    secret = enrolled(client)
    client = door()
    asked = client.post("/sign-in/again", {"login": "giulia", "password": PASSWORD}, **HX)
    assert asked.status_code == 200
    assert 'name="code"' in asked.content.decode()
    assert "HX-Trigger" not in asked
    assert client.post("/sign-in/again", {"code": "000000"}, **HX).status_code == 422
    assert 'name="code"' in client.get("/sign-in/again", **HX).content.decode()
    right = client.post("/sign-in/again", {"code": code(secret, 1)}, **HX)
    assert json.loads(right["HX-Trigger"])["desk:signed-in"]["account"] == "giulia"


@pytest.mark.parametrize("key", [SEEN, BEGAN])
def test_a_session_ends_when_nothing_happens_and_after_a_day_s_work(giulia: str, settings: Any, key: str) -> None:
    client = signed_in("clerk")
    assert client.post("/me/stay", **HX).status_code == 204
    lasts = settings.PERENNIAL_IDLE_SECONDS if key == SEEN else settings.SESSION_COOKIE_AGE
    session = client.session
    session[key] -= lasts - 100
    session.save()
    assert client.post("/me/stay", **HX).status_code == 204
    session = client.session
    session[key] = time.time() - lasts - 1
    session.save()
    assert client.post("/me/stay", **HX).status_code == 401
    assert client.get("/me")["Location"] == "/sign-in?next=/me"


def test_whoever_is_kept_out_is_out_at_once() -> None:
    client = signed_in("clerk")
    change_person(username="clerk", active=False)
    assert client.get("/me").status_code == 302


HEADERS = {
    "Content-Security-Policy": (
        "base-uri 'none'; connect-src 'self'; default-src 'none'; form-action 'self'; frame-ancestors 'none';"
        " frame-src 'self'; img-src 'self'; script-src 'self'; style-src 'self'; report-uri /csp"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


@pytest.mark.parametrize("path", ["/sign-in", "/me", "/no-such-page"])
def test_headers_of_every_page(path: str) -> None:
    answer = signed_in("clerk").get(path) if path != "/sign-in" else (people(), door().get(path))[1]
    for name, value in HEADERS.items():
        if name == "Content-Security-Policy":
            assert sorted(answer[name].split("; ")) == sorted(value.split("; "))
        else:
            assert value in answer[name], name
    html = answer.content.decode()
    assert not re.search(r"<script(?![^>]*(src=|application/json))|\sstyle=|\son\w+=", html)


def test_a_violation_is_logged(log: pytest.LogCaptureFixture) -> None:
    assert door().post("/csp", b'{"csp-report": 1}', content_type="application/csp-report").status_code == 204
    assert "csp-report" in log.text


def test_messages_are_kept_on_one_s_own_page(at_desk: Any) -> None:
    client = at_desk("clerk")
    client.get("/me")
    request: Any = type("Request", (), {"session": client.session})()
    for number in range(MOST + 5):
        note_message(request, f"Said {number}.")
    request.session.save()
    html = client.get("/me").content.decode()
    assert html.count("Said ") == MOST
    assert f"Said {MOST + 4}." in html
    assert "Said 0." not in html
