"""Pieces of work, each in a process of its own: ``python -m perennial.bench.child`` with lines of JSON on stdin.

This process loads Python and Django once and forks for each line. A piece of work answers with one line of
JSON: its seconds, how many statements it sent, which took longest, and the peak memory of its process.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from typing import Any

from perennial.bench.measured import Answer, Clock, microseconds, most_stay_below, peak_memory, processor_time


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
        "most": most_stay_below([one for each in took.values() for one in each]),
        "worked": most_stay_below(worked),
        "slowest": [(way, most_stay_below(each)) for way, each in took.items()],
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
        "slowest": [(kind, most_stay_below(each)) for kind, each in took.items()],
        "sizes": sizes,
    }


def _asked_by(address: str) -> dict[str, str]:
    """Hits are asked for by a page, not by a browser's address bar."""
    return {"HX-Request": "true"} if address.startswith("/search/hits") else {}


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


def charge(**given: Any) -> Answer:
    """``at_gateway.charge``."""
    from perennial.bench import at_gateway

    return at_gateway.charge(job, **given)


def events(**given: Any) -> Answer:
    """``at_gateway.events``."""
    from perennial.bench import at_gateway

    return at_gateway.events(**given)


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
        events,
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
