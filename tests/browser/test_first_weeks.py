"""A manager before an empty installation, in a real browser and by clicks and keys alone: from the form that sets the company
up to the first parcels, then a change of the program that open orders follow, and the night after it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from perennial.catalog.actions import initialise
from perennial.db import sql
from perennial.jobs.check import check
from perennial.worker.beside import WorkerBeside

pytestmark = pytest.mark.django_db(transaction=True)

ON = date(2026, 3, 10)
"""A Tuesday."""
SOON = 90_000
"""So many milliseconds a page, or a worker, may take on a busy machine."""
USUAL = 5_000
"""So long a test looks for what it expects, where nothing else is said."""


@pytest.fixture(autouse=True)
def _patience(page: Page) -> Iterator[None]:
    """A walk of so many steps meets a slow one."""
    page.set_default_timeout(SOON)
    expect.set_options(timeout=SOON)
    yield
    expect.set_options(timeout=USUAL)


class Manager:
    """A person at the keyboard who has never seen the pages."""

    def __init__(self, page: Page, look: Callable[[str], object]) -> None:
        self.page, self.looks, self.seen = page, look, 0

    def look(self, what: str) -> None:
        """A picture of what is seen."""
        self.seen += 1
        self.looks(f"{self.seen:02}-{what}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def to(self, address: str, *keys: str) -> None:
        """Keys that lead to another page."""
        self.press(*keys)
        expect(self.page).to_have_url(re.compile(address))
        expect(self.page.locator("h1")).to_be_visible()

    def click(self, name: str, address: str, within: str = "main") -> None:
        """A link or a button that leads to another page."""
        self.page.locator(within).get_by_role("link", name=name, exact=True).first.click()
        expect(self.page).to_have_url(re.compile(address))
        expect(self.page.locator("h1")).to_be_visible()

    def types(self, **fields: str) -> None:
        for name, words in fields.items():
            self.page.fill(f"#f-{name}", words)

    def adds(self, kind: str, picked: dict[str, str] | None = None, **fields: str) -> None:
        """Another thing of a kind of set-up."""
        self.click(kind, "/setup/[a-z-]+$", "nav.tabs")
        self.to("/setup/new/", "i")
        for name, word in (picked or {}).items():
            self.page.locator(f"#f-{name}").select_option(word)
        self.types(**fields)
        self.to("/setup/(?!new)[a-z-]+/", "Control+Enter")
        expect(self.page.locator("#say .toast")).to_contain_text("Added:")

    def cell(self, name: str, words: str) -> None:
        """A cell of the editor is typed into, and saved."""
        cell = self.page.locator(f"#e-{name}")
        with self.page.expect_response(lambda answer: answer.url.endswith("/event")):
            if cell.evaluate("cell => cell.localName") == "select":
                cell.select_option(words)
            else:
                cell.fill(words)
                self.press("Tab")


@contextmanager
def a_day(on: date, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The pages on a day, with a worker beside them."""
    settings.PERENNIAL_TODAY = on
    monkeypatch.setenv("PERENNIAL_TODAY", on.isoformat())
    with WorkerBeside():
        yield


