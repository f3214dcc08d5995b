"""A row goes from one state to another only where the kernel's pairs allow it, whoever writes it."""

from __future__ import annotations

import re

import psycopg
import pytest
from django.db import IntegrityError, transaction

from perennial.db import sql
from perennial.errors import Conflict
from perennial.kernel.states import PARENT_AGAIN, REFUND_SENT_BACK, may_follow
from perennial.orders.models import SalesOrder
from tests.worlds.book_club import club, order
from tests.worlds.leading import PAIRS, way

OUTSIDE = {
    "orders_salesorder": ("open", "draft"),
    "orders_orderline": ("invoiced", "shipped"),
    "continuity_continuityorder": ("closed", "draft"),
    "continuity_occurrence": ("scheduled", "planned"),
    "payments_payment": ("due", "paid"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("table", PAIRS)
def test_a_change_of_state_outside_the_pairs_is_refused(table: str) -> None:
    old, new = OUTSIDE[table]
    assert not may_follow(PAIRS[table], old, new)
    club()
    order()
    sql.execute(f"update {table} set status = %s where status <> %s", [old, old])
    assert sql.execute(f"update {table} set status = status")
    with (
        pytest.raises(IntegrityError, match=rf"{table} \d+: from {old} to {new} is no change of state") as refused,
        transaction.atomic(),
    ):
        sql.execute(f"update {table} set status = %s", [new])
    error = refused.value.__cause__
    assert isinstance(error, psycopg.errors.CheckViolation)
    assert (error.diag.table_name, error.diag.column_name) == (table, "status")


def test_a_row_is_led_by_the_pairs() -> None:
    assert way(PAIRS["payments_payment"], "failed", "captured") == ["authorised", "captured"]
    assert way(PAIRS["payments_payment"], "due", "due") == []
    with pytest.raises(AssertionError, match="no way leads from captured to due"):
        way(PAIRS["payments_payment"], "captured", "due")


@pytest.mark.django_db
@pytest.mark.parametrize("table", PAIRS)
def test_every_pair_and_no_other_is_let_through(table: str) -> None:
    """What the trigger of the database says is asked of it as it stands there, one pair of words after the other."""
    words = [*PAIRS[table], "submitting"]
    (condition,) = sql.tuples(
        "select pg_get_triggerdef(oid) from pg_trigger where tgrelid = %s::regclass"
        " and tgname like 'pgtrigger_only_known_changes_of_state%%'",
        [table],
    )
    said = re.search(r"WHEN \((.+)\) EXECUTE FUNCTION", condition[0])
    assert said
    query = (
        f"select old.status, new.status, new.parent_id is null, new.purpose = 'refund', {said[1]}"
        " from (select w as status from unnest(%s::text[]) w) old,"
        " (select w as status, p as parent_id, u as purpose from unnest(%s::text[]) w, unnest(array[null, 1]::bigint[]) p,"
        " unnest(array['shipment', 'refund']) u) new"
    )
    for old, new, is_parent, is_refund, refused in sql.tuples(query, [words, words]):
        allowed = old == new or may_follow(PAIRS[table], old, new)
        if table == "orders_salesorder" and is_parent:  # a member comes back
            allowed = allowed or new in PARENT_AGAIN.get(old, ())
        if table == "payments_payment" and is_refund:  # the bank has sent it back
            allowed = allowed or new in REFUND_SENT_BACK.get(old, ())
        assert refused is not allowed, (old, new)


@pytest.mark.django_db
def test_rows_that_are_no_longer_in_the_old_state_are_a_conflict() -> None:
    club()
    order()
    ids = sorted(SalesOrder.objects.values_list("pk", flat=True))
    sql.shift(SalesOrder, ids, ("draft", "open"), "cancelled")
    with pytest.raises(Conflict, match="1 of 1 are no longer open"), transaction.atomic():
        sql.shift(SalesOrder, ids, "open", "shipped")
    assert set(SalesOrder.objects.values_list("status", flat=True)) == {"cancelled"}
