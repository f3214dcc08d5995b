"""The payment server of an installation: it runs as long as somebody uses it, and its book stays.

Whoever uses it holds a shared lock for as long as they live, which the kernel frees. The server ends when it gets that lock
for itself, and keeps it until it has ended, so that nobody finds one that is about to go.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perennial.payment_server.start import Running, start

SECOND = 1.0
HEADS = "whsec_"
_held: dict[Path, int] = {}


def use(home: Path) -> Running:
    """The payment server whose book is in this folder, started if it does not run; it does until this process ends."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    users = users_of(home)
    if users not in _held:
        _held[users] = os.open(users, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(_held[users], fcntl.LOCK_SH)
    with _alone(home / "starting"):
        known = home / "address"
        address = known.read_text().strip() if known.exists() else ""
        running = Running(address)
        if not address or not _is_ready(running):
            running = _started(home, int(address.rpartition(":")[2] or 0))
            known.write_text(f"{running.address}\n")
    return running


def users_of(home: Path) -> Path:
    """The file that whoever uses the server of this folder has locked."""
    return home / "users"


def secret(home: Path) -> str:
    """By what the events of this server are signed; made once."""
    found = home / "secret"
    with _alone(home / "starting"):
        if not found.exists():
            found.touch(mode=0o600)
            found.write_text(f"{HEADS}{secrets.token_urlsafe(32)}\n")
    return found.read_text().strip()


def wait_until_unused(users: Path) -> None:
    """Back when nobody uses the server any more; whoever wants to from then on waits until this process has ended."""
    lock = os.open(users, os.O_RDWR | os.O_CREAT, 0o600)
    alone = 0
    while alone < 2:  # a command that follows another finds it still there
        time.sleep(SECOND)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            alone = 0
        else:
            alone += 1
            if alone < 2:
                fcntl.flock(lock, fcntl.LOCK_UN)


def _started(home: Path, port: int) -> Running:
    """On the port that it had before, if that is free: pages that customers have open lead there."""
    try:
        return start(home, port=port, shared=True)
    except RuntimeError:
        return start(home, shared=True)


def _is_ready(server: Running) -> bool:
    try:
        return bool(server.control("GET", "ready")["ready"])
    except (OSError, ValueError, json.JSONDecodeError):
        return False


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
