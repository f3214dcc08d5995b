"""How a payment ends that the jobs cannot bring to an end: a person looked it up, or gives it up."""

from __future__ import annotations

from typing import Any

import pytest

from perennial.continuity.models import Occurrence
from perennial.errors import Refused
from perennial.jobs.check import check, check_once
from perennial.language import say
from perennial.orders.models import Hold, OrderEvent
from perennial.payments.models import Attempt, Payment
from tests.worlds import actions
from tests.worlds.desk import (
    ANNA,
    ON,
    book,
    day,
    last_event,
    make_children,
    order,
    payments,
    refused,
    sent,
    shown,
)
from tests.worlds.leading import lead

pytestmark = pytest.mark.usefixtures("club")

WHY: dict[str, Any] = {**ANNA, "reason": "seen at the gateway"}


def unknown(number: str, kind: str = "authorise") -> str:
    """The first child, of whose card nobody knows whether it was charged."""
    assert make_children(ON) == 1
    child = f"{number}-1-001"
    payment = Payment.objects.get(order__number=child)
    lead(Payment.objects.filter(pk=payment.pk), "unknown", attempts=1)
    Attempt.objects.create(
        payment=payment,
        kind=kind,
        number=1,
        key=child,
        amount_minor=payment.amount_minor,
        outcome="unknown",
        on_date=ON,
    )
    return child


def told_amount(child: str) -> str:
    """What a child costs, as its document says."""
    (found,) = (one for one in shown(child[:9])["children"] if one["number"] == child)
    return str(found["total"])


@pytest.mark.parametrize(("end", "status"), [("taken", "authorised"), ("not-taken", "due")])
def test_what_was_found_out(end: str, status: str) -> None:
    child = unknown(order("CLUB"))
    with refused("number", "no_payment_in_state", "that is due or declined or failed or billed"):
        actions.settle(number=child, end="written-off", **WHY)
    told = actions.settle(number=child, end=end, **WHY)
    assert told == {"order": child, "purpose": "shipment", "number": 1, "status": status}
    kind, _, _, reason, data = last_event(child[:9])
    assert (kind, reason, data.pop("as")) == ("payment_settled", "seen at the gateway", end)
    assert data == {"child": child, "purpose": "shipment", "number": 1, "amount": told_amount(child), "currency": "USD"}
    assert check()["faults"] == check_once()["faults"] == []
    with refused("number", "no_payment_in_state", "has no payment that is unknown"):
        actions.settle(number=child, end=end, **WHY)


def test_what_never_came_of_a_cancelled_child_is_not_owed() -> None:
    child = unknown(order("CLUB"))
    actions.cancel(number=child, **ANNA)
    assert actions.settle(number=child, end="not-taken", **WHY)["status"] == "cancelled"
    assert check()["faults"] == []


def test_what_nobody_will_pay_lets_the_rest_go_on() -> None:
    number = order("CLUB")
    make_children(ON)
    child = f"{number}-1-001"
    sent(child, on=ON)
    failed = Payment.objects.filter(order__number=child)
    lead(failed, "failed")
    Hold.objects.create(order=failed.get().order, code="payment", reason="no money", stops="both", on_date=ON)
    assert actions.settle(number=child, end="written-off", **WHY)["status"] == "written_off"
    assert not Hold.objects.filter(released_on=None).exists()
    assert make_children(day(10)) == 1


def test_one_of_several_is_named() -> None:
    number = order("PART")
    with refused("part", "several_payments", "order 1 (due), order 2 (due), order 3 (due)"):
        actions.settle(number=number, end="written-off", **WHY)
    actions.settle(number=number, end="written-off", part=3, **WHY)
    assert [status for *_, status in payments(number)] == ["due", "due", "written_off"]


def test_one_of_several_lines_is_named() -> None:
    """Two lines that are billed up front and an ordinary one: each has a payment of the number 1."""
    number = order("PART", "UP", book())
    said = "line 1: order 1 (due), line 1: order 2 (due), line 1: order 3 (due), line 2: order 1 (due), line 3: ordinary 1 (due)"
    with refused("line", "several_payments_of_lines", f"say which line, and which payment of it; {said}"):
        actions.settle(number=number, end="written-off", **WHY)
    with refused("line", "several_payments_of_lines", "say which line"):
        actions.settle(number=number, end="written-off", part=1, **WHY)
    with refused("part", "several_payments", "order 1 (due), order 2 (due), order 3 (due)"):
        actions.settle(number=number, end="written-off", line=1, **WHY)
    with refused("line", "line_unknown", f"{number} has no line 4"):
        actions.settle(number=number, end="written-off", line=4, **WHY)
    for at, purpose in ((1, "order"), (2, "order"), (3, "ordinary")):
        done = actions.settle(number=number, end="written-off", line=at, part=1, **WHY)
        assert (done["purpose"], done["number"], done["status"]) == (purpose, 1, "written_off")
    assert Payment.objects.filter(status="written_off").count() == 3
    make_children(ON)
    with refused("line", "child_paid_as_a_whole", "is a child, which is paid as a whole"):
        actions.settle(number=f"{number}-1-001", end="written-off", line=1, **WHY)


