"""Each check of the data finds the fault that it is there for; the constraints of the tables are taken away, else they would not let it in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from perennial.audit import run
from perennial.catalog.actions import initialise
from perennial.catalog.models import Parameters
from perennial.db import sql
from perennial.jobs.check import INVARIANTS, ONCE, check, check_once, faults
from perennial.jobs.models import JobRun
from perennial.jobs.simulate import simulate
from perennial.orders.models import OrderEvent, SalesOrder
from tests.worlds import actions
from tests.worlds.book_club import club, order

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = {
    "child_of_its_order": "update orders_salesorder set shipment = 9 where number like '%%-002'",
    "child_without_occurrence": "update continuity_occurrence set status = 'scheduled', child_id = null where shipment = 2",
    "child_lines": "update orders_orderline l set quantity = 2 from orders_salesorder o where o.id = l.order_id and o.number like '%%-002'",
    "rest_lines": (
        "insert into orders_rest (child_id, of_id) select b.id, a.id from orders_salesorder a, orders_salesorder b"
        " where a.number like '%%-001' and b.number like '%%-002'"
    ),
    "order_totals": "update orders_salesorder set total_minor = total_minor + 1 where parent_id is null",
    "tax_rows": "update orders_salesorder set tax_minor = 5 where number like '%%-001'",
    "parts_sum": "update payments_payment set amount_minor = amount_minor - 1 where purpose = 'shipment'",
    "upfront_sum": (
        "with ended as (update continuity_occurrence set status = 'cancelled', shipment = null where status = 'scheduled')"
        " update continuity_continuityorder set upfront = true"
    ),
    "currency": "update payments_payment set currency = 'EUR' where purpose = 'ordinary'",
    "captured": "update payments_payment set captured_minor = captured_minor - 1 where captured_minor > 0",
    "given_back": (
        "with lost as (insert into payments_dispute (payment_id, amount_minor, currency, reason, status, opened_on, closed_on)"
        " select id, captured_minor - refunded_minor, currency, 'fraudulent', 'lost', due_on, due_on"
        " from payments_payment where captured_minor > 0 order by id limit 1 returning payment_id)"
        " insert into payments_payment (order_id, customer_id, purpose, number, method, currency, amount_minor,"
        " captured_minor, due_on, status, refunds_id)"
        " select order_id, customer_id, 'refund', 1, 'check', currency, 1, 1, due_on + 1, 'captured', id"
        " from payments_payment where id in (select min(id) from payments_payment where captured_minor > 0)"
    ),
    "refund_request": (
        "insert into payments_refundrequest (order_id, amount_minor, currency, asked_by, asked_on, reason, approved, decided_by, decided_on)"
        " select id, 100, 'USD', 'clerk:anna', '2026-04-01', 'broken', true, 'finance:luca', '2026-04-02'"
        " from orders_salesorder where parent_id is null"
    ),
    "blocked": "update continuity_occurrence set blocked = 'hold' where status = 'scheduled'",
    "dense": "update continuity_occurrence set shipment = 4 where shipment = 3",
    "walk_in_order": "update continuity_occurrence set event_on = '2026-03-01' where shipment = 3",
    "state_of_lines": "update continuity_occurrence set status = 'planned' where status = 'scheduled'",
    "ended_orders": "update orders_salesorder set status = 'invoiced' where parent_id is null",
    "child_state": "update orders_salesorder set status = 'open' where number like '%%-001'",
    "shipment_lines": (
        "delete from continuity_continuityline l using continuity_occurrence o"
        " where o.id = l.occurrence_id and o.status = 'scheduled'"
    ),
    "skips": "update continuity_occurrence set status = 'skipped' where status = 'scheduled'",
    "prices": (
        "update continuity_continuityline l set price_minor = 1 from continuity_occurrence o"
        " where o.id = l.occurrence_id and o.status = 'scheduled'"
    ),
    "whole_walk": "update continuity_occurrence set status = 'cancelled', shipment = null where status = 'scheduled'",
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
    # due since the last night, which makes what ships within five days
    "missed": "update continuity_occurrence set ship_on = '2026-04-17' where status = 'scheduled'",
    "unpaid": "with t as (delete from payments_attempt) delete from payments_payment where purpose = 'shipment'",
    "book": "update payments_attempt set amount_minor = amount_minor - 1 where kind in ('capture', 'charge')",
}
OF_ALL = ("ends", "current_event", "missed", "unpaid", "book")
"""Of no order, or asked by the jobs alone."""


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


def test_an_installation_that_was_just_made_is_well() -> None:
    """It has no currency before the first bundle."""
    initialise()
    assert check()["faults"] == check_once()["faults"] == []


def test_a_check_finds_its_fault() -> None:
    """Asked about everything, and about its order."""
    half_way()
    parent = SalesOrder.objects.get(parent=None)
    assert check()["faults"] == check_once()["faults"] == []
    for name, statement in FAULTS.items():
        with without_constraints():
            assert sql.execute(statement), f"{name}: the statement changes nothing"
            assert faults((name,))["faults"], name
            if name not in OF_ALL:
                assert run.faults((name,), [parent.id]), name
                assert not run.faults((name,), [parent.id + 1000]), name
        assert faults((name,))["ok"], name


MORE = [
    (
        "parts_sum",
        "with t as (delete from payments_attempt) delete from payments_payment where purpose = 'shipment'",
        "the payments of child SO-000001-1-001 sum to 0, not to",
    ),
    (
        "parts_sum",
        "update payments_payment set status = 'cancelled' where purpose = 'shipment'",
        "the payments of child SO-000001-1-002 sum to 0, not to",
    ),
    ("captured", "delete from payments_attempt", "captured, its tries say 0"),
    (
        "captured",
        "with t as (delete from payments_attempt) delete from orders_orderevent where kind = 'entered'",
        "captured, its tries say 0",
    ),
    (
        "captured",
        "update payments_attempt set amount_minor = amount_minor - 1 where kind in ('capture', 'charge')",
        "of SO-000001-1-001 says",
    ),
    (
        "given_back",
        "insert into payments_payment (order_id, customer_id, purpose, number, method, currency, amount_minor,"
        " captured_minor, due_on, status, refunds_id)"
        " select order_id, customer_id, 'refund', 1, 'check', currency, amount_minor + 1, amount_minor + 1, due_on, 'captured', id"
        " from payments_payment where captured_minor > 0 limit 1",
        "2490 was captured, but 2491 given back and 0 lost in disputes",
    ),
    (
        "ended_orders",
        "update orders_salesorder set status = 'cancelled' where parent_id is null",
        "order SO-000001 is cancelled, but line 1 of it is open",
    ),
    (
        "ended_orders",
        "with c as (update continuity_continuityorder set status = 'closed')"
        " update orders_salesorder set status = case when parent_id is null then 'invoiced' else 'shipped' end",
        "order SO-000001 is invoiced, but its child SO-000001-1-001 is shipped",
    ),
    (
        "ended_orders",
        "update orders_salesorder set status = 'draft' where parent_id is null",
        "order SO-000001 is draft, but its child SO-000001-1-001 is invoiced",
    ),
    (
        "ended_orders",
        "with c as (update continuity_continuityorder set status = 'closed')"
        ", l as (update orders_orderline l set status = 'open' from orders_salesorder p"
        " where p.id = l.order_id and p.parent_id is null)"
        " update orders_salesorder set status = 'invoiced'",
        "order SO-000001 is invoiced, but line 1 of it is open",
    ),
    (
        "parts_sum",
        "with e as (delete from orders_orderevent where kind = 'child_created')"
        " update payments_payment set amount_minor = amount_minor - 1 where purpose = 'shipment'",
        "the payments of child SO-000001-1-001 sum to 2489, not to 2490",
    ),
    (
        "dense",
        "update continuity_occurrence set shipment = 3 - shipment where shipment < 3",
        "shipment 2 of line 1 of SO-000001 leaves a number out",
    ),
    (
        "state_of_lines",
        "update continuity_continuityorder set status = 'draft'",
        "line E1/0 of SO-000001 is ordered in a draft continuity order",
    ),
    (
        "skips",
        "insert into continuity_adjustment (continuity_order_id, event_key, repetition, kind, value, on_date)"
        " select continuity_order_id, event_key, repetition, 'skip', 'true', ship_on"
        " from continuity_occurrence where status = 'ordered'",
        "event E1/0 of SO-000001 is ordered, but it was skipped",
    ),
    (
        "child_state",
        "with l as (update orders_orderline set status = 'cancelled')"
        " update orders_salesorder set status = 'cancelled', invoiced_on = null where parent_id is not null",
        "child SO-000001-1-001 is cancelled, but it was sent on",
    ),
    ("child_state", "delete from orders_shipment", "child SO-000001-1-001 is invoiced, but nothing was sent"),
    (
        "child_state",
        "update orders_orderline l set status = 'open' from orders_salesorder k where k.id = l.order_id and k.shipment = 1",
        "child SO-000001-1-001 is invoiced, but its lines are not",
    ),
    (
        "child_state",
        "update orders_salesorder set invoiced_on = null where number like '%%-001'",
        "child SO-000001-1-001 is invoiced, but nobody knows on which day",
    ),
    (
        "child_state",
        "update orders_salesorder set invoiced_on = ship_on where number like '%%-002'",
        "child SO-000001-1-002 is open, but it was invoiced on",
    ),
    (
        "skips",
        "insert into continuity_adjustment (continuity_order_id, event_key, repetition, kind, value, on_date)"
        " select continuity_order_id, event_key, repetition, 'skip', 'true', ship_on"
        " from continuity_occurrence where status = 'scheduled'",
        "event E3/0 of SO-000001 is scheduled, but it was skipped",
    ),
    (
        "whole_walk",
        "delete from continuity_occurrence where status = 'scheduled'",
        "line 1 of SO-000001 is planned to its end, but event E3/0 follows",
    ),
    (
        "whole_walk",
        "update continuity_continuityorder set complete = false",
        "line 1 of SO-000001 is not planned to its end, but nothing follows",
    ),
]


def test_a_check_finds_its_other_faults() -> None:
    half_way()
    for name, statement, told in MORE:
        with without_constraints():
            sql.execute(statement)
            found = faults((name,))["faults"]
            assert any(told in fault for fault in found), (statement, found)


@pytest.mark.parametrize(
    ("reason", "true"),
    [
        ("acceptance", "update orders_salesorder set acceptance = 'awaited'"),
        (
            "hold",
            "insert into orders_hold (order_id, code, stops, on_date)"
            " select id, 'away', 'shipping', order_date from orders_salesorder where parent_id is null",
        ),
        ("card", "update customers_storedcard set expires_on = '2026-04-30'"),
        ("payment", "update payments_payment set status = 'failed' where purpose = 'shipment'"),
        (
            "parked",
            "insert into continuity_parked (continuity_order_id, job, reason, on_date)"
            " select id, 'create-child-orders', 'no room', order_date from continuity_continuityorder",
        ),
    ],
)
def test_why_a_shipment_waits_is_worked_out_again(reason: str, true: str) -> None:
    """Acceptance, hold and card are found when a shipment falls due, payment and parked hold for all from the start."""
    half_way()
    waits = [f"shipment 3 of SO-000001 waits for {reason}, but that reason is gone"]
    block = f"update continuity_occurrence set blocked = '{reason}' where status = 'scheduled'"
    with without_constraints():
        sql.execute(block)
        assert faults(("blocked",))["faults"] == waits
        sql.execute(true)
        assert faults(("blocked",))["ok"]
        sql.execute("update continuity_occurrence set blocked = null")
        assert faults(("blocked",))["ok"] == (reason not in ("payment", "parked"))
        if reason == "card":  # there is nothing to authorise
            sql.execute(block)
            sql.execute("update catalog_tariffcharge set charge_minor = 0")
            sql.execute("update continuity_continuityline set price_minor = 0")
            assert faults(("blocked",))["faults"] == waits


def test_a_late_shipment_waits_for_a_card_that_lasts_until_it_could_have_gone() -> None:
    """The last run is that of Sunday, 12 April: what is late would ship on Monday, whatever day it was due."""
    half_way()
    sql.execute("update continuity_occurrence set blocked = 'card', ship_on = '2026-03-30' where status = 'scheduled'")
    for expires, ok in (("2026-03-31", True), ("2026-04-12", True), ("2026-04-13", False)):
        sql.execute("update customers_storedcard set expires_on = %s", [expires])
        assert faults(("blocked",))["ok"] == ok, expires


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


def test_what_is_sold_behind_the_list_of_the_night_is_left_to_the_next() -> None:
    """It is the list of what is due that a night goes by, however long its charges take."""
    club()
    entered = order()
    simulate(date(2026, 3, 10), date(2026, 3, 11))
    sql.execute("update continuity_occurrence set ship_on = '2026-03-11' where shipment = 2")
    listed = JobRun.objects.filter(job="create-child-orders").latest("id").started_at
    for at, count in ((listed - timedelta(seconds=1), 1), (listed, 0)):
        OrderEvent.objects.create(order_id=entered.id, on_date=date(2026, 3, 9), kind="entered", by="clerk:anna", at=at)
        assert len(check_once()["faults"]) == count


def test_what_the_limit_has_left_is_not_missed() -> None:
    """It was the limit of that night, whatever it is by now."""
    club(number_of_orders_to_create=1)
    order(), order()
    simulate(date(2026, 3, 10), date(2026, 3, 11))
    assert check_once()["faults"] == []
    Parameters.objects.update(number_of_orders_to_create=None)
    assert check_once()["faults"] == []
    simulate(date(2026, 3, 12), date(2026, 3, 12))
    Parameters.objects.update(number_of_orders_to_create=5)
    sql.execute("update continuity_occurrence set ship_on = '2026-03-12' where shipment = 2")
    assert len(check_once()["faults"]) == 2


def test_what_a_clerk_has_moved_since_the_night_is_not_missed() -> None:
    """On whatever date it was written down."""
    club()
    entered = order()
    simulate(date(2026, 3, 10), date(2026, 3, 20))
    actions.move(number=entered.number, shipment=2, to=date(2026, 3, 20), on=date(2026, 3, 19), by="clerk:anna")
    assert check_once()["faults"] == []
