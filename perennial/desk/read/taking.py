"""Money that a card has promised and that may be taken now: what it pays is invoiced."""

from __future__ import annotations

from collections.abc import Iterable

from perennial.desk.read.order import Order
from perennial.desk.read.values import Payment
from perennial.kernel.states import HOLDS_CHARGING


def taken_now(order: Order, payments: Iterable[Payment]) -> tuple[Payment, ...]:
    """Those of a parent's payments that are authorised, of which something is invoiced, and whose charging nothing holds."""
    invoiced = {child.number for child in order.children if child.status == "invoiced"}
    lines = {child.line for child in order.children if child.status == "invoiced"}
    is_ordinary = any(line.price is not None and line.status == "invoiced" for line in order.lines)
    holders = [(order.number, order.holds), *((child.number, child.holds) for child in order.children)]
    held = {number for number, holds in holders if any(one.open and one.stops in HOLDS_CHARGING for one in holds)}

    def is_due(one: Payment) -> bool:
        if one.purpose == "ordinary":
            return is_ordinary
        return one.line in lines if one.purpose == "order" else one.order in invoiced

    authorised = (one for one in payments if one.method == "card" and one.status == "authorised")
    return tuple(one for one in authorised if is_due(one) and not {order.number, one.order} & held)
