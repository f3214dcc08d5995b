"""The call "my card changed": from the link to the paid shipment, in two browsers at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from perennial.catalog.models import Company
from perennial.customers.models import Customer
from perennial.desk.cards.link import link_for_message
from perennial.notices.sending import send_due
from perennial.payments import gateways
from perennial.payments.models import Attempt, CardLink, Payment
from tests.browser.conftest import Faults
from tests.worlds import nightingale
from tests.worlds.card_pages import Paying
from tests.worlds.served import Site

pytest_plugins = ["tests.worlds.served"]
DECLAN = "C-0877"


@pytest.fixture
def paying(site: Site, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Paying:
    """The gateway of the club, which has a page for cards; messages are on, and files."""
    found = Paying(tmp_path / "paying", find_delay=0)
    found.open_pages()
    monkeypatch.setitem(gateways._loaded, "paying", found)
    settings.PERENNIAL_GATEWAY = "paying"
    settings.PERENNIAL_HOME = tmp_path
    settings.PERENNIAL_URL = site.address
    Customer.objects.filter(account__in=[DECLAN, "C-3052"]).update(email="declan@example.com")
    Company.objects.update(notices_on=True, from_email="records@nightingale.example", phone="020 915 0100")
    return found


@pytest.fixture
def telephone(browser: Browser, faults: Faults) -> Iterator[BrowserContext]:
    """The customer's browser: small, and without scripts."""
    faults.allow("pay.example.com")
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    yield context
    context.close()


def hosted(context: BrowserContext, paying: Paying) -> None:
    """The gateway's page in a browser: its button stores the card and leads back."""

    def answer(route: Route) -> None:
        reference = route.request.url.rsplit("/", 1)[-1].partition("?")[0]
        done = next(asked.done_url for asked in paying.asked if paying.by_key[asked.key].reference == reference)
        if route.request.url.endswith("?pay"):
            paying.store(reference)
            route.fulfill(status=303, headers={"Location": done})
        else:
            route.fulfill(content_type="text/html", body=f'<a id="pay" href="/{reference}?pay">Save card</a>')

    context.route("https://pay.example.com/**", answer)


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
    paying: Paying,
    telephone: BrowserContext,
    axe: Callable[[Page], None],
    screenshot: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    desk = site.sign_in(to=f"/customers/{DECLAN}")
    desk.keyboard.press("c")
    expect(desk.locator("#panel")).to_contain_text("SO-000645")
    expect(desk.locator("#panel")).to_contain_text("at once")
    axe(desk)
    screenshot("card-panel")
    desk.keyboard.press("Enter")
    expect(desk.locator("#say")).to_contain_text("Link sent to d…@example.com")
    expect(desk.locator("#card-link")).to_contain_text("being sent")
    url = mailed(tmp_path)
    expect(desk.locator("#card-link")).to_contain_text("sent ", timeout=10_000)

    hosted(telephone, paying)
    page = telephone.new_page()
    page.goto(url)
    page.screenshot(path=screenshot("card-sent").with_name("my-card.png"), full_page=True)
    expect(page.locator("main")).to_contain_text("Visa ending 4242")
    page.get_by_role("button").click()
    page.wait_for_url("https://pay.example.com/**")
    expect(desk.locator("#card-link")).to_contain_text("opened ", timeout=10_000)
    page.locator("#pay").click()
    expect(page.locator("main")).to_contain_text("Visa ending 4343 is stored")
    page.screenshot(path=screenshot("card-opened").with_name("my-card-done.png"), full_page=True)
    expect(desk.locator("#card-link")).to_contain_text("Visa 4343; SO-000645-1-003 reserved €28.50", timeout=10_000)
    axe(desk)
    screenshot("card-stored")
    asked = Attempt.objects.filter(card__token="tok_new")
    assert [(one.kind, one.outcome) for one in asked] == [("authorise", "approved")]
    assert not Payment.objects.filter(customer__account=DECLAN, status__in=["declined", "failed"]).exists()


def test_a_caller_who_dictates(site: Site, paying: Paying, faults: Faults, screenshot: Callable[[str], Path]) -> None:
    """The clerk opens the gateway's page in a window of its own; what the caller agrees to is read to them."""
    faults.allow("pay.example.com")
    desk = site.sign_in(to="/orders/SO-000645", language="it")
    hosted(desk.context, paying)
    desk.keyboard.press("c")
    expect(desk.locator("#panel")).to_contain_text("subito")
    screenshot("card-panel-it")
    with desk.expect_popup() as opened:
        desk.click("#b-card-here")
    window = opened.value
    expect(window.locator("main")).to_contain_text("SO-000645")
    window.screenshot(path=screenshot("card-order-it").with_name("desk-card.png"), full_page=True)
    window.locator("main button").click()
    window.wait_for_url("https://pay.example.com/**")
    window.locator("#pay").click()
    expect(window.locator("main")).to_contain_text("4343")
    expect(desk.locator("#card-link")).to_contain_text("Visa 4343", timeout=10_000)
    screenshot("card-stored-it")
    row = CardLink.objects.get()
    assert (row.channel, row.by, row.order and row.order.number) == ("desk", "clerk", "SO-000645")


def test_the_link_in_italian(
    site: Site, paying: Paying, telephone: BrowserContext, screenshot: Callable[[str], Path]
) -> None:
    desk = site.sign_in(to="/customers/C-3052")
    desk.keyboard.press("c")
    desk.click("#b-show-link")
    url = desk.locator("#f-link").input_value()
    screenshot("card-shown")
    page = telephone.new_page()
    page.goto(url)
    expect(page.locator("main")).to_contain_text("Acconsento")
    page.screenshot(path=screenshot("card-shown-2").with_name("my-card-it.png"), full_page=True)
    page.goto(url[:-3])
    page.screenshot(path=screenshot("card-shown-3").with_name("my-card-unknown.png"), full_page=True)
    expect(page.locator("main")).to_contain_text("does not work")
