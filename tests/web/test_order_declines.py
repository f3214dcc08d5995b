"""A card that does not pay, on the pages: why, a code of the bank, declined for good, asked again; and several ways to pay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from perennial.customers.models import StoredCard
from perennial.payments import gateways
from perennial.payments.gateways.sandbox import Sandbox
from perennial.payments.models import Payment
from perennial.payments.noted import note_all
from tests.web.test_customer import HX
from tests.web.test_order import child_of, fill, get, text_of
from tests.worlds import actions, desk
from tests.worlds.leading import lead
from tests.worlds.payments import ON, install, member, status
from tests.worlds.people import signed_in

Desk = Callable[..., Client]


@pytest.fixture(autouse=True)
def _sandbox(tmp_path: Path) -> Iterator[None]:
    with gateways.use(Sandbox(tmp_path, find_delay=0)):
        yield


def declined(to: str = "declined") -> tuple[str, str]:
    """A child whose card does not pay; the address of its payment."""
    child = child_of(desk.order("CLUB"))
    lead(Payment.objects.filter(order__number=child), to, attempts=1, tried_on=desk.ON)
    return child, f"{child}:1:shipment:1"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Why $16.50 for", "products $10.00, delivery $5.00, tax $1.50 = $16.50", "visa 4242", "try 1 of 3")),
        ("it", ("Perché 16,50", "prodotti 10,00", "visa 4242", "tentativo 1 di 3")),
    ],
)
def test_why_a_payment_is_as_it_is(at_desk: Desk, language: str, said: tuple[str, ...]) -> None:
    child, which = declined()
    client = at_desk("clerk", language=language)
    assert 'id="p1-why"' in get(client, f"/orders/{child}")
    panel = text_of(get(client, f"/orders/{child}/payment-why?payment={which}", **HX)).replace("\xa0", " ")
    assert [words for words in said if words not in panel] == [], panel


def test_a_code_of_the_bank_is_noted(at_desk: Desk) -> None:
    child, which = declined("failed")
    client, page = at_desk("finance"), f"/orders/{child}"
    fields = {"payment": which, "end": "approved", "reason": "by telephone"}
    assert "f-code-err" in fill(client, page, f"{page}/settle", status=422, **fields)
    assert "is authorised by code 04711" in fill(client, page, f"{page}/settle", code="04711", **fields)
    payment = Payment.objects.get(order__number=child)
    assert (payment.status, payment.approval_code) == ("authorised", "04711")
    assert "approved by the bank for shipment 1, code 04711" in text_of(get(client, f"/orders/{child[:9]}"))


def test_a_payment_is_declined_for_good(at_desk: Desk) -> None:
    child, which = declined()
    client, page = at_desk("finance"), f"/orders/{child}"
    answer = fill(client, page, f"{page}/settle", payment=which, end="declined", reason="she asked for it")
    assert "its card is not asked again" in answer
    assert Payment.objects.get(order__number=child).status == "failed"


def test_several_ways_to_pay(at_desk: Desk) -> None:
    number = desk.order("UP")
    client, page = at_desk("clerk"), f"/orders/{number}"
    assert 'id="b-split-1"' in get(client, page)
    ways = {"way-1": "check", "part-1": "20.00", "way-2": "gift_card", "part-2": "25%", "way-3": "card"}
    told = text_of(fill(client, page, f"{page}/1/split", **ways, card="tok_two"))
    assert "check $20.00, gift card $17.25, card $31.75" in told
    found = Payment.objects.filter(continuity_order__order__number=number).order_by("number")
    assert list(found.values_list("method", "amount_minor", "card__token")) == [
        ("check", 2000, None),
        ("gift_card", 1725, None),
        ("card", 3175, "tok_two"),
    ]
    refusal = fill(client, page, f"{page}/1/split", status=422, **{"way-1": "check", "part-1": "50%", "way-2": "card"})
    assert "pays an amount, not a percentage" in text_of(refusal)
    assert "part-1" in get(client, f"{page}/1/split", **HX)


def test_what_is_paid_as_it_ships_is_not_shared(at_desk: Desk) -> None:
    number = desk.order("CLUB")
    assert 'id="b-split-1"' not in get(at_desk("clerk"), f"/orders/{number}")


@pytest.mark.django_db(transaction=True)
def test_a_card_that_failed_is_asked_again_at_once(settings: Any) -> None:
    settings.PERENNIAL_TODAY = ON
    install(reauthorization_limit=1)
    one = member("tok_decline_1")
    payment = one.owes(one.child(1))
    actions.collect(number=one.parent.number, on=ON, by="clerk:anna")
    assert status(payment) == "failed"
    client, page = signed_in("clerk"), f"/orders/{one.parent.number}"
    html = get(client, page)
    assert 'id="p1-reprocess"' in html
    which = f"{one.parent.number}-1-001:1:shipment:1"
    answer = client.post(f"{page}/reprocess", {"payment": which}, HTTP_HX_CURRENT_URL=f"http://127.0.0.1{page}", **HX)
    assert "authorised." in answer.content.decode()
    assert status(payment) == "authorised"


def test_cards_that_end_are_counted_until_a_day(at_desk: Desk) -> None:
    number = desk.order(desk.line("CLUB", card="tok_two"))
    StoredCard.objects.filter(token="tok_two").update(exp_month=3, exp_year=2026, expires_on=date(2026, 3, 21))
    note_all()
    client = at_desk("manager")
    both = text_of(get(client, "/exceptions/expiring"))
    until = text_of(get(client, "/exceptions/expiring?until=2026-04-01"))
    assert number in both
    assert "$76.00" in both, "30 and 5, 40 and 1"
    assert "$35.00" in until
    assert text_of(get(client, "/exceptions/expiring?until=2026-03-22")).count(number) == 0
