"""What every gateway must do. One of your own joins by ``PERENNIAL_TEST_GATEWAY=module:function``, which makes its ``Bench``."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request as Page
from urllib.request import urlopen

import pytest

from perennial.payment_server.start import Running
from perennial.payments.gateways import Answer, Gateway, KeyReused, Request, ask
from perennial.payments.gateways.contract import (
    CardPageEnd,
    CardPageRequest,
    Event,
    KeepsBook,
    KeepsCards,
    NotGenuine,
    SendsEvents,
)
from perennial.payments.gateways.sandbox import Sandbox
from perennial.payments.gateways.stripe import Simulator
from tests.harness import OWN_GATEWAY
from tests.simulators import payment_server

ON = date(2026, 3, 10)
SECRET = "whsec_of_the_tests"


def nothing(*of: object) -> None:
    """A gateway that needs no telling."""


@dataclass
class Bench:
    """A gateway with the cards that make it approve, decline in every way, and leave the end open for a moment.

    ``wait``: until what was pending, or lost, has ended. ``pass_to``: the gateway's own clock, where it has one, is at this day.
    ``lose``: the next answer to a charge is lost. ``choose``: a customer stores a card on a page. ``heard``: what it has told.
    """

    gateway: Gateway
    approves: str
    declines: str
    declines_hard: str
    requires_customer: str
    pending: str
    kept: str
    loses: str
    wait: Callable[[], object] = nothing
    pass_to: Callable[[date], object] = nothing
    lose: Callable[[], object] = nothing
    choose: Callable[[str], object] = nothing
    heard: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)

    def send(self, kind: str, key: str, **more: object) -> Answer:
        return ask(self.gateway, self.request(kind, key, **more))

    def request(self, kind: str, key: str, **more: object) -> Request:
        values = {
            "kind": kind,
            "key": f"{self.prefix}-{key}",
            "about": f"SO-000001/{kind}/1/{key}",
            "amount_minor": 1995,
            "currency": "USD",
            "on": ON,
            "customer": "C-1",
            "token": self.approves if kind in ("authorise", "charge") else None,
            **more,
        }
        return Request(**values)  # type: ignore[arg-type]

    prefix: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    """Of the keys: a gateway that lives longer than a test has seen those of others."""


def of_the_sandbox(home: Path) -> Iterator[Bench]:
    yield Bench(
        Sandbox(home, find_delay=0.2),
        approves="tok_visa",
        declines="tok_declined",
        declines_hard="tok_hard",
        requires_customer="tok_customer",
        pending="tok_pending",
        kept="tok_kept",
        loses="tok_lost",
        wait=lambda: time.sleep(0.25),
    )


def of_the_simulator(home: Path) -> Iterator[Bench]:
    """Stripe's adapter, over HTTP; an ear beside it hears what the server tells."""
    heard: list[tuple[bytes, dict[str, str]]] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.rfile.read(int(self.headers["Content-Length"])), dict(self.headers)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *of: object) -> None:
            """Quiet."""

    ear = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=ear.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    server = payment_server()
    server.control("POST", "clock", {"now": ON.isoformat()})
    server.control("POST", "settings", {"authorisation_days": Simulator.authorisation_days, "moment": 60})
    server.control("POST", "webhooks", {"url": f"http://127.0.0.1:{ear.server_port}/", "secret": SECRET})
    yield Bench(
        Simulator(server.address, secrets=["whsec_another", SECRET]),
        approves="pm_card_visa",
        declines="pm_card_visa_chargeDeclinedInsufficientFunds",
        declines_hard="pm_card_visa_chargeDeclinedStolenCard",
        requires_customer="pm_card_authenticationRequired",
        pending="pm_script_processing",
        kept="pm_card_visa",
        loses="pm_card_visa",
        wait=lambda: server.control("POST", "clock", {"seconds": 61}),
        pass_to=lambda day: server.control("POST", "clock", {"now": day.isoformat()}),
        lose=lambda: lose_next(server),
        choose=lambda url: urlopen(Page(url, urlencode({"card": "valid"}).encode()), timeout=30).close(),
        heard=heard,
    )
    ear.shutdown()
    ear.server_close()


