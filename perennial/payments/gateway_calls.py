"""Asking the gateway, from a few threads that touch no database: what came back, or that nobody knows."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from perennial.payments.gateways import Answer, Gateway, Kind, Request, ask


class Sent(NamedTuple):
    """An unresolved attempt as it goes, or went, to the gateway."""

    attempt_id: int
    payment_id: int
    kind: Kind
    key: str
    about: str
    amount_minor: int
    currency: str
    on: date
    customer: str
    token: str | None
    card_expires_on: date | None
    network_transaction_id: str | None
    reference: str | None
    own_reference: str | None
    gateway_customer: str | None
    gateway: str | None

    @property
    def request(self) -> Request:
        return Request(**{k: v for k, v in self._asdict().items() if k not in ("attempt_id", "payment_id", "gateway")})


@dataclass(frozen=True, slots=True)
class Call:
    """What one thread does: ask ``gateway`` what became of the attempt, or send it. ``history``: the order that tells
    of it.
    """

    sent: Sent
    gateway: Gateway
    history: int
    find: bool
    may_send: bool


class Lines:
    """The threads that ask, so many a gateway as it takes at once, and the pace that it asks for."""

    def __init__(self, threads: ExitStack) -> None:
        self._threads = threads
        self._open: dict[str, tuple[Executor, Pace | None]] = {}

    def submit(self, call: Call) -> Future[Answer]:
        """Let a thread make the call."""
        gateway = call.gateway
        if gateway.name not in self._open:
            pool = ThreadPoolExecutor(gateway.connections, thread_name_prefix=f"gateway {gateway.name}")
            pace = Pace(gateway.per_second) if gateway.per_second else None
            self._open[gateway.name] = self._threads.enter_context(pool), pace
        executor, pace = self._open[gateway.name]
        return executor.submit(_call, call, pace)


def answers(lines: Lines | None, calls: list[Call], *, together: int) -> Iterator[list[tuple[Sent, Answer]]]:
    """Make the calls; the answers as they come, so many together, or a few more. Without lines: here, one by one.

    Those of one history together, so that it does not tell which of them the gateway was faster with.
    """
    if lines is None:
        found = [(call.sent, _call(call, None)) for call in calls]
        for start in range(0, len(found), together):
            yield found[start : start + together]
        return
    asked = {lines.submit(call): call for call in calls}
    left = Counter(call.history for call in calls)
    told: dict[int, list[tuple[Sent, Answer]]] = {}
    ready: list[tuple[Sent, Answer]] = []
    for future in as_completed(asked):
        call = asked[future]
        told.setdefault(call.history, []).append((call.sent, future.result()))
        left[call.history] -= 1
        if not left[call.history]:
            ready += told.pop(call.history)
        if len(ready) >= together:
            yield ready
            ready = []
    if ready:
        yield ready


class Pace:
    """Lets so many requests a second through, evenly."""

    def __init__(self, per_second: float) -> None:
        self._between = 1 / per_second
        self._next = time.monotonic()
        self._lock = threading.Lock()

    def wait(self) -> None:
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + self._between
        time.sleep(max(0.0, turn - time.monotonic()))


def _call(call: Call, pace: Pace | None) -> Answer:
    """One thread's work. Touches no database. Whatever goes wrong on the way means: nobody knows."""
    request, gateway = call.sent.request, call.gateway
    try:
        if call.find:
            if pace:
                pace.wait()
            found = gateway.find(request)
            if found.outcome not in ("unknown", "not_found"):
                return _as_kept(found)
            if not call.may_send:
                return Answer("unknown", message=found.message or "the gateway does not know it")
        if pace:
            pace.wait()
        return _as_kept(ask(gateway, request))
    except Exception as problem:
        return Answer("unknown", message=f"{type(problem).__name__}: {problem}")


def _as_kept(answer: Answer) -> Answer:
    """As it is written down. Pending is not known yet, and asked about again; what requires the customer is declined
    in the category ``authentication``: nobody asks again before a person has seen to it.
    """
    if answer.outcome == "pending":
        return Answer("unknown", answer.reference, f"pending: {answer.message}" if answer.message else "pending")
    return replace(answer, outcome="declined") if answer.outcome == "requires_customer" else answer
