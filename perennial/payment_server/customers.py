"""Customers, and the cards that are kept of them."""

from __future__ import annotations

from typing import Any

from perennial.payment_server import cards, shapes
from perennial.payment_server.asked import Asked, Problem, fit, merged, missing, unfit
from perennial.payment_server.book import Doc
from perennial.payment_server.events import tell
from perennial.payment_server.lists import CREATED, PAGE, found_by, page

ADDRESS = "address.city address.country address.line1 address.line2 address.postal_code address.state"
CUSTOMER = (
    f"description email name phone metadata:map payment_method preferred_locales:list {ADDRESS} shipping:map tax_exempt"
)


def create(asked: Asked) -> Doc:
    given = fit(asked.given, CUSTOMER)
    method = given.pop("payment_method", None)
    given.pop("expand", None)
    made = asked.book.add(shapes.customer(asked, _clean(given)))
    if method:
        put_with(asked, method_of(asked, method), made["id"])
    tell(asked, "customer.created", made)
    return made


def _clean(given: Doc) -> Doc:
    address = given.get("address")
    return {**given, **({"address": {**shapes.ADDRESS, **address}} if address else {})}


def retrieve(asked: Asked) -> Doc:
    return found_by(asked, "customer", asked.of[0])


def update(asked: Asked) -> Doc:
    given = fit(asked.given, CUSTOMER + " invoice_settings.default_payment_method")
    found = found_by(asked, "customer", asked.of[0])
    given.pop("expand", None)
    given.pop("payment_method", None)
    settings = {**found["invoice_settings"], **given.pop("invoice_settings", {})}
    changed = {**found, **_clean(given), "invoice_settings": settings}
    changed["metadata"] = merged(found["metadata"], given.get("metadata"))
    return asked.book.put(changed)


def index(asked: Asked) -> Doc:
    given = fit(asked.given, f"email {CREATED} {PAGE}")
    email = given.get("email")
    return page(asked, "customer", given, only=lambda one: email is None or one["email"] == email)


# Cards


def method_of(asked: Asked, id: str, param: str = "payment_method") -> Doc:
    """The payment method that is named: one that is kept, or a new one of a test card's name."""
    if not id.startswith((cards.TEST, cards.OURS)):
        return asked.object("payment_method", id, param)
    if asked.live or (card := cards.card(id)) is None:
        raise missing("payment_method", id, param)
    return asked.book.add(new_method(asked, id, card))


def new_method(asked: Asked, name: str, card: cards.Card) -> Doc:
    year, month = cards.expiry(name, asked.now)
    shown = shapes.card_of_method(card.brand, card.last4, year, month, funding=card.funding, country=card.country)
    shown["fingerprint"] = "".join(filter(str.isalnum, name))[-16:].rjust(16, "x")
    return shapes.payment_method(asked, shown, None, _does=card.does, _name=name)


def create_method(asked: Asked) -> Doc:
    """A payment method from one of the test tokens (``tok_visa``); never from a number."""
    given = fit(
        asked.given,
        "type:card! card.token! billing_details:map metadata:map allow_redisplay:always|limited|unspecified",
    )
    token = given["card"].get("token", "")
    card = cards.card("pm_card_" + token.removeprefix("tok_"))
    if card is None:
        raise missing("token", token, "card[token]")
    made = new_method(asked, "pm_card_" + token.removeprefix("tok_"), card)
    made["metadata"] = given.get("metadata", {})
    made["billing_details"] = {**shapes.BILLING, **given.get("billing_details", {})}
    return asked.book.add(made)


def retrieve_method(asked: Asked) -> Doc:
    fit(asked.given, "")
    return method_of(asked, asked.of[-1], "id")


def retrieve_of_customer(asked: Asked) -> Doc:
    found = found_by(asked, "payment_method", asked.of[1])
    if found["customer"] != asked.of[0]:
        raise missing("payment_method", asked.of[1], "id")
    return found


def attach(asked: Asked) -> Doc:
    given = fit(asked.given, "customer!")
    asked.object("customer", given["customer"], "customer")
    method = method_of(asked, asked.of[0], "id")
    if method["_does"] in cards.REFUSED_AT_SETUP:
        raise declined(cards.DECLINES[method["_does"]], payment_method=method)
    return put_with(asked, method, given["customer"])


def put_with(asked: Asked, method: Doc, customer: str) -> Doc:
    """The card is kept of this customer from now on."""
    if method["customer"] not in (None, customer):
        raise Problem(
            400,
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_unexpected_state",
        )
    if method["_does"] in cards.REFUSED_AT_SETUP:
        raise declined(cards.DECLINES[method["_does"]], payment_method=method)
    if method["customer"] is None:
        method = asked.book.put({**method, "customer": customer})
        tell(asked, "payment_method.attached", method)
    return method


def detach(asked: Asked) -> Doc:
    fit(asked.given, "")
    method = found_by(asked, "payment_method", asked.of[0])
    if method["customer"] is None:
        raise unfit("The payment method you provided is not attached to a customer so detachment is impossible.", "id")
    changed = asked.book.put({**method, "customer": None, "_used": True})
    tell(asked, "payment_method.detached", changed, {"customer": method["customer"]})
    return changed


def methods(asked: Asked) -> Doc:
    """The cards of a customer, in either of the two ways in which they are asked for."""
    given = fit(asked.given, f"type customer allow_redisplay {PAGE}")
    customer = asked.of[0] if asked.of else given.get("customer")
    if customer is None:
        raise unfit("Missing required param: customer.", "customer", "parameter_missing")
    asked.object("customer", customer, "customer")
    if given.get("type", "card") != "card":
        return page(asked, "payment_method", given, only=lambda one: False, customer=customer)
    return page(asked, "payment_method", given, customer=customer)


def declined(why: cards.Decline, *, message: str | None = None, **more: Any) -> Problem:
    """What a bank's no looks like to whoever asked."""
    return Problem(
        402,
        message or why.message,
        type="card_error",
        code=why.code,
        decline_code=why.decline,
        advice_code=why.advice,
        network_advice_code=why.network_advice,
        network_decline_code=why.network,
        param=None,
        **more,
    )
