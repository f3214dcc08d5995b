"""A charge is disputed: what that stops, in whatever order it is told, how it ends, what it gives back."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest

from perennial.catalog.models import Parameters
from perennial.desk import gateway_events
from perennial.desk.disputes import reported
from perennial.desk.read.exceptions import counts, exceptions
from perennial.desk.read.orders import order as read_order
from perennial.jobs.check import check
from perennial.jobs.create_child_orders import CreateChildOrders
from perennial.jobs.watch import watch
from perennial.orders.models import Hold, OrderEvent, SalesOrder
from perennial.papers import evidence, pdf
from perennial.payments import gateways
from perennial.payments.gateway_events import _stored
from perennial.payments.gateways.contract import DisputeFacts, Event
from perennial.payments.models import Attempt, CardLink, Dispute, GatewayEvent, Payment, RefundRequest
from perennial.payments.next_step import facts, rules
from perennial.payments.surplus import surplus
from tests.desk.test_refunds import captured
from tests.worlds import actions
from tests.worlds.desk import ANNA, ON, day, last_event, make_children, order, refused, run, sent
from tests.worlds.leading import lead

pytestmark = pytest.mark.usefixtures("club")

BANK = DisputeFacts("dp_1", "ch_1", 1650, "USD", "product_not_received", "open", date(2026, 3, 25))
WHY: dict[str, Any] = {**ANNA, "reason": "the bank wrote"}


def paid() -> tuple[str, Payment]:
    """An order whose first child was sent and paid; the second is made and not sent."""
    number = order("CLUB")
    make_children(ON)
    sent(f"{number}-1-001", ON)
    make_children(day(10))
    payment = Payment.objects.get(order__number=f"{number}-1-001")
    captured(payment)
    Payment.objects.filter(pk=payment.pk).update(gateway_ref="ch_1")
    return number, payment


def told(status: str = "open", happened: int = 100, **more: Any) -> Any:
    return reported(
        gateway="sandbox",
        facts=BANK._replace(status=status, **more),
        happened=happened,
        on=day(11),
        by="gateway:sandbox",
    )


def open_holds(number: str) -> list[tuple[str, str]]:
    found = Hold.objects.filter(code="dispute", released_on=None).order_by("order__number")
    return [(one.order.number, one.stops) for one in found]


def test_it_stops_what_comes_and_what_was_made_until_it_is_won() -> None:
    number, _ = paid()
    done = told()
    assert (done.order, done.status, done.held) == (f"{number}-1-001", "open", True)
    assert open_holds(number) == [(number, "children+charging"), (f"{number}-1-002", "sending+charging")]
    with refused("number", "on_hold"):
        actions.ship(number=f"{number}-1-002", on=day(12), by="warehouse")
    assert run(CreateChildOrders(), day(25)).get("on_hold") == 2
    (one,) = exceptions("dispute", on=day(12)).rows
    assert (one.number, one.day, one.facts["status"], one.steps) == (
        f"{number}-1-001",
        date(2026, 3, 25),
        "open",
        ("dispute",),
    )
    assert counts(day(12)).dispute == 1
    assert "disputes_run_out" in [each.code for each in watch(date(2026, 3, 21))]
    assert "disputes_run_out" not in [each.code for each in watch(date(2026, 3, 19))]
    assert told("answered", 200).held
    assert counts(day(12)).dispute == 1
    assert not told("won", 300).held
    assert open_holds(number) == []
    assert counts(day(12)).dispute == 0
    kinds = OrderEvent.objects.filter(kind__startswith="dispute").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["dispute_open", "dispute_answered", "dispute_won"]
    assert check()["faults"] == []


def test_what_a_person_has_told_of_is_the_same_dispute_when_the_gateway_tells() -> None:
    number, _ = paid()
    actions.dispute(number=f"{number}-1-001", status="open", **WHY)
    told("open", 100)
    told("lost", 200)
    (one,) = Dispute.objects.all()
    assert (one.reference, one.status, one.amount_minor) == ("dp_1", "lost", 1650)
    told("open", 300, reference="dp_2")  # another one of the same charge
    assert Dispute.objects.count() == 2


def test_one_that_is_first_heard_of_when_it_is_lost_stops_what_comes_until_a_person_decides() -> None:
    number, payment = paid()
    done = told("lost", 200, minor=payment.amount_minor)
    assert (done.status, done.held) == ("lost", True)
    assert open_holds(number) == [(number, "children+charging"), (f"{number}-1-002", "sending+charging")]
    for held in (number, f"{number}-1-002"):
        actions.release(number=held, code="dispute", **ANNA)
    told("lost", 300, minor=payment.amount_minor - 100)  # the same, told anew: who released it has decided
    assert open_holds(number) == []
    assert told("won", 400).held is False
    assert told("lost", 500, minor=payment.amount_minor).held  # the bank has begun again
    shown = next(one for one in read_order(number, on=day(12)).payments if one.order.endswith("-1-001"))
    assert (shown.lost, shown.refundable, shown.may_be_disputed) == (shown.amount, False, False)
    with refused("amount", "disputed_too_much"):
        actions.dispute(number=f"{number}-1-001", status="open", **WHY)


@pytest.mark.parametrize("seed", range(6))
def test_in_any_order_and_twice_the_end_is_the_same(seed: int) -> None:
    number, _ = paid()
    events = [("open", 100), ("answered", 200), ("answered", 200), ("lost", 200), ("open", 100), ("lost", 200)]
    random.Random(seed).shuffle(events)
    for status, happened in events:
        told(status, happened)
    (one,) = Dispute.objects.all()
    assert (one.status, one.told_at, one.reference) == ("lost", 200, "dp_1")
    assert open_holds(number) == [(number, "children+charging"), (f"{number}-1-002", "sending+charging")]


def test_what_is_lost_is_not_given_back_once_more() -> None:
    number, payment = paid()
    actions.refund(number=f"{number}-1-001", amount="0.50", **WHY)
    told()
    with refused("number", "refund_of_disputed"):
        actions.refund(number=f"{number}-1-001", amount="1.00", **WHY)
    (refund,) = Payment.objects.filter(purpose="refund")  # it was due before: it waits
    assert [fact.step for fact in facts([refund.pk], rules(day(12), gateways.current()))] == [None]
    told("lost", 200, minor=1000)
    assert [fact.step for fact in facts([refund.pk], rules(day(12), gateways.current()))] == ["refund"]
    Payment.objects.filter(pk=refund.pk).update(status="cancelled")
    with refused("amount", "refund_too_much", f"{(payment.amount_minor - 1000) / 100:.2f}"):
        actions.refund(number=f"{number}-1-001", amount="16.50", **WHY)
    assert actions.refund(number=f"{number}-1-001", **WHY)["amount"] == f"{(payment.amount_minor - 1000) / 100:.2f}"


def step_of(refund: Payment) -> str | None:
    (fact,) = facts([refund.pk], rules(day(12), gateways.current()))
    return fact.step


def test_a_refund_that_was_tried_before_a_dispute_was_lost_does_not_go_out_besides() -> None:
    number, payment = paid()
    for amount in ("8.00", "7.00"):
        actions.refund(number=f"{number}-1-001", amount=amount, **WHY)
    first, second = Payment.objects.filter(purpose="refund").order_by("pk")
    for tried in (first, second):  # the gateway has refused it, and is asked again
        lead(Payment.objects.filter(pk=tried.pk), "declined")
        Attempt.objects.create(
            payment=tried, kind="refund", number=1, key=f"r{tried.pk}", amount_minor=tried.amount_minor,
            on_date=ON, outcome="declined", category="soft", gateway="sandbox",
        )  # fmt: skip
    assert [step_of(first), step_of(second)] == ["refund", "refund"]
    told("lost", 200, minor=payment.amount_minor - 900)  # 9.00 is left: of the two only the first
    assert [step_of(first), step_of(second)] == ["refund", None]
    with refused("amount", "refund_too_much", "1.00"):
        actions.refund_again(number=f"{number}-1-001", refund=2, **WHY)
    told("lost", 300, minor=payment.amount_minor)
    assert [step_of(first), step_of(second)] == [None, None]


def test_a_refund_that_waits_for_approval_is_not_approved_once_a_dispute_is_lost() -> None:
    Parameters.objects.update(refund_limit_minor=100)
    number, payment = paid()
    actions.refund(number=f"{number}-1-001", amount="10.00", **WHY)
    Dispute.objects.create(  # it came with orders that moved in
        payment=payment, amount_minor=payment.amount_minor - 500, currency="USD", reason="fraudulent",
        status="lost", opened_on=ON, closed_on=ON,
    )  # fmt: skip
    luca = {"on": day(12), "by": "finance:luca"}
    with refused("amount", "refund_too_much", "5.00"):
        actions.approve_refund(number=number, reason="seen", **luca)
    assert actions.decline_refund(number=number, reason="seen", **luca)["status"] == "cancelled"


def test_a_gateway_tells_of_a_lost_dispute_and_what_was_to_be_given_back_is_withdrawn_whole() -> None:
    Parameters.objects.update(refund_limit_minor=2000)
    number, payment = paid()
    other = Payment.objects.get(order__number=f"{number}-1-002")
    captured(other, ON)
    actions.refund(number=f"{number}-1-001", amount="10.00", **WHY)
    actions.refund(number=number, amount="160.00", **WHY)  # waits, of both payments
    due, *waits = Payment.objects.filter(purpose="refund").order_by("pk")
    assert (due.status, [one.status for one in waits]) == ("due", ["draft", "draft"])
    lost = BANK._replace(status="lost", minor=payment.amount_minor)
    row = GatewayEvent.objects.create(
        gateway="sandbox",
        reference="evt_1",
        kind="dispute",
        facts=_stored(Event("evt_1", "dispute", 300, dispute=lost)),
    )
    gateway_events.handle(row.pk, on=day(12))
    assert set(Payment.objects.filter(purpose="refund").values_list("status", flat=True)) == {"cancelled"}
    assert (step_of(due), RefundRequest.objects.get().approved) == (None, False)
    kind, _, by, reason, data = last_event(number)
    assert (kind, by, reason, data["refund"]) == ("payment_refund_withdrawn", "gateway:sandbox", BANK.reason, 2)
    assert check()["faults"] == []


def test_what_the_bank_takes_that_was_given_back_before_is_for_a_person_and_the_other_way_round_a_fault() -> None:
    number, payment = paid()
    child = payment.order.number  # type: ignore[union-attr]
    actions.refund(number=child, check="17", amount="9.50", **WHY | {"on": day(5)})
    told("open", 100, minor=payment.amount_minor)
    Dispute.objects.update(opened_on=day(3))  # at the bank; it was told late
    assert "disputes_lost_besides" not in [one.code for one in watch(day(12))]
    told("lost", 200, minor=payment.amount_minor)
    assert check()["faults"] == []
    assert [one.facts for one in watch(day(12)) if one.code == "disputes_lost_besides"] == [
        {"count": 1, "order": number}
    ]
    assert "disputes_lost_besides" not in [one.code for one in watch(day(30))]
    Dispute.objects.update(closed_on=day(4))
    assert "lost in disputes" in check()["faults"][0]
    Dispute.objects.update(amount_minor=payment.amount_minor - 950)  # so much was left
    assert check()["faults"] == []


def test_what_is_lost_is_not_to_be_given_back() -> None:
    number = order("UP")
    captured(Payment.objects.get())
    Payment.objects.update(gateway_ref="ch_1")
    actions.cancel(number=number, **ANNA)
    parent = SalesOrder.objects.get(number=number).pk
    assert surplus([parent]) == {parent: 6900}
    told("lost", 100, minor=6900)
    assert surplus([parent]) == {}


def test_a_person_says_it_too_and_lets_the_order_go_on() -> None:
    number, payment = paid()
    done = actions.dispute(number=f"{number}-1-001", status="open", answer_by=day(20), **WHY)
    assert (done["status"], done["amount"]) == ("open", f"{payment.amount_minor / 100:.2f}")
    with refused("amount", "dispute_stays_so"):
        actions.dispute(number=number, status="won", amount="1.00", **WHY)
    actions.release(number=number, code="dispute", **ANNA)
    actions.dispute(number=number, status="answered", **WHY)
    assert open_holds(number) == [(f"{number}-1-002", "sending+charging")]  # it is not held again
    with refused("status", "dispute_stands_so"):
        actions.dispute(number=number, status="answered", **WHY)
    assert actions.dispute(number=number, status="lost", **WHY)["status"] == "lost"
    with refused("number", "no_dispute_goes_on"):
        actions.dispute(number=number, status="won", **WHY)
    assert actions.dispute(number=number, status="won", dispute=done["dispute"], **WHY)["status"] == "won"


def test_it_is_not_dated_before_what_it_is_about() -> None:
    paid()
    reported(gateway="sandbox", facts=BANK, happened=100, on=day(-30), by="gateway:sandbox")
    assert Dispute.objects.get().opened_on == OrderEvent.objects.get(kind="dispute_open").on_date == ON


def test_what_is_ours_not_is_passed_over() -> None:
    paid()
    assert told(payment_reference="ch_other") is None
    assert not Dispute.objects.exists()


@pytest.mark.parametrize("language", ["en", "it"])
def test_the_evidence_is_one_paper(language: str) -> None:
    number, payment = paid()
    actions.track(number=f"{number}-1-001", carrier="UPS", tracking="1Z99", **ANNA)
    CardLink.objects.create(
        customer=payment.customer, order=SalesOrder.objects.get(number=number), channel="link", digest="d", language="en",
        by="clerk:anna", on_date=ON, expires_on=day(3), consent="I agree to be charged.", agent="Dana",
        consented_at="2026-03-10T10:00:00Z", stored_at="2026-03-10T10:01:00Z", card=payment.card,
    )  # fmt: skip
    done = told()
    paper = evidence(done.dispute, on=day(12), language=language)
    assert paper.agreed[0].value == "I agree to be charged."
    assert "Dana" in paper.agreed[0].label
    ordered, charged, shipped, _ = paper.sections
    assert [row[0] for row in shipped.rows] == [f"{number}-1-001"]
    assert "UPS 1Z99" in shipped.rows[0]
    assert charged.rows[0][1] == f"{number}-1-001"
    assert len(ordered.rows) == 1
    assert pdf(paper).startswith(b"%PDF")
