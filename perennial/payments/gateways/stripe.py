"""Stripe, by its official SDK; and the payment server of tests and the demo, which is asked in the same words.

==================  =====================================================================================
ours                Stripe's
==================  =====================================================================================
card                a PaymentMethod that its customer keeps
authorise           a PaymentIntent, confirmed off session, ``capture_method=manual``
charge              the same, ``capture_method=automatic``
capture, void       capture and cancel of the PaymentIntent
refund              a Refund of the PaymentIntent
card page           a Checkout Session, ``mode=setup``
key                 the Idempotency-Key, and ``metadata[key]``; of a capture ``metadata[capture]``
reference           the PaymentIntent's id; of a refund the Refund's
==================  =====================================================================================

Nothing is looked for by Stripe's search, which lags. What surely never happened is declined where it says something of the card;
anything else that goes wrong is an exception, so that nobody takes it for an answer.
"""

from __future__ import annotations

import calendar
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import stripe
from django.conf import settings

from perennial.catalog.copies import COPY
from perennial.payments.gateways.contract import (
    Answer,
    CardPage,
    CardPageEnd,
    CardPageRequest,
    CustomerThere,
    Event,
    KeptCard,
    KeptDispute,
    KeyReused,
    Moved,
    NotAdmitted,
    NotGenuine,
    Request,
    TooMany,
)
from perennial.payments.gateways.dry import refusal_of_card
from perennial.payments.gateways.seconds import one_more_request
from perennial.payments.gateways.stripe_answers import (
    Thing,
    captured,
    day_of,
    declined,
    disputed,
    event_of,
    given_back,
    id_of,
    kept,
    metadata,
    not_admitted,
    not_begun,
    returned,
    said,
    signed_at,
    standing,
    taken,
    voided,
)
from perennial.practice import STRIPE_TEST

AUTHORISATION_DAYS = 5
"""Visa keeps an authorisation that the customer was not there for 4 days and 18 hours; others keep it longer."""
SECONDS = 30
"""So long an answer is waited for."""
IN_USE = 409
NOT_THERE = 404
PATIENCE = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds after which a request is sent again whose twin is on its way."""
REPLAY_SECONDS = 300
"""An event that was signed longer ago, or so far ahead, is not taken in."""
DAYS_BEFORE = timedelta(days=2)
"""Business dates and Stripe's clock differ by less, if the business date is not ahead."""

PAYMENT_SERVER_KEY = "sk_test_perennial"
"""What the payment server takes where no keys were named to it."""

LANGUAGES = {"en": "en", "it": "it"}


class _AtPace(stripe.RequestsClient):
    """Stripe's client; each request counts when it goes out."""

    def request(self, *args: Any, **given: Any) -> Any:
        one_more_request()
        return super().request(*args, **given)


