"""What happened to many orders, written at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from perennial.db import sql
from perennial.orders.models import OrderEvent


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of an order, and its place in the work list of the job that did it."""

    order_id: int
    kind: str
    data: Mapping[str, object]
    place: int | None = None


def write_history(happened: Iterable[Happened], *, on: date, by: str, reason: str | None = None) -> None:
    """Write events with COPY."""
    sql.copy(
        OrderEvent,
        ("order_id", "on_date", "kind", "by", "reason", "data", "place"),
        ((one.order_id, on, one.kind, by, reason, json.dumps(one.data), one.place) for one in happened),
    )
