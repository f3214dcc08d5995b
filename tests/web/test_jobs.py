"""The pages of jobs without a browser: what a run touched, its file, faults beside their fields, numbers that lead nowhere."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from perennial.continuity.models import ContinuityOrder, Parked
from perennial.errors import Refused
from perennial.jobs import at_work, requests, runner
from perennial.jobs.models import JobChunk, JobRequest, JobRun, NightRun, Recurrence
from perennial.kernel.reasons import Reason
from perennial.people.actions import set_preferences
from tests.web.asked import always
from tests.web.test_exports import taken
from tests.worlds.book_club import club, order
from tests.worlds.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 3, 11)


@pytest.fixture(autouse=True)
def _today(settings: Any) -> None:
    settings.PERENNIAL_TODAY = TODAY
    club()
    order()


def test_what_a_run_touched_stands_on_its_page_and_in_its_file() -> None:
    manager = signed_in("manager")
    answer = manager.post("/jobs/ask", {"job": "create-child-orders", "dry": "1"})
    asked = JobRequest.objects.get()
    assert answer["Location"] == f"/jobs/requests/{asked.pk}"
    requests.perform(asked.pk)
    run = JobRun.objects.get(dry=True)
    page = manager.get(f"/jobs/runs/{run.pk}").content.decode()
    assert "SO-000001" in page
    assert "ship on Mon 16 Mar" in page
    row = taken(manager, f"/jobs/runs/{run.pk}.csv")[0]
    assert row["Order"] == "SO-000001"
    assert "ship on 2026-03-16" in row["After"]  # as files have days
    mine = signed_in("manager", language="it")
    set_preferences(User.objects.get(username="manager"), language="it")
    page = mine.get(f"/jobs/runs/{run.pk}").content.decode()
    assert "ordine figlio creato" in page
    assert "spedizione lun 16 mar" in page
    set_preferences(User.objects.get(username="manager"), language="en")
    answer = manager.post(f"/jobs/requests/{asked.pk}/again")
    real = JobRequest.objects.latest("pk")
    assert (real.dry, real.on_date, real.job) == (False, TODAY, "create-child-orders")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"job": "close-orders", "dry": "1", "limit": "5"}, "close-orders does not take this"),
        ({"job": "create-child-orders", "dry": "1", "program": "NOWHERE"}, "NOWHERE"),
        ({"job": "create-child-orders", "dry": "1", "through": "someday"}, "someday"),
        ({"job": "nigth", "dry": "1"}, "there is no job"),
    ],
)
def test_a_fault_stands_in_the_form_and_nothing_is_asked(given: dict[str, str], said: str) -> None:
    answer = signed_in("manager").post("/jobs/ask", given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not JobRequest.objects.exists()


def test_numbers_that_lead_nowhere() -> None:
    manager = signed_in("manager")
    for address in ("/jobs/requests/99", "/jobs/runs/99", "/jobs/nights/99", "/jobs/runs/99.csv"):
        assert manager.get(address).status_code in (404, 409, 422), address


def test_a_plan_with_a_fault_is_not_made() -> None:
    manager = signed_in("manager")
    for given in ({"recurs": "night", "at": "25:00", "days": "1"}, {"recurs": "night", "at": "02:00"}):
        assert manager.post("/jobs/recur", given).status_code == 422


def test_a_night_is_compared_with_the_dry_run_that_was_signed() -> None:
    manager = signed_in("manager")
    manager.post("/jobs/ask", {"job": "night", "dry": "1"})
    asked = JobRequest.objects.get()
    assert manager.post(f"/jobs/requests/{asked.pk}/sign").status_code in (404, 409, 422)  # it is not over
    requests.perform(asked.pk)
    manager.post(f"/jobs/requests/{asked.pk}/sign")
    page = manager.get(f"/jobs/requests/{asked.pk}").content.decode()
    assert "signed by manager" in page
    order()  # one more comes in between
    manager.post(f"/jobs/requests/{asked.pk}/again")
    requests.perform(JobRequest.objects.latest("pk").pk)
    night = NightRun.objects.latest("pk")
    compared = manager.get(f"/jobs/nights/{night.pk}").content.decode().split('id="signed"')[1]
    rows = compared.split("<tr")[2:8]
    assert ["as expected" in row.lower() for row in rows] == [True, True, True, False, False, True]
    assert "1 created" in rows[3]
    assert "2 created" in rows[3]
    for one in JobRequest.objects.all():  # the dry run and the night itself: both lead there
        assert f'href="/jobs/nights/{night.pk}"' in manager.get(f"/jobs/requests/{one.pk}").content.decode()


def test_a_night_ahead_is_not_run_by_one_click_on_its_dry_run() -> None:
    manager = signed_in("manager")
    manager.post("/jobs/ask", {"job": "night", "dry": "1", "on": "2031-03-01"})
    asked = JobRequest.objects.get()
    again = f"/jobs/requests/{asked.pk}/again"
    assert manager.post(again).status_code in (404, 409, 422)  # it is not done
    requests.perform(asked.pk)
    refused = manager.post(again)
    assert (refused.status_code, 'id="b-really"' in refused.content.decode()) == (422, True)
    shown = manager.get(f"/jobs/requests/{asked.pk}").content.decode()
    assert "2031-03-01 is ahead of today" in shown or "2031 is ahead of today" in shown
    assert 'name="meant" value="1" form="really"' in shown
    assert JobRequest.objects.count() == 1
    form = {"job": "night", "dry": "0", "on": "2031-03-01"}
    assert manager.post("/jobs/ask", form).status_code == 422
    assert manager.post("/jobs/ask", {**form, "meant": "1"}).status_code == 302


def test_a_dry_run_of_other_nights_or_of_none_lets_no_night_run(settings: Any) -> None:
    manager = signed_in("manager")

    def asked(dry: str) -> JobRequest:
        manager.post("/jobs/ask", {"job": "night", "dry": dry})
        made = JobRequest.objects.latest("pk")
        requests.perform(made.pk)
        return made

    NightRun.objects.create(on_date=TODAY, finished_at=timezone.now(), report={})
    of_nothing = asked("1")
    settings.PERENNIAL_TODAY = date(2026, 3, 12)
    assert 'id="b-really"' not in manager.get(f"/jobs/requests/{of_nothing.pk}").content.decode()
    assert manager.post(f"/jobs/requests/{of_nothing.pk}/again").status_code == 422
    of_one = asked("0")
    assert of_one.dry, "what has shown nothing is no dry run of the next night"
    settings.PERENNIAL_TODAY = date(2026, 3, 13)
    assert manager.post(f"/jobs/requests/{of_one.pk}/again").status_code == 422
    assert asked("0").dry, "it has shown one night, and two are to be run"
    assert not asked("0").dry
    assert NightRun.objects.filter(finished_at__isnull=False).count() == 3


def test_a_dry_run_of_another_day_lets_no_job_run_whose_date_is_left_out(settings: Any) -> None:
    requests.perform(requests.ask(job="close-orders", dry=True, by="x")[0].pk)
    assert requests.rehearsal("close-orders", None, {}) is not None
    settings.PERENNIAL_TODAY = date(2026, 3, 12)
    with pytest.raises(Refused, match="dry_run_first"):
        requests.ask(job="close-orders", by="x", rehearsed=True)


def test_nights_that_were_run_ahead_are_said(settings: Any) -> None:
    settings.PERENNIAL_TODAY = None
    NightRun.objects.create(on_date=date(2061, 3, 1), finished_at=timezone.now(), report={})
    assert "no night runs before that day" in signed_in("manager").get("/today").content.decode()


def park(run: int) -> None:
    """What is put aside when an order's data are at fault: of every order here."""
    for one in ContinuityOrder.objects.filter(parked=None):
        because = Reason("database_error", {"message": "the address has no country"}).stored()
        Parked.objects.create(
            continuity_order=one, shipment=1, job="create-child-orders", run_id=run, because=because, on_date=TODAY
        )


