"""Money is given back by hand calculation: spread over payments, up to a limit, with a cancellation, again, by check."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from perennial.catalog.models import Parameters
from perennial.errors import Refused
from perennial.jobs.check import check_once
from perennial.orders.models import OrderEvent, SalesOrder
from perennial.payments.models import Attempt, Payment, RefundRequest
from perennial.payments.surplus import surplus
from tests.worlds import actions
from tests.worlds.desk import ANNA, ON, book, day, make_children, order, refused, sent
from tests.worlds.leading import lead

pytestmark = pytest.mark.usefixtures("club")

WHY: dict[str, Any] = {**ANNA, "reason": "she asked"}
LUCA: dict[str, Any] = {"on": ON, "by": "finance:luca", "reason": "seen"}


def captured(payment: Payment, on: Any = ON) -> None:
    """A card has paid it on a day."""
    lead(
        Payment.objects.filter(pk=payment.pk),
        "captured",
        captured_minor=payment.amount_minor,
        gateway="sandbox",
        gateway_ref=f"ch_{payment.pk}",
    )
    Attempt.objects.create(
        payment=payment, kind="charge", number=1, key=f"k{payment.pk}", amount_minor=payment.amount_minor,
        on_date=on, outcome="approved", gateway="sandbox",
    )  # fmt: skip


def parts() -> str:
    """An order of 69.00 (12.00, 23.00, 34.00 with delivery and tax), in three parts of 23.00, all paid one after the other."""
    number = order("PART")
    for at, payment in enumerate(Payment.objects.order_by("number")):
        assert payment.amount_minor == 2300
        captured(payment, ON + timedelta(at))
    return number


def whole() -> str:
    """The same order in one payment, paid; the first shipment has left."""
    number = order("UP")
    captured(Payment.objects.get())
    make_children(ON)
    sent(f"{number}-1-001", ON)
    return number


def back(done: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What is given back: of which payment, how much."""
    return [(one["order"], one["number"], one["amount"]) for one in done["refunds"]]


def given(number: str) -> list[tuple[int, int, str]]:
    """The refunds of an order: of which part, how much, how it stands."""
    found = Payment.objects.filter(purpose="refund").order_by("pk")
    return [(one.refunds.number, one.amount_minor, one.status) for one in found if one.refunds]


def test_the_latest_capture_is_given_back_first_and_all_of_it_or_nothing() -> None:
    number = parts()
    done = actions.refund(number=number, amount="30.01", **WHY)
    assert (done["amount"], done["status"]) == ("30.01", "due")
    assert back(done) == [(number, 3, "23.00 USD"), (number, 2, "7.01 USD")]
    for nothing in ("0", "0.00", "-5.00"):
        with refused("amount", "refund_above_0", "38.99"):
            actions.refund(number=number, amount=nothing, **WHY)
    with refused("amount", "refund_too_much", "38.99"):
        actions.refund(number=number, amount="39.00", **WHY)
    assert given(number) == [(3, 2300, "due"), (2, 701, "due")]
    assert back(actions.refund(number=number, amount="38.99", **WHY)) == [
        (number, 2, "15.99 USD"),
        (number, 1, "23.00 USD"),
    ]


def test_of_the_children_of_an_order_the_one_that_paid_last_comes_first() -> None:
    number = order("CLUB")
    make_children(ON)
    make_children(day(10))
    first, second = (f"{number}-1-{n:03}" for n in (1, 2))
    captured(Payment.objects.get(order__number=first), ON)
    captured(Payment.objects.get(order__number=second), day(10))
    with pytest.raises(Refused) as several:
        actions.refund(number=number, **WHY)
    assert (several.value.code, several.value.facts["children"]) == ("refund_which", [first, second])
    paid = Payment.objects.get(order__number=second).amount_minor
    done = actions.refund(number=number, amount=f"{(paid + 150) / 100:.2f}", **WHY)
    assert back(done) == [(second, 1, f"{paid / 100:.2f} USD"), (first, 1, "1.50 USD")]
    assert back(actions.refund(number=first, amount="1.00", **WHY)) == [(first, 1, "1.00 USD")]


def test_what_paid_for_nothing_that_comes_goes_back_first() -> None:
    number = order("UP", book())
    upfront, ordinary = Payment.objects.order_by("purpose")
    assert (upfront.purpose, ordinary.purpose) == ("order", "ordinary")
    captured(upfront, ON)
    captured(ordinary, day(5))
    actions.cancel(number=number, line=1, **ANNA)
    assert back(actions.refund(number=number, amount="70.00", **WHY)) == [
        (number, 1, "1.00 USD"),
        (number, 1, "69.00 USD"),
    ]