def lose_next(server: Running) -> None:
    rule = {"fault": "lost_after", "path": "/v1/payment_intents$", "method": "POST", "next": 1}
    server.control("POST", "faults", {"rules": [rule]})


MAKERS: dict[str, Callable[[Path], Iterator[Bench]]] = {"sandbox": of_the_sandbox, "simulator": of_the_simulator}
if OWN_GATEWAY:
    module, _, function = OWN_GATEWAY.partition(":")
    MAKERS[OWN_GATEWAY] = getattr(import_module(module), function)


@pytest.fixture(params=sorted(MAKERS))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    yield from MAKERS[request.param](tmp_path)


def test_it_says_what_it_is(bench: Bench) -> None:
    assert isinstance(bench.gateway, Gateway)
    assert bench.gateway.authorisation_days >= 2
    assert bench.gateway.connections >= 1


@pytest.mark.parametrize("kind", ["authorise", "charge"])
def test_approved_declined_and_hard(bench: Bench, kind: str) -> None:
    yes = bench.send(kind, "k1")
    assert (yes.outcome, yes.category, yes.hard) == ("approved", None, False)
    assert yes.reference
    no = bench.send(kind, "k2", token=bench.declines)
    assert (no.outcome, no.category, no.hard) == ("declined", "soft", False)
    assert no.message
    never = bench.send(kind, "k3", token=bench.declines_hard)
    assert (never.outcome, never.category, never.hard) == ("declined", "hard", True)
    late = bench.send(kind, "k4", card_expires_on=ON - timedelta(days=1))
    assert (late.outcome, late.category, late.hard) == ("declined", "expired", False)


@pytest.mark.parametrize("kind", ["authorise", "charge"])
def test_what_only_the_customer_can_agree_to(bench: Bench, kind: str) -> None:
    request = bench.request(kind, "k1", token=bench.requires_customer)
    answer = ask(bench.gateway, request)
    assert (answer.outcome, answer.category, answer.hard) == ("requires_customer", "authentication", True)
    assert bench.gateway.find(request) == answer


@pytest.mark.parametrize("kind", ["authorise", "charge"])
def test_what_is_pending_is_found_later(bench: Bench, kind: str) -> None:
    request = bench.request(kind, "k1", token=bench.pending)
    answer = ask(bench.gateway, request)
    assert (answer.outcome, answer.category) == ("pending", None)
    assert answer.reference
    waiting = replace(request, own_reference=answer.reference)
    assert bench.gateway.find(waiting).outcome == ask(bench.gateway, waiting).outcome == "pending"
    bench.wait()
    found = bench.gateway.find(waiting)
    assert (found.outcome, found.reference) == ("approved", answer.reference)


def test_what_is_kept_for_the_next_request(bench: Bench) -> None:
    first = bench.send("charge", "k1", token=bench.kept)
    assert first.network_transaction_id
    assert first.gateway_customer
    more = {"network_transaction_id": first.network_transaction_id, "gateway_customer": first.gateway_customer}
    again = bench.send("charge", "k2", token=bench.kept, **more)
    assert (again.outcome, again.gateway_customer) == ("approved", first.gateway_customer)


@pytest.mark.parametrize("kind", ["authorise", "charge"])
@pytest.mark.parametrize("token", ["approves", "declines"])
def test_the_same_key_again_is_the_same_answer(bench: Bench, kind: str, token: str) -> None:
    first = bench.send(kind, "k1", token=getattr(bench, token))
    assert bench.send(kind, "k1", token=getattr(bench, token)) == first


def test_the_same_key_at_the_same_time_is_done_once(bench: Bench) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: bench.send("charge", "k1"), range(8)))
    assert len({a.reference for a in answers if a.outcome == "approved"}) == 1
    if isinstance(bench.gateway, KeepsBook):
        assert [moved.minor for moved in bench.gateway.moved()] == [1995]


def test_the_same_key_with_other_content_is_an_error(bench: Bench) -> None:
    bench.send("charge", "k1")
    with pytest.raises(KeyReused):
        bench.send("charge", "k1", amount_minor=1996)


