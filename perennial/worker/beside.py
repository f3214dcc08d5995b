"""A worker beside the web server: a process of its own, started again when it dies, and gone when the server is."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from types import TracebackType

AGAIN_SECONDS = 2
"""So long after it died it is started again."""
PATIENCE_SECONDS = 60
"""So long it may take for the chunk that is under way."""
COMMAND = [sys.executable, "-m", "perennial.cli.main", "worker", "--quiet", "--ends-with-input"]


class WorkerBeside:
    """``with WorkerBeside():`` a worker runs. It ends with the block, or (its standard input closes) with a process that is killed."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._ending = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> WorkerBeside:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if os.getpid() != self._owner:  # the server's own processes leave by here too
            return
        self._ending.set()
        if self._process is not None:
            self._process.terminate()
        self._thread.join(PATIENCE_SECONDS)
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def _keep(self) -> None:
        while not self._ending.is_set():
            self._process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, start_new_session=True)
            if self._ending.is_set():
                self._process.terminate()
            self._process.wait()
            self._ending.wait(AGAIN_SECONDS)
