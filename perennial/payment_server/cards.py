"""The test cards by their names, and what a bank says of each. There are no numbers here.

The names are those of Stripe's documentation. A name stands for a card: whoever gives it as a payment method gets a new
one, as with Stripe. Ours begin with ``pm_script_``; they work as the tokens of the sandbox do:

================================  ==============================================================================
name                              what happens
================================  ==============================================================================
pm_script_decline_2               of each payment the first 2 tries are declined (any number); a payment is told
                                  by its ``description`` up to the last ``/``
pm_script_decline_until_20260401  declined before 1 April 2026 (of the server's clock)
pm_script_decline_from_20260401   declined from 1 April 2026 on
pm_script_code_do_not_honor       declined with that code (any of ``DECLINES``)
pm_script_capture_declined        authorised, but the capture fails
pm_script_lapsed                  authorised, but at the capture the authorisation is not there any more
pm_script_processing              the bank takes a moment, then says yes
pm_script_processing_declined     the same, then no
pm_script_refund_declined         approved; a refund is refused at once
pm_script_refund_failed           approved; a refund is refused after a moment
pm_script_expires_202604          approved until it has expired: April 2026 is its last month
================================  ==============================================================================
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import NamedTuple

TEST, OURS = "pm_card_", "pm_script_"


class Card(NamedTuple):
    """A card as it may be shown, and what it does. ``does``: a word of ``at_charge``, or of what comes later."""

    brand: str = "visa"
    last4: str = "4242"
    does: str = "approve"
    funding: str = "credit"
    country: str = "US"


CARDS: dict[str, Card] = {
    "pm_card_visa": Card(),
    "pm_card_visa_debit": Card(last4="5556", funding="debit"),
    "pm_card_mastercard": Card("mastercard", "4444"),
    "pm_card_mastercard_debit": Card("mastercard", "8210", funding="debit"),
    "pm_card_amex": Card("amex", "8431"),
    "pm_card_discover": Card("discover", "1117"),
    "pm_card_diners": Card("diners", "0004"),
    "pm_card_jcb": Card("jcb", "0505"),
    "pm_card_unionpay": Card("unionpay", "0005"),
    "pm_card_it": Card(last4="0008", country="IT"),
    "pm_card_visa_chargeDeclined": Card(last4="0002", does="generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": Card(last4="9995", does="insufficient_funds"),
    "pm_card_visa_chargeDeclinedLostCard": Card(last4="9987", does="lost_card"),
    "pm_card_visa_chargeDeclinedStolenCard": Card(last4="9979", does="stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": Card(last4="0069", does="expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": Card(last4="0127", does="incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": Card(last4="0119", does="processing_error"),
    "pm_card_visa_chargeDeclinedVelocityLimitExceeded": Card(last4="6975", does="card_velocity_exceeded"),
    "pm_card_chargeCustomerFail": Card(last4="0341", does="only_stored"),
    "pm_card_radarBlock": Card(last4="0019", does="highest_risk_level"),
    "pm_card_authenticationRequired": Card(last4="3184", does="authentication_required"),
    "pm_card_authenticationRequiredOnSetup": Card(last4="3155", does="authentication_unless_set_up"),
    "pm_card_threeDSecure2Required": Card(last4="3220", does="authentication_required"),
    "pm_card_createDispute": Card(last4="0259", does="dispute_fraudulent"),
    "pm_card_createDisputeProductNotReceived": Card(last4="2685", does="dispute_product_not_received"),
    "pm_card_createDisputeInquiry": Card(last4="1976", does="dispute_inquiry"),
    "pm_card_refundFail": Card(last4="5126", does="refund_failed_late"),
    "pm_card_pendingRefund": Card(last4="7726", does="refund_pending"),
}
ALSO = {
    "pm_card_chargeDeclined": "pm_card_visa_chargeDeclined",
    "pm_card_chargeDeclinedInsufficientFunds": "pm_card_visa_chargeDeclinedInsufficientFunds",
    "pm_card_chargeDeclinedLostCard": "pm_card_visa_chargeDeclinedLostCard",
    "pm_card_chargeDeclinedStolenCard": "pm_card_visa_chargeDeclinedStolenCard",
}
"""Other names of the same."""

CHOICES = (
    ("valid", "pm_card_visa"),
    ("mastercard", "pm_card_mastercard"),
    ("ends_next_month", "pm_script_expires_next"),
    ("no_money", "pm_card_visa_chargeDeclinedInsufficientFunds"),
    ("refused", "pm_card_visa_chargeDeclined"),
    ("stored_then_refused", "pm_card_chargeCustomerFail"),
    ("stolen", "pm_card_visa_chargeDeclinedStolenCard"),
    ("authentication", "pm_card_authenticationRequiredOnSetup"),
    ("authentication_always", "pm_card_authenticationRequired"),
    ("disputed", "pm_card_createDispute"),
    ("refund_pending", "pm_card_pendingRefund"),
    ("refund_failed", "pm_card_refundFail"),
)
"""The cards of the page, the usual ones first: a word, and the card."""
REFUSED_AT_SETUP = {
    "generic_decline", "insufficient_funds", "lost_card", "stolen_card", "expired_card", "incorrect_cvc",
    "processing_error", "card_velocity_exceeded", "highest_risk_level",
}  # fmt: skip
"""What a bank says already when the card is stored."""


class Decline(NamedTuple):
    """Why a bank says no. ``code``: of the error; ``decline``: its decline code, None where Stripe gives none;
    ``network`` and ``network_advice``: the codes of the card's network; ``advice``: what Stripe makes of them."""

    code: str
    message: str
    decline: str | None
    network: str | None = None
    advice: str | None = None
    network_advice: str | None = None


_NO = "Your card was declined."


