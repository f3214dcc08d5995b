"""What every kind of object looks like when it is new: each field that Stripe gives, in its version ``VERSION``.

A test holds every object that is ever given against the types of Stripe's own SDK.
"""

from __future__ import annotations

from typing import Any

from perennial.payment_server.asked import Asked
from perennial.payment_server.book import Doc, new_id

VERSION = "2026-10-28.endive"
ADDRESS: Doc = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}
BILLING: Doc = {"address": ADDRESS, "email": None, "name": None, "phone": None, "tax_id": None}
EVIDENCE_TEXTS = (
    "access_activity_log", "billing_address", "cancellation_policy_disclosure", "cancellation_rebuttal",
    "customer_email_address", "customer_name", "customer_purchase_ip", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "refund_policy_disclosure", "refund_refusal_explanation",
    "service_date", "shipping_address", "shipping_carrier", "shipping_date", "shipping_tracking_number",
    "uncategorized_text",
)  # fmt: skip
EVIDENCE_FILES = (
    "cancellation_policy", "customer_communication", "customer_signature", "duplicate_charge_documentation", "receipt",
    "refund_policy", "service_documentation", "shipping_documentation", "uncategorized_file",
)  # fmt: skip
CARD_OPTIONS: Doc = {
    "installments": None,
    "mandate_options": None,
    "network": None,
    "request_three_d_secure": "automatic",
}


def made(asked: Asked, kind: str, prefix: str, **fields: Any) -> Doc:
    """A new object of a kind, not yet in the book."""
    common: Doc = {"id": new_id(prefix), "object": kind, "created": asked.now, "_live": asked.live}
    if kind not in ("refund", "balance_transaction"):
        common["livemode"] = asked.live
    return {**common, **fields}


def customer(asked: Asked, given: Doc) -> Doc:
    fields: Doc = {
        "address": None, "balance": 0, "currency": None, "default_source": None, "delinquent": False,
        "description": None, "discount": None, "email": None,
        "invoice_prefix": new_id("x", 8)[2:].upper(),
        "invoice_settings": {
            "custom_fields": None, "default_payment_method": None, "footer": None, "rendering_options": None
        },
        "metadata": {}, "name": None, "next_invoice_sequence": 1, "phone": None, "preferred_locales": [],
        "shipping": None, "tax_exempt": "none", "test_clock": None,
    }  # fmt: skip
    return made(asked, "customer", "cus", **{**fields, **given})


def payment_method(asked: Asked, card: Doc, customer: str | None, **more: Any) -> Doc:
    return made(
        asked, "payment_method", "pm", type="card", card=card, customer=customer, customer_account=None,
        billing_details=BILLING, allow_redisplay="unspecified", metadata={}, **more,
    )  # fmt: skip


def card_of_method(brand: str, last4: str, year: int, month: int, **more: Any) -> Doc:
    return {
        "brand": brand, "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US", "display_brand": brand, "exp_month": month, "exp_year": year, "fingerprint": None,
        "funding": "credit", "generated_from": None, "last4": last4,
        "networks": {"available": [brand], "preferred": None}, "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True}, "wallet": None, **more,
    }  # fmt: skip


def payment_intent(asked: Asked, **given: Any) -> Doc:
    id = new_id("pi")
    fields: Doc = {
        "amount_capturable": 0, "amount_details": {"tip": {}}, "amount_received": 0, "application": None,
        "application_fee_amount": None, "automatic_payment_methods": None, "canceled_at": None,
        "cancellation_reason": None, "capture_method": "automatic", "client_secret": f"{id}_secret_{new_id('x')[2:]}",
        "confirmation_method": "automatic", "customer": None, "customer_account": None, "description": None,
        "excluded_payment_method_types": None, "last_payment_error": None, "latest_charge": None, "metadata": {},
        "next_action": None, "on_behalf_of": None, "payment_method": None, "payment_method_configuration_details": None,
        "payment_method_options": {"card": CARD_OPTIONS}, "payment_method_types": ["card"], "processing": None,
        "receipt_email": None, "review": None, "setup_future_usage": None, "shipping": None, "source": None,
        "statement_descriptor": None, "statement_descriptor_suffix": None, "status": "requires_payment_method",
        "transfer_data": None, "transfer_group": None,
    }  # fmt: skip
    return {**made(asked, "payment_intent", "pi", **fields), **given, "id": id}


def charge(asked: Asked, intent: Doc, method: Doc, **more: Any) -> Doc:
    """A charge of a payment intent, before the bank has said anything."""
    return made(
        asked, "charge", "ch", amount=intent["amount"], amount_captured=0, amount_refunded=0, application=None,
        application_fee=None, application_fee_amount=None, balance_transaction=None,
        billing_details=method["billing_details"], calculated_statement_descriptor=None, captured=False,
        currency=intent["currency"], customer=intent["customer"], description=intent["description"], disputed=False,
        failure_balance_transaction=None, failure_code=None, failure_message=None, fraud_details={},
        metadata=dict(intent["metadata"]), on_behalf_of=None, outcome=None, paid=False, payment_intent=intent["id"],
        payment_method=method["id"], payment_method_details=None, radar_options={}, receipt_email=intent["receipt_email"],
        receipt_number=None, receipt_url=None, refunded=False, review=None, shipping=intent["shipping"], source=None,
        source_transfer=None, statement_descriptor=intent["statement_descriptor"],
        statement_descriptor_suffix=intent["statement_descriptor_suffix"], status="failed", transfer_data=None,
        transfer_group=None, **more,
    )  # fmt: skip


