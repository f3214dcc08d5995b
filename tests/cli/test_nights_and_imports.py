"""What nights, jobs and imports say to whoever starts them."""

from __future__ import annotations

import copy
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from perennial.catalog.models import Company
from perennial.cli import main
from perennial.continuity.models import Occurrence
from perennial.db import sql
from perennial.desk import actions
from perennial.programs.models import ProgramEvent
from tests.worlds.book_club import ORDERED, club, order
from tests.worlds.bundle import example

Captured = pytest.CaptureFixture[str]

NIGHT = {
    "on": "2026-03-11",
    "jobs": [
        {
            "job": "process-payments", "run": 5, "on": "2026-03-11", "dry_run": False, "status": "done",
            "counts": {"authorised": 2, "captured": 0}, "reasons": [],
            "amounts": {"USD": {"authorised": "50.00", "captured": "0.00"}},
        }
    ],
}  # fmt: skip


@pytest.mark.django_db(transaction=True)
@override_settings(PERENNIAL_TODAY=date(2026, 6, 1))
def test_a_night_says_before_how_much_is_late(capsys: Captured) -> None:
    """Whoever brings in the orders of last winter wants to know before what one night makes of them."""
    club()
    order()
    for words, said in (
        ("night --dry-run", "3 shipments are late, the first since 2026-03-16: the night of 2026-06-01 makes"),
        ("night --on 2026-03-20", "1 shipment is late, the first since 2026-03-16: the night of 2026-03-20 makes"),
        ("night --on 2026-03-21", ""),
    ):
        assert main.main(words.split()) == 0
        first = capsys.readouterr().err.splitlines()[0]
        assert first.startswith(f"note: {said}") == bool(said)


@pytest.mark.django_db(transaction=True)
@override_settings(PERENNIAL_TODAY=date(2026, 6, 1))
def test_a_night_counts_what_it_plans_before_it_makes_child_orders(capsys: Captured, monkeypatch: Any) -> None:
    """Of a program without end only the first shipments are planned, and the night plans all others of the past."""
    revision = club()
    ProgramEvent.objects.filter(revision=revision, place=2).update(times_to_repeat=None)
    order(order_date=date(2025, 3, 10))
    waits = order(order_date=date(2025, 3, 10), acceptance_required=True)
    held = order(order_date=date(2025, 3, 10))
    actions.hold(number=held.number, reason="travel", by="clerk:anna", on=ORDERED)
    planned = Occurrence.objects.filter(continuity_order__order_id=waits.id, status="scheduled").count()
    said = "15 shipments are late, the first since 2025-03-17: the night of 2026-06-01 makes child orders of them"
    assert planned < 15
    assert main.main(["night", "--dry-run"]) == 0
    assert capsys.readouterr().err.startswith(f"note: {said}")
    monkeypatch.setattr("perennial.jobs.status.ORDERS_AHEAD", 0)
    assert main.main(["night"]) == 0
    first, *others = capsys.readouterr().err.splitlines()
    assert first == (
        f"note: at least {planned} shipments are late, the first since 2025-03-17: the night of 2026-06-01"
        " plans the open-ended programs on and makes child orders of them, to be paid at once"
    )
    late = Occurrence.objects.filter(status="ordered", ship_on__lt=date(2026, 6, 1))
    assert late.count() == 15, others


@pytest.mark.django_db(transaction=True)
@override_settings(PERENNIAL_TODAY=date(2026, 6, 1))
def test_a_night_ahead_says_so_before_it_starts(capsys: Captured) -> None:
    club()
    before = "note: today is 2026-06-01: once the night of 2036-06-01 is done, `night` finds nothing to do until then"
    dry = before.replace(
        "once the night of 2036-06-01 is done, `night` finds", "were the night of 2036-06-01 done, `night` would find"
    )
    after = "note: the night of 2036-06-01 is done, and today is 2026-06-01: until then `night` finds nothing to do"
    for words, said in (
        ("night --on 2036-06-01 --dry-run", [dry]),
        ("night --on 2036-06-01 --yes-on 2036-06-01", [before]),
        ("night", [after]),
    ):
        assert main.main(words.split()) == 0
        lines = capsys.readouterr().err.splitlines()
        assert [line for line in lines if line.startswith("note: ")] == said
        assert not {before, dry} & set(said) or lines[0] in said


