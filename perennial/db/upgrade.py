"""The tables are made, or made new, beside whoever is at work.

A change of a table wants it for a moment alone, and while it waits for a long transaction everybody else waits behind it. So
it waits for some seconds at most, lets the others through, and tries again. What is done outside of a transaction (an
index that is built beside the writers) takes the time that it takes. One process at a time: two that start at once are one
behind the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.core import management
from django.db import OperationalError, connection
from django.db.migrations.state import ProjectState

from perennial.db import sql
from perennial.errors import Refused

UPGRADE_LOCK = 0x504E09
SOME_SECONDS = 3
"""So long a change waits for a table; so long, at most, others wait behind it."""
PATIENCE_SECONDS = 600
NOT_GOT = "55P03"

_BROKEN = """
select format('drop index concurrently if exists %I.%I', n.nspname, c.relname)
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
 where not i.indisvalid and n.nspname = 'public' and c.relkind = 'i'
"""
"""What a killed upgrade leaves of an index that it was building."""


def make_tables(*, waiting: Callable[[], None] = lambda: None) -> None:
    """Make the tables those of this program; nothing to do where they are. ``waiting``: called once when that takes
    long because somebody uses them. Killed in the middle: do it again.

    Refused: somebody kept a table for too long.
    """
    sql.value("select pg_advisory_lock(%s)", [UPGRADE_LOCK])
    try:
        for (statement,) in sql.tuples(_BROKEN):
            sql.execute(statement)
        new = sql.value("select to_regclass('django_migrations')") is None
        with _each_model_by_itself() if new else nullcontext():
            _patiently(waiting)
    finally:
        sql.execute("reset lock_timeout")
        sql.value("select pg_advisory_unlock(%s)", [UPGRADE_LOCK])


def _patiently(waiting: Callable[[], None]) -> None:
    until, told = time.monotonic() + PATIENCE_SECONDS, False
    while True:
        sql.execute(f"set lock_timeout = '{SOME_SECONDS}s'")
        try:
            with connection.execute_wrapper(_without_hurry):
                management.call_command("migrate", verbosity=0, interactive=False)
            return
        except OperationalError as problem:
            if getattr(problem.__cause__, "sqlstate", None) != NOT_GOT:
                raise
            if time.monotonic() > until:
                raise Refused("tables_in_use", seconds=PATIENCE_SECONDS) from None
            if not told:
                waiting()
                told = True
            time.sleep(1)


@contextmanager
def _each_model_by_itself() -> Iterator[None]:
    """In a database without tables: after each step Django makes the classes of the changed model and of all that are
    related to it anew, 7,500 of them on the way. No statement needs more than the changed one, and no row is there to be read
    by the others: a quarter of the time. A test compares the tables with those that Django makes by itself.
    """

    def reload_model(state: Any, app_label: str, model_name: str, delay: bool = False) -> None:
        if "apps" in vars(state):
            state.is_delayed = True  # where a migration runs Python, all are made anew before
            state._reload({(app_label, model_name)})

    of_django = ProjectState.reload_model
    ProjectState.reload_model = reload_model  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        ProjectState.reload_model = of_django  # type: ignore[method-assign]


def _without_hurry(execute: Callable[..., Any], statement: Any, params: Any, many: bool, context: Any) -> Any:
    """Outside of a transaction nothing is taken back: half of a change would be left there by one that gives up."""
    if connection.in_atomic_block:
        return execute(statement, params, many, context)
    session = connection.connection  # a cursor of its own: that of the statement holds what was found
    session.execute("set lock_timeout = 0")
    try:
        return execute(statement, params, many, context)
    finally:
        session.execute(f"set lock_timeout = '{SOME_SECONDS}s'")
