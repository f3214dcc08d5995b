"""How the bench measures: seconds of statements, of the processor, memory."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

Answer = dict[str, Any]


def peak_memory() -> int:
    """The most memory that this process ever held, in bytes.

    Linux counts a parent's pages in a child's ``ru_maxrss``, so its own mark is read where there is one.
    """
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


class Clock:
    """Times every statement that Django sends."""

    def __init__(self) -> None:
        self.number = 0
        self.seconds: dict[str, float] = {}

    def __call__(self, execute: Any, statement: Any, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(statement, params, many, context)
        finally:
            self.number += 1
            words = " ".join(line for line in str(statement).splitlines() if not line.startswith("--"))
            words = " ".join(words.split())[:70]
            self.seconds[words] = self.seconds.get(words, 0) + time.perf_counter() - began

    def slowest(self, number: int = 15) -> list[tuple[str, float]]:
        """The statements that took longest altogether."""
        found = sorted(self.seconds.items(), key=lambda item: -item[1])[:number]
        return [(words, round(seconds, 3)) for words, seconds in found]


def most_stay_below(milliseconds: list[float]) -> float:
    """What 95 of 100 stay below."""
    return statistics.quantiles(milliseconds, n=100, method="inclusive")[94]


def processor_time(server: int) -> float:
    """The seconds that this process and its process of the server have worked; where the latter is not seen, the former."""
    seconds = time.process_time()
    try:
        with open(f"/proc/{server}/schedstat") as told:
            return seconds + int(told.read().split()[0]) / 1e9
    except OSError:
        return seconds


def microseconds(work: Callable[[], Any]) -> float:
    """Of the processor's time, the median of 50 groups of 100 calls."""
    groups = []
    for _ in range(50):
        began = time.process_time()
        for _ in range(100):
            work()
        groups.append((time.process_time() - began) / 100)
    return statistics.median(groups) * 1e6
