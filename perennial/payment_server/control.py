"""How tests and people steer the server: ``/_control/…``, JSON in and out, with a key of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from perennial.payment_server import disputes, payments, refunds, shapes
from perennial.payment_server.asked import Asked, Problem, inside, shown
from perennial.payment_server.book import SETTINGS, Book, Doc, new_id
from perennial.payment_server.cards import card
from perennial.payment_server.customers import new_method
from perennial.payment_server.events import Sender, tell
from perennial.payment_server.passing import pass_time
from perennial.payment_server.trouble import Rule, Speed, Trouble

SHOWN = ("brand", "last4", "exp_month", "exp_year")
"""What may be said of a card that is stored without a page."""


class Control:
    """What can be told to a server. Every function takes the JSON that was sent, and gives some."""

    def __init__(self, book: Book, trouble: Trouble, speed: Speed, sender: Sender) -> None:
        self.book, self.trouble, self.speed, self.sender = book, trouble, speed, sender
        self.does: dict[tuple[str, str], Callable[[Doc, str], Any]] = {
            ("GET", "ready"): lambda given, base: {"ready": True, "now": book.now()},
            ("GET", "book"): self.whole_book,
            ("GET", "state"): self.state,
            ("POST", "clock"): self.clock,
            ("POST", "settings"): self.settings,
            ("POST", "faults"): self.faults,
            ("DELETE", "faults"): lambda given, base: self.faults({"rules": []}, base),
            ("GET", "speed"): lambda given, base: speed.shown(),
            ("DELETE", "speed"): lambda given, base: speed.forget(),
            ("POST", "webhooks"): self.webhooks,
            ("DELETE", "webhooks"): self.no_webhooks,
            ("GET", "deliveries"): lambda given, base: {"deliveries": book.deliveries(), "waiting": book.waiting()},
            ("POST", "deliveries"): self.send_again,
            ("POST", "card"): self.store_card,
            ("POST", "cards"): self.store_cards,
            ("POST", "renew"): self.renew,
            ("POST", "dispute"): self.dispute,
            ("POST", "dispute_close"): self.close_dispute,
            ("POST", "refund"): self.refund,
            ("POST", "refund_fails"): self.refund_fails,
            ("POST", "capture"): self.capture,
            ("POST", "cancel"): self.cancel,
            ("POST", "reset"): self.reset,
        }

    def answer(self, method: str, name: str, body: bytes, base: str) -> tuple[int, Any]:
        function = self.does.get((method, name))
        if function is None:
            return 404, {"error": f"no {method} /_control/{name}", "known": sorted(" ".join(one) for one in self.does)}
        try:
            given = json.loads(body or b"{}")
            if not isinstance(given, dict):
                raise ValueError("an object is wanted")
            with self.book.change():
                pass_time(self.book, base)
                answer = function(given, base)
        except (ValueError, KeyError, TypeError, LookupError) as problem:
            return 400, {"error": f"{type(problem).__name__}: {problem}"}
        except Problem as problem:
            return problem.status, {"error": shown(problem.error)}
        self.sender.wake()
        return 200, {} if answer is None else answer

    def whole_book(self, given: Doc, base: str) -> Doc:
        return {"entries": self.book.entries(), "now": self.book.now()}

    def state(self, given: Doc, base: str) -> Doc:
        return {
            "now": self.book.now(),
            "settings": self.book.settings(),
            "objects": dict(self.book.counts()),
            "rules": self.trouble.shown(),
            "webhooks": [
                {name: value for name, value in one.items() if name != "secret"} for one in self.book.endpoints()
            ],
            "waiting": self.book.waiting(),
        }

    def clock(self, given: Doc, base: str) -> Doc:
        """Set the clock (``now``: seconds, a date or a time), or move it (``days``, ``hours``, ``seconds``)."""
        if "now" in given:
            self.book.set_clock(_seconds(given["now"]))
        else:
            ahead = timedelta(**{name: given[name] for name in ("days", "hours", "seconds") if name in given})
            self.book.set_clock(self.book.now() + ahead.total_seconds())
        while pass_time(self.book, base):
            pass
        return {"now": self.book.now()}

    def settings(self, given: Doc, base: str) -> Doc:
        if unknown := set(given) - set(SETTINGS):
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(SETTINGS)}")
        self.book.keep("settings", {**self.book.kept("settings", {}), **given})
        return self.book.settings()

    def faults(self, given: Doc, base: str) -> Doc:
        """The rules from now on, in place of those before; a start begins with none."""
        self.trouble.set([Rule.read(one) for one in given["rules"]])
        return {"rules": self.trouble.shown()}

    def webhooks(self, given: Doc, base: str) -> None:
        self.book.set_endpoint(given["url"], given["secret"], given.get("kinds", ["*"]), bool(given.get("live", False)))

    def no_webhooks(self, given: Doc, base: str) -> None:
        for one in self.book.endpoints():
            if given.get("url") in (None, one["url"]):
                self.book.drop_endpoint(one["url"])

    def send_again(self, given: Doc, base: str) -> None:
        """Send an event once more, to all who listen; or, without one, all that waits for its next try now."""
        self.book.send_now(given.get("event"))

    # What happens in the bank's or the merchant's own pages

    def _asked(self, given: Doc, base: str) -> Asked:
        request = new_id("req", 14)
        return inside(self.book, live=bool(given.get("live", False)), base=base, request=request, by="dashboard")

    def _charge(self, asked: Asked, given: Doc) -> Doc:
        if "charge" in given:
            return asked.object("charge", given["charge"])
        intent = asked.object("payment_intent", given["payment_intent"])
        return asked.book.get(intent["latest_charge"], asked.live)

    def store_card(self, given: Doc, base: str) -> Doc:
        """A card of a name is kept of a customer, without a page; also with its last month."""
        asked = self._asked(given, base)
        known = card(given["name"])
        if known is None:
            raise ValueError(f"no card {given['name']}")
        method = new_method(asked, given["name"], known)
        method["card"].update({name: int(given[name]) for name in ("exp_month", "exp_year") if name in given})
        if "customer" in given:
            method["customer"] = asked.object("customer", given["customer"])["id"]
        method["_set_up"] = True
        return dict(shown(self.book.add(method)))

    def store_cards(self, given: Doc, base: str) -> Doc:
        """Many cards, each by an id of its own, of a customer told by their account; those that are kept already stay."""
        asked = self._asked(given, base)
        of: dict[str, str] = self.book.kept("accounts", {})
        made = 0
        for one in given["cards"]:
            if self.book.find(one["id"], asked.live) is not None:
                continue
            known = card(one["name"])
            if known is None:
                raise ValueError(f"no card {one['name']}")
            if (account := one["account"]) not in of:
                told = {"description": account, "metadata": {"account": account}}
                of[account] = self.book.add(shapes.customer(asked, told))["id"]
            method = new_method(asked, one["name"], known)
            method["id"], method["customer"], method["_set_up"] = one["id"], of[account], True
            method["card"].update({name: one[name] for name in SHOWN if name in one})
            self.book.add(method)
            made += 1
        self.book.keep("accounts", of)
        return {"made": made, "customers": of}

    def renew(self, given: Doc, base: str) -> Doc:
        """The card's network has a new card for it."""
        asked = self._asked(given, base)
        method = asked.object("payment_method", given["payment_method"])
        new = {name: given[name] for name in ("exp_month", "exp_year", "last4") if name in given}
        before = {"card": {name: method["card"][name] for name in new}}
        method["card"].update(new)
        self.book.put(method)
        tell(asked, "payment_method.automatically_updated", method, before)
        return dict(shown(method))

    def dispute(self, given: Doc, base: str) -> Doc:
        asked = self._asked(given, base)
        charge = self._charge(asked, given)
        if not charge["captured"]:
            raise ValueError("the charge was not captured")
        amount: int = given["amount"] if "amount" in given else charge["amount_captured"]
        made = disputes.opened(
            asked, charge, given.get("reason", "fraudulent"), amount, inquiry=bool(given.get("inquiry", False))
        )  # fmt: skip
        return dict(shown(made))

    def close_dispute(self, given: Doc, base: str) -> Doc:
        asked = self._asked(given, base)
        return dict(shown(disputes.closed(asked, asked.object("dispute", given["dispute"]), won=bool(given["won"]))))

    def refund(self, given: Doc, base: str) -> Doc:
        """Somebody gives money back in the merchant's own pages at Stripe."""
        asked = self._asked(given, base)
        asked.given = {"charge": self._charge(asked, given)["id"]}
        if "amount" in given:
            asked.given["amount"] = str(given["amount"])
        return dict(shown(refunds.create(asked)))

    def refund_fails(self, given: Doc, base: str) -> Doc:
        """The bank sends back a refund that had gone through."""
        asked = self._asked(given, base)
        found = asked.object("refund", given["refund"])
        if found["status"] not in ("succeeded", "pending"):
            raise ValueError(f"the refund is {found['status']}: nothing of it can be sent back")
        return dict(shown(refunds.failed(asked, found)))

    def capture(self, given: Doc, base: str) -> Doc:
        asked = self._asked(given, base)
        asked.of = (given["payment_intent"],)
        asked.given = {"amount_to_capture": str(given["amount"])} if "amount" in given else {}
        return dict(shown(payments.capture(asked)))

    def cancel(self, given: Doc, base: str) -> Doc:
        asked = self._asked(given, base)
        asked.of = (given["payment_intent"],)
        return dict(shown(payments.cancel(asked)))

    def reset(self, given: Doc, base: str) -> None:
        """As new: an empty book, the real clock, no rules, nobody who listens."""
        self.book.empty()
        self.trouble.set([])
        self.speed.forget()


def _seconds(value: Any) -> float:
    if isinstance(value, (int, float)):
        return float(value)
    if len(value) == len("2026-04-01"):
        at = datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC)
    else:
        at = datetime.fromisoformat(value)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
