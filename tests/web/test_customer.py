"""A customer's page: what comes next, why, and a change with its effect and its undo."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from perennial.continuity.models import ContinuityOrder
from perennial.customers.models import StoredCard
from perennial.desk import actions
from perennial.desk.customers.customer import change_customer
from perennial.desk.models import Access
from perennial.desk.read.orders import order
from tests.worlds import desk

HX = {"HTTP_HX_REQUEST": "true"}


def press(client: Client, page: str, html: str, button: str) -> str:
    """Press a button of a page as htmx does: the form's fields to its address; the answer."""
    at = html.index(f'id="{button}"')
    form = html[html.rindex("<form", 0, at) : at]
    address = re.search(r'hx-post="([^"]+)"', form)
    assert address is not None
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    answer = client.post(address[1], fields, HTTP_HX_CURRENT_URL=f"http://127.0.0.1{page}", **HX)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def skipped(number: str) -> set[int | None]:
    """The shipments that are skipped."""
    return {one.shipment for one in order(number, on=desk.ON).continuity[0].lines if one.status == "skipped"}


def test_a_shipment_is_skipped_and_comes_again(at_desk: Callable[..., Client]) -> None:
    number = desk.order(desk.line("CLUB"))
    client = at_desk("clerk")
    page = "/customers/C-1"
    html = client.get(page).content.decode()
    answer = press(client, page, html, f"s-{number}-1-2-skip")
    assert skipped(number) == {2}
    assert "CLUB 2 skipped" in answer
    assert f'id="s-{number}-1-2-skip" aria-keyshortcuts="s">Restore' in answer
    answer = press(client, page, answer, "undo")
    assert skipped(number) == set()
    assert f'hx-post="/orders/{number}/1/2/skip"' in answer


def panel(client: Client, address: str, page: str, **fields: str) -> tuple[int, str]:
    """Open a form in place, fill it in, send it: the status and the answer."""
    html = client.get(address, **HX).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))
    answer = client.post(
        address.split("?")[0], {**hidden, **fields}, HTTP_HX_CURRENT_URL=f"http://127.0.0.1{page}", **HX
    )
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize(
    ("what", "fields", "said"),
    [
        ("1/2/date", {"to": "+7", "following": "0"}, "CLUB 2 ships on"),
        ("1/2/date", {"to": "27/3", "following": "1"}, "Fri 27 Mar"),
        ("1/3/product", {"item": "B6"}, "CLUB 3: B6 is sent instead, at $30.00"),
        ("1/3/quantity", {"quantity": "3"}, "CLUB 3: 3 are sent: $66.00 more"),
        ("1/2/address", {"to": "cabin", "scope": "shipment"}, "CLUB 2 goes to the other address"),
        (
            "1/2/address",
            {"to": "", "scope": "order", "street": "Via Roma 1", "city": "Milano"},
            "goes to the other address",
        ),
        ("hold", {"until": "1 apr"}, "is on hold until Wed 1 Apr"),
        ("1/stop?from=3", {"reason_code": "moved_house"}, "S-CLUB ends after 2, "),
        ("1/stop", {"reason_code": "moved_house"}, "S-CLUB has ended"),
    ],
)
def test_a_form_in_the_row_says_what_it_did(
    at_desk: Callable[..., Client], what: str, fields: dict[str, str], said: str
) -> None:
    number = desk.order(desk.line("CLUB"))
    client = at_desk("clerk")
    status, answer = panel(client, f"/orders/{number}/{what}", "/customers/C-1", **fields)
    assert status == 200, answer
    assert said in answer
    assert 'id="shipments"' in answer  # the page is drawn anew


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Sun 8 Mar is past: the earliest date is Tue 10 Mar"), ("it", "dom 8 mar")],
)
def test_a_refusal_stands_under_its_field_and_what_was_typed_stays(
    at_desk: Callable[..., Client], language: str, said: str
) -> None:
    number = desk.order(desk.line("CLUB"))
    status, answer = panel(
        at_desk("clerk", language=language), f"/orders/{number}/1/2/date", "/customers/C-1", to="8/3", following="0"
    )
    assert status == 422
    assert said in answer
    assert 'value="8/3"' in answer
    assert 'aria-invalid="true" aria-describedby="f-to-err"' in answer


def test_a_price_is_for_managers(at_desk: Callable[..., Client]) -> None:
    number = desk.order(desk.line("CLUB"))
    address = f"/orders/{number}/1/2/price"
    assert at_desk("clerk").get(address, **HX).status_code == 403
    status, answer = panel(at_desk("manager"), f"/orders/{number}/1/3/price", "/customers/C-1", price="7,50")
    assert (status, "CLUB 3 costs $7.50: $24.75 less" in answer) == (200, True), answer


