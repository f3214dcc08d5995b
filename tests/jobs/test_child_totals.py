"""The totals and taxes that the SQL of create-child-orders makes are those of the kernel: random orders, each child."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from perennial.bundle.load.importer import import_bundle
from perennial.catalog.models import TaxRate
from perennial.continuity.models import ContinuityOrder
from perennial.jobs.create_child_orders import CreateChildOrders
from perennial.jobs.runner import run_job
from perennial.kernel.money import line_amount
from perennial.kernel.tax import Rate
from perennial.kernel.totals import Charge, totals
from perennial.orders.models import OrderLine, OrderTax, SalesOrder
from tests import harness
from tests.worlds.nights import write

pytestmark = [pytest.mark.django_db(transaction=True)]
ON = date(2026, 3, 2)
THROUGH = date(2026, 7, 1)
GROUPS = ("BOOKS", "TOYS", "FREIGHT", None)
PLACES = ({"country": "US", "region": "NY"}, {"country": "US", "region": "NJ"}, {"country": "IT"}, {})


def day(dice: random.Random) -> str:
    return (ON + timedelta(dice.randrange(-40, 90))).isoformat()


def amount(dice: random.Random) -> str:
    """Nothing, a cent, an ordinary price, or a very large one; with 50 % of tax many halves."""
    return dice.choice(["0.00", "0.01", *[f"{dice.randrange(1, 9000) / 100:.2f}"] * 6, f"{dice.randrange(10**9)}.01"])


def world(dice: random.Random, included: bool) -> dict[str, Any]:
    """Rates by country and region, from days on; products and charges with and without a tax group; missed shipments that ship as one."""
    rates = {
        (group, str(place), begins): {
            "group": group,
            **place,
            "percent": dice.choice(["0", "50", "50", "8.875", "22", f"{dice.randrange(1, 99999) / 1000:.3f}"]),
            **({"from": begins} if begins else {}),
        }
        for group in GROUPS
        for place in ({"country": "US"}, *PLACES)
        for begins in (None, day(dice))
        if group and place and dice.random() < 0.8
    }  # fmt: skip
    modes = [
        {"code": f"M{n}", "charge": amount(dice), **({"tax_group": group} if group else {})}
        for n, group in enumerate(GROUPS)
    ]
    products: list[dict[str, Any]] = [
        {"number": f"B{n}", "price": amount(dice), **({"tax_group": group} if group else {})}
        for n, group in enumerate(GROUPS * 3)
    ]
    programs = []
    for n in range(12):
        events = []
        for place in range(1, 5):
            for _ in range(dice.choice([1, 1, 2, 3])):
                quantity = dice.choice(["1", "2", "0.5", f"{dice.randrange(1, 3000) / 1000:.3f}"])
                event = {"key": f"E{place}", "event_id": place, "quantity": quantity}
                event["item_number"] = f"B{dice.randrange(12)}"
                events.append(event | {"delivery_mode": f"M{place % 4}", "days_from_last": 20})
        programs.append(
            {
                "schedule_id": f"P{n}",
                "events": events,
                "bill_upfront": n % 2 == 0,
                "consolidate": n % 3 == 0,
                "started_on": "2025-12-01",
            }
        )
        products.append({"number": f"CLUB{n}", "program": f"P{n}"})
    customers = [
        {
            "account": f"C-{n}",
            "addresses": [{"code": "home", **dice.choice(PLACES)}],
            "cards": [{"token": "tok_visa", "exp_month": 12, "exp_year": 2030}],
        }
        for n in range(40)
    ]
    orders = [
        {
            "reference": f"R-{n}",
            "customer": f"C-{n}",
            "order_date": (ON - timedelta(dice.randrange(60))).isoformat(),
            "submit": True,
            "lines": [
                {
                    "item_number": f"CLUB{dice.randrange(12)}",
                    "quantity": dice.choice(["1", "2", "3"]),
                    "continuity": {"payment_method": "card"},
                }
            ],
        }
        for n in range(40)
    ]
    return {
        "currency": "USD",
        "company": {"name": "Aurora", "country": "US", "time_zone": "UTC"},
        "parameters": {"prices_include_tax": included},
        "tax_rates": list(rates.values()),
        "delivery_modes": modes,
        "products": products,
        "programs": programs,
        "customers": customers,
        "orders": orders,
    }


@pytest.mark.parametrize("included", [False, True])
@pytest.mark.parametrize("seed", harness.seeds(2))
def test_the_sql_and_the_kernel_come_to_the_same(tmp_path: Path, seed: int, included: bool) -> None:
    with write(world(random.Random(seed), included), tmp_path).open("rb") as file:
        import_bundle(file=file, on=ON, by="clerk:anna")
    run_job(CreateChildOrders(), on=ON, arguments={"through": THROUGH.isoformat()})
    rates = [Rate(r.id, r.group, r.country, r.region, Decimal(r.percent), r.valid_from) for r in TaxRate.objects.all()]
    upfront = dict(ContinuityOrder.objects.values_list("parent_line_id", "upfront"))
    children = SalesOrder.objects.exclude(parent=None).select_related("ship_to", "delivery_mode", "parent")
    assert len(children) > 100
    taxed = 0
    for child in children:
        lines = list(OrderLine.objects.filter(order=child).select_related("product"))
        assert [line.amount_minor for line in lines] == [line_amount(line.quantity, line.price_minor) for line in lines]
        assert child.delivery_mode is not None
        assert child.ship_to is not None
        found = totals(
            [Charge(line.amount_minor, line.product.tax_group) for line in lines],
            [Charge(child.delivery_mode.charge_minor, child.delivery_mode.tax_group)],
            rates,
            child.ship_to.country,
            child.ship_to.region,
            child.parent.order_date if upfront[child.parent_line_id] else child.ship_on,
            included,
        )
        assert (child.delivery_minor, child.tax_minor, child.total_minor) == (found.delivery, found.tax, found.total)
        groups = OrderTax.objects.filter(order=child).order_by("group")
        assert [(one.group, one.base_minor, one.tax_minor, one.rate_id) for one in groups] == list(found.groups)
        taxed += found.tax > 0
    assert taxed > 50
