"""The book: every object as it is given to whoever asks, every move of money, every answer that a key got.

A SQLite file in the server's home. A request and all that follows from it is one transaction, committed before it is
answered: a kill leaves all of it or nothing.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import string
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Doc = dict[str, Any]

TABLES = """
create table if not exists object(
  seq integer primary key, id text not null unique, kind text not null, live integer not null, created integer not null,
  customer text, intent text, at real not null, body blob not null);
create index if not exists object_of_kind on object(kind, live, seq);
create index if not exists object_of_customer on object(customer, kind, seq) where customer is not null;
create index if not exists object_of_intent on object(intent, kind, seq) where intent is not null;
create table if not exists entry(
  seq integer primary key, kind text not null, by text not null, object text not null, intent text, customer text,
  amount integer not null, currency text not null, key text, metadata text not null, description text,
  live integer not null, created integer not null, at real not null);
create index if not exists entry_of_intent on entry(intent);
create table if not exists answer(
  key text not null, live integer not null, asked text not null, status integer not null, body blob not null,
  request text not null, created integer not null, times integer not null default 1, primary key(key, live));
create index if not exists answer_of_age on answer(created);
create table if not exists due(seq integer primary key, at integer not null, what text not null, id text not null);
create index if not exists due_at on due(at);
create table if not exists endpoint(url text primary key, secret text not null, kinds text not null, live integer not null);
create table if not exists delivery(
  seq integer primary key, event text not null, url text not null, due real not null, tries integer not null default 0,
  done real, status text);
create index if not exists delivery_due on delivery(due) where done is null;
create table if not exists meta(name text primary key, value text not null);
"""
LETTERS = string.ascii_letters + string.digits
KEYS_LIVE = 24 * 3600
"""Seconds of its clock after which a key is forgotten, and may stand for something else."""
EVENTS_LIVE = 30 * 24 * 3600
SETTINGS: Doc = {
    "moment": 2,  # seconds after which what was pending ends
    "authorisation_days": 7,
    "session_hours": 24,
    "search_lag": 60,  # seconds of the real clock for which a search does not know what is new
    "list_lag": 0,  # the same of lists
    "twins": "wait",  # a second request with a key that is being answered: wait, or refuse (409), as Stripe does
    "per_second": None,  # requests; more are refused (429)
    "duplicates": 0.0,  # share of events that are sent twice
    "disorder": 0.0,  # share of events that are sent late, behind later ones
    "waits": [0.5, 1, 2, 5, 15, 60, 300, 3600, 21600],  # seconds before an event is sent again
    "seed": 0,
}


def new_id(prefix: str, length: int = 24) -> str:
    """An id as Stripe's look."""
    return f"{prefix}_" + "".join(LETTERS[one % len(LETTERS)] for one in secrets.token_bytes(length))


