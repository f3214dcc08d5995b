"""The rows of a batch of orders, and how they are written: table by table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from perennial.continuity.models import ContinuityOrder, Occurrence
from perennial.continuity.planning import OccurrenceRow, insert_occurrences
from perennial.db import sql
from perennial.orders.models import OrderEvent, OrderLine, OrderPay, OrderTax, SalesOrder
from perennial.payments.due import write_payments


@dataclass
class Rows:
    """The rows of a whole batch, written table by table."""

    orders: list[tuple[Any, ...]] = field(default_factory=list)
    lines: list[tuple[Any, ...]] = field(default_factory=list)
    taxes: list[tuple[Any, ...]] = field(default_factory=list)
    pays: list[tuple[Any, ...]] = field(default_factory=list)
    continuity: list[tuple[Any, ...]] = field(default_factory=list)
    occurrences: list[OccurrenceRow] = field(default_factory=list)
    payments: list[tuple[Any, ...]] = field(default_factory=list)
    events: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, other: Rows) -> None:
        """Take in the rows of one order."""
        for name in vars(self):
            getattr(self, name).extend(getattr(other, name))

    def write(self) -> None:
        """Write them all; one statement a table."""
        ids = sql.draw_ids(Occurrence, len(self.occurrences))
        sql.copy(
            SalesOrder,
            (
                "id", "number", "reference", "customer_id", "currency", "order_date", "status", "acceptance",
                "ship_to_id", "delivery_minor", "tax_minor", "total_minor", "entry",
            ),
            self.orders,
        )  # fmt: skip
        sql.copy(
            OrderLine,
            (
                "id", "order_id", "line", "product_id", "quantity", "price_minor", "amount_minor",
                "delivery_mode_id", "status",
            ),
            self.lines,
        )  # fmt: skip
        sql.copy(OrderTax, ("order_id", "group", "base_minor", "tax_minor", "rate_id"), self.taxes)
        sql.copy(OrderPay, ("order_id", "number", "method", "card_id", "percent", "amount_minor"), self.pays)
        sql.copy(
            ContinuityOrder,
            (
                "id", "parent_line_id", "order_id", "customer_id", "program_id", "revision_id", "status", "complete",
                "order_date", "start_date", "first_event", "event_duration", "shipments", "quantity", "threshold",
                "consolidate", "upfront", "prices", "payment_method", "card_id", "payment_schedule_id", "ship_to_id",
                "last_shipment",
            ),
            self.continuity,
        )  # fmt: skip
        insert_occurrences([replace(o, id=i) for o, i in zip(self.occurrences, ids, strict=True)])
        write_payments(self.payments)
        sql.copy(OrderEvent, ("order_id", "on_date", "kind", "by", "reason", "data"), self.events)
