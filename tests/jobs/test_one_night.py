"""A night's jobs are done once, whoever else is at the same night."""

from __future__ import annotations

from datetime import date

import pytest

from perennial.jobs import JOBS, NIGHTLY, runner
from perennial.jobs import night as nights
from perennial.jobs.models import JobRun, NightRun
from perennial.jobs.night import night, one_night
from perennial.jobs.runner import run_job
from tests.worlds import book_club as cli
from tests.worlds.payments import ON, day, install, member

pytestmark = pytest.mark.django_db(transaction=True)


def runs(on: date = ON) -> list[tuple[str, str]]:
    return list(JobRun.objects.filter(on_date=on).order_by("id").values_list("job", "status"))


def test_what_another_process_has_done_of_this_night_is_not_done_again() -> None:
    """Two start the same night; one is through with a job when the other comes to it."""
    install()
    m = member()
    m.owes(m.child(1))
    night = NightRun.objects.create(on_date=ON)
    mine = run_job(JOBS["process-payments"](), on=ON, arguments={}, night=night.pk)
    theirs = run_job(JOBS["process-payments"](), on=ON, arguments={}, night=night.pk)
    assert mine["counts"]["authorised"] == 1
    assert theirs == mine
    assert [one for one in one_night(ON)["jobs"] if one["job"] == "process-payments"] == [mine]
    assert sorted(runs()) == sorted((name, "done") for name in NIGHTLY)
    assert NightRun.objects.get().finished_at is not None


def test_a_night_that_is_finished_runs_anew() -> None:
    install()
    one_night(ON)
    one_night(ON)
    one_night(day(1))
    assert len(runs()) == 2 * len(NIGHTLY)
    assert len(runs(day(1))) == len(NIGHTLY)


def test_a_run_that_was_stopped_is_finished_by_the_next_whatever_that_is_asked_for() -> None:
    install()
    m = member()
    m.owes(m.child(1))
    runner.ask_to_stop()
    try:
        stopped = run_job(JOBS["process-payments"](), on=ON, arguments={})
    finally:
        runner._stop.clear()
    assert stopped["status"] == "stopped"
    assert run_job(JOBS["process-payments"](), on=day(1), arguments={})["status"] == "done"
    assert runs() == [("process-payments", "done")]
    assert runs(day(1)) == [("process-payments", "done")]


def test_missed_nights_are_rehearsed_one_upon_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first night makes, the second does not make again: the report is that of the real nights."""
    cli.club()
    cli.order()
    cli.order(order_date=date(2026, 3, 12))
    one_night(date(2026, 3, 9))
    monkeypatch.setattr(nights, "today", lambda: date(2026, 3, 14))
    rehearsed, real = night(dry=True), night()
    found = [
        [(job["job"], job["counts"]) for made in done["nights"] for job in made["jobs"]] for done in (rehearsed, real)
    ]
    assert found[0] == found[1]
    created = [counts["created"] for name, counts in found[1] if name == "create-child-orders"]
    assert created == [0, 1, 1, 0, 0]
    assert [made["on"] for made in rehearsed["nights"]] == [made["on"] for made in real["nights"]]
