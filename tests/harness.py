"""One throw-away server for a whole test session, however many workers it has.

The process that runs pytest makes the session's folder and counts as its user; the workers learn of
it by the environment. The server starts when the first test asks for it. The tables are migrated once,
into a template, and every worker and every test that wants a database of its own gets a copy.

What a session leaves behind that was killed, the next one finds by its free lock, and clears away.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from perennial.db.server import Installation, Server, locks
from perennial.errors import Refused

FOLDER = "PERENNIAL_TEST_FOLDER"
PREFIX = f"perennial-test-{os.getuid()}-"
TEMPLATE = "template_perennial"
ROOT = Path(__file__).resolve().parent.parent


def choose_postgresql() -> None:
    """PERENNIAL_TEST_PG: a major version of the system's packages, or a folder of programs."""
    wanted = os.environ.get("PERENNIAL_TEST_PG")
    if wanted:
        folder = f"/usr/lib/postgresql/{wanted}/bin" if wanted.isdigit() else wanted
        os.environ["PERENNIAL_PG_BIN"] = folder


def seeds(number: int) -> list[Any]:
    """What a test that throws dice begins with: the first always, so many by a patient person, PERENNIAL_TEST_SEEDS for more."""
    chosen = range(int(os.environ.get("PERENNIAL_TEST_SEEDS") or number))
    return [pytest.param(seed, marks=[pytest.mark.patient] if seed else []) for seed in chosen]


NIGHTS = int(os.environ.get("PERENNIAL_TEST_NIGHTS") or 20)
KILLS = int(os.environ.get("PERENNIAL_TEST_KILLS") or 3)
"""So many nights under fire there are at least, and kills in them (tests/payments/test_under_fire.py)."""

OWN_GATEWAY = os.environ.get("PERENNIAL_TEST_GATEWAY")
"""module:function that makes the bench of a gateway of one's own, for the suite of gateways."""


def fast_base() -> Path:
    """Memory where there is plenty, else the disk: a throw-away server's files are worth no disk's time."""
    memory = Path("/dev/shm")
    with contextlib.suppress(OSError):
        found = os.statvfs(memory)
        if found.f_bavail * found.f_frsize > 4 * 1024**3 and os.access(memory, os.W_OK | os.X_OK):
            return memory
    return Path("/tmp")


def open_folder(prefix: str, base: Path = Path("/tmp")) -> Path:
    """A temporary folder that another account can get through, should root start the server."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
    folder.chmod(0o711)
    return folder


def remove(folder: Path) -> None:
    """Stop the server in this folder, if one runs, and remove both."""
    with contextlib.suppress(Refused, OSError):
        Installation(folder, throwaway=True, tell=lambda line: None).stop(at_once=True)
    shutil.rmtree(folder, ignore_errors=True)


class Session:
    """The session's folder, in the process that makes and removes it."""

    def __init__(self) -> None:
        self._clear_dead()
        self.folder = open_folder(PREFIX, fast_base())
        self._lock = locks.open_lock(self.folder / "session.lock")
        locks.take(self._lock, shared=True)
        os.environ[FOLDER] = str(self.folder)

    def close(self) -> None:
        os.environ.pop(FOLDER, None)
        remove(self.folder)
        os.close(self._lock)

    @staticmethod
    def _clear_dead() -> None:
        for folder in [*Path("/tmp").glob(PREFIX + "*"), *Path("/dev/shm").glob(PREFIX + "*")]:
            with contextlib.suppress(Refused, OSError):
                if (
                    folder.lstat().st_uid == os.getuid()
                    and (folder / "session.lock").exists()
                    and not locks.is_held(folder / "session.lock")
                ):
                    remove(folder)


