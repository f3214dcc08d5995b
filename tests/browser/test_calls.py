"""The calls that a clerk takes all day, by keyboard alone, in a real browser; their keys are counted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from perennial.customers.models import StoredCard
from perennial.desk.read.orders import order
from perennial.orders.models import SalesOrder
from tests.worlds import nightingale
from tests.worlds.served import Site

pytest_plugins = ["tests.worlds.served"]


class Keys:
    """A keyboard that counts; a chord counts one."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.count += 1

    def type(self, words: str) -> None:
        for letter in words:
            self.page.keyboard.press(letter if letter != " " else "Space")
            self.count += 1


def focus(page: Page) -> str:
    """The id of the element that has focus."""
    return str(page.locator(":focus").get_attribute("id"))


def said(page: Page, words: str) -> None:
    """This is said, politely."""
    expect(page.locator("#say")).to_contain_text(words)


def test_who_is_calling_and_where_is_my_record(site: Site, axe: Callable[[Page], None]) -> None:
    """F2, a few letters, Enter: the next shipment is open, with why and until when."""
    page = site.sign_in(to="/search")
    keys = Keys(page)
    keys.press("F2")
    keys.type("fallon d08")
    expect(page.locator("#hits [role=option]")).to_have_count(3)
    axe(page)
    keys.type(" nora")
    expect(page.locator("#hits [role=option]")).to_have_count(1)
    keys.press("Enter")
    expect(page.locator("h1")).to_contain_text("Nora Fallon")
    assert focus(page) == "s-SO-000731-1-4-b"
    expect(page.locator("#s-SO-000731-1-4-why")).to_be_visible()
    axe(page)


def test_skip_next_month(site: Site) -> None:
    """Row, ``s``: done and said; ``u`` takes it back."""
    page = site.sign_in(to="/customers/C-2041")
    keys = Keys(page)
    keys.press("ArrowDown", "s")
    said(page, "ROM 5 skipped: €33.50 less.")
    assert keys.count == 2
    assert focus(page) == "s-SO-000731-1-5-b"
    keys.press("u")
    said(page, "Change undone")
    assert {
        line.status for line in order("SO-000731", on=nightingale.ON).continuity[0].lines if line.shipment == 5
    } == {"scheduled"}


COVERED = """() => {
  const foot = document.querySelector('#say .toast').getBoundingClientRect().top;
  const at = document.activeElement;
  return [at, at.closest('[data-panel]')].filter((one) => one && one.getBoundingClientRect().bottom > foot).map((one) => one.id);
}"""


AT_THE_FOOT = """(above) => {
  const at = document.activeElement, main = document.querySelector('main');
  main.style.paddingTop = '0';
  main.style.paddingTop = `${Math.max(0, innerHeight - above - at.getBoundingClientRect().bottom)}px`;
  scrollBy(0, at.getBoundingClientRect().bottom - innerHeight + above);
}"""
"""More stands above, so that what has the focus is so far above the foot of the window."""


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (1024, 700)])
@pytest.mark.parametrize("language", ["en", "it"])
def test_what_is_said_covers_nothing_that_has_the_focus(site: Site, language: str, width: int, height: int) -> None:
    site.page.set_viewport_size({"width": width, "height": height})
    page = site.sign_in(to="/customers/C-2041", language=language)
    leads = page.locator("#shipments .lead")
    page.keyboard.press("End")
    expect(leads.last).to_be_focused()
    page.keyboard.press("Enter")
    page.evaluate(AT_THE_FOOT, 4)
    page.keyboard.press("s")
    expect(page.locator("#undo")).to_be_visible()
    assert page.evaluate(COVERED) == []
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.evaluate(AT_THE_FOOT, 220)
    page.keyboard.press("d")
    expect(page.locator("#f-to")).to_be_focused()
    assert page.evaluate(COVERED) == []
    page.keyboard.press("Escape")
    for _ in range(leads.count() - 1):
        page.keyboard.press("ArrowDown")
        assert page.evaluate(COVERED) == []


