"""A worker that is killed in the middle of an import: nothing of it is there, and the next one begins it again."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path

import psycopg
import pytest

from tests import harness
from tests.jobs.watch import Lock, until
from tests.processes import ROOT, environment, start_perennial
from tests.worlds.installation import Installation
from tests.worlds.sheets import CUSTOMERS, ORDERS, SET_UP

ASK = """
import sys
from perennial.cli.start import start_django
start_django()
from perennial.moving import folder, transfers
from perennial.moving.models import Transfer
from perennial.worker import queue
from perennial.bundle.load.importer import import_bundle
import io
import_bundle(file=io.BytesIO(sys.argv[1].encode()), by="anna")
for kind, text in (("customers", sys.argv[2]), ("orders", sys.argv[3])):
    name, file = folder.new_file()
    with file:
        file.write(text.encode())
    number = transfers.bring(kind=kind, file=name, name=kind, size=1, by="anna")
    if kind == "customers":
        from perennial.moving import performing
        for dry in (True, False):
            transfers.ask(number, dry=dry, by="anna")
            performing.perform(number)
    else:
        Transfer.objects.filter(pk=number).update(status="done", dry=True)
        queue.ask_transfer(number, dry=False, by="anna")
"""


@pytest.fixture
def found(test_server: harness.TestServer, tmp_path: Path) -> Installation:
    name = f"moving_{uuid.uuid4().hex[:8]}"
    test_server.make_database(name)
    return Installation(test_server.url(name), tmp_path, test_server)


@pytest.mark.patient
def test_a_killed_worker_leaves_nothing_and_the_next_does_it_once(found: Installation) -> None:
    env = environment(found.url, found.home, PERENNIAL_TODAY="2026-03-10")
    words = [json.dumps(SET_UP), CUSTOMERS, ORDERS]
    done = subprocess.run([sys.executable, "-c", ASK, *words], env=env, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

    def ask(query: str) -> str:
        with psycopg.connect(found.url) as connection:
            return str(connection.execute(query).fetchone()[0])  # type: ignore[arg-type, index]

    def work() -> subprocess.Popen[str]:
        return start_perennial(
            "worker", url=found.url, home=found.home, PERENNIAL_WORKER_SILENCE="3", PERENNIAL_TODAY="2026-03-10"
        )

    status = "select status from moving_transfer where kind = 'orders'"
    waits = (
        "select count(*) from pg_locks where not granted and locktype = 'relation'"
        " and relation = 'orders_orderevent'::regclass"
    )
    lock = Lock(found)
    lock.table("orders_orderevent")
    killed = work()
    try:
        until(lambda: ask(waits) != "0")
        assert ask(status) == "running"
        killed.kill()
        killed.communicate()
        lock.release()
        assert ask("select count(*) from orders_salesorder") == "0"
        second = work()
        try:
            until(lambda: ask(status) not in ("waiting", "running"))
        finally:
            second.kill()
            second.communicate()
    finally:
        killed.kill()
    assert ask(status) == "done"
    assert ask("select report->'document'->'new'->>'orders' from moving_transfer where kind = 'orders'") == "2"
    assert ask("select count(*) from orders_salesorder where parent_id is null") == "2"
    assert list((found.home / "moving").iterdir()) == []
