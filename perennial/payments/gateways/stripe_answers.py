"""What Stripe says, in our words: how a payment, a refund or a dispute stands there, and what an event tells."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import stripe

from perennial.payments.gateways.contract import (
    Answer,
    DisputeFacts,
    DisputeStatus,
    Event,
    EventKind,
    KeptCard,
    Moved,
    Request,
)
from perennial.payments.gateways.stripe_declines import category, never_asked

Thing = dict[str, Any]
"""Something of Stripe's, as it came."""

DISPUTES: dict[str, DisputeStatus] = {
    "warning_needs_response": "open",
    "needs_response": "open",
    "appeal_needs_response": "open",
    "warning_under_review": "answered",
    "under_review": "answered",
    "appeal_under_review": "answered",
    "won": "won",
    "warning_closed": "won",
    "lost": "lost",
    "prevented": "lost",  # the network gave the money back before it became a dispute
}
TEST_KEY = "exists in live mode, but a test mode key was used"
"""So Stripe says that a key of test mode was set where real cards are kept. The other way round it is a card from before
going live, which is that card's matter.
"""
EVENTS: dict[str, EventKind] = {
    "payment_intent.": "payment",
    "refund.": "refund",
    "charge.refund.": "refund",
    "payment_method.automatically_updated": "card",
    "payment_method.updated": "card",
    "checkout.session.": "card_page",
    "charge.dispute.": "dispute",
}


def standing(intent: Thing) -> Answer:
    """How an authorisation or charge stands."""
    customer = id_of(intent.get("customer"))
    match intent["status"]:
        case "succeeded" | "requires_capture":
            return Answer(
                "approved",
                reference=intent["id"],
                network_transaction_id=_network(intent),
                gateway_customer=customer,
            )
        case "processing":
            return Answer(
                "pending", reference=intent["id"], message="the bank has not answered yet", gateway_customer=customer
            )
        case "requires_action" | "requires_confirmation":
            return Answer(
                "requires_customer", message="the customer has to agree to it at the bank", gateway_customer=customer
            )
        case "requires_payment_method":
            if not intent.get("last_payment_error"):
                return Answer("not_found")
            return declined(intent["last_payment_error"], customer)
        case "canceled":
            gone = "the authorisation is not there any more"
            return Answer("declined", message=gone, category="lapsed", gateway_customer=customer)
    return Answer("unknown", reference=intent["id"], message=f"it is {intent['status']}")


def captured(intent: Thing, request: Request) -> Answer:
    """Whether a capture was made. By somebody else, on Stripe's own pages, it is the same money if it is as much."""
    if intent["status"] == "succeeded":
        by = metadata(intent).get("capture")
        if by == request.key or (by is None and intent["amount_received"] == request.amount_minor):
            return Answer("approved", reference=intent["id"])
        if by is None:
            return Answer(
                "unknown", message=f"captured elsewhere, {intent['amount_received']} of {request.amount_minor}"
            )
        return Answer("declined", message="the authorisation was used already")
    if intent["status"] == "canceled":
        return Answer("declined", message="the authorisation is not there any more", category="lapsed")
    if intent["status"] == "processing":
        return Answer("pending", reference=intent["id"], message="the bank has not answered yet")
    if intent["status"] == "requires_payment_method" and intent.get("last_payment_error"):
        # It was refused when the money was to be taken, and what was authorised went with it.
        return declined(intent["last_payment_error"], None)
    return Answer("not_found")


def voided(intent: Thing) -> Answer:
    if intent["status"] == "canceled":
        return Answer("approved", reference=intent["id"])
    if intent["status"] == "succeeded":
        return Answer("declined", message="the authorisation was captured")
    return Answer("not_found")


def given_back(refund: Thing) -> Answer:
    match refund["status"]:
        case "succeeded":
            return Answer("approved", reference=refund["id"])
        case "failed" | "canceled":
            why = refund.get("failure_reason") or refund["status"]
            return Answer("declined", message=f"it could not be given back: {why}")
    return Answer("pending", reference=refund["id"], message=f"giving it back is {refund['status']}")


def declined(error: Mapping[str, Any], customer: str | None) -> Answer:
    """What the bank, or Stripe for it, has declined."""
    code, decline = error.get("code"), error.get("decline_code")
    kind = category(
        code=code,
        decline_code=decline,
        advice=error.get("advice_code"),
        network_advice=error.get("network_advice_code"),
        issuer=error.get("network_decline_code"),
    )
    words = error.get("message") or code
    message = f"{words} ({decline or code})" if decline or code else words
    if kind == "authentication":
        return Answer("requires_customer", message=message, gateway_customer=customer)
    return Answer("declined", message=message, category=kind, gateway_customer=customer)


