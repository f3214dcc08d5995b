"""An open order is paid another way: what is not paid yet and what comes, never what is authorised or billed already."""

from __future__ import annotations

from typing import Any

import pytest

from perennial.continuity.models import ContinuityOrder
from perennial.customers.models import Customer
from perennial.desk.orders.method import methods_for
from perennial.jobs.check import check, check_once
from perennial.jobs.process_payments import ProcessPayments
from perennial.payments.models import Payment
from tests.worlds import actions
from tests.worlds.desk import ANNA, book, day, last_event, line, make_children, order, refused, run, sent, shown

pytestmark = pytest.mark.usefixtures("club")


@pytest.fixture(autouse=True)
def _in_order() -> Any:
    yield
    assert check()["faults"] == []
    assert check_once()["faults"] == []


def paid(number: str) -> list[tuple[Any, ...]]:
    """(what is paid, method, status, card) of each payment."""
    found = Payment.objects.filter(customer__account="C-1").exclude(purpose="refund").order_by("pk")
    return [(p.purpose, p.method, p.status, p.card.token if p.card else None) for p in found]


def test_from_card_to_on_account() -> None:
    number = order("CLUB")
    make_children(day(0))
    assert actions.payment_method(number=number, method="on_account", reason="has an account", **ANNA) == {
        "order": number, "payment_method": "on_account",
    }  # fmt: skip
    assert last_event(number)[0::4] == ("payment_method_changed", {"method": "on_account", "lines": [1]})
    assert paid(number) == [("shipment", "on_account", "due", None)]
    sent(f"{number}-1-001", day(0))
    run(ProcessPayments(), day(0))
    make_children(day(10))
    assert [one[1:3] for one in paid(number)] == [("on_account", "billed"), ("on_account", "due")]
    continuity = shown(number)["continuity"][0]
    assert (continuity["payment_method"], continuity["card"]) == ("on_account", None)


def test_what_is_authorised_stays_with_its_card() -> None:
    number = order("CLUB")
    make_children(day(0))
    run(ProcessPayments(), day(0))
    done = actions.payment_method(number=number, method="on_account", **ANNA)
    assert done["asked_already"][0]["card"] == "tok_visa"
    assert paid(number) == [("shipment", "card", "authorised", "tok_visa")]
    sent(f"{number}-1-001", day(0))
    run(ProcessPayments(), day(0))
    assert paid(number) == [("shipment", "card", "captured", "tok_visa")]


def test_back_to_a_card_and_what_is_billed_stays_so() -> None:
    number = order(line("CLUB", payment_method="on_account", card=None))
    make_children(day(0))
    sent(f"{number}-1-001", day(0))
    run(ProcessPayments(), day(0))
    make_children(day(10))
    done = actions.payment_method(number=number, method="card", card="tok_two", **ANNA)
    assert done["billed_already"] == [{"order": f"{number}-1-001", "amount": "16.50 USD"}]
    assert paid(number) == [("shipment", "on_account", "billed", None), ("shipment", "card", "due", "tok_two")]


def test_what_was_declined_is_due_by_the_new_method_and_what_waited_goes_on() -> None:
    number = order("CLUB")
    make_children(day(0))
    Payment.objects.update(status="due")
    Payment.objects.update(status="sent")
    Payment.objects.update(status="failed", attempts=3)
    actions.payment_method(number=number, method="on_account", **ANNA)
    assert paid(number) == [("shipment", "on_account", "due", None)]
    assert Payment.objects.get().attempts == 0


def test_taken_back() -> None:
    number = order("CLUB")
    make_children(day(0))
    before = shown(number)["continuity"], paid(number)
    actions.payment_method(number=number, method="on_account", **ANNA)
    actions.undo(number=number, **ANNA)
    assert (shown(number)["continuity"], paid(number)) == before


def test_parts_of_a_child_wait_as_the_method_wants_it() -> None:
    number = order(line("CLUB", payment_schedule="3X"))
    make_children(day(0))
    assert [p.at_invoice for p in Payment.objects.order_by("number")] == [True, False, False]
    actions.payment_method(number=number, method="on_account", **ANNA)
    assert [(p.at_invoice, p.not_before_shipped) for p in Payment.objects.all()] == [(False, False)] * 3
    actions.payment_method(number=number, method="card", card="tok_visa", **ANNA)
    assert [p.at_invoice for p in Payment.objects.order_by("number")] == [True, False, False]
    assert [p.not_before_shipped for p in Payment.objects.order_by("number")] == [False, True, True]


def test_what_cannot_pay_is_refused() -> None:
    number = order("CLUB", book())
    for method in ("check", "cash", "gift_card"):
        with refused("method", "method_pays_upfront"):
            actions.payment_method(number=number, method=method, **ANNA)
    with refused("card", "card_of_which"):
        actions.payment_method(number=number, method="card", **ANNA)
    with refused("card", "stored_card_expired"):
        actions.payment_method(number=number, method="card", card="tok_old", **ANNA)
    with refused("card", "card_pays_not"):
        actions.payment_method(number=number, method="on_account", card="tok_two", **ANNA)
    assert methods_for(number, 1) == ("card", "on_account")
    Customer.objects.filter(account="C-1").update(allow_on_account=False)
    with refused("method", "not_on_account"):
        actions.payment_method(number=number, method="on_account", **ANNA)
    actions.cancel(number=number, **ANNA)
    with refused("number", "nothing_is_paid_any_more"):
        actions.payment_method(number=number, method="card", card="tok_two", **ANNA)


def test_up_front_by_check() -> None:
    number = order("UP")
    assert methods_for(number, 1) == ("card", "on_account", "check", "cash", "gift_card")
    actions.payment_method(number=number, method="check", **ANNA)
    assert paid(number) == [("order", "check", "due", None)]
    assert ContinuityOrder.objects.get().payment_method == "check"
