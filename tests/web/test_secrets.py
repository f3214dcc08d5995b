"""A club lives a whole life with secrets that can be recognised; then they are looked for in everything that it leaves behind.

Pages, worker and commands are real processes. Where a secret may be is listed here, and nowhere else: ``ALLOWED`` for the columns of
the database; docs/pci.md says the same to people.
"""

from __future__ import annotations

import base64
import io
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
from pypdf import PdfReader

from perennial.catalog.actions import initialise
from perennial.catalog.models import Company
from perennial.customers.models import Customer, GatewayCustomer, StoredCard
from perennial.db import sql
from perennial.desk import actions
from perennial.desk.read.exceptions import KINDS
from perennial.jobs.models import JobRequest
from perennial.moving.models import Transfer
from perennial.notices.links import token_of
from perennial.payment_server.cards import CHOICES
from perennial.payment_server.start import Running, running
from perennial.payments import gateways
from perennial.payments.gateways.stripe import Simulator
from perennial.payments.models import CardLink, Dispute, GatewayEvent, Payment
from perennial.people.actions import add_person
from perennial.worker.queue import ask
from tests import forked, harness
from tests.jobs.meanwhile import url
from tests.jobs.watch import until
from tests.processes import start_perennial
from tests.web.test_sign_in import code
from tests.worlds import desk
from tests.worlds.desk import ANNA, ON

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
AUTH = base64.b64encode(f"\0mailer\0{SMTP_PASSWORD}".encode()).decode()
"""The password of the mail server, as it goes over the wire."""
CSV = (
    *(f"/exceptions/{kind}.csv" for kind in KINDS),
    *(f"/pictures/{name}.csv" for name in ("demand", "money", "retention", "nights")),
    *("/orders.csv", "/reports/sources.csv", "/money/differences.csv", "/setup/products.csv"),
)

TOKENS = {
    "customers_storedcard.token": "the card itself",
    "customers_storedcardhistory.token": "the card itself, as it was",
    "orders_orderevent.data": "by which card a person has let an order be paid",
    "desk_answer.answer": "what a request was answered, for whoever sends it again",
    "payments_gatewayevent.facts": "a card that its network has renewed",
}
ALLOWED: dict[str, dict[str, str]] = {
    "the name of a card at its gateway": TOKENS,
    "a session": {"django_session.session_key": "a browser is known by it"},
}
"""The columns that hold a secret of a kind, and why. Any other kind is in none, and no other column holds one."""


class Forms:
    """A browser at the pages: their forms, and the links of the gateway."""

    def __init__(self, site: str) -> None:
        self.site, self.said = site, requests.Session()
        self.said.headers["Accept-Language"] = "en"

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.said.get(path if path.startswith("http") else self.site + path, timeout=60, **more)

    def post(self, path: str, **fields: str) -> requests.Response:
        """Send a form."""
        if "perennial_csrf" not in self.said.cookies:
            self.get("/sign-in")
        given = {**fields, "csrfmiddlewaretoken": self.said.cookies["perennial_csrf"]}
        return self.said.post(self.site + path, given, timeout=60, headers={"Referer": self.site})

    def sign_in(self, password: str) -> requests.Response:
        return self.post("/sign-in", login="giulia", password=password)


class Life:
    """An installation that is served, and all that it has said."""

    def __init__(self, home: Path, server: Running) -> None:
        self.home, self.server = home, server
        self.told: dict[str, str] = {}
        self.bundles: list[str] = []
        self.card, self.refused_card = "", secret("pm_")
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
        given: dict[str, Any] = {name: value for name, value in {**self.env, **env}.items() if value}
        done = forked.perennial(*words.split(), url=url(), home=self.home, **given)
        assert status is None or done.returncode == status, done.stderr
        if told:
            self.told[words[:40]] = self.told.get(words[:40], "") + done.stdout
        self.told[f"stderr of {words[:40]}"] = done.stderr
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
    with running(tmp_path / "payment-server", environment=SETTINGS) as server:
        server.control("POST", "clock", {"now": ON.isoformat()})
        settings.SECRET_KEY = SETTINGS["PERENNIAL_SECRET_KEY"]
        settings.PERENNIAL_TODAY, settings.PERENNIAL_GATEWAY = ON, "simulator"
        monkeypatch.setitem(gateways._loaded, "simulator", Simulator(server.address, key=server.key, secrets=[]))
        initialise()
        desk.club()
        Customer.objects.update(email="ada@example.com")
        Company.objects.update(notices_on=True, from_email="club@example.com")
        found = Life(home, server)
        told = {
            "url": f"{found.site}/gateway/simulator/events",
            "secret": SETTINGS["PERENNIAL_PAYMENT_SERVER_WEBHOOK_SECRET"],
        }
        server.control("POST", "webhooks", told)
        yield found
    harness.remove(home)


