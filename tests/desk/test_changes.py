"""Skip, unskip, move, substitute, quantity, price, address: the effect, who and why, what is refused, twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from perennial.catalog.models import DeliveryMode
from perennial.continuity.models import Adjustment, ContinuityOrder
from perennial.jobs.close_orders import CloseOrders
from perennial.jobs.extend_lines import ExtendLines
from perennial.orders.models import SalesOrder
from tests.worlds import actions
from tests.worlds.desk import (
    ANNA,
    ON,
    adjustments,
    book,
    day,
    history_of,
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
)

pytestmark = pytest.mark.usefixtures("club")

WHY = {**ANNA, "reason": "she asked"}


def statuses(number: str) -> list[Any]:
    """(shipment, status) of the walk."""
    return [(o.shipment, o.status) for o in occurrences(number)]


def days_of(number: str) -> list[tuple[str, str]]:
    """(event_on, ship_on) by occurrence, as month-day."""
    return [(f"{o.event_on:%m-%d}", f"{o.ship_on:%m-%d}") for o in occurrences(number)]


FOUR = [("03-10", "03-10"), ("03-20", "03-20"), ("03-30", "03-30"), ("04-09", "04-09")]


class TestSkip:
    def test_it_keeps_its_number_and_its_time_and_the_others_stay(self):
        number = order("CLUB")
        before = days_of(number)
        assert actions.skip(number=number, shipment=2, **WHY) == {
            "order": number,
            "shipment": 2,
            "status": "skipped",
        }
        assert statuses(number) == [(1, "scheduled"), (2, "skipped"), (3, "scheduled"), (4, "scheduled")]
        assert days_of(number) == before == FOUR
        assert adjustments(number) == [("B", 0, "skip", True)]
        row = Adjustment.objects.get()
        assert (row.by, row.on_date, row.reason) == ("clerk:anna", ON, "she asked")
        assert history_of("continuity_adjustmenthistory") == ("clerk:anna", "she asked")
        assert last_event(number) == ("skipped", ON, "clerk:anna", "she asked", {"line": 1, "shipment": 2})
        assert lines(number, "status", "customised", "blocked")[1:3] == [("skipped", ["skip"], None)] * 2
        assert "clerk:anna" in lines(number, "why")[1]["not_shipped"]

    def test_it_makes_no_child(self):
        number = order("CLUB")
        actions.skip(number=number, shipment=1, **ANNA)
        assert make_children(day(5)) == 1
        assert [c["shipment"] for c in shown(number)["children"]] == [2]

    def test_what_is_skipped_is_not_owed(self):
        number = order("PART")
        actions.skip(number=number, shipment=3, **ANNA)
        assert payments(number) == [(number, "order", k, "11.67" if k < 3 else "11.66", "due") for k in (1, 2, 3)]
        actions.unskip(number=number, shipment=3, **ANNA)
        assert payments(number) == [(number, "order", k, "23.00", "due") for k in (1, 2, 3)]

    def test_a_shared_shipment_is_skipped_as_a_whole(self):
        number = order("MISS")
        actions.skip(number=number, shipment=1, **ANNA)
        assert statuses(number) == [(1, "skipped"), (1, "skipped"), (2, "scheduled"), (3, "scheduled")]
        assert adjustments(number) == [("M", 0, "skip", True), ("N", 0, "skip", True)]
        actions.unskip(number=number, shipment=1, **ANNA)
        assert statuses(number)[:2] == [(1, "scheduled"), (1, "scheduled")]

    def test_in_a_draft(self):
        number = order("CLUB", submit=False)
        actions.skip(number=number, shipment=2, **ANNA)
        actions.skip(number=number, shipment=3, **ANNA)
        assert actions.unskip(number=number, shipment=3, **ANNA)["status"] == "planned"
        assert statuses(number) == [(1, "planned"), (2, "skipped"), (3, "planned"), (4, "planned")]
        actions.submit(number=number, **ANNA)
        assert statuses(number) == [(1, "scheduled"), (2, "skipped"), (3, "scheduled"), (4, "scheduled")]

    def test_twice_and_taken_back(self):
        number = order("CLUB")
        before = shown(number)["continuity"]
        with refused("shipment", "not_skipped"):
            actions.unskip(number=number, shipment=2, **ANNA)
        actions.skip(number=number, shipment=2, **ANNA)
        with refused("shipment", "skipped_already", "is skipped already"):
            actions.skip(number=number, shipment=2, **ANNA)
        assert actions.unskip(number=number, shipment=2, **WHY) == {
            "order": number,
            "shipment": 2,
            "status": "scheduled",
        }
        assert last_event(number) == ("unskipped", ON, "clerk:anna", "she asked", {"line": 1, "shipment": 2})
        assert shown(number)["continuity"] == before
        row = Adjustment.objects.get()
        assert (row.undone_on, row.undone_by) == (ON, "clerk:anna")
        actions.skip(number=number, shipment=2, **ANNA)
        assert Adjustment.objects.count() == 2


class TestMoveThisOne:
    def test_its_ship_on_alone_rolled_to_a_working_day(self):
        number = order("CLUB")
        done = actions.move(number=number, shipment=2, to=day(11), **WHY)  # a Saturday
        assert done == {"order": number, "shipment": 2, "ship_on": "2026-03-23"}
        assert days_of(number) == [FOUR[0], ("03-20", "03-23"), *FOUR[2:]]
        assert adjustments(number) == [("B", 0, "move", "2026-03-21")]
        assert lines(number, "customised")[:4] == [[], ["date"], ["date"], []]
        why = lines(number, "why")[1]["date"]
        assert "2026-03-21" in why
        assert "clerk:anna" in why
        assert "2026-03-23" in why
        assert last_event(number) == (
            "moved",
            ON,
            "clerk:anna",
            "she asked",
            {"line": 1, "shipment": 2, "to": "2026-03-21", "following": False},
        )

    def test_before_its_event_and_before_the_one_in_front(self):
        number = order("CLUB")
        actions.move(number=number, shipment=3, to=day(1), **ANNA)
        assert days_of(number)[2] == ("03-30", "03-11")
        assert make_children(ON) == 2
        assert sorted(c["shipment"] for c in shown(number)["children"]) == [1, 3]

    def test_where_no_working_day_is_left_in_the_calendar(self):
        number = order("CLUB")
        DeliveryMode.objects.update(working_days=[1])
        with refused("to", "date_days_beyond", "1 day after 9999-12-31 is beyond the calendar"):
            actions.move(number=number, shipment=2, to=date.max, meant=[date.max], **ANNA)

    def test_today_is_the_earliest(self):
        number = order("CLUB")
        with refused("to", "date_past", "2026-03-09 is past: the earliest date is 2026-03-10"):
            actions.move(number=number, shipment=2, to=day(-1), **ANNA)
        actions.move(number=number, shipment=2, to=ON, **ANNA)
        assert days_of(number)[1] == ("03-20", "03-10")

    def test_twice_the_last_one_counts_and_an_update_keeps_it(self):
        number = order("CLUB")
        actions.move(number=number, shipment=2, to=day(13), **ANNA)
        actions.move(number=number, shipment=2, to=day(14), **ANNA)
        assert days_of(number)[1] == ("03-20", "03-24")
        assert adjustments(number) == [("B", 0, "move", "2026-03-24")]
        assert Adjustment.objects.exclude(undone_on=None).count() == 1
        why = lines(number, "why")[1]["date"]
        assert "2026-03-23" not in why, "only the move that counts is told"

    def test_a_shared_shipment_moves_as_a_whole(self):
        number = order("MISS")
        actions.move(number=number, shipment=1, to=day(3), **ANNA)
        assert days_of(number)[:2] == [("02-10", "03-13"), ("02-20", "03-13")]
        assert make_children(day(3)) == 1

    def test_one_in_front_of_a_child(self):
        number = order("CLUB")
        actions.move(number=number, shipment=2, to=ON, **ANNA)
        actions.move(number=number, shipment=1, to=day(20), **ANNA)
        assert make_children(ON) == 1
        actions.move(number=number, shipment=1, to=day(30), **ANNA)
        assert days_of(number)[0] == ("03-10", "04-09")
        with refused("following", "child_behind"):
            actions.move(number=number, shipment=1, to=day(31), following=True, **ANNA)


class TestMoveFromHereOn:
    def test_a_reason_of_any_words_stays_in_the_why_when_this_one_is_moved_too(self):
        number = order("CLUB")
        actions.move(
            number=number, shipment=2, to=day(13), following=True, **{**ANNA, "reason": "he said; = 2026-01-01"}
        )
        actions.move(number=number, shipment=2, to=day(14), **WHY)
        wanted = (
            f": moved from here on to 2026-03-23 by clerk:anna on {ON} (he said; = 2026-01-01) = 2026-03-23;"
            f" this one moved to 2026-03-24 by clerk:anna on {ON} (she asked)"
        )
        assert lines(number, "why")[1]["date"].endswith(wanted)
        actions.quantity(number=number, quantity=Decimal(2), **ANNA)
        assert lines(number, "why")[1]["date"].endswith(wanted)

    def test_the_chain_is_dated_again(self):
        number = order("CLUB")
        done = actions.move(number=number, shipment=2, to=day(13), following=True, **WHY)
        assert done == {"order": number, "shipment": 2, "ship_on": "2026-03-23"}
        assert days_of(number) == [FOUR[0], ("03-23", "03-23"), ("04-02", "04-02"), ("04-12", "04-12")]
        assert adjustments(number) == [("B", 0, "redate", "2026-03-23")]
        assert last_event(number)[4] == {"line": 1, "shipment": 2, "to": "2026-03-23", "following": True}
        assert statuses(number) == [(k, "scheduled") for k in (1, 2, 3, 4)]
        assert lines(number, "customised") == [[], ["date"], ["date"], [], []]

    def test_on_a_weekend_the_chain_counts_from_the_day_that_was_said(self):
        number = order("CLUB")
        actions.move(number=number, shipment=2, to=day(11), following=True, **ANNA)
        assert days_of(number)[1:] == [("03-21", "03-23"), ("03-31", "03-31"), ("04-10", "04-10")]

    def test_before_the_previous_one_is_refused_and_its_day_is_not(self):
        number = order("CLUB")
        actions.move(number=number, shipment=2, to=day(13), following=True, **ANNA)
        with refused("to", "before_previous", "2026-03-22 is before the previous shipment's date 2026-03-23"):
            actions.move(number=number, shipment=3, to=day(12), following=True, **ANNA)
        actions.move(number=number, shipment=3, to=day(13), following=True, **ANNA)
        assert days_of(number)[1:3] == [("03-23", "03-23"), ("03-23", "03-23")]

    def test_the_past_is_refused(self):
        number = order("CLUB")
        with refused("to", "date_past"):
            actions.move(number=number, shipment=1, to=day(-1), following=True, **ANNA)

    def test_what_follows_does_not_run_out_of_the_calendar(self):
        number = order("CLUB")
        with refused("to", "date_days_beyond", "beyond the calendar"):
            actions.move(number=number, shipment=1, to=date(9999, 12, 31), following=True, meant=[date.max], **ANNA)
        assert days_of(number) == FOUR

    def test_behind_a_shipped_one(self):
        number = order("CLUB")
        make_children(ON)
        sent(f"{number}-1-001", ON)
        with refused("shipment", "shipment_has_child", f"{number}-1-001"):
            actions.move(number=number, shipment=1, to=day(3), following=True, **ANNA)
        actions.move(number=number, shipment=2, to=day(30), following=True, **{**ANNA, "on": day(2)})
        assert days_of(number) == [FOUR[0], ("04-09", "04-09"), ("04-19", "04-20"), ("04-29", "04-29")]

    def test_a_shared_shipment_can_be_moved_alone_only(self):
        number = order("MISS")
        with refused("following", "shipment_shared"):
            actions.move(number=number, shipment=1, to=day(3), following=True, **ANNA)

    def test_it_takes_back_that_this_one_was_moved(self):
        number = order("CLUB")
        actions.move(number=number, shipment=2, to=day(14), **ANNA)
        actions.move(number=number, shipment=2, to=day(13), following=True, **ANNA)
        assert days_of(number)[1] == ("03-23", "03-23")
        assert adjustments(number) == [("B", 0, "redate", "2026-03-23")]

    def test_what_a_person_changed_behind_it_stays(self):
        number = order("CLUB")
        actions.skip(number=number, shipment=3, **ANNA)
        actions.move(number=number, shipment=4, to=day(60), **ANNA)
        actions.substitute(number=number, shipment=4, item="B5", price="1.00", **ANNA)
        actions.move(number=number, shipment=2, to=day(12), following=True, **ANNA)
        assert statuses(number) == [(1, "scheduled"), (2, "scheduled"), (3, "skipped"), (4, "scheduled")]
        assert days_of(number)[2:] == [("04-01", "04-01"), ("04-11", "05-09")]
        assert lines(number, "item_number", "price")[4] == ("B5", "1.00")

    def test_twice_changes_no_line(self):
        number = order("CLUB")
        actions.move(number=number, shipment=2, to=day(13), following=True, **ANNA)
        before = shown(number)["continuity"]
        actions.move(number=number, shipment=2, to=day(13), following=True, **ANNA)
        assert shown(number)["continuity"] == before

    def test_repetitions_are_dated_again_and_none_is_made(self):
        number = order("LOOP")
        actions.move(number=number, shipment=2, to=day(9), following=True, **ANNA)
        assert days_of(number) == [("03-10", "03-10"), ("03-19", "03-19"), ("03-26", "03-26")]

    def test_the_first_payment_of_an_order_billed_up_front_follows(self):
        number = order("UP")
        assert [p["due_on"] for p in shown(number)["payments"]] == ["2026-03-10"]
        actions.move(number=number, shipment=1, to=day(5), following=True, **ANNA)
        assert [p["due_on"] for p in shown(number)["payments"]] == ["2026-03-15"]


class TestSubstitute:
    def test_it_keeps_the_price_that_the_line_would_have(self):
        number = order("CLUB")
        done = actions.substitute(number=number, shipment=1, item="B5", **WHY)
        assert done == {"order": number, "shipment": 1, "item_number": "B5", "price": "10.00"}
        assert lines(number, "item_number", "price", "quantity", "customised")[0] == ("B5", "10.00", "1", ["product"])
        assert adjustments(number) == [("A", 1, "substitute", {"item": "B5"})]
        assert last_event(number) == (
            "substituted",
            ON,
            "clerk:anna",
            "she asked",
            {"line": 1, "shipment": 1, "item": "B5", "instead_of": "B1"},
        )
        assert lines(number, "why")[0]["product"] == f"in place of B1 by clerk:anna on {ON} (she asked)"

    def test_with_a_price(self):
        number = order("CLUB")
        assert actions.substitute(number=number, shipment=1, item="B5", price="7.50", **ANNA)["price"] == "7.50"
        assert lines(number, "item_number", "price", "customised")[0] == ("B5", "7.50", ["product", "price"])
        assert adjustments(number) == [("A", 1, "substitute", {"item": "B5"}), ("A", 1, "price", 750)]
        assert "7.50 given by clerk:anna" in lines(number, "why")[0]["price"]

    def test_again_without_a_price_the_agreed_one_stays(self):
        number = order("CLUB")
        actions.substitute(number=number, shipment=1, item="B5", price="7.50", **ANNA)
        assert actions.substitute(number=number, shipment=1, item="B4", **ANNA)["price"] == "7.50"
        assert lines(number, "item_number", "price")[0] == ("B4", "7.50")
        assert adjustments(number) == [("A", 1, "price", 750), ("A", 1, "substitute", {"item": "B4"})]
        assert "in place of B1" in lines(number, "why")[0]["product"]

    def test_one_of_several_products(self):
        number = order("CLUB")
        with refused("replaces", "several_products", "B2, B6"):
            actions.substitute(number=number, shipment=2, item="B5", **ANNA)
        with refused("replaces", "product_not_in_shipment"):
            actions.substitute(number=number, shipment=2, item="B5", replaces="B1", **ANNA)
        actions.substitute(number=number, shipment=2, item="B5", replaces="B6", **ANNA)
        assert lines(number, "item_number", "quantity", "price")[1:3] == [("B2", "1", "20.00"), ("B5", "2", "60.00")]
        assert adjustments(number) == [("B", 2, "substitute", {"item": "B5"})]

    def test_the_child_carries_it(self):
        number = order("CLUB")
        actions.substitute(number=number, shipment=1, item="B5", price="7.50", **ANNA)
        make_children(ON)
        (child,) = shown(number)["children"]
        assert child["lines"] == [{"item_number": "B5", "quantity": "1", "price": "7.50", "name": ""}]
        assert child["total"] == "13.75", "7.50, 5.00 of delivery, 10 percent of both"
        with refused("shipment", "shipment_has_open_child"):
            actions.substitute(number=number, shipment=1, item="B4", **ANNA)

    def test_what_is_owed_up_front_follows(self):
        number = order("UP")
        actions.substitute(number=number, shipment=3, item="B5", price="70.00", **ANNA)
        assert payments(number) == [(number, "order", 1, "113.00", "due")]

    @pytest.mark.parametrize(
        ("given", "field", "code"),
        [
            ({"item": "B99"}, "item", "product_unknown"),
            ({"item": "S-UP"}, "item", "continuity_product"),
            ({"item": "B5", "price": "1.234"}, "price", "amount_too_precise"),
            ({"item": "B5", "price": "-1.00"}, "price", "price_below_0"),
            ({"item": "B5", "price": "free"}, "price", "amount_not_decimal"),
            ({"item": "B5", "price": ""}, "price", "amount_not_decimal"),
        ],
    )
    def test_refused(self, given: dict[str, str], field: str, code: str):
        number = order("CLUB")
        with refused(field, code):
            actions.substitute(number=number, shipment=1, **given, **ANNA)


class TestPrice:
    def test_of_one_line(self):
        number = order("CLUB")
        assert actions.price(number=number, shipment=1, price="0.00", **WHY)["price"] == "0.00"
        assert lines(number, "price", "customised")[0] == ("0.00", ["price"])
        assert last_event(number)[0] == "price_changed"
        assert last_event(number)[3:] == ("she asked", {"line": 1, "shipment": 1, "old": "10.00", "new": "0.00"})
        actions.price(number=number, shipment=1, price="3.00", **ANNA)
        assert adjustments(number) == [("A", 1, "price", 300)]

    def test_which_of_several_products_is_asked(self):
        number = order("CLUB")
        with refused("replaces", "several_products", "(B2, B6): say which"):
            actions.price(number=number, shipment=2, price="1.00", **ANNA)
        with refused("replaces", "product_not_in_shipment"):
            actions.price(number=number, shipment=2, price="1.00", replaces="B1", **ANNA)
        actions.price(number=number, shipment=2, price="1.00", replaces="B2", **ANNA)
        assert lines(number, "price")[1:3] == ["1.00", "60.00"]

    @pytest.mark.parametrize("price", ["-0.01", "1.001", "x", "1e3"])
    def test_refused(self, price: str):
        number = order("CLUB")
        with refused("price"):
            actions.price(number=number, shipment=1, price=price, **ANNA)

    def test_what_is_owed_up_front_follows(self):
        number = order("PART")
        actions.price(number=number, shipment=1, price="0.00", **ANNA)
        assert [p[3] for p in payments(number)] == ["19.33", "19.33", "19.34"]


class TestQuantity:
    def test_of_all_that_has_no_child_yet(self):
        number = order("CLUB")
        make_children(ON)
        done = actions.quantity(number=number, quantity=Decimal(3), **WHY)
        assert done == {"order": number, "shipment": None, "quantity": "3"}
        assert lines(number, "item_number", "quantity") == [
            ("B1", "1"),
            ("B2", "3"),
            ("B6", "6"),
            ("B3", "3"),
            ("B4", "3"),
        ]
        assert shown(number)["lines"][0]["quantity"] == "3"
        assert ContinuityOrder.objects.get().quantity == 3
        assert history_of("continuity_continuityorderhistory") == ("clerk:anna", "she asked")
        assert last_event(number) == ("quantity_changed", ON, "clerk:anna", "she asked", {"line": 1, "quantity": "3"})
        assert adjustments(number) == []

    def test_of_one_shipment_as_it_is_written_and_it_stays_when_the_order_changes(self):
        number = order("CLUB")
        actions.quantity(number=number, quantity=Decimal(5), shipment=2, replaces="B6", **ANNA)
        assert lines(number, "quantity", "customised")[1:3] == [("1", []), ("5", ["quantity"])]
        assert adjustments(number) == [("B", 2, "quantity", "5")]
        actions.quantity(number=number, quantity=Decimal(2), **ANNA)
        assert lines(number, "quantity") == ["2", "2", "5", "2", "2"]

    def test_of_all_products_of_one_shipment(self):
        number = order("CLUB")
        actions.quantity(number=number, quantity=Decimal("1.5"), shipment=2, **ANNA)
        assert lines(number, "quantity") == ["1", "1.5", "1.5", "1", "1"]

    def test_what_is_extended_later_has_it_too(self):
        number = order("LOOP")
        actions.quantity(number=number, quantity=Decimal(2), **ANNA)
        run(ExtendLines(), day(20))
        assert len(lines(number, "quantity")) > 3
        assert set(lines(number, "quantity")) == {"2"}

    def test_what_is_owed_up_front_follows(self):
        number = order("UP")
        actions.quantity(number=number, quantity=Decimal(2), **ANNA)
        assert payments(number) == [(number, "order", 1, "135.00", "due")]
        actions.quantity(number=number, quantity=Decimal(1), shipment=1, **ANNA)
        assert payments(number) == [(number, "order", 1, "124.00", "due")]

    @pytest.mark.parametrize("shipment", [None, 1])
    @pytest.mark.parametrize("quantity", ["0", "-1", "0.0001", "1000000000"])
    def test_what_is_no_quantity_is_refused(self, quantity: str, shipment: int | None):
        number = order("CLUB")
        with refused("quantity", "quantity_not_within"):
            actions.quantity(number=number, quantity=Decimal(quantity), shipment=shipment, **ANNA)

    def test_a_product_that_is_not_there(self):
        number = order("CLUB")
        with refused("replaces", "product_not_in_shipment"):
            actions.quantity(number=number, quantity=Decimal(2), shipment=1, replaces="B5", **ANNA)

    def test_twice_changes_no_line(self):
        number = order("CLUB")
        actions.quantity(number=number, quantity=Decimal(3), **ANNA)
        before = shown(number)["continuity"]
        actions.quantity(number=number, quantity=Decimal(3), **ANNA)
        assert shown(number)["continuity"] == before


class TestAddress:
    def child(self, number: str) -> tuple[str | None, str]:
        from perennial.orders.models import SalesOrder

        found = SalesOrder.objects.filter(parent__number=number).order_by("-id")[0]
        return found.ship_to and found.ship_to.code, shown(number)["children"][-1]["tax"]

    def test_of_all_that_has_no_child_yet(self):
        number = order("CLUB")
        make_children(ON)
        assert self.child(number) == ("home", "1.50")
        assert actions.address(number=number, to="cabin", **WHY) == {
            "order": number,
            "shipment": None,
            "address": "cabin",
            "still_to_old_address": [f"{number}-1-001"],
        }
        assert last_event(number) == ("address_changed", ON, "clerk:anna", "she asked", {"to": "cabin"})
        assert self.child(number) == ("home", "1.50")
        make_children(day(5))
        assert self.child(number) == ("cabin", "0.00")

    def test_of_one_shipment(self):
        number = order("CLUB")
        actions.address(number=number, to="cabin", shipment=1, **ANNA)
        assert lines(number, "customised")[0] == ["address"]
        assert shown(number)["continuity"][0]["adjustments"][0]["value"] == "cabin"
        make_children(ON)
        assert self.child(number) == ("cabin", "0.00")
        make_children(day(5))
        assert self.child(number) == ("home", "14.50"), "20 and twice 60, 5 of delivery, 10 percent"

    def test_one_that_has_its_own_keeps_it_when_the_order_moves_house(self):
        number = order("CLUB")
        actions.address(number=number, to="cabin", shipment=1, **ANNA)
        actions.address(number=number, to="home", **ANNA)
        make_children(ON)
        assert self.child(number)[0] == "cabin"

    def test_of_one_line_of_two(self):
        number = order("UP", "CLUB")
        actions.address(number=number, to="cabin", line=2, **ANNA)
        found = ContinuityOrder.objects.order_by("id").values_list("ship_to__code", flat=True)
        assert list(found) == ["home", "cabin"]

    def test_tax_of_what_is_owed_up_front_follows(self):
        number = order("CLUB", line("UP"))
        assert payments(number) == [(number, "order", 1, "69.00", "due")]
        actions.address(number=number, to="cabin", **ANNA)
        assert payments(number) == [(number, "order", 1, "63.00", "due")]

    @pytest.mark.parametrize("to", ["barn", "", "HOME"])
    def test_an_address_of_somebody_else_or_nobody(self, to: str):
        number = order("CLUB")
        for shipment in (None, 1):
            with refused("to", "address_unknown"):
                actions.address(number=number, to=to, shipment=shipment, **ANNA)

    def test_twice_changes_nothing_but_the_history(self):
        number = order("CLUB")
        actions.address(number=number, to="cabin", shipment=2, **ANNA)
        before = shown(number)["continuity"]
        actions.address(number=number, to="cabin", shipment=2, **ANNA)
        assert shown(number)["continuity"] == before


CHANGES: dict[str, dict[str, Any]] = {
    "skip": {},
    "unskip": {},
    "move": {"to": day(30)},
    "substitute": {"item": "B5"},
    "price": {"price": "1.00"},
    "quantity": {"quantity": Decimal(2)},
    "address": {"to": "cabin"},
}


def change(name: str, number: str, **more: Any) -> dict[str, Any]:
    """One of the changes of a shipment."""
    done: dict[str, Any] = getattr(actions, name)(number=number, **{**CHANGES[name], **ANNA, **more})
    return done


@pytest.mark.parametrize("name", CHANGES)
class TestWhatEveryChangeRefuses:
    def test_an_order_that_is_not_there(self, name: str):
        with refused("number", "order_unknown", "unknown order 'SO-000404'"):
            change(name, "SO-000404", shipment=1)

    def test_a_child(self, name: str):
        number = order("CLUB")
        make_children(ON)
        with refused("number", "is_child_order", "name its parent"):
            change(name, f"{number}-1-001", shipment=1)

    @pytest.mark.parametrize("shipment", [0, 5, -1])
    def test_a_shipment_that_is_not_there(self, name: str, shipment: int):
        number = order("CLUB")
        with refused("shipment", "shipment_unknown", f"no shipment {shipment}"):
            change(name, number, shipment=shipment)

    def test_a_shipment_with_a_child(self, name: str):
        number = order("CLUB")
        make_children(ON)
        with refused("shipment", "shipment_has_open_child", f"{number}-1-001 already"):
            change(name, number, shipment=1)
        SalesOrder.objects.filter(number=f"{number}-1-001").update(status="invoiced")
        with refused("shipment", "shipment_has_child", f"{number}-1-001 already: that is invoiced"):
            change(name, number, shipment=1)

    def test_an_order_without_a_continuity_line(self, name: str):
        number = order(book())
        with refused("number", "no_continuity_line", "no continuity line"):
            change(name, number, shipment=1)

    def test_which_of_several_lines(self, name: str):
        number = order("UP", "CLUB", book())
        with refused("line", "several_continuity_lines", "several continuity lines"):
            change(name, number, shipment=1)
        for wrong in (3, 4, 0):
            with refused("line", "not_a_continuity_line", f"line {wrong} of {number} is not a continuity line"):
                change(name, number, shipment=1, line=wrong)
        if name == "unskip":
            change("skip", number, shipment=1, line=2)
        before = [[*one["lines"]] for one in shown(number)["continuity"]]
        change(name, number, shipment=1, line=2)
        after = [[*one["lines"]] for one in shown(number)["continuity"]]
        assert after[0] == before[0]
        assert after[1] != before[1]

    def test_an_order_that_is_cancelled(self, name: str):
        number = order("CLUB")
        if name == "unskip":
            change("skip", number, shipment=2)
        actions.cancel(number=number, **ANNA)
        for shipment in (1, 2):
            with refused("number" if (name, shipment) == ("unskip", 2) else "shipment"):
                change(name, number, shipment=shipment)
        if name in ("quantity", "address"):
            with refused("number", "order_ended", "cancelled"):
                change(name, number)


def test_after_an_order_was_closed_nothing_of_it_can_be_changed():
    number = order("CLUB")
    actions.cancel(number=number, after=1, **ANNA)
    make_children(ON)
    sent(f"{number}-1-001", ON)
    run(CloseOrders(), ON)
    assert shown(number)["status"] == "invoiced"
    for name in ("quantity", "address"):
        with refused("number", "order_ended", "closed" if name == "quantity" else "invoiced"):
            change(name, number)


@pytest.mark.parametrize("name", ["skip", "move", "substitute", "price", "quantity", "address"])
def test_what_was_parked_may_be_tried_again_after_a_change(name: str):
    from perennial.continuity.models import Occurrence, Parked

    number = order("CLUB")
    row = ContinuityOrder.objects.get()
    Parked.objects.create(continuity_order=row, job="create-child-orders", reason="x", on_date=ON)
    Occurrence.objects.update(blocked="parked")
    change(name, number, shipment=4)
    assert Parked.objects.get().resolved_on == ON
    assert set(Occurrence.objects.values_list("blocked", flat=True)) == {None}
