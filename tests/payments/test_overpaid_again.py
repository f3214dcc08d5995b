"""What was given back because it did not come is owed again once it comes after all; what was given as a courtesy is not."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from perennial.continuity.models import ContinuityOrder, Occurrence
from perennial.errors import Refused
from perennial.jobs.check import check, check_once
from perennial.kernel.states import NOT_COUNTED
from perennial.orders.models import SalesOrder
from perennial.payments.models import Payment
from perennial.payments.surplus import surplus
from tests.desk.test_refunds import captured
from tests.harness import seeds
from tests.worlds import actions
from tests.worlds.desk import ANNA, day, order
from tests.worlds.leading import lead

pytestmark = pytest.mark.usefixtures("club")

WHY: dict[str, Any] = {**ANNA, "reason": "she asked"}


def take() -> None:
    """The card pays all that is asked for."""
    for one in Payment.objects.filter(status="due").exclude(purpose="refund").order_by("number"):
        captured(one)


def paid(program: str = "UP") -> str:
    """An order of 69.00 (12.00, 23.00, 34.00), that its card has paid; all three shipments are to come."""
    number = order(program)
    take()
    return number


def to_come() -> list[tuple[int, int, date]]:
    """The payments that are still asked for: number, amount, day."""
    found = Payment.objects.filter(status="due").exclude(purpose="refund").order_by("number")
    return list(found.values_list("number", "amount_minor", "due_on"))


def ships_on(shipment: int) -> date:
    return Occurrence.objects.get(shipment=shipment).ship_on


def test_a_shipment_that_was_given_back_and_comes_after_all_is_owed_on_its_day() -> None:
    number = paid()
    actions.skip(number=number, shipment=3, **ANNA)
    actions.refund(number=number, amount="20.00", **WHY)
    actions.refund(number=number, amount="14.00", **WHY)
    assert to_come() == []
    actions.unskip(number=number, shipment=3, **ANNA)
    assert to_come() == [(2, 3400, ships_on(3))]
    actions.skip(number=number, shipment=3, **ANNA)
    assert to_come() == []
    actions.unskip(number=number, shipment=3, **ANNA)
    take()
    assert surplus([SalesOrder.objects.get(number=number).pk]) == {}
    actions.skip(number=number, shipment=2, **ANNA)
    assert actions.refund(number=number, amount="23.00", **WHY)["amount"] == "23.00"
    assert surplus([SalesOrder.objects.get(number=number).pk]) == {}


def test_a_courtesy_is_never_asked_back() -> None:
    number = paid()
    actions.refund(number=number, amount="5.00", **WHY)
    actions.skip(number=number, shipment=3, **ANNA)
    actions.unskip(number=number, shipment=3, **ANNA)
    assert to_come() == []
    actions.price(number=number, shipment=3, price="40.00", **ANNA)
    ((_, more, on),) = to_come()
    assert (more, on) == (ContinuityOrder.objects.get().owed_minor - 6900, ships_on(3))


def test_a_refund_that_goes_again_leaves_nothing_to_ask() -> None:
    number = paid()
    actions.skip(number=number, shipment=3, **ANNA)
    actions.refund(number=number, amount="34.00", **WHY)
    lead(Payment.objects.filter(purpose="refund"), "cancelled")
    actions.unskip(number=number, shipment=3, **ANNA)
    assert to_come() == []


def test_what_parts_have_paid_is_topped_up_by_one_more_on_the_day_of_the_last() -> None:
    number = paid("PART")
    last = Payment.objects.order_by("number").last()
    assert last is not None
    actions.quantity(number=number, shipment=2, quantity=Decimal(2), **ANNA)
    ((part, _, on),) = to_come()
    assert (part, on) == (4, last.due_on)
    assert on > ships_on(3)


def test_a_part_whose_day_has_come_keeps_it() -> None:
    number = order("PART")
    first = Payment.objects.order_by("number")[0]
    lead(Payment.objects.filter(pk=first.pk), "captured", captured_minor=first.amount_minor)
    days = [on for _, _, on in to_come()]
    actions.quantity(number=number, shipment=2, quantity=Decimal(2), on=day(200), by="clerk:anna")
    assert [on for _, _, on in to_come()] == days


@pytest.mark.parametrize("seed", seeds(12))
def test_whatever_happens_what_is_asked_and_kept_is_what_it_costs(seed: int) -> None:
    rng = random.Random(seed)
    number = paid(rng.choice(["UP", "PART"]))
    root = SalesOrder.objects.get(number=number).pk
    courtesy = 0
    for _ in range(12):
        shipment = rng.randint(1, 3)
        try:
            match rng.choice(["skip", "unskip", "quantity", "price", "surplus", "courtesy", "take"]):
                case "skip":
                    actions.skip(number=number, shipment=shipment, **ANNA)
                case "unskip":
                    actions.unskip(number=number, shipment=shipment, **ANNA)
                case "quantity":
                    actions.quantity(number=number, shipment=shipment, quantity=Decimal(rng.randint(1, 3)), **ANNA)
                case "price":
                    actions.price(number=number, shipment=shipment, price=f"{rng.randint(1, 90)}.00", **ANNA)
                case "surplus" if there := surplus([root]).get(root):
                    actions.refund(number=number, amount=f"{rng.randint(1, there) / 100:.2f}", **WHY)
                case "courtesy" if not surplus([root]):
                    actions.refund(number=number, amount="0.01", **WHY)
                    courtesy += 1
                case "take":
                    take()
        except Refused:
            continue
        owed = ContinuityOrder.objects.get().owed_minor or 0
        rows = list(Payment.objects.exclude(status__in=NOT_COUNTED))
        kept = sum(p.captured_minor for p in rows if p.purpose == "order")
        back = sum(p.amount_minor for p in rows if p.purpose == "refund")
        asked = sum(p.amount_minor for p in rows if p.purpose == "order" and p.status == "due")
        missing = owed - (kept - back)
        assert asked >= 0, seed
        if missing > courtesy:
            assert missing - courtesy <= asked <= missing, seed
        else:
            assert asked <= max(missing, 0), seed
    assert check()["faults"] == []
    assert check_once()["faults"] == []


def test_a_refund_from_before_that_was_noted_is_noted_when_the_order_changes() -> None:
    number = paid()
    actions.skip(number=number, shipment=3, **ANNA)
    actions.refund(number=number, amount="39.00", **WHY)  # 5.00 of it a courtesy
    Payment.objects.update(overpaid_minor=None)
    actions.unskip(number=number, shipment=3, **ANNA)
    assert [minor for _, minor, _ in to_come()] == [3400]
    assert list(Payment.objects.filter(purpose="refund").values_list("overpaid_minor", flat=True)) == [3400]
