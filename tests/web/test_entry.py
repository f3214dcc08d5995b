"""A new order on the desk: products, the Continuity page, what-if, two clerks, the summary; both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from perennial.customers.models import Address, Customer, StoredCard
from perennial.desk import actions
from perennial.desk.entry import PayEntry
from perennial.desk.read.orders import order
from perennial.orders.models import SalesOrder
from tests.worlds import desk
from tests.worlds.bundle import put
from tests.worlds.desk import ON, book, day

HX = {"HTTP_HX_REQUEST": "true"}
AtDesk = Callable[..., Client]


def post(client: Client, address: str, page: str, **fields: str) -> HttpResponse:
    """Send a form as htmx does from a page."""
    return client.post(  # type: ignore[return-value]
        address, fields, HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=f"http://127.0.0.1{page}"
    )


def text(response: HttpResponse) -> str:
    return response.content.decode()


def key_of(html: str, name: str) -> str:
    """The request key of a form that is drawn."""
    found = re.search(rf'name="key" value="([0-9a-f]+:{name})"', html)
    assert found is not None, name
    return found[1]


def seen_of(html: str) -> str:
    found = re.search(r'id="seen" name="seen" value="(\d*)"', html)
    assert found is not None
    return found[1]


def started(client: Client, item: str = "S-CLUB", account: str = "C-1") -> str:
    """An order is started by its first product; its number."""
    page = f"/customers/{account}/order"
    answer = post(client, page, page, words=item, key=f"{uuid4().hex}:add")
    assert answer.status_code == 200, text(answer)
    return re.search(r"/orders/([^/]+)/", answer["HX-Push-Url"])[1]  # type: ignore[index]


def continuity(number: str, line: int = 1) -> Any:
    return next(one for one in order(number, on=ON).continuity if one.line == line)


def days_of(number: str) -> list[date]:
    return [line.ship_on for line in continuity(number).lines]


def test_an_order_begins_without_a_draft(at_desk: AtDesk) -> None:
    html = text(at_desk("clerk").get("/customers/C-1/order"))
    assert "Add a product: number or name." in html
    assert 'id="complete" aria-keyshortcuts="Control+Enter" aria-disabled="true"' in html
    assert not SalesOrder.objects.exists()


def test_the_first_product_makes_the_draft_and_opens_its_page(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    answer = post(client, "/customers/C-1/order", "/customers/C-1/order", words="s-club", key="one:add")
    number = SalesOrder.objects.get().number
    assert answer["HX-Push-Url"] == f"/orders/{number}/lines/1/continuity"
    assert answer["HX-Trigger"] == '{"desk:focus": "#agreed"}'  # the program asks nothing
    html = text(answer)
    for section in ("seen", "head", "lines", "plan", "plan-rows", "aloud", "totals", "parts"):
        assert re.search(rf'id="{section}"[^>]*hx-swap-oob="true"', html), section
    assert continuity(number).card.token == "tok_two"  # the newest that can be charged
    again = post(client, "/customers/C-1/order", "/customers/C-1/order", words="s-club", key="one:add")
    assert again["HX-Push-Url"] == answer["HX-Push-Url"]
    assert len(order(number, on=ON).lines) == 1
    post(client, "/customers/C-1/order", answer["HX-Push-Url"], words="b1", key="one:add")  # somebody typed on
    assert SalesOrder.objects.count() == 1
    assert [line.product.number for line in order(number, on=ON).lines] == ["S-CLUB", "B1"]


def test_what_does_not_fit_stands_under_the_product(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    page = "/customers/C-1/order"
    for words, sentence in (
        ("", "type a product"),
        ("zzz", "no product that can be sold fits"),
        ("b", "several products fit"),
        ("unpriced", "LOCK"),
    ):
        answer = post(client, page, page, words=words, key=f"{words}:add")
        assert answer.status_code == 422, words
        assert 'aria-describedby="product-err"' in text(answer)
        assert sentence in text(answer)
    assert 'role="option"' in text(post(client, page, page, words="b", key="x:add"))
    assert not SalesOrder.objects.exists()


def test_without_a_card_nothing_is_started(at_desk: AtDesk) -> None:
    Customer.objects.create(account="C-9", name="New")
    answer = post(at_desk("clerk", language="it"), "/customers/C-9/order", "/customers/C-9/order", words="S-CLUB")
    assert answer.status_code == 422
    assert "nessuna carta" in text(answer)
    assert 'hx-get="/customers/C-9/card"' in text(answer)


def test_an_ordinary_line_is_proposed_the_delivery_that_is_usual_and_keeps_what_was_chosen(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    post(client, "/customers/C-1/order", "/customers/C-1/order", words="B1", key="1:add")
    (number,) = SalesOrder.objects.values_list("number", flat=True)
    page = f"/orders/{number}/edit"
    assert 'value="ANY" selected' in text(client.get(page))  # as most programs say
    post(client, f"/orders/{number}/lines/1/delivery", page, mode="STD", key="2:d1")
    post(client, f"/orders/{number}/lines", page, words="B2", key="3:add")
    assert text(client.get(page)).count('value="STD" selected') == 2
    post(client, f"/orders/{number}/lines/2/delivery", page, mode="", key="4:d2")
    post(client, f"/orders/{number}/lines", page, words="B3", key="5:add")
    assert text(client.get(page)).count('value="STD" selected') == 1
    put(
        {"delivery_modes": [{"code": "STD", "active": False}], "products": [{"number": "B4", "active": False}]},
        only_given=True,
    )
    assert text(client.get(page)).count('value="STD"') == 1  # where it stands
    assert "not in use any more" in text(post(client, f"/orders/{number}/lines", page, words="B4", key="6:add"))
    assert 'role="option"' not in text(client.get("/products/hits", {"words": "b4", "order": number}, **HX))


def test_products_are_found_by_number_and_by_words(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    html = text(client.get("/products/hits", {"words": "b1", "account": "C-1"}, **HX))
    assert html.count('role="option"') == 1
    assert "data-exact" in html
    assert "$10.00" in html
    assert text(client.get("/products/hits", {"words": "S-"}, **HX)).count('role="option"') == 5  # LOCK is not active
    assert "CLUB, first $10.00" in text(client.get("/products/hits", {"words": "S-CLUB"}, **HX))
    assert "No product fits" in text(client.get("/products/hits", {"words": "zzz"}, **HX))
    assert 'role="option"' not in text(client.get("/products/hits", {"words": " "}, **HX))


def test_the_start_date_moves_the_plan_and_what_has_changed_is_marked(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    number = started(client)
    before = days_of(number)
    page = f"/orders/{number}/lines/1/continuity"
    html = text(client.get(page))
    answer = post(client, page, page, start="+7", key=key_of(html, "cont"), seen=seen_of(html), next="1")
    assert days_of(number) == [day(7 + (one - ON).days) for one in before]
    assert text(answer).count('class="changed"') == 4
    assert "changed: 4 dates" in text(answer)
    assert answer["HX-Trigger"] == '{"desk:focus": "#agreed"}'
    post(client, page, page, start="10/3", key="back:cont")
    assert continuity(number).start_date is None
    events = len(order(number, on=ON).history)
    post(client, page, page, start="10/3", key="same:cont", next="1")
    assert len(order(number, on=ON).history) == events  # Enter on what stands changes nothing


def test_a_refusal_stands_under_its_field_with_what_was_typed(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    number = started(client)
    page = f"/orders/{number}/lines/1/continuity"
    for given, field in (({"start": "99/99"}, "start"), ({"pays": "check"}, "pays"), ({"schedule": "4X"}, "schedule")):
        answer = post(client, page, page, **given, key=f"{field}:cont")
        assert answer.status_code == 422, field
        assert f'aria-describedby="{field}-err"' in text(answer)
    assert "99/99" in text(post(client, page, page, start="99/99", key="typed:cont"))
    assert "pays only" in text(post(client, page, page, pays="check", key="check:cont"))


def test_card_address_and_quantity_of_a_line(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    number = started(client)
    page = f"/orders/{number}/lines/1/continuity"
    post(client, page, page, pays="card:tok_visa", ship_to="cabin", key="1:cont")
    assert continuity(number).card.token == "tok_visa"
    assert continuity(number).ship_to.code == "cabin"
    post(client, page, page, pays="on_account", ship_to="home", key="2:cont")
    assert (continuity(number).payment_method, continuity(number).ship_to.code) == ("on_account", "home")
    post(client, f"/orders/{number}/lines/1/quantity", page, quantity="3", key="3:q1")
    assert order(number, on=ON).lines[0].quantity == 3
    assert post(client, f"/orders/{number}/lines/1/quantity", page, quantity="0", key="4:q1").status_code == 422


def test_lines_are_added_delivered_and_removed(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    number = started(client)
    page = f"/orders/{number}/lines/1/continuity"
    answer = post(client, f"/orders/{number}/lines", page, words="B1", key="2:add")
    assert answer["HX-Trigger"] == '{"desk:focus": "#product"}'
    assert "HX-Push-Url" not in answer
    assert 'id="l-2"' in text(answer)
    assert 'id="cont"' in text(answer)  # the Continuity page stays open
    assert order(number, on=ON).delivery.minor == 500  # as its first shipment is delivered
    post(client, f"/orders/{number}/lines/2/delivery", page, mode="", key="3:d2")
    assert order(number, on=ON).delivery.minor == 0
    post(client, f"/orders/{number}/lines/1/remove", page, key="4:r1")
    left = order(number, on=ON)
    assert [line.product.number for line in left.lines] == ["B1"]
    assert [p.card.token for p in left.payments if p.card] == ["tok_two"]  # as the line did that is gone
    assert post(client, f"/orders/{number}/lines/1/remove", page, key="5:r1").status_code == 422


def test_what_if_changes_nothing(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    number = started(client)
    address = f"/orders/{number}/lines/1/what-if"
    assert 'id="w-start"' in text(client.get(address, HTTP_HX_REQUEST="true"))
    with desk.unchanged():
        html = text(client.get(address, {"start": "+7"}, HTTP_HX_REQUEST="true"))
    assert '<span class="was">Tue 10 Mar</span>' in html
    assert '<b class="changed">Tue 17 Mar</b>' in html
    assert "Say, if it is kept" in html
    assert 'id="agreed"' not in html
    assert 'id="complete" aria-keyshortcuts="Control+Enter" aria-disabled="true"' in html
    assert client.get(address, {"start": "x"}, HTTP_HX_REQUEST="true").status_code == 422


def test_lines_of_two_clerks_merge_and_the_same_line_asks(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    number = started(client)
    page = f"/orders/{number}/lines/1/continuity"
    html = text(client.get(page))
    actions.add_line(number=number, item="B1", on=ON, by="marco")
    answer = post(client, page, page, start="+7", key=key_of(html, "cont"), seen=seen_of(html))
    assert answer.status_code == 200
    assert [line.product.number for line in order(number, on=ON).lines] == ["S-CLUB", "B1"]
    html = text(client.get(page))
    actions.change_line(number=number, line=1, start_date=day(9), on=ON, by="marco")
    answer = post(client, page, page, start="+20", key=key_of(html, "cont"), seen=seen_of(html))
    assert answer.status_code == 409
    assert answer["HX-Retarget"] == "#head-panel"  # the form stays
    assert "marco" in text(answer)
    assert continuity(number).start_date == day(9)
    html = text(client.get(page))
    actions.remove_line(number=number, line=1, pay=(PayEntry("card", "tok_visa"),), on=ON, by="marco")
    assert post(client, page, page, start="+3", key="late:cont", seen=seen_of(html)).status_code == 409


def test_ones_own_quick_changes_are_no_conflict(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    number = started(client)
    page = f"/orders/{number}/lines/1/continuity"
    html = text(client.get(page))
    for start in ("+7", "+8"):  # the second is typed before the first one's answer was drawn
        answer = post(client, page, page, start=start, key=key_of(html, "cont"), seen=seen_of(html))
        assert answer.status_code == 200
    assert continuity(number).start_date == day(8)


def test_skipping_on_the_page_draws_it_anew(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    number = started(client)
    page = f"/orders/{number}/lines/1/continuity"
    answer = post(client, f"/orders/{number}/1/2/skip", page, key="s")
    assert "Skipped" in text(answer)
    assert "1 shipment is left out." in text(answer)
    assert 'id="undo"' in text(answer)


def test_the_summary_asks_for_agreement_first(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    number = started(client)
    page = f"/orders/{number}/lines/1/continuity"
    answer = client.get(
        f"/orders/{number}/summary", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=f"http://127.0.0.1{page}"
    )
    assert answer.status_code == 422
    assert "tick the box" in text(answer)  # type: ignore[arg-type]
    assert answer["HX-Trigger"] == '{"desk:focus": "#agreed"}'
    answer = client.get(f"/orders/{number}/summary", {"agreed": "on"}, HTTP_HX_REQUEST="true")
    assert answer["HX-Redirect"] == f"/orders/{number}/summary?agreed=on"
    html = text(client.get(f"/orders/{number}/summary?agreed=on"))  # type: ignore[arg-type]
    assert "4 shipments from Tue 10 Mar" in html
    assert "Nothing is due today." in html
    assert post(client, f"/orders/{number}/submit", page, key="x").status_code == 422
    assert order(number, on=ON).status == "draft"


def test_ordinary_lines_are_paid_in_shares(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    number = started(client, "B1")
    page = f"/orders/{number}/summary"
    fields = {"way-1": "card:tok_visa", "amount-1": "4,50", "way-2": "card:tok_two", "amount-2": ""}
    answer = post(client, f"/orders/{number}/pay", page, key="1:pay", **fields)
    assert answer.status_code == 200
    paid = [(p.card.token, p.amount.minor) for p in order(number, on=ON).payments if p.card]
    assert paid == [("tok_visa", 450), ("tok_two", order(number, on=ON).total.minor - 450)]
    answer = post(client, f"/orders/{number}/pay", page, key="2:pay", **{"way-1": "cash", "amount-1": "1"})
    assert answer.status_code == 422
    assert 'role="alert"' in text(answer)


def test_a_draft_is_discarded(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    number = started(client)
    assert f"Discard {number}?" in text(client.get(f"/orders/{number}/discard", **HX))  # type: ignore[arg-type]
    answer = post(client, f"/orders/{number}/discard", f"/orders/{number}/edit", key="d")
    assert answer["HX-Redirect"] == "/customers/C-1"
    assert order(number, on=ON).status == "cancelled"
    assert client.get(f"/orders/{number}/edit")["Location"] == f"/orders/{number}"


def test_it_works_without_script(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    answer = client.post("/customers/C-1/order", {"words": "S-CLUB", "key": "plain"})
    assert answer.status_code == 302
    page = answer["Location"]
    assert client.post(page, {"start": "+7", "key": "c"})["Location"] == page
    refused = client.post(page, {"start": "x", "key": "d"})
    assert refused.status_code == 422
    assert 'id="start-err"' in text(refused)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ["finance", "planner", "admin"])
def test_others_may_not(at_desk: AtDesk, role: str) -> None:
    number = desk.order("CLUB", submit=False)
    client = at_desk({"admin": "administrator"}.get(role, role))
    for address in ("/customers/C-1/order", "/customers/new", f"/orders/{number}/edit", f"/orders/{number}/summary"):
        assert client.get(address).status_code == 403, address
    assert client.post(f"/orders/{number}/submit", {"agreed": "on"}).status_code == 403


def test_in_italian(at_desk: AtDesk) -> None:
    client = at_desk("clerk", language="it")
    number = started(client)
    html = text(client.get(f"/orders/{number}/edit"))  # type: ignore[arg-type]
    for words in ("Nuovo ordine", "Da leggere", "È d&#x27;accordo?", "a ogni spedizione", "Perché questa data"):
        assert words in html, words


def test_queries_do_not_grow_with_lines(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    few = desk.order("CLUB", submit=False)
    many = desk.order(*["CLUB", "LOOP", "UP", "PART"] * 2, *(book(f"B{n}") for n in range(1, 5)), submit=False)
    counts = []
    for number in (few, few, many):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/orders/{number}/edit").status_code == 200
        counts.append(len(asked))
    assert counts[1] == counts[2], counts


class TestNewcomer:
    """A new caller: customer, address and card at once, then the order."""

    WHO = {
        "name": "Nora Fallon",
        "street": "8 Elm Street",
        "city": "Salem",
        "postcode": "97301",
        "region": "OR",
        "country": "US",
    }

    def test_added_and_an_order_begins(self, at_desk: AtDesk) -> None:
        client = at_desk("clerk")
        fields = {**self.WHO, "token": "tok_visa", "exp": "12/2030", "key": "n"}
        answer = post(client, "/customers/new", "/customers/new", **fields)
        account = Customer.objects.get(name="Nora Fallon").account
        assert answer["HX-Redirect"] == f"/customers/{account}/order"
        assert post(client, "/customers/new", "/customers/new", **fields)["HX-Redirect"] == answer["HX-Redirect"]
        number = started(client, "S-CLUB", account)
        assert continuity(number).card.token == "tok_visa"

    def test_what_is_missing_is_said_at_once(self, at_desk: AtDesk) -> None:
        client = at_desk("clerk")
        answer = post(client, "/customers/new", "/customers/new", name="", city="", country="US")
        assert answer.status_code == 422
        assert {'id="f-name-err"', 'id="f-city-err"'} <= set(re.findall(r'id="f-\w+-err"', text(answer)))
        answer = post(
            client, "/customers/new", "/customers/new", **{**self.WHO, "country": "XX"}, token="tok_visa", exp="1"
        )
        assert {'id="f-country-err"', 'id="f-exp-err"'} <= set(re.findall(r'id="f-\w+-err"', text(answer)))
        assert not Customer.objects.filter(name="Nora Fallon").exists()

    def test_the_postcode_fills_the_town(self, at_desk: AtDesk) -> None:
        client = at_desk("clerk")
        post(client, "/customers/new", "/customers/new", **self.WHO)
        asked = {"postcode": "97301", "country": "US"}
        assert 'value="Salem"' in text(client.get("/customers/new/town", asked, **HX))  # type: ignore[arg-type]
        assert 'value="Bend"' in text(client.get("/customers/new/town", {**asked, "city": "Bend"}, **HX))  # type: ignore[arg-type]
        assert 'value=""' in text(client.get("/customers/new/town", {**asked, "country": "IT"}, **HX))  # type: ignore[arg-type]
        post(client, "/customers/new", "/customers/new", **{**self.WHO, "name": "Other", "city": "West Salem"})
        assert 'value=""' in text(client.get("/customers/new/town", asked, **HX))  # type: ignore[arg-type]


class TestStartInThePast:
    """What a start date of the past does is said under the answers, with the way out of it."""

    def test_it_is_said_and_counted_from_today(self, at_desk: AtDesk) -> None:
        client = at_desk("clerk")
        number = started(client)
        page = f"/orders/{number}/lines/1/continuity"
        assert 'id="behind"' not in text(client.get(page))  # type: ignore[arg-type]
        html = text(post(client, page, page, start=str(day(-15)), key="a:cont"))
        assert "2 shipments were planned for before the order" in html
        assert f'"start": "{ON}"' in html
        assert 'id="behind"' in text(client.get(page))  # type: ignore[arg-type]
        html = text(post(client, page, page, start=str(ON), key="b:from-today"))
        assert 'id="behind"' not in html
        assert continuity(number).start_date is None
        assert days_of(number)[0] == ON

    def test_what_if_says_it_without_keeping_it(self, at_desk: AtDesk) -> None:
        client = at_desk("clerk", language="it")
        number = started(client)
        html = text(client.get(f"/orders/{number}/lines/1/what-if", {"start": str(day(-15))}, **HX))  # type: ignore[arg-type]
        assert "2 spedizioni erano previste prima dell’ordine" in html
        assert 'id="from-today"' not in html
        assert continuity(number).start_date is None

    def test_a_day_that_is_years_away_is_asked_twice(self, at_desk: AtDesk) -> None:
        client = at_desk("clerk")
        number = started(client)
        page = f"/orders/{number}/lines/1/continuity"
        answer = post(client, page, page, start="10/3/2016", key="a:cont")
        assert answer.status_code == 422
        assert 'name="meant" value="2016-03-10"' in text(answer)
        assert 'value="10/3/2016"' in text(answer)
        assert continuity(number).start_date is None
        answer = post(client, page, page, start="10/3/2016", meant="2016-03-10", key="a:cont")
        assert answer.status_code == 200
        assert continuity(number).start_date == date(2016, 3, 10)
        answer = post(client, page, page, start="11/3/2016", meant="2016-03-10", key="b:cont")
        assert answer.status_code == 422, "another day is asked anew"


def test_a_huge_quantity_is_asked_for_a_second_time(at_desk: AtDesk) -> None:
    client = at_desk("clerk")
    number = started(client, "B1")
    page, address = f"/orders/{number}/edit", f"/orders/{number}/lines/1/quantity"
    html = text(post(client, address, page, quantity="1000", key="a:q1"))
    assert "Really 1000 of line 1?" in html
    assert order(number, on=ON).lines[0].quantity == 1
    assert "Really 10000" in text(post(client, address, page, quantity="10000", meant="1000", key="b:q1"))
    post(client, address, page, quantity="1000", meant="1000", key="c:many")
    assert order(number, on=ON).lines[0].quantity == 1000
    post(client, address, page, quantity="99", key="d:q1")
    assert order(number, on=ON).lines[0].quantity == 99


def test_a_quantity_is_read_as_its_reader_writes_it(at_desk: AtDesk) -> None:
    client = at_desk("clerk", language="it")
    number = started(client, "B1")
    page, address = f"/orders/{number}/edit", f"/orders/{number}/lines/1/quantity"
    assert "è 1,25 o 1250?" in text(post(client, address, page, quantity="1.250", key="a:q1"))
    assert 'name="quantity" value="125,125"' in text(post(client, address, page, quantity="125,125", key="b:q1"))
    post(client, address, page, quantity="125,125", meant="125.125", key="c:many")
    assert order(number, on=ON).lines[0].quantity == Decimal("125.125")


def test_what_may_be_a_slip_is_said_and_blocks_nothing(at_desk: AtDesk) -> None:
    StoredCard.objects.exclude(token="tok_old").update(expires_on=date(2026, 3, 31))
    Address.objects.filter(code="home").update(country="FR", street="")
    client = at_desk("clerk")
    number = started(client)
    html = unescape(text(client.get(f"/orders/{number}/edit")))
    said = html[html.index('id="notes"') :]
    for words in (
        "Customer C-1: address home has no street.",
        "Country FR has no tax rate: what goes there is not taxed.",
        "Customer C-1: card visa 4242 expires on Tue 31 Mar.",
    ):
        assert said.count(words) == 1, words


def test_a_card_that_has_expired_is_not_called_none(at_desk: AtDesk) -> None:
    client, page = at_desk("clerk"), "/customers/C-1/order"
    Customer.objects.filter(account="C-1").update(allow_on_account=False)

    def refused() -> str:
        answer = post(client, page, page, words="S-CLUB", key=f"{uuid4().hex}:add")
        assert answer.status_code == 422
        return unescape(text(answer))

    mine = StoredCard.objects.filter(customer__account="C-1")
    mine.update(expires_on=date(2026, 1, 31))
    html = refused()
    assert "expired" in html
    assert "the customer does not buy on account" in html
    assert "no card is stored" not in html
    mine.update(expires_on=date(2030, 1, 31), refused=True)
    html = refused()
    assert "no card is stored" not in html
    assert "expired" not in html
