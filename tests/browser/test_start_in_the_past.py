"""A start date of the past, in a real browser: what it does is said beside it, and one button counts from today."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from perennial.desk.read.orders import order
from perennial.orders.models import SalesOrder
from tests.worlds import nightingale
from tests.worlds.served import Site

pytest_plugins = ["tests.worlds.served"]


def test_it_is_said_and_taken_back(site: Site, axe: Callable[[Page], None]) -> None:
    page = site.sign_in(to="/customers/C-1190/order")
    page.fill("#product", "r-106")
    expect(page.locator("#product-hits [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#agreed")).to_be_visible()
    expect(page.locator("#behind")).to_have_count(0)
    page.fill("#start", "10/1/2026")
    page.keyboard.press("Enter")
    expect(page.locator("#behind")).to_contain_text("They all ship on Tue 10 Mar")
    axe(page)
    page.click("#from-today")
    expect(page.locator("#behind")).to_have_count(0)
    mine = SalesOrder.objects.latest("pk")
    assert order(mine.number, on=nightingale.ON).continuity[0].start_date is None


def test_a_mistyped_year_is_asked_for_a_second_time(site: Site, axe: Callable[[Page], None]) -> None:
    page = site.sign_in(to="/customers/C-1190/order")
    page.fill("#product", "r-106")
    expect(page.locator("#product-hits [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#agreed")).to_be_visible()
    page.fill("#start", "10/3/2016")
    page.keyboard.press("Enter")
    expect(page.locator("#start-err")).to_contain_text("say it twice")
    axe(page)
    page.check("#meant")
    expect(page.locator("#behind")).to_be_visible()
    expect(page.locator("#meant")).to_have_count(0)
