"""What is stored of orders as pages and commands have it: changes of a person, payments, cards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from perennial.desk.read import rows
from perennial.desk.read.values import (
    Added,
    Address,
    Adjustment,
    Card,
    Payment,
    Substitute,
)
from perennial.kernel.money import Money


def adjustment(a: rows.Adjustment, currency: str, known: Mapping[int | None, Address]) -> Adjustment:
    """What a person changed, out of its row; ``known``: the addresses that it may name."""
    value: Any = None if a.value is None else json.loads(a.value)
    match a.kind:
        case "move" | "redate":
            value = date.fromisoformat(value)
        case "quantity":
            value = Decimal(value)
        case "price":
            value = Money(value, currency)
        case "substitute":
            given = value.get("price_minor")
            value = Substitute(value["item"], None if given is None else Money(given, currency))
        case "add":
            value = Added(value["item"], Decimal(value["quantity"]), Money(value["price_minor"], currency))
        case "remove":
            value = value["item"]
        case "address":
            value = known.get(value["address_id"])
    return Adjustment(
        key=a.key,
        repetition=a.repetition,
        line=a.line or None,
        kind=a.kind,
        value=value,
        by=a.by,
        on=a.on,
        reason=a.reason,
    )


def priced(adjustment: rows.Adjustment) -> bool:
    return json.loads(adjustment.value or "{}").get("price_minor") is not None


def payment_of(
    row: rows.Payment | rows.ListedPayment, *, order: str, line: int | None, shipment: int | None, currency: str
) -> Payment:
    """A payment out of its row; ``order``, ``line`` and ``shipment``: what it pays."""
    return Payment(
        order=order,
        line=line,
        shipment=shipment,
        purpose=row.purpose,
        number=row.number,
        method=row.method,
        amount=Money(row.amount, currency),
        due_on=row.due_on,
        status=row.status,
        attempts=row.attempts,
        captured=Money(row.captured, currency),
        refunded=Money(row.refunded, currency),
        card=card_of(row),
        captured_on=row.captured_on,
    )


def card_of(row: rows.Continuity | rows.Payment | rows.ListedPayment) -> Card | None:
    """The card of a row that has the columns of one."""
    if row.token is None or row.expires_on is None:
        return None
    return Card(row.token, row.brand, row.last4, row.expires_on, bool(row.refused))
