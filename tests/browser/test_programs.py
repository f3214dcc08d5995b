"""A manager edits a program in a real browser: by keys, by dragging, with a fault in a cell, and two who edit at once."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from perennial.desk.read.program import program
from tests.worlds import nightingale
from tests.worlds.served import Site

pytest_plugins = ["tests.worlds.served"]


def keys_of_draft() -> list[str | None]:
    """The keys of the draft's events in their order."""
    found = program("ROM", on=nightingale.ON).draft
    assert found is not None
    return [event.key for event in found.facts.events]


def stand(page: Page, keys: str) -> None:
    """The first rows are these events."""
    for at, key in enumerate(keys.split()):
        expect(page.locator("#events > tbody[data-row]").nth(at)).to_have_id(f"e-{key}")


def test_what_is_typed_before_the_page_is_ready_is_saved(site: Site) -> None:
    page = site.sign_in("manager", to="/programs")
    scripts: list[Route] = []

    def later(route: Route) -> None:
        scripts.append(route)

    page.route("**/*.js", later)
    page.goto(f"{site.address}/programs/ROM/edit", wait_until="commit")
    page.locator("#e-E5-price_0").fill("31.00")
    page.locator("#e-E5-when").focus()
    page.locator("#e-E4-price_0").fill("32.00")
    page.locator("#e-E4-price_0").press("Enter")  # at once, as it is
    assert scripts
    for script in scripts:
        script.continue_()
    expect(page.locator("#e-E5-price_0-was")).to_have_text("29.00")
    expect(page.locator("#e-E4-price_0-was")).to_have_text("24.00")
    expect(page.locator("#program-head")).to_contain_text("2 differences")


