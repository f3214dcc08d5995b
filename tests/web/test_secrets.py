"""A club lives a whole life with secrets that can be recognised; then they are looked for in everything that it leaves behind.

Pages, worker and commands are real processes. Where a secret may be is listed here, and nowhere else: ``ALLOWED`` for the columns of
the database; docs/pci.md says the same to people.
"""

from __future__ import annotations

import base64
import json
import re
import signal
import socket
import socketserver
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connection
from pypdf import PdfReader

from perennial.catalog.actions import initialise
from perennial.catalog.models import Company
from perennial.customers.models import Customer, StoredCard
from perennial.db import sql
from perennial.desk import actions
from perennial.jobs.requests import ask
from perennial.notices.actions import switch_kind
from perennial.payment_server.start import Running, running
from perennial.payments import gateways
from perennial.payments.gateways.stripe import Simulator
from perennial.payments.models import Dispute, GatewayEvent, Payment
from perennial.people.actions import add_person
from tests import forked, harness
from tests.jobs.meanwhile import url
from tests.jobs.watch import until
from tests.processes import start_perennial
from tests.web.test_sign_in import code
from tests.worlds import desk
from tests.worlds.desk import ANNA, ON, day

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.patient]


def secret(begins: str = "") -> str:
    return f"{begins}{uuid.uuid4().hex}{uuid.uuid4().hex}"


#: What whoever gets hold of it could use, and Perennial is told: no part of it may be anywhere.
SETTINGS = {
    "PERENNIAL_PAYMENT_SERVER_KEYS": secret("sk_test_"),
    "PERENNIAL_PAYMENT_SERVER_CONTROL_KEY": secret("control_"),
    "PERENNIAL_PAYMENT_SERVER_WEBHOOK_SECRET": secret("whsec_"),
    "PERENNIAL_STRIPE_KEY": secret("sk_test_"),
    "PERENNIAL_STRIPE_WEBHOOK_SECRETS": secret("whsec_"),
    "PERENNIAL_SECRET_KEY": secret(),
    "PERENNIAL_METRICS_TOKEN": secret(),
}
LIVE_KEY, SMTP_PASSWORD, PASSWORD, WRONG_PASSWORD = secret("sk_live_"), secret(), secret(), secret()

TOKENS = {
    "customers_storedcard.token": "the card itself",
    "customers_storedcardevent.token": "the card itself, as it was",
    "orders_orderevent.facts": "by which card an order was to be paid, and by which it is",
    "continuity_adjustment.value": "by which card a person said that a line is paid",
    "payments_gatewayevent.facts": "a card that its network has renewed",
    "desk_answer.answer": "what a request was answered, for when it comes again",
}
ALLOWED: dict[str, dict[str, str]] = {
    "the name of a card at its gateway": TOKENS,
    "the secret of an app of codes": {"mfa_authenticator.data": "codes are checked by it"},
    "a session": {"django_session.session_key": "a browser is known by it"},
}
"""The columns that may hold a secret of a kind, and why. Any other kind may be in none."""


class Forms:
    """A browser at the pages: their forms, and the links of the gateway."""

    def __init__(self, site: str) -> None:
        self.site, self.said = site, requests.Session()
        self.said.headers["Accept-Language"] = "en"

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.said.get(path if path.startswith("http") else self.site + path, timeout=60, **more)

    def post(self, path: str, page: str | None = None, **fields: str) -> requests.Response:
        """Send a form of a page, with the token of that page."""
        hidden = self.get(page or path).text
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"|X-CSRFToken&quot;: &quot;(\w+)|"X-CSRFToken": "(\w+)"', hidden)
        given = {**fields, "csrfmiddlewaretoken": next(filter(None, token.groups())) if token else ""}
        return self.said.post(self.site + path, given, timeout=60, headers={"Referer": self.site})

    def sign_in(self, password: str) -> requests.Response:
        return self.post("/sign-in", login="giulia", password=password)


