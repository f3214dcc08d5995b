"""Fill a database with a company's orders, by sets: sixteen programs, any number of orders, so many of them due.

The foreign keys of the big tables are dropped before and made again after, which checks them by sets.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import psycopg
from django.db import connection, transaction

from perennial.catalog.actions import initialise
from perennial.db import sql
from perennial.errors import Refused
from perennial.payments.noted import note_all

SQL = sql.named("perennial.bench", "sql/make.sql")

ON = date(2026, 3, 11)
"""The business date: a Wednesday. All that is due is so on it, a tenth a week earlier already."""

EARLY = ON - timedelta(7)


def make(*, orders: int, due: int, programs: int = 16) -> dict[str, int]:
    """Fill the (empty, migrated) database that Django is connected to, with orders of the first so many programs; what it
    holds then.

    Refused when it holds anything.
    """
    if sql.value("select exists (select from orders_salesorder) or exists (select from customers_customer)"):
        raise Refused("bench_database_in_use")
    initialise()
    connection.ensure_connection()
    own: psycopg.Connection[Any] = connection.connection
    cursor = psycopg.ClientCursor(own)
    values = {"orders": orders, "due": due, "on": ON, "programs": programs}
    keys = cursor.execute(SQL["foreign_keys"]).fetchall()
    cursor.execute("begin; set local work_mem = '128MB'; set local maintenance_work_mem = '256MB'")
    for table, name, _ in keys:
        cursor.execute(f"alter table {table} drop constraint {name}")
    for statements in ("set_up", "programs"):
        cursor.execute(SQL[statements])
    for statements in ("customers", "orders", "occurrences", "lines", "children", "sequences"):
        cursor.execute(SQL[statements], values)
    for table, name, words in keys:
        cursor.execute(f"alter table {table} add constraint {name} {words}")
    cursor.execute("commit")
    note_all()
    cursor.execute("vacuum (freeze, analyze)")
    return {
        name: int(sql.value(f"select count(*) from {table}"))
        for name, table in (
            ("orders and children", "orders_salesorder"),
            ("occurrences", "continuity_occurrence"),
            ("continuity lines", "continuity_continuityline"),
        )
    }


def make_customers(customers: int) -> None:
    """Fill the (empty, migrated) database with customers to search among. The index of words is made behind them."""
    initialise()
    statements = sql.named("perennial.bench", "sql/search.sql")
    with transaction.atomic():
        sql.execute("set local work_mem = '128MB'; set local maintenance_work_mem = '256MB'; select setseed(0.5)")
        definition = sql.value("select pg_get_indexdef('customers_by_words'::regclass)")
        sql.execute("drop index customers_by_words")
        for name in ("people", "addresses", "customers", "orders"):
            sql.execute(statements[name], {"customers": customers})
        sql.execute(definition)
    sql.execute("vacuum (freeze, analyze)")


def questions(*, customers: int, asked: int) -> list[tuple[str, str]]:
    """What is typed to find customers that are drawn by lot, and in which way, ways and customers mixed."""
    statement = sql.named("perennial.bench", "sql/search.sql")["asked"]
    return [(way, words) for way, words in sql.tuples(statement, {"customers": customers, "asked": asked})]


def addresses(*, asked: int) -> list[tuple[str, str]]:
    """Pages to open, drawn by lot and mixed: of each kind so many."""
    found = sql.tuples(
        "select o.number, c.account from orders_salesorder o join customers_customer c on c.id = o.customer_id"
        " where o.parent_id is null and o.id in"
        " (select abs(hashint8(n)) %% (select max(id) from orders_salesorder) + 1 from generate_series(1, %(many)s) n)"
        " limit %(asked)s",
        {"many": asked * 4, "asked": asked},
    )
    every = []
    for number, account in found:
        every += [
            ("a customer", f"/customers/{account}"),
            ("an order", f"/orders/{number}"),
            ("hits while typing", f"/search/hits?q={account[2:]}"),
            ("the list of orders", "/orders"),
            ("to do", "/exceptions/declined"),
            ("on hold", "/exceptions/held"),
            ("cards that end", "/exceptions/expiring"),
            ("not invoiced", "/exceptions/uninvoiced"),
            ("to give back", "/exceptions/refund"),
        ]
    return every


def block_all_due() -> int:
    """Let everything that is due wait, as an earlier night would have found it; how many occurrences."""
    blocked = sql.execute(SQL["block_all_due"], {"on": ON, "through": ON + timedelta(5)})
    sql.execute("vacuum analyze")
    return blocked
