"""The first charge that an import tells is the first one of the nights that follow."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from perennial.jobs.create_child_orders import CreateChildOrders
from perennial.jobs.extend_lines import ExtendLines
from perennial.payments.models import Payment
from tests.worlds.bundle import put
from tests.worlds.desk import ON, run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("numbers_from_one")]

TERMS = 30


def members(seed: int) -> dict[str, Any]:
    """A program, and members of it who come from elsewhere: with their history alone, with what comes, or with none."""
    random = Random(seed)
    repeats = random.choice([3, 11, "until_stopped"])
    events = [
        {"key": "TRIAL", "item_number": "B1", "price": random.choice([None, "0.00"]), "delivery_mode": "FREE"},
        {
            "key": "BOX",
            "item_number": "B2",
            "days_from_last": random.choice([7, 30]),
            "times_to_repeat": repeats,
            "delivery_mode": random.choice(["FREE", "STD"]),
            "payment_schedule": random.choice([None, None, "LATER"]) if seed % 2 else None,
        },
    ]
    orders = []
    for number in range(random.randint(1, 3)):
        began = ON - timedelta(random.randint(0, 120))
        made = random.randint(0, 4)
        sent = [{"status": "ordered"} for _ in range(made)]
        continuity: dict[str, Any] = {"payment_schedule": random.choice([None, "LATER", "PARTS"])}
        if (
            seed % 2 == 0 and random.random() < 0.3
        ):  # by a schedule the date moves with the bill, which no night sends here
            continuity = {"payment_method": "on_account"}
        if made or random.random() < 0.5:
            continuity["lines"] = sent + random.choice([[], [], [{"status": "scheduled"}]])
        children = [{"line": 1, "shipment": n, "status": "invoiced"} for n in range(1, made + 1)]
        orders.append(
            {
                "reference": f"OLD-{number}",
                "customer": "C-1",
                "order_date": began.isoformat(),
                "submit": True,
                "lines": [{"item_number": "CLUB", "continuity": continuity}],
                "children": children,
            }
        )
    return {
        "currency": "USD",
        "company": {"name": "Aurora", "country": "US", "time_zone": "UTC"},
        "parameters": {"repeat_threshold": random.choice([None, 0, 2]), "on_account_terms_days": TERMS},
        "delivery_modes": [{"code": "FREE"}, {"code": "STD", "charge": "5.00", "working_days": [1, 2, 3, 5]}],
        "payment_schedules": [
            {"name": "LATER", "allocation": "total", "unit": "day", "after": 9},
            {"name": "PARTS", "allocation": "fixed_quantity", "number_of_payments": 3, "unit": "month"},
        ],
        "products": [
            {"number": "B1", "price": "10.00"},
            {"number": "B2", "price": "20.00"},
            {"number": "CLUB", "program": "CLUB"},
        ],
        "programs": [{"schedule_id": "CLUB", "days_after_order_date": 3, "events": events}],
        "customers": [
            {
                "account": "C-1",
                "allow_on_account": True,
                "cards": [{"token": "t", "exp_month": random.choice([3, 12]), "exp_year": random.choice([2026, 2030])}],
            }
        ],
        "orders": orders,
    }


def first_of_nights(until: date) -> date | None:
    """The first day on which money of all that the nights have made will be taken."""
    night = ON
    while night <= until:
        run(ExtendLines(), night)
        run(CreateChildOrders(), night)
        night += timedelta(5)
    taken = [
        p.due_on + timedelta(TERMS) if p.method == "on_account" and p.at_invoice else p.due_on
        for p in Payment.objects.all()
    ]
    return max(ON, min(taken)) if taken else None


@pytest.mark.parametrize("seed", range(24))
def test_the_first_charge_is_the_first_of_the_nights_that_follow(seed: int) -> None:
    said = put(members(seed), dry_run=True).first_charge_on
    made = put(members(seed))
    assert made.first_charge_on == said
    assert first_of_nights(said or ON + timedelta(60)) == said


def test_members_given_with_their_history_alone_are_charged_the_same_night_and_said_to_be() -> None:
    """Two of twelve were sent, the third is past its day: the night makes it, and what an import says is that night."""
    bundle = members(0)
    bundle["parameters"]["repeat_threshold"] = None
    bundle["programs"][0]["events"][1] |= {"days_from_last": 30, "times_to_repeat": 10, "payment_schedule": None}
    bundle["customers"][0]["cards"][0]["exp_year"] = 2030
    (order, *_) = bundle["orders"]
    order["order_date"] = "2025-12-01"
    order["lines"][0]["continuity"] = {"lines": [{"status": "ordered"}] * 2}
    order["children"] = [{"line": 1, "shipment": n, "status": "invoiced"} for n in (1, 2)]
    done = put(bundle | {"orders": [order]}, dry_run=True)
    assert done.first_charge_on == ON
    assert (done.notes.late, done.notes.first_late) == (1, (date(2026, 2, 2), "SO-000001"))
