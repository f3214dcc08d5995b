"""Papers from the desk: a page to print and the same as a PDF, for those who may."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.test import Client
from pypdf import PdfReader

from tests.worlds import desk


@pytest.mark.parametrize("what", ["confirmation", "slip"])
def test_a_paper_is_a_page_and_a_pdf(at_desk: Callable[..., Client], what: str) -> None:
    number = desk.order(desk.line("CLUB"))
    desk.make_children(desk.ON)
    about = number if what == "confirmation" else f"{number}-1-001"
    client = at_desk("clerk")
    page = client.get(f"/orders/{about}/{what}")
    assert page.status_code == 200
    assert about in page.content.decode()
    found = client.get(f"/orders/{about}/{what}?pdf")
    assert found["Content-Type"] == "application/pdf"
    assert about in "".join(one.extract_text() for one in PdfReader(io.BytesIO(found.content)).pages)


def test_the_pick_list_is_for_those_who_ship(at_desk: Callable[..., Client]) -> None:
    desk.order(desk.line("CLUB"))
    desk.make_children(desk.ON)
    assert "B1" in at_desk("manager").get("/pick-list").content.decode()
    assert at_desk("clerk").get("/pick-list").status_code == 403


def test_the_pick_list_of_another_day_and_the_way_back(at_desk: Callable[..., Client]) -> None:
    desk.order(desk.line("CLUB"))
    desk.make_children(desk.day(10))
    client = at_desk("manager")
    assert "SO-000001-1-002" not in client.get("/pick-list").content.decode()
    later = client.get("/pick-list", {"day": "+10"}).content.decode()
    assert "SO-000001-1-002" in later
    assert f"?pdf&amp;day={desk.day(10).isoformat()}" in later
    assert 'href="/"' in later
    wrong = client.get("/pick-list", {"day": "someday"})
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.content.decode()
