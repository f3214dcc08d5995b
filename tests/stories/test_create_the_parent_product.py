"""Create the parent product: it carries the program's id, stands on the order, and never ships itself."""

from __future__ import annotations

from tests.stories.conftest import Typed, shipments
from tests.worlds.aurora import CLUB, COMPANY, ORDER, PARENT, PROGRAM


def test_the_parent_product_stands_for_the_program(perennial: Typed) -> None:
    perennial("import FILE", {**COMPANY, "programs": [PROGRAM]})
    perennial("import FILE", {"products": [PARENT], "customers": CLUB["customers"], "orders": [ORDER]})
    order = perennial("show order SO-000001")
    assert [(line["item_number"], line["price"]) for line in order["lines"]] == [("0016", None)]
    assert "0016" not in {product for _, product, _, _ in shipments(order)}


def test_a_product_may_sell_a_part_of_the_program(perennial: Typed) -> None:
    two = {**PARENT, "number": "0017", "event_duration": 2}
    perennial("import FILE", {**CLUB, "products": [*CLUB["products"], two]})
    planned = perennial("preview --program BOM --product 0017 --order-date 2026-03-10")["lines"]
    assert [one["ship_on"] for one in planned] == ["2026-03-16", "2026-04-14"]
