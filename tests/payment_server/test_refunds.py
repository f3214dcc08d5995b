"""Refunds and disputes: never more than was taken, some at once, some later, some not at all."""

from __future__ import annotations

import pytest
import stripe

from tests.payment_server.conftest import Shop, refused

DAY = 24 * 3600


def test_in_parts_and_never_more(shop: Shop) -> None:
    paid = shop.pay().id
    give = shop.api.refunds.create
    assert give({"payment_intent": paid, "amount": 995, "metadata": {"key": "k1"}}).status == "succeeded"
    assert "greater than unrefunded amount" in str(refused(lambda: give({"payment_intent": paid, "amount": 1001})))
    assert give({"payment_intent": paid}).amount == 1000
    assert refused(lambda: give({"payment_intent": paid, "amount": 1})).code == "charge_already_refunded"
    listed = shop.api.refunds.list({"payment_intent": paid}).data
    assert [(one.amount, one.metadata.to_dict()) for one in listed] == [(1000, {}), (995, {"key": "k1"})]
    charge = shop.api.charges.list({"payment_intent": paid}).data[0]
    assert (charge.refunded, charge.amount_refunded) == (True, 1995)
    assert shop.moves() == [("charge", 1995), ("refund", 995), ("refund", 1000)]


def test_what_was_not_taken_is_not_given_back(shop: Shop) -> None:
    held = shop.authorise()
    problem = refused(lambda: shop.api.refunds.create({"payment_intent": held.id}))
    assert isinstance(problem, stripe.InvalidRequestError)
    assert isinstance(
        refused(lambda: shop.api.refunds.create({"payment_intent": "pi_none"})), stripe.InvalidRequestError
    )  # fmt: skip


def test_no_more_than_was_captured(shop: Shop) -> None:
    held = shop.authorise()
    shop.api.payment_intents.capture(held.id, {"amount_to_capture": 1500})
    give = shop.api.refunds.create
    assert "greater than" in str(refused(lambda: give({"payment_intent": held.id, "amount": 1501})))
    assert give({"payment_intent": held.id}).amount == 1500


@pytest.mark.parametrize(
    ("name", "first", "then"),
    [
        ("pm_card_visa", "succeeded", "succeeded"),
        ("pm_card_pendingRefund", "pending", "succeeded"),
        ("pm_card_refundFail", "succeeded", "failed"),
        ("pm_script_refund_failed", "pending", "failed"),
        ("pm_script_refund_declined", "failed", "failed"),
    ],
)
def test_how_a_refund_ends(shop: Shop, name: str, first: str, then: str) -> None:
    paid = shop.pay(name)
    made = shop.api.refunds.create({"payment_intent": paid.id})
    assert made.status == first
    shop.server.control("POST", "clock", {"seconds": 3})
    ended = shop.api.refunds.retrieve(made.id)
    assert ended.status == then
    charge = shop.api.charges.list({"payment_intent": paid.id}).data[0]
    assert charge.amount_refunded == (0 if then == "failed" else 1995)
    if then == "failed":
        assert ended.failure_reason
        assert shop.moves()[-1] == ("refund_failed", 1995)
        assert shop.api.refunds.create({"payment_intent": paid.id}).id != made.id  # it is there to be given back again


def test_the_merchant_gives_back_in_its_own_pages(shop: Shop) -> None:
    paid = shop.pay()
    shop.server.control("POST", "refund", {"payment_intent": paid.id, "amount": 500})
    (made,) = shop.api.refunds.list({"payment_intent": paid.id}).data
    assert (made.amount, made.metadata.to_dict()) == (500, {})
    assert [one["by"] for one in shop.server.book()] == ["api", "dashboard"]


def test_a_bank_sends_a_refund_back_once(shop: Shop) -> None:
    paid = shop.pay()
    made = shop.api.refunds.create({"payment_intent": paid.id})
    shop.server.control("POST", "refund_fails", {"refund": made.id})
    with pytest.raises(ValueError, match="the refund is failed"):
        shop.server.control("POST", "refund_fails", {"refund": made.id})
    assert shop.moves() == [("charge", 1995), ("refund", 1995), ("refund_failed", 1995)]
    assert shop.api.charges.list({"payment_intent": paid.id}).data[0].amount_refunded == 0


# Disputes


@pytest.mark.parametrize(
    ("name", "reason", "status"),
    [
        ("pm_card_createDispute", "fraudulent", "needs_response"),
        ("pm_card_createDisputeProductNotReceived", "product_not_received", "needs_response"),
        ("pm_card_createDisputeInquiry", "fraudulent", "warning_needs_response"),
    ],
)
def test_a_card_whose_owner_disputes(shop: Shop, name: str, reason: str, status: str) -> None:
    paid = shop.pay(name)
    shop.server.control("POST", "clock", {"seconds": 3})
    (made,) = shop.api.disputes.list({"payment_intent": paid.id}).data
    assert (made.reason, made.status, made.amount) == (reason, status, 1995)
    assert shop.api.charges.retrieve(made.charge).disputed is True


@pytest.mark.parametrize(("words", "won"), [("winning_evidence", True), ("losing_evidence", False)])
def test_evidence_decides(shop: Shop, words: str, won: bool) -> None:
    paid = shop.pay()
    made = shop.server.control("POST", "dispute", {"payment_intent": paid.id, "reason": "product_not_received"})
    assert refused(lambda: shop.api.refunds.create({"payment_intent": paid.id})).code == "charge_disputed"
    draft = {"evidence": {"shipping_tracking_number": "TRACK1"}, "submit": False}
    assert shop.api.disputes.update(made["id"], draft).status == "needs_response"
    sent = shop.api.disputes.update(made["id"], {"evidence": {"uncategorized_text": words}})
    assert sent.status == ("won" if won else "lost")
    assert sent.evidence.shipping_tracking_number == "TRACK1"
    assert "cannot be given any more" in str(refused(lambda: shop.api.disputes.update(made["id"], draft)))
    assert shop.moves() == [("charge", 1995), ("dispute", 1995), *([("dispute_won", 1995)] if won else [])]


def test_who_does_not_answer_in_time_has_lost(shop: Shop) -> None:
    paid = shop.pay()
    made = shop.server.control("POST", "dispute", {"payment_intent": paid.id, "amount": 500})
    shop.server.control("POST", "clock", {"days": 10})
    ended = shop.api.disputes.retrieve(made["id"])
    assert (ended.amount, ended.status, ended.evidence_details.past_due) == (500, "lost", True)


def test_who_gives_in_has_lost(shop: Shop) -> None:
    made = shop.server.control("POST", "dispute", {"payment_intent": shop.pay().id})
    assert shop.api.disputes.close(made["id"]).status == "lost"


def test_the_balance(shop: Shop) -> None:
    paid = shop.pay()
    shop.api.refunds.create({"payment_intent": paid.id, "amount": 500})
    listed = shop.api.balance_transactions.list().data
    assert [(one.type, one.amount) for one in listed] == [("refund", -500), ("charge", 1995)]
