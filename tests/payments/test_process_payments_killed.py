"""process-payments killed from outside at any instant, and run by two at once: nothing is charged twice or lost.

The sandbox keeps its book on disk, apart from the database: what it took is compared with what we recorded.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.db.models import Sum

from perennial.jobs.models import JobRun
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.report import stored_report
from perennial.orders.models import Hold, OrderEvent, SalesOrder
from perennial.payments import gateways
from perennial.payments.charge import collect
from perennial.payments.gateways.sandbox import Sandbox
from perennial.payments.models import Attempt, Bill, Payment
from tests import forked, harness
from tests.jobs.meanwhile import url
from tests.worlds.payments import ON, Member, day, install, member

pytestmark = pytest.mark.django_db(transaction=True)

SEEDS = harness.seeds(3)
CERTAIN = ("tok_slow_3", "tok_declined", "tok_hard", "tok_lapsed", "tok_slow_1", "tok_capture_declined")
LOST = ("tok_lost", "tok_lost_request", "tok_timeout", "tok_capture_lost", "tok_void_lost", "tok_lost_declined")


def world(tokens: tuple[str, ...], children: int) -> None:
    """Members of each card with, of each: authorised and invoiced, due, to be voided, parts, a bill, a check."""
    install()
    for number, token in enumerate(tokens, 1):
        m = member(token, number=number)
        for k in range(1, children + 1):
            m.owes(m.child(k, status="invoiced" if k % 2 else "open"))
        gone = m.child(children + 1)
        m.owes(gone)
        late(m, children + 2)
        m.owes(None, number=1, at_invoice=False)
        m.owes(None, number=2, at_invoice=False, method="on_account")
        m.owes(None, number=3, method="check")


def late(m: Member, shipment: int) -> None:
    """A child whose authorisation will lapse."""
    m.owes(m.child(shipment))


def cancel_some() -> None:
    """Those that were to be cancelled are."""
    SalesOrder.objects.filter(shipment=CHILDREN + 1).update(status="cancelled")


CHILDREN = 4


def start(home: Path, on: date, **more: Any) -> subprocess.Popen[str]:
    """The job as a process; back when it is about to begin."""
    settings = json.dumps({"home": str(home), "on": on.isoformat(), **more})
    process = forked.start(
        [sys.executable, "-m", "tests.payments.payments_process", settings],
        env={**os.environ, "DATABASE_URL": url(), "DJANGO_SETTINGS_MODULE": "perennial.settings"},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Its report."""
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    report: dict[str, Any] = json.loads(out)
    assert report["status"] == "done"
    return report


def state() -> list[Any]:
    """All that a night of payments leaves behind, by the orders' numbers."""
    payments = Payment.objects.order_by("id").values_list(
        "order__number",
        "purpose",
        "number",
        "status",
        "captured_minor",
        "attempts",
        "tried_on",
        "authorised_on",
        "due_on",
    )
    tries = Attempt.objects.order_by("payment_id", "id").values_list(
        "payment__order__number", "kind", "number", "outcome", "final", "on_date", "amount_minor"
    )
    events = OrderEvent.objects.order_by("id").values_list("order__number", "kind", "on_date", "reason")
    holds = Hold.objects.order_by("order__number").values_list("order__number", "code", "on_date")
    return [list(payments), list(tries), sorted(events, key=str), list(holds), Bill.objects.count()]


def agree(book: Sandbox) -> None:
    """The gateway's book and ours say the same."""
    ours = Payment.objects.filter(method="card").aggregate(sum=Sum("captured_minor"))["sum"] or 0
    assert book.taken().get("USD", 0) == ours
    assert book.taken_twice() == []
    tried = Attempt.objects.filter(payment__method="card")
    settled = set(tried.exclude(outcome="unknown").exclude(outcome=None).values_list("key", flat=True))
    assert settled == {line.key for line in book.lines() if line.key in settled}
    assert {line.key for line in book.lines()} <= set(tried.values_list("key", flat=True))


