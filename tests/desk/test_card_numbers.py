"""No free text takes a card number: reasons, notes, messages, names, addresses, references of an import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from perennial.bundle.reading.faults import BundleRefused
from perennial.desk.customers.customer import change_customer
from perennial.desk.customers.notes import note_on_customer, note_on_order
from perennial.errors import Refused
from tests.worlds import actions
from tests.worlds.bundle import put
from tests.worlds.card_number import card_number
from tests.worlds.desk import ANNA, ON, make_children, order, unchanged

pytestmark = pytest.mark.usefixtures("club")

CARD = card_number()
SAID = f"his card is {CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]}"
WAREHOUSE: dict[str, Any] = {"on": ON, "by": "warehouse"}

DONE: dict[str, Callable[[str], Any]] = {
    "reason of a hold": lambda number: actions.hold(number=number, **{**ANNA, "reason": SAID}),
    "reason of a skip": lambda number: actions.skip(number=number, shipment=2, **{**ANNA, "reason": SAID}),
    "reason of a cancellation": lambda number: actions.cancel(number=number, **{**ANNA, "reason": SAID}),
    "note on an order": lambda number: note_on_order(number=number, text=SAID, **WAREHOUSE),
    "note on a customer": lambda number: note_on_customer(account="C-1", text=SAID, **WAREHOUSE),
    "message of a gift": lambda number: actions.gift(number=number, message=SAID, hide_prices=False, **ANNA),
    "carrier": lambda number: actions.ship(number=f"{number}-1-001", carrier=SAID, **WAREHOUSE),
    "name of a customer": lambda number: change_customer(account="C-1", name=SAID, **ANNA),
    "approver": lambda number: actions.settle(
        number=f"{number}-1-001", end="written-off", approved_by=SAID, **{**ANNA, "reason": "gone"}
    ),
}


@pytest.mark.parametrize("field", DONE)
def test_what_people_write_holds_none(field: str):
    number = order("CLUB")
    make_children(ON)
    with unchanged(), pytest.raises(Refused) as caught:
        DONE[field](number)
    assert caught.value.code == "text_with_card_number"


def _customer(**given: Any) -> dict[str, Any]:
    return {"customers": [{"account": "C-9", "name": "Eva", **given}]}


BUNDLES: dict[str, dict[str, Any]] = {
    "customers[0].name": _customer(name=SAID),
    "customers[0].addresses[0].street": _customer(addresses=[{"code": "home", "street": SAID, "country": "US"}]),
    "customers[0].addresses[0].recipient": _customer(addresses=[{"code": "home", "recipient": SAID, "country": "US"}]),
    "customers[0].notes[0].text": _customer(notes=[{"on": "2026-03-10", "text": SAID}]),
    "orders[0].reference": {"orders": [{"reference": CARD, "customer": "C-1", "lines": [{"item_number": "B1"}]}]},
    "orders[0].gift_message": {
        "orders": [{"reference": "R", "customer": "C-1", "gift_message": SAID, "lines": [{"item_number": "B1"}]}]
    },
    "products[0].name": {"products": [{"number": "N", "name": SAID, "price": "1.00"}]},
}


@pytest.mark.parametrize("path", BUNDLES)
def test_a_bundle_holds_none(path: str):
    with unchanged(), pytest.raises(BundleRefused) as caught:
        put(BUNDLES[path], on=ON)
    assert [(fault.field, fault.code) for fault in caught.value.faults] == [(path, "text_with_card_number")]


def test_a_telephone_and_a_tracking_number_may_look_like_one():
    put(_customer(phone=CARD), on=ON)
    number = order("CLUB")
    make_children(ON)
    actions.ship(number=f"{number}-1-001", carrier="GLS", tracking=CARD, **WAREHOUSE)