def card_of_charge(card: Doc, amount: int, **more: Any) -> Doc:
    """What a charge says of its card."""
    return {
        "amount_authorized": amount, "authorization_code": None, "brand": card["brand"],
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": None},
        "country": card["country"], "exp_month": card["exp_month"], "exp_year": card["exp_year"],
        "extended_authorization": {"status": "disabled"}, "fingerprint": card["fingerprint"], "funding": card["funding"],
        "incremental_authorization": {"status": "unavailable"}, "installments": None, "last4": card["last4"],
        "mandate": None, "multicapture": {"status": "unavailable"}, "network": card["brand"],
        "network_token": {"used": False}, "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"}, "regulated_status": "unregulated",
        "three_d_secure": None, "wallet": None, **more,
    }  # fmt: skip


def refund(asked: Asked, charge: Doc, amount: int, **more: Any) -> Doc:
    return made(
        asked, "refund", "re", amount=amount, balance_transaction=None, charge=charge["id"], currency=charge["currency"],
        destination_details={"card": {"reference": None, "reference_status": "pending", "reference_type": None, "type": "refund"}, "type": "card"},
        payment_intent=charge["payment_intent"], receipt_number=None, source_transfer_reversal=None,
        transfer_reversal=None, _customer=charge["customer"], **more,
    )  # fmt: skip


def balance_transaction(asked: Asked, of: Doc, kind: str, amount: int, fee: int = 0) -> Doc:
    fees = [
        {
            "amount": fee,
            "application": None,
            "currency": of["currency"],
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    return made(
        asked, "balance_transaction", "txn", amount=amount, available_on=asked.now + 2 * 24 * 3600,
        balance_type="payments", currency=of["currency"], description=of.get("description"), exchange_rate=None, fee=fee,
        fee_details=fees if fee else [], net=amount - fee, reporting_category="dispute" if kind == "adjustment" else kind,
        source=of["id"], status="pending", type=kind,
    )  # fmt: skip


def setup_intent(asked: Asked, **given: Any) -> Doc:
    id = new_id("seti")
    fields: Doc = {
        "application": None, "automatic_payment_methods": None, "cancellation_reason": None,
        "client_secret": f"{id}_secret_{new_id('x')[2:]}", "customer": None, "customer_account": None,
        "description": None, "excluded_payment_method_types": None, "flow_directions": None, "last_setup_error": None,
        "latest_attempt": None, "mandate": None, "metadata": {}, "next_action": None, "on_behalf_of": None,
        "payment_method": None, "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"], "single_use_mandate": None, "status": "requires_payment_method",
        "usage": "off_session",
    }  # fmt: skip
    return {**made(asked, "setup_intent", "seti", **fields), **given, "id": id}


def session(asked: Asked, **given: Any) -> Doc:
    id = new_id("cs_live" if asked.live else "cs_test", 58)
    fields: Doc = {
        "adaptive_pricing": None, "after_expiration": None, "allow_promotion_codes": None, "amount_subtotal": None,
        "amount_total": None, "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None, "branding_settings": None, "cancel_url": None, "client_reference_id": None,
        "client_secret": None, "collected_information": None, "consent": None, "consent_collection": None,
        "currency": None, "currency_conversion": None, "custom_fields": [],
        "custom_text": {
            "after_submit": None, "shipping_address": None, "submit": None, "terms_of_service_acceptance": None
        },
        "customer": None, "customer_account": None, "customer_creation": None, "customer_details": None,
        "customer_email": None, "discounts": None, "excluded_payment_method_types": None, "invoice": None,
        "invoice_creation": None, "locale": None, "metadata": {}, "mode": "setup", "origin_context": None,
        "payment_intent": None, "payment_link": None, "payment_method_collection": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}}, "payment_method_types": ["card"],
        "payment_status": "no_payment_required", "permissions": None,
        "phone_number_collection": {"enabled": False}, "recovered_from": None, "saved_payment_method_options": None,
        "setup_intent": None, "shipping_address_collection": None, "shipping_cost": None, "shipping_options": [],
        "status": "open", "submit_type": None, "subscription": None, "success_url": None, "total_details": None,
        "ui_mode": "hosted_page", "url": f"{asked.base}/pay/{id}", "wallet_options": None,
    }  # fmt: skip
    return {**made(asked, "checkout.session", "cs", **fields), **given, "id": id}


def dispute(asked: Asked, charge: Doc, reason: str, amount: int, *, inquiry: bool, due_by: int) -> Doc:
    card = charge["payment_method_details"]["card"]
    codes = {"fraudulent": "10.4", "product_not_received": "13.1", "duplicate": "12.6", "subscription_canceled": "13.2"}
    return made(
        asked, "dispute", "du", amount=amount, balance_transactions=[], charge=charge["id"], currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence={**dict.fromkeys([*EVIDENCE_TEXTS, *EVIDENCE_FILES]), "enhanced_evidence": {}},
        evidence_details={
            "due_by": due_by, "enhanced_eligibility": {}, "has_evidence": False, "past_due": False,
            "submission_count": 0, "submission_method": "not_submitted",
        },
        is_charge_refundable=inquiry, metadata={}, payment_intent=charge["payment_intent"],
        payment_method_details={
            "card": {
                "brand": card["brand"], "case_type": "inquiry" if inquiry else "chargeback", "network": card["brand"],
                "network_reason_code": codes.get(reason, "10.4"),
            },
            "type": "card",
        },
        reason=reason, status="warning_needs_response" if inquiry else "needs_response", _customer=charge["customer"],
    )  # fmt: skip


def event(asked: Asked, kind: str, of: Doc, before: Doc | None) -> Doc:
    data: Doc = {"object": of}
    if before:
        data["previous_attributes"] = before
    return made(
        asked, "event", "evt", api_version=VERSION, data=data, pending_webhooks=0, type=kind,
        request={"id": None if asked.by != "api" else asked.request, "idempotency_key": asked.key},
    )  # fmt: skip
