"""Lists as files for a spreadsheet: what they hold, what they keep harmless, who may take them, that it is noted."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from perennial.customers.models import Customer
from perennial.desk.models import Access
from perennial.desk.read.exceptions import KINDS, counts
from perennial.kernel.money import Money
from perennial.language import Reader
from perennial.web import sheet
from tests.worlds.people import signed_in
from tests.worlds.todo import LATER, Todo, one_of_each

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(settings: Any) -> Todo:
    """One thing of each kind, looked at ten days later."""
    settings.PERENNIAL_TODAY = LATER
    return one_of_each()


def taken(client: Client, address: str) -> list[dict[str, str]]:
    """A file that somebody takes, row by row under its headings."""
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_list_of_things_to_do_with_plain_days_and_amounts(made: Todo) -> None:
    client = signed_in("finance")
    (row,) = taken(client, "/exceptions/declined.csv")
    assert row == {
        "Number": made.declined, "Order": made.declined.removesuffix("-1-001"), "Line": "1", "Shipment": "1",
        "Account": "C-1", "Customer": "Ada Bianchi", "Due on": "2026-03-10", "Amount": "24.90", "Currency": "USD",
        "State": "declined", "What the bank said": "insufficient funds", "Tries": "2", "Tried last on": "2026-03-10",
        "Next try on": "2026-03-20", "Ships on": "2026-03-16",
    }  # fmt: skip
    for kind in KINDS:
        assert len(taken(client, f"/exceptions/{kind}.csv")) == getattr(counts(LATER), kind)
    assert taken(client, "/exceptions/expiring.csv?since=15/5") == []


def test_headings_and_words_are_in_the_readers_language(made: Todo) -> None:
    client = signed_in("manager", language="it")
    (row,) = taken(client, "/exceptions/held.csv")
    assert row["Cliente"] == "Ada Bianchi"
    assert row["Dal"] == "2026-03-10"
    assert (row["Numero"], row["Perché"]) == (made.held, "call back")
    assert {one["Sospeso"] for one in taken(client, "/orders.csv")} == {"sì", "no"}


def test_the_orders_that_fit_come_page_by_page(made: Todo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perennial.web.pages.exports.AT_ONCE", 2)
    client = signed_in("manager")
    rows = taken(client, "/orders.csv")
    assert [row["Order"] for row in rows] == [f"SO-00000{n}" for n in (5, 4, 3, 2, 1)]
    assert rows[-1] == {
        "Order": "SO-000001", "Reference": "", "Account": "C-1", "Customer": "Ada Bianchi", "Ordered on": "2026-03-10",
        "State": "open", "On hold": "no", "Awaits acceptance": "no", "Products": "Book of the month, Book 1",
        "Next shipment on": "2026-03-16", "Source": "",
    }  # fmt: skip
    assert [row["Order"] for row in taken(client, "/orders.csv?waiting=1")] == ["SO-000003", "SO-000002"]
    assert [row["Order"] for row in taken(client, "/orders.csv?status=cancelled")] == [made.refund]
    assert len(taken(client, "/orders.csv?program=BOM&customer=C-1&status=")) == 6


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+39 02", "-2", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\N{FULLWIDTH EQUALS SIGN}1", '=HYPERLINK("x";"y")'],
)
def test_words_are_never_a_formula(made: Todo, name: str) -> None:
    Customer.objects.update(name=name)
    (row,) = taken(signed_in("manager"), "/exceptions/held.csv")
    assert row["Customer"] == f"'{name}"


@pytest.mark.parametrize("name", ["Ada; Bianchi", 'Ada "Bo", jr', "Ada\nBianchi", "Ada-Bo = one"])
def test_other_words_come_back_as_they_are(made: Todo, name: str) -> None:
    Customer.objects.update(name=name)
    (row,) = taken(signed_in("manager"), "/exceptions/held.csv")
    assert row["Customer"] == name


def test_who_took_what_and_how_much_is_noted(made: Todo) -> None:
    taken(signed_in("manager"), "/exceptions/late.csv?program=BOM")
    noted = Access.objects.filter(kind="exported").get()
    assert (noted.by, noted.what) == ("manager", "/exceptions/late.csv?program=BOM: 2 rows, whole")


def test_a_file_that_was_broken_off_is_noted_too(made: Todo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perennial.web.pages.exports.AT_ONCE", 2)
    answer = signed_in("manager").get("/orders.csv")
    stream = iter(answer.streaming_content)  # type: ignore[attr-defined]
    next(stream)
    next(stream)
    answer._resource_closers[0]()  # what a server does first when nobody listens any more
    assert Access.objects.get(kind="exported").what == "/orders.csv: 2 rows, broken off"


def test_what_is_refused_is_refused_before_the_file_begins(made: Todo) -> None:
    client = signed_in("manager")
    for address in ("/orders.csv?program=NONE", "/exceptions/bored.csv", "/orders.csv?status=late"):
        assert client.get(address).status_code == 404
    assert client.get("/exceptions/held.csv?since=never").status_code == 422
    assert not Access.objects.filter(kind="exported").exists()


@pytest.mark.parametrize("role", ["clerk", "planner", "administrator"])
def test_who_may_take_no_list_is_told_who_may(made: Todo, role: str) -> None:
    client = signed_in(role)
    for address in ("/orders.csv", "/exceptions/held.csv"):
        assert client.get(address).status_code == 403


def test_an_amount_of_less_than_nothing_stays_a_number() -> None:
    assert sheet.cell(Money(-500, "EUR"), Reader()) == "-5.00"
    assert sheet.cell("-5.00", Reader()) == "'-5.00"