class Stripe:
    """The gateway. ``address``: of another server than Stripe's. ``secrets``: of its events, the old one too while it changes."""

    name = "stripe"
    real = True
    key_setting = "PERENNIAL_STRIPE_KEY"
    authorisation_days = AUTHORISATION_DAYS

    def __init__(
        self,
        key: str | None = None,
        *,
        address: str | None = None,
        secrets: Iterable[str] | None = None,
        by_phone: bool | None = None,
        seconds: float = SECONDS,
    ) -> None:
        key = settings.PERENNIAL_STRIPE_KEY if key is None else key
        self.connections: int = settings.PERENNIAL_STRIPE_CONNECTIONS
        self.per_second: float | None = settings.PERENNIAL_STRIPE_PER_SECOND
        self._live = not STRIPE_TEST.match(key or "")
        self._by_phone = settings.PERENNIAL_STRIPE_MOTO if by_phone is None else by_phone
        self._secrets = tuple(settings.PERENNIAL_STRIPE_WEBHOOK_SECRETS if secrets is None else secrets)
        self._client = stripe.StripeClient(
            key or "",
            base_addresses={"api": address} if address else {},
            # Our own protocol asks again: it alone knows whether it may.
            max_network_retries=0,
            http_client=_AtPace(timeout=seconds),
        )
        self._api = self._client.v1

    # -- Gateway

    def authorise(self, request: Request) -> Answer:
        return self._by_card(request, "manual")

    def charge(self, request: Request) -> Answer:
        return self._by_card(request, "automatic")

    def _by_card(self, request: Request, capture: str) -> Answer:
        if refused := refusal_of_card(request):
            return refused
        customer = request.gateway_customer or self._customer_of(request)
        options: dict[str, Any] = {"moto": True} if self._by_phone else {"stored_credential_usage": "recurring"}
        given: dict[str, Any] = {
            "amount": request.amount_minor,
            "currency": request.currency.lower(),
            "customer": customer,
            "payment_method": request.token,
            "allowed_payment_method_types": ["card"],
            "payment_method_options": {"card": options},
            "capture_method": capture,
            "confirm": True,
            "description": request.about,
            "metadata": {"key": request.key, "account": request.customer, "on": request.on.isoformat()},
            "expand": ["latest_charge"],
        }
        if not self._by_phone:
            given["off_session"] = True
        try:
            return standing(self._send(request.key, self._api.payment_intents.create, given))
        except stripe.CardError as refusal:
            return declined(said(refusal), customer)
        except stripe.InvalidRequestError as problem:
            return not_begun(problem)

    def capture(self, request: Request) -> Answer:
        given = {
            "amount_to_capture": request.amount_minor,
            "metadata": {"capture": request.key, "captured_on": request.on.isoformat()},
        }
        try:
            intent = self._send(request.key, self._api.payment_intents.capture, given, _reference(request))
        except stripe.CardError as refusal:
            return declined(said(refusal), None)
        except stripe.InvalidRequestError as problem:
            return self._not_captured(request, problem)
        return captured(intent, request)

    def _not_captured(self, request: Request, problem: stripe.InvalidRequestError) -> Answer:
        """A capture that was turned down: because the authorisation is not there any more, or for another reason."""
        if problem.code in ("charge_expired_for_capture", "payment_intent_unexpected_state"):
            if problem.code == "charge_expired_for_capture":
                return Answer("declined", message=problem.user_message, category="lapsed")
            found = captured(self._intent(_reference(request)), request)
            if found.outcome == "not_found":
                raise problem
            return found
        if problem.code in ("amount_too_large", "parameter_invalid_integer") or problem.param == "amount_to_capture":
            return Answer("declined", message=problem.user_message)
        raise problem

    def void(self, request: Request) -> Answer:
        given = {"cancellation_reason": "abandoned"}
        try:
            intent = self._send(request.key, self._api.payment_intents.cancel, given, _reference(request))
        except stripe.InvalidRequestError as problem:
            if problem.code != "payment_intent_unexpected_state":
                raise
            intent = self._intent(_reference(request))
            if intent["status"] == "succeeded":
                return Answer("declined", message=problem.user_message)
            if intent["status"] != "canceled":
                raise
        return Answer("approved", reference=intent["id"])

    def refund(self, request: Request) -> Answer:
        given = {
            "payment_intent": _reference(request),
            "amount": request.amount_minor,
            "metadata": {"key": request.key, "on": request.on.isoformat(), "about": request.about},
        }
        try:
            return given_back(self._send(request.key, self._api.refunds.create, given))
        except stripe.CardError as refusal:
            return declined(said(refusal), None)
        except stripe.InvalidRequestError as problem:
            if problem.code == "resource_missing":
                raise
            # No money of ours there today is another day's; that it is given back, or was never taken, is for good.
            return Answer(
                "declined",
                message=problem.user_message,
                category="soft" if problem.code == "balance_insufficient" else "hard",
            )

    def find(self, request: Request) -> Answer:
        if request.kind == "refund":
            return self._find_refund(request)
        if request.kind in ("capture", "void"):
            intent = self._intent(_reference(request))
            if request.kind == "void":
                return voided(intent)
            return captured(intent, request)
        if request.own_reference:
            return standing(self._intent(request.own_reference))
        return self._find_by_customer(request)

    def _find_by_customer(self, request: Request) -> Answer:
        if request.token is None:
            return Answer("not_found")
        customer = request.gateway_customer or self._customer_of(request)
        if customer is None:
            return Answer("not_found")
        first = min(request.on, datetime.now(UTC).date()) - DAYS_BEFORE
        given = {
            "customer": customer,
            "created": {"gte": _seconds(first)},
            "limit": 100,
            "expand": ["data.latest_charge"],
        }
        for intent in self._all(self._api.payment_intents.list, given):
            if metadata(intent).get("key") == request.key:
                return standing(intent)
        return Answer("not_found")

    def _find_refund(self, request: Request) -> Answer:
        if request.own_reference:
            return given_back(self._ask(self._api.refunds.retrieve, request.own_reference))
        for refund in self._all(self._api.refunds.list, {"payment_intent": _reference(request), "limit": 100}):
            if metadata(refund).get("key") == request.key:
                return given_back(refund)
        return Answer("not_found")

    # -- KeepsBook

    def moved(self, since: date | None = None, through: date | None = None) -> Iterator[Moved]:
        """What was taken and given back, of what Stripe made or changed on these days and a little around them.

        ``key`` of what was made elsewhere, on Stripe's own pages for example: Stripe's name of it.
        """
        # An authorisation is older than its capture.
        first = None if since is None else since - timedelta(days=self.authorisation_days + 4)
        created = _range(first, None if through is None else through + DAYS_BEFORE)
        given = {"limit": 100, "expand": ["data.latest_charge"], **created}
        for intent in self._all(self._api.payment_intents.list, given):
            if intent["amount_received"]:
                yield taken(intent)
        for refund in self._all(self._api.refunds.list, {"limit": 100, **created}):
            # What an authorisation held and was not captured is a refund there too, but no money.
            if refund.get("balance_transaction") and refund["status"] in ("succeeded", "pending", "requires_action"):
                yield returned(refund)

    # -- KeepsDisputes

    def disputes(self, since: date | None = None, through: date | None = None) -> Iterator[KeptDispute]:
        given = {"limit": 100, **_range(since, None if through is None else through + DAYS_BEFORE)}
        for dispute in self._all(self._api.disputes.list, given):
            yield KeptDispute(disputed(dispute), day_of(None, dispute["created"]), int(time.time()))

    # -- KeepsCards

    def card_page(self, request: CardPageRequest) -> CardPage:
        kept = self._card(request.token) if request.token and not request.gateway_customer else None
        customer = request.gateway_customer or id_of((kept or {}).get("customer"))
        customer = customer or self._customer(request.key, request.account)
        if named := _without_none({"name": request.name or None, "email": request.email}):
            # The page shows the address, and Stripe's own pages the name; nothing depends on it.
            with suppress(stripe.StripeError, NotAdmitted):
                self._ask(self._api.customers.update, customer, named)
        about = {"account": request.account, "key": request.key}
        given: dict[str, Any] = {
            "mode": "setup",
            "customer": customer,
            "allowed_payment_method_types": ["card"],
            "success_url": request.done_url,
            "cancel_url": request.back_url,
            "client_reference_id": request.account,
            "locale": LANGUAGES.get(request.language, "auto"),
            "metadata": about,
            "setup_intent_data": {"metadata": {**about, "on": request.on.isoformat()}},
        }
        page = self._send(request.key, self._api.checkout.sessions.create, given)
        return CardPage(url=page["url"], reference=page["id"], gateway_customer=customer)

    def card_page_end(self, reference: str) -> CardPageEnd:
        try:
            page = self._ask(
                self._api.checkout.sessions.retrieve, reference, {"expand": ["setup_intent.payment_method"]}
            )
        except stripe.InvalidRequestError as problem:
            if problem.code == "resource_missing":
                raise LookupError(reference) from None
            raise
        customer = id_of(page.get("customer"))
        if page["status"] == "expired":
            return CardPageEnd("expired", gateway_customer=customer)
        set_up = page.get("setup_intent") or {}
        if page["status"] != "complete" or set_up.get("status") != "succeeded":
            return CardPageEnd("open", gateway_customer=customer)
        return CardPageEnd("stored", card=kept(set_up["payment_method"]), gateway_customer=customer)

    def cards(self, gateway_customer: str) -> Iterator[KeptCard]:
        found = self._all(self._api.customers.payment_methods.list, {"type": "card", "limit": 100}, gateway_customer)
        try:
            for method in found:
                if method.get("card"):
                    yield kept(method)
        except stripe.InvalidRequestError as problem:
            if problem.code == "resource_missing":
                raise LookupError(gateway_customer) from None
            raise

    # -- KnowsCustomers

    def customer(self, gateway_customer: str) -> CustomerThere:
        try:
            found = self._ask(self._api.customers.retrieve, gateway_customer)
        except stripe.InvalidRequestError as problem:
            if problem.code == "resource_missing":
                raise LookupError(gateway_customer) from None
            raise
        return CustomerThere(found.get("name") or None, found.get("email") or None)

    # -- SendsEvents

    def event(self, body: bytes, headers: Mapping[str, str]) -> Event:
        signature = next((value for name, value in headers.items() if name.lower() == "stripe-signature"), None)
        for secret in self._secrets:
            try:
                found = self._client.construct_event(body, signature, secret, REPLAY_SECONDS).to_dict()
            except (stripe.SignatureVerificationError, ValueError, TypeError, AttributeError):
                continue
            except RecursionError:  # its contents stand in each other deeper than can be read
                raise NotGenuine("nested too deeply") from None
            if signed_at(signature) > time.time() + REPLAY_SECONDS:  # the SDK minds only one that is too old
                raise NotGenuine("signed ahead of our clock")
            if found.get("livemode") != self._live:
                raise NotGenuine("of test mode, and this is live, or the other way round")
            try:
                return event_of(found)
            except (LookupError, TypeError, ValueError, AttributeError, OverflowError, OSError) as problem:
                raise NotGenuine(f"no event of Stripe's: {type(problem).__name__}") from None
        raise NotGenuine("no secret of ours has signed it, or too long ago")

    # -- asking

    def _customer_of(self, request: Request) -> str | None:
        """Whose card it is there; a customer is made where nobody keeps it yet."""
        method = self._card(request.token)
        if method is None:
            return None  # asking for the money will say so
        return id_of(method.get("customer")) or self._customer(request.key, request.customer)

    def _card(self, token: str | None) -> Thing | None:
        """A card that is kept there; None: there is none of this name."""
        try:
            return self._ask(self._api.payment_methods.retrieve, token)
        except stripe.InvalidRequestError as problem:
            if problem.http_status != NOT_THERE:
                raise
            return None

    def _customer(self, key: str, account: str) -> str:
        """The customer there of one of ours, made once: by the key of this installation and the account."""
        made = self._send(
            f"{_installation(key)}-customer-{account}",
            self._api.customers.create,
            {"description": account, "metadata": {"account": account}},
        )
        return str(made["id"])

    def _intent(self, reference: str) -> Thing:
        return self._ask(self._api.payment_intents.retrieve, reference, {"expand": ["latest_charge"]})

    def _all(self, lists: Callable[..., Any], given: dict[str, Any], *of: str) -> Iterator[Thing]:
        """Every thing of a list, page after page."""
        given = dict(given)
        while True:
            page = self._ask(lists, *of, given)
            yield from page["data"]
            if not page["has_more"] or not page["data"]:
                return
            given["starting_after"] = page["data"][-1]["id"]

    def _send(self, key: str, function: Callable[..., Any], given: Mapping[str, Any], *of: str) -> Thing:
        """Something is to happen there, once by this key. KeyReused: the key was another thing's."""
        try:
            return self._ask(function, *of, given, {"idempotency_key": key})
        except stripe.IdempotencyError as problem:
            raise KeyReused(f"{key}: {problem.user_message}") from None

    def _ask(self, function: Callable[..., Any], *given: Any) -> Thing:
        """One request; again after a moment while the same one is on its way. TooMany, NotAdmitted: it has not begun."""
        is_first = True
        for wait in (*PATIENCE, None):
            try:
                found: Thing = function(*given).to_dict()
                return found
            except stripe.StripeError as problem:
                if isinstance(problem, stripe.RateLimitError):
                    raise TooMany(problem.user_message) from None
                if is_first and not_admitted(problem):  # behind a twin of it nobody knows
                    raise NotAdmitted(self.key_setting) from None
                if wait is None or problem.http_status != IN_USE:
                    raise
                is_first = False
            time.sleep(wait * (0.5 + random.random()))
        raise AssertionError


