"""The page on which a customer stores a card: no number, no script; looking changes nothing."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.payment_server.conftest import Shop, client, refused


class Browser:
    """Asks for pages and sends forms, and follows nobody."""

    def ask(self, method: str, url: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        parts = urlsplit(url)
        line = HTTPConnection(parts.netloc, timeout=30)
        heads = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
        line.request(method, f"{parts.path}?{parts.query}", urlencode(form) if form is not None else None, heads)
        answer = line.getresponse()
        text = answer.read().decode()
        line.close()
        return answer.status, text, answer.headers.get("Location", "")


@pytest.fixture
def browser() -> Browser:
    return Browser()


def opened(shop: Shop, **more: Any) -> Any:
    asked = {
        "mode": "setup", "customer": shop.customer, "currency": "eur", "locale": "it",
        "success_url": "http://club.example/k/done?s={CHECKOUT_SESSION_ID}", "cancel_url": "http://club.example/k/back",
        "metadata": {"key": "k1"}, **more,
    }  # fmt: skip
    return shop.api.checkout.sessions.create(asked)


def test_a_card_is_stored(shop: Shop, browser: Browser) -> None:
    page = opened(shop)
    assert (page.status, page.url.startswith(shop.server.address)) == ("open", True)
    for _ in range(2):
        status, text, _there = browser.ask("GET", page.url)
        assert status == 200
        assert "Nora Bianchi" in text
    assert not re.search(r"<script|type=.?text|type=.?number|autocomplete", text)
    assert 'href="http://club.example/k/back"' in text
    assert shop.api.checkout.sessions.retrieve(page.id).status == "open"

    status, _, there = browser.ask("POST", page.url, {"card": "valid"})
    assert (status, there) == (303, f"http://club.example/k/done?s={page.id}")
    done = shop.api.checkout.sessions.retrieve(page.id, {"expand": ["setup_intent.payment_method"]})
    assert (done.status, done.url, done.setup_intent.status) == ("complete", None, "succeeded")
    card = done.setup_intent.payment_method
    assert (card.card.last4, card.customer) == ("4242", shop.customer)
    assert shop.pay(card.id).status == "succeeded"
    status, text, _ = browser.ask("POST", page.url, {"card": "valid"})
    assert (status, f'href="{there}"' in text) == (410, True)
    assert len(shop.api.customers.payment_methods.list(shop.customer).data) == 1


@pytest.mark.parametrize(
    ("locale", "words"), [("it", "Memorizza una carta"), ("en", "Store a card"), ("auto", "Store a card")]
)
def test_in_the_customers_language(shop: Shop, browser: Browser, locale: str, words: str) -> None:
    assert words in browser.ask("GET", opened(shop, locale=locale).url)[1]


def test_a_refused_card_is_said_and_another_one_taken(shop: Shop, browser: Browser) -> None:
    page = opened(shop, locale="en")
    status, text, _ = browser.ask("POST", page.url, {"card": "no_money"})
    assert (status, "does not have enough money" in text) == (402, True)
    assert browser.ask("POST", page.url, {"card": "nothing"})[0] == 402
    waits = shop.api.checkout.sessions.retrieve(page.id, {"expand": ["setup_intent"]})
    assert waits.setup_intent.last_setup_error.decline_code == "insufficient_funds"
    assert browser.ask("POST", page.url, {"card": "mastercard"})[0] == 303


@pytest.mark.parametrize("agrees", [True, False])
def test_the_bank_asks(shop: Shop, browser: Browser, agrees: bool) -> None:
    page = opened(shop)
    _, _, bank = browser.ask("POST", page.url, {"card": "authentication"})
    assert bank.startswith("/authenticate/seti_")
    url = shop.server.address + bank
    assert browser.ask("GET", url)[0] == 200
    _, _, there = browser.ask("POST", url, {"answer": "agree" if agrees else "refuse"})
    found = shop.api.checkout.sessions.retrieve(page.id, {"expand": ["setup_intent"]})
    if agrees:
        assert (found.status, there) == ("complete", f"http://club.example/k/done?s={page.id}")
        assert shop.pay(found.setup_intent.payment_method).status == "succeeded"
    else:
        assert (found.status, found.setup_intent.status) == ("open", "requires_payment_method")
        assert "role=alert" in browser.ask("GET", shop.server.address + there)[1]


def test_a_page_expires(shop: Shop, browser: Browser) -> None:
    page, other = opened(shop), opened(shop)
    shop.server.control("POST", "clock", {"hours": 25})
    assert browser.ask("POST", page.url, {"card": "valid"})[0] == 410
    assert shop.api.checkout.sessions.retrieve(page.id).status == "expired"
    assert "open" in str(refused(lambda: shop.api.checkout.sessions.expire(other.id)))


def test_a_page_is_called_back(shop: Shop, browser: Browser) -> None:
    page = opened(shop)
    assert shop.api.checkout.sessions.expire(page.id).status == "expired"
    assert browser.ask("POST", page.url, {"card": "valid"})[0] == 410
    assert browser.ask("GET", f"{shop.server.address}/pay/cs_test_none")[0] == 404


def test_a_page_with_a_live_key(shop: Shop, browser: Browser) -> None:
    live = client(shop.server, "sk_live_perennial")
    page = live.checkout.sessions.create({"mode": "setup", "success_url": "http://club.example/", "currency": "eur"})
    assert (page.livemode, browser.ask("POST", page.url, {"card": "valid"})[0]) == (True, 303)
    assert live.checkout.sessions.retrieve(page.id).status == "complete"


def test_whoever_is_there_agrees_to_a_payment(shop: Shop, browser: Browser) -> None:
    waits = shop.pay("pm_card_authenticationRequired", off_session=False, return_url="http://club.example/back?a=1")
    _, _, there = browser.ask("POST", waits.next_action.redirect_to_url.url, {"answer": "agree"})
    assert there.startswith("http://club.example/back?a=1&payment_intent=")
    assert shop.api.payment_intents.retrieve(waits.id).status == "succeeded"


def test_a_set_up_without_a_page(shop: Shop) -> None:
    asked = {"customer": shop.customer, "payment_method": "pm_card_visa", "confirm": True, "usage": "off_session", "allowed_payment_method_types": ["card"]}  # fmt: skip
    done = shop.api.setup_intents.create(asked)
    assert (done.status, done.usage) == ("succeeded", "off_session")
    problem = refused(lambda: shop.api.setup_intents.create({**asked, "payment_method": "pm_card_visa_chargeDeclined"}))
    assert problem.error.setup_intent.status == "requires_payment_method"
    assert [one.id for one in shop.api.setup_intents.list({"payment_method": done.payment_method}).data] == [done.id]
