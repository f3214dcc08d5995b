"""What a gateway tells comes in once, is dealt with by a worker, and changes nothing twice, in whatever order it comes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client
from stripe import WebhookSignature

from perennial.catalog.models import Company
from perennial.cli.main import main
from perennial.customers.models import Customer, StoredCard
from perennial.db import sql
from perennial.desk import actions, gateway_events
from perennial.jobs.check import check, check_once
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.runner import run_job
from perennial.jobs.watch import watch
from perennial.notices.models import Notice, NoticeKind
from perennial.orders.models import Hold, OrderEvent
from perennial.payment_server.start import Running
from perennial.payments import gateways
from perennial.payments.book import differences
from perennial.payments.gateways.stripe import Simulator
from perennial.payments.models import Attempt, Dispute, GatewayEvent, Payment
from perennial.payments.refund import Why, left_of, refund
from tests.simulators import payment_server
from tests.worlds.payments import ON, attempts, day, install, invoice, member, status

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW = "whsec_of_yesterday", "whsec_of_today"
AT = "/gateway/simulator/events"
CARD = {"brand": "visa", "last4": "1111", "exp_month": 12, "exp_year": 2030}


@pytest.fixture
def server() -> Running:
    found = payment_server()
    found.control("POST", "clock", {"now": ON.isoformat()})
    return found


@pytest.fixture
def simulator(server: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    found = Simulator(server.address, secrets=[NEW, OLD], seconds=5)
    monkeypatch.setitem(gateways._loaded, "simulator", found)
    with gateways.use(found):
        yield found


def told(kind: str, thing: dict[str, Any], *, name: str = "evt_1", at: int = 1_773_100_000) -> bytes:
    """An event as Stripe writes it."""
    return json.dumps(
        {"id": name, "object": "event", "type": kind, "created": at, "livemode": False, "data": {"object": thing}}
    ).encode()


def send(body: bytes, *, secret: str = NEW, at: str = AT, seconds_ago: int = 0) -> int:
    """What the page answers to whoever signs with this secret."""
    signature = WebhookSignature.generate_signature_header(body.decode(), secret, int(time.time()) - seconds_ago)
    said = Client(enforce_csrf_checks=True).post(
        at, body, content_type="application/json", headers={"Stripe-Signature": signature}
    )
    return said.status_code


def queued() -> list[dict[str, int]]:
    return [
        json.loads(row[0])
        for row in sql.tuples("select args::text from procrastinate_jobs where task_name = 'gateway_event'")
    ]


def handled(on: date = ON) -> list[str | None]:
    for number in GatewayEvent.objects.order_by("pk").values_list("pk", flat=True):
        gateway_events.handle(number, on=on)
    return list(GatewayEvent.objects.order_by("pk").values_list("outcome", flat=True))


def night(on: date = ON) -> dict[str, int]:
    return {word: number for word, number in run_job(ProcessPayments(), on=on)["counts"].items() if number}


def lose(server: Running, path: str) -> None:
    rule = {"fault": "lost_after", "path": path, "method": "POST", "next": 1}
    server.control("POST", "faults", {"rules": [rule]})


def intent_of(server: Running, key: str) -> dict[str, Any]:
    return {"id": "pi_any", "object": "payment_intent", "metadata": {"key": key}}


def test_it_is_kept_once_and_a_worker_is_asked_with_it(simulator: Simulator) -> None:
    body = told("payment_intent.succeeded", {"id": "pi_1", "metadata": {"key": "of-others"}})
    assert [send(body), send(body), send(body, secret=OLD)] == [200, 200, 200]
    row = GatewayEvent.objects.get()
    assert (row.gateway, row.reference, row.kind, row.facts["key"]) == ("simulator", "evt_1", "payment", "of-others")
    assert queued() == [{"number": row.pk}]
    assert handled() == ["of_others"]


def test_what_is_not_genuine_is_not_kept(simulator: Simulator) -> None:
    body = told("payment_intent.succeeded", {"id": "pi_1"})
    assert send(body, secret="whsec_of_a_stranger") == 400
    assert send(body, seconds_ago=301) == 400
    assert send(body, seconds_ago=-400) == 400
    assert send(told("payment_method.updated", {"id": "pm_1", "card": {**CARD, "last4": "\0"}})) == 400
    assert send(body.replace(b'"livemode": false', b'"livemode": true')) == 400
    assert send(b"not json") == 400
    assert send(b"[" * 100_000) == 400
    assert send(b'{"livemode": false, "a": ' + b"[" * 900 + b"]" * 900 + b"}") == 400
    assert Client().post(AT, body, content_type="application/json").status_code == 400
    assert send(body, at="/gateway/sandbox/events") == 404
    assert send(body, at="/gateway/nobody/events") == 404
    assert send(b"x" * 600_000) == 413
    assert Client().get(AT).status_code == 405
    assert not GatewayEvent.objects.exists()


def test_a_lost_charge_is_found_when_the_gateway_tells(simulator: Simulator, server: Running) -> None:
    install()
    one = member("pm_card_visa")
    owed = one.owes(one.child(1), at_invoice=False)
    lose(server, "/v1/payment_intents$")
    assert night() == {"unknown": 1}
    key = Attempt.objects.get().key
    send(told("payment_intent.succeeded", intent_of(server, key)))
    send(told("payment_intent.created", intent_of(server, key), name="evt_0"))
    assert handled() == ["asked", "known"]
    assert (status(owed), attempts(owed)) == ("captured", [("charge", 1, "approved")])
    assert [entry["amount"] for entry in server.book()] == [1995]
    assert not list(differences(ON, ON, open_too=True))


def test_while_somebody_waits_for_the_answer_nobody_else_asks(simulator: Simulator, server: Running) -> None:
    install()
    one = member("pm_card_visa")
    one.owes(one.child(1), at_invoice=False)
    lose(server, "/v1/payment_intents$")
    night()
    Attempt.objects.update(outcome=None)  # as it is while the call is under way
    send(told("payment_intent.succeeded", intent_of(server, Attempt.objects.get().key)))
    assert handled() == [None]
    sql.execute("update payments_attempt set sent_at = sent_at - interval '61 seconds'")
    sql.execute("update payments_gatewayevent set received_at = received_at - interval '61 seconds'")
    gateway_events.handle_what_is_left(on=ON)
    assert GatewayEvent.objects.get().outcome == "asked"
    assert Payment.objects.get().status == "captured"


def test_a_refund_that_was_pending_ends_when_the_gateway_tells(simulator: Simulator, server: Running) -> None:
    install()
    one = member("pm_card_pendingRefund")
    child = one.child(1)
    paid = one.owes(child, at_invoice=False)
    night()
    back = Payment.objects.create(
        order=child, customer=one.customer, purpose="refund", number=1, method="card", card=one.card, currency="USD",
        amount_minor=500, due_on=ON, status="due", refunds=paid,
    )  # fmt: skip
    assert night(day(1)) == {"unknown": 1}
    server.control("POST", "clock", {"days": 2})
    key = Attempt.objects.get(kind="refund").key
    send(told("refund.updated", {"id": "re_1", "object": "refund", "metadata": {"key": key}}))
    assert handled(day(2)) == ["asked"]
    assert (status(back), Payment.objects.get(pk=paid.pk).refunded_minor) == ("captured", 500)


def test_a_renewed_card_pays_again_and_an_overtaken_event_does_no_harm(simulator: Simulator) -> None:
    install()
    one = member("pm_1", expires_on=date(2026, 2, 28))
    StoredCard.objects.update(gateway="simulator")
    send(told("payment_method.automatically_updated", {"id": "pm_1", "object": "payment_method", "card": CARD}))
    older = {**CARD, "exp_month": 1, "exp_year": 2026}
    send(told("payment_method.updated", {"id": "pm_1", "object": "payment_method", "card": older}, name="evt_0"))
    send(told("payment_method.updated", {"id": "pm_9", "object": "payment_method", "card": CARD}, name="evt_2"))
    assert handled() == ["renewed", "known", "of_others"]
    one.card.refresh_from_db()
    assert (one.card.last4, one.card.expires_on) == ("1111", date(2030, 12, 31))


def test_what_breaks_is_dealt_with_later(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(2):
        send(told("account.updated", {"id": "acct_1"}, name=f"evt_{number}"))
    sql.execute("update payments_gatewayevent set received_at = received_at - interval '61 seconds'")
    usual = gateway_events.HANDLERS["other"]

    def breaks(gateway: str, event: Any, on: date) -> str | None:
        if event.reference == "evt_0":
            raise TimeoutError("the gateway does not answer")
        return usual(gateway, event, on)

    monkeypatch.setitem(gateway_events.HANDLERS, "other", breaks)
    gateway_events.handle_what_is_left(on=ON)
    assert list(GatewayEvent.objects.order_by("pk").values_list("outcome", flat=True)) == [None, "nothing"]
    monkeypatch.setitem(gateway_events.HANDLERS, "other", usual)
    gateway_events.handle_what_is_left(on=ON)
    assert not GatewayEvent.objects.filter(handled_at=None).exists()


def a_minute_later(minutes: int = 1) -> None:
    values = {"seconds": 60 * minutes + 1}
    sql.execute(
        "update payments_gatewayevent set received_at = received_at - make_interval(secs => %(seconds)s)", values
    )
    gateway_events.handle_what_is_left(on=ON)


def test_what_makes_no_sense_is_put_aside_and_shown_once(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A card of month 99 is not tried again each minute; what nobody can tell is tried for a day."""
    send(told("payment_method.automatically_updated", {"id": "pm_1", "card": {**CARD, "exp_month": 99}}))
    send(told("account.updated", {"id": "acct_1"}, name="evt_2"))
    looked: list[str] = []

    def silent(gateway: str, event: Any, on: date) -> str | None:
        looked.append(event.reference)
        raise TimeoutError("the gateway does not answer")

    monkeypatch.setitem(gateway_events.HANDLERS, "other", silent)
    a_minute_later()
    assert list(GatewayEvent.objects.order_by("pk").values_list("outcome", flat=True)) == ["put_aside", None]
    caplog.clear()
    a_minute_later()
    assert "evt_1" not in caplog.text
    assert looked == ["evt_2", "evt_2"]
    found = [one.facts for one in watch(ON) if one.code == "events_put_aside"]
    assert [(one["count"], one["event"]) for one in found] == [(1, "evt_1")]
    gateway_events.handle(GatewayEvent.objects.order_by("pk")[0].pk, on=ON)  # not even by the worker that was late
    a_minute_later(24 * 60)
    a_minute_later()
    assert looked == ["evt_2"] * 3
    assert set(GatewayEvent.objects.values_list("outcome", flat=True)) == {"put_aside"}


