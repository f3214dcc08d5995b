"""Kinds of holds: what each stops and leaves alone, who may release it, and that a hold without a code is as it was."""

from __future__ import annotations

from typing import Any

import pytest

from perennial.catalog.models import HoldCode
from perennial.desk import actions
from perennial.jobs.check import check
from perennial.jobs.process_payments import ProcessPayments
from perennial.kernel.states import HOLD_STOPS, hold_stops
from perennial.orders.models import Hold
from tests.worlds.bundle import put
from tests.worlds.codes import CODES
from tests.worlds.desk import ANNA, ON, book, day, lines, make_children, order, payments, refused, run, sent, shown

pytestmark = pytest.mark.usefixtures("club")
WHY: dict[str, Any] = {**ANNA, "reason": "asked"}


@pytest.fixture(autouse=True)
def _set_up(club: None) -> Any:
    put({"hold_codes": CODES["hold_codes"]})
    yield
    assert check()["faults"] == []


def status(number: str) -> str:
    return next(one[-1] for one in payments(number) if one[0] == f"{number}-1-001")


def test_its_parts_in_any_order_are_one_word() -> None:
    assert hold_stops("invoicing+sending") == "sending+invoicing"
    assert hold_stops("sending+children+invoicing") == "shipping"
    assert hold_stops("shipping+charging") == hold_stops("both") == "both"
    assert [hold_stops(word) for word in ("", "sending+", "all")] == [None, None, None]
    assert len(HOLD_STOPS) == 15


def test_its_code_says_what_a_hold_stops_and_the_hold_keeps_it() -> None:
    number = order("CLUB")
    done = actions.hold(number=number, code="BILL", **WHY)
    assert (done.code, done.stops, done.shipments_wait, done.not_charged) == ("BILL", "charging", 0, None)
    put({"hold_codes": [{"code": "BILL", "stops": "both"}]})
    assert shown(number)["holds"][0]["stops"] == "charging"
    assert make_children(ON) == 1


def test_one_that_stops_new_children_lets_those_go_that_are_made() -> None:
    number = order("CLUB")
    make_children(ON)
    done = actions.hold(number=number, code="NEW", **WHY)
    assert (done.still_ships, done.shipments_wait) == ((f"{number}-1-001",), 3)
    assert make_children(day(10)) == 0
    assert lines(number, "blocked")[1] == "hold"
    run(ProcessPayments(), ON)
    sent(f"{number}-1-001", day(5))
    run(ProcessPayments(), day(5))
    assert status(number) == "captured"


def test_one_that_stops_sending_lets_its_money_be_asked_for() -> None:
    number = order("CLUB")
    make_children(ON)
    child = f"{number}-1-001"
    actions.hold(number=child, code="DOOR", **WHY)
    with refused("number", "on_hold"):
        actions.ship(number=child, on=day(5), by="warehouse")
    run(ProcessPayments(), day(5))
    assert status(number) == "authorised"
    assert make_children(day(10)) > 0  # a held child holds itself alone (D15)
    actions.release(number=child, on=day(6), by="clerk:anna")
    sent(child, day(6))


def test_one_that_stops_invoicing_lets_it_be_sent() -> None:
    number = order("CLUB")
    make_children(ON)
    child = f"{number}-1-001"
    actions.hold(number=child, code="PAPER", **WHY)
    actions.ship(number=child, on=day(5), by="warehouse")
    with refused("number", "on_hold"):
        actions.invoice(number=child, on=day(6), by="warehouse")
    actions.release(number=child, on=day(6), by="clerk:anna")
    actions.invoice(number=child, on=day(6), by="warehouse")


def test_one_that_stops_charging_keeps_the_money_back_alone() -> None:
    number = order("CLUB")
    make_children(ON)
    child = f"{number}-1-001"
    assert actions.hold(number=child, code="BILL", **WHY).not_charged is not None
    sent(child, day(5))
    run(ProcessPayments(), day(5))
    assert status(number) == "due"


