"""Create a continuity program: the header, then a line an event, in the order in which they ship."""

from __future__ import annotations

from tests.stories.conftest import Typed
from tests.worlds.aurora import COMPANY, PARENT, PROGRAM


def test_header_and_events(perennial: Typed) -> None:
    perennial("import FILE", {**COMPANY, "programs": [PROGRAM]})
    shown = perennial("show program BOM")
    assert (shown["name"], shown["days_after_order_date"], shown["revision"]) == ("Book of the month", 5, 1)
    assert [(event["event_id"], event["item_number"], event["days_from_last"]) for event in shown["events"]] == [
        (1, "0013", 0),
        (2, "0014", 30),
        (3, "0015", 30),
    ]


def test_two_products_of_one_event_ship_together(perennial: Typed) -> None:
    bookmark = {"event_id": 2, "item_number": "0021", "price": "0.00"}
    program = {**PROGRAM, "events": [{**e, "event_id": n} for n, e in enumerate(PROGRAM["events"], 1)] + [bookmark]}
    products = [*COMPANY["products"], PARENT, {"number": "0021", "name": "Bookmark", "price": "2.00"}]
    perennial("import FILE", {**COMPANY, "products": products, "programs": [program]})
    planned = perennial("preview --program BOM --order-date 2026-03-10")["lines"]
    assert [(one["shipment"], one["item_number"], one["price"]) for one in planned[1:3]] == [
        (2, "0014", "21.95"),
        (2, "0021", "0.00"),
    ]


def test_a_program_is_copied_and_the_copy_is_not_offered_yet(perennial: Typed) -> None:
    perennial("import FILE", {**COMPANY, "programs": [PROGRAM]})
    assert perennial("program copy BOM BOM2")["active"] is False
    assert perennial("program activate BOM2")["active"] is True


def test_what_ships_nothing_is_no_program(perennial: Typed) -> None:
    said = perennial("import FILE", {**COMPANY, "programs": [{**PROGRAM, "events": []}]}, status=1)
    assert "programs[0]" in str(said)
