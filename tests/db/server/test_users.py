"""The last user stops what `serve` and `demo` started; a single command leaves its server up."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from perennial.db.server import installation as module
from tests.db.server.conftest import WITHOUT_WAITING, Machine

USE = (
    WITHOUT_WAITING
    + "from perennial.db import server; server.ensure(stop_when_unused={serve}); print('up', flush=True); input()"
)
ONCE = WITHOUT_WAITING + "from perennial.db import server; server.ensure()"

pytestmark = pytest.mark.patient


@pytest.fixture
def stopped(filled: Machine) -> Machine:
    """One that exists and is stopped: the first start is not what these are about."""
    filled.server("stop")
    return filled


def use(machine: Machine, *, serve: bool) -> subprocess.Popen[str]:
    """A command that uses the server until it is told to end."""
    process = machine.popen("-c", USE.format(serve=serve))
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=60)
    assert process.returncode == 0


def test_serve_stops_what_it_started(stopped: Machine) -> None:
    serve = use(stopped, serve=True)
    assert stopped.processes()
    end(serve)
    assert not stopped.processes()


def test_the_last_of_several_stops_it(stopped: Machine) -> None:
    first, second = use(stopped, serve=True), use(stopped, serve=False)
    end(first)
    assert stopped.processes()
    end(second)
    assert not stopped.processes()


def test_a_single_command_leaves_it_up(stopped: Machine) -> None:
    end(use(stopped, serve=False))
    assert stopped.processes()
    end(use(stopped, serve=True))  # serve stops only what it started
    assert stopped.processes()


@pytest.mark.parametrize("who", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_killed_one_left_the_next_one_stops(stopped: Machine, who: signal.Signals) -> None:
    serve = use(stopped, serve=True)
    serve.send_signal(who)
    serve.wait()
    assert stopped.processes()
    done = stopped.run("-c", ONCE)
    assert done.returncode == 0, done.stderr
    assert not stopped.processes()


def test_a_child_that_inherits_the_url_is_a_user_too(stopped: Machine) -> None:
    """The parent is killed; the child still has its server when another one leaves."""
    code = (
        "import os, subprocess, sys; from perennial.db import server; server.ensure(stop_when_unused=True);"
        f" subprocess.Popen([sys.executable, '-c', {USE.format(serve=False)!r}]); import time; time.sleep(60)"
    )
    parent = stopped.popen("-c", code)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "up\n"
    parent.kill()
    assert stopped.run("-c", ONCE).returncode == 0
    assert stopped.processes()
    assert parent.stdin is not None
    parent.stdin.write("\n")
    parent.stdin.close()
    parent.wait()
    until = time.monotonic() + 20
    while stopped.processes() and time.monotonic() < until:
        time.sleep(0.05)
    assert not stopped.processes()


def test_a_database_of_the_users_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/perennial")
    monkeypatch.setattr(module, "_joined", None)
    assert module.ensure() == "postgresql://db.example/perennial"
    assert module._joined is None


def test_stop_ends_it_whoever_uses_it(stopped: Machine) -> None:
    serve = use(stopped, serve=True)
    assert stopped.server("stop").stdout.strip() == "stopped"
    assert not stopped.processes()
    end(serve)
    assert os.path.exists(stopped.data / "PG_VERSION")
