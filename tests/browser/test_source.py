"""Where an order comes from, in a real browser: chosen before the first product, corrected on the draft."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from perennial.orders.models import SalesOrder
from tests.worlds.bundle import put
from tests.worlds.served import Site

pytest_plugins = ["tests.worlds.served"]


def test_the_source_that_is_chosen_first_goes_with_the_first_product(site: Site, axe: Callable[[Page], None]) -> None:
    put({"source_codes": [{"code": "LETTER", "description": "Spring letter"}, {"code": "WEB"}]})
    page = site.sign_in(to="/customers/C-1190/order")
    page.select_option("#source", "LETTER")
    page.fill("#product", "r-106")
    expect(page.locator("#product-hits [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#agreed")).to_be_visible()
    made = SalesOrder.objects.latest("pk")
    assert made.source_code == "LETTER"
    expect(page.locator("#source")).to_have_value("LETTER")
    axe(page)
    page.select_option("#source", "WEB")
    expect(page.locator("#say")).to_contain_text("comes from WEB")
    made.refresh_from_db()
    assert made.source_code == "WEB"
