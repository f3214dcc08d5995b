"""Moving in by a spreadsheet, in a real browser and by keyboard. The test does what a worker does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from perennial.customers.models import Customer
from perennial.moving import performing
from perennial.moving.models import Transfer
from tests.worlds.served import Site

pytest_plugins = ["tests.worlds.served"]


def work() -> None:
    """What a worker does with the newest file."""
    performing.perform(Transfer.objects.latest("pk").pk)


def test_a_sheet_is_corrected_and_comes_in(
    site: Site, axe: Callable[[Page], None], tmp_path: Path, settings: Any
) -> None:
    settings.PERENNIAL_HOME = tmp_path
    sheet = tmp_path / "soci.csv"
    sheet.write_text("Codice;Nome;Nazione\nM-1;Lia Neri;Italia\nM-2;Ugo Riva;IT\n")
    page = site.sign_in("manager", to="/setup/parameters", language="it")
    page.get_by_role("link", name="Importazione").click()
    axe(page)
    page.get_by_label("Clienti (CSV)").check()
    page.set_input_files("#f-file", sheet)
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/setup/moving-in/\d+$"))
    expect(page.locator("#f-account")).to_have_value("Codice")
    expect(page.locator("#f-country")).to_have_value("Nazione")
    expect(page.locator("#first-rows tbody tr")).to_have_count(2)
    axe(page)
    page.locator("#f-account").select_option("")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#e-account")).to_be_visible()
    axe(page)
    page.locator("#f-account").select_option("Codice")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_contain_text("processo di lavoro")
    axe(page)
    work()
    expect(page.locator("#faults tbody tr")).to_have_count(1)  # the page looks by itself
    expect(page.locator("#faults tbody tr")).to_contain_text("Italia")
    expect(page.locator("#faults tbody th")).to_have_text("2")
    axe(page)
    sheet.write_text("Codice;Nome;Nazione\nM-1;Lia Neri;IT\nM-2;Ugo Riva;IT\n")
    page.get_by_role("link", name="Tutti i file").click()
    page.get_by_label("Clienti (CSV)").check()
    page.set_input_files("#f-file", sheet)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#b-mapping")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_be_visible()
    work()
    expect(page.locator("#b-in")).to_be_visible()
    assert not Customer.objects.filter(account="M-1").exists()
    axe(page)
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_be_visible()
    work()
    expect(page.locator("h1")).to_contain_text("Importato")
    assert Customer.objects.filter(account__in=("M-1", "M-2")).count() == 2
    axe(page)
