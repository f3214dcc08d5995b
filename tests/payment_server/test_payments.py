"""Payments as Stripe does them: approved, declined, captured, cancelled, given back; the same key is the same thing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import stripe

from perennial.payment_server import cards
from perennial.payment_server.api import Api
from perennial.payment_server.asked import Problem
from perennial.payment_server.book import Book
from tests.payment_server.conftest import PAYMENT, Shop, client, refused

NO_MONEY = "pm_card_visa_chargeDeclinedInsufficientFunds"


def test_a_charge(shop: Shop) -> None:
    paid = shop.pay(shop.card(), metadata={"key": "k1"}, description="SO-1/order/1", expand=["latest_charge"])
    assert (paid.status, paid.amount_received, paid.metadata["key"]) == ("succeeded", 1995, "k1")
    charge = paid.latest_charge
    assert (charge.captured, charge.description, charge.outcome.type) == (True, "SO-1/order/1", "authorized")
    assert charge.payment_method_details.card.network_transaction_id
    assert shop.moves() == [("charge", 1995)]


def test_the_network_knows_a_card_by_its_first_charge(shop: Shop) -> None:
    card = shop.card()
    ids = {
        shop.pay(card, expand=["latest_charge"]).latest_charge.payment_method_details.card.network_transaction_id
        for _ in range(2)
    }
    assert len(ids) == 1


def test_what_is_authorised_is_taken_in_part_and_the_rest_given_back(shop: Shop) -> None:
    held = shop.authorise(shop.card())
    assert (held.status, held.amount_capturable) == ("requires_capture", 1995)
    taken = shop.api.payment_intents.capture(held.id, {"amount_to_capture": 1500, "metadata": {"key": "k2"}, "expand": ["latest_charge.refunds"]})  # fmt: skip
    assert (taken.status, taken.amount_received, taken.metadata["key"]) == ("succeeded", 1500, "k2")
    assert taken.latest_charge.amount_refunded == 495
    (rest,) = taken.latest_charge.refunds.data
    assert (rest.amount, rest.balance_transaction) == (495, None)
    again = refused(lambda: shop.api.payment_intents.capture(held.id))
    assert (type(again), again.code) == (stripe.InvalidRequestError, "payment_intent_unexpected_state")
    assert again.error.payment_intent.status == "succeeded"
    assert shop.moves() == [("authorise", 1995), ("capture", 1500), ("release", 495)]


def test_never_more_than_was_authorised(shop: Shop) -> None:
    held = shop.authorise()
    assert (
        refused(lambda: shop.api.payment_intents.capture(held.id, {"amount_to_capture": 1996})).code
        == "amount_too_large"
    )
    assert shop.moves() == [("authorise", 1995)]


def test_what_is_cancelled_is_not_there_any_more(shop: Shop) -> None:
    held = shop.authorise()
    assert shop.api.payment_intents.cancel(held.id).status == "canceled"
    for call in (shop.api.payment_intents.cancel, shop.api.payment_intents.capture):
        assert refused(lambda call=call: call(held.id)).code == "payment_intent_unexpected_state"
    paid = shop.pay()
    assert refused(lambda: shop.api.payment_intents.cancel(paid.id)).error.payment_intent.status == "succeeded"
    assert shop.moves() == [("authorise", 1995), ("void", 1995), ("charge", 1995)]


@pytest.mark.parametrize("code", sorted(set(cards.DECLINES) - {"only_stored", "highest_risk_level"}))
def test_every_decline(shop: Shop, code: str) -> None:
    why = cards.DECLINES[code]
    problem = refused(lambda: shop.pay(shop.card(f"pm_script_code_{code}")))
    assert isinstance(problem, stripe.CardError)
    assert (problem.http_status, problem.code, problem.error.decline_code) == (402, why.code, why.decline)
    assert (problem.error.advice_code, problem.error.network_decline_code) == (why.advice, why.network)
    intent = problem.error.payment_intent
    assert (intent.status, intent.last_payment_error.code) == ("requires_payment_method", why.code)
    charge = shop.api.charges.retrieve(problem.error.charge)
    assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, why.code)
    assert shop.moves() == [("decline", 1995)]


@pytest.mark.parametrize(
    ("name", "code", "decline"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        (NO_MONEY, "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
        ("pm_card_radarBlock", "card_declined", "fraudulent"),
        ("pm_card_authenticationRequired", "authentication_required", "authentication_required"),
    ],
)
def test_stripes_own_test_cards(shop: Shop, name: str, code: str, decline: str | None) -> None:
    problem = refused(lambda: shop.pay(name))
    assert (problem.code, problem.error.decline_code) == (code, decline)


def test_a_card_that_is_refused_is_not_stored_but_one_that_fails_later_is(shop: Shop) -> None:
    given = {"customer": shop.customer}
    assert isinstance(refused(lambda: shop.api.payment_methods.attach(NO_MONEY, given)), stripe.CardError)
    kept = shop.api.payment_methods.attach("pm_card_chargeCustomerFail", given)
    assert refused(lambda: shop.pay(kept.id)).error.decline_code == "generic_decline"
    assert [one.id for one in shop.api.customers.payment_methods.list(shop.customer).data] == [kept.id]


def test_a_card_that_was_set_up_needs_the_customer_no_more(shop: Shop) -> None:
    name = "pm_card_authenticationRequiredOnSetup"
    assert refused(lambda: shop.pay(name)).code == "authentication_required"
    assert shop.pay(shop.card(name)).status == "succeeded"


def test_mail_orders_ask_for_no_authentication(shop: Shop) -> None:
    paid = shop.pay("pm_card_authenticationRequired", payment_method_options={"card": {"moto": True}}, expand=["latest_charge"])  # fmt: skip
    assert (paid.status, paid.latest_charge.payment_method_details.card.moto) == ("succeeded", True)


def test_whoever_is_there_is_asked(shop: Shop) -> None:
    asked = {"off_session": False, "return_url": "http://shop.example/back"}
    waits = shop.pay("pm_card_authenticationRequired", **asked)
    assert (waits.status, waits.next_action.type) == ("requires_action", "redirect_to_url")
    gave_up = refused(
        lambda: shop.pay("pm_card_authenticationRequired", off_session=False, error_on_requires_action=True)
    )
    assert gave_up.code == "authentication_required"


def test_the_first_tries_are_declined(shop: Shop) -> None:
    card = shop.card("pm_script_decline_2")
    for number in (1, 2):
        assert refused(lambda number=number: shop.pay(card, description=f"SO-1/order/{number}")).code == "card_declined"
    assert refused(lambda: shop.pay(card, description="SO-2/order/1")).code == "card_declined"
    assert shop.pay(card, description="SO-1/order/3").status == "succeeded"


def test_a_card_that_takes_its_time(shop: Shop) -> None:
    waits = [shop.pay(shop.card(name)) for name in ("pm_script_processing", "pm_script_processing_declined")]
    assert {one.status for one in waits} == {"processing"}
    shop.server.control("POST", "clock", {"seconds": 3})
    assert [shop.api.payment_intents.retrieve(one.id).status for one in waits] == [
        "succeeded",
        "requires_payment_method",
    ]


def test_a_capture_that_fails(shop: Shop) -> None:
    held = shop.authorise(shop.card("pm_script_capture_declined"))
    problem = refused(lambda: shop.api.payment_intents.capture(held.id))
    assert isinstance(problem, stripe.CardError)
    gone = shop.authorise(shop.card("pm_script_lapsed"))
    assert refused(lambda: shop.api.payment_intents.capture(gone.id)).code == "charge_expired_for_capture"
    assert shop.api.payment_intents.retrieve(gone.id).status == "canceled"


# The same key


def test_the_same_key_is_the_same_payment(shop: Shop) -> None:
    card = shop.card()
    first, again = shop.pay(card, "k1"), shop.pay(card, "k1")
    assert first.id == again.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.headers["Original-Request"] == first.last_response.request_id
    assert shop.moves() == [("charge", 1995)]


def test_a_decline_is_replayed_too(shop: Shop) -> None:
    ids = {refused(lambda: shop.pay(NO_MONEY, "k1")).error.payment_intent.id for _ in range(2)}
    assert len(ids) == 1
    assert shop.moves() == [("decline", 1995)]


def test_a_key_with_something_else_is_an_error(shop: Shop) -> None:
    shop.pay(key="k1")
    for call in (lambda: shop.pay(key="k1", amount=1996), lambda: shop.authorise(key="k1")):
        problem = refused(call)
        assert (type(problem), problem.http_status) == (stripe.IdempotencyError, 400)
    held = shop.authorise(key="k2")
    capture = refused(lambda: shop.api.payment_intents.capture(held.id, {}, {"idempotency_key": "k2"}))
    assert isinstance(capture, stripe.IdempotencyError)


def test_a_key_is_free_after_a_request_that_was_not_begun(shop: Shop) -> None:
    assert refused(lambda: shop.pay(key="k1", amount=0)).param == "amount"
    assert shop.pay(key="k1").status == "succeeded"


def test_keys_are_forgotten_after_a_day(shop: Shop) -> None:
    first = shop.pay(key="k1")
    shop.server.control("POST", "clock", {"hours": 23})
    assert shop.pay(key="k1").id == first.id
    shop.server.control("POST", "clock", {"hours": 2})
    assert shop.pay(key="k1").id != first.id


def test_eight_at_once_with_one_key_are_one(shop: Shop) -> None:
    shop.server.control("POST", "faults", {"rules": [{"fault": "latency", "ms": 30}]})
    card = shop.card()
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: shop.pay(card, "k1").id, range(8)))
    assert len(ids) == 1
    assert shop.moves() == [("charge", 1995)]


def test_a_twin_may_be_refused_as_stripe_does(tmp_path: Path) -> None:
    book = Book(tmp_path)
    with book.change():
        book.keep("settings", {"twins": "refuse"})
    api = Api(book)
    with api.in_flight("k1", False), api.in_flight("k1", True), api.in_flight("k2", False):
        with pytest.raises(Problem) as raised, api.in_flight("k1", False):
            pass
        assert (raised.value.status, raised.value.error["code"]) == (409, "idempotency_key_in_use")
    with api.in_flight("k1", False):
        pass


# What is refused


@pytest.mark.parametrize(
    ("more", "param", "code"),
    [
        ({"amount": 49}, "amount", "amount_too_small"),
        ({"amount": 100_000_000}, "amount", "amount_too_large"),
        ({"currency": "euro"}, "currency", None),
        ({"customer": "cus_none"}, "customer", "resource_missing"),
        ({"payment_method": "pm_none"}, "payment_method", "resource_missing"),
        ({"no_such": "thing"}, "no_such", "parameter_unknown"),
        (
            {"payment_method_options": {"card": {"no_such": "thing"}}},
            "payment_method_options[card][no_such]",
            "parameter_unknown",
        ),
        ({"capture_method": "never"}, "capture_method", None),
        ({"allowed_payment_method_types": []}, "return_url", None),
        ({"confirm": False}, "off_session", None),
        ({"metadata": {"long": "x" * 501}}, "metadata[long]", None),
    ],
)
def test_what_is_no_payment(shop: Shop, more: dict[str, Any], param: str, code: str | None) -> None:
    problem = refused(lambda: shop.pay(**more))
    assert isinstance(problem, stripe.InvalidRequestError)
    assert (problem.http_status, problem.param, problem.code) == (400, param, code)
    assert shop.moves() == []


def test_a_card_of_somebody_else(shop: Shop) -> None:
    other = shop.api.customers.create().id
    problem = refused(lambda: shop.pay(shop.card(), customer=other))
    assert "does not belong" in str(problem)


def test_a_card_that_is_kept_of_nobody_pays_once(shop: Shop) -> None:
    loose = shop.api.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    assert shop.pay(loose).status == "succeeded"
    assert "may not be used again" in str(refused(lambda: shop.pay(loose)))


def test_keys_of_the_api(shop: Shop) -> None:
    for key in ("sk_test_another", "nonsense"):
        assert isinstance(
            refused(lambda key=key: client(shop.server, key).customers.list()), stripe.AuthenticationError
        )
    live = client(shop.server, "sk_live_perennial")
    assert live.customers.list().data == []
    assert live.customers.create().livemode is True
    assert refused(lambda: live.customers.retrieve(shop.customer)).code == "resource_missing"
    problem = refused(lambda: live.payment_intents.create({**PAYMENT, "payment_method": "pm_card_visa"}))
    assert problem.param == "payment_method"


def test_what_is_not_there(shop: Shop) -> None:
    problem = refused(lambda: shop.api.payment_intents.retrieve("pi_none"))
    assert (problem.http_status, problem.code, problem.param) == (404, "resource_missing", "intent")


# Lists


def test_pages_of_a_list(shop: Shop) -> None:
    ids = [shop.pay().id for _ in range(5)][::-1]
    asked: dict[str, Any] = {"customer": shop.customer, "limit": 2}
    first = shop.api.payment_intents.list(asked)
    assert ([one.id for one in first.data], first.has_more) == (ids[:2], True)
    last = shop.api.payment_intents.list({**asked, "limit": 3, "starting_after": ids[1]})
    assert ([one.id for one in last.data], last.has_more) == (ids[2:], False)
    before = shop.api.payment_intents.list({**asked, "ending_before": ids[4]})
    assert ([one.id for one in before.data], before.has_more) == (ids[2:4], True)
    assert [one.id for one in shop.api.payment_intents.list(asked).auto_paging_iter()] == ids
    assert refused(lambda: shop.api.payment_intents.list({"starting_after": "pi_none"})).param == "starting_after"


def test_lists_by_day(shop: Shop) -> None:
    shop.server.control("POST", "clock", {"now": "2026-03-10T10:00:00"})
    first = shop.pay()
    shop.server.control("POST", "clock", {"now": "2026-03-12"})
    second = shop.pay()
    listed = shop.api.payment_intents.list
    assert [one.id for one in listed({"created": {"gte": second.created}}).data] == [second.id]
    assert [one.id for one in listed({"created": {"lt": second.created, "gt": first.created - 1}}).data] == [first.id]


def test_a_search_lags(shop: Shop) -> None:
    paid = shop.pay(metadata={"key": "k1"})
    query = {"query": f"metadata['key']:'k1' AND customer:'{shop.customer}'"}
    assert shop.api.payment_intents.search(query).data == []
    shop.server.control("POST", "settings", {"search_lag": 0})
    assert [one.id for one in shop.api.payment_intents.search(query).data] == [paid.id]
    assert shop.api.payment_intents.search({"query": "metadata['key']:'k2'"}).data == []


def test_a_list_may_lag_too(shop: Shop) -> None:
    shop.server.control("POST", "settings", {"list_lag": 60})
    paid = shop.pay()
    assert shop.api.payment_intents.list({"customer": shop.customer}).data == []
    assert shop.api.payment_intents.retrieve(paid.id).status == "succeeded"


def test_what_is_given_whole(shop: Shop) -> None:
    paid = shop.pay(shop.card(), expand=["customer", "latest_charge.balance_transaction", "payment_method"])
    assert paid.customer.name == "Nora Bianchi"
    assert paid.latest_charge.balance_transaction.fee == 55
    assert paid.payment_method.card.last4 == "4242"
    listed = shop.api.payment_intents.list({"expand": ["data.latest_charge"]})
    assert listed.data[0].latest_charge.id == paid.latest_charge.id
    assert "cannot be expanded" in str(refused(lambda: shop.pay(expand=["nothing"])))
