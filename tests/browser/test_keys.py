"""The desk's script on a page of its components: keys, rows, panels, answers, lists, and what happens when no answer comes."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Faults
from tests.browser.site import ASSETS, Answer, Request, Site, date_form, row, swapped

#: Keys that belong to the browser, the system or a screen reader (desk.md, keys and focus).
FORBIDDEN = re.compile(
    r"Alt\b|AltGraph|CapsLock|Insert|F(3|5|6|7|10|11|12)$|(Control|Meta)\+(Shift\+)?[NTWLRP0-9]$|^\d{2}", re.I
)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture
def desk(page: Page, site: Site) -> Page:
    page.goto(site.url)
    expect(page.locator("#s-4-lead")).to_be_focused()  # the first row
    return page


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.tagName"))


def open_with_the_clock_stopped(page: Page, site: Site) -> None:
    noon = datetime(2026, 3, 10, 12)
    page.clock.install(time=noon)
    page.goto(site.url)
    page.clock.pause_at(noon + timedelta(minutes=1))


def held(until: threading.Event) -> Callable[[Request], Answer]:
    """Answers when it may."""

    def answer(request: Request) -> Answer:
        until.wait()
        return Answer()

    return answer


def said(page: Page) -> str:
    return page.locator("#say").inner_text()


# -- keys


def test_a_key_of_these_tests_waits_until_the_page_listens(page: Page, site: Site) -> None:
    script, kind = ASSETS["/static/web/desk.js"]

    def late(request: Request) -> Answer:
        time.sleep(0.3)
        return Answer(script.read_text(), headers={"Content-Type": kind})

    site.html = site.html.replace("/static/web/desk.js", "/late.js")
    site.on("GET /late.js", late)
    page.goto(site.url, wait_until="commit")
    page.keyboard.press("F2")
    expect(page.locator("#q")).to_be_focused()


def test_letters_work_outside_fields_and_can_be_switched_off(desk: Page, site: Site) -> None:
    site.on(
        "GET /note", Answer('<form class="pane"><label>Note <textarea name="note" id="note"></textarea></label></form>')
    )
    desk.locator("#start").click()
    desk.keyboard.type("k?")
    expect(desk.locator("#start")).to_have_value("10/3k?")
    assert not site.times("GET /note")
    expect(desk.locator("#keys")).to_be_hidden()
    desk.keyboard.press("Escape")
    desk.keyboard.press("Alt+k")
    desk.keyboard.press("Shift+K")
    assert not site.times("GET /note")
    desk.evaluate("document.documentElement.dataset.keys = 'off'")
    desk.keyboard.press("k")
    desk.keyboard.press("F1")  # a function key works all the same
    expect(desk.locator("#keys")).to_be_visible()
    desk.keyboard.press("Escape")
    assert not site.times("GET /note")
    desk.evaluate("document.documentElement.dataset.keys = 'on'")
    desk.keyboard.press("k")
    expect(desk.locator("#note")).to_be_focused()


def test_one_letter_after_g_goes_to_a_page(desk: Page) -> None:
    desk.keyboard.press("g")
    desk.keyboard.press("o")
    expect(desk).to_have_url(re.compile("/orders$"))


def test_the_search_box_takes_the_focus_from_everywhere(desk: Page) -> None:
    for key in ("F2", "/"):
        desk.locator("#s-5-lead").focus()
        desk.keyboard.press(key)
        expect(desk.locator("#q")).to_be_focused()
        expect(desk.locator("#q")).to_have_value("")
        desk.keyboard.press("Escape")
        assert focused(desk) == "main"
    desk.locator("#start").click()
    desk.keyboard.press("F2")
    expect(desk.locator("#q")).to_be_focused()


def test_a_letter_is_of_the_row_in_hand_even_when_it_is_closed(desk: Page, site: Site) -> None:
    site.on("POST /skip/5", Answer(swapped(row(5, state="Skipped"))))
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("s")
    expect(desk.locator("#s-5")).to_contain_text("Skipped")
    assert focused(desk) == "s-5-lead"
    expect(desk.locator("#s-5-more")).to_be_visible()  # the swapped row is open as it was
    desk.locator("#hold").focus()  # no row has the focus: the open one counts
    with desk.expect_response("**/skip/5"):
        desk.keyboard.press("s")
    assert len(site.times("POST /skip/5")) == 2


def test_what_is_off_does_nothing_and_says_why(desk: Page, site: Site) -> None:
    desk.keyboard.press("c")
    expect(desk.locator("#say")).to_contain_text("The gateway is not set up.")
    desk.evaluate("document.querySelector('#say').replaceChildren()")
    desk.locator("#card-b").click(force=True)
    expect(desk.locator("#say")).to_contain_text("The gateway is not set up.")


def test_saved_is_said_after_it_is_true(desk: Page, site: Site) -> None:
    desk.locator("#start").fill("11/3")
    desk.keyboard.press("Control+s")
    expect(desk.locator("#say")).to_contain_text("All saved, 10:42")
    assert [request.values for request in site.times("POST /draft")] == [
        {"start": "11/3", "how": "as each ships", "price": "1.234"}
    ]
    assert focused(desk) == "start"


def test_the_primary_button_is_pressed_after_the_field_is_saved(desk: Page, site: Site) -> None:
    go = threading.Event()
    site.on("POST /draft", held(go))
    desk.locator("#start").fill("11/3")
    with desk.expect_request("**/draft"):
        desk.keyboard.press("Control+Enter")
    assert not site.times("GET /orders/new")
    go.set()
    expect(desk).to_have_url(re.compile("/orders/new$"))


def test_in_a_panel_control_enter_is_the_panels(desk: Page, site: Site) -> None:
    site.on("GET /date/4", Answer(date_form(4)))
    site.on("POST /date/4", Answer(swapped(row(4, product="Lanterns, later"))))
    desk.keyboard.press("d")
    expect(desk.locator("#date")).to_be_focused()
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#s-4")).to_contain_text("Lanterns, later")
    assert not site.times("GET /orders/new")


def test_the_overlay_has_every_key_once_and_none_that_is_not_ours(desk: Page, site: Site) -> None:
    keys = desk.evaluate(
        "[...document.querySelectorAll('[aria-keyshortcuts]')].flatMap(e => e.getAttribute('aria-keyshortcuts').split(' '))"
    )
    assert [key for key in keys if FORBIDDEN.search(key)] == []
    desk.keyboard.press("?")
    groups = {
        name: desk.locator(f"#keys [data-group={name}] li").all_inner_texts() for name in ("row", "page", "everywhere")
    }
    shown = {name: [" ".join(text.split()) for text in lines] for name, lines in groups.items()}
    assert shown["row"] == ["why Enter", "skip, restore s", "date d"]
    assert shown["page"] == ["Note k", "New card c", "New order n", "Hold h", "Add a product i"]
    assert shown["everywhere"] == [
        "go to a page or an action Ctrl K",
        "Customers g s",
        "Orders g o",
        "To do g e",
        "Keys ?",
        "Find a customer or an order F2",
    ]
    with desk.expect_response("**/letters"):
        desk.locator("#letters").uncheck()
    expect(desk.locator("html")).to_have_attribute("data-keys", "off")
    desk.keyboard.press("Escape")
    expect(desk.locator("#keys")).to_be_hidden()
    assert focused(desk) == "s-4-lead"
    assert [request.values["letters"] for request in site.times("POST /letters")] == ["off"]


def test_keys_of_the_browser_stay_the_browsers(desk: Page) -> None:
    desk.evaluate(
        "addEventListener('keydown', e => { (window.taken ??= {})[e.key] = e.defaultPrevented; e.preventDefault() })"
    )
    for key in (
        "F3",
        "F5",
        "F6",
        "F7",
        "Control+n",
        "Control+t",
        "Control+w",
        "Control+l",
        "Control+r",
        "Control+p",
        "Alt+s",
    ):
        desk.keyboard.press(key)
    assert not any(desk.evaluate("Object.values(taken)"))


def test_the_palette_finds_pages_actions_and_numbers(desk: Page) -> None:
    desk.keyboard.press("Control+k")
    expect(desk.locator("#places [role=option]").first).to_be_visible()
    desk.keyboard.type("me and")
    expect(desk.locator("#places [role=option]")).to_have_text(["Me and my keys"])
    desk.keyboard.press("Escape")
    expect(desk.locator("#palette")).to_be_hidden()
    assert focused(desk) == "s-4-lead"
    desk.keyboard.press("Control+k")
    desk.keyboard.type("SO-000731")
    expect(desk.locator("#places [role=option]").first).to_have_text("Search for SO-000731")
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile(r"/search\?q=SO-000731$"))


def test_the_palette_does_an_action_of_the_row(desk: Page, site: Site) -> None:
    site.on("GET /date/4", Answer(date_form(4)))
    desk.keyboard.press("Control+k")
    desk.keyboard.type("date")
    desk.keyboard.press("Enter")
    expect(desk.locator("#date")).to_be_focused()


# -- rows


def test_arrows_go_from_row_to_row_and_tab_comes_to_one(desk: Page) -> None:
    for key, row_id in (
        ("ArrowDown", "s-5"),
        ("End", "s-6"),
        ("ArrowDown", "s-6"),
        ("ArrowUp", "s-5"),
        ("Home", "s-4"),
    ):
        desk.keyboard.press(key)
        assert focused(desk) == f"{row_id}-lead"
    reached = desk.locator("table[data-rows] .lead[tabindex='0']")
    expect(reached).to_have_count(1)
    expect(reached).to_have_attribute("id", "s-4-lead")


def test_one_row_is_open_and_the_address_keeps_it(desk: Page, site: Site) -> None:
    desk.keyboard.press("Enter")
    expect(desk.locator("#s-4-lead")).to_have_attribute("aria-expanded", "true")
    expect(desk.locator("#s-4 tr").first).to_have_class(re.compile("open"))
    desk.locator("#s-6-lead").click()
    expect(desk.locator("tr.more:visible")).to_have_attribute("id", "s-6-more")
    expect(desk).to_have_url(re.compile(r"\?row=s-6$"))
    desk.reload()
    expect(desk.locator("tr.more:visible")).to_have_attribute("id", "s-6-more")
    desk.locator("#s-6-lead").click()
    expect(desk.locator("tr.more:visible")).to_have_count(0)
    expect(desk).to_have_url(site.url + "/")


def test_a_row_that_goes_gives_the_focus_to_the_next(desk: Page, site: Site) -> None:
    site.on("POST /skip/5", Answer('<template><tbody id="s-5" hx-swap-oob="delete"></tbody></template>'))
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("s")
    expect(desk.locator("#s-5")).to_have_count(0)
    expect(desk.locator("#s-6-lead")).to_be_focused()


def test_the_answer_may_say_where_to_go_on(desk: Page, site: Site) -> None:
    site.on(
        "POST /skip/4",
        Answer(swapped(row(4)), headers={"HX-Trigger": '{"desk:open": "#s-6", "desk:focus": "#s-6-lead"}'}),
    )
    desk.keyboard.press("s")
    expect(desk.locator("#s-6-lead")).to_be_focused()
    expect(desk.locator("tr.more:visible")).to_have_attribute("id", "s-6-more")


# -- panels, and what is typed


def test_a_panel_opens_in_its_first_field_and_closes_to_where_it_was_opened(desk: Page, site: Site) -> None:
    site.on("GET /date/4", Answer(date_form(4)))
    for close in (lambda: desk.keyboard.press("Escape"), lambda: desk.locator("[data-close]:visible").click()):
        desk.keyboard.press("d")
        expect(desk.locator("#date")).to_be_focused()
        assert desk.evaluate("getSelection().toString()") == "+7"
        close()
        expect(desk.locator("#date")).to_have_count(0)
        expect(desk.locator("#s-4-date")).to_be_focused()
    desk.keyboard.press("Escape")
    assert focused(desk) == "s-4-lead"


def test_escape_does_not_throw_away_what_is_typed(desk: Page, site: Site) -> None:
    site.on("GET /date/4", Answer(date_form(4)))
    desk.keyboard.press("d")
    expect(desk.locator("#date")).to_be_focused()
    desk.keyboard.type("+14")
    desk.keyboard.press("Escape")
    expect(desk.locator("#date")).to_have_value("+14")
    expect(desk.locator("#s-4-panel [data-close]")).to_be_focused()
    desk.keyboard.press("Escape")  # the second time it is meant
    expect(desk.locator("#date")).to_have_count(0)


def test_a_refusal_stays_in_its_panel_and_an_answer_closes_it(desk: Page, site: Site) -> None:
    refused = Answer(date_form(4, "8/3", "8 Mar is past. Earliest: Wed 11 Mar."), status=422)
    moved = Answer(swapped(row(4, product="Lanterns, later")))
    site.on("GET /date/4", Answer(date_form(4)))
    site.on("POST /date/4", lambda request: refused if request.values["date"] == "8/3" else moved)
    desk.keyboard.press("d")
    expect(desk.locator("#date")).to_be_focused()
    desk.keyboard.type("8/3")
    desk.keyboard.press("Enter")
    expect(desk.locator("#date-e")).to_be_visible()
    expect(desk.locator("#date")).to_be_focused()
    desk.keyboard.type("+7")
    desk.keyboard.press("Enter")
    expect(desk.locator("#s-4")).to_contain_text("Lanterns, later")
    expect(desk.locator("#date")).to_have_count(0)
    expect(desk.locator("#s-4-date")).to_be_focused()
    expect(desk.locator("#s-4-more")).to_be_visible()


def test_a_panel_empties_when_the_answer_does_not_touch_it(desk: Page, site: Site) -> None:
    form = '<form class="pane" hx-post="/note" hx-swap="none"><label>Note <input name="note" id="note"></label><button class="btn">Keep</button></form>'
    site.on("GET /note", Answer(form))
    desk.keyboard.press("k")
    expect(desk.locator("#note")).to_be_focused()
    desk.keyboard.type("Neighbour takes parcels.")
    desk.keyboard.press("Enter")
    expect(desk.locator("#note")).to_have_count(0)
    expect(desk.locator("#note-b")).to_be_focused()


def test_a_section_with_typed_text_is_not_swapped(desk: Page, site: Site) -> None:
    section = '<section id="entry" hx-swap-oob="true">swapped</section>'
    site.on("POST /skip/4", Answer(swapped(row(4, state="Skipped")) + section))
    desk.locator("#price").fill("12")
    desk.locator("#s-4-lead").focus()
    desk.keyboard.press("s")
    expect(desk.locator("#s-4")).to_contain_text("Skipped")
    expect(desk.locator("#price")).to_have_value("12")
    expect(desk.locator("#entry")).to_have_attribute("data-stale", "")
    desk.locator("#price").fill("1.234")  # as it was
    desk.locator("#s-4-lead").focus()
    desk.keyboard.press("s")
    expect(desk.locator("#entry")).to_have_text("swapped")


def test_what_a_request_has_sent_is_no_longer_typed(desk: Page, site: Site) -> None:
    new = '<section id="entry" hx-swap-oob="true"><form data-entry><input id="start" name="start" value="Wed 11 Mar"></form></section>'
    site.on("POST /draft", Answer(new))
    desk.locator("#start").fill("11/3")
    desk.locator("#start").blur()
    expect(desk.locator("#start")).to_have_value("Wed 11 Mar")


def test_enter_in_order_entry_goes_from_field_to_field(desk: Page, site: Site) -> None:
    desk.locator("#start").fill("11/3")
    with desk.expect_response("**/draft"):
        for field in ("how", "price", "product"):
            desk.keyboard.press("Enter")
            expect(desk.locator(f"#{field}")).to_be_focused()
    assert [request.values["start"] for request in site.times("POST /draft")] == ["11/3"]


# -- no answer, a slow answer


def test_not_saved_is_said_and_sent_again_with_the_same_key(desk: Page, site: Site, faults: Faults) -> None:
    faults.allow("500|date/4")
    answers = iter([Answer(status=500), Answer(swapped(row(4, product="Lanterns, later")))])
    site.on("GET /date/4", Answer(date_form(4)))
    site.on("POST /date/4", lambda request: next(answers))
    desk.keyboard.press("d")
    expect(desk.locator("#date")).to_be_focused()
    desk.keyboard.type("+14")
    desk.keyboard.press("Enter")
    expect(desk.locator("#alert")).to_contain_text("Not saved.")
    expect(desk.locator("#date")).to_have_value("+14")
    desk.locator("#alert [data-again]").click()
    expect(desk.locator("#s-4")).to_contain_text("Lanterns, later")
    expect(desk.locator("#alert")).to_be_empty()
    one, other = site.times("POST /date/4")
    assert one.values == other.values == {"key": "request-1", "date": "+14"}


def test_what_goes_again_is_what_was_sent_and_later_typing_stays(desk: Page, site: Site, faults: Faults) -> None:
    faults.allow("500|date/4")
    answers = iter([Answer(status=500), Answer(swapped(row(4)))])
    site.on("GET /date/4", Answer(date_form(4)))
    site.on("POST /date/4", lambda request: next(answers))
    desk.keyboard.press("d")
    expect(desk.locator("#date")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("#alert")).to_contain_text("Not saved.")
    desk.locator("#date").fill("+21")
    with desk.expect_response("**/date/4"):
        desk.locator("#alert [data-again]").click()
    assert [request.values["date"] for request in site.times("POST /date/4")] == ["+7", "+7"]
    expect(desk.locator("#s-4")).to_have_attribute("data-stale", "")
    expect(desk.locator("#date")).to_have_value("+21")


@pytest.mark.parametrize("way", ["network", "time"])
def test_without_an_answer_the_fields_stay(page: Page, site: Site, faults: Faults, way: str) -> None:
    faults.allow("ERR_(EMPTY_RESPONSE|CONNECTION)|htmx:(sendError|timeout)|/hold")
    never = threading.Event()
    if way == "time":
        site.html = site.html.replace('"allowEval":false', '"timeout":200,"allowEval":false')
        site.on("POST /hold", held(never))
    else:
        site.on("POST /hold", Answer(lost=True))
    page.goto(site.url)
    page.keyboard.press("h")
    expect(page.locator("#alert")).to_contain_text("Not saved.")
    expect(page.locator("#hold")).not_to_have_attribute("aria-busy", "true")
    never.set()


def test_a_slow_answer_shows_a_bar_and_the_button_is_pressed_once(page: Page, site: Site) -> None:
    go = threading.Event()
    site.on("POST /hold", held(go))
    open_with_the_clock_stopped(page, site)
    page.keyboard.press("h")
    expect(page.locator("#hold")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#busy")).to_be_hidden()
    page.clock.run_for(400)
    expect(page.locator("#busy")).to_be_visible()
    page.clock.run_for(3000)
    expect(page.locator("#busy")).to_have_text("Still working")
    expect(page.locator("#say")).to_contain_text("Still working")
    page.locator("#hold").click(force=True)
    page.keyboard.press("h")
    go.set()
    expect(page.locator("#hold")).not_to_have_attribute("aria-disabled", "true")
    expect(page.locator("#busy")).to_be_hidden()
    assert len(site.times("POST /hold")) == 1


# -- the session


SIGN_IN = '<form hx-post="/sign-in-again" hx-target="#sign-in-again [data-body]"><label>Password <input type="password" name="password" id="password"></label><button class="btn primary">Sign in</button></form>'


def expired(site: Site, signed_in: Answer) -> list[Request]:
    """The session ends with the first request; what comes with the new token passes."""
    site.on("GET /date/4", Answer(date_form(4)))
    moved = Answer(swapped(row(4, product="Lanterns, later")))
    site.on(
        "POST /date/4", lambda request: moved if request.headers.get("X-CSRFToken") == "second" else Answer(status=401)
    )
    site.on("GET /sign-in-again", Answer(SIGN_IN))
    site.on("POST /sign-in-again", signed_in)
    return site.asked


def send_after_the_session_ended(desk: Page) -> None:
    desk.keyboard.press("d")
    expect(desk.locator("#date")).to_be_focused()
    desk.keyboard.type("+14")
    desk.keyboard.press("Enter")
    expect(desk.locator("#password")).to_be_focused()
    expect(desk.locator("#date")).to_have_value("+14")
    desk.keyboard.type("twelve characters")
    desk.keyboard.press("Enter")


@pytest.mark.parametrize("way", ["header", "fragment"])
def test_signing_in_lies_over_the_page_and_the_request_goes_again(
    desk: Page, site: Site, faults: Faults, way: str
) -> None:
    faults.allow("401")
    header = {"HX-Trigger": '{"desk:signed-in": {"token": "second", "account": 7}}'}
    fragment = '<meta name="csrf-token" content="second" data-account="7">'
    expired(site, Answer(headers=header) if way == "header" else Answer(fragment))
    send_after_the_session_ended(desk)
    expect(desk.locator("#s-4")).to_contain_text("Lanterns, later")
    expect(desk.locator("#sign-in-again")).to_be_hidden()
    expect(desk.locator("#password")).to_have_count(0)
    first, second = site.times("POST /date/4")
    assert first.values == second.values
    assert len(site.times("GET /")) == 1


def test_another_person_gets_a_fresh_page(desk: Page, site: Site, faults: Faults) -> None:
    faults.allow("401")
    expired(site, Answer(headers={"HX-Trigger": '{"desk:signed-in": {"token": "second", "account": 8}}'}))
    send_after_the_session_ended(desk)
    expect(desk.locator("#date")).to_have_count(0)
    expect(desk.locator("#s-4-lead")).to_be_focused()
    assert len(site.times("GET /")) == 2
    assert len(site.times("POST /date/4")) == 1


def test_the_session_ends_in_sight(page: Page, site: Site) -> None:
    site.on("GET /sign-in-again", Answer(SIGN_IN))
    open_with_the_clock_stopped(page, site)
    page.clock.run_for(1000 * (1800 - 60 - 118))
    expect(page.locator("#session-ends")).to_be_visible()
    expect(page.locator("[data-countdown]")).to_have_text(re.compile(r"^(2:00|1:5\d)$"))
    with page.expect_response("**/stay"):
        page.keyboard.press("x")
    expect(page.locator("#session-ends")).to_be_hidden()
    page.clock.run_for(1000 * 1801)
    expect(page.locator("#sign-in-again")).to_be_visible()
    expect(page.locator("#password")).to_be_visible()
    expect(page.locator("#session-ends")).to_be_hidden()


# -- lists to choose from


def hits(*names: str, exact: str = "") -> str:
    return "".join(
        f'<div role="option" data-href="/customers/{name}"{" data-exact" if name == exact else ""}><span><b>{name}</b></span></div>'
        for name in names
    )


def test_the_search_box_opens_what_is_chosen(desk: Page, site: Site) -> None:
    site.on("GET /hits", Answer(hits("C-1", "C-88")))
    desk.keyboard.press("F2")
    desk.keyboard.type("bianchi")
    expect(desk.locator("#q")).to_have_attribute("aria-expanded", "true")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowDown")
    expect(desk.locator("#q")).to_be_focused()
    expect(desk.locator("#hits [aria-selected=true]")).to_have_attribute(
        "id", desk.locator("#q").get_attribute("aria-activedescendant") or ""
    )
    desk.keyboard.press("Escape")
    expect(desk.locator("#hits")).to_be_hidden()
    expect(desk.locator("#q")).to_have_value("bianchi")
    expect(desk.locator("#q")).to_be_focused()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile("/customers/C-1$"))


def test_a_list_that_was_closed_stays_closed_though_an_answer_comes_late(desk: Page, site: Site) -> None:
    go = threading.Event()
    late = held(go)

    def answer(request: Request) -> Answer:
        if request.values["q"] != "b":
            late(request)
        return Answer(hits("C-1", "C-88") if request.values["q"] == "b" else hits("C-2", "C-17", "C-88"))

    site.on("GET /hits", answer)
    desk.keyboard.press("F2")
    desk.keyboard.type("b")
    expect(desk.locator("#hits [role=option]")).to_have_count(2)
    desk.keyboard.type("i")
    desk.wait_for_function("() => document.querySelector('#q').classList.contains('htmx-request')")
    desk.keyboard.press("Escape")
    go.set()
    expect(desk.locator("#hits [role=option]")).to_have_count(3)
    expect(desk.locator("#hits")).to_be_hidden()
    desk.keyboard.type("a")
    expect(desk.locator("#hits")).to_be_visible()


@pytest.mark.parametrize(("exact", "opened"), [("C-1", "/customers/C-1$"), ("", r"/search\?q=C-1$")])
def test_enter_opens_the_exact_one_or_searches(desk: Page, site: Site, exact: str, opened: str) -> None:
    site.on("GET /hits", Answer(hits("C-1", "C-17", exact=exact)))
    desk.keyboard.press("F2")
    desk.keyboard.insert_text("C-1")
    expect(desk.locator("#hits [role=option]")).to_have_count(2)
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile(opened))


def test_the_count_is_spoken_when_typing_rests(page: Page, site: Site) -> None:
    site.html = site.html.replace('id="hits" role="listbox"', 'id="hits" role="listbox" data-count="2 found"')
    site.on("GET /hits", Answer(hits("C-1", "C-88")))
    open_with_the_clock_stopped(page, site)
    page.keyboard.press("F2")
    page.keyboard.type("bianchi")
    expect(page.locator("#hits [role=option]")).to_have_count(2)
    assert said(page) == ""
    for _ in range(50):  # what is drawn may not have been noticed yet
        page.clock.run_for(800)
        if said(page):
            break
    expect(page.locator("#say")).to_contain_text("2 found")


def test_a_product_is_chosen_by_keys_or_by_mouse(desk: Page, site: Site) -> None:
    options = '<button type="submit" role="option" name="choice" value="16">Book of the month</button><button type="submit" role="option" name="choice" value="13">First book</button>'
    site.on("GET /products", Answer(options))
    for number, take in (
        (13, lambda: (desk.keyboard.press("ArrowUp"), desk.keyboard.press("Enter"))),
        (16, lambda: desk.locator("#products [value='16']").click()),
    ):
        desk.locator("#s-4-lead").focus()
        desk.keyboard.press("i")
        expect(desk.locator("#product")).to_be_focused()
        desk.keyboard.insert_text("book")
        expect(desk.locator("#products [role=option]:visible")).to_have_count(2)
        with desk.expect_response("**/lines"):
            take()
        assert site.times("POST /lines")[-1].values["choice"] == str(number)
        expect(desk.locator("#products")).to_be_hidden()


# -- looks


@pytest.mark.parametrize(
    ("name", "width", "theme"),
    [("wide", 1280, "light"), ("dark", 1280, "dark"), ("desk", 1024, "light"), ("narrow", 320, "light")],
)
def test_the_page_is_accessible_and_fits(
    page: Page,
    site: Site,
    axe: Callable[[Page], None],
    screenshot: Callable[[str], Path],
    name: str,
    width: int,
    theme: str,
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    site.html = site.html.replace('<html lang="en">', f'<html lang="en" data-theme="{theme}">')
    site.on("GET /date/4", Answer(date_form(4, "8/3", "8 Mar is past.")))
    page.goto(site.url)
    page.keyboard.press("d")
    expect(page.locator("#date")).to_be_focused()
    screenshot(name)
    page.evaluate("scrollTo(0, 0)")  # nothing lies under the bars
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("F1")
    axe(page)
