"""Trouble on demand, and how fast requests came: what a network and a large service do, when a test wants it.

A rule says what happens (``fault``), to which requests (``path`` and ``method``, patterns), to what share of them, and to
how many (``next``). Which ones is drawn from the seed, the request's key and how often it came: the same seed troubles
the same requests.

============  ==============================================================================================
fault         what happens
============  ==============================================================================================
latency       the answer takes ``ms`` longer, or something between ``ms`` and ``to_ms``
lost          the line is cut before anything happens
lost_after    it happens, then the line is cut without an answer
timeout       nothing happens, and no answer comes for ``ms``
timeout_after it happens, and no answer comes for ``ms``
error         500, nothing happens
error_after   it happens, but the answer is 500; the same key again gets what it was
error_kept    it happens, and the answer is 500, also to the same key again
rate_limit    429
unauthorized  401, as for a key that was revoked; nothing happens
forbidden     403, as for a restricted key that may not do this; nothing happens
============  ==============================================================================================
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter, OrderedDict, deque
from dataclasses import asdict, dataclass, field, fields
from typing import Any

FAULTS = (
    "latency", "lost", "lost_after", "timeout", "timeout_after", "error", "error_after", "error_kept", "rate_limit",
    "unauthorized", "forbidden",
)  # fmt: skip
SEEN = 50_000
"""How many requests are remembered, to tell how often they came."""
SECONDS = 3600


@dataclass
class Rule:
    fault: str
    path: str = ""
    method: str = ""
    share: float = 1.0
    next: int | None = None
    ms: int = 0
    to_ms: int | None = None
    seed: int = 0
    times: int = field(default=0)
    """How often it has happened."""

    def __post_init__(self) -> None:
        if self.fault not in FAULTS:
            raise ValueError(f"fault: one of {', '.join(FAULTS)}")
        re.compile(self.path)
        if not 0 <= self.share <= 1:
            raise ValueError("share: between 0 and 1")

    @classmethod
    def read(cls, given: dict[str, Any]) -> Rule:
        known = {one.name for one in fields(cls)}
        if other := set(given) - known:
            raise ValueError(f"unknown: {', '.join(sorted(other))}")
        return cls(**given)


class Trouble:
    """The rules, and which of them strike a request."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self._lock = threading.Lock()
        self._came: OrderedDict[str, int] = OrderedDict()

    def set(self, rules: list[Rule]) -> None:
        with self._lock:
            self.rules = rules
            self._came.clear()

    def strikes(self, method: str, path: str, identity: str) -> list[Rule]:
        """The rules that strike: any number of latencies, and at most one of the others."""
        with self._lock:
            if not self.rules:
                return []
            nth = self._came.pop(identity, 0) + 1
            self._came[identity] = nth
            if len(self._came) > SEEN:
                self._came.popitem(last=False)
            struck: list[Rule] = []
            for number, rule in enumerate(self.rules):
                if (rule.method and rule.method != method) or not re.search(rule.path, path) or rule.next == 0:
                    continue
                if rule.fault != "latency" and any(one.fault != "latency" for one in struck):
                    continue
                if rule.share < 1 and random.Random(f"{rule.seed}|{number}|{identity}|{nth}").random() >= rule.share:
                    continue
                rule.times += 1
                if rule.next is not None:
                    rule.next -= 1
                struck.append(rule)
            return struck

    def shown(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(rule) for rule in self.rules]


class Speed:
    """How many requests there were in a second, and at once; and may there be one more?"""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        with self._lock:
            self._last: deque[float] = deque()
            self._by_second: Counter[int] = Counter()
            self.most_in_a_second = 0
            self.at_once = 0
            self.most_at_once = 0
            self.asked = 0
            self.refused = 0
            self.first: float | None = None
            self.last: float | None = None

    def one_more(self, per_second: float | None) -> bool:
        """Count a request; False when it is over what a second takes."""
        now = time.monotonic()
        with self._lock:
            while self._last and self._last[0] <= now - 1:
                self._last.popleft()
            if per_second is not None and len(self._last) >= per_second:
                self.refused += 1
                return False
            self._last.append(now)
            self.asked += 1
            self.first = self.first or now
            self.last = now
            self.most_in_a_second = max(self.most_in_a_second, len(self._last))
            self._by_second[int(now)] += 1
            if len(self._by_second) > SECONDS:
                del self._by_second[min(self._by_second)]
            return True

    def begin(self) -> None:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)

    def end(self) -> None:
        with self._lock:
            self.at_once -= 1

    def shown(self) -> dict[str, Any]:
        with self._lock:
            took = (self.last - self.first) if self.first is not None and self.last is not None else 0.0
            return {
                "asked": self.asked,
                "refused": self.refused,
                "most_in_a_second": self.most_in_a_second,
                "most_at_once": self.most_at_once,
                "seconds": round(took, 3),
                "per_second": round(self.asked / took, 2) if took > 0 else None,
                "by_second": [count for _, count in sorted(self._by_second.items())],
            }