def kept_card(life: Life, account: str, name: str) -> str:
    """A card that the payment server keeps, stored here; the gateway's name of it."""
    card = {"id": secret("pm_"), "account": account, "name": name}
    there = life.server.control("POST", "cards", {"cards": [card]})["customers"][account]
    GatewayCustomer.objects.create(customer=Customer.objects.get(account=account), gateway="simulator", reference=there)
    actions.store_card(account=account, token=card["id"], exp="12/2030", brand="visa", last4="4242", **ANNA)
    return card["id"]


def test_no_secret_is_told(life: Life, test_server: harness.TestServer) -> None:
    secrets = {name: {value} for name, value in SETTINGS.items()}
    secrets |= {"live key": {LIVE_KEY}, "mail": {SMTP_PASSWORD, AUTH}, "password": {PASSWORD, WRONG_PASSWORD}}
    add_person(username="giulia", password=PASSWORD, roles=["manager", "finance", "administrator"])
    good, bad = life.card, _ = (
        kept_card(life, "C-1", "pm_card_visa"),
        kept_card(life, "C-2", "pm_card_visa_chargeDeclined"),
    )

    with life.served():
        giulia = Forms(life.site)
        secrets |= signs_in(life, giulia)
        secrets["link for a card"] = gives_a_card(life)
        child, refused = submitted(life, giulia, "C-1", good), submitted(life, giulia, "C-2", bad)
        nights(life, child, refused)
        money_moves(life, child)
        shows(life, giulia, child, refused)
        exports(life, giulia)
        mail_is_refused(life)
        breaks(life, giulia, min(secrets["link for a card"]))
        secrets["a session"] = {str(giulia.said.cookies["perennial_session"])}
    tokens = set(StoredCard.objects.filter(token__startswith="pm_").values_list("token", flat=True))
    assert len(tokens) == 3
    secrets["the name of a card at its gateway"] = {*tokens, life.refused_card}

    life.told["log of the database"] = test_server.server.place.log.read_text(errors="replace")
    assert sorted(set(told(life, secrets))) == []
    assert sorted(set(kept(secrets))) == sorted((kind, place) for kind, of in ALLOWED.items() for place in of)


def signs_in(life: Life, giulia: Forms) -> dict[str, set[str]]:
    """With a wrong password, then with the right one, then with a second factor; what she got to know."""
    wrong = giulia.sign_in(WRONG_PASSWORD)
    assert wrong.status_code == 422
    life.told["a wrong password"] = wrong.text
    giulia.sign_in(PASSWORD)
    giulia.post("/me/security/again", password=PASSWORD, next="/me/security/app")
    app = re.search(r'id="secret">(\w+)<', giulia.get("/me/security/app").text)
    assert app is not None
    giulia.post("/me/security/app", code=code(app[1]))
    codes = {
        one.replace(" ", "") for one in re.findall(r"<code>([\d ]+)</code>", giulia.get("/me/security/codes").text)
    }
    assert len(codes) == 10
    giulia.post("/sign-out")
    giulia.sign_in(PASSWORD)
    assert giulia.post("/sign-in/second", code="000000").status_code == 422
    giulia.post("/sign-in/second", code=code(app[1], 1))
    life.page(giulia, "/search")
    return {"the secret of an app of codes": {app[1]}, "codes for an emergency": codes}