def test_the_last_change_of_an_order_is_taken_back_on_its_page(site: Site) -> None:
    """``u`` on the order's page takes back what was done before, and not only while its toast stands."""
    page = site.sign_in(to="/orders/SO-000731")
    expect(page.locator("#b-undo")).to_contain_text("skip of shipment 6")
    Keys(page).press("u")
    said(page, "Change undone: skip")
    expect(page.locator("#b-undo")).to_have_count(0)
    (one,) = order("SO-000731", on=nightingale.ON).continuity
    assert {line.status for line in one.lines if line.shipment == 6} == {"scheduled"}


def test_a_week_later(site: Site, axe: Callable[[Page], None]) -> None:
    """Row, ``d``, ``+7``, Enter."""
    page = site.sign_in(to="/customers/C-2041")
    keys = Keys(page)
    keys.press("ArrowDown", "d")
    expect(page.locator("#f-to")).to_be_focused()
    keys.type("+7")
    expect(page.locator("#f-to-got")).to_have_text("Wed 22 Apr")
    axe(page)
    keys.press("Enter")
    said(page, "ROM 5 ships on Wed 22 Apr.")
    assert keys.count == 5


def test_what_is_refused_stands_under_the_field_and_what_was_typed_stays(
    site: Site, axe: Callable[[Page], None]
) -> None:
    page = site.sign_in(to="/customers/C-2041")
    keys = Keys(page)
    keys.press("ArrowDown", "d")
    expect(page.locator("#f-to")).to_be_focused()
    keys.type("8/3")
    keys.press("Enter")
    expect(page.locator("#f-to-err")).to_contain_text("Sun 8 Mar is past: the earliest date is Tue 10 Mar")
    expect(page.locator("#f-to")).to_have_value("8/3")
    expect(page.locator("#f-to")).to_be_focused()
    axe(page)
    keys.press("Escape", "Escape")  # the first one asks: something was typed
    expect(page.locator("#f-to")).to_have_count(0)
    assert focus(page) == "s-SO-000731-1-5-date"


def test_i_want_to_stop(site: Site, axe: Callable[[Page], None]) -> None:
    """``t``, the letter of a reason, Enter; what it means is said first."""
    page = site.sign_in(to="/customers/C-2041")
    keys = Keys(page)
    keys.press("t")
    expect(page.locator(".pane")).to_contain_text("will not go out")
    axe(page)
    keys.press("c", "Enter")
    said(page, "Record of the month, 12 records has ended")
    assert keys.count == 3
    assert order("SO-000731", on=nightingale.ON).continuity[0].last_shipment == 3


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_the_page(site: Site, axe: Callable[[Page], None], language: str, theme: str) -> None:
    page = site.sign_in(to="/customers/C-2041", language=language, theme=theme)
    for width in (1280, 1024, 320):
        page.set_viewport_size({"width": width, "height": 900})
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_two_browsers_in_one_order(site: Site) -> None:
    """The same shipment asks, another one merges; nothing that was typed is lost."""
    page = site.sign_in(to="/customers/C-2041")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("d")
    expect(page.locator("#f-to")).to_be_focused()
    from perennial.desk import actions

    actions.move(
        number="SO-000731",
        shipment=5,
        line=1,
        to=nightingale.ON.replace(month=4, day=21),
        on=nightingale.ON,
        by="marco",
    )
    page.keyboard.type("18/4")
    page.keyboard.press("Enter")
    expect(page.locator("[role=alert] >> text=by marco")).to_be_visible()
    page.get_by_role("button", name="Keep mine").click()
    said(page, "ROM 5 ships on Mon 20 Apr")


def test_no_answer_and_again(site: Site, faults: object) -> None:
    """The line is lost in mid-action: said, nothing lost; again does it once."""
    faults.allow("Failed to load resource|htmx:sendError|net::")  # type: ignore[attr-defined]
    page = site.sign_in(to="/customers/C-2041")
    page.route("**/skip", lambda route: route.abort())
    page.keyboard.press("ArrowDown")
    page.keyboard.press("s")
    expect(page.locator("#alert")).to_contain_text("Not saved")
    page.unroute("**/skip")
    page.locator("#alert [data-again]").click()
    said(page, "ROM 5 skipped")
    assert len([e for e in order("SO-000731", on=nightingale.ON).history if e.kind == "skipped"]) == 2  # 6 was before


