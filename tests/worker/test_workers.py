"""Real workers: killed, told to end, two at once, a database that goes away; each time all is as in an undisturbed run."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from perennial.worker.queue import QUEUES
from tests import harness
from tests.forked import perennial
from tests.jobs.watch import Watch, until
from tests.processes import start_perennial
from tests.worlds import nights as worlds
from tests.worlds.installation import NIGHTS, Installation, same_things

ON = NIGHTS[1]
JOB = "create-child-orders"
CHUNK = "20"


class Workers:
    """Workers of an installation; what is left of them is killed."""

    def __init__(self, found: Installation, chunk: str = CHUNK) -> None:
        self.found, self.chunk = found, chunk
        self.all: list[subprocess.Popen[str]] = []
        self.said = (Path(found.home) / "workers.log").open("w")

    def start(self) -> subprocess.Popen[str]:
        started = start_perennial(
            "worker",
            url=self.found.url,
            home=self.found.home,
            said=self.said,
            PERENNIAL_WORKER_SILENCE="3",
            PERENNIAL_CHUNK_SIZE=self.chunk,
        )
        self.all.append(started)
        return started

    def kill(self) -> None:
        for one in self.all:
            one.kill()
            one.wait()
        self.said.close()

    def there(self) -> int:
        """How many say that they are there: each of them for every queue."""
        return int(self.ask("select count(*) from procrastinate_workers")[0][0]) // len(QUEUES)

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.found.url, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()  # type: ignore[arg-type]

    def request(self) -> str:
        """How the newest request is."""
        return str(self.ask("select status from jobs_jobrequest order by id desc limit 1")[0][0])

    def done(self) -> None:
        until(lambda: self.request() not in ("waiting", "running"), seconds=120)
        assert self.request() == "done", self.ask("select * from jobs_jobrequest")


@pytest.fixture(scope="module")
def calm(base: Installation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What an undisturbed run leaves."""
    found = base.copy(tmp_path_factory.mktemp("calm"))
    found.run("job", JOB, "--on", ON, PERENNIAL_CHUNK_SIZE=CHUNK)
    return found.state()


@pytest.fixture
def workers(base: Installation, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(base.copy(tmp_path))
    yield workers
    workers.kill()


def ask(found: Installation) -> None:
    found.run("job", JOB, "--on", ON, "--by-worker")


def test_what_a_killed_worker_did_is_done_by_another(workers: Workers, calm: dict[str, Any]) -> None:
    ask(workers.found)
    with Watch(workers.found, JOB) as watch:
        lock = watch.lock()
        lock.table("orders_orderevent")
        killed = workers.start()
        until(lambda: watch.workers() and watch.waits_for(lock))
        workers.start()
        until(lambda: workers.there() == 2)
        killed.kill()
        killed.communicate()
        lock.release()
    workers.done()
    same_things(workers.found.state(), calm)


def test_told_to_end_it_finishes_the_chunk_and_the_next_goes_on(workers: Workers, calm: dict[str, Any]) -> None:
    ask(workers.found)
    with Watch(workers.found, JOB) as watch:
        lock = watch.lock()
        lock.table("orders_orderevent")
        told = workers.start()
        until(lambda: watch.workers() and watch.waits_for(lock))
        todo, done = watch.chunks()
        told.send_signal(signal.SIGTERM)
        assert told.poll() is None
        lock.release()
        told.communicate(timeout=60)
        assert told.returncode == 0, Path(workers.said.name).read_text()
        assert watch.chunks() == (todo - 1, done + 1)
        assert workers.request() == "running"
    workers.start()
    workers.done()
    same_things(workers.found.state(), calm)


@pytest.mark.patient
def test_two_workers_share_a_run(workers: Workers, calm: dict[str, Any]) -> None:
    for _ in range(2):
        workers.start()
    until(lambda: workers.there() == 2)
    with Watch(workers.found, JOB) as watch:
        lock = watch.lock()
        lock.table("orders_orderevent")
        ask(workers.found)
        until(lambda: len(watch.workers()) == 2)
        lock.release()
    workers.done()
    same_things(workers.found.state(), calm)


@pytest.mark.patient
def test_what_recurs_is_asked_for_once_by_two_workers(workers: Workers, tmp_path: Path) -> None:
    found = workers.found
    calm = found.copy(tmp_path)
    calm.run("night", "--on", ON)
    found.run("recurrence", "set", "night", "--at", "00:00")
    workers.ask("update jobs_recurrence set queued_for = queued_for - 1 returning id")
    with psycopg.connect(found.url, autocommit=True) as connection:  # all nights before this one are done
        connection.execute("insert into jobs_nightrun(on_date, finished_at) values (%s::date - 1, now())", [ON])
    for _ in range(2):
        workers.all.append(
            start_perennial(
                "worker",
                url=found.url,
                home=found.home,
                PERENNIAL_TODAY=ON,
                PERENNIAL_CHUNK_SIZE=CHUNK,
                PERENNIAL_WORKER_SILENCE="3",
            )
        )
    until(lambda: workers.ask("select from jobs_jobrequest where status = 'done'"), seconds=120)
    assert len(workers.ask("select from jobs_jobrequest")) == 1
    assert workers.ask("select on_date::text from jobs_nightrun where on_date >= %s", ON) == [(ON,)]
    same_things(found.state(), calm.state())


@pytest.mark.patient
def test_a_database_that_was_restarted_stops_nothing_for_good(
    durable_server: harness.TestServer, tmp_path: Path
) -> None:
    """SIGKILL of the server while the worker waits for work, and again in the middle of a chunk."""
    (tmp_path / "home").mkdir()
    found = Installation(durable_server.make_database(), tmp_path / "home", durable_server)
    bundle = worlds.write(worlds.world(60, seed=5), tmp_path)
    assert perennial("import", bundle, "--on", "2026-03-02", url=found.url, home=found.home).returncode == 0
    calm = found.copy(tmp_path)
    calm.run("job", JOB, "--on", ON)
    workers = Workers(found)
    try:
        worker = workers.start()
        until(lambda: workers.there() == 1)
        durable_server.kill()
        durable_server.start()
        ask(found)
        with Watch(found, JOB) as watch:
            lock = watch.lock()
            lock.table("orders_orderevent")
            until(lambda: watch.workers() and watch.waits_for(lock), seconds=120)
            durable_server.kill()
        durable_server.start()
        workers.done()
        assert worker.poll() is None
    finally:
        workers.kill()
    same_things(found.state(), calm.state())