def test_another_clerk_changed_the_same_shipment(at_desk: Callable[..., Client]) -> None:
    """What is on another shipment merges, the same one asks; mine is kept when it is asked for."""
    number = desk.order(desk.line("CLUB"))
    client = at_desk("clerk")
    form = client.get(f"/orders/{number}/1/2/date", **HX).content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    actions.move(number=number, shipment=4, line=1, to=desk.day(60), on=desk.ON, by="marco")
    where = {"HTTP_HX_CURRENT_URL": "http://127.0.0.1/customers/C-1", **HX}
    answer = client.post(f"/orders/{number}/1/2/date", {**fields, "to": "+7", "following": "0"}, **where)
    assert answer.status_code == 200
    actions.move(number=number, shipment=2, line=1, to=desk.day(30), on=desk.ON, by="marco")
    stale = {**fields, "key": "another", "to": "+9", "following": "0"}
    answer = client.post(f"/orders/{number}/1/2/date", stale, **where)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "by marco" in html
    mine = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))
    assert (mine["to"], "seen" in mine) == ("+9", False)
    assert client.post(f"/orders/{number}/1/2/date", mine, **where).status_code == 200


def test_sent_twice_is_done_once(at_desk: Callable[..., Client]) -> None:
    number = desk.order(desk.line("CLUB"))
    client = at_desk("clerk")
    form = client.get(f"/orders/{number}/1/3/quantity", **HX).content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    where = {"HTTP_HX_CURRENT_URL": "http://127.0.0.1/customers/C-1", **HX}
    answers = [client.post(f"/orders/{number}/1/3/quantity", {**fields, "quantity": "2"}, **where) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert len([event for event in order(number, on=desk.ON).history if event.kind == "quantity_changed"]) == 1


def test_what_is_masked_is_shown_to_a_caller_who_was_checked(at_desk: Callable[..., Client]) -> None:
    change_customer(account="C-1", email="ada@example.com", phone="+1 555 0100", on=desk.ON, by="x")
    client = at_desk("clerk")
    assert "ada@example.com" not in client.get("/customers/C-1").content.decode()
    for what in ("email", "phone"):
        client.post("/customers/C-1/check", {"what": what, "fits": "1"}, **HX)
    assert "ada@example.com" in client.get("/customers/C-1").content.decode()
    kinds = list(Access.objects.filter(account="C-1").order_by("id").values_list("kind", "what"))
    assert kinds == [("opened", ""), ("checked", "email"), ("checked", "phone")]


def test_the_page_asks_as_many_questions_for_ten_orders_as_for_one(at_desk: Callable[..., Client]) -> None:
    desk.order(desk.line("CLUB"))
    client = at_desk("clerk")
    client.get("/customers/C-1")
    counts = []
    for more in (0, 9):
        for _ in range(more):
            desk.order(desk.line("CLUB"), desk.line("UP"))
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/customers/C-1").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_page_in_italian(at_desk: Callable[..., Client]) -> None:
    desk.order(desk.line("CLUB"))
    html = at_desk("clerk", language="it").get("/customers/C-1").content.decode()
    assert "Prossime spedizioni" in html
    assert "mar 10 mar" in html
    for english in ("Skip<", "Next ship", "Scheduled"):
        assert english not in html


def test_a_new_address_that_was_typed_is_meant(at_desk: Callable[..., Client]) -> None:
    """Whatever is ticked beside it; and the one in use stands chosen."""
    number = desk.order(desk.line("CLUB"))
    client = at_desk("clerk")
    fields = {"to": "home", "scope": "order", "street": "9 Elm Street", "city": "Albany"}
    assert panel(client, f"/orders/{number}/1/2/address", "/customers/C-1", **fields)[0] == 200
    found = order(number, on=desk.ON)
    assert found.ship_to is not None
    assert found.ship_to.street == "9 Elm Street"
    html = client.get(f"/orders/{number}/1/2/address", **HX).content.decode()
    assert re.search(rf'value="{found.ship_to.code}"[^>]* checked', html)


def test_a_new_card_takes_the_place_of_the_one_that_pays(at_desk: Callable[..., Client]) -> None:
    number = desk.order(desk.line("CLUB", card="tok_two"))
    html = at_desk("clerk").get("/customers/C-1/card", **HX).content.decode()
    assert re.search(r'<option value="tok_two" selected>', html), number


def test_a_card_that_the_bank_refused_is_told_of_while_it_is_to_pay(at_desk: Callable[..., Client]) -> None:
    desk.order(desk.line("CLUB", card="tok_two"))
    StoredCard.objects.filter(token="tok_two").update(refused=True)
    client = at_desk("clerk")
    assert "was refused by the bank" in client.get("/customers/C-1").content.decode()
    ContinuityOrder.objects.update(card=StoredCard.objects.get(token="tok_visa"))
    assert "was refused by the bank" not in client.get("/customers/C-1").content.decode()
