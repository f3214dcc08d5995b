"""Cards that are stored for later: setup intents, and checkout sessions with their hosted page (``mode=setup`` alone)."""

from __future__ import annotations

from perennial.payment_server import cards, shapes
from perennial.payment_server.asked import Asked, Problem, fit, merged, unfit
from perennial.payment_server.book import Doc
from perennial.payment_server.customers import declined, method_of, put_with
from perennial.payment_server.events import tell
from perennial.payment_server.lists import CREATED, PAGE, found_by, page

OPTIONS = (
    "payment_method_options.card.request_three_d_secure:any|automatic|challenge"
    " payment_method_options.card.setup_credential_usage:installment|recurring|unscheduled payment_method_options.card.moto:bool"
)
SETUP = (
    f"customer confirm:bool description metadata:map payment_method return_url usage:off_session|on_session use_stripe_sdk:bool"
    f" allowed_payment_method_types:list automatic_payment_methods.enabled:bool"
    f" automatic_payment_methods.allow_redirects:always|never mandate_data:map {OPTIONS}"
)
HOUR = 3600
NEEDS_CUSTOMER = ("authentication_required", "authentication_unless_set_up")
SESSION = (
    "mode:setup! success_url! cancel_url customer customer_email customer_creation:always|if_required currency locale"
    " client_reference_id metadata:map expires_at:int ui_mode:hosted_page allowed_payment_method_types:list"
    " setup_intent_data.description setup_intent_data.metadata:map billing_address_collection:auto|required"
    " custom_text.submit.message consent_collection:map payment_method_options.card.request_three_d_secure:any|automatic|challenge"
    " payment_method_options.card.setup_credential_usage:installment|recurring|unscheduled"
)
LOCALES = ("auto", "en", "it", "en-GB")


def create(asked: Asked) -> Doc:
    given = fit(asked.given, SETUP)
    if "customer" in given:
        asked.object("customer", given["customer"], "customer")
    made = shapes.setup_intent(asked, customer=given.get("customer"), usage=given.get("usage", "off_session"))
    made.update(description=given.get("description"), metadata=merged({}, given.get("metadata")))
    if not given.get("allowed_payment_method_types"):
        made["automatic_payment_methods"] = {
            "allow_redirects": "always",
            "enabled": True,
            **given.get("automatic_payment_methods", {}),
        }
    if "payment_method" in given:
        made.update(payment_method=method_of(asked, given["payment_method"])["id"], status="requires_confirmation")
    asked.book.add(made)
    return confirmed(asked, made, given) if given.get("confirm") else made


def retrieve(asked: Asked) -> Doc:
    return found_by(asked, "setup_intent", asked.of[0])


def index(asked: Asked) -> Doc:
    given = fit(asked.given, f"customer payment_method {CREATED} {PAGE}")
    method = given.get("payment_method")
    return page(
        asked, "setup_intent", given, only=lambda one: method in (None, one["payment_method"]), customer=given.get("customer")
    )  # fmt: skip


def confirm(asked: Asked) -> Doc:
    given = fit(
        asked.given,
        f"payment_method return_url use_stripe_sdk:bool mandate_data:map allowed_payment_method_types:list {OPTIONS}",
    )
    found = found_by(asked, "setup_intent", asked.of[0])
    if found["status"] not in ("requires_payment_method", "requires_confirmation"):
        raise _state(found, "confirmed")
    if "payment_method" in given:
        found["payment_method"] = method_of(asked, given["payment_method"])["id"]
    if found["payment_method"] is None:
        raise unfit("You cannot confirm this SetupIntent because it's missing a payment method.", "payment_method")
    return confirmed(asked, found, given)


def confirmed(asked: Asked, setup: Doc, given: Doc) -> Doc:
    """The bank is asked whether the card may be stored."""
    method = asked.object("payment_method", setup["payment_method"], "payment_method")
    does = method["_does"]
    if does in cards.REFUSED_AT_SETUP:
        raise refused(asked, setup, method)
    if does in NEEDS_CUSTOMER and not given.get("payment_method_options", {}).get("card", {}).get("moto"):
        action: Doc = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
        if given.get("return_url"):
            url = f"{asked.base}/authenticate/{setup['id']}"
            action = {"redirect_to_url": {"return_url": given["return_url"], "url": url}, "type": "redirect_to_url"}
        setup.update(status="requires_action", next_action=action)
        tell(asked, "setup_intent.requires_action", setup)
        return asked.book.put(setup)
    return stored(asked, setup, method)


def refused(asked: Asked, setup: Doc, method: Doc) -> Problem:
    problem = declined(cards.DECLINES[method["_does"]])
    plain = {name: value for name, value in method.items() if not name.startswith("_")}
    setup.update(
        status="requires_payment_method", payment_method=None, next_action=None,
        last_setup_error={**problem.error, "payment_method": plain},
    )  # fmt: skip
    asked.book.put(setup)
    tell(asked, "setup_intent.setup_failed", setup)
    problem.error.update(setup_intent=dict(setup), payment_method=method)
    return problem


