"""The real command, in a home of its own, to its end; of the file of purchases it gets the first three months."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import harness
from tests.processes import ROOT, environment, perennial


@pytest.fixture
def home() -> Iterator[Path]:
    """One that another account gets through, should root start the server."""
    folder = harness.open_folder("perennial-demo-", harness.fast_base())
    yield folder / "home"
    harness.remove(folder / "home")
    harness.remove(folder)


SHORT = """
from contextlib import contextmanager
from perennial.cli.main import console
from perennial.demo import club

whole = club.open_transactions

@contextmanager
def three_months():
    with whole() as lines:
        yield [line for line in lines if line.startswith("customer,") or line.split(",")[1] <= "1997-03-31"]

club.open_transactions = three_months
console()
"""


def test_a_small_club_lives_is_checked_and_leaves_no_server(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHORT, "demo", "--sample", "12"],
        cwd=ROOT,
        env=environment(None, home),
        text=True,
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^9\d nights from 20..-\d\d-\d\d through ", done.stdout, re.MULTILINE), done.stdout
    made, charges = re.findall(
        r"^Checked (\d+) child orders and (\d+) charges:"
        r" nothing shipped twice, nothing charged twice, nothing due missed\.$",
        done.stdout,
        re.MULTILINE,
    )[0]
    assert int(made) > 10
    assert int(charges) > 10
    (everything,) = re.findall(r"^all +(\d+) +(\d+) +(\d+) ", done.stdout, re.MULTILINE)
    assert [int(number) for number in everything] >= [5, int(made) - 1, 1]
    assert not harness.TestServer(home).server.is_alive(), "it stops the server that it started"
    assert perennial("stop", home=home).stderr == "the database did not run\n"
    assert perennial("recurrence", "list", home=home).stdout.splitlines()[1].startswith("night")  # from now on
    perennial("stop", home=home)


@pytest.mark.patient
def test_a_demo_that_was_stopped_says_how_to_begin_again(home: Path) -> None:
    env = environment(None, home)
    stopped = subprocess.Popen(
        [sys.executable, "-c", SHORT, "demo", "--sample", "12"],
        cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    until = time.monotonic() + 200
    while time.monotonic() < until and stopped.poll() is None:
        shown = perennial("show", "orders", "--json", home=home) if (home / "demo.unfinished").exists() else None
        if shown is not None and shown.stdout:
            break
    stopped.kill()
    stopped.communicate()
    done = perennial("demo", "--sample", "12", home=home)
    assert done.returncode == 1
    assert "the demo was stopped on its way" in done.stderr
    assert f"remove {home}" in done.stderr
    perennial("stop", home=home)
