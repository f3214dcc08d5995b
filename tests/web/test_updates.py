"""Many orders changed on pages: found, shown, done, taken back. The test does what a worker does."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from perennial.jobs import requests
from perennial.jobs.models import JobRequest
from tests.web.test_exports import taken
from tests.worlds.book_club import club, order
from tests.worlds.desk import lines
from tests.worlds.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 3, 10)
LATER = {"way": "by", "by_days": "7", "program": "BOM", "following": "1", "reason": "the printer is late"}


@pytest.fixture(autouse=True)
def _today(settings: Any) -> None:
    settings.PERENNIAL_TODAY = TODAY
    club()
    order()
    order()


def work(answer: Any) -> JobRequest:
    """What a worker does with what was asked for last."""
    assert answer.status_code == 302, answer.content.decode()
    newest = JobRequest.objects.latest("pk")
    assert answer["Location"] == f"/updates/requests/{newest.pk}"
    requests.perform(newest.pk)
    return JobRequest.objects.get(pk=newest.pk)


def shown(client: Client, request: JobRequest) -> tuple[str, int]:
    """The page to which its request leads, and its run."""
    answer = client.get(f"/updates/requests/{request.pk}")
    assert answer.status_code == 302, answer.content.decode()
    run = int(answer["Location"].rpartition("/")[2])
    return client.get(answer["Location"]).content.decode(), run


def title(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)<span", page, re.DOTALL)
    assert found is not None
    return found[1].strip()


def test_orders_are_moved_and_put_back() -> None:
    manager = signed_in("manager")
    before = lines("SO-000001", "ship_on")
    page, dry = shown(manager, work(manager.post("/updates", LATER)))
    assert title(page) == "2 orders would change"
    assert lines("SO-000001", "ship_on") == before
    assert manager.get(f"/updates/{dry}?list=changed").content.decode().count("SO-000002") > 1
    assert "SO-000002" not in manager.get(f"/updates/{dry}?list=stays").content.decode()
    assert len(taken(manager, f"/updates/{dry}.csv")) > 2
    made = work(manager.post(f"/updates/{dry}/apply"))
    page, real = shown(manager, made)
    assert title(page) == "2 orders changed"
    assert "the printer is late" in page
    after = lines("SO-000001", "ship_on")
    assert after != before
    assert manager.post(f"/updates/{dry}/apply")["Location"] == f"/updates/requests/{made.pk}"  # once
    assert "done after the dry run" in manager.get(f"/updates/{dry}").content.decode()
    assert manager.post(f"/updates/{real}/take-back", {"reason": ""}).status_code == 422
    page, back = shown(manager, work(manager.post(f"/updates/{real}/take-back", {"reason": "it came after all"})))
    assert title(page) == "2 orders would be put back"
    assert lines("SO-000001", "ship_on") == after
    page, done = shown(manager, work(manager.post(f"/updates/{back}/apply")))
    assert title(page) == "2 orders put back"
    assert lines("SO-000001", "ship_on") == before
    assert 'id="back"' not in manager.get(f"/updates/{real}").content.decode()
    history = manager.get("/updates").content.decode().split('id="done"')[1]
    assert f"taken back in run {done}" in history
    assert "it came after all" in history