def stored(asked: Asked, setup: Doc, method: Doc) -> Doc:
    """The card is stored: it may be charged without the customer."""
    if setup["customer"]:
        method = put_with(asked, method, setup["customer"])
    asked.book.put({**method, "_set_up": True, "_used": True})
    setup.update(status="succeeded", payment_method=method["id"], next_action=None, last_setup_error=None)
    tell(asked, "setup_intent.succeeded", setup)
    return asked.book.put(setup)


def authenticated(asked: Asked, setup: Doc, agreed: bool) -> Doc:
    method = asked.object("payment_method", setup["payment_method"], "payment_method")
    if agreed:
        return stored(asked, setup, method)
    setup.update(
        status="requires_payment_method", payment_method=None, next_action=None,
        last_setup_error={
            "code": "setup_intent_authentication_failure", "type": "invalid_request_error",
            "message": "The provided PaymentMethod has failed authentication.",
        },
    )  # fmt: skip
    tell(asked, "setup_intent.setup_failed", setup)
    return asked.book.put(setup)


def cancel(asked: Asked) -> Doc:
    given = fit(asked.given, "cancellation_reason:abandoned|duplicate|requested_by_customer")
    found = found_by(asked, "setup_intent", asked.of[0])
    if found["status"] in ("succeeded", "canceled"):
        raise _state(found, "canceled")
    found.update(status="canceled", cancellation_reason=given.get("cancellation_reason"), next_action=None)
    tell(asked, "setup_intent.canceled", found)
    return asked.book.put(found)


def _state(setup: Doc, what: str) -> Problem:
    return Problem(
        400,
        f"This SetupIntent could not be {what} because it has a status of {setup['status']}.",
        code="setup_intent_unexpected_state",
        setup_intent=dict(setup),
    )


# Checkout sessions


def open_session(asked: Asked) -> Doc:
    given = fit(asked.given, SESSION)
    customer = asked.object("customer", given["customer"], "customer") if "customer" in given else None
    if customer and "customer_email" in given:
        raise unfit(
            "You may only specify one of these parameters: customer, customer_email.",
            "customer_email",
            "parameters_exclusive",
        )
    if given.get("locale", "auto") not in LOCALES:
        raise unfit("Invalid locale", "locale")
    ends = given.get("expires_at", asked.now + int(asked.book.setting("session_hours")) * HOUR)
    if not asked.now + HOUR // 2 <= ends <= asked.now + 24 * HOUR:
        raise unfit(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
            "expires_at",
        )
    data = given.get("setup_intent_data", {})
    setup = shapes.setup_intent(asked, customer=given.get("customer"), description=data.get("description"))
    setup["metadata"] = merged({}, data.get("metadata"))
    made = shapes.session(asked, setup_intent=setup["id"], expires_at=ends, metadata=merged({}, given.get("metadata")))
    for name in (
        "success_url",
        "cancel_url",
        "customer",
        "customer_email",
        "currency",
        "locale",
        "client_reference_id",
        "customer_creation",
    ):
        made[name] = given.get(name)
    if customer:
        made["customer_details"] = {
            "address": None, "business_name": None, "email": customer["email"], "individual_name": None,
            "name": customer["name"], "phone": customer["phone"], "tax_exempt": "none", "tax_ids": [],
        }  # fmt: skip
    if said := given.get("custom_text", {}).get("submit"):
        made["custom_text"] = {**made["custom_text"], "submit": said}
    asked.book.add({**setup, "_session": made["id"]})
    asked.book.add(made)
    asked.book.later("session_ends", made["id"], ends)
    return made


def session(asked: Asked) -> Doc:
    return found_by(asked, "checkout.session", asked.of[0])


def sessions(asked: Asked) -> Doc:
    given = fit(asked.given, f"customer status:open|complete|expired {CREATED} {PAGE}")
    status = given.get("status")
    return page(
        asked, "checkout.session", given, only=lambda one: status in (None, one["status"]), customer=given.get("customer")
    )  # fmt: skip


def expire(asked: Asked) -> Doc:
    fit(asked.given, "")
    found = found_by(asked, "checkout.session", asked.of[0])
    if found["status"] != "open":
        raise Problem(
            400,
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of {found["status"]}.',
        )
    return expired(asked, found)


def expired(asked: Asked, found: Doc) -> Doc:
    found.update(status="expired", url=None)
    setup = asked.book.get(found["setup_intent"], asked.live)
    asked.book.put({**setup, "status": "canceled", "cancellation_reason": "abandoned", "next_action": None})
    tell(asked, "checkout.session.expired", found)
    return asked.book.put(found)


def completed(asked: Asked, found: Doc) -> Doc:
    """The customer has stored a card on the page."""
    if found["customer"] is None and found["customer_creation"] == "always":
        made = asked.book.add(shapes.customer(asked, {"email": found["customer_email"]}))
        setup = asked.book.put({**asked.book.get(found["setup_intent"], asked.live), "customer": made["id"]})
        put_with(asked, asked.book.get(setup["payment_method"], asked.live), made["id"])
        found["customer"] = made["id"]
    found.update(status="complete", url=None)
    tell(asked, "checkout.session.completed", found)
    return asked.book.put(found)
