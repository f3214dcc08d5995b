"""A cancellation is taken back as long as nothing was done with it; a second one says that it is cancelled."""

from __future__ import annotations

from typing import Any

import pytest

from perennial.continuity.models import ContinuityOrder
from perennial.customers.models import Customer
from perennial.jobs.check import check
from perennial.jobs.close_orders import CloseOrders
from perennial.jobs.process_payments import ProcessPayments
from perennial.notices.models import Notice, NoticeKind
from perennial.payments.models import Attempt, Payment
from tests.worlds import actions
from tests.worlds.desk import ANNA, ON, book, day, lines, make_children, order, payments, refused, run, sent, shown
from tests.worlds.leading import lead

pytestmark = pytest.mark.usefixtures("club")

SEEN = ("status", "lines", "continuity", "children", "payments", "delivery", "tax", "total")


def seen(number: str) -> dict[str, Any]:
    """What an order is, but for its history."""
    return {name: value for name, value in shown(number).items() if name in SEEN}


@pytest.mark.parametrize("sold", [("CLUB",), ("UP",), ("PART", "LOOP"), ("CLUB", book()), ("MISS",)])
@pytest.mark.parametrize("made", [False, True])
def test_all_is_as_it_was(sold: tuple[Any, ...], made: bool):
    number = order(*sold)
    if made:
        make_children(ON)
    before = seen(number)
    actions.cancel(number=number, **ANNA)
    assert seen(number) != before
    assert actions.undo(number=number, **ANNA)["action"] == "cancel"
    assert seen(number) == before
    assert check()["faults"] == []
    assert make_children(day(30)) > 0


def test_of_a_draft_too():
    number = order("CLUB", "UP", book(), submit=False)
    before = seen(number)
    actions.cancel(number=number, **ANNA)
    actions.undo(number=number, **ANNA)
    assert seen(number) == before
    actions.submit(number=number, **ANNA)


def test_of_what_comes_after_a_shipment():
    number = order("CLUB")
    make_children(ON)
    sent(f"{number}-1-001", ON)
    before = seen(number)
    actions.cancel(number=number, after=2, **ANNA)
    actions.undo(number=number, **ANNA)
    assert seen(number) == before


@pytest.mark.parametrize("again", [False, True])
def test_of_a_child(again: bool):
    number = order("CLUB")
    make_children(ON)
    before = seen(number)
    actions.cancel(number=f"{number}-1-001", again=again, **ANNA)
    actions.undo(number=number, **ANNA)
    assert seen(number) == before
    assert make_children(ON) == 0


@pytest.mark.parametrize("status", ["declined", "failed"])
def test_what_a_card_had_refused_is_refused_again(status: str):
    number = order("CLUB")
    make_children(ON)
    lead(Payment.objects.all(), status, attempts=2, tried_on=ON)
    actions.cancel(number=number, **ANNA)
    assert payments(number)[0][-1] == "cancelled"
    actions.undo(number=number, **ANNA)
    assert Payment.objects.values_list("status", "attempts", "tried_on").get() == (status, 2, ON)


def test_not_when_the_money_was_let_go():
    number = order("CLUB")
    make_children(ON)
    lead(Payment.objects.all(), "authorised")
    actions.cancel(number=number, **ANNA)
    Attempt.objects.create(
        payment=Payment.objects.get(), kind="void", number=1, key="v", amount_minor=1650, outcome="approved", on_date=ON
    )
    with refused("number", "undo_used"):
        actions.undo(number=number, **ANNA)


def test_not_when_its_shipment_was_made_anew():
    number = order("CLUB")
    make_children(ON)
    actions.cancel(number=f"{number}-1-001", again=True, **ANNA)
    make_children(ON)
    with refused("number", "undo_used"):
        actions.undo(number=number, **ANNA)


def test_not_when_it_was_closed():
    number = order("CLUB")
    make_children(ON)
    sent(f"{number}-1-001", ON)
    actions.cancel(number=number, **ANNA)
    run(ProcessPayments(), ON)
    run(CloseOrders(), day(1))
    assert shown(number)["status"] == "invoiced"
    with refused("number", "undo_used"):
        actions.undo(number=number, **ANNA)


