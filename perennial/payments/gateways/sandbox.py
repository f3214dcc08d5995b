"""The built-in gateway for demos, training and tests: no money moves, but it keeps a book like a real one.

Its book is a SQLite file of its own (``PERENNIAL_HOME/sandbox/book.sqlite3``), apart from our database and
written before it answers, so it survives a SIGKILL of whoever asked, serves several processes at
once, and every proof of "charged once" compares the two.

Every token is approved (``tok_visa``), but these. What a token does to authorising it does to a charge.

==========================  ====================================================================
token                       what happens
==========================  ====================================================================
tok_declined                declined, soft: insufficient funds
tok_hard                    declined, hard: the card was reported stolen
tok_decline_2               of each payment the first 2 tries are declined (any number)
tok_decline_until_20260401  declined on business dates before 1 April 2026
tok_decline_from_20260401   declined on business dates from 1 April 2026 on
tok_lost                    it happens, but the answer is lost; ``find`` knows it after a moment
tok_lost_declined           it is declined, but the answer is lost
tok_lost_request            the request is lost, nothing happens; the same key again is approved
tok_lost_for_good           every request is lost: always unknown, and ``find`` never knows it
tok_timeout                 it happens, but instead of an answer there is a time-out (an exception)
tok_lapsed                  authorised, but at the capture the authorisation is not there any more
tok_capture_declined        authorised, but the capture is declined, soft
tok_capture_lost            authorised; the capture happens, but its answer is lost
tok_void_lost               authorised; the void happens, but its answer is lost
tok_refund_declined         approved; giving it back is declined, soft
tok_refund_lost             approved; it is given back, but the answer is lost
tok_customer                requires the customer, who has to agree at the bank: nothing was taken
tok_pending                 pending: it happens, and ``find`` knows it after a moment
tok_pending_declined        pending: it is declined, and ``find`` knows it after a moment
tok_refund_pending          approved; giving it back is pending, and ``find`` knows it after a moment
tok_kept                    approved, with a network transaction id and a customer id of the gateway
tok_slow_250                approved after 250 ms (any number)
==========================  ====================================================================

The same by amount, whatever the token, for cards that a test did not choose (minor units):

=========  ===================      =========  =======================
90000001   as tok_declined          90000004   as tok_lost_request
90000002   as tok_hard              90000005   as tok_lapsed
90000003   as tok_lost              90000006   as tok_lost_for_good
=========  ===================      =========  =======================

No card and an expired one (on the business date) are declined. An authorisation can be captured on
7 dates, the first included. ``declines`` is a share of refusals on top, in percent, decided by a hash of
the seed and what the request is about (order, part, try), so that the same seed refuses the same.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.conf import settings

from perennial.payments.gateways.contract import Answer, KeyReused, Moved, Request
from perennial.payments.gateways.dry import refusal_of_card

AUTHORISATION_DAYS = 7
FIND_DELAY = 2.0
"""Seconds for which ``find`` does not know what happened behind a lost answer."""

AMOUNTS = {
    90000001: "tok_declined",
    90000002: "tok_hard",
    90000003: "tok_lost",
    90000004: "tok_lost_request",
    90000005: "tok_lapsed",
    90000006: "tok_lost_for_good",
}

TABLES = """
create table if not exists entry(
  id integer primary key, key text not null unique, kind text not null, body text not null,
  about text not null, amount integer not null, currency text not null, token text, customer text not null,
  authorisation text, outcome text not null, reference text, message text, category text, network text,
  gateway_customer text, pending integer not null default 0, on_date text not null, known_at real not null,
  times integer not null default 1);
create index if not exists entry_of_authorisation on entry(authorisation);
create index if not exists entry_about on entry(about);
create index if not exists entry_of_reference on entry(reference);
create table if not exists lost(key text primary key);
"""
OLDER = """
alter table entry add column category text;
alter table entry add column network text;
alter table entry add column gateway_customer text;
alter table entry add column pending integer not null default 0;
update entry set category = case when lapsed then 'lapsed' when hard then 'hard' else 'soft' end
 where outcome = 'declined';
