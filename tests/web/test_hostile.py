"""What somebody typed or sent who meant harm, or was not looking: refused at its field, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from perennial.customers.models import Address, Customer
from perennial.desk.action import version_of
from perennial.desk.orders.collect import collect
from perennial.errors import Conflict
from perennial.orders.models import SalesOrder
from tests.web.test_customer import HX, panel
from tests.worlds import desk


def test_nothing_is_sent_on_a_day_that_is_still_to_come(at_desk: Callable[..., Client]) -> None:
    number = desk.order(desk.line("CLUB"))
    desk.make_children(desk.ON)
    child = f"{number}-1-001"
    status, answer = panel(at_desk("manager"), f"/orders/{child}/ship", f"/orders/{child}", on="1/1/2030")
    assert (status, "Tue 1 Jan 2030 is still to come: at the latest Tue 10 Mar" in answer) == (422, True), answer
    assert SalesOrder.objects.get(number=child).status == "open"


def test_an_address_keeps_its_street_and_its_town(at_desk: Callable[..., Client]) -> None:
    before = Address.objects.filter(customer__account="C-2", code="barn").values().get()
    status, answer = panel(at_desk("clerk"), "/customers/C-2/address/barn", "/customers/C-2", street="", city="")
    assert status == 422
    assert answer.count("needed to send anything") == 2
    assert Address.objects.filter(customer__account="C-2", code="barn").values().get() == before


@pytest.mark.parametrize(
    "fields",
    [{"name": " "}, {"name": "Ada", "email": "bad"}, {"name": "Ada", "language": "zz"}, {"email": "a@b.c\nBcc: x"}],
)
def test_a_customer_stays_somebody(at_desk: Callable[..., Client], fields: dict[str, str]) -> None:
    status, _ = panel(at_desk("clerk"), "/customers/C-1/change", "/customers/C-1", **fields)
    assert status == 422
    assert Customer.objects.get(account="C-1").name == "Ada"


def test_whoever_presses_second_asks_for_nothing(club: None) -> None:
    number = desk.order(desk.line("CLUB"))
    seen = version_of(SalesOrder.objects.get(number=number).pk)
    desk.make_children(desk.ON)  # something happened meanwhile
    with pytest.raises(Conflict):
        collect(number=number, on=desk.ON, by="x", force=True, seen=seen)


@pytest.mark.parametrize(
    "address", ["/orders?program=%00", "/customers/%00", "/search?q=%00", "/exceptions/held?program=%00"]
)
def test_what_no_database_keeps_is_refused(at_desk: Callable[..., Client], address: str) -> None:
    assert at_desk("manager").get(address).status_code == 422


def test_a_reason_that_cannot_be_kept(at_desk: Callable[..., Client]) -> None:
    number = desk.order(desk.line("CLUB"))
    status, _ = panel(at_desk("clerk"), f"/orders/{number}/hold", "/customers/C-1", reason="a\0b")
    assert status == 422
    assert not SalesOrder.objects.get(number=number).holds.exists()


def test_long_digits_are_no_version(at_desk: Callable[..., Client]) -> None:
    number = desk.order(desk.line("CLUB"))
    answer = at_desk("clerk").post(f"/orders/{number}/1/2/skip", {"seen": "9" * 5000, "key": "k"}, **HX)
    assert answer.status_code == 409


def test_a_clerk_takes_no_price_back(at_desk: Callable[..., Client]) -> None:
    number = desk.order(desk.line("CLUB"))
    assert panel(at_desk("manager"), f"/orders/{number}/1/3/price", "/customers/C-1", price="1.00")[0] == 200
    assert at_desk("clerk").post(f"/orders/{number}/undo", {"key": "k"}, **HX).status_code == 422
    assert at_desk("manager").post(f"/orders/{number}/undo", {"key": "m"}, **HX).status_code == 200


def test_only_a_draft_is_discarded(at_desk: Callable[..., Client]) -> None:
    number = desk.order(desk.line("CLUB"))
    answer = at_desk("clerk").post(f"/orders/{number}/discard", {"key": "k"}, **HX)
    assert answer.status_code == 422
    assert SalesOrder.objects.get(number=number).status == "open"
