"""A date ahead of today, and nights that a jump of the clock has made, want a person who says the date twice."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import override_settings

from perennial.cli import main
from perennial.errors import Refused
from perennial.jobs import JOBS, NIGHTLY, ahead, simulate
from perennial.jobs.models import JobRun, NightRun
from perennial.jobs.night import last_night, night
from perennial.orders.models import SalesOrder
from tests.worlds.book_club import club, order

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 3, 10)
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _today(settings: Any) -> None:
    settings.PERENNIAL_TODAY = TODAY
    club()
    order()


def days(number: int) -> date:
    return TODAY + timedelta(number)


def done() -> list[tuple[Any, ...]]:
    """What was really run."""
    return list(JobRun.objects.filter(dry=False).values_list("job", "on_date")) + list(
        NightRun.objects.values_list("on_date")
    )


@pytest.mark.parametrize("number", [2, 365])
def test_a_night_ahead_is_refused_until_its_date_is_said_twice(number: int) -> None:
    for meant in (None, TODAY, days(number - 1)):
        with pytest.raises(Refused, match="date_ahead"):
            night(days(number), meant=meant)
        assert not done()
    assert len(night(days(number), meant=days(number))["jobs"]) == len(NIGHTLY)


def test_a_day_ahead_is_not_asked() -> None:
    night(days(1))
    assert last_night() == days(1)


def test_a_dry_run_may_look_ahead_and_simulate_may_go_there() -> None:
    assert night(days(365), dry=True)["jobs"]
    assert not done()
    simulate.simulate(from_=TODAY, to=days(10))
    assert last_night() == days(10)


@pytest.mark.parametrize("name", NIGHTLY)
def test_a_job_ahead_is_refused_too(name: str) -> None:
    with pytest.raises(Refused, match="date_ahead"):
        ahead.run_by_hand(JOBS[name](), on=days(2))
    assert not done()
    assert ahead.run_by_hand(JOBS[name](), on=days(2), dry=True)["dry_run"]
    assert ahead.run_by_hand(JOBS[name](), on=days(2), meant=days(2))["status"] == "done"


def test_the_commands_say_how(capsys: Captured) -> None:
    for words in (f"night --on {days(365)}", f"job create-child-orders --on {days(365)}"):
        assert main.main(words.split()) == 1
        assert f"--yes-on {days(365)}" in capsys.readouterr().err
        assert main.main(f"{words} --yes-on {days(366)}".split()) == 1
        assert main.main(f"{words} --dry-run".split()) == 0
    assert not SalesOrder.objects.filter(parent__isnull=False).exists()
    assert main.main(f"job create-child-orders --on {days(365)} --yes-on {days(365)}".split()) == 0


def test_nights_of_a_week_run_by_themselves() -> None:
    night(TODAY)
    with override_settings(PERENNIAL_TODAY=days(7)):
        assert len(night()["nights"]) == 7


def test_a_clock_that_has_jumped_waits_for_a_person(capsys: Captured) -> None:
    night(TODAY)
    before = done()
    with override_settings(PERENNIAL_TODAY=days(40)):
        assert main.main(["night", "--json"]) == 4
        said = capsys.readouterr()
        told = json.loads(said.out)
        assert told["waits"] == {"last": str(TODAY), "today": str(days(40)), "missed": 40}
        assert [job["dry_run"] for job in told["nights"][0]["jobs"]] == [True] * len(NIGHTLY)
        assert told["nights"][0]["jobs"][3]["counts"]["created"] == 2  # what today's night would make
        assert f"perennial night --yes-on {days(40)}" in said.err
        assert main.main(["night", "--yes-on", str(days(39))]) == 4
        assert done() == before
        assert main.main(["night", "--yes-on", str(days(40))]) == 0
        assert last_night() == days(40)
        assert len(done()) == len(before) + 40 * (len(NIGHTLY) + 1)
        assert main.main(["night"]) == 0
