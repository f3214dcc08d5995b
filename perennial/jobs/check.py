"""Check: the invariants that no single row can hold, and that everything happened once."""

from __future__ import annotations

from datetime import date
from typing import Any

from perennial.catalog.queries import set_up
from perennial.db import sql
from perennial.errors import Refused
from perennial.jobs import whole_walk

SQL = sql.named("perennial.jobs", "sql/check.sql")
BY_PLANNING = {"whole_walk": whole_walk.faults}
"""What only planning can tell."""
ONCE = ("once_child", "once_product_step", "once_shipped_occurrence", "once_charged", "once_paid", "missed")
INVARIANTS = (*(name for name in SQL if name not in ONCE), *BY_PLANNING)
MOST = 1000
WORDS = {
    **whole_walk.WORDS,
    # A child that was taken over has the other system's amounts and days, as far as they are known.
    "MADE_HERE": """exists (select from orders_orderevent w where w.order_id = k.parent_id and w.kind = 'child_created'
                       and w.data ->> 'child' = k.number)""",
}


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
        if name in BY_PLANNING:
            found += BY_PLANNING[name](MOST)
        else:
            values = _days() if name == "blocked" else None
            found += [str(row[0]) for row in sql.tuples(sql_of(SQL[name]) + f" limit {MOST}", values)]
        if len(found) >= MOST:
            break
    return {"ok": not found, "faults": found[:MOST]}


def sql_of(statement: str) -> str:
    """A statement with its words in braces said in full."""
    for word, said in WORDS.items():
        statement = statement.replace(f"{{{word}}}", said)
    return statement


def _days() -> dict[str, Any]:
    """When a card that will have expired was last found, and the first working day from then on of what was late."""
    found = sql.value(
        "select greatest((select max(on_date) from jobs_jobrun where job = 'create-child-orders' and not dry),"
        " (select max(on_date) from notices_notice where kind = 'card_expired'))"
    )
    days: dict[int, date | None] = {}
    if found is not None:
        modes = set_up().modes
        for (mode,) in sql.tuples(
            "select distinct delivery_mode_id from continuity_occurrence"
            " where blocked = 'card' and ship_on < %s and delivery_mode_id is not null",
            [found],
        ):
            try:
                days[mode] = modes[mode].days.roll(found)
            except Refused:  # no working day is left in the calendar
                days[mode] = None
    return {"found": found, "modes": list(days), "days": list(days.values())}
