"""Which function answers which address, who may ask, and the same answer to the same key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from perennial.payment_server import balance, customers, disputes, payments, refunds, setups
from perennial.payment_server.asked import Asked, Problem, fit, parameters, shown, unfit
from perennial.payment_server.book import Book, Doc, new_id
from perennial.payment_server.lists import PAGE, expanded, found_by, page
from perennial.payment_server.passing import pass_time

Endpoint = Callable[[Asked], Doc]


class Reply(NamedTuple):
    """An answer: status, its text, and the headers that are its own."""

    status: int
    text: str
    heads: dict[str, str]


def event(asked: Asked) -> Doc:
    return found_by(asked, "event", asked.of[0])


def events(asked: Asked) -> Doc:
    given = fit(asked.given, f"type types:list created:any delivery_success:bool {PAGE}")
    kinds = given.get("types") or ([given["type"]] if "type" in given else None)
    return page(asked, "event", given, only=lambda one: kinds is None or one["type"] in kinds)


ID = "([A-Za-z0-9_]+)"
ROUTES: list[tuple[str, str, Endpoint]] = [
    ("POST", "customers", customers.create),
    ("GET", "customers", customers.index),
    ("GET", f"customers/{ID}", customers.retrieve),
    ("POST", f"customers/{ID}", customers.update),
    ("GET", f"customers/{ID}/payment_methods", customers.methods),
    ("GET", f"customers/{ID}/payment_methods/{ID}", customers.retrieve_of_customer),
    ("POST", "payment_methods", customers.create_method),
    ("GET", "payment_methods", customers.methods),
    ("GET", f"payment_methods/{ID}", customers.retrieve_method),
    ("POST", f"payment_methods/{ID}/attach", customers.attach),
    ("POST", f"payment_methods/{ID}/detach", customers.detach),
    ("POST", "payment_intents", payments.create),
    ("GET", "payment_intents", payments.index),
    ("GET", "payment_intents/search", payments.search),
    ("GET", f"payment_intents/{ID}", payments.retrieve),
    ("POST", f"payment_intents/{ID}", payments.update),
    ("POST", f"payment_intents/{ID}/confirm", payments.confirm),
    ("POST", f"payment_intents/{ID}/capture", payments.capture),
    ("POST", f"payment_intents/{ID}/cancel", payments.cancel),
    ("GET", "charges", payments.charges),
    ("GET", f"charges/{ID}", payments.retrieve_charge),
    ("GET", f"charges/{ID}/refunds", refunds.of_charge),
    ("POST", "refunds", refunds.create),
    ("GET", "refunds", refunds.index),
    ("GET", f"refunds/{ID}", refunds.retrieve),
    ("POST", f"refunds/{ID}", refunds.update),
    ("POST", "setup_intents", setups.create),
    ("GET", "setup_intents", setups.index),
    ("GET", f"setup_intents/{ID}", setups.retrieve),
    ("POST", f"setup_intents/{ID}/confirm", setups.confirm),
    ("POST", f"setup_intents/{ID}/cancel", setups.cancel),
    ("POST", "checkout/sessions", setups.open_session),
    ("GET", "checkout/sessions", setups.sessions),
    ("GET", f"checkout/sessions/{ID}", setups.session),
    ("POST", f"checkout/sessions/{ID}/expire", setups.expire),
    ("GET", "disputes", disputes.index),
    ("GET", f"disputes/{ID}", disputes.retrieve),
    ("POST", f"disputes/{ID}", disputes.update),
    ("POST", f"disputes/{ID}/close", disputes.close),
    ("GET", "events", events),
    ("GET", f"events/{ID}", event),
    ("GET", "balance_transactions", balance.index),
    ("GET", f"balance_transactions/{ID}", balance.retrieve),
]
PATTERNS = [(method, re.compile(f"/v1/{path}"), endpoint) for method, path, endpoint in ROUTES]


def who(keys: tuple[str, ...], authorization: str) -> bool:
    """Whose key it is: True, a live one. Refused: none of the keys that are known."""
    kind, _, value = authorization.partition(" ")
    given = value.strip()
    if kind.lower() == "basic":
        try:
            given = base64.b64decode(given).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    if not given:
        raise Problem(401, "You did not provide an API key.", kept=False)
    if given not in keys:
        raise Problem(401, f"Invalid API Key provided: {given[:8]}****{given[-4:]}", kept=False)
    return given.startswith("sk_live_")


class Api:
    """The API on a book."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._twins = threading.Condition()
        self._in_flight: set[tuple[str, bool]] = set()

    def read(self, method: str, path: str, query: str, body: str) -> Doc:
        """The parameters of a request, and those of its address."""
        given = parameters(query if method == "GET" else body)
        if method != "GET" and query:
            given = {**parameters(query), **given}
        if "expand" in given and not isinstance(given["expand"], list):
            raise unfit("Invalid array", "expand")
        return given

    def answer(self, asked: Asked) -> Reply:
        """Answer a request, once for its key."""
        found = [(endpoint, match.groups()) for method, pattern, endpoint in PATTERNS
                 if method == asked.method and (match := pattern.fullmatch(asked.path))]  # fmt: skip
        if not found:
            raise Problem(404, f"Unrecognized request URL ({asked.method}: {asked.path}).", kept=False)
        endpoint, asked.of = found[0][0], tuple(found[0][1])
        with self.book.change():
            pass_time(self.book, asked.base)
            return self._once(asked, endpoint)

    def _once(self, asked: Asked, endpoint: Endpoint) -> Reply:
        whole = json.dumps([asked.method, asked.path, asked.given], sort_keys=True)
        said = hashlib.sha256(whole.encode()).hexdigest()
        heads = {"Request-Id": asked.request}
        if asked.key is not None:
            heads["Idempotency-Key"] = asked.key
            known = self.book.answered(asked.key, asked.live)
            if known is not None:
                before, status, text, request = known
                if before != said:
                    raise Problem(
                        400,
                        "Keys for idempotent requests can only be used with the same parameters they were first used with."
                        f" Try using a key other than '{asked.key}' if you meant to execute a different request.",
                        type="idempotency_error",
                        kept=False,
                    )
                return Reply(status, text, {**heads, "Original-Request": request, "Idempotent-Replayed": "true"})
        try:
            status, given = 200, expanded(asked, endpoint(asked), asked.given.get("expand", []))
        except Problem as problem:
            if not problem.kept:
                raise
            status, given = problem.status, {"error": problem.error}
        text = json.dumps(shown(given), ensure_ascii=False)
        if asked.key is not None:
            self.book.remember(asked.key, asked.live, said, (status, text, asked.request))
        return Reply(status, text, heads)

    def keep_instead(self, asked: Asked, reply: Reply) -> None:
        """The key gets this answer from now on, whatever happened."""
        if asked.key is not None:
            with self.book.change():
                known = self.book.answered(asked.key, asked.live)
                if known is not None:
                    self.book.remember(asked.key, asked.live, known[0], (reply.status, reply.text, asked.request))

    @contextmanager
    def in_flight(self, key: str | None, live: bool) -> Iterator[None]:
        """While a key is being answered, its twins wait, or are refused as Stripe refuses them."""
        if key is None:
            yield
            return
        with self._twins:
            while (key, live) in self._in_flight:
                if self.book.setting("twins") == "refuse":
                    raise Problem(
                        409,
                        "There is currently another in-progress request using this Idempotent Key.",
                        type="idempotency_error",
                        code="idempotency_key_in_use",
                        kept=False,
                    )
                self._twins.wait()
            self._in_flight.add((key, live))
        try:
            yield
        finally:
            with self._twins:
                self._in_flight.discard((key, live))
                self._twins.notify_all()


def refused(problem: Problem, request: str) -> Reply:
    return Reply(problem.status, json.dumps({"error": shown(problem.error)}), {"Request-Id": request})


def new_request() -> str:
    return new_id("req", 14)