def test_a_capture_once_and_never_more_than_authorised(bench: Bench) -> None:
    reference = bench.send("authorise", "k1").reference
    assert bench.send("capture", "k2", reference=reference, amount_minor=1500).outcome == "approved"
    again = bench.send("capture", "k3", reference=reference)
    assert again.outcome == "declined"
    other = bench.send("authorise", "k4").reference
    assert bench.send("capture", "k5", reference=other, amount_minor=1996).outcome == "declined"


def test_a_void_gives_it_back(bench: Bench) -> None:
    reference = bench.send("authorise", "k1").reference
    assert bench.send("void", "k2", reference=reference).outcome == "approved"
    assert bench.send("void", "k3", reference=reference).outcome == "approved"
    gone = bench.send("capture", "k4", reference=reference)
    assert (gone.outcome, gone.lapsed) == ("declined", True)


def test_a_void_of_what_was_captured_is_declined(bench: Bench) -> None:
    reference = bench.send("authorise", "k1").reference
    bench.send("capture", "k2", reference=reference)
    assert bench.send("void", "k3", reference=reference).outcome == "declined"


def test_an_authorisation_lapses(bench: Bench) -> None:
    references = [bench.send("authorise", key).reference for key in ("k1", "k2")]
    late = ON + timedelta(days=bench.gateway.authorisation_days)
    last = late - timedelta(days=1)
    bench.pass_to(last)
    assert bench.send("capture", "k3", reference=references[0], on=last).outcome == "approved"
    bench.pass_to(late)
    gone = bench.send("capture", "k4", reference=references[1], on=late)
    assert (gone.outcome, gone.lapsed) == ("declined", True)
    assert bench.send("void", "k5", reference=references[1], on=late).outcome == "approved"


def test_the_rest_of_a_partial_capture_is_given_back(bench: Bench) -> None:
    reference = bench.send("authorise", "k1").reference
    taken = bench.send("capture", "k2", reference=reference, amount_minor=1500)
    assert (taken.outcome, bench.send("void", "k3", reference=reference).outcome) == ("approved", "declined")
    given = {"reference": taken.reference or reference}
    assert bench.send("refund", "k4", amount_minor=1501, **given).outcome == "declined"
    assert bench.send("refund", "k5", amount_minor=1500, **given).outcome == "approved"


def test_a_refund_never_more_than_was_taken(bench: Bench) -> None:
    taken = bench.send("charge", "k1").reference
    assert bench.send("refund", "k2", reference=taken, amount_minor=995).outcome == "approved"
    assert bench.send("refund", "k3", reference=taken, amount_minor=1001).outcome == "declined"
    assert bench.send("refund", "k4", reference=taken, amount_minor=1000).outcome == "approved"
    assert bench.send("refund", "k5", reference=taken, amount_minor=1).outcome == "declined"


def test_a_refund_of_the_whole_is_done_once_and_found(bench: Bench) -> None:
    request = bench.request("refund", "k2", reference=bench.send("charge", "k1").reference)
    assert bench.gateway.find(request).outcome == "not_found"
    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(lambda _: ask(bench.gateway, request), range(4)))
    assert {answer.outcome for answer in answers} == {"approved"}
    assert bench.gateway.find(request) == answers.pop()


def test_a_refund_of_what_was_never_taken_is_declined(bench: Bench) -> None:
    reference = bench.send("authorise", "k1").reference
    assert bench.send("refund", "k2", reference=reference).outcome == "declined"


def test_find(bench: Bench) -> None:
    request = bench.request("charge", "k1")
    assert bench.gateway.find(request).outcome == "not_found"
    answer = ask(bench.gateway, request)
    assert bench.gateway.find(request) == answer
    refused = replace(request, key="k2", token=bench.declines)
    ask(bench.gateway, refused)
    assert bench.gateway.find(refused).outcome == "declined"


