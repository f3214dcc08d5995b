"""Pieces of work, each in a process of its own: ``python -m perennial.bench.child`` with lines of JSON on stdin.

This process loads Python and Django once and forks for each line. A piece of work answers with one line of
JSON: its seconds, how many statements it sent, which took longest, and the peak memory of its process.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import statistics
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

Answer = dict[str, Any]


def peak_memory() -> int:
    """The most memory that this process ever held, in bytes.

    Linux counts a parent's pages in a child's ``ru_maxrss``, so its own mark is read where there is one.
    """
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


class Clock:
    """Times every statement that Django sends."""

    def __init__(self) -> None:
        self.number = 0
        self.seconds: dict[str, float] = {}

    def __call__(self, execute: Any, statement: Any, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(statement, params, many, context)
        finally:
            self.number += 1
            words = " ".join(line for line in str(statement).splitlines() if not line.startswith("--"))
            words = " ".join(words.split())[:70]
            self.seconds[words] = self.seconds.get(words, 0) + time.perf_counter() - began

    def slowest(self, number: int = 15) -> list[tuple[str, float]]:
        """The statements that took longest altogether."""
        found = sorted(self.seconds.items(), key=lambda item: -item[1])[:number]
        return [(words, round(seconds, 3)) for words, seconds in found]


def job(*, name: str, on: str, arguments: dict[str, Any] | None = None, dry: bool = False) -> Answer:
    """Run a job as the command does."""
    from django.db import connection

    from perennial.jobs import JOBS
    from perennial.jobs.runner import run_job

    work, clock = JOBS[name](), Clock()
    connection.ensure_connection()
    with connection.execute_wrapper(clock):
        began = time.perf_counter()
        document = run_job(work, on=date.fromisoformat(on), arguments=arguments or {}, dry=dry, by="bench")
        seconds = time.perf_counter() - began
    if document["status"] != "done":
        raise RuntimeError(f"{name} ended as {document['status']}")
    return {
        "seconds": seconds,
        "run": document["run"],
        "counts": document["counts"],
        "statements": clock.number,
        "slowest": clock.slowest(),
    }


def by_workers(*, name: str, on: str, workers: int) -> Answer:
    """Ask for a job, and let so many workers, processes of their own, do it; how long its run took."""
    from django.conf import settings

    from perennial.jobs.models import JobRun
    from perennial.jobs.request_status import request_status
    from perennial.worker import queue
    from perennial.worker.beside import WorkerBeside

    settings.PERENNIAL_TODAY = date.fromisoformat(on)
    os.environ["PERENNIAL_TODAY"] = on
    with ExitStack() as running:
        for _ in range(workers):
            running.enter_context(WorkerBeside())
        _until(lambda: queue.workers() == workers, "the workers have not begun")
        request = queue.ask(job=name, on=date.fromisoformat(on), by="bench").pk
        _until(lambda: not request_status(request).goes_on, "the job has not ended")
    run = JobRun.objects.get(pk=request_status(request).runs[0].id)
    if run.status != "done" or run.ended_at is None:
        raise RuntimeError(f"{name} ended as {run.status}")
    return {"seconds": (run.ended_at - run.started_at).total_seconds(), "counts": (run.report or {}).get("counts")}


def _until(holds: Callable[[], bool], otherwise: str) -> None:
    for _ in range(36_000):
        if holds():
            return
        time.sleep(0.1)
    raise RuntimeError(otherwise)


def chain(*, on: str, through: str) -> Answer:
    """Run the script that was written by hand."""
    import psycopg
    from django.db import connection

    from perennial.db import sql

    statements = sql.named("perennial.bench", "sql/chain.sql")
    connection.ensure_connection()
    own: psycopg.Connection[Any] = connection.connection
    cursor = psycopg.ClientCursor(own)
    values = {"on": date.fromisoformat(on), "through": date.fromisoformat(through), "by": "job:1"}
    took: list[tuple[str, float]] = []
    created = 0
    began = time.perf_counter()
    cursor.execute("begin")
    for name, statement in statements.items():
        before = time.perf_counter()
        cursor.execute(statement, values)
        took.append((name, round(time.perf_counter() - before, 3)))
        if name == "orders":
            created = cursor.rowcount
    cursor.execute("commit")
    seconds = time.perf_counter() - began
    took.sort(key=lambda item: -item[1])
    return {"seconds": seconds, "counts": {"created": created}, "statements": len(statements) + 2, "slowest": took}


def charge(*, on: str, most: int, per_second: int, milliseconds: int) -> Answer:
    """What is due that day, so many payments of it, charged by a payment server that takes so many requests a second, each
    of them so long; how much of that limit was used, how many were refused for it, and whether both books say the same.
    """
    from django.conf import settings

    from perennial.db import sql
    from perennial.payment_server.start import running
    from perennial.payments import gateways
    from perennial.payments.book import differences
    from perennial.payments.gateways.stripe import Simulator

    sql.execute(
        """
        with kept as (select id from payments_payment where status = 'due' and method = 'card' order by due_on, id limit %s)
        update payments_payment set due_on = due_on + 3650 where status = 'due' and id not in (select id from kept)
        """,
        [most],
    )
    cards = sql.tuples(
        """
        select distinct d.token, d.exp_month, d.exp_year, c.account, c.id
          from payments_payment p join customers_storedcard d on d.id = p.card_id join customers_customer c on c.id = p.customer_id
         where p.status = 'due' and p.due_on < %s::date + 3000
        """,
        [on],
    )
    settings.PERENNIAL_STRIPE_PER_SECOND = per_second * 0.98  # two clocks do not agree on what a second is
    with tempfile.TemporaryDirectory() as home, running(Path(home)) as server:
        kept = server.control(
            "POST",
            "cards",
            {
                "cards": [
                    {"id": token, "name": "pm_card_visa", "account": account, "exp_month": month, "exp_year": year}
                    for token, month, year, account, _ in cards
                ]
            },
        )["customers"]
        sql.execute(
            "insert into customers_gatewaycustomer(customer_id, gateway, reference)"
            " select * from unnest(%s::bigint[], array_fill('simulator'::text, array[%s]), %s::text[]) on conflict do nothing",
            [[row[4] for row in cards], len(cards), [kept[row[3]] for row in cards]],
        )
        sql.execute("update customers_storedcard set gateway = 'simulator'")
        server.control("POST", "clock", {"now": on})
        server.control("POST", "settings", {"per_second": per_second})
        rule = {"fault": "latency", "path": "/v1/", "ms": milliseconds}
        server.control("POST", "faults", {"rules": [rule]})
        with gateways.use(Simulator(server.address)):
            done = job(name="process-payments", on=on)
            speed = server.control("GET", "speed")
            server.control("DELETE", "faults")
            server.control("POST", "settings", {"per_second": None})
            found = len(list(differences()))
    return {
        **done,
        "asked": speed["asked"],
        "refused": speed["refused"],
        "per_second": speed["per_second"],
        "differ": found,
    }


def migrate() -> Answer:
    """All tables, as an installation has them."""
    from perennial.db.upgrade import make_tables

    make_tables()
    return {}


def make(*, orders: int, due: int, programs: int = 16) -> Answer:
    """Fill the database."""
    from perennial.bench import maker

    return {"rows": maker.make(orders=orders, due=due, programs=programs)}


def change(*, orders: int, on: str) -> Answer:
    """Change so many open orders of the first program, as a clerk does: their next shipment goes a week later."""
    from datetime import timedelta

    from perennial.db import sql
    from perennial.desk.shipments.move import move

    day = date.fromisoformat(on)
    found = sql.tuples(
        "select o.number, min(n.shipment), min(n.ship_on) from orders_salesorder o"
        " join continuity_continuityorder c on c.order_id = o.id"
        " join continuity_occurrence n on n.continuity_order_id = c.id and n.status = 'scheduled'"
        " where c.program_id = 1 and c.status = 'open' and o.id %% 997 = 0 group by o.number order by o.number limit %s",
        [orders],
    )
    for number, shipment, ship_on in found:
        move(number=number, shipment=shipment, to=max(ship_on, day) + timedelta(7), by="bench", on=day)
    return {"changed": len(found)}


def make_customers(*, customers: int) -> Answer:
    """Fill the database with customers to search among."""
    from perennial.bench import maker
    from perennial.db import sql

    began = time.perf_counter()
    maker.make_customers(customers)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "words": sql.value("select pg_total_relation_size('customers_customersearch')")}


def search(*, customers: int, asked: int) -> Answer:
    """Look for customers in every way of typing; of each way, and of all, what 95 of 100 searches stay below."""
    from django.db import connection

    from perennial.bench import maker
    from perennial.desk.read.search import search as look_for

    took: dict[str, list[float]] = {}
    worked: list[float] = []
    clock = Clock()
    questions = maker.questions(customers=customers, asked=asked)
    for _, words in questions[:20]:
        look_for(words)
    began = time.perf_counter()
    with connection.execute_wrapper(clock):
        for way, words in questions:
            before, busy = time.perf_counter(), processor_time(connection.connection.info.backend_pid)
            look_for(words)
            took.setdefault(way, []).append(1000 * (time.perf_counter() - before))
            worked.append(1000 * (processor_time(connection.connection.info.backend_pid) - busy))
    return {
        "seconds": time.perf_counter() - began,
        "searches": len(questions),
        "statements": clock.number,
        "most": _most([one for each in took.values() for one in each]),
        "worked": _most(worked),
        "slowest": [(way, _most(each)) for way, each in took.items()],
    }


def pages(*, asked: int) -> Answer:
    """Open pages of customers and orders that are drawn by lot, as a clerk; of each kind what 95 of 100 stay below."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client

    from perennial.bench import maker
    from perennial.people.actions import make_demo_people

    settings.PERENNIAL_TODAY = maker.ON
    make_demo_people()
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username="manager"), settings.AUTHENTICATION_BACKENDS[-1])
    took: dict[str, list[float]] = {}
    sizes: dict[str, int] = {}
    clock = Clock()
    addresses = maker.addresses(asked=asked)
    for _, address in addresses[:12]:
        client.get(address, headers=_asked_by(address))
    gc.collect()
    gc.freeze()  # as the web server does
    began = time.perf_counter()
    with connection.execute_wrapper(clock):
        for kind, address in addresses:
            before = time.perf_counter()
            answer = client.get(address, headers=_asked_by(address))
            took.setdefault(kind, []).append(1000 * (time.perf_counter() - before))
            if answer.status_code != 200:
                raise RuntimeError(f"{address} answered {answer.status_code}")
            sizes[kind] = max(sizes.get(kind, 0), len(answer.content))
    return {
        "seconds": time.perf_counter() - began,
        "statements": clock.number / len(addresses),
        "slowest": [(kind, _most(each)) for kind, each in took.items()],
        "sizes": sizes,
    }


