"""Worlds for tests of the jobs: bundles with everything in them that a night meets, of any size, by a seed."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

START = date(2026, 3, 2)


def set_up() -> dict[str, Any]:
    """Programs of every kind: a finite one, one repeated until stopped, one billed up front in parts, one consolidated."""
    return {
        "currency": "USD",
        "company": {"name": "Aurora", "country": "US", "time_zone": "UTC"},
        "parameters": {"days_before_delivery": 5, "repeat_threshold": 2},
        "delivery_modes": [
            {"code": "STD", "charge": "4.95", "tax_group": "BOOKS", "working_days": [1, 2, 3, 4, 5], "holidays": "US"},
            {"code": "ANY", "charge": "0.99"},
        ],
        "tax_rates": [
            {"group": "BOOKS", "country": "US", "region": "NY", "percent": "8.875"},
            {"group": "BOOKS", "country": "US", "percent": "5"},
        ],
        "date_intervals": [{"code": "NM", "rule": "FREQ=MONTHLY;BYMONTHDAY=1"}],
        "payment_schedules": [
            {"name": "3X", "allocation": "fixed_quantity", "number_of_payments": 3, "every": 1, "unit": "month"}
        ],
        "products": [
            *({"number": f"B{n}", "price": f"{9 + n}.95", "tax_group": "BOOKS"} for n in range(1, 9)),
            {"number": "FINITE", "program": "FIN"},
            {"number": "ENDLESS", "program": "END"},
            {"number": "PREPAID", "program": "PRE"},
            {"number": "MISSED", "program": "MIS"},
            {"number": "SHORT", "program": "SHO"},
        ],
        "programs": [finite(), endless(), prepaid(), missed(), short()],
    }


def finite(**more: Any) -> dict[str, Any]:
    events = [
        {"key": "A", "item_number": "B1", "delivery_mode": "STD"},
        {"key": "B", "item_number": "B2", "delivery_mode": "STD", "days_from_last": 14},
        {"key": "B", "event_id": 2, "item_number": "B8", "quantity": 2},
        {"key": "C", "item_number": "B3", "delivery_mode": "ANY", "date_interval": "NM", "payment_schedule": "3X"},
        {"key": "D", "item_number": "B4", "delivery_mode": "STD", "days_from_last": 20, "action": "end"},
    ]
    return {"schedule_id": "FIN", "name": "Finite", "days_after_order_date": 3, "events": events, **more}


def endless(**more: Any) -> dict[str, Any]:
    events = [
        {"key": "W", "item_number": "B5", "delivery_mode": "ANY"},
        {
            "key": "X",
            "item_number": "B6",
            "delivery_mode": "STD",
            "days_from_last": 7,
            "times_to_repeat": "until_stopped",
        },
    ]
    return {"schedule_id": "END", "name": "Endless", "events": events, **more}


def prepaid() -> dict[str, Any]:
    events = [
        {"key": "P", "item_number": "B7", "delivery_mode": "STD"},
        {"key": "Q", "item_number": "B1", "delivery_mode": "STD", "days_from_last": 10, "times_to_repeat": 2},
    ]
    return {"schedule_id": "PRE", "name": "Prepaid", "bill_upfront": True, "payment_schedule": "3X", "events": events}


def missed() -> dict[str, Any]:
    events = [
        {"key": "M", "item_number": "B2", "delivery_mode": "STD", "start_order_date": "2026-01-10"},
        {"key": "N", "item_number": "B3", "delivery_mode": "STD", "days_from_last": 15, "times_to_repeat": 3},
        {"key": "O", "item_number": "B4", "delivery_mode": "ANY", "date_interval": "NM"},
    ]
    return {"schedule_id": "MIS", "name": "Missed", "consolidate": True, "events": events}


def short() -> dict[str, Any]:
    events = [{"key": "S", "item_number": "B1", "delivery_mode": "ANY", "action": "end"}]
    return {"schedule_id": "SHO", "name": "Short", "days_after_order_date": 10, "events": events}


def world(size: int, seed: int = 1, start: date = START) -> dict[str, Any]:
    """Set-up with so many customers, an order each; some cards decline or expire, some offers are not accepted.

    No answer of the gateway is lost here: what nobody knows at first is known when it is asked for later, so
    a night that is disturbed may know more.
    """
    dice = random.Random(seed)
    customers, orders = [], []
    for n in range(1, size + 1):
        token = dice.choice(["tok_visa"] * 9 + ["tok_declined", "tok_hard"])
        expired = dice.random() < 0.08
        customers.append(
            {
                "account": f"C-{n:05d}",
                "name": f"Customer {n}",
                "allow_on_account": n % 7 == 0,
                "addresses": [{"code": "home", "region": dice.choice(["NY", "NJ"]), "country": "US"}],
                "cards": [
                    {"token": f"{token}", "exp_month": 3 if expired else 12, "exp_year": 2026 if expired else 2030}
                ],
            }
        )
        item = dice.choice(["FINITE", "FINITE", "ENDLESS", "PREPAID", "MISSED", "SHORT"])
        method = "on_account" if n % 7 == 0 else "card"
        lines: list[dict[str, Any]] = [
            {"item_number": item, "quantity": dice.choice([1, 1, 2]), "continuity": {"payment_method": method}}
        ]
        if n % 11 == 0:
            lines.append({"item_number": "B1", "quantity": 1, "delivery_mode": "STD"})
        orders.append(
            {
                "reference": f"R-{n:05d}",
                "customer": f"C-{n:05d}",
                "order_date": (start + timedelta(dice.randrange(0, 4))).isoformat(),
                "submit": True,
                "acceptance_required": n % 13 == 0,
                "lines": lines,
            }
        )
    return {**set_up(), "customers": customers, "orders": orders}


def write(bundle: dict[str, Any], folder: Path, name: str = "world.json") -> Path:
    """The bundle as a file."""
    path = folder / name
    path.write_text(json.dumps(bundle))
    return path
