"""Submit, accept, hold, release with its ways to catch up, cancel, retry what was parked."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db.models import F

from perennial.continuity.models import ContinuityOrder, Occurrence, Parked
from perennial.desk.queries import Fitting, order_ids
from perennial.jobs.check import check, check_once
from perennial.jobs.close_orders import CloseOrders
from perennial.kernel.money import text
from perennial.orders.models import Hold, OrderEvent, SalesOrder
from perennial.payments import blocked
from perennial.payments.models import Payment
from perennial.payments.noted import note_all
from perennial.payments.surplus import surplus
from perennial.programs.models import Program, ProgramRevision
from tests.worlds import actions
from tests.worlds.desk import (
    ANNA,
    ON,
    adjustments,
    book,
    day,
    last_event,
    line,
    lines,
    make_children,
    occurrences,
    order,
    payments,
    refused,
    run,
    sent,
    shown,
    unchanged,
)
from tests.worlds.leading import lead

pytestmark = pytest.mark.usefixtures("club")

WHY = {**ANNA, "reason": "she asked"}


def walk(number: str) -> list[tuple[Any, ...]]:
    """(shipment, event_on, ship_on, status) of the walk, days as month-day."""
    return [(o.shipment, f"{o.event_on:%m-%d}", f"{o.ship_on:%m-%d}", o.status) for o in occurrences(number)]


@pytest.fixture(autouse=True)
def _in_order() -> Any:
    """Whatever is done, the data holds together."""
    yield
    assert check()["faults"] == []
    assert check_once()["faults"] == []


class TestSubmit:
    def test_a_draft_opens_and_its_money_is_due(self):
        number = order("PART", book(), submit=False)
        assert {p[4] for p in payments(number)} == {"draft"}
        assert make_children(ON) == 0
        assert actions.submit(number=number, **WHY) == {"order": number, "status": "open"}
        assert last_event(number) == ("submitted", ON, "clerk:anna", "she asked", None)
        assert [s for *_, s in walk(number)] == ["scheduled"] * 3
        assert {p[4] for p in payments(number)} == {"due"}
        assert shown(number)["continuity"][0]["status"] == "open"
        assert make_children(ON) == 1

    def test_twice(self):
        number = order("CLUB")
        with refused("number", "not_a_draft", "is open: only a draft"):
            actions.submit(number=number, **ANNA)

    def test_a_cancelled_one(self):
        number = order("CLUB", submit=False)
        actions.cancel(number=number, **ANNA)
        with refused("number", "not_a_draft", "is cancelled"):
            actions.submit(number=number, **ANNA)

    def test_a_program_that_was_retired_meanwhile(self):
        number = order("CLUB", submit=False)
        Program.objects.filter(schedule_id="CLUB").update(active=False)
        with refused("number", "program_not_active", "CLUB"):
            actions.submit(number=number, **ANNA)

    def test_a_child_or_nothing(self):
        number = order("CLUB")
        make_children(ON)
        with refused("number", "is_child_order"):
            actions.submit(number=f"{number}-1-001", **ANNA)
        with refused("number", "order_unknown"):
            actions.submit(number="SO-000404", **ANNA)


class TestAccept:
    def test_what_waited_for_it_ships(self):
        number = order("CLUB", acceptance_required=True)
        assert make_children(ON) == 0
        assert lines(number, "blocked")[0] == "acceptance"
        assert actions.accept(number=number, **WHY) == {"order": number, "acceptance": "given"}
        assert last_event(number) == ("accepted", ON, "clerk:anna", "she asked", None)
        assert (shown(number)["acceptance"], lines(number, "blocked")[0]) == ("given", None)
        assert make_children(ON) == 1

    def test_late_it_catches_up_as_the_program_says(self):
        number = order("CLUB", acceptance_required=True)
        make_children(day(6))
        actions.accept(number=number, **{**ANNA, "on": day(6)})
        assert walk(number)[:2] == [(1, "03-16", "03-16", "scheduled"), (2, "03-26", "03-26", "scheduled")]
        assert last_event(number)[4] == {"line": 1, "how": "resume", "shipments": [1]}

    def test_twice_or_not_awaited(self):
        number = order("CLUB", acceptance_required=True)
        actions.accept(number=number, **ANNA)
        with refused("number", "no_acceptance_awaited"):
            actions.accept(number=number, **ANNA)
        other = order("CLUB")
        with refused("number", "no_acceptance_awaited"):
            actions.accept(number=other, **ANNA)

    def test_cancelled_meanwhile(self):
        number = order("CLUB", acceptance_required=True)
        actions.cancel(number=number, **ANNA)
        with refused("number", "order_over"):
            actions.accept(number=number, **ANNA)

    def test_an_unknown_way_to_catch_up(self):
        number = order("CLUB", acceptance_required=True)
        with refused("catch_up", "unknown_word", "resume, skip, send, merge"):
            actions.accept(number=number, catch_up="later", **ANNA)


class TestWaiting:
    def test_a_shipment_waits_as_one(self):
        """What a change has put into a shipment that waits, waits with it: in half it would neither ship nor be counted."""
        number = order("CLUB", acceptance_required=True)
        first, second, *_ = occurrences(number)
        Occurrence.objects.filter(pk=first.pk).update(blocked="acceptance")
        Occurrence.objects.filter(pk=second.pk).update(shipment=first.shipment)
        blocked.recompute([first.continuity_order_id])
        assert [o.blocked for o in occurrences(number)] == ["acceptance", "acceptance", None, None]


class TestHold:
    def test_a_parent_makes_no_child(self):
        number = order("CLUB")
        done = actions.hold(number=number, code="fraud", stops="shipping", **{**ANNA, "reason": "odd"})
        assert done == {"order": number, "held": True, "code": "fraud", "stops": "shipping", "shipments_wait": 4}
        assert last_event(number) == (
            "held",
            ON,
            "clerk:anna",
            "odd",
            {"code": "fraud", "stops": "shipping"},
        )
        document = shown(number)
        assert document["held"] is True
        assert document["holds"] == [
            {
                "code": "fraud",
                "reason": "odd",
                "stops": "shipping",
                "on": "2026-03-10",
                "by": "clerk:anna",
                "released_on": None,
                "until": None,
                "reason_code": None,
            }
        ]
        assert make_children(ON) == 0
        assert lines(number, "blocked")[0] == "hold"
        assert "odd" in lines(number, "why")[0]["not_shipped"]

    def test_one_that_stops_charging_alone_lets_it_ship(self):
        number = order("CLUB")
        actions.hold(number=number, stops="charging", **WHY)
        assert make_children(ON) == 1

    def test_a_child_waits_itself(self):
        number = order("CLUB")
        make_children(ON)
        child = f"{number}-1-001"
        actions.hold(number=child, **WHY)
        assert last_event(number)[4] == {"code": "hold", "stops": "both", "child": child}
        assert (shown(number)["held"], shown(number)["children"][0]["held"]) == (False, True)
        with refused("number", "on_hold", "she asked"):
            actions.ship(number=child, on=ON, by="warehouse")
        assert make_children(day(5)) == 1
        actions.release(number=child, **ANNA)
        actions.ship(number=child, on=ON, by="warehouse")

    def test_twice_with_one_code_and_with_two(self):
        number = order("CLUB")
        actions.hold(number=number, code="a", **WHY)
        with refused("code", "held_already", "open hold 'a' already"):
            actions.hold(number=number, code="a", **WHY)
        actions.hold(number=number, code="b", **WHY)
        assert Hold.objects.filter(released_on=None).count() == 2

    def test_what_it_stops_is_one_of_three(self):
        number = order("CLUB")
        with refused("stops", "unknown_word"):
            actions.hold(number=number, stops="everything", **WHY)

    def test_what_is_cancelled_cannot_be_held_a_dispute_about_what_is_invoiced_can(self):
        number = order("CLUB")
        make_children(ON)
        sent(f"{number}-1-001", ON)
        actions.hold(number=f"{number}-1-001", stops="charging", **WHY)
        assert shown(number)["children"][0]["held"] is True
        other = order("CLUB")
        actions.cancel(number=other, **ANNA)
        with refused("number", "cannot_be_held", "is cancelled"):
            actions.hold(number=other, **WHY)

    def test_nothing(self):
        with refused("number", "order_unknown"):
            actions.hold(number="SO-000404", **WHY)


class TestRelease:
    def late(self, program: str = "CLUB", until: int = 16, **entry: Any) -> str:
        """An order that is held from the beginning, and so many nights."""
        number = order(program, **entry)
        actions.hold(number=number, **WHY)
        for night in range(until):
            make_children(day(night))
        return number

    def test_all_of_them_or_the_one_that_is_named(self):
        number = order("CLUB")
        for code in ("b", "a", "c"):
            actions.hold(number=number, code=code, **WHY)
        assert actions.release(number=number, code="c", **WHY) == {"order": number, "released": ["c"]}
        assert shown(number)["held"] is True
        assert actions.release(number=number, **WHY) == {"order": number, "released": ["a", "b"]}
        found = Hold.objects.values_list("released_on", "released_by").distinct()
        assert list(found) == [(ON, "clerk:anna")]
        assert last_event(number) == ("released", ON, "clerk:anna", "she asked", {"codes": ["a", "b"]})

    def test_nothing_to_release(self):
        number = order("CLUB")
        with refused("number", "not_on_hold", "has no open hold"):
            actions.release(number=number, **ANNA)
        actions.hold(number=number, **WHY)
        with refused("code", "hold_unknown", "no open hold 'fraud'"):
            actions.release(number=number, code="fraud", **ANNA)
        actions.release(number=number, **ANNA)
        with refused("number", "not_on_hold"):
            actions.release(number=number, **ANNA)

    def test_an_unknown_way_to_catch_up(self):
        number = self.late(until=1)
        with refused("catch_up", "unknown_word"):
            actions.release(number=number, catch_up="", **ANNA)

    def test_resume_is_the_default_the_first_late_one_moves_from_here_on(self):
        number = self.late()
        done = actions.release(number=number, **{**WHY, "on": day(16)})  # two are late, on a Thursday
        assert done["moved"] == [
            {"order": number, "line": 1, "shipment": shipment, "ship_on": f"2026-{ship_on}"}
            for shipment, ship_on in ((1, "03-26"), (2, "04-06"), (3, "04-15"), (4, "04-25"))
        ]
        assert walk(number) == [
            (1, "03-26", "03-26", "scheduled"),
            (2, "04-05", "04-06", "scheduled"),
            (3, "04-15", "04-15", "scheduled"),
            (4, "04-25", "04-25", "scheduled"),
        ]
        assert adjustments(number) == [("A", 0, "redate", "2026-03-26")]
        assert last_event(number) == (
            "caught_up",
            day(16),
            "clerk:anna",
            "she asked",
            {"line": 1, "how": "resume", "shipments": [1, 2]},
        )
        assert make_children(day(16)) == 1

    def test_where_what_follows_would_leave_the_calendar_the_business_date_is_at_fault(self):
        number = self.late()
        with refused("on", "date_days_beyond", "beyond the calendar"):
            actions.release(number=number, **{**ANNA, "on": date.max})

    def test_skip(self):
        number = self.late()
        done = actions.release(number=number, catch_up="skip", **{**ANNA, "on": day(16)})
        assert done["caught_up"] == [{"order": number, "line": 1, "shipments": [1, 2], "how": "skip"}]
        assert "moved" not in done
        assert [s for *_, s in walk(number)] == ["skipped", "skipped", "scheduled", "scheduled"]
        assert adjustments(number) == [("A", 0, "skip", True), ("B", 0, "skip", True)]
        assert walk(number)[2][1:3] == ("03-30", "03-30")

    def test_send_each_ships_at_the_next_run(self):
        number = self.late()
        done = actions.release(number=number, catch_up="send", **{**ANNA, "on": day(16)})
        assert done["caught_up"] == [{"order": number, "line": 1, "shipments": [1, 2], "how": "send"}]
        assert walk(number)[:2] == [(1, "03-10", "03-10", "scheduled"), (2, "03-20", "03-20", "scheduled")]
        assert make_children(day(16)) == 3
        assert {c["ship_on"] for c in shown(number)["children"][:2]} == {"2026-03-26"}

    def test_merge_they_ship_as_one(self):
        number = self.late()
        done = actions.release(number=number, catch_up="merge", **{**ANNA, "on": day(16)})
        assert done["caught_up"] == [{"order": number, "line": 1, "shipments": [1, 2], "how": "merge"}]
        assert [(n, s) for n, *_, s in walk(number)] == [
            (1, "scheduled"),
            (1, "scheduled"),
            (2, "scheduled"),
            (3, "scheduled"),
        ]
        assert adjustments(number) == [("A", 0, "merge", 1), ("B", 0, "merge", 1)]
        assert make_children(day(16)) == 2
        first = shown(number)["children"][0]
        assert [line["item_number"] for line in first["lines"]] == ["B1", "B2", "B6"]
        assert (first["delivery"], first["total"]) == ("5.00", "170.50")

    def test_one_alone_is_not_merged(self):
        number = self.late(until=6)
        done = actions.release(number=number, catch_up="merge", **{**ANNA, "on": day(6)})
        assert done["caught_up"] == [{"order": number, "line": 1, "shipments": [1], "how": "send"}]
        assert adjustments(number) == []
        assert walk(number)[0] == (1, "03-10", "03-10", "scheduled")

    def test_the_program_says_which(self):
        number = self.late("LOOP")
        actions.release(number=number, **{**ANNA, "on": day(16)})
        assert walk(number)[0] == (1, "03-10", "03-10", "scheduled")
        assert adjustments(number) == []

    def test_nothing_is_late(self):
        number = order("CLUB")
        actions.hold(number=number, **WHY)
        actions.release(number=number, **ANNA)
        assert last_event(number)[0] == "released"

    def test_the_code_of_a_failed_payment_is_not_for_people(self):
        number = order("CLUB")
        with refused("code", "hold_code_of_payments", "is the code of holds that money places"):
            actions.hold(number=number, code="payment", **ANNA)

    def test_a_child_that_is_made_already_still_ships_and_is_named(self):
        number = order("CLUB")
        assert "still_ships" not in actions.hold(number=number, code="early", **ANNA)
        actions.release(number=number, **ANNA)
        make_children(ON)
        child = f"{number}-1-001"
        assert actions.hold(number=number, code="a", **ANNA)["still_ships"] == [child]
        assert "still_ships" not in actions.hold(number=number, code="b", stops="charging", **ANNA)
        actions.hold(number=child, **ANNA)
        assert "still_ships" not in actions.hold(number=number, code="c", **ANNA)
        assert actions.release(number=number, **ANNA) == {
            "order": number,
            "released": ["a", "b", "c"],
            "still_held": [child],
        }

    def test_while_another_hold_stops_it_nothing_catches_up(self):
        number = self.late()
        actions.hold(number=number, code="fraud", **WHY)
        actions.release(number=number, code="hold", **{**ANNA, "on": day(16)})
        assert walk(number)[0] == (1, "03-10", "03-10", "scheduled")
        actions.release(number=number, code="fraud", **{**ANNA, "on": day(17)})
        assert walk(number)[0] == (1, "03-27", "03-27", "scheduled")

    def test_a_shared_shipment_is_moved_alone(self):
        number = self.late("MISS", until=3)
        actions.release(number=number, **{**ANNA, "on": day(3)})
        assert walk(number) == [
            (1, "02-10", "03-13", "scheduled"),
            (1, "02-20", "03-13", "scheduled"),
            (2, "03-22", "03-22", "scheduled"),
            (3, "04-01", "04-01", "scheduled"),
        ]

    def test_what_is_late_behind_a_shared_shipment_keeps_its_distance(self):
        number = self.late("MISS", until=14)
        done = actions.release(number=number, **{**ANNA, "on": day(14)})
        assert [(one["shipment"], one["ship_on"]) for one in done["moved"]] == [
            (1, "2026-03-24"), (2, "2026-04-05"), (3, "2026-04-15"),
        ]  # fmt: skip
        assert walk(number)[2:] == [(2, "04-05", "04-05", "scheduled"), (3, "04-15", "04-15", "scheduled")]
        assert make_children(day(14)) == 1  # one parcel, not two

    def test_one_that_was_moved_in_front_of_the_previous_one_resumes_with_it(self):
        number = order("CLUB")
        make_children(ON)
        actions.move(number=number, shipment=3, to=day(6), **ANNA)
        actions.hold(number=number, **WHY)
        make_children(day(1))
        actions.release(number=number, **{**ANNA, "on": day(8)})
        assert walk(number)[1:] == [
            (2, "03-20", "03-20", "scheduled"),
            (3, "03-20", "03-20", "scheduled"),
            (4, "03-30", "03-30", "scheduled"),
        ]

    def apart(self) -> str:
        """Two late shipments, the second and the third, in front of a child."""
        number = order("CLUB")
        actions.move(number=number, shipment=4, to=day(3), **ANNA)
        for shipment in (2, 3):
            actions.skip(number=number, shipment=shipment, **ANNA)
        assert make_children(ON) == 2
        actions.hold(number=number, **WHY)
        for shipment in (2, 3):
            actions.unskip(number=number, shipment=shipment, **ANNA)
        for night in range(26):
            make_children(day(night))
        return number

    @pytest.mark.parametrize("how", ["resume", "skip", "send", "merge"])
    def test_in_front_of_a_child_numbers_and_dates_stand(self, how: str):
        number = self.apart()
        before = walk(number)
        actions.release(number=number, catch_up=how, **{**ANNA, "on": day(25)})
        after = walk(number)
        assert [(n, on) for n, on, *_ in after] == [(n, on) for n, on, *_ in before]
        ships = [ship for *_, ship, _ in after]
        assert ships == ["03-10", *(["04-06", "04-14"] if how == "resume" else ["03-20", "03-30"]), "03-13"]
        assert [s for *_, s in after][1:3] == ["skipped" if how == "skip" else "scheduled"] * 2
        assert make_children(day(25)) == {"skip": 0, "resume": 1}.get(how, 2)


class TestCancel:
    def test_nothing_shipped_it_is_cancelled_at_once(self):
        number = order("CLUB", book())
        make_children(ON)
        assert actions.cancel(number=number, **WHY) == {"order": number, "status": "cancelled"}
        assert last_event(number) == ("cancelled", ON, "clerk:anna", "she asked", {"lines": [1]})
        document = shown(number)
        assert [one["status"] for one in document["lines"]] == ["cancelled", "cancelled"]
        assert [one["status"] for one in document["children"]] == ["cancelled"]
        assert document["continuity"][0]["status"] == "cancelled"
        assert {p[4] for p in payments(number)} == {"cancelled"}
        assert {(o.shipment, o.status) for o in occurrences(number) if o.child_id is None} == {(None, "cancelled")}
        assert lines(number, "why")[-1]["not_shipped"] == f"cancelled by clerk:anna on {ON} (she asked)"
        assert make_children(day(60)) == 0

    def test_something_shipped_it_stays_open_until_it_is_closed(self):
        number = order("CLUB")
        make_children(ON)
        actions.ship(number=f"{number}-1-001", on=ON, by="warehouse")
        make_children(day(5))
        assert actions.cancel(number=number, **{**WHY, "on": day(6)}) == {
            "order": number, "status": "open", "still_owed": "16.50 USD",
        }  # fmt: skip
        assert [one["status"] for one in shown(number)["children"]] == ["shipped", "cancelled"]
        assert payments(number) == [
            (f"{number}-1-001", "shipment", 1, "16.50", "due"),
            (f"{number}-1-002", "shipment", 1, "159.50", "cancelled"),
        ]
        assert run(CloseOrders(), day(6)).get("still_open") == 1
        actions.invoice(number=f"{number}-1-001", on=day(6), by="warehouse")
        assert run(CloseOrders(), day(6))["orders"] == 1
        assert (shown(number)["status"], shown(number)["continuity"][0]["status"]) == ("invoiced", "closed")

    def test_a_line_of_which_nothing_shipped_ends_with_its_order(self):
        number = order("CLUB", line("PART", payment_method="on_account"))
        make_children(ON)
        sent(f"{number}-1-001", on=ON)
        bills = Payment.objects.filter(continuity_order__order__number=number, purpose="order")
        assert bills.update(status="billed") == 3
        done = actions.cancel(number=number, **WHY)
        assert done == {"order": number, "status": "open", "still_owed": "16.50 USD"}
        assert set(bills.values_list("status", flat=True)) == {"cancelled"}
        assert [one["status"] for one in shown(number)["continuity"]] == ["open", "open"]
        assert run(CloseOrders(), day(6)) == {"lines": 2, "orders": 1}
        document = shown(number)
        assert [one["status"] for one in document["continuity"]] == ["closed", "closed"]
        assert [one["status"] for one in document["lines"]] == ["invoiced", "cancelled"]
        assert document["status"] == "invoiced"

    def test_billed_up_front_what_will_not_come_is_not_owed(self):
        number = order("UP")
        make_children(ON)
        actions.cancel(number=number, **ANNA)
        assert payments(number) == [(number, "order", 1, "69.00", "cancelled")]

    def test_what_was_taken_for_it_is_to_be_given_back(self):
        number, other = order("UP"), order("UP")
        make_children(ON)
        sent(f"{number}-1-001", on=ON)
        Payment.objects.filter(continuity_order__order__number=number).update(
            status="captured", captured_minor=F("amount_minor")
        )
        paid = Payment.objects.get(continuity_order__order__number=number).captured_minor
        came = SalesOrder.objects.get(number=f"{number}-1-001").total_minor
        assert paid > came > 0
        assert order_ids(Fitting(waiting=True)) == []
        assert "to_refund" not in actions.cancel(number=other, **ANNA)
        done = actions.cancel(number=number, **ANNA)
        assert done == {"order": number, "status": "open", "to_refund": f"{text(paid - came, 'USD')} USD"}
        parent = SalesOrder.objects.get(number=number).pk
        assert surplus([parent]) == {parent: paid - came}
        assert order_ids(Fitting(waiting=True)) == [parent]
        Payment.objects.filter(captured_minor__gt=0).update(refunded_minor=paid - came)
        note_all()
        assert surplus([parent]) == {}
        assert order_ids(Fitting(waiting=True)) == []

    def test_what_was_billed_for_it_is_to_be_credited(self):
        number = order("UP")
        make_children(ON)
        sent(f"{number}-1-001", on=ON)
        Payment.objects.filter(continuity_order__order__number=number).update(
            method="on_account", card=None, status="billed"
        )
        billed = Payment.objects.get(continuity_order__order__number=number).amount_minor
        came = SalesOrder.objects.get(number=f"{number}-1-001").total_minor
        done = actions.cancel(number=number, after=1, **ANNA)
        assert (done["to_credit"], done.get("to_refund")) == (f"{text(billed - came, 'USD')} USD", None)

    def test_what_was_skipped_behind_the_last_one_stays_skipped(self):
        number = order("CLUB")
        actions.skip(number=number, shipment=3, **WHY)
        actions.cancel(number=number, after=2, **ANNA)
        assert [why["not_shipped"] for why in lines(number, "why")[-2:]] == [
            f"skipped by clerk:anna on {ON} (she asked)",
            f"cancelled by clerk:anna on {ON}",
        ]
        for change in (actions.unskip, actions.skip):
            with refused("shipment", "order_ends_before", "ends after shipment 2: shipment 3 does not come"):
                change(number=number, shipment=3, **ANNA)
        actions.move(number=number, shipment=2, to=day(300), following=True, **ANNA)
        assert check()["faults"] == []

    def test_what_was_paid_for_a_cancelled_child_is_to_be_given_back(self):
        number = order("CLUB")
        make_children(ON)
        lead(Payment.objects.all(), "paid", method="on_account", card=None, captured_minor=F("amount_minor"))
        done = actions.cancel(number=f"{number}-1-001", **ANNA)
        assert done["to_refund"] == f"{text(Payment.objects.get().amount_minor, 'USD')} USD"

    def test_one_line_of_two(self):
        number = order("CLUB", "UP", book())
        actions.cancel(number=number, line=2, **ANNA)
        assert [one["status"] for one in shown(number)["lines"]] == ["open", "cancelled", "open"]
        assert shown(number)["status"] == "open"
        assert last_event(number)[4] == {"lines": [2]}
        actions.cancel(number=number, **ANNA)
        assert shown(number)["status"] == "cancelled"

    def test_twice(self):
        number = order("CLUB")
        actions.cancel(number=number, **ANNA)
        with refused("number", "cancelled_already", "is cancelled already"):
            actions.cancel(number=number, **ANNA)

    def test_after_a_shipment(self):
        number = order("CLUB")
        done = actions.cancel(number=number, after=2, **WHY)
        assert done == {"order": number, "last_shipment": 2}
        assert last_event(number) == ("ends_after", ON, "clerk:anna", "she asked", {"line": 1, "shipment": 2})
        assert [(o.shipment, o.status) for o in occurrences(number)] == [
            (1, "scheduled"),
            (2, "scheduled"),
            (None, "cancelled"),
            (None, "cancelled"),
        ]
        assert shown(number)["continuity"][0]["complete"] is True
        assert lines(number, "action")[1] == "end"
        assert ContinuityOrder.objects.get().last_shipment == 2
        assert actions.cancel(number=number, after=1, **ANNA)["last_shipment"] == 1

    def test_after_what_is_not_planned_yet(self):
        number = order("LOOP")
        actions.cancel(number=number, after=7, **ANNA)
        assert shown(number)["continuity"][0]["complete"] is False
        from perennial.jobs.extend_lines import ExtendLines

        for week in range(10):
            run(ExtendLines(), day(7 * week))
            make_children(day(7 * week))
        assert [o.shipment for o in occurrences(number)] == [1, 2, 3, 4, 5, 6, 7]

    def test_after_one_whose_followers_have_children(self):
        number = order("CLUB")
        for night in (0, 5, 15):
            make_children(day(night))
        sent(f"{number}-1-001", ON)
        sent(f"{number}-1-002", day(10))
        with refused("after", "shipment_sent", f"shipment 2 is invoiced already ({number}-1-002)"):
            actions.cancel(number=number, after=1, **ANNA)
        actions.cancel(number=number, after=2, **ANNA)
        assert [one["status"] for one in shown(number)["children"]] == ["invoiced", "invoiced", "cancelled"]

    @pytest.mark.parametrize("after", [0, -1, 5])
    def test_after_a_shipment_that_is_not_there(self, after: int):
        number = order("CLUB")
        with refused("after", "shipment_unknown", f"no shipment {after}"):
            actions.cancel(number=number, after=after, **ANNA)

    def test_billed_up_front_after_one(self):
        number = order("PART")
        actions.cancel(number=number, after=1, **ANNA)
        owed = [p for p in payments(number) if p[4] != "cancelled"]
        assert [p[3] for p in owed] == ["4.00", "4.00", "4.00"]

    def test_a_child(self):
        number = order("CLUB")
        make_children(ON)
        child = f"{number}-1-001"
        done = actions.cancel(number=child, **WHY)
        assert done == {"order": child, "status": "cancelled", "again": False}
        assert last_event(number) == (
            "child_cancelled",
            ON,
            "clerk:anna",
            "she asked",
            {"child": child, "shipment": 1},
        )
        assert lines(number, "status", "child_order")[0] == ("ordered", child)
        assert payments(number) == [(child, "shipment", 1, "16.50", "cancelled")]
        assert make_children(day(4)) == 0
        with refused("number", "cancelled_already"):
            actions.cancel(number=child, **ANNA)

    def test_a_child_again_is_the_next_try(self):
        number = order("CLUB")
        make_children(ON)
        child = f"{number}-1-001"
        assert actions.cancel(number=child, again=True, **WHY)["again"] is True
        assert last_event(number) == ("made_anew", ON, "clerk:anna", "she asked", {"shipment": 1})
        assert lines(number, "status", "child_order")[0] == ("scheduled", None)
        assert make_children(ON) == 1
        assert lines(number, "child_order")[0] == f"{child}-2"
        assert list(SalesOrder.objects.filter(parent__isnull=False).order_by("id").values_list("try_no", "status")) == [
            (1, "cancelled"),
            (2, "open"),
        ]
        with refused("number", "cancelled_already"):
            actions.cancel(number=child, again=True, **ANNA)

    def test_a_cancelled_child_may_be_made_anew_later(self):
        number = order("CLUB")
        make_children(ON)
        actions.cancel(number=f"{number}-1-001", **ANNA)
        actions.cancel(number=f"{number}-1-001", again=True, **ANNA)
        assert make_children(ON) == 1

    def test_a_child_of_an_order_billed_up_front(self):
        number = order("UP")
        make_children(ON)
        actions.cancel(number=f"{number}-1-001", **ANNA)
        assert payments(number) == [(number, "order", 1, "57.00", "due")]
        actions.cancel(number=f"{number}-1-001", again=True, **ANNA)
        assert payments(number) == [(number, "order", 1, "69.00", "due")]

    def test_a_child_that_has_shipped(self):
        number = order("CLUB")
        make_children(ON)
        sent(f"{number}-1-001", ON, invoice=False)
        for again in (False, True):
            with refused("number", "cannot_be_cancelled", "is shipped"):
                actions.cancel(number=f"{number}-1-001", again=again, **ANNA)

    def test_of_a_cancelled_order_nothing_is_made_anew(self):
        number = order("CLUB")
        make_children(ON)
        actions.cancel(number=number, **ANNA)
        with refused("number", "not_made_anew"):
            actions.cancel(number=f"{number}-1-001", again=True, **ANNA)

    def test_what_is_for_the_other_kind(self):
        number = order("CLUB")
        make_children(ON)
        with refused("after", "after_is_for_parents"):
            actions.cancel(number=f"{number}-1-001", after=1, **ANNA)
        with refused("again", "again_is_for_children"):
            actions.cancel(number=number, again=True, **ANNA)
        with refused("number", "order_unknown"):
            actions.cancel(number="SO-000404", **ANNA)


class TestParkedRetry:
    def parked(self) -> str:
        number = order("CLUB")
        Parked.objects.create(
            continuity_order=ContinuityOrder.objects.get(), job="create-child-orders", reason="odd data", on_date=ON
        )
        Occurrence.objects.update(blocked="parked")
        assert make_children(day(5)) == 0
        assert "odd data" in lines(number, "why")[0]["not_shipped"]
        return number

    def test_it_goes_on(self):
        number = self.parked()
        assert actions.parked_retry(number=number, **WHY) == {"order": number, "parked": False}
        assert last_event(number) == ("retried", ON, "clerk:anna", "she asked", None)
        assert Parked.objects.get().resolved_on == ON
        assert set(lines(number, "blocked")) == {None}
        assert make_children(ON) == 1

    def test_late_ones_catch_up(self):
        number = self.parked()
        actions.parked_retry(number=number, catch_up="skip", **{**ANNA, "on": day(12)})
        assert lines(number, "status")[:4] == ["skipped", "skipped", "skipped", "scheduled"]

    def test_twice(self):
        number = self.parked()
        actions.parked_retry(number=number, **ANNA)
        with refused("number", "not_parked", "is not parked"):
            actions.parked_retry(number=number, **ANNA)

    def test_an_unknown_way_to_catch_up(self):
        number = self.parked()
        with refused("catch_up"):
            actions.parked_retry(number=number, catch_up="no", **ANNA)


def test_who_did_what_is_told_in_the_order_in_which_it_was_done():
    number = order("CLUB")
    actions.hold(number=number, **WHY)
    actions.release(number=number, **WHY)
    actions.skip(number=number, shipment=2, **WHY)
    actions.cancel(number=number, **WHY)
    found = [(e["kind"], e["by"]) for e in shown(number)["events"]]
    assert found == [
        (kind, "clerk:anna") for kind in ("entered", "submitted", "held", "released", "skipped", "cancelled")
    ]
    assert OrderEvent.objects.count() == 6


def test_reading_an_order_writes_nothing():
    number = order("CLUB", line("PART"))
    with unchanged():
        shown(number)
    assert Payment.objects.count() == 3
    assert ProgramRevision.objects.count() == 6
