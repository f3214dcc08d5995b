"""Nights by a payment server that loses, delays, refuses and forgets what it is asked, while who asks is killed.

Charged once is proven by the server's own book, which no kill of ours touches. When all is calm again, payments are as if
nothing had ever gone wrong. A *life* is a club from its first night to the calm at its end; how many nights and kills there
are in all says ``PERENNIAL_TEST_NIGHTS`` and ``PERENNIAL_TEST_KILLS`` (docs/operations.md).
"""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import stripe
from django.db.models import F

from perennial.customers.models import StoredCard
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.runner import run_job
from perennial.kernel.states import NOT_ANSWERED
from perennial.orders.models import SalesOrder
from perennial.payment_server.start import Running, start
from perennial.payments import gateways
from perennial.payments.actions import settle_unknown
from perennial.payments.gateways.stripe import Simulator
from perennial.payments.models import Attempt, Payment
from perennial.payments.refund import Why, refund
from tests import harness
from tests.payments.test_process_payments_killed import CHILDREN, clear, finish, world
from tests.payments.test_process_payments_killed import start as start_job
from tests.worlds.payments import ON, day

pytestmark = pytest.mark.django_db(transaction=True)

NIGHTS = 8
MOST_TOLD = 5
"""So many lives may end otherwise before nobody looks any further."""
CARDS = (
    "pm_card_visa",
    "pm_card_visa_chargeDeclinedInsufficientFunds",
    "pm_card_visa_chargeDeclinedStolenCard",
    "pm_script_capture_declined",
    "pm_card_mastercard",
    "pm_card_authenticationRequired",
)
NOT_THERE = ("due", "declined", "failed", "voided", "cancelled")
FIRE = (
    {"fault": "latency", "ms": 0, "to_ms": 15},
    {"fault": "lost", "share": 0.06},
    {"fault": "lost_after", "share": 0.08},
    {"fault": "timeout_after", "share": 0.01, "ms": 700},
    {"fault": "error", "share": 0.05},
    {"fault": "error_after", "share": 0.06},
    {"fault": "error_kept", "share": 0.02},
    {"fault": "rate_limit", "share": 0.05},
    {"fault": "unauthorized", "share": 0.003},
)
"""What goes wrong, and how often."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start(tmp_path_factory.mktemp("payment_server"))
    yield running
    running.stop()


def club(server: Running, cards: Sequence[str], children: int = CHILDREN) -> None:
    """Members whose cards the server keeps."""
    world(tuple(cards), children)
    api = stripe.StripeClient(server.key, base_addresses={"api": server.address}).v1
    for card in StoredCard.objects.select_related("customer").order_by("pk"):
        customer = api.customers.create({"description": card.customer.account})
        card.token = server.control("POST", "card", {"name": card.token, "customer": customer.id})["id"]
        card.save()


def night(server: Running, number: int, *, kill: random.Random | None = None) -> int:
    """One night, by a process that is killed now and then; or here. How often it was killed."""
    on = day(number)
    server.control("POST", "clock", {"now": on.isoformat()})
    Attempt.objects.update(sent_at=F("sent_at") - timedelta(days=1))
    if number == 2:
        SalesOrder.objects.filter(shipment=CHILDREN + 1).update(status="cancelled")
    if number == 3:  # what was authorised is captured
        SalesOrder.objects.filter(shipment__lte=CHILDREN, status="open").update(status="invoiced", invoiced_on=on)
    if number == 5:
        give_back(on)
    if kill is None:
        with gateways.use(Simulator(server.address, seconds=0.5)):
            assert run_job(ProcessPayments(), on=on)["status"] == "done"
        return 0
    killed = 0
    for wait in [kill.random() ** 2 * 1.5 for _ in range(kill.randrange(1, 4))]:
        process = start_job(Path(), on, server=server.address, seconds=0.5, chunk=20, at_once=8, answers=5)
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            process.kill()
            killed += process.wait() == -signal.SIGKILL
    finish(start_job(Path(), on, server=server.address, seconds=0.5, chunk=20, at_once=8, answers=5))
    return killed


def give_back(on: date) -> None:
    """A part of everything that is captured, and of which nothing was given back."""
    taken = Payment.objects.filter(status="captured", method="card").exclude(purpose="refund").order_by("pk")
    for payment in taken.exclude(pk__in=Payment.objects.filter(purpose="refund").values("refunds")):
        refund(payment=payment.pk, amount_minor=700, why=Why(on, "clerk:anna", "damaged"))


class End(NamedTuple):
    """How payments stand."""

    payments: list[Any]
    given_back: list[Any]


def end() -> End:
    """Of each payment what is there of it; of what was given back how much. What is not paid may be so by a card that was
    refused, by the hold of another payment that was refused before, or because the order was cancelled: which came first is
    no matter.
    """
    of = (
        "order__number",
        "continuity_order__order__number",
        "purpose",
        "number",
        "status",
        "captured_minor",
        "refunded_minor",
    )
    found = Payment.objects.order_by(*of)
    return End(
        [
            tuple("not paid" if word in NOT_THERE else word for word in row)
            for row in found.exclude(purpose="refund").values_list(*of)
        ],
        sorted(found.filter(purpose="refund").values_list("order__number", "status", "captured_minor"), key=str),
    )


CALM = 6
"""So many nights ``settle`` takes."""


def settle(server: Running, number: int) -> None:
    """What nobody knew yet is found out. What the server does not know after a day a person looks up, and it is due again."""
    server.control("DELETE", "faults")
    night(server, number)
    begun = {key for entry in server.book() for key in entry["metadata"].values()}
    for tried in Attempt.objects.filter(payment__status="unknown", outcome="unknown"):
        assert tried.key not in begun, f"{tried.key} {tried.message} {tried.payment.status}"
        settle_unknown(
            payment=tried.payment_id, happened=False, by="clerk:anna", on=day(number), reason="Stripe does not know it"
        )
    for after in range(number + 1, number + 5):
        night(server, after)
    give_back(day(number + 5))
    night(server, number + 5)
    assert not Payment.objects.filter(status__in=NOT_ANSWERED).exists()


def agree(server: Running) -> set[str]:
    """The server's own book moved, for each payment, what ours says, and each request moved money once. In which ways it did."""
    taken: Counter[int] = Counter()
    keys: Counter[str] = Counter()
    ways: set[str] = set()
    for entry in server.book():
        kind, meta = entry["kind"], entry["metadata"]
        if kind not in ("charge", "capture", "refund"):
            continue
        key = meta["capture"] if kind == "capture" else meta["key"]
        keys[key] += 1
        taken[int(key.split("-")[1])] += entry["amount"]
        ways.add(kind)
    assert max(keys.values()) == 1
    ours = Payment.objects.filter(method="card", captured_minor__gt=0, gateway_ref__isnull=False)
    assert dict(taken) == dict(ours.values_list("pk", "captured_minor"))
    # What was given back is known at what it was taken by.
    back = Payment.objects.filter(purpose="refund", status="captured")
    of = Counter[int]()
    for payment, minor in back.values_list("refunds_id", "captured_minor"):
        of[payment] += minor
    assert dict(of) == dict(Payment.objects.filter(refunded_minor__gt=0).values_list("pk", "refunded_minor"))
    return ways


