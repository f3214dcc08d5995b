"""What Stripe says when money is not moved, as our categories of declines (https://docs.stripe.com/declines/codes).

Read from top to bottom: that the customer has to agree, and that the card has expired, say what is to be done; then what the
card's network advises, because it fines whoever asks again; then Stripe's own word. What is in no table is soft: asked again
another day, a few times.
"""

from __future__ import annotations

from perennial.payments.gateways.contract import Category

#: Stripe's words: ``decline_code``, else ``code``.
CODES: dict[str, Category] = {
    # the customer has to agree at the bank
    "authentication_not_handled": "authentication",
    "authentication_required": "authentication",
    "mobile_device_authentication_required": "authentication",
    "payment_intent_authentication_failure": "authentication",
    "setup_intent_authentication_failure": "authentication",
    # the card has expired
    "expired_card": "expired",
    # the card is gone, or can never pay this
    "account_closed": "hard",
    "card_not_supported": "hard",
    "currency_not_supported": "hard",
    "do_not_try_again": "hard",
    "fraudulent": "hard",
    "incorrect_address": "hard",
    "incorrect_cvc": "hard",
    "incorrect_number": "hard",
    "incorrect_pin": "hard",
    "incorrect_zip": "hard",
    "invalid_account": "hard",
    "invalid_card_type": "hard",
    "invalid_cvc": "hard",
    "invalid_expiry_month": "hard",
    "invalid_expiry_year": "hard",
    "invalid_number": "hard",
    "invalid_pin": "hard",
    "lost_card": "hard",
    "merchant_blacklist": "hard",
    "new_account_information_available": "hard",
    "not_permitted": "hard",
    "offline_pin_required": "hard",
    "online_or_offline_pin_required": "hard",
    "pickup_card": "hard",
    "pin_try_exceeded": "hard",
    "restricted_card": "hard",
    "revocation_of_all_authorizations": "hard",
    "revocation_of_authorization": "hard",
    "security_violation": "hard",
    "service_not_allowed": "hard",
    "stolen_card": "hard",
    "stop_payment_order": "hard",
    "testmode_decline": "hard",
    "transaction_not_allowed": "hard",
    # another day
    "approve_with_id": "soft",
    "call_issuer": "soft",
    "card_decline_rate_limit_exceeded": "soft",
    "card_velocity_exceeded": "soft",
    "do_not_honor": "soft",
    "duplicate_transaction": "soft",
    "generic_decline": "soft",
    "insufficient_funds": "soft",
    "invalid_amount": "soft",
    "issuer_not_available": "soft",
    "no_action_taken": "soft",
    "processing_error": "soft",
    "reenter_transaction": "soft",
    "try_again_later": "soft",
    "withdrawal_count_limit_exceeded": "soft",
}

#: Stripe's ``advice_code``. Card data that want confirming need the customer, as a card that is gone does.
ADVICE: dict[str, Category] = {"confirm_card_data": "hard", "do_not_try_again": "hard", "try_again_later": "soft"}

#: Mastercard's ``network_advice_code``: never again, new data, the customer has stopped it, cards that pay once.
NETWORK_NEVER = frozenset({"01", "03", "21", "40", "41", "42", "43"})

#: Answers of banks (``network_decline_code``) after which Visa forbids to ask again: it calls them category 1.
ISSUER_NEVER = frozenset({"04", "07", "12", "14", "15", "41", "43", "46", "57", "R0", "R1", "R3"})

#: Requests that Stripe turned down before any bank was asked, by ``code``: they surely never happened.
NEVER_ASKED: dict[str, Category] = {
    "amount_too_large": "hard",
    "amount_too_small": "hard",
    "card_declined": "soft",
    "country_unsupported": "hard",
    "customer_max_payment_methods": "hard",
    "invalid_currency": "hard",
    "payment_method_currency_mismatch": "hard",
    "payment_method_customer_decline": "hard",
    "payment_method_invalid_parameter": "hard",
    "payment_method_not_available": "soft",
    "payment_method_provider_decline": "soft",
    "payment_method_provider_timeout": "soft",
    "payment_method_unactivated": "hard",
    "payment_method_unexpected_state": "hard",
}

#: Whose fault it is when Stripe knows nothing of a thing that was named: a card or customer that is gone pays nothing.
CARD_PARAMETERS = frozenset({"payment_method", "customer"})


def category(
    *,
    code: str | None,
    decline_code: str | None = None,
    advice: str | None = None,
    network_advice: str | None = None,
    issuer: str | None = None,
) -> Category:
    """The category of a decline."""
    word = CODES.get(decline_code or "", CODES.get(code or "", "soft"))
    if word in ("authentication", "expired"):
        return word
    if network_advice in NETWORK_NEVER or issuer in ISSUER_NEVER or ADVICE.get(advice or "") == "hard":
        return "hard"
    return word


def never_asked(code: str | None, param: str | None) -> Category | None:
    """The category of a request that was turned down; None: that has nothing to do with the card, and a person has to look."""
    if param in CARD_PARAMETERS:
        return NEVER_ASKED.get(code or "", "hard")
    return NEVER_ASKED.get(code or "")
