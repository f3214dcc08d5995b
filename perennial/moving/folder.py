"""The folder of the files that come in and go out. Each has a name of ours, and only its owner can read it."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from perennial.errors import Refused

KEPT_SECONDS = 86_400
"""So long a file stays that nobody has taken away."""


def folder() -> Path:
    """``moving`` in PERENNIAL_HOME; made when it is asked for first."""
    found: Path = settings.PERENNIAL_HOME / "moving"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def most_bytes() -> int:
    """How large a file may be that comes in (``PERENNIAL_UPLOAD_MB``)."""
    return int(settings.PERENNIAL_UPLOAD_MB) * 1024 * 1024


def new_file() -> tuple[str, BinaryIO]:
    """A file to write into, and its name."""
    name = secrets.token_hex(16)
    number = os.open(folder() / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    return name, os.fdopen(number, "wb")


def path_of(name: str) -> Path:
    """Where the file of a name stands."""
    if not name or not name.isalnum():
        raise Refused("transfer_file_gone")
    return folder() / name


def is_there(name: str) -> bool:
    """Is the file on this machine?"""
    return bool(name) and path_of(name).is_file()


def open_file(name: str) -> BinaryIO:
    """The file, to be read. Refused: it is gone."""
    try:
        return open(path_of(name), "rb")
    except FileNotFoundError:
        raise Refused("transfer_file_gone") from None


def remove(names: Iterable[str]) -> None:
    """Take files away; those that are gone are gone."""
    for name in names:
        if name:
            path_of(name).unlink(missing_ok=True)


def remove_old() -> None:
    """Take away what has stood here for more than a day: nobody wants it any more, or what wanted it was killed."""
    for path in folder().iterdir():
        try:
            if time.time() - path.stat().st_mtime > KEPT_SECONDS + 3600:
                path.unlink()
        except FileNotFoundError:  # somebody else was quicker
            continue
