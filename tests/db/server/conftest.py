"""Installations of their own, under our account and (as root) under another one's."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import babel
import dateutil
import psycopg
import pytest
import six

from perennial.db.server import Installation, binaries, places, processes
from perennial.db.server.account import Account
from tests import harness

ROOT = Path(__file__).resolve().parents[3]
IS_ROOT = os.geteuid() == 0
#: Servers that do not wait for the disk: what happens to processes does not depend on it.
WITHOUT_WAITING = (
    "import functools, sys; from perennial.db.server import __main__ as by_hand, installation;"
    " by_hand.Installation = installation.Installation = functools.partial(installation.Installation, throwaway=True);"
)
as_root = pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")


def nobody() -> Account:
    entry = pwd.getpwnam("nobody")
    return Account("nobody", entry.pw_uid, entry.pw_gid)


@dataclass
class Machine:
    """One PERENNIAL_HOME and the account whose commands use it."""

    home: Path
    account: Account | None = None
    env: dict[str, str] = field(default_factory=dict)
    python: str = sys.executable
    #: Whether it waits for the disk, as an installation does.
    durable: bool = False

    def popen(self, *command: str, **env: str) -> subprocess.Popen[str]:
        who = {} if self.account is None else {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
        return subprocess.Popen(
            [self.python, *command],
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": str(ROOT),
                "PERENNIAL_HOME": str(self.home),
                **self.env,
                **env,
            },
            cwd="/",
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **who,  # type: ignore[call-overload]
        )

    def run(self, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
        process = self.popen(*command, **env)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def server(self, command: str, **env: str) -> subprocess.CompletedProcess[str]:
        return self.run(*self.by_hand(command), **env)

    def by_hand(self, command: str) -> list[str]:
        if self.durable:
            return ["-m", "perennial.db.server", command]
        return ["-c", f"{WITHOUT_WAITING} sys.exit(by_hand.main([{command!r}]))"]

    def start(self) -> None:
        done = self.server("start")
        assert done.returncode == 0, done.stderr

    @property
    def folder(self) -> Path:
        return self.home / "postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        done = self.server("url")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def sql(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def postmaster(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def processes(self) -> set[int]:
        place = places.Place(self.folder, nobody())
        return processes.of_folders((self.data, self.folder / "data.new"), place.name)

    def kill_all(self) -> None:
        """SIGKILL for every process of the server; the kernel may still be at it afterwards."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        self.kill_all()
        until = time.monotonic() + 10
        while self.processes() and time.monotonic() < until:
            time.sleep(0.02)


@pytest.fixture
def folder() -> Iterator[Path]:
    made = harness.open_folder("perennial-server-")
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def own_machine(folder: Path) -> Iterator[Machine]:
    """An installation of the user who runs the tests; of root's, where that is root."""
    machine = Machine(folder / "own", env=binaries_of_session())
    yield machine
    machine.close()


def binaries_of_session() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PERENNIAL_PG_BIN",) if name in os.environ}


@pytest.fixture(scope="session")
def world_readable() -> Iterator[dict[str, str]]:
    """Perennial's code, a Python and PostgreSQL's programs where any account can read them."""
    if not IS_ROOT:
        pytest.skip("only root can become another user")
    account = nobody()
    python = next((found for found in (sys.executable, "/usr/bin/python3") if _runs(account, found)), None)
    if python is None:
        pytest.skip("there is no Python 3.11 or newer that the account nobody can run")
    folder = harness.open_folder("perennial-server-")
    folder.chmod(0o755)
    shutil.copytree(ROOT / "perennial", folder / "perennial", ignore=shutil.ignore_patterns("__pycache__"))
    for package in (babel, dateutil):  # refusals are said with their help
        skipped = shutil.ignore_patterns("__pycache__", "locale-data")
        shutil.copytree(Path(package.__file__).parent, folder / package.__name__, ignore=skipped)
    shutil.copy(six.__file__, folder)
    (folder / "babel" / "locale-data").mkdir()
    for name in ("root.dat", "en.dat"):
        shutil.copy(Path(babel.__file__).parent / "locale-data" / name, folder / "babel" / "locale-data")
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    before = places.SYSTEM_FOLDER
    places.SYSTEM_FOLDER = folder / "system"
    programs = binaries.find().reachable_by(account)
    places.SYSTEM_FOLDER = before
    yield {"PYTHONPATH": str(folder), "PERENNIAL_PG_BIN": str(programs.folder), "python": python}
    shutil.rmtree(folder, ignore_errors=True)


def _runs(account: Account, python: str) -> bool:
    try:
        return (
            account.run([python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"], cwd=Path("/")).returncode
            == 0
        )
    except OSError:
        return False


@pytest.fixture
def nobodys_machine(folder: Path, world_readable: dict[str, str]) -> Iterator[Machine]:
    """An installation of another, ordinary user's."""
    account = nobody()
    home = folder / "nobodys"
    home.mkdir(mode=0o700)
    account.give(home)
    env = {name: value for name, value in world_readable.items() if name != "python"}
    machine = Machine(home, account, env, world_readable["python"])
    yield machine
    machine.close()


@pytest.fixture(scope="session")
def prepared() -> Iterator[dict[str, Path]]:
    """Homes with a database that holds a row, by account, to be copied instead of made again."""
    made: dict[str, Path] = {}
    yield made
    for home in made.values():
        shutil.rmtree(home.parent, ignore_errors=True)


@pytest.fixture
def filled(machine: Machine, prepared: dict[str, Path]) -> Machine:
    """A server that runs and holds a row."""
    key = "own" if machine.account is None else machine.account.name
    if key not in prepared:
        machine.start()
        machine.sql("create table kept as select 42 as answer")
        machine.server("stop")
        copy = harness.open_folder("perennial-server-") / key
        subprocess.run(["cp", "-a", machine.home, copy], check=True)
        prepared[key] = copy
    else:
        shutil.rmtree(machine.home, ignore_errors=True)
        subprocess.run(["cp", "-a", prepared[key], machine.home], check=True)
    machine.start()
    return machine


@pytest.fixture(params=["own", "nobody"])
def machine(request: pytest.FixtureRequest) -> Machine:
    """Every test of the launcher runs under our account and, as root, under another one's."""
    found: Machine = request.getfixturevalue("own_machine" if request.param == "own" else "nobodys_machine")
    return found


@pytest.fixture
def installation(own_machine: Machine) -> Installation:
    """The same, in this process."""
    return Installation(own_machine.home, throwaway=True, tell=lambda line: None)
