"""SIGKILL from outside at random moments of a night, the rerun at once: all as if nothing had been.

Compared are the whole export (ids of runs aside), the reports of the runs and the sandbox's own book.
"""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest

from perennial.jobs import NIGHTLY
from tests import harness
from tests.forked import perennial, start_perennial
from tests.jobs.watch import Watch, until
from tests.worlds import nights as worlds
from tests.worlds.installation import NIGHTS, Installation, Turns, same_things

MOST = 5
"""So often a night is killed, at most."""


@pytest.fixture(scope="module")
def undisturbed(base: Installation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The night as it goes by itself, and again: nothing more to do."""
    calm = base.copy(tmp_path_factory.mktemp("calm"))
    calm.run("night", "--on", NIGHTS[1], PERENNIAL_CHUNK_SIZE="20")
    assert calm.run("check")["ok"]
    assert calm.run("check", "once")["ok"]
    state = calm.state()
    counts = {row[0]: row[3] for row in state["reports"] if row[1] == NIGHTS[1]}
    assert all(any(int(n) for n in re.findall(r"\d+", counts[job])) for job in counts), counts
    return state


def same(found: dict[str, Any], calm: dict[str, Any]) -> None:
    assert found["open"] == (0,)
    same_things(found, calm)
    last = [row for row in found["reports"] if row[1] == NIGHTS[1]]
    assert [row for row in last if row[0] != "process-payments"] == [
        row for row in calm["reports"] if row[1] == NIGHTS[1] and row[0] != "process-payments"
    ]


@pytest.mark.parametrize("seed", harness.seeds(3))
def test_killed_at_random_and_started_again_at_once(
    base: Installation, undisturbed: dict[str, Any], tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    found = base.copy(tmp_path)
    size = dice.choice(["7", "20", "100000"])
    kills = 0
    with (
        Turns(found, "night", "--on", NIGHTS[1], ahead=MOST + 1, PERENNIAL_CHUNK_SIZE=size) as turns,
        Watch(found, dice.choice(NIGHTLY[1:5])) as watch,
    ):
        turns.begin()
        until(watch.workers)  # the first time in the middle of a job
        within = dice.uniform(0, 0.02)
        # Later some kills early, some late: the last chunk of each job is met too.
        while kills < MOST and not turns.has_ended(within=within):
            turns.kill()
            kills += 1
            turns.begin()
            within = dice.uniform(0, 1)
        turns.finish()
    assert kills
    state = found.state()
    # A night that was killed between two jobs runs the finished ones again, with nothing to do.
    state["reports"] = [row for row in state["reports"] if not _empty(row)]
    calm = {**undisturbed, "reports": [row for row in undisturbed["reports"] if not _empty(row)]}
    same(state, calm)
    assert found.run("check")["ok"]
    assert found.run("check", "once")["ok"]


def _empty(row: list[str]) -> bool:
    return row[0] == "update-current-event" or not any(int(n) for n in re.findall(r": (\d+)", row[3]))


@pytest.mark.parametrize("processes", [2, 3])
def test_several_runs_at_once(base: Installation, undisturbed: dict[str, Any], tmp_path: Path, processes: int) -> None:
    found = base.copy(tmp_path)
    running = [
        start_perennial("night", "--on", NIGHTS[1], "--json", url=found.url, home=found.home, PERENNIAL_CHUNK_SIZE="10")
        for _ in range(processes)
    ]
    for process in running:
        _, err = process.communicate(timeout=180)
        assert process.returncode == 0, err
    state = found.state()
    state["reports"] = [row for row in state["reports"] if not _empty(row)]
    same(state, {**undisturbed, "reports": [row for row in undisturbed["reports"] if not _empty(row)]})


@pytest.mark.parametrize(
    "job", ["extend-lines", "update-orders", "create-child-orders", "process-payments", "close-orders"]
)
def test_a_dry_run_changes_nothing_and_says_the_same(base: Installation, tmp_path: Path, job: str) -> None:
    found = base.copy(tmp_path)
    before = found.state()
    rehearsed = found.run("job", job, "--on", NIGHTS[1], "--dry-run")
    after = found.state()
    assert before["export"] == after["export"]
    assert before["attempts"] == after["attempts"]
    assert before["book"] == after["book"]
    real = found.run("job", job, "--on", NIGHTS[1])
    assert rehearsed["dry_run"]
    assert not real["dry_run"]
    if job != "process-payments":
        assert rehearsed["counts"] == real["counts"]
        assert rehearsed["reasons"] == real["reasons"]
    again = found.run("job", job, "--on", NIGHTS[1])
    done = {"created", "orders", "lines", "updated", "unchanged", "captured", "authorised", "billed"}
    more = sum(number for word, number in again["counts"].items() if word in done)
    # What nobody knew the first time is asked for again, and is known by now.
    assert more <= real["counts"].get("unknown", 0), again["counts"]


def test_the_server_is_killed_in_the_middle(
    base: Installation, durable_server: harness.TestServer, tmp_path: Path
) -> None:
    """PostgreSQL dies (SIGKILL for all of it) while a night runs; after its restart the same night goes on."""
    url = durable_server.make_database()
    home = tmp_path / "home"
    home.mkdir()
    found = Installation(url, home, durable_server)
    bundle = worlds.write(worlds.world(60, seed=5), tmp_path)
    assert perennial("import", bundle, "--on", "2026-03-02", url=url, home=home).returncode == 0
    calm = found.copy(tmp_path)
    calm.run("night", "--on", NIGHTS[0])
    process = start_perennial("night", "--on", NIGHTS[0], "--json", url=url, home=home, PERENNIAL_CHUNK_SIZE="5")
    with Watch(found, "create-child-orders") as watch:
        until(lambda: all(watch.chunks()))  # one is done, one is to be done
        durable_server.kill()
        _, err = process.communicate(timeout=120)
    assert process.returncode != 0, "the night was over before the server was"
    assert err
    durable_server.start()
    done = perennial("night", "--on", NIGHTS[0], "--json", url=url, home=home)
    assert done.returncode == 0, done.stderr
    same_things(found.state(), calm.state())