def test_what_was_done_behind_a_lost_answer_is_found_and_not_done_again(bench: Bench) -> None:
    request = bench.request("charge", "k1", token=bench.loses)
    bench.lose()
    with suppress(Exception):  # a line that is cut says so as an exception
        assert ask(bench.gateway, request).outcome == "unknown"
    bench.wait()
    found = bench.gateway.find(request)
    assert found.outcome == "approved"
    assert ask(bench.gateway, request).reference == found.reference
    if isinstance(bench.gateway, KeepsBook):
        assert [moved.minor for moved in bench.gateway.moved()] == [1995]


@pytest.mark.parametrize("kind", ["capture", "void"])
def test_what_became_of_an_authorisation_is_found(bench: Bench, kind: str) -> None:
    authorised = bench.send("authorise", "k1").reference
    request = bench.request(kind, "k2", reference=authorised)
    assert bench.gateway.find(request).outcome == "not_found"
    ask(bench.gateway, request)
    assert bench.gateway.find(request).outcome == "approved"


def test_its_book_has_what_was_moved(bench: Bench) -> None:
    if not isinstance(bench.gateway, KeepsBook):
        pytest.skip("it keeps no book")
    charged = bench.send("charge", "k1")
    authorised = bench.send("authorise", "k2")
    bench.send("capture", "k3", reference=authorised.reference, amount_minor=1500)
    bench.send("authorise", "k4")
    bench.send("void", "k5", reference=bench.send("authorise", "k6").reference)
    bench.send("charge", "k7", token=bench.declines)
    bench.send("refund", "k8", reference=charged.reference, amount_minor=500)
    moved = sorted(bench.gateway.moved(ON, ON))
    assert [(one.key.removeprefix(f"{bench.prefix}-"), one.minor, one.currency, one.on) for one in moved] == [
        ("k1", 1995, "USD", ON),
        ("k3", 1500, "USD", ON),
        ("k8", -500, "USD", ON),
    ]
    assert (moved[0].reference, moved[2].reference) == (charged.reference, charged.reference)
    assert not list(bench.gateway.moved(ON + timedelta(days=30), ON + timedelta(days=31)))


def test_a_card_is_stored_on_its_page(bench: Bench) -> None:
    gateway = bench.gateway
    if not isinstance(gateway, KeepsCards):
        pytest.skip("it has no page for cards")
    wanted = CardPageRequest(
        key=f"{bench.prefix}-card-1",
        account="C-1",
        name="Anna Rossi",
        email="anna@example.com",
        language="it",
        done_url="http://127.0.0.1:9/done",
        back_url="http://127.0.0.1:9/back",
        on=ON,
    )
    page = gateway.card_page(wanted)
    assert gateway.card_page(wanted) == page
    assert gateway.card_page_end(page.reference).state == "open"
    with suppress(OSError):  # it leads back to a page of ours, which is not there
        bench.choose(page.url)
    ended = gateway.card_page_end(page.reference)
    assert isinstance(ended, CardPageEnd)
    assert (ended.state, ended.gateway_customer) == ("stored", page.gateway_customer)
    assert ended.card is not None
    assert list(gateway.cards(page.gateway_customer)) == [ended.card]
    with pytest.raises(LookupError):
        gateway.card_page_end("cs_test_nobody")
    card = {"token": ended.card.token, "gateway_customer": page.gateway_customer}
    charged = bench.send("charge", "k1", **card)
    assert (charged.outcome, charged.gateway_customer) == ("approved", page.gateway_customer)


def test_what_it_tells_is_signed(bench: Bench) -> None:
    gateway = bench.gateway
    if not isinstance(gateway, SendsEvents):
        pytest.skip("it tells nothing of itself")
    charged = bench.send("charge", "k1")
    bench.send("refund", "k2", reference=charged.reference)
    told: list[Event] = []
    until = time.monotonic() + 60
    while {("payment", "k1"), ("refund", "k2")} - {(e.kind, (e.key or "").rpartition("-")[2]) for e in told}:
        assert time.monotonic() < until, told
        time.sleep(0.02)
        told = [gateway.event(*one) for one in list(bench.heard)]
    body, heads = bench.heard[0]
    with pytest.raises(NotGenuine):
        gateway.event(body + b" ", heads)
    with pytest.raises(NotGenuine):
        gateway.event(body, {})
