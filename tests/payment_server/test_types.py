"""What holds the answers against the SDK's types finds what is wrong with one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.payment_server.conftest import Shop
from tests.payment_server.stripe_types import faults


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"new_field": 1}, "payment_intent.new_field: Stripe knows no such field"),
        ({"amount": None}, "payment_intent.amount: None is no <class 'int'>"),
        ({"amount": "1995"}, "payment_intent.amount: '1995' is no <class 'int'>"),
        ({"status": "paid"}, "payment_intent.status: 'paid' is none of"),
        ({"payment_method_types": "card"}, "payment_intent.payment_method_types: not a list"),
        ({"payment_method_options": {"card": {"moto": True}}}, "payment_method_options.card.moto: Stripe knows no"),
    ],
)
def test_what_is_wrong_is_found(shop: Shop, change: dict[str, Any], said: str) -> None:
    paid = shop.pay().to_dict()
    assert list(faults(paid)) == []
    (found,) = faults({**paid, **change})
    assert said in found


def test_what_is_missing_is_found(shop: Shop) -> None:
    paid = shop.pay().to_dict()
    del paid["capture_method"]
    assert list(faults(paid)) == ["payment_intent.capture_method is missing"]
