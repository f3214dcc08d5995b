"""What is told, by which action or job: once for each thing, only where it is on, with the facts of that moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from perennial.catalog.models import Company
from perennial.customers.models import Customer, StoredCard
from perennial.desk.actions import cancel, invoice, refund, ship, submit, track
from perennial.desk.orders.accept import accept
from perennial.desk.orders.collect import collect
from perennial.desk.read.messages import kinds, messages
from perennial.jobs import JOBS
from perennial.jobs.runner import run_job
from perennial.notices.actions import set_kind
from perennial.notices.kinds import ALL, KINDS
from perennial.notices.models import Notice
from perennial.notices.words import words
from perennial.orders.models import SalesOrder
from perennial.programs.actions import release
from perennial.programs.draft import change_event
from perennial.programs.values import EventFacts, EventProductFacts
from tests.worlds.book_club import ORDERED, child, club, order

pytestmark = pytest.mark.django_db(transaction=True)
WHO: dict[str, Any] = {"on": ORDERED, "by": "clerk:anna"}


@pytest.fixture
def on() -> Callable[..., None]:
    """Messages are on, and these kinds of them."""

    def turn(*names: str) -> None:
        Company.objects.update(notices_on=True, from_email="club@example.com")
        for name in names:
            set_kind(kind=name, is_on=True, **WHO)

    return turn


def told(kind: str) -> list[Notice]:
    return list(Notice.objects.filter(kind=kind).order_by("id"))


def job(name: str, on: date) -> dict[str, Any]:
    return run_job(JOBS[name](), on=on, arguments={}, by="night")


def test_at_first_only_what_was_told_before_is_on() -> None:
    club()
    assert {one.kind: one.is_on for one in kinds()} == {kind.name: kind.at_first for kind in ALL}
    assert not any(one.goes_out for one in kinds())
    assert [kind.name for kind in ALL if kind.at_first] == ["card_link", "card_expired", "declined", "bill"]
    assert len(KINDS) == len(set(KINDS))


def test_nothing_is_told_of_what_is_off() -> None:
    club()
    Company.objects.update(notices_on=True)
    entered = order(submit=False)
    submit(number=entered.number, **WHO)
    job("create-child-orders", ORDERED + timedelta(days=1))
    ship(number=f"{entered.number}-1-001", on=ORDERED + timedelta(days=2), by="w")
    cancel(number=entered.number, on=ORDERED + timedelta(days=2), by="anna")
    assert Notice.objects.count() == 0


def test_an_order_is_confirmed_when_it_is_taken(on: Callable[..., None]) -> None:
    club()
    on("order_confirmed")
    first = order(submit=False)
    assert told("order_confirmed") == []
    submit(number=first.number, **WHO)
    (one,) = told("order_confirmed")
    assert (one.order_id, one.status, one.language) == (first.id, "queued", "en")
    assert one.facts["items"] == [
        {"name": "Book of the month", "quantity": "1", "amount_minor": None},
        {"name": "Book 1", "quantity": "2", "amount_minor": 3990},
    ]
    assert (one.facts["first_on"], one.facts["last4"], one.facts["program"]) == (
        "2026-03-16",
        "4242",
        "Book of the month",
    )
    second = order(submit=False, acceptance_required=True)
    submit(number=second.number, **WHO)
    assert len(told("order_confirmed")) == 1  # it waits for the customer
    accept(number=second.number, **WHO)
    assert [one.order_id for one in told("order_confirmed")] == [first.id, second.id]


def test_a_shipment_is_announced_once_while_it_can_be_changed(on: Callable[..., None]) -> None:
    club()
    on("shipment_ahead")
    entered = order()
    for days in (0, 0, 1, 5):
        job("create-child-orders", ORDERED + timedelta(days=days))
    (one,) = told("shipment_ahead")  # 16 March; 15 April is more than ten days away
    facts = one.facts
    assert (facts["ship_on"], facts["change_until"], facts["shipment"]) == ("2026-03-16", "2026-03-10", 1)
    assert (facts["delivery_minor"], facts["amount_minor"], facts["product"]) == (495, 2490, "Book 1")
    job("create-child-orders", date(2026, 4, 4))
    assert [n.facts["ship_on"] for n in told("shipment_ahead")] == ["2026-03-16", "2026-04-14"]
    assert {n.order_id for n in told("shipment_ahead")} == {entered.id}


def test_who_has_no_address_gets_no_message_that_would_fail(on: Callable[..., None]) -> None:
    club()
    on("shipment_ahead", "shipped", "order_confirmed", "card_expiring", "refunded")
    ada = Customer.objects.filter(account="C-1")
    ada.update(email=None)
    StoredCard.objects.update(exp_month=3, exp_year=2026, expires_on=date(2026, 3, 31))
    entered = order()
    job("create-child-orders", ORDERED)
    job("create-child-orders", date(2026, 3, 11))
    number = f"{entered.number}-1-001"
    ship(number=number, on=date(2026, 3, 16), by="w")
    invoice(number=number, on=date(2026, 3, 16), by="w")
    collect(number=number, on=date(2026, 3, 16), by="anna")
    refund(number=number, amount="5.00", on=date(2026, 3, 16), by="anna", reason="torn")
    collect(number=number, on=date(2026, 3, 16), by="anna")
    assert not Notice.objects.exists()
    ada.update(email="ada@example.com")  # what is still to come is told
    job("create-child-orders", date(2026, 3, 17))
    assert [one.kind for one in Notice.objects.all()] == ["card_expiring"]


def test_a_dry_run_tells_nobody(on: Callable[..., None]) -> None:
    club()
    on("shipment_ahead")
    order()
    run_job(JOBS["create-child-orders"](), on=ORDERED, arguments={}, by="x", dry=True)
    assert told("shipment_ahead") == []


def test_a_card_that_ends_is_told_of_once(on: Callable[..., None]) -> None:
    club()
    on("card_expiring")
    entered = order()
    StoredCard.objects.update(exp_month=3, exp_year=2026, expires_on=date(2026, 3, 31))
    for _ in range(2):
        job("create-child-orders", ORDERED)
    (one,) = told("card_expiring")
    assert one.facts == {
        "order": entered.number,
        "expires_on": "2026-03-31",
        "ship_on": "2026-04-14",
        "brand": "visa",
        "last4": "4242",
    }


def test_what_is_sent_is_told_with_its_carrier(on: Callable[..., None]) -> None:
    club()
    on("shipped")
    entered = order()
    first = child(entered, 1)
    ship(number=first.number, carrier="GLS", tracking="77120034", override=True, reason="collected", **WHO)
    ship(number=entered.number, **WHO)  # the ordinary lines
    parcel, ordinary = told("shipped")
    assert (parcel.order_id, parcel.child_id, ordinary.child_id) == (entered.id, first.pk, None)
    assert (parcel.facts["order"], parcel.facts["carrier"], parcel.facts["tracking"]) == (
        first.number,
        "GLS",
        "77120034",
    )
    assert ordinary.facts["items"] == [{"name": "Book 1", "quantity": "2", "amount_minor": 3990}]
    assert [one.kind for one in messages(order=entered.number).rows] == ["shipped", "shipped"]
    assert [one.order for one in messages(order=first.number).rows] == [first.number]


def test_a_corrected_number_is_told_while_the_message_has_not_left(on: Callable[..., None]) -> None:
    club()
    on("shipped")
    entered = order()
    first, second = child(entered, 1), child(entered, 2)
    for one in (first, second):
        ship(number=one.number, carrier="GLS", tracking="1", override=True, reason="collected", **WHO)
    Notice.objects.filter(child_id=second.pk).update(status="sending")
    for one in (first, second):
        track(number=one.number, tracking="2", **WHO)
    assert [one.facts["tracking"] for one in told("shipped")] == ["2", "1"]


def test_the_end_is_told_once_by_whoever_comes_first(on: Callable[..., None]) -> None:
    club()
    on("ended")
    entered = order()
    child(entered, 1, status="shipped")
    SalesOrder.objects.filter(parent=entered.id).update(status="invoiced", invoiced_on=ORDERED)
    cancel(number=entered.number, after=1, **WHO)
    (one,) = told("ended")
    assert (one.order_id, one.facts["last_on"]) == (entered.id, "2026-03-16")
    job("close-orders", date(2026, 3, 17))
    assert len(told("ended")) == 1
    other = order()
    cancel(number=other.number, **WHO)
    assert [n.facts["order"] for n in told("ended")] == [entered.number, other.number]
    draft = order(submit=False)
    cancel(number=draft.number, **WHO)
    assert len(told("ended")) == 2


def test_close_orders_tells_of_the_end(on: Callable[..., None]) -> None:
    club()
    on("ended")
    entered = order()
    for shipment in (1, 2, 3):
        child(entered, shipment, status="shipped")
    SalesOrder.objects.filter(parent=entered.id).update(status="invoiced", invoiced_on=ORDERED)
    job("close-orders", date(2026, 6, 17))
    assert [n.facts["last_on"] for n in told("ended")] == ["2026-05-14"]


def test_money_given_back_is_told(on: Callable[..., None]) -> None:
    club()
    on("refunded")
    entered = order()
    job("create-child-orders", date(2026, 3, 11))
    number = f"{entered.number}-1-001"
    ship(number=number, on=date(2026, 3, 16), by="w")
    invoice(number=number, on=date(2026, 3, 16), by="w")
    collect(number=number, on=date(2026, 3, 16), by="anna")
    refund(number=number, amount="5.00", on=date(2026, 3, 16), by="anna", reason="torn")
    for _ in range(2):
        collect(number=number, on=date(2026, 3, 16), by="anna")
    (one,) = told("refunded")
    assert (one.facts["amount_minor"], one.facts["order"], one.order_id) == (500, number, entered.id)


def test_a_new_price_is_told_once_with_the_first_shipment_that_has_it(on: Callable[..., None]) -> None:
    club()
    on("price_changed")
    entered = order()
    dearer = EventFacts(
        event_id=2, products=(EventProductFacts("0014", price_minor=2480),), key="E2", days_from_last=30
    )
    change_event(schedule_id="BOM", key="E2", event=replace(dearer, delivery_mode="STD"), by="anna")
    release(schedule_id="BOM", by="anna")
    for _ in range(2):
        job("update-orders", ORDERED)
    (one,) = told("price_changed")
    assert one.facts == {
        "order": entered.number,
        "currency": "USD",
        "product": "Book 2",
        "old_price_minor": 1995,
        "new_price_minor": 2480,
        "ship_on": "2026-04-14",
    }


def test_every_product_that_gets_another_price_is_named(on: Callable[..., None]) -> None:
    club()
    on("price_changed")
    order()
    for place, price in ((2, 2480), (3, 2590)):
        dearer = EventFacts(
            event_id=place,
            products=(EventProductFacts(f"001{place + 2}", price_minor=price),),
            key=f"E{place}",
            days_from_last=30,
            delivery_mode="STD",
        )
        change_event(schedule_id="BOM", key=f"E{place}", event=dearer, by="anna")
    release(schedule_id="BOM", by="anna")
    job("update-orders", ORDERED)
    (one,) = told("price_changed")
    (other,) = one.facts["others"]
    assert (one.facts["product"], other["name"], other["new_minor"]) == ("Book 2", "Book 3", 2590)
    company = Company.objects.get()
    said = words(one.facts, company=company, sender="", customer="", language="en", told_on=ORDERED)
    assert said.values["others"].startswith("Book 3 $")


def test_a_kind_that_is_turned_off_takes_back_what_is_queued(on: Callable[..., None]) -> None:
    club()
    on("order_confirmed")
    entered = order(submit=False)
    submit(number=entered.number, **WHO)
    assert set_kind(kind="order_confirmed", is_on=False, **WHO).dropped == 1
    assert told("order_confirmed")[0].status == "off"


def test_off_costs_an_action_one_question() -> None:
    club()
    entered = order()
    first = child(entered, 1)
    with CaptureQueriesContext(connection) as asked:
        ship(number=first.number, override=True, reason="collected", **WHO)
    assert sum("notices_" in one["sql"] for one in asked) == 1


def test_the_list_comes_in_pages(on: Callable[..., None]) -> None:
    club()
    on("order_confirmed")
    for _ in range(5):
        submit(number=order(submit=False).number, **WHO)
    seen: list[int] = []
    after = None
    while True:
        found = messages(customer="C-1", kind="order_confirmed", status="queued", size=2, after=after)
        seen += [one.id for one in found.rows]
        if (after := found.next) is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5
