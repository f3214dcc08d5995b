"""Lists in pages, each row once, with as many queries for any page; the last page costs what the first one costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from perennial.catalog.models import Product
from perennial.continuity.models import ContinuityOrder, Occurrence
from perennial.customers.models import Customer
from perennial.db import sql
from perennial.db.pages import Page, every, written
from perennial.desk.queries import Fitting, order_ids, order_page
from perennial.desk.read import lists
from perennial.errors import Refused
from perennial.jobs import NIGHTLY
from perennial.jobs.job import Run, write_list
from perennial.jobs.models import JobItem, JobRun
from perennial.jobs.status import JOBS, due, runs
from perennial.orders.models import OrderLine, SalesOrder
from perennial.payments.models import Payment
from perennial.programs.draft import edit_draft
from perennial.programs.models import Program
from tests.worlds import actions
from tests.worlds.desk import ANNA, ON, book, day, line, make_children, order, sent

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


def busy() -> None:
    """Orders of two customers, with children of every status, one held, and payments of all kinds."""
    numbers = [order(program) for program in ("CLUB", "MISS", "LOOP", "PART")]
    order("UP", line("CLUB", 2), book("B3"))
    order(line("CLUB", card="tok_bo"), customer="C-2", ship_to="barn", pay=())
    order("CLUB", submit=False)
    make_children(day(6))
    made = list(SalesOrder.objects.filter(parent__isnull=False).order_by("number").values_list("number", flat=True))
    sent(made[0], day(7))
    sent(made[1], day(7), invoice=False)
    actions.cancel(number=made[2], **ANNA)
    actions.hold(number="SO-000004-1-001", reason="asks", **ANNA)
    actions.hold(number=numbers[2], reason="travels", stops="shipping", **ANNA)


CHILDREN = SalesOrder.objects.filter(parent__isnull=False).order_by("ship_on", "id")
PAYMENTS = Payment.objects.order_by("due_on", "id")
SHIPMENTS = Occurrence.objects.filter(status="scheduled").order_by("ship_on", "id")
ON_DAY = day(8)


def child_keys(rows: Any) -> list[Any]:
    return [row.number for row in rows]


def payment_keys(rows: Any) -> list[Any]:
    return [
        (p.order, p.line if p.purpose == "order" else None, p.purpose, p.number) for p in (row.payment for row in rows)
    ]


def shipment_keys(rows: Any) -> list[Any]:
    return [(row.order, row.line, row.shipment, row.lines[0].product.number) for row in rows]


def of_children(**fitting: Any) -> list[Any]:
    return list(CHILDREN.filter(**fitting).values_list("number", flat=True))


def of_payments(**fitting: Any) -> list[Any]:
    return [
        (p.order.number, None, p.purpose, p.number)
        if p.order
        else (p.continuity_order.order.number, p.continuity_order.parent_line.line, p.purpose, p.number)
        for p in PAYMENTS.filter(**fitting)
    ]


def of_shipments(**fitting: Any) -> list[Any]:
    return [
        (
            o.continuity_order.order.number,
            o.continuity_order.parent_line.line,
            o.shipment,
            o.lines.order_by("line")[0].product.number,
        )
        for o in SHIPMENTS.filter(**fitting).distinct()
    ]


@pytest.mark.parametrize(
    ("read", "keys", "expected"),
    [
        (partial(lists.children, ON_DAY), child_keys, of_children),
        (partial(lists.children, ON_DAY, status="open"), child_keys, partial(of_children, status="open")),
        (partial(lists.children, ON_DAY, customer="C-2"), child_keys, partial(of_children, customer__account="C-2")),
        (
            partial(lists.children, ON_DAY, program="CLUB"),
            child_keys,
            partial(of_children, parent_line__continuity__program__schedule_id="CLUB"),
        ),
        (lists.payments, payment_keys, of_payments),
        (partial(lists.payments, status="due"), payment_keys, partial(of_payments, status="due")),
        (partial(lists.payments, customer="C-1"), payment_keys, partial(of_payments, customer__account="C-1")),
        (
            partial(lists.payments, customer="C-1", status="cancelled"),
            payment_keys,
            partial(of_payments, customer__account="C-1", status="cancelled"),
        ),
        (partial(lists.shipments, ON_DAY), shipment_keys, of_shipments),
        (
            partial(lists.shipments, ON_DAY, customer="C-2"),
            shipment_keys,
            partial(of_shipments, continuity_order__customer__account="C-2"),
        ),
        (
            partial(lists.shipments, ON_DAY, program="LOOP"),
            shipment_keys,
            partial(of_shipments, continuity_order__program__schedule_id="LOOP"),
        ),
        (
            partial(lists.shipments, ON_DAY, product="B3"),
            shipment_keys,
            partial(of_shipments, lines__product__number="B3"),
        ),
        (
            partial(lists.shipments, ON_DAY, product="S-CLUB"),
            shipment_keys,
            partial(of_shipments, continuity_order__parent_line__product__number="S-CLUB"),
        ),
    ],
)
def test_what_comes_first_stands_first_on_pages_that_are_the_whole_list(
    read: List, keys: Callable[[Any], list[Any]], expected: Callable[[], list[Any]]
) -> None:
    busy()
    with CaptureQueriesContext(connection) as small:
        first = read(size=1)
    with CaptureQueriesContext(connection) as large:
        whole = read(size=100)
    assert len(small) == len(large) <= 5
    assert first.rows == whole.rows[:1]
    assert whole.next is None
    found = keys(every(lambda after: read(size=2, after=after)))
    assert found == expected() == keys(whole.rows)
    assert found


def test_what_a_line_of_children_payments_and_shipments_says() -> None:
    busy()
    children = {row.number: row for row in lists.children(ON_DAY).rows}
    held = children["SO-000004-1-001"]
    assert (held.order, held.account, held.customer, held.program, held.line) == ("SO-000004", "C-1", "Ada", "PART", 1)
    assert (held.status, held.ship_on, held.waits) == ("open", day(6), ("hold",))
    assert [(one.product.number, str(one.price.minor)) for one in held.lines] == [("B1", "1000")]
    assert all(row.waits == () for row in children.values() if row is not held)

    payments = lists.payments(customer="C-2").rows
    assert {(row.order, row.account, row.payment.card.token) for row in payments if row.payment.card} == {
        ("SO-000006", "C-2", "tok_bo")
    }
    upfront = [row.payment for row in lists.payments().rows if row.order == "SO-000005" and row.payment.line == 1]
    assert [(one.order, one.purpose) for one in upfront] == [("SO-000005", "order")]

    waiting = [row for row in lists.shipments(ON_DAY).rows if row.waits]
    assert {(row.order, row.waits) for row in waiting} == {("SO-000003", ("hold",))}
    coming = [row for row in lists.shipments(ON_DAY, product="B3").rows if row.order == "SO-000005"]
    assert [(row.line, row.lines[0].quantity, row.ship_on) for row in coming] == [(1, 1, day(20)), (2, 2, day(20))]


@pytest.mark.parametrize(
    ("read", "code", "field"),
    [
        (partial(lists.children, ON_DAY, status="late"), "order_status_unknown", "status"),
        (partial(lists.children, ON_DAY, program="X"), "program_unknown", "program"),
        (partial(lists.payments, status="open"), "payment_status_unknown", "status"),
        (partial(lists.payments, customer="X"), "customer_unknown", "customer"),
        (partial(lists.shipments, ON_DAY, product="X"), "product_unknown", "product"),
        (partial(lists.shipments, ON_DAY, after=written(("x", 1))), "page_unknown", "after"),
        (partial(lists.payments, after=written((ON, "x"))), "page_unknown", "after"),
    ],
)
def test_what_does_not_exist_is_refused(read: List, code: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        read()
    assert (refused.value.code, refused.value.field) == (code, field)


MANY = 20_000
LATER = 1_000_000


def again(table: str, pk: int, **columns: str) -> None:
    """A row again and again, each with its own id and with these columns, as SQL with the number n of the copy."""
    given = ", ".join(f"'{name}', {value}" for name, value in {"id": f"{LATER} + n", **columns}.items())
    sql.execute(
        f"insert into {table} select r.* from {table} t cross join generate_series(1, {MANY}) n"
        f" cross join lateral jsonb_populate_record(t, jsonb_build_object({given})) r where t.id = {pk}"
    )


@pytest.fixture
def many_orders(club: None) -> None:
    """So many orders, each with a planned shipment, a child and a payment, a hundred of them a day."""
    number = order("CLUB")
    make_children(day(6))
    line = ContinuityOrder.objects.get(order__number=number)
    child = SalesOrder.objects.filter(parent__number=number).first()
    planned = Occurrence.objects.filter(continuity_order=line, status="scheduled").first()
    assert child is not None
    assert planned is not None
    payment = Payment.objects.get(order=child)
    on, same = f"date '{ON}' + n / 100", f"{LATER} + n"
    again("orders_salesorder", line.order_id, number="'M-' || n", entry="null")
    again("orders_orderline", line.parent_line_id, order_id=same)
    again("continuity_continuityorder", line.pk, order_id=same, parent_line_id=same)
    again(
        *("continuity_occurrence", planned.pk), continuity_order_id=same, ship_on=on,
        blocked="case when n % 10 = 0 then (array['hold', 'payment', 'card'])[1 + n % 3] end",
    )  # fmt: skip
    again("continuity_continuityline", planned.lines.all()[0].pk, occurrence_id=same)
    status = "case when n % 10 = 0 then 'open' when n % 11 = 0 then 'shipped' else 'invoiced' end"
    again(
        *("orders_salesorder", child.pk), id=f"2 * {LATER} + n", number="'K-' || n", parent_id=same,
        parent_line_id=same, ship_on=on, status=status,
    )  # fmt: skip
    again("orders_orderline", OrderLine.objects.get(order=child).pk, id=f"2 * {LATER} + n", order_id=f"2 * {LATER} + n")
    paid = "case when n % 10 = 0 then 'due' when n % 101 = 0 then 'declined' else 'captured' end"
    again("payments_payment", payment.pk, order_id=f"2 * {LATER} + n", due_on=on, status=paid)
    sql.execute("set local lock_timeout = 0")  # that of the rehearsal: a table may be analysed by the server just now
    sql.execute("analyze")


@pytest.mark.usefixtures("many_orders")
def test_page_10_000_of_children_payments_and_shipments_costs_what_page_1_costs() -> None:
    buffers: list[int] = []

    def explained(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.cursor.execute(f"explain (analyze, buffers, format json) {statement}", params)
            plan = cursor.cursor.fetchone()[0][0]["Plan"]
        buffers.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
        return execute(statement, params, many, context)

    def cost(read: List, after: str | None) -> int:
        buffers.clear()
        with connection.execute_wrapper(explained):
            assert read(size=2, after=after).rows
        return sum(buffers)

    last = (MANY - 30) // 100
    for read, pk in (
        (partial(lists.children, ON_DAY), 2 * LATER),
        (partial(lists.children, ON_DAY, status="open"), 2 * LATER),
        (partial(lists.children, ON_DAY, program="CLUB"), 2 * LATER),
        (lists.payments, LATER),
        (partial(lists.payments, status="captured"), LATER),
        (partial(lists.shipments, ON_DAY), LATER),
        (partial(lists.shipments, ON_DAY, program="CLUB"), LATER),
        (partial(lists.shipments, ON_DAY, product="S-CLUB"), LATER),
    ):
        assert cost(read, written((day(last), pk + MANY - 30))) <= cost(read, None) + 10, read
        assert cost(read, None) < 300, read
