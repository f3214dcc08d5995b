"""A backup is written: all as it was at one instant, while jobs, workers and clerks go on.

One transaction fixes the instant: ``pg_dump`` reads what it sees, and so is what the file says about itself. The sandbox's book
is copied behind that instant: it knows what the database knows, as a real gateway would. Nothing is locked but against
changes of the tables themselves (``perennial init``).
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

import psycopg
from django.conf import settings

from perennial import __version__
from perennial.backup import file
from perennial.backup.file import About, Writing
from perennial.backup.programs import Programs, address, fitting
from perennial.db import sql
from perennial.errors import Refused
from perennial.payments.gateways import sandbox

SQL = sql.named("perennial.backup", "backup.sql")


class Written(NamedTuple):
    """A backup that was written: where, how many bytes, what it is; ``with_key``: the secret key is in it."""

    path: Path
    bytes: int
    about: About
    with_key: bool


def write(to: Path, *, url: str) -> Written:
    """Write a backup to a file; into a folder: to a new one, named after now. It appears when it is whole, readable by us alone.

    Refused: there is no installation, no program that can read its database out, nowhere to write to.
    """
    now = datetime.now(UTC)
    path = to / f"perennial-{now:%Y-%m-%dT%H%M%SZ}.backup" if to.is_dir() else Path(os.path.realpath(to))
    try:
        number, name = tempfile.mkstemp(prefix=".perennial-backup-", dir=path.parent)  # readable by us alone
        try:
            with open(number, "w+b") as draft:
                about = _write(draft, url, now)
                draft.flush()
                os.fsync(number)
                length = draft.seek(0, os.SEEK_END)
            os.replace(name, path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as problem:
        raise Refused("file_unwritable", "file", path=str(path), why=problem.strerror) from None
    return Written(path, length, about, with_key=_keeps_key())


def _write(draft: IO[bytes], url: str, now: datetime) -> About:
    writing = Writing(draft)
    with psycopg.connect(url, application_name="perennial backup") as instant:
        instant.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        instant.read_only = True
        snapshot, server, version = _asked(instant, "instant") or ("", 0, "")
        if not (_asked(instant, "has_installation") or (None,))[0]:
            raise Refused("installation_empty")
        (installation,) = _asked(instant, "installation") or (None,)
        if installation is None:
            raise Refused("installation_empty")
        migrations = [(app, name) for app, name in instant.execute(SQL["migrations"]).fetchall()]
        with tempfile.TemporaryDirectory() as folder:
            book = _book(Path(folder))
            programs = fitting(server // 10000)
            writing.add(file.DATABASE, _database(programs, url, snapshot))
            if book is not None:
                writing.add(file.BOOK, _pieces(book))
    if _keeps_key():
        writing.add(file.SECRET_KEY, [settings.SECRET_KEY.encode()])
    about = About(
        at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        installation=installation,
        perennial=__version__,
        postgresql=version,
        dump_of=programs.major,
        migrations=migrations,
        key_mark=file.key_mark(settings.SECRET_KEY),
    )
    writing.finish(about)
    return about


def _keeps_key() -> bool:
    """Whether the secret key is one of the installation, which the backup keeps, and not a setting."""
    return not os.environ.get("PERENNIAL_SECRET_KEY")


def _asked(connection: psycopg.Connection[tuple[object, ...]], name: str) -> tuple[Any, ...] | None:
    return connection.execute(SQL[name]).fetchone()


def _database(programs: Programs, url: str, snapshot: str) -> Iterator[bytes]:
    """The database as pg_dump reads it at the instant."""
    where, environment = address(url)
    words = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", "--dbname", where]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(
            [programs["pg_dump"], *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
        ) as reading:
            assert reading.stdout is not None
            try:
                yield from file.out_of(reading.stdout)
            finally:
                if reading.poll() is None and reading.stdout.read(1):  # the disk is full, or somebody had enough
                    reading.kill()
        if reading.returncode:
            said.seek(0)
            raise Refused("database_not_read", said=said.read().decode(errors="replace").strip())


def _book(folder: Path) -> Path | None:
    """A copy of the sandbox's book as it is now; None where it never took any."""
    book = sandbox.Sandbox().path
    if not book.exists():
        return None
    copied = folder / file.BOOK
    with closing(sqlite3.connect(book)) as now, closing(sqlite3.connect(copied)) as copy:
        now.backup(copy)
    return copied


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as content:
        yield from file.out_of(content)
