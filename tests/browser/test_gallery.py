"""Every page of the desk in its states: anybody can use it, in both languages and themes; and a picture of each.

``./run screenshots`` keeps the pictures, at three widths.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from perennial.payments.models import Dispute, Payment
from perennial.pictures.figures import work_out
from tests.worlds import nightingale
from tests.worlds.served import Site

pytest_plugins = ["tests.worlds.served"]

GALLERY = bool(os.environ.get("SCREENSHOTS"))
WIDTHS = (1280, 1024, 320) if GALLERY else (1280, 320)
LOOKS = [("en", "light"), ("it", "dark")]
BEYOND = """() => [...document.querySelectorAll(".two > .body")].flatMap(body => [...body.querySelectorAll("table, form, dl")]
  .filter(one => one.getBoundingClientRect().right > body.getBoundingClientRect().right + 9).map(one => one.id || one.className))"""
"""What of the wide column is wider; rows reach half a rem beyond it."""
WIDTH_OF = {"light": 1280, "dark": 320}
"""What takes longest is looked at once in each theme; all of it where pictures are kept."""
if GALLERY:
    LOOKS += [("en", "dark"), ("it", "light")]
PARTS = [
    pytest.param(part, *look, marks=[pytest.mark.patient] if (part + place) % 2 else [])
    for part in range(4)
    for place, look in enumerate(LOOKS)
]
"""A quarter of the states in one look; in its other look it is for the patient."""


def panel(button: str, row: int = 1) -> Callable[[Page], None]:
    """A form is opened by its key, in the second row."""

    def press(page: Page) -> None:
        for _ in range(row):
            page.keyboard.press("ArrowDown")
        page.keyboard.press(button)
        expect(page.locator("form.pane")).to_be_visible()

    return press


def refused(page: Page) -> None:
    """A day that is past was asked for."""
    panel("d")(page)
    page.keyboard.type("1/3")
    page.keyboard.press("Enter")
    expect(page.locator(".err").first).to_be_visible()


def done(page: Page) -> None:
    """A shipment was skipped, and that is said."""
    page.keyboard.press("ArrowDown")
    page.keyboard.press("s")
    expect(page.locator("#say .toast")).to_be_visible()


def long_words(page: Page) -> None:
    """A row is open, and its states are as long as words of a language may be."""
    page.keyboard.press("Enter")
    page.evaluate("document.querySelectorAll('#shipments .st').forEach(one => one.append(', non ancora fissata'))")


def keys(page: Page) -> None:
    """The keys of the page."""
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def hits(page: Page) -> None:
    """Hits while typing."""
    page.keyboard.press("F2")
    page.keyboard.type("fal")
    expect(page.locator("#hits [role=option]").first).to_be_visible()


def program(page: Page) -> None:
    """A program is being sold: the Continuity page."""
    page.keyboard.type("R-106")  # the focus is there
    expect(page.locator("#product-hits [role=option]").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#aloud blockquote")).to_be_visible()


def person(page: Page) -> None:
    """Somebody is being added."""
    page.locator("#add-person").click()
    expect(page.locator("#p-new form")).to_be_visible()


def swap(page: Page) -> None:
    """Another product is asked for in many orders."""
    page.locator("#f-way-swap").check()
    expect(page.locator("#f-item")).to_be_visible()


def figures(page: Page) -> None:
    """The figures of the pictures are worked out."""
    work_out(nightingale.ON)
    page.reload()
    expect(page.locator("#b-figures")).to_be_visible()


def nothing(page: Page) -> None:
    """The page as it opens."""


STATES: dict[str, tuple[str, str, Callable[[Page], None]]] = {
    "search": ("clerk", "/search", nothing),
    "search-hits": ("clerk", "/search", hits),
    "search-list": ("clerk", "/search?q=fallon", nothing),
    "search-nobody": ("clerk", "/search?q=zzzzz", nothing),
    "customer": ("clerk", "/customers/C-2041", nothing),
    "customer-long-words": ("clerk", "/customers/C-2041", long_words),
    "customer-done": ("clerk", "/customers/C-2041", done),
    "customer-date": ("clerk", "/customers/C-2041", panel("d")),
    "customer-refused": ("clerk", "/customers/C-2041", refused),
    "customer-product": ("clerk", "/customers/C-2041", panel("p")),
    "customer-address": ("clerk", "/customers/C-2041", panel("a")),
    "customer-stop": ("clerk", "/customers/C-2041", panel("t")),
    "customer-hold": ("clerk", "/customers/C-2041", panel("h", 0)),
    "customer-card": ("clerk", "/customers/C-2041", panel("c", 0)),
    "customer-keys": ("clerk", "/customers/C-2041", keys),
    "customer-declined": ("clerk", "/customers/C-0877", nothing),
    "customer-upfront": ("clerk", "/customers/C-1190", nothing),
    "customer-acceptance": ("clerk", "/customers/C-3052", nothing),
    "customer-empty": ("clerk", "/customers/C-1733", nothing),
    "customer-unknown": ("clerk", "/customers/C-9999", nothing),
    "customer-finance": ("finance", "/customers/C-2041", nothing),
    "new-customer": ("clerk", "/customers/new", nothing),
    "new-order": ("clerk", "/customers/C-2041/order", nothing),
    "continuity": ("clerk", "/customers/C-2041/order", program),
    "order": ("manager", "/orders/SO-000731", nothing),
    "order-cancel": ("manager", "/orders/SO-000731", panel("x", 0)),
    "order-upfront": ("manager", "/orders/SO-000688", nothing),
    "order-declined": ("manager", "/orders/SO-000645", nothing),
    "child": ("manager", "/orders/SO-000645-1-003", nothing),
    "orders": ("clerk", "/orders", nothing),
    "todo": ("manager", "/exceptions", nothing),
    "todo-declined": ("manager", "/exceptions/declined", nothing),
    "todo-expiring": ("clerk", "/exceptions/expiring", nothing),
    "todo-awaiting": ("clerk", "/exceptions/awaiting", nothing),
    "todo-empty": ("clerk", "/exceptions/parked", nothing),
    "today": ("manager", "/today", nothing),
    "parameters": ("manager", "/setup/parameters", nothing),
    "company": ("administrator", "/setup/company", nothing),
    "delivery-mode": ("manager", "/setup/delivery-modes/POST", nothing),
    "interval-new": ("manager", "/setup/new/date-intervals", nothing),
    "product": ("manager", "/setup/products/R-04", nothing),
    "hold-code-new": ("manager", "/setup/new/hold-codes", nothing),
    "tariffs": ("manager", "/setup/tariffs", nothing),
    "jobs": ("manager", "/jobs", nothing),
    "programs": ("planner", "/programs", nothing),
    "program": ("planner", "/programs/ROM", nothing),
    "program-new": ("manager", "/programs/new", nothing),
    "job": ("manager", "/jobs/create-child-orders", nothing),
    "updates": ("manager", "/updates", swap),
    "set-up": ("manager", "/setup", nothing),
    "begin": ("manager", "/setup/begin", nothing),
    "moving-in": ("manager", "/setup/moving-in", nothing),
    "products-file": ("manager", "/setup/products-file", nothing),
    "pictures-none": ("planner", "/pictures/demand", nothing),
    "pictures-demand": ("planner", "/pictures/demand", figures),
    "pictures-money": ("planner", "/pictures/money", figures),
    "pictures-retention": ("planner", "/pictures/retention", figures),
    "pictures-nights": ("planner", "/pictures/nights", nothing),
    "program-edit": ("manager", "/programs/ROM/edit", nothing),
    "not-allowed": ("planner", "/search", nothing),
    "me": ("clerk", "/me", nothing),
    "security": ("clerk", "/me/security", nothing),
    "message-texts": ("manager", "/setup/messages", nothing),
    "message-text": ("manager", "/setup/messages/shipped/it", nothing),
    "outbox": ("clerk", "/messages", nothing),
    "people": ("administrator", "/setup/people", nothing),
    "person-new": ("administrator", "/setup/people", person),
}


@pytest.fixture
def look(
    page: Page, axe: Callable[[Page], None], screenshot: Callable[[str], Path], language: str, theme: str
) -> Callable[[str], None]:
    """``look(name)``: the page as it stands, at each width: nothing is cut off or lies over something else, anybody can use it."""

    def at_all_widths(name: str) -> None:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} scrolls at {width}"
            assert page.evaluate(BEYOND) == [], f"{name} reaches into the other column at {width}"
            page.evaluate("scrollTo(0, 0)")
            if GALLERY or width == WIDTH_OF[theme]:
                try:
                    axe(page)
                except AssertionError as fault:
                    raise AssertionError(f"{name} at {width}: {fault}") from None
            if GALLERY:
                screenshot(f"{name}-{width}-{language}-{theme}")

    return at_all_widths


@pytest.mark.parametrize(
    ("language", "theme"), [LOOKS[0], *(pytest.param(*look, marks=pytest.mark.patient) for look in LOOKS[1:])]
)
def test_the_panels_of_money_and_parcels(site: Site, look: Callable[[str], None], language: str, theme: str) -> None:
    """One page, and one panel after the other on it."""
    paid = Payment.objects.get(continuity_order__order__number="SO-000688", purpose="order")
    for status in ("capturing", "captured"):
        Payment.objects.filter(pk=paid.pk).update(status=status, captured_minor=paid.amount_minor)
    page = site.sign_in("finance", to="/orders/SO-000688", language=language, theme=theme)

    def panel_of(button: str, name: str) -> None:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.click(f"#{button}")
        expect(page.locator("#panel .pane")).to_be_visible()
        look(name)
        page.keyboard.press("Escape")

    panel_of("p1-refund", "payment-refund")
    panel_of("p1-dispute", "payment-dispute")
    panel_of("p1-why", "payment-why")
    Dispute.objects.create(
        payment=paid, amount_minor=paid.amount_minor, currency="EUR", reason="duplicate", status="open",
        opened_on=nightingale.ON, answer_by=nightingale.ON + timedelta(21),
    )  # fmt: skip
    page.reload()
    panel_of("p1-dispute", "payment-disputed")
    site.open("/exceptions/dispute")
    look("todo-disputed")
    site.open("/money/differences")
    look("money-differences")
    site.page.context.clear_cookies()
    site.sign_in("manager", to="/orders/SO-000645-1-003", language=language, theme=theme)
    page.click("#b-ship")
    page.click("#panel summary")
    look("child-ship-short")


@pytest.mark.parametrize(("part", "language", "theme"), PARTS)
def test_everybody_can_use_every_page(
    site: Site, look: Callable[[str], None], faults: object, part: int, language: str, theme: str
) -> None:
    """One sign-in a role; what a state does to the club is seen by the states behind it."""
    faults.allow("status of (403|404)")  # type: ignore[attr-defined]  # two of the states are just that
    roles: dict[str, list[str]] = {}
    for name in list(STATES)[part::4]:
        roles.setdefault(STATES[name][0], []).append(name)
    for role, names in roles.items():
        site.page.context.clear_cookies()
        page = site.sign_in(role, to="/me", language=language, theme=theme)
        for name in names:
            _, address, act = STATES[name]
            page.set_viewport_size({"width": 1280, "height": 900})
            site.open(address)
            act(page)
            look(name)
            # a page of fields, each with its hint, weighs more than one of words
            assert len(page.content().encode()) < (100_000 if name == "program-edit" else 80_000), name


def test_the_door(site: Site, axe: Callable[[Page], None], screenshot: Callable[[str], Path]) -> None:
    for language in ("en", "it"):
        page = site.open(f"/sign-in?language={language}")
        axe(page)
        screenshot(f"sign-in-{language}")
        page.fill("[name=login]", "clerk")
        page.fill("[name=password]", "wrong")
        page.keyboard.press("Enter")
        expect(page.locator("[role=alert].note, .note[role=alert]").first).to_be_visible()
        axe(page)
