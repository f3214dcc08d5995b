"""Trouble on demand: what happened is in the book, whatever whoever asked was told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from perennial.payment_server.trouble import Rule, Speed, Trouble
from tests.payment_server.conftest import Shop, refused


def trouble(shop: Shop, *rules: dict[str, Any]) -> None:
    shop.server.control("POST", "faults", {"rules": [{"path": "payment_intents", "next": 1, **rule} for rule in rules]})


@pytest.mark.parametrize(
    ("fault", "error", "status", "happened"),
    [
        ("lost", stripe.APIConnectionError, None, False),
        ("lost_after", stripe.APIConnectionError, None, True),
        ("timeout", stripe.APIConnectionError, None, False),
        ("timeout_after", stripe.APIConnectionError, None, True),
        ("error", stripe.APIError, 500, False),
        ("error_after", stripe.APIError, 500, True),
        ("rate_limit", stripe.RateLimitError, 429, False),
        ("unauthorized", stripe.AuthenticationError, 401, False),
        ("forbidden", stripe.PermissionError, 403, False),
    ],
)
def test_an_answer_that_says_nothing(
    shop: Shop, fault: str, error: type[stripe.StripeError], status: int | None, happened: bool
) -> None:
    card = shop.card()
    trouble(shop, {"fault": fault, "ms": 50})
    problem = refused(lambda: shop.pay(card, "k1"))
    assert (type(problem), problem.http_status) == (error, status)
    assert shop.moves() == ([("charge", 1995)] if happened else [])
    assert shop.pay(card, "k1").status == "succeeded"
    assert shop.moves() == [("charge", 1995)]


def test_a_500_that_stays(shop: Shop) -> None:
    """Stripe replays it to the same key: what became of it is found otherwise."""
    trouble(shop, {"fault": "error_kept"})
    for _ in range(2):
        assert refused(lambda: shop.pay(key="k1")).http_status == 500
    (found,) = shop.api.payment_intents.list({"customer": shop.customer}).data
    assert found.status == "succeeded"


def test_only_what_the_rule_says(shop: Shop) -> None:
    trouble(shop, {"fault": "error", "path": "/capture$"}, {"fault": "error", "method": "GET", "path": "refunds"})
    held = shop.authorise()
    assert refused(lambda: shop.api.payment_intents.capture(held.id)).http_status == 500
    assert shop.api.refunds.create({"payment_intent": shop.pay().id}).status == "succeeded"
    assert refused(lambda: shop.api.refunds.list()).http_status == 500
    assert shop.api.payment_intents.capture(held.id).status == "succeeded"
    assert [one["times"] for one in shop.server.control("GET", "state")["rules"]] == [1, 1]


def test_the_same_seed_strikes_the_same_requests() -> None:
    def struck(seed: int) -> list[str]:
        here = Trouble()
        here.set([Rule("error", share=0.3, seed=seed)])
        return [key for key in map(str, range(200)) if here.strikes("POST", "/v1/refunds", key)]

    assert struck(1) == struck(1) != struck(2)
    assert 30 < len(struck(1)) < 90


def test_what_strikes_once_may_let_it_pass_the_next_time() -> None:
    here = Trouble()
    here.set([Rule("error", share=0.5, seed=3)])
    assert {bool(here.strikes("POST", "/v1/refunds", "k1")) for _ in range(20)} == {True, False}


@pytest.mark.parametrize("wrong", [{"fault": "fire"}, {"fault": "lost", "share": 2}, {"fault": "lost", "no_such": 1}])
def test_a_rule_that_says_nothing(shop: Shop, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="400"):
        shop.server.control("POST", "faults", {"rules": [wrong]})


def test_more_than_a_second_takes_is_refused_and_counted(shop: Shop) -> None:
    card = shop.card()
    shop.server.control("POST", "settings", {"per_second": 5})
    shop.server.control("DELETE", "speed")

    def pay(number: int) -> bool:
        try:
            return bool(shop.pay(card, f"k{number}").id)
        except stripe.RateLimitError as problem:
            assert problem.http_status == 429  # noqa: PT017
            return False

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(pay, range(30)))
    speed = shop.server.control("GET", "speed")
    assert (speed["asked"], speed["refused"]) == (done.count(True), done.count(False))
    assert speed["most_in_a_second"] <= 5
    assert len(shop.moves()) == done.count(True)


def test_how_many_at_once() -> None:
    speed = Speed()
    speed.begin()
    speed.begin()
    speed.end()
    speed.begin()
    assert (speed.shown()["most_at_once"], speed.at_once) == (2, 2)