@pytest.fixture(scope="module")
def known() -> list[End]:
    """It is found out once."""
    return []


@pytest.fixture
def undisturbed(transactional_db: None, known: list[End], server: Running) -> End:
    """The same nights when nothing goes wrong."""
    if not known:
        server.control("POST", "reset")
        club(server, CARDS)
        for number in range(NIGHTS):
            night(server, number)
        settle(server, NIGHTS)
        assert agree(server) == {"charge", "capture", "refund"}
        known.append(end())
        clear()
    server.control("POST", "reset")
    return known[0]


def test_undisturbed_there_is_something_of_everything(undisturbed: End) -> None:
    states = {payment[4] for payment in undisturbed.payments}
    assert states >= {"captured", "authorised", "not paid", "billed"}
    assert undisturbed.given_back


def life(server: Running, undisturbed: End, seed: int) -> int:
    """A club under fire, killed in a third of its nights: in the end it stands as if nothing had gone wrong. How many kills."""
    kill = random.Random(seed)
    club(server, CARDS)
    server.control("POST", "faults", {"rules": [{**rule, "seed": seed} for rule in FIRE]})
    killed = sum(night(server, number, kill=kill if number % 3 == seed % 3 else None) for number in range(NIGHTS))
    settle(server, NIGHTS)
    agree(server)
    assert [one for one in zip(end().payments, undisturbed.payments, strict=True) if one[0] != one[1]] == []
    assert end() == undisturbed
    return killed


