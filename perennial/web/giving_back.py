"""Who may give back how much: up to the limit whoever may give back, above it whoever approves it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perennial.catalog.queries import parameters
from perennial.desk.read.values import Card, Payment
from perennial.kernel.money import Money
from perennial.people.queries import people
from perennial.people.roles import who_may
from perennial.web.visit import Visit


def may_give_back(request: Visit) -> dict[str, Any]:
    """How an action that gives back is told what its visitor may: more than the limit, or nothing without one."""
    may = "approve_refunds" in request.visitor.may
    return {"may_exceed": may, "limited": not may}


def refund_limit(currency: str) -> Money | None:
    """How much of one order may be given back on one day unasked; None: no limit is set."""
    minor = parameters().refund_limit_minor
    return None if minor is None else Money(minor, currency)


def expired_cards(request: Visit, payments: Sequence[Payment]) -> tuple[Card, ...]:
    """The cards that would get something back, and have expired."""
    cards = {one.card.token: one.card for one in payments if one.card is not None}
    return tuple(card for card in cards.values() if card.expires_on < request.visitor.today)


def would_give_back(request: Visit) -> dict[str, Any]:
    """How a cancellation is tried that gives back what it can, where its visitor may give back."""
    return {"give_back": "refund_payments" in request.visitor.may, **may_give_back(request)}


def gives_back(request: Visit) -> dict[str, Any]:
    """The same, as the form says."""
    asked = request.POST.get("give_back") == "1"
    return {**would_give_back(request), "give_back": asked} if "refund_payments" in request.visitor.may else {}


def approvers(request: Visit) -> str:
    """Who else could approve it, by name."""
    roles = set(who_may("approve_refunds"))
    found = [one for one in people() if one.active and roles & set(one.roles) and one.username != request.visitor.by]
    return ", ".join(one.name for one in found)