def test_a_refund_that_the_bank_sends_back_is_given_back_no_more(
    simulator: Simulator, server: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    install()
    Company.objects.update(notices_on=True, languages=["en"])
    NoticeKind.objects.create(kind="refunded", is_on=True, changed_on=ON)
    server.control("POST", "settings", {"moment": 3600})  # its bank takes its time, however busy this machine is
    one = member("pm_card_refundFail")
    Customer.objects.update(email="ada@example.com")
    paid = one.owes(one.child(1), at_invoice=False)
    night()
    back = refund(payment=paid.pk, amount_minor=500, why=Why(ON, "clerk:anna", "late"))
    assert night(day(1)) == {"refunded": 1}
    assert Notice.objects.filter(kind="refunded", status="queued").count() == 1
    key, thing = Attempt.objects.get(kind="refund").key, "re_1"
    faults = [check()["faults"], check_once()["faults"]]  # this small world has some
    send(told("refund.updated", {"id": thing, "metadata": {"key": key}}, name="evt_0"))
    assert handled(day(1)) == ["known"]  # it stands
    server.control("POST", "clock", {"days": 2})
    send(told("charge.refund.updated", {"id": thing, "metadata": {"key": key}}))
    send(told("refund.failed", {"id": thing, "metadata": {"key": key}}, name="evt_2"))
    assert handled(day(-3)) == ["known", "sent_back", "known"]  # a worker whose clock is behind
    paid.refresh_from_db()
    assert (status(back), back.captured_minor, paid.refunded_minor, left_of([paid])) == (
        "failed",
        0,
        0,
        {paid.pk: 1995},
    )
    assert not Notice.objects.filter(kind="refunded").exists()
    events = OrderEvent.objects.filter(kind="payment_refund_sent_back")
    assert [(event.reason, event.on_date) for event in events] == [
        ("it could not be given back: expired_or_canceled_card", day(1))
    ]
    assert [one.code for one in watch(day(2)) if one.code.startswith("refunds")] == ["refunds_failed"]
    assert not list(differences(ON, day(2), open_too=True))
    assert [check()["faults"], check_once()["faults"]] == faults
    again = ["order", "refund", one.parent.number, "--again", "--reason", "once more", "--amount", "3.00"]
    assert main(again) == 1
    assert "amount: a refund is tried again as it was" in capsys.readouterr().err
    given = actions.refund_again(
        number=one.parent.number, check="4711", on=day(3), by="finance:luca", reason="her card is closed"
    )
    assert given.status == "captured"
    assert Payment.objects.get(pk=paid.pk).refunded_minor == 500


def test_what_a_gateway_has_told_in_vain_is_listed_and_taken_in_once(
    simulator: Simulator, server: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    install()
    first, second = (member("pm_card_visa", number=number) for number in (1, 2))
    owed = first.owes(first.child(1), at_invoice=False)
    other = second.owes(second.child(1), at_invoice=False)
    night()
    owed.refresh_from_db(), other.refresh_from_db()
    begun = server.control("POST", "dispute", {"payment_intent": owed.gateway_ref})
    found = list(differences(ON, ON))
    assert [(one.code, one.order, one.key) for one in found] == [("dispute_missed", owed.order.number, begun["id"])]
    assert len(check_once()["faults"]) == 1
    command = ["money", "differences", "--from", str(ON), "--through", str(ON)]
    assert main(command) == 1
    assert "dispute_missed" in capsys.readouterr().out
    assert main(["money", "differences", "--from", "2025-11-01", "--through", str(ON)]) == 1
    assert "from: a period of more than 92 days" in capsys.readouterr().err
    assert main([*command, "--take-in", "--on", str(ON)]) == 0
    assert Dispute.objects.get().status == "open"
    assert Hold.objects.filter(order=first.parent, code="dispute").count() == 1
    assert gateway_events.take_in(found, on=ON) == 0
    send(told("charge.dispute.created", begun, at=begun["created"]))
    assert handled() == ["known"]
    server.control("POST", "dispute_close", {"dispute": begun["id"], "won": False})
    assert [one.code for one in differences(day(1), day(9))] == ["dispute_differs"]  # begun before, and goes on here
    assert gateway_events.take_in(differences(day(1), day(9)), on=day(1)) == 1
    assert not list(differences(ON, day(9)))
    assert list(
        OrderEvent.objects.filter(kind__startswith="dispute").order_by("pk").values_list("kind", flat=True)
    ) == [
        "dispute_open",
        "dispute_lost",
    ]
    # What the bank has sent back without a word is taken in the same way.
    back = refund(payment=other.pk, why=Why(ON, "clerk:anna", "late"))
    night(day(1))
    assert status(back) == "captured"
    tried = Attempt.objects.get(payment=back)
    server.control("POST", "refund_fails", {"refund": tried.gateway_ref})
    missing = list(differences(ON, day(9)))
    assert [(one.code, one.key) for one in missing] == [("try_without_book", tried.key)]
    assert [gateway_events.take_in(missing, on=day(2)) for _ in range(2)] == [1, 0]
    assert status(back) == "failed"
    assert not list(differences(ON, day(9)))


def test_every_difference_of_the_books_is_listed(simulator: Simulator, server: Running) -> None:
    """Captured and given back on the gateway's own pages, for another amount, gone, unknown; and nothing else."""
    install()
    members = [member("pm_card_visa", number=number) for number in range(1, 7)]
    owed = [one.owes(one.child(1), at_invoice=number == 1) for number, one in enumerate(members)]
    refunded, captured, changed, gone, fine, lost = owed
    Payment.objects.filter(pk=lost.pk).update(status="cancelled")
    night()
    for payment in owed:
        payment.refresh_from_db()
    assert not list(differences(ON, ON, open_too=True))
    server.control("POST", "refund", {"payment_intent": refunded.gateway_ref, "amount": 300})
    server.control("POST", "capture", {"payment_intent": captured.gateway_ref})
    Attempt.objects.filter(payment=changed).update(amount_minor=1900)
    Attempt.objects.filter(payment=gone).update(key="inst-0-charge-1")
    found = {(one.code, one.order, one.theirs.minor if one.theirs else None) for one in differences(ON, ON)}
    assert found == {
        ("refunded_elsewhere", refunded.order.number, -300),
        ("book_without_try", captured.order.number, 1995),
        ("book_amount_differs", changed.order.number, 1995),
        ("try_without_book", gone.order.number, None),
        ("book_without_try", gone.order.number, 1995),
    }
    assert fine.status == "captured"
    assert not list(differences(day(1), day(9)))
    # What somebody captured there is not charged once more.
    invoice(captured.order)
    assert night(day(1)) == {"captured": 1}
    assert sum(entry["amount"] for entry in server.book() if entry["kind"] in ("charge", "capture")) == 5 * 1995