class TestLimit:
    @pytest.fixture(autouse=True)
    def limit(self, club: None) -> None:
        Parameters.objects.update(refund_limit_minor=2000)

    def test_above_it_another_person_approves_all_of_it(self) -> None:
        number = parts()
        assert actions.refund(number=number, amount="20.00", **WHY)["status"] == "due"
        done = actions.refund(number=number, amount="0.01", **WHY)  # together on one day it is above
        assert done["status"] == "draft"
        with refused("number", "refund_waits_already"):
            actions.refund(number=number, amount="30.00", **WHY)
        with refused("by", "refund_own_approval"):
            actions.approve_refund(number=number, **WHY)
        done = actions.approve_refund(number=number, **LUCA)
        assert (done["status"], done["asked_by"], done["approved_by"]) == ("due", "clerk:anna", "finance:luca")
        with refused("number", "refund_not_asked"):
            actions.approve_refund(number=number, **LUCA)
        kinds = OrderEvent.objects.filter(kind__startswith="payment_refund").order_by("pk")
        assert [(one.kind, one.by) for one in kinds] == [
            ("payment_refund_due", "clerk:anna"),
            ("payment_refund_asked", "clerk:anna"),
            ("payment_refund_approved", "finance:luca"),
        ]

    def test_what_waits_counts_as_given_back_until_it_is_declined(self) -> None:
        number = parts()
        done = actions.refund(number=number, amount="60.00", **WHY)
        assert back(done) == [(number, 3, "23.00 USD"), (number, 2, "23.00 USD"), (number, 1, "14.00 USD")]
        with refused("amount", "refund_too_much", "9.00"):
            actions.refund(number=number, amount="9.01", approved_by="Luca", **WHY)
        assert actions.decline_refund(number=number, **LUCA)["status"] == "cancelled"
        assert given(number) == [(3, 2300, "cancelled"), (2, 2300, "cancelled"), (1, 1400, "cancelled")]
        done = actions.refund(number=number, amount="69.00", approved_by="Luca", **WHY)
        assert (done["status"], done["approved_by"]) == ("due", "Luca")

    def test_who_asked_may_take_it_back(self) -> None:
        number = parts()
        actions.refund(number=number, amount="60.00", **WHY)
        assert actions.decline_refund(number=number, **WHY)["asked_by"] == "clerk:anna"

    def test_without_a_limit_a_clerk_asks_for_everything_and_others_for_nothing(self) -> None:
        Parameters.objects.update(refund_limit_minor=None)
        number = parts()
        assert actions.refund(number=number, amount="60.00", **WHY)["status"] == "due"
        assert actions.refund(number=number, amount="0.01", limited=True, **WHY)["status"] == "draft"

    def test_what_is_tried_again_counts_as_a_new_one_does(self) -> None:
        number = parts()
        actions.refund(number=number, amount="20.00", **WHY)
        lead(Payment.objects.filter(purpose="refund"), "failed")
        actions.refund(number=number, amount="20.00", part=2, **WHY)
        with refused("amount", "refund_check_not_approved"):
            actions.refund_again(number=number, check="771", **WHY)
        assert actions.refund_again(number=number, **WHY)["status"] == "draft"
        first, second = Payment.objects.filter(purpose="refund").order_by("pk")
        assert (first.status, second.status) == ("draft", "due")
        with refused("by", "refund_own_approval"):
            actions.approve_refund(number=number, **WHY)
        assert actions.approve_refund(number=number, **LUCA)["status"] == "due"
        lead(Payment.objects.filter(pk=first.pk), "failed")
        assert actions.refund_again(number=number, **WHY)["status"] == "due"  # it was approved
        assert check_once()["faults"] == []

    def test_on_another_day_it_counts_on_that_day(self) -> None:
        number = parts()
        actions.refund(number=number, amount="20.00", **WHY)
        lead(Payment.objects.filter(purpose="refund"), "failed")
        later = WHY | {"on": day(3)}
        assert actions.refund_again(number=number, **later)["status"] == "due"
        assert actions.refund(number=number, amount="0.01", **later)["status"] == "draft"

    def test_nobody_has_approved_what_they_give_back_themselves(self) -> None:
        number = parts()
        mine = WHY | {"approved_by": WHY["by"]}
        with refused("approved_by", "refund_own_approval"):
            actions.refund(number=number, amount="20.01", **mine)
        with refused("approved_by", "refund_own_approval"):
            actions.cancel(number=number, give_back=True, **mine)
        assert actions.refund(number=number, amount="20.00", **mine)["status"] == "due"
        lead(Payment.objects.filter(purpose="refund"), "failed")
        Parameters.objects.update(refund_limit_minor=1999)
        with refused("approved_by", "refund_own_approval"):
            actions.refund_again(number=number, **mine)
        assert actions.refund_again(number=number, **WHY, approved_by="Luca")["status"] == "due"


