"""Databases for tests (see harness.py), and the profile of hypothesis."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import hypothesis
import pytest
from django.db import connections
from django.test import TransactionTestCase

from perennial.db.server import locks
from tests import harness

hypothesis.settings.register_profile("ci", deadline=None, print_blob=True)
hypothesis.settings.load_profile("ci")

pytest_plugins = ["tests.worlds.fixtures"]

_session: harness.Session | None = None
PATIENT = "PERENNIAL_TEST_ALL"
"""Set: the patient tests too."""


def pytest_configure(config: pytest.Config) -> None:
    global _session
    harness.choose_postgresql()
    if not hasattr(config, "workerinput"):
        _session = harness.Session()
        if config.args != config.getini("testpaths") or config.option.keyword:
            os.environ[PATIENT] = "1"  # somebody names tests; the processes that run them read it too


def pytest_unconfigure(config: pytest.Config) -> None:
    global _session
    if _session is not None:
        _session.close()
        _session = None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the patient tests where nobody has asked for them, by name or with ``./run test --all``."""
    patient = [] if os.environ.get(PATIENT) else [item for item in items if item.get_closest_marker("patient")]
    if patient:
        config.hook.pytest_deselected(items=patient)
        items[:] = [item for item in items if item not in patient]


def _fixture_teardown(case: TransactionTestCase) -> None:
    """How a transactional test leaves pytest-django's database, instead of Django's ``flush``."""
    connections["default"].ensure_connection()
    harness.empty_tables(connections["default"].connection)


TransactionTestCase._fixture_teardown = _fixture_teardown  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def test_server() -> harness.TestServer:
    """The session's throw-away server."""
    return harness.session_server()


@pytest.fixture(scope="session")
def django_db_setup(test_server: harness.TestServer, django_db_blocker: object) -> Iterator[None]:
    """pytest-django's database: this worker's own copy of the template."""
    from perennial.settings import database

    url = test_server.make_database()
    os.environ["DATABASE_URL"] = url
    connections.databases["default"].update(database(url))
    yield
    for connection in connections.all(initialized_only=True):
        connection.close()
    test_server.drop_database(url)


@pytest.fixture
def make_database(test_server: harness.TestServer) -> Iterator[Callable[[], str]]:
    """A function that makes a migrated database of its own and gives its URL; dropped after the test."""
    made: list[str] = []

    def make(*, empty: bool = False) -> str:
        made.append(test_server.make_database(empty=empty))
        return made[-1]

    yield make
    for url in made:
        test_server.drop_database(url)


@pytest.fixture
def fresh_db(make_database: Callable[[], str]) -> str:
    """The URL of a migrated database of its own, for processes that are started, and killed."""
    return make_database()


@pytest.fixture(scope="session")
def _durable() -> Iterator[harness.TestServer]:
    home = harness.open_folder(harness.PREFIX + "durable-")  # on the disk, whose waiting is the point
    lock = locks.open_lock(home / "session.lock")  # what is killed is cleared away by the next session
    locks.take(lock, shared=True)
    yield harness.TestServer(home, throwaway=False)
    harness.remove(home)
    os.close(lock)


@pytest.fixture
def durable_server(_durable: harness.TestServer) -> harness.TestServer:
    """A server of this worker's with fsync on, whose processes a test may kill: ``kill()``, ``start()``."""
    return _durable.start()
