"""Payment intents and their charges: asked for, authorised, captured, cancelled."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from perennial.payment_server import cards, shapes
from perennial.payment_server.asked import Asked, Problem, fit, merged, unfit
from perennial.payment_server.balance import moved
from perennial.payment_server.book import Doc, new_id
from perennial.payment_server.customers import declined, method_of, put_with
from perennial.payment_server.events import tell
from perennial.payment_server.lists import CREATED, PAGE, found_by, page

DAY = 24 * 3600
LEAST = {"jpy": 50, "gbp": 30}
LEAST_OTHERWISE = 50
MOST = 99_999_999
OPTIONS = "|".join(("installment", "recurring", "unscheduled"))
CARD = (
    "payment_method_options.card.moto:bool payment_method_options.card.request_three_d_secure:any|automatic|challenge"
    f" payment_method_options.card.setup_credential_usage:{OPTIONS} payment_method_options.card.stored_credential_usage:{OPTIONS}"
    " payment_method_options.card.network payment_method_options.card.setup_future_usage:none|off_session|on_session"
    " payment_method_options.card.capture_method:manual"
    " payment_method_options.card.request_extended_authorization:if_available|never"
    " payment_method_options.card.request_incremental_authorization:if_available|never"
    " payment_method_options.card.request_multicapture:if_available|never"
    " payment_method_options.card.request_overcapture:if_available|never"
)
TEXTS = "description receipt_email statement_descriptor statement_descriptor_suffix transfer_group metadata:map shipping:map"
CONFIRM = (
    f"payment_method off_session:any return_url error_on_requires_action:bool use_stripe_sdk:bool mandate mandate_data:map"
    f" setup_future_usage:off_session|on_session allowed_payment_method_types:list excluded_payment_method_types:list"
    f" radar_options:map payment_details:map {CARD}"
)
CREATE = (
    f"amount:int! currency! customer confirm:bool capture_method:automatic|automatic_async|manual"
    f" confirmation_method:automatic|manual automatic_payment_methods.enabled:bool"
    f" automatic_payment_methods.allow_redirects:always|never {TEXTS} {CONFIRM}"
)
CAPTURED = ("requires_capture",)
CANCELLED = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing")
CONFIRMED = ("requires_payment_method", "requires_confirmation")


def create(asked: Asked) -> Doc:
    given = fit(asked.given, CREATE)
    amount, currency = given["amount"], given["currency"]
    if not re.fullmatch(r"[a-z]{3}", currency.lower()):
        raise unfit(f"Invalid currency: {currency}.", "currency")
    currency = currency.lower()
    if amount < LEAST.get(currency, LEAST_OTHERWISE):
        raise unfit("Amount must be at least the least that this currency allows.", "amount", "amount_too_small")
    if amount > MOST:
        raise unfit(f"Amount must be no more than {MOST}.", "amount", "amount_too_large")
    confirm = given.get("confirm", False)
    if given.get("off_session") is not None and not confirm:
        raise unfit("You can only set `off_session` when `confirm` is true.", "off_session")
    if confirm and "payment_method" not in given:
        raise unfit("You cannot confirm this PaymentIntent because it's missing a payment method.", "payment_method")
    if "customer" in given:
        asked.object("customer", given["customer"], "customer")
    types = given.get("allowed_payment_method_types")
    chosen = given.get("automatic_payment_methods")
    if types and chosen:
        raise unfit("You may only specify one of these parameters: allowed_payment_method_types, automatic_payment_methods.", "automatic_payment_methods", "parameters_exclusive")  # fmt: skip
    intent = shapes.payment_intent(asked, amount=amount, currency=currency, customer=given.get("customer"))
    for name in (
        "description",
        "receipt_email",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
        "shipping",
        "setup_future_usage",
    ):
        intent[name] = given.get(name)
    intent["metadata"] = merged({}, given.get("metadata"))
    intent["capture_method"] = given.get("capture_method", "automatic_async")
    intent["confirmation_method"] = given.get("confirmation_method", "automatic")
    if types:
        intent["allowed_payment_method_types"] = types
    else:
        intent["automatic_payment_methods"] = {"allow_redirects": "always", "enabled": True, **(chosen or {})}
    _options(intent, given)
    if "payment_method" in given:
        method = usable(asked, intent, given["payment_method"])
        intent.update(payment_method=method["id"], status="requires_confirmation")
    asked.book.add(intent)
    if confirm:
        return confirmed(asked, intent, given)
    return intent


def _options(intent: Doc, given: Doc) -> None:
    card = dict(given.get("payment_method_options", {}).get("card", {}))
    intent["_moto"] = card.pop("moto", intent.get("_moto", False))
    intent["payment_method_options"] = {"card": {**intent["payment_method_options"]["card"], **card}}


def usable(asked: Asked, intent: Doc, id: str) -> Doc:
    """The payment method, if it may pay this."""
    method = method_of(asked, id)
    if method["customer"] is None and method.get("_used"):
        raise Problem(
            400,
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, or was"
            " detached from a Customer, and may not be used again.",
            param="payment_method",
        )
    if method["customer"] is not None and method["customer"] != intent["customer"]:
        said = (
            f"The PaymentMethod {method['id']} belongs to a Customer. Please include the Customer in the `customer` parameter."
            if intent["customer"] is None
            else f"The provided PaymentMethod {method['id']} does not belong to the Customer {intent['customer']}."
        )
        raise Problem(400, said, param="payment_method", code="payment_intent_invalid_parameter")
    return method


def retrieve(asked: Asked) -> Doc:
    return found_by(asked, "payment_intent", asked.of[0])


def index(asked: Asked) -> Doc:
    given = fit(asked.given, f"customer {CREATED} {PAGE}")
    return page(asked, "payment_intent", given, customer=given.get("customer"))


def update(asked: Asked) -> Doc:
    given = fit(asked.given, f"{TEXTS} amount:int payment_method {CARD}")
    intent = found_by(asked, "payment_intent", asked.of[0])
    if "amount" in given and intent["status"] not in CONFIRMED:
        raise _state(intent, "This PaymentIntent's amount could not be updated")
    metadata = merged(intent["metadata"], given.pop("metadata", None))
    given.pop("expand", None)
    _options(intent, given)
    given.pop("payment_method_options", None)
    if "payment_method" in given:
        given["payment_method"] = usable(asked, intent, given["payment_method"])["id"]
    return asked.book.put({**intent, **given, "metadata": metadata})


def confirm(asked: Asked) -> Doc:
    given = fit(asked.given, CONFIRM + " receipt_email shipping:map capture_method:automatic|automatic_async|manual")
    intent = found_by(asked, "payment_intent", asked.of[0])
    if intent["status"] not in CONFIRMED:
        raise _state(intent, "This PaymentIntent could not be confirmed", "confirmed", CONFIRMED)
    _options(intent, given)
    intent["capture_method"] = given.get("capture_method", intent["capture_method"])
    if "payment_method" in given:
        intent["payment_method"] = usable(asked, intent, given["payment_method"])["id"]
    if intent["payment_method"] is None:
        raise unfit("You cannot confirm this PaymentIntent because it's missing a payment method.", "payment_method")
    return confirmed(asked, intent, given)


def confirmed(asked: Asked, intent: Doc, given: Doc) -> Doc:
    """The bank is asked. Whoever is not there (``off_session``) cannot agree to it, so it is declined instead."""
    methods = intent["automatic_payment_methods"]
    if methods and methods["enabled"] and methods["allow_redirects"] == "always" and not given.get("return_url"):
        raise unfit(
            "This PaymentIntent may use payment methods that redirect the customer, so it takes a `return_url`. Set"
            " `automatic_payment_methods[allow_redirects]` to `never`, or name `allowed_payment_method_types`, to do without.",
            "return_url",
        )
    off_session = str(given.get("off_session", "false")) in ("true", "one_off", "recurring")
    method = asked.object("payment_method", intent["payment_method"], "payment_method")
    does = method["_does"]
    said = verdict(asked, intent, method)
    if said == "authentication_required":
        if intent["_moto"] or (does == "authentication_unless_set_up" and method.get("_set_up")):
            said = "approve"
        elif not off_session:
            return authenticate(asked, intent, method, given)
    if given.get("setup_future_usage") and intent["customer"] and said == "approve":
        method = put_with(asked, method, intent["customer"])
        method["_set_up"] = True
    asked.book.put({**method, "_used": True})
    intent["next_action"] = None
    if said == "approve":
        return approved(asked, intent, method)
    if said == "processing":
        return processing(asked, intent, method)
    raise refused(asked, intent, method, said)


def verdict(asked: Asked, intent: Doc, method: Doc) -> str:
    """What the bank says: ``approve``, ``processing``, or why not."""
    card, does = method["card"], method["_does"]
    today = datetime.fromtimestamp(asked.now, UTC)
    if (card["exp_year"], card["exp_month"]) < (today.year, today.month):
        return "expired_card"
    if does == "authentication_unless_set_up":
        return "authentication_required"
    tries = _tries(asked, intent) if does.startswith("decline_") else 0
    return cards.at_charge(does, amount=intent["amount"], tries=tries, now=asked.now)


def _tries(asked: Asked, intent: Doc) -> int:
    """How often this payment was asked for: charges of the customer that are described alike, up to the last ``/``."""
    about = _payment(intent)
    found = asked.book.each("charge", asked.live, customer=intent["customer"])
    return sum(1 for one in found if _payment(one) == about)


def _payment(of: Doc) -> str:
    described: str = of["description"] or ""
    return described.rpartition("/")[0] or described


def new_charge(asked: Asked, intent: Doc, method: Doc) -> Doc:
    made = shapes.charge(asked, intent, method)
    usage = intent["payment_method_options"]["card"].get("stored_credential_usage")
    more = {"stored_credential_usage": usage} if usage else {}
    if intent["_moto"]:
        more["moto"] = True
    made["payment_method_details"] = {
        "card": shapes.card_of_charge(method["card"], intent["amount"], **more),
        "type": "card",
    }
    return made


def approved(asked: Asked, intent: Doc, method: Doc, charge: Doc | None = None) -> Doc:
    """The bank has said yes: the money is reserved, or taken."""
    charge = charge or asked.book.add(new_charge(asked, intent, method))
    card = charge["payment_method_details"]["card"]
    card["authorization_code"] = new_id("x", 6)[2:].upper()
    card["network_transaction_id"] = method.get("_network") or "MDS" + new_id("x", 10)[2:].upper()
    charge.update(
        status="succeeded",
        paid=True,
        outcome={
            "advice_code": None, "network_advice_code": None, "network_decline_code": None,
            "network_status": "approved_by_network", "reason": None, "risk_level": "normal", "risk_score": 12,
            "seller_message": "Payment complete.", "type": "authorized",
        },
    )  # fmt: skip
    asked.book.put({**asked.book.get(method["id"], asked.live), "_network": card["network_transaction_id"]})
    intent.update(latest_charge=charge["id"], last_payment_error=None)
    if intent["capture_method"] == "manual":
        until = asked.now + int(asked.book.setting("authorisation_days")) * DAY
        card["capture_before"] = until
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        asked.book.later("authorisation_ends", intent["id"], until)
        asked.book.enter("authorise", intent, intent["amount"], key=asked.key, by=asked.by, object=charge["id"])
        tell(asked, "charge.succeeded", charge)
        tell(asked, "payment_intent.amount_capturable_updated", intent)
    else:
        asked.book.enter("charge", intent, intent["amount"], key=asked.key, by=asked.by, object=charge["id"])
        taken(asked, intent, charge, intent["amount"], method)
        tell(asked, "charge.succeeded", charge)
        tell(asked, "payment_intent.succeeded", intent)
    asked.book.put(charge)
    return asked.book.put(intent)


def taken(asked: Asked, intent: Doc, charge: Doc, amount: int, method: Doc) -> None:
    """The money is ours."""
    intent.update(status="succeeded", amount_capturable=0, amount_received=amount)
    charge.update(captured=True, amount_captured=amount)
    charge["balance_transaction"] = moved(asked, charge, "charge", amount)["id"]
    charge["receipt_url"] = f"{asked.base}/receipts/{charge['id']}"
    if method["_does"].startswith("dispute_"):
        asked.book.later(method["_does"], charge["id"], asked.now + int(asked.book.setting("moment")))


def processing(asked: Asked, intent: Doc, method: Doc) -> Doc:
    """The bank takes its time; ``passing`` ends it."""
    charge = new_charge(asked, intent, method)
    charge["status"] = "pending"
    asked.book.add(charge)
    intent.update(status="processing", latest_charge=charge["id"], processing={"card": {}, "type": "card"})
    asked.book.later("processing_ends", intent["id"], asked.now + int(asked.book.setting("moment")))
    tell(asked, "payment_intent.processing", intent)
    return asked.book.put(intent)


def refused(asked: Asked, intent: Doc, method: Doc, code: str, charge: Doc | None = None) -> Problem:
    """The bank has said no. What is written of it stays; the problem is what whoever asked is told."""
    why = cards.DECLINES[code]
    charge = charge or asked.book.add(new_charge(asked, intent, method))
    blocked = code == "highest_risk_level"
    charge.update(
        status="failed",
        failure_code=why.code,
        failure_message=why.message,
        outcome={
            "advice_code": why.advice, "network_advice_code": why.network_advice, "network_decline_code": why.network,
            "network_status": "not_sent_to_network" if blocked else "declined_by_network",
            "reason": code if blocked else why.decline or why.code, "risk_level": "highest" if blocked else "normal",
            "risk_score": 90 if blocked else 12, "seller_message": "The bank did not return any further details with this decline.",
            "type": "blocked" if blocked else "issuer_declined",
        },
    )  # fmt: skip
    asked.book.put(charge)
    problem = declined(why, charge=charge["id"])
    whole = {**problem.error, "payment_method": _plain(method)}
    intent.update(
        status="requires_payment_method", payment_method=None, next_action=None, processing=None, last_payment_error=whole,
        latest_charge=charge["id"], amount_capturable=0,
    )  # fmt: skip
    asked.book.put(intent)
    asked.book.enter("decline", intent, intent["amount"], key=asked.key, by=asked.by, object=charge["id"])
    tell(asked, "charge.failed", charge)
    tell(asked, "payment_intent.payment_failed", intent)
    problem.error.update(payment_intent=dict(intent), payment_method=method)
    return problem


def _plain(method: Doc) -> Doc:
    return {name: value for name, value in method.items() if not name.startswith("_")}


def authenticate(asked: Asked, intent: Doc, method: Doc, given: Doc) -> Doc:
    """The customer has to agree to it at the bank: its page is where ``next_action`` leads."""
    if given.get("error_on_requires_action"):
        raise refused(asked, intent, method, "authentication_required")
    action: Doc = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    if given.get("return_url"):
        url = f"{asked.base}/authenticate/{intent['id']}"
        action = {"redirect_to_url": {"return_url": given["return_url"], "url": url}, "type": "redirect_to_url"}
    intent.update(status="requires_action", next_action=action)
    tell(asked, "payment_intent.requires_action", intent)
    return asked.book.put(intent)


def authenticated(asked: Asked, intent: Doc, agreed: bool) -> Doc:
    """The customer has agreed at the bank, or not."""
    method = asked.object("payment_method", intent["payment_method"], "payment_method")
    intent["next_action"] = None
    if agreed:
        asked.book.put({**method, "_used": True, "_set_up": True})
        return approved(asked, intent, method)
    error = {
        "code": "payment_intent_authentication_failure", "type": "invalid_request_error",
        "message": "The provided PaymentMethod has failed authentication.", "payment_method": _plain(method),
    }  # fmt: skip
    intent.update(status="requires_payment_method", payment_method=None, last_payment_error=error)
    tell(asked, "payment_intent.payment_failed", intent)
    return asked.book.put(intent)


def _state(intent: Doc, said: str, what: str = "", may: tuple[str, ...] = ()) -> Problem:
    only = f" Only a PaymentIntent with one of the following statuses may be {what}: {', '.join(may)}." if may else ""
    return Problem(
        400,
        f"{said} because it has a status of {intent['status']}.{only}",
        code="payment_intent_unexpected_state",
        payment_intent=dict(intent),
    )


def capture(asked: Asked) -> Doc:
    """Take what was authorised, or less: the rest is given back, as a refund of which no money moves."""
    given = fit(
        asked.given,
        "amount_to_capture:int metadata:map final_capture:bool statement_descriptor statement_descriptor_suffix payment_details:map",
    )
    intent = found_by(asked, "payment_intent", asked.of[0])
    if intent["status"] not in CAPTURED:
        raise _state(intent, "This PaymentIntent could not be captured", "captured", CAPTURED)
    amount: int = given["amount_to_capture"] if "amount_to_capture" in given else intent["amount_capturable"]
    if amount < 1:
        raise unfit("This value must be greater than or equal to 1.", "amount_to_capture", "parameter_invalid_integer")
    if amount > intent["amount_capturable"]:
        raise Problem(
            400,
            "The `amount_to_capture` is greater than the amount that can be captured.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    intent["metadata"] = merged(intent["metadata"], given.get("metadata"))
    charge = asked.book.get(intent["latest_charge"], asked.live)
    method = asked.book.get(intent["payment_method"], asked.live)
    if method["_does"] == "lapsed" or intent["amount"] == 90000005:
        released(asked, intent, charge, intent["amount_capturable"], kind="expire", reason="expired_uncaptured_charge")
        cancelled(asked, intent, "automatic")
        raise Problem(
            400,
            "The charge cannot be captured as the authorization has expired.",
            code="charge_expired_for_capture",
            charge=charge["id"],
        )
    if method["_does"] == "capture_declined":
        raise refused(asked, intent, method, "generic_decline", charge)
    asked.book.enter("capture", intent, amount, key=asked.key, by=asked.by, object=charge["id"])
    if rest := intent["amount_capturable"] - amount:
        released(asked, intent, charge, rest, kind="release", reason=None)
    taken(asked, intent, charge, amount, method)
    asked.book.put(charge)
    tell(asked, "charge.captured", charge)
    tell(asked, "payment_intent.succeeded", intent)
    return asked.book.put(intent)


def released(asked: Asked, intent: Doc, charge: Doc, amount: int, *, kind: str, reason: str | None) -> None:
    """What was reserved and not taken is free again. Stripe shows it as a refund, without a balance transaction."""
    made = shapes.refund(asked, charge, amount, reason=reason, status="succeeded", metadata={})
    asked.book.add(made)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    asked.book.put(charge)
    asked.book.enter(kind, intent, amount, key=asked.key if kind != "expire" else None, by=asked.by, object=made["id"])


def cancel(asked: Asked) -> Doc:
    given = fit(asked.given, "cancellation_reason:abandoned|duplicate|fraudulent|requested_by_customer")
    intent = found_by(asked, "payment_intent", asked.of[0])
    if intent["status"] not in CANCELLED or (intent["status"] == "processing" and intent["latest_charge"]):
        raise _state(intent, "You cannot cancel this PaymentIntent", "canceled", CANCELLED)
    if intent["status"] == "requires_capture":
        charge = asked.book.get(intent["latest_charge"], asked.live)
        released(asked, intent, charge, intent["amount_capturable"], kind="void", reason=None)
        tell(asked, "charge.refunded", charge)
    return cancelled(asked, intent, given.get("cancellation_reason"))


def cancelled(asked: Asked, intent: Doc, reason: str | None) -> Doc:
    intent.update(
        status="canceled", amount_capturable=0, canceled_at=asked.now, cancellation_reason=reason, next_action=None
    )  # fmt: skip
    tell(asked, "payment_intent.canceled", intent)
    return asked.book.put(intent)


# Charges


def retrieve_charge(asked: Asked) -> Doc:
    return found_by(asked, "charge", asked.of[0])


def charges(asked: Asked) -> Doc:
    given = fit(asked.given, f"customer payment_intent transfer_group {CREATED} {PAGE}")
    return page(asked, "charge", given, customer=given.get("customer"), intent=given.get("payment_intent"))


# Search


ASKED = re.compile(
    r"""\s*(?:metadata\[["'](?P<key>[^"']+)["']\]|(?P<name>customer|status|currency))\s*:\s*["'](?P<value>[^"']*)["']\s*"""
)


def search(asked: Asked) -> Doc:
    """What ``query`` asks for, of that which the index knows: it lags behind."""
    given = fit(asked.given, "query! limit:int page")
    wanted: list[tuple[str, str, str]] = []
    for part in re.split(r"\s+AND\s+", given["query"]):
        found = ASKED.fullmatch(part)
        if found is None:
            raise unfit(f"We were unable to parse your search query: {given['query']}", "query")
        wanted.append((found["key"] or "", found["name"] or "", found["value"]))

    def fits(one: Doc) -> bool:
        return all((one["metadata"].get(key) if key else one[name]) == value for key, name, value in wanted)

    with_lag = {"limit": given.get("limit", 10)}
    lag = asked.book.setting("search_lag")
    answer = page(asked, "payment_intent", with_lag, only=fits, older=lag)
    return {**answer, "object": "search_result", "next_page": None}
