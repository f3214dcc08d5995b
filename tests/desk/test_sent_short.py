"""A child goes with fewer pieces than were ordered: what it costs then, what is taken, what is to be given back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from perennial.catalog.models import Company
from perennial.customers.models import Customer
from perennial.desk.orders.short import Pieces
from perennial.desk.read.customer import customer_page
from perennial.jobs.check import check, check_once
from perennial.notices.actions import set_kind
from perennial.notices.models import Notice
from perennial.orders.models import OrderEvent, OrderTax, Rest, SalesOrder
from perennial.payments import gateways
from perennial.payments.models import Attempt, Payment
from perennial.payments.next_step import facts, rules
from perennial.payments.surplus import surplus
from tests.desk.test_refunds import captured
from tests.worlds import actions
from tests.worlds.desk import ANNA, ON, day, line, lines, make_children, order, refused, sent, shown
from tests.worlds.leading import lead

pytestmark = pytest.mark.usefixtures("club")

WAREHOUSE: dict[str, Any] = {"on": day(10), "by": "warehouse"}
AFTER: dict[str, Any] = {"on": day(14), "by": "warehouse"}


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


def rest_later(child: str, *pieces: tuple[int, str], **more: Any) -> dict[str, Any]:
    return actions.ship(number=child, pieces=less(*pieces), rest="later", **WAREHOUSE, **more)


def test_the_rest_follows_once_costs_no_second_delivery_and_is_captured_in_turn() -> None:
    Company.objects.update(notices_on=True, from_email="club@example.com")
    Customer.objects.update(email="ada@example.com")
    set_kind(kind="shipped", is_on=True, **ANNA)
    child = second()
    done = rest_later(child, (2, "1"))
    rest = f"{child}-2"
    assert (done["total"], done["rest"], done["rest_on"], done.get("to_refund")) == ("93.50", rest, "2026-03-23", None)
    made = SalesOrder.objects.get(number=rest)
    assert (made.shipment, made.status, made.delivery_minor, made.total_minor) == (2, "open", 0, 6600)
    assert owed(child) + owed(rest) == [(9350, "due"), (6600, "due")]  # 159.50 in all
    with refused("number", "not_open_to_ship"):  # again, or the other clerk
        rest_later(child, (2, "1"))
    assert make_children(day(12)) == 0
    assert SalesOrder.objects.filter(parent__number=child[:9], shipment=2).count() == 2
    shown_ = {one["number"]: one for one in shown(child[:9])["children"]}
    assert (shown_[rest]["rest_of"], [one["quantity"] for one in shown_[rest]["lines"]]) == (child, ["1"])
    told = OrderEvent.objects.filter(by="warehouse", kind__in=("sent_short", "child_created")).order_by("pk")
    assert [(one.kind, (one.data or {}).get("rest"), (one.data or {}).get("rest_of")) for one in told] == [
        ("child_created", None, child),
        ("sent_short", rest, None),
    ]
    assert check()["faults"] == check_once()["faults"] == []
    (parcel,) = Notice.objects.filter(kind="shipped", child_id=SalesOrder.objects.get(number=child).pk)
    assert (parcel.facts["rest"], parcel.facts["rest_on"]) == (
        [{"name": "", "quantity": "1", "amount_minor": None}],
        "2026-03-23",
    )
    coming_ = next(one for one in customer_page("C-1", on=day(10)).coming if one.rest_of)
    assert (coming_.child, coming_.rest_of, coming_.cost.minor) == (rest, child, 6600)
    assert [(one.product.number, one.quantity) for one in coming_.lines] == [("B6", 1)]
    assert coming_.actions == ("end_with",)
    sent(rest, day(13))
    payment = Payment.objects.get(order__number=rest)
    (fact,) = facts([payment.pk], rules(day(13), gateways.current()))
    assert (fact.step, fact.amount_minor) == ("charge", 6600)
    captured(payment, day(13))
    assert actions.refund(number=rest, reason="torn", **ANNA)["amount"] == "66.00"
    assert check()["faults"] == check_once()["faults"] == []


def test_the_rest_goes_short_too_and_what_never_comes_leaves_the_plan() -> None:
    child = second()
    rest_later(child, (1, "0"), (2, "1"), rest_on=day(15))  # of 20.00 none, of 60.00 one
    rest = f"{child}-2"
    assert SalesOrder.objects.get(number=rest).ship_on == day(15)
    assert owed(rest) == [(8800, "due")]
    done = actions.ship(number=rest, pieces=less((2, "0")), rest="later", on=day(15), by="warehouse")
    assert (done["total"], done["rest"]) == ("22.00", f"{child}-3")
    assert owed(f"{child}-3") == [(6600, "due")]
    assert Rest.objects.get(child__number=f"{child}-3").of.number == child
    with refused("again", "rest_not_made_anew"):
        actions.cancel(number=f"{child}-3", again=True, **ANNA)
    actions.cancel(number=f"{child}-3", **ANNA)
    assert owed(f"{child}-3") == [(6600, "cancelled")]
    assert check()["faults"] == check_once()["faults"] == []


def test_the_rest_of_a_rest_that_does_not_come_leaves_the_plan() -> None:
    child = second()
    rest_later(child, (1, "0"), (2, "1"))
    rest = f"{child}-2"
    assert actions.ship(number=rest, pieces=less((2, "0")), **AFTER)["total"] == "22.00"
    assert check()["faults"] == []
    assert lines(child[:9], "item_number", "quantity")[1:3] == [("B2", "1"), ("B6", "1")]


@pytest.mark.parametrize("how", ["order", "after", "rest", "hold"])
def test_what_stops_the_order_stops_the_rest(how: str) -> None:
    number = order(line("UP", 2))
    captured(Payment.objects.get())
    make_children(ON)
    first, rest = f"{number}-1-001", f"{number}-1-001-2"
    if how == "hold":
        actions.hold(number=first, code="call", reason="calls back", **ANNA)
        actions.ship(
            number=first, pieces=less((1, "1")), rest="later", override=True, reason="meant", on=ON, by="warehouse"
        )
        with refused("number", "on_hold"):
            actions.ship(number=rest, on=day(5), by="warehouse")
        return
    done = actions.ship(number=first, pieces=less((1, "1")), rest="later", on=ON, by="warehouse")
    parent = SalesOrder.objects.get(number=number).pk
    assert (done["total"], done.get("to_refund"), surplus([parent])) == ("12.00", None, {})
    assert SalesOrder.objects.get(number=rest).total_minor == 1100
    assert not Payment.objects.filter(order__number=rest).exists()  # it was billed with the whole
    assert check()["faults"] == []
    if how == "order":
        done = actions.cancel(number=number, **ANNA)
        assert done["to_refund"] == "123.00 USD"  # 135.00 less the 12.00 that went
    elif how == "after":
        actions.cancel(number=number, after=1, **ANNA)
        assert SalesOrder.objects.get(number=rest).status == "open"
        actions.cancel(number=rest, **ANNA)
        actions.undo(number=number, **ANNA)
        assert SalesOrder.objects.get(number=rest).status == "open"
        sent(rest, day(2))
        assert check()["faults"] == check_once()["faults"] == []
        return
    else:
        assert actions.cancel(number=rest, **ANNA)["to_refund"] == "11.00 USD"
    assert SalesOrder.objects.get(number=rest).status == "cancelled"
    assert check()["faults"] == []


@pytest.mark.parametrize("stop", [True, False])
def test_a_rest_that_nobody_pays_is_stopped_with_the_others(stop: bool) -> None:
    number = order(line("UP", 2))
    make_children(ON)
    first, rest = f"{number}-1-001", f"{number}-1-001-2"
    actions.ship(number=first, pieces=less((1, "1")), rest="later", on=ON, by="warehouse")
    lead(Payment.objects.all(), "failed")
    how = {} if stop else {"shipments": "send"}
    done = actions.settle(number=number, end="written-off", reason="never pays", **how, **ANNA)
    assert done.get("still_ships") == (None if stop else [rest])
    assert SalesOrder.objects.get(number=rest).status == ("cancelled" if stop else "open")
    assert check()["faults"] == []


def test_a_rest_in_parts_is_paid_in_parts_from_its_own_day_on() -> None:
    number = order(line("CLUB", 1, payment_schedule="3X"))
    make_children(ON)
    sent(f"{number}-1-001", ON, invoice=False)
    make_children(day(10))
    child = f"{number}-1-002"
    rest_later(child, (2, "1"))
    assert owed(child) == [(3117, "due"), (3117, "due"), (3116, "due")]
    assert owed(f"{child}-2") == [(2200, "due")] * 3
    first = Payment.objects.filter(order__number=f"{child}-2").order_by("number").first()
    assert first is not None
    assert (first.due_on, first.at_invoice) == (date(2026, 3, 23), True)
    actions.payment_method(number=number, method="on_account", **ANNA)
    first.refresh_from_db()
    assert (first.method, first.at_invoice) == (
        "on_account",
        False,
    )  # a bill goes out on its day, as that of every child


def test_what_cannot_be_said_of_the_rest() -> None:
    child = second()
    for field, code, more in (
        ("rest_on", "rest_does_not_follow", {"pieces": less((2, "1")), "rest_on": day(12)}),
        ("rest_on", "rest_before_this", {"pieces": less((2, "1")), "rest": "later", "rest_on": day(9)}),
        ("rest", "unknown_word", {"pieces": less((2, "1")), "rest": "soon"}),
        ("pieces", "required", {"rest": "later"}),
    ):
        with refused(field, code):
            actions.ship(number=child, **WAREHOUSE, **more)


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