@pytest.mark.parametrize("seed", harness.seeds(1))
def test_a_hostile_server_and_kills_change_nothing_in_the_end(undisturbed: End, server: Running, seed: int) -> None:
    life(server, undisturbed, seed)


@pytest.mark.patient
def test_many_lives(undisturbed: End, server: Running) -> None:
    """One life after the other, until there were as many nights and kills as are wanted. ``-s`` shows how far it is. A life that
    ends otherwise is told with its seed, and the next one begins: the test above runs it again with ``PERENNIAL_TEST_SEEDS``
    greater by one.
    """
    begun, nights, kills, seed = time.monotonic(), 0, 0, 1
    otherwise: list[str] = []
    while (nights < harness.NIGHTS or kills < harness.KILLS) and len(otherwise) < MOST_TOLD:
        try:
            kills += life(server, undisturbed, seed)
        except Exception as problem:
            otherwise.append(f"seed {seed}: {problem}")
            print(otherwise[-1], flush=True)
        nights += NIGHTS + CALM
        print(f"life {seed}: {nights} nights, {kills} kills, {time.monotonic() - begun:.0f} s", flush=True)
        clear()
        server.control("POST", "reset")
        seed += 1
    assert otherwise == []


@pytest.mark.parametrize("seed", harness.seeds(1))
def test_two_processes_and_a_hostile_server(undisturbed: End, server: Running, seed: int) -> None:
    club(server, CARDS)
    server.control("POST", "faults", {"rules": [{**rule, "seed": seed} for rule in FIRE]})
    server.control("POST", "clock", {"now": ON.isoformat()})
    for number in range(2):
        both = [
            start_job(Path(), day(number), server=server.address, seconds=0.5, chunk=10, at_once=5, answers=3)
            for _ in range(2)
        ]
        for process in both:
            finish(process)
    for number in range(2, NIGHTS):
        night(server, number)
    settle(server, NIGHTS)
    agree(server)
    assert [one for one in zip(end().payments, undisturbed.payments, strict=True) if one[0] != one[1]] == []
    assert end() == undisturbed


@pytest.mark.patient
def test_a_limit_that_the_server_keeps_is_nearly_used_and_never_passed(server: Running, undisturbed: End) -> None:
    """What the gateway says that it takes in a second is kept by all processes together."""
    club(server, ["pm_card_visa"] * 6, 40)
    Payment.objects.update(at_invoice=False, due_on=ON, attempts=F("attempts"))
    server.control("POST", "settings", {"per_second": 60})
    server.control("POST", "clock", {"now": ON.isoformat()})
    both = [
        start_job(Path(), ON, server=server.address, chunk=60, at_once=30, answers=20, per_second=50) for _ in range(2)
    ]
    for process in both:
        finish(process)
    speed = server.control("GET", "speed")
    assert speed["refused"] == 0
    assert speed["most_in_a_second"] <= 60
    agree_charges = Payment.objects.filter(method="card", status="captured").count()
    assert agree_charges == Payment.objects.filter(method="card").exclude(order__status="cancelled").count()
