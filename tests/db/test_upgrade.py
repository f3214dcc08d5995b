"""Tables are made new beside whoever is at work, and no new migration keeps a big table for long."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.contrib.postgres.operations import RemoveIndexConcurrently as RemoveIndex
from django.core import management
from django.db import connection, migrations
from django.db.migrations.operations.base import Operation
from django.db.models import CheckConstraint, Index, Q

from perennial.backup.programs import fitting
from perennial.db import sql, upgrade
from tests import harness

BIG = {
    *("salesorder", "orderline", "orderevent", "hold", "continuityorder", "occurrence", "continuityline", "adjustment"),
    *("payment", "attempt", "customer", "address", "card", "notice", "jobitem", "jobtouched", "storedchange"),
}
"""Models, by their names, of which an installation may have millions of rows."""
LANDED = {"orders": 18, "continuity": 14, "payments": 15, "customers": 5, "notices": 7, "jobs": 6, "desk": 4}
"""Up to this number migrations landed before the rule; they stay as they are."""
LONG = (
    migrations.AddIndex,
    migrations.AddConstraint,
    migrations.AlterField,
    migrations.AlterUniqueTogether,
)
SLOW = re.compile(r"\bupdate\s+\w+_(\w+)|\bcreate\s+(?:unique\s+)?index\s+(?!concurrently)\w+\s+on\s+\w+_(\w+)", re.I)
INDEX = Index(fields=["id"], name="one")
CHECK = CheckConstraint(condition=Q(id=1), name="one")
BESIDE = (AddIndexConcurrently, RemoveIndex, ValidateConstraint)


def faults(migration: type[migrations.Migration]) -> Iterator[str]:
    """What in a migration keeps a big table for long, or is not done again after it was killed."""
    made = {op.name.lower() for op in migration.operations if isinstance(op, migrations.CreateModel)}
    for op in migration.operations:
        name = str(getattr(op, "model_name", "")).lower()
        unread = isinstance(op, (AddConstraintNotValid, *BESIDE))
        if isinstance(op, LONG) and not unread and name in BIG - made:
            yield f"{type(op).__name__} of {name}: AddIndexConcurrently, AddConstraintNotValid, then ValidateConstraint"
        for found in SLOW.finditer(str(op.sql)) if isinstance(op, migrations.RunSQL) else ():
            if (found[1] or found[2]) in BIG - made:
                yield f"{found[0]}: in pieces by a job, or an index beside the writers"
    beside = all(isinstance(op, ValidateConstraint) for op in migration.operations)
    if not migration.atomic and len(migration.operations) > 1 and not beside:
        yield "outside of a transaction: one operation, because what was killed is done again from the beginning"


def new_ones() -> Iterator[tuple[str, type[migrations.Migration]]]:
    for app in apps.get_app_configs():
        folder = Path(app.path) / "migrations"
        if app.name.startswith("perennial.") and app.label in LANDED:
            for file in sorted(folder.glob("0*.py")):
                if int(file.name[:4]) > LANDED[app.label]:
                    yield f"{app.label} {file.stem}", import_module(f"{app.name}.migrations.{file.stem}").Migration


def test_new_migrations_keep_no_big_table_for_long() -> None:
    assert [f"{name}: {fault}" for name, one in new_ones() for fault in faults(one)] == []


@pytest.mark.parametrize(
    ("operations", "atomic", "found"),
    [
        ([migrations.AddIndex("salesorder", INDEX)], True, 1),
        ([AddIndexConcurrently("salesorder", INDEX)], False, 0),
        ([AddIndexConcurrently("salesorder", INDEX), AddIndexConcurrently("payment", INDEX)], False, 1),
        ([migrations.AddConstraint("Payment", CHECK)], True, 1),
        ([AddConstraintNotValid("payment", CHECK)], True, 0),
        ([ValidateConstraint("payment", "a"), ValidateConstraint("payment", "b")], False, 0),
        ([migrations.RunSQL("update orders_salesorder set total_minor = 0")], True, 1),
        ([migrations.RunSQL("create index x on payments_payment(id)")], True, 1),
        ([migrations.AddIndex("program", INDEX)], True, 0),
    ],
)
def test_what_the_rule_finds(operations: list[Operation], atomic: bool, found: int) -> None:
    one = type("Migration", (), {"operations": operations, "atomic": atomic})
    assert len(list(faults(one))) == found


@pytest.mark.django_db(transaction=True)
def test_a_change_lets_others_through_while_it_waits(
    monkeypatch: pytest.MonkeyPatch, django_db_blocker: object
) -> None:
    """A long transaction holds a table: who comes behind the waiting change waits a moment, and the change is made in the end."""
    monkeypatch.setattr(upgrade, "SOME_SECONDS", 1)
    said: list[str] = []

    def migrate(*_: object, **__: object) -> None:
        with connection.schema_editor() as editor:
            editor.execute("alter table catalog_company add column of_tomorrow int")

    monkeypatch.setattr(management, "call_command", migrate)
    url = connection.get_connection_params()
    address = {name: url[name] for name in ("host", "port", "user", "password", "dbname") if url.get(name)}
    long = psycopg.connect(**address)
    long.execute("select count(*) from catalog_company")
    waits: list[float] = []

    def others() -> None:
        with psycopg.connect(**address, autocommit=True) as other:
            for _ in range(25):
                began = time.monotonic()
                other.execute("select count(*) from catalog_company")
                waits.append(time.monotonic() - began)
                time.sleep(0.1)
        long.rollback()

    beside = threading.Thread(target=others)
    beside.start()
    try:
        upgrade.make_tables(waiting=lambda: said.append("waits"))
        assert said == ["waits"]
        assert sql.value("select count(*) from information_schema.columns where column_name = 'of_tomorrow'") == 1
        assert sql.value("show lock_timeout") == "0"
    finally:
        beside.join()
        long.close()
        sql.execute("alter table catalog_company drop column if exists of_tomorrow")
    assert max(waits) < 3


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_upgrade_left_of_an_index_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(management, "call_command", lambda *_, **__: None)
    sql.execute("create index half_built on catalog_company(name)")
    sql.execute("update pg_index set indisvalid = false where indexrelid = 'half_built'::regclass")
    upgrade.make_tables()
    assert sql.value("select to_regclass('half_built')") is None


@pytest.mark.patient
def test_a_new_installation_has_the_tables_that_django_makes_step_by_step(
    make_database: Callable[..., str], tmp_path: Path
) -> None:
    ours, of_django = make_database(), make_database(empty=True)
    harness.migrate(of_django, tmp_path, by_django=True)
    assert described(ours) == described(of_django)


def described(url: str) -> list[str]:
    """The tables of a database, and what migrations have written into some of them."""
    with psycopg.connect(url) as database:
        version = database.info.server_version // 10000
        written = [
            str(row)
            for what in (
                "select app, name from django_migrations order by id",
                "select id, app_label, model from django_content_type order by id",
                "select id, codename, content_type_id from auth_permission order by id",
                "select g.name, codename from auth_group g join auth_group_permissions p on p.group_id = g.id"
                " join auth_permission a on a.id = p.permission_id order by 1, 2",
            )
            for row in database.execute(what).fetchall()
        ]
    dumped = subprocess.run(
        [fitting(version)["pg_dump"], "--schema-only", "--dbname", url], capture_output=True, text=True, check=True
    )
    return [line for line in dumped.stdout.splitlines() if "restrict" not in line] + written
