"""Do the tables of the database belong to this program? Asked before anything reads or writes them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from typing import NamedTuple

from django.apps import apps

from perennial.db import sql
from perennial.errors import Refused

OURS = "perennial."
ASKED_EVERY = 10.0
"""Seconds: so often a process that goes on for long asks again."""

_asked_at: float | None = None


def refuse_other_tables(*, older_may_be: bool = False) -> None:
    """Refused: tables that are older than this program or not there (``older_may_be``: who asks makes them new), or newer.

    One query; of what is there only the names are compared, so no migration is imported.
    """
    with_tables = sql.value("select to_regclass('django_migrations')") is not None
    if not with_tables:
        if older_may_be:
            return
        raise Refused("tables_absent")
    found = compared(sql.tuples("select app, name from django_migrations"))
    if found.newer:
        raise Refused("tables_newer", first=found.newer[0], count=len(found.newer))
    if found.older and not older_may_be:
        raise Refused("tables_older", first=found.older[0], count=len(found.older))


class Compared(NamedTuple):
    """Tables beside this program. ``newer``: changes that it does not know. ``older``: changes that are missing."""

    newer: list[str]
    older: list[str]


def compared(done: Iterable[tuple[str, str]]) -> Compared:
    """Compare what was done to some tables (migrations, by app and name) with what this program does."""
    done = set(done)
    ours, all_of_it = _known()
    return Compared(
        newer=sorted(f"{app} {name}" for app, name in done if app in ours and (app, name) not in all_of_it),
        older=sorted(f"{app} {name}" for app, name in all_of_it - done),
    )


def refuse_other_tables_now_and_then() -> None:
    """The same, for a process that goes on for long: not more often than every few seconds."""
    global _asked_at
    now = time.monotonic()
    if _asked_at is None or now - _asked_at > ASKED_EVERY:
        refuse_other_tables()
        _asked_at = now


@lru_cache(maxsize=1)
def _known() -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """The labels of our apps, and every migration of this program and of what it is built on."""
    found = set()
    for app in apps.get_app_configs():
        spec = find_spec(f"{app.name}.migrations")
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for file in os.listdir(folder):
                if file.endswith(".py") and file[0] not in "_~":
                    found.add((app.label, file.removesuffix(".py")))
    ours = frozenset(app.label for app in apps.get_app_configs() if app.name.startswith(OURS))
    return ours, frozenset(found)
