"""The order in which everything about a payment is locked."""

from __future__ import annotations

from collections.abc import Sequence

from perennial.db import sql
from perennial.payments import blocked
from perennial.payments.next_step import SQL


def lock(payment_ids: Sequence[int]) -> None:
    """Lock what these payments belong to, then them: continuity orders, orders, payments, each by id."""
    for name in ("lock_continuity", "lock_orders", "lock_payments"):
        sql.prepared(SQL[name].replace("$continuity_orders", blocked.CONTINUITY_ORDERS), {"ids": list(payment_ids)})
