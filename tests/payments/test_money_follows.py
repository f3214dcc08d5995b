"""What is owed follows what was changed, also after a payment has failed: bundle, commands and jobs as they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from perennial.bundle.load.importer import import_bundle
from perennial.catalog.tariffs import apply_tariff
from perennial.continuity.models import Occurrence
from perennial.desk.contract import order_document
from perennial.jobs.create_child_orders import CreateChildOrders
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.runner import run_job
from perennial.jobs.update_orders import UpdateOrders
from perennial.orders.models import Hold, SalesOrder
from perennial.payments import gateways
from perennial.payments.gateways.sandbox import Sandbox
from tests.worlds import actions
from tests.worlds import nights as worlds

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
    once = {**worlds.prepaid(), "schedule_id": "ONC"}
    del once["payment_schedule"]
    bundle["programs"].append(once)
    bundle["products"].append({"number": "ONCE", "program": "ONC"})
    bundle["parameters"] |= {"reauthorization_limit": 1, "days_before_delivery": 5}
    bundle["customers"] = [
        {
            "account": "C-1",
            "allow_on_account": True,
            "addresses": [{"code": "home", "country": "US"}, {"code": "abroad", "country": "CA"}],
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


def lapse(number: str, on: date = ON) -> None:
    """What nobody knew is asked for again."""
    run_job(ProcessPayments(), on=on)
    assert "unknown" not in {status for _, status in payments(number)}


@pytest.mark.parametrize("token", ["tok_lost", "tok_timeout", "tok_lost_request"])
def test_what_was_changed_while_nobody_knew_the_answer_counts(tmp_path: Path, token: str) -> None:
    """Authorised for four shipments, but nobody knows; meanwhile two are skipped: two are paid for."""
    number = enter(tmp_path, "ONCE", token)
    run_job(CreateChildOrders(), on=ON)
    run_job(ProcessPayments(), on=ON)
    assert [status for _, status in payments(number)] == ["unknown"]
    for shipment in (3, 4):
        actions.skip(number=number, shipment=shipment, on=ON, by=BY)
    lapse(number)
    assert [status for _, status in payments(number)] == ["authorised"]
    assert float(payments(number)[0][0]) == pytest.approx(coming(number))


def test_what_is_sent_already_is_not_taxed_anew(tmp_path: Path) -> None:
    """The customer moves to where there is no tax: what has a child keeps what it was made with."""
    number = enter(tmp_path, "PREPAID", "tok_visa")
    run_job(CreateChildOrders(), on=ON)
    child = SalesOrder.objects.get(parent__number=number)
    before = coming(number)
    actions.address(number=number, to="abroad", on=ON, by=BY)
    rest = sum(
        round(float(line["price"]) * 100) + 495
        for line in order_document(number)["continuity"][0]["lines"]
        if line["status"] == "scheduled"
    )
    owed = round(sum(float(amount) for amount, _ in payments(number)), 2)
    assert owed == pytest.approx((child.total_minor + rest) / 100)
    assert owed < before


def test_what_is_owed_follows_another_delivery_charge_when_that_is_applied(tmp_path: Path) -> None:
    """5.00 more with 5 % tax on each of four shipments; as long as nobody has applied it, it reaches new orders alone."""
    number = enter(tmp_path, "PREPAID", "tok_visa")
    before = coming(number)
    bundle = worlds.set_up()
    bundle["delivery_modes"][0]["charge"] = "9.95"
    with worlds.write(bundle, tmp_path, "dearer.json").open("rb") as source:
        import_bundle(file=source, on=ON, by=BY)
    assert round(sum(float(amount) for amount, _ in payments(number)), 2) == pytest.approx(before)
    apply_tariff(on=ON, by=BY)
    run_job(UpdateOrders(), on=ON)
    assert round(sum(float(amount) for amount, _ in payments(number)), 2) == pytest.approx(before + 4 * 5.25)


@pytest.mark.parametrize("scheduled", [True, False])
def test_what_is_owed_follows_a_customer_who_moves_by_import(tmp_path: Path, scheduled: bool) -> None:
    """Children are taxed where they go, wherever that was written down."""
    number = enter(tmp_path, "PREPAID" if scheduled else "ONCE", "tok_visa")
    run_job(CreateChildOrders(), on=ON)
    before = coming(number)
    child = SalesOrder.objects.get(parent__number=number)
    moved = {
        "account": "C-1",
        "allow_on_account": True,
        "addresses": [{"code": "home", "country": "CA"}, {"code": "abroad", "country": "CA"}],
        "cards": [{"token": "tok_visa", "exp_month": 12, "exp_year": 2030}],
    }
    with worlds.write({"customers": [moved]}, tmp_path, "moved.json").open("rb") as source:
        assert import_bundle(file=source, on=ON, by=BY).tallies["customers"].changed == 1
    lines = order_document(number)["continuity"][0]["lines"]
    rest = sum(round(float(line["price"]) * 100) + 495 for line in lines if line["status"] == "scheduled")
    owed = round(sum(float(amount) for amount, _ in payments(number)), 2)
    assert owed == pytest.approx((child.total_minor + rest) / 100)
    assert owed < before


def test_a_tax_is_rounded_once_wherever_it_is_worked_out(tmp_path: Path) -> None:
    """A quotient just below one half, which a division to sixteen digits would take for one half."""
    bundle = {
        "currency": "USD",
        "company": {"name": "Aurora", "country": "US"},
        "parameters": {"prices_include_tax": True},
        "tax_rates": [{"group": "T", "country": "US", "percent": "910.135503"}],
        "products": [
            {"number": "B1", "price": "1113312.41", "tax_group": "T"},
            {"number": "CLUB", "program": "P"},
        ],
        "programs": [{"schedule_id": "P", "events": [{"item_number": "B1"}]}],
        "customers": [
            {
                "account": "C-1",
                "addresses": [{"code": "home", "country": "US"}],
                "cards": [{"token": "tok_visa", "exp_month": 12, "exp_year": 2030}],
            }
        ],
        "orders": [
            {
                "reference": "R-1",
                "customer": "C-1",
                "order_date": ON.isoformat(),
                "submit": True,
                "lines": [{"item_number": "CLUB"}, {"item_number": "B1"}],
            }
        ],
    }
    with worlds.write(bundle, tmp_path).open("rb") as source:
        import_bundle(file=source, on=ON, by=BY)
    run_job(CreateChildOrders(), on=ON)
    parent, child = SalesOrder.objects.order_by("id")
    assert child.parent == parent
    assert child.tax_minor == parent.tax_minor == 100309824


def test_the_bill_of_a_cancelled_child_ends_with_it(tmp_path: Path) -> None:
    number = enter(tmp_path, "FINITE", "tok_visa", payment_method="on_account", payment_schedule="3X")
    ships = date.fromisoformat(order_document(number)["continuity"][0]["lines"][0]["ship_on"])
    run_job(CreateChildOrders(), on=ships)
    run_job(ProcessPayments(), on=ships)
    assert payments(number)[0][1] == "billed"
    actions.cancel(number=f"{number}-1-001", again=True, on=ships, by=BY)
    assert {status for _, status in payments(number)} == {"cancelled"}
    run_job(CreateChildOrders(), on=ships)
    run_job(ProcessPayments(), on=ships)
    assert sum(status == "billed" for _, status in payments(number)) == 1


def test_a_delivery_mode_that_nobody_uses_keeps_nothing_from_shipping(tmp_path: Path) -> None:
    number = enter(tmp_path, "FINITE", "tok_visa")
    days = [(ON + timedelta(n)).isoformat() for n in range(-1, 400)]
    with worlds.write({"delivery_modes": [{"code": "OLD", "closed_on": days}]}, tmp_path, "old.json").open(
        "rb"
    ) as file:
        import_bundle(file=file, on=ON, by=BY)
    found = run_job(CreateChildOrders(), on=date(2026, 3, 20))
    assert found["counts"]["parked"] == 0
    assert found["counts"]["created"] == 2
    assert SalesOrder.objects.filter(parent__number=number).count() == 2


def test_an_authorisation_of_which_nothing_is_owed_is_voided(tmp_path: Path) -> None:
    """The first shipment is made and the last; then its child is cancelled too, though the order is not."""
    number = enter(tmp_path, "ONCE", "tok_visa")
    run_job(CreateChildOrders(), on=ON)
    run_job(ProcessPayments(), on=ON)
    actions.cancel(number=number, after=1, on=ON, by=BY)
    assert [status for _, status in payments(number)] == ["authorised"]
    actions.cancel(number=f"{number}-1-001", on=ON, by=BY)
    assert run_job(ProcessPayments(), on=ON)["counts"]["voided"] == 1
    assert [status for _, status in payments(number)] == ["voided"]
    assert run_job(ProcessPayments(), on=date(2026, 3, 9))["counts"]["authorised"] == 0


def test_what_costs_nothing_waits_for_no_card(tmp_path: Path) -> None:
    """A first box for free: no payment is to be authorised, so an expired card keeps nothing back."""
    bundle = worlds.set_up()
    bundle["products"] += [{"number": "GIFT", "price": "0.00"}, {"number": "FREE", "program": "FRE"}]
    bundle["programs"].append(
        {
            "schedule_id": "FRE",
            "events": [
                {"item_number": "GIFT"},
                {"item_number": "GIFT", "delivery_mode": "ANY"},
                {"item_number": "GIFT", "price": "0.01", "quantity": "0.4"},
                {"item_number": "GIFT", "price": "0.01", "quantity": "0.5"},
            ],
        }
    )
    bundle["customers"] = [
        {
            "account": "C-1",
            "addresses": [{"code": "home", "country": "US"}],
            "cards": [{"token": "tok_old", "exp_month": 1, "exp_year": 2026}],
        }
    ]
    bundle["orders"] = [
        {
            "reference": "R-1",
            "customer": "C-1",
            "order_date": ON.isoformat(),
            "submit": True,
            "lines": [{"item_number": "FREE"}],
        }
    ]
    with worlds.write(bundle, tmp_path).open("rb") as source:
        import_bundle(file=source, on=ON, by=BY)
    done = run_job(CreateChildOrders(), on=ON)
    assert (done["counts"]["created"], done["counts"]["expired_card"]) == (2, 2)
    assert sorted(SalesOrder.objects.exclude(parent=None).values_list("shipment", "total_minor")) == [(1, 0), (3, 0)]


@pytest.mark.parametrize("how", ["price", "substitute"])
def test_what_waits_for_a_card_waits_no_more_when_it_costs_nothing(tmp_path: Path, how: str) -> None:
    number = enter(tmp_path, "SHORT", "tok_visa")
    Occurrence.objects.update(blocked="card", delivery_mode=None)
    actions.price(number=number, shipment=1, price="1.00", on=ON, by=BY)
    assert waiting() == {"card"}
    if how == "price":
        actions.price(number=number, shipment=1, price="0.00", on=ON, by=BY)
    else:
        actions.substitute(number=number, shipment=1, item="B2", price="0.00", on=ON, by=BY)
    assert waiting() == {None}
    first = Occurrence.objects.earliest("ship_on").ship_on
    assert run_job(CreateChildOrders(), on=first)["counts"]["created"] == 1