def _declined(code: str, network: str, advice: str | None, message: str = _NO) -> Decline:
    again = {"try_again_later": "02", "do_not_try_again": "03", "confirm_card_data": "01"}
    return Decline("card_declined", message, code, network, advice=advice, network_advice=again.get(advice or ""))


LATER, NEVER, CONFIRM = "try_again_later", "do_not_try_again", "confirm_card_data"
DECLINES: dict[str, Decline] = {
    "generic_decline": _declined("generic_decline", "01", LATER),
    "insufficient_funds": _declined("insufficient_funds", "51", LATER, "Your card has insufficient funds."),
    "do_not_honor": _declined("do_not_honor", "05", LATER),
    "try_again_later": _declined("try_again_later", "19", LATER),
    "issuer_not_available": _declined("issuer_not_available", "91", LATER),
    "reenter_transaction": _declined("reenter_transaction", "19", LATER),
    "approve_with_id": _declined("approve_with_id", "01", LATER),
    "call_issuer": _declined("call_issuer", "01", None),
    "card_velocity_exceeded": _declined(
        "card_velocity_exceeded", "61", LATER, "Your card was declined for making repeated attempts too frequently."
    ),
    "withdrawal_count_limit_exceeded": _declined("withdrawal_count_limit_exceeded", "65", LATER),
    "duplicate_transaction": _declined("duplicate_transaction", "94", None),
    "fraudulent": _declined("fraudulent", "59", NEVER),
    "lost_card": _declined("lost_card", "41", NEVER),
    "stolen_card": _declined("stolen_card", "43", NEVER),
    "pickup_card": _declined("pickup_card", "04", NEVER),
    "restricted_card": _declined("restricted_card", "62", NEVER),
    "security_violation": _declined("security_violation", "63", NEVER),
    "invalid_account": _declined("invalid_account", "14", CONFIRM),
    "new_account_information_available": _declined("new_account_information_available", "46", CONFIRM),
    "card_not_supported": _declined("card_not_supported", "57", NEVER),
    "currency_not_supported": _declined("currency_not_supported", "12", NEVER),
    "transaction_not_allowed": _declined("transaction_not_allowed", "57", NEVER),
    "service_not_allowed": _declined("service_not_allowed", "57", NEVER),
    "not_permitted": _declined("not_permitted", "57", NEVER),
    "no_action_taken": _declined("no_action_taken", "21", None),
    "stop_payment_order": _declined("stop_payment_order", "R0", NEVER),
    "revocation_of_authorization": _declined("revocation_of_authorization", "R1", NEVER),
    "revocation_of_all_authorizations": _declined("revocation_of_all_authorizations", "R3", NEVER),
    "authentication_required": Decline(
        "authentication_required", "Your card was declined. This transaction requires authentication.", "authentication_required"
    ),
    "expired_card": Decline("expired_card", "Your card has expired.", None, "54", advice=CONFIRM, network_advice="01"),
    "incorrect_cvc": Decline("incorrect_cvc", "Your card's security code is incorrect.", None, "N7", advice=CONFIRM, network_advice="01"),
    "incorrect_number": Decline("incorrect_number", "Your card number is incorrect.", None, "14", advice=CONFIRM, network_advice="01"),
    "processing_error": Decline(
        "processing_error", "An error occurred while processing your card. Try again in a little bit.", None, "06", advice=LATER, network_advice="02"
    ),
    "highest_risk_level": Decline("card_declined", _NO, "fraudulent"),
}  # fmt: skip
DECLINES["only_stored"] = DECLINES["generic_decline"]
AMOUNTS = {90000001: "insufficient_funds", 90000002: "stolen_card", 90000005: "lapsed"}
"""What an amount does, whatever the card: for cards that a test did not choose (minor units), as in the sandbox."""


def card(name: str) -> Card | None:
    """The card of a name, None when there is none."""
    if name.startswith(OURS):
        does = name.removeprefix(OURS)
        return Card(last4=_four(name), does=does) if _known(does) else None
    return CARDS.get(ALSO.get(name, name))


def _four(name: str) -> str:
    return f"{int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 10000:04}"


_SCRIPTS = re.compile(
    r"decline_\d+|decline_(until|from)_\d{8}|capture_declined|lapsed|processing(_declined)?|refund_(declined|failed)"
    r"|expires_(\d{6}|next)"
)


def _known(does: str) -> bool:
    return _SCRIPTS.fullmatch(does) is not None or (does.startswith("code_") and does[5:] in DECLINES)


def expiry(name: str, now: int) -> tuple[int, int]:
    """Year and last month of a card that is made now."""
    if found := re.fullmatch(r"pm_script_expires_(\d{4})(\d{2})", name):
        return int(found[1]), int(found[2])
    today = datetime.fromtimestamp(now, UTC)
    if name == "pm_script_expires_next":
        return (today.year, today.month + 1) if today.month < 12 else (today.year + 1, 1)
    return today.year + 3, today.month


def at_charge(does: str, *, amount: int, tries: int, now: int) -> str:
    """What the bank says to a charge: ``approve``, ``processing``, ``authentication_required``, or a key of ``DECLINES``.

    ``tries``: how often this payment was asked for before.
    """
    by_amount = AMOUNTS.get(amount, does)
    if by_amount in DECLINES:
        return by_amount
    if does.startswith("code_"):
        return does[5:]
    if does.startswith("processing"):
        return "processing"
    if found := re.fullmatch(r"decline_(\d+)", does):
        return "insufficient_funds" if tries < int(found[1]) else "approve"
    if found := re.fullmatch(r"decline_(until|from)_(\d{8})", does):
        today = datetime.fromtimestamp(now, UTC).strftime("%Y%m%d")
        return "insufficient_funds" if (today < found[2]) == (found[1] == "until") else "approve"
    return "approve"
