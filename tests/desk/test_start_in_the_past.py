"""A start date of the past is said before it is kept; a day that is years away is asked twice (dn710462, D7)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from perennial.catalog.models import Parameters
from perennial.cli import main
from perennial.desk import actions
from perennial.desk.entry import enter
from perennial.desk.entry.values import OrderEntry
from perennial.desk.orders.what_if import what_if
from perennial.desk.read.entry import entry
from perennial.desk.read.preview import preview
from perennial.kernel.plan import Behind, behind
from perennial.language import say
from tests.worlds.bundle import faults, notes, put, take_out
from tests.worlds.desk import ANNA, ON, day, line, lines, order, refused

pytestmark = pytest.mark.usefixtures("club")


@pytest.fixture(autouse=True)
def _today(settings: Any) -> None:
    settings.PERENNIAL_TODAY = ON


def bundle(**given: Any) -> dict[str, Any]:
    """One order of the club."""
    start = given.pop("start_date", None)
    page = {"start_date": start and str(start), "card": "tok_visa"}
    return {
        "orders": [
            {
                "reference": "R-1",
                "customer": "C-1",
                "submit": True,
                "lines": [{"item_number": "S-CLUB", "continuity": page}],
                **given,
            }
        ]
    }


def test_what_is_dated_before_the_order_is_counted_shipment_by_shipment() -> None:
    clipped = [(1, day(-40), ON), (2, day(-30), ON), (2, day(-30), ON), (3, day(-10), day(2))]
    assert behind(ON, day(-40), clipped) == Behind(3, day(-40), day(2))
    assert behind(ON, None, clipped) is None
    assert behind(ON, ON, clipped) is None
    assert behind(ON, day(-40), ()) is None


def test_a_preview_says_how_many_shipments_are_late_and_when_they_ship() -> None:
    assert preview("CLUB", ON, start_date=day(-400)).behind == Behind(4, day(-400), ON)
    assert preview("CLUB", ON, start_date=day(-15)).behind == Behind(2, day(-15), ON)
    assert preview("CLUB", ON, start_date=day(3)).behind is None
    # Missed ones that the program sends together (D7) are meant so.
    assert preview("MISS", ON, start_date=day(-15)).behind is None


def test_a_draft_says_it_before_it_is_kept_and_counts_from_today() -> None:
    number = order("CLUB", submit=False)
    done = actions.change_line(number=number, line=1, start_date=day(-15), **ANNA)
    assert done.behind == entry(number, on=ON).behind(1) == Behind(2, day(-15), ON)
    assert entry(number, on=ON).order is not None
    as_if = what_if(number=number, line=1, without=("start_date",), **ANNA)
    assert as_if.behind(1) is None
    assert actions.change_line(number=number, line=1, without=("start_date",), **ANNA).behind is None
    assert lines(number, "event_on") == [str(day(n)) for n in (0, 10, 10, 20, 30)]


def test_skipped_and_moved_ones_are_not_late() -> None:
    number = order("CLUB", submit=False)
    actions.change_line(number=number, line=1, start_date=day(-15), **ANNA)
    actions.skip(number=number, shipment=1, **ANNA)
    assert entry(number, on=ON).behind(1) == Behind(1, day(-5), ON)
    actions.move(number=number, shipment=2, to=day(3), **ANNA)
    assert entry(number, on=ON).behind(1) is None


def test_the_commands_say_it_and_offer_today(capsys: pytest.CaptureFixture[str]) -> None:
    number = order("CLUB", submit=False)
    assert main.main(f"order change {number} --start-date {day(-15)}".split()) == 0
    said = capsys.readouterr()
    assert "2 shipments were planned for before the order" in said.err
    assert f"--start-date {ON}" in said.err
    assert main.main(f"order change {number} --start-date {day(-14)} --json".split()) == 0
    assert json.loads(capsys.readouterr().out)["behind"] == {
        "shipments": 2, "since": str(day(-14)), "ship_on": str(ON),
    }  # fmt: skip
    asked = f"preview --program CLUB --order-date {ON} --start-date {day(-400)}"
    assert main.main(asked.split()) == 0
    assert "they all ship on 2026-03-10" in capsys.readouterr().err
    assert main.main(f"{asked} --json".split()) == 0
    assert json.loads(capsys.readouterr().out)["behind"]["shipments"] == 4


def test_an_import_notes_it() -> None:
    done = put(bundle(start_date=day(-400)), dry_run=True)
    assert any("has shipments of the past" in said and str(day(-400)) in said for said in notes(done))


@pytest.mark.parametrize("years_away", [date(1226, 3, 10), date(2016, 3, 10), date(2062, 3, 10)])
def test_a_day_that_is_years_away_is_refused_until_it_is_said_twice(years_away: date) -> None:
    number = order("CLUB", submit=False)
    with refused("start_date", "day_years_away"):
        actions.change_line(number=number, line=1, start_date=years_away, **ANNA)
    actions.change_line(number=number, line=1, start_date=years_away, meant=(years_away,), **ANNA)
    actions.change_line(number=number, line=1, card="tok_two", **ANNA)  # what is kept is not asked again
    ordered = OrderEntry("C-1", (line("CLUB"),), number="SO-9", order_date=years_away)
    (found,) = enter([ordered], on=ON, by="clerk:anna")
    assert isinstance(found, list)
    assert [(fault.code, fault.field) for fault in found] == [("day_years_away", "order_date")]
    assert str(years_away) in say(found[0])


def test_the_parameter_says_how_far_is_too_far() -> None:
    number = order("CLUB", submit=False)
    Parameters.objects.update(order_dates_within_days=30)
    actions.change_line(number=number, line=1, start_date=day(30), **ANNA)
    with refused("start_date", "day_years_away"):
        actions.change_line(number=number, line=1, start_date=day(31), **ANNA)
    Parameters.objects.update(order_dates_within_days=None)
    actions.change_line(number=number, line=1, start_date=day(9000), **ANNA)


def test_an_import_refuses_it_until_it_is_said_twice(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    assert set(faults(bundle(order_date="2016-03-10"))) == {"orders[0].order_date"}
    assert set(faults(bundle(start_date="2016-03-10"))) == {"orders[0].lines[0].continuity.start_date"}
    file = tmp_path / "order.json"
    file.write_text(json.dumps(bundle(order_date="2016-03-10")))
    assert main.main(["import", str(file)]) == 1
    assert "--yes-date DATE (2016-03-10)" in capsys.readouterr().err
    assert main.main(["import", str(file), "--yes-date", "2016-03-10"]) == 0


def test_a_business_date_that_is_years_away_is_refused_too(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    file = tmp_path / "order.json"
    file.write_text(json.dumps(bundle()))
    assert main.main(["import", str(file), "--on", "2016-03-10"]) == 1
    assert "on: " in capsys.readouterr().err
    assert main.main(["order", "start", "C-1", "--item", "S-CLUB", "--card", "tok_visa", "--on", "1226-03-10"]) == 1
    assert (
        main.main(
            [
                "order",
                "start",
                "C-1",
                "--item",
                "S-CLUB",
                "--card",
                "tok_visa",
                "--on",
                "2016-03-10",
                "--yes-date",
                "2016-03-10",
            ]
        )
        == 0
    )


def test_an_order_that_stands_as_it_was_may_be_old() -> None:
    years_ago = date(2016, 3, 10)
    entered = OrderEntry(
        "C-1", (line("CLUB"),), number="SO-000009", order_date=years_ago, submit=True, meant=frozenset({years_ago})
    )
    assert not isinstance(enter([entered], on=ON, by="clerk:anna")[0], list)
    (exported,) = json.loads(take_out())["orders"]
    done = put({"orders": [{**exported, "number": "SO-000010"}]})
    assert done.tallies["orders"].new == 1


def test_a_first_import_into_an_empty_installation_is_asked_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    file = tmp_path / "order.json"
    file.write_text(json.dumps({"currency": "USD"}))
    Parameters.objects.all().delete()
    assert main.main(["import", str(file), "--on", "2016-03-10"]) == 1
    assert "on: 2016-03-10 is more than 1,100 days" in capsys.readouterr().err
    assert main.main(["import", str(file), "--on", str(ON)]) == 0


def test_the_new_day_of_a_shipment_is_asked_twice_too() -> None:
    number = order("CLUB")
    far = date(3000, 1, 2)
    for following in (False, True):
        with refused("to", "day_years_away"):
            actions.move(number=number, shipment=2, to=far, following=following, **ANNA)
        with refused("to", "day_years_away"):
            actions.move(number=number, shipment=2, to=far, following=following, meant=(date(3000, 1, 3),), **ANNA)
    near = day(1100)
    moved = actions.move(number=number, shipment=4, to=near, **ANNA).ship_on
    assert moved is not None
    assert moved >= near
    meant = date(2035, 1, 2)
    moved = actions.move(number=number, shipment=4, to=meant, meant=(meant,), **ANNA).ship_on
    assert moved is not None
    assert moved >= meant
