"""Demand by hand, and against what a simulation of the following months makes."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from perennial.catalog.actions import initialise
from perennial.continuity.models import ContinuityOrder
from perennial.db import sql
from perennial.desk import actions
from perennial.jobs.simulate import simulate
from perennial.pictures.demand import DemandPicture, demand
from perennial.pictures.figures import work_out
from perennial.pictures.weeks import week_of
from tests.worlds import nights
from tests.worlds.bundle import put

pytestmark = pytest.mark.django_db(transaction=True)
START = date(2026, 3, 2)


def made(since: date, until: date) -> dict[tuple[date, str], Decimal]:
    """What was really sent: pieces by week and product."""
    found: Counter[tuple[date, str]] = Counter()
    for ship_on, number, quantity in sql.tuples(
        "select k.ship_on, p.number, l.quantity from orders_salesorder k join orders_orderline l on l.order_id = k.id"
        " join catalog_product p on p.id = l.product_id"
        " where k.parent_id is not null and k.ship_on >= %s and k.ship_on < %s and k.status in ('shipped', 'invoiced')",
        [since, until],
    ):
        found[week_of(ship_on), number] += quantity
    return dict(found)


def in_all(found: DemandPicture) -> dict[tuple[date, str], Decimal]:
    return {(row.week, row.product or ""): row.in_all or Decimal(0) for row in found.products if row.in_all}


def world(size: int) -> dict[str, Any]:
    """Members who all can pay and accept, and stay."""
    found = nights.world(size, seed=7)
    for customer in found["customers"]:
        customer["cards"] = [{"token": "tok_visa", "exp_month": 12, "exp_year": 2035}]
    for order in found["orders"]:
        order["acceptance_required"] = False
    found["date_intervals"].append({"code": "OWN", "rule": "FREQ=MONTHLY", "anchor": "order"})
    return found


def wish() -> None:
    """Some members want what has no end every ten days, on the dates of an interval, or six times in all."""
    endless = (
        ContinuityOrder.objects.filter(program__schedule_id="END")
        .order_by("id")
        .values_list("order__number", flat=True)
    )
    wishes: tuple[dict[str, Any], ...] = (
        {"days": 10},
        {"interval": "NM"},
        {"interval": "OWN"},
        {"times": 6},
        {"days": 5, "times": 9},
    )
    for number, wanted in zip(endless, wishes, strict=False):
        actions.frequency(number=number, on=START + timedelta(6), by="clerk:anna", **wanted)
    assert len(endless) >= len(wishes)


@pytest.mark.patient
def test_without_chance_it_is_what_the_following_months_make() -> None:
    initialise()
    put(world(40), on=START)
    first = START + timedelta(6)
    simulate(START, first)
    wish()
    work_out(first + timedelta(1))
    weeks = 9
    since = first + timedelta(1)
    until = since + timedelta(7 * weeks)
    foretold = demand(since, weeks=weeks)
    assert foretold.this_week == since
    assert any(row.projected for row in foretold.products)
    assert any(row.planned for row in foretold.products)
    simulate(since, until + timedelta(2))
    assert in_all(foretold) == made(since, until)
    parcels = Counter(
        week_of(day)
        for (day,) in sql.tuples(
            "select ship_on from orders_salesorder where parent_id is not null and ship_on >= %s and ship_on < %s",
            [since, until],
        )
    )
    assert {row.week: row.in_all for row in foretold.parcels if row.in_all} == parcels
