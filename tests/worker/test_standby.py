"""The primary database is lost in the middle of a night, and its standby takes over: every date once, no card charged twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from perennial.db.server import locks
from perennial.db.server.launcher import PORT
from perennial.jobs import NIGHTLY
from tests import harness
from tests.forked import perennial
from tests.jobs.watch import Watch, until
from tests.worker.test_workers import ON, Workers
from tests.worlds import nights as worlds
from tests.worlds.installation import Installation, same_things

pytestmark = pytest.mark.patient


@pytest.fixture
def server() -> Iterator[harness.TestServer]:
    """A primary of its own."""
    yield from opened("primary-")


@pytest.fixture
def second() -> Iterator[harness.TestServer]:
    """The folder of its standby, empty as yet."""
    yield from opened("standby-")


def opened(name: str) -> Iterator[harness.TestServer]:
    home = harness.open_folder(f"{harness.PREFIX}{name}")
    lock = locks.open_lock(home / "session.lock")  # what is killed is cleared away by the next session
    locks.take(lock, shared=True)
    yield harness.TestServer(home, throwaway=False)
    harness.remove(home)


def follow(standby: harness.TestServer, primary: harness.TestServer) -> None:
    """Make it a synchronous standby of the primary: nothing is committed there that it has not got."""
    own, other = standby.server.place, primary.server.place
    own.make()
    own.password.write_text(other.password.read_text())
    own.data.mkdir(0o700)
    own.account.give(own.data)
    copied = own.account.run(
        [
            *(primary.server.programs.folder / "pg_basebackup", "--pgdata", own.data, "--write-recovery-conf"),
            *("--wal-method", "stream", "--checkpoint", "fast", "--dbname", primary.url("postgres")),
        ],
        cwd=Path("/"),
    )
    assert copied.returncode == 0, copied.stdout
    standby.start()
    with psycopg.connect(primary.url("postgres"), autocommit=True) as asked:
        asked.execute("alter system set synchronous_standby_names = '*'")
        asked.execute("select pg_reload_conf()")
        until(lambda: asked.execute("select from pg_stat_replication where sync_state = 'sync'").fetchall())


def promote(standby: harness.TestServer) -> None:
    with psycopg.connect(standby.url("postgres"), autocommit=True) as asked:
        assert asked.execute("select pg_promote(true, 120)").fetchone() == (True,)


def either(first: harness.TestServer, second: harness.TestServer, url: str) -> str:
    """The address that names both: whichever may be written to."""
    sockets = ",".join(quote(str(one.server.place.sockets), safe="") for one in (first, second))
    database = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    before = first.url(str(database)).split("?")[0]
    return f"{before}?host={sockets}&port={PORT},{PORT}&target_session_attrs=read-write"


@pytest.mark.parametrize("job", ["create-child-orders", "process-payments"])
def test_the_standby_takes_over_in_the_middle_of_a_night(
    server: harness.TestServer, second: harness.TestServer, tmp_path: Path, job: str
) -> None:
    """Lost in the middle of a chunk; of process-payments when the gateway has taken money that is not recorded."""
    server.start()
    (tmp_path / "home").mkdir()
    on_primary = Installation(server.make_database(), tmp_path / "home", server)
    bundle = worlds.write(worlds.world(60, seed=5), tmp_path)
    done = perennial("import", bundle, "--on", "2026-03-02", url=on_primary.url, home=on_primary.home)
    assert done.returncode == 0, done.stderr
    calm = on_primary.copy(tmp_path)
    for one in NIGHTLY:
        calm.run("job", one, "--on", ON)
    expected = calm.state()
    at = NIGHTLY.index(job)
    for one in NIGHTLY[:at]:
        on_primary.run("job", one, "--on", ON)
    follow(second, server)
    found = Installation(either(server, second, on_primary.url), on_primary.home, second)
    workers = Workers(found)
    try:
        worker = workers.start()
        until(lambda: workers.there() == 1)
        with Watch(found, job) as watch:
            lock = watch.lock_written_late()
            found.run("job", job, "--on", ON, "--by-worker")
            until(lambda: watch.workers() and watch.waits_for(lock), seconds=240)
            server.kill()
        promote(second)
        workers.done()
        assert worker.poll() is None
    finally:
        workers.kill()
    for one in NIGHTLY[at + 1 :]:
        found.run("job", one, "--on", ON)
    same_things(found.state(), expected)
    assert found.taken_twice() == []
    assert json.loads(perennial("check", "once", "--json", url=found.url, home=found.home).stdout)["ok"]
