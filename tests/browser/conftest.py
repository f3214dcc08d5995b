"""A real Chromium for the tests of the web application: started once, a fresh context for each test."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: A refusal and a conflict are answers, though the browser calls each a failure; so is what a newer search replaces.
ANSWERS = r"Failed to load resource.*status of (409|422)|htmx:(sendAbort|afterRequest)"


def executable(playwright: Playwright) -> str:
    """The system's Chromium, else Playwright's own, else the test is skipped; with ``CI=true`` it fails."""
    for found in (*map(shutil.which, NAMES), playwright.chromium.executable_path):
        if found and os.access(found, os.X_OK):
            return found
    message = "no Chromium: apt-get install -y chromium, or .venv/bin/playwright install chromium"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """For this folder and not for the session: while it runs, the thread counts as one with an event loop."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    with sync_playwright() as playwright:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Django takes that loop for asynchronous code
        browser = playwright.chromium.launch(executable_path=executable(playwright), args=FLAGS)
        yield browser
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
    if before is not None:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@dataclass
class Faults:
    """What went wrong in the page without anybody looking. ``allow(pattern)`` names what a test provokes."""

    found: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=lambda: [ANSWERS])

    def allow(self, pattern: str) -> None:
        self.allowed.append(pattern)

    def left(self) -> list[str]:
        return [fault for fault in self.found if not any(re.search(pattern, fault) for pattern in self.allowed)]


@pytest.fixture
def faults() -> Faults:
    return Faults()


def waits_until_it_listens(page: Page) -> None:
    """A key or a click waits: a page that comes is seen, and has its address, a moment before its scripts have run."""

    def after(act: Callable[..., None]) -> Callable[..., None]:
        def waits(*arguments: Any, **options: Any) -> None:
            page.wait_for_load_state("domcontentloaded")
            act(*arguments, **options)

        return waits

    for does, names in ((page.keyboard, ("press", "type", "insert_text")), (page, ("click",))):
        for name in names:
            setattr(does, name, after(getattr(does, name)))


@pytest.fixture(scope="package", autouse=True)
def _clicks_wait_too() -> Iterator[None]:
    """The same for a click on what a locator finds."""
    click = Locator.click

    def waits(locator: Locator, **options: Any) -> None:
        locator.page.wait_for_load_state("domcontentloaded")
        click(locator, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Locator, "click", waits)
        yield


@pytest.fixture
def page(browser: Browser, faults: Faults) -> Iterator[Page]:
    """A page; errors, violations of the policy and requests to anywhere but this machine fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    waits_until_it_listens(page)
    page.on("console", lambda said: faults.found.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.found.append(str(error)))

    def away(url: str) -> None:
        if urlsplit(url).scheme not in ("data", "about", "blob") and urlsplit(url).hostname != "127.0.0.1":
            faults.found.append(f"a request to {url}")

    page.on("request", lambda request: away(request.url))
    yield page
    context.close()
    assert not faults.left()


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """``axe(page)``: no violation of WCAG 2.2 AA on the page as it stands."""
    rules = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}

    def check(page: Page) -> None:
        found = Axe().run(page, options={**rules, "resultTypes": ["violations"]}).response["violations"]
        assert not [f"{fault['id']}: {node['html'][:200]}" for fault in found for node in fault["nodes"]]

    return check


@pytest.fixture
def screenshot(page: Page, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """``screenshot(name)``: the whole page, kept in $SCREENSHOTS where that is set."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)

    def take(name: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return take
