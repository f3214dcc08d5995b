"""What every gateway must do. A plug-in joins by adding a maker to ``MAKERS``."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from perennial.payments.gateways import Answer, Gateway, KeyReused, Request, ask
from perennial.payments.gateways.sandbox import Sandbox

ON = date(2026, 3, 10)


@dataclass
class Bench:
    """A gateway with the cards that make it approve, decline in every way, and leave the end open for a moment."""

    gateway: Gateway
    approves: str
    declines: str
    declines_hard: str
    requires_customer: str
    pending: str
    kept: str
    moment: float = 0.0

    def send(self, kind: str, key: str, **more: object) -> Answer:
        return ask(self.gateway, self.request(kind, key, **more))

    def request(self, kind: str, key: str, **more: object) -> Request:
        values = {
            "kind": kind,
            "key": key,
            "about": f"SO-000001/{kind}/1/{key}",
            "amount_minor": 1995,
            "currency": "USD",
            "on": ON,
            "customer": "C-1",
            "token": self.approves if kind in ("authorise", "charge") else None,
            **more,
        }
        return Request(**values)  # type: ignore[arg-type]


MAKERS: dict[str, Callable[[Path], Bench]] = {
    "sandbox": lambda home: Bench(
        Sandbox(home, find_delay=0.2),
        approves="tok_visa",
        declines="tok_declined",
        declines_hard="tok_hard",
        requires_customer="tok_customer",
        pending="tok_pending",
        kept="tok_kept",
        moment=0.25,
    ),
}


@pytest.fixture(params=sorted(MAKERS))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    return MAKERS[request.param](tmp_path)


def test_it_says_what_it_is(bench: Bench) -> None:
    assert isinstance(bench.gateway, Gateway)
    assert bench.gateway.authorisation_days >= 2
    assert bench.gateway.connections >= 1


@pytest.mark.parametrize("kind", ["authorise", "charge"])
def test_approved_declined_and_hard(bench: Bench, kind: str) -> None:
    yes = bench.send(kind, "k1")
    assert (yes.outcome, yes.category, yes.hard) == ("approved", None, False)
    assert yes.reference
    no = bench.send(kind, "k2", token=bench.declines)
    assert (no.outcome, no.category, no.hard) == ("declined", "soft", False)
    assert no.message
    never = bench.send(kind, "k3", token=bench.declines_hard)
    assert (never.outcome, never.category, never.hard) == ("declined", "hard", True)
    late = bench.send(kind, "k4", card_expires_on=ON - timedelta(days=1))
    assert (late.outcome, late.category, late.hard) == ("declined", "expired", False)


@pytest.mark.parametrize("kind", ["authorise", "charge"])
def test_what_only_the_customer_can_agree_to(bench: Bench, kind: str) -> None:
    request = bench.request(kind, "k1", token=bench.requires_customer)
    answer = ask(bench.gateway, request)
    assert (answer.outcome, answer.category, answer.hard) == ("requires_customer", "authentication", True)
    assert bench.gateway.find(request) == answer


@pytest.mark.parametrize("kind", ["authorise", "charge"])
def test_what_is_pending_is_found_later(bench: Bench, kind: str) -> None:
    request = bench.request(kind, "k1", token=bench.pending)
    answer = ask(bench.gateway, request)
    assert (answer.outcome, answer.category) == ("pending", None)
    assert answer.reference
    waiting = replace(request, own_reference=answer.reference)
    assert bench.gateway.find(waiting).outcome == ask(bench.gateway, waiting).outcome == "pending"
    time.sleep(bench.moment)
    found = bench.gateway.find(waiting)
    assert (found.outcome, found.reference) == ("approved", answer.reference)


def test_what_is_kept_for_the_next_request(bench: Bench) -> None:
    first = bench.send("charge", "k1", token=bench.kept)
    assert first.network_transaction_id
    assert first.gateway_customer
    more = {"network_transaction_id": first.network_transaction_id, "gateway_customer": first.gateway_customer}
    again = bench.send("charge", "k2", token=bench.kept, **more)
    assert (again.outcome, again.gateway_customer) == ("approved", first.gateway_customer)


@pytest.mark.parametrize("kind", ["authorise", "charge"])
@pytest.mark.parametrize("token", ["approves", "declines"])
def test_the_same_key_again_is_the_same_answer(bench: Bench, kind: str, token: str) -> None:
    first = bench.send(kind, "k1", token=getattr(bench, token))
    assert bench.send(kind, "k1", token=getattr(bench, token)) == first


def test_the_same_key_at_the_same_time_is_done_once(bench: Bench) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: bench.send("charge", "k1"), range(8)))
    assert len({a.reference for a in answers if a.outcome == "approved"}) == 1


def test_the_same_key_with_other_content_is_an_error(bench: Bench) -> None:
    bench.send("charge", "k1")
    with pytest.raises(KeyReused):
        bench.send("charge", "k1", amount_minor=1996)


def test_a_capture_once_and_never_more_than_authorised(bench: Bench) -> None:
    reference = bench.send("authorise", "k1").reference
    assert bench.send("capture", "k2", reference=reference, amount_minor=1500).outcome == "approved"
    again = bench.send("capture", "k3", reference=reference)
    assert again.outcome == "declined"
    other = bench.send("authorise", "k4").reference
    assert bench.send("capture", "k5", reference=other, amount_minor=1996).outcome == "declined"


def test_a_void_gives_it_back(bench: Bench) -> None:
    reference = bench.send("authorise", "k1").reference
    assert bench.send("void", "k2", reference=reference).outcome == "approved"
    assert bench.send("void", "k3", reference=reference).outcome == "approved"
    gone = bench.send("capture", "k4", reference=reference)
    assert (gone.outcome, gone.lapsed) == ("declined", True)


def test_a_void_of_what_was_captured_is_declined(bench: Bench) -> None:
    reference = bench.send("authorise", "k1").reference
    bench.send("capture", "k2", reference=reference)
    assert bench.send("void", "k3", reference=reference).outcome == "declined"


def test_an_authorisation_lapses(bench: Bench) -> None:
    reference = bench.send("authorise", "k1").reference
    late = ON + timedelta(days=bench.gateway.authorisation_days)
    gone = bench.send("capture", "k2", reference=reference, on=late)
    assert (gone.outcome, gone.lapsed) == ("declined", True)
    assert bench.send("void", "k3", reference=reference, on=late).outcome == "approved"
    reference = bench.send("authorise", "k4").reference
    assert bench.send("capture", "k5", reference=reference, on=late - timedelta(days=1)).outcome == "approved"


def test_the_rest_of_a_partial_capture_is_given_back(bench: Bench) -> None:
    reference = bench.send("authorise", "k1").reference
    taken = bench.send("capture", "k2", reference=reference, amount_minor=1500)
    assert (taken.outcome, bench.send("void", "k3", reference=reference).outcome) == ("approved", "declined")
    given = {"reference": taken.reference or reference}
    assert bench.send("refund", "k4", amount_minor=1501, **given).outcome == "declined"
    assert bench.send("refund", "k5", amount_minor=1500, **given).outcome == "approved"


def test_a_refund_never_more_than_was_taken(bench: Bench) -> None:
    taken = bench.send("charge", "k1").reference
    assert bench.send("refund", "k2", reference=taken, amount_minor=995).outcome == "approved"
    assert bench.send("refund", "k3", reference=taken, amount_minor=1001).outcome == "declined"
    assert bench.send("refund", "k4", reference=taken, amount_minor=1000).outcome == "approved"
    assert bench.send("refund", "k5", reference=taken, amount_minor=1).outcome == "declined"


def test_a_refund_of_the_whole_is_done_once_and_found(bench: Bench) -> None:
    request = bench.request("refund", "k2", reference=bench.send("charge", "k1").reference)
    assert bench.gateway.find(request).outcome == "not_found"
    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(lambda _: ask(bench.gateway, request), range(4)))
    assert {answer.outcome for answer in answers} == {"approved"}
    assert bench.gateway.find(request) == answers.pop()


def test_a_refund_of_what_was_never_taken_is_declined(bench: Bench) -> None:
    reference = bench.send("authorise", "k1").reference
    assert bench.send("refund", "k2", reference=reference).outcome == "declined"


def test_find(bench: Bench) -> None:
    request = bench.request("charge", "k1")
    assert bench.gateway.find(request).outcome == "not_found"
    answer = ask(bench.gateway, request)
    assert bench.gateway.find(request) == answer
    refused = replace(request, key="k2", token=bench.declines)
    ask(bench.gateway, refused)
    assert bench.gateway.find(refused).outcome == "declined"
