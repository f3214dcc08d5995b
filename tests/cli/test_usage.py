"""Exit statuses and what is said: done, refused, wrong usage, changed meanwhile, faults."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from django.db import OperationalError, ProgrammingError
from django.test import override_settings
from django.utils import timezone
from psycopg.errors import DiskFull

from perennial.cli import commands, main, parser
from perennial.desk import actions
from perennial.errors import Conflict, Refused
from perennial.jobs.models import NightRun
from perennial.orders.models import SalesOrder
from tests.worlds.book_club import ORDERED, child, club, order

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ordre skip SO-1", "did you mean 'order skip'?"),
        ("nihgt", "did you mean 'night'?"),
        ("night --again --by-worker", "--again runs one date anew: say which one with --on"),
        ("night --fail-on-parked --by-worker", "--fail-on-parked waits for the night: it does not go with --by-worker"),
        ("order", "followed by one of start, add, change"),
        ("order skpi SO-1", "did you mean 'order skip'?"),
        ("order skip SO-1", "--shipment"),
        ("order skip SO-1 --shipmnt 2", "did you mean '--shipment'?"),
        ("order skip SO-1 --shipment two", "not a whole number"),
        ("order skip SO-1 --shipment 0", "not a whole number"),
        ("order move SO-1 --shipment 1 --to 2026-02-30", "not a date such as 2026-03-10"),
        ("order move SO-1 --shipment 1 --to 20260210", "not a date such as 2026-03-10"),
        ("order hold SO-1", "--reason"),
        ("order release SO-1 --catch-up later", "invalid choice"),
        ("order submit SO-1 SO-2", "one word too many"),
        ("card C-1 --token t --brand visa --last4 4242 --exp 13/2030", "not a month and year such as 12/2030"),
        ("show order SO-1 --ahead -1", "--ahead"),
        ("job create-child-order", "did you mean 'create-child-orders'?"),
        ("job extend-lines --limit 3", "--limit is an option of create-child-orders"),
        ("job --program BOM", "--program is an option of create-child-orders, update-orders"),
        ("simulate --from 2026-01-02 --to 2026-01-01", "lies before"),
        ("simulate --from 2026-01-01 --to 2026-01-01 --declines 101", "percentage"),
        (f"order skip SO-1 --shipment {'9' * 10_000}", f"'{'9' * 76}… is not a whole number"),
        (f"order release SO-1 --catch-up {'9' * 10_000}", f"invalid choice: '{'9' * 76}… (choose from"),
        (f"demo --sample {'9' * 10_000}", f"invalid int value: '{'9' * 76}…;"),
        ("order skip SO-1 --shipment \u0661", "not a whole number"),
        ("night --on \u0662\u0660\u0662\u0666-03-10", "not a date"),
        ("card C-1 --token t --brand visa --last4 4242 --exp \u0661\u0662/2030", "not a month and year"),
        ("demo --sample \u0661\u0662", "invalid int value: '\u0661\u0662'"),
        (f"{'9' * 10_000}", f"unknown command '{'9' * 76}…;"),
        (f"order {'9' * 10_000}", "unknown command 'order 99"),
    ],
)
def test_wrong_usage(capsys: Captured, words: str, said: str) -> None:
    assert main.main(words.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: ")
    assert said in err
    assert err.count("\n") == 1
    assert len(err) < 500


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([b"show", b"order", b"\xff"], r"argument 3, '\xff', is not UTF-8 text"),
        ([b"order", b"hold", b"SO-1", b"--reason=caf\xe9"], r"argument 4, '--reason=caf\xe9', is not UTF-8 text"),
        ([b"\xff"], r"argument 1, '\xff', is not UTF-8 text"),
        ([b"night", b"--json", b"\xed\xa0\x80"], r"argument 3, '\xed\xa0\x80', is not UTF-8 text"),
    ],
)
def test_words_that_are_not_utf_8(words: list[bytes], said: str) -> None:
    done = subprocess.run([sys.executable, "-m", "perennial.cli.main", *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"usage: {said}; `perennial --help` says more\n"


LONG = "x" * 101


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["order", "hold", "SO-1", "--reason", "x" * 1001], "reason: longer than 1,000 characters"),
        (["order", "skip", "SO-1", "--shipment", "1", "--by", "x" * 1001], "by: longer than 1,000 characters"),
        (["order", "hold", "SO-1", "--reason", "r", "--code", LONG], "code: longer than 100 characters"),
        (["order", "hold", "SO-1", "--reason", "r", "--code", ""], "code: is empty"),
        (["order", "hold", "SO-1", "--reason", ""], "reason: is empty"),
        (["order", "skip", "SO-1", "--shipment", "1", "--by", " "], "by: is empty"),
        (["order", "ship", "SO-1", "--carrier", ""], "carrier: is empty"),
        (["order", "ship", "SO-1", "--tracking", ""], "tracking: is empty"),
        (["card", "C-1", "--token", "t", "--brand", "", "--last4", "4242", "--exp", "12/2030"], "brand: is empty"),
        (["order", "hold", "SO-1", "--reason", "r", "--code", "a\nb"], "code: has control characters"),
        (["order", "release", "SO-1", "--code", " fraud"], 'code: " fraud" has spaces around it'),
        (["order", "substitute", "SO-1", "--shipment", "1", "--item", "1", "--from", LONG], "from: longer than 100"),
        (["order", "price", "SO-1", "--shipment", "1", "--price", LONG], "price: longer than 100 characters"),
        (["order", "address", "SO-1", "--to", LONG], "to: longer than 100 characters"),
        (["order", "ship", "SO-1", "--carrier", "x" * 1001], "carrier: longer than 1,000 characters"),
        (["order", "ship", "SO-1", "--tracking", "x" * 1001], "tracking: longer than 1,000 characters"),
        (["order", "card", "SO-1", "--token", "x" * 201], "token: longer than 200 characters"),
        (["order", "submit", "x" * 201], "number: longer than 200 characters"),
        (["program", "copy", "BOM", LONG], "new: longer than 100 characters"),
        (["program", "release", LONG], "program: longer than 100 characters"),
        (["night", "--by", "x" * 1001], "by: longer than 1,000 characters"),
        (
            ["card", "C-1", "--token", "t", "--brand", "x" * 1001, "--last4", "4242", "--exp", "12/2030"],
            "brand: longer than 1,000 characters",
        ),
    ],
)
def test_what_is_too_long_or_cannot_stand_in_a_bundle(capsys: Captured, words: list[str], said: str) -> None:
    assert main.main([*words, "--json"]) == 1
    out, err = capsys.readouterr()
    field, _, text = said.partition(": ")
    refused = json.loads(out)["refused"]
    assert refused["field"] == field
    assert refused["code"].startswith(("text_", "code_"))
    assert refused["text"].startswith(text)
    assert err.startswith(f"refused: {said}")


def test_help(capsys: Captured) -> None:
    for words in (["--help"], ["help"]):
        assert main.main(words) == 0
        out = capsys.readouterr().out
        assert all(f"  {name} " in out for name in commands.COMMANDS)
    for words in ([], ["--json"]):
        assert main.main(words) == 2
        printed = capsys.readouterr()
        assert printed == ("", out)
    assert main.main(["order", "--help"]) == 0
    assert "  order skip " in capsys.readouterr().out
    assert main.main(["order", "skip", "--help"]) == 0
    assert "--shipment N" in capsys.readouterr().out
    assert main.main(["--version"]) == 0


def test_the_help_of_a_command_names_the_longer_ones(capsys: Captured) -> None:
    for words in ("check", "parked"):
        assert main.main([words, "--help"]) == 0
        longer = next(name for name in commands.COMMANDS if name.startswith(f"{words} "))
        assert f"`perennial {longer}`" in capsys.readouterr().out
    assert main.main(["check", "once", "--help"]) == 0
    assert "`perennial" not in capsys.readouterr().out


def test_help_and_mistakes_do_not_touch_django() -> None:
    code = "import sys; from perennial.cli.main import main; main(sys.argv[1:]); assert 'django' not in sys.modules"
    for words in (["--help"], ["order", "skip", "--help"], ["job", "--help"], ["nihgt"], ["job", "nope"], ["backup"]):
        subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True)


@pytest.mark.django_db
def test_a_language_without_words_is_refused_before_anything_is_done(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    club()
    number = order().number
    monkeypatch.setenv("PERENNIAL_LANGUAGE", "fr")
    for words in (
        f"order cancel {number}",
        f"order hold {number} --reason why",
        "show orders",
        "night --on 2026-03-10",
    ):
        assert main.main(words.split()) == 1
        out, err = capsys.readouterr()
        assert (out, err) == (
            "", "refused: PERENNIAL_LANGUAGE: 'fr' is a language that Perennial has no words in: one of en, it\n",
        )  # fmt: skip
    stored = SalesOrder.objects.get(number=number)
    assert stored.status == "open"
    assert not stored.holds.exists()
    assert not NightRun.objects.exists()
    assert main.main(["order", "cancel", "--help"]) == 0


@pytest.mark.django_db
def test_a_refusal_is_one_line_and_with_json_one_document(capsys: Captured) -> None:
    club()
    assert main.main(["show", "order", "SO-9"]) == 1
    assert capsys.readouterr() == ("", "refused: number: unknown order 'SO-9'\n")
    assert main.main(["--json", "show", "order", "SO-9"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out) == {"refused": {"code": "order_unknown", "field": "number", "text": "unknown order 'SO-9'"}}
    assert err.startswith("refused: ")


@pytest.mark.django_db
def test_documents_are_one_a_line(capsys: Captured) -> None:
    club()
    numbers = [order().number, order().number]
    assert main.main(["show", "orders", "--json"]) == 0
    assert [json.loads(line)["number"] for line in capsys.readouterr().out.splitlines()] == numbers
    for words in (["show", "order", numbers[0]], ["show", "program", "BOM"], ["show", "customer", "C-1"], ["parked"]):
        assert main.main([*words, "--json"]) == 0
        json.loads(capsys.readouterr().out)
        assert main.main(words) == 0
        assert capsys.readouterr().out


@pytest.mark.django_db
@override_settings(PERENNIAL_TODAY=ORDERED)
def test_an_order_as_a_clerk_reads_it(capsys: Captured) -> None:
    club()
    assert main.main(["show", "order", order().number]) == 0
    out = capsys.readouterr().out
    assert "line 1: 0016, program BOM revision 1, open, planned to its end, paid by card tok_visa" in out
    shipment = next(line for line in out.splitlines() if "2026-03-15" in line)
    assert shipment.split() == ["1", "1", "2026-03-15", "2026-03-16", "0013", "19.95", "scheduled", "2026-03-10"]


def given(name: str, words: str) -> tuple[str, dict[str, Any]]:
    return name, {"words": words}


NO_REFUND = {"line": None, "ended_by": None, "give_back": False, "approved_by": None}
NO_CODE = {"reason_code": None}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "function", "arguments"),
    [
        ("submit", "submit", {}),
        ("accept --catch-up skip", "accept", {"catch_up": "skip"}),
        ("cancel --after 3", "cancel", {"after": 3, "again": False, **NO_REFUND, **NO_CODE}),
        ("cancel --again", "cancel", {"after": None, "again": True, **NO_REFUND, **NO_CODE}),
        ("hold --reason why --stops charging", "hold", {"code": None, "stops": "charging", "until": None, **NO_CODE}),
        ("release --code fraud", "release", {"code": "fraud", "catch_up": None}),
        ("skip --shipment 2 --line 1", "skip", {"shipment": 2, "line": 1, **NO_CODE}),
        ("unskip --shipment 2", "unskip", {"shipment": 2, "line": None}),
        (
            "move --shipment 2 --to 2026-04-21 --following",
            "move",
            {"shipment": 2, "to": date(2026, 4, 21), "following": True, "line": None, "meant": [], **NO_CODE},
        ),
        (
            "substitute --shipment 2 --item 0019 --from 0014 --price 5.00",
            "substitute",
            {"shipment": 2, "item": "0019", "replaces": "0014", "price": "5.00", "line": None, **NO_CODE},
        ),
        ("quantity --quantity 2", "quantity", {"quantity": 2, "shipment": None, "replaces": None, "line": None}),
        (
            "price --shipment 1 --price 5.00 --item 0013",
            "price",
            {"shipment": 1, "price": "5.00", "replaces": "0013", "line": None, **NO_CODE},
        ),
        ("card --token tok_2", "card", {"token": "tok_2", "catch_up": None, "line": None}),
        ("address --to home", "address", {"to": "home", "shipment": None, "line": None}),
        (
            "ship --carrier UPS --tracking 1Z --rest later --rest-on 2026-04-20",
            "ship",
            {
                "carrier": "UPS",
                "tracking": "1Z",
                "override": False,
                "today": ANY,
                "pieces": [],
                "rest": "later",
                "rest_on": date(2026, 4, 20),
                **NO_CODE,
            },
        ),
        ("invoice --override --reason why", "invoice", {"override": True, "today": ANY, **NO_CODE}),
    ],
)
def test_what_reaches_the_desk(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, words: str, function: str, arguments: dict[str, Any]
) -> None:
    heard: dict[str, Any] = {}

    def action(**told: Any) -> dict[str, Any]:
        heard.update(told)
        return {"order": told["number"], "done": True}

    monkeypatch.setattr(actions, function, action)
    name, *rest = words.split()
    told = ["--on", "2026-03-11", "--by", "clerk:anna", "--json"]
    assert main.main(["order", name, "SO-000001", *rest, *told]) == 0
    assert json.loads(capsys.readouterr().out) == {"order": "SO-000001", "done": True}
    reason = "why" if "--reason" in words else None
    always = {"number": "SO-000001", "on": date(2026, 3, 11), "by": "clerk:anna", "reason": reason}
    assert heard == always | arguments


@pytest.mark.django_db
def test_a_line_is_refused_where_the_whole_order_is_meant(capsys: Captured) -> None:
    assert main.main(["order", "submit", "SO-1", "--line", "2"]) == 1
    assert capsys.readouterr().err.startswith("refused: line: ")


@pytest.mark.django_db
def test_a_cancelled_order_says_why_it_stays_open(capsys: Captured) -> None:
    club()
    entered, free = order(), order()
    child(entered, 1, status="shipped")
    words = f"order cancel {entered.number} --on 2026-03-12"
    assert main.main([*words.split(), "--line", "1"]) == 0
    assert (
        capsys.readouterr()
        .out.splitlines()[-1]
        .startswith(f"it stays open for {entered.number}-1-001 (shipped), line 2 (open): the next night")
    )
    assert main.main(words.split()) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "status  open",
        f"it stays open for {entered.number}-1-001 (shipped): the next night closes it, or the first after all of that is invoiced",
    ]
    assert main.main(["order", "cancel", free.number]) == 0
    assert "stays open" not in capsys.readouterr().out


@pytest.mark.django_db
@override_settings(PERENNIAL_TODAY=ORDERED)
def test_a_change_that_is_dated_ahead_says_so(capsys: Captured) -> None:
    club()
    number = order().number
    for words, said in (
        (f"order hold {number} --reason why --on 2026-03-10", ""),
        (f"order release {number} --on 2062-03-10 --json", "note: 2062-03-10 lies ahead, today is 2026-03-10"),
        ("program retire BOM --on 2026-03-11", "note: 2026-03-11 lies ahead, today is 2026-03-10"),
        (f"order skip {number} --shipment 9 --on 2026-03-11", "refused: "),
    ):
        status = main.main(words.split())
        out, err = capsys.readouterr()
        assert status == (1 if said.startswith("refused") else 0)
        assert err.startswith(said)
        assert err.count("\n") == bool(said)
        assert "note" not in out


@pytest.mark.django_db
@override_settings(PERENNIAL_TODAY=ORDERED)
def test_new_days_and_a_new_expiry_are_said(capsys: Captured) -> None:
    club()
    number = order().number
    assert main.main(f"order hold {number} --reason travel".split()) == 0
    capsys.readouterr()
    assert main.main(f"order release {number} --on 2026-04-20".split()) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        "shipment 1 ships on 2026-04-20",
        "shipment 2 ships on 2026-05-20",
        "shipment 3 ships on 2026-06-22",
    ]
    NightRun.objects.create(on_date=date(2026, 4, 20), finished_at=timezone.now())
    after = order().number
    assert main.main(f"order hold {after} --reason travel".split()) == 0
    capsys.readouterr()
    assert main.main(f"order release {after} --on 2026-04-20".split()) == 0
    assert capsys.readouterr().out.splitlines()[2] == "shipment 1 ships with the next run", "tonight's is over"
    merged = order().number
    assert main.main(["order", "hold", merged, "--reason", "travel"]) == 0
    capsys.readouterr()
    assert main.main(["order", "release", merged, "--on", "2026-05-20", "--catch-up", "merge"]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == ["shipments 1, 2, 3 ship with the next run, as one"]
    for how, said in (("send", "ship with the next run, each by itself"), ("skip", "are skipped")):
        late = order().number
        assert main.main(["order", "hold", late, "--reason", "travel"]) == 0
        capsys.readouterr()
        assert main.main(["order", "release", late, "--on", "2026-04-20", "--catch-up", how]) == 0
        assert capsys.readouterr().out.splitlines()[2:] == [f"shipments 1, 2 {said}"]
    card = "card C-1 --token tok_visa --brand visa --last4 4242 --exp 01/2032"
    assert main.main(f"{card} --json".split()) == 0
    assert json.loads(capsys.readouterr().out)["changed"] == [
        {"field": "expiry", "before": "12/2030", "after": "01/2032"}
    ]
    assert main.main([*card.split()[:-1], "02/2033"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "expiry of card tok_visa changed from 01/2032 to 02/2033"


@pytest.mark.django_db(transaction=True)
def test_a_number_in_small_letters(capsys: Captured) -> None:
    club()
    number = order().number
    assert number == "SO-000001"
    SalesOrder.objects.filter(number=number).update(reference="7")
    said = "unknown order 'so-000001'; did you mean 'SO-000001'?\n"
    for words in ("show order so-000001", "order skip so-000001 --shipment 1", "order ship so-000001"):
        assert main.main(words.split()) == 1
        assert capsys.readouterr().err == f"refused: number: {said}"
    assert main.main(["job", "create-child-orders", "--order", "so-000001", "--on", "2026-03-10"]) == 1
    assert capsys.readouterr().err == f"refused: order: {said}"
    meant_it = "; did you mean 'SO-000001'?"
    for words, meant in (("show order 1", meant_it), ("show order 7", meant_it), ("show order 2", "")):
        assert main.main(words.split()) == 1
        assert capsys.readouterr().err == f"refused: number: unknown order '{words[-1]}'{meant}\n"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("show customer C1", "account: unknown customer 'C1'; did you mean 'C-1'?"),
        ("show orders --customer c-1", "customer: unknown customer 'c-1'; did you mean 'C-1'?"),
        ("show orders --customer nobody", "customer: unknown customer 'nobody'"),
        (
            "card C1 --token t --brand visa --last4 4242 --exp 12/2030",
            "account: unknown customer 'C1'; did you mean 'C-1'?",
        ),
        ("job create-child-orders --customer C1", "customer: unknown customer 'C1'; did you mean 'C-1'?"),
        *(
            (words, "program: unknown program 'bom'; did you mean 'BOM'?")
            for words in (
                *("program release bom", "program discard bom", "program copy bom BOM2", "program activate bom"),
                *("program retire bom", "show program bom", "show orders --program bom"),
                *("job create-child-orders --program bom", "job update-orders --program bom"),
            )
        ),
    ],
)
def test_an_unknown_account_or_program_may_have_meant_another(capsys: Captured, words: str, said: str) -> None:
    club()
    assert main.main(words.split()) == 1
    assert capsys.readouterr().err == f"refused: {said}\n"


def no_room_in_the_database() -> OperationalError:
    """As Django raises it: the driver's error is its cause."""
    problem = OperationalError("could not extend file")
    problem.__cause__ = DiskFull("could not extend file")
    return problem