alter table entry drop column hard;
alter table entry drop column lapsed
"""
"""What makes a book of today of one that knew no categories of declines."""
ANSWER = "outcome, reference, message, category, network, gateway_customer"


@dataclass(frozen=True)
class Line:
    """One line of the book: a request that arrived, and its answer."""

    key: str
    kind: str
    about: str
    amount_minor: int
    currency: str
    token: str | None
    customer: str
    authorisation: str | None
    outcome: str
    reference: str | None
    message: str | None
    on: date
    times: int


class Sandbox:
    """The gateway. ``home``: its folder; ``declines`` percent of requests refused, by ``seed``."""

    name = "sandbox"
    real = False
    authorisation_days = AUTHORISATION_DAYS
    connections = 4
    per_second: float | None = None

    def __init__(
        self,
        home: Path | str | None = None,
        *,
        declines: Decimal | int = 0,
        seed: int | str = 0,
        find_delay: float = FIND_DELAY,
    ) -> None:
        folder = Path(home) if home is not None else Path(getattr(settings, "PERENNIAL_HOME", "var")) / "sandbox"
        self.path = folder / "book.sqlite3"
        self.declines = Decimal(declines)
        self.seed = str(seed)
        self.find_delay = find_delay
        self._idle: list[tuple[int, sqlite3.Connection]] = []

    # The gateway's functions

    def authorise(self, request: Request) -> Answer:
        return self._answer(request)

    charge = capture = void = refund = authorise

    def find(self, request: Request) -> Answer:
        with self._book() as book:
            found = book.execute(
                f"select pending, known_at, {ANSWER} from entry where key = ?", [request.key]
            ).fetchone()
        if found is None:
            return Answer("not_found")
        pending, known_at, *said = found
        answer = Answer(*said)
        if known_at > time.time():
            return _pending(answer) if pending else Answer("not_found")
        return answer

    # The book

    def lines(self) -> list[Line]:
        """The book, in the order in which the requests arrived."""
        names = [field.name for field in fields(Line)]
        with self._book() as book:
            found = book.execute(
                "select key, kind, about, amount, currency, token, customer, authorisation, outcome, reference,"
                " message, on_date, times from entry order by id"
            ).fetchall()
        return [Line(**{**dict(zip(names, row, strict=True)), "on": date.fromisoformat(row[-2])}) for row in found]

    def taken(self) -> dict[str, int]:
        """Minor units that were charged or captured, less what was refunded, by currency."""
        with self._book() as book:
            return dict(
                book.execute(
                    "select currency, sum(case kind when 'refund' then -amount else amount end) from entry"
                    " where outcome = 'approved' and kind in ('charge', 'capture', 'refund') group by currency"
                ).fetchall()
            )

    def moved(self, since: date | None = None, through: date | None = None) -> list[Moved]:
        """What was charged, captured and given back (below 0), by the keys of the requests."""
        with self._book() as book:
            found = book.execute(
                "select key, case kind when 'refund' then -amount else amount end, currency, on_date,"
                " case kind when 'refund' then authorisation else reference end from entry"
                " where outcome = 'approved' and kind in ('charge', 'capture', 'refund')"
                " and on_date between ? and ? order by id",
                [(since or date.min).isoformat(), (through or date.max).isoformat()],
            ).fetchall()
        return [
            Moved(key, minor, currency, date.fromisoformat(on), reference)
            for key, minor, currency, on, reference in found
        ]

    def taken_twice(self) -> list[str]:
        """What money was taken for more than once (order, purpose and part): empty when all is well."""
        with self._book() as book:
            found = book.execute(
                "select about from entry where outcome = 'approved' and kind in ('charge', 'capture')"
            ).fetchall()
        seen: dict[str, int] = {}
        for (about,) in found:
            payment = about.rpartition("/")[0]
            seen[payment] = seen.get(payment, 0) + 1
        return sorted(payment for payment, times in seen.items() if times > 1)

    @contextmanager
    def _book(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody uses, in a transaction that waits for other writers."""
        try:
            pid, book = self._idle.pop()
        except IndexError:
            pid, book = os.getpid(), self._opened()
        if pid != os.getpid():  # it came through a fork
            book = self._opened()
        book.execute("begin immediate")
        try:
            yield book
        except BaseException:
            book.execute("rollback")
            raise
        else:
            book.execute("commit")
        finally:
            self._idle.append((os.getpid(), book))

    def _opened(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # One thread after the other uses it, never two at once.
        book = sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)
        for attempt in range(200):  # switching to WAL does not wait for a lock by itself
            try:
                book.execute("pragma journal_mode = wal")
                break
            except sqlite3.OperationalError:
                if attempt == 199:
                    raise
                time.sleep(0.05)
        book.execute("pragma synchronous = normal")
        book.execute("begin immediate")
        columns = {row[1] for row in book.execute("pragma table_info(entry)")}
        for statement in (OLDER if "hard" in columns else "").split(";") + TABLES.split(";"):
            book.execute(statement)
        book.execute("commit")
        return book

    def _answer(self, request: Request) -> Answer:
        body = "|".join(
            str(part)
            for part in (
                request.kind,
                request.amount_minor,
                request.currency,
                request.token,
                request.customer,
                request.reference,
            )
        )
        with self._book() as book:
            known = book.execute(
                f"select body, pending and known_at > ?, {ANSWER} from entry where key = ?", [time.time(), request.key]
            ).fetchone()
            if known is not None:
                before, pending, *said = known
                if before != body:
                    raise KeyReused(f"{request.key}: {before} before, {body} now")
                book.execute("update entry set times = times + 1 where key = ?", [request.key])
                return _pending(Answer(*said)) if pending else Answer(*said)
            script = self._script(book, request)
            if script == "tok_lost_for_good":
                return Answer("unknown", message="no answer")
            if script == "tok_lost_request" and request.kind in ("authorise", "charge"):
                first = book.execute("insert or ignore into lost(key) values (?)", [request.key]).rowcount
                if first:
                    return Answer("unknown", message="no answer")
            answer = self._decide(book, request, script)
            lost, waits = self._is_lost(request, script), self._is_pending(request, script)
            book.execute(
                "insert into entry(key, kind, body, about, amount, currency, token, customer, authorisation,"
                f" {ANSWER}, pending, on_date, known_at)"
                " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    request.key,
                    request.kind,
                    body,
                    request.about,
                    request.amount_minor,
                    request.currency,
                    request.token,
                    request.customer,
                    answer.reference if request.kind == "authorise" else request.reference,
                    answer.outcome,
                    answer.reference,
                    answer.message,
                    answer.category,
                    answer.network_transaction_id,
                    answer.gateway_customer,
                    waits,
                    request.on.isoformat(),
                    time.time() + (self.find_delay if lost or waits else 0),
                ],
            )
        if slow := re.fullmatch(r"tok_slow_(\d+)", script):
            time.sleep(int(slow[1]) / 1000)
        if lost and script == "tok_timeout":
            raise TimeoutError("the gateway did not answer in time")
        if lost:
            return Answer("unknown", message="the answer was lost")
        return _pending(answer) if waits else answer

    def _script(self, book: sqlite3.Connection, request: Request) -> str:
        """The token that says what happens: a capture or void goes by its authorisation's, a refund by what it
        gives back.
        """
        token, amount = request.token, request.amount_minor
        if request.kind == "refund" and request.reference is not None:
            found = book.execute(
                "select coalesce(e.token, a.token) from entry e"
                " left join entry a on a.authorisation = e.authorisation and a.kind = 'authorise'"
                " where e.reference = ? and e.kind in ('charge', 'capture')",
                [request.reference],
            ).fetchone()
            return (found and found[0]) or ""
        if request.kind in ("capture", "void") and request.reference is not None:
            found = book.execute(
                "select token, amount from entry where authorisation = ? and kind = 'authorise'", [request.reference]
            ).fetchone()
            token, amount = found or (token, amount)
        return AMOUNTS.get(amount, token or "")

    @staticmethod
    def _is_lost(request: Request, script: str) -> bool:
        if request.kind in ("authorise", "charge"):
            return script in ("tok_lost", "tok_lost_declined", "tok_timeout")
        return script == f"tok_{request.kind}_lost"

    @staticmethod
    def _is_pending(request: Request, script: str) -> bool:
        if request.kind in ("authorise", "charge"):
            return script in ("tok_pending", "tok_pending_declined")
        return script == f"tok_{request.kind}_pending"

    def _decide(self, book: sqlite3.Connection, request: Request, script: str) -> Answer:
        match request.kind:
            case "authorise" | "charge":
                return self._by_card(book, request, script)
            case "capture":
                return self._capture(book, request, script)
            case "void":
                return self._void(book, request)
            case _:
                return self._refund(book, request, script)

    def _by_card(self, book: sqlite3.Connection, request: Request, script: str) -> Answer:
        soft = Answer("declined", message="insufficient funds")
        if refused := refusal_of_card(request):
            return refused
        if script in ("tok_declined", "tok_lost_declined", "tok_pending_declined"):
            return soft
        if script == "tok_hard":
            return Answer("declined", message="the card was reported stolen", category="hard")
        if script == "tok_customer":
            return Answer("requires_customer", message="the customer has to agree to it at the bank")
        if first := re.fullmatch(r"tok_decline_(\d+)", script):
            payment = request.about.rpartition("/")[0]
            before = book.execute(
                "select count(*) from entry where kind in ('authorise', 'charge') and about >= ? and about < ?",
                [f"{payment}/", f"{payment}0"],
            ).fetchone()[0]
            if before < int(first[1]):
                return soft
        if bound := re.fullmatch(r"tok_decline_(until|from)_(\d{8})", script):
            day = datetime.strptime(bound[2], "%Y%m%d").date()
            if (request.on < day) == (bound[1] == "until"):
                return soft
        if self._by_chance(request):
            return soft
        if script == "tok_kept":
            kept = hashlib.sha256(f"{request.customer}|{request.token}".encode()).hexdigest()
            return Answer(
                "approved",
                reference=self._reference(request),
                network_transaction_id=request.network_transaction_id or f"nt_{kept[:15]}",
                gateway_customer=request.gateway_customer or f"cu_{kept[-15:]}",
            )
        return Answer("approved", reference=self._reference(request))

    def _by_chance(self, request: Request) -> bool:
        if not self.declines:
            return False
        drawn = hashlib.sha256(f"{self.seed}|{request.about}".encode()).digest()
        return int.from_bytes(drawn[:8], "big") * 100 < self.declines * 2**64

    @staticmethod
    def _reference(request: Request) -> str:
        prefix = {"authorise": "au", "charge": "ch", "capture": "ca", "void": "vo", "refund": "re"}[request.kind]
        return f"{prefix}_{hashlib.sha256(request.key.encode()).hexdigest()[:20]}"

    def _capture(self, book: sqlite3.Connection, request: Request, script: str) -> Answer:
        gone = Answer("declined", message="the authorisation is not there any more", category="lapsed")
        found = book.execute(
            "select amount, on_date, currency from entry where authorisation = ? and kind = 'authorise'"
            " and outcome = 'approved'",
            [request.reference],
        ).fetchone()
        if found is None or script == "tok_lapsed":
            return gone
        for kind, lapsed in book.execute(
            "select kind, category = 'lapsed' from entry where authorisation = ? and kind in ('capture', 'void')"
            " and (outcome = 'approved' or kind = 'capture')",
            [request.reference],
        ):
            if kind == "void" or lapsed:
                return gone
            return Answer("declined", message="the authorisation was used already")
        if request.on >= date.fromisoformat(found[1]) + timedelta(days=self.authorisation_days):
            return gone
        if script == "tok_capture_declined":
            return Answer("declined", message="the issuer refuses the capture")
        if request.amount_minor > found[0] or request.currency != found[2]:
            return Answer("declined", message="more than was authorised")
        return Answer("approved", reference=self._reference(request))

    def _void(self, book: sqlite3.Connection, request: Request) -> Answer:
        used = book.execute(
            "select 1 from entry where authorisation = ? and kind = 'capture' and outcome = 'approved'",
            [request.reference],
        ).fetchone()
        if used:
            return Answer("declined", message="the authorisation was captured")
        return Answer("approved", reference=self._reference(request))

    def _refund(self, book: sqlite3.Connection, request: Request, script: str) -> Answer:
        found = book.execute(
            "select amount from entry where reference = ? and kind in ('charge', 'capture') and outcome = 'approved'",
            [request.reference],
        ).fetchone()
        if found is None:
            return Answer("declined", message="there is nothing to refund", category="hard")
        if script == "tok_refund_declined":
            return Answer("declined", message="the bank does not take it back")
        refunded = book.execute(
            "select coalesce(sum(amount), 0) from entry where authorisation = ? and kind = 'refund'"
            " and outcome = 'approved'",
            [request.reference],
        ).fetchone()[0]
        if refunded + request.amount_minor > found[0]:
            return Answer("declined", message="more than was taken", category="hard")
        return Answer("approved", reference=self._reference(request))


def _pending(answer: Answer) -> Answer:
    """What is said of it while the bank has not answered."""
    return Answer("pending", answer.reference, "the bank has not answered yet")
