"""A hold that ends by itself; the code of a reason; who ended an order."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from perennial.continuity.models import Parked
from perennial.desk import actions
from perennial.jobs.check import check, check_once
from perennial.jobs.create_child_orders import CreateChildOrders
from perennial.jobs.dry_run import dry_run
from perennial.orders.models import Hold, OrderEvent
from perennial.programs.models import ProgramRevision
from tests.worlds.bundle import put
from tests.worlds.desk import (
    ANNA,
    ON,
    book,
    day,
    everything,
    last_event,
    lines,
    make_children,
    order,
    refused,
    run,
    sent,
    shown,
)

pytestmark = pytest.mark.usefixtures("club")
HELD: dict[str, Any] = {**ANNA, "reason": "travels", "until": day(20)}


@pytest.fixture(autouse=True)
def _in_order() -> Any:
    yield
    assert check()["faults"] == []
    assert check_once()["faults"] == []


def released(number: str) -> list[tuple[Any, ...]]:
    """Who released what when, and what became of what was late."""
    found = OrderEvent.objects.filter(order__number=number, kind__in=("released", "caught_up")).order_by("pk")
    return [(e.kind, e.on_date, e.by, e.data) for e in found]


def as_it_stands(number: str) -> str:
    """What is told of the order, whatever its number and whoever did it."""
    document = {name: value for name, value in shown(number).items() if name not in ("events", "holds")}
    return re.sub(r"job:\d+", "clerk:anna", json.dumps(document).replace(number, "SO"))


class TestUntil:
    def test_it_is_released_on_its_day_and_not_before(self) -> None:
        number = order("CLUB")
        assert actions.hold(number=number, reason_code="HOLIDAY", **HELD).until == day(20)
        assert make_children(day(19)) == 0
        assert (shown(number)["held"], lines(number, "blocked")[0]) == (True, "hold")
        hold = shown(number)["holds"][0]
        assert (hold["until"], hold["reason_code"]) == (str(day(20)), "HOLIDAY")
        assert make_children(day(20)) == 1
        assert shown(number)["held"] is False
        assert [kind for kind, *_ in released(number)] == ["released", "caught_up"]
        assert all(by.startswith("job:") and on == day(20) for _, on, by, _ in released(number))
        assert Hold.objects.get().released_on == day(20)
        assert make_children(day(21)) == 0  # released once
        assert len(released(number)) == 2

    def test_it_leaves_what_a_clerk_leaves_who_releases_it_on_that_day(self) -> None:
        """Two orders alike: one is released by the job, the other by a clerk just before it."""
        mine, other = order("CLUB", "LOOP", book()), order("CLUB", "LOOP", book())
        for number in (mine, other):
            actions.hold(number=number, **HELD)
        make_children(day(12))
        actions.release(number=other, on=day(20), by="clerk:anna")
        make_children(day(20))
        assert as_it_stands(mine) == as_it_stands(other)
        assert [(k, d) for k, _, _, d in released(mine)] == [(k, d) for k, _, _, d in released(other)]

    def test_a_night_that_was_missed_is_made_good_by_the_next(self) -> None:
        number = order("CLUB")
        actions.hold(number=number, **HELD)
        make_children(day(25))
        assert released(number)[0][1] == day(25)

    def test_another_hold_still_holds_it(self) -> None:
        number = order("CLUB")
        actions.hold(number=number, **HELD)
        actions.hold(number=number, code="inquiry", reason="asks", **ANNA)
        assert make_children(day(20)) == 0
        assert [d for _, _, _, d in released(number)] == [{"codes": ["hold"]}]
        assert lines(number, "blocked")[0] == "hold"
        assert actions.release(number=number, on=day(22), by="clerk:anna").released == ("inquiry",)
        assert make_children(day(22)) == 1

    def test_a_child_too(self) -> None:
        number = order("CLUB")
        make_children(ON)
        actions.hold(number=f"{number}-1-001", **HELD)
        with refused("number", "on_hold"):
            actions.ship(number=f"{number}-1-001", on=day(20), by="warehouse")
        run(CreateChildOrders(), day(20))
        assert [d for _, _, _, d in released(number)] == [{"codes": ["hold"], "child": f"{number}-1-001"}]
        sent(f"{number}-1-001", day(20))

    def test_a_dry_run_says_so_and_releases_nothing(self) -> None:
        number = order("CLUB")
        actions.hold(number=number, **HELD)
        before = everything()
        assert dry_run(CreateChildOrders(), day(20), {}, "")["counts"]["created"] == 1
        after = everything()
        assert {name for name in before if before[name] != after[name]} == {"jobs_jobrun", "jobs_jobtouched"}
        assert shown(number)["held"] is True

    def test_one_that_cannot_go_on_stays_held_and_is_parked_and_the_others_go_on(self) -> None:
        """Moved to its day, what follows it runs out of the calendar."""
        bad, good = order("CLUB"), order("LOOP")
        for number in (bad, good):
            actions.hold(number=number, **HELD)
        revision = ProgramRevision.objects.get(program__schedule_id="CLUB")
        revision.events.update(days_from_last=3_000_000)
        assert make_children(day(20)) > 0
        assert (shown(bad)["held"], shown(good)["held"]) == (True, False)
        assert last_event(bad)[0] == "parked"
        assert Parked.objects.get().continuity_order.order.number == bad
        revision.events.update(days_from_last=10)

    def test_one_that_would_end_at_once_is_refused(self) -> None:
        number = order("CLUB")
        with refused("until", "hold_ends_at_once", "2026-03-10 is not after 2026-03-10"):
            actions.hold(number=number, **{**HELD, "until": ON})

    def test_a_bundle_brings_it_along(self) -> None:
        held = {
            "code": "trip",
            "reason": "travels",
            "on": "2026-03-10",
            "until": "2026-03-30",
            "reason_code": "HOLIDAY",
        }
        lines_given = [{"item_number": "S-CLUB", "continuity": {"card": "tok_visa"}}]
        put({"orders": [{"reference": "X", "customer": "C-1", "order_date": "2026-03-10", "submit": True, "status": "open",
                         "lines": lines_given, "holds": [held]}]}, on=ON)  # fmt: skip
        found = Hold.objects.get()
        assert (found.until, found.reason_code) == (day(20), "HOLIDAY")
        number = found.order.number
        assert {**shown(number)["holds"][0]}.items() >= held.items()
        make_children(day(20))
        assert shown(number)["held"] is False


class TestReasonCodes:
    def test_on_hold_skip_and_cancel_with_who_ended_it(self) -> None:
        number = order("CLUB")
        actions.skip(number=number, shipment=2, reason_code="STOCKED", **ANNA)
        assert last_event(number)[4] == {"line": 1, "shipment": 2, "reason_code": "STOCKED"}
        done = actions.cancel(number=number, reason_code="PRICE", ended_by="customer", **ANNA)
        assert done.ended_by == "customer"
        assert last_event(number)[4] == {"lines": [1], "reason_code": "PRICE", "ended_by": "customer"}

    def test_of_an_order_that_ends_later_and_of_a_child(self) -> None:
        number = order("CLUB")
        make_children(ON)
        actions.cancel(number=number, after=2, ended_by="merchant", **ANNA)
        assert last_event(number)[4] == {"line": 1, "shipment": 2, "ended_by": "merchant"}
        actions.cancel(number=f"{number}-1-001", ended_by="system", reason_code="LOST", **ANNA)
        assert last_event(number)[4] == {
            "child": f"{number}-1-001", "shipment": 1, "ended_by": "system", "reason_code": "LOST",
        }  # fmt: skip

    def test_what_is_no_code_or_no_such_word(self) -> None:
        number = order("CLUB")
        with refused("reason_code", "code_spaces"):
            actions.skip(number=number, shipment=2, reason_code=" x", **ANNA)
        with refused("ended_by", "unknown_word", "customer"):
            actions.cancel(number=number, ended_by="nobody", **ANNA)
