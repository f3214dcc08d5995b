"""Are two databases the same after two ways of doing a night's work? Row by row, ids that were drawn aside."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import psycopg

TABLES = {
    "occurrences": "select o.continuity_order_id, o.event_key, o.repetition, o.position, o.event_on, o.ship_on, o.shipment,"
    " o.status, o.blocked, k.number, o.delivery_mode_id, o.payment_schedule_id, o.ship_to_id, o.why"
    " from continuity_occurrence o left join orders_salesorder k on k.id = o.child_id order by o.id",
    "orders": "select o.number, o.reference, o.customer_id, o.currency, o.order_date, o.status, o.acceptance, o.ship_to_id,"
    " o.parent_id, o.parent_line_id, o.shipment, o.try_no, o.ship_on, o.delivery_mode_id, o.delivery_minor, o.tax_minor,"
    " o.total_minor, o.external from orders_salesorder o order by o.number",
    "order lines": "select o.number, l.line, l.product_id, l.quantity, l.price_minor, l.amount_minor, l.delivery_mode_id,"
    " l.status from orders_orderline l join orders_salesorder o on o.id = l.order_id order by o.number, l.line",
    "taxes": 'select o.number, t."group", t.base_minor, t.tax_minor, t.rate_id'
    ' from orders_ordertax t join orders_salesorder o on o.id = t.order_id order by o.number, t."group"',
    "payments": "select o.number, p.continuity_order_id, p.customer_id, p.purpose, p.number, p.method, p.card_id, p.currency,"
    " p.amount_minor, p.captured_minor, p.due_on, p.status, p.at_invoice, p.not_before_shipped, p.attempts"
    " from payments_payment p left join orders_salesorder o on o.id = p.order_id"
    " order by o.number, p.continuity_order_id, p.number",
    "events": "select o.number, e.on_date, e.kind, e.reason, e.data"
    " from orders_orderevent e join orders_salesorder o on o.id = e.order_id order by o.number, e.on_date, e.data->>'child'",
    "notices": "select customer_id, kind, card_id, on_date, status, facts, language from notices_notice"
    " order by kind, card_id",
}


def differences(a: psycopg.Connection[Any], b: psycopg.Connection[Any]) -> tuple[int, list[str]]:
    """How many rows were compared, and the first row of each table that differs."""
    compared = 0
    found = []
    for table, query in TABLES.items():
        with (
            a.cursor() as one,
            b.cursor() as two,
            one.copy(f"copy ({query}) to stdout") as ours,
            two.copy(f"copy ({query}) to stdout") as theirs,
        ):
            differs = None
            for row, other in zip_longest(ours, theirs):
                compared += 1
                if row != other and differs is None:
                    differs = f"{table}: {_words(row)} against {_words(other)}"
            if differs is not None:
                found.append(differs)
    return compared, found


def _words(row: Any) -> str:
    return "no row" if row is None else bytes(row).decode().strip().replace("\t", " ")
