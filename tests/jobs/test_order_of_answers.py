"""Two processes at one run: what the later chunk did is written down before what the earlier one did.

What is stored and told is that of one process all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from django.test import override_settings

from perennial.cli import main
from perennial.customers.models import StoredCard
from perennial.jobs.create_child_orders import CreateChildOrders
from perennial.jobs.job import Run
from perennial.jobs.models import JobChunk
from perennial.jobs.process_payments import ProcessPayments
from perennial.jobs.report import Report
from perennial.jobs.runner import run_job
from perennial.payments import gateways
from perennial.payments.gateways import Answer, Request
from perennial.payments.gateways.sandbox import Sandbox
from tests.jobs.meanwhile import in_its_session, url
from tests.jobs.watch import until
from tests.worlds import book_club as cli
from tests.worlds.payments import ON, Member, day, install, member

pytestmark = pytest.mark.django_db(transaction=True)
PROCESSES = [1, 2]
DECLINED = 90000001
"""The sandbox declines this amount, whatever the card."""


class Overtaken(Sandbox):
    """Has answered about the first child at once, but does not let go before the second one's answer is recorded."""

    def charge(self, request: Request) -> Answer:
        answer = super().charge(request)
        if request.about.startswith("SO-000001-1-001/"):
            wait_for(
                "select from payments_attempt a join payments_payment p on p.id = a.payment_id"
                " join orders_salesorder o on o.id = p.order_id"
                " where o.number = 'SO-000001-1-002' and a.outcome is not null"
            )
        return answer


class LastFirst(CreateChildOrders):
    """The process that has the first chunk lets the other one do the second before."""

    def work(self, run: Run, first: int, last: int) -> Report:
        if first == 1:
            wait_for("select from jobs_jobchunk where number = 2 and status = 'done'")
        return super().work(run, first, last)


def wait_for(row: LiteralString) -> None:
    """Until the query finds it, committed by another process."""
    with psycopg.connect(url(), autocommit=True) as seen:
        until(lambda: seen.execute(row).rowcount)


def share(processes: int, job: Callable[[], object], *, size: int = 1) -> None:
    """So many processes do the job, in chunks of so many items."""
    with override_settings(PERENNIAL_CHUNK_SIZE=size), ThreadPoolExecutor(processes) as pool:
        for done in [pool.submit(in_its_session, job) for _ in range(processes)]:
            done.result()


def process(home: Path, processes: int, *, size: int = 1) -> None:
    """Run process-payments."""

    def job() -> None:
        with gateways.use((Overtaken if processes > 1 else Sandbox)(home)):
            run_job(ProcessPayments(), on=ON)

    share(processes, job, size=size)


def told(order: str, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str | None]]:
    """The kinds of what happened to an order, each with its child."""
    capsys.readouterr()
    assert main.main(["show", "order", order, "--json"]) == 0
    return [
        (event["kind"], (event["data"] or {}).get("child")) for event in json.loads(capsys.readouterr().out)["events"]
    ]


def two_children(first: int, second: int) -> Member:
    """A member who owes so much for the first child, and so much for the second."""
    install(reauthorization_limit=1)
    m = member()
    m.owes(m.child(1), amount=first, due_on=day(-1), at_invoice=False)
    m.owes(m.child(2), amount=second, at_invoice=False)
    return m


@pytest.mark.parametrize(("processes", "size"), [(1, 1000), (1, 1), (2, 1)])
@pytest.mark.parametrize(("first", "second"), [(DECLINED, 1995), (1995, DECLINED)])
def test_the_last_of_a_work_list_says_whether_the_card_is_refused(
    tmp_path: Path, processes: int, size: int, first: int, second: int
) -> None:
    two_children(first, second)
    process(tmp_path, processes, size=size)
    assert StoredCard.objects.get().refused is (second == DECLINED)


@pytest.mark.parametrize("amounts", [(1995, DECLINED), (DECLINED, 1995)])
def test_of_two_runs_of_one_date_the_later_one_says_it(tmp_path: Path, amounts: tuple[int, int]) -> None:
    """Though what it asks for was due before."""
    install()
    m = member()
    for shipment, amount in enumerate(amounts, 1):
        m.owes(m.child(shipment), amount=amount, due_on=day(-shipment), at_invoice=False)
        process(tmp_path, 1)
        assert StoredCard.objects.get().refused is (amount == DECLINED)


@pytest.mark.parametrize("processes", PROCESSES)
def test_the_payments_of_a_night_are_told_in_their_order(
    tmp_path: Path, processes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    m = two_children(DECLINED, DECLINED)
    process(tmp_path, processes)
    assert told(m.parent.number, capsys) == [
        ("payment_failed", "SO-000001-1-001"),
        ("payment_failed", "SO-000001-1-002"),
        ("held", "SO-000001-1-001"),
        ("held", "SO-000001-1-002"),
    ]


@pytest.mark.parametrize("processes", PROCESSES)
def test_the_children_of_a_night_are_told_by_line_and_shipment(
    processes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.club()
    order = cli.order().number
    made = LastFirst if processes > 1 else CreateChildOrders
    share(processes, lambda: run_job(made(), on=ON, arguments={"through": "2026-05-14"}))
    assert JobChunk.objects.count() == 3
    children = [child for kind, child in told(order, capsys) if kind == "child_created"]
    assert children == [f"{order}-1-00{shipment}" for shipment in (1, 2, 3)]


def test_what_came_in_between_is_told_in_between(capsys: pytest.CaptureFixture[str]) -> None:
    """Of two stretches of one run neither is moved past what a clerk did meanwhile; no clerk's doings change places."""
    install()
    parent = member().parent
    rows = [("job:7", 2), ("job:7", 1), ("clerk:anna", None), ("job:7", 0), ("job:8", 9), ("job:8", 5), ("job:9", 1)]
    for by, place in rows:
        parent.events.create(on_date=ON, kind=f"{by} {place}", by=by, place=place)
    assert [kind for kind, _ in told(parent.number, capsys)] == [
        "job:7 1", "job:7 2", "clerk:anna None", "job:7 0", "job:8 5", "job:8 9", "job:9 1",
    ]  # fmt: skip