class Life:
    """An installation that is served, and all that it has said."""

    def __init__(self, home: Path, server: Running) -> None:
        self.home, self.server, self.told = home, server, dict[str, str]()
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = int(found.getsockname()[1])
        self.site = f"http://127.0.0.1:{self.port}"
        self.env = {
            **SETTINGS,
            "PERENNIAL_GATEWAY": "simulator",
            "PERENNIAL_PAYMENT_SERVER": server.address,
            "PERENNIAL_URL": self.site,
            "PERENNIAL_TODAY": ON.isoformat(),
            "PERENNIAL_MAIL_URL": f"smtp://mailer:{SMTP_PASSWORD}@127.0.0.1:9",
        }

    @contextmanager
    def served(self) -> Iterator[None]:
        """Pages and a worker, until everything was asked of them."""
        log = self.home / "log"
        with log.open("w") as said:
            words = ("serve", "--port", str(self.port), "--workers", "1")
            process = start_perennial(*words, url=url(), home=self.home, said=said, **self.env, PERENNIAL_LOG="json")
            try:
                until(lambda: self.ready(process), seconds=180)
                yield
            finally:
                process.send_signal(signal.SIGTERM)
                out, _ = process.communicate(timeout=60)
        self.told["log of pages and worker"] = log.read_text() + out

    def ready(self, process: subprocess.Popen[str]) -> bool:
        assert process.poll() is None, (self.home / "log").read_text()
        try:
            return requests.get(f"{self.site}/readyz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def command(self, words: str, status: int | None = 0, *, told: bool = True, **env: str) -> str:
        """A command; what it says is kept, unless it is asked for a secret."""
        given = {name: value for name, value in {**self.env, **env}.items() if value}
        done = forked.perennial(*words.split(), url=url(), home=self.home, **given)
        assert status is None or done.returncode == status, done.stderr
        if told:
            self.told[words] = self.told.get(words, "") + done.stdout
        self.told[f"stderr of {words}"] = done.stderr
        return done.stdout

    def page(self, browser: Forms, path: str, *status: int) -> requests.Response:
        """A page, which is kept."""
        found = browser.get(path)
        assert found.status_code in (status or (200,)), (path, found.status_code, found.text[:500])
        self.told[f"{path} {len(self.told)}"] = found.text
        return found


@pytest.fixture
def life(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    """The desk's club, its cards kept by a payment server."""
    home = harness.open_folder(harness.PREFIX + "secrets-")
    keys = {name: value for name, value in SETTINGS.items() if name.startswith("PERENNIAL_PAYMENT_SERVER")}
    # ``serve`` asks for its webhooks by the key that the server's page names.
    del keys["PERENNIAL_PAYMENT_SERVER_CONTROL_KEY"]
    with running(tmp_path / "payment-server", environment=keys) as server:
        server.control("POST", "clock", {"now": ON.isoformat()})
        settings.SECRET_KEY = SETTINGS["PERENNIAL_SECRET_KEY"]
        settings.PERENNIAL_TODAY, settings.PERENNIAL_GATEWAY = ON, "simulator"
        simulator = Simulator(server.address, key=server.key, secrets=[])
        monkeypatch.setitem(gateways._loaded, "simulator", simulator)
        initialise()
        desk.club()
        Customer.objects.update(email="ada@example.com")
        Company.objects.update(notices_on=True, from_email="club@example.com")
        yield Life(home, server)
    harness.remove(home)


def kept_card(life: Life, account: str, name: str) -> str:
    """A card that the payment server keeps, stored here; the gateway's name of it."""
    there = life.server.control("POST", "card", {"name": name, "account": account})
    actions.store_card(account=account, token=there["id"], exp="12/2030", brand="visa", last4="4242", **ANNA)
    return str(there["id"])


def test_no_secret_is_told(life: Life, test_server: harness.TestServer) -> None:
    secrets = {name: {value} for name, value in SETTINGS.items()}
    secrets |= {"live key": {LIVE_KEY}, "mail": {SMTP_PASSWORD}, "password": {PASSWORD, WRONG_PASSWORD}}
    add_person(username="giulia", password=PASSWORD, roles=["manager", "finance", "administrator"])
    tokens = {kept_card(life, "C-1", "pm_card_visa"), kept_card(life, "C-2", "pm_card_chargeDeclined")}
    good, bad = StoredCard.objects.filter(token__in=tokens).order_by("customer__account").values_list("token", flat=True)

    with life.served():
        giulia = Forms(life.site)
        secrets |= signs_in(life, giulia)
        secrets["link for a card"] = gives_a_card(life)
        tokens |= set(StoredCard.objects.filter(gateway="simulator", token__startswith="pm_").values_list("token", flat=True))
        submits(life, giulia, "C-1", good)
        submits(life, giulia, "C-2", bad)
        nights(life)
        money_moves(life, giulia)
        secrets["a session"] = {str(giulia.said.cookies["perennial_session"])}
        exports(life, giulia)
        mail_is_refused(life)
        breaks(life, giulia, next(iter(secrets["link for a card"])))
    secrets["the name of a card at its gateway"] = tokens

    life.told["log of the database"] = test_server.server.place.log.read_text(errors="replace")
    for file in life.home.rglob("*.log"):
        life.told[str(file)] = file.read_text(errors="replace")
    found = sorted({*told(life, secrets), *kept(secrets)})
    assert found == []
