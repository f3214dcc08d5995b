"""To do: a list a kind, the steps of each thing by permission, what a row becomes, who is on it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from perennial.desk import actions
from perennial.desk.models import OnIt
from perennial.desk.read.exceptions import KINDS, MOST_COUNTED, counts
from perennial.orders.models import Hold
from perennial.payments.models import Payment
from perennial.web.pages.todo import ROWS
from tests.web.asked import always
from tests.worlds.book_club import club, order
from tests.worlds.people import signed_in
from tests.worlds.todo import LATER, Todo, declined, one_of_each

pytestmark = pytest.mark.django_db
HX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def made(settings: Any) -> Todo:
    """One thing of each kind, looked at ten days later."""
    settings.PERENNIAL_TODAY = LATER
    return one_of_each()


def shown(client: Client, address: str, status: int = 200) -> str:
    """A page, as HTML."""
    answer = client.get(address)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def rows(html: str) -> list[str]:
    """The ids of the rows."""
    return re.findall(r'<tbody id="([^"]+)" data-row', html)


def open_row(html: str) -> str:
    """The id of the row that is open."""
    (found,) = re.findall(r'<button type="button" class="lead" id="([^"]+)-b" aria-expanded="true"', html)
    return str(found)


def steps(html: str) -> list[tuple[str, str]]:
    """The keys and codes of the steps in the first row."""
    first = html.split("<tbody", 2)[1]
    return re.findall(r'id="x-[a-z]+-\d+-([a-z_]+)" aria-keyshortcuts="(\d)"', first)


def send(client: Client, page: str, html: str, row: str, address: str, **typed: str) -> str:
    """Send a form that stands in a row."""
    (along,) = re.findall(rf'<tbody id="{row}" data-row hx-vals="([^"]+)"', html)
    fields = dict(re.findall(r'"(\w+)": "([^"]*)"', unescape(along)))
    answer = client.post(address, {**fields, **typed}, HTTP_HX_CURRENT_URL=f"http://127.0.0.1{page}", **HX)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


@pytest.mark.parametrize("language", ["en", "it"])
def test_each_list_has_its_rows_and_the_tabs_their_numbers(made: Todo, language: str) -> None:
    client = signed_in("manager", language=language)
    for kind in KINDS:
        html = shown(client, f"/exceptions/{kind}")
        assert len(rows(html)) == getattr(counts(LATER), kind)
        tabs = html[html.index('id="tabs"') :].split("</nav>")[0]
        numbers = re.findall(r'/exceptions/(\w+)"[^>]*>[^<]* <span class="n">(\d+)</span>', tabs)
        assert {name: int(number) for name, number in numbers} == counts(LATER)._asdict()
        assert 'id="todo-n">11</span>' in html
        assert len(html) < 60_000
        assert open_row(html) == rows(html)[0]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("2 of 3, next Fri 20 Mar", "$24.90", "Mon 16 Mar, if the charge goes through")),
        ("it", ("2 di 3, prossimo ven 20 mar", "24,90", "lun 16 mar, se l")),
    ],
)
def test_a_row_says_what_it_is_about(made: Todo, language: str, said: tuple[str, ...]) -> None:
    html = shown(signed_in("clerk", language=language), "/exceptions/declined")
    for words in (*said, "insufficient funds", 'href="/customers/C-1"', f'href="/orders/{made.declined}"'):
        assert words in html


@pytest.mark.parametrize(
    ("language", "ended", "will_end"),
    [("en", "ended Thu 30 Apr", "will end Thu 30 Apr"), ("it", "scaduta gio 30 apr", "scadrà gio 30 apr")],
)
def test_a_card_that_has_ended_is_told_from_one_that_will(
    made: Todo, settings: Any, language: str, ended: str, will_end: str
) -> None:
    client = signed_in("clerk", language=language)
    before = shown(client, "/exceptions/expiring")
    settings.PERENNIAL_TODAY = date(2026, 5, 4)
    after = shown(client, "/exceptions/expiring")
    assert (will_end in before, ended in before) == (True, False)
    assert (will_end in after, ended in after) == (False, True)


@pytest.mark.parametrize(
    ("kind", "clerk", "manager"),
    [
        ("declined", ["new_card", "try_now"], ["new_card", "try_now", "settle"]),
        ("expiring", ["new_card"], ["new_card"]),
        ("parked", ["retry", "cancel"], ["retry", "cancel"]),
        ("held", ["release"], ["release"]),
        ("awaiting", ["accept", "cancel"], ["accept", "cancel"]),
        ("late", ["new_card", "cancel"], ["new_card", "cancel"]),
        ("unknown", ["ask"], ["ask", "settle"]),
        ("uninvoiced", [], ["invoice"]),
        ("refund", ["refund"], ["refund"]),
        ("approval", [], ["approve_refund", "decline_refund"]),
        ("dispute", [], ["dispute"]),
        ("check", [], ["receive", "settle"]),
    ],
)
def test_the_steps_are_buttons_with_keys_for_whoever_may(
    made: Todo, kind: str, clerk: list[str], manager: list[str]
) -> None:
    for role, codes in (("clerk", clerk), ("manager", manager)):
        html = shown(signed_in(role), f"/exceptions/{kind}")
        assert steps(html) == [(code, str(key)) for key, code in enumerate(codes, 1)]
        assert (f'href="/exceptions/{kind}.csv"' in html) is (role == "manager")


def test_the_first_list_with_rows_comes_first_and_cards_that_end_last(made: Todo) -> None:
    client = signed_in("manager")
    assert client.get("/exceptions")["Location"] == "/exceptions/declined"
    Payment.objects.filter(status="declined").update(status="cancelled")
    assert client.get("/exceptions")["Location"] == "/exceptions/parked"


def test_nothing_to_do_says_so_with_the_hour(settings: Any) -> None:
    settings.PERENNIAL_TODAY = LATER
    club()
    client = signed_in("clerk")
    assert client.get("/exceptions")["Location"] == "/exceptions/declined"
    html = shown(client, "/exceptions/held")
    assert re.search(r"Nothing here, as of \d\d:\d\d\.", html)
    assert "Nothing waits for a person" in html
    assert rows(html) == []


def test_what_is_released_becomes_its_result_and_the_next_one_opens(settings: Any) -> None:
    settings.PERENNIAL_TODAY = LATER
    club()
    numbers = [order().number for _ in range(3)]
    hold_all(numbers)
    client = signed_in("clerk")
    page = "/exceptions/held"
    html = shown(client, page)
    first, second, third = rows(html)
    answer = send(client, f"{page}?row={second}", html, second, f"/orders/{numbers[1]}/release")
    assert rows(answer) == [first, third]
    result = answer[answer.index(f'id="{second}-done"') :].split("</tbody>")[0]
    assert numbers[1] in result
    assert "Ada Bianchi" in result
    assert answer.index(f'id="{first}"') < answer.index(f'id="{second}-done"') < answer.index(f'id="{third}"')
    assert open_row(answer) == third
    assert "2 things wait for a person" in answer
    assert '<span class="n" id="todo-n" hx-swap-oob="true">2</span>' in answer
    answer = client.post(
        f"/orders/{numbers[1]}/undo", HTTP_HX_CURRENT_URL=f"http://127.0.0.1{page}", **HX
    ).content.decode()
    assert rows(answer) == [first, second, third]
    assert "-done" not in answer


def hold_all(numbers: list[str]) -> None:
    for number in numbers:
        actions.hold(number=number, reason="call back", on=LATER, by="clerk:anna")


def test_a_list_is_filtered_by_program_and_day_and_a_fault_stands_at_its_field(made: Todo) -> None:
    client = signed_in("clerk")
    assert len(rows(shown(client, "/exceptions/expiring?program=BOM&since=14/5"))) == 5
    html = shown(client, "/exceptions/expiring?program=BOM&since=15/5")
    assert rows(html) == []
    assert 'href="/exceptions/held?program=BOM&amp;since=2026-05-15"' in html
    html = shown(client, "/exceptions/expiring?since=never", 422)
    assert 'aria-invalid="true" aria-describedby="f-since-err"' in html
    assert client.get("/exceptions/expiring?program=NONE").status_code == 404
    assert client.get("/exceptions/bored").status_code == 404


def test_a_page_of_fifty_takes_as_many_queries_as_one_row(settings: Any) -> None:
    settings.PERENNIAL_TODAY = LATER
    club()
    client = signed_in("manager")
    declined()
    client.get("/exceptions/declined")
    with CaptureQueriesContext(connection) as small:
        assert len(rows(shown(client, "/exceptions/declined"))) == 1
    for _ in range(10):
        declined()
    with CaptureQueriesContext(connection) as large:
        assert len(rows(shown(client, "/exceptions/declined"))) == 11
    assert always(small) == always(large)


def test_more_than_so_many_are_not_counted(settings: Any) -> None:
    settings.PERENNIAL_TODAY = LATER
    club()
    made = order()
    Hold.objects.bulk_create(
        Hold(order_id=made.id, code=f"H{n}", on_date=LATER, by="clerk:anna") for n in range(MOST_COUNTED + 5)
    )
    html = shown(signed_in("clerk"), "/exceptions/held")
    assert counts(LATER).held == MOST_COUNTED + 1
    assert f"More than {MOST_COUNTED} things wait for a person" in html
    assert f'id="todo-n">{MOST_COUNTED}+</span>' in html
    assert len(rows(html)) == ROWS
    (following,) = re.findall(r'id="b-next" href="([^"]+)"', html)
    assert set(rows(shown(signed_in("clerk"), unescape(following)))).isdisjoint(rows(html))


def test_who_opens_a_row_is_on_it_and_others_begin_elsewhere(made: Todo) -> None:
    clerk, manager = signed_in("clerk"), signed_in("manager")
    first, second, *_ = rows(shown(clerk, "/exceptions/expiring"))
    open_it(clerk, first)
    html = shown(manager, "/exceptions/expiring")
    assert re.search(r"Dana Reed is on it, \d\d:\d\d", html)
    assert open_row(html) == second
    assert re.search(r"Dana Reed is on it, \d\d:\d\d", open_it(manager, first))
    assert 'class="peer"' not in shown(signed_in("finance"), "/exceptions/held")
    open_it(clerk, second)
    html = shown(manager, "/exceptions/expiring")
    assert re.findall(r'id="(x-expiring-\d+)-peers"[^>]*><span class="peer">Dana Reed', html) == [second]
    OnIt.objects.update(at=OnIt.objects.all()[0].at - timedelta(minutes=16))
    assert 'class="peer"' not in shown(signed_in("finance"), "/exceptions/expiring")


def open_it(client: Client, row: str) -> str:
    """Open a row; what is told of others."""
    answer = client.post("/exceptions/expiring/on-it", {"about": row.rpartition("-")[2]}, **HX)
    assert answer.status_code == 200
    return answer.content.decode()


def test_two_at_one_customer_are_told_of_each_other(made: Todo) -> None:
    clerk, manager = signed_in("clerk"), signed_in("manager")
    assert "here too" not in clerk.get("/customers/C-1/here", **HX).content.decode()
    assert "Dana Reed is here too" in manager.get("/customers/C-1/here", **HX).content.decode()
    assert "Marco Bell is here too" in clerk.get("/customers/C-1/here", **HX).content.decode()
    OnIt.objects.update(at=OnIt.objects.all()[0].at - timedelta(minutes=3))
    assert "here too" not in clerk.get("/customers/C-1/here", **HX).content.decode()


def test_a_page_that_asks_by_itself_does_not_keep_a_session_alive(made: Todo, settings: Any) -> None:
    client = signed_in("clerk")
    client.get("/exceptions/held")
    session = client.session
    session["seen"] -= settings.PERENNIAL_IDLE_SECONDS - 100
    session.save()
    client.get("/customers/C-1/here", **HX)
    assert client.session["seen"] == session["seen"]
    client.get("/exceptions/held")
    assert client.session["seen"] > session["seen"]


@pytest.mark.parametrize("role", ["planner", "administrator"])
def test_who_sees_no_lists_is_told_who_may(made: Todo, role: str) -> None:
    client = signed_in(role)
    for address in ("/exceptions", "/exceptions/held"):
        assert client.get(address).status_code == 403
    assert client.post("/exceptions/held/on-it", **HX).status_code == 403