@pytest.mark.django_db
@override_settings(PERENNIAL_TODAY=date(2026, 6, 1))
def test_an_import_says_which_orders_begin_in_the_past(capsys: Captured, tmp_path: Path) -> None:
    """A mistyped year makes hundreds of charges in one night."""
    sql.value("select setval('parent_order_number', 1, false)")
    file = tmp_path / "bundle.json"
    bundle = example()
    given = bundle["orders"][0]

    def noted(*orders: Any) -> list[str]:
        bundle["orders"] = orders
        file.write_text(json.dumps(bundle))
        dry = []
        for options in (("--dry-run",), ("--json",)):
            assert (
                main.main(["import", str(file), "--yes-date", "2016-06-01", "--yes-date", "2062-06-01", *options]) == 0
            )
            told = [said for said in capsys.readouterr().err.splitlines() if said.startswith("note: ")]
            dry.append(
                [said for said in told if said != "note: country IT has no tax rate: what goes there is not taxed"]
            )
        assert dry[0] == dry[1]
        return dry[0]

    does = "the next night makes child orders of all since then, to be paid at once; if that is not meant, cancel them before (order cancel)"
    assert noted({**given, "order_date": "2026-06-01"}) == []
    mistyped = {**given, "reference": "SHOP-2", "order_date": "2016-06-01"}
    assert noted(mistyped) == [f"note: 1 order has shipments of the past (SO-000002 since 2016-06-06): {does}"]
    started = copy.deepcopy({**given, "reference": "SHOP-3", "order_date": "2026-06-01"})
    started["lines"][0]["continuity"]["start_date"] = "2026-05-01"
    said = [f"note: 2 orders have shipments of the past (the first SO-000003 since 2026-05-06): {does}"]
    assert noted(started, {**started, "reference": "SHOP-4"}) == said
    waits = {**mistyped, "reference": "SHOP-5", "acceptance_required": True}
    draft = {**mistyped, "reference": "SHOP-6", "submit": False}
    sent = [{"line": 1, "shipment": n, "status": "invoiced", "external": f"OLD-{n}"} for n in (1, 2, 3)]
    done = {**given, "reference": "SHOP-7", "order_date": "2026-03-10", "children": sent}
    held = {**done, "reference": "SHOP-8", "children": None, "holds": [{"reason": "travel"}]}
    assert noted(waits, draft, done, held) == []
    half = {**done, "reference": "SHOP-9", "children": sent[:2]}
    assert noted(half) == [f"note: 1 order has shipments of the past (SO-000009 since 2026-05-14): {does}"]
    far = {**given, "reference": "SHOP-10", "order_date": "2062-06-01"}
    next_year = {**given, "reference": "SHOP-11", "order_date": "2027-06-01"}
    assert noted(far, {**far, "reference": "SHOP-12"}, next_year) == [
        "note: order SO-000010 is dated 2062-06-01, more than a year ahead (and 1 more such): nothing comes before"
    ]


