"""File locks. The kernel frees them when their last holder is gone, SIGKILL included."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from perennial.db.server.places import give_to_owner
from perennial.errors import Refused


def open_lock(path: Path) -> int:
    """Open a lock file, making it if need be; root makes it the home's owner's, so that both can open it."""
    try:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            give_to_owner(path)
        except FileExistsError:
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except OSError as problem:
        raise Refused("home_file_unopened", path=str(path), why=problem.strerror) from None
    return handle


def take(handle: int, *, shared: bool = False) -> bool:
    """Take the lock if it is free."""
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Whether any process holds the lock."""
    handle = open_lock(path)
    try:
        return not take(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def exclusive(path: Path, *, seconds: float, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock alone; call ``waiting`` once when that takes a while."""
    handle = open_lock(path)
    try:
        began = time.monotonic()
        told = False
        while not take(handle):
            waited = time.monotonic() - began
            if waited > seconds:
                raise Refused("lock_held_too_long", path=str(path), seconds=round(seconds))
            if waited > 3 and not told:
                waiting()
                told = True
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)
