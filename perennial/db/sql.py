"""SQL by hand, typed at its edges: named statements from files, rows as dataclasses, COPY, ids drawn ahead."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model
from psycopg import Cursor

from perennial.errors import Conflict
from perennial.kernel import states

Params = Mapping[str, Any] | Sequence[Any] | None
T = TypeVar("T")
M = TypeVar("M", bound=Model)


def execute(sql: str, params: Params = None) -> int:
    """Run one statement; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def rows(kind: type[T], sql: str, params: Params = None) -> list[T]:
    """The rows of a query as dataclasses (or NamedTuples), column by column in the order of the fields."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        if dataclasses.is_dataclass(kind) or hasattr(kind, "_fields"):
            return [kind(*row) for row in cursor.fetchall()]
        return list(cursor.fetchall())


def tuples(sql: str, params: Params = None) -> list[tuple[Any, ...]]:
    """The rows of a query as plain tuples."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def prepared(sql: str, params: Params = None) -> list[tuple[Any, ...]]:
    """The rows of a long query for rows that are named by their ids, which one session asks again and again.

    The server reads and plans it once; of all others, which may be about any part of a table, a plan is
    made each time.
    """
    connection.ensure_connection()
    session = connection.connection
    session.prepare_threshold = 1  # of Django's own cursors none prepares anything
    with connection.wrap_database_errors, Cursor(session) as cursor:
        run: Callable[..., object] = lambda sql, params, many, context: cursor.execute(sql, params)  # noqa: E731
        for wrapper in reversed(connection.execute_wrappers):  # who counts statements counts these too
            run = partial(wrapper, run)
        run(sql, params, False, {"connection": connection, "cursor": cursor})
        if connection.queries_logged:
            connection.queries_log.append({"sql": sql, "time": "0"})
        return list(cursor.fetchall())


def prepared_rows(kind: type[T], sql: str, params: Params = None) -> list[T]:
    """The rows of such a query as dataclasses."""
    return [kind(*row) for row in prepared(sql, params)]


def one(sql: str, params: Params = None) -> tuple[Any, ...] | None:
    """The first row of a query, or None."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: tuple[Any, ...] | None = cursor.fetchone()
        return found


def value(sql: str, params: Params = None) -> Any:
    """The first column of the first row of a query, or None."""
    found = one(sql, params)
    return found[0] if found else None


def models(model: type[M], sql: str, params: Params = None) -> list[M]:
    """The rows of a query (``*`` of the model's table) as its instances: for what each run reads, at a
    fraction of a query set's cost.
    """
    fields = _fields_by_column(model)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        columns = [fields[column.name] for column in cursor.description]
        # Django takes the values of all fields by their place in the model, which is not that of a column added later.
        places = sorted(range(len(columns)), key=lambda at: columns[at].creation_counter)
        found = [columns[at] for at in places]
        names = [field.attname for field in found]
        # What the driver does not do: of JSON, text into values.
        converters = [(at, field.from_db_value) for at, field in enumerate(found) if hasattr(field, "from_db_value")]
        made = []
        for row in cursor.fetchall():
            values = [row[at] for at in places]
            for at, convert in converters:
                values[at] = convert(values[at], None, connection)
            made.append(model.from_db(connection.alias, names, values))
        return made


@lru_cache(maxsize=64)
def _fields_by_column(model: type[Model]) -> dict[str, Any]:
    return {field.column: field for field in model._meta.concrete_fields}


@lru_cache(maxsize=64)
def named(package: str, file: str) -> dict[str, str]:
    """The statements of a .sql file by name: each begins with a line ``-- name: what_it_is``.

    A set of states is named in it as ``in {states.SENT}``, and said in full here.
    """
    text = files(package).joinpath(file).read_text(encoding="utf-8")
    text = re.sub(r"\{states\.([A-Z_]+)\}", lambda found: words(getattr(states, found[1])), text)
    parts = re.split(r"^-- name: (\w+)[^\n]*\n", text, flags=re.MULTILINE)
    return {name: body.strip().rstrip(";") for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def words(states: Iterable[str]) -> str:
    """A set of states as SQL says it behind ``in``."""
    return "(" + ", ".join(f"'{state}'" for state in states) + ")"


def draw_ids(model: type[Model], number: int) -> list[int]:
    """So many fresh ids of a table, drawn from its sequence before the rows are written."""
    if number <= 0:
        return []
    table = model._meta.db_table
    found = tuples("select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)", [table, number])
    return [row[0] for row in found]


def copy(model: type[Model], columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> int:
    """Write rows with COPY; how many. Values must already have the types of their columns.

    Its errors are Django's, as those of other statements: a job tells by them what is an order's own fault.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    written = 0
    connection.ensure_connection()
    with (
        connection.wrap_database_errors,
        connection.connection.cursor() as cursor,
        cursor.copy(f'copy "{model._meta.db_table}" ({names}) from stdin') as stream,
    ):
        for line in lines:
            stream.write_row(line)
            written += 1
    return written


def shift(model: type[Model], ids: Sequence[int], old: str | Sequence[str], new: str, **also: Any) -> None:
    """Take rows from one state to the next. Raises Conflict unless every one of them was in the old state."""
    if not ids:
        return
    olds = [old] if isinstance(old, str) else list(old)
    found = model._default_manager.filter(pk__in=list(ids), status__in=olds).update(status=new, **also)
    if found != len(set(ids)):
        raise Conflict(f"{len(set(ids)) - found} of {len(set(ids))} are no longer {' or '.join(olds)}")
