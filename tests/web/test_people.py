"""The first run, people and their roles, one's own page, and what would be unsafe."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from perennial.catalog.actions import initialise
from perennial.catalog.models import Company
from perennial.desk.first_run import set_up
from perennial.errors import Refused
from perennial.language import LANGUAGES, Reader, phrase
from perennial.payments import gateways
from perennial.people.actions import add_person, change_person, make_groups
from perennial.people.queries import people, person, preferences
from perennial.web.safety import dangers
from tests.worlds.card_pages import Paying
from tests.worlds.desk import order

HX = {"HTTP_HX_REQUEST": "true"}
PASSWORD = "a phrase of several words"
SET_UP = {
    "company": "Libreria Aurora",
    "country": "IT",
    "currency": "EUR",
    "time_zone": "Europe/Rome",
    "name": "Giulia Conti",
    "email": "giulia@example.com",
    "password": PASSWORD,
}


@pytest.fixture
def newcomer(db: None) -> Client:
    """A browser in front of an installation that nobody has set up."""
    return Client(SERVER_NAME="127.0.0.1")


def test_the_first_page_guesses_and_sets_up(newcomer: Client) -> None:
    assert newcomer.get("/sign-in")["Location"] == "/first-run"
    html = newcomer.get("/first-run", HTTP_ACCEPT_LANGUAGE="it-IT,it;q=0.9").content.decode()
    for guessed in ('value="IT" selected', "Italia: EUR, Europe/Rome"):
        assert guessed in html
    assert "Configurazione dell&#x27;azienda" in html
    assert "Oggi" not in html  # nobody has said yet by which clock
    done = newcomer.post("/first-run", SET_UP, HTTP_ACCEPT_LANGUAGE="it")
    assert done["Location"] == "/"
    company = Company.objects.get()
    assert (company.name, company.country, company.currency, company.time_zone, company.languages) == (
        "Libreria Aurora",
        "IT",
        "EUR",
        "Europe/Rome",
        ["it"],
    )
    assert person("giulia").roles == ("manager", "administrator")
    assert 'lang="it"' in newcomer.get("/me").content.decode()
    for method in (newcomer.get, newcomer.post):
        assert Client(SERVER_NAME="127.0.0.1").get("/first-run")["Location"] == "/sign-in"
        assert method("/first-run")["Location"] == "/sign-in"


@pytest.mark.parametrize(
    ("country", "given", "becomes"),
    [
        ("CH", {}, ("CHF", "Europe/Zurich")),
        ("JP", {"time_zone": "Europe/Rome"}, ("JPY", "Europe/Rome")),
        ("CH", {"currency": "EUR"}, ("EUR", "Europe/Zurich")),
    ],
)
def test_a_country_brings_its_currency_and_time_zone_unless_another_is_chosen(
    newcomer: Client, country: str, given: dict[str, str], becomes: tuple[str, str]
) -> None:
    offered = newcomer.get("/first-run/place", {"country": country}, **HX).content.decode()
    assert "Europe/Zurich" in offered or "Asia/Tokyo" in offered
    newcomer.post("/first-run", {**SET_UP, "currency": "", "time_zone": "", "country": country, **given})
    company = Company.objects.get()
    assert (company.currency, company.time_zone) == becomes


def test_a_new_installation_says_what_comes_next_until_the_first_order(newcomer: Client) -> None:
    newcomer.post("/first-run", SET_UP)
    assert newcomer.get("/")["Location"] == newcomer.get("/today")["Location"] == "/setup/begin"
    html = newcomer.get("/setup/begin").content.decode()
    for way in ('href="/setup/people"', 'href="/customers/new"', "./run perennial import my-club.json"):
        assert way in html
    add_person(username="marco", password=PASSWORD, roles=("clerk",), email="", name="Marco", language="en")
    assert newcomer.get("/setup/begin").content.decode().count('class="st done"') == 1


def test_after_the_first_order_the_day_begins_as_ever(at_desk: Callable[..., Client]) -> None:
    assert at_desk("manager").get("/today")["Location"] == "/setup/begin"
    order("CLUB")
    assert at_desk("manager").get("/")["Location"] == "/today"
    assert at_desk("manager").get("/today").status_code == 200


@pytest.mark.parametrize(
    ("field", "given", "said"),
    [
        ("password", "ninechars", "9 of 12 characters"),
        ("password", "giulia@example.com", "too similar"),
        ("email", "giulia", "is no e-mail address"),
        ("company", "", "is empty"),
        ("country", "XX", "XX"),
        ("time_zone", "Europe/Roma", "Europe/Roma"),
    ],
)
def test_a_refusal_keeps_all_but_the_password(newcomer: Client, field: str, given: str, said: str) -> None:
    answer = newcomer.post("/first-run", {**SET_UP, field: given})
    html = answer.content.decode()
    assert answer.status_code == 422
    at = html.index(f'id="f-{field}-err"')
    assert said in html[at : at + 300]
    assert 'value="Giulia Conti"' in html
    assert PASSWORD not in html
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_set_ups_at_once_one_wins() -> None:
    make_groups()
    ready, outcomes = threading.Barrier(2), []

    def one(name: str) -> None:
        given = {**SET_UP, "company": name, "email": f"{name}@example.com"}
        ready.wait()
        try:
            set_up(**given, language="en")
            outcomes.append("done")
        except Refused as problem:
            outcomes.append(problem.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(name,)) for name in ("aurora", "borea")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "set_up_already"]
    assert User.objects.count() == 1


def test_somebody_is_added_changed_kept_out_and_let_in(at_desk: Callable[..., Client]) -> None:
    client = at_desk("administrator")
    page = {"HTTP_HX_CURRENT_URL": "http://127.0.0.1/setup/people", **HX}
    assert 'name="username"' in client.get("/setup/new-person", **HX).content.decode()
    given = {"username": "marco", "name": "Marco", "roles": ["clerk"], "password": "short", "language": "it"}
    refused = client.post("/setup/new-person", given, **page)
    assert refused.status_code == 422
    assert "5 of 12 characters" in refused.content.decode()
    assert 'value="marco"' in refused.content.decode()
    added = client.post("/setup/new-person", {**given, "password": PASSWORD}, **page).content.decode()
    assert "marco can sign in now." in added
    assert 'hx-swap-oob="true"' in added
    marco = User.objects.get(username="marco")
    assert preferences(marco).language == "it"

    again = client.post("/setup/new-person", {**given, "username": "MARCO", "password": PASSWORD}, **page)
    assert (again.status_code, "is taken" in again.content.decode()) == (422, True)
    client.post("/setup/people/marco", {"name": "Marco", "roles": ["clerk", "finance"]}, **page)
    assert person("marco").roles == ("clerk", "finance")
    out = client.post("/setup/people/marco/out", **page)
    assert out["HX-Trigger"] == f'{{"desk:focus": "#p-{marco.pk}-lead"}}'
    assert not person("marco").active
    client.post("/setup/people/marco/in", **page)
    assert person("marco").active
    client.post("/setup/people/marco/password", {"password": "some other words in a row"}, **page)
    marco.refresh_from_db()
    assert marco.check_password("some other words in a row")
    said = client.get("/me").content.decode()
    assert "marco can sign in now." in said
    Company.objects.update(time_zone="Pacific/Kiritimati")
    shown = re.search(r'<time datetime="([^"]+)">(..:..)<', client.get("/me").content.decode())
    assert shown is not None
    assert shown[1].endswith("+14:00")
    assert shown[1].partition("T")[2].startswith(shown[2]), "the hour is the company's"


def test_the_last_administrator_stays(at_desk: Callable[..., Client]) -> None:
    client = at_desk("administrator")
    for path, given in (("", {"name": "admin", "roles": ["clerk"]}), ("/out", {})):
        answer = client.post(f"/setup/people/admin{path}", given, **HX)
        assert answer.status_code == 422
        assert "last administrator" in answer.content.decode()
    assert person("admin").roles == ("administrator",)
    add_person(username="second", password=PASSWORD, roles=["administrator"])
    assert client.post("/setup/people/admin", {"name": "admin", "roles": ["clerk"]}, **HX).status_code == 200
    assert client.get("/setup/people").status_code == 403, "at once"


def test_people_take_as_many_queries_as_one(at_desk: Callable[..., Client]) -> None:
    client = at_desk("administrator")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/setup/people")
        return len(queries)

    client.get("/setup/people")
    few = asked()
    for number in range(10):
        add_person(username=f"clerk{number}", password=PASSWORD, roles=["clerk"])
    assert asked() == few


def test_what_is_chosen_on_one_s_own_page_counts_at_once(at_desk: Callable[..., Client]) -> None:
    client = at_desk("clerk")
    for field, value, shown in (
        ("language", "it", '<html lang="it"'),
        ("theme", "dark", 'data-theme="dark"'),
        ("density", "roomy", 'data-density="roomy"'),
        ("letter_keys", "no", 'data-keys="off"'),
    ):
        assert client.post("/me", {field: value}, **HX)["HX-Redirect"] == f"/me?changed={field}"
        assert shown in client.get(f"/me?changed={field}").content.decode()
    client.post("/me", {"day_first": "no"})
    assert preferences(User.objects.get(username="clerk")).day_first is False
    client.post("/me/keys", {"letters": "on"}, **HX)
    assert preferences(User.objects.get(username="clerk")).letter_keys is True
    assert client.post("/me", {"theme": "plaid"}, **HX).status_code == 422


def test_one_s_own_password(at_desk: Callable[..., Client]) -> None:
    client, elsewhere = at_desk("clerk"), at_desk("clerk")
    page = {"HTTP_HX_CURRENT_URL": "http://127.0.0.1/me", **HX}
    wrong = client.post("/me/password", {"old": "guess", "password": PASSWORD}, **page)
    assert wrong.status_code == 422
    assert "not the password of now" in wrong.content.decode()
    done = client.post("/me/password", {"old": "demo", "password": PASSWORD}, **page)
    assert done.status_code == 200
    assert client.get("/me").status_code == 200
    assert elsewhere.get("/me").status_code == 302, "other sessions end"


@pytest.mark.django_db
def test_what_is_unsafe_is_named(settings: Any) -> None:
    def codes() -> set[str]:
        return {one.code for one in dangers()}

    settings.DEBUG, settings.ALLOWED_HOSTS, settings.SECRET_KEY = True, ["*"], "short"
    settings.PERENNIAL_HTTPS, settings.PERENNIAL_GATEWAY = False, "sandbox"
    settings.PERENNIAL_MAIL_URL, settings.PERENNIAL_MAIL_FROM = "smtp://localhost", "club@example.com"
    assert codes() == {"debug", "no_https", "any_host", "short_secret", "no_real_cards", "nobody"}
    settings.DEBUG, settings.ALLOWED_HOSTS, settings.SECRET_KEY = False, [*settings.LOOPBACK], "x" * 50
    settings.PERENNIAL_HTTPS, settings.PERENNIAL_GATEWAY = True, "real"
    assert codes() == {"no_host", "nobody"}
    settings.ALLOWED_HOSTS = ["desk.example.com", *settings.LOOPBACK]
    add_person(username="admin", password="demo", roles=["administrator"], checked=False)
    assert codes() == {"demo_passwords", "without_second_factor"}
    change_person(username="admin", password=PASSWORD)
    assert codes() == {"without_second_factor"}
    assert [one.username for one in people()] == ["admin"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("PERENNIAL_URL", None, "no_address"),
        ("PERENNIAL_URL", "http://127.0.0.1:8000", "address_of_this_machine"),
        ("PERENNIAL_STRIPE_WEBHOOK_SECRETS", [], "no_webhook_secret"),
        ("PERENNIAL_MAIL_URL", None, "mail_server_not_set"),
        ("PERENNIAL_MAIL_URL", "mail.example.com", "mail_url_malformed"),
        ("PERENNIAL_MAIL_URL", "smtp://club:secret@mail.example.com", "mail_password_in_the_clear"),
        ("PERENNIAL_MAIL_URL", "smtp://mail.example.com", "mail_in_the_clear"),
        ("PERENNIAL_MAIL_URL", "smtp://localhost", None),
        ("PERENNIAL_MAIL_FROM", None, "mail_sender_not_set"),
        ("PERENNIAL_MAIL_FROM", "the club", "mail_sender_wrong"),
        ("PERENNIAL_MAIL_CA", "/nowhere/ca.pem", "mail_ca_missing"),
    ],
)
def test_what_links_events_and_mail_need_is_named(
    settings: Any, tmp_path: Path, name: str, value: Any, code: str | None
) -> None:
    initialise()
    add_person(username="admin", password=PASSWORD, roles=["manager"])
    settings.ALLOWED_HOSTS, settings.PERENNIAL_HTTPS = ["desk.example.com"], True
    settings.PERENNIAL_GATEWAY, settings.PERENNIAL_STRIPE_KEY = "stripe", "sk_live_0123456789"
    settings.PERENNIAL_STRIPE_WEBHOOK_SECRETS, settings.PERENNIAL_URL = ["whsec_0123456789"], "https://club.example.com"
    settings.PERENNIAL_MAIL_URL, settings.PERENNIAL_MAIL_FROM = (
        "smtps://club:secret@mail.example.com",
        "club@example.com",
    )
    settings.SECRET_KEY = "x" * 50
    with gateways.use(Paying(tmp_path)):
        assert dangers() == ()
        setattr(settings, name, value)
        found = dangers()
    assert [one.code for one in found] == ([] if code is None else [code])
    for one in found:
        said = [phrase("unsafe", one.code, one.facts, Reader(language)) for language in LANGUAGES]
        assert all(said)
        assert "secret@" not in str(said)
