"""Lists of set-up and runs in pages, each row once, with as many queries for any page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from perennial.catalog.models import Product
from perennial.customers.models import Customer
from perennial.db.pages import Page, every
from perennial.desk.queries import Fitting, order_ids, order_page
from perennial.desk.read import lists
from perennial.jobs import NIGHTLY
from perennial.jobs.job import Run, write_list
from perennial.jobs.models import JobItem, JobRun
from perennial.jobs.status import JOBS, due, runs
from perennial.orders.models import SalesOrder
from perennial.programs.draft import edit_draft
from perennial.programs.models import Program
from tests.worlds.desk import ON, day, order

pytestmark = pytest.mark.usefixtures("club")
List = Callable[..., Page[Any]]


@pytest.mark.parametrize(
    ("read", "key", "expected"),
    [
        (lists.products, "number", lambda: sorted(Product.objects.values_list("number", flat=True))),
        (lists.programs, "schedule_id", lambda: sorted(Program.objects.values_list("schedule_id", flat=True))),
        (lists.customers, "account", lambda: sorted(Customer.objects.values_list("account", flat=True))),
    ],
)
def test_the_pages_are_the_whole_list(read: List, key: str, expected: Callable[[], list[str]]) -> None:
    with CaptureQueriesContext(connection) as small:
        first = read(size=1)
    with CaptureQueriesContext(connection) as large:
        whole = read(size=100)
    assert len(small) == len(large) <= 3
    assert first.rows == whole.rows[:1]
    assert whole.next is None
    assert [getattr(row, key) for row in every(lambda after: read(size=2, after=after))] == expected()


def test_what_a_line_says() -> None:
    products = {row.number: row for row in lists.products().rows}
    assert (products["S-CLUB"].program, products["B1"].program, products["B1"].tax_group) == ("CLUB", None, "BOOKS")
    programs = {row.schedule_id: row for row in lists.programs().rows}
    assert (programs["CLUB"].revision, programs["CLUB"].draft, programs["LOCK"].active) == (1, None, False)
    edit_draft(schedule_id="CLUB", edit=lambda facts: replace(facts, catch_up="skip"), by="clerk:anna")
    programs = {row.schedule_id: row for row in lists.programs().rows}
    assert (programs["CLUB"].revision, programs["CLUB"].draft) == (1, 2)


def test_orders_that_fit_come_in_pages_in_the_order_of_their_making() -> None:
    numbers = [order(program) for program in ("CLUB", "UP", "CLUB", "LOOP", "CLUB")]
    fitting = Fitting(program="CLUB", customer="C-1")

    def read(after: str | None) -> Page[int]:
        return order_page(fitting, size=2, after=after)

    shown = list(every(read))
    assert shown == order_ids(fitting)
    by_id = dict(SalesOrder.objects.values_list("pk", "number"))
    assert [by_id[pk] for pk in shown] == [numbers[0], numbers[2], numbers[4]]


def test_runs_are_listed_from_the_last_one_of_one_job_or_of_all() -> None:
    for number in range(5):
        JobRun.objects.create(
            job=NIGHTLY[number % 2], on_date=ON, arguments={}, status="done", report={"counts": {"lines": number}}
        )
    shown = list(every(lambda after: runs(size=2, after=after)))
    assert [row.counts["lines"] for row in shown] == [4, 3, 2, 1, 0]
    of_one = list(every(lambda after: runs(job=NIGHTLY[0], size=2, after=after)))
    assert [row.counts["lines"] for row in of_one] == [4, 2, 0]


@pytest.mark.parametrize("name", NIGHTLY)
def test_what_is_due_is_counted_as_a_run_would_list_it_and_writes_nothing(name: str) -> None:
    for program in ("CLUB", "LOOP", "UP", "PART", "MISS"):
        order(program)
    with CaptureQueriesContext(connection) as asked:
        found = [due(name, day(number)) for number in (0, 20)]
    assert not [one["sql"] for one in asked if not one["sql"].lower().lstrip().startswith(("select", "with", "--"))]
    for number, on in zip(found, (day(0), day(20)), strict=True):
        row = JobRun.objects.create(job=name, on_date=on, arguments={}, status="done")
        run = Run(row.pk, name, on, {}, False)
        write_list(JOBS[name](), run)
        assert run.selected == number == JobItem.objects.filter(run=row).count()
    assert name in ("close-orders", "update-orders") or found[1] > 0
