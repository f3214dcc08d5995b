"""What workers are asked for: asked once, done once, stopped, refused. In one process, without a worker."""

from __future__ import annotations

import json
import logging
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction

from perennial import log
from perennial.catalog.models import Company
from perennial.db import sql
from perennial.errors import Refused
from perennial.jobs import NIGHTLY, at_work, dry_run, recurrences, requests, runner
from perennial.jobs.models import JobRequest, JobRun, NightRun, Recurrence
from perennial.jobs.night import last_night
from perennial.kernel.reasons import Reason
from perennial.worker import queue
from tests.worlds.book_club import club, order

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 3, 10)


@pytest.fixture(autouse=True)
def _today(settings: Any) -> None:
    settings.PERENNIAL_TODAY = TODAY
    club()
    order()


def queued() -> list[tuple[Any, ...]]:
    return sql.tuples("select task_name, args->>'request', lock from procrastinate_jobs order by id")


def read(request: JobRequest) -> JobRequest:
    return JobRequest.objects.get(pk=request.pk)


def test_asking_twice_is_asking_once() -> None:
    first = queue.ask(job="night", by="clerk:anna")
    assert queue.ask(job="night", by="clerk:marco").pk == first.pk
    dry = queue.ask(job="night", dry=True, by="clerk:marco")
    assert dry.pk != first.pk
    assert queued() == [("perform", str(first.pk), "runs"), ("perform", str(dry.pk), None)]
    requests.perform(first.pk)
    assert queue.ask(job="night", by="clerk:marco").pk not in (first.pk, dry.pk)


def test_what_is_asked_in_a_transaction_that_is_taken_back_is_not_asked() -> None:
    with transaction.atomic():
        queue.ask(job="night", by="clerk:anna")
        transaction.set_rollback(True)
    assert not queued()
    assert not JobRequest.objects.exists()


def test_a_night_is_done_once_however_often_a_worker_takes_it_up() -> None:
    asked = queue.ask(job="night", by="clerk:anna")
    requests.perform(asked.pk)
    requests.perform(asked.pk)
    done = read(asked)
    assert done.status == "done"
    assert done.ended_at is not None
    assert last_night() == TODAY
    assert list(JobRun.objects.order_by("id").values_list("job", flat=True)) == list(NIGHTLY)
    assert done.runs == list(JobRun.objects.order_by("id").values_list("pk", flat=True))


def test_a_night_that_is_done_is_run_again_where_that_is_meant_and_once() -> None:
    again = requests.Confirmed(again=True)
    requests.perform(queue.ask(job="night", on=TODAY, by="clerk:anna").pk)
    sql.execute("update continuity_occurrence set ship_on = %s where shipment = 2", [TODAY])
    waits = queue.ask(job="night", on=TODAY, by="clerk:anna")
    asked = queue.ask(job="night", on=TODAY, by="clerk:anna", confirmed=again)
    assert asked.pk == waits.pk
    requests.perform(asked.pk)
    made = read(asked)
    assert (made.status, len(made.runs), NightRun.objects.count()) == ("done", len(NIGHTLY), 2)
    JobRequest.objects.filter(pk=asked.pk).update(status="running")  # a worker that was killed behind it
    requests.perform(asked.pk)
    assert (read(asked).status, NightRun.objects.count()) == ("done", 2)


def test_a_run_says_what_is_on_its_list_and_at_its_end_what_it_did() -> None:
    sql.execute("update continuity_occurrence set ship_on = %s where shipment = 1", [TODAY])
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    job, lists = "create-child-orders", list[int]()
    logger = logging.getLogger("perennial.done.jobs")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        for _ in range(2):
            asked = queue.ask(job=job, on=TODAY, by="clerk:anna")
            requests.perform(asked.pk, opened=lambda run: lists.append(run.selected))
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    first, second = (json.loads(log.Json("%(message)s").format(one)) for one in records)
    assert lists == [1, 0]
    assert first["what"] == f"{job} of {TODAY} ended: 1 created"
    assert (first["values"]["selected"], first["values"]["counts"], first["job"]) == (1, {"created": 1}, job)
    assert first["values"]["seconds"] >= 0
    assert second["what"] == f"{job} of {TODAY} ended: nothing"


def test_a_job_whose_worker_was_killed_behind_its_run_is_not_run_again() -> None:
    asked = queue.ask(job="close-orders", by="clerk:anna")
    requests.perform(asked.pk)
    JobRequest.objects.filter(pk=asked.pk).update(status="running", ended_at=None)  # as the kill left it
    requests.perform(asked.pk)
    assert read(asked).status == "done"
    assert JobRun.objects.filter(job="close-orders").count() == 1


