"""The six jobs at a glance: the last run of each, how far one is that runs, what is due; and the nights."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from perennial.errors import Refused
from perennial.jobs import NIGHTLY
from perennial.jobs.models import JobChunk, JobRun
from perennial.jobs.night import is_over, night
from perennial.jobs.report import Report
from perennial.jobs.status import nights, run_status, started_by, status, status_json
from perennial.kernel.money import Money
from perennial.kernel.reasons import Reason
from tests.worlds.book_club import club, order

MARCH = date(2026, 3, 11)


@pytest.mark.django_db(transaction=True)
def test_after_a_night_each_job_has_its_run_and_what_is_due() -> None:
    club()
    order()
    assert [(one.job, one.last) for one in status(MARCH)] == [(name, None) for name in NIGHTLY]
    assert {one.job: one.due for one in status(MARCH)}["create-child-orders"] == 1
    night(MARCH)
    found = {one.job: one for one in status(MARCH)}
    created = found["create-child-orders"]
    assert created.due == 0
    assert created.last is not None
    assert (created.last.on, created.last.status, created.last.counts["created"]) == (MARCH, "done", 1)
    assert (created.last.selected, created.last.done) == (1, 1)
    (last,) = nights()
    assert (last.on, tuple(run.job for run in last.runs)) == (MARCH, NIGHTLY)
    assert last.finished_at is not None
    assert (is_over(MARCH), is_over(MARCH + timedelta(1))) == (True, False)
    assert nights(before=MARCH) == []
    printed = status_json(status(MARCH))
    assert printed[3]["last_counts"] == dict(created.last.counts)


@pytest.mark.django_db
def test_a_run_that_is_under_way_tells_how_far_it_is() -> None:
    club()
    started, done = Report(), Report()
    started.count("left", 3)
    done.count("created", 40)
    done.amount("USD", "captured", 2490)
    done.because("SO-000001", 2, "hold", Reason("hold", {"reason": "call back"}))
    row = JobRun.objects.create(
        job="create-child-orders", on_date=MARCH, arguments={}, selected=100, start=started.stored(), by="anna"
    )
    for number, (first, last, state) in enumerate(((1, 40, "done"), (41, 100, "todo"))):
        JobChunk.objects.create(
            run=row, number=number, first_seq=first, last_seq=last, status=state,
            counts=done.stored() if state == "done" else None,
        )  # fmt: skip
    row.refresh_from_db()
    with CaptureQueriesContext(connection) as asked:
        found = run_status(row.pk)
    assert len(asked) == 2
    assert (found.status, found.done, found.selected, found.by) == ("open", 40, 100, "anna")
    assert found.counts == {"left": 3, "created": 40}
    assert found.amounts == (("captured", Money(2490, "USD")),)
    assert (found.reasons[0].order, found.reasons[0].reason) == ("SO-000001", Reason("hold", {"reason": "call back"}))
    assert found.seconds_left(found.started_at + timedelta(seconds=20)) == 30
    assert [one.last and one.last.done for one in status(MARCH)][3] == 40
    assert status_json(status(MARCH))[3]["last_counts"] == {}
    with pytest.raises(Refused):
        run_status(row.pk + 1)


@pytest.mark.django_db
def test_who_has_asked_for_a_run_is_known_whatever_their_name() -> None:
    by = ["lucia", "manager:marco", "schedule", ""]
    made = [
        JobRun.objects.create(job="update-orders", on_date=MARCH, arguments={}, status="done", by=one) for one in by
    ]
    assert started_by(run.pk for run in made) == {run.pk: (run.by, "update-orders") for run in made[:2]}