@pytest.mark.patient
def test_from_the_first_form_to_the_second_parcel(
    live_server: Any,
    page: Page,
    screenshot: Callable[[str], Path],
    faults: Any,
    axe: Callable[[Page], None],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    initialise()
    sql.value("select setval('parent_order_number', 1, false)")  # other tests of this database have drawn numbers
    who = Manager(page, lambda name: None)
    if os.environ.get("SCREENSHOTS"):
        who.looks = screenshot
        faults.allow("Applying inline style")  # what takes a picture hides the caret by a style of its own
    with a_day(ON, settings, monkeypatch):
        page.goto(live_server.url.replace("localhost", "127.0.0.1"))
        sets_up(who, axe)
        makes_the_program(who, axe)
        sells_it(who)
        first_night(who)
        changes_the_program(who, axe)
    with a_day(ON + timedelta(1), settings, monkeypatch):
        next_night(who, axe)
    assert check()["faults"] == []


def sets_up(who: Manager, axe: Callable[[Page], None]) -> None:
    """The company, and what its programs need."""
    page = who.page
    expect(page.locator("h1")).to_have_text("Set up your company")
    page.keyboard.type("Aurora Books")
    page.locator("#f-country").select_option("US")
    who.types(name="Sam Rossi", email="sam@aurora.example", password="a phrase of several words")
    who.look("company")
    who.to("/setup/begin$", "Control+Enter")
    axe(page)
    who.look("what-comes-next")
    expect(page.locator("#b-program")).to_have_text("New program")
    who.click("Delivery modes", "/setup/delivery-modes$")
    who.to("/setup/new/delivery-modes$", "i")
    page.keyboard.type("POST")
    who.types(name="Parcel post", charge="4.95")
    for day in range(1, 6):
        page.check(f"#f-working_days-{day}")
    who.look("delivery")
    who.to("/setup/delivery-modes/POST$", "Control+Enter")
    who.adds("Date intervals", code="FIRST", name="First of the month", rule="FREQ=MONTHLY;BYMONTHDAY=1")
    expect(page.locator("#live li").first).to_have_text("Wed 1 Apr")
    kinds = {"allocation": "fixed_quantity", "unit": "month"}
    who.adds("Payment schedules", kinds, name="3X", number_of_payments="3")
    who.look("schedule")
    who.adds("Tax rates", {"country": "US"}, group="BOOKS", region="NY", **{"from": "1/1/2026"}, percent="8.875")
    expect(page.locator("#say .toast")).to_contain_text("BOOKS United States NY from Thu 1 Jan")
    for number, name, price in (
        ("B1", "First book", "19.95"),
        ("B2", "Second book", "19.95"),
        ("B3", "Third book", "24"),
    ):
        who.adds("Products", number=number, name=name, tax_group="BOOKS", **{"prices-0-price": price})
    who.click("Products", "/setup/products$", "nav.tabs")
    expect(page.locator("#list tbody tr")).to_have_count(3)
    who.look("products")


def makes_the_program(who: Manager, axe: Callable[[Page], None]) -> None:
    """Three books, released under the number of a product that sells them."""
    page = who.page
    who.to("/programs$", "g", "p")
    who.to("/programs/new$", "n")
    page.keyboard.type("BOM")
    who.types(name="Book of the month", product="CLUB")
    who.to("/programs/BOM/edit$", "Control+Enter")
    who.look("editor-empty")
    who.press("i")
    for place, number in enumerate(("b1", "b2", "b3"), 1):
        expect(page.locator("#insert-item")).to_be_focused()
        page.locator("#insert-item").press_sequentially(number)
        expect(page.locator("#insert-hits [role=option]")).to_have_count(1)
        who.press("Enter")
        expect(page.locator("#events > tbody[data-row]")).to_have_count(place)
    expect(page.locator("#program-notes")).to_contain_text("Nothing says when events 2, 3 come")
    who.cell("E2-when", "30")
    who.cell("E3-when", "first of the month")
    expect(page.locator("#program-notes")).to_be_empty()
    page.locator("#e-E3-b").click()
    expect(page.locator("#e-E3-mode")).to_have_value("POST")  # the one way of delivery that there is
    who.cell("E3-schedule", "3X")
    expect(page.locator("#pv-sum")).to_contain_text("$78.75")
    axe(page)
    who.look("editor")
    page.locator("h1").click()
    who.press("Control+Enter")
    expect(page.locator("#panel-do")).to_be_visible()
    who.look("release")
    who.to("/programs/BOM$", "Enter")
    expect(page.locator("main")).to_contain_text("CLUB Book of the month")
    who.look("released")


def sells_it(who: Manager) -> None:
    """A new customer calls."""
    page = who.page
    who.click("Perennial", "/setup/begin$", "nav.rail")
    expect(page.locator(".begin .st.done")).to_have_count(3)
    who.look("what-comes-next-now")
    who.click("New customer", "/customers/new$")
    page.keyboard.type("Ada Bianchi")
    who.types(street="12 Hill Road", postcode="12207", city="Albany", region="NY")
    page.locator("#f-token").select_option("tok_visa")
    who.look("customer")
    who.to("/customers/C-1/order$", "Control+Enter")
    page.keyboard.type("club")
    expect(page.locator("#product-hits [role=option]")).to_have_count(1)
    who.press("Enter")
    expect(page.locator("#agreed")).to_be_focused()
    expect(page.locator("#aloud")).to_contain_text("3 shipments of Book of the month, the first on Tuesday 10 March")
    who.look("continuity")
    who.press("Space")
    who.to("/orders/SO-000001/summary", "Control+Enter")
    expect(page.locator("#submit")).to_be_focused()
    who.look("summary")
    who.to("/orders/SO-000001/answer$", "Control+Enter")
    expect(page.locator("main")).to_contain_text("Next: Book of the month ships on Tue 10 Mar, $26.67")
    who.look("submitted")


def runs_the_night(who: Manager) -> None:
    """Dry first, then really."""
    page = who.page
    who.to("/jobs/requests/", "y")
    expect(page.locator("#b-really")).to_be_visible()
    expect(page.locator("main")).to_contain_text("1 created")
    who.look("dry")
    who.press("Control+Enter")
    expect(page.locator("#b-really")).to_have_count(0)
    expect(page.locator("h1 .st")).to_have_text("Done")


def first_night(who: Manager) -> None:
    """What the night would do, then the night; and every night from now on by itself."""
    page = who.page
    who.click("Perennial", "/today$", "nav.rail")
    expect(page.locator("main")).to_contain_text("No night is planned")
    expect(page.locator("#h-waits")).to_have_count(0)
    who.look("today-before")
    who.click("Jobs", "/jobs$")
    runs_the_night(who)
    expect(page.locator("main")).to_contain_text("authorised $26.67")
    who.look("night")
    who.to("/jobs$", "g", "j")
    page.get_by_role("button", name="Let it run by itself").click()
    expect(page.locator("main")).to_contain_text("02:00")
    who.look("planned")
    who.to("/orders$", "g", "o")
    who.click("SO-000001", "/orders/SO-000001$")
    expect(page.locator("#shipments")).to_contain_text("-1-001")
    who.look("first-child")


def changes_the_program(who: Manager, axe: Callable[[Page], None]) -> None:
    """The second book comes sooner, the third costs more; what that means for Ada is counted, then it is done."""
    page = who.page
    who.to("/programs$", "g", "p")
    who.click("BOM", "/programs/BOM$")
    who.to("/programs/BOM/edit$", "e")
    who.cell("E2-when", "6")
    who.cell("E3-price_0", "26")
    expect(page.locator("#program-head")).to_contain_text("2 differences")
    axe(page)
    who.look("draft")
    page.locator("h1").click()
    who.to("/programs/BOM/change$", "Control+Enter")
    who.press("Control+Enter")
    expect(page.locator("h1")).to_contain_text("Version 2 would change 1 of 1 open order")
    axe(page)
    who.look("counted")
    page.locator("#f-letters").focus()
    who.press("Space", "Control+Enter")
    expect(page.locator("h1")).to_have_text("Version 2 is applied")
    who.look("applied")
    who.to("/orders$", "g", "o")
    who.click("SO-000001", "/orders/SO-000001$")
    rows = page.locator("#shipments tbody[data-row]")
    expect(rows.nth(1)).to_contain_text("Mon 16 Mar")
    expect(rows.nth(2)).to_contain_text("Wed 1 Apr")
    expect(rows.nth(2)).to_contain_text("$33.26")  # 26.00 and 4.95 delivery, 2.31 tax
    expect(page.locator("#side")).to_contain_text("BOM version 2")
    who.look("order-follows")


def next_night(who: Manager, axe: Callable[[Page], None]) -> None:
    """The second book goes out as the program says now; every page tells the same."""
    page = who.page
    who.to("/jobs$", "g", "j")
    expect(page.locator("header.top .date")).to_contain_text("Wed 11 Mar")
    runs_the_night(who)
    expect(page.locator("main")).to_contain_text("1 created")
    who.to("/today$", "g", "d")
    expect(page.locator("h1")).to_contain_text("The last night went well; 1 thing waits for a person")
    expect(page.locator("#waits")).to_contain_text("Late")  # nobody has sent the first parcel
    expect(page.locator(".eq")).to_contain_text("1 made")
    axe(page)
    who.look("today")
    who.to("/orders$", "g", "o")
    who.click("SO-000001", "/orders/SO-000001$")
    expect(page.locator("#shipments")).to_contain_text("-1-002")
    who.look("second-child")
    who.to("/pictures/", "g", "f")
    expect(page.locator("main")).to_contain_text("Second book")
    axe(page)
    who.look("demand")