def _asked_by(address: str) -> dict[str, str]:
    """Hits are asked for by a page, not by a browser's address bar."""
    return {"HX-Request": "true"} if address.startswith("/search/hits") else {}


def processor_time(server: int) -> float:
    """The seconds that this process and its process of the server have worked; where the latter is not seen, the former."""
    seconds = time.process_time()
    try:
        with open(f"/proc/{server}/schedstat") as told:
            return seconds + int(told.read().split()[0]) / 1e9
    except OSError:
        return seconds


def _most(milliseconds: list[float]) -> float:
    """What 95 of 100 stay below."""
    return statistics.quantiles(milliseconds, n=100, method="inclusive")[94]


def block() -> Answer:
    """Let all that is due wait."""
    from perennial.bench import maker

    return {"blocked": maker.block_all_due()}


def check() -> Answer:
    """`perennial check` and `perennial check once`."""
    from perennial.jobs import check as checks

    faults = [*checks.check()["faults"], *checks.check_once()["faults"]]
    return {"faults": faults[:20]}


def plan() -> Answer:
    """The kernel's plan of an order of twelve events, and that plan as rows with their words."""
    from django.db import connection

    from perennial.catalog.queries import set_up
    from perennial.continuity.models import ContinuityOrder
    from perennial.continuity.planning import facts_of, target_rows
    from perennial.kernel import plan as kernel
    from perennial.programs.queries import load_revisions

    order = ContinuityOrder.objects.filter(program__schedule_id="PROG-11").order_by("pk")[0]
    facts = facts_of(order)
    settings = set_up()
    revision = load_revisions(settings, [order.revision_id])[order.revision_id]
    planned = kernel.plan(revision.plan, facts)
    if len(planned.occurrences) != 12:
        raise RuntimeError("the order of twelve events was planned with another number")
    connection.close()

    def rows() -> Any:
        return target_rows(
            order.pk,
            revision,
            planned,
            first_position=1,
            status="scheduled",
            product_ids={},
            schedule_ids=revision.schedule_ids,
        )

    return {
        "plan": microseconds(lambda: kernel.plan(revision.plan, facts)),
        "rows": microseconds(rows),
    }


