"""What folders share: tests of a bundle count their orders from 1 (sequences do not roll back), tests of the desk share a club."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction

from perennial.db import sql
from tests.worlds import desk as desk_world


@pytest.fixture
def numbers_from_one(db: object) -> None:
    """The next order is SO-000001."""
    sql.value("select setval('parent_order_number', 1, false)")


@contextmanager
def taken_back() -> Iterator[None]:
    """A transaction, or a savepoint within one, that is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def _club_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), taken_back():
        desk_world.club()
        yield


@pytest.fixture
def club(_club_of_the_module: None, django_db_blocker: Any) -> Iterator[None]:
    """The club of ``desk_world``, imported once a module; what a test does to it is taken back."""
    with django_db_blocker.unblock(), taken_back():
        yield
