"""What was changed of orders is kept, row by row, so that it can be taken back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from perennial.db import sql
from perennial.desk.models import Change
from perennial.desk.snapshot import Rows, began, changed_rows, last_events, rows_of, used_of

UPDATE = "update"
"""What an update of a program is called that a person has applied: it is taken back as a whole, never as the last change of
one order."""


def keep_changes(
    were: Mapping[int, Rows], before: Mapping[int, int], *, action: str, by: str, on: date, run: int | None = None
) -> dict[int, tuple[Rows, Rows]]:
    """Keep what differs of orders from what they were; by order, its rows before and after, where something does.

    ``before``: the last thing that had happened to each. ``run``: the run in which many were changed.
    """
    if not were:
        return {}
    orders = list(were)
    now = rows_of(orders)
    differ = {order: changed_rows(were[order], now[order]) for order in orders}
    changed = [order for order in orders if any(differ[order])]
    used, events = used_of(changed), last_events(changed)
    sql.copy(
        Change,
        ("order_id", "action", "event", "by", "on_date", "before", "after", "run_id"),
        (
            (
                order, action, events[order], by, on,
                json.dumps({**differ[order][0], **began(before[order])}),
                json.dumps({**differ[order][1], **used[order]}),
                run,
            )
            for order in changed
        ),
    )  # fmt: skip
    return {order: (were[order], now[order]) for order in changed}