@pytest.mark.parametrize("address", ["/search", "/customers/C-2041", "/orders/SO-000731", "/exceptions", "/me"])
def test_tab_goes_through_the_page_and_out_of_it(site: Site, address: str) -> None:
    """No trap, every stop is seen and has a ring."""
    page = site.sign_in("manager", to=address)
    for _ in range(150):  # to the end first: Tab goes on from where the page has put the focus
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
    seen: list[str] = []
    for _ in range(150):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
                const at = document.activeElement;
                if (at === document.body) return null;
                const box = at.getBoundingClientRect(), style = getComputedStyle(at);
                const ring = style.outlineStyle !== "none" || style.boxShadow !== "none";
                return [at.outerHTML.slice(0, 120), box.width > 0 && box.height > 0, ring];
            }"""
        )
        if found is None:
            break
        words, shown, ring = found
        assert shown, words
        assert ring, words
        seen.append(words)
    else:
        raise AssertionError(f"no way out: {seen[-3:]}")
    assert len(seen) > 5


def test_a_known_caller_is_sold_a_program_in_23_keys(site: Site, axe: Callable[[Page], None]) -> None:
    page = site.sign_in(to="/search")
    keys = Keys(page)
    keys.press("F2")
    keys.type("siobhan fal")
    expect(page.locator("#hits [role=option]")).to_have_count(1)
    keys.press("Enter")
    expect(page.locator("h1")).to_contain_text("Siobhán")
    keys.press("n")
    expect(page.locator("#product")).to_be_focused()
    keys.type("r-106")
    expect(page.locator("#product-hits [role=option]")).to_have_count(1)
    keys.press("Enter")
    expect(page.locator("#agreed")).to_be_focused()  # this program asks nothing: Enter has taken its defaults
    axe(page)
    keys.press("Space", "Control+Enter")
    expect(page.locator("#submit")).to_be_visible()
    axe(page)
    keys.press("Control+Enter")
    expect(page.locator("#bank")).to_be_visible()
    axe(page)
    assert keys.count <= 23
    mine = SalesOrder.objects.filter(customer__account="C-1190", parent=None).latest("pk")
    assert mine.status == "open"


def test_a_caller_without_a_card_gives_one_while_the_order_is_entered(site: Site) -> None:
    from perennial.desk.customers.customer import add_customer

    add_customer(account="C-NEW", name="Newcomer", on=nightingale.ON, by="marco")
    page = site.sign_in(to="/customers/C-NEW/order")
    page.keyboard.type("r-106")
    expect(page.locator("#product-hits [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    page.locator("#b-card").click()
    expect(page.locator("#head-panel form")).to_be_visible()
    page.locator("#panel-do").click()
    expect(page.locator("#head-panel form")).to_have_count(0)
    assert StoredCard.objects.filter(customer__account="C-NEW").count() == 1


def test_one_esc_drops_a_what_if(site: Site) -> None:
    page = site.sign_in(to="/customers/C-2041/order")
    page.keyboard.type("r-106")
    expect(page.locator("#product-hits [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#agreed")).to_be_focused()
    page.keyboard.press("w")
    expect(page.locator("#w-start")).to_be_focused()
    page.keyboard.type("20/3")
    expect(page.locator("#understood")).to_contain_text("20 Mar")
    page.keyboard.press("Escape")
    expect(page.locator("#what-if-form")).to_have_count(0)
    expect(page.locator("#complete")).not_to_have_attribute("aria-disabled", "true")


def test_a_panel_is_opened_by_its_address(site: Site) -> None:
    page = site.sign_in(to="/orders/SO-000731/note")
    expect(page.locator("#panel textarea")).to_be_focused()
    assert page.url.endswith("/orders/SO-000731")