def gives_a_card(life: Life) -> set[str]:
    """Two links: one is shown to a clerk and used, one goes out by mail. Their tokens."""
    shown = json.loads(life.command("card-link send C-1 --show --json", told=False))
    life.command("card-link send C-2 --json")
    browser = Forms(life.site)
    link = shown["url"]
    page = browser.get(link)
    life.told["what a customer reads"] = page.text.replace(link, "").replace(link.removeprefix(life.site), "")
    agreed = dict(re.findall(r'name="(agreed|in|csrfmiddlewaretoken)" value="([^"]*)"', page.text))
    there = browser.said.post(link, agreed, headers={"Referer": life.site}, allow_redirects=False, timeout=60)
    assert there.status_code == 303, there.text
    done = browser.said.post(there.headers["Location"], {"card": CHOICES[0][0]}, timeout=60)
    assert done.url.endswith("/done"), done.text
    assert until(lambda: GatewayEvent.objects.exclude(handled_at=None).filter(kind="card_page"))
    assert until(lambda: list((life.home / "mail").glob("*.eml")))
    life.command("card-link list", told=False)
    return {
        link.rpartition("/")[2],
        token_of(shown["link"]),
        token_of(CardLink.objects.get(customer__account="C-2").pk),
    }


def submitted(life: Life, giulia: Forms, account: str, card: str) -> str:
    """An order is entered and submitted; its number."""
    made = json.loads(
        life.command(f"order start {account} --item S-CLUB --card {card} --key {account} --json", told=False)
    )
    number = str(made["order"])
    page = giulia.post(f"/orders/{number}/submit", agreed="on", key=secret())
    assert page.ok, page.text
    life.told[f"submitted {number}"] = page.text
    return number


def nights(life: Life, paid: str, refused: str) -> None:
    """Nights of the worker: one card is refused, one is renewed. A command with a wrong key gets to know nothing."""
    life.server.control("POST", "renew", {"payment_method": life.card})
    until(lambda: GatewayEvent.objects.filter(kind="card").exclude(handled_at=None))
    request = ask(job="night", on=ON, by="clerk:giulia")
    until(lambda: JobRequest.objects.filter(pk=request.pk).exclude(status__in=("waiting", "running")), seconds=120)
    assert JobRequest.objects.get(pk=request.pk).status == "done"
    assert Payment.objects.filter(order__number=f"{refused}-1-001", status="declined").exists()
    life.command(f"order collect {refused}", None, PERENNIAL_PAYMENT_SERVER_KEYS=secret("sk_test_"))
    life.command(f"order reprocess {refused}", None)
    new = StoredCard.objects.exclude(token=life.card).filter(customer__account="C-1", token__startswith="pm_").get()
    life.command(f"order card {paid} --token {new.token} --key another", told=False)
    life.command(f"order undo {paid}", None)


def money_moves(life: Life, number: str) -> None:
    """Taken, given back in part, then disputed."""
    child = f"{number}-1-001"
    for words in (f"order ship {child}", f"order invoice {child}", "job process-payments"):
        life.command(words)
    payment = Payment.objects.get(order__number=child)
    assert payment.status == "captured"
    life.command(f"order refund {child} --reason damaged --amount 2.00")
    life.command("job process-payments")
    life.server.control("POST", "dispute", {"payment_intent": payment.gateway_ref})
    until(lambda: Dispute.objects.exists())


def shows(life: Life, giulia: Forms, number: str, refused: str) -> None:
    """What people look at, and print."""
    for path in (
        "/jobs",
        "/today",
        "/messages",
        "/money/differences",
        "/setup/people",
        f"/disputes/{Dispute.objects.get().pk}/evidence",
    ):
        life.page(giulia, path)
    for one in (number, refused):
        for path in ("", "/history", "/payments", "/messages"):
            page = life.page(giulia, f"/orders/{one}{path}")
            life.told[f"/orders/{one}{path}"] = page.text
    pdf = giulia.get(f"/disputes/{Dispute.objects.get().pk}/evidence?pdf").content
    life.told["evidence"] = "".join(one.extract_text() for one in PdfReader(io.BytesIO(pdf)).pages)
    for words in ("check", "check once", "watch", "money differences", "check --deploy", "people list", "notices list"):
        life.command(words, None)


