"""A run's document reads the same whether it was kept by the database or made just now."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from perennial.jobs import JOBS
from perennial.jobs.runner import run_job
from perennial.orders.models import SalesOrder
from tests.worlds import actions
from tests.worlds.bundle import example, put


@pytest.mark.django_db(transaction=True)
def test_a_dry_run_is_written_like_the_run() -> None:
    bundle = example()
    order = bundle["orders"][0]
    bundle["orders"] = [order | {"reference": f"R-{n}"} for n in range(3)]
    put(bundle)
    for number in SalesOrder.objects.order_by("number").values_list("number", flat=True):
        actions.hold(number=number, on=date(2026, 3, 10), by="test", reason="waits")

    def ran(dry: bool) -> dict[str, Any]:
        done = run_job(JOBS["create-child-orders"](), on=date(2026, 3, 11), dry=dry)
        return {name: value for name, value in done.items() if name not in ("run", "dry_run")}

    rehearsed = ran(dry=True)
    assert list(rehearsed["reasons"][0]) == ["order", "shipment", "blocked", "reason"]
    assert len(rehearsed["reasons"]) == 3
    assert json.dumps(ran(dry=False)) == json.dumps(rehearsed)
