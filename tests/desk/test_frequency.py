"""How often and how many times one member gets it: dated again behind the last child, by every later plan, taken back."""

from __future__ import annotations

from typing import Any

import pytest

from perennial.continuity.models import ContinuityOrder
from perennial.desk.read.orders import order as read_order
from perennial.desk.read.preview import preview
from perennial.jobs.check import check, check_once
from perennial.jobs.extend_lines import ExtendLines
from perennial.jobs.update_orders import UpdateOrders
from tests.worlds import actions
from tests.worlds.bundle import put
from tests.worlds.desk import (
    ANNA,
    day,
    last_event,
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


@pytest.fixture(autouse=True)
def _in_order() -> Any:
    yield
    assert check()["faults"] == []
    assert check_once()["faults"] == []


def days(number: str) -> list[int]:
    """On which day after the order each one that comes is dated."""
    return [(o.event_on - day(0)).days for o in occurrences(number) if o.status != "cancelled"]


class TestHowOften:
    def test_what_has_a_child_stays_and_the_rest_is_dated_from_it(self) -> None:
        number = order("LOOP")
        assert days(number) == [0, 7, 14]
        assert make_children(day(2)) == 2
        done = actions.frequency(number=number, days=30, reason="too many", **ANNA)
        assert done == {
            "order": number, "days": 30, "interval": None, "times": None, "next_on": str(day(37)),
        }  # fmt: skip
        assert days(number) == [0, 7, 37]
        assert last_event(number)[0::4] == ("frequency_changed", {"line": 1, "every": {"days": 30}})
        assert "as the customer wants it" in lines(number, "why")[2]["date"]
        assert shown(number)["continuity"][0]["every"] == {"days": 30}

    def test_later_plans_keep_it(self) -> None:
        number = order("LOOP")
        actions.frequency(number=number, days=20, **ANNA)
        assert days(number) == [0, 20, 40]
        for one in (2, 20):
            make_children(day(one))
            sent(f"{number}-1-{1 if one == 2 else 2:03d}", day(one))
        run(ExtendLines(), day(30))
        assert days(number)[:5] == [0, 20, 40, 60, 80]
        put({"programs": [{"schedule_id": "LOOP", "catch_up": "send", "events": [
            {"key": "X", "item_number": "B4", "delivery_mode": "ANY", "days_from_last": 9, "times_to_repeat": "until_stopped"}
        ]}]}, on=day(30))  # fmt: skip
        assert run(UpdateOrders(), day(30))["updated"] == 1
        assert days(number)[:5] == [0, 20, 40, 60, 80]
        ahead = read_order(number, on=day(30), ahead=2).continuity[0].lines
        last = [line.event_on for line in ahead if line.status == "projected"]
        assert (last[1] - last[0]).days == 20

    def test_on_the_dates_of_an_interval(self) -> None:
        put({"date_intervals": [{"code": "NM", "name": "First of the month", "rule": "FREQ=MONTHLY;BYMONTHDAY=1"}]})
        number = order("CLUB")
        actions.frequency(number=number, interval="NM", **ANNA)
        assert [f"{o.event_on:%m-%d}" for o in occurrences(number)] == ["03-10", "04-01", "05-01", "06-01"]
        put({"date_intervals": [{"code": "NM", "rule": "FREQ=MONTHLY;BYMONTHDAY=15"}]})
        actions.move(number=number, shipment=1, to=day(1), following=True, **ANNA)
        assert [f"{o.event_on:%m-%d}" for o in occurrences(number)] == ["03-11", "04-01", "05-01", "06-01"]
        with refused("interval", "interval_unknown"):
            actions.frequency(number=number, interval="NN", **ANNA)

    def test_the_next_one_comes_on_the_day_that_was_asked_and_today_were_it_late(self) -> None:
        number = order("CLUB")
        make_children(day(0))
        assert actions.frequency(number=number, days=5, on=day(8), by="clerk:anna")["next_on"] == str(day(8))
        assert days(number) == [0, 8, 13, 18]
        actions.frequency(number=number, days=6, next_on=day(12), on=day(8), by="clerk:anna")
        assert days(number) == [0, 12, 18, 24]
        with refused("next_on", "date_past"):
            actions.frequency(number=number, days=6, next_on=day(7), on=day(8), by="clerk:anna")

    def test_what_a_person_changed_of_a_shipment_stays(self) -> None:
        number = order("CLUB")
        actions.skip(number=number, shipment=2, **ANNA)
        actions.move(number=number, shipment=3, to=day(50), **ANNA)
        actions.frequency(number=number, days=14, **ANNA)
        assert days(number) == [0, 14, 28, 42]
        found = {o.shipment: o for o in occurrences(number)}
        assert found[2].status == "skipped"
        assert found[3].ship_on == day(50)

    def test_as_the_program_says_again(self) -> None:
        number = order("CLUB")
        before = shown(number)["continuity"]
        actions.frequency(number=number, days=14, times=3, **ANNA)
        actions.frequency(number=number, without=["every", "times"], **ANNA)
        assert shown(number)["continuity"] == before

    def test_taken_back(self) -> None:
        number = order("LOOP")
        before = shown(number)["continuity"], [o.pk for o in occurrences(number)]
        actions.frequency(number=number, days=14, times=9, **ANNA)
        assert len(occurrences(number)) == 3
        actions.undo(number=number, **ANNA)
        assert (shown(number)["continuity"], [o.pk for o in occurrences(number)]) == before


class TestHowMany:
    def test_fewer_than_the_program_has(self) -> None:
        number = order("CLUB")
        actions.frequency(number=number, times=2, reason="enough", **ANNA)
        assert [o.status for o in occurrences(number)] == ["scheduled", "scheduled", "cancelled", "cancelled"]
        assert "clerk:anna" in lines(number, "why")[-1]["not_shipped"]
        assert lines(number, "action")[0:3] == ["none", "end", "end"]
        actions.undo(number=number, **ANNA)
        assert [o.status for o in occurrences(number)] == ["scheduled"] * 4

    def test_until_stopped_becomes_so_many_and_ends(self) -> None:
        number = order("LOOP")
        actions.frequency(number=number, times=4, **ANNA)
        for on in (2, 9, 16, 23):
            make_children(day(on))
            run(ExtendLines(), day(on))
        assert days(number) == [0, 7, 14, 21]
        assert ContinuityOrder.objects.get().complete

    def test_a_last_event_that_is_repeated_goes_on_until_so_many(self) -> None:
        put({"programs": [{"schedule_id": "CLUB", "events": [
            {"key": "A", "item_number": "B1", "delivery_mode": "STD"},
            {"key": "E", "item_number": "B2", "delivery_mode": "STD", "days_from_last": 10, "times_to_repeat": 1},
        ]}]})  # fmt: skip
        number = order("CLUB")
        actions.frequency(number=number, times=5, **ANNA)
        for _ in range(3):
            run(ExtendLines(), day(200))
        assert days(number) == [0, 10, 20, 30, 40]

    def test_no_more_than_the_program_sends_and_no_fewer_than_were(self) -> None:
        number = order("CLUB")
        with refused("times", "times_beyond_program", "4"):
            actions.frequency(number=number, times=5, **ANNA)
        make_children(day(5))
        with refused("times", "times_below_made"):
            actions.frequency(number=number, times=1, **ANNA)
        actions.cancel(number=number, after=3, **ANNA)
        with refused("number", "order_is_stopped"):
            actions.frequency(number=number, times=4, **ANNA)
        with refused("days", "frequency_of_nothing"):
            actions.frequency(number=number, **ANNA)
        with refused("interval", "days_or_interval"):
            actions.frequency(number=number, days=2, interval="NM", **ANNA)

    def test_what_is_billed_up_front_is_spread_anew(self) -> None:
        number = order("PART")
        assert actions.frequency(number=number, times=2, **ANNA)["times"] == 2
        assert sum(float(p[3]) for p in payments(number)) == 35.00  # with tax


def test_it_moves_with_the_order(tmp_path: Any) -> None:
    number = order("CLUB")
    actions.frequency(number=number, days=14, times=3, **ANNA)
    whole = shown(number)
    moved = {**whole, "number": "SO-000777", "reference": "MOVED", "payments": [], "events": []}
    put({"orders": [moved]})
    assert shown("SO-000777")["continuity"][0]["every"] == {"days": 14}
    assert days("SO-000777") == [0, 14, 28]
    assert ContinuityOrder.objects.get(order__number="SO-000777").times == 3


def test_fewer_in_all_than_the_program_has_is_no_fault() -> None:
    number = order("CLUB")
    actions.frequency(number=number, times=2, **ANNA)
    assert len([one for one in lines(number, "status") if one != "cancelled"]) == 3, "the second brings two products"
    assert check()["faults"] == []


class TestBeforeThereIsAnOrder:
    @pytest.mark.parametrize("asked", [{"days": 20}, {"interval": "NM"}, {"days": 5, "times": 2}, {"times": 2}])
    def test_it_is_previewed_as_it_will_be(self, asked: dict[str, Any]) -> None:
        put({"date_intervals": [{"code": "NM", "rule": "FREQ=MONTHLY;BYMONTHDAY=1"}]})
        number = order("LOOP")
        actions.frequency(number=number, **asked, **ANNA)
        found = preview("LOOP", day(0), **asked)
        kept = [o for o in occurrences(number) if o.status != "cancelled"]
        assert [(one.event_on, one.ship_on) for one in found.lines] == [(o.event_on, o.ship_on) for o in kept]

    @pytest.mark.parametrize(
        ("asked", "field", "code"),
        [
            ({"days": 20, "interval": "Q15"}, "interval", "days_or_interval"),
            ({"interval": "Q16"}, "interval", "interval_unknown"),
            ({"days": 0}, "days", "number_not_within"),
            ({"times": 99}, "times", "times_beyond_program"),
        ],
    )
    def test_what_no_order_could_have_is_refused(self, asked: dict[str, Any], field: str, code: str) -> None:
        with refused(field, code):
            preview("CLUB", day(0), **asked)
