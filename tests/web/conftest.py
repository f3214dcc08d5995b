"""The desk's club on its day, looked at through pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.worlds import desk
from tests.worlds.people import signed_in


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["tests.worlds.people.QuickArgon2"]


@pytest.fixture
def at_desk(club: None, settings: Any) -> Callable[..., Client]:
    """A function that gives a client signed in as a role, on the day of the club: ``at_desk("clerk")``."""
    settings.PERENNIAL_TODAY = desk.ON
    return signed_in
