"""Run the periodic jobs, one by one: the first shipment of an order from its plan to its invoice, then the end of the order."""

from __future__ import annotations

from typing import Any

from tests.stories.conftest import Typed, payments, shipments
from tests.worlds.aurora import CLUB, ORDER

LIMITED = {**CLUB, "parameters": {"repeat_threshold": 1, "days_before_delivery": 5}, "orders": [ORDER]}


def counts(document: dict[str, Any]) -> dict[str, int]:
    """The counts that say something."""
    return {word: number for word, number in document["counts"].items() if number}


def test_update_current_event(perennial: Typed) -> None:
    perennial("import FILE", {**CLUB, "programs": [{**CLUB["programs"][0], "started_on": "2026-01-01"}]})
    assert counts(perennial("job update-current-event --on 2026-03-10")) == {"programs": 1, "advanced": 1}
    shown = perennial("show program BOM --on 2026-03-10")
    assert (shown["current_event"], shown["current_repetition"]) == (3, 0)  # 6 January, 5 February, 7 March


def test_create_child_orders_then_process_payments_then_the_invoice(perennial: Typed) -> None:
    perennial("import FILE", LIMITED)
    assert counts(perennial("job create-child-orders --on 2026-03-11")) == {"created": 1}
    (child,) = perennial("show order SO-000001")["children"]
    assert (child["number"], child["ship_on"], child["total"]) == ("SO-000001-1-001", "2026-03-16", "24.90")
    assert counts(perennial("job process-payments --on 2026-03-12")) == {}  # authorised three days before
    assert perennial("job process-payments --on 2026-03-13")["amounts"]["USD"]["authorised"] == "24.90"
    perennial("order ship SO-000001-1-001 --on 2026-03-16")
    perennial("order invoice SO-000001-1-001 --on 2026-03-16")
    assert perennial("job process-payments --on 2026-03-16")["amounts"]["USD"]["captured"] == "24.90"
    assert payments(perennial("show order SO-000001")) == [("SO-000001-1-001", "24.90", "2026-03-16", "captured")]


def test_extend_lines(perennial: Typed) -> None:
    """The third book ships four times; of its repetitions one is planned, the rest as time goes on."""
    perennial("import FILE", LIMITED)
    assert shipments(perennial("show order SO-000001"))[2:] == [
        (3, "0015", "2026-05-14", "scheduled"),
        (4, "0015", "2026-06-15", "scheduled"),
    ]
    assert counts(perennial("job extend-lines --on 2026-03-10")) == {}
    assert counts(perennial("job extend-lines --on 2026-06-10")) == {"orders": 1, "lines": 1}
    assert shipments(perennial("show order SO-000001"))[4] == (5, "0015", "2026-07-13", "scheduled")
    assert counts(perennial("job extend-lines --on 2026-06-10")) == {}


def test_close_orders(perennial: Typed) -> None:
    short = [{**CLUB["programs"][0], "events": CLUB["programs"][0]["events"][:1]}]
    perennial("import FILE", {**CLUB, "programs": short, "orders": [ORDER]})
    perennial("job create-child-orders --on 2026-03-11")
    perennial("order ship SO-000001-1-001 --on 2026-03-16")
    assert counts(perennial("job close-orders --on 2026-03-16")) == {"still_open": 1}
    perennial("order invoice SO-000001-1-001 --on 2026-03-16")
    assert counts(perennial("job close-orders --on 2026-03-16")) == {"lines": 1, "orders": 1}
    assert perennial("show order SO-000001")["status"] == "invoiced"
