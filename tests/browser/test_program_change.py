"""What a draft would change, in a real browser and by keyboard alone: counted, opened, applied, taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from perennial.jobs import requests
from perennial.jobs.models import JobRequest
from perennial.people.actions import set_preferences
from perennial.programs.draft import edit_draft
from perennial.programs.values import ProgramFacts
from tests.worlds.people import NAME_OF
from tests.worlds.served import Site

pytest_plugins = ["tests.worlds.served"]


def dearer(facts: ProgramFacts) -> ProgramFacts:
    """The fifth record costs more, the seventh is another one."""
    events = list(facts.events)
    events[4] = replace(events[4], products=(replace(events[4].products[0], price_minor=3100),))
    events[6] = replace(events[6], products=(replace(events[6].products[0], item_number="R-12"),))
    return replace(facts, events=tuple(events))


def work() -> None:
    """What a worker does with the newest request."""
    requests.perform(JobRequest.objects.latest("pk").pk)


def test_a_draft_is_counted_applied_and_taken_back(site: Site, axe: Callable[[Page], None]) -> None:
    edit_draft(schedule_id="ROM", edit=dearer, by="manager")
    page = site.sign_in("manager", to="/programs/ROM/change")
    expect(page.locator("h1")).to_have_text("What would version 2 change?")
    axe(page)
    page.locator("#b-discard").click()  # it asks, and says what is lost
    expect(page.locator("#head-panel")).to_contain_text("31")
    page.keyboard.press("Escape")
    expect(page.locator("#panel-do")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_be_visible()
    axe(page)
    work()
    expect(page.locator("h1")).to_contain_text("Version 2 would change")  # the page looks by itself
    first = page.locator("table[data-rows] .lead").first
    expect(first).to_be_focused()
    expect(first).to_have_text("Price of event 5")
    page.keyboard.press("Enter")
    expect(page.locator("table[data-rows] .more:visible")).to_contain_text("SO-")
    axe(page)
    manager = User.objects.get(username=NAME_OF["manager"])
    set_preferences(manager, language="it", theme="dark")
    page.set_viewport_size({"width": 320, "height": 900})
    page.reload()
    expect(page.locator("h1")).to_contain_text("La versione 2 modificherebbe")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    set_preferences(manager, language="en", theme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.reload()
    page.locator("#f-letters").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#letters-err")).to_be_visible()
    expect(page.locator("#f-letters")).to_be_focused()
    page.locator("#f-letters").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_contain_text("is being applied")
    work()
    expect(page.locator("h1")).to_have_text("Version 2 is applied")
    axe(page)
    page.locator("#b-back").click()
    expect(page.locator("#progress")).to_be_visible()
    work()
    expect(page.locator("h1")).to_contain_text("for new orders only")
