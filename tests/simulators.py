"""A payment server for tests that ask one: one process for all tests of a process, emptied by whoever takes it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from perennial.payment_server.start import Running, start


def payment_server() -> Running:
    """The server, as new."""
    server = _started()
    server.control("POST", "reset")
    return server


@cache
def _started() -> Running:
    home = Path(tempfile.mkdtemp(prefix="payment-server-"))
    server = start(home)
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    atexit.register(server.stop)
    return server
