"""A night's jobs are done once, whoever else is at the same night."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import psycopg
import pytest
from django.test import override_settings

from perennial.db import sql
from perennial.jobs import JOBS, NIGHTLY, at_work
from perennial.jobs import night as nights
from perennial.jobs.models import JobRun, NightRun
from perennial.jobs.night import night, one_night
from perennial.jobs.runner import run_job
from perennial.jobs.watch import watch
from tests.jobs.meanwhile import in_its_session, url
from tests.jobs.watch import until
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


def test_a_night_that_is_done_runs_anew_only_when_it_is_asked_for() -> None:
    install()
    night(ON)
    assert night(ON) == night(ON, dry=True) == {"on": "2026-03-10", "jobs": []}
    assert len(runs()) == len(NIGHTLY)
    assert [len(night(ON, again=True, dry=dry)["jobs"]) for dry in (True, False)] == [len(NIGHTLY)] * 2
    night(day(1))
    assert len([run for run in runs() if run == ("close-orders", "done")]) == 3  # one of them dry
    assert len(runs(day(1))) == len(NIGHTLY)


def test_a_night_that_was_killed_is_gone_on_with_though_one_of_its_date_is_done() -> None:
    install()
    night(ON)
    killed = NightRun.objects.create(on_date=ON)
    assert len(night(ON)["jobs"]) == len(NIGHTLY)
    killed.refresh_from_db()
    assert killed.finished_at is not None
    assert night(ON)["jobs"] == []


def test_the_first_nights_that_break_off_are_gone_on_with_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Day after day the first night breaks off in a job: when that is mended each date is done once, the oldest first."""
    install()
    member()

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(JOBS["process-payments"], "select", breaks)
        for ahead in range(3):
            with override_settings(PERENNIAL_TODAY=day(ahead)), pytest.raises(RuntimeError):
                night()
    assert list(NightRun.objects.values_list("on_date", "finished_at")) == [(ON, None)]
    with override_settings(PERENNIAL_TODAY=day(3)):
        assert [one.code for one in watch(day(3))][:1] == ["night_never"]
        assert [one["on"] for one in night()["nights"]] == [str(day(ahead)) for ahead in range(4)]
        assert night()["nights"] == []
    assert not NightRun.objects.filter(finished_at=None).exists()
    assert NightRun.objects.count() == 4


def test_two_that_catch_up_share_the_nights_and_nothing_moves_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """One is slow: it has begun with the first missed night when the other does that night and all the later ones."""
    install()
    night(ON)
    monkeypatch.setattr(nights, "today", lambda: day(4))
    fast: list[dict[str, Any]] = []

    def overtaken(*_: object) -> None:
        if not fast:
            fast.append({})
            fast[0] = night()

    slow = night(progress=overtaken)
    assert [made["on"] for made in fast[0]["nights"]] == [str(day(k)) for k in range(1, 5)]
    assert slow["nights"] == fast[0]["nights"][:1]
    done = list(NightRun.objects.order_by("id").values_list("on_date", flat=True))
    assert done == [day(k) for k in range(5)]
    assert list(JobRun.objects.order_by("id").values_list("on_date", "job")) == [
        (day(k), job) for k in range(5) for job in NIGHTLY
    ]


def test_which_night_is_next_is_decided_when_the_one_before_is_on_disk() -> None:
    """The other process is just finishing the night that this one is about to begin."""
    install()
    with psycopg.connect(url()) as other, ThreadPoolExecutor(1) as pool:
        other.execute("insert into jobs_nightrun(on_date, finished_at) values (%s, now())", [ON])
        deciding = pool.submit(in_its_session, lambda: night(ON))
        waits = "select pid from pg_stat_activity where %s = any(pg_blocking_pids(pid))"
        until(lambda: sql.tuples(waits, [other.info.backend_pid]))
        other.commit()
        assert deciding.result()["jobs"] == []
    assert runs() == []


def test_a_run_that_was_stopped_is_finished_by_the_next_whatever_that_is_asked_for() -> None:
    install()
    m = member()
    m.owes(m.child(1))
    at_work.ask_to_stop()
    try:
        stopped = run_job(JOBS["process-payments"](), on=ON, arguments={})
    finally:
        at_work._stop.clear()
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
