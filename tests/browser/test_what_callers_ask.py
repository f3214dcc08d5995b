"""What callers ask for, by keyboard in a real browser: how often, a product more, back again."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from perennial.desk.read.orders import order
from tests.browser.test_calls import Keys, focus, said
from tests.worlds import nightingale
from tests.worlds.served import Site

pytest_plugins = ["tests.worlds.served"]


def test_every_six_weeks_is_enough(site: Site, axe: Callable[[Page], None]) -> None:
    """``f``, ``42``, Enter: what follows is dated anew, and ``u`` takes it back."""
    page = site.sign_in(to="/customers/C-2041")
    keys = Keys(page)
    keys.press("f")
    expect(page.locator("#f-days")).to_be_focused()
    keys.type("42")
    axe(page)
    keys.press("Enter")
    said(page, "dated again, the next one on")
    assert keys.count == 4
    one = order("SO-000731", on=nightingale.ON).continuity[0]
    assert one.every is not None
    assert one.every.days == 42
    keys.press("u")
    said(page, "Change undone")
    assert order("SO-000731", on=nightingale.ON).continuity[0].every is None


def test_put_another_one_in(site: Site, axe: Callable[[Page], None]) -> None:
    """``b``, the product, Enter; ``l`` leaves it out again."""
    page = site.sign_in(to="/customers/C-2041")
    keys = Keys(page)
    keys.press("ArrowDown", "b")
    expect(page.locator("#f-item")).to_be_focused()
    item = "A-014"
    keys.type(item)
    expect(page.locator("#swap-hits [role=option]").first).to_be_visible()
    axe(page)
    page.keyboard.press("Enter")
    page.locator("#f-reason").fill("a present")
    page.locator("#panel-do").click()
    said(page, f"{item} comes too")
    assert len([x for x in order("SO-000731", on=nightingale.ON).continuity[0].lines if x.shipment == 5]) == 2
    page.keyboard.press("l")
    expect(page.locator("#f-replaces")).to_be_visible()
    axe(page)


def test_somebody_else_pays(site: Site, axe: Callable[[Page], None]) -> None:
    """Who pays is typed as in the search box, taken from the list; their cards are offered then."""
    page = site.sign_in(to="/orders/SO-000731")
    page.locator("#b-payer").click()
    expect(page.locator("#f-account")).to_be_focused()
    keys = Keys(page)
    keys.type("fallon")
    expect(page.locator("#payer-hits [role=option]").first).to_be_visible()
    axe(page)
    keys.type(" siobhan")
    expect(page.locator("#payer-hits [role=option]")).to_have_count(1)
    keys.press("Enter")
    expect(page.locator("#payer-is")).to_have_text("Siobhán Fallon-Reid")
    expect(page.locator("#f-account")).to_have_value("C-1190")
    axe(page)


def test_i_am_back(site: Site, axe: Callable[[Page], None]) -> None:
    """The order that was stopped: ``o``, Enter, and it goes on today from where it was."""
    page = site.sign_in(to="/customers/C-2041")
    keys = Keys(page)
    keys.press("t")
    expect(page.locator(".pane")).to_contain_text("will not go out")
    keys.press("c", "Enter")
    said(page, "has ended")
    site.open("/orders/SO-000731")
    page.keyboard.press("o")
    expect(page.locator("#f-next_on")).to_be_focused()
    axe(page)
    page.keyboard.press("Enter")
    said(page, "goes on, the next one on")
    assert order("SO-000731", on=nightingale.ON).continuity[0].last_shipment is None
    assert focus(page) is not None