@pytest.mark.django_db
@override_settings(PERENNIAL_TODAY=ORDERED)
def test_an_import_says_which_orders_it_made_and_which_will_follow(capsys: Captured, tmp_path: Path) -> None:
    sql.value("select setval('parent_order_number', 1, false)")
    bundle = example()
    first = bundle["orders"][0]
    bundle["orders"] += [{**first, "reference": f"SHOP-{n}"} for n in range(2, 13)]
    file = tmp_path / "bundle.json"

    def imported(*options: str) -> list[str]:
        file.write_text(json.dumps(bundle))
        assert main.main(["import", str(file), *options]) == 0
        return capsys.readouterr().out.splitlines()

    assert not any("SO-" in said for said in imported("--dry-run"))
    numbers = ", ".join(f"SO-{n:06d}" for n in range(1, 11))
    assert imported()[-1] == f"new orders: {numbers} and 2 more"
    assert imported()[-1].startswith("orders")
    del bundle["orders"]
    bundle["programs"][0]["events"][1]["days_from_last"] = 31
    at_once = "`perennial job update-orders --program BOM`"
    assert imported()[-1] == f"12 open orders follow program BOM when you run {at_once}"
    bundle["programs"][0]["events"][1]["days_from_last"] = 32
    bundle["programs"][0]["apply"] = True
    assert imported("--dry-run")[-1] == f"12 open orders follow program BOM in the next night; at once: {at_once}"
    bundle["programs"][0] |= {"release": False}
    assert "follow" not in "".join(imported())
    assert main.main(["program", "release", "BOM"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"12 open orders follow program BOM when you run {at_once}"


@pytest.mark.django_db
def test_a_night_says_when_something_was_parked(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    from perennial.jobs import night

    ran = {
        "job": "create-child-orders", "run": 1, "on": "2026-03-11", "dry_run": False, "status": "done",
        "counts": {"created": 1200, "left": 0, "acceptance": 1, "on_hold": 0, "expired_card": 9, "payment": 0, "parked": 2},
        "amounts": {}, "reasons": [],
    }  # fmt: skip
    monkeypatch.setattr(night, "night", lambda on, **told: {"on": "2026-03-11", "jobs": [ran]})
    assert main.main(["night", "--on", "2026-03-11", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["jobs"] == [ran]
    assert "1,212 due: 1,200 created, 9 expired card, 1 awaiting acceptance, 2 parked" in err
    assert main.main(["night", "--on", "2026-03-11", "--fail-on-parked"]) == 3


@pytest.mark.django_db
@pytest.mark.parametrize("terminal", [False, True])
def test_a_night_names_each_job_once_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, terminal: bool
) -> None:
    from perennial.jobs import night

    def one_night(on: date, **told: Any) -> dict[str, Any]:
        if told["progress"] is not None:
            told["progress"]("process-payments", on)
        return NIGHT

    monkeypatch.setattr(night, "night", one_night)
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: terminal)
    assert main.main(["night", "--on", "2026-03-11"]) == 0
    out, err = capsys.readouterr()
    assert [line.split() for line in out.splitlines()] == [
        ["on", "job", "run", "counts", "amounts"],
        ["2026-03-11", "process-payments", "5", "authorised", "2", "authorised", "50.00", "USD"],
    ]
    off = "notices are off: customers are told nothing\n"
    if terminal:  # the line of progress is wiped out
        assert err.endswith(f"2026-03-11 process-payments …\r\x1b[K{off}")
        assert err.count("\n") == 1
    else:
        assert err.startswith(f"{off}2026-03-11 process-payments: 2 authorised, 0 captured; authorised 50.00 USD")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("on", [False, True])
@override_settings(PERENNIAL_TODAY=ORDERED)
def test_the_first_line_of_a_job_says_that_notices_are_off(capsys: Captured, on: bool) -> None:
    club()
    Company.objects.update(notices_on=on)
    for words in ("job extend-lines", "night", "night --dry-run --json"):
        assert main.main(words.split()) == 0
        first = capsys.readouterr().err.splitlines()[0]
        assert (first == "notices are off: customers are told nothing") is not on


@pytest.mark.django_db(transaction=True)
def test_the_list_of_jobs_shows_no_zeros(capsys: Captured) -> None:
    revision = club(repeat_threshold=1)
    ProgramEvent.objects.filter(revision=revision, place=3).update(times_to_repeat=None)
    order()
    assert main.main(["job", "extend-lines", "--on", "2026-07-01"]) == 0
    capsys.readouterr()
    assert main.main(["job", "--on", "2026-03-10"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "extend-lines" in line)
    said = line.split()
    assert (said[0], said[2:4]) == ("extend-lines", ["2026-07-01", "done"])
    assert "orders 1" in line
    assert main.main(["job", "--on", "2026-03-10", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told[1]) == ["job", "last_run", "last_on", "last_status", "last_counts", "due"]
    assert told[0] == {
        "job": "update-current-event", "last_run": None, "last_on": None, "last_status": None, "last_counts": {}, "due": 1,
    }  # fmt: skip


@pytest.mark.django_db
def test_an_import_says_what_will_not_be_taxed(capsys: Captured, tmp_path: Path) -> None:
    bundle = {
        "currency": "USD",
        "tax_rates": [{"group": "food", "country": "US", "percent": "8"}],
        "products": [
            {"number": "B1", "price": "9.95", "tax_group": "exempt"},
            {"number": "B2", "price": "9.95", "tax_group": "exempt"},
            {"number": "B3", "price": "9.95", "tax_group": "floods"},
        ],
    }
    file = tmp_path / "bundle.json"

    def noted(*options: str) -> list[str]:
        file.write_text(json.dumps(bundle))
        assert main.main(["import", str(file), *options]) == 0
        return [said for said in capsys.readouterr().err.splitlines() if said.startswith("note: ")]

    said = [
        'note: tax group "exempt" has no rate: what is in it is not taxed',
        'note: tax group "floods" has no rate: what is in it is not taxed; did you mean "food"?',
    ]
    assert noted("--dry-run") == noted() == noted("--json") == said
    bundle["tax_rates"] = []
    assert noted() == said
    bundle["products"] = []
    assert noted() == []
