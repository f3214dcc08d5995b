"""Where the reader of a page begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import connections
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from perennial.jobs import watch
from perennial.payments import gateways
from perennial.settings import database
from tests.docs.play import SURROUNDINGS


@pytest.fixture
def reader(
    make_database: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """A folder, a day and an empty database of their own, for commands in this process."""
    url = make_database()
    for name, value in {"DATABASE_URL": url, **SURROUNDINGS}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gateways, "_loaded", {})  # the sandbox's book lies in the home
    monkeypatch.setattr(watch, "_disk", lambda: ())  # how full the disk is here is no matter of the guides
    today = date.fromisoformat(SURROUNDINGS["PERENNIAL_TODAY"])
    theirs, before = connections.databases["default"], dict(connections.databases["default"])
    with django_db_blocker.unblock(), override_settings(PERENNIAL_HOME=tmp_path / "home", PERENNIAL_TODAY=today):
        connections["default"].close()
        theirs.update(database(url))
        try:
            yield
        finally:
            connections["default"].close()
            theirs.clear()
            theirs.update(before)
