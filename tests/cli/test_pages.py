"""The text pages: what a clerk reads out on the telephone, with every word that it takes."""

from __future__ import annotations

import pytest

from perennial.cli import main
from perennial.desk.queries import order_document
from perennial.orders.models import SalesOrder
from tests.cli.makers import child, club, order

pytestmark = pytest.mark.django_db
Captured = pytest.CaptureFixture[str]


def page(capsys: Captured, words: str) -> list[str]:
    """The lines that a command prints, without the spaces of their columns."""
    assert main.main(words.split()) == 0
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_an_order_says_why_where_it_is_asked(capsys: Captured) -> None:
    club()
    number = order().number
    assert "why" not in page(capsys, f"show order {number}")
    lines = page(capsys, f"show order {number} --why")
    for line in order_document(number)["continuity"][0]["lines"]:
        assert f"shipment {line['shipment']}, {line['item_number']}" in lines
        for name, words in line["why"].items():
            assert f"{name.replace('_', ' ')} {words}" in lines


def test_a_preview_says_why_too(capsys: Captured) -> None:
    club()
    words = "preview --program BOM --order-date 2026-03-10"
    assert "why" not in page(capsys, words)
    assert "price 24.00 is the price of product 0015 on the order date 2026-03-10" in page(capsys, f"{words} --why")


def test_a_child_says_what_its_total_is_made_of(capsys: Captured) -> None:
    club()
    entered = order()
    child(entered, 1)
    SalesOrder.objects.filter(parent__isnull=False).update(tax_minor=177, total_minor=2667)
    lines = page(capsys, f"show order {entered.number}")
    assert "currency USD" in lines
    assert "number shipment ships on status products delivery tax total carrier tracking" in lines
    assert "SO-000001-1-001 1 2026-03-16 open 0013 4.95 1.77 26.67" in lines
