"""What the warehouse reports: a child was sent, a child was invoiced; ordinary lines too.

A child may ship when it is open, not on hold, and no payment of it (of its order, when it was billed up
front) that is due by then is declined, failed or unknown (the view ``may_not_ship``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction

from perennial.db import history, sql
from perennial.desk.locking import lock, order_by_number
from perennial.errors import Conflict, Refused
from perennial.kernel import money
from perennial.orders.models import Hold, OrderEvent, OrderLine, SalesOrder, Shipment
from perennial.payments import blocked
from perennial.payments.blocked import WhyNot
from perennial.payments.models import Payment

SQL = sql.named("perennial.desk", "sql/shipping.sql")


def children_that_may_ship(*, on: date) -> list[int]:
    """Ids of the children with a ``ship_on`` by the date that may ship, oldest first."""
    return [row[0] for row in sql.tuples(SQL["children_that_may_ship"], {"on": on})]


def _not_before(on: date, earliest: date, what: str) -> None:
    """What the warehouse reports has its place behind what went before: a bill on account counts from it."""
    if on < earliest:
        raise Refused("on", "on", text=f"{what} on {earliest}: {on} lies before it")


def _shipped_on(order: SalesOrder) -> date:
    """The day of its shipment; of one that was imported without it the day when the order was made."""
    return Shipment.objects.filter(order=order).values_list("on_date", flat=True).first() or order.order_date


def _refusal(order: SalesOrder, why: WhyNot) -> Refused:
    """Why a child, or the ordinary lines of a parent, may not be sent."""
    if why.because == "status":
        what = "" if order.parent_id is None else ": only an open order can be shipped"
        return Refused("status", "number", text=f"{order.number} is {order.status}{what}")
    if why.because == "acceptance":
        return Refused("acceptance", "number", text=f"{order.number} awaits the customer's acceptance")
    if why.hold_id is not None:
        hold = Hold.objects.get(pk=why.hold_id)
        return Refused("held", "number", text=f"{order.number} is on hold: {hold.reason or hold.code}")
    return Refused("payment", "number", text=f"{order.number} has a payment that is declined, failed or unknown")


@transaction.atomic
def ship(
    *,
    number: str,
    on: date,
    by: str,
    carrier: str | None = None,
    tracking: str | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """A child, or a parent's ordinary lines, went out. Refused when it may not ship, and a day before it was ordered.

    What goes before its card was asked is told (``not_authorised``): it is charged when it is invoiced.
    """
    found = order_by_number(number)
    locked = lock(found.parent_id or found.pk, on=on, by=by, reason=reason)
    if found.parent_id is None:
        return _ship_ordinary(locked.order, on=on, by=by, reason=reason, carrier=carrier, tracking=tracking)
    child = SalesOrder.objects.select_for_update(no_key=True).get(pk=found.pk)
    _not_before(on, locked.order.order_date, f"{locked.order.number} was ordered")
    if not ship_many([child.pk], on=on, by=by, carrier=carrier, tracking=tracking, reason=reason):
        if why_not := blocked.may_not_ship(child.pk, on):
            raise _refusal(child, why_not[0])
        raise Conflict(f"{number} was changed meanwhile")
    done = {"order": number, "status": "shipped"}
    unasked = Payment.objects.filter(order=child, method="card", at_invoice=True, status="due").first()
    if unasked is not None and locked.set_up.parameters.authorize_child_orders:
        done["not_authorised"] = f"{money.text(unasked.amount_minor, unasked.currency)} {unasked.currency}"
    return done


def ship_many(
    ids: Sequence[int],
    *,
    on: date,
    by: str,
    carrier: str | None = None,
    tracking: str | None = None,
    reason: str | None = None,
) -> list[int]:
    """Ship those of the children that may ship; which ones, by id. The caller has a transaction."""
    history.context(by=by, reason=reason)
    shipped = sorted(row[0] for row in sql.tuples(SQL["ship"], {"ids": list(ids), "on": on}))
    values = {"ids": shipped, "on": on, "by": by, "reason": reason, "carrier": carrier, "tracking": tracking}
    sql.execute(SQL["ship_lines"], values)
    sql.execute(SQL["shipments"], values)
    sql.execute(SQL["events"], {**values, "kind": "shipped"})
    return shipped


@transaction.atomic
def invoice(*, number: str, on: date, by: str, reason: str | None = None) -> dict[str, Any]:
    """A shipped child, or a parent's shipped ordinary lines, was invoiced: what pays it is captured next.

    Refused: one that is not shipped; a day before it was.
    """
    found = order_by_number(number)
    locked = lock(found.parent_id or found.pk, on=on, by=by, reason=reason)
    if found.parent_id is None:
        return _invoice_ordinary(locked.order, on=on, by=by, reason=reason)
    child = SalesOrder.objects.select_for_update(no_key=True).get(pk=found.pk)
    if child.status != "shipped":
        raise Refused("status", "number", text=f"{number} is {child.status}: only a shipped order can be invoiced")
    _not_before(on, _shipped_on(child), f"{number} was shipped")
    invoice_many([child.pk], on=on, by=by, reason=reason)
    return {"order": number, "status": "invoiced"}


def invoice_many(ids: Sequence[int], *, on: date, by: str, reason: str | None = None) -> list[int]:
    """Invoice those of the children that are shipped; which ones. The caller has a transaction."""
    history.context(by=by, reason=reason)
    done = [row[0] for row in sql.tuples(SQL["invoice"], {"ids": list(ids), "on": on})]
    values = {"ids": done, "on": on, "by": by, "reason": reason, "kind": "invoiced"}
    sql.execute(SQL["invoice_lines"], values)
    sql.execute(SQL["events"], values)
    return done


def _ordinary(order: SalesOrder) -> list[OrderLine]:
    return [line for line in order.lines.select_related("product").order_by("line") if line.product.kind == "item"]


def _ship_ordinary(
    order: SalesOrder, *, on: date, by: str, reason: str | None, carrier: str | None, tracking: str | None
) -> dict[str, Any]:
    why_not = blocked.may_not_ship(order.pk, on)
    if why_not and why_not[0].because == "status":
        raise _refusal(order, why_not[0])
    lines = [line for line in _ordinary(order) if line.status == "open"]
    if not lines:
        what = "has no ordinary line that is still to be shipped"
        raise Refused("status", "number", text=f"{order.number} {what}")
    if why_not:
        raise _refusal(order, why_not[0])
    _not_before(on, order.order_date, f"{order.number} was ordered")
    sql.shift(OrderLine, [line.pk for line in lines], "open", "shipped")
    Shipment.objects.get_or_create(order=order, defaults={"carrier": carrier, "tracking": tracking, "on_date": on})
    _follow(order, "shipped")
    OrderEvent.objects.create(order=order, on_date=on, kind="shipped", by=by, reason=reason)
    return {"order": order.number, "status": order.status, "lines": [line.line for line in lines]}


def _invoice_ordinary(order: SalesOrder, *, on: date, by: str, reason: str | None) -> dict[str, Any]:
    lines = [line for line in _ordinary(order) if line.status == "shipped"]
    if not lines:
        raise Refused("status", "number", text=f"{order.number} has no shipped ordinary line to invoice")
    _not_before(on, _shipped_on(order), f"{order.number} was shipped")
    sql.shift(OrderLine, [line.pk for line in lines], "shipped", "invoiced")
    SalesOrder.objects.filter(pk=order.pk, invoiced_on=None).update(invoiced_on=on)
    _follow(order, "invoiced")
    OrderEvent.objects.create(order=order, on_date=on, kind="invoiced", by=by, reason=reason)
    return {"order": order.number, "status": order.status, "lines": [line.line for line in lines]}


def _follow(order: SalesOrder, status: str) -> None:
    """An order of ordinary lines alone goes with them; a parent stays open until close-orders."""
    lines = list(order.lines.select_related("product"))
    if all(line.product.kind == "item" and line.status in (status, "cancelled", "invoiced") for line in lines):
        sql.shift(SalesOrder, [order.pk], order.status, status)
        order.status = status