def exports(life: Life, giulia: Forms) -> None:
    """Every list as a file, figures for monitors, everything as one bundle. A backup has all tables: it is to be kept as they are."""
    for path in CSV:
        found = life.page(giulia, path)
        assert "text/csv" in found.headers["Content-Type"], path
    metrics = giulia.get("/metrics", headers={"Authorization": f"Bearer {SETTINGS['PERENNIAL_METRICS_TOKEN']}"})
    assert "perennial_workers" in metrics.text
    life.told["/metrics"] = metrics.text
    giulia.post("/setup/moving-in/export")
    until(lambda: Transfer.objects.filter(kind="export", status="done"), seconds=120)
    life.bundles.append(giulia.get(f"/setup/moving-in/{Transfer.objects.get().pk}/file").text)
    life.bundles.append(life.command("export -", told=False))


class Refuses(socketserver.StreamRequestHandler):
    """A mail server that knows nobody, and says what it was sent."""

    def handle(self) -> None:
        self.wfile.write(b"220 mail\r\n")
        for line in self.rfile:
            said = line.strip()
            if said[:4].upper() == b"EHLO":
                self.wfile.write(b"250-mail\r\n250 AUTH PLAIN\r\n")
            elif said[:4].upper() == b"AUTH":
                self.wfile.write(b"535 no such user, you said " + said + b"\r\n")
            else:
                self.wfile.write(b"221 bye\r\n")


def mail_is_refused(life: Life) -> None:
    """Where cards are real, mail goes out by the company's server, which does not know us."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refuses) as mails:
        threading.Thread(target=mails.serve_forever, daemon=True).start()
        at: dict[str, Any] = {"PERENNIAL_GATEWAY": "stripe", "PERENNIAL_STRIPE_KEY": LIVE_KEY, "PERENNIAL_TODAY": ""}
        for port in (mails.server_address[1], 9):
            mail = f"smtp://mailer:{SMTP_PASSWORD}@127.0.0.1:{port}"
            life.command("notices send", 1, **at, PERENNIAL_MAIL_URL=mail)
        life.command("check --deploy", None, **at, PERENNIAL_MAIL_URL="nonsense:" + SMTP_PASSWORD)
        mails.shutdown()


def breaks(life: Life, giulia: Forms, link: str) -> None:
    """Faults of ours, with somebody signed in and without: what the pages say then, and the log."""
    sql.execute("alter table customers_storedcard rename to gone")
    life.page(giulia, "/customers/C-1", 500)
    sql.execute("alter table gone rename to customers_storedcard")
    sql.execute("alter table payments_cardlink rename to gone")
    life.page(Forms(life.site), f"/k/{link}", 500)
    sql.execute("alter table gone rename to payments_cardlink")
    sql.execute("alter table customers_storedcard add constraint never check (false) not valid")
    life.command(f"card C-1 --token {life.refused_card} --brand visa --last4 4242 --exp 12/2030", 1)
    sql.execute("alter table customers_storedcard drop constraint never")
    sql.execute("alter table axes_accessattempt rename to gone")
    stranger = Forms(life.site)
    assert stranger.sign_in(PASSWORD).status_code == 500
    life.told["a fault at the door"] = stranger.sign_in(WRONG_PASSWORD).text
    sql.execute("alter table gone rename to axes_accessattempt")


def told(life: Life, secrets: dict[str, set[str]]) -> Iterator[str]:
    """Where a secret stands in what was said."""
    for where, text in life.told.items():
        for kind, values in secrets.items():
            if any(value in text for value in values):
                yield f"{kind}: in {where}"
    for bundle in life.bundles:
        assert len(bundle) > 1000
        for kind, values in secrets.items():
            if kind != "the name of a card at its gateway" and any(value in bundle for value in values):
                yield f"{kind}: in a bundle"


def kept(secrets: dict[str, set[str]]) -> Iterator[tuple[str, str]]:
    """Which kinds of secrets stand in the database, and in which column; every column of every table is looked at as text."""
    tables = "select quote_ident(relname) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    for (table,) in sql.tuples(tables):
        for (row,) in sql.tuples(f"select to_jsonb(t)::text from {table} t"):
            for column, value in json.loads(row).items():
                text = json.dumps(value, ensure_ascii=False)
                for kind, values in secrets.items():
                    if any(one in text for one in values):
                        yield kind, f"{table}.{column}"
