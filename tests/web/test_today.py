"""Today: the account of the last night adds up, what is wrong is said first, each number leads to its list."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from perennial.desk.read.exceptions import counts
from perennial.jobs.models import NightRun
from perennial.jobs.night import night
from perennial.jobs.recurrences import set_recurrence
from perennial.web.pages import today as page
from tests.web.asked import always
from tests.worlds import actions
from tests.worlds.book_club import club, order
from tests.worlds.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 3, 11)


@pytest.fixture(autouse=True)
def _today(settings: Any) -> None:
    settings.PERENNIAL_TODAY = TODAY
    club()
    order()


def shown(role: str = "manager") -> str:
    answer = signed_in(role).get("/today")
    assert answer.status_code == 200
    return re.sub(r"<[^>]+>|\s+", " ", answer.content.decode().split("<main")[1])


def test_before_the_first_night_it_is_said_that_none_has_run_and_none_is_planned() -> None:
    html = shown()
    assert "No night has run yet" in html or "Nights do not run as they should" in html
    assert "No night is planned" in html


def test_the_account_of_the_night_adds_up() -> None:
    set_recurrence(job="night", at=time(2), by="manager:marco")
    night(TODAY)
    html = " ".join(shown().split())
    assert "The last night went well" in html
    assert "No night is planned" not in html
    report = NightRun.objects.get().report
    assert report is not None
    assert f"{report['due']} " in html
    assert report["due"] == report["created"] + sum(report["waits"].values())
    assert report["due"]


def test_what_has_time_is_not_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    night(TODAY)
    assert "nothing waits for a person" in shown()
    monkeypatch.setattr(page, "counts", lambda on: counts(on)._replace(refund=1))
    html = shown()
    assert "nothing waits" not in html
    assert "nothing urgent waits" in html


def test_the_list_to_begin_with_stands_below_and_asks_the_same_however_much_waits() -> None:
    night(TODAY)
    manager = signed_in("manager")
    manager.get("/today")  # its session is noted
    asked = []
    for number in ("SO-000001", order().number):
        actions.hold(number=number, reason="a word", on=TODAY, by="clerk:anna")
        with CaptureQueriesContext(connection) as found:
            html = manager.get("/today").content.decode()
        asked.append(always(found))
        assert f">{number}</a>" in html.split('id="first"')[1]
        assert 'href="/exceptions/held?row=x-held-' in html
    assert asked[0] == asked[1]


def test_missed_nights_are_said_first_and_lead_to_the_jobs() -> None:
    NightRun.objects.create(on_date=TODAY - timedelta(4), finished_at=timezone.now(), report={})
    html = shown()
    assert "Nights do not run as they should" in html
    assert "3 nights are missing" in html


def test_an_administrator_sees_the_night_and_no_lists_and_a_clerk_neither() -> None:
    night(TODAY)
    assert "The last night went well" in shown("administrator")
    assert "/exceptions/" not in signed_in("administrator").get("/today").content.decode()
    assert signed_in("clerk").get("/today").status_code == 403
