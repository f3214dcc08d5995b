"""What process-payments does on which day, against a real database and the sandbox's book."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from perennial.catalog.models import Company, Parameters
from perennial.continuity.models import Occurrence
from perennial.customers.models import StoredCard
from perennial.desk.queries import Fitting, order_ids
from perennial.desk.read.exceptions import counts as exception_counts
from perennial.desk.read.exceptions import exceptions
from perennial.errors import Refused
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.runner import run_job
from perennial.kernel import limits
from perennial.language.reasons import reason_words
from perennial.notices.models import Notice
from perennial.orders.models import Hold, OrderEvent, SalesOrder
from perennial.payments import actions, gateways
from perennial.payments.charge import collect, collect_for_order
from perennial.payments.gateways import Answer, Request
from perennial.payments.gateways.sandbox import Sandbox
from perennial.payments.models import Attempt, Bill, Payment
from tests.worlds import actions as desk
from tests.worlds.payments import (
    ON,
    attempts,
    day,
    hold,
    install,
    invoice,
    member,
    ordinary_line,
    status,
)

pytestmark = pytest.mark.django_db(transaction=True)

NOTHING = {
    "authorised": 0,
    "captured": 0,
    "billed": 0,
    "declined": 0,
    "failed": 0,
    "unknown": 0,
    "voided": 0,
    "notified": 0,
}


@pytest.fixture(autouse=True)
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with gateways.use(Sandbox(tmp_path, find_delay=0)) as found:
        yield found  # type: ignore[misc]


def night(on: date = ON, *, dry: bool = False, **arguments: Any) -> dict[str, Any]:
    """Run the job; its report."""
    return run_job(ProcessPayments(), on=on, arguments=arguments, dry=dry)


def counts(on: date = ON, **arguments: Any) -> dict[str, int]:
    """Run the job twice: what the first run counts; the second must have nothing to do."""
    said = night(on, **arguments)["counts"]
    again = night(on, **arguments)["counts"]
    if not said["unknown"]:
        assert again == NOTHING
    return {word: number for word, number in said.items() if number}


# --- when


def test_a_child_is_authorised_three_days_before_and_captured_when_invoiced(sandbox: Sandbox) -> None:
    install()
    m = member()
    child = m.child(1, ship_on=day(5))
    payment = m.owes(child, due_on=day(5))
    assert counts(day(1)) == {}
    assert counts(day(2)) == {"authorised": 1}
    assert (status(payment), payment.authorised_on, payment.attempts) == ("authorised", day(2), 1)
    assert counts(day(5)) == {}
    invoice(child, on=day(5))
    report = night(day(5))
    assert report["counts"] == {**NOTHING, "captured": 1}
    assert report["amounts"] == {"USD": {"authorised": "0.00", "captured": "19.95", "billed": "0.00"}}
    assert (status(payment), payment.captured_minor) == ("captured", 1995)
    assert attempts(payment) == [("authorise", 1, "approved"), ("capture", 1, "approved")]
    assert sandbox.taken() == {"USD": 1995}
    told = OrderEvent.objects.filter(order=child.parent_id, data__child=child.number).order_by("id")
    assert [e.kind for e in told] == ["payment_authorised", "payment_captured"]


def test_without_authorising_ahead_it_is_charged_when_invoiced() -> None:
    install(authorize_child_orders=False)
    m = member()
    child = m.child(1)
    payment = m.owes(child)
    assert counts(day(9)) == {}
    invoice(child)
    assert counts(day(9)) == {"captured": 1}
    assert attempts(payment) == [("charge", 1, "approved")]


def test_invoiced_before_it_is_due() -> None:
    install()
    m = member()
    child = m.child(1, ship_on=day(30))
    m.owes(child, due_on=day(30))
    invoice(child)
    assert counts(ON) == {"captured": 1}


def test_a_part_is_charged_on_its_day_but_not_before_the_child_is_sent() -> None:
    install()
    m = member()
    child = m.child(1)
    part = m.owes(child, number=2, due_on=day(30), at_invoice=False, not_before_shipped=True)
    assert counts(day(30)) == {}
    SalesOrder.objects.filter(pk=child.pk).update(status="shipped")
    assert counts(day(29)) == {}
    assert counts(day(31)) == {"captured": 1}
    assert status(part) == "captured"


def test_billed_up_front_without_schedule() -> None:
    """Authorised before the first shipment, captured when the first child is invoiced (D24)."""
    install()
    m = member()
    child, later = m.child(1), m.child(2, ship_on=day(30))
    payment = m.owes(None, amount=5000)
    assert counts(ON) == {"authorised": 1}
    invoice(child)
    assert counts(day(1)) == {"captured": 1}
    invoice(later)
    assert counts(day(30)) == {}
    assert payment.tries.count() == 2


def test_billed_up_front_with_schedule_is_charged_on_its_dates() -> None:
    install()
    m = member()
    for k in (1, 2, 3):
        m.owes(None, number=k, due_on=day(30 * (k - 1)), at_invoice=False)
    assert counts(ON) == {"captured": 1}
    assert counts(day(29)) == {}
    assert counts(day(75)) == {"captured": 2}


def test_ordinary_lines_are_captured_when_they_are_invoiced() -> None:
    install()
    m = member()
    line = ordinary_line(m.parent)
    payment = m.owes(m.parent)
    assert counts(ON) == {"authorised": 1}
    assert counts(day(1)) == {}
    type(line).objects.filter(pk=line.pk).update(status="invoiced")
    assert counts(day(1)) == {"captured": 1}
    assert status(payment) == "captured"


def test_a_check_that_has_not_come_is_not_counted_with_the_invoice() -> None:
    install()
    m = member()
    child = m.child(1)
    payment = m.owes(None, method="check")
    invoice(child)
    assert counts(day(1)) == {}
    assert status(payment) == "due"


@pytest.mark.parametrize("method", ["cash", "gift_card"])
def test_cash_and_a_gift_card_count_when_the_first_child_is_invoiced(sandbox: Sandbox, method: str) -> None:
    install()
    m = member()
    child = m.child(1)
    payment = m.owes(None, method=method)
    assert counts(day(1)) == {}
    invoice(child)
    report = night(day(1))
    assert report["counts"] == {**NOTHING, "captured": 1}
    assert report["amounts"]["USD"]["captured"] == "19.95"
    assert (status(payment), payment.captured_minor) == ("captured", 1995)
    assert sandbox.taken() == {}


def test_on_account_without_schedule_is_billed_at_the_invoice() -> None:
    install()
    m = member()
    child = m.child(1)
    payment = m.owes(child, method="on_account")
    assert counts(day(40)) == {}
    invoice(child, on=day(2))
    report = night(day(4))
    assert report["counts"] == {**NOTHING, "billed": 1}
    assert report["amounts"]["USD"]["billed"] == "19.95"
    assert (status(payment), payment.due_on) == ("billed", day(32))
    bill = Bill.objects.get()
    assert (bill.on_date, bill.due_on, bill.amount_minor) == (day(4), day(32), 1995)
    assert night(day(4))["counts"] == NOTHING


def test_a_bill_is_due_before_the_calendar_ends() -> None:
    install()
    m = member()
    payment = m.owes(child := m.child(1), method="on_account")
    invoice(child, on=date(9999, 12, 20))
    assert counts(date(9999, 12, 20)) == {"billed": 1}
    assert (status(payment), payment.due_on) == ("billed", date.max)


def test_on_account_with_schedule_is_billed_ten_days_before_each_date() -> None:
    install()
    m = member()
    payment = m.owes(None, method="on_account", at_invoice=False, due_on=day(20))
    assert counts(day(9)) == {}
    assert counts(day(10)) == {"billed": 1}
    assert (status(payment), payment.due_on) == ("billed", day(20))


def test_drafts_and_unaccepted_orders_are_left_alone() -> None:
    install()
    one, two = member(number=1, status="draft"), member(number=2)
    for m in (one, two):
        m.owes(None)
        m.owes(None, number=2, at_invoice=False)
        m.owes(None, number=3, method="on_account", at_invoice=False)
    SalesOrder.objects.filter(pk=two.parent.pk).update(acceptance="awaited")
    assert counts(ON) == {}
    SalesOrder.objects.filter(pk=two.parent.pk).update(acceptance="given")
    assert counts(ON) == {"authorised": 1, "captured": 1, "billed": 1}


def test_only_one_continuity_product() -> None:
    install()
    m = member()
    m.owes(m.child(1))
    ordinary_line(m.parent)
    m.owes(m.parent)
    assert counts(ON, product="0016") == {"authorised": 1}
    assert counts(ON) == {"authorised": 1}


# --- holds


@pytest.mark.parametrize(("stops", "tried"), [("shipping", True), ("both", False), ("charging", False)])
@pytest.mark.parametrize("on", ["child", "parent"])
def test_a_hold_before_it_is_sent(stops: str, tried: bool, on: str) -> None:
    install()
    m = member()
    child = m.child(1)
    m.owes(child)
    placed = hold(child if on == "child" else m.parent, stops)
    assert counts(ON) == ({"authorised": 1} if tried else {})
    Hold.objects.filter(pk=placed.pk).update(released_on=ON)
    assert counts(ON) == ({} if tried else {"authorised": 1})


@pytest.mark.parametrize(("stops", "taken"), [("shipping", True), ("both", False), ("charging", False)])
def test_a_hold_after_it_was_invoiced(stops: str, taken: bool) -> None:
    """Both stops what each of the two stops (docs/decisions)."""
    install()
    m = member()
    child = m.child(1)
    m.owes(child)
    assert counts(ON) == {"authorised": 1}
    invoice(child)
    placed = hold(m.parent, stops)
    assert counts(ON) == ({"captured": 1} if taken else {})
    Hold.objects.filter(pk=placed.pk).update(released_on=ON)
    assert counts(ON) == ({} if taken else {"captured": 1})


# --- cancelled, lapsed


def test_the_authorisation_of_a_cancelled_child_is_voided(sandbox: Sandbox) -> None:
    install()
    m = member()
    child = m.child(1)
    payment = m.owes(child)
    night(ON)
    SalesOrder.objects.filter(pk=child.pk).update(status="cancelled")
    assert actions.cancel_of(orders=[child.pk], by="clerk:anna", on=ON) == []
    assert counts(ON) == {"voided": 1}
    assert status(payment) == "voided"
    assert [line.kind for line in sandbox.lines()] == ["authorise", "void"]


def test_what_is_due_of_a_cancelled_order_is_never_charged() -> None:
    install()
    m = member()
    payment = m.owes(None, at_invoice=False)
    type(m.continuity).objects.update(status="cancelled")
    assert counts(ON) == {}
    assert actions.cancel(payments=[payment.pk], by="clerk:anna", on=ON) == [payment.pk]
    assert status(payment) == "cancelled"


def test_an_authorisation_that_would_lapse_is_made_anew(sandbox: Sandbox) -> None:
    """It lives 7 dates, the first included; on the last it is voided and authorised anew (docs/decisions)."""
    install()
    m = member()
    child = m.child(1)
    payment = m.owes(child)
    assert counts(ON) == {"authorised": 1}
    assert counts(day(5)) == {}
    assert counts(day(6)) == {"authorised": 1, "voided": 1}
    assert (status(payment), payment.authorised_on, payment.attempts) == ("authorised", day(6), 1)
    invoice(child)
    assert counts(day(12)) == {"captured": 1}
    assert sandbox.taken() == {"USD": 1995}


def test_what_nobody_invoices_is_made_anew_so_often_and_waits_for_a_person_then(sandbox: Sandbox) -> None:
    """On the list of what is not invoiced, with what can be done; charged at once when it is invoiced after all."""
    install(authorization_renewals=2)
    m = member()
    child = m.child(1)
    payment = m.owes(child)
    assert counts(ON) == {"authorised": 1}
    assert [counts(day(6)), counts(day(12))] == [{"authorised": 1, "voided": 1}] * 2
    assert exceptions("uninvoiced", on=day(12)).rows == ()
    assert counts(day(18)) == {"voided": 1}
    assert (status(payment), counts(day(19)), counts(day(60))) == ("due", {}, {})
    (listed,) = exceptions("uninvoiced", on=day(19)).rows
    assert (listed.number, listed.facts["lapsed"], listed.steps) == (child.number, True, ("try_now",))
    assert exception_counts(day(19)).uninvoiced == 1
    assert order_ids(Fitting(waiting=True)) == [m.parent.pk]
    collect([payment.pk], on=day(60), by="clerk:anna", force=True)
    assert status(payment) == "authorised"
    assert exceptions("uninvoiced", on=day(60)).rows == ()
    assert counts(day(66)) == {"voided": 1}
    invoice(child)
    assert counts(day(67)) == {"captured": 1}
    assert sandbox.taken() == {"USD": 1995}


def test_the_bill_of_a_first_part_gives_as_many_days_as_the_others() -> None:
    """A child is made five days before its first part falls due, and ten are given to pay."""
    install()
    m = member()
    first = m.owes(m.child(1), method="on_account", at_invoice=False, due_on=day(5))
    second = m.owes(m.child(2), method="on_account", at_invoice=False, due_on=day(35))
    assert counts(ON) == {"billed": 1}
    first.refresh_from_db()
    assert (first.due_on, first.bill.due_on, first.bill.on_date) == (day(10), day(10), ON)
    assert counts(day(25)) == {"billed": 1}
    second.refresh_from_db()
    assert second.bill.due_on == day(35)


def test_an_unknown_payment_stops_later_children_and_is_told_once() -> None:
    install()
    m = member("tok_lost_for_good")
    payment = m.owes(m.child(1))
    later = m.occurrence(2, ship_on=day(30))
    for after in range(4):
        counts(day(after))
    assert status(payment) == "unknown"
    assert OrderEvent.objects.filter(kind="payment_unknown").count() == 1
    later.refresh_from_db()
    assert later.blocked == "payment"
    actions.settle_unknown(payment=payment.pk, happened=True, by="finance:rosa", on=day(4), reason="looked up")
    assert OrderEvent.objects.filter(kind="payment_settled").count() == 1
    later.refresh_from_db()
    assert later.blocked is None


def test_without_a_limit_it_is_made_anew_for_ever() -> None:
    install(authorization_renewals=None)
    m = member()
    payment = m.owes(m.child(1))
    for after in range(0, 60, 6):
        counts(day(after))
    assert status(payment) == "authorised"


def test_invoiced_after_it_lapsed() -> None:
    install()
    m = member()
    child = m.child(1)
    payment = m.owes(child)
    night(ON)
    invoice(child)
    assert counts(day(7)) == {"captured": 1, "voided": 1}
    assert attempts(payment)[-1] == ("charge", 1, "approved")


def test_the_gateway_says_that_it_lapsed() -> None:
    install()
    m = member("tok_lapsed")
    child = m.child(1)
    payment = m.owes(child)
    night(ON)
    invoice(child)
    assert counts(ON) == {"captured": 1}
    assert attempts(payment) == [
        ("authorise", 1, "approved"),
        ("capture", 1, "not_found"),
        ("charge", 1, "approved"),
    ]


def test_less_is_owed_than_was_authorised_and_more(sandbox: Sandbox) -> None:
    install()
    m = member()
    first, second = m.child(1), m.child(2)
    less, more = m.owes(first), m.owes(second)
    night(ON)
    Payment.objects.filter(pk=less.pk).update(amount_minor=1500)
    Payment.objects.filter(pk=more.pk).update(amount_minor=2500)
    invoice(first)
    invoice(second)
    assert counts(ON) == {"captured": 2, "voided": 1}
    assert sandbox.taken() == {"USD": 4000}
    assert attempts(more)[-1] == ("charge", 1, "approved")


def test_an_authorisation_that_was_made_elsewhere() -> None:
    """Moved in with its state, but no gateway of ours knows it: it is owed as before."""
    install()
    m = member()
    child = m.child(1)
    payment = m.owes(child, status="authorised", authorised_on=ON)
    invoice(child)
    assert counts(ON) == {"captured": 1}
    assert attempts(payment) == [("charge", 1, "approved")]


# --- declines


def test_three_tries_on_three_days_then_it_has_failed(sandbox: Sandbox) -> None:
    install()
    m = member("tok_declined")
    child = m.child(1, ship_on=day(2))
    later = m.occurrence(2, ship_on=day(30))
    payment = m.owes(child, due_on=day(2))
    assert counts(ON) == {"declined": 1}
    assert (status(payment), payment.attempts) == ("declined", 1)
    assert counts(day(1)) == {"declined": 1}
    report = night(day(2))
    assert report["counts"] == {**NOTHING, "failed": 1}
    assert report["reasons"] == [
        {"order": child.number, "shipment": 1, "blocked": "payment", "reason": "failed: insufficient funds"}
    ]
    assert (status(payment), payment.attempts) == ("failed", 3)
    assert counts(day(3)) == {}
    held = Hold.objects.get()
    assert (held.order_id, held.code, held.stops, held.on_date) == (child.pk, "payment", "both", day(2))
    assert held.by.startswith("job:")
    assert reason_words(held.why) == "payment 1 of 19.95 failed: insufficient funds"
    assert Occurrence.objects.get(pk=later.pk).blocked == "payment"
    assert StoredCard.objects.get().refused
    assert len(sandbox.lines()) == 3
    told = OrderEvent.objects.filter(order=child.parent_id, data__child=child.number).order_by("id")
    assert [e.kind for e in told] == ["payment_declined", "payment_declined", "payment_failed", "held"]


@pytest.mark.parametrize("size", [1, 1000])
def test_two_payments_of_a_child_that_fail_on_one_day(size: int) -> None:
    """Both are asked for, whether they stand in one chunk or in two: the first one's hold counts from tomorrow on."""
    install(reauthorization_limit=1)
    m = member("tok_declined")
    child = m.child(1)
    m.owes(child, number=1, at_invoice=False)
    m.owes(child, number=2, at_invoice=False)
    m.owes(child, number=3, at_invoice=False, due_on=day(1))
    with override_settings(PERENNIAL_CHUNK_SIZE=size):
        assert counts(ON) == {"failed": 2}
        assert Hold.objects.count() == 1
        assert counts(day(1)) == {}


