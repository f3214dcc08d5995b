"""What is at a gateway stays there, whichever charges new cards; and what a gateway may answer besides yes and no."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from perennial.customers.models import GatewayCustomer, StoredCard
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.runner import run_job
from perennial.orders.models import Hold, OrderEvent, SalesOrder
from perennial.payments import actions, gateways
from perennial.payments.gateways import Answer, Request
from perennial.payments.gateways.sandbox import Sandbox
from perennial.payments.models import Attempt, Payment
from perennial.payments.refund import Why, refund
from tests.worlds.payments import ON, attempts, day, install, invoice, member, status

pytestmark = pytest.mark.django_db(transaction=True)


class Bank(Sandbox):
    """A gateway by another name, with a book of its own; it takes real money, and an authorisation lasts longer."""

    name = "bank"
    real = True
    authorisation_days = 20

    def __init__(self, home: Path) -> None:
        super().__init__(home, find_delay=0)
        self.asked: list[Request] = []

    def _answer(self, request: Request) -> Answer:
        self.asked.append(request)
        return super()._answer(request)

    authorise = charge = capture = void = refund = _answer


class OtherBank(Bank):
    name = "other"


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    found = Bank(tmp_path / "bank")
    monkeypatch.setitem(gateways._loaded, "bank", found)
    return found


@pytest.fixture
def other(tmp_path: Path, bank: Bank) -> Iterator[OtherBank]:
    """Another gateway, which charges here from day 1 on: what is done under ``use(bank)`` was before."""
    found = OtherBank(tmp_path / "other")
    with gateways.use(found):
        yield found


def night(on: date = ON) -> dict[str, int]:
    counts = run_job(ProcessPayments(), on=on)["counts"]
    return {word: number for word, number in counts.items() if number}


def test_captures_voids_and_refunds_go_where_it_was_authorised(bank: Bank, other: OtherBank) -> None:
    install()
    kept, dropped = member(number=1), member(number=2)
    child, gone = kept.child(1), dropped.child(1)
    captured, voided = kept.owes(child), dropped.owes(gone)
    with gateways.use(bank):
        assert night() == {"authorised": 2}
    captured.refresh_from_db()
    assert (captured.gateway, captured.authorised_until) == ("bank", day(19))
    invoice(child, on=day(12))
    SalesOrder.objects.filter(pk=gone.pk).update(status="cancelled")
    assert night(day(12)) == {"captured": 1, "voided": 1}  # the other one's last no longer than 7 dates
    refund(payment=captured.pk, amount_minor=500, why=Why(day(13), "clerk:anna", "late"))
    assert night(day(13)) == {"refunded": 1}
    assert status(voided) == "voided"
    booked = [line.kind for line in bank.lines()]  # requests of one night go out side by side
    assert (booked[:2], sorted(booked[2:4]), booked[4:]) == (["authorise"] * 2, ["capture", "void"], ["refund"])
    assert bank.taken() == {"USD": 1495}
    assert other.lines() == []
    assert set(Attempt.objects.values_list("gateway", flat=True)) == {"bank"}


def test_a_card_is_charged_by_the_gateway_that_keeps_it(bank: Bank, other: OtherBank) -> None:
    install(authorize_child_orders=False)
    old, new = member(number=1), member(number=2)
    StoredCard.objects.filter(pk=old.card.pk).update(gateway="bank")
    for m in (old, new):
        m.owes(m.child(1, status="invoiced"))
    assert night() == {"captured": 2}
    assert (len(bank.lines()), len(other.lines())) == (1, 1)
    assert set(Payment.objects.values_list("gateway", flat=True)) == {"bank", "other"}


def test_what_nobody_knows_is_asked_where_it_was_sent(bank: Bank, other: OtherBank) -> None:
    install(authorize_child_orders=False)
    payment = (m := member("tok_lost")).owes(m.child(1, status="invoiced"))
    bank.find_delay = 3600
    with gateways.use(bank):
        assert night() == {"unknown": 1}
    with bank._book() as book:
        book.execute("update entry set known_at = 0")
    assert night(day(1)) == {"captured": 1}
    assert (status(payment), payment.gateway, other.lines()) == ("captured", "bank", [])


def test_a_gateway_that_is_not_installed_any_more(other: OtherBank) -> None:
    """Its cards are refused, so that a new one is asked for; of what it has authorised nobody knows more."""
    install(authorize_child_orders=False)
    first, second = member(number=1), member(number=2)
    StoredCard.objects.filter(pk=first.card.pk).update(gateway="gone")
    never = first.owes(first.child(1, status="invoiced"))
    there = second.owes(
        second.child(1, status="invoiced"), status="authorised", gateway="gone", gateway_ref="au_1", authorised_on=ON
    )
    assert night() == {"failed": 1, "unknown": 1}
    assert (status(never), status(there), other.lines()) == ("failed", "unknown", [])
    assert Attempt.objects.get(payment=never).message == "the gateway gone that keeps the card is not installed"


def test_the_sandbox_is_never_asked_where_real_money_is_taken(tmp_path: Path, other: OtherBank) -> None:
    install(authorize_child_orders=False)
    m = member()
    StoredCard.objects.update(gateway="sandbox")
    m.owes(m.child(1, status="invoiced"))
    assert night() == {"captured": 1}
    assert (other.taken(), Payment.objects.get().gateway) == ({"USD": 1995}, "other")


def test_what_the_gateway_gave_is_sent_with_the_next_request(bank: Bank) -> None:
    install(authorize_child_orders=False)
    m = member("tok_kept")
    with gateways.use(bank):
        m.owes(m.child(1, status="invoiced"))
        assert night() == {"captured": 1}
        m.owes(m.child(2, status="invoiced"))
        assert night(day(1)) == {"captured": 1}
    first, second = bank.asked
    card = StoredCard.objects.get()
    assert (first.network_transaction_id, first.gateway_customer) == (None, None)
    assert second.network_transaction_id == card.network_transaction_id
    assert card.network_transaction_id
    assert second.gateway_customer == GatewayCustomer.objects.get(customer=m.customer, gateway="bank").reference
    assert Attempt.objects.filter(network_transaction_id=card.network_transaction_id).count() == 2


def test_what_requires_the_customer_is_not_tried_again_without_them(bank: Bank) -> None:
    install(authorize_child_orders=False, reauthorization_limit=5)
    m = member("tok_customer")
    child = m.child(1, status="invoiced")
    payment = m.owes(child)
    with gateways.use(bank):
        assert night() == {"failed": 1}
        assert night(day(1)) == {}
        found = Attempt.objects.get()
        assert (found.outcome, found.category, found.final) == ("declined", "authentication", True)
        assert status(payment) == "failed"
        assert Hold.objects.get().order_id == child.pk
        m.card.refresh_from_db()
        assert m.card.refused
        # the customer has agreed: the card is stored anew, under the token of their agreement
        agreed = StoredCard.objects.create(
            customer=m.customer, token="tok_visa", exp_month=12, exp_year=2030, expires_on=date(2030, 12, 31)
        )
        actions.use_card(continuity_orders=[m.continuity.pk], orders=[], card=agreed.pk, on=day(2), by="clerk:anna")
        assert night(day(2)) == {"captured": 1}


@pytest.mark.parametrize(("token", "end"), [("tok_pending", "captured"), ("tok_pending_declined", "failed")])
def test_what_is_pending_is_asked_for_until_it_is_known(bank: Bank, token: str, end: str) -> None:
    install(authorize_child_orders=False, reauthorization_limit=1)
    payment = (m := member(token)).owes(m.child(1, status="invoiced"))
    bank.find_delay = 3600
    with gateways.use(bank):
        assert night() == {"unknown": 1}
        assert night(day(1)) == {"unknown": 1}
        assert [line.times for line in bank.lines()] == [1]
        with bank._book() as book:
            book.execute("update entry set known_at = 0")
        assert night(day(2)) == {end: 1}
    assert (status(payment), len(attempts(payment))) == (end, 1)
    assert Attempt.objects.get().category == ("soft" if end == "failed" else None)


def test_the_cards_of_the_sandbox_say_so(bank: Bank, tmp_path: Path) -> None:
    from tests.worlds import actions as desk

    install()
    member()
    details: dict[str, Any] = {"account": "C-1", "exp": "12/2031", "on": ON, "by": "clerk:anna"}
    with gateways.use(Sandbox(tmp_path / "sandbox")):
        desk.store_card(token="tok_a", **details)
    with gateways.use(bank):
        desk.store_card(token="tok_b", **details)
    assert dict(StoredCard.objects.values_list("token", "gateway")) == {
        "tok_visa": None,
        "tok_a": "sandbox",
        "tok_b": "bank",
    }


def test_what_a_gateway_says_of_a_card_does_not_name_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does what went wrong on the way, which names what was asked for: it stands in histories, and on pages."""
    install()
    token = "pm_0f3a9b7c"
    one = member(token)
    one.owes(one.child(1), at_invoice=False)
    book = Sandbox(tmp_path)
    monkeypatch.setattr(
        book, "charge", lambda _: Answer("declined", message=f"{token} belongs to somebody else", category="hard")
    )
    with gateways.use(book):
        run_job(ProcessPayments(), on=ON)
    assert Attempt.objects.get().message == "… belongs to somebody else"
    assert token not in str([*Hold.objects.values(), *OrderEvent.objects.values()])