def test_what_a_night_put_aside_is_tried_again_in_its_place() -> None:
    manager = signed_in("manager")
    night = NightRun.objects.create(on_date=TODAY, finished_at=timezone.now(), report={})
    run = JobRun.objects.create(
        job="create-child-orders", on_date=TODAY, arguments={}, night_id=night.pk, status="done"
    )
    assert "Mend" not in manager.get(f"/jobs/nights/{night.pk}").content.decode()
    park(run.pk)
    for address in (f"/jobs/nights/{night.pk}", f"/jobs/runs/{run.pk}"):
        page = manager.get(address).content.decode().split('id="parked"')[1]
        assert "the address has no country" in page
        assert 'href="/orders/SO-000001"' in page
        assert taken(manager, f"{address}/parked.csv")[0]["Order"] == "SO-000001"
        assert "Mend" not in signed_in("administrator").get(address).content.decode()
    address = f"http://127.0.0.1/jobs/nights/{night.pk}"
    answer = manager.post("/orders/SO-000001/retry", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=address)
    again = answer.content.decode()
    assert 'id="parked"' in again
    assert "Tried again on Wed 11 Mar" in again
    assert "-retry" not in again
    assert taken(manager, f"/jobs/nights/{night.pk}/parked.csv")[0]["Tried again on"] == "2026-03-11"


