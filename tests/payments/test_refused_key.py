"""A gateway that does not accept our key is asked no more: what it was to do stays to be done, and is done once afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from perennial.cli.main import main
from perennial.desk import actions
from perennial.desk.read.books import compared
from perennial.errors import Refused
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.runner import run_job
from perennial.jobs.watch import watch
from perennial.notices.models import Notice
from perennial.orders.models import Hold, OrderEvent
from perennial.payment_server.start import Running
from perennial.payments import charge, gateways
from perennial.payments.gateways import Answer, NotAdmitted, Request
from perennial.payments.gateways.stripe import Simulator
from perennial.payments.gateways.stripe_answers import not_admitted
from perennial.payments.models import Attempt, Payment, RefusedKey
from perennial.payments.refund import Why, refund
from tests.simulators import payment_server
from tests.worlds.payments import ON, attempts, day, install, invoice, member, status

pytestmark = pytest.mark.django_db(transaction=True)
SETTING = "PERENNIAL_PAYMENT_SERVER_KEYS"


@pytest.fixture
def server() -> Running:
    found = payment_server()
    found.control("POST", "clock", {"now": ON.isoformat()})
    return found


@pytest.fixture(autouse=True)
def simulator(server: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    found = Simulator(server.address, seconds=5)
    found.connections = 2
    monkeypatch.setitem(gateways._loaded, "simulator", found)
    with gateways.use(found):
        yield found


def fault(server: Running, fault: str, path: str = "", **more: Any) -> None:
    server.control("POST", "faults", {"rules": [{"fault": fault, "path": path, **more}]})


def night(number: int) -> dict[str, Any]:
    return run_job(ProcessPayments(), on=day(number))


def counted(number: int) -> dict[str, int]:
    return {word: count for word, count in night(number)["counts"].items() if count}


def standing() -> list[Any]:
    """All that a night changes of payments."""
    return [
        list(Payment.objects.order_by("pk").values_list("pk", "status", "attempts", "tried_on", "captured_minor")),
        list(Attempt.objects.order_by("pk").values_list("key", "outcome")),
        Hold.objects.count(),
        OrderEvent.objects.count(),
        Notice.objects.count(),
    ]


def test_a_night_without_a_key_changes_nothing_and_the_next_charges_each_once(server: Running) -> None:
    install(days_between_tries=1, reauthorization_limit=3)
    captured, declined, authorised, voided = (member("pm_card_visa", number=n) for n in range(1, 5))
    declined.card.token = "pm_card_visa_chargeDeclinedInsufficientFunds"
    declined.card.save()
    paid = captured.owes(captured.child(1), at_invoice=False)
    soft = declined.owes(declined.child(1), at_invoice=False)
    capture = authorised.owes(child := authorised.child(1))
    void = voided.owes(gone := voided.child(1))
    assert counted(0) == {"captured": 1, "declined": 1, "authorised": 2}
    many = [m.owes(m.child(1), at_invoice=False) for m in (member("pm_card_visa", number=n) for n in range(5, 15))]
    back = refund(payment=paid.pk, amount_minor=500, why=Why(day(1), "clerk:anna", "late"))
    invoice(child)
    type(gone).objects.filter(pk=gone.pk).update(status="cancelled")
    before, book = standing(), server.book()
    server.control("DELETE", "speed")
    fault(server, "unauthorized")

    told = night(1)

    assert told["status"] == "done"
    assert {word: count for word, count in told["counts"].items() if count} == {"not_asked": 14}
    assert [(one["order"], SETTING in one["reason"]) for one in told["reasons"]] == [(None, True)]
    assert (standing(), server.book()) == (before, book)
    assert server.control("GET", "speed")["asked"] <= 2  # as many as were under way when it refused
    assert [one.facts["setting"] for one in watch(day(1)) if one.code == "gateway_key_refused"] == [SETTING]

    declined.card.token = "pm_card_visa"
    declined.card.save()
    server.control("DELETE", "faults")
    assert counted(2) == {"captured": 12, "voided": 1, "refunded": 1}
    assert {status(one) for one in (paid, soft, capture, back, *many)} == {"captured"}
    assert status(void) == "voided"
    assert attempts(soft) == [("charge", 1, "declined"), ("charge", 2, "approved")]
    moved = [entry["intent"] for entry in server.book() if entry["kind"] in ("charge", "capture")]
    assert (len(moved), len(set(moved))) == (13, 13)
    assert not RefusedKey.objects.exists()
    assert not [one for one in watch(day(2)) if one.code == "gateway_key_refused"]


def test_what_may_not_be_done_by_the_key_is_not_done_and_not_unknown(server: Running) -> None:
    install()
    m = member("pm_card_visa")
    paid = m.owes(m.child(1), at_invoice=False)
    assert counted(0) == {"captured": 1}
    back = refund(payment=paid.pk, why=Why(day(1), "clerk:anna", "late"))
    fault(server, "forbidden", "refunds")
    assert counted(1) == {"not_asked": 1}
    assert (status(back), attempts(back)) == ("due", [])
    server.control("DELETE", "faults")
    assert counted(2) == {"refunded": 1}


def test_what_was_sent_before_the_key_was_refused_stays_as_unknown_as_it_was(server: Running) -> None:
    install()
    m = member("pm_card_visa")
    paid = m.owes(m.child(1), at_invoice=False)
    fault(server, "lost_after", "payment_intents$", next=1)
    assert counted(0) == {"unknown": 1}
    Attempt.objects.update(outcome=None)  # as of a process that was killed
    before = standing()
    fault(server, "unauthorized")
    assert counted(1) == {"not_asked": 1}
    assert standing() == before
    server.control("DELETE", "faults")
    assert counted(2) == {"captured": 1}
    assert attempts(paid) == [("charge", 1, "approved")]


def test_what_is_intended_in_the_moment_of_the_refusal_is_taken_back(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    m = member("pm_card_visa")
    m.owes(m.child(1), at_invoice=False)
    before, usual = standing(), charge._named

    def refused_meanwhile(work: Any, found: Any) -> Any:
        named = usual(work, found)
        work.shut["simulator"] = SETTING
        return named

    with monkeypatch.context() as patched:
        patched.setattr(charge, "_named", refused_meanwhile)
        assert counted(0) == {"not_asked": 1}
    assert (standing(), server.book()) == (before, [])
    assert counted(1) == {"captured": 1}


@pytest.mark.parametrize(("later", "counts"), [(0, [{"captured": 1}]), (1, [{"unknown": 1}, {"captured": 1}])])
def test_what_another_process_has_sent_meanwhile_by_its_key_is_not_charged_once_more(
    server: Running, monkeypatch: pytest.MonkeyPatch, later: int, counts: list[dict[str, int]]
) -> None:
    """One that was started with the right key: it was faster, and we take the try back behind it."""
    install()
    m = member("pm_card_visa")
    paid = m.owes(m.child(1), at_invoice=False)

    def behind(self: Simulator, request: Request) -> Answer:
        assert Simulator._by_card(self, request, "automatic").outcome == "approved"
        raise NotAdmitted(SETTING)

    with monkeypatch.context() as patched:
        patched.setattr(Simulator, "charge", behind)
        assert counted(0) == {"not_asked": 1}
    assert (status(paid), attempts(paid)) == ("due", [])
    assert [counted(later + number) for number in range(len(counts))] == counts
    assert (status(paid), [entry["kind"] for entry in server.book()]) == ("captured", ["charge"])


def test_whoever_tries_a_card_is_told_the_setting(server: Running, capsys: pytest.CaptureFixture[str]) -> None:
    install()
    m = member("pm_card_visa")
    paid = m.owes(m.child(1), at_invoice=False)
    fault(server, "unauthorized")
    before = standing()
    with pytest.raises(Refused, match="gateway_key_refused") as refused:
        actions.collect(number=m.parent.number, on=ON, by="clerk:anna")
    assert refused.value.facts == {"gateway": "simulator", "setting": SETTING}
    assert main(["job", "process-payments", "--on", ON.isoformat(), "--json"]) == 1
    told = capsys.readouterr()
    assert SETTING in told.err
    assert '"not_asked": 1' in told.out
    assert '"code": "gateway_key_refused"' in told.out
    assert standing() == before
    server.control("DELETE", "faults")
    assert actions.collect(number=m.parent.number, on=ON, by="clerk:anna").payments[0].after == "captured"
    assert (status(paid), len(server.book())) == ("captured", 1)
    assert not RefusedKey.objects.exists()


@pytest.mark.parametrize(
    ("trouble", "code"), [("unauthorized", "gateway_key_refused"), ("lost", "gateway_does_not_answer")]
)
def test_books_that_cannot_be_compared_are_a_refusal(
    server: Running, capsys: pytest.CaptureFixture[str], trouble: str, code: str
) -> None:
    """What needs no gateway is checked all the same."""
    install()
    m = member("pm_card_visa")
    paid = m.owes(m.child(1), at_invoice=False)
    night(0)
    fault(server, trouble)
    with pytest.raises(Refused, match=code):
        compared(since=ON, through=ON)
    assert main(["check", "once"]) == 1
    told = capsys.readouterr()
    assert "was not compared" in told.out
    assert ("try again" if trouble == "lost" else SETTING) in told.err
    Payment.objects.filter(pk=paid.pk).update(amount_minor=1996)
    assert main(["check", "once", "--json"]) == 1
    assert f'"code": "{code}"' in capsys.readouterr().out
    server.control("DELETE", "faults")
    assert compared(since=ON, through=ON).found == ()


def test_a_test_key_where_real_cards_are_kept_is_no_decline_of_the_card() -> None:
    """A card of test mode that is asked by a live key is one from before going live, and that card's matter."""
    said = "No such PaymentMethod: 'pm_1'; a similar object exists in {} mode, but a {} mode key was used to make this request."
    missing = stripe.InvalidRequestError(said.format("live", "test"), "payment_method", code="resource_missing")
    assert not_admitted(missing)
    assert not not_admitted(
        stripe.InvalidRequestError(said.format("test", "live"), "payment_method", code="resource_missing")
    )
    assert not not_admitted(stripe.AuthenticationError("no", headers={"idempotent-replayed": "true"}))
