"""SIGKILL from outside while a job is at work on a chunk, the rerun at once: all as if nothing had been.

A lock of somebody else's holds the job up where it is to be hit: in the middle of its first chunk, in its last one,
in the middle of its only one. So it is no matter of luck whether a kill falls while the run is open.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from perennial.jobs import NIGHTLY
from tests import harness
from tests.jobs.watch import Lock, Watch, until
from tests.worlds.installation import NIGHTS, Installation, Turns, same_things

ON = NIGHTS[1]
DONE = ("advanced", "created", "orders", "lines", "updated", "unchanged", "captured", "authorised", "billed")


@dataclass
class Stage:
    """An installation as a job finds it, what it had to do, and its state when the job has run by itself."""

    before: Installation
    report: dict[str, Any]
    selected: int
    after: dict[str, Any]


@pytest.fixture(scope="module")
def stages(base: Installation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stage]:
    """The jobs of a night one after the other, none disturbed."""
    found = {}
    before = base
    for job in NIGHTLY:
        after = before.copy(tmp_path_factory.mktemp(job))
        report = after.run("job", job, "--on", ON)
        with psycopg.connect(after.url) as connection:
            run = connection.execute("select selected from jobs_jobrun where id = %s", [report["run"]]).fetchone()
        assert run is not None
        found[job] = Stage(before, report, run[0], after.state())
        before = after
    return found


def kill(turns: Turns, watch: Watch) -> tuple[int, int]:
    """SIGKILL, and the next one begins at once; the chunks that were to be done, and that were done."""
    turns.kill()
    chunks = watch.chunks()
    watch.forget_workers()
    turns.begin()
    return chunks


def let_go(lock: Lock, watch: Watch, dice: random.Random) -> None:
    """The lock goes before or after the process that has begun is at work."""
    if dice.random() < 0.5:
        until(watch.new_workers)
    lock.release()


def all_is_well(stage: Stage, found: Installation, job: str) -> None:
    """The state is that of a run by itself, and another one has nothing more to do."""
    state = found.state()
    same_things(state, stage.after)
    assert state["open"] == (0,)
    again = found.run("job", job, "--on", ON)
    # What nobody knew the first time is asked for again, and is known by now.
    assert sum(again["counts"].get(word, 0) for word in DONE) <= stage.report["counts"].get("unknown", 0)
    assert found.taken_twice() == []
    assert found.run("check")["ok"]
    assert found.run("check", "once")["ok"]


@pytest.mark.parametrize("seed", harness.seeds(1))
@pytest.mark.parametrize("job", NIGHTLY)
def test_killed_in_the_first_chunk_in_the_last_and_anywhere(
    stages: dict[str, Stage], tmp_path: Path, job: str, seed: int
) -> None:
    stage = stages[job]
    assert any(stage.report["counts"].values()), "a job with nothing to do says nothing"
    dice = random.Random(f"{job} {seed}")
    size = dice.choice([size for size in (1, 2, 7, 20) if size < stage.selected])
    found = stage.before.copy(tmp_path)
    command = ("job", job, "--on", ON)
    with Watch(found, job) as watch, Turns(found, *command, ahead=4, PERENNIAL_CHUNK_SIZE=str(size)) as turns:
        held = watch.lock_written_late()
        turns.begin()
        until(lambda: watch.waits_for(held))
        last = watch.lock_last()
        time.sleep(dice.uniform(0, 0.02))
        todo, _ = kill(turns, watch)
        assert todo >= 2, "it was to be hit in its first chunk"
        let_go(held, watch, dice)
        until(watch.new_workers)
        if dice.random() < 0.5:
            until(lambda: watch.waits_for(last))
        time.sleep(dice.uniform(0, 0.1))
        todo, _ = kill(turns, watch)
        assert todo >= 1, "it was to be hit before its last chunk was done"
        let_go(last, watch, dice)
        if not turns.has_ended(within=dice.uniform(0, 0.1)):
            kill(turns, watch)
        turns.finish()
    all_is_well(stage, found, job)


@pytest.mark.parametrize("seed", harness.seeds(1))
@pytest.mark.parametrize("job", NIGHTLY)
def test_killed_in_the_middle_of_its_only_chunk(stages: dict[str, Stage], tmp_path: Path, job: str, seed: int) -> None:
    dice = random.Random(f"{job} {seed} alone")
    found = stages[job].before.copy(tmp_path)
    command = ("job", job, "--on", ON)
    with Watch(found, job) as watch, Turns(found, *command, ahead=3, PERENNIAL_CHUNK_SIZE="100000") as turns:
        held = watch.lock_written_late()
        turns.begin()
        until(lambda: watch.waits_for(held))
        time.sleep(dice.uniform(0, 0.02))
        assert kill(turns, watch) == (1, 0)
        # Who goes on waits for the chunk while the dead one's session still holds it; and is hit there, too.
        until(watch.new_workers)
        time.sleep(dice.uniform(0, 0.02))
        assert kill(turns, watch) == (1, 0)
        let_go(held, watch, dice)
        turns.finish()
    all_is_well(stages[job], found, job)
