"""In every test's database: a row goes from one state to another only where the kernel's pairs allow it.

The tables of the product do not hold this themselves; here each of them gets a trigger that is made from
``kernel.states``, so that whatever a test lets happen is measured by the pairs. A test that begins with rows in some state leads them there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

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

# No error of data, so that no job takes it for the fault of an order and parks that one.
REFUSE = """
create function refuse_change_of_state() returns trigger language plpgsql as $$
begin
  raise exception '% %: from % to % is no pair of perennial.kernel.states',
    tg_table_name, new.id, coalesce(old.status, 'null'), coalesce(new.status, 'null');
end $$
"""
TRIGGER = """
create trigger only_known_changes_of_state after update on {table} for each row
  when (old.status is distinct from new.status and ((old.status, new.status) in ({pairs})) is not true)
  execute function refuse_change_of_state()
"""


def install(database: psycopg.Connection[tuple[object, ...]]) -> None:
    """Make the triggers."""
    database.execute(REFUSE)
    for table, pairs in PAIRS.items():
        allowed = sql.SQL(", ").join(
            sql.SQL("({}, {})").format(sql.Literal(old), sql.Literal(new)) for old in pairs for new in pairs[old]
        )
        database.execute(sql.SQL(TRIGGER).format(table=sql.Identifier(table), pairs=allowed))


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
