"""Databases of the bench's own, on the server that the installation uses.

Made and dropped here, and recognised by name, comment and owner; no other database is ever written. What a
killed bench left behind is dropped by the next one: it is dead when no session carries its name any more.
"""

from __future__ import annotations

import secrets
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

from perennial.errors import Refused

PREFIX = "perennial_bench_"
MARK = "made by `perennial bench`, which drops it again"


class Databases:
    """The bench's databases; leaving it drops them all."""

    def __init__(self) -> None:
        self.token = secrets.token_hex(4)
        settings = connections.databases["default"]
        self._address: dict[str, Any] = {
            name: value
            for name, value in {
                "dbname": settings["NAME"],
                "user": settings["USER"],
                "password": settings["PASSWORD"],
                "host": settings["HOST"],
                "port": settings["PORT"],
                **settings.get("OPTIONS", {}),
            }.items()
            if value not in (None, "")
        }
        self._made: list[str] = []

    def __enter__(self) -> Databases:
        self._server = psycopg.connect(
            make_conninfo(**{**self._address, "application_name": PREFIX + self.token}), autocommit=True
        )
        try:
            self._may()
            self._clear_dead()
        except BaseException:
            self._server.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with self._server:
            for name in self._made[::-1]:
                self._drop(name)

    def _may(self) -> None:
        user, may = self._server.execute(
            "select current_user, rolcreatedb or rolsuper from pg_roles where rolname = current_user"
        ).fetchone() or ("", False)
        if not may:
            raise Refused("bench_without_database", user=user)

    def _clear_dead(self) -> None:
        left = self._server.execute(
            "select datname from pg_database d join pg_roles r on r.oid = d.datdba"
            " where starts_with(datname, %s) and rolname = current_user and shobj_description(d.oid, 'pg_database') = %s"
            " and not exists (select from pg_stat_activity where application_name = left(datname, %s))",
            [PREFIX, MARK, len(PREFIX) + len(self.token)],
        ).fetchall()
        for (name,) in left:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._server.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def url(self, name: str) -> str:
        """The address of one of the databases, as DATABASE_URL takes it."""
        if name not in self._made:
            raise RuntimeError(f"{name} is not a database of this bench")
        return make_conninfo(**{**self._address, "dbname": name, "application_name": PREFIX + self.token})

    def make(self, what: str, *, source: str | None = None) -> str:
        """A new, empty database, or a copy of one of ours; its name."""
        name = f"{PREFIX}{self.token}_{what}"
        if source is not None and source not in self._made:
            raise RuntimeError(f"{source} is not a database of this bench")
        words = sql.SQL("create database {}").format(sql.Identifier(name))
        if source is not None:
            words += sql.SQL(" template {} strategy file_copy").format(sql.Identifier(source))
        self._server.execute(words)
        self._made.append(name)
        self._server.execute(sql.SQL("comment on database {} is {}").format(sql.Identifier(name), sql.Literal(MARK)))
        return name

    def drop(self, name: str) -> None:
        """Drop one of ours before the end."""
        self.url(name)
        self._drop(name)
        self._made.remove(name)

    def size(self, name: str) -> int:
        """How many bytes it takes."""
        row = self._server.execute("select pg_database_size(%s)", [name]).fetchone()
        return int(row[0]) if row else 0

    def version(self) -> str:
        """The server's version."""
        return f"PostgreSQL {self._server.info.parameter_status('server_version')}"

    def connect(self, name: str) -> psycopg.Connection[Any]:
        """A session in one of ours."""
        return psycopg.connect(self.url(name), autocommit=True)
