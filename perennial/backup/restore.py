"""A backup becomes an installation again: all or nothing, and only where nothing is.

The database comes back in one transaction, which also makes a copy a copy: whoever is killed before its end has changed
nothing in the database. The files of the home are put in place before, each by one rename, and are put there again by the next try.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from django.conf import settings
from django.db import connection

from perennial.backup import file
from perennial.backup.file import About, Reading
from perennial.backup.programs import Programs, address, fitting
from perennial.catalog.copies import COPY
from perennial.db import sql
from perennial.db.server.places import give_to_owner
from perennial.db.tables import compared
from perennial.errors import Refused
from perennial.payments.gateways import sandbox
from perennial.practice import real_money

SQL = sql.named("perennial.backup", "backup.sql")
ONLY_NEWER = b"SET transaction_timeout = 0;\n"
"""What programs from 17 on say at the beginning, and a server before 17 does not know."""
KNOWS_IT = 17
LEAVING_SECONDS = 5.0
"""So long is waited for whoever is about to leave: what was killed has connections for a moment still."""


class Restored(NamedTuple):
    """What was restored. ``installation``: its id from now on. ``orders``: how many it has. ``older``: so many
    changes are missing of its tables (``init`` makes them).
    """

    about: About
    installation: str
    orders: int
    older: int


def restore(backup: Reading, *, url: str, as_copy: bool) -> Restored:
    """Bring back a backup that was verified. ``as_copy``: for trying; it gets an id of its own and never charges nor mails.

    Refused: something is there already, or somebody uses it; the backup is newer than this program; its secret key is
    another one than is set; PostgreSQL does not take it.
    """
    about = backup.about
    versions = compared(about.migrations)
    if versions.newer:
        raise Refused("backup_of_newer_version", "file", version=about.perennial, first=versions.newer[0])
    if as_copy and real_money():
        raise Refused("copy_with_real_cards", gateway=settings.PERENNIAL_GATEWAY)
    _refuse_other_key(backup)
    clear = _refuse_what_is_there()
    server = connection.connection.info.server_version // 10000
    connection.close()
    programs = fitting(server, at_least=about.dump_of)
    _put_files(backup)
    before = [SQL["clear"]] if clear else []
    after = [SQL["as_copy"].replace("{installation}", f"'{COPY}{secrets.token_hex(8)}'")] if as_copy else []
    _Script(programs, url, server).run(backup.pieces(file.DATABASE), before=before, after=after)
    sql.execute("analyze")
    installation, orders = sql.one(SQL["restored"]) or ("", 0)
    return Restored(about, installation=installation, orders=orders, older=len(versions.older))


def _refuse_other_key(backup: Reading) -> None:
    given = os.environ.get("PERENNIAL_SECRET_KEY")
    if given and file.key_mark(given) != backup.about.key_mark:
        raise Refused("backup_of_other_key", "file")
    if not given and not backup.has(file.SECRET_KEY):
        raise Refused("backup_without_key", "file")


def _refuse_what_is_there() -> bool:
    """Refused: something is there, or somebody works here. Gives whether tables of ``init`` have to go first."""
    until = time.monotonic() + LEAVING_SECONDS
    while others := int(sql.value(SQL["others"])):
        if time.monotonic() > until:
            raise Refused("restore_into_used", count=others)
        time.sleep(0.1)
    tables = [name for (name,) in sql.tuples(SQL["tables"])]
    if not tables:
        return False
    ours = {"django_migrations", "catalog_company", "auth_user", "customers_customer", "orders_salesorder"}
    if not ours <= set(tables):
        raise Refused("restore_into_foreign", table=tables[0], count=len(tables))
    if sql.value(SQL["held"]):
        raise Refused("restore_into_full")
    return True


def _put_files(backup: Reading) -> None:
    """The secret key; the sandbox's book, but where there is one: like a gateway's, it knows more than a backup."""
    home = Path(settings.PERENNIAL_HOME)
    if backup.has(file.SECRET_KEY):
        _put(home / "secret_key", backup.pieces(file.SECRET_KEY))
    book = sandbox.Sandbox().path
    if backup.has(file.BOOK) and not book.exists():
        if not book.parent.is_dir():
            book.parent.mkdir(parents=True)
            give_to_owner(book.parent)
        _put(book, backup.pieces(file.BOOK))


def _put(path: Path, content: Iterable[bytes]) -> None:
    number, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with open(number, "wb") as draft:
            draft.writelines(content)
            draft.flush()
            os.fsync(number)
        give_to_owner(Path(name))
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


class _Script:
    """``pg_restore`` says in SQL what is in the file; ``psql`` does it, between a BEGIN and a COMMIT of ours.

    The COMMIT is said when everything has come: whatever dies before leaves the database as it was.
    """

    def __init__(self, programs: Programs, url: str, server: int) -> None:
        self._programs = programs
        self._url = url
        self._knows = server >= KNOWS_IT

    def run(self, archive: Iterable[bytes], *, before: list[str], after: list[str]) -> None:
        where, environment = address(self._url)
        with tempfile.TemporaryFile() as read_said, tempfile.TemporaryFile() as done_said:
            reading = subprocess.Popen(
                [self._programs["pg_restore"], "--no-owner", "--no-privileges", "--file=-"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=read_said,
            )
            doing = subprocess.Popen(
                [self._programs["psql"], "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", where, "-f", "-"],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=done_said,
            )
            assert doing.stdin is not None
            whole = False
            try:
                self._say(doing.stdin, ["begin", *before])
                whole = self._all_of(archive, reading, doing.stdin)
                if whole:
                    self._say(doing.stdin, [*after, "commit"])
            except BrokenPipeError:  # psql has ended, and says why
                whole = False
            finally:
                for process in (reading, doing):
                    with suppress(BrokenPipeError):
                        if process.stdin is not None:
                            process.stdin.close()
                if not whole and reading.poll() is None:
                    reading.kill()
                reading.wait()
                doing.wait()
            if doing.returncode or not whole:
                said = " ".join(_end_of(done_said) or _end_of(read_said))
                raise Refused("restore_refused_by_database", said=said)

    def _all_of(self, archive: Iterable[bytes], reading: subprocess.Popen[bytes], script: IO[bytes]) -> bool:
        """Everything that is in the file, as SQL; whether all of it has come."""
        assert reading.stdin is not None
        assert reading.stdout is not None
        feeding = threading.Thread(target=_feed, args=(reading.stdin, archive), daemon=True)
        feeding.start()
        for at, piece in enumerate(file.out_of(reading.stdout)):
            first = at == 0 and not self._knows
            script.write(piece.replace(ONLY_NEWER, b"") if first else piece)
        feeding.join()
        return reading.wait() == 0

    @staticmethod
    def _say(script: IO[bytes], statements: list[str]) -> None:
        for statement in statements:
            script.write(f"{statement};\n".encode())
        script.flush()


def _feed(archive: IO[bytes], pieces: Iterable[bytes]) -> None:
    try:
        for piece in pieces:
            archive.write(piece)
        archive.close()
    except BrokenPipeError:  # it has had enough, and says why
        pass


def _end_of(said: IO[bytes]) -> list[str]:
    said.seek(0)
    return said.read().decode(errors="replace").split("\n")[:3]