def test_a_program_is_edited_by_keys_and_by_dragging(site: Site, axe: Callable[[Page], None]) -> None:
    page = site.sign_in("manager", to="/programs")
    axe(page)
    page.keyboard.press("Enter")  # CFQ is the first
    page.goto(f"{site.address}/programs/ROM")
    axe(page)
    page.keyboard.press("e")
    expect(page).to_have_url(re.compile("/programs/ROM/edit$"))
    price = page.locator("#e-E5-price_0")
    price.fill("31.00")
    page.keyboard.press("Enter")  # on to the next field; what was typed is saved
    expect(page.locator("#e-E5-when")).to_be_focused()
    expect(page.locator("#e-E5-price_0-was")).to_have_text("29.00")
    expect(page.locator("#program-head")).to_contain_text("1 difference")
    expect(page.locator("#pv-sum")).to_contain_text("was")
    # a fault stays in its cell
    page.locator("#e-E4-times").fill("6")
    page.locator("#e-E4-when").fill("with the one before")
    page.keyboard.press("Tab")
    expect(page.locator("#e-E4-times-err")).to_contain_text("0 days between")
    expect(page.locator("#e-E4-times")).to_have_value("6")
    expect(page.locator("#unsaved")).to_be_visible()
    expect(page.locator("#saved")).to_be_hidden()
    axe(page)
    page.locator("#e-E4-b").focus()
    page.keyboard.press("Alt+ArrowDown")  # what was refused is mended first
    expect(page.locator("#e-E4-times")).to_be_focused()
    page.keyboard.type("1")
    page.keyboard.press("Tab")
    expect(page.locator("#e-E4-times-err")).to_have_count(0)
    expect(page.locator("#saved")).to_be_visible()
    expect(page.locator("#unsaved")).to_be_hidden()
    # by keys
    page.locator("#e-E4-b").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("#events > tbody").nth(4)).to_have_id("e-E4")
    expect(page.locator("#e-E4-b")).to_be_focused()
    assert keys_of_draft()[3:5] == ["E5", "E4"]
    page.keyboard.press("y")
    expect(page.locator("#events > tbody[data-row]")).to_have_count(13)
    page.locator("#e-E2-b").focus()
    page.keyboard.press("Delete")
    expect(page.locator("#say .toast")).to_contain_text("Event 2 removed")
    expect(page.locator("#e-E2")).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator("#e-E2")).to_have_count(1)
    page.keyboard.press("i")
    expect(page.locator("#insert-item")).to_be_focused()
    page.locator("#insert-item").press_sequentially("brush")
    expect(page.locator("#insert-item")).to_have_value("brush")
    expect(page.locator("#insert-hits [role=option]")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#events > tbody[data-row]")).to_have_count(14)
    expect(page.locator("#insert-item")).to_be_focused()
    # by dragging, when the page stands still
    page.wait_for_function("!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added')")
    page.evaluate("scrollTo(0, 0)")  # both rows are seen, and nothing lies over them
    grip, other = (page.locator(f"#e-{key} .grip > .i").bounding_box() for key in ("E3", "E1"))
    assert grip is not None
    assert other is not None
    page.mouse.move(grip["x"] + 5, grip["y"] + 5)
    page.mouse.down()
    page.mouse.move(other["x"] + 5, other["y"] + 5, steps=4)
    page.mouse.up()
    expect(page.locator("#events > tbody").first).to_have_id("e-E3")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Alt ↑")
    page.keyboard.press("Escape")
    page.locator("#b-discard").click()
    expect(page.locator("#head-panel")).to_contain_text("Discard the draft of ROM, version 2?")
    page.keyboard.press("Escape")
    page.goto(f"{site.address}/programs/ROM/versions/1..2")
    axe(page)


def test_a_move_is_shown_whatever_is_typed_elsewhere(site: Site) -> None:
    page = site.sign_in("manager", to="/programs/ROM/edit")
    # refused as a new event, emptied by hand
    page.locator("#insert-item").fill("zzz")
    page.keyboard.press("Enter")
    expect(page.locator("#insert-err")).to_contain_text("zzz")
    page.locator("#insert-item").fill("")
    expect(page.locator("#insert-err")).to_have_count(0)
    page.locator("#e-E3-b").click()
    page.locator("#e-E3-item_1").fill("A-014")
    page.keyboard.press("Tab")
    expect(page.locator("#e-E3-item_1")).to_have_value(re.compile("A-014 "))
    page.locator("#e-E3-b").focus()
    page.keyboard.press("Alt+ArrowUp")
    stand(page, "E1 E3 E2 E4")
    expect(page.locator("#say .toast")).to_contain_text("event 2")
    page.keyboard.press("u")
    stand(page, "E1 E2 E3 E4")
    # half typed as a new event: it stays
    page.locator("#insert-item").press_sequentially("bru")
    page.locator("#e-E3-b").focus()
    page.keyboard.press("Alt+ArrowUp")
    stand(page, "E1 E3 E2 E4")
    expect(page.locator("#insert-item")).to_have_value("bru")
    # typed into a cell and not left yet: it is saved first
    page.locator("#e-E4-price_0").fill("32.00")
    page.keyboard.press("Alt+ArrowUp")
    stand(page, "E1 E3 E4 E2")
    expect(page.locator("#e-E4-price_0-was")).to_have_text("24.00")
    expect(page.locator("#e-E4-price_0")).to_have_value("32.00")
    assert keys_of_draft()[:4] == ["E1", "E3", "E4", "E2"]


def test_in_italian_dark_and_narrow(site: Site, axe: Callable[[Page], None]) -> None:
    page = site.sign_in("manager", to="/programs/ROM/edit", language="it", theme="dark")
    expect(page.locator("#e-E5-price_0")).to_have_attribute("placeholder", "29,00")
    page.locator("#e-E5-price_0").fill("2522,50")
    page.locator("#e-E5-when").fill("30")
    page.keyboard.press("Tab")
    expect(page.locator("#e-E5-when")).to_have_value("30 giorni dopo")
    price = page.locator("#e-E5-price_0")
    expect(price).to_have_value("2522,50")
    assert price.evaluate("(field) => field.scrollWidth <= field.clientWidth")  # seen whole
    axe(page)
    page.locator("#e-E5-b").click()
    page.locator("#fold-header summary").click()
    page.evaluate("scrollTo(0, 0)")  # nothing lies under the bar
    axe(page)
    page.set_viewport_size({"width": 320, "height": 700})
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.goto(f"{site.address}/programs/ROM/versions/1..2")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
