"""Many orders changed in a real browser, by keys: found, shown, done, taken back. The test does what a worker does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from perennial.jobs import MANY, requests
from perennial.jobs.models import JobRequest, JobRun
from tests.worlds.served import Site

pytest_plugins = ["tests.worlds.served"]


def work() -> JobRequest:
    """What a worker does with the newest request."""
    newest = JobRequest.objects.latest("pk")
    requests.perform(newest.pk)
    return JobRequest.objects.get(pk=newest.pk)


def look(page: Page, name: str, axe: Callable[[Page], None], screenshot: Callable[[str], Path]) -> None:
    """Anybody can use it, and it fits, also where there is little room."""
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} scrolls at {width}"
        axe(page)
        screenshot(f"{name}-{width}")
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize(
    ("language", "theme"), [("en", "light"), pytest.param("it", "dark", marks=pytest.mark.patient)]
)
def test_shipments_are_moved_and_put_back(
    site: Site,
    axe: Callable[[Page], None],
    screenshot: Callable[[str], Path],
    language: str,
    theme: str,
) -> None:
    page = site.sign_in("manager", to="/orders", language=language, theme=theme)
    page.locator("h1").focus()
    page.keyboard.press("g")
    page.keyboard.press("u")
    page.wait_for_url("**/updates")
    expect(page.locator("#f-way-to")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#f-by_days")).to_be_visible()
    expect(page.locator("#f-to")).to_be_hidden()
    page.locator("#f-program").select_option(index=1)
    expect(page.locator("#f-event option").nth(1)).to_be_attached()
    page.locator("#f-by_days").fill("7")
    page.locator("#f-following").check()
    page.keyboard.press("y")
    expect(page.locator(".err")).to_have_count(1)
    page.locator("#f-reason").fill("the printer is late")
    look(page, f"updates-{language}", axe, screenshot)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_be_visible()
    look(page, f"updates-asked-{language}", axe, screenshot)
    work()
    expect(page.locator("#b-apply")).to_be_visible()  # the page looks by itself
    look(page, f"updates-dry-{language}", axe, screenshot)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_be_visible()
    work()
    expect(page.locator("#back")).to_be_visible()
    look(page, f"updates-done-{language}", axe, screenshot)
    page.locator("#f-reason").fill("it came after all")
    page.locator("#b-back").click()
    expect(page.locator("#progress")).to_be_visible()
    work()
    expect(page.locator("#b-apply")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_be_visible()
    work()
    expect(page.locator("h1")).to_contain_text(re.compile("put back|ripristinat"))
    site.open("/updates")
    expect(page.locator("#done tbody tr")).to_have_count(2)
    look(page, f"updates-history-{language}", axe, screenshot)
    assert JobRun.objects.filter(dry=False, job__in=MANY).count() == 2