def test_a_line_that_is_paid_by_the_shipment_is_not_settled_by_its_number() -> None:
    """Its own payments are those of its children: never another line's instead."""
    number = order("CLUB", book())
    make_children(ON)
    with refused(
        "line", "line_paid_by_shipment", "line 1 is paid by the shipment: settle it by the number of the child"
    ):
        actions.settle(number=number, end="written-off", line=1, **WHY)
    assert actions.settle(number=number, end="written-off", line=2, **WHY)["purpose"] == "ordinary"


def captured(payment: Payment) -> None:
    """A card has paid it."""
    lead(
        Payment.objects.filter(pk=payment.pk),
        "captured",
        captured_minor=payment.amount_minor,
        gateway="sandbox",
        gateway_ref=f"ch_{payment.pk}",
    )


def test_what_was_paid_is_given_back_and_one_of_several_is_named() -> None:
    number = order("PART", "UP", book())
    with pytest.raises(Refused) as nothing:
        actions.refund(number=number, **WHY)
    assert (nothing.value.code, nothing.value.facts) == ("refund_nothing_captured", {"order": number})
    first, second, _, upfront, ordinary = Payment.objects.order_by("continuity_order__parent_line__line", "number")
    for payment in (first, second, upfront, ordinary):
        captured(payment)
    with pytest.raises(Refused) as several:
        actions.refund(number=number, **WHY)
    assert several.value.field == "line"
    assert (
        say(several.value)
        == f"{number} has several payments that were taken: of the lines 1, 2, 3, payments 1, 2, 1, 1; "
        "in all at most 127.00 USD can be given back: say how much"
    )
    with pytest.raises(Refused) as parts:
        actions.refund(number=number, line=1, **WHY)
    assert (parts.value.code, parts.value.field, parts.value.facts["parts"]) == ("refund_which", "part", [1, 2])
    done = actions.refund(number=number, line=1, part=2, amount="1.50", **WHY)
    back = {"order": number, "purpose": "order", "number": 2, "refund": 1, "amount": "1.50 USD"}
    assert done == {"order": number, "amount": "1.50", "status": "due", "refunds": [back]}
    with refused("amount", "refund_too_much"):
        actions.refund(number=number, line=1, part=2, amount="1000.00", **WHY)
    assert actions.refund(number=number, line=3, **WHY)["refunds"][0]["purpose"] == "ordinary"


def test_a_refund_is_settled_too() -> None:
    child = unknown(order("CLUB"))
    actions.settle(number=child, end="taken", **WHY)
    captured(Payment.objects.get(order__number=child))
    actions.refund(number=child, amount="1.00", **WHY)
    lead(Payment.objects.filter(purpose="refund"), "failed")
    done = actions.settle(number=child, end="written-off", **WHY)
    assert (done["purpose"], done["number"], done["status"]) == ("refund", 1, "written_off")
    assert actions.refund(number=child, amount="1.00", **WHY)["refunds"][0]["refund"] == 2


def statuses(number: str) -> list[tuple[int, str]]:
    """By shipment: what became of it."""
    found = Occurrence.objects.filter(continuity_order__order__number=number).order_by("event_on")
    return [(one.shipment or 0, one.status) for one in found]


def owed(number: str) -> list[tuple[int, str, str]]:
    """What is owed of an order billed up front: number, amount, status."""
    return [(n, amount, status) for _, purpose, n, amount, status in payments(number) if purpose == "order"]


