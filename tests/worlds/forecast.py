"""A club whose demand can be reckoned by hand. Today is Wednesday 18 March 2026.

TEA has three events a week apart. 40 joined on Monday 2 March; all got the first. Then 10 stopped; 30 got the second, on the
9th. 3 of them skipped the third; 27 got it on the 16th. 8 join today.

PEN has two events a week apart, the second with a probability of 50 %. 4 join today: too few to learn from.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection

from perennial.catalog.actions import initialise
from perennial.desk import actions
from perennial.jobs.simulate import simulate
from perennial.orders.models import SalesOrder
from tests import harness
from tests.worlds.bundle import put

BEGAN, TODAY = date(2026, 3, 2), date(2026, 3, 18)
_made: harness.Kept | None = None


def _order(number: int, item: str, on: date) -> dict[str, Any]:
    return {
        "reference": f"{item}-{number:02}",
        "customer": f"C-{item}-{number:02}",
        "order_date": on.isoformat(),
        "submit": True,
        "lines": [{"item_number": item}],
    }


def _bundle(number: int, item: str, on: date, *, first: int = 1) -> dict[str, Any]:
    card = {"token": "tok_visa", "exp_month": 12, "exp_year": 2035}
    wave = range(first, first + number)
    return {
        "customers": [{"account": f"C-{item}-{n:02}", "name": f"Member {n}", "cards": [card]} for n in wave],
        "orders": [_order(n, item, on) for n in wave],
    }


def _set_up() -> dict[str, Any]:
    return {
        "currency": "USD",
        "company": {"name": "Aurora", "country": "US", "time_zone": "UTC"},
        "parameters": {"days_before_delivery": 5},
        "products": [
            *({"number": f"T{n}", "name": f"Tea {n}", "price": "10.00"} for n in (1, 2, 3)),
            *({"number": f"P{n}", "name": f"Pen {n}", "price": "5.00"} for n in (1, 2)),
            {"number": "TEA", "program": "TEA"},
            {"number": "PEN", "program": "PEN"},
        ],
        "programs": [
            {
                "schedule_id": "TEA",
                "events": [
                    {"key": f"E{n}", "item_number": f"T{n}", **({"days_from_last": 7} if n > 1 else {})}
                    for n in (1, 2, 3)
                ],
            },
            {
                "schedule_id": "PEN",
                "events": [
                    {"key": "A", "item_number": "P1", "quantity": 2},
                    {"key": "B", "item_number": "P2", "days_from_last": 7, "probability": 50},
                ],
            },
        ],
    }


def forecast() -> None:
    """The club on its day, before any figure is worked out that day. It is made once, and put back for each test."""
    global _made
    connection.ensure_connection()
    if _made is not None:
        _made.put_back(connection.connection)
        return
    initialise()
    put({**_set_up(), **_bundle(40, "TEA", BEGAN)}, on=BEGAN)
    numbers = list(SalesOrder.objects.order_by("id").values_list("number", flat=True))
    simulate(BEGAN, BEGAN)
    simulate(date(2026, 3, 3), date(2026, 3, 3))
    for number in numbers[:10]:
        actions.cancel(number=number, on=date(2026, 3, 3), by="clerk:anna", reason="enough")
    simulate(date(2026, 3, 9), date(2026, 3, 10))
    for number in numbers[10:13]:
        actions.skip(number=number, shipment=3, on=date(2026, 3, 10), by="clerk:anna", reason="away")
    simulate(date(2026, 3, 16), date(2026, 3, 17))
    put(_bundle(8, "TEA", TODAY, first=41), on=TODAY)
    put(_bundle(4, "PEN", TODAY), on=TODAY)
    _made = harness.Kept(connection.connection)
