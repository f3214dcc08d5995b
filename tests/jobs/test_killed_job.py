"""SIGKILL from outside at random moments of each single job, the rerun at once: all as if nothing had been."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from perennial.jobs import NIGHTLY
from tests.jobs.installation import NIGHTS, Installation
from tests.jobs.test_killed_night import same_things

# A patient person asks for more.
SEEDS = int(os.environ.get("PERENNIAL_TEST_SEEDS", "1"))
ON = NIGHTS[1]
DONE = ("advanced", "created", "orders", "lines", "updated", "unchanged", "captured", "authorised", "billed")


@dataclass
class Stage:
    """An installation as a job finds it, and its state when the job has run by itself."""

    before: Installation
    report: dict[str, Any]
    after: dict[str, Any]


@pytest.fixture(scope="module")
def stages(base: Installation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stage]:
    """The jobs of a night one after the other, none disturbed."""
    found = {}
    before = base
    for job in NIGHTLY:
        after = before.copy(tmp_path_factory.mktemp(job))
        report = after.run("job", job, "--on", ON)
        found[job] = Stage(before, report, after.state())
        before = after
    return found


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("job", NIGHTLY)
def test_killed_at_random_and_started_again_at_once(
    stages: dict[str, Stage], tmp_path: Path, job: str, seed: int
) -> None:
    stage = stages[job]
    assert any(stage.report["counts"].values()), "a job with nothing to do says nothing"
    dice = random.Random(f"{job} {seed}")
    found = stage.before.copy(tmp_path)
    size = dice.choice(["3", "20", "100000"])
    found.run_with_kills("job", job, "--on", ON, dice=dice, within=(0.3, 1.3), most=6, PERENNIAL_CHUNK_SIZE=size)
    state = found.state()
    same_things(state, stage.after)
    assert state["open"] == (0,)
    again = found.run("job", job, "--on", ON)
    # What nobody knew the first time is asked for again, and is known by now.
    assert sum(again["counts"].get(word, 0) for word in DONE) <= stage.report["counts"].get("unknown", 0)
    assert found.taken_twice() == []
    assert found.run("check")["ok"]
    assert found.run("check", "once")["ok"]
