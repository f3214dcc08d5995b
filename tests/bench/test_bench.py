"""The bench: what it makes is what Perennial would have made, and it touches no database but its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from perennial.bench import PARTS
from perennial.bench.databases import MARK, PREFIX
from perennial.bench.parts import Line, Size
from perennial.errors import Refused
from tests.harness import TestServer
from tests.processes import ROOT, environment, perennial, start_perennial


def python(*arguments: str, url: str, input: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env=environment(url, None, DJANGO_SETTINGS_MODULE="perennial.settings"),
        cwd=ROOT,
        input=input,
        text=True,
        capture_output=True,
        timeout=1200,
    )


def child(url: str, **asked: Any) -> dict[str, Any]:
    done = python("perennial.bench.child", url=url, input=json.dumps({"url": url, **asked}))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def benches(server: TestServer) -> set[str]:
    with psycopg.connect(server.url("postgres")) as connection:
        rows = connection.execute("select datname from pg_database where starts_with(datname, %s)", [PREFIX]).fetchall()
    return {name for (name,) in rows}


def marked(server: TestServer) -> set[str]:
    with psycopg.connect(server.url("postgres")) as connection:
        rows = connection.execute(
            "select datname from pg_database where shobj_description(oid, 'pg_database') = %s", [MARK]
        ).fetchall()
    return {name for (name,) in rows}


def test_what_is_made_is_what_would_be_planned(fresh_db: str) -> None:
    child(fresh_db, do="make", orders=640, due=160)
    planned = python("tests.bench.planned", url=fresh_db)
    assert (planned.stdout, planned.returncode) == ("", 0), planned.stdout[:2000] + planned.stderr
    assert child(fresh_db, do="check")["faults"] == []


def test_a_database_that_holds_orders_is_not_filled(fresh_db: str) -> None:
    child(fresh_db, do="make", orders=40, due=20)
    assert "bench_database_in_use" in child(fresh_db, do="make", orders=40, due=20)["failed"]


@pytest.mark.patient
def test_the_quick_bench_compares_and_measures(fresh_db: str) -> None:
    done = perennial("bench", "--quick", "--json", url=fresh_db, timeout=1200)
    assert done.stdout, done.stderr
    document = json.loads(done.stdout)
    assert done.returncode == (0 if document["ok"] else 1)  # a goal may be missed on a busy machine
    assert {line["part"] for line in document["results"]} == set(PARTS)
    assert any("none differs" in note for note in document["notes"])
    with psycopg.connect(fresh_db) as connection:
        assert connection.execute("select count(*) from catalog_product").fetchone() == (0,)


@pytest.mark.patient
def test_what_jobs_and_chain_make_is_compared(fresh_db: str) -> None:
    words = ("create", "workers", "pages", "--orders", "800", "--due", "200", "--pairs", "1", "--json")
    document = json.loads(perennial("bench", *words, url=fresh_db, timeout=1200).stdout)
    assert {line["part"] for line in document["results"]} == {"create", "workers", "pages"}
    assert any("none differs" in note for note in document["notes"])


@pytest.mark.patient
def test_every_goal_stands_in_the_table(fresh_db: str) -> None:
    done = perennial("bench", "plan", "--orders", "640", "--due", "20", "--pairs", "1", url=fresh_db, timeout=1200)
    assert "an order of twelve events" in done.stdout
    assert "at most 100 µs" in done.stdout


@pytest.fixture
def poor(test_server: TestServer, fresh_db: str) -> Iterator[str]:
    """The address of a user who may not make databases."""
    with psycopg.connect(test_server.url("postgres"), autocommit=True) as connection:
        connection.execute("drop role if exists bench_poor")
        connection.execute("create role bench_poor login password 'poor'")
    yield make_conninfo(fresh_db, user="bench_poor", password="poor")
    with psycopg.connect(test_server.url("postgres"), autocommit=True) as connection:
        connection.execute("drop role bench_poor")


def test_a_user_who_may_not_make_databases_is_told_so(poor: str) -> None:
    done = perennial("bench", "--quick", url=poor)
    assert done.returncode == 1
    assert "may not create databases" in done.stderr
    assert "ALTER ROLE bench_poor CREATEDB" in done.stderr


@pytest.mark.patient
def test_what_a_killed_bench_left_goes_with_the_next(fresh_db: str, test_server: TestServer) -> None:
    before = benches(test_server)
    bench = start_perennial("bench", "plan", "--quick", url=fresh_db)
    deadline = time.monotonic() + 60
    # One that was killed before it bears its mark is nobody's, and stays.
    while not (left := (benches(test_server) & marked(test_server)) - before):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    bench.kill()
    bench.communicate()
    with psycopg.connect(test_server.url("postgres"), autocommit=True) as connection:
        other = f"{PREFIX}not_ours"
        connection.execute(f"drop database if exists {other}")
        connection.execute(f"create database {other}")
        try:
            # Its sessions end a moment after the kill; a child of it may work on for a little.
            while left & benches(test_server):
                assert time.monotonic() < deadline + 120
                perennial("bench", "plan", "--orders", "40", "--due", "20", "--pairs", "1", url=fresh_db)
            assert other in benches(test_server), f"it does not carry {MARK!r}"
        finally:
            connection.execute(f"drop database {other}")


def test_no_other_database_is_copied_dropped_or_opened_and_none_is_left(fresh_db: str, test_server: TestServer) -> None:
    script = (
        "import django; django.setup()\n"
        "from perennial.bench.databases import Databases\n"
        "with Databases() as databases:\n"
        "    print(databases.make('one'))\n"
        "    for work in (databases.drop, databases.url, lambda name: databases.make('x', source=name)):\n"
        "        try:\n"
        "            work('postgres')\n"
        "        except RuntimeError:\n"
        "            print('refused')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(fresh_db, None, DJANGO_SETTINGS_MODULE="perennial.settings"),
        text=True,
        capture_output=True,
    )
    made, *said = done.stdout.split()
    assert said == ["refused"] * 3, done.stderr
    assert made.startswith(PREFIX)
    assert made not in benches(test_server)


def test_sizes_that_make_no_sense_are_refused() -> None:
    with pytest.raises(Refused, match="bench_due_too_many"):
        Size(100, 200)
    with pytest.raises(Refused, match="bench_due_too_few"):
        Size(100, 5)


def test_a_goal_holds_is_missed_or_does_not_count() -> None:
    assert Line("create", "x", 0.7, least=0.5).holds is True
    assert Line("create", "x", 0.4, least=0.5).verdict == "MISSED"
    assert Line("create", "x", 12, most=11.5, at_size=False).verdict == "from 100,000 due"
    assert Line("create", "x", 12, "s").verdict == ""
