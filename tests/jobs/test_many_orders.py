"""Many orders at once: another day or another product for each that fits; what fits not, and why, is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from perennial.db.pages import every
from perennial.desk import actions as desk
from perennial.desk.many.file import read_file
from perennial.errors import Refused
from perennial.jobs import many
from perennial.jobs.many import How
from perennial.jobs.models import JobRun
from perennial.jobs.touched import WHAT, as_document, touched
from perennial.orders.models import OrderEvent
from tests.worlds import actions
from tests.worlds.bundle import put
from tests.worlds.desk import (
    ANNA,
    ON,
    adjustments,
    day,
    last_event,
    line,
    lines,
    make_children,
    order,
    payments,
    set_up,
)

pytestmark = pytest.mark.django_db(transaction=True)

MARA = How(by="manager:mara", on=ON, reason="the printer is late")


@pytest.fixture(autouse=True)
def members(transactional_db: None) -> None:
    """A club as it is entered, and nobody in it yet."""
    put(set_up())


def days(number: str, at: int = 0) -> list[str]:
    return [str(one)[5:] for one in lines(number, "ship_on", at=at)]


def rows(run: int) -> list[dict[str, Any]]:
    found = [as_document(one) for one in every(lambda after: touched(run, size=2, after=after))]
    assert {one["what"] for one in found} <= set(WHAT)
    return found


def why(done: dict[str, Any]) -> dict[str, int]:
    return {one["code"]: one["count"] for one in done["passed_over"]}


def refused_with(code: str, act: Callable[[], object], **facts: object) -> None:
    """Refused, and nothing is begun."""
    runs = JobRun.objects.count()
    with pytest.raises(Refused) as refused:
        act()
    assert refused.value.code == code
    assert {name: refused.value.facts.get(name) for name in facts} == facts
    assert JobRun.objects.count() == runs


def test_the_first_open_shipment_of_each_goes_on_a_day_and_the_others_stay() -> None:
    one, two, other = order("CLUB"), order("CLUB"), order("UP")
    before = days(other)
    assert days(one) == ["03-10", "03-20", "03-20", "03-30", "04-09"]
    done = many.move(MARA, to=date(2026, 3, 14), program="CLUB")  # a Saturday
    assert done["counts"] == {"orders": 2, "shipments": 2, "following": 0, "passed_over": 0}
    assert days(one) == days(two) == ["03-16", "03-20", "03-20", "03-30", "04-09"]
    assert days(other) == before
    assert adjustments(one) == [("A", 0, "move", "2026-03-14")]
    kind, on, by, reason, data = last_event(one)
    assert (kind, on, by, reason) == ("moved", ON, "manager:mara", "the printer is late")
    assert data == {"line": 1, "shipment": 1, "to": "2026-03-14", "following": False, "run": done["run"]}


def test_by_days_each_from_its_own_day_and_what_follows_is_dated_again() -> None:
    one = order("CLUB")
    late = order("CLUB", order_date=day(1))
    many.move(MARA, by_days=7, following=True, program="CLUB")
    assert days(one) == ["03-17", "03-27", "03-27", "04-06", "04-16"]
    assert days(late) == ["03-18", "03-30", "03-30", "04-07", "04-17"]  # 28 March is a Saturday, 7 April + 10


def test_the_shipment_is_the_first_open_one_that_fits_the_event_the_product_the_days() -> None:
    number = order("CLUB")
    make_children(ON)

    def would_move(**criteria: Any) -> list[tuple[int, str]]:
        said = many.move(How(by="mara", on=ON, dry=True), by_days=7, **criteria)
        return [(one["shipment"], one["after"]["ship_on"][5:]) for one in said["examples"]]

    assert would_move(program="CLUB") == [(2, "03-27")]
    assert would_move(program="CLUB", event="C") == [(3, "04-06")]
    assert would_move(product="B4") == [(4, "04-16")]
    assert would_move(product="S-CLUB") == [(2, "03-27")]
    assert would_move(ships_from=date(2026, 3, 25), ships_to=date(2026, 3, 31), customer="C-1") == [(3, "04-06")]
    assert days(number) == ["03-10", "03-20", "03-20", "03-30", "04-09"]
    assert many.move(MARA, by_days=7, product="S-UP")["counts"]["orders"] == 0


def test_who_is_left_out_and_why() -> None:
    made, skipped, by_hand, moved = (order("CLUB") for _ in range(4))
    actions.skip(number=skipped, shipment=1, **ANNA)
    actions.move(number=by_hand, shipment=1, to=day(3), **ANNA)
    actions.hold(number=by_hand, reason="calls back", **ANNA)
    actions.skip(number=moved, shipment=1, **ANNA)
    actions.unskip(number=moved, shipment=1, **ANNA)
    rehearsed = many.move(How(by="mara", on=ON, dry=True), to=day(7), program="CLUB", event="A")
    assert why(rehearsed) == {"adjusted_by_hand": 1, "shipment_skipped": 1}
    assert {one["code"]: one["orders"] for one in rehearsed["passed_over"]} == {
        "adjusted_by_hand": [by_hand],
        "shipment_skipped": [skipped],
    }
    assert days(made)[0] == "03-10"  # a rehearsal
    make_children(ON)
    done = many.move(MARA, to=day(7), program="CLUB", event="A")
    assert why(done) == {"shipment_has_open_child": 2, "adjusted_by_hand": 1, "shipment_skipped": 1}
    assert done["counts"] == {"orders": 0, "shipments": 0, "following": 0, "passed_over": 4}
    assert days(by_hand)[0] == "03-13"
    over = many.move(MARA, to=day(7), program="CLUB", event="A", also_adjusted=True)
    assert why(over) == {"shipment_has_open_child": 2, "shipment_skipped": 1}
    assert days(by_hand)[0] == "03-17"


def test_what_a_run_has_moved_another_run_moves_again_but_not_twice_by_the_same_command() -> None:
    number = order("CLUB")
    many.move(MARA, to=day(7), program="CLUB")
    assert why(many.move(MARA, to=day(7), program="CLUB")) == {"on_that_day_already": 1}
    first = many.move(MARA, by_days=7, program="CLUB")
    assert days(number)[0] == "03-24"
    refused_with("run_done_already", lambda: many.move(MARA, by_days=7, program="CLUB"), run=first["run"], on=ON)
    many.move(How(by="mara", on=day(1), reason=MARA.reason, again=True), by_days=7, program="CLUB")
    assert days(number)[0] == "03-31"
    many.take_back(How(by="mara", on=ON), run=first["run"])


def test_no_open_shipment_at_all_and_what_runs_into_another_shipment() -> None:
    done_with, moved_up = order("UP"), order("CLUB")
    for shipment in (1, 2, 3):
        actions.skip(number=done_with, shipment=shipment, **ANNA)
    assert why(many.move(MARA, by_days=3, program="UP")) == {"shipment_skipped": 1}
    done = many.move(MARA, by_days=-15, following=True, program="CLUB", event="C")
    assert why(done) == {"before_previous": 1}
    assert days(moved_up)[3] == "03-30"
    assert why(many.move(MARA, by_days=-30, program="CLUB", event="C")) == {"date_past": 1}


def test_a_product_is_substituted_in_every_open_shipment_that_brings_it() -> None:
    loop, club = order("LOOP"), order("CLUB")
    done = many.substitute(MARA, product="B5", item="B1")
    assert done["counts"] == {"orders": 1, "shipments": 3, "following": 0, "passed_over": 0}
    assert set(lines(loop, "item_number", "price")) == {("B1", "50.00")}  # what the line would have cost (D17)
    given = many.substitute(MARA, product="B6", item="B5", price="7.50", program="CLUB")
    assert given["counts"]["shipments"] == 1
    assert lines(club, "item_number", "price")[:3] == [("B1", "10.00"), ("B2", "20.00"), ("B5", "7.50")]
    kind, _, _, reason, data = last_event(club)
    assert (kind, reason) == ("substituted", "the printer is late")
    assert data == {"line": 1, "shipment": 2, "item": "B5", "instead_of": "B6", "run": given["run"]}


def test_a_product_that_a_clerk_put_there_stays_and_so_does_his_price() -> None:
    number, plain = order("CLUB"), order("CLUB")
    actions.substitute(number=number, shipment=1, item="B5", **ANNA)
    actions.price(number=plain, shipment=1, price="3.00", **ANNA)
    assert why(many.substitute(MARA, product="B5", item="B3", program="CLUB")) == {"adjusted_by_hand": 1}
    many.substitute(MARA, product="B1", item="B3", program="CLUB")
    assert lines(plain, "item_number", "price")[0] == ("B3", "3.00")
    assert why(many.substitute(MARA, product="B3", item="B4", price="2.00", program="CLUB", event="A")) == {
        "adjusted_by_hand": 1
    }


def test_what_is_owed_up_front_follows() -> None:
    number = order("UP")
    before = payments(number)
    many.substitute(MARA, product="B1", item="B6", price="15.00", program="UP")
    assert [one[3] for one in before] == ["69.00"]  # 60 of books, 6 of tax, 3 of delivery
    assert [one[3] for one in payments(number)] == ["74.50"]


def test_a_rehearsal_says_what_the_run_does() -> None:
    order("CLUB"), order("CLUB")
    actions.skip(number=order("CLUB"), shipment=1, **ANNA)
    asked: dict[str, Any] = {"by_days": 7, "following": True, "program": "CLUB", "event": "A"}
    said = many.move(How(by="mara", on=ON, dry=True), **asked)
    done = many.move(How(by="mara", on=ON), **asked)
    same = ("counts", "examples", "passed_over", "reasons")
    assert {name: said[name] for name in same} == {name: done[name] for name in same}
    assert rows(said["run"]) == rows(done["run"])
    first = said["examples"][0]
    assert (first["what"], first["before"]["ship_on"], first["after"]["ship_on"]) == (
        "moved",
        "2026-03-10",
        "2026-03-17",
    )
    assert first["after"]["lines"] == [{"product": "B1", "quantity": "1", "price": "10.00"}]
    assert [one["what"] for one in rows(done["run"])] == 2 * ["moved", "follows", "follows", "follows"] + [
        "passed_over"
    ]


def test_an_order_of_two_programs_is_one_order_with_two_shipments() -> None:
    number = order("CLUB", "UP")
    done = many.move(MARA, by_days=1, customer="C-1")
    assert done["counts"] == {"orders": 1, "shipments": 2, "following": 0, "passed_over": 0}
    assert (days(number)[0], days(number, at=1)[0]) == ("03-11", "03-11")
    assert OrderEvent.objects.filter(order__number=number, kind="moved").count() == 2


def test_what_is_refused_as_a_whole() -> None:
    order("CLUB")
    refused_with("no_criteria", lambda: many.move(MARA, by_days=1))
    refused_with("program_unknown", lambda: many.move(MARA, by_days=1, program="KLUB"))
    refused_with("event_without_program", lambda: many.move(MARA, by_days=1, event="A"))
    refused_with("program_event_unknown", lambda: many.move(MARA, by_days=1, program="CLUB", event="Z"))
    refused_with("date_past", lambda: many.move(MARA, to=day(-1), program="CLUB"))
    refused_with("day_years_away", lambda: many.move(MARA, to=date(2062, 3, 10), program="CLUB"))
    refused_with("day_years_away", lambda: many.move(MARA, by_days=9999, program="CLUB"), day=day(9999))
    refused_with("same_product", lambda: many.substitute(MARA, product="B1", item="B1"))
    refused_with("continuity_product", lambda: many.substitute(MARA, product="B1", item="S-CLUB"))
    refused_with("run_unknown", lambda: many.take_back(MARA, run=10**6))
    meant = How(by="mara", on=ON, meant=(date(2062, 3, 10),))
    assert many.move(meant, to=date(2062, 3, 10), program="CLUB")["counts"]["shipments"] == 1


def test_more_than_so_many_are_said_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perennial.jobs.ahead.MANY_ORDERS", 1)
    number, _ = order("CLUB"), order("CLUB")
    assert many.move(How(by="mara", on=ON, dry=True), by_days=1, program="CLUB")["counts"]["orders"] == 2
    refused_with("many_orders", lambda: many.move(MARA, by_days=1, program="CLUB"), orders=2)
    refused_with("many_orders", lambda: many.move(How(by="mara", on=ON, orders=3), by_days=1, program="CLUB"))
    done = many.move(How(by="mara", on=ON, orders=2), by_days=1, program="CLUB")
    assert days(number)[0] == "03-11"
    refused_with("many_orders", lambda: many.take_back(MARA, run=done["run"]), orders=2)


def test_the_number_to_say_is_the_number_that_is_shown_as_changing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perennial.jobs.ahead.MANY_ORDERS", 1)
    stays, *_ = [order("CLUB") for _ in range(3)]
    actions.move(number=stays, shipment=1, to=day(3), **ANNA)
    asked: dict[str, Any] = {"to": day(7), "program": "CLUB"}

    def done(orders: int | None = None) -> dict[str, Any]:
        return many.move(How(by="mara", on=ON, orders=orders), **asked)

    dry = many.move(How(by="mara", on=ON, dry=True), **asked)
    assert dry["counts"]["orders"] == 2
    refused_with("many_orders", done, orders=2)
    order("CLUB")
    refused_with("many_counted_again", lambda: done(2), orders=4, then=3, run=dry["run"])
    assert many.move(How(by="mara", on=ON, dry=True), **asked)["counts"]["orders"] == 3
    run = done(3)["run"]
    actions.move(number=order("CLUB"), shipment=1, to=day(3), **ANNA)
    moved = lines(stays, "ship_on")
    clerk = many.examples(run)[0].name
    actions.move(number=clerk, shipment=1, to=day(8), **ANNA)
    assert many.take_back(How(by="mara", on=ON, dry=True), run=run)["counts"] == {"orders": 2, "passed_over": 1}
    refused_with("many_orders", lambda: many.take_back(MARA, run=run), orders=2)
    back = many.take_back(How(by="mara", on=ON, orders=2), run=run)
    assert back["counts"] == {"orders": 2, "passed_over": 1}
    assert lines(stays, "ship_on") == moved


def test_an_order_whose_data_is_at_fault_stays_and_nothing_of_it_waits() -> None:
    well, ill = order("CLUB"), order("CLUB")
    dear = order(line("CLUB", quantity=900))
    done = many.substitute(MARA, product="B1", item="B3", price="99999999999.00", program="CLUB")
    assert why(done) == {"quantity_too_dear": 1}
    assert lines(dear, "item_number")[0] == "B1"
    assert lines(well, "item_number")[0] == lines(ill, "item_number")[0] == "B3"
    assert {one for number in (well, ill, dear) for one in lines(number, "blocked")} == {None}


def test_the_last_of_the_changes_of_one_order_is_undone_by_its_clerk() -> None:
    number = order("CLUB")
    many.move(MARA, by_days=7, program="CLUB")
    undone = desk.undo(number=number, **ANNA)
    assert (undone.action, undone.by) == ("move", "manager:mara")
    assert days(number)[0] == "03-10"


def test_a_file_moves_each_shipment_to_its_own_day_one_after_the_other() -> None:
    one, two = order("CLUB"), order("CLUB")
    make_children(ON)
    content = (
        f"order,shipment,new date\n{one},1,2026-03-18\n{one},2,2026-03-24\n{one},4,2026-04-20\n{two},3,2026-04-03\n"
    )
    file = read_file(content.encode())
    said = many.move(How(by="mara", on=ON, dry=True), file=file)
    done = many.move(MARA, file=read_file(content.encode()))
    assert done["counts"] == said["counts"] == {"orders": 2, "shipments": 3, "following": 0, "passed_over": 1}
    assert why(done) == {"shipment_has_open_child": 1}
    assert days(one) == ["03-10", "03-24", "03-24", "03-30", "04-20"]
    assert days(two) == ["03-10", "03-20", "03-20", "04-03", "04-09"]
    assert why(many.move(MARA, file=read_file(content.encode()))) == {
        "on_that_day_already": 3,
        "shipment_has_open_child": 1,
    }
    many.take_back(MARA, run=done["run"])
    assert days(one) == days(two) == ["03-10", "03-20", "03-20", "03-30", "04-09"]


def test_of_a_file_that_moves_what_follows_the_later_line_counts_from_the_earlier() -> None:
    number = order("CLUB")
    make_children(ON)
    content = f"order,shipment,new date\n{number},2,2026-03-25\n{number},3,2026-04-10\n"
    many.move(MARA, file=read_file(content.encode()), following=True)
    assert days(number) == ["03-10", "03-25", "03-25", "04-10", "04-20"]
    assert adjustments(number) == [("B", 0, "redate", "2026-03-25"), ("C", 0, "redate", "2026-04-10")]


def test_nothing_is_begun_when_one_line_of_the_file_is_at_fault() -> None:
    number = order("CLUB")
    file = read_file(f"order,shipment,new date\n{number},1,2026-03-18\n{number},17,2026-03-18\n".encode())
    refused_with("file_at_fault", lambda: many.move(MARA, file=file), count=1)
    assert days(number)[0] == "03-10"
