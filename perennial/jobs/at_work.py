"""A process at work on runs: the session whose locks say that it lives, and whether it was asked to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from perennial.db import sql

_stop = threading.Event()


def ask_to_stop() -> None:
    """Stop between two chunks; the run stays open and the next start goes on with it."""
    _stop.set()


def is_stopping() -> bool:
    """Was this process asked to stop?"""
    return _stop.is_set()


@contextmanager
def signals() -> Iterator[None]:
    """SIGTERM sets a flag that is read between chunks."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: ask_to_stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Session:
    """A session of its own for the locks that say that this process lives, opened for the first of them;
    and how long the session of the work waits.
    """

    _own: Any = None

    def __enter__(self) -> Session:
        # A dead client's backend is noticed soon; nothing waits for ever.
        sql.execute("set client_connection_check_interval = '1s'; set lock_timeout = '30s'")
        return self

    def __exit__(self, *_: object) -> None:
        if self._own is not None:
            self._own.close()

    @property
    def closed(self) -> bool:
        """Was it lost?"""
        return self._own is None or bool(self._own.closed)

    def execute(self, statement: str, params: list[Any]) -> Any:
        """A statement that commits at once."""
        if self._own is None:
            self._own = connection.get_new_connection(connection.get_connection_params())
            self._own.autocommit = True
        return self._own.execute(statement, params)
