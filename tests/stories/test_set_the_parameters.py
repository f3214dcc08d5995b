"""Set the continuity parameters, of the whole call center: those that a bundle names; the others stay as they are."""

from __future__ import annotations

import json
from pathlib import Path

from tests.stories.conftest import Typed
from tests.worlds.aurora import CLUB, COMPANY, ORDER


def test_only_what_is_named_is_set(perennial: Typed, tmp_path: Path) -> None:
    perennial("import FILE", {**COMPANY, "parameters": {"repeat_threshold": 3, "number_of_orders_to_create": 500}})
    changed = perennial("import FILE", {"parameters": {"days_before_delivery": 8, "number_of_orders_to_create": None}})
    assert changed["changed"]["parameters"] == 1
    perennial(f"export {tmp_path}/out.json")
    found = json.loads((tmp_path / "out.json").read_text())["parameters"]
    assert (found["repeat_threshold"], found["days_before_delivery"], found["number_of_orders_to_create"]) == (
        3,
        8,
        None,
    )


def test_days_before_delivery_say_when_a_child_order_is_made(perennial: Typed) -> None:
    perennial("import FILE", {**CLUB, "orders": [ORDER], "parameters": {"days_before_delivery": 5}})
    assert perennial("job create-child-orders --on 2026-03-10")["counts"]["created"] == 0  # it ships on the 16th
    perennial("import FILE", {"parameters": {"days_before_delivery": 6}})
    assert perennial("job create-child-orders --on 2026-03-10")["counts"]["created"] == 1


def test_the_number_of_orders_to_create_is_a_cap_on_a_run(perennial: Typed) -> None:
    orders = [{**ORDER, "reference": f"PHONE-{n}"} for n in (1, 2, 3)]
    perennial("import FILE", {**CLUB, "orders": orders, "parameters": {"number_of_orders_to_create": 2}})
    for created, left in ((2, 1), (1, 0)):
        counts = perennial("job create-child-orders --on 2026-03-11")["counts"]
        assert (counts["created"], counts["left"]) == (created, left)
