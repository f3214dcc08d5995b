"""A bundle carries the tariffs that its orders keep: what is exported goes on by the charges that it was promised."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command

from perennial.catalog.actions import initialise
from perennial.catalog.models import Tariff
from perennial.catalog.tariffs import apply_tariff
from perennial.continuity.models import ContinuityOrder
from perennial.customers.models import Customer
from perennial.db import sql
from perennial.jobs.update_orders import UpdateOrders
from perennial.notices.models import Notice, NoticeKind
from tests.worlds.bundle import faults, put, take_out
from tests.worlds.desk import ANNA, ON, day, make_children, order, run, set_up, shown

DEARER = {"tax_rates": [{"group": "BOOKS", "country": "US", "percent": "12.5"}]}
POST = {"delivery_modes": [{**set_up()["delivery_modes"][0], "charge": "6.25"}]}
OLD = ["16.50", "159.50", "38.50", "45.00"]


def empty() -> None:
    """An empty installation, as it was made."""
    call_command("flush", verbosity=0, interactive=False)
    sql.execute("alter sequence parent_order_number restart")
    initialise()


def totals(number: str) -> list[str]:
    make_children(day(40))
    return [child["total"] for child in shown(number)["children"]]


def part(name: str) -> Any:
    return json.loads(take_out()).get(name)


@pytest.mark.django_db(transaction=True)
def test_orders_go_on_by_the_tariffs_that_they_stand_on() -> None:
    """One under the first tariff, one under the second, one under the third; the second is applied, and the night is still to
    come."""
    empty()
    put(set_up())
    first, parts = order("CLUB"), order("PART")
    make_children(ON)
    put(DEARER)
    second = order("CLUB")
    apply_tariff(**ANNA)
    put(POST)
    third = order("CLUB")
    before, printed = take_out(), [shown(number) for number in (first, parts, second, third)]
    assert put(before).tariff is None
    assert take_out() == before
    empty()
    put(before)
    assert take_out() == before
    assert [shown(number) for number in (first, parts, second, third)] == printed
    assert run(UpdateOrders(), ON)["charges_changed"] == 2, "what was applied is still to be done"
    assert dict(ContinuityOrder.objects.values_list("order__number", "tariff_id")) == {
        first: 2,
        parts: 2,
        second: 2,
        third: 3,
    }
    assert totals(first) == ["16.50", "163.13", "39.38", "46.00"]
    assert totals(third) == ["18.28", "164.53", "40.78", "46.00"]


@pytest.mark.django_db(transaction=True)
def test_a_bundle_without_tariffs_is_that_of_what_it_sets_up() -> None:
    empty()
    put(set_up())
    number = order("CLUB")
    before = json.loads(take_out())
    assert "tariffs" not in before
    empty()
    put(before)
    assert Tariff.objects.get().number == 1
    assert totals(number) == OLD


@pytest.mark.django_db(transaction=True)
def test_who_was_told_of_other_charges_is_not_told_again() -> None:
    empty()
    put(set_up() | {"company": {**set_up()["company"], "notices_on": True}})
    Customer.objects.update(email="ada@example.com")
    NoticeKind.objects.create(kind="charges_changed", is_on=True, changed_on=ON)
    order("CLUB")
    put(DEARER)
    apply_tariff(**ANNA)
    run(UpdateOrders(), ON)
    before = take_out()
    (told,) = part("notices")
    assert (told["kind"], told["revision"]) == ("charges_changed", 2)
    empty()
    put(before)
    assert take_out() == before
    assert Notice.objects.get().revision_id == 2


@pytest.mark.django_db
def test_a_tariff_is_what_it_says() -> None:
    put(set_up())
    order("CLUB")
    put(DEARER)
    (kept, now) = part("tariffs")
    assert now == {"number": 2}
    assert kept == {
        "number": 1,
        "prices_include_tax": False,
        "tax_rates": [
            {"group": "BOOKS", "country": "US", "region": None, "percent": "10", "from": None},
            {"group": "BOOKS", "country": "US", "region": "OR", "percent": "0", "from": None},
        ],
        "delivery_charges": [
            {"delivery_mode": "ANY", "charge": "1.00", "tax_group": None},
            {"delivery_mode": "STD", "charge": "5.00", "tax_group": "BOOKS"},
        ],
    }
    other = {**kept, "prices_include_tax": True}
    unknown = {"number": 7, "tax_rates": [{"group": "X", "country": "US", "percent": "1"}]}
    assert faults({"tariffs": [other]}) == {"tariffs[0]": "tariff 1 is another one here"}
    assert faults({"tariffs": [unknown]}) == {
        "tariffs[0].tax_rates[0]": "no tax rate of group 'X' is set up for this place and day"
    }
    assert set(faults({"tariffs": [{"number": 3}, {"number": 4}]})) == {"tariffs[1].number"}
    assert set(faults({"tariffs": [kept, kept, {"number": 0}, "x"]})) == {
        "tariffs[1].number",
        "tariffs[2].number",
        "tariffs[3]",
    }


@pytest.mark.django_db
def test_an_order_names_a_tariff_that_there_is() -> None:
    put(set_up())
    number = order("CLUB")
    put(DEARER)
    found = next(one for one in part("orders") if one["number"] == number)
    assert found["lines"][0]["continuity"]["tariff"] == 1
    found |= {"number": "SO-000077"}
    found["lines"][0]["continuity"]["tariff"] = 9
    assert faults({"orders": [found]}) == {"orders[0].lines[0].continuity.tariff": "there is no tariff 9"}
