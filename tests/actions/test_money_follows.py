"""What is owed follows what was changed, also after a payment has failed: bundle, commands and jobs as they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from perennial.bundle.importing import import_bundle
from perennial.continuity.models import Occurrence
from perennial.desk import actions
from perennial.desk.queries import order_document
from perennial.jobs.create_child_orders import CreateChildOrders
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.runner import run_job
from perennial.orders.models import Hold, SalesOrder
from perennial.payments import gateways
from perennial.payments.gateways.sandbox import Sandbox
from tests import worlds

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2026, 3, 2)
BY = "clerk:anna"


@pytest.fixture(autouse=True)
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with gateways.use(Sandbox(tmp_path, find_delay=0)) as found:
        yield found  # type: ignore[misc]


def enter(tmp_path: Path, item: str, *tokens: str, **continuity: Any) -> str:
    """One order of one customer, whose only try at a payment is the first; its number."""
    bundle = worlds.set_up()
    bundle["parameters"] |= {"reauthorization_limit": 1, "days_before_delivery": 5}
    bundle["customers"] = [
        {
            "account": "C-1",
            "addresses": [{"code": "home", "country": "US"}],
            "cards": [{"token": token, "exp_month": 12, "exp_year": 2030} for token in tokens],
        }
    ]
    line = {"item_number": item, "quantity": 1, "continuity": {"payment_method": "card", **continuity}}
    bundle["orders"] = [
        {"reference": "R-1", "customer": "C-1", "order_date": ON.isoformat(), "submit": True, "lines": [line]}
    ]
    with worlds.write(bundle, tmp_path).open("rb") as source:
        import_bundle(file=source, on=ON, by=BY)
    return str(SalesOrder.objects.get(reference="R-1").number)


def payments(number: str) -> list[tuple[str, str]]:
    """Amount and state of an order's payments."""
    return [(p["amount"], p["status"]) for p in order_document(number)["payments"]]


def waiting() -> set[str | None]:
    return set(Occurrence.objects.filter(status="scheduled").values_list("blocked", flat=True))


def test_a_part_that_failed_is_not_paid(tmp_path: Path) -> None:
    """Three shipments of four come: what failed and what is not asked for yet is the price of three."""
    number = enter(tmp_path, "PREPAID", "tok_declined")
    whole = [amount for amount, _ in payments(number)]
    run_job(ProcessPayments(), on=ON)
    assert [status for _, status in payments(number)] == ["failed", "due", "due"]
    assert waiting() == {"payment"}
    actions.skip(number=number, shipment=3, on=ON, by=BY)
    assert [status for _, status in payments(number)] == ["failed", "due", "due"]
    fewer = [amount for amount, _ in payments(number)]
    assert all(float(less) < float(more) for less, more in zip(fewer, whole, strict=True))
    assert round(sum(map(float, fewer)), 2) == pytest.approx(coming(number))


def coming(number: str) -> float:
    """What the shipments that come cost together: price, delivery and 5 % tax, each to the cent."""
    lines = [
        round(float(line["price"]) * 100)
        for line in order_document(number)["continuity"][0]["lines"]
        if line["status"] in ("scheduled", "ordered")
    ]
    return sum(price + 495 + round((price + 495) * 0.05) for price in lines) / 100


def test_what_failed_is_cancelled_with_its_order(tmp_path: Path) -> None:
    number = enter(tmp_path, "PREPAID", "tok_declined")
    run_job(ProcessPayments(), on=ON)
    actions.cancel(number=number, on=ON, by=BY)
    assert {status for _, status in payments(number)} == {"cancelled"}


def test_what_failed_is_cancelled_with_its_child_and_what_waited_may_come(tmp_path: Path) -> None:
    number = enter(tmp_path, "FINITE", "tok_hard")
    ships = date.fromisoformat(order_document(number)["continuity"][0]["lines"][0]["ship_on"])
    run_job(CreateChildOrders(), on=ships)
    run_job(ProcessPayments(), on=ships)
    assert waiting() == {"payment"}
    child = f"{number}-1-001"
    assert Hold.objects.get(released_on=None).code == "payment"
    actions.cancel(number=child, on=ON, by=BY)
    assert payments(number)[0][1] == "cancelled"
    assert not Hold.objects.filter(released_on=None).exists()
    assert waiting() == {None}


def test_a_failed_part_ends_when_nothing_more_of_it_is_owed(tmp_path: Path) -> None:
    """Shipment 1 is on its way and its first part paid; the second failed. The rest is cancelled: no hold stays."""
    number = enter(tmp_path, "PREPAID", "tok_visa", "tok_declined", card="tok_visa")
    run_job(CreateChildOrders(), on=ON)
    run_job(ProcessPayments(), on=ON)
    actions.card(number=number, token="tok_declined", on=ON, by=BY)
    run_job(ProcessPayments(), on=date(2026, 4, 2))
    assert [status for _, status in payments(number)] == ["captured", "failed", "due"]
    assert Hold.objects.filter(code="payment", released_on=None).count() == 1
    actions.cancel(number=number, after=1, on=date(2026, 4, 3), by=BY)
    captured, *rest = payments(number)
    left = round(coming(number) - float(captured[0]), 2)
    if left > 0:
        assert round(sum(float(amount) for amount, status in rest if status != "cancelled"), 2) == left
    else:
        assert {status for _, status in rest} == {"cancelled"}
        assert not Hold.objects.filter(released_on=None).exists()
