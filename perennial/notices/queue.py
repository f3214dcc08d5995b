"""What is to be told goes into the outbox, in the transaction of what it tells: once for each thing, if its kind is on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from perennial.db import sql
from perennial.notices.kinds import kind_of

SQL = sql.named("perennial.notices", "notices.sql")
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """One thing to tell a customer: what it is about, and the facts as they are now."""

    customer: int
    facts: Facts
    order: int | None = None
    payment: int | None = None
    card: int | None = None
    child: int | None = None
    continuity_order: int | None = None
    occurrence: int | None = None
    revision: int | None = None


def is_on(kind: str) -> bool:
    """Are customers told of this? Asked before anything is read for it."""
    return kind in which_are_on(kind)


def which_are_on(*kinds: str) -> frozenset[str]:
    """Those of these kinds that customers are told of: one question for all."""
    at_first = [kind_of(kind).at_first for kind in kinds]
    return frozenset(row[0] for row in sql.tuples(SQL["which_are_on"], {"kinds": list(kinds), "at_first": at_first}))


def queue(kind: str, things: Sequence[About], *, on: date) -> int:
    """Queue a message for each thing that was not told before, to those who have an address; how many are new. The caller has
    asked ``is_on``.
    """
    if not things:
        return 0
    return sql.execute(
        SQL["queue"],
        {
            "kind": kind,
            "on": on,
            "customers": [one.customer for one in things],
            "orders": [one.order for one in things],
            "payments": [one.payment for one in things],
            "cards": [one.card for one in things],
            "children": [one.child for one in things],
            "continuity_orders": [one.continuity_order for one in things],
            "occurrences": [one.occurrence for one in things],
            "revisions": [one.revision for one in things],
            "facts": [Jsonb(dict(one.facts)) for one in things],
        },
    )


def told_of_prices(revision: int) -> int:
    """How many messages of a price that a revision changed have left, or may have."""
    return int(sql.value(SQL["told_of_prices"], {"revision": revision}))


def correct(kind: str, facts: Facts, *, order: int, child: int | None) -> None:
    """Let a message that has not left yet tell these facts as they are now."""
    sql.execute(SQL["correct"], {"kind": kind, "facts": Jsonb(dict(facts)), "order": order, "child": child})
