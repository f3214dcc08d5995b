"""A process at work on runs: the session whose locks say that it lives, and whether it was asked to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import Model

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
        self.close()

    def close(self) -> None:
        """End it, and with it its locks."""
        if self._own is not None:
            self._own.close()

    @property
    def closed(self) -> bool:
        """Was it lost?"""
        return self._own is None or bool(self._own.closed)

    def execute(self, statement: str, params: list[Any] | dict[str, Any]) -> Any:
        """A statement that commits at once."""
        return self._opened().execute(statement, params)

    def copy(self, model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write rows with COPY; they are there at once."""
        names = ", ".join(f'"{name}"' for name in columns)
        with (
            self._opened().cursor() as cursor,
            cursor.copy(f'copy "{model._meta.db_table}" ({names}) from stdin') as stream,
        ):
            for row in rows:
                stream.write_row(row)

    def _opened(self) -> Any:
        if self._own is None:
            self._own = connection.get_new_connection(connection.get_connection_params())
            self._own.autocommit = True
        return self._own
