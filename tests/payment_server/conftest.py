"""A payment server that runs, as new for every test, and Stripe's own SDK in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe

from perennial.payment_server.start import Running, start
from tests.payment_server.stripe_types import Checked

PAYMENT: dict[str, Any] = {
    "amount": 1995,
    "currency": "eur",
    "confirm": True,
    "off_session": True,
    "allowed_payment_method_types": ["card"],
}
"""What every payment is asked with, beside who pays and how."""


@pytest.fixture(scope="session")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    server = start(tmp_path_factory.mktemp("payment_server"))
    yield server
    server.stop()


@pytest.fixture
def server(one_server: Running) -> Running:
    one_server.control("POST", "reset")
    return one_server


def client(server: Running, key: str | None = None) -> Any:
    """The SDK; it tries nothing twice, and every answer is held against its types."""
    made = stripe.StripeClient(
        key or server.key, base_addresses={"api": server.address}, max_network_retries=0, http_client=Checked(timeout=20)
    )  # fmt: skip
    return made.v1


@pytest.fixture
def api(server: Running) -> Any:
    return client(server)


class Shop:
    """A customer with a card, and what is asked of it."""

    def __init__(self, server: Running, api: Any) -> None:
        self.server, self.api = server, api
        self.customer: str = api.customers.create({"name": "Nora Bianchi", "email": "nora@example.com"}).id

    def card(self, name: str = "pm_card_visa") -> str:
        given = {"name": name, "customer": self.customer}
        kept: str = self.server.control("POST", "card", given)["id"]
        return kept

    def pay(self, card: str = "pm_card_visa", key: str | None = None, **more: Any) -> Any:
        asked = {**PAYMENT, "customer": self.customer, "payment_method": card, **more}
        return self.api.payment_intents.create(asked, {"idempotency_key": key} if key else {})

    def authorise(self, card: str = "pm_card_visa", key: str | None = None, **more: Any) -> Any:
        return self.pay(card, key, capture_method="manual", **more)

    def moves(self) -> list[tuple[str, int]]:
        """What the server's book says of money."""
        return [(one["kind"], one["amount"]) for one in self.server.book()]


@pytest.fixture
def shop(server: Running, api: Any) -> Shop:
    return Shop(server, api)


def refused(call: Callable[[], Any]) -> Any:
    """The SDK's error of a call that has to be refused."""
    with pytest.raises(stripe.StripeError) as raised:
        call()
    return raised.value
