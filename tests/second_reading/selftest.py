"""What must hold of the model itself, whatever the program does: for who changes the model.

python -m tests.second_reading.selftest [PYTEST'S WORDS ...]
"""

from __future__ import annotations

import copy
import json
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from . import generate, money, runner
from .commands import answer
from .model import Model

SEEDS = range(1, 101)


def played(seed: int) -> generate.Scenario:
    return generate.Scenario(seed)


def every(model: Model):
    return [co for order in model.orders.values() for co in order.continuity]


@pytest.mark.parametrize("seed", SEEDS)
def test_walk_goes_forward_and_is_numbered_from_one(seed):
    for co in every(played(seed).model):
        days = [row.event_on for row in co.walk]
        assert days == sorted(days)
        assert len({row.at for row in co.walk}) == len(co.walk)
        numbers = [row.shipment for row in co.walk]
        assert numbers == sorted(numbers)
        if co.facts.last_shipment is None:
            assert sorted(set(numbers)) == list(range(1, len(set(numbers)) + 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_never_extended_is_what_extending_gives(seed):
    bundle = played(seed).steps[0]["import"]

    def planned(threshold):
        model = Model()
        given = copy.deepcopy(bundle)
        given["parameters"]["repeat_threshold"] = threshold
        model.load(given)
        return model

    short, long = planned(bundle["parameters"]["repeat_threshold"]), planned(40)
    for one, other in zip(every(short), every(long), strict=True):
        while not one.complete and len(one.walk) < len(other.walk):
            short.extend(one)
        length = min(len(one.walk), len(other.walk))
        for row, same in zip(one.walk[:length], other.walk[:length], strict=True):
            assert (row.at, row.event_on, row.ship_on, row.shipment) == (
                same.at,
                same.event_on,
                same.ship_on,
                same.shipment,
            )
        if one.complete or other.complete:
            assert (one.complete, len(one.walk)) == (other.complete, len(other.walk))


@pytest.mark.parametrize("seed", SEEDS)
def test_updating_again_writes_nothing(seed):
    model = played(seed).model
    on = date(2027, 1, 1)
    model.job("update-orders", on)
    shown = [model.show(number) for number in model.orders]
    for co in model.open_continuity():
        assert not any(model.update(co).values())
    assert [model.show(number) for number in model.orders] == shown


@pytest.mark.parametrize("seed", SEEDS)
def test_parts_make_the_total(seed):
    model = played(seed).model
    for order in model.orders.values():
        for child in order.children:
            parts = [payment.amount for payment in order.payments if payment.child is child]
            assert sum(parts) == (0 if child.co.facts.upfront else child.total)
            assert all(part > 0 for part in parts)
        ordinary = [payment.amount for payment in order.payments if payment.purpose == "ordinary"]
        assert sum(ordinary) == order.total


@pytest.mark.parametrize("seed", SEEDS)
def test_it_ends(seed):
    """Holds released and every night run, all that can end ends, and nothing ships twice."""
    model = played(seed).model
    on = max(date(2026, 6, 1), played(seed).on)
    for order in model.orders.values():
        for child in order.children:
            if child.status == "shipped":
                model.invoice(child.number, on, override=True, reason="it ends")
        if order.held():
            model.release(order.number, None, on, "send")
        if order.acceptance == "awaited":
            model.accept(order.number, on, "send")
        if order.status == "draft":
            model.submit(order.number)
    model.parameters["number_of_orders_to_create"] = None
    for customer in model.customers.values():
        model.store_card(
            customer["account"],
            {"token": "tok_ever", "exp_month": 12, "exp_year": 2090},
            customer["cards"][-1]["token"],
            on,
            "send",
        )
    for _ in range(40):
        model.simulate(on, on)
        on += timedelta(30)
    for co in every(model):
        ordered = [row.at for row in co.walk if row.child]
        assert len(ordered) == len(set(ordered))
        if co.complete and co.status == "open":
            held = co.order.held() or any(child.held() for child in co.order.children)
            assert held or (co.open() and co.open()[-1].ship_on >= on - timedelta(40))


def test_the_example_of_the_contract():
    model = Model()
    model.load(EXAMPLE)
    assert model.job("create-child-orders", date(2026, 3, 10))["counts"]["created"] == 0
    assert model.job("create-child-orders", date(2026, 3, 11))["counts"]["created"] == 1
    shown = model.show("SO-000001")
    assert [(line["event_on"], line["ship_on"]) for line in shown["continuity"][0]["lines"]] == [
        ("2026-03-15", "2026-03-16"),
        ("2026-04-14", "2026-04-14"),
        ("2026-05-14", "2026-05-14"),
    ]
    assert [child["number"] for child in shown["children"]] == ["SO-000001-1-001"]


def test_instalments():
    schedule = {"allocation": "fixed_quantity", "number_of_payments": 3, "unit": "month"}
    assert money.parts(100, schedule, date(2026, 1, 31), "USD") == [
        (date(2026, 1, 31), 33),
        (date(2026, 2, 28), 33),
        (date(2026, 3, 31), 34),
    ]
    assert money.parts(2, schedule, date(2026, 1, 31), "USD") == [
        (date(2026, 1, 31), 1),
        (date(2026, 2, 28), 1),
    ]
    by_amount = {"allocation": "fixed_amount", "amount": "50.00", "unit": "day", "every": 10}
    assert [amount for _, amount in money.parts(12000, by_amount, date(2026, 1, 1), "USD")] == [
        5000,
        5000,
        2000,
    ]


class Echo:
    """The model itself in the program's place."""

    def __init__(self, made=Model):
        self.made, self.model = made, made()

    def renew(self, _program) -> None:
        self.model = self.made()

    def __call__(self, argv: list[str]) -> tuple[int, str, str]:
        if argv[0] == "import":
            self.model.load(json.loads(Path(argv[1]).read_text()))
            return 0, "", ""
        status, out = answer(self.model, argv)
        lines = out if argv[:2] == ["show", "orders"] else [out]
        return status, "\n".join(json.dumps(line) for line in lines), ""


class Faulty(Model):
    def ship_on(self, co, at, event_on, mode):
        day = super().ship_on(co, at, event_on, mode)
        return day + timedelta(1) if (day.month, day.day) == (3, 31) else day


def test_the_runner_sees_a_fault_and_shrinks_it():
    echo, faulty = Echo(), Echo(Faulty)
    found = 0
    for seed in range(1, 40):
        steps = generate.scenario(seed)
        assert runner.run(steps, echo, renew=echo.renew) == []
        if runner.run(steps, faulty, renew=faulty.renew):
            found += 1
            fewer = runner.shrink(steps, faulty, renew=faulty.renew)
            assert len(fewer) <= len(steps)
            assert "2026-03-31" in " ".join(runner.run(fewer, faulty, deep=True, renew=faulty.renew))
    assert found


EXAMPLE = {
    "currency": "USD",
    "parameters": {"repeat_threshold": 3},
    "delivery_modes": [
        {
            "code": "STD",
            "name": "Standard",
            "charge": "4.95",
            "working_days": [1, 2, 3, 4, 5],
            "holidays": "US-NY",
            "closed_on": ["2026-12-24"],
        }
    ],
    "products": [
        {"number": "0013", "name": "First book", "price": "19.95"},
        {
            "number": "0014",
            "name": "Second book",
            "prices": [{"price": "19.95"}, {"price": "21.95", "from": "2026-06-01"}],
        },
        {"number": "0015", "name": "Third book", "price": "24.00"},
        {"number": "0016", "name": "Book of the month", "program": "BOM"},
    ],
    "programs": [
        {
            "schedule_id": "BOM",
            "name": "Book of the month",
            "days_after_order_date": 5,
            "events": [
                {"key": "E1", "item_number": "0013", "delivery_mode": "STD"},
                {"item_number": "0014", "days_from_last": 30, "delivery_mode": "STD"},
                {"item_number": "0015", "days_from_last": 30, "delivery_mode": "STD", "action": "end"},
            ],
        }
    ],
    "customers": [
        {
            "account": "C-1",
            "name": "Ada Bianchi",
            "cards": [{"token": "tok_visa", "exp_month": 12, "exp_year": 2030}],
        }
    ],
    "orders": [
        {
            "reference": "SHOP-1",
            "customer": "C-1",
            "order_date": "2026-03-10",
            "submit": True,
            "lines": [{"item_number": "0016", "continuity": {"payment_method": "card", "card": "tok_visa"}}],
        }
    ],
}


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", *sys.argv[1:]]))