def test_of_a_parent_it_stops_its_ordinary_lines_themselves() -> None:
    number = order(book())
    actions.hold(number=number, code="PAPER", **WHY)
    run(ProcessPayments(), ON)
    actions.ship(number=number, on=ON, by="warehouse")
    with refused("number", "on_hold"):
        actions.invoice(number=number, on=ON, by="warehouse")
    actions.release(number=number, **ANNA)
    actions.invoice(number=number, on=ON, by="warehouse")


def test_what_may_not_be_placed() -> None:
    number = order("CLUB")
    make_children(ON)
    with refused("code", "hold_code_unknown", "FRAUD"):
        actions.hold(number=number, code="FRAUDE", **WHY)
    with refused("stops", "hold_code_says_what"):
        actions.hold(number=number, code="BILL", stops="both", **WHY)
    with refused("stops", "unknown_word"):
        actions.hold(number=number, stops="everything", **WHY)
    with refused("stops", "hold_stops_nothing_of_child"):
        actions.hold(number=f"{number}-1-001", code="NEW", **WHY)
    HoldCode.objects.filter(code="BILL").update(active=False)
    with refused("code", "hold_code_unknown"):
        actions.hold(number=number, code="BILL", **WHY)


def test_without_a_code_it_is_as_it_was_whatever_is_set_up() -> None:
    number = order("CLUB", book())
    done = actions.hold(number=number, **WHY)
    assert (done.code, done.stops) == ("hold", "both")
    assert actions.release(number=number, roles=("clerk",), **ANNA).released == ("hold",)
    assert actions.hold(number=number, stops="invoicing+sending", **WHY).stops == "sending+invoicing"


def test_a_parent_that_sends_nothing_itself_is_not_held_by_what_stops_sending() -> None:
    number = order("CLUB")
    with refused("code", "hold_stops_nothing_of_parent"):
        actions.hold(number=number, stops="sending", **WHY)


def test_where_no_list_is_set_up_any_code_may_be_placed() -> None:
    HoldCode.objects.all().delete()
    number = order("CLUB")
    assert actions.hold(number=number, code="inquiry", stops="shipping", **WHY).stops == "shipping"


class TestRelease:
    def test_a_role_that_may_not_is_refused_and_the_others_go(self) -> None:
        number = order("CLUB")
        actions.hold(number=number, code="FRAUD", **WHY)
        with refused("code", "hold_not_yours", "finance, sales manager"):
            actions.release(number=number, roles=("clerk",), **ANNA)
        actions.hold(number=number, code="NEW", **WHY)
        done = actions.release(number=number, roles=("clerk",), **ANNA)
        assert (done.released, done.kept) == (("NEW",), ("FRAUD",))
        assert shown(number)["held"] is True
        assert actions.release(number=number, roles=("clerk", "manager"), **ANNA).released == ("FRAUD",)

    def test_a_role_that_changes_no_orders_releases_what_is_for_it_alone(self) -> None:
        number = order("CLUB")
        actions.hold(number=number, code="FRAUD", **WHY)
        actions.hold(number=number, **WHY)
        done = actions.release(number=number, roles=("finance",), **ANNA)
        assert (done.released, done.kept) == (("FRAUD",), ("hold",))
        with refused("code", "hold_not_yours", "clerk, sales manager"):
            actions.release(number=number, roles=("finance",), **ANNA)

    def test_whoever_runs_the_installation_may_all(self) -> None:
        number = order("CLUB")
        actions.hold(number=number, code="FRAUD", **WHY)
        assert actions.release(number=number, **ANNA).released == ("FRAUD",)

    def test_it_is_not_taken_back_either_by_who_may_not(self) -> None:
        number = order("CLUB")
        actions.hold(number=number, code="FRAUD", **WHY)
        with refused("code", "hold_not_yours"):
            actions.undo(number=number, roles=("clerk",), **ANNA)
        actions.undo(number=number, roles=("manager",), **ANNA)
        assert shown(number)["held"] is False

    def test_one_that_ends_by_itself_still_does(self) -> None:
        number = order("CLUB")
        actions.hold(number=number, code="FRAUD", until=day(12), **WHY)
        make_children(day(12))
        assert Hold.objects.get().released_on == day(12)
