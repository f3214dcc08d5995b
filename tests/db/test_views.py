"""The views of the database are those that views.sql says, and whoever changes it must say so in a migration."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from perennial.db import sql
from perennial.db.views import MakeViews, digest

PACKAGE = "perennial.payments"


def operations() -> list[MakeViews]:
    loader = MigrationLoader(connection, ignore_no_migrations=True)
    plan = loader.graph.forwards_plan(loader.graph.leaf_nodes("payments")[0])
    made = [op for node in plan for op in loader.graph.nodes[node].operations]
    return [op for op in made if isinstance(op, MakeViews)]


@pytest.mark.django_db
def test_the_last_migration_of_views_names_their_text_and_the_database_has_them() -> None:
    names = [op.text for op in operations()]
    assert names[-1] == digest(PACKAGE), "a changed views.sql wants a new migration with MakeViews"
    assert len(set(names)) == len(names)
    stored = {name for (name,) in sql.tuples("select viewname from pg_views where schemaname = 'public'")}
    assert stored == {*sql.named(PACKAGE, "views.sql"), "orders_history"}


def done(text: str) -> list[str]:
    said: list[str] = []
    editor: Any = SimpleNamespace(execute=lambda statement, params: said.append(statement))
    MakeViews(PACKAGE, text).database_forwards("payments", editor, None, None)
    return said


def test_an_older_text_makes_nothing_and_the_present_one_all_in_its_order() -> None:
    views = list(sql.named(PACKAGE, "views.sql"))
    assert done("of an older text") == []
    assert [re.split(r"\W+", one)[2] for one in done(digest(PACKAGE)) if one.startswith("create")] == views


@pytest.mark.django_db
def test_every_constraint_holds_of_the_rows_that_were_there_before_it() -> None:
    assert sql.tuples("select conrelid::regclass::text, conname from pg_constraint where not convalidated") == []
