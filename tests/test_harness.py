"""The databases that tests get: copies of one template, of their own, gone afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests import harness
from tests.processes import perennial
from tests.worlds.book_club import club, order


def test_a_fresh_database_is_migrated_and_ones_own(make_database: Callable[..., str]) -> None:
    first, second = make_database(), make_database()
    assert first != second
    for url in (first, second):
        with psycopg.connect(url) as asking:
            assert asking.execute("select count(*) > 0 from django_migrations").fetchall() == [(True,)]


def test_an_empty_database_is_empty_and_init_makes_its_tables(make_database: Callable[..., str]) -> None:
    url = make_database(empty=True)
    with psycopg.connect(url) as asking:
        assert asking.execute("select to_regclass('django_migrations')").fetchall() == [(None,)]
    for _ in range(2):
        done = perennial("init", url=url)
        assert done.returncode == 0, done.stderr
    with psycopg.connect(url) as asking:
        assert asking.execute("select count(*) > 0 from django_migrations").fetchall() == [(True,)]


@pytest.mark.django_db
def test_djangos_database_is_this_workers_copy() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select current_database(), current_setting('fsync')")
        name, fsync = cursor.fetchone()
    assert name.startswith("t_")
    assert fsync == "off"
    assert os.environ["DATABASE_URL"].split("?")[0].endswith(name)


def rows_of(database: psycopg.Connection[tuple[object, ...]]) -> dict[str, list[tuple[object, ...]]]:
    tables = database.execute("select tablename from pg_tables where schemaname = 'public' order by 1").fetchall()
    return {
        str(name): database.execute(psycopg.sql.SQL("table {}").format(psycopg.sql.Identifier(str(name)))).fetchall()
        for (name,) in tables
    }


@pytest.mark.django_db(transaction=True)
def test_what_a_transactional_test_leaves_is_what_a_copy_has(fresh_db: str) -> None:
    with psycopg.connect(fresh_db) as asking:
        copied = rows_of(asking)
    assert {name for name, rows in copied.items() if rows} == set(harness.FILLED_BY_MIGRATIONS)
    connection.ensure_connection()
    before = rows_of(connection.connection)
    assert alike(before) == alike(copied)
    club()
    order()
    assert sum(map(bool, rows_of(connection.connection).values())) > 20
    harness.empty_tables(connection.connection)
    assert rows_of(connection.connection) == before


def alike(rows: dict[str, list[tuple[object, ...]]]) -> dict[str, object]:
    """What two databases have in common: of what migrations fill, how much; its ids follow no order."""
    return {name: len(found) if name in harness.FILLED_BY_MIGRATIONS else found for name, found in rows.items()}


def test_the_durable_server_keeps_what_was_committed(durable_server: harness.TestServer) -> None:
    url = durable_server.make_database()
    with psycopg.connect(url) as asking:
        assert asking.execute("show fsync").fetchall() == [("on",)]
        asking.execute("create table kept as select 1 as n")
    durable_server.kill()
    durable_server.start()
    with psycopg.connect(url) as asking:
        assert asking.execute("select n from kept").fetchall() == [(1,)]


def test_the_session_uses_the_postgresql_that_was_asked_for(test_server: harness.TestServer) -> None:
    wanted = os.environ.get("PERENNIAL_TEST_PG", "")
    if not wanted.isdigit():
        pytest.skip("no version was asked for")
    with psycopg.connect(test_server.url("postgres")) as asking:
        assert asking.info.server_version // 10000 == int(wanted)


def test_a_killed_session_is_cleared_away_by_the_next_one() -> None:
    code = (
        "import time; from tests import harness; session = harness.Session(); harness.session_server();"
        " print(session.folder, flush=True); time.sleep(60)"
    )
    env = {name: value for name, value in os.environ.items() if name != harness.FOLDER}
    killed = subprocess.Popen(
        [sys.executable, "-c", code], cwd=harness.ROOT, env=env, stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    folder = Path(killed.stdout.readline().strip())
    server = harness.TestServer(folder).server
    killed.kill()
    killed.wait()
    assert server.is_alive()
    harness.Session._clear_dead()
    until = time.monotonic() + 10
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not folder.exists()
    assert not server._processes()
