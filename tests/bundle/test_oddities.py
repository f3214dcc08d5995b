"""An import says what may be a slip, each thing once, and blocks nothing."""

from __future__ import annotations

from typing import Any

import pytest

from perennial.desk.read.preview import preview
from tests.worlds.bundle import put
from tests.worlds.desk import ON, set_up

pytestmark = pytest.mark.django_db


def notes(**given: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(one.code, dict(one.facts)) for one in put({**set_up(), **given}, on=ON).notes.all()]


def codes(**given: Any) -> set[str]:
    return {code for code, _ in notes(**given)}


def customer(account: str, **given: Any) -> dict[str, Any]:
    home = {"code": "home", "street": "Main Street 1", "city": "Albany", "region": "NY", "country": "US"}
    return {"account": account, "name": "Ada", "addresses": [home], **given}


def test_an_ordinary_customer_is_not_noted():
    assert codes(customers=[customer("C-1")]) == set()


def test_what_is_odd_of_customers():
    odd = [
        customer("C-1", name=""),
        customer(
            "C-2", addresses=[{"code": "home", "country": "FR"}, {"code": "work", "street": "Rue 1", "country": "FR"}]
        ),
        customer("C-3", cards=[{"token": "t1", "last4": "1111", "exp_month": 2, "exp_year": 2026}]),
        customer("C-4", cards=[{"token": "t2", "brand": "visa", "exp_month": 3, "exp_year": 2026}]),
        customer("c-4"),
    ]
    found = notes(customers=odd)
    assert [code for code, _ in found] == [
        "account_alike",
        "account_alike",
        "customer_nameless",
        "address_without_street",
        "country_without_rate",
        "card_expired",
        "card_expires_soon",
    ]
    assert dict(found)["country_without_rate"] == {"country": "FR"}
    assert dict(found)["card_expires_soon"]["card"] == "visa"


def test_no_region_or_one_without_a_rate_where_the_country_is_taxed_by_region():
    rates = set_up()["tax_rates"]
    by_region = [*rates, {**rates[0], "country": "CA", "region": "ON"}]

    def lives(account: str, **place: str) -> dict[str, Any]:
        return customer(account, addresses=[{"code": "home", "street": "Elm St 1", "country": "CA", **place}])

    given = [
        lives("C-5"),
        lives("C-6"),
        lives("C-7", region="QC"),
        lives("C-8", region="QC"),
        lives("C-9", region="ON"),
    ]
    told = [one for one in notes(customers=given, tax_rates=by_region) if one[0] != "region_misspelled"]
    where = {"address": "home", "country": "CA"}
    assert told == [
        ("address_without_region", {"customer": "C-5", **where}),
        ("address_without_region", {"customer": "C-6", **where}),
        ("region_without_rate", {"country": "CA", "region": "QC"}),
    ]


def test_an_account_that_is_stored_in_other_letters():
    put(set_up(), on=ON)
    (told,) = put({"customers": [customer("c-1")]}, on=ON).notes.all()
    assert (told.code, dict(told.facts)) == ("account_alike", {"customer": "c-1", "other": "C-1"})


def test_many_are_counted():
    found = notes(customers=[customer(f"C-{n}", name="") for n in range(1, 15)])
    assert [code for code, _ in found].count("customer_nameless") == 10
    assert ("more_nameless", {"count": 4}) in found


def test_what_is_odd_of_programs_and_rates():
    world = set_up()
    events = [
        {"item_number": "B1", "delivery_mode": "ANY"},
        {"item_number": "B2", "delivery_mode": "ANY", "action": "end"},
        {"item_number": "B3", "delivery_mode": "ANY"},
    ]
    programs = [*world["programs"], {"schedule_id": "ODD", "events": events}]
    rates = [*world["tax_rates"], {"group": "FUR", "country": "US", "percent": "88.75"}]
    found = notes(programs=programs, tax_rates=rates, customers=[customer("C-1")])
    assert found == [
        ("rate_above_half", {"group": "FUR", "country": "US", "percent": found[0][1]["percent"]}),
        ("events_on_one_day", {"program": "ODD", "events": (2,)}),
        ("events_behind_end", {"program": "ODD", "events": (3,)}),
    ]
    told = [one.code for one in preview("ODD", ON).notes]
    assert told == ["events_on_one_day", "events_behind_end"]


def test_a_hold_code_for_a_role_that_sees_no_orders_is_noted():
    codes = [{"code": "FRAUD", "released_by": ["planner", "finance"]}, {"code": "DOOR", "released_by": ["finance"]}]
    found = [facts for code, facts in notes(hold_codes=codes) if code == "hold_code_by_command"]
    assert found == [{"code": "FRAUD", "roles": ["planner"]}]