class TestCancelledMidway:
    def test_what_does_not_come_is_given_back_with_the_cancellation(self) -> None:
        number = whole()  # 69.00 paid, 12.00 sent
        done = actions.cancel(number=number, give_back=True, **WHY)
        assert (done["given_back"], "to_refund" in done) == ("57.00 USD", False)
        assert given(number) == [(1, 5700, "due")]
        assert surplus([SalesOrder.objects.get(number=number).pk]) == {}

    def test_of_parts_the_latest_first(self) -> None:
        number = parts()
        make_children(ON)
        sent(f"{number}-1-001", ON)
        assert actions.cancel(number=number, after=1, give_back=True, **WHY)["given_back"] == "57.00 USD"
        assert given(number) == [(3, 2300, "due"), (2, 2300, "due"), (1, 1100, "due")]

    def test_odd_cents_with_tax(self) -> None:
        number = order("UP")
        actions.price(number=number, shipment=2, price="19.99", **ANNA)  # 19.99 + 1.00 + 2.00 of tax
        actions.price(number=number, shipment=3, price="0.33", **ANNA)  # 0.33 + 1.00 + 0.03 of tax
        payment = Payment.objects.get()
        assert payment.amount_minor == 1200 + 2299 + 136
        captured(payment)
        make_children(ON)
        sent(f"{number}-1-001", ON)
        done = actions.cancel(number=number, after=2, give_back=True, **WHY)
        assert done["given_back"] == "1.36 USD"

    def test_above_the_limit_it_waits_and_an_undo_takes_it_back(self) -> None:
        Parameters.objects.update(refund_limit_minor=5699)
        number = whole()
        done = actions.cancel(number=number, give_back=True, **WHY)
        assert (done["given_back"], done["refund_waits"]) == ("57.00 USD", True)
        actions.undo(number=number, **ANNA)
        assert given(number) == [(1, 5700, "cancelled")]
        assert RefundRequest.objects.get().approved is False
        assert surplus([SalesOrder.objects.get(number=number).pk]) == {}
        assert check_once()["faults"] == []

    def test_what_is_not_paid_ends(self) -> None:
        number = order("PART")
        first, *_ = Payment.objects.order_by("number")
        captured(first)
        done = actions.cancel(number=number, give_back=True, **WHY)
        assert done["given_back"] == "23.00 USD"
        assert [one.status for one in Payment.objects.exclude(purpose="refund").order_by("number")] == [
            "captured", "cancelled", "cancelled",
        ]  # fmt: skip


class TestFailed:
    def failed(self) -> str:
        number = parts()
        actions.refund(number=number, amount="23.00", **WHY)
        lead(Payment.objects.filter(purpose="refund"), "failed")
        return number

    def test_it_is_tried_again(self) -> None:
        number = self.failed()
        assert actions.refund_again(number=number, **WHY)["status"] == "due"
        with refused("number", "no_refund_failed"):
            actions.refund_again(number=number, **WHY)

    def test_or_given_back_by_check(self) -> None:
        number = self.failed()
        with refused("given_on", "given_ahead"):
            actions.refund_again(number=number, check="771", given_on=day(1), **WHY)
        done = actions.refund_again(number=number, check="771", given_on=ON - timedelta(1), **WHY)
        assert done["status"] == "captured"
        refund = Payment.objects.get(purpose="refund")
        assert (refund.method, refund.captured_minor, Payment.objects.get(number=3).refunded_minor) == (
            "check",
            2300,
            2300,
        )
        tried = Attempt.objects.get(payment=refund)
        assert (tried.gateway, tried.gateway_ref, tried.on_date) == (None, "771", ON - timedelta(1))

    def test_not_when_so_much_is_not_left(self) -> None:
        number = self.failed()
        actions.refund(number=number, amount="69.00", **WHY)
        with refused("amount", "refund_too_much"):
            actions.refund_again(number=number, **WHY)


def test_what_no_card_paid_goes_back_by_check() -> None:
    number = whole()
    Payment.objects.update(method="check", card=None, gateway=None, gateway_ref=None)
    with refused("number", "refund_not_of_a_card"):
        actions.refund(number=number, **WHY)
    done = actions.refund(number=number, amount="5.00", check="12", **WHY)
    assert (done["status"], back(done)) == ("captured", [(number, 1, "5.00 USD")])
    Parameters.objects.update(refund_limit_minor=500)
    with refused("amount", "refund_check_not_approved"):
        actions.refund(number=number, amount="0.01", check="13", **WHY)
