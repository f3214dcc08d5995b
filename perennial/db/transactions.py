"""Transactions that are taken back on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def taken_back() -> Iterator[None]:
    """Do it, and take it back: what is read within is as if it had been done, and nothing stays.

    Within another transaction only what was done in here is taken back.
    """
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
