"""Cards that a gateway keeps of a customer already come in: once, with what may be shown of them, and nothing is paid otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from perennial.cli import main
from perennial.continuity.models import ContinuityOrder
from perennial.customers.models import GatewayCustomer, StoredCard
from perennial.db import sql
from perennial.desk.cards import link as links
from perennial.desk.cards import page as card_page
from perennial.desk.cards.store import store_card
from perennial.desk.cards.take_in import CardsTakenIn, take_in_cards
from perennial.errors import Refused
from perennial.payment_server.start import Running
from perennial.payments import gateways
from perennial.payments.gateways.sandbox import Sandbox
from perennial.payments.gateways.stripe import Simulator
from perennial.payments.models import CardLink
from tests.simulators import payment_server
from tests.worlds.desk import ANNA, ON, order, refused

pytestmark = pytest.mark.usefixtures("club")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Running]:
    """The payment server keeps three cards of Ada's."""
    settings.PERENNIAL_TODAY = ON
    found = payment_server()
    found.control("POST", "clock", {"now": ON.isoformat()})
    simulator = Simulator(found.address, seconds=5)
    monkeypatch.setitem(gateways._loaded, "simulator", simulator)
    with gateways.use(simulator):
        yield found


def kept(server: Running, account: str = "C-1") -> str:
    """Cards of a customer at the payment server; how it calls them."""
    cards = [
        {"id": f"pm_{account[2:]}_1", "name": "pm_card_visa", "account": account, "exp_month": 7, "exp_year": 2029},
        {"id": f"pm_{account[2:]}_2", "name": "pm_card_mastercard", "account": account},
        {"id": f"pm_{account[2:]}_3", "name": "pm_card_visa", "account": account, "exp_month": 1, "exp_year": 2026},
    ]
    return str(server.control("POST", "cards", {"cards": cards})["customers"][account])


def states(done: CardsTakenIn) -> dict[str, str]:
    return {one.token: one.status for one in done.cards}


def test_what_is_there_comes_in_once_and_pays_nothing_by_itself(server: Running) -> None:
    order("CLUB")
    paid_by = ContinuityOrder.objects.get().card_id
    there = kept(server)
    new = {"pm_1_1": "new", "pm_1_2": "new", "pm_1_3": "expired"}
    assert states(take_in_cards(account="C-1", at=there, dry=True, **ANNA)) == new
    assert not StoredCard.objects.filter(gateway="simulator").exists()
    assert not GatewayCustomer.objects.exists()

    done = take_in_cards(account="C-1", at=there, reason="moved in", **ANNA)
    assert states(done) == new
    assert (done.gateway, done.at) == ("simulator", there)
    cards = StoredCard.objects.filter(customer__account="C-1", gateway="simulator")
    one = cards.get(token="pm_1_1")
    assert (one.brand, one.last4, one.expires_on) == ("visa", "4242", date(2029, 7, 31))
    assert {card.number for card in cards} == {4, 5}
    assert ContinuityOrder.objects.get().card_id == paid_by
    (said,) = sql.tuples("select pgh_context from customers_storedcardhistory where token = 'pm_1_1'")
    assert json.loads(said[0]) == {"by": "clerk:anna", "reason": "moved in"}

    again = take_in_cards(account="C-1", **ANNA)  # how it is called is known now
    assert set(states(again).values()) == {"known", "expired"}
    assert cards.count() == 2


def test_what_is_refused_names_its_field(server: Running, tmp_path: Any) -> None:
    there = kept(server)
    with refused("account", "customer_unknown"):
        take_in_cards(account="C-77", at=there, **ANNA)
    with refused("at", "gateway_customer_not_said"):
        take_in_cards(account="C-1", **ANNA)
    with refused("at", "gateway_customer_unknown"):
        take_in_cards(account="C-1", at="cus_nobody", **ANNA)
    with refused("gateway", "gateway_unknown"):
        take_in_cards(account="C-1", gateway="paypa1", at=there, **ANNA)
    with refused("gateway", "gateway_keeps_no_cards"):
        take_in_cards(account="C-1", gateway="sandbox", at=there, **ANNA)
    take_in_cards(account="C-1", at=there, **ANNA)
    with refused("at", "gateway_customer_of_another"):
        take_in_cards(account="C-2", at=there, **ANNA)
    with refused("at", "gateway_customer_is_another"):
        take_in_cards(account="C-1", at="cus_other", **ANNA)
    server_gone = Simulator("http://127.0.0.1:9", seconds=1)
    with gateways.use(server_gone), refused("gateway", "gateway_cards_not_told"):
        take_in_cards(account="C-1", **ANNA)
    server.control("POST", "faults", {"rules": [{"fault": "unauthorized", "path": "/v1/"}]})
    with pytest.raises(
        Refused, match="gateway_key_refused"
    ):  # the operator's setting is at fault: noted, for whoever watches
        take_in_cards(account="C-1", **ANNA)
    server.control("DELETE", "faults")
    with gateways.use(Sandbox(tmp_path)), refused("gateway", "gateway_keeps_no_cards"):
        take_in_cards(account="C-1", at="anything", **ANNA)


def test_it_is_a_command(server: Running, capsys: pytest.CaptureFixture[str]) -> None:
    there = kept(server, "C-2")
    api = gateways.current()._api  # type: ignore[attr-defined]
    api.customers.update(there, {"name": "Ben Rossi", "email": "ben@example.com"})
    words = ["customer", "cards", "C-2", "--at", there, "--by", "clerk:anna"]
    assert main.main([*words, "--dry-run"]) == 0
    said = capsys.readouterr()
    assert "4242" in said.out
    assert "07/2029" in said.out
    assert "Ben Rossi" in said.out
    assert "ben@example.com" in said.out
    assert main.main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["name_there"], document["email_there"]) == ("Ben Rossi", "ben@example.com")
    assert sorted(one["status"] for one in document["cards"]) == ["expired", "new", "new"]
    assert main.main(["customer", "cards", "C-2", "--at", "cus_other"]) == 1


def test_a_page_for_a_card_is_of_the_customer_whose_card_is_kept_there(server: Running, settings: Any) -> None:
    """Else that card, which is another customer's there, would be refused for good as soon as a second one is stored."""
    settings.PERENNIAL_URL = "https://club.example.com"
    there = kept(server, "C-2")
    store_card(account="C-2", token="pm_2_1", exp="7/2029", brand="visa", last4="4242", **ANNA)
    asked = card_page._request(linked("C-2"), "simulator", language="en", after=None, on=ON)
    page = gateways.current().card_page(asked)  # type: ignore[attr-defined]
    assert (asked.token, page.gateway_customer) == ("pm_2_1", there)
    unknown = card_page._request(linked("C-1"), "simulator", language="en", after=None, on=ON)
    assert unknown.token is not None  # of the sandbox, of which the server knows nothing
    page = gateways.current().card_page(unknown)  # type: ignore[attr-defined]
    assert page.gateway_customer not in (None, there)


def linked(account: str) -> CardLink:
    made = links.send_card_link(account=account, send=False, **ANNA)
    return CardLink.objects.select_related("customer").get(pk=made.link)