@pytest.mark.parametrize(
    ("problem", "status", "said"),
    [
        (
            Refused("date_past", "to", date=date(2026, 1, 1), earliest=date(2026, 3, 1)),
            1,
            "refused: to: 2026-01-01 is past: the earliest date is 2026-03-01\n",
        ),
        (Conflict("SO-1 is shipped"), 1, "changed meanwhile: SO-1 is shipped; look at it again, then repeat\n"),
        (OperationalError("connection refused"), 1, "the database does not answer: connection refused\n"),
        (no_room_in_the_database(), 1, "the database could not go on: could not extend file\n"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "cannot write: No space left on device\n"),
        (
            ProgrammingError('relation "catalog_company" does not exist\nLINE 1'),
            1,
            "the database has no tables of this version yet: run `perennial init` first\n",
        ),
        (KeyError("x"), 1, "a fault in Perennial: KeyError: 'x' (PERENNIAL_DEBUG=1 shows where)\n"),
    ],
)
def test_what_went_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, problem: Exception, status: int, said: str
) -> None:
    def fail(words: list[str]) -> int:
        raise problem

    monkeypatch.setattr(main, "run", fail)
    assert main.main(["show", "order", "SO-1"]) == status
    assert capsys.readouterr().err == said


def test_who_is_named_when_nobody_was() -> None:
    made = parser.Parser("x", "do")
    made.who()
    assert parser.by(made.parse(["--by", "clerk:anna"])) == "clerk:anna"
    assert parser.by(made.parse([])).startswith("cli")


