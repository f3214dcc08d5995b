"""A child goes with fewer pieces than were ordered: what it costs then, what is taken, what is to be given back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from perennial.desk.orders.short import Pieces
from perennial.jobs.check import check
from perennial.orders.models import OrderTax, SalesOrder
from perennial.payments import gateways
from perennial.payments.models import Attempt, Payment
from perennial.payments.next_step import facts, rules
from perennial.payments.surplus import surplus
from tests.desk.test_refunds import captured
from tests.worlds import actions
from tests.worlds.desk import ANNA, ON, day, line, make_children, order, refused, sent, shown
from tests.worlds.leading import lead

pytestmark = pytest.mark.usefixtures("club")

WAREHOUSE: dict[str, Any] = {"on": day(10), "by": "warehouse"}


def second() -> str:
    """The second child: one of 20.00 and two of 60.00, 5.00 of delivery, 10 percent of tax on all of it: 159.50."""
    number = order("CLUB")
    make_children(ON)
    sent(f"{number}-1-001", ON, invoice=False)
    make_children(day(10))
    child = f"{number}-1-002"
    assert SalesOrder.objects.get(number=child).total_minor == 15950
    return child


def less(*pieces: tuple[int, str]) -> list[Pieces]:
    return [Pieces(at, Decimal(quantity)) for at, quantity in pieces]


def owed(child: str) -> list[tuple[int, str]]:
    found = Payment.objects.filter(order__number=child).order_by("number")
    return [(one.amount_minor, one.status) for one in found]


def test_only_what_went_is_owed_and_captured_and_the_delivery_once() -> None:
    child = second()
    payment = Payment.objects.get(order__number=child)
    lead(
        Payment.objects.filter(pk=payment.pk), "authorised", gateway="sandbox", gateway_ref="a_1", authorised_on=day(9)
    )
    Attempt.objects.create(
        payment=payment, kind="authorise", number=1, key="a", amount_minor=15950, on_date=day(9), outcome="approved"
    )
    done = actions.ship(number=child, pieces=less((2, "1")), **WAREHOUSE)
    assert (done["total"], done["short"]) == ("93.50", [{"line": 2, "product": "B6", "ordered": "2", "sent": "1"}])
    assert owed(child) == [(9350, "authorised")]
    made = SalesOrder.objects.get(number=child)
    assert (made.delivery_minor, made.tax_minor, OrderTax.objects.get(order=made).base_minor) == (500, 850, 8500)
    actions.invoice(number=child, **WAREHOUSE)
    (fact,) = facts([payment.pk], rules(day(10), gateways.current()))
    assert (fact.step, fact.amount_minor) == ("capture", 9350)
    assert check()["faults"] == []


def test_a_line_of_which_nothing_goes_is_taken_out() -> None:
    child = second()
    assert actions.ship(number=child, pieces=less((2, "0")), **WAREHOUSE)["total"] == "27.50"
    (found,) = (one for one in shown(child[:9])["children"] if one["number"] == child)
    assert [one["item_number"] for one in found["lines"]] == ["B2"]
    assert owed(child) == [(2750, "due")]
    assert check()["faults"] == []


def test_of_an_order_billed_up_front_the_difference_waits_for_a_person() -> None:
    number = order(line("UP", 2))
    payment = Payment.objects.get()
    assert payment.amount_minor == 13500  # 23.00, 45.00, 67.00
    captured(payment)
    make_children(ON)
    done = actions.ship(number=f"{number}-1-001", pieces=less((1, "1")), on=ON, by="warehouse")
    assert (done["total"], done["to_refund"]) == ("12.00", "11.00 USD")
    parent = SalesOrder.objects.get(number=number).pk
    assert surplus([parent]) == {parent: 1100}
    assert actions.refund(number=number, amount="11.00", reason="short", **ANNA)["status"] == "due"
    assert surplus([parent]) == {}


def test_in_parts_each_is_less() -> None:
    child = second()
    payment = Payment.objects.get(order__number=child)
    actions.ship(number=child, pieces=less((1, "1"), (2, "2")), **WAREHOUSE)  # all of it
    assert owed(child) == [(payment.amount_minor, "due")]


def test_what_cannot_be() -> None:
    child = second()
    for given, code in (
        (less((1, "0"), (2, "0")), "short_of_everything"),
        (less((1, "2")), "short_by_more"),
        (less((3, "1")), "line_unknown"),
    ):
        with refused("number" if code == "short_of_everything" else "pieces", code):
            actions.ship(number=child, pieces=given, **WAREHOUSE)
    lead(Payment.objects.filter(order__number=child), "sent")
    with refused("number", "short_after_payment"):
        actions.ship(number=child, pieces=less((1, "0")), **WAREHOUSE)
