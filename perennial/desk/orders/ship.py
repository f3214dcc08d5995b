"""What the warehouse reports: a child was sent, a child was invoiced; ordinary lines too.

A child may ship when it is open, not on hold, and no payment of it (of its order, when it was billed up
front) that is due by then is declined, failed or unknown (the view ``may_not_ship``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from perennial.db import history, sql
from perennial.desk.action import action
from perennial.desk.locking import lock, order_by_number
from perennial.desk.notices.queue import tell_ordinary_sent, tell_sent
from perennial.desk.outcome import Outcome
from perennial.errors import Conflict, Refused
from perennial.kernel.money import Money
from perennial.orders.models import Hold, OrderEvent, OrderLine, SalesOrder, Shipment
from perennial.payments import blocked
from perennial.payments.blocked import WhyNot
from perennial.payments.models import Payment

SQL = sql.named("perennial.desk.orders", "ship.sql")


def children_that_may_ship(*, on: date) -> list[int]:
    """Ids of the children with a ``ship_on`` by the date that may ship, oldest first."""
    return [row[0] for row in sql.tuples(SQL["children_that_may_ship"], {"on": on})]


def ready_to_send(*, on: date) -> list[int]:
    """Ids of what the warehouse packs: children with a ``ship_on`` by the date that may ship, and orders whose ordinary
    lines may and are paid; oldest first. Ordinary lines that cost nothing at all are not told.
    """
    return [row[0] for row in sql.tuples(SQL["ready_to_send"], {"on": on})]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent(Outcome):
    """A child went out. ``not_authorised``: its card was not asked yet, it is charged when it is invoiced."""

    order: str
    status: str
    not_authorised: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoiced(Outcome):
    """A child was invoiced."""

    order: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinaryLines(Outcome):
    """Ordinary lines of a parent went out, or were invoiced."""

    order: str
    status: str
    lines: tuple[int, ...]


def _not_ahead(on: date, today: date | None) -> None:
    """What has happened was not on a day to come."""
    if today is not None and on > today:
        raise Refused("day_ahead", "on", day=on, latest=today)


def _not_before_ordered(on: date, order: SalesOrder) -> None:
    """What the warehouse reports has its place behind what went before: a bill on account counts from it."""
    if on < order.order_date:
        raise Refused("before_order_date", "on", order=order.number, date=on, earliest=order.order_date)


def _not_before_shipped(on: date, order: SalesOrder) -> None:
    earliest = _shipped_on(order)
    if on < earliest:
        raise Refused("before_shipped", "on", order=order.number, date=on, earliest=earliest)


def _shipped_on(order: SalesOrder) -> date:
    """The day of its shipment; of one that was imported without it the day when the order was made."""
    return Shipment.objects.filter(order=order).values_list("on_date", flat=True).first() or order.order_date


def _refusal(order: SalesOrder, why: WhyNot) -> Refused:
    """Why a child, or the ordinary lines of a parent, may not be sent."""
    if why.because == "status":
        code = "order_over" if order.parent_id is None else "not_open_to_ship"
        return Refused(code, "number", order=order.number, status=order.status)
    if why.because == "acceptance":
        return Refused("acceptance_awaited", "number", order=order.number)
    if why.hold_id is not None:
        hold = Hold.objects.get(pk=why.hold_id)
        return Refused("on_hold", "number", order=order.number, reason=hold.why)
    return Refused("payment_stops_shipping", "number", order=order.number)


@action()
def ship(
    *,
    number: str,
    on: date,
    by: str,
    carrier: str | None = None,
    tracking: str | None = None,
    today: date | None = None,
    reason: str | None = None,
) -> Sent | OrdinaryLines:
    """A child, or a parent's ordinary lines, went out. Refused when it may not ship, a day before it was ordered, and one
    behind ``today``, on which it is reported.

    What goes before its card was asked is told (``not_authorised``): it is charged when it is invoiced.
    """
    _not_ahead(on, today)
    found = order_by_number(number)
    locked = lock(found.parent_id or found.pk, on=on, by=by, reason=reason)
    if found.parent_id is None:
        return _ship_ordinary(locked.order, on=on, by=by, reason=reason, carrier=carrier, tracking=tracking)
    child = SalesOrder.objects.select_for_update(no_key=True).get(pk=found.pk)
    _not_before_ordered(on, locked.order)
    if not ship_many([child.pk], on=on, by=by, carrier=carrier, tracking=tracking, reason=reason):
        if why_not := blocked.may_not_ship(child.pk, on):
            raise _refusal(child, why_not[0])
        raise Conflict("changed_meanwhile", order=number)
    unasked = Payment.objects.filter(order=child, method="card", at_invoice=True, status="due").first()
    ask = unasked is not None and locked.set_up.parameters.authorize_child_orders
    return Sent(
        order=number,
        status="shipped",
        not_authorised=Money(unasked.amount_minor, unasked.currency) if ask and unasked else None,
    )


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
    tell_sent(shipped, on=on)
    return shipped


@action()
def invoice(
    *, number: str, on: date, by: str, today: date | None = None, reason: str | None = None
) -> Invoiced | OrdinaryLines:
    """A shipped child, or a parent's shipped ordinary lines, was invoiced: what pays it is captured next.

    Refused: one that is not shipped; a day before it was; one behind ``today``, on which it is reported.
    """
    _not_ahead(on, today)
    found = order_by_number(number)
    locked = lock(found.parent_id or found.pk, on=on, by=by, reason=reason)
    if found.parent_id is None:
        return _invoice_ordinary(locked.order, on=on, by=by, reason=reason)
    child = SalesOrder.objects.select_for_update(no_key=True).get(pk=found.pk)
    if child.status != "shipped":
        raise Refused("not_shipped_to_invoice", "number", order=number, status=child.status)
    _not_before_shipped(on, child)
    invoice_many([child.pk], on=on, by=by, reason=reason)
    return Invoiced(order=number, status="invoiced")


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
) -> OrdinaryLines:
    why_not = blocked.may_not_ship(order.pk, on)
    if why_not and why_not[0].because == "status":
        raise _refusal(order, why_not[0])
    lines = [line for line in _ordinary(order) if line.status == "open"]
    if not lines:
        raise Refused("nothing_to_ship", "number", order=order.number)
    if why_not:
        raise _refusal(order, why_not[0])
    _not_before_ordered(on, order)
    sql.shift(OrderLine, [line.pk for line in lines], "open", "shipped")
    Shipment.objects.get_or_create(order=order, defaults={"carrier": carrier, "tracking": tracking, "on_date": on})
    _follow(order, "shipped")
    OrderEvent.objects.create(order=order, on_date=on, kind="shipped", by=by, reason=reason)
    tell_ordinary_sent(order, on=on)
    return OrdinaryLines(order=order.number, status=order.status, lines=tuple(line.line for line in lines))


def _invoice_ordinary(order: SalesOrder, *, on: date, by: str, reason: str | None) -> OrdinaryLines:
    lines = [line for line in _ordinary(order) if line.status == "shipped"]
    if not lines:
        raise Refused("nothing_to_invoice", "number", order=order.number)
    _not_before_shipped(on, order)
    sql.shift(OrderLine, [line.pk for line in lines], "shipped", "invoiced")
    SalesOrder.objects.filter(pk=order.pk, invoiced_on=None).update(invoiced_on=on)
    _follow(order, "invoiced")
    OrderEvent.objects.create(order=order, on_date=on, kind="invoiced", by=by, reason=reason)
    return OrdinaryLines(order=order.number, status=order.status, lines=tuple(line.line for line in lines))


def _follow(order: SalesOrder, status: str) -> None:
    """An order of ordinary lines alone goes with them; a parent stays open until close-orders."""
    lines = list(order.lines.select_related("product"))
    if all(line.product.kind == "item" and line.status in (status, "cancelled", "invoiced") for line in lines):
        sql.shift(SalesOrder, [order.pk], order.status, status)
        order.status = status
