"""One product more in the next box, one less: its child gets it, later plans keep it, one call takes it back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from perennial.jobs.check import check, check_once
from perennial.jobs.update_orders import UpdateOrders
from tests.worlds import actions
from tests.worlds.bundle import put, take_out
from tests.worlds.desk import (
    ANNA,
    adjustments,
    day,
    last_event,
    lines,
    make_children,
    order,
    payments,
    refused,
    run,
    set_up,
    shown,
)

pytestmark = pytest.mark.usefixtures("club")


@pytest.fixture(autouse=True)
def _in_order() -> Any:
    yield
    assert check()["faults"] == []
    assert check_once()["faults"] == []


def box(number: str, shipment: int) -> list[tuple[str, str, str]]:
    """Product, quantity, price of what a shipment brings."""
    found = lines(number, "shipment", "item_number", "quantity", "price")
    return [(item, many, price) for at, item, many, price in found if at == shipment]


def changed_program() -> None:
    """CLUB comes later and with another first product of its second event."""
    program = next(p for p in set_up()["programs"] if p["schedule_id"] == "CLUB")
    program["events"][1] |= {"item_number": "B5", "days_from_last": 12}
    put({"programs": [program]})


def test_one_product_more_with_its_price_and_the_child_brings_it() -> None:
    number = order("CLUB")
    done = actions.add_product(number=number, shipment=1, item="B4", reason="a present for her son", **ANNA)
    assert done == {"order": number, "shipment": 1, "item_number": "B4", "quantity": "1", "price": "40.00"}
    assert box(number, 1) == [("B1", "1", "10.00"), ("B4", "1", "40.00")]
    assert adjustments(number) == [("A", 1001, "add", {"item": "B4", "quantity": "1", "price_minor": 4000})]
    assert last_event(number)[0] == "product_added"
    why = lines(number, "why")[1]
    assert "added by clerk:anna" in why["product"]
    assert "a present for her son" in why["price"]
    make_children(day(0))
    child = shown(number)["children"][0]
    assert [(one["item_number"], one["price"]) for one in child["lines"]] == [("B1", "10.00"), ("B4", "40.00")]
    assert (child["delivery"], child["tax"], child["total"]) == ("5.00", "5.50", "60.50")


def test_at_another_price_and_more_of_it() -> None:
    number = order("CLUB")
    actions.add_product(number=number, shipment=1, item="B4", quantity=2, price="1.50", **ANNA)
    actions.add_product(number=number, shipment=1, item="B5", **ANNA)
    assert box(number, 1)[1:] == [("B4", "2", "1.50"), ("B5", "1", "50.00")]
    actions.quantity(number=number, quantity=3, **ANNA)
    assert box(number, 1) == [("B1", "3", "10.00"), ("B4", "2", "1.50"), ("B5", "1", "50.00")]


def test_one_product_less() -> None:
    number = order("CLUB")
    assert actions.remove_product(number=number, shipment=2, item="B6", reason="has it", **ANNA) == {
        "order": number, "shipment": 2, "item_number": "B6",
    }  # fmt: skip
    assert box(number, 2) == [("B2", "1", "20.00")]
    with refused("item", "last_product_of_shipment", "skip"):
        actions.remove_product(number=number, shipment=2, item="B2", **ANNA)
    make_children(day(10))
    assert [one["item_number"] for one in shown(number)["children"][1]["lines"]] == ["B2"]


def test_later_plans_keep_both() -> None:
    number = order("CLUB")
    actions.add_product(number=number, shipment=2, item="B4", **ANNA)
    actions.remove_product(number=number, shipment=2, item="B6", **ANNA)
    changed_program()
    assert run(UpdateOrders(), day(0))["updated"] == 1
    assert box(number, 2) == [("B5", "1", "50.00"), ("B4", "1", "40.00")]
    actions.move(number=number, shipment=2, to=day(20), following=True, **ANNA)
    assert box(number, 2) == [("B5", "1", "50.00"), ("B4", "1", "40.00")]


def test_a_box_of_which_the_program_leaves_nothing_is_skipped() -> None:
    number = order("CLUB")
    actions.remove_product(number=number, shipment=2, item="B6", **ANNA)
    program = next(p for p in set_up()["programs"] if p["schedule_id"] == "CLUB")
    program["events"] = [program["events"][0], {**program["events"][1]}, *program["events"][3:]]
    put({"programs": [program]})
    run(UpdateOrders(), day(0))
    assert box(number, 2) == [("B2", "1", "20.00")]


def test_taken_back_and_twice() -> None:
    number = order("CLUB")
    before = shown(number)["continuity"]
    actions.add_product(number=number, shipment=2, item="B4", **ANNA)
    with refused("item", "product_in_shipment_already"):
        actions.add_product(number=number, shipment=2, item="B4", **ANNA)
    actions.undo(number=number, **ANNA)
    assert shown(number)["continuity"] == before
    actions.add_product(number=number, shipment=2, item="B4", **ANNA)
    actions.remove_product(number=number, shipment=2, item="B4", **ANNA)
    assert shown(number)["continuity"] == before
    actions.remove_product(number=number, shipment=2, item="B6", **ANNA)
    actions.undo(number=number, **ANNA)
    assert shown(number)["continuity"] == before
    with refused("item", "continuity_product"):
        actions.add_product(number=number, shipment=2, item="S-CLUB", **ANNA)
    make_children(day(5))
    with refused("shipment", "shipment_has_open_child"):
        actions.add_product(number=number, shipment=1, item="B4", **ANNA)


def test_what_is_billed_up_front_costs_more_and_less() -> None:
    number = order("UP")
    actions.add_product(number=number, shipment=3, item="B4", price="5.00", **ANNA)
    assert payments(number) == [(number, "order", 1, "74.00", "due")] or payments(number)[0][3] > "63.00"
    actions.remove_product(number=number, shipment=3, item="B4", **ANNA)
    assert len(payments(number)) == 1


def test_it_moves_with_the_order() -> None:
    number = order("CLUB")
    actions.add_product(number=number, shipment=2, item="B4", **ANNA)
    actions.remove_product(number=number, shipment=2, item="B6", **ANNA)
    whole = shown(number)
    put({"orders": [{**whole, "number": "SO-000777", "reference": "MOVED", "payments": [], "events": []}]})
    assert box("SO-000777", 2) == box(number, 2) == [("B2", "1", "20.00"), ("B4", "1", "40.00")]
    assert adjustments("SO-000777") == adjustments(number)


def test_an_export_carries_it_what_was_undone_too() -> None:
    number = order("CLUB")
    actions.add_product(number=number, shipment=2, item="B4", **ANNA)
    actions.remove_product(number=number, shipment=2, item="B6", **ANNA)
    actions.add_product(number=number, shipment=3, item="B5", **ANNA)
    actions.undo(number=number, **ANNA)
    actions.frequency(number=number, days=14, times=3, **ANNA)
    bundle = json.loads(take_out())
    assert put(bundle).tallies["orders"].same == 1
    (one,) = bundle["orders"]
    (continuity,) = [line["continuity"] for line in one["lines"]]
    assert (continuity["every"], continuity["times"]) == ({"days": 14}, 3)
    assert [a["kind"] for a in continuity["undone_adjustments"]] == ["add"]
    put({"orders": [{**one, "number": "SO-000777", "reference": "MOVED", "payments": []}]})
    assert box("SO-000777", 2) == [("B2", "1", "20.00"), ("B4", "1", "40.00")]
