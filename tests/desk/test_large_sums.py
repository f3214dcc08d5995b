"""Sums beyond what a row can hold are refused where they are entered."""

from __future__ import annotations

from decimal import Decimal

import pytest

from perennial.bundle.reading.faults import BundleRefused
from perennial.desk.entry import enter
from perennial.desk.entry.values import OrderEntry
from perennial.errors import Refused
from perennial.kernel.money import sum_of
from tests.worlds import actions
from tests.worlds.bundle import put
from tests.worlds.desk import ANNA, ON, book, line, order, refused

pytestmark = pytest.mark.usefixtures("club")

MOST = "9999999999999.99"


def dear() -> None:
    """The first two books cost as much as an amount may."""
    put({"products": [{"number": f"B{n}", "price": MOST, "tax_group": "BOOKS"} for n in (1, 2)]}, on=ON)


def faults(*lines: object) -> list[tuple[str, str]]:
    entry = OrderEntry(customer="C-1", lines=tuple(lines), number="SO-000009", order_date=ON, submit=True)  # type: ignore[arg-type]
    (found,) = enter([entry], on=ON, by="clerk:anna")
    assert isinstance(found, list), found
    return [(fault.field, fault.code) for fault in found]


def test_an_ordinary_line():
    dear()
    assert faults(book("B1", 2)) == [("lines[0].quantity", "quantity_too_dear")]


@pytest.mark.parametrize("program", ["CLUB", "UP"])
def test_a_continuity_line(program: str):
    dear()
    assert [code for _, code in faults(line(program, 1000))] == ["quantity_too_dear"]


def test_all_lines_of_an_order_together():
    dear()
    assert [code for _, code in faults(*[book("B1")] * 1001)] == ["sum_too_large"]


def test_a_quantity_and_a_price_of_a_planned_shipment():
    number = order("CLUB")
    actions.price(number=number, shipment=1, price=MOST, **ANNA)
    with refused("quantity", "quantity_too_dear"):
        actions.quantity(number=number, shipment=1, quantity=Decimal(2), **ANNA)
    with refused("quantity", "quantity_too_dear"):
        actions.quantity(number=number, quantity=Decimal(2), **ANNA)
    actions.quantity(number=number, shipment=3, quantity=Decimal(1000), **ANNA)
    with refused("quantity", "quantity_too_dear"):
        actions.price(number=number, shipment=3, price=MOST, **ANNA)
    with refused("quantity", "quantity_multiplied"):
        actions.quantity(number=number, quantity=Decimal(999_999_999), **ANNA)


def test_the_payments_of_an_import():
    dear()
    bundle = {
        "orders": [{"reference": "R", "customer": "C-1", "lines": [{"item_number": "B1", "quantity": 500000000}]}]
    }
    with pytest.raises(BundleRefused) as caught:
        put(bundle, on=ON)
    assert [fault.code for fault in caught.value.faults] == ["quantity_too_dear"]


def test_a_sum_within_the_column():
    assert sum_of([10**18]) == 10**18
    with pytest.raises(Refused):
        sum_of([10**18, 1])