def test_however_much_was_put_aside_a_page_asks_the_same() -> None:
    manager = signed_in("manager")
    run = JobRun.objects.create(job="create-child-orders", on_date=TODAY, arguments={}, status="done")
    asked = []
    manager.get(f"/jobs/runs/{run.pk}")
    for _ in range(2):
        park(run.pk)
        with CaptureQueriesContext(connection) as captured:
            manager.get(f"/jobs/runs/{run.pk}")
        asked.append(always(captured))
        order()
        order()
    assert asked[0] == asked[1]


def test_what_an_earlier_night_has_put_aside_is_said_and_found() -> None:
    manager = signed_in("manager")
    night = NightRun.objects.create(on_date=TODAY, finished_at=timezone.now(), report={})
    JobRun.objects.create(
        job="create-child-orders",
        on_date=TODAY,
        arguments={},
        status="done",
        night_id=night.pk,
        report={"counts": {"created": 0, "parked": 2}},
    )
    page = manager.get(f"/jobs/nights/{night.pk}").content.decode()
    assert '2 more wait, put aside by earlier nights. <a href="/exceptions/parked">' in page
    run = JobRun.objects.get()
    park(run.pk)
    assert "1 more waits, put aside by an earlier night" in manager.get(f"/jobs/nights/{night.pk}").content.decode()


def test_a_run_whose_worker_was_killed_gives_no_end_until_another_takes_it_up() -> None:
    manager = signed_in("manager")
    asked, _ = requests.ask(job="create-child-orders", by="x")
    started = timezone.now() - timedelta(seconds=30)
    run = JobRun.objects.create(
        job="create-child-orders", on_date=TODAY, arguments={}, by="x", selected=40, started_at=started
    )
    JobChunk.objects.create(run=run, number=1, first_seq=1, last_seq=20, status="done")
    JobChunk.objects.create(run=run, number=2, first_seq=21, last_seq=40)
    JobRequest.objects.filter(pk=asked.pk).update(status="running", runs=[run.pk])
    address = f"/jobs/requests/{asked.pk}"
    page = manager.get(address).content.decode()
    assert "Nobody is at work on it just now" in page
    assert "to go" not in page
    with at_work.Session() as other:
        other.execute("select pg_advisory_lock_shared(%s, %s)", [runner.RUN_LOCK, run.pk])
        page = manager.get(address).content.decode()
    assert "Nobody is at work" not in page
    assert "to go" in page


def test_a_job_has_a_page_with_what_it_was_asked_for_last() -> None:
    manager = signed_in("manager")
    given = {"dry": "1", "program": "BOM", "through": "+9", "limit": "7"}
    answer = manager.post("/jobs/create-child-orders", given)
    asked = JobRequest.objects.get()
    assert answer["Location"] == f"/jobs/requests/{asked.pk}"
    requests.perform(asked.pk)
    page = manager.get("/jobs/create-child-orders").content.decode()
    assert 'value="7"' in page
    assert 'value="BOM" selected' in page
    assert f"/jobs/runs/{JobRun.objects.get().pk}" in page
    assert 'id="f-order"' in page
    assert 'id="f-order"' not in manager.get("/jobs/process-payments").content.decode()
    again = manager.post("/jobs/create-child-orders", {"dry": "0", "program": "BOM"})
    instead = JobRequest.objects.latest("pk")
    assert again["Location"] == f"/jobs/requests/{instead.pk}"
    assert instead.dry, "no dry run has shown the same: it is done first"
    assert manager.post("/jobs/close-orders/recur", {"at": "25:00", "days": "1"}).status_code == 422
    assert (
        manager.post("/jobs/close-orders/recur", {"at": "3:00", "days": ["1", "2"]})["Location"] == "/jobs/close-orders"
    )
    assert Recurrence.objects.get().job == "close-orders"
    assert "03:00" in manager.get("/jobs/close-orders").content.decode()
    assert "03:00" not in manager.get("/jobs/extend-lines").content.decode()
    for unknown in ("/jobs/close-order", "/jobs/move-orders"):
        assert manager.get(unknown).status_code in (404, 422), unknown
    assert 'id="another"' not in signed_in("finance").get("/jobs/close-orders").content.decode()