def _packed(body: Doc) -> str | bytes:
    """How a row keeps an object: an event, which is seldom read, is pressed together."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), 1) if body["object"] == "event" else text


def _unpacked(row: str | bytes) -> Doc:
    found: Doc = json.loads(zlib.decompress(row) if isinstance(row, bytes) else row)
    return found


class Book:
    """The book in a folder. ``change`` opens it; everything else is asked inside."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.path = home / "book.sqlite3"
        self._lock = threading.RLock()
        self._rows = sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)
        self._rows.execute("pragma journal_mode = wal")
        self._rows.execute("pragma synchronous = normal")
        self._rows.execute("pragma cache_size = -8000")
        self._rows.executescript(TABLES)
        self._meta: Doc = {
            name: json.loads(value) for name, value in self._rows.execute("select name, value from meta")
        }

    @contextmanager
    def change(self) -> Iterator[None]:
        """All of what is inside, or nothing; one at a time."""
        with self._lock:
            before = dict(self._meta)
            self._rows.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._rows.execute("rollback")
                self._meta = before
                raise
            self._rows.execute("commit")

    def close(self) -> None:
        with self._lock:
            self._rows.close()

    # What it is told, and its clock

    def setting(self, name: str) -> Any:
        value: Any = self._meta.get("settings", {}).get(name, SETTINGS[name])
        return value

    def settings(self) -> Doc:
        return {**SETTINGS, **self._meta.get("settings", {})}

    def keep(self, name: str, value: Any) -> None:
        """Something that a start after a kill has to know."""
        self._meta[name] = value
        self._rows.execute("insert or replace into meta(name, value) values (?, ?)", [name, json.dumps(value)])

    def kept(self, name: str, otherwise: Any = None) -> Any:
        return self._meta.get(name, otherwise)

    def now(self) -> int:
        """The time of its clock, in seconds: the real one, moved by as much as it was set."""
        return int(time.time() + self._meta.get("clock", 0))

    def set_clock(self, now: float) -> None:
        self.keep("clock", now - time.time())

    # Objects

    def add(self, body: Doc) -> Doc:
        """A new object. ``customer`` and ``intent`` are found in it; what begins with ``_`` is never given to anybody."""
        self._rows.execute(
            "insert into object(id, kind, live, created, customer, intent, at, body) values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                body["id"],
                body["object"],
                int(body["_live"]),
                body["created"],
                body.get("customer"),
                body.get("payment_intent"),
                time.time(),
                _packed(body),
            ],
        )
        return body

    def put(self, body: Doc) -> Doc:
        """An object as it is from now on."""
        self._rows.execute(
            "update object set body = ?, customer = ?, intent = ? where id = ?",
            [_packed(body), body.get("customer"), body.get("payment_intent"), body["id"]],
        )
        return body

    def find(self, id: str, live: bool) -> Doc | None:
        row = self._rows.execute("select body from object where id = ? and live = ?", [id, int(live)]).fetchone()
        return _unpacked(row[0]) if row else None

    def get(self, id: str, live: bool) -> Doc:
        """An object that is known to be there."""
        found = self.find(id, live)
        if found is None:
            raise LookupError(id)
        return found

    def each(self, kind: str, live: bool, *, newest: bool = True, **where: Any) -> Iterator[Doc]:
        """Objects of a kind, the newest first: of a ``customer``, of an ``intent``, ``since`` and ``until`` (seconds),
        only those ``older`` than as many real seconds, ``before`` or ``after`` another one in the list."""
        asked, values = ["kind = ?", "live = ?"], [kind, int(live)]
        named = {
            "customer": "customer = ?",
            "intent": "intent = ?",
            "since": "created >= ?",
            "until": "created <= ?",
            "seen": "at <= ?",
            "starting_after": "seq < (select seq from object where id = ?)",
            "ending_before": "seq > (select seq from object where id = ?)",
        }
        for name, value in where.items():
            if value is not None:
                asked.append(named[name])
                values.append(value)
        rows = self._rows.execute(
            f"select body from object where {' and '.join(asked)} order by seq {'desc' if newest else 'asc'}", values
        )
        for (body,) in rows:
            yield _unpacked(body)

    # Moves

    def enter(self, kind: str, of: Doc, amount: int, **more: Any) -> None:
        """Money that moved, or was refused: an authorisation, a capture, a void, a refund. ``by``: api, dashboard, clock."""
        intent = of["id"] if of["object"] == "payment_intent" else of.get("payment_intent")
        self._rows.execute(
            "insert into entry(kind, by, object, intent, customer, amount, currency, key, metadata, description, live,"
            " created, at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                kind,
                more.get("by", "api"),
                more.get("object", of["id"]),
                intent,
                of.get("customer") or of.get("_customer"),
                amount,
                of["currency"],
                more.get("key"),
                json.dumps(more.get("metadata") or of.get("metadata") or {}),
                of.get("description"),
                int(of["_live"]),
                self.now(),
                time.time(),
            ],
        )

    def entries(self) -> list[Doc]:
        found = self._rows.execute("select * from entry order by seq")
        names = [column[0] for column in found.description]
        lines = [dict(zip(names, row, strict=True)) for row in found]
        for line in lines:
            line["metadata"], line["live"] = json.loads(line["metadata"]), bool(line["live"])
        return lines

    # Answers by key

    def answered(self, key: str, live: bool) -> tuple[str, int, str, str] | None:
        """What was asked with a key, and how it was answered: asked, status, body, request id."""
        found: tuple[str, int, str, str] | None = self._rows.execute(
            "select asked, status, body, request from answer where key = ? and live = ? and created > ?",
            [key, int(live), self.now() - KEYS_LIVE],
        ).fetchone()
        if found is not None:
            found = (*found[:2], zlib.decompress(found[2]).decode(), found[3])  # type: ignore[arg-type]
            self._rows.execute("update answer set times = times + 1 where key = ? and live = ?", [key, int(live)])
        return found

    def remember(self, key: str, live: bool, asked: str, answer: tuple[int, str, str]) -> None:
        self._rows.execute("delete from answer where created <= ?", [self.now() - KEYS_LIVE])
        self._rows.execute(
            "insert or replace into answer(key, live, asked, status, body, request, created) values (?, ?, ?, ?, ?, ?, ?)",
            [key, int(live), asked, answer[0], zlib.compress(answer[1].encode(), 1), answer[2], self.now()],
        )

    # What is to come

    def later(self, what: str, id: str, at: int) -> None:
        self._rows.execute("insert into due(at, what, id) values (?, ?, ?)", [at, what, id])

    def take_due(self) -> list[tuple[str, str, int]]:
        """What is due by its clock, taken out: what, of which object, when."""
        found = self._rows.execute(
            "select seq, what, id, at from due where at <= ? order by at, seq", [self.now()]
        ).fetchall()
        self._rows.executemany("delete from due where seq = ?", [(row[0],) for row in found])
        return [(what, id, at) for _, what, id, at in found]

    # Events and those who hear of them

    def endpoints(self) -> list[Doc]:
        rows = self._rows.execute("select url, secret, kinds, live from endpoint order by url").fetchall()
        return [
            {"url": url, "secret": secret, "kinds": json.loads(kinds), "live": bool(live)}
            for url, secret, kinds, live in rows
        ]

    def set_endpoint(self, url: str, secret: str, kinds: list[str], live: bool) -> None:
        self._rows.execute(
            "insert or replace into endpoint(url, secret, kinds, live) values (?, ?, ?, ?)",
            [url, secret, json.dumps(kinds), int(live)],
        )

    def drop_endpoint(self, url: str) -> None:
        self._rows.execute("delete from endpoint where url = ?", [url])
        self._rows.execute("delete from delivery where url = ? and done is null", [url])

    def deliver(self, event: str, url: str, due: float) -> None:
        self._rows.execute("insert into delivery(event, url, due) values (?, ?, ?)", [event, url, due])

    def to_deliver(self, most: int) -> list[tuple[int, str, str, int]]:
        """Deliveries that are due: number, event, address, tries so far."""
        return self._rows.execute(
            "select seq, event, url, tries from delivery where done is null and due <= ? order by due, seq limit ?",
            [time.time(), most],
        ).fetchall()

    def delivered(self, seq: int, status: str, again: float | None) -> None:
        """How a delivery went; ``again``: when it is tried once more, None when it is over."""
        self._rows.execute(
            "update delivery set tries = tries + 1, status = ?, done = ?, due = coalesce(?, due) where seq = ?",
            [status, time.time() if again is None else None, again, seq],
        )

    def send_now(self, event: str | None) -> None:
        """What waits for its next try goes now; of an event, once more to all who listen."""
        if event is None:
            self._rows.execute("update delivery set due = ? where done is null", [time.time()])
            return
        for one in self.endpoints():
            if self.find(event, one["live"]) is not None:
                self.deliver(event, one["url"], time.time())

    def deliveries(self) -> list[Doc]:
        found = self._rows.execute(
            "select event, url, tries, status, done is not null as over from delivery order by seq"
        )
        return [
            {"event": event, "url": url, "tries": tries, "status": status, "over": bool(over)}
            for event, url, tries, status, over in found
        ]

    def waiting(self) -> int:
        """How many deliveries are not over."""
        count: int = self._rows.execute("select count(*) from delivery where done is null").fetchone()[0]
        return count

    def forget_old_events(self) -> None:
        self._rows.execute("delete from object where kind = 'event' and created < ?", [self.now() - EVENTS_LIVE])
        self._rows.execute("delete from delivery where done < ?", [time.time() - EVENTS_LIVE])

    def counts(self) -> Mapping[str, int]:
        return dict(self._rows.execute("select kind, count(*) from object group by kind").fetchall())

    def empty(self) -> None:
        """As if it had just been made; what it was told and its clock too."""
        for table in ("object", "entry", "answer", "due", "endpoint", "delivery", "meta"):
            self._rows.execute(f"delete from {table}")
        self._meta = {}
