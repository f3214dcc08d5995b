"""The record club with its people, served: what a real browser opens."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Page

from perennial.catalog.actions import initialise
from perennial.catalog.models import Company
from perennial.people.actions import set_preferences
from tests import harness
from tests.worlds import nightingale
from tests.worlds.people import NAME_OF, people

_made: harness.Kept | None = None


@dataclass
class Site:
    """Where it is served, and a page of a browser."""

    address: str
    page: Page

    def sign_in(self, role: str = "clerk", *, to: str = "/", language: str = "en", **likes: Any) -> Page:
        """Sign in by the form as somebody of that role, who likes the pages so; then open an address."""
        from django.contrib.auth.models import User

        set_preferences(User.objects.get(username=NAME_OF[role]), language=language, **likes)
        self.page.goto(f"{self.address}/sign-in")
        self.page.fill("[name=login]", NAME_OF[role])
        self.page.fill("[name=password]", "demo")
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "sign-in" not in url)
        return self.open(to)

    def open(self, path: str) -> Page:
        """Open an address of the site."""
        self.page.goto(f"{self.address}{path}")
        return self.page


@pytest.fixture
def site(transactional_db: None, live_server: Any, page: Page, settings: Any) -> Site:
    """The record club, served on its day. It is made once, and put back for each test."""
    global _made
    settings.PERENNIAL_TODAY = nightingale.ON
    connection.ensure_connection()
    if _made is None:
        initialise()
        nightingale.nightingale()
        people()
        _made = harness.Kept(connection.connection)
    else:
        _made.put_back(connection.connection)
        Company.objects.update(installation=uuid.uuid4().hex[:16])  # what is charged anew has keys of its own
    return Site(live_server.url.replace("localhost", "127.0.0.1"), page)
