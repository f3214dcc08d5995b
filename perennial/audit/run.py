"""The rules by name, and what they are asked of: all that there is, or some parent orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from perennial.audit import planning
from perennial.audit.fault import MOST, Fault, ask
from perennial.db import sql

SQL = sql.named("perennial.audit", "invariants.sql")
ONCE = ("once_child", "once_product_step", "once_shipped_occurrence", "once_charged", "once_paid")
"""That everything happened once."""
BY_PLANNING = "whole_walk"
"""What only planning can tell."""
INVARIANTS = (*(name for name in SQL if name not in ONCE), BY_PLANNING)
"""What else must always be true."""


@dataclass(frozen=True, slots=True)
class CardsFound:
    """When the jobs last found out which cards will have expired, and by delivery mode the first working day from then on."""

    on: date | None = None
    days: dict[int, date | None] = field(default_factory=dict)


def faults(
    names: Iterable[str],
    orders: Sequence[int] | None = None,
    *,
    as_told: bool = False,
    cards: CardsFound | None = None,
    most: int = MOST,
) -> list[Fault]:
    """What the rules of these names find, the first so many.

    ``orders``: the ids of the parent orders that are asked about; left out, all. ``as_told``: they are as somebody
    tells them, and something may have happened that their rows do not tell. ``cards``: asked by ``blocked`` alone.
    """
    cards = cards or CardsFound()
    # As PostgreSQL writes an array: it is said to every statement, and made once.
    asked = None if orders is None else "{" + ",".join(map(str, orders)) + "}"
    values = {
        "orders": asked,
        "as_told": as_told,
        "found": cards.on,
        "modes": list(cards.days),
        "days": list(cards.days.values()),
    }
    found: list[Fault] = []
    for name in names:
        if name == BY_PLANNING:
            found += planning.faults(asked, as_told=as_told, most=most)
        else:
            found += ask(SQL[name], values, most)
        if len(found) >= most:
            break
    return found[:most]
