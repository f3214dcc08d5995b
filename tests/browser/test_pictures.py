"""Pictures in a real browser: by keyboard, in both languages and themes, narrow, on paper; nothing that the policy forbids."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from perennial.jobs.night import night
from perennial.pictures.figures import work_out
from tests.worlds.forecast import TODAY, forecast
from tests.worlds.people import people
from tests.worlds.served import Site

NAMES = ("demand", "money", "retention", "nights")


@pytest.fixture
def club(transactional_db: None, live_server: Any, page: Page, settings: Any) -> Site:
    settings.PERENNIAL_TODAY = TODAY
    forecast()
    people()
    night(TODAY)
    work_out(TODAY)
    return Site(live_server.url.replace("localhost", "127.0.0.1"), page)


def test_a_planner_looks_ahead(club: Site, axe: Callable[[Page], None], screenshot: Callable[[str], Path]) -> None:
    page = club.sign_in("planner")
    expect(page).to_have_url(re.compile("/pictures/demand$"))
    expect(page.locator("h2").first).to_contain_text("Peak: week of Mon 16 Mar, 39 parcels")
    page.locator("#f-program").select_option("TEA")
    page.locator("#f-program").press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#b-show")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"program=TEA&weeks=12$"))
    expect(page.locator("#products tbody tr")).to_have_count(6)
    area = page.get_by_role("region", name="Chart of parcels by week")
    area.focus()
    expect(area).to_be_focused()
    expect(page.get_by_role("img", name=re.compile("^Parcels by week"))).to_be_visible()
    for name in NAMES:
        club.open(f"/pictures/{name}")
        axe(page)
        screenshot(f"pictures-{name}")
    page.keyboard.press("g")
    page.keyboard.press("f")
    expect(page).to_have_url(re.compile("/pictures/demand$"))
    with page.expect_download() as file:
        page.locator("#b-csv").click()
    assert file.value.suggested_filename == f"demand-{TODAY}.csv"


def test_in_italian_dark_narrow_and_on_paper(
    club: Site, axe: Callable[[Page], None], screenshot: Callable[[str], Path]
) -> None:
    page = club.sign_in("manager", to="/pictures/demand", language="it", theme="dark")
    page.set_viewport_size({"width": 320, "height": 800})
    for name in NAMES:
        club.open(f"/pictures/{name}")
        assert page.evaluate("document.documentElement.scrollWidth <= 320"), name
        axe(page)
        screenshot(f"pictures-{name}-it-dark-320")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})
    club.open("/pictures/demand")
    assert page.locator("svg.chart[role=img]").bounding_box()["width"] <= 794  # type: ignore[index]
    assert not page.locator(".tabs").is_visible()
    screenshot("pictures-demand-it-print")
