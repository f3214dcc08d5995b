"""Code and tables must match: nothing runs on tables that are older than the program, or newer."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from perennial.cli import main
from perennial.cli.commands import COMMANDS
from perennial.db import sql, tables
from perennial.errors import Refused
from perennial.jobs import NIGHTLY

pytestmark = pytest.mark.django_db
Captured = pytest.CaptureFixture[str]


def older() -> None:
    """The newest migration of continuity is not done yet."""
    sql.execute(
        "delete from django_migrations where id = (select max(id) from django_migrations where app = 'continuity')"
    )


def newer() -> None:
    """A version that comes later was here."""
    sql.execute("insert into django_migrations(app, name, applied) values ('jobs', '9001_later', now())")


def test_freshly_made_tables_match() -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        tables.refuse_other_tables()
    assert len(asked) == 2


def test_an_app_that_is_not_ours_may_have_been_there() -> None:
    sql.execute("insert into django_migrations(app, name, applied) values ('reports', '0001_initial', now())")
    tables.refuse_other_tables()


def test_older_tables_are_refused_but_to_whoever_makes_them_new() -> None:
    older()
    with pytest.raises(Refused) as caught:
        tables.refuse_other_tables()
    assert caught.value.code == "tables_older"
    assert caught.value.facts["count"] == 1
    tables.refuse_other_tables(older_may_be=True)


def test_no_tables_at_all_are_told_apart() -> None:
    sql.execute("alter table django_migrations rename to put_aside")
    with pytest.raises(Refused, match="tables_absent"):
        tables.refuse_other_tables()
    tables.refuse_other_tables(older_may_be=True)


@pytest.mark.parametrize("older_may_be", [True, False])
def test_newer_tables_are_refused_to_everybody(older_may_be: bool) -> None:
    newer()
    with pytest.raises(Refused) as caught:
        tables.refuse_other_tables(older_may_be=older_may_be)
    assert (caught.value.code, caught.value.facts["first"]) == ("tables_newer", "jobs 9001_later")


@pytest.mark.parametrize(
    "words",
    [
        "night",
        *(f"job {name}" for name in NIGHTLY),
        "check",
        "show orders",
        "simulate --from 2026-03-10 --to 2026-03-10",
        "notices send",
    ],
)
def test_no_command_and_no_job_runs_on_other_tables(words: str, capsys: Captured) -> None:
    assert words.split()[0] in {name.split()[0] for name in COMMANDS}
    older()
    assert main.main(words.split()) == 1
    assert "run" not in capsys.readouterr().out
    newer()
    assert main.main(words.split()) == 1
    assert "jobs 9001_later" in capsys.readouterr().err
    assert sql.value("select count(*) from jobs_jobrun") == 0


@pytest.mark.parametrize("words", ["init", "demo", "serve"])
def test_what_makes_the_tables_new_stops_before_newer_ones(words: str, capsys: Captured) -> None:
    newer()
    assert main.main([words]) == 1
    assert "install the version that made them" in capsys.readouterr().err


@pytest.mark.parametrize(("language", "words"), [("en", "perennial init"), ("it", "le aggiorna")])
def test_no_page_is_shown(language: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_asked_at", None)
    older()
    for address in ("/", "/sign-in", "/orders"):
        answer = Client().get(address, HTTP_ACCEPT_LANGUAGE=language)
        assert answer.status_code == 503
        assert words in answer.content.decode()


def test_a_page_asks_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_asked_at", None)
    assert Client().get("/sign-in").status_code != 503
    newer()
    assert Client().get("/sign-in").status_code != 503
    monkeypatch.setattr(tables, "ASKED_EVERY", 0.0)
    assert Client().get("/sign-in").status_code == 503
