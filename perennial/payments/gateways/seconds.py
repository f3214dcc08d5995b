"""No more requests in any second than a gateway takes: counted where each really goes out, however late it comes there."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Seconds:
    """The requests of the last second."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._sent: deque[float] = deque()
        self._lock = threading.Lock()

    def one_more(self) -> None:
        """Count a request, as soon as the last second has room for it."""
        while True:
            with self._lock:
                now = time.monotonic()
                while self._sent and self._sent[0] <= now - 1:
                    self._sent.popleft()
                if len(self._sent) < self._most:
                    self._sent.append(now)
                    return
                room = self._sent[0] + 1 - now
            time.sleep(max(room, 0.001))


_counts: ContextVar[Seconds | None] = ContextVar("seconds", default=None)


@contextmanager
def counted(seconds: Seconds | None) -> Iterator[None]:
    """What a gateway asks meanwhile, in this thread, counts."""
    token = _counts.set(seconds)
    try:
        yield
    finally:
        _counts.reset(token)


def one_more_request() -> None:
    """A gateway's request goes out now; it waits where the last second is full."""
    if (seconds := _counts.get()) is not None:
        seconds.one_more()
