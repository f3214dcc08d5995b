"""Somebody else at work on the test's own database, in a thread with a session of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def url() -> str:
    """The address of the test's own database."""
    given = connection.settings_dict
    password = f":{given['PASSWORD']}" if given["PASSWORD"] else ""
    return f"postgresql://{given['USER']}{password}@/{given['NAME']}?host={given['HOST']}&port={given['PORT']}"


def in_its_session(work: Callable[[], T]) -> T:
    """Do it, to be called in a thread; its session ends with it."""
    try:
        return work()
    finally:
        connection.close()
