"""Order entry: what the Continuity page asks, dates and prices as they were on the day, and what is refused where."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from perennial.catalog.models import Parameters, Price
from perennial.catalog.tariffs import follow_set_up
from perennial.continuity.models import ContinuityOrder
from perennial.customers.models import Address, Customer
from perennial.desk.entry import ContinuityEntry, LineEntry, OrderEntry, PayEntry, enter
from perennial.errors import Refused
from perennial.orders.models import OrderEvent, OrderPay, SalesOrder
from perennial.payments.models import Payment
from tests.worlds import actions
from tests.worlds.bundle import put
from tests.worlds.desk import (
    ON,
    book,
    day,
    line,
    lines,
    make_children,
    order,
    payments,
    set_up,
    shown,
    unchanged,
)

pytestmark = pytest.mark.usefixtures("club")


def program(schedule_id: str, **changes: Any) -> None:
    """Give a program of the club other fields."""
    found = next(p for p in set_up()["programs"] if p["schedule_id"] == schedule_id)
    put({"programs": [{**found, **changes}]}, on=ON)


def events(schedule_id: str) -> list[dict[str, Any]]:
    """The events of a program of the club."""
    found: list[dict[str, Any]] = next(p for p in set_up()["programs"] if p["schedule_id"] == schedule_id)["events"]
    return found


class TestTheContinuityPage:
    def test_every_fact_that_planning_asked_is_kept(self):
        number = order(line("CLUB", start_date=day(3), ship_to="cabin", quantity=2))
        row = ContinuityOrder.objects.get()
        assert (row.order.number, row.order_date, row.start_date, row.quantity) == (number, ON, day(3), 2)
        assert (row.threshold, row.consolidate, row.upfront, row.event_duration) == (2, False, False, 0)
        assert row.prices == {"B1": 1000, "B2": 2000, "B3": 3000, "B4": 4000, "B6": 6000}
        assert (row.payment_method, row.card and row.card.token) == ("card", "tok_visa")
        assert (row.ship_to and row.ship_to.code, row.order.ship_to and row.order.ship_to.code) == ("cabin", "home")
        assert row.revision.number == 1

    def test_dates_count_from_the_start_date_even_a_past_one_and_nothing_ships_before_the_order(self):
        number = order(line("UP", start_date=day(-15)))
        assert lines(number, "event_on", "ship_on") == [
            ("2026-02-23", "2026-03-10"),
            ("2026-03-05", "2026-03-10"),
            ("2026-03-15", "2026-03-15"),
        ]

    def test_the_parent_line_has_no_price_and_quantity_multiplies(self):
        number = order(line("CLUB", quantity=3))
        (parent,) = shown(number)["lines"]
        assert (parent["price"], parent["quantity"], shown(number)["total"]) == (None, "3", "0.00")
        assert lines(number, "quantity") == ["3", "3", "6", "3", "3"]

    def test_the_price_is_that_of_the_order_date_for_ever(self):
        number = order("CLUB")
        Price.objects.update(price_minor=1)
        assert lines(number, "price")[0] == "10.00"
        make_children(ON)
        assert shown(number)["children"][0]["lines"][0]["price"] == "10.00"
        assert lines(order("CLUB"), "price")[0] == "0.01"

    def test_the_last_event_is_the_end_though_none_says_so(self):
        assert lines(order("UP"), "action") == ["none", "none", "end"]

    def test_planned_up_to_the_threshold_unless_billed_up_front(self):
        assert lines(order("LOOP"), "repetition") == [0, 1, 2]
        assert shown(order("LOOP"))["continuity"][0]["complete"] is False
        several = [{**events("UP")[0], "times_to_repeat": 4, "days_from_last": 7}]
        program("UP", events=several)
        assert lines(order("UP"), "repetition") == [0, 1, 2, 3, 4]

    def test_missed_events_ship_as_one_where_the_program_says_so(self):
        assert lines(order("MISS"), "shipment", "ship_on") == [
            (1, "2026-03-10"),
            (1, "2026-03-10"),
            (2, "2026-03-22"),
            (3, "2026-04-01"),
        ]
        program("MISS", consolidate=False)
        assert lines(order("MISS"), "shipment", "ship_on")[:2] == [(1, "2026-03-10"), (2, "2026-03-10")]

    def test_the_event_that_is_current_on_the_order_date_comes_first(self):
        program("UP", order_start="current_event", started_on="2026-02-25")
        number = order("UP")
        assert lines(number, "key", "event_on") == [("B", "2026-03-10"), ("C", "2026-03-20")]
        assert ContinuityOrder.objects.get().first_event == "B"

    def test_two_lines_are_two_continuity_orders_whose_children_are_never_merged(self):
        number = order("UP", "UP")
        assert make_children(ON) == 2
        assert [c["number"] for c in shown(number)["children"]] == [f"{number}-1-001", f"{number}-2-001"]

    def test_a_product_of_fewer_events(self):
        found = set_up()["products"]
        put({"products": [*found, {"number": "S-TWO", "program": "CLUB", "event_duration": 2}]}, on=ON)
        number = order(LineEntry("S-TWO", continuity=ContinuityEntry(card="tok_visa")))
        assert lines(number, "key") == ["A", "B", "B"]
        assert shown(number)["continuity"][0]["complete"] is True

    def test_who_entered_it_and_when(self):
        number = order("CLUB")
        found = OrderEvent.objects.filter(order__number=number).order_by("id").values_list("kind", "on_date", "by")
        assert list(found) == [("entered", ON, "clerk:anna"), ("submitted", ON, "clerk:anna")]
        draft = order("CLUB", submit=False)
        assert [e["kind"] for e in shown(draft)["events"]] == ["entered"]

    def test_an_address_in_place_is_kept_with_the_customer(self):
        place = {"street": "Main", "city": "Salem", "region": "OR", "country": "US"}
        number = order("CLUB", ship_to=place)
        row = SalesOrder.objects.get(number=number).ship_to
        assert row is not None
        assert (row.code, row.city, row.customer.account) == (None, "Salem", "C-1")
        make_children(ON)
        assert shown(number)["children"][0]["tax"] == "0.00"


class TestWhatIsOwed:
    def test_up_front_in_one_or_in_parts_or_by_shipment(self):
        assert payments(order("UP")) == [("SO-000001", "order", 1, "69.00", "due")]
        assert [p[3] for p in payments(order("PART"))] == ["23.00"] * 3
        assert payments(order("CLUB")) == []
        dues = [p["due_on"] for p in shown("SO-000002")["payments"]]
        assert dues == ["2026-03-10", "2026-04-10", "2026-05-10"]

    def test_parts_count_from_the_start_date(self):
        number = order(line("PART", start_date=date(2026, 3, 31)))
        assert [p["due_on"] for p in shown(number)["payments"]] == ["2026-03-31", "2026-04-30", "2026-05-31"]

    def test_a_schedule_that_was_chosen(self):
        number = order(line("UP", payment_schedule="3X"))
        assert [p[3] for p in payments(number)] == ["23.00"] * 3
        assert shown(number)["continuity"][0]["payment_schedule"] == "3X"

    def test_ordinary_lines_in_shares(self):
        number = order(
            book("B1"),
            book("B2"),
            pay=(
                PayEntry("card", "tok_two", percent=Decimal("33.33")),
                PayEntry("gift_card", percent=Decimal("66.67")),
            ),
        )
        assert (shown(number)["delivery"], shown(number)["tax"], shown(number)["total"]) == ("1.00", "3.00", "34.00")
        assert payments(number) == [
            (number, "ordinary", 1, "11.33", "due"),
            (number, "ordinary", 2, "22.67", "due"),
        ]
        assert list(OrderPay.objects.order_by("number").values_list("method", "card__token")) == [
            ("card", "tok_two"),
            ("gift_card", None),
        ]

    def test_ordinary_lines_by_amount_and_the_rest(self):
        number = order(book(), pay=(PayEntry("gift_card", amount_minor=500), PayEntry("card", "tok_two")))
        assert [(p[3], p[4]) for p in payments(number)] == [("5.00", "due"), ("7.00", "due")]

    def test_ordinary_lines_as_the_first_continuity_line(self):
        number = order(line("CLUB", payment_method="on_account"), book(), pay=())
        assert Payment.objects.get().method == "on_account"
        assert payments(number) == [(number, "ordinary", 1, "12.00", "due")]

    def test_what_costs_nothing_is_owed_by_nobody(self):
        Price.objects.update(price_minor=0)
        Parameters.objects.update(repeat_threshold=2)
        from perennial.catalog.models import DeliveryMode

        DeliveryMode.objects.update(charge_minor=0)
        follow_set_up(on=None, by="test")
        assert payments(order("UP", "PART", book())) == []


GOOD = OrderEntry(
    customer="C-1",
    lines=(line("CLUB"), line("UP"), book()),
    number="SO-000777",
    reference="R-7",
    submit=True,
    ship_to="home",
    pay=(PayEntry("card", "tok_visa"),),
)


def bad_line(at: int, made: LineEntry) -> dict[str, Any]:
    """The good order with another line."""
    found = list(GOOD.lines)
    found[at] = made
    return {"lines": tuple(found)}


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"customer": "C-9"}, "customer", "customer_unknown"),
        ({"lines": ()}, "lines", "order_without_lines"),
        ({"ship_to": "barn"}, "ship_to", "customer_address_unknown"),
        (bad_line(0, LineEntry("B99")), "lines[0].item_number", "product_unknown"),
        (bad_line(1, LineEntry("UNPRICED")), "lines[1].item_number", "program_not_orderable"),
        (bad_line(2, LineEntry("B1", delivery_mode="AIR")), "lines[2].delivery_mode", "delivery_mode_unknown"),
        (bad_line(0, replace(line("CLUB"), delivery_mode="ANY")), "lines[0].delivery_mode", "continuity_delivery_mode"),
        (bad_line(2, replace(book(), continuity=ContinuityEntry())), "lines[2].continuity", "line_not_continuity"),
        (bad_line(0, line("CLUB", card="tok_bo")), "lines[0].continuity.card", "customer_card_unknown"),
        (bad_line(0, LineEntry("S-CLUB")), "lines[0].continuity.card", "customer_which_card"),
        (
            bad_line(1, line("UP", payment_schedule="4X")),
            "lines[1].continuity.payment_schedule",
            "payment_schedule_unknown",
        ),
        (
            bad_line(0, line("CLUB", payment_method="check")),
            "lines[0].continuity.payment_method",
            "method_pays_upfront",
        ),
        (bad_line(1, line("PART", payment_method="cash")), "lines[1].continuity.payment_method", "method_pays_upfront"),
        (
            bad_line(1, line("UP", payment_method="shells")),
            "lines[1].continuity.payment_method",
            "payment_method_unknown",
        ),
        (bad_line(0, line("CLUB", ship_to="barn")), "lines[0].continuity.ship_to", "customer_address_unknown"),
        (bad_line(0, line("CLUB", quantity=0)), "lines[0].quantity", "quantity_not_positive"),
        (bad_line(2, book(quantity=-1)), "lines[2].quantity", "quantity_not_positive"),
        ({"pay": (PayEntry("card", "tok_bo"),)}, "pay[0].card", "customer_card_unknown"),
        ({"pay": (PayEntry("shells"),)}, "pay[0].method", "payment_method_unknown"),
        ({"pay": (PayEntry("check", percent=Decimal(99)),)}, "pay", "schedule_lines_sum"),
        (
            {"pay": (PayEntry("check", percent=Decimal(50)), PayEntry("cash", percent=Decimal(49)))},
            "pay",
            "schedule_lines_sum",
        ),
        ({"pay": (PayEntry("check", amount_minor=1199),)}, "pay", "pay_amounts_sum"),
        ({"pay": (PayEntry("check", amount_minor=1201),)}, "pay", "pay_amounts_sum"),
        ({"pay": (), "lines": (book(),)}, "pay", "customer_which_card"),
    ],
)
def test_what_is_refused_and_where(change: dict[str, Any], field: str, code: str):
    with unchanged():
        (found,) = enter([replace(GOOD, **change)], on=ON, by="clerk:anna")
    assert isinstance(found, list), "it was entered"
    assert [(fault.field, fault.code) for fault in found] == [(field, code)]


def test_all_that_is_wrong_with_an_order_is_said_at_once_and_the_others_are_entered():
    wrong = replace(GOOD, ship_to="barn", lines=(LineEntry("B99"), line("CLUB", card="tok_bo"), line("UP")))
    found, entered = enter([wrong, GOOD], on=ON, by="clerk:anna")
    assert isinstance(found, list)
    assert [fault.field for fault in found] == ["ship_to", "lines[0].item_number", "lines[1].continuity.card"]
    assert all(isinstance(fault, Refused) for fault in found)
    assert not isinstance(entered, list)
    assert list(SalesOrder.objects.values_list("number", flat=True)) == ["SO-000777"]


def test_a_number_or_a_reference_that_exists():
    first, same, other = enter([GOOD, GOOD, replace(GOOD, number="SO-000778")], on=ON, by="clerk:anna")
    assert not isinstance(first, list)
    assert isinstance(same, list)
    assert isinstance(other, list)
    assert [f.field for f in same] == ["number", "reference"]
    assert [f.field for f in other] == ["reference"]
    with unchanged():
        (again,) = enter([GOOD], on=ON, by="clerk:anna")
    assert isinstance(again, list)
    assert [f.field for f in again] == ["number", "reference"]


def test_a_given_number_moves_the_sequence_past_it():
    enter([GOOD], on=ON, by="clerk:anna")
    (fresh,) = enter([replace(GOOD, number=None, reference=None)], on=ON, by="clerk:anna")
    assert not isinstance(fresh, list)
    assert int(fresh.number[3:]) > 777


def test_on_account_needs_permission():
    Customer.objects.filter(account="C-1").update(allow_on_account=False)
    (found,) = enter([replace(GOOD, lines=(line("CLUB", payment_method="on_account"),))], on=ON, by="clerk:anna")
    assert isinstance(found, list)
    assert [(f.field, f.code) for f in found] == [("lines[0].continuity.payment_method", "not_on_account")]


def test_which_schedules_a_program_offers():
    program("UP", valid_payment_schedules=["3X"], prompt_for_payment_schedule=True)
    put({"payment_schedules": [{"name": "N9", "allocation": "total", "unit": "day", "after": 9}]}, on=ON)
    order(line("UP", payment_schedule="3X"))
    (found,) = enter([replace(GOOD, lines=(line("UP", payment_schedule="N9"),))], on=ON, by="clerk:anna")
    assert isinstance(found, list)
    assert found[0].field == "lines[0].continuity.payment_schedule"


def test_the_customers_only_card_and_delivery_address_are_taken():
    (made,) = enter([OrderEntry("C-2", (LineEntry("S-CLUB"),), submit=True)], on=ON, by="clerk:bo")
    assert not isinstance(made, list)
    row = ContinuityOrder.objects.get()
    assert (row.card and row.card.token, row.ship_to and row.ship_to.code) == ("tok_bo", "barn")
    assert row.order_date == ON
    assert Address.objects.count() == 3


def test_a_draft_promises_nothing_until_it_is_submitted():
    number = order("PART", submit=False)
    assert set(lines(number, "status")) == {"planned"}
    assert {p[4] for p in payments(number)} == {"draft"}
    assert make_children(day(30)) == 0
    actions.submit(number=number, on=ON, by="clerk:anna")
    assert set(lines(number, "status")) == {"scheduled"}
