"""The call "my card changed": from the link to the paid shipment, in two browsers at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from perennial.catalog.models import Company
from perennial.customers.models import Customer
from perennial.desk.cards.link import link_for_message
from perennial.notices.sending import send_due
from perennial.payment_server.start import Running, running
from perennial.payments import gateways
from perennial.payments.gateways.stripe import Simulator
from perennial.payments.models import Attempt, CardLink, Payment
from tests.worlds import nightingale
from tests.worlds.served import Site

pytest_plugins = ["tests.worlds.served"]
expect.set_options(timeout=30_000)
DECLAN = "C-0877"


@pytest.fixture
def server(site: Site, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """The payment server, by which the club is paid from now on; messages are on, and files."""
    with running(tmp_path / "payment-server") as found:
        monkeypatch.setitem(gateways._loaded, "simulator", Simulator(found.address))
        settings.PERENNIAL_GATEWAY = "simulator"
        settings.PERENNIAL_HOME = tmp_path
        settings.PERENNIAL_URL = site.address
        Customer.objects.filter(account=DECLAN).update(email="declan@example.com")
        Company.objects.update(notices_on=True, from_email="records@nightingale.example", phone="020 915 0100")
        yield found


@pytest.fixture
def telephone(browser: Browser) -> Iterator[BrowserContext]:
    """The customer's browser: small, and without scripts."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    yield context
    context.close()


def mailed(home: Path) -> str:
    """The link in the newest message."""
    send_due(on=nightingale.ON, links=link_for_message)
    newest = max((home / "mail").glob("*.eml"))
    mail = message_from_bytes(newest.read_bytes(), policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"https?://\S+/k/\S+", body.get_content())
    assert found is not None
    return found[0]


def test_my_card_changed(
    site: Site,
    server: Running,
    telephone: BrowserContext,
    axe: Callable[[Page], None],
    screenshot: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    desk = site.sign_in(to=f"/customers/{DECLAN}")
    desk.keyboard.press("c")
    expect(desk.locator("#panel")).to_contain_text("SO-000645")
    expect(desk.locator("#panel")).to_contain_text("at once")
    desk.keyboard.press("Enter")
    expect(desk.locator("#say")).to_contain_text("Link sent to d…@example.com")
    expect(desk.locator("#card-link")).to_contain_text("being sent")
    url = mailed(tmp_path)
    expect(desk.locator("#card-link")).to_contain_text("sent ")

    page = telephone.new_page()
    page.goto(url)
    page.screenshot(path=tmp_path / "my-card.png", full_page=True)
    expect(page.locator("main")).to_contain_text("Visa ending 4242")
    page.get_by_role("button").click()
    page.wait_for_url(f"{server.address}/**")
    expect(desk.locator("#card-link")).to_contain_text("opened ")
    page.locator("button.main").click()
    expect(page.locator("main")).to_contain_text("Visa ending 4242 is stored")
    page.screenshot(path=tmp_path / "my-card-done.png", full_page=True)
    expect(desk.locator("#card-link")).to_contain_text("Visa 4242; SO-000645-1-003 reserved €28.50")
    axe(desk)
    screenshot("card-stored")
    asked = Attempt.objects.filter(card=CardLink.objects.get().card)
    assert [(one.kind, one.outcome) for one in asked] == [("authorise", "approved")]
    assert [(one["kind"], one["amount"]) for one in server.book()] == [("authorise", 2850)]
    assert not Payment.objects.filter(customer__account=DECLAN, status__in=["declined", "failed"]).exists()


def test_a_caller_who_dictates(
    site: Site, server: Running, axe: Callable[[Page], None], screenshot: Callable[[str], Path]
) -> None:
    """The clerk opens the gateway's page in a window of its own; what the caller agrees to is read to them."""
    desk = site.sign_in(to="/orders/SO-000645", language="it", theme="dark")
    desk.keyboard.press("c")
    expect(desk.locator("#panel")).to_contain_text("subito")
    screenshot("card-panel-it")
    desk.set_viewport_size({"width": 320, "height": 900})
    assert desk.evaluate("document.documentElement.scrollWidth") <= 320
    axe(desk)
    screenshot("card-panel-it-320")
    desk.set_viewport_size({"width": 1280, "height": 900})
    with desk.expect_popup() as opened:
        desk.click("#b-card-here")
    window = opened.value
    expect(window.locator("main")).to_contain_text("SO-000645")
    window.screenshot(path=screenshot("card-order-it").with_name("desk-card.png"), full_page=True)
    axe(window)
    window.locator("main button").click()
    window.wait_for_url(f"{server.address}/**")
    window.locator("button.main").click()
    expect(window.locator("main")).to_contain_text("4242")
    expect(desk.locator("#card-link")).to_contain_text("Visa 4242")
    screenshot("card-stored-it")
    row = CardLink.objects.get()
    assert (row.channel, row.by, row.order and row.order.number) == ("desk", "clerk", "SO-000645")


def test_the_link_in_italian(
    site: Site,
    server: Running,
    telephone: BrowserContext,
    axe: Callable[[Page], None],
    screenshot: Callable[[str], Path],
) -> None:
    desk = site.sign_in(to="/customers/C-3052")
    desk.keyboard.press("c")
    desk.click("#b-show-link")
    url = desk.locator("#f-link").input_value()
    screenshot("card-shown")
    axe(desk)
    page = telephone.new_page()
    page.goto(url)
    expect(page.locator("main")).to_contain_text("Acconsento")
    page.screenshot(path=screenshot("card-shown-2").with_name("my-card-it.png"), full_page=True)
    page.goto(url[:-3])
    page.screenshot(path=screenshot("card-shown-3").with_name("my-card-unknown.png"), full_page=True)
    expect(page.locator("main")).to_contain_text("does not work")
