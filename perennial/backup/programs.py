"""PostgreSQL's own programs that read a database out and in: those that fit its server."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from perennial.db.server import binaries
from perennial.errors import Refused

NEEDED = ("pg_dump", "pg_restore", "psql")
SYSTEM = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Programs:
    """The programs of one PostgreSQL, and its major version."""

    folder: Path
    major: int

    def __getitem__(self, program: str) -> str:
        return str(self.folder / program)


def fitting(server: int, *, at_least: int = 0) -> Programs:
    """The programs of the server's major version, else of the next newer one that is installed.

    ``at_least``: not older than those that wrote the file. Refused: there are none.
    """
    wanted = max(server, at_least)
    able = [Programs(folder, major) for folder in _folders() if (major := _major(folder)) >= wanted]
    if not able:
        raise Refused("database_tools_missing", version=wanted)
    return min(able, key=lambda one: one.major)


def _folders() -> Iterator[Path]:
    """Where they may be: with the embedded server, with the system's packages, on the path."""
    yield binaries.find().folder
    yield from sorted(SYSTEM.glob("*/bin"))
    if on_path := shutil.which("pg_dump"):
        yield Path(on_path).parent


def _major(folder: Path) -> int:
    """The major version of the programs of a folder; 0 where some are missing."""
    if not all(os.access(folder / program, os.X_OK) for program in NEEDED):
        return 0
    said = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=False).stdout
    number = said.split()[2].split(".")[0] if len(said.split()) > 2 else ""
    return int("".join(one for one in number if one.isdigit()) or 0)


def address(url: str) -> tuple[str, dict[str, str]]:
    """How a program is told which database: words that everybody may see, and an environment with the password."""
    given = conninfo_to_dict(url)
    password = given.pop("password", None)
    environment = {**os.environ, "PGOPTIONS": "", "LC_ALL": "C"}
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    return make_conninfo("", **given), environment
