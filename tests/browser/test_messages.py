"""Messages in a real browser: a kept mail in its frame, sent again by keys, and a text that is seen while it is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from perennial.catalog.models import Company
from perennial.desk.notices.queue import confirm
from perennial.desk.read.messages import messages
from perennial.notices.actions import set_kind
from perennial.notices.sending import send_due
from perennial.orders.models import SalesOrder
from tests.worlds import nightingale
from tests.worlds.served import Site

pytest_plugins = ["tests.worlds.served"]


@pytest.fixture
def notice(site: Site, tmp_path: Path, settings: Any) -> int:
    """The confirmation of Nora's order, as it was sent to her."""
    settings.PERENNIAL_HOME = tmp_path
    Company.objects.update(notices_on=True, from_email="records@nightingale.example", phone="020 915 0100")
    set_kind(kind="order_confirmed", is_on=True, on=nightingale.ON, by="x")
    confirm(SalesOrder.objects.get(number="SO-000731"), on=nightingale.ON)
    assert send_due(on=nightingale.ON).sent == 1
    return messages().rows[0].id


def again(notice: int) -> int:
    """So often it was sent again."""
    return [one.resends for one in messages().rows].count(notice)


def test_a_kept_mail_is_read_and_sent_again(site: Site, notice: int) -> None:
    page = site.sign_in(to="/customers/C-2041")
    page.keyboard.press("m")
    expect(page.locator(f"#which-{notice}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#say")).to_contain_text("Queued again: order confirmed.")
    expect(page.locator("#b-messages")).to_be_focused()
    assert again(notice) == 1
    page.locator(f"#m-{notice}-lead").click()
    page.locator(f"#m-{notice}-view").click()
    expect(page.locator("h1")).to_contain_text("SO-000731")
    mail = page.frame_locator("#mail")
    expect(mail.locator("h1")).to_be_visible()
    expect(mail.locator("body")).to_contain_text("Dear Nora Fallon")
    assert mail.locator("h1").evaluate("one => getComputedStyle(one).fontSize") == "22px"  # its own styles hold
    page.keyboard.press("m")
    expect(page.locator("#say")).to_contain_text("Queued again")
    expect(page.locator("#resent-as")).to_be_visible()
    assert again(notice) == 2


def test_a_message_that_came_back_keeps_its_place(site: Site, notice: int) -> None:
    page = site.sign_in(to="/customers/C-2041")
    page.locator("#fold-messages > summary").click()
    page.locator(f"#m-{notice}-lead").click()
    page.locator(f"#m-{notice}-bounced").click()
    expect(page.locator("#say")).to_contain_text("Noted: the message came back.")
    expect(page.locator(f"#m-{notice} .st")).to_have_text("Bounced")
    expect(page.locator(f"#m-{notice}-again")).to_be_visible()  # the fold and the row are still open


def test_a_text_is_seen_while_it_is_written(site: Site, notice: int) -> None:
    page = site.sign_in("manager", to="/setup/messages/order_confirmed/en")
    page.fill("#f-number", "SO-000731")
    page.fill("#f-body", "# Thank you, {customer}\n\nOrder {order}.")
    mail = page.frame_locator("#preview-mail")
    expect(mail.locator("h1")).to_have_text("Thank you, Nora Fallon")
    page.fill("#f-body", "# Thank you, {customer}\n\nOrder {ordr}.")
    expect(page.locator("#preview .err")).to_contain_text("did you mean 'order'?")
    page.focus("#f-body")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#f-body-err")).to_be_visible()
    expect(page.locator("#f-body")).to_be_focused()
    page.fill("#f-body", "# Thanks, {customer}\n\nOrder {order}.")
    expect(mail.locator("h1")).to_have_text("Thanks, Nora Fallon")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#say")).to_contain_text("order confirmed: said in these words from now on.")
    page.locator("#b-supplied").click()
    expect(page.locator("#say")).to_contain_text("that come with Perennial again")
    expect(page.locator("#b-supplied")).to_have_count(0)
    expect(mail.locator("body")).not_to_contain_text("Thanks, Nora")


@pytest.mark.parametrize(
    ("language", "theme"), [("en", "light"), pytest.param("it", "dark", marks=pytest.mark.patient)]
)
def test_everybody_can_use_the_pages(
    site: Site, notice: int, axe: Callable[[Page], None], language: str, theme: str
) -> None:
    page = site.sign_in("manager", language=language, theme=theme)
    for path in (f"/messages/{notice}", "/messages", "/setup/messages", "/setup/messages/order_confirmed/en"):
        site.open(path)
        for lead in page.locator(".lead").all()[:1]:
            lead.click()
        for width in (1280, 1024, 320):
            page.set_viewport_size({"width": width, "height": 900})
            axe(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