@pytest.mark.parametrize("job", ["night", "create-child-orders"])
def test_a_dry_run_changes_nothing_and_tells_how_far_it_is(job: str) -> None:
    asked = queue.ask(job=job, dry=True, by="planner:iris")
    requests.perform(asked.pk)
    done = read(asked)
    assert done.status == "done"
    assert JobRun.objects.filter(pk__in=done.runs, dry=True).count() == (6 if job == "night" else 1)
    assert not NightRun.objects.exists()
    assert (done.at_job, done.for_date) == ("close-orders", TODAY) if job == "night" else done.done == done.selected


def test_a_dry_run_stops_between_two_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = queue.ask(job="night", dry=True, by="clerk:anna")
    rehearse = dry_run.rehearse

    def stopped(*args: Any, **given: Any) -> Any:
        queue_session = args  # somebody presses Stop while the first job is rehearsed
        with requests.Session() as session:
            session.execute("update jobs_jobrequest set stopped_by = 'clerk:marco' where id = %s", [asked.pk])
        return rehearse(*queue_session, **given)

    monkeypatch.setattr("perennial.jobs.night.rehearse", stopped)
    requests.perform(asked.pk)
    assert read(asked).status == "stopped"
    assert not JobRun.objects.exists()


def test_what_waits_is_stopped_at_once() -> None:
    asked = queue.ask(job="night", by="clerk:anna")
    requests.stop(asked.pk, by="clerk:marco")
    requests.perform(asked.pk)
    found = read(asked)
    assert (found.status, found.stopped_by) == ("stopped", "clerk:marco")
    assert not JobRun.objects.exists()


def test_a_run_that_is_asked_to_stop_ends_after_a_chunk_and_the_next_goes_on(settings: Any) -> None:
    settings.PERENNIAL_CHUNK_SIZE = 1
    for _ in range(3):
        order()
    asked = queue.ask(job="create-child-orders", by="clerk:anna", on=TODAY + timedelta(1))

    def stop(run: JobRun) -> None:
        requests.stop(asked.pk, by="clerk:marco")

    requests.perform(asked.pk, opened=stop)
    run = JobRun.objects.get()
    assert (read(asked).status, run.status) == ("stopped", "open")
    assert run.chunks.filter(status="done").count() == 1
    again = queue.ask(job="create-child-orders", by="clerk:anna", on=TODAY + timedelta(1))
    requests.perform(again.pk)
    run.refresh_from_db()
    assert (read(again).status, run.status, run.stopped_by) == ("done", "done", None)
    assert run.report is not None
    assert run.report["counts"]["created"] == 4


def test_a_refusal_is_kept_with_its_reason() -> None:
    asked = queue.ask(job="night", on=TODAY, by="clerk:anna")
    NightRun.objects.create(on_date=TODAY + timedelta(1), finished_at=datetime.now(UTC))
    requests.perform(asked.pk)
    found = read(asked)
    because = Reason.read(found.refused)
    assert found.status == "refused"
    assert because is not None
    assert because.code == "night_done"


def test_asking_refuses_what_could_not_be_done() -> None:
    with pytest.raises(Refused, match="job_unknown"):
        queue.ask(job="nigth", by="clerk:anna")
    with pytest.raises(Refused, match="date_ahead"):
        queue.ask(job="night", on=TODAY + timedelta(365), by="clerk:anna")
    with pytest.raises(Refused, match="program"):
        queue.ask(job="create-child-orders", arguments={"program": "nowhere"}, by="clerk:anna")
    assert not queued()


def test_what_recurs_waits_for_what_is_under_way() -> None:
    run = JobRun.objects.create(job="create-child-orders", on_date=TODAY, arguments={"limit": 1}, by="x")
    asked, _ = requests.ask(job="create-child-orders", by="schedule", recurs=True)
    with at_work.Session() as other:
        other.execute("select pg_advisory_lock_shared(%s, %s)", [runner.RUN_LOCK, run.pk])
        with pytest.raises(requests.Later):
            requests.perform(asked.pk)
    assert read(asked).status == "running"
    requests.perform(asked.pk)
    assert read(asked).status == "done"


# -- what recurs


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(now: str) -> list[str]:
    with transaction.atomic():
        return [asked.job for asked, _ in recurrences.take_due(at(now))]


@pytest.fixture
def _rome(monkeypatch: pytest.MonkeyPatch) -> None:
    Company.objects.update(time_zone="Europe/Rome")
    monkeypatch.setattr(recurrences.timezone, "now", lambda: at("2026-03-27 12:00"))
    recurrences.set_recurrence(job="night", at=time(2, 30), by="manager:marco")


