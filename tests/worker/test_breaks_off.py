"""What a database keeps refusing is tried again for good, and managers hear of it once; what gets on in between does not count."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from perennial.catalog.models import Company
from perennial.db import sql
from perennial.jobs import requests
from perennial.jobs.models import JobChunk, JobRequest, JobRun
from perennial.people.actions import add_person
from perennial.worker import managers, queue, tasks
from tests.notices.server import Postman
from tests.worker.test_managers import postman
from tests.worlds.book_club import club, order
from tests.worlds.people import signed_in

__all__ = ["postman"]
pytestmark = pytest.mark.django_db(transaction=True)
FULL = """
create function disk_is_full() returns trigger language plpgsql as
$$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
create trigger disk_is_full before insert on jobs_jobrun for each row execute function disk_is_full();
"""
EMPTY = "drop trigger if exists disk_is_full on jobs_jobrun; drop function if exists disk_is_full()"


@pytest.fixture(autouse=True)
def full_disk(settings: Any) -> Iterator[None]:
    settings.PERENNIAL_TODAY = date(2026, 3, 11)
    club()
    order()
    Company.objects.update(name="Aurora Books", from_email="club@example.com")
    people = {"marco": "it", "giulia": "en"}
    for name, language in people.items():
        given = {"name": name, "email": f"{name}@example.com", "language": language}
        add_person(username=name, password="a phrase of words", roles=("manager",), **given)
    sql.execute(FULL)
    yield
    sql.execute(EMPTY)


def a_try(request: JobRequest) -> JobRequest:
    """A worker takes it up, and breaks off."""
    with pytest.raises(OperationalError):
        tasks.perform.func(request=request.pk)
    return JobRequest.objects.get(pk=request.pk)


def minutes_later(request: JobRequest, minutes: int = 6) -> None:
    JobRequest.objects.filter(pk=request.pk).update(tries_since=timezone.now() - timedelta(minutes=minutes))


def mails() -> list[tuple[str, bool]]:
    """Who is to be told, and whether of what breaks off."""
    told = "select args->>'username', args->>'breaks_off' from procrastinate_jobs where task_name = 'tell_manager' order by 1"
    return [(name, off == "true") for name, off in sql.tuples(told)]


def test_managers_hear_of_it_once_and_the_page_says_so(postman: Postman) -> None:
    asked = queue.ask(job="create-child-orders", by="marco")
    for _ in range(requests.TRIES):
        a_try(asked)
    assert mails() == []  # it may pass
    minutes_later(asked)
    noted = a_try(asked)
    assert (noted.status, noted.tries) == ("running", requests.TRIES + 1)
    assert mails() == [("giulia", True), ("marco", True)]
    a_try(asked)
    assert len(mails()) == 2
    for name in ("giulia", "marco"):
        managers.tell(asked.pk, name, breaks_off=True)
    english, italian = (one.mail for one in postman.taken)
    assert "does not get on" in str(english["Subject"])
    body = english.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Create child orders has broken off 7 times since" in body
    assert "No space left on device" in body
    assert "interrotta 7 volte" in italian.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    manager = signed_in("manager")
    page = manager.get(f"/jobs/requests/{asked.pk}").content.decode()
    assert "broken off 7 times" in page
    assert "Managers were told" in page
    assert "Broke off 7 times" in manager.get("/jobs").content.decode()
    assert "broken off" in manager.get(f"/jobs/requests/{asked.pk}/progress", HTTP_HX_REQUEST="true").content.decode()
    sql.execute(EMPTY)
    tasks.perform.func(request=asked.pk)
    assert JobRequest.objects.get(pk=asked.pk).status == "done"
    assert "broken off" not in manager.get(f"/jobs/requests/{asked.pk}").content.decode()


def test_what_gets_on_in_between_is_no_trouble() -> None:
    asked = queue.ask(job="close-orders", by="marco")
    for _ in range(requests.TRIES + 1):
        a_try(asked)
    minutes_later(asked)
    sql.execute(EMPTY)
    run = JobRun.objects.create(job="close-orders", on_date=date(2026, 3, 11), arguments={})
    JobChunk.objects.create(run=run, number=1, first_seq=1, last_seq=1, status="done")
    sql.execute(FULL)
    JobRequest.objects.filter(pk=asked.pk).update(runs=[run.pk])
    assert not requests.broke_off(asked.pk, OperationalError("the disk is full"))
    assert JobRequest.objects.get(pk=asked.pk).tries == 1
    assert mails() == []


def test_of_a_dry_run_nobody_hears() -> None:
    asked = queue.ask(job="night", dry=True, by="marco")
    for _ in range(requests.TRIES + 1):
        a_try(asked)
    minutes_later(asked)
    assert a_try(asked).tries > requests.TRIES
    assert mails() == []


def test_it_is_tried_again_for_good_less_often_after_a_while() -> None:
    waits = []
    for attempts in (1, tasks.QUICK_TRIES, 10_000):
        job = SimpleNamespace(attempts=attempts)
        decision = tasks.GoOn().get_retry_decision(exception=OperationalError("the disk is full"), job=job)
        assert decision is not None
        waits.append(decision.retry_at)
    assert waits[0] < waits[1] <= waits[2]
