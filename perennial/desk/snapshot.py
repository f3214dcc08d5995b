"""The rows of orders that a person's action may change: as they are, what differs, and put back as they were."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from perennial.db import sql

SQL = sql.named("perennial.desk", "snapshot.sql")

Rows = dict[str, dict[str, Any] | None]
"""Rows by kind and id (``occurrence 17``), each with its values; None: there is no such row."""

PUT_BACK = (
    "adjustment",
    "order",
    "continuity",
    "child",
    "occurrence",
    "line",
    "hold",
    "payment",
    "gift",
    "payer",
    "share",
    "source",
)
"""The kinds that are put back, in this order: a new adjustment goes before an older one returns."""


def rows_of(orders: Sequence[int]) -> dict[int, Rows]:
    """By parent order, its rows as they are."""
    return _read("read", orders)


def used_of(orders: Sequence[int]) -> dict[int, Rows]:
    """By parent order, what a job may make of a change beyond its own rows: it is noted with the change, and compared
    before that is taken back.
    """
    return _read("used", orders)


def _read(name: str, orders: Sequence[int]) -> dict[int, Rows]:
    found: dict[int, Rows] = {order: {} for order in orders}
    for order, kind, pk, values in sql.tuples(SQL[name], {"orders": list(orders)}):
        found[order][f"{kind} {pk}"] = json.loads(values) if isinstance(values, str) else values
    return found


def changed_rows(before: Rows, after: Rows) -> tuple[Rows, Rows]:
    """What differs, as it was and as it is."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}


def put_back(was: Rows, *, on: date, by: str) -> None:
    """Put rows back as they were. What a change had made is ended: an adjustment undone, a hold released."""
    for kind in PUT_BACK:
        given, made = [], []
        for name, values in was.items():
            of, _, pk = name.partition(" ")
            if of != kind:
                continue
            if values is None:
                ended = {"adjustment": "undone_on", "hold": "released_on"}.get(kind)
                if kind == "occurrence":
                    made.append({"id": int(pk)})
                if ended is None:
                    continue  # a payment that was made with it: it is reckoned anew
                values = {ended: on.isoformat()}
            given.append({"id": int(pk), **values})
        if made:
            sql.execute(SQL["drop_occurrence"], {"rows": json.dumps(made)})
        if not given:
            continue
        # First what is ended, then what is open again: only one of a kind is open.
        for part in _ended_first(kind, given):
            sql.execute(SQL[f"put_back_{kind}"], {"rows": json.dumps(part), "by": by})
        if kind == "occurrence":
            sql.execute(SQL["put_back_lines"], {"rows": json.dumps(given)})


def _ended_first(kind: str, given: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    if kind not in ("adjustment", "hold"):
        return [given]
    ended = {"adjustment": "undone_on", "hold": "released_on"}[kind]
    parts = [[one for one in given if one[ended] is not None], [one for one in given if one[ended] is None]]
    return [part for part in parts if part]


def began(event: int) -> Rows:
    """The last event before an action began: it is noted with what the action changed."""
    return {"began": {"event": event}}


def began_of(was: Rows, event: int) -> int:
    """The last event before an action that ended with ``event``; where it was not noted, the action wrote that one alone."""
    return int((was.get("began") or {"event": event - 1})["event"])


def last_events(orders: Sequence[int]) -> dict[int, int]:
    """By order, the id of the last thing that happened to it (0: nothing did)."""
    return dict.fromkeys(orders, 0) | dict(sql.tuples(SQL["last_events"], {"orders": list(orders)}))


def last_event(order_id: int) -> int:
    """The id of the last thing that happened to an order."""
    return last_events([order_id])[order_id]


def events_since(order_id: int, event: int) -> list[Mapping[str, Any]]:
    """What happened to an order behind an event: what, by whom, when, and of which shipment and those behind it."""
    return [
        {"kind": kind, "by": by, "on": on, "line": line, "shipment": shipment, "following": following}
        for kind, by, on, line, shipment, following in sql.tuples(
            SQL["events_since"], {"order": order_id, "event": event}
        )
    ]


def withdraw_updated(orders: Sequence[int], changes: Iterable[tuple[Rows, Rows]]) -> None:
    """What updates have queued to tell customers goes, where it has not left; ``changes``: rows before and after them."""
    versions: dict[str, set[int]] = {"revision": set(), "tariff": set()}
    for was, left in changes:
        for name, after in left.items():
            if name.startswith("continuity ") and after and (before := was.get(name)):
                for of, numbers in versions.items():
                    if before[f"{of}_id"] != after[f"{of}_id"]:
                        numbers.add(after[f"{of}_id"])
    given = {"revisions": sorted(versions["revision"]), "tariffs": sorted(versions["tariff"])}
    sql.execute(SQL["withdraw_updated"], {"orders": list(orders), **given})


def withdraw_ended(order_id: int) -> None:
    """The message that nothing more comes of an order goes, where it has not left: cancelled for good it is told again."""
    sql.execute(SQL["withdraw_ended"], {"order": order_id})