def test_its_message_is_not_sent_and_where_it_was_it_stays_cancelled():
    from perennial.catalog.models import Company

    Company.objects.update(notices_on=True)
    Customer.objects.update(email="ada@example.com")
    NoticeKind.objects.create(kind="ended", is_on=True, changed_on=ON)
    number = order("CLUB")
    actions.cancel(number=number, **ANNA)
    assert Notice.objects.get(kind="ended").status == "queued"
    actions.undo(number=number, **ANNA)
    assert not Notice.objects.filter(kind="ended").exists()
    actions.cancel(number=number, **ANNA)
    for status in ("sending", "sent"):
        Notice.objects.filter(kind="ended").update(status=status)
    with refused("number", "undo_used"):
        actions.undo(number=number, **ANNA)


class TestTwice:
    def test_an_order(self):
        number = order("CLUB")
        actions.cancel(number=number, **ANNA)
        with refused("number", "cancelled_already", f"{number} is cancelled already by clerk:anna on {ON}"):
            actions.cancel(number=number, **ANNA)

    def test_an_order_of_which_something_was_sent(self):
        number = order("CLUB")
        make_children(ON)
        sent(f"{number}-1-001", ON)
        assert actions.cancel(number=number, **ANNA)["status"] == "open"
        with refused("number", "cancelled_already"):
            actions.cancel(number=number, **ANNA)

    def test_a_child(self):
        number = order("CLUB")
        make_children(ON)
        actions.cancel(number=f"{number}-1-001", **ANNA)
        with refused("number", "cancelled_already"):
            actions.cancel(number=f"{number}-1-001", **ANNA)
        assert actions.cancel(number=f"{number}-1-001", again=True, **ANNA)["again"]

    def test_one_line_of_two(self):
        number = order("CLUB", "LOOP")
        actions.cancel(number=number, line=1, **ANNA)
        with refused("number", "cancelled_already"):
            actions.cancel(number=number, line=1, **ANNA)
        assert actions.cancel(number=number, **ANNA)["status"] == "cancelled"


class TestWhatStaysOwed:
    def test_what_was_sent_is_still_owed(self):
        number = order("CLUB")
        make_children(ON)
        sent(f"{number}-1-001", ON)
        assert actions.cancel(number=number, **ANNA)["still_owed"] == "16.50 USD"

    def test_what_never_came_is_not(self):
        number = order("CLUB", book())
        make_children(ON)
        assert "still_owed" not in actions.cancel(number=number, **ANNA)

    def test_billed_up_front_the_sum_of_what_was_sent(self):
        number = order("UP")
        make_children(ON)
        sent(f"{number}-1-001", ON)
        assert actions.cancel(number=number, **ANNA)["still_owed"] == "12.00 USD"


class TestWhatAHoldStops:
    def test_planned_shipments_and_money_also_of_what_has_left(self):
        number = order("CLUB")
        make_children(ON)
        sent(f"{number}-1-001", ON)
        done = actions.hold(number=number, **ANNA)
        assert (done["shipments_wait"], done["not_charged"], done["not_charged_of_sent"]) == (
            3,
            "16.50 USD",
            "16.50 USD",
        )

    def test_shipping_alone_leaves_the_money(self):
        number = order("CLUB")
        make_children(ON)
        done = actions.hold(number=number, stops="shipping", **ANNA)
        assert done["shipments_wait"] == 3
        assert "not_charged" not in done

    def test_charging_alone_leaves_the_shipments(self):
        number = order("CLUB")
        make_children(ON)
        done = actions.hold(number=number, stops="charging", **ANNA)
        assert ("shipments_wait" in done, done["not_charged"], "not_charged_of_sent" in done) == (
            False,
            "16.50 USD",
            False,
        )

    def test_a_child_its_own(self):
        number = order("CLUB")
        make_children(ON)
        done = actions.hold(number=f"{number}-1-001", **ANNA)
        assert (done["not_charged"], "shipments_wait" in done) == ("16.50 USD", False)


def test_a_line_that_ended_is_as_it_was():
    number = order("CLUB", "LOOP")
    actions.cancel(number=number, line=2, **ANNA)
    actions.undo(number=number, **ANNA)
    assert set(ContinuityOrder.objects.values_list("status", "last_shipment")) == {("open", None)}
    assert lines(number, "status", at=1)[0] == "scheduled"
