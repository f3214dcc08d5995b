"""The real command, in a home of its own, to its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import harness
from tests.processes import perennial


@pytest.fixture
def home() -> Iterator[Path]:
    """One that another account gets through, should root start the server."""
    folder = harness.open_folder("perennial-demo-", harness.fast_base())
    yield folder / "home"
    harness.remove(folder / "home")
    harness.remove(folder)


@pytest.mark.parametrize(("more", "nights"), [((), "20.."), (("--real-dates",), "1997")])
def test_a_small_club_lives_is_checked_and_leaves_no_server(home: Path, more: tuple[str, ...], nights: str) -> None:
    done = perennial("demo", "--sample", "5", *more, home=home, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"^5\d\d nights from {nights}-\d\d-\d\d through ", done.stdout, re.MULTILINE), done.stdout
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
