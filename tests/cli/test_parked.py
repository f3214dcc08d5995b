"""What a job could not do is seen everywhere, also where no shipment of it is left to wait."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.test import override_settings

from perennial.catalog.models import DeliveryMode
from perennial.cli import main
from perennial.continuity.models import Occurrence, Parked
from perennial.jobs.check import check, check_once
from perennial.orders.models import OrderEvent
from perennial.programs.models import ProgramEvent
from tests.worlds import actions
from tests.worlds.book_club import ORDERED, club, order

pytestmark = pytest.mark.django_db(transaction=True)
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def stuck() -> Iterator[str]:
    """An order that goes on until it is stopped, whose delivery mode has shut for years; all that was planned is skipped."""
    with override_settings(PERENNIAL_TODAY=ORDERED):
        revision = club(repeat_threshold=1)
        ProgramEvent.objects.filter(revision=revision, key="E3").delete()
        ProgramEvent.objects.filter(revision=revision, key="E2").update(times_to_repeat=None)
        number = order().number
        for shipment in range(1, Occurrence.objects.count() + 1):
            actions.skip(number=number, shipment=shipment, on=ORDERED, by="clerk:anna")
        days = [ORDERED + timedelta(n) for n in range(3000)]
        DeliveryMode.objects.update(closed_on=days)
        yield number


def say(capsys: Captured, words: str) -> tuple[int, str, str]:
    status = main.main(words.split())
    out, err = capsys.readouterr()
    return status, out, err


def test_a_night_that_parks_says_so(stuck: str, capsys: Captured) -> None:
    status, _, err = say(capsys, "night --dry-run --on 2026-03-10 --fail-on-parked")
    assert status == 3
    assert "extend-lines: dry run: 0 orders, 0 lines, 1 parked" in err
    status, _, err = say(capsys, "night --on 2026-03-10 --fail-on-parked")
    assert status == 3
    assert "extend-lines: 0 orders, 0 lines, 1 parked" in err
    # and as long as nobody has looked
    assert say(capsys, "night --on 2026-03-11 --fail-on-parked")[0] == 3
    assert say(capsys, "night --on 2026-03-12 --yes-on 2026-03-12")[0] == 0
    assert check()["ok"]
    assert check_once()["ok"]


def test_what_is_parked_waits_for_a_person(stuck: str, capsys: Captured) -> None:
    say(capsys, "night --on 2026-03-10")
    _, parked, _ = say(capsys, "parked")
    reason = parked.splitlines()[1].split(maxsplit=2)[2]
    _, out, _ = say(capsys, "show orders --waiting")
    assert out.splitlines()[1:] == [f"{stuck}  C-1       line 1  parked ({reason})"]
    _, out, _ = say(capsys, f"show order {stuck}")
    assert f"parked      line 1: {reason}" in out.splitlines()
    (event,) = OrderEvent.objects.filter(kind="parked")
    because = {"code": "delivery_mode_never_works", "mode": "STD", "day": {"date": "2026-06-13"}}
    assert (event.on_date, event.by[:4], event.reason) == (date(2026, 3, 10), "job:", None)
    assert event.data == {"job": "extend-lines", "line": 1, "because": because}
    assert Parked.objects.get().because == because


def test_why_is_said_to_whoever_asks(stuck: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_LANGUAGE", "it")
    why = "la modalità di consegna STD non ha giorni lavorativi entro un anno dal 2026-06-13"
    _, night, told = say(capsys, "night --on 2026-03-10 --json")
    assert "extend-lines: 0 ordini, 0 righe, 1 da verificare" in told
    assert [one["reason"] for one in json.loads(night)["jobs"][1]["reasons"]] == [why]
    assert json.loads(say(capsys, "parked --json")[1])[0]["reason"] == why
    shown = json.loads(say(capsys, f"show order {stuck} --json")[1])
    assert [one["reason"] for one in shown["events"] if one["kind"] == "parked"] == [why]
    assert f"parked      line 1: {why}" in say(capsys, f"show order {stuck}")[1].splitlines()


def test_mended_and_tried_again_it_goes_on(stuck: str, capsys: Captured) -> None:
    say(capsys, "night --on 2026-03-10")
    DeliveryMode.objects.update(closed_on=[])
    assert say(capsys, f"parked retry {stuck} --on 2026-03-11")[0] == 0
    assert say(capsys, "night --on 2026-03-11 --fail-on-parked")[0] == 0
    assert Occurrence.objects.filter(status="scheduled").exists()
    assert "nothing waits" in say(capsys, "show orders --waiting")[1]


def test_a_run_that_never_was(stuck: str, capsys: Captured) -> None:
    status, _, err = say(capsys, "parked 999")
    assert (status, err) == (1, "refused: run: unknown run 999\n")
