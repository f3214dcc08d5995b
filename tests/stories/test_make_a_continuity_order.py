"""Make a continuity order: the parent product and, beside it, an ordinary one; complete it, then submit."""

from __future__ import annotations

from tests.stories.conftest import Typed, payments, shipments
from tests.worlds.aurora import CLUB, ORDER

DRAFT = {
    **ORDER,
    "submit": False,
    "lines": [
        {"item_number": "0016", "continuity": {"start_date": "2026-03-20", "payment_method": "card"}},
        {"item_number": "0013", "quantity": 2, "delivery_mode": "STD"},
    ],
}
STARTED = {**CLUB, "programs": [{**CLUB["programs"][0], "prompt_for_start_date": True}]}


def test_a_draft_is_planned_and_nothing_of_it_is_due(perennial: Typed) -> None:
    perennial("import FILE", {**STARTED, "orders": [DRAFT]})
    order = perennial("show order SO-000001")
    assert (order["status"], order["delivery"], order["total"]) == ("draft", "4.95", "44.85")
    assert shipments(order)[:3] == [
        (1, "0013", "2026-03-25", "planned"),  # 20 March and the five days of the program
        (2, "0014", "2026-04-24", "planned"),
        (3, "0015", "2026-05-25", "planned"),  # the 24th is a Sunday
    ]
    assert perennial("night --on 2026-03-20")["jobs"][3]["counts"]["created"] == 0


def test_submitted_its_shipments_are_scheduled_and_the_ordinary_line_is_due(perennial: Typed) -> None:
    perennial("import FILE", {**STARTED, "orders": [DRAFT]})
    assert perennial("order submit SO-000001")["status"] == "open"
    order = perennial("show order SO-000001")
    assert {status for *_, status in shipments(order)} == {"scheduled"}
    assert payments(order) == [("SO-000001", "44.85", "2026-03-10", "due")]


def test_on_account_needs_the_customers_permission(perennial: Typed) -> None:
    order = {**ORDER, "lines": [{"item_number": "0016", "continuity": {"payment_method": "on_account"}}]}
    assert "orders[0]" in str(perennial("import FILE", {**CLUB, "orders": [order]}, status=1))
    allowed = [{**CLUB["customers"][0], "allow_on_account": True}]
    perennial("import FILE", {**CLUB, "customers": allowed, "orders": [order]})
    assert perennial("show order SO-000001")["continuity"][0]["payment_method"] == "on_account"
