"""What the server tells of itself: signed, until it is heard, twice and late when that is wanted."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from tests.payment_server.conftest import Shop
from tests.payment_server.stripe_types import faults

SECRET = "whsec_for_this_test"
PATIENCE = 60


class Ear:
    """Somebody who listens; ``answers``: with what, first things first, then 200."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, str]] = []
        self.answers: list[int] = []
        ear = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: Any) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ear.heard.append((body, self.headers["Stripe-Signature"]))
                self.send_response(ear.answers.pop(0) if ear.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/events"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def kinds(self) -> list[str]:
        return [json.loads(body)["type"] for body, _ in self.heard]


@pytest.fixture
def ear(shop: Shop) -> Iterator[Ear]:
    made = Ear()
    shop.server.control("POST", "webhooks", {"url": made.url, "secret": SECRET})
    yield made
    shop.server.control("DELETE", "webhooks")
    made.http.shutdown()


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def over(shop: Shop) -> bool:
    return bool(shop.server.control("GET", "deliveries")["waiting"] == 0)


def test_an_event_is_signed_and_is_what_the_sdk_knows(shop: Shop, ear: Ear) -> None:
    paid = shop.pay(key="k1", metadata={"key": "k1"})
    until(lambda: over(shop))
    for body, signed in ear.heard:
        event = stripe.Webhook.construct_event(body, signed, SECRET)
        assert list(faults(json.loads(body))) == []
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body + b" ", signed, SECRET)
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, signed, "whsec_another")
    assert event.type == "payment_intent.succeeded"
    assert (event.data.object["id"], event.data.object["metadata"]["key"]) == (paid.id, "k1")
    assert event.request.idempotency_key == "k1"


def test_the_kinds_that_are_told(shop: Shop, ear: Ear) -> None:
    held = shop.authorise()
    shop.api.payment_intents.capture(held.id)
    shop.api.refunds.create({"payment_intent": held.id, "amount": 500})
    with pytest.raises(stripe.CardError):
        shop.pay("pm_card_visa_chargeDeclined")
    shop.api.payment_intents.cancel(shop.authorise().id)
    card = shop.card()
    shop.server.control("POST", "renew", {"payment_method": card, "exp_month": 5, "exp_year": 2040})
    made = shop.server.control("POST", "dispute", {"payment_intent": held.id})
    shop.server.control("POST", "dispute_close", {"dispute": made["id"], "won": True})
    until(lambda: over(shop))
    assert set(ear.kinds()) >= {
        "payment_intent.amount_capturable_updated", "payment_intent.succeeded", "payment_intent.payment_failed",
        "payment_intent.canceled", "charge.succeeded", "charge.captured", "charge.refunded", "refund.created",
        "payment_method.automatically_updated", "charge.dispute.created", "charge.dispute.closed",
    }  # fmt: skip


def test_it_is_sent_again_until_it_is_heard(shop: Shop, ear: Ear) -> None:
    shop.server.control("POST", "settings", {"waits": [0.05, 0.05, 0.05]})
    shop.server.control("POST", "webhooks", {"url": ear.url, "secret": SECRET, "kinds": ["payment_intent.succeeded"]})
    ear.answers = [500, 400]
    shop.pay()
    until(lambda: over(shop))
    assert len(ear.heard) == 3
    assert len({json.loads(body)["id"] for body, _ in ear.heard}) == 1


def test_who_does_not_listen_is_told_later(shop: Shop, ear: Ear) -> None:
    shop.server.control("POST", "settings", {"waits": [3600]})
    ear.answers = [503] * 9
    shop.pay()
    until(lambda: len(ear.heard) >= 2)
    assert not over(shop)
    ear.answers = []
    shop.server.control("POST", "deliveries")
    until(lambda: over(shop))


def test_twice_and_in_disorder(shop: Shop, ear: Ear) -> None:
    shop.server.control("POST", "settings", {"duplicates": 1.0, "disorder": 0.5, "seed": 1})
    for _ in range(4):
        shop.pay()
    until(lambda: over(shop))
    ids = [json.loads(body)["id"] for body, _ in ear.heard]
    assert all(ids.count(one) == 2 for one in ids)
    told = [one.id for one in shop.api.events.list({"limit": 100}).data if one.id in ids]
    first = list(dict.fromkeys(ids))
    assert sorted(first) == sorted(told)
    assert first != told[::-1]


def test_an_event_once_more(shop: Shop, ear: Ear) -> None:
    shop.pay()
    until(lambda: over(shop))
    (event,) = shop.api.events.list({"type": "payment_intent.succeeded"}).data
    before = len(ear.heard)
    shop.server.control("POST", "deliveries", {"event": event.id})
    until(lambda: len(ear.heard) > before)
    assert json.loads(ear.heard[-1][0])["id"] == event.id
