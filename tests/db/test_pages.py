"""Pages by key: every row once, whatever comes and goes meanwhile, and the last page costs what the first one costs."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from perennial.customers.models import Customer
from perennial.db import pages, sql
from perennial.errors import Refused
from perennial.jobs.models import JobRun

pytestmark = pytest.mark.django_db


def customers(number: int) -> None:
    sql.execute(
        "insert into customers_customer(account, name) select 'C-' || lpad(n::text, 6, '0'), 'N' || n %% 3"
        " from generate_series(1, %s) n",
        [number],
    )


def by_account(after: str | None, size: int = 4) -> pages.Page[Customer]:
    return pages.page_of(Customer.objects.all(), "account", size=size, after=after)


def test_the_pages_are_the_list() -> None:
    customers(10)
    first = by_account(None)
    assert [len(first.rows), len(by_account(first.next).rows)] == [4, 4]
    assert [row.account for row in pages.every(by_account)] == [f"C-{n:06d}" for n in range(1, 11)]
    assert by_account(None, size=10).next is None
    assert by_account(None, size=9).next is not None
    Customer.objects.all().delete()
    assert by_account(None) == pages.Page(())


def test_a_row_that_comes_or_goes_moves_no_other_one() -> None:
    customers(8)
    first = by_account(None)
    Customer.objects.filter(account__in=["C-000001", "C-000004", "C-000005"]).delete()  # the key's own row, too
    Customer.objects.create(account="C-0000000")
    assert [row.account for row in by_account(first.next).rows] == ["C-000006", "C-000007", "C-000008"]


@pytest.mark.parametrize("backwards", [False, True])
def test_columns_that_repeat_are_told_apart_by_the_last_one(backwards: bool) -> None:
    customers(10)

    def read(after: str | None) -> pages.Page[Customer]:
        return pages.page_of(Customer.objects.all(), "name", "pk", size=3, after=after, backwards=backwards)

    shown = [(row.name, row.pk) for row in pages.every(read)]
    assert shown == sorted(shown, reverse=backwards)
    assert len(set(shown)) == 10


def test_days_are_keys_too() -> None:
    for day in (2, 1, 2):
        JobRun.objects.create(job="night", on_date=date(2026, 3, day), arguments={}, status="done")

    def read(after: str | None) -> pages.Page[JobRun]:
        return pages.page_of(JobRun.objects.all(), "on_date", "pk", size=1, after=after, backwards=True)

    assert [row.on_date.day for row in pages.every(read)] == [2, 2, 1]


def test_page_10_000_costs_what_page_1_costs() -> None:
    customers(50_000)
    sql.execute("analyze customers_customer")

    def read(after: str | None) -> int:
        found = Customer.objects.all()
        with connection.execute_wrapper(explained):
            pages.page_of(found, "account", size=5, after=after)
        return buffers.pop()

    buffers: list[int] = []

    def explained(execute: object, statement: str, params: object, many: bool, context: object) -> object:
        with connection.cursor() as cursor:
            cursor.cursor.execute(f"explain (analyze, buffers, format json) {statement}", params)
            plan = cursor.cursor.fetchone()[0][0]["Plan"]
        buffers.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
        return execute(statement, params, many, context)

    last = pages.written((f"C-{49_990:06d}",))
    assert read(last) <= read(None) + 3
    assert read(None) < 20


@pytest.mark.parametrize("key", ["", "x", "W10", pages.written((1, 2)), "ü", pages.written(("a",))[:-1] + "!"])
def test_a_key_of_another_list_is_refused(key: str) -> None:
    with pytest.raises(Refused) as refused:
        by_account(key)
    assert (refused.value.code, refused.value.field, refused.value.facts) == ("page_unknown", "after", {"key": key})