@dataclass
class TestServer:
    """A server with a migrated template."""

    __test__ = False

    home: Path
    throwaway: bool = True

    def __post_init__(self) -> None:
        self.installation = Installation(self.home, throwaway=self.throwaway, tell=lambda line: None)

    @property
    def server(self) -> Server:
        return self.installation.server

    def start(self) -> TestServer:
        self.installation.join()
        return self

    def kill(self) -> None:
        """SIGKILL for every process of the server, the way a machine's power goes."""
        server = self.server
        for pid in server._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)

    def url(self, database: str) -> str:
        return self.server.url(database)

    def make_database(self, name: str = "", *, empty: bool = False) -> str:
        """A new database of its own, migrated unless ``empty``; gives its URL."""
        name = name or f"t_{uuid.uuid4().hex[:12]}"
        if not empty:
            self._make_template()
        source = "template1" if empty else TEMPLATE
        with self._connect() as connection:
            copy_database(connection, name, source)
        return self.url(name)

    def drop_database(self, url: str) -> None:
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        with self._connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(str(name))))

    def _make_template(self) -> None:
        done = self.home / "template.done"
        if done.exists():
            return
        with locks.exclusive(self.home / "template.lock", seconds=600):
            if done.exists():
                return
            draft = f"{TEMPLATE}_draft"
            with self._connect() as connection:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(draft)))
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(TEMPLATE)))
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
            migrate(self.url(draft), self.home)
            with self._connect() as connection:
                # Nobody can connect to it, so it can always be copied.
                connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(draft)))
                connection.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(TEMPLATE))
                )
            done.touch()

    @contextlib.contextmanager
    def _connect(self) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            yield connection


def copy_database(server: psycopg.Connection[tuple[object, ...]], name: str, source: str) -> None:
    """A new database with all that is in another one. By its files: half the time of copying through the log."""
    statement = sql.SQL("create database {} template {} strategy file_copy")
    server.execute(statement.format(sql.Identifier(name), sql.Identifier(source)))


FILLED_BY_MIGRATIONS = (
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
)


def empty_tables(database: psycopg.Connection[tuple[object, ...]]) -> None:
    """Take away every row that was written since the migrations, as a new copy of the template would (but for numbers).

    Only tables with rows are touched, and neither triggers nor foreign keys are asked: 8 ms. TRUNCATE of all of them
    with what Django does afterwards is 190 ms, a new copy of the template with the first questions to it 160 ms.
    """
    filled = filled_tables(database)
    with database.transaction():
        database.execute("set local session_replication_role = replica")
        for name in filled:
            database.execute(sql.SQL("delete from {}").format(sql.Identifier(name)))


def filled_tables(database: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """The tables with rows that no migration has written."""
    tables = [
        name
        for (name,) in database.execute(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
            " and relname <> all(%s)",
            [list(FILLED_BY_MIGRATIONS)],
        ).fetchall()
    ]
    having = sql.SQL(" union all ").join(
        sql.SQL("select {} where exists (select from {})").format(sql.Literal(name), sql.Identifier(str(name)))
        for name in tables
    )
    return [str(name) for (name,) in database.execute(having).fetchall()]


class Kept:
    """All rows of a database and where its sequences stand, to be put back into the same tables when they are empty."""

    def __init__(self, database: psycopg.Connection[tuple[object, ...]]) -> None:
        self._tables = {name: self._read(database, name) for name in filled_tables(database)}
        self._sequences = database.execute(
            "select sequencename, last_value from pg_sequences where schemaname = 'public' and last_value is not null"
        ).fetchall()

    @staticmethod
    def _read(database: psycopg.Connection[tuple[object, ...]], name: str) -> bytes:
        statement = sql.SQL("copy {} to stdout (format binary)").format(sql.Identifier(name))
        with database.cursor().copy(statement) as rows:
            return b"".join(map(bytes, rows))

    def put_back(self, database: psycopg.Connection[tuple[object, ...]]) -> None:
        """The rows as they were; what follows is numbered as it was."""
        with database.transaction():
            database.execute("set local session_replication_role = replica")
            for name, content in self._tables.items():
                statement = sql.SQL("copy {} from stdin (format binary)").format(sql.Identifier(name))
                with database.cursor().copy(statement) as rows:
                    rows.write(content)
            for name, value in self._sequences:
                database.execute("select setval(%s::regclass, %s)", [f'public."{name}"', value])


def session_server() -> TestServer:
    return TestServer(Path(os.environ[FOLDER])).start()


MAKE_TABLES = "import django; django.setup(); from perennial.db.upgrade import make_tables; make_tables()"


def migrate(url: str, home: Path, *, by_django: bool = False) -> None:
    """Make the tables, in a process of its own. ``by_django``: as Django does it, without ours around it."""
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "PERENNIAL_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "perennial.settings",
    }
    done = subprocess.run(
        [sys.executable, *(("-m", "django", "migrate", "--verbosity=0") if by_django else ("-c", MAKE_TABLES))],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"the tables could not be made:\n{done.stdout}{done.stderr}")