@pytest.mark.usefixtures("_rome")
def test_each_day_is_taken_once_over_the_change_of_the_clocks() -> None:
    taken = []
    now = at("2026-03-27 12:00")
    while now < at("2026-03-31 12:00"):
        taken += [now for job in due(now.isoformat()[:19])]
        JobRequest.objects.update(status="done")
        now += timedelta(minutes=10)
    assert taken == [at("2026-03-28 01:30"), at("2026-03-29 01:30"), at("2026-03-30 00:30"), at("2026-03-31 00:30")]


@pytest.mark.usefixtures("_rome")
def test_it_does_not_begin_with_a_moment_that_is_past_and_days_without_a_worker_are_asked_for_once() -> None:
    assert due("2026-03-27 12:01") == []
    assert due("2026-03-30 12:00") == ["night"]
    assert due("2026-03-30 12:01") == []


@pytest.mark.usefixtures("_rome")
def test_a_clock_that_is_set_back_and_forward_again_asks_for_no_night_of_its_own() -> None:
    assert due("2026-03-28 03:00") == ["night"]
    for now in ("2026-03-27 12:00", "2026-03-28 03:00"):  # the night itself passes over what is done
        due(now)
    assert JobRequest.objects.filter(status="waiting").count() == 1


@pytest.mark.usefixtures("_rome")
def test_the_next_night_is_told_in_the_time_of_the_company() -> None:
    found = recurrences.next_night()
    assert found is not None
    assert found.facts() == {"job": "night", "on": date(2026, 3, 28), "at": "02:30", "zone": "Europe/Rome"}
    recurrences.remove_recurrence(job="night", at=time(2, 30), by="manager:marco")
    assert recurrences.next_night() is None
    with pytest.raises(Refused, match="recurrence_unknown"):
        recurrences.remove_recurrence(job="night", at=time(2, 30), by="manager:marco")


def test_setting_it_again_replaces_it_and_refuses_no_day() -> None:
    recurrences.set_recurrence(job="process-payments", at=time(12), by="x")
    recurrences.set_recurrence(job="process-payments", at=time(12), days=(5, 1), by="x")
    assert list(Recurrence.objects.values_list("job", "days")) == [("process-payments", [1, 5])]
    for days in ((), (0,), (8,)):
        with pytest.raises(Refused, match="recurrence_without_days"):
            recurrences.set_recurrence(job="night", at=time(2), days=days, by="x")


# -- what a stranger found


def test_two_clocks_that_differ_take_a_moment_once() -> None:
    Company.objects.update(time_zone="UTC")
    recurrences.set_recurrence(job="close-orders", at=time(2), by="x")
    Recurrence.objects.update(queued_for=date(2026, 3, 10))
    taken = []
    for seconds in (5, -5, 5, -5, 15):
        taken += due((at("2026-03-11 02:00") + timedelta(seconds=seconds)).isoformat()[:19])
        JobRequest.objects.update(status="done")
    assert taken == ["close-orders"]


def test_a_clock_that_was_weeks_ahead_does_not_silence_it() -> None:
    Company.objects.update(time_zone="UTC")
    recurrences.set_recurrence(job="close-orders", at=time(2), by="x")
    Recurrence.objects.update(queued_for=date(2026, 5, 1))
    assert due("2026-03-11 02:01") == ["close-orders"]


def test_a_moment_waits_for_what_is_under_way_and_is_not_lost() -> None:
    Company.objects.update(time_zone="UTC")
    recurrences.set_recurrence(job="night", at=time(2), by="x")
    Recurrence.objects.update(queued_for=date(2026, 3, 10))
    earlier, _ = requests.ask(job="night", by="x")
    JobRequest.objects.filter(pk=earlier.pk).update(status="running", stopped_by="eva")
    assert due("2026-03-11 02:01") == []
    JobRequest.objects.filter(pk=earlier.pk).update(status="stopped")
    assert due("2026-03-11 02:05") == ["night"]


def test_a_stop_is_kept_by_who_takes_over_from_a_killed_worker() -> None:
    asked = queue.ask(job="create-child-orders", by="x", on=TODAY + timedelta(1))
    JobRequest.objects.filter(pk=asked.pk).update(status="running")  # its worker was killed before its run was noted
    requests.stop(asked.pk, by="eva")
    requests.perform(asked.pk)
    assert read(asked).status == "stopped"
    assert not JobRun.objects.exists()


def test_a_stop_that_comes_before_the_run_is_noted_stops_it(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PERENNIAL_CHUNK_SIZE = 1
    order()
    asked = queue.ask(job="create-child-orders", by="x", on=TODAY + timedelta(1))

    def between() -> None:
        JobRequest.objects.filter(pk=asked.pk).update(stopped_by="eva")

    noted = requests._Notes.run
    monkeypatch.setattr(requests._Notes, "run", lambda notes, run: [between(), noted(notes, run)])
    requests.perform(asked.pk)
    assert read(asked).status == "stopped"
    assert JobRun.objects.get().chunks.filter(status="todo").count() == 1
