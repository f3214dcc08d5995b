"""What Stripe's words mean for whether a card is asked again."""

from __future__ import annotations

from datetime import date

import pytest

from perennial.payments.gateways.contract import CATEGORIES, Request
from perennial.payments.gateways.stripe_answers import captured
from perennial.payments.gateways.stripe_declines import CODES, NEVER_ASKED, category, never_asked


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, "soft"),
        ({"code": "card_declined", "decline_code": "generic_decline"}, "soft"),
        ({"code": "card_declined", "decline_code": "a_word_of_tomorrow"}, "soft"),
        ({"code": "card_declined"}, "soft"),
        ({"code": "card_declined", "decline_code": "stolen_card"}, "hard"),
        ({"code": "incorrect_number"}, "hard"),
        ({"code": "expired_card"}, "expired"),
        ({"code": "expired_card", "decline_code": "expired_card", "advice": "confirm_card_data"}, "expired"),
        ({"code": "authentication_required", "decline_code": "authentication_required"}, "authentication"),
        ({"code": "card_declined", "decline_code": "do_not_honor", "advice": "do_not_try_again"}, "hard"),
        ({"code": "card_declined", "decline_code": "do_not_honor", "advice": "confirm_card_data"}, "hard"),
        ({"code": "card_declined", "decline_code": "do_not_honor", "advice": "try_again_later"}, "soft"),
        ({"code": "card_declined", "decline_code": "stolen_card", "advice": "try_again_later"}, "hard"),
        ({"code": "card_declined", "decline_code": "generic_decline", "network_advice": "03"}, "hard"),
        ({"code": "card_declined", "decline_code": "generic_decline", "network_advice": "02"}, "soft"),
        ({"code": "card_declined", "decline_code": "generic_decline", "issuer": "R1"}, "hard"),
        ({"code": "card_declined", "decline_code": "insufficient_funds", "issuer": "51"}, "soft"),
    ],
)
def test_a_decline(said: dict[str, str], means: str) -> None:
    assert category(**said) == means


def test_what_was_never_asked_is_a_decline_only_where_it_says_something_of_the_card() -> None:
    assert never_asked("resource_missing", "payment_method") == "hard"
    assert never_asked(None, "payment_method") == "hard"
    assert never_asked("resource_missing", "intent") is None
    assert never_asked("parameter_unknown", "stored_credential_usage") is None
    assert never_asked("amount_too_small", "amount") == "hard"


def test_every_word_is_one_of_the_contract() -> None:
    assert {*CODES.values(), *NEVER_ASKED.values()} <= set(CATEGORIES)


def test_a_capture_that_was_refused_while_its_answer_was_lost_is_found_as_refused() -> None:
    """A payment intent whose card was refused at the capture: nothing of it is authorised any more."""
    request = Request("capture", "inst-1-capture-1", "SO-1-1", 1995, "USD", date(2026, 3, 13), "C-1", reference="pi_1")
    refused = {"code": "card_declined", "decline_code": "generic_decline", "message": "Your card was declined."}
    intent = {"id": "pi_1", "status": "requires_payment_method", "metadata": {"capture": request.key}}
    found = captured({**intent, "last_payment_error": refused}, request)
    assert (found.outcome, found.category, found.lapsed) == ("declined", "soft", False)
    assert captured({**intent, "last_payment_error": None}, request).outcome == "not_found"
