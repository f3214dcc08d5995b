"""An order as values: dates, money with its currency, reasons as data; why it has not shipped is asked of the rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from perennial.continuity.models import Adjustment, ContinuityOrder, Occurrence, Parked
from perennial.customers.models import Address, Customer, StoredCard
from perennial.desk import contract
from perennial.desk.read.order import Order
from perennial.desk.read.orders import order as read
from perennial.desk.read.orders import orders
from perennial.desk.read.values import Substitute
from perennial.kernel.money import Money
from perennial.kernel.reasons import Who
from perennial.orders.models import SalesOrder
from perennial.payments.models import Payment
from tests.worlds import actions
from tests.worlds.book_club import ORDERED, child, club, order

pytestmark = pytest.mark.django_db
NOON = {"on": ORDERED, "by": "clerk:anna"}


def codes(found: Order) -> list[list[str]]:
    """By line, the codes of why it has not shipped."""
    return [[reason.code for reason in line.not_shipped] for line in found.continuity[0].lines]


def said(number: str) -> list[str | None]:
    """By line, what the contract says of why it has not shipped."""
    lines = contract.order_document(number, on=ORDERED)["continuity"][0]["lines"]
    return [line["why"]["not_shipped"] for line in lines]


def test_dates_and_money_are_values() -> None:
    club()
    found = read(order().number, on=ORDERED)
    line = found.continuity[0].lines[0]
    assert (line.event_on, line.ship_on, line.run_on) == (date(2026, 3, 15), date(2026, 3, 16), date(2026, 3, 11))
    assert (line.price, line.quantity, line.product.name) == (Money(1995, "USD"), Decimal(1), "Book 1")
    assert found.total == Money(4485, "USD")
    assert (found.ship_to and found.ship_to.city, found.continuity[0].card and found.continuity[0].card.words) == (
        "Milano",
        "visa 4242",
    )
    assert found.next_ship_on == date(2026, 3, 16)
    assert found.continuity[0].ends_with == 3


def test_an_order_put_on_hold_at_noon_says_so_at_noon() -> None:
    club()
    number = order().number
    assert codes(read(number, on=ORDERED)) == [["due"]] * 3
    actions.hold(number=number, reason="call back", stops="charging", code="money", **NOON)
    assert codes(read(number, on=ORDERED)) == [["due"]] * 3
    actions.hold(number=number, reason="on holiday", stops="shipping", **NOON)
    found = read(number, on=ORDERED)
    assert codes(found) == [["hold"]] * 3
    assert found.continuity[0].lines[0].waits[0].facts == {"reason": "on holiday"}
    assert said(number) == ["waits: the order is on hold (on holiday)"] * 3
    # the night's own note is another thing
    assert {line.blocked for line in found.continuity[0].lines} == {None}
    actions.release(number=number, code="hold", **NOON)
    assert codes(read(number, on=ORDERED)) == [["due"]] * 3


def test_an_offer_that_is_not_accepted_is_waited_for_at_once() -> None:
    club()
    number = order(acceptance_required=True).number
    assert codes(read(number, on=ORDERED)) == [["acceptance"]] * 3
    actions.accept(number=number, **NOON)
    assert codes(read(number, on=ORDERED)) == [["due"]] * 3


def test_a_card_holds_up_what_ships_after_its_last_day() -> None:
    club()
    number = order().number
    StoredCard.objects.update(expires_on=date(2026, 4, 14))
    assert codes(read(number, on=ORDERED)) == [["due"], ["due"], ["card"]]
    assert said(number)[2] == "waits: the card is no longer valid on 2026-05-14"
    # what is late ships on the day of the night that finds it
    assert codes(read(number, on=date(2026, 4, 15))) == [["card"]] * 3
    # nothing to pay: no card is asked
    Occurrence.objects.filter(event_key="E3").update(delivery_mode=None)
    actions.price(number=number, shipment=3, price="0.00", **NOON)
    assert codes(read(number, on=ORDERED))[2] == ["due"]
    # billed up front, on account: the card pays none of its shipments
    ContinuityOrder.objects.update(payment_method="on_account")
    assert codes(read(number, on=date(2026, 4, 15))) == [["due"]] * 3


def test_all_reasons_are_told_and_what_the_night_found_comes_first() -> None:
    club()
    entered = order(acceptance_required=True)
    continuity = ContinuityOrder.objects.get()
    actions.hold(number=entered.number, reason="call back", **NOON)
    made = child(entered, 1)
    Payment.objects.create(
        order=made, customer=made.customer, purpose="shipment", number=1, method="card", currency="USD",
        amount_minor=2490, due_on=ORDERED, status="failed",
    )  # fmt: skip
    Parked.objects.create(continuity_order=continuity, job="extend-lines", reason="no price", on_date=ORDERED)
    Occurrence.objects.filter(event_key="E3").update(blocked="payment")
    found = read(entered.number, on=ORDERED)
    assert codes(found) == [
        [],
        ["acceptance", "hold", "payment", "parked"],
        ["payment", "acceptance", "hold", "parked"],
    ]
    assert found.continuity[0].lines[2].waits[3].facts == {"reason": "no price"}
    assert said(entered.number)[1:] == [
        "waits: the customer has not accepted the offer yet",
        "waits: a payment of the order has failed, or is not known",
    ]


def test_what_never_comes_says_who_left_it_out() -> None:
    club()
    number = order(submit=False).number
    assert codes(read(number, on=ORDERED)) == [["draft"]] * 3
    actions.submit(number=number, **NOON)
    actions.skip(number=number, shipment=2, reason="on holiday", **NOON)
    actions.cancel(number=number, after=2, **NOON)
    found = read(number, on=ORDERED)
    assert codes(found) == [["due"], ["skipped"], ["cancelled_by"]]
    facts = found.continuity[0].lines[1].not_shipped[0].facts
    assert facts == {"who": Who("clerk:anna", ORDERED, "on holiday")}


def test_payments_of_one_order_can_be_told_apart() -> None:
    revision = club()
    type(revision).objects.update(bill_upfront=True)
    entered = order()
    made = child(entered, 2)
    Payment.objects.create(
        order=made, customer=made.customer, purpose="shipment", number=1, method="card", currency="USD",
        amount_minor=2490, due_on=ORDERED, status="due",
    )  # fmt: skip
    told = [(p.order, p.line, p.shipment, p.purpose, p.number) for p in read(entered.number, on=ORDERED).payments]
    assert told == [
        ("SO-000001", 1, None, "order", 1),
        ("SO-000001", None, None, "ordinary", 1),
        ("SO-000001-1-002", 1, 2, "shipment", 1),
    ]


def test_what_a_person_changed_has_the_type_of_what_it_is() -> None:
    club()
    entered = order()
    home = Address.objects.get()
    for at, (kind, value) in enumerate(
        [
            ("move", "2026-04-21"), ("substitute", {"item": "0019", "price_minor": 500}), ("price", 1995),
            ("quantity", "2"), ("address", {"address_id": home.pk}), ("skip", True), ("merge", 3),
        ]
    ):  # fmt: skip
        Adjustment.objects.create(
            continuity_order_id=entered.continuity_order_ids[0], event_key="E1", repetition=0, kind=kind, line=at % 2,
            value=value, on_date=ORDERED,
        )  # fmt: skip
    adjustments = read(entered.number, on=ORDERED).continuity[0].adjustments
    assert [a.value for a in adjustments[:4]] == [
        date(2026, 4, 21),
        Substitute("0019", Money(500, "USD")),
        Money(1995, "USD"),
        Decimal(2),
    ]
    assert [getattr(adjustments[4].value, "code", None), *(a.value for a in adjustments[5:])] == ["home", True, 3]
    assert [a.line for a in adjustments] == [None, 1, None, 1, None, 1, None]


@pytest.mark.parametrize("ahead", [0, 3])
def test_any_number_of_orders_takes_as_many_queries_as_one(ahead: int) -> None:
    revision = club(repeat_threshold=1)
    revision.events.filter(key="E3").update(times_to_repeat=None)
    ids = [order().id for _ in range(3)]
    work = Address.objects.create(customer=Customer.objects.get(), code="work", city="Torino")
    actions.hold(number=SalesOrder.objects.get(pk=ids[1]).number, reason="call back", **NOON)
    actions.address(number=SalesOrder.objects.get(pk=ids[2]).number, to=work.code or "", shipment=2, **NOON)
    with CaptureQueriesContext(connection) as one:
        list(orders(ids[2:], on=ORDERED, ahead=ahead))
    with CaptureQueriesContext(connection) as three:
        found = list(orders(ids[::-1], on=ORDERED, ahead=ahead))
    assert len(one) == len(three)
    assert [o.number for o in found] == ["SO-000003", "SO-000002", "SO-000001"]
    assert [a.code for a in found[0].other_addresses] == ["work"]