def not_begun(problem: stripe.InvalidRequestError) -> Answer:
    kind = never_asked(problem.code, problem.param)
    if kind is None:
        raise problem
    return Answer("declined", message=problem.user_message, category=kind)


def not_admitted(problem: stripe.StripeError) -> bool:
    """Was our key not accepted: revoked, not allowed to do this, of test mode where real cards are kept? An answer that is
    only a repetition says nothing of the key.
    """
    if (problem.headers or {}).get("idempotent-replayed") == "true":
        return False
    of_test_mode = problem.code == "resource_missing" and TEST_KEY in (problem.user_message or "")
    return isinstance(problem, stripe.AuthenticationError | stripe.PermissionError) or of_test_mode


def taken(intent: Thing) -> Moved:
    about, automatic = metadata(intent), intent["capture_method"] != "manual"
    charge = intent.get("latest_charge")
    made = charge["created"] if isinstance(charge, dict) else intent["created"]
    # What somebody else captured is found under the key of its authorisation, which has taken nothing here.
    key = about.get("capture") or about.get("key") or intent["id"]
    on = about.get("captured_on") or (about.get("on") if automatic else None)
    return Moved(key, intent["amount_received"], intent["currency"].upper(), day_of(on, made), intent["id"])


def returned(refund: Thing) -> Moved:
    about, intent = metadata(refund), id_of(refund.get("payment_intent"))
    on = day_of(about.get("on"), refund["created"])
    return Moved(about.get("key") or refund["id"], -refund["amount"], refund["currency"].upper(), on, intent)


def kept(method: Thing) -> KeptCard:
    card = method["card"]
    return KeptCard(method["id"], card["brand"], card["last4"], card["exp_month"], card["exp_year"])


def event_of(found: Thing) -> Event:
    kind: EventKind = next((kind for start, kind in EVENTS.items() if found["type"].startswith(start)), "other")
    thing: Thing = found["data"]["object"]
    given: dict[str, Any] = {}
    match kind:
        case "payment":
            given["key"] = metadata(thing).get("capture") or metadata(thing).get("key")
        case "refund":
            given["key"] = metadata(thing).get("key")
        case "card" if thing.get("card"):
            given["card"] = kept(thing)
        case "card_page":
            given["page"] = thing["id"]
        case "dispute":
            given["dispute"] = disputed(thing)
    return Event(found["id"], kind, found["created"], **given)


def signed_at(signature: str | None) -> int:
    """When an event was signed, of a signature that is genuine."""
    return int(next(part.partition("=")[2] for part in (signature or "").split(",") if part.startswith("t=")))


def disputed(dispute: Thing) -> DisputeFacts:
    until = (dispute.get("evidence_details") or {}).get("due_by")
    return DisputeFacts(
        reference=dispute["id"],
        payment_reference=id_of(dispute.get("payment_intent")) or id_of(dispute["charge"]) or "",
        minor=dispute["amount"],
        currency=dispute["currency"].upper(),
        reason=dispute["reason"],
        status=DISPUTES.get(dispute["status"], "open"),
        answer_by=None if until is None else datetime.fromtimestamp(until, UTC).date(),
    )


def said(refusal: stripe.StripeError) -> Mapping[str, Any]:
    """What Stripe says of a refusal, as it came."""
    body = refusal.json_body
    found = body.get("error") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {"code": refusal.code, "message": refusal.user_message}


def metadata(thing: Thing) -> Mapping[str, str]:
    """What we wrote to it."""
    return thing.get("metadata") or {}


def _network(intent: Thing) -> str | None:
    """What the card's network calls the charge, where it was asked for."""
    charge = intent.get("latest_charge")
    details = charge.get("payment_method_details") if isinstance(charge, dict) else None
    return ((details or {}).get("card") or {}).get("network_transaction_id") or None


def id_of(thing: Any) -> str | None:
    """The id of something that may come whole."""
    return thing if thing is None or isinstance(thing, str) else str(thing["id"])


def day_of(written: str | None, made: int) -> date:
    with suppress(ValueError):
        if written:
            return date.fromisoformat(written)
    return datetime.fromtimestamp(made, UTC).date()
