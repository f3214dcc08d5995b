"""The file of a backup: a tar with the database, the secret key, the sandbox's book, and what it is, with checksums.

The database comes first and is written as it is read, so that no second copy of it is ever on the disk. What the file
is (``backup.json``) stands behind it, and behind that its checksum: a file that was cut off has neither.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import IO, Any

from perennial.errors import Refused

DATABASE, SECRET_KEY, BOOK = "database.dump", "secret_key", "sandbox.sqlite3"
ABOUT, SUM = "backup.json", "backup.json.sha256"
FORMAT = 1
BLOCK = 512
END = bytes(2 * BLOCK)
AT_ONCE = 1024 * 1024
MOST_ABOUT = 16 * 1024 * 1024


@dataclass(frozen=True)
class Part:
    """A part of the file: how many bytes, and their checksum."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class About:
    """What a backup is. ``at``: when, in UTC; all is as it was at that instant. ``installation``: its id. ``perennial``: the version
    that wrote it. ``postgresql``: of the server. ``dump_of``: of the program that read it. ``migrations``: what
    was done to its tables. ``key_mark``: by it the secret key is known again. ``parts``: by their names.
    """

    at: str
    installation: str
    perennial: str
    postgresql: str
    dump_of: int
    migrations: list[tuple[str, str]]
    key_mark: str
    format: int = FORMAT
    parts: dict[str, Part] = field(default_factory=dict)


class Writing:
    """A backup that is being written to an open file, part by part; ``finish`` makes it whole."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._parts: dict[str, Part] = {}

    def add(self, name: str, content: Iterable[bytes]) -> None:
        """One part. How long it is need not be known before: its head is written when it is."""
        head = self._file.tell()
        self._file.write(bytes(BLOCK))
        summed, length = hashlib.sha256(), 0
        for piece in content:
            self._file.write(piece)
            summed.update(piece)
            length += len(piece)
        self._file.write(bytes(-length % BLOCK))
        end = self._file.tell()
        self._file.seek(head)
        self._file.write(_head(name, length))
        self._file.seek(end)
        self._parts[name] = Part(length, summed.hexdigest())

    def finish(self, about: About) -> None:
        """Write down what it is, and end the file."""
        words = json.dumps({**asdict(about), "parts": {name: asdict(part) for name, part in self._parts.items()}})
        content = words.encode()
        self.add(ABOUT, [content])
        self.add(SUM, [hashlib.sha256(content).hexdigest().encode()])
        self._file.write(END)


def _head(name: str, length: int) -> bytes:
    head = tarfile.TarInfo(name)
    head.size, head.mode, head.mtime = length, 0o600, int(time.time())
    return head.tobuf(tarfile.GNU_FORMAT)


class Reading:
    """A backup as it is read. Refused: the file is no backup, or is not what was written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = path.open("rb")
        except OSError as problem:
            raise Refused("file_unreadable", "file", path=str(path), why=problem.strerror) from None
        try:
            self._tar = tarfile.open(fileobj=self._file, mode="r:")  # noqa: SIM115
            self._members = self._listed()
        except (tarfile.TarError, OSError):
            raise Refused("backup_unknown", "file", path=str(path)) from None
        self.about = self._about()
        self._refuse_longer()

    def _listed(self) -> dict[str, tarfile.TarInfo]:
        """The parts by their names; of a file that was cut off those that begin in it."""
        found: dict[str, tarfile.TarInfo] = {}
        try:
            for member in self._tar:
                found[member.name] = member
        except (tarfile.TarError, OSError):
            if DATABASE not in found:
                raise
        return found

    def _about(self) -> About:
        if DATABASE not in self._members:
            raise Refused("backup_unknown", "file", path=str(self._path))
        for name in (ABOUT, SUM):
            if name not in self._members or self._members[name].size > MOST_ABOUT:
                raise self._damaged(name)
        content = b"".join(self.pieces(ABOUT))
        if hashlib.sha256(content).hexdigest().encode() != b"".join(self.pieces(SUM)):
            raise self._damaged(ABOUT)
        said: dict[str, Any] = json.loads(content)
        if said["format"] > FORMAT:
            raise Refused("backup_of_newer_version", "file", version=said["perennial"])
        known = {one.name for one in fields(About)}
        return About(
            **{name: value for name, value in said.items() if name in known and name not in ("parts", "migrations")},
            migrations=[(app, name) for app, name in said["migrations"]],
            parts={name: Part(**part) for name, part in said["parts"].items()},
        )

    def _refuse_longer(self) -> None:
        last = self._members[SUM]
        end = last.offset_data + last.size + -last.size % BLOCK + len(END)
        more = self._file.seek(0, os.SEEK_END) - end
        if more > 0:
            raise Refused("backup_longer", "file", path=str(self._path), bytes=more)

    def verify(self) -> None:
        """Read all of it once. Refused: a part is not what was written."""
        for name, part in self.about.parts.items():
            summed = hashlib.sha256()
            for piece in self.pieces(name):
                summed.update(piece)
            if summed.hexdigest() != part.sha256:
                raise self._damaged(name)

    def has(self, name: str) -> bool:
        """Whether it has this part."""
        return name in self.about.parts

    def pieces(self, name: str) -> Iterator[bytes]:
        """A part, piece by piece."""
        member = self._members.get(name)
        content = self._tar.extractfile(member) if member is not None else None
        if content is None:
            raise self._damaged(name)
        left = member.size if member is not None else 0
        while left:
            try:
                piece = content.read(min(left, AT_ONCE))
            except (tarfile.TarError, OSError):
                piece = b""
            if not piece:
                raise self._damaged(name)
            left -= len(piece)
            yield piece

    def _damaged(self, part: str) -> Refused:
        return Refused("backup_damaged", "file", path=str(self._path), part=part)

    def close(self) -> None:
        """No more of it."""
        self._tar.close()
        self._file.close()

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def key_mark(secret: str) -> str:
    """By what a secret key is known again, without being told."""
    return hashlib.sha256(b"perennial backup: " + secret.encode()).hexdigest()[:32]


def out_of(stream: IO[bytes]) -> Iterator[bytes]:
    """What comes out of a pipe, piece by piece."""
    while piece := stream.read(AT_ONCE):
        yield piece
