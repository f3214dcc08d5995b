"""Asking the gateway, from a few threads that touch no database: what came back, or that nobody knows."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from queue import SimpleQueue
from typing import Any, NamedTuple

from perennial.payments.gateways import Answer, Gateway, Kind, NotAdmitted, Request, TooMany, ask
from perennial.payments.gateways.seconds import Seconds, counted
from perennial.payments.pace import turns

WAITS = (0.5, 1.0, 2.0, 4.0)
"""Seconds until a gateway is asked again that had too much to do."""


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


class Before(NamedTuple):
    """How a payment stood before it was sent."""

    status: str
    tried_on: date | None


@dataclass(frozen=True, slots=True)
class Call:
    """What one thread does: ask ``gateway`` what became of the attempt, or send it. ``told_with``: what has the same is told
    together, such as what one order's history tells. ``before``: of one that is sent for the first time.
    """

    sent: Sent
    gateway: Gateway
    told_with: Any
    find: bool
    may_send: bool
    before: Before | None = None

    @property
    def requests(self) -> int:
        """How many it takes at most: one that is not known there yet, or a customer, is looked for first."""
        looks_up = self.sent.kind in ("authorise", "charge") and self.sent.gateway_customer is None
        return 1 + looks_up + (self.find and self.may_send)


class Answered(NamedTuple):
    """A call, and what came back."""

    call: Call
    answer: Answer


class Calls:
    """Calls that are under way, so many at once as each gateway takes, at the pace that it asks for; and their answers.

    Those that are told together come together, so that nobody sees which of them the gateway was faster with.
    ``here``: without threads, one by one, as they are made. ``shut``: the gateways that have refused our key, with its
    setting; what is under way to one of them then is not sent any more.
    """

    def __init__(self, threads: ExitStack, *, shut: dict[str, str], here: bool = False) -> None:
        self._threads = threads
        self._here = here
        self._shut = shut
        self._pools: dict[str, Executor] = {}
        self._paces: dict[str, Pace] = {}
        self._back: SimpleQueue[tuple[Call, Future[Answer]]] = SimpleQueue()
        self._missing: Counter[Hashable] = Counter()
        self.under_way = 0
        """How many are not answered."""
        self._kept: dict[Hashable, list[Answered]] = {}
        self._ready: list[Answered] = []

    def make(self, calls: Sequence[Call]) -> None:
        """Let threads make these calls. Their gateways' turns are taken first: the caller has no transaction."""
        self._missing.update(call.told_with for call in calls)
        self.under_way += len(calls)
        turns = {} if self._here else _turns(calls)
        for call in calls:
            future: Future[Answer] = Future()
            if self._here:
                future.set_result(_call(call, None, self._shut))
            else:
                turn = next(turns[call.gateway.name]) if call.gateway.name in turns else 0.0
                wait = partial(self._pace(call.gateway).wait, turn, call.requests)
                future = self._pool(call.gateway).submit(
                    _counted, self._pace(call.gateway).seconds, call, wait, self._shut
                )
            future.add_done_callback(partial(self._came_back, call))

    def _came_back(self, call: Call, future: Future[Answer]) -> None:
        self._back.put((call, future))

    def _pool(self, gateway: Gateway) -> Executor:
        if gateway.name not in self._pools:
            pool = ThreadPoolExecutor(gateway.connections, thread_name_prefix=f"gateway {gateway.name}")
            self._pools[gateway.name] = self._threads.enter_context(pool)
        return self._pools[gateway.name]

    def _pace(self, gateway: Gateway) -> Pace:
        return self._paces.setdefault(gateway.name, Pace(gateway.per_second))

    def answers(self, *, together: int, fewer_than: int) -> list[Answered]:
        """Wait for answers: so many together, or a few more; what there is when none is under way any more. None at all as soon
        as fewer calls than that are under way.
        """
        while self.under_way and len(self._ready) < together:
            if self.under_way < fewer_than:
                return []
            call, future = self._back.get()
            self._kept.setdefault(call.told_with, []).append(Answered(call, _without_token(future.result(), call.sent)))
            self.under_way -= 1
            self._missing[call.told_with] -= 1
            if not self._missing[call.told_with]:
                del self._missing[call.told_with]
                self._ready += self._kept.pop(call.told_with)
        ready, self._ready = self._ready, []
        return ready


def _turns(calls: Sequence[Call]) -> dict[str, Iterator[float]]:
    """By gateway that keeps a pace, when each of its calls begins."""
    of: dict[str, list[Call]] = {}
    for call in calls:
        if call.gateway.per_second:
            of.setdefault(call.gateway.name, []).append(call)
    return {
        name: iter(turns(name, per_second=some[0].gateway.per_second or 1, requests=[call.requests for call in some]))
        for name, some in of.items()
    }


class Pace:
    """Lets the requests of this process through evenly: one whose turn is over is not made up for by several at once."""

    def __init__(self, per_second: float | None) -> None:
        self._between = 1 / per_second if per_second else 0.0
        self._next = 0.0
        self._lock = threading.Lock()
        self.seconds = Seconds(max(1, int(per_second))) if per_second else None

    def wait(self, turn: float, requests: int) -> None:
        """Until it is the turn of so many requests, and the last one is long enough ago."""
        with self._lock:
            at = max(turn, self._next, time.monotonic())
            self._next = at + self._between * requests
        time.sleep(max(0.0, at - time.monotonic()))


def _counted(seconds: Seconds | None, call: Call, wait: Callable[[], None], shut: dict[str, str]) -> Answer:
    with counted(seconds):
        return _call(call, wait, shut)


def _call(call: Call, wait: Callable[[], None] | None, shut: dict[str, str]) -> Answer:
    """One thread's work; ``wait`` until it is its turn. Touches no database. Whatever goes wrong on the way means: nobody knows;
    but for a gateway that does not accept our key: it has done nothing, and is not asked any more.
    """
    request, gateway = call.sent.request, call.gateway
    if wait is not None and gateway.name not in shut:
        wait()
    if gateway.name in shut:
        return Answer("not_asked")
    try:
        if call.find:
            found = _when_it_has_time(partial(gateway.find, request))
            if found.outcome not in ("unknown", "not_found"):
                return _as_kept(found)
            if not call.may_send:
                return Answer("unknown", message=found.message or "the gateway does not know it")
        return _as_kept(_when_it_has_time(partial(ask, gateway, request)))
    except NotAdmitted as problem:
        shut[gateway.name] = problem.setting
        return Answer("not_asked")
    except Exception as problem:
        return Answer("unknown", message=f"{type(problem).__name__}: {problem}")


def _without_token(answer: Answer, sent: Sent) -> Answer:
    """An answer whose words do not name the card as the gateway does: they stand in histories and on pages."""
    if answer.message is None or not sent.token or sent.token not in answer.message:
        return answer
    return replace(answer, message=answer.message.replace(sent.token, "…"))


def _when_it_has_time(asked: Callable[[], Answer]) -> Answer:
    """Ask a gateway that may have too much to do at the moment: the same again, a little later each time."""
    for wait in WAITS:
        try:
            return asked()
        except TooMany:
            time.sleep(wait * random.uniform(1, 1.5))
    return asked()


def _as_kept(answer: Answer) -> Answer:
    """As it is written down. Pending is not known yet, and asked about again; what requires the customer is declined
    in the category ``authentication``: nobody asks again before a person has seen to it.
    """
    if answer.outcome == "pending":
        return Answer("unknown", answer.reference, f"pending: {answer.message}" if answer.message else "pending")
    return replace(answer, outcome="declined") if answer.outcome == "requires_customer" else answer
