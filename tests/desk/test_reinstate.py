"""A member who had stopped comes back: from where they were, nothing of what they had again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from perennial.continuity.models import ContinuityOrder
from perennial.desk.orders.short import Pieces
from perennial.jobs.check import check, check_once
from perennial.jobs.close_orders import CloseOrders
from perennial.jobs.process_payments import ProcessPayments
from perennial.orders.models import SalesOrder
from perennial.payments.models import Payment
from perennial.payments.surplus import surplus
from perennial.programs.models import Program
from tests.desk.test_refunds import captured
from tests.worlds import actions
from tests.worlds.desk import (
    ANNA,
    book,
    day,
    last_event,
    line,
    make_children,
    occurrences,
    order,
    payments,
    refused,
    run,
    sent,
    shown,
)

pytestmark = pytest.mark.usefixtures("club")


@pytest.fixture(autouse=True)
def _in_order() -> Any:
    yield
    assert check()["faults"] == []
    assert check_once()["faults"] == []


def walk(number: str) -> list[tuple[Any, ...]]:
    """(event, shipment, status, day after the order)."""
    return [(o.event_key, o.shipment, o.status, (o.event_on - day(0)).days) for o in occurrences(number)]


def after_two(number: str, *, closed: bool) -> None:
    """Two were sent, then the member stopped."""
    for shipment, on in ((1, 0), (2, 10)):
        make_children(day(on))
        sent(f"{number}-1-{shipment:03d}", day(on))
    actions.cancel(number=number, on=day(11), by="clerk:anna", ended_by="customer")
    if closed:
        run(CloseOrders(), day(12))


BACK: dict[str, Any] = {"on": day(100), "by": "clerk:anna"}


@pytest.mark.parametrize("closed", [False, True])
def test_from_where_they_were_on_the_day_that_was_asked(closed: bool) -> None:
    number = order("CLUB")
    after_two(number, closed=closed)
    assert shown(number)["status"] == ("invoiced" if closed else "open")
    done = actions.reinstate(number=number, next_on=day(111), reason="misses it", **BACK)
    assert (done["status"], done["next_on"]) == ("open", str(day(111)))
    assert walk(number) == [
        ("A", 1, "ordered", 0),
        ("B", 2, "ordered", 10),
        ("C", 3, "scheduled", 111),
        ("D", 4, "scheduled", 121),
    ]
    assert last_event(number)[0::4] == ("reinstated", {"lines": [1], "to": str(day(111))})
    assert make_children(day(111)) == 1
    assert [(c["shipment"], [one["item_number"] for one in c["lines"]]) for c in shown(number)["children"]] == [
        (1, ["B1"]), (2, ["B2", "B6"]), (3, ["B3"]),
    ]  # fmt: skip
    for shipment, on in ((3, 111), (4, 121)):
        make_children(day(on))
        sent(f"{number}-1-{shipment:03d}", day(on))
    run(CloseOrders(), day(130))
    assert (shown(number)["status"], ContinuityOrder.objects.get().status) == ("invoiced", "closed")


def test_one_that_was_never_sent_anything_begins_at_its_beginning() -> None:
    number = order("CLUB")
    actions.cancel(number=number, **ANNA)
    assert shown(number)["status"] == "cancelled"
    assert actions.reinstate(number=number, next_on=day(3), **ANNA)["next_on"] == str(day(3))
    assert [one[1:] for one in walk(number)] == [(k, "scheduled", 3 + 10 * (k - 1)) for k in (1, 2, 3, 4)]


def test_without_a_day_what_is_late_catches_up() -> None:
    number = order("CLUB")
    after_two(number, closed=True)
    done = actions.reinstate(number=number, catch_up="send", **BACK)
    assert done["caught_up"] == [{"order": number, "line": 1, "shipments": [3, 4], "how": "send"}]
    assert [one[3] for one in walk(number)] == [0, 10, 20, 30]
    assert make_children(day(100)) == 2


def test_a_child_that_was_cancelled_with_the_order_comes_again_and_one_cancelled_by_itself_does_not() -> None:
    number = order("CLUB")
    make_children(day(10))
    actions.cancel(number=f"{number}-1-001", **ANNA)
    actions.cancel(number=number, **ANNA)
    actions.reinstate(number=number, next_on=day(20), on=day(15), by="clerk:anna")
    assert [one[0:3] for one in walk(number)] == [
        ("A", 1, "ordered"), ("B", 2, "scheduled"), ("C", 3, "scheduled"), ("D", 4, "scheduled"),
    ]  # fmt: skip
    make_children(day(20))
    assert [(c["shipment"], c["status"]) for c in shown(number)["children"]] == [
        (1, "cancelled"), (2, "cancelled"), (2, "open"),
    ]  # fmt: skip


def test_what_was_skipped_stays_skipped_and_what_a_person_changed_stays() -> None:
    number = order("CLUB")
    actions.skip(number=number, shipment=3, **ANNA)
    actions.price(number=number, shipment=4, price="1.00", **ANNA)
    actions.cancel(number=number, after=1, **ANNA)
    actions.reinstate(number=number, **ANNA)
    assert [one[2] for one in walk(number)] == ["scheduled", "scheduled", "skipped", "scheduled"]
    assert shown(number)["continuity"][0]["lines"][-1]["price"] == "1.00"


def test_one_that_is_repeated_until_stopped() -> None:
    number = order("LOOP")
    make_children(day(2))
    for shipment in (1, 2):
        sent(f"{number}-1-{shipment:03d}", day(2))
    actions.cancel(number=number, on=day(3), by="clerk:anna")
    run(CloseOrders(), day(4))
    actions.reinstate(number=number, next_on=day(100), **BACK)
    assert [one[1:] for one in walk(number)] == [(1, "ordered", 0), (2, "ordered", 7), (3, "scheduled", 100)]
    assert not ContinuityOrder.objects.get().complete


def test_what_is_billed_up_front_is_owed_again_unless_money_was_given_back() -> None:
    number = order("UP")
    before = payments(number)
    actions.cancel(number=number, **ANNA)
    assert payments(number)[0][4] == "cancelled"
    actions.reinstate(number=number, **ANNA)
    assert payments(number) == before


def test_one_line_alone() -> None:
    number = order(line("CLUB"), line("UP"), book())
    actions.cancel(number=number, **ANNA)
    actions.reinstate(number=number, line=2, **ANNA)
    assert [c["status"] for c in shown(number)["continuity"]] == ["cancelled", "open"]
    assert [one["status"] for one in shown(number)["lines"]] == ["cancelled", "open", "cancelled"]


def test_who_never_stopped_does_not_come_back() -> None:
    number = order("CLUB")
    with refused("number", "nobody_stopped"):
        actions.reinstate(number=number, **ANNA)
    actions.cancel(number=number, after=2, **ANNA)
    with refused("next_on", "date_past"):
        actions.reinstate(number=number, next_on=day(-1), **ANNA)
    Program.objects.filter(schedule_id="CLUB").update(active=False)
    with refused("number", "program_not_active"):
        actions.reinstate(number=number, **ANNA)
    draft = order("UP", submit=False)
    actions.cancel(number=draft, **ANNA)
    with refused("number", "was_a_draft"):
        actions.reinstate(number=draft, **ANNA)


def test_all_of_it_was_sent() -> None:
    number = order("CLUB")
    make_children(day(30))
    for shipment in (1, 2, 3, 4):
        sent(f"{number}-1-{shipment:03d}", day(30))
    actions.cancel(number=number, on=day(31), by="clerk:anna")
    with refused("number", "nothing_left_to_come"):
        actions.reinstate(number=number, **BACK)
    assert SalesOrder.objects.get(number=number).status == "open"
    assert not Payment.objects.filter(status="cancelled").exists()


def test_money_given_back_or_written_off_up_front_is_not_given_away() -> None:
    number = order("UP")
    actions.settle(number=number, end="written-off", reason="never pays", **ANNA)
    with refused("number", "billed_up_front_and_written_off"):
        actions.reinstate(number=number, on=day(2), by="clerk:anna")


def went_short(number: str) -> str:
    """Of the second shipment one piece is missing, and follows; the child that brings it."""
    make_children(day(10))
    for shipment, pieces in ((1, []), (2, [Pieces(2, Decimal(1))])):
        child = f"{number}-1-{shipment:03d}"
        actions.ship(
            number=child, pieces=pieces, rest="later" if pieces else None, on=day(10), by="warehouse"
        )  # fmt: skip
        actions.invoice(number=child, on=day(10), by="warehouse")
    return f"{number}-1-002-2"


def test_what_follows_a_shipment_that_went_short_comes_again_once_unless_it_was_cancelled_by_itself() -> None:
    number = order("CLUB")
    rest = went_short(number)
    total = SalesOrder.objects.get(number=rest).total_minor
    for at in (3, 4):  # each time it was stopped
        actions.cancel(number=number, on=day(11), by="clerk:anna")
        done = actions.reinstate(number=number, next_on=day(20), on=day(12), by="clerk:anna")
        assert (done["rests"], done["next_on"]) == ([f"{number}-1-002-{at}"], str(day(20)))
        assert [(one["number"][-2:], one["status"]) for one in shown(number)["children"] if one.get("rest_of")][
            -2:
        ] == [(f"-{at - 1}", "cancelled"), (f"-{at}", "open")]
    found = SalesOrder.objects.get(number=f"{number}-1-002-4")
    assert (found.total_minor, found.ship_on, found.delivery_minor) == (total, day(20), 0)
    owed = Payment.objects.get(order=found)
    assert (owed.amount_minor, owed.status) == (total, "due")
    sent(found.number, day(20))
    actions.cancel(number=number, on=day(21), by="clerk:anna")
    assert not actions.reinstate(number=number, next_on=day(22), on=day(21), by="clerk:anna").get("rests")


def test_what_follows_up_front_is_paid_already_and_one_cancelled_by_itself_stays_so() -> None:
    number = order(line("UP", 2))
    captured(Payment.objects.get())
    make_children(day(0))
    actions.ship(number=f"{number}-1-001", pieces=[Pieces(1, Decimal(1))], rest="later", on=day(0), by="warehouse")
    actions.cancel(number=number, **ANNA)
    parent = SalesOrder.objects.get(number=number).pk
    assert surplus([parent])
    actions.reinstate(number=number, on=day(1), by="clerk:anna")
    assert surplus([parent]) == {}
    actions.cancel(number=f"{number}-1-001-3", **ANNA)
    actions.cancel(number=number, **ANNA)
    actions.reinstate(number=number, on=day(1), by="clerk:anna")
    assert surplus([parent]) == {parent: 1100}
    assert not SalesOrder.objects.filter(number=f"{number}-1-001-4").exists()


def test_a_cancellation_of_a_child_that_was_taken_back_counts_as_none() -> None:
    number = order("CLUB")
    make_children(day(0))
    actions.cancel(number=f"{number}-1-001", **ANNA)
    actions.undo(number=number, **ANNA)
    actions.cancel(number=number, **ANNA)
    actions.reinstate(number=number, next_on=day(0), **ANNA)
    assert walk(number)[0] == ("A", 1, "scheduled", 0)


def test_what_stands_in_front_of_a_sent_one_comes_again_by_its_number() -> None:
    number = order("CLUB")
    make_children(day(0))
    make_children(day(10))
    actions.cancel(number=f"{number}-1-001", again=True, **ANNA)
    sent(f"{number}-1-002", day(10))
    for _ in range(2):  # a second time nothing is lost either
        actions.cancel(number=number, **{**ANNA, "on": day(11)})
        actions.reinstate(number=number, **{**ANNA, "on": day(11)})
        assert [(o.shipment, o.status) for o in occurrences(number)][:2] == [(1, "scheduled"), (2, "ordered")]
    assert make_children(day(11)) == 1
    assert [one["shipment"] for one in shown(number)["children"] if one["status"] == "open"] == [1]


def test_what_was_authorised_up_front_and_voided_meanwhile_is_owed_again() -> None:
    number = order("UP")
    run(ProcessPayments(), day(0))
    assert [p.status for p in Payment.objects.all()] == ["authorised"]
    actions.cancel(number=number, **ANNA)
    run(ProcessPayments(), day(0))
    assert [p.status for p in Payment.objects.all()] == ["voided"]
    actions.reinstate(number=number, **ANNA)
    assert [(p.status, p.attempts) for p in Payment.objects.all()] == [("due", 0)]
    run(ProcessPayments(), day(0))
    assert [p.status for p in Payment.objects.all()] == ["authorised"]
