"""Undo takes back the last thing that a person did with an order, or nothing; and nothing that would come back late."""

from __future__ import annotations

import pytest

from perennial.continuity.models import ContinuityOrder
from perennial.desk.undo import last_change
from perennial.jobs.check import check
from perennial.jobs.close_orders import CloseOrders
from perennial.orders.models import OrderEvent, SalesOrder
from tests.worlds import actions
from tests.worlds.desk import ANNA, ON, day, make_children, occurrences, order, refused, run, unchanged

pytestmark = pytest.mark.usefixtures("club")
BORIS = {"on": ON, "by": "clerk:boris"}


def offered(number: str, on: int = 0) -> tuple[str, int | None, str] | None:
    """What the button of the order's page would take back."""
    found = last_change(SalesOrder.objects.get(number=number).pk, number, on=day(on))
    return found and (found.action, found.shipment, found.by)


def test_it_says_what_it_takes_back_whose_and_of_when() -> None:
    number = order("CLUB")
    assert offered(number) is None
    actions.skip(number=number, shipment=3, **ANNA)
    found = last_change(SalesOrder.objects.get(number=number).pk, number, on=ON)
    assert found is not None
    assert (found.action, found.shipment, found.by, found.on) == ("skip", 3, "clerk:anna", ON)


def test_not_what_stands_before_something_that_cannot_be_taken_back() -> None:
    number = order("CLUB")
    actions.skip(number=number, shipment=3, **BORIS)
    order_of = SalesOrder.objects.get(number=number)
    OrderEvent.objects.create(order=order_of, kind="caught_up", by="clerk:anna", on_date=ON, data={"how": "resume"})
    assert offered(number) is None
    with unchanged(), refused("number", "undo_not_last", "by clerk:anna on 2026-03-10"):
        actions.undo(number=number, **ANNA)
    actions.price(number=number, shipment=4, price="3.33", **ANNA)
    assert offered(number) == ("price", 4, "clerk:anna")
    actions.undo(number=number, **ANNA)
    assert offered(number) is None, "the price is taken back, and what stood before it still stands there"


def test_what_was_taken_back_is_no_hindrance_though_it_was_several_things() -> None:
    number = order("CLUB")
    actions.skip(number=number, shipment=4, **BORIS)
    actions.hold(number=number, reason="away", **ANNA)
    late = {**ANNA, "on": day(15)}
    actions.release(number=number, catch_up="resume", **late)
    actions.undo(number=number, **late)
    assert offered(number, 15) is None, "without the hold the first would be sent late"
    actions.undo(number=number, send_late=True, **late)
    assert offered(number, 15) == ("skip", 4, "clerk:boris")


def test_a_report_of_what_left_is_no_change() -> None:
    number = order("CLUB")
    actions.skip(number=number, shipment=3, **ANNA)
    assert make_children(ON) == 1
    actions.ship(number=f"{number}-1-001", on=ON, by="warehouse")
    assert offered(number) == ("skip", 3, "clerk:anna")


def test_what_would_come_back_late_is_not_offered_and_comes_when_asked() -> None:
    number = order("CLUB")
    actions.skip(number=number, shipment=1, **ANNA)
    assert offered(number) == ("skip", 1, "clerk:anna")
    assert offered(number, 200) is None
    later = {**ANNA, "on": day(200)}
    with unchanged(), refused("number", "undo_late", "the next night would send and charge"):
        actions.undo(number=number, **later)
    actions.undo(number=number, send_late=True, **later)
    assert occurrences(number)[0].status == "scheduled"


def test_on_the_day_of_the_change_it_is_as_it_was_that_morning() -> None:
    number = order("CLUB")
    later = {**ANNA, "on": day(5)}
    actions.skip(number=number, shipment=1, **later)
    actions.undo(number=number, **later)
    assert occurrences(number)[0].status == "scheduled"


def test_what_a_job_has_closed_since_is_not_undone() -> None:
    number = order("UP")
    for shipment in (1, 2, 3):
        actions.skip(number=number, shipment=shipment, **ANNA)
    run(CloseOrders(), ON)
    assert ContinuityOrder.objects.get().status == "closed"
    with refused("number", "undo_used"):
        actions.undo(number=number, **ANNA)
    assert check()["faults"] == []
