"""Nights and days that somebody asks to stop: nothing later is begun before what was stopped is done."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import override_settings

from perennial.cli import main
from perennial.jobs import NIGHTLY, night, simulate
from tests.worlds.book_club import club, order

pytestmark = pytest.mark.django_db(transaction=True)
STOPPED = date(2026, 3, 12)


@pytest.fixture(autouse=True)
def _stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The night of 12 March is stopped in its second job."""
    club()
    order()
    real = night.one_night

    def one_night(on: date, **more: Any) -> dict[str, Any]:
        if on != STOPPED:
            return real(on, **more)
        jobs = [{"job": name, "run": 0, "on": on.isoformat(), "dry_run": False, "status": "done", "counts": {}, "amounts": {}, "reasons": []} for name in NIGHTLY[:2]]  # fmt: skip
        return {"on": on.isoformat(), "jobs": [jobs[0], {**jobs[1], "status": "stopped"}]}

    monkeypatch.setattr(night, "one_night", one_night)
    monkeypatch.setattr(simulate, "one_night", one_night)


def test_missed_nights_end_with_the_one_that_was_stopped() -> None:
    night.night(date(2026, 3, 10))
    with override_settings(PERENNIAL_TODAY=date(2026, 3, 17)):
        assert [made["on"] for made in night.night()["nights"]] == ["2026-03-11", "2026-03-12"]
    assert night.last_night() == date(2026, 3, 11)


def test_days_end_with_the_night_that_was_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["simulate", "--from", "2026-03-10", "--to", "2026-03-20", "--json"]) == 1
    said = capsys.readouterr()
    assert said.err == "stopped in the night of 2026-03-12: the same command goes on with it\n"
    assert '"to": "2026-03-12", "nights": 3' in said.out
