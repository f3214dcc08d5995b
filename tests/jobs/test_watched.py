"""What somebody should look at: each thing is told with what to do, in `watch`, in `check` and on the page To do."""

from __future__ import annotations

import json
from collections import namedtuple
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone

from perennial.cli import main
from perennial.jobs import NIGHTLY, watch
from perennial.jobs.models import JobRun, NightRun
from perennial.jobs.runner import RUN_LOCK
from perennial.jobs.watch import watch as watched
from perennial.language import LANGUAGES, Reader, phrase
from perennial.orders.models import SalesOrder
from perennial.people.actions import set_preferences
from tests.jobs.meanwhile import url
from tests.worlds.book_club import child, club, order
from tests.worlds.people import signed_in
from tests.worlds.todo import LATER, one_of_each, paid_and_cancelled

pytestmark = pytest.mark.django_db
Captured = pytest.CaptureFixture[str]
ON = date(2026, 3, 10)


@pytest.fixture(autouse=True)
def _today(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PERENNIAL_TODAY = ON
    disk(monkeypatch, free=50)


def disk(monkeypatch: pytest.MonkeyPatch, *, free: int) -> None:
    """A disk of 100 GB with so much of it free."""
    usage = namedtuple("usage", "total used free")(100 * 2**30, (100 - free) * 2**30, free * 2**30)
    monkeypatch.setattr(watch.shutil, "disk_usage", lambda folder: usage)


def day(number: int) -> date:
    return ON + timedelta(number)


def night(on: date, *, finished: bool = True) -> NightRun:
    """A night of a date."""
    long_ago = timezone.now() - timedelta(hours=1)
    return NightRun.objects.create(on_date=on, started_at=long_ago, finished_at=long_ago if finished else None)


def codes(on: date = ON) -> list[str]:
    return [one.code for one in watched(on)]


def test_an_installation_in_order_is_quiet(capsys: Captured) -> None:
    club()
    night(ON)
    assert watched() == []
    assert main.main(["watch"]) == 0
    assert capsys.readouterr().out == "all is quiet\n"


@pytest.mark.parametrize(
    ("last", "found"),
    [
        (0, []),
        (-1, []),
        (-2, ["nights_missed"]),
        (-7, ["nights_missed"]),
        (-8, ["nights_wait"]),
        (-180, ["nights_wait"]),
    ],
)
def test_a_night_that_did_not_run(last: int, found: list[str]) -> None:
    club()
    night(day(last))
    assert codes() == found


def test_missed_nights_that_broke_off_are_said() -> None:
    club()
    night(day(-4))
    for one in (-3, -2):
        night(day(one), finished=False)
    (missed, *_) = watched()
    said = phrase("watch", missed.code, missed.facts)
    assert (
        said
        == "3 nights are missing: the last one that ran to its end is that of 2026-03-06; begun and not finished: 2"
    )


def test_check_of_an_installation_that_nobody_runs_is_not_all_well(capsys: Captured) -> None:
    club()
    night(day(-180))
    assert main.main(["check"]) == 0
    said = capsys.readouterr().out
    assert "all is well" not in said
    assert f"perennial night --yes-on {ON}" in said
    assert main.main(["check", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], [one["code"] for one in told["watched"]]) == (True, ["nights_wait"])


def test_orders_without_any_night() -> None:
    club()
    assert codes() == []
    order()
    assert codes(day(1)) == []
    assert codes(day(2)) == ["night_never"]


def test_a_run_and_a_night_that_stopped() -> None:
    club()
    night(day(-1))
    stopped = night(ON, finished=False)
    assert codes() == ["night_stopped"]
    long_ago = timezone.now() - timedelta(hours=1)
    run = JobRun.objects.create(job="close-orders", on_date=ON, arguments={}, night_id=stopped.pk, started_at=long_ago)
    assert codes() == ["run_stopped"]
    with psycopg.connect(url(), autocommit=True) as other:  # somebody works on it
        other.execute("select pg_advisory_lock_shared(%s, %s)", [RUN_LOCK, run.pk])
        assert codes() == []
    JobRun.objects.update(started_at=timezone.now())
    assert codes() == []


def charges(*runs: tuple[int, int]) -> None:
    """Runs that charged so many cards, of which so many were declined."""
    for number, (taken, declined) in enumerate(runs):
        counts = {"authorised": taken - declined, "captured": 0, "declined": declined, "failed": 0}
        JobRun.objects.create(
            job="process-payments",
            on_date=day(number - len(runs)),
            arguments={},
            status="done",
            report={"counts": counts},
        )


@pytest.mark.parametrize(
    ("runs", "found"),
    [
        ([(100, 5)] * 10 + [(100, 40)], ["many_declines"]),
        ([(100, 5)] * 10 + [(100, 12)], []),  # twice as many, but no ten points
        ([(100, 40)] * 10 + [(100, 60)], []),  # so it always was, nearly
        ([(100, 0)] * 10 + [(10, 9)], []),  # of so few nothing can be said
        ([(100, 90)], []),  # nothing to compare it with
        ([(100, 5)] * 10 + [(100, 40), (100, 5)], []),  # it is over
    ],
)
def test_a_share_of_declines_out_of_the_ordinary(runs: list[tuple[int, int]], found: list[str]) -> None:
    club()
    night(ON)
    charges(*runs)
    assert codes() == found


def test_a_disk_that_is_nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    club()
    night(ON)
    disk(monkeypatch, free=4)
    assert codes() == ["disk_nearly_full"]


def test_what_lies_too_long_and_what_is_owed(capsys: Captured) -> None:
    one_of_each()
    night(LATER)
    assert {one.code: one.facts["count"] for one in watched(LATER)} == {
        "children_late": 2, "children_uninvoiced": 1, "refunds_to_approve": 1, "refunds_owed": 1,
        "checks_awaited": 1,
    }  # fmt: skip
    assert main.main(["watch", "--json", "--on", str(LATER)]) == 4
    told = json.loads(capsys.readouterr().out)
    assert told["quiet"] is False
    assert "of 1 order" in told["watched"][-1]["text"]


def test_the_page_says_what_no_list_shows() -> None:
    club()
    order()
    night(day(-180))
    html = signed_in("clerk").get("/exceptions/declined").content.decode()
    assert 'id="watched"' in html
    assert "until a person has looked whether the clock is right" in html
    assert "perennial night" not in html.split('id="watched"')[1].split("</section>")[0]
    set_preferences(User.objects.get(username="clerk"), language="it")
    html = signed_in("clerk").get("/exceptions/declined").content.decode()
    assert "controllato l’orologio" in html


def test_money_to_give_back_is_a_list() -> None:
    club()
    number = paid_and_cancelled()
    html = signed_in("manager").get("/exceptions/refund").content.decode()
    assert number in html
    assert f"/orders/{number}/refund" in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_is_said_with_what_to_do(language: str) -> None:
    facts = dict.fromkeys(("on", "last", "today"), ON) | dict.fromkeys(
        ("count", "run", "declined", "asked", "share", "usual", "free"), 2
    )
    for code in (
        *("nights_missed", "nights_wait", "night_never", "run_stopped", "night_stopped", "many_declines"),
        *("disk_nearly_full", "children_late", "children_uninvoiced", "checks_awaited", "refunds_owed", "credits_owed"),
        *("refunds_to_approve", "refunds_failed", "disputes_run_out", "disputes_lost_besides"),
    ):
        assert phrase(
            "watch", code, {**facts, "job": "x", "folder": "/", "amount": "1", "order": "SO-1"}, Reader(language)
        )
        assert code == "disk_nearly_full" or phrase("command", code, facts, Reader(language))


@pytest.mark.django_db(transaction=True)
def test_a_quiet_night_prints_one_line(capsys: Captured) -> None:
    club()
    assert main.main(["night"]) == 0
    assert "advanced" in capsys.readouterr().out  # where a program stands was noted
    for last, words in (
        (day(1), f"{day(1)}: a quiet night"),
        (day(4), f"3 quiet nights between {day(2)} and {day(4)}"),
    ):
        with override_settings(PERENNIAL_TODAY=last):
            assert main.main(["night"]) == 0
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.splitlines()[-1].startswith(words)
    assert JobRun.objects.count() == 5 * len(NIGHTLY)


@pytest.mark.django_db(transaction=True)
def test_a_night_with_work_prints_it(capsys: Captured) -> None:
    club()
    child(order(), 1)
    SalesOrder.objects.filter(parent=None).update(order_date=ON)
    assert main.main(["night", "--on", str(ON + timedelta(1))]) == 0
    assert "quiet" not in capsys.readouterr().err
