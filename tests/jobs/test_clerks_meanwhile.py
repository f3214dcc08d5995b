"""Clerks change orders while nights run, are killed and start again: nothing twice, nothing lost, nobody in each other's way."""

from __future__ import annotations

import ast
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests import harness
from tests.forked import start
from tests.processes import environment
from tests.worlds.installation import NIGHTS, Installation


def clerk(found: Installation, seed: int) -> subprocess.Popen[str]:
    """Anna begins to work."""
    return start(
        [sys.executable, "-m", "tests.jobs.clerk", str(seed), NIGHTS[1]],
        env=environment(found.url, found.home, DJANGO_SETTINGS_MODULE="perennial.settings"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("seed", harness.seeds(1))
def test_clerks_work_while_the_night_is_killed(base: Installation, tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    found = base.copy(tmp_path)
    clerks = [clerk(found, 2 * seed + n) for n in range(2)]
    kills = found.run_with_kills(
        "night", "--on", NIGHTS[1], dice=dice, within=(0.1, 1.5), most=4, PERENNIAL_CHUNK_SIZE="11"
    )
    done: Counter[str] = Counter()
    for one in clerks:
        one.terminate()
        out, err = one.communicate(timeout=60)
        assert one.returncode == 0, err
        done += Counter(ast.literal_eval(out))
    assert kills
    assert sum(done.values()) - done["refused"] > 20, done
    # What the clerks did behind the jobs' backs is done by another run; a third has nothing to do.
    found.run("night", "--on", NIGHTS[1], "--again")
    done_again = {
        (one["job"], word): number
        for one in found.run("night", "--on", NIGHTS[1], "--again")["jobs"]
        for word, number in one["counts"].items()
        if number and word in ("created", "updated", "captured", "authorised", "billed", "voided", "failed")
    }
    assert not done_again
    for which in ("check", "check once"):
        report = found.run(*which.split())
        assert report["ok"], report["faults"][:10]
    assert found.taken_twice() == []
