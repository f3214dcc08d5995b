"""On account, billed up front: what was billed and does not come is credited, never given back, and comes off the bills."""

from __future__ import annotations

import pytest

from perennial.desk.read.exceptions import exceptions
from perennial.desk.read.order_page import order_page
from perennial.desk.read.waiting import waiting
from perennial.jobs.check import check
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.watch import watch
from perennial.kernel.money import Money
from perennial.orders.models import OrderEvent, SalesOrder
from perennial.payments.models import Bill, Payment
from perennial.payments.surplus import Beyond, beyond_of, surplus
from tests.worlds import actions
from tests.worlds.desk import ANNA, ON, day, make_children, order, refused, run, sent

pytestmark = pytest.mark.usefixtures("club")


def billed() -> str:
    """An order of 69.00 in three bills of 23.00, of which the first shipment, of 12.00, came."""
    number = order("UP")
    make_children(ON)
    sent(f"{number}-1-001", on=ON)
    (first,) = Payment.objects.all()
    Payment.objects.filter(pk=first.pk).update(
        method="on_account", card=None, status="billed", at_invoice=False, amount_minor=2300
    )
    for part in (2, 3):
        first.pk, first.number, first.due_on, first.status = None, part, day(30 * part), "billed"
        first.method, first.card, first.at_invoice, first.amount_minor = "on_account", None, False, 2300
        Payment.objects.bulk_create([first])
    Bill.objects.bulk_create(
        Bill(payment=one, on_date=ON, due_on=one.due_on, amount_minor=2300) for one in Payment.objects.all()
    )
    return number


def bills() -> list[tuple[int, str]]:
    return list(Payment.objects.order_by("number").values_list("amount_minor", "status"))


def test_what_was_billed_and_does_not_come_is_credited_and_what_came_stays_owed() -> None:
    number = billed()
    parent = SalesOrder.objects.get(number=number).pk
    came = SalesOrder.objects.get(number=f"{number}-1-001").total_minor
    with refused("number", "nothing_to_credit"):
        actions.settle(number=number, end="credited", reason="a word", **ANNA)
    done = actions.cancel(number=number, **ANNA)
    more = f"{(6900 - came) / 100:.2f} USD"
    assert (done.get("to_refund"), done["to_credit"], done["still_owed"]) == (None, more, f"{came / 100:.2f} USD")
    assert (surplus([parent]), beyond_of([parent])) == ({}, {parent: Beyond(0, 6900 - came)})
    assert [(one.code, one.steps) for one in waiting([parent], day(1))] == [("credit", ("credit",))]
    assert [one.code for one in order_page(number, on=day(1)).warnings] == ["credit"]
    (listed,) = exceptions("refund", on=day(1)).rows
    assert (listed.facts["amount"], listed.facts["credit"], listed.steps) == (
        None,
        Money(6900 - came, "USD"),
        ("credit",),
    )
    told = {one.code: one.facts for one in watch(day(1))}
    assert ("refunds_owed" in told, told["credits_owed"]["count"]) == (False, 1)
    done = actions.settle(number=number, end="credited", reason="credit note 7", **ANNA)
    assert (done["credited"], done["number"], done["status"]) == (more, 1, "billed")
    assert bills() == [(came, "billed"), (2300, "cancelled"), (2300, "cancelled")]
    told = [one.data["amount"] for one in OrderEvent.objects.filter(kind="payment_credited").order_by("pk")]
    assert told == [f"{(2300 - came) / 100:.2f}", "23.00", "23.00"]
    assert beyond_of([parent]) == {}
    assert [one.code for one in order_page(number, on=day(1)).warnings] == []
    assert exceptions("refund", on=day(1)).rows == ()
    assert check()["faults"] == []


def test_a_customer_who_comes_back_is_billed_again_for_what_was_credited() -> None:
    number = billed()
    actions.cancel(number=number, **ANNA)
    actions.settle(number=number, end="credited", reason="credit note 7", **ANNA)
    actions.reinstate(number=number, **ANNA)
    assert bills() == [(1200, "billed"), (5700, "due"), (2300, "cancelled")]
    run(ProcessPayments(), day(90))
    assert bills()[1] == (5700, "billed")
    assert Bill.objects.get(payment__number=2).amount_minor == 5700
    assert check()["faults"] == []


def test_what_was_taken_is_given_back_and_only_the_rest_is_credited() -> None:
    number = billed()
    Payment.objects.filter(number=1).update(status="paid", captured_minor=2300)
    parent = SalesOrder.objects.get(number=number).pk
    came = SalesOrder.objects.get(number=f"{number}-1-001").total_minor
    done = actions.cancel(number=number, **ANNA)
    assert beyond_of([parent]) == {parent: Beyond(2300 - came, 4600)}
    assert (done["to_refund"], done["to_credit"]) == (f"{(2300 - came) / 100:.2f} USD", "46.00 USD")
    assert "still_owed" not in done
