"""Whose account the server runs under: PostgreSQL refuses to run as root, so root lends it another."""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perennial.errors import Refused

ORDINARY_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        **options: Any,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program under this account, with nothing of our environment but what is given."""
        if not self.is_ours:
            options.update(user=self.uid, group=self.gid, extra_groups=[])
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.STDOUT)
        return subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env=dict(env or {}),
            text=True,
            errors="replace",
            umask=0o077,
            **options,
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether this account gets into a folder. Asked of the kernel, so that ACLs count too."""
        return self._test('cd "$1"', folder)

    def can_run(self, program: Path) -> bool:
        return self._test('test -x "$1"', program)

    def _test(self, script: str, path: Path) -> bool:
        asked = self.run(["/bin/sh", "-c", script, "sh", path], cwd=Path("/"))
        return asked.returncode == 0

    def give(self, path: Path) -> None:
        """Make a file or folder that we just made belong to this account."""
        if not self.is_ours:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def own() -> Account:
    uid = os.geteuid()
    return _of(uid, os.getegid())


def choose(*made: Path) -> Account:
    """Our own account; as root the one that already owns what was made, else postgres, else nobody."""
    if os.geteuid() != 0:
        return own()
    for path in made:
        with contextlib.suppress(FileNotFoundError):
            found = path.stat()
            if found.st_uid != 0:
                return _of(found.st_uid, found.st_gid)
    for name in ORDINARY_ACCOUNTS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise Refused("database_account_missing")


def _of(uid: int, gid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:  # a container may run under a number without a name
        return Account(str(uid), uid, gid)
    return Account(entry.pw_name, uid, entry.pw_gid)


@contextlib.contextmanager
def private_file(path: Path, text: str, account: Account) -> Iterator[Path]:
    """A file that only ``account`` can read, for as long as the block lasts."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        account.give(path)
        yield path
    finally:
        path.unlink(missing_ok=True)
