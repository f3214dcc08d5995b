"""Set-up in a real browser, by its keys: dates and parts while they are typed, a price and its undo, products by a file."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from perennial.catalog.models import Price, Product
from tests.worlds.served import Site

pytest_plugins = ["tests.worlds.served"]


def test_a_manager_sets_up_by_keys(site: Site, axe: Callable[[Page], None]) -> None:
    page = site.sign_in("manager", to="/today")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.locator("h1")).to_have_text("Set-up")

    site.open("/setup/date-intervals")
    page.keyboard.press("i")
    expect(page.locator("#f-code")).to_be_focused()
    page.keyboard.type("Q1")
    page.locator("#f-rule").focus()
    page.keyboard.type("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1")
    expect(page.locator("#live li")).to_have_text(
        ["Wed 1 Apr", "Wed 1 Jul", "Thu 1 Oct", "Fri 1 Jan 2027", "Thu 1 Apr 2027", "Thu 1 Jul 2027"]
    )
    page.locator("#f-anchor-is-order").check()
    expect(page.locator("#live")).to_contain_text("FREQ and INTERVAL alone")
    page.locator("#f-anchor-is-day").check()
    expect(page.locator("#live li")).to_have_count(6)
    axe(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#say .toast")).to_contain_text("Added: Q1")
    assert page.url.endswith("/setup/date-intervals/Q1")

    site.open("/setup/new/payment-schedules")
    page.keyboard.type("THIRDS")
    expect(page.locator("#f-every")).to_be_hidden()
    page.locator("#f-allocation").select_option("fixed_quantity")
    page.locator("#f-unit").select_option("month")
    page.locator("#f-number_of_payments").fill("3")
    expect(page.locator("#live tr")).to_have_count(3)
    expect(page.locator("#live")).to_contain_text("€33.34")
    expect(page.locator("#f-amount")).to_be_hidden()
    page.locator("#f-allocation").select_option("specified")
    expect(page.locator("#f-lines-0-percent")).to_be_visible()
    page.locator("#f-lines-0-percent").fill("60")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#f-lines-err")).to_contain_text("60")
    expect(page.locator("#f-lines-0-percent")).to_have_value("60")
    page.locator("#f-lines-0-percent").fill("many")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#f-lines-0-percent")).to_be_focused()  # what is at fault
    axe(page)

    site.open("/setup/products/R-04")
    page.locator("#f-prices-1-price").fill("26,00")
    page.locator("#f-prices-1-from").fill("1/6")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#say .toast")).to_contain_text("Changed: Prices")
    expect(page.locator("#changes li").first).to_contain_text("€24.00 → €24.00; €26.00 from Mon 1 Jun")
    assert Price.objects.filter(product__number="R-04").count() == 2
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    expect(page.locator("#say .toast")).to_contain_text("As before: Prices")
    assert Price.objects.filter(product__number="R-04").count() == 1


def test_products_come_out_of_a_file(site: Site, axe: Callable[[Page], None]) -> None:
    page = site.sign_in("manager", to="/setup/products-file", language="it")
    file = page.locator("#f-file")
    file.set_input_files({"name": "p.csv", "mimeType": "text/csv", "buffer": b"numero;prezzo\r\nR-04;tanto\r\n"})
    page.locator("#b-look").click()
    expect(page.locator("#faults tbody tr")).to_contain_text("prezzo")
    axe(page)
    file.set_input_files(
        {"name": "p.csv", "mimeType": "text/csv", "buffer": b"numero;prezzo\r\nR-04;25,50\r\nN-1;1\r\n"}
    )
    page.locator("#b-look").click()
    expect(page.locator("#b-take")).to_be_visible()
    assert not Product.objects.filter(number="N-1").exists()
    axe(page)
    page.locator("#b-take").press("Enter")
    expect(page.locator("#say .toast")).to_contain_text("1 prodotti nuovi, 1 modificato")
    assert Price.objects.get(product__number="R-04").price_minor == 2550
