"""The codes on the pages: the source that is asked at entry, reasons to choose from, kinds of holds, who may release."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from perennial.catalog.models import SourceCode
from perennial.customers.models import Customer
from perennial.desk import actions
from perennial.desk.read.orders import order
from perennial.orders.models import OrderEvent, SalesOrder
from tests.web.test_customer import HX
from tests.web.test_exports import taken
from tests.web.test_order import Desk, captured, child_of, fill, get, text_of
from tests.worlds import desk
from tests.worlds.bundle import put
from tests.worlds.codes import CODES


@pytest.fixture(autouse=True)
def _set_up(club: None) -> None:
    put(CODES)


def post(client: Client, page: str, address: str, **given: Any) -> str:
    answer = client.post(address, given, **{**HX, "HTTP_HX_CURRENT_URL": f"http://127.0.0.1{page}"})
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def test_entry_asks_where_the_order_comes_from_and_keeps_it_with_the_customer(at_desk: Desk) -> None:
    client = at_desk("clerk")
    html = get(client, "/customers/C-2/order")
    assert 'value="MAIL-3"' in html
    assert 'value="OLD"' not in html
    client.post("/customers/C-2/order", {"item": "S-CLUB", "source_code": "MAIL-3"})
    made = SalesOrder.objects.get(customer__account="C-2", parent=None)
    assert made.source_code == "MAIL-3"
    page = f"/orders/{made.number}/edit"
    assert 'value="MAIL-3" selected' in get(client, page)
    said = post(client, page, f"/orders/{made.number}/source", source_code="WEB")
    assert f"{made.number} comes from WEB" in text_of(said)
    assert SalesOrder.objects.get(pk=made.pk).source_code == "WEB"
    assert Customer.objects.get(account="C-2").source_code == "MAIL-3"
    assert "Spring letter" in text_of(get(client, "/customers/C-2"))


def test_without_a_list_nobody_is_asked(at_desk: Desk) -> None:
    SourceCode.objects.all().delete()
    assert 'name="source_code"' not in get(at_desk("clerk"), "/customers/C-2/order")


def test_the_source_of_an_order_is_corrected_on_its_page_by_who_may(at_desk: Desk) -> None:
    number = desk.order("CLUB", source_code="WEB")
    page = f"/orders/{number}"
    assert 'id="source"' not in get(at_desk("finance"), page)
    assert "The shop" in text_of(get(at_desk("finance"), page))
    client = at_desk("clerk")
    said = text_of(post(client, page, f"{page}/source", source_code=""))
    assert f"{number}: source not known" in said
    assert order(number, on=desk.ON).source_code is None
    post(client, page, f"{page}/undo")
    assert order(number, on=desk.ON).source_code == "WEB"


def test_orders_are_listed_and_taken_away_by_source(at_desk: Desk) -> None:
    mine, other = desk.order("CLUB", source_code="WEB"), desk.order("CLUB")
    client = at_desk("manager")
    html = get(client, "/orders?status=&source=WEB")
    assert mine in html
    assert other not in html
    assert [row["Source"] for row in taken(client, "/orders.csv?status=")] == ["", "WEB"]
    assert [row["Order"] for row in taken(client, "/orders.csv?status=&source=WEB")] == [mine]


def test_what_came_of_each_source_in_both_languages(at_desk: Desk) -> None:
    number = desk.order("CLUB", source_code="WEB")
    actions.cancel(number=number, reason_code="DEAR", **desk.ANNA)
    client = at_desk("manager")
    assert "1 Too dear" in text_of(get(client, "/reports/sources"))
    assert "1 Too dear" not in text_of(get(client, "/reports/sources?from=2026-03-11"))
    answer = client.get("/reports/sources?from=someday")
    assert answer.status_code == 422
    assert {row["Source"]: row["Orders"] for row in taken(client, "/reports/sources.csv")}["WEB"] == "1"


@pytest.mark.parametrize(
    ("language", "none", "taken_in", "currency", "source", "described"),
    [
        ("en", "No source", "Captured", "Currency", "Source", "Description"),
        ("it", "Senza provenienza", "Incassato", "Valuta", "Provenienza", "Descrizione"),
    ],
)
def test_orders_without_a_source_and_money_in_cells_of_its_own(
    at_desk: Desk, language: str, none: str, taken_in: str, currency: str, source: str, described: str
) -> None:
    number = desk.order("CLUB")
    captured(child_of(number))
    client = at_desk("manager", language=language)
    assert f"{none} 1 1 1 1" in text_of(get(client, "/reports/sources"))
    rows = taken(client, "/reports/sources.csv")
    assert (rows[-1][source], rows[-1][described]) == ("", none)
    assert (rows[-1][taken_in], rows[-1][currency]) == ("16.50", "USD")
    assert (rows[0][taken_in], rows[0][currency]) == ("", "")


def test_people_who_stop_choose_among_the_reasons_of_the_list(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    client, page = at_desk("clerk"), f"/orders/{number}"
    panel = get(client, f"{page}/1/stop", **HX)
    assert 'value="DEAR" id="f-why-a" aria-keyshortcuts="a"' in panel
    assert "too_dear" not in panel
    assert "GONE" not in panel
    fill(client, page, f"{page}/1/stop", reason_code="DEAR", reason="says so")
    assert OrderEvent.objects.filter(data__reason_code="DEAR").count() == 1
    assert "Too dear: says so" in text_of(get(client, page))


@pytest.mark.parametrize(("panel", "offered"), [("hold", "TRAVEL"), ("1/2/date", "TRAVEL"), ("1/2/price", "DEAR")])
def test_a_form_offers_the_reasons_of_its_action(at_desk: Desk, panel: str, offered: str) -> None:
    number = desk.order("CLUB")
    html = get(at_desk("manager"), f"/orders/{number}/{panel}", **HX)
    assert f'<option value="{offered}"' in html
    assert 'value="GONE"' not in html


def test_a_hold_says_what_its_kind_stops(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    client, page = at_desk("clerk"), f"/orders/{number}"
    panel = text_of(get(client, f"{page}/hold", **HX))
    assert "No new parcels: stops new child orders" in panel
    assert "Fraud suspected: stops shipping and charging" in panel
    fill(client, page, f"{page}/hold", code="NEW", reason="asked", reason_code="TRAVEL")
    assert "NEW: stops new child orders" in text_of(get(client, page))


def test_in_italian(at_desk: Desk) -> None:
    number = desk.order("CLUB", source_code="WEB")
    actions.hold(number=number, code="NEW", reason="asked", **desk.ANNA)
    client = at_desk("manager", language="it")
    assert "Resa delle provenienze" in text_of(get(client, "/reports/sources"))
    page = text_of(get(client, f"/orders/{number}"))
    assert "NEW (ferma: nuovi ordini figli)" in page
    assert "Provenienza" in page


def test_a_hold_of_other_roles_stays(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    actions.hold(number=number, code="FRAUD", reason="two names", **desk.ANNA)
    client, page = at_desk("clerk"), f"/orders/{number}"
    answer = client.get(f"{page}/release", **HX)
    assert answer.status_code == 422
    assert "is released only by: finance, sales manager" in text_of(answer.content.decode())
    refused = client.post(f"{page}/undo", {}, **HX)
    assert refused.status_code == 422
    actions.hold(number=number, code="NEW", reason="asked", **desk.ANNA)
    assert "Stays, because other roles release it: FRAUD." in text_of(get(client, f"{page}/release", **HX))
    fill(client, page, f"{page}/release")
    assert [hold.code for hold in order(number, on=desk.ON).holds if hold.open] == ["FRAUD"]
    fill(at_desk("manager"), page, f"{page}/release")
    assert order(number, on=desk.ON).held is False


def test_finance_releases_a_hold_that_is_for_finance(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    actions.hold(number=number, code="FRAUD", reason="two names", **desk.ANNA)
    page, client = f"/orders/{number}", at_desk("finance")
    assert 'id="b-release"' in get(client, page)
    assert 'id="b-hold"' not in get(client, page)
    assert f'id="b-release-{number}"' in get(client, "/customers/C-1")
    row = get(client, "/exceptions/held")
    assert re.findall(r'id="x-held-\d+-([a-z]+)" aria-keyshortcuts="1"', row) == ["release"]
    answer = fill(client, page, f"{page}/release")
    assert order(number, on=desk.ON).held is False
    assert 'id="b-release"' not in answer
    assert 'id="b-hold"' not in answer
    assert "/undo" not in answer  # finance may not take changes back


def test_finance_releases_no_other_hold(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    page, client = f"/orders/{number}", at_desk("finance")
    for placed in ({"code": "NEW"}, {}):
        actions.hold(number=number, reason="asked", **placed, **desk.ANNA)
        assert 'id="b-release"' not in get(client, page)
        assert f'id="b-release-{number}"' not in get(client, "/customers/C-1")
        assert not re.findall(r'id="x-held-\d+-release"', get(client, "/exceptions/held"))
        for answer in (client.get(f"{page}/release", **HX), client.post(f"{page}/release", {}, **HX)):
            assert answer.status_code == 422
            assert "is released only by: clerk, sales manager" in text_of(answer.content.decode())
        actions.release(number=number, **desk.ANNA)
    actions.hold(number=number, code="NEW", reason="asked", **desk.ANNA)
    actions.hold(number=number, code="FRAUD", reason="two names", **desk.ANNA)
    assert "Stays, because other roles release it: NEW." in text_of(get(client, f"{page}/release", **HX))
    fill(client, page, f"{page}/release")
    assert [hold.code for hold in order(number, on=desk.ON).holds if hold.open] == ["NEW"]


def test_finance_releases_a_held_child(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    child = child_of(number)
    actions.hold(number=child, code="FRAUD", reason="two names", **desk.ANNA)
    client = at_desk("finance")
    assert f'hx-get="/orders/{child}/release"' in get(client, f"/orders/{number}")
    assert 'id="b-release"' in get(client, f"/orders/{child}")
    fill(client, f"/orders/{child}", f"/orders/{child}/release")
    page = get(client, f"/orders/{child}")
    assert 'id="b-release"' not in page
    assert 'id="b-hold"' not in page
