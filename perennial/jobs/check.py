"""Check: the invariants that no single row can hold, and that everything happened once."""

from __future__ import annotations

from typing import Any

from perennial.db import sql
from perennial.payments import waiting

SQL = sql.named("perennial.jobs", "sql/check.sql")
ONCE = ("once_child", "once_product_step", "once_shipped_occurrence", "once_charged", "once_paid", "missed")
INVARIANTS = tuple(name for name in SQL if name not in ONCE)
MOST = 1000


def check() -> dict[str, Any]:
    """What must always be true of the data; ``faults`` in words, the first thousand."""
    return faults(INVARIANTS)


def check_once() -> dict[str, Any]:
    """Every occurrence, child and charge once, and nothing due missed by the last night."""
    return faults(ONCE)


def faults(names: tuple[str, ...]) -> dict[str, Any]:
    """What the checks of these names find."""
    found: list[str] = []
    for name in names:
        statement = SQL[name]
        for word in ("AWAITED", "ON_HOLD", "PAYMENT_FAILED", "IS_PARKED"):
            statement = statement.replace(f"{{{word}}}", getattr(waiting, word))
        found += [str(row[0]) for row in sql.tuples(f"{statement} limit {MOST}")]
        if len(found) >= MOST:
            break
    return {"ok": not found, "faults": found[:MOST]}
