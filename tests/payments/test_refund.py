"""Money that was taken is given back: once, never more than was taken, by the gateway that took it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from perennial.errors import Refused
from perennial.jobs.check import check, check_once
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.runner import run_job
from perennial.kernel.money import Money
from perennial.orders.models import Hold, OrderEvent
from perennial.payments import actions, blocked, gateways
from perennial.payments.gateways.sandbox import Sandbox
from perennial.payments.models import Attempt, Payment
from perennial.payments.refund import Why, refund
from tests.worlds.payments import Member, attempts, day, install, invoice, member, ordinary_line, status

pytestmark = pytest.mark.django_db(transaction=True)

ON = day(10)
WHO: dict[str, Any] = {"by": "clerk:anna", "reason": "it came broken"}
WHY = Why(ON, **WHO)


@pytest.fixture(autouse=True)
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with gateways.use(Sandbox(tmp_path, find_delay=0)) as found:
        yield found  # type: ignore[misc]


def night(on: date = ON) -> dict[str, Any]:
    return run_job(ProcessPayments(), on=on)


def counted(on: date = ON) -> dict[str, int]:
    return {word: number for word, number in night(on)["counts"].items() if number}


def taken(token: str = "tok_visa", *, authorise: bool = False, **parameters: Any) -> tuple[Member, Payment]:
    """A child whose payment was captured."""
    install(authorize_child_orders=authorise, **parameters)
    m = member(token)
    child = m.child(1)
    payment = m.owes(child)
    if authorise:
        night(day(0))
    invoice(child)
    night(day(0))
    assert status(payment) == "captured"
    return m, payment


def back(payment: Payment) -> Payment:
    return Payment.objects.get(refunds=payment)


@pytest.mark.parametrize("authorise", [True, False])
def test_a_payment_is_given_back_whole(sandbox: Sandbox, authorise: bool) -> None:
    m, payment = taken(authorise=authorise)
    made = refund(payment=payment.pk, why=WHY)
    assert (made.purpose, made.number, made.amount_minor, made.status) == ("refund", 1, 1995, "due")
    assert sandbox.taken() == {"USD": 1995}
    report = night()
    assert {word: n for word, n in report["counts"].items() if n} == {"refunded": 1}
    assert report["amounts"]["USD"]["refunded"] == "19.95"
    made.refresh_from_db()
    payment.refresh_from_db()
    assert (made.status, made.captured_minor, made.refunded_minor) == ("captured", 1995, 0)
    assert (payment.status, payment.captured_minor, payment.refunded_minor) == ("captured", 1995, 1995)
    assert attempts(made) == [("refund", 1, "approved")]
    assert sandbox.taken() == {"USD": 0}
    told = OrderEvent.objects.filter(order=m.parent, kind__contains="refund").order_by("id")
    assert [(e.kind, e.data["purpose"]) for e in told] == [
        ("payment_refund_due", "shipment"),
        ("payment_refunded", "refund"),
    ]
    assert "refunded" not in night(day(11))["counts"]
    assert check_once()["faults"] == []


def test_never_more_than_was_taken(sandbox: Sandbox) -> None:
    _, payment = taken()
    refund(payment=payment.pk, amount_minor=995, why=WHY)
    with pytest.raises(Refused) as refused:
        refund(payment=payment.pk, amount_minor=1001, why=WHY)
    assert (refused.value.code, refused.value.facts) == ("refund_too_much", {"left": Money(1000, "USD")})
    with pytest.raises(Refused, match="refund_too_much"):
        refund(payment=payment.pk, amount_minor=0, why=WHY)
    assert refund(payment=payment.pk, why=WHY).amount_minor == 1000
    with pytest.raises(Refused, match="refund_too_much"):
        refund(payment=payment.pk, why=WHY)
    assert counted() == {"refunded": 2}
    with pytest.raises(Refused, match="refund_too_much"):
        refund(payment=payment.pk, amount_minor=1, why=WHY)
    payment.refresh_from_db()
    assert (payment.refunded_minor, sandbox.taken()) == (1995, {"USD": 0})


def test_two_clerks_at_the_same_time_give_back_once() -> None:
    _, payment = taken()

    def clerk(_: int) -> bool:
        try:
            refund(payment=payment.pk, amount_minor=1500, why=WHY)
        except Refused:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(clerk, range(4))) == [False, False, False, True]
    assert Payment.objects.filter(purpose="refund").count() == 1


def test_what_cannot_be_given_back() -> None:
    m, payment = taken()
    ordinary_line(m.parent)
    due = m.owes(m.parent)
    with pytest.raises(Refused, match="refund_of_nothing"):
        refund(payment=due.pk, why=WHY)
    check_ = m.owes(m.parent, number=2, method="check", status="captured", captured_minor=1995)
    with pytest.raises(Refused, match="refund_not_of_a_card"):
        refund(payment=check_.pk, why=WHY)
    Payment.objects.filter(pk=payment.pk).update(gateway_ref=None)
    with pytest.raises(Refused, match="refund_without_reference"):
        refund(payment=payment.pk, why=WHY)


@pytest.mark.parametrize("token", ["tok_refund_lost", "tok_refund_pending"])
def test_what_nobody_knows_is_asked_for_and_not_sent_again(sandbox: Sandbox, token: str) -> None:
    sandbox.find_delay = 3600
    _, payment = taken(token)
    made = refund(payment=payment.pk, why=WHY)
    assert counted() == {"unknown": 1}
    assert status(made) == "unknown"
    with pytest.raises(Refused, match="refund_too_much"):
        refund(payment=payment.pk, amount_minor=1, why=WHY)
    if token == "tok_refund_pending":  # the gateway has it: it is not sent again, however often it is asked
        assert counted(day(11)) == {"unknown": 1}
        assert [line.times for line in sandbox.lines() if line.kind == "refund"] == [1]
        assert Attempt.objects.get(kind="refund").gateway_ref
        with sandbox._book() as book:
            book.execute("update entry set known_at = 0")
    assert counted(day(12)) == {"refunded": 1}
    assert attempts(made) == [("refund", 1, "approved")]
    assert (back(payment).status, sandbox.taken()) == ("captured", {"USD": 0})


def test_what_the_gateway_does_not_take_back_holds_nothing_and_is_tried_again(sandbox: Sandbox) -> None:
    m, payment = taken("tok_refund_declined", reauthorization_limit=2)
    m.occurrence(2, ship_on=day(40))
    faults = check()["faults"]  # this small world has some
    made = refund(payment=payment.pk, why=WHY)
    assert counted() == {"declined": 1}
    assert counted(day(11)) == {"failed": 1}
    assert counted(day(12)) == {}
    assert status(made) == "failed"
    assert not Hold.objects.exists()
    assert blocked.recompute([m.continuity.pk]) == 0
    assert [e.kind for e in OrderEvent.objects.filter(kind__startswith="payment_refund").order_by("id")] == [
        "payment_refund_due",
        "payment_refund_declined",
        "payment_refund_failed",
    ]
    m.card.refresh_from_db()
    assert m.card.refused is False
    assert refund(payment=payment.pk, why=replace(WHY, on=day(12))).number == 2  # a person may try anew
    assert check()["faults"] == faults


@pytest.mark.parametrize("happened", [True, False])
def test_a_person_finds_out_what_became_of_it(happened: bool) -> None:
    m, payment = taken()
    made = refund(payment=payment.pk, amount_minor=500, why=WHY)
    Payment.objects.filter(pk=made.pk).update(status="sent")
    Payment.objects.filter(pk=made.pk).update(status="unknown")
    Attempt.objects.create(payment=made, kind="refund", number=1, key="k", amount_minor=500, on_date=ON)
    m.parent.status = "cancelled"
    m.parent.save(update_fields=["status"])
    actions.settle_unknown(payment=made.pk, happened=happened, on=ON, **WHO)
    payment.refresh_from_db()
    assert (status(made), payment.refunded_minor) == (("captured", 500) if happened else ("due", 0))
