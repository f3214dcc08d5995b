"""A night on which nothing is due: the same reports, next to no work."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
from django.db import connection

from perennial.catalog.actions import initialise
from perennial.catalog.models import Company, Parameters
from perennial.errors import Refused
from perennial.jobs import JOBS, NIGHTLY
from perennial.jobs.models import JobChunk, JobItem, JobRun, NightRun
from perennial.jobs.night import one_night
from perennial.jobs.runner import Session, run_job
from perennial.jobs.simulate import simulate

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2026, 3, 4)
MOST = 13  # statements of a job; of create-child-orders one asks whether customers are told what comes


def statements_of(name: str) -> tuple[dict[str, Any], int]:
    seen: Counter[str] = Counter()

    def count(execute: Any, statement: str, *rest: Any) -> Any:
        seen[statement] += 1
        return execute(statement, *rest)

    with connection.execute_wrapper(count):
        document = run_job(JOBS[name](), on=ON)
    return document, seen.total()


@pytest.mark.parametrize("name", NIGHTLY)
def test_a_job_with_nothing_to_do_is_done_at_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    initialise()
    monkeypatch.setattr(Session, "execute", lambda *_: pytest.fail("a session of its own was opened"))
    document, statements = statements_of(name)
    assert document["status"] == "done"
    assert set(document["counts"].values()) == {0}
    assert statements <= MOST
    run = JobRun.objects.get()
    assert (run.status, run.selected, run.ended_at is not None) == ("done", 0, True)
    assert not JobChunk.objects.exists()
    assert not JobItem.objects.exists()


def test_a_rehearsal_of_nothing_says_the_same() -> None:
    initialise()
    rehearsed = one_night(ON, dry=True)
    made = one_night(ON)
    assert [(j["counts"], j["amounts"]) for j in rehearsed["jobs"]] == [
        (j["counts"], j["amounts"]) for j in made["jobs"]
    ]
    assert [j["status"] for j in made["jobs"]] == ["done"] * len(NIGHTLY)


def test_a_night_at_the_end_of_the_calendar_is_refused_before_its_first_job() -> None:
    """And by the field that was given: no job has moved anything, and the nights before it can still be run."""
    initialise()
    for dry in (True, False):
        with pytest.raises(Refused, match="date_days_beyond count=5 day=9999-12-31") as refused:
            one_night(date.max, dry=dry)
        assert refused.value.field == "on"
    with pytest.raises(Refused) as refused:
        simulate(ON, date.max)
    assert refused.value.field == "to"
    for name in ("extend-lines", "create-child-orders"):
        with pytest.raises(Refused) as refused:
            run_job(JOBS[name](), on=date.max, dry=True)
        assert refused.value.field == "on"
    assert not NightRun.objects.exists()


def test_the_last_night_of_the_calendar_can_be_simulated() -> None:
    initialise()
    Company.objects.update(currency="USD")
    Parameters.objects.update(days_before_delivery=0)
    assert simulate(date.max, date.max)["nights"] == 1