@pytest.mark.parametrize("size", [1, 1000])
def test_the_history_of_an_order_stands_in_one_order_whatever_the_chunks(size: int) -> None:
    install()
    m = member()
    child = m.child(1)
    ordinary_line(m.parent)
    m.owes(child)
    m.owes(m.parent)
    m.owes(None, at_invoice=False)
    with override_settings(PERENNIAL_CHUNK_SIZE=size):
        assert counts(ON) == {"authorised": 2, "captured": 1}
    told = OrderEvent.objects.filter(order=child.parent_id, kind__startswith="payment").order_by("id")
    assert [e.data["purpose"] for e in told] == ["order", "ordinary", "shipment"]


def test_a_gateway_that_says_too_much_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored of it, in the attempt, the event and the hold, goes out in a bundle and in again."""
    install(reauthorization_limit=1)
    m = member()
    child = m.child(1)
    m.owes(child)
    said = Answer("declined", message="no \0 \ud800" + "x" * 20_000)
    monkeypatch.setattr(Sandbox, "authorise", lambda *_: said)
    assert counts(ON) == {"failed": 1}
    message = Attempt.objects.get().message
    assert message is not None
    assert message.startswith("no   ?xxx")
    assert message.endswith("x…")
    assert reason_words(Hold.objects.get().why) == f"payment 1 of 19.95 failed: {message}"
    for words, longest in ((message, limits.TEXT), (Hold.objects.get().reason, limits.LINE)):
        assert limits.text_fault(words, longest) is None


def test_a_card_that_recovers() -> None:
    install()
    payment = (m := member("tok_decline_2")).owes(m.child(1))
    assert [counts(day(k)) for k in range(4)] == [{"declined": 1}, {"declined": 1}, {"authorised": 1}, {}]
    assert (status(payment), payment.attempts) == ("authorised", 3)
    assert not StoredCard.objects.get().refused


def test_without_a_limit_it_is_tried_for_ever() -> None:
    install(reauthorization_limit=None)
    payment = (m := member("tok_declined")).owes(m.child(1))
    for k in range(6):
        assert counts(day(k)) == {"declined": 1}
    assert (status(payment), payment.attempts) == ("declined", 6)


def test_a_hard_decline_is_the_last() -> None:
    install(reauthorization_limit=None)
    payment = (m := member("tok_hard")).owes(m.child(1))
    assert counts(ON) == {"failed": 1}
    assert counts(day(1)) == {}
    assert Attempt.objects.get().category == "hard"
    assert (status(payment), Hold.objects.count()) == ("failed", 1)


def test_an_order_billed_up_front_that_fails_holds_its_children() -> None:
    install(reauthorization_limit=1)
    m = member("tok_declined")
    child, sent = m.child(2), m.child(1, status="shipped")
    m.occurrence(3)
    m.owes(None, at_invoice=False)
    assert counts(ON) == {"failed": 1}
    assert list(Hold.objects.values_list("order_id", flat=True)) == [child.pk]
    assert sent.pk != child.pk
    assert Occurrence.objects.get(status="scheduled").blocked == "payment"


def test_ordinary_lines_that_fail_hold_nothing_else() -> None:
    install(reauthorization_limit=1)
    m = member("tok_declined")
    ordinary_line(m.parent)
    m.occurrence(1)
    m.owes(m.parent)
    assert counts(ON) == {"failed": 1}
    assert not Hold.objects.exists()
    assert Occurrence.objects.get().blocked is None
    with pytest.raises(Refused, match="payment_stops_shipping"):
        desk.ship(number=m.parent.number, on=ON, by="warehouse")


def test_a_declined_capture_is_a_try() -> None:
    install(reauthorization_limit=2)
    m = member("tok_capture_declined")
    child = m.child(1)
    payment = m.owes(child)
    night(ON)
    invoice(child)
    assert counts(day(1)) == {"failed": 1}
    assert (status(payment), payment.attempts) == ("failed", 2)
    assert payment.card_id is not None
    again = {"continuity_orders": [m.continuity.pk], "orders": [], "card": payment.card_id}
    assert actions.use_card(**again, by="clerk:anna", on=day(1)) == [payment.pk]
    assert counts(day(1)) == {"captured": 1}
    assert attempts(payment)[-1] == ("charge", 1, "approved")


def test_a_person_tries_again_on_the_same_day() -> None:
    install()
    m = member("tok_decline_1")
    payment = m.owes(m.child(1))
    assert counts(ON) == {"declined": 1}
    collect_for_order(m.parent.pk, on=ON, by="clerk:anna")
    assert status(payment) == "declined"
    collect_for_order(m.parent.pk, on=ON, by="clerk:anna", force=True)
    assert (status(payment), payment.attempts) == ("authorised", 2)
    assert Attempt.objects.get(number=2).run_id is None


def test_the_customer_is_told_once() -> None:
    install()
    Company.objects.update(notices_on=True)
    m = member("tok_declined")
    m.owes(m.child(1))
    assert counts(ON) == {"declined": 1, "notified": 1}
    StoredCard.objects.update(last4="0002")
    assert counts(day(1)) == {"declined": 1}
    notice = Notice.objects.get()
    assert (notice.status, notice.kind, notice.channel, notice.language) == ("queued", "declined", "email", "en")
    first = Attempt.objects.get(number=1)
    assert (notice.attempt_id, notice.payment_id, notice.order_id) == (first.pk, first.payment_id, m.parent.pk)
    assert notice.facts == {
        "order": "SO-000001-1-001", "amount_minor": 1995, "currency": "USD", "brand": None, "last4": None,
        "category": "soft",
    }  # fmt: skip


def test_nobody_is_told_while_notices_are_off() -> None:
    install()
    m = member("tok_declined")
    m.owes(m.child(1))
    assert counts(ON) == {"declined": 1}
    assert Notice.objects.get().status == "off"


# --- actions


def test_a_new_card_pays_what_failed() -> None:
    install(reauthorization_limit=1)
    m = member("tok_declined")
    child = m.child(1)
    payment = m.owes(child)
    m.occurrence(2)
    night(ON)
    good = StoredCard.objects.create(
        customer=m.customer, token="tok_visa", exp_month=12, exp_year=2030, expires_on=date(2030, 12, 31)
    )
    again = actions.use_card(
        continuity_orders=[m.continuity.pk], orders=[m.parent.pk], card=good.pk, by="clerk:anna", on=ON
    )
    assert again == [payment.pk]
    assert (status(payment), payment.attempts, payment.tried_on, payment.card_id) == ("due", 0, None, good.pk)
    assert Hold.objects.get().released_by == "clerk:anna"
    assert Occurrence.objects.get(status="scheduled").blocked is None
    assert counts(ON) == {"authorised": 1}
    assert payment.tries.order_by("-id").first().key == f"inst-{payment.pk}-authorise-2"  # type: ignore[union-attr]


def test_a_hold_stays_while_another_payment_of_the_child_has_failed() -> None:
    install(reauthorization_limit=1)
    m = member("tok_declined")
    child = m.child(1, status="shipped")
    one = m.owes(child, at_invoice=False)
    two = m.owes(child, number=2, at_invoice=False)
    night(ON)
    actions.write_off(payments=[one.pk], by="clerk:anna", on=ON, reason="goodwill")
    assert (status(one), status(two)) == ("written_off", "failed")
    assert Hold.objects.get().released_on is None
    actions.write_off(payments=[two.pk], by="clerk:anna", on=ON, reason="goodwill")
    assert Hold.objects.get().released_on == ON


# --- not knowing


def test_a_lost_answer_is_asked_for_the_next_time(sandbox: Sandbox) -> None:
    install()
    m = member("tok_lost")
    child = m.child(1)
    payment = m.owes(child)
    assert night(ON)["counts"] == {**NOTHING, "unknown": 1}
    assert status(payment) == "unknown"
    assert counts(day(1)) == {"authorised": 1}
    invoice(child)
    assert counts(day(1)) == {"captured": 1}
    assert sandbox.taken() == {"USD": 1995}
    assert attempts(payment) == [("authorise", 1, "approved"), ("capture", 1, "approved")]


@pytest.mark.parametrize("token", ["tok_lost", "tok_lost_request", "tok_timeout"])
@pytest.mark.parametrize("delay", [0, 3600])
def test_a_gateway_that_lags_is_never_charged_twice(tmp_path: Path, token: str, delay: int) -> None:
    install()
    m = member(token)
    payment = m.owes(None, at_invoice=False)
    with gateways.use(Sandbox(tmp_path / "lags", find_delay=delay)) as book:
        assert night(ON)["counts"]["unknown"] == 1
        assert counts(ON) == {"captured": 1}
        assert status(payment) == "captured"
        assert book.taken() == {"USD": 1995}  # type: ignore[attr-defined]
        assert book.taken_twice() == []  # type: ignore[attr-defined]


def test_older_than_twenty_hours_and_not_found_is_for_a_person(tmp_path: Path) -> None:
    install()
    m = member("tok_lost")
    payment = m.owes(None, at_invoice=False)
    with gateways.use(Sandbox(tmp_path / "lags", find_delay=3600)) as book:
        night(ON)
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("update payments_attempt set sent_at = now() - interval '21 hours'")
        assert night(day(1))["counts"] == {**NOTHING, "unknown": 1}
        assert night(day(2))["counts"] == {**NOTHING, "unknown": 1}
        assert [line.times for line in book.lines()] == [1]  # type: ignore[attr-defined]
        actions.settle_unknown(
            payment=payment.pk, happened=True, by="clerk:anna", on=day(2), reason="seen in the gateway's pages"
        )
        assert (status(payment), payment.captured_minor) == ("captured", 1995)
        assert counts(day(2)) == {}


def test_what_never_arrived_stays_unknown(sandbox: Sandbox) -> None:
    install()
    m = member("tok_lost_for_good")
    payment = m.owes(None, at_invoice=False)
    for k in range(3):
        report = night(day(k))
        assert report["counts"] == {**NOTHING, "unknown": 1}
        assert report["reasons"][0]["order"] == m.parent.number
    assert attempts(payment) == [("charge", 1, "unknown")]
    assert sandbox.lines() == []
    actions.settle_unknown(payment=payment.pk, happened=False, by="clerk:anna", on=day(3), reason="not there")
    assert status(payment) == "due"


def test_a_lost_capture_and_a_lost_void(sandbox: Sandbox) -> None:
    install()
    one, two = member("tok_capture_lost", number=1), member("tok_void_lost", number=2)
    first, second = one.child(1), two.child(1)
    captured, voided = one.owes(first), two.owes(second)
    assert counts(ON) == {"authorised": 2}
    invoice(first)
    SalesOrder.objects.filter(pk=second.pk).update(status="cancelled")
    assert night(ON)["counts"] == {**NOTHING, "unknown": 2}
    assert counts(ON) == {"captured": 1, "voided": 1}
    assert (status(captured), status(voided)) == ("captured", "voided")
    assert sandbox.taken() == {"USD": 1995}


def test_an_order_cancelled_while_nobody_knows_is_not_charged_by_asking(sandbox: Sandbox) -> None:
    install()
    m = member("tok_lost_request")
    payment = m.owes(None, at_invoice=False)
    night(ON)
    type(m.continuity).objects.update(status="cancelled")
    assert night(day(1))["counts"] == {**NOTHING, "unknown": 1}
    assert (status(payment), sandbox.taken()) == ("unknown", {})


# --- dry


def test_a_dry_run_says_the_same_and_changes_nothing(sandbox: Sandbox) -> None:
    install()
    one, two = member(number=1), member(number=2, expires_on=date(2026, 2, 28))
    one.owes(one.child(1))
    one.owes(None, number=1, at_invoice=False)
    two.owes(two.child(1))
    two.owes(two.child(2), method="on_account", at_invoice=False, number=2)
    before = list(Payment.objects.order_by("id").values())
    dry = night(ON, dry=True)
    assert list(Payment.objects.order_by("id").values()) == before
    assert not Attempt.objects.exists()
    assert not Bill.objects.exists()
    assert not OrderEvent.objects.exists()
    assert sandbox.lines() == []
    real = night(ON)
    assert dry["counts"] == real["counts"] == {**NOTHING, "authorised": 1, "captured": 1, "billed": 1, "failed": 1}
    assert dry["amounts"] == real["amounts"]
    assert dry["reasons"] == real["reasons"]


def test_nothing_to_do_says_zero_money() -> None:
    install()
    assert night(ON)["amounts"] == {"USD": {"authorised": "0.00", "captured": "0.00", "billed": "0.00"}}


def test_many_in_chunks(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProcessPayments, "chunk_size", 7)
    monkeypatch.setattr("perennial.payments.charge.AT_ONCE", 3)
    monkeypatch.setattr("perennial.payments.charge.ANSWERS", 2)
    install()
    m = member()
    for k in range(1, 31):
        m.owes(None, number=k, at_invoice=False)
    assert counts(ON) == {"captured": 30}
    assert sandbox.taken() == {"USD": 30 * 1995}


def test_it_does_not_charge_inside_a_transaction() -> None:
    from django.db import transaction

    install()
    m = member()
    payment = m.owes(None, at_invoice=False)
    with pytest.raises(RuntimeError), transaction.atomic():
        collect([payment.pk], on=ON, by="clerk:anna")
    assert Parameters.objects.count() == 1


# --- the history


@pytest.mark.parametrize("made", [(1, 2, 3), (3, 1, 2)])
def test_a_history_tells_the_payments_of_a_night_by_number_whichever_row_or_answer_came_first(
    tmp_path: Path, made: tuple[int, ...]
) -> None:
    install()
    m = member()
    for number in made:
        m.owes(None, number=number, amount=100 + number, at_invoice=False)
    m.owes(m.parent, amount=104, at_invoice=False)
    m.owes(None, number=4, amount=105, due_on=day(-1), at_invoice=False)

    class LastFirst(Sandbox):
        """Answers the later, the less is asked for."""

        def charge(self, request: Request) -> Answer:
            time.sleep((110 - request.amount_minor) / 25)
            return super().charge(request)

    ordinary_line(m.parent)
    with gateways.use(LastFirst(tmp_path, find_delay=0)):
        night()
    told = OrderEvent.objects.filter(kind="payment_captured").order_by("id").values_list("order_id", "data")
    assert {order for order, _ in told} == {m.parent.pk}
    assert [(data["purpose"], data["number"]) for _, data in told] == [
        ("order", 4),
        ("order", 1),
        ("order", 2),
        ("order", 3),
        ("ordinary", 1),
    ]
