"""A payment server as a process of its own, started from Python: for tests and the demo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from perennial.payment_server.server import CONTROL_KEY, KEYS


@dataclass
class Running:
    """A payment server that runs. ``address`` is where it listens, ``process`` what was started here."""

    address: str
    process: subprocess.Popen[str] | None = None
    key: str = KEYS[0]
    control_key: str = CONTROL_KEY

    def control(self, method: str, name: str, given: Mapping[str, Any] | None = None) -> Any:
        """Ask or tell the server something (``POST``, ``clock``, ``{"now": "2026-04-01"}``). ValueError: it refuses."""
        line = HTTPConnection(urlsplit(self.address).netloc, timeout=60)
        try:
            heads = {"Authorization": f"Bearer {self.control_key}"}
            line.request(method, f"/_control/{name}", json.dumps(given or {}), heads)
            answer = line.getresponse()
            said = json.loads(answer.read())
        finally:
            line.close()
        if answer.status != 200:
            raise ValueError(f"{answer.status}: {said}")
        return said

    def book(self) -> list[dict[str, Any]]:
        """Every move of money that the server has seen."""
        entries: list[dict[str, Any]] = self.control("GET", "book")["entries"]
        return entries

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


def start(home: Path, *, port: int = 0, environment: Mapping[str, str] | None = None, shared: bool = False) -> Running:
    """Start one; back when it listens. ``shared``: it ends when nobody uses it (``beside``), not with whoever started it."""
    given = {**os.environ, **(environment or {})}
    ends = "--ends-when-unused" if shared else "--ends-with-input"
    process = subprocess.Popen(
        [sys.executable, "-m", "perennial.payment_server", "--home", str(home), "--port", str(port), ends],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL if shared else subprocess.PIPE,
        text=True,
        env=given,
        cwd=Path(__file__).resolve().parents[2],
        start_new_session=True,
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    if not address:
        raise RuntimeError(f"the payment server did not start: exit status {process.wait()}")
    control_key = given.get("PERENNIAL_PAYMENT_SERVER_CONTROL_KEY", CONTROL_KEY)
    keys = given.get("PERENNIAL_PAYMENT_SERVER_KEYS", KEYS[0])
    return Running(address, process, keys.split(",")[0], control_key)


@contextmanager
def running(home: Path, **more: Any) -> Iterator[Running]:
    """One that is stopped afterwards."""
    server = start(home, **more)
    try:
        yield server
    finally:
        server.stop()