class TestWriteOffOfAnOrderBilledUpFront:
    """Three shipments of 12.00, 23.00 and 34.00: what nobody pays is not given away."""

    def first_is_sent(self) -> str:
        number = order("UP")
        make_children(ON)
        sent(f"{number}-1-001", on=ON)
        lead(Payment.objects.all(), "failed")
        return number

    def test_what_it_paid_for_and_has_not_left_is_stopped(self) -> None:
        number = self.first_is_sent()
        done = actions.settle(number=number, end="written-off", approved_by="Marta Galli", **WHY)
        assert (done["status"], done["stopped"], done["approved_by"]) == ("written_off", [2, 3], "Marta Galli")
        assert statuses(number) == [(1, "ordered"), (0, "cancelled"), (0, "cancelled")]
        assert owed(number) == [(1, "69.00", "written_off")]
        assert make_children(day(30)) == 0
        assert check()["faults"] == check_once()["faults"] == []
        event = OrderEvent.objects.get(kind="payment_written_off")
        assert (event.reason, event.data["approved_by"], event.data["stopped"]) == (
            "seen at the gateway",
            "Marta Galli",
            [2, 3],
        )

    def test_sent_all_the_same_it_is_named(self) -> None:
        number = self.first_is_sent()
        done = actions.settle(number=number, end="written-off", shipments="send", **WHY)
        assert (done["sent_unpaid"], done["approved_by"]) == ([2, 3], "clerk:anna")
        assert "stopped" not in done
        assert [status for _, status in statuses(number)] == ["ordered", "scheduled", "scheduled"]
        assert make_children(day(30)) == 2
        assert owed(number) == [(1, "69.00", "written_off")]

    def test_a_child_that_has_not_left_is_stopped_too(self) -> None:
        number = order("UP")
        make_children(ON)
        lead(Payment.objects.all(), "failed")
        assert actions.settle(number=number, end="written-off", **WHY)["stopped"] == [1, 2, 3]
        assert shown(number)["status"] == "cancelled"
        assert [one["status"] for one in shown(number)["children"]] == ["cancelled"]
        assert check()["faults"] == []

    def test_of_several_parts_the_others_pay_first_what_left_then_the_rest_in_turn(self) -> None:
        number = order("PART")
        assert owed(number) == [(1, "23.00", "due"), (2, "23.00", "due"), (3, "23.00", "due")]
        captured(Payment.objects.get(number=1))
        lead(Payment.objects.filter(number=3), "failed")
        done = actions.settle(number=number, end="written-off", part=3, **WHY)
        assert done["stopped"] == [3]
        assert owed(number) == [(1, "23.00", "captured"), (2, "12.00", "due"), (3, "23.00", "written_off")]

    def test_of_several_parts_sent_all_the_same_the_others_stay(self) -> None:
        number = order("PART")
        lead(Payment.objects.filter(number=3), "failed")
        actions.settle(number=number, end="written-off", part=3, shipments="send", **WHY)
        assert owed(number) == [(1, "23.00", "due"), (2, "23.00", "due"), (3, "23.00", "written_off")]

    def test_what_was_taken_for_what_is_stopped_is_told(self) -> None:
        number = order("PART")
        for part in (1, 2):
            captured(Payment.objects.get(number=part))
        lead(Payment.objects.filter(number=3), "failed")
        done = actions.settle(number=number, end="written-off", part=3, **WHY)
        assert (done["stopped"], done["to_refund"]) == ([3], "11.00 USD")
        make_children(day(30))
        assert shown(number)["children"][-1]["total"] == "23.00"

    def test_what_is_paid_by_the_others_goes_on(self) -> None:
        number = order("PART")
        for part in (1, 2):
            captured(Payment.objects.get(number=part))
        lead(Payment.objects.filter(number=3), "failed")
        actions.skip(number=number, shipment=3, **ANNA)
        assert owed(number)[2][2] == "cancelled"
        with refused("number", "no_such_payment_in_state"):
            actions.settle(number=number, end="written-off", part=3, **WHY)

    def test_one_that_stands_before_a_shipment_that_left_is_taken_out(self) -> None:
        number = order("UP")
        make_children(day(30))
        actions.cancel(number=f"{number}-1-002", again=True, **ANNA)
        for child in (f"{number}-1-001", f"{number}-1-003"):
            sent(child, on=day(30))
        lead(Payment.objects.all(), "failed")
        assert actions.settle(number=number, end="written-off", **WHY)["stopped"] == [2]
        assert [status for _, status in statuses(number)] == ["ordered", "skipped", "ordered"]
        assert make_children(day(60)) == 0
        assert check()["faults"] == []

    def test_what_becomes_of_shipments_is_asked_of_a_write_off_alone(self) -> None:
        child = unknown(order("CLUB"))
        with refused("shipments", "only_of_write_off"):
            actions.settle(number=child, end="taken", shipments="stop", **WHY)
        with refused("approved_by", "only_of_write_off"):
            actions.settle(number=child, end="taken", approved_by="Marta", **WHY)
        with refused("shipments", "unknown_word"):
            actions.settle(number=child, end="written-off", shipments="keep", **WHY)