def microseconds(work: Callable[[], Any]) -> float:
    """Of the processor's time, the median of 50 groups of 100 calls."""
    groups = []
    for _ in range(50):
        began = time.process_time()
        for _ in range(100):
            work()
        groups.append((time.process_time() - began) / 100)
    return statistics.median(groups) * 1e6


WORK: dict[str, Callable[..., Answer]] = {
    work.__name__: work
    for work in (
        job,
        by_workers,
        charge,
        chain,
        migrate,
        make,
        change,
        block,
        check,
        plan,
        make_customers,
        search,
        pages,
    )
}


def main() -> None:
    """For each line of stdin: do what it asks for, in a process of its own, and answer with a line."""
    import django

    django.setup()
    from perennial.jobs import JOBS, NIGHTLY

    for name in NIGHTLY:
        JOBS[name]  # imported once, here
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                answer = _answer(**json.loads(line))
            except BaseException:
                answer = {"failed": traceback.format_exc()}
            try:
                print(json.dumps(answer), flush=True)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            print(json.dumps({"failed": f"ended with status {status}"}), flush=True)


def _answer(*, url: str, do: str, **given: Any) -> Answer:
    from django.db import connections

    from perennial.settings import database

    os.environ["DATABASE_URL"] = url  # of the workers that it starts
    connections.databases["default"].update(database(url))
    return {**WORK[do](**given), "memory": peak_memory()}


if __name__ == "__main__":
    main()
