"""Rows that a test begins with in some state are led there, step by step, as the database allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perennial.kernel import states

if TYPE_CHECKING:
    from django.db.models import QuerySet

PAIRS = {
    "orders_salesorder": states.ORDER,
    "orders_orderline": states.ORDER_LINE,
    "continuity_continuityorder": states.CONTINUITY_ORDER,
    "continuity_occurrence": states.LINE,
    "payments_payment": states.PAYMENT,
}


def lead(rows: QuerySet[Any], status: str, **more: Any) -> None:
    """Take these rows to a state by the shortest way that the pairs allow; ``more``: what changes with the last step."""
    pairs = PAIRS[rows.model._meta.db_table]
    for pk, now in list(rows.values_list("pk", "status")):
        for step in way(pairs, now, status):
            rows.model._default_manager.filter(pk=pk).update(status=step)
        rows.model._default_manager.filter(pk=pk).update(status=status, **more)


def way(pairs: dict[str, set[str]], start: str, end: str) -> list[str]:
    """The states behind the first, to the last."""
    ways = [[start]]
    for one in ways:
        if one[-1] == end:
            return one[1:]
        ways += [[*one, new] for new in sorted(pairs[one[-1]]) if new not in one]
    raise AssertionError(f"no way leads from {start} to {end}")
