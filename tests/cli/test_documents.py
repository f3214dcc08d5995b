"""The documents of orders, programs and customers are those of the contract, key by key."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from perennial.continuity.models import Adjustment, ContinuityOrder, Occurrence, Parked
from perennial.desk.contract import customer_json, order_document, order_documents, preview_json
from perennial.desk.program_document import program_json
from perennial.desk.queries import Fitting, order_ids, parked
from perennial.desk.read.customer import customer
from perennial.desk.read.preview import preview as previewed
from perennial.desk.read.program import program
from perennial.errors import Refused
from perennial.orders.models import Hold, SalesOrder, Shipment
from perennial.payments.models import Payment
from perennial.programs.models import ProgramEvent
from tests.worlds.book_club import ORDERED, child, club, order

pytestmark = pytest.mark.django_db


def adjust(entered: Any, key: str, kind: str, value: Any, line: int = 0) -> None:
    Adjustment.objects.create(
        continuity_order_id=entered.continuity_order_ids[0],
        event_key=key,
        repetition=0,
        line=line,
        kind=kind,
        value=value,
        by="clerk:anna",
        on_date=ORDERED,
        reason="asked for it",
    )


def preview(program: str, order_date: date, **options: Any) -> dict[str, Any]:
    return preview_json(previewed(program, order_date, **options))


def lines_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document["continuity"][0]["lines"]


def test_the_order_of_the_contract() -> None:
    club()
    document = order_document(order().number)
    assert list(document) == [
        "number", "reference", "status", "customer", "order_date", "currency", "held", "holds", "acceptance",
        "lines", "delivery", "tax", "total", "events", "continuity", "children", "payments", "notes", "ship_to",
    ]  # fmt: skip
    assert list(document["continuity"][0]) == [
        "line", "item_number", "program", "revision", "status", "complete", "start_date", "payment_method", "card",
        "payment_schedule", "adjustments", "lines", "name", "ship_to",
    ]  # fmt: skip
    first = lines_of(document)[0]
    assert list(first) == [
        "event_id", "key", "line", "repetition", "item_number", "quantity", "price", "event_on", "ship_on", "action",
        "status", "blocked", "customised", "shipment", "child_order", "changeable_until", "why", "name",
    ]  # fmt: skip
    assert [(o["event_on"], o["ship_on"], o["shipment"], o["action"]) for o in lines_of(document)] == [
        ("2026-03-15", "2026-03-16", 1, "none"),
        ("2026-04-14", "2026-04-14", 2, "none"),
        ("2026-05-14", "2026-05-14", 3, "end"),
    ]
    # its child is made by the run of 11 March
    assert first["changeable_until"] == "2026-03-10"
    assert first["why"]["not_shipped"] == "comes with the first night on or after 2026-03-11"
    assert list(first["why"]) == ["date", "product", "price", "not_shipped"]
    assert [(o["item_number"], o["quantity"], o["price"], o["status"]) for o in document["lines"]] == [
        ("0016", "1", None, "open"),
        ("0013", "2", "19.95", "open"),
    ]
    assert document["payments"] == [
        {
            "order": "SO-000001", "purpose": "ordinary", "number": 1, "method": "card", "amount": document["total"],
            "due_on": "2026-03-10", "status": "due", "attempts": 0, "captured": "0.00", "refunded": "0.00",
            "card": "tok_visa", "captured_on": None,
        }
    ]  # fmt: skip
    assert [event["kind"] for event in document["events"]] == ["entered", "submitted"]


def test_children_and_what_they_owe() -> None:
    club()
    entered = order()
    second, first = child(entered, 2, status="cancelled"), child(entered, 1, status="shipped")
    Shipment.objects.create(order=first, carrier="UPS", tracking="1Z", on_date=ORDERED)
    Hold.objects.create(order=first, code="payment", reason="declined", on_date=ORDERED)
    Payment.objects.create(
        order=first, customer=first.customer, purpose="shipment", number=1, method="card", currency="USD",
        amount_minor=2490, captured_minor=2490, due_on=ORDERED, status="captured", attempts=2,
    )  # fmt: skip
    document = order_document(entered.number)
    assert [c["number"] for c in document["children"]] == [first.number, second.number]
    assert document["children"][0] == {
        "number": "SO-000001-1-001", "line": 1, "shipment": 1, "status": "shipped", "held": True,
        "ship_on": "2026-03-16", "lines": [{"item_number": "0013", "quantity": "1", "price": "19.95", "name": "Book 1"}],
        "delivery": "4.95", "tax": "0.00", "total": "24.90", "carrier": "UPS", "tracking": "1Z", "external": None,
        "ship_to": None, "shipped_on": "2026-03-10", "invoiced_on": None,
    }  # fmt: skip
    assert not document["held"]
    assert lines_of(document)[0]["child_order"] == first.number
    assert lines_of(document)[0]["changeable_until"] is None
    assert lines_of(document)[0]["why"]["not_shipped"] is None
    assert [(p["order"], p["purpose"], p["captured"], p["attempts"]) for p in document["payments"]] == [
        ("SO-000001", "ordinary", "0.00", 0),
        ("SO-000001-1-001", "shipment", "24.90", 2),
    ]
    # the number of a child shows its parent
    assert order_document(first.number) == document


def test_what_a_person_changed() -> None:
    club()
    entered = order()
    adjust(entered, "E1", "move", "2026-04-21")
    adjust(entered, "E1", "substitute", {"item": "0019", "price_minor": None}, line=1)
    adjust(entered, "E2", "substitute", {"item": "0019", "price_minor": 500}, line=1)
    adjust(entered, "E2", "quantity", "2")
    adjust(entered, "E2", "price", 1995, line=2)
    home = SalesOrder.objects.get(pk=entered.id).customer.addresses.get()
    adjust(entered, "E3", "address", {"address_id": home.pk})
    adjust(entered, "E3", "skip", True)
    Occurrence.objects.filter(event_key="E3").update(status="skipped")
    document = order_document(entered.number)
    assert [o["customised"] for o in lines_of(document)] == [
        ["date", "product"],
        ["product", "quantity", "price"],
        ["skip", "address"],
    ]
    assert [a["value"] for a in document["continuity"][0]["adjustments"]] == [
        "2026-04-21",
        "0019",
        {"item_number": "0019", "price": "5.00"},
        "2",
        "19.95",
        "home",
        True,
    ]
    assert list(document["continuity"][0]["adjustments"][0]) == [
        "key", "repetition", "line", "kind", "value", "by", "on", "reason",
    ]  # fmt: skip
    assert lines_of(document)[2]["why"]["not_shipped"] == "skipped by clerk:anna on 2026-03-10 (asked for it)"
    # what is undone is not shown
    Adjustment.objects.update(undone_on=ORDERED)
    document = order_document(entered.number)
    assert document["continuity"][0]["adjustments"] == []
    assert all(o["customised"] == [] for o in lines_of(document))


def test_cancelled_lines_come_last_and_a_removed_event_has_no_place() -> None:
    club()
    entered = order()
    Occurrence.objects.filter(event_key="E1").update(status="cancelled", shipment=None)
    ProgramEvent.objects.filter(key="E1").update(event_id=None)
    lines = lines_of(order_document(entered.number))
    assert [(o["key"], o["event_id"], o["shipment"], o["status"]) for o in lines] == [
        ("E2", 2, 2, "scheduled"),
        ("E3", 3, 3, "scheduled"),
        ("E1", None, None, "cancelled"),
    ]
    assert [o["action"] for o in lines] == ["none", "end", "none"]


def test_why_it_waits() -> None:
    club()
    entered = order()
    Hold.objects.create(order_id=entered.id, code="fraud", reason="looks odd", stops="charging", on_date=ORDERED)
    Hold.objects.create(order_id=entered.id, code="call", reason="call back", on_date=ORDERED)
    Parked.objects.create(
        continuity_order_id=entered.continuity_order_ids[0], job="create-child-orders", run_id=7, shipment=2,
        reason="no price", on_date=ORDERED,
    )  # fmt: skip
    Occurrence.objects.filter(event_key="E1").update(blocked="hold")
    Occurrence.objects.filter(event_key="E2").update(blocked="parked")
    document = order_document(entered.number)
    assert document["held"] is True
    assert document["holds"][1] == {
        "code": "call", "reason": "call back", "stops": "both", "on": "2026-03-10", "by": "", "released_on": None,
        "until": None, "reason_code": None,
    }  # fmt: skip
    assert lines_of(document)[0]["why"]["not_shipped"] == "waits: the order is on hold (call back)"
    assert lines_of(document)[1]["why"]["not_shipped"] == "waits: parked (no price)"
    assert parked() == [{"run": 7, "order": "SO-000001", "shipment": 2, "reason": "no price"}]
    assert parked(8) == []


def test_a_batch_takes_as_many_queries_as_one_order() -> None:
    club()
    numbers = [order().number for _ in range(3)]
    ids = order_ids()
    with CaptureQueriesContext(
        connection,
    ) as one:
        list(order_documents(ids[:1]))
    with CaptureQueriesContext(connection) as three:
        found = list(order_documents(ids[::-1]))
    assert len(one) == len(three) <= 16
    assert [document["number"] for document in found] == numbers[::-1]


def test_which_orders() -> None:
    club()
    order()
    order(order_date=date(2026, 3, 20), submit=False)
    assert len(order_ids()) == 2
    assert order_ids(Fitting(since=date(2026, 3, 11))) == order_ids(Fitting(status="draft"))
    assert order_ids(Fitting(program="BOM", customer="C-1", status="open")) == order_ids()[:1]
    with pytest.raises(Refused, match="program: program_unknown program=XXX"):
        order_ids(Fitting(program="XXX"))
    with pytest.raises(Refused, match="customer: customer_unknown customer=C-9"):
        order_ids(Fitting(customer="C-9"))
    with pytest.raises(Refused, match="order_status_unknown"):
        order_ids(Fitting(status="opne"))


def test_what_would_come_ahead() -> None:
    revision = club(repeat_threshold=2)
    ProgramEvent.objects.filter(revision=revision, key="E3").update(times_to_repeat=5)
    entered = order()
    document = order_document(entered.number, ahead=2)
    assert [(o["key"], o["repetition"], o["status"], o["shipment"]) for o in lines_of(document)][-3:] == [
        ("E3", 2, "scheduled", 5),
        ("E3", 3, "projected", 6),
        ("E3", 4, "projected", 7),
    ]
    assert [o["event_on"] for o in lines_of(document)][-3:] == ["2026-07-13", "2026-08-12", "2026-09-11"]
    assert lines_of(document)[-1]["why"]["not_shipped"].startswith("not planned yet")
    # nothing was written, and it never goes beyond the end
    assert not document["continuity"][0]["complete"]
    assert Occurrence.objects.count() == 5
    assert len(lines_of(order_document(entered.number, ahead=50))) == 8
    assert ContinuityOrder.objects.get().complete is False


def test_it_looks_ahead_no_further_than_a_preview() -> None:
    club()
    number = order().number
    assert order_document(number, ahead=1000)
    with pytest.raises(Refused, match="ahead: too_far_ahead number=1001 most=1000") as refused:
        order_document(number, ahead=1001)
    assert refused.value.field == "ahead"


def test_preview_writes_nothing() -> None:
    revision = club(repeat_threshold=1)
    ProgramEvent.objects.filter(revision=revision, key="E3").update(times_to_repeat=2)
    found = preview("BOM", ORDERED)
    assert [(o["ship_on"], o["status"]) for o in found["lines"]] == [
        ("2026-03-16", "planned"),
        ("2026-04-14", "planned"),
        ("2026-05-14", "planned"),
        ("2026-06-15", "planned"),
    ]
    assert found["complete"] is False
    whole = preview("BOM", ORDERED, beyond_threshold=True)
    assert whole["complete"] is True
    assert whole["lines"][-1]["status"] == "projected"
    assert [o["action"] for o in whole["lines"]] == ["none", "none", "end", "end", "end"]
    # 19.95 + 4.95 delivery + 8.875 % of the book in the company's country
    assert found["payments"][0]["amount"] == "26.67"
    assert [p["due_on"] for p in found["payments"]] == [o["ship_on"] for o in found["lines"]]
    assert SalesOrder.objects.count() == 0
    with pytest.raises(Refused, match="0013"):
        preview("BOM", ORDERED, product="0013")


def test_preview_goes_on_for_a_thousand_shipments_at_most() -> None:
    revision = club()
    ProgramEvent.objects.filter(revision=revision, key="E3").update(times_to_repeat=None)
    found = preview("BOM", ORDERED, product="0016", beyond_threshold=True)
    assert len(found["lines"]) == 1000
    assert found["complete"] is False


def test_preview_of_all_shows_a_thousand_lines_of_what_has_an_end_too() -> None:
    revision = club()
    ProgramEvent.objects.filter(revision=revision, key="E2").update(times_to_repeat=999)
    assert (len(preview("BOM", ORDERED)["lines"]), preview("BOM", ORDERED)["complete"]) == (1002, True)
    found = preview("BOM", ORDERED, beyond_threshold=True)
    assert (len(found["lines"]), found["complete"]) == (1000, False)


def test_preview_of_what_is_billed_up_front() -> None:
    revision = club()
    type(revision).objects.update(bill_upfront=True)
    (payment,) = preview("BOM", ORDERED)["payments"]
    assert (payment["purpose"], payment["due_on"], payment["shipment"]) == ("order", "2026-03-16", None)
    assert payment["amount"] == "84.42"  # (26.67 + 26.67 + 31.08), each taxed by itself


def test_a_program_and_where_it_stands() -> None:
    club()
    document = program_json(program("BOM", on=date(2026, 2, 1)))
    assert (document["current_event"], document["current_repetition"], document["revision"]) == (2, 0, 1)
    assert document["draft"] is None
    assert list(document["events"][0]) == [
        "key", "event_id", "item_number", "quantity", "unit", "price", "delivery_mode", "date_interval",
        "days_from_last", "start_order_date", "action", "times_to_repeat", "probability", "payment_schedule",
    ]  # fmt: skip
    with pytest.raises(Refused, match="program_unknown"):
        program("XXX", on=ORDERED)


def test_a_customer_and_the_orders() -> None:
    club()
    entered = order()
    child(entered, 1)
    document = customer_json(customer("C-1"))
    assert document["orders"] == ["SO-000001"]
    assert document["cards"] == [
        {
            "token": "tok_visa", "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2030,
            "network_transaction_id": None,
        }
    ]  # fmt: skip
    assert [a["code"] for a in document["addresses"]] == ["home"]
