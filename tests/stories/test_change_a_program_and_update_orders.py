"""Change a program, then update the orders that are open: what has a child order and what a person changed stays."""

from __future__ import annotations

from tests.stories.conftest import Typed, shipments
from tests.worlds.aurora import CLUB, ORDER, PROGRAM

DEARER = {**PROGRAM["events"][2], "times_to_repeat": 0, "price": "25.00"}
SOONER = {**PROGRAM["events"][1], "days_from_last": 28}
CHANGED = {"programs": [{**PROGRAM, "events": [PROGRAM["events"][0], SOONER, DEARER]}]}


def test_open_orders_follow_when_they_are_told_to(perennial: Typed) -> None:
    perennial("import FILE", {**CLUB, "orders": [ORDER, {**ORDER, "reference": "PHONE-2"}]})
    perennial("job create-child-orders --on 2026-03-11")
    perennial("order move SO-000002 --shipment 2 --to 2026-04-20 --on 2026-03-12")
    before = shipments(perennial("show order SO-000001"))
    perennial("import FILE", CHANGED)
    assert shipments(perennial("show order SO-000001")) == before

    done = perennial("job update-orders --program BOM --on 2026-03-12")["counts"]
    assert (done["updated"], done["kept"], done["lines_cancelled"]) == (2, 1, 6)
    assert shipments(perennial("show order SO-000001"))[:3] == [
        (1, "0013", "2026-03-16", "ordered"),
        (2, "0014", "2026-04-13", "scheduled"),  # 28 days after 15 March, a Sunday
        (3, "0015", "2026-05-12", "scheduled"),
    ]
    assert shipments(perennial("show order SO-000002"))[1] == (2, "0014", "2026-04-20", "scheduled")
    prices = [line["price"] for line in perennial("show order SO-000001")["continuity"][0]["lines"]][:3]
    assert prices == ["19.95", "21.95", "25.00"]
    assert perennial("job update-orders --program BOM --on 2026-03-12")["counts"]["updated"] == 0


def test_by_the_night_only_what_was_released_with_apply(perennial: Typed) -> None:
    perennial("import FILE", {**CLUB, "orders": [ORDER]})
    perennial("import FILE", CHANGED)
    assert perennial("night --on 2026-03-10")["jobs"][2]["counts"]["updated"] == 0
    perennial("import FILE", {"programs": [{**PROGRAM, "release": False, "events": PROGRAM["events"][:2]}]})
    perennial("program release BOM --apply")
    assert perennial("night --on 2026-03-11")["jobs"][2]["counts"]["updated"] == 1


def test_one_order_gets_another_product_and_another_day(perennial: Typed) -> None:
    perennial("import FILE", {**CLUB, "orders": [ORDER]})
    perennial("order substitute SO-000001 --shipment 2 --item 0015 --price 20.00 --on 2026-03-10")
    perennial("order move SO-000001 --shipment 2 --to 2026-04-01 --following --on 2026-03-10")
    assert shipments(perennial("show order SO-000001"))[:3] == [
        (1, "0013", "2026-03-16", "scheduled"),
        (2, "0015", "2026-04-01", "scheduled"),
        (3, "0015", "2026-05-01", "scheduled"),
    ]