def nights(home: Path, kill: random.Random | None, **more: Any) -> list[dict[str, int]]:
    """Three dates: authorise and charge; cancel some and void; renew what would lapse. Killed at random moments."""
    counts = []
    for number, on in enumerate((ON, day(1), day(6))):
        if number == 1:
            cancel_some()
        kills = kill.randrange(1, 4) if kill else 0
        while True:
            process = start(home, on, **more)
            if kills == 0:
                finish(process)
                break
            assert kill is not None
            time.sleep(kill.random() ** 2 * 0.8)
            process.kill()
            process.wait()
            kills -= 1
        assert not JobRun.objects.filter(status="open").exists()
        # One that was killed when all was done has reported already; the next finds nothing to do.
        reports = [stored_report(run.report).counts for run in JobRun.objects.filter(on_date=on)]
        counts.append({word: sum(r[word] for r in reports if r) for word in ProcessPayments.counts})
    return counts


class Calm(NamedTuple):
    """What three nights do that nobody disturbs."""

    counts: list[dict[str, int]]
    state: list[Any]


@pytest.fixture(scope="module")
def known() -> list[Calm]:
    """It is found out once."""
    return []


@pytest.fixture
def undisturbed(transactional_db: None, known: list[Calm], tmp_path: Path) -> Calm:
    """Whatever other tests there are, and whoever runs them. The tables are empty afterwards."""
    if not known:
        world(CERTAIN, CHILDREN)
        counts = nights(tmp_path / "undisturbed", None)
        agree(Sandbox(tmp_path / "undisturbed"))
        known.append(Calm(counts, state()))
        clear()
    return known[0]


def test_undisturbed_there_is_something_of_everything(undisturbed: Calm) -> None:
    counts = undisturbed.counts
    assert all(counts[0][word] for word in ("captured", "declined", "authorised", "billed"))
    assert counts[1]["voided"]
    assert counts[2]["voided"]
    assert counts[2]["authorised"]


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_random_moments_it_ends_as_an_undisturbed_one(tmp_path: Path, undisturbed: Calm, seed: int) -> None:
    kill = random.Random(seed)
    chunk, at_once, answers = kill.choice([(1000, 500, 100), (1000, 10, 3), (9, 4, 2), (20, 20, 1)])
    world(CERTAIN, CHILDREN)
    counts = nights(tmp_path / "killed", kill, chunk=chunk, at_once=at_once, answers=answers)
    agree(Sandbox(tmp_path / "killed"))
    assert counts == undisturbed.counts
    assert state() == undisturbed.state


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_while_answers_are_lost(tmp_path: Path, seed: int) -> None:
    kill = random.Random(seed)
    world((*LOST, "tok_slow_2"), CHILDREN)
    nights(tmp_path, kill, chunk=20, at_once=8, answers=3, find_delay=kill.choice([0, 0.1, 3600]))
    book = Sandbox(tmp_path)
    for k in (6, 6, 7):  # ask again until all is known
        finish(start(tmp_path, day(k)))
    open_ = Payment.objects.filter(status__in=["unknown", "sent", "capturing"])
    # A cancelled order is asked about, never sent for again: a person settles what the gateway does not know.
    assert not open_.exclude(order__status="cancelled").exists()
    agree(book)
    due = Payment.objects.filter(method="card", order__status="invoiced").exclude(status="captured")
    assert set(due.values_list("card__token", flat=True)) <= {"tok_lost_declined"}


def test_two_processes_share_one_run(tmp_path: Path, undisturbed: Calm) -> None:
    world(CERTAIN, CHILDREN)
    for number, on in enumerate((ON, day(1), day(6))):
        if number == 1:
            cancel_some()
        two = [start(tmp_path, on, chunk=6, at_once=3) for _ in range(2)]
        for process in two:
            finish(process)
    agree(Sandbox(tmp_path))
    assert state() == undisturbed.state


def test_a_clerk_and_the_night_at_the_same_time(tmp_path: Path) -> None:
    """Both charge the same payments: whoever comes second finds the attempt, and its key is one charge."""
    world(("tok_slow_20", "tok_slow_10"), CHILDREN)
    ids = list(Payment.objects.order_by("-id").values_list("id", flat=True))
    process = start(tmp_path, ON, at_once=5)
    with gateways.use(Sandbox(tmp_path)):
        for first in range(0, len(ids), 3):
            collect(ids[first : first + 3], on=ON, by="clerk:anna")
    finish(process)
    agree(Sandbox(tmp_path))
    open_ones = Payment.objects.filter(status__in=["due", "sent", "capturing", "unknown"])
    assert not open_ones.exclude(method="check").exists()  # a check counts when somebody has received it


def clear() -> None:
    """Empty every table, for a second world in the same test."""
    from django.core.management import call_command

    call_command("flush", verbosity=0, interactive=False, allow_cascade=True)