@pytest.mark.django_db
def test_faults_of_a_bundle_are_listed(capsys: Captured, tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    file.write_text('{"currency": "USD", "prducts": [], "customers": [{"name": "x"}]}')
    assert main.main(["import", str(file), "--json"]) == 1
    refused = json.loads(capsys.readouterr().out)["refused"]
    assert refused["count"] == 2
    assert [fault["path"] for fault in refused["faults"]] == ["prducts", "customers[0].account"]


@pytest.mark.django_db
def test_options_of_the_demo_that_change_nothing_are_noted(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    from perennial.demo import command

    monkeypatch.setattr(command, "run", lambda given: 0)
    club()
    said = "note: this installation has orders already"
    assert main.main(["demo", "--sample", "5"]) == 0
    assert said not in capsys.readouterr().err
    order()
    for words, noted in ((["--sample", "5"], True), (["--all"], True), ([], False), (["--json"], False)):
        assert main.main(["demo", *words]) == 0
        assert capsys.readouterr().err.startswith(said) is noted


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("words", ["night", "night --by-worker", "job extend-lines", "job extend-lines --by-worker"])
def test_a_date_that_is_repeated_is_the_one_that_is_run(words: str, capsys: Captured) -> None:
    club()
    assert main.main([*words.split(), "--yes-on", "2036-06-01"]) == 2
    assert "2036-06-01 is run with --on" in capsys.readouterr().err
