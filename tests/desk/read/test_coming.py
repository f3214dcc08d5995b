"""What comes next, what it costs, and what can be done with it: by the rules by which the actions refuse."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from perennial.catalog.models import Parameters
from perennial.catalog.queries import set_up
from perennial.continuity.models import ContinuityOrder
from perennial.continuity.planning import read_orders
from perennial.customers.models import Address, StoredCard
from perennial.desk import actions, locking
from perennial.desk.changeable import ACTIONS
from perennial.desk.read.child import child as read_child
from perennial.desk.read.coming import ComingShipment, coming, planned_shipment, sums
from perennial.desk.read.customer import customer_page
from perennial.desk.read.orders import order as read
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.orders.models import SalesOrder
from perennial.payments.models import Payment
from tests.worlds.book_club import ORDERED, child, club, order

pytestmark = pytest.mark.django_db
NOON = {"on": ORDERED, "by": "clerk:anna"}


def shipments(number: str, ahead: int = 0) -> list[ComingShipment]:
    return list(coming(read(number, on=ORDERED, ahead=ahead), set_up()))


def worlds() -> list[str]:
    """Orders in all the states that the rules of changing a shipment ask about."""
    club()
    numbers = [order().number for _ in range(6)]
    made = [
        order(),  # with a child that is open
        order(),  # sent in the middle
        order(),  # cancelled in the middle
    ]
    numbers += [one.number for one in made]
    child(made[0], 1)
    child(made[1], 2, status="shipped")
    child(made[2], 2, status="cancelled")
    actions.skip(number=numbers[0], shipment=2, **NOON)
    actions.cancel(number=numbers[1], after=2, **NOON)
    actions.cancel(number=numbers[2], after=0 + 1, **NOON)
    actions.cancel(number=numbers[3], **NOON)
    ContinuityOrder.objects.filter(order__number=numbers[4]).update(status="closed")
    numbers.append(order(submit=False).number)
    return numbers


def test_the_rules_are_asked_the_same_of_what_is_read_and_of_what_is_locked() -> None:
    for number in worlds():
        found = read(number, on=ORDERED, ahead=2)
        (state,) = read_orders(set_up(), [ContinuityOrder.objects.get(order__number=number).pk])
        for shipment in range(6):
            assert planned_shipment(found, found.continuity[0], shipment) == locking.planned_shipment(state, shipment)


TRIES: dict[str, dict[str, Any]] = {
    "skip": {"do": actions.skip},
    "unskip": {"do": actions.unskip},
    "move": {"do": actions.move, "to": date(2026, 6, 1)},
    "move_following": {"do": actions.move, "to": date(2026, 6, 1), "following": True},
    "substitute": {"do": actions.substitute, "item": "0015"},
    "quantity": {"do": actions.quantity, "quantity": 2},
    "price": {"do": actions.price, "price": "9.00"},
    "address": {"do": actions.address, "to": "home"},
    "add_product": {"do": actions.add_product, "item": "0015", "price": "1.00"},
    "remove_product": {"do": actions.remove_product},
    "end_with": {"do": actions.cancel},
}


def test_what_is_offered_can_be_done_and_what_is_not_is_refused() -> None:
    """Each action, tried on each shipment that is to come of each order, in a transaction that is taken back."""
    from django.db import transaction

    numbers = worlds()
    tried = set()
    for number in numbers:
        for shipment in shipments(number):
            for action in ACTIONS:
                given = dict(TRIES[action])
                do = given.pop("do")
                given["after" if action == "end_with" else "shipment"] = shipment.number
                if action == "remove_product":
                    given["item"] = shipment.lines[0].product.number
                with transaction.atomic():
                    try:
                        do(number=number, **given, **NOON)
                        done = None
                    except Refused as refused:
                        done = (refused.code, refused.field)
                        if refused.code in (
                            "last_product_of_shipment",
                            "product_in_shipment_already",
                        ):  # of this product
                            done = None
                    transaction.set_rollback(True)
                said = shipment.refusal(action)
                assert (said and (said.code, said.field)) == done, (number, shipment.number, action)
                assert (action in shipment.actions) == (done is None)
                tried.add((action, done is None))
    assert tried >= {(action, True) for action in ACTIONS}
    assert len([1 for _, could in tried if not could]) >= 7


def test_a_shipment_costs_what_its_child_will_cost() -> None:
    club()
    home = Address.objects.get()
    Address.objects.update(country="US", region="NY")
    number = order().number
    assert [s.cost for s in shipments(number)] == [Money(2667, "USD"), Money(2667, "USD"), Money(3108, "USD")]
    found = read(number, on=ORDERED)
    told = sums(found, shipments(number))
    assert (told.open, told.to_come) == (found.total, Money(2667 + 2667 + 3108, "USD"))
    actions.skip(number=number, shipment=2, **NOON)
    assert sums(read(number, on=ORDERED), shipments(number)).to_come == Money(2667 + 3108, "USD")
    assert [s.status for s in shipments(number)] == ["scheduled", "skipped", "scheduled"]
    assert shipments(number)[0].ship_to is not None
    assert shipments(number)[0].ship_to.id == home.pk


def test_a_child_that_is_not_sent_comes_too_and_cannot_be_changed() -> None:
    club()
    entered = order()
    made = child(entered, 1)
    first = shipments(entered.number)[0]
    assert (first.child, first.status, first.cost, first.actions) == (
        made.number,
        "ordered",
        Money(2490, "USD"),
        ("end_with",),
    )
    SalesOrder.objects.filter(pk=made.pk).update(status="shipped")
    assert [s.number for s in shipments(entered.number)] == [2, 3]
    assert read(entered.number, on=ORDERED).continuity[0].progress.sent == 1


def test_a_customer_sees_the_next_shipments_over_all_orders() -> None:
    revision = club(repeat_threshold=1)
    revision.events.filter(key="E3").update(times_to_repeat=None)
    first = order().number
    second = order(order_date=date(2026, 3, 20)).number
    order(submit=False)
    page = customer_page("C-1", on=ORDERED, most=7)
    days = [shipment.ship_on for shipment in page.coming]
    assert days == sorted(days)
    assert len(days) == 7
    assert {shipment.order for shipment in page.coming} == {first, second, "SO-000003"}
    assert customer_page("C-1", on=ORDERED, most=30).coming[-1].status == "projected"
    assert [head.number for head in page.last_orders] == ["SO-000003", second, first]
    assert page.warnings == ()
    assert [card.health for card in page.cards] == ["good"]


def test_a_card_that_ends_and_what_waits_are_warned_of() -> None:
    club()
    number = order(acceptance_required=True).number
    StoredCard.objects.update(expires_on=date(2026, 4, 30), refused=False)
    Payment.objects.update(status="sent")
    Payment.objects.update(status="declined", attempts=1)
    actions.hold(number=number, reason="call back", **NOON)
    page = customer_page("C-1", on=ORDERED)
    assert [(w.code, w.steps) for w in page.warnings] == [
        ("card_ends", ("new_card",)),
        ("hold", ("release",)),
        ("declined", ("new_card", "settle")),
    ]
    assert page.warnings[0].facts == {
        "card": "visa 4242", "expires_on": date(2026, 4, 30), "count": 1, "ship_on": date(2026, 5, 14),
    }  # fmt: skip
    assert (page.cards[0].health, page.cards[0].after) == ("ends", 1)


def test_any_number_of_orders_takes_as_many_queries_as_one() -> None:
    club()
    order()
    with CaptureQueriesContext(connection) as one:
        customer_page("C-1", on=ORDERED)
    entered = [order() for _ in range(3)]
    child(entered[0], 1)
    with CaptureQueriesContext(connection) as more:
        customer_page("C-1", on=ORDERED)
    assert len(one) == len(more)


def test_a_child_tells_all_that_stands_in_its_way() -> None:
    club()
    made = child(order(), 1)
    found = read_child(made.number, on=ORDERED)
    assert [(one.code, one.facts["opens_on"]) for one in found.may_not_ship] == [
        ("window", made.ship_on - timedelta(5))
    ]
    Parameters.objects.update(delivery_window_days=366)
    found = read_child(made.number, on=ORDERED)
    assert (found.may_ship, found.child.lines[0].product.name, found.parent.customer) == (True, "Book 1", "Ada Bianchi")
    for number, (status, due) in enumerate((("failed", 10), ("declined", 10), ("declined", 11), ("due", 10)), 1):
        Payment.objects.create(
            order=made, customer=made.customer, purpose="shipment", number=number, method="card", currency="USD",
            amount_minor=1000, due_on=date(2026, 3, due), status=status,
        )  # fmt: skip
    for code, stops in (("fraud", "shipping"), ("call", "both"), ("money", "charging")):
        actions.hold(number=made.number, code=code, reason="", stops=stops, **NOON)
    found = read_child(made.number, on=ORDERED)
    assert not found.may_ship
    assert [(r.code, r.facts.get("code", r.facts.get("number"))) for r in found.may_not_ship] == [
        ("hold", "fraud"),
        ("hold", "call"),
        ("payment", 1),
        ("payment", 2),
    ]
    SalesOrder.objects.filter(pk=made.pk).update(status="cancelled")
    assert read_child(made.number, on=ORDERED).may_not_ship[0].facts == {"status": "cancelled"}
    with pytest.raises(Refused):
        read_child("SO-000001", on=ORDERED)
