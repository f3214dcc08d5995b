"""An installation that is copied, worked on by real processes, killed, and compared with another."""

from __future__ import annotations

import json
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from perennial.db.server import locks
from tests import harness
from tests.forked import perennial, start
from tests.processes import environment

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(\+\d\d:\d\d|Z)?")
# Ids and instants are no promise: those of runs, and those of payments, which are part of the gateway's keys.
_RUN = re.compile(r"job:\d+")
_KEY = re.compile(r"[0-9a-f]{16}-\d+-|[a-z]{2}_[0-9a-f]{20}")
NIGHTS = ("2026-03-04", "2026-03-30")
SIZE = 120


def _without_ids(text: str) -> list[str]:
    text = _KEY.sub("key", _RUN.sub("job:*", _INSTANT.sub("instant", text)))
    # After a crash PostgreSQL's sequences go on some numbers further.
    return sorted(line.rstrip(",") for line in text.splitlines() if '"last_number"' not in line)


@dataclass
class Installation:
    """A database and a home (with the sandbox's book), copied as often as a test wants."""

    url: str
    home: Path
    server: harness.TestServer

    def copy(self, folder: Path) -> Installation:
        name = f"k_{uuid.uuid4().hex[:10]}"
        source = str(psycopg.conninfo.conninfo_to_dict(self.url)["dbname"])
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            harness.copy_database(connection, name, source)
        home = folder / name
        shutil.copytree(self.home, home)
        return Installation(self.server.url(name), home, self.server)

    def run(self, *words: str, **env: str) -> Any:
        done = perennial(*words, "--json", url=self.url, home=self.home, **env)
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)

    def run_with_kills(
        self, *words: str, dice: random.Random, within: tuple[float, float], most: int, done: str = "", **env: str
    ) -> int:
        """Let a command begin, kill it (SIGKILL) some seconds later, let it begin again at once, until it ends by itself.

        It must end well. ``within``: between how many seconds a kill falls; how often it was killed, at ``most``.
        ``done``: what it says where one that was killed had just done all of it.
        """
        kills = 0
        with Turns(self, *words, ahead=most + 1, **env) as turns:
            turns.begin()
            while kills < most and not turns.has_ended(within=dice.uniform(*within)):
                turns.kill()
                turns.begin()
                kills += 1
            turns.finish(done=done)
        return kills

    def state(self) -> dict[str, Any]:
        """Everything that must be the same, however the night was disturbed."""
        done = perennial("export", "-", url=self.url, home=self.home)
        assert done.returncode == 0, done.stderr
        with psycopg.connect(self.url) as connection:
            reports = connection.execute(
                "select job, on_date, status, report->'counts', report->'amounts' from jobs_jobrun"
                " where status <> 'open' order by on_date, job, report::text"
            ).fetchall()
            open_runs = connection.execute("select count(*) from jobs_jobrun where status = 'open'").fetchone()
            attempts = connection.execute(
                "select coalesce(o.number, p.number || '/' || l.line), y.purpose, y.number, a.kind, a.number,"
                " a.amount_minor, a.outcome from payments_attempt a join payments_payment y on y.id = a.payment_id"
                " left join orders_salesorder o on o.id = y.order_id"
                " left join continuity_continuityorder c on c.id = y.continuity_order_id"
                " left join orders_orderline l on l.id = c.parent_line_id"
                " left join orders_salesorder p on p.id = c.order_id order by 1, 2, 3, 4, 5"
            ).fetchall()
        book = self.home / "sandbox" / "book.sqlite3"
        taken = []
        if book.exists():
            with sqlite3.connect(book) as lines:
                taken = lines.execute("select kind, about, amount, outcome from entry order by 1, 2, 3, 4").fetchall()
        return {
            "export": _without_ids(done.stdout),
            "reports": [list(map(str, row)) for row in reports],
            "open": open_runs,
            "attempts": attempts,
            "book": taken,
        }

    def taken_twice(self) -> list[str]:
        """What the sandbox's own book has taken more than once for one payment, or for more than is recorded."""
        with psycopg.connect(self.url) as connection:
            recorded = dict(
                connection.execute(
                    "select a.key, p.captured_minor from payments_attempt a join payments_payment p on p.id = a.payment_id"
                    " where a.kind in ('charge', 'capture') and a.outcome = 'approved'"
                ).fetchall()
            )
        with sqlite3.connect(self.home / "sandbox" / "book.sqlite3") as book:
            taken = book.execute(
                "select key, amount from entry where kind in ('charge', 'capture') and outcome = 'approved'"
            ).fetchall()
        payments = Counter(key.split("-")[1] for key, _ in taken)
        return [key for key, amount in taken if recorded.get(key) != amount or payments[key.split("-")[1]] > 1]


def made_once(server: harness.TestServer, name: str, make: Callable[[Installation], None]) -> Installation:
    """An installation of this name that the first worker of the session makes, for all to copy."""
    folder = server.home / name
    found = Installation(server.url(name), folder / "home", server)
    with locks.exclusive(server.home / f"{name}.lock", seconds=600):
        if not (folder / "done").exists():
            server.drop_database(found.url)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            found.home.mkdir()
            server.make_database(name)
            make(found)
            (folder / "done").touch()
    return found


class Turns:
    """A command that is killed and begun again at once: those whose turn comes later stand ready, so many ahead."""

    def __init__(self, found: Installation, *words: str, ahead: int = 1, **env: str) -> None:
        self._command = [sys.executable, "-m", "tests.jobs.ready", *words, "--json"]
        self._env = environment(found.url, found.home, **env)
        self._now: subprocess.Popen[str] | None = None
        self._next = [self._start() for _ in range(ahead)]

    def __enter__(self) -> Turns:
        for process in self._next:
            self._wait_for(process)
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self._now, *self._next):
            if process is not None and process.poll() is None:
                process.kill()
                process.communicate()

    def _start(self) -> subprocess.Popen[str]:
        return start(
            self._command,
            env=self._env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    @staticmethod
    def _wait_for(process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said == "ready\n", said + process.communicate()[1]

    def begin(self) -> None:
        """The next one begins."""
        self._now = self._next.pop(0)
        assert self._now.stdin is not None
        self._now.stdin.write("begin\n")
        self._now.stdin.flush()

    def has_ended(self, *, within: float) -> bool:
        """Has the one that has begun ended by itself, so many seconds later?"""
        assert self._now is not None
        try:
            self._now.wait(timeout=within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """SIGKILL for the one that has begun."""
        assert self._now is not None
        self._now.kill()
        self._now.communicate()

    def finish(self, *, done: str = "") -> None:
        """The one that has begun ends by itself, and well; or says that it is done already."""
        assert self._now is not None
        _, err = self._now.communicate(timeout=120)
        assert self._now.returncode == 0 or (done and done in err), err


def same_things(found: dict[str, Any], calm: dict[str, Any]) -> None:
    """Whether two states hold the same: what was exported, what was tried and what the sandbox took."""
    for line, expected in zip(found["export"], calm["export"], strict=True):
        at = next(
            (i for i, (a, b) in enumerate(zip(line, expected, strict=False)) if a != b), min(len(line), len(expected))
        )
        assert line == expected, (
            f"… {line[max(0, at - 300) : at + 200]} … instead of … {expected[max(0, at - 60) : at + 200]}"
        )
    assert found["attempts"] == calm["attempts"]
    assert found["book"] == calm["book"]
