"""The JSON of what an action gave, as ``docs/contract.md`` has it: what it did, and what follows."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from perennial.desk.contract import Document, amount
from perennial.desk.outcome import Follows, Outcome, Shown
from perennial.kernel import money
from perennial.kernel.money import Money

_WITH_CURRENCY = {
    "to_refund",
    "not_authorised",
    "not_charged",
    "not_charged_of_sent",
    "still_owed",
    "given_back",
    "credited",
}
"""Amounts of an outcome that are printed with their currency."""


def outcome_json(outcome: Outcome) -> Document:
    """What an action gave: what it did, and what follows. What there is nothing to tell of is left out."""
    document: Document = {}
    for one in fields(outcome):
        if one.name in ("follows", "version", "can_undo", "to_refund", "to_credit"):
            continue
        value = getattr(outcome, one.name)
        if one.default is MISSING or value not in (None, (), False):
            document[one.name] = _plain(value, with_currency=one.name in _WITH_CURRENCY)
    if outcome.to_refund is not None:
        document["to_refund"] = _plain(outcome.to_refund, with_currency=True)
    if outcome.to_credit is not None:
        document["to_credit"] = _plain(outcome.to_credit, with_currency=True)
    if outcome.follows is not None:
        document["follows"] = follows_json(outcome.follows)
    if outcome.version is not None:
        document["version"] = outcome.version
    if outcome.can_undo:
        document["can_undo"] = True
    return document


def follows_json(follows: Follows) -> Document:
    """The shipments that changed, before and after, and what is to come of them in all."""
    return {
        "shipments": [
            {
                "order": one.order,
                "line": one.line,
                "shipment": one.shipment,
                "before": _shown(one.before),
                "after": _shown(one.after),
            }
            for one in follows.shipments
        ],
        "to_come": {"before": amount(follows.to_come_before), "after": amount(follows.to_come_after)},
    }


def _shown(shown: Shown | None) -> Document | None:
    if shown is None:
        return None
    return {"ship_on": str(shown.ship_on), "status": shown.status, "amount": amount(shown.amount)}


def _plain(value: object, *, with_currency: bool = False) -> Any:
    """A value of an outcome as JSON."""
    match value:
        case Money():
            return f"{money.text(value.minor, value.currency)} {value.currency}" if with_currency else amount(value)
        case date():
            return str(value)
        case Decimal():
            return money.plain(value)
        case list() | tuple():
            return [_plain(one, with_currency=with_currency) for one in value]
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name), with_currency=True) for one in fields(value)}
    return value