class Simulator(Stripe):
    """The payment server of tests and the demo (``PERENNIAL_PAYMENT_SERVER``), asked as Stripe is; no money moves."""

    name = "simulator"
    real = False
    key_setting = "PERENNIAL_PAYMENT_SERVER_KEYS"

    def __init__(self, address: str | None = None, **more: Any) -> None:
        secret = settings.PERENNIAL_PAYMENT_SERVER_WEBHOOK_SECRET
        keys = [key for key in settings.PERENNIAL_PAYMENT_SERVER_KEYS if STRIPE_TEST.match(key)]
        given = {
            "key": next(iter(keys), PAYMENT_SERVER_KEY),
            "secrets": [secret] if secret else [],
            "by_phone": False,
            **more,
        }
        super().__init__(address=address or settings.PERENNIAL_PAYMENT_SERVER, **given)


def _reference(request: Request) -> str:
    if request.reference is None:
        raise LookupError(f"{request.key}: nothing is said to be {request.kind}d")
    return request.reference


def _installation(key: str) -> str:
    """Whose key it is: ours begin with the installation."""
    found = re.match(f"(?:{COPY})?[^-]+", key)
    return found[0] if found else key


def _seconds(day: date) -> int:
    return calendar.timegm(day.timetuple())


def _range(first: date | None, last: date | None) -> dict[str, Any]:
    found = _without_none(
        {
            "gte": None if first is None else _seconds(first),
            "lt": None if last is None else _seconds(last + timedelta(days=1)),
        }
    )
    return {"created": found} if found else {}


def _without_none(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}
