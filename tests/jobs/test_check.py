"""Each check of the data finds the fault that it is there for; the constraints of the tables are taken away, else they would not let it in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from django.db import connection, transaction

from perennial.db import sql
from perennial.jobs.check import INVARIANTS, ONCE, check, check_once, faults
from perennial.jobs.simulate import simulate
from perennial.orders.models import OrderEvent
from tests.cli.makers import club, order

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = {
    "child_of_its_order": "update orders_salesorder set shipment = 9 where number like '%%-002'",
    "child_without_occurrence": "update continuity_occurrence set status = 'scheduled', child_id = null where shipment = 2",
    "child_lines": "update orders_orderline l set quantity = 2 from orders_salesorder o where o.id = l.order_id and o.number like '%%-002'",
    "order_totals": "update orders_salesorder set total_minor = total_minor + 1 where parent_id is null",
    "parts_sum": "update payments_payment set amount_minor = amount_minor - 1 where purpose = 'shipment'",
    "upfront_sum": (
        "with ended as (update continuity_occurrence set status = 'cancelled', shipment = null where status = 'scheduled')"
        " update continuity_continuityorder set upfront = true"
    ),
    "currency": "update payments_payment set currency = 'EUR' where purpose = 'ordinary'",
    "captured": "update payments_payment set captured_minor = captured_minor - 1 where captured_minor > 0",
    "blocked": "update continuity_occurrence set blocked = 'hold' where status = 'scheduled'",
    "dense": "update continuity_occurrence set shipment = 4 where shipment = 3",
    "walk_in_order": "update continuity_occurrence set event_on = '2026-03-01' where shipment = 3",
    "state_of_lines": "update continuity_occurrence set status = 'planned' where status = 'scheduled'",
    "ends": "update programs_programevent set event_id = 4 where event_id = 3",
    "current_event": "update programs_program set current_key = 'E9'",
    "once_child": "update orders_salesorder set shipment = 1, try_no = 2 where number like '%%-002'",
    "once_product_step": "update continuity_occurrence set event_key = 'E2' where shipment = 3",
    "once_shipped_occurrence": "update continuity_occurrence set shipment = 1 where shipment = 2",
    "once_charged": (
        "insert into payments_attempt (payment_id, kind, number, key, amount_minor, outcome, on_date)"
        " select payment_id, kind, number + 1, key || '-more', amount_minor, outcome, on_date"
        " from payments_attempt where kind in ('capture', 'charge') limit 1"
    ),
    "once_paid": "update payments_payment set captured_minor = 2 * captured_minor where purpose = 'shipment'",
    "missed": "update continuity_occurrence set ship_on = '2026-04-01' where status = 'scheduled'",
}


def half_way() -> None:
    """An order with two children, one of them shipped and paid, and a third shipment to come."""
    club()
    order()
    simulate(date(2026, 3, 10), date(2026, 4, 12))


@contextmanager
def without_constraints() -> Iterator[None]:
    """In here anything can be written; afterwards it is taken back."""
    with transaction.atomic():
        for table, name in sql.tuples(
            "select conrelid::regclass::text, conname from pg_constraint"
            " where contype in ('c', 'u') and connamespace = 'public'::regnamespace and conrelid <> 0"
        ):
            sql.execute(f'alter table {table} drop constraint "{name}" cascade')
        for (index,) in sql.tuples(
            "select indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indexrelid"
            " where i.indisunique and not i.indisprimary and c.relnamespace = 'public'::regnamespace"
        ):
            sql.execute(f"drop index {index}")
        with connection.cursor() as cursor:
            cursor.execute("set local session_replication_role = replica")
        yield
        transaction.set_rollback(True)


def test_there_is_a_fault_for_every_check() -> None:
    assert set(FAULTS) == {*INVARIANTS, *ONCE}


def test_a_check_finds_its_fault() -> None:
    half_way()
    assert check()["faults"] == check_once()["faults"] == []
    for name, statement in FAULTS.items():
        with without_constraints():
            assert sql.execute(statement), f"{name}: the statement changes nothing"
            assert faults((name,))["faults"], name
        assert faults((name,))["ok"], name


@pytest.mark.parametrize(
    ("kind", "by", "told"),
    [
        ("payment_declined", "job:9", True),
        ("child_created", "job:9", True),
        ("released", "clerk:anna", False),
        ("payment_due", "clerk:anna", False),
    ],
)
def test_what_was_missed_is_told_unless_a_person_set_it_free_since(kind: str, by: str, told: bool) -> None:
    """What jobs write down of the order on that day is no reason for a shipment to be missing."""
    club()
    entered = order()
    simulate(date(2026, 3, 10), date(2026, 3, 11))
    sql.execute("update continuity_occurrence set ship_on = '2026-03-11' where shipment = 2")
    OrderEvent.objects.create(order_id=entered.id, on_date=date(2026, 3, 11), kind=kind, by=by)
    assert check_once()["faults"] == (
        ["shipment 2 of SO-000001 was due on 2026-03-11 and was not made"] if told else []
    )
