"""Orders that are taken over are written: ids are drawn, then each table is filled with one COPY."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import Model
from psycopg.types.json import Jsonb

from perennial.bundle.taken import (
    AdjustmentRow,
    ContinuityRow,
    EventRow,
    LineRow,
    OccurrenceRow,
    OrderRow,
    PaymentRow,
    TakenOver,
)
from perennial.continuity.models import Adjustment, ContinuityLine, ContinuityOrder, Occurrence, Parked
from perennial.customers.models import Address
from perennial.db import sql
from perennial.orders.models import Hold, OrderEvent, OrderLine, OrderPay, OrderTax, SalesOrder, Shipment
from perennial.payments.models import Attempt, Bill, Payment


def _id(row: Any) -> int | None:
    return row if row is None or isinstance(row, int) else row.id


def write(taken: Sequence[TakenOver]) -> None:
    """Write a batch of orders, table by table."""
    addresses = _numbered(Address, [a for t in taken for a in t.addresses])
    orders = _numbered(SalesOrder, [o for t in taken for o in t.orders])
    lines = _numbered(OrderLine, [line for o in orders for line in o.lines])
    continuity = _numbered(ContinuityOrder, [c for t in taken for c in t.continuity])
    occurrences = _numbered(Occurrence, [o for c in continuity for o in c.occurrences])
    payments = _numbered(Payment, [p for t in taken for p in t.payments])
    if addresses:
        names = tuple(addresses[0].values)
        _copy(
            Address,
            ("id", "customer_id", "number", *names),
            addresses,
            lambda a: (a.id, a.customer_id, 0, *a.values.values()),
        )
    _orders(orders, lines)
    _continuity(continuity, occurrences)
    _payments(payments)


def _numbered(model: type[Model], rows: list[Any]) -> list[Any]:
    for row, pk in zip(rows, sql.draw_ids(model, len(rows)), strict=True):
        row.id = pk
    return rows


def _copy(model: type[Model], columns: Sequence[str], rows: Iterable[Any], values: Callable[[Any], Any]) -> None:
    sql.copy(model, columns, (values(row) for row in rows))


def _orders(orders: list[OrderRow], lines: list[LineRow]) -> None:
    _copy(
        SalesOrder,
        (
            "id", "number", "reference", "customer_id", "currency", "order_date", "status", "acceptance", "ship_to_id",
            "parent_id", "parent_line_id", "shipment", "try_no", "ship_on", "delivery_mode_id", "delivery_minor",
            "tax_minor", "total_minor", "invoiced_on", "external", "taken_over_on", "entry",
        ),
        orders,
        lambda o: (
            o.id, o.number, o.reference, o.customer_id, o.currency, o.order_date, o.status, o.acceptance, _id(o.ship_to),
            _id(o.parent), _id(o.parent_line), o.shipment, o.try_no, o.ship_on, o.delivery_mode_id, o.delivery_minor,
            o.tax_minor, o.total_minor, o.invoiced_on, o.external, o.taken_over_on, None if o.entry is None else Jsonb(o.entry),
        ),
    )  # fmt: skip
    _copy(
        OrderLine,
        ("id", "order_id", "line", "product_id", "quantity", "price_minor", "amount_minor", "delivery_mode_id", "status"),
        lines,
        lambda x: (
            x.id, x.order.id, x.line, x.product_id, x.quantity, x.price_minor, x.amount_minor, x.delivery_mode_id,
            x.status,
        ),
    )  # fmt: skip
    sql.copy(
        OrderTax,
        ("order_id", "group", "base_minor", "tax_minor", "rate_id"),
        ((o.id, *tax) for o in orders for tax in o.taxes),
    )
    sql.copy(
        OrderPay,
        ("order_id", "number", "method", "card_id", "percent", "amount_minor"),
        ((o.id, n, *pay) for o in orders for n, pay in enumerate(o.pays, 1)),
    )
    sql.copy(
        Hold,
        (
            *("order_id", "code", "reason", "because", "stops", "on_date", "by"),
            *("released_on", "until", "reason_code", "released_by"),
        ),
        (
            (
                *(o.id, h.code, *_said(h.reason, h.because), h.stops, h.on, h.by),
                *(h.released_on, h.until, h.reason_code, h.released_by),
            )
            for o in orders
            for h in o.holds
        ),
    )
    sql.copy(
        Shipment,
        ("order_id", "carrier", "tracking", "on_date"),
        ((o.id, o.sent.carrier, o.sent.tracking, o.sent.on) for o in orders if o.sent is not None),
    )
    _events([(o, e) for o in orders for e in o.events])


def _events(events: list[tuple[OrderRow, EventRow]]) -> None:
    """What happened, with its instant where it is known; else now."""
    names = ("order_id", "on_date", "kind", "by", "reason", "data")
    now = None
    if any(event.at is None for _, event in events):
        now = sql.value("select now()")
    sql.copy(
        OrderEvent,
        (*names, "at"),
        (
            (o.id, e.on, e.kind, e.by, _event_reason(e), None if e.data is None else Jsonb(e.data), e.at or now)
            for o, e in events
        ),
    )


def _continuity(continuity: list[ContinuityRow], occurrences: list[OccurrenceRow]) -> None:
    if not continuity:
        return
    names = tuple(continuity[0].columns)
    _copy(
        ContinuityOrder,
        ("id", "order_id", "parent_line_id", "ship_to_id", *names),
        continuity,
        lambda c: (c.id, c.order.id, c.parent_line.id, _id(c.ship_to), *(c.columns[name] for name in names)),
    )
    sql.copy(
        Occurrence,
        (
            "id", "continuity_order_id", "event_key", "repetition", "position", "event_on", "ship_on", "shipment",
            "status", "blocked", "child_id", "delivery_mode_id", "payment_schedule_id", "ship_to_id", "why",
            "why_cancelled",
        ),
        (
            (
                o.id, c.id, o.key, o.repetition, position, o.event_on, o.ship_on, o.shipment, o.status, o.blocked,
                _id(o.child), o.delivery_mode_id, o.payment_schedule_id, _id(o.ship_to), o.why,
                o.why_cancelled,
            )
            for c in continuity
            for position, o in enumerate(c.occurrences, 1)
        ),
    )  # fmt: skip
    sql.copy(
        ContinuityLine,
        ("occurrence_id", "line", "product_id", "quantity", "price_minor", "why"),
        ((o.id, *line) for o in occurrences for line in o.lines),
    )
    sql.copy(
        Adjustment,
        (
            "continuity_order_id", "event_key", "repetition", "line", "kind", "value", "by", "on_date", "reason",
            "undone_on", "undone_by",
        ),
        (
            (
                c.id, a.key, a.repetition, a.line, a.kind,
                _value(a), a.by, a.on, a.reason,
                a.undone_on, a.undone_by,
            )
            for c in continuity
            for a in c.adjustments
        ),
    )  # fmt: skip
    sql.copy(
        Parked,
        ("continuity_order_id", "shipment", "job", "sqlstate", "reason", "because", "on_date", "resolved_on"),
        (
            (c.id, p.shipment, p.job, p.sqlstate, *_said(p.reason, p.because), p.on, p.resolved_on)
            for c in continuity
            for p in c.parked
        ),
    )


def _said(reason: str, because: Any) -> tuple[str, Jsonb | None]:
    """Words, or the data that they are said from."""
    return (reason, None) if because is None else ("", Jsonb(because))


def _event_reason(event: EventRow) -> str | None:
    return None if isinstance(event.data, dict) and "because" in event.data else event.reason


def _value(adjustment: AdjustmentRow) -> Any:
    if adjustment.kind == "address":
        return Jsonb({"address_id": _id(adjustment.value)})
    return None if adjustment.value is None else Jsonb(adjustment.value)


def _payments(payments: list[PaymentRow]) -> None:
    if not payments:
        return
    names = tuple(payments[0].columns)
    paid = {
        (id(p.order or p.continuity), p.columns["number"]): p.id for p in payments if p.columns["purpose"] != "refund"
    }
    _copy(
        Payment,
        ("id", "order_id", "continuity_order_id", "refunds_id", *names),
        payments,
        lambda p: (
            p.id, _id(p.order), _id(p.continuity), paid.get((id(p.order or p.continuity), p.refunds)),
            *(p.columns[name] for name in names),
        ),
    )  # fmt: skip
    tries = [(p.id, t) for p in payments for t in p.tries]
    if tries:
        columns = tuple(tries[0][1])
        sql.copy(Attempt, ("payment_id", *columns), ((pk, *(t[name] for name in columns)) for pk, t in tries))
    sql.copy(
        Bill,
        ("payment_id", "on_date", "due_on", "amount_minor"),
        ((p.id, *p.bill) for p in payments if p.bill is not None),
    )
