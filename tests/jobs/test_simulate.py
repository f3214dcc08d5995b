"""Days that pass: killed from outside and begun again, they go on where they were."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests import harness
from tests.forked import perennial
from tests.jobs.watch import Watch, until
from tests.worlds.installation import Installation, Turns, same_things

KILLS = 5
WRITTEN = ("jobs_jobrun", "jobs_jobchunk", "orders_orderevent", "payments_attempt", "payments_payment")
"""What is written between two jobs, and by one; all of it on every day."""

DAYS = ("simulate", "--from", "2026-03-10", "--to", "2026-03-19", "--declines", "20", "--seed", "3")


@pytest.fixture(scope="module")
def undisturbed(base: Installation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    calm = base.copy(tmp_path_factory.mktemp("calm"))
    done = calm.run(*DAYS)
    assert done["nights"] == 10
    assert done["shipped"] > 20
    return calm.state()


@pytest.mark.parametrize("seed", harness.seeds(1))
def test_killed_at_random_and_begun_again(
    base: Installation, undisturbed: dict[str, Any], tmp_path: Path, seed: int
) -> None:
    """Some jobs further each time, then where it waits to write."""
    dice = random.Random(seed)
    found = base.copy(tmp_path)
    with Turns(found, *DAYS, ahead=KILLS + 1) as turns, Watch(found, "process-payments") as watch:
        turns.begin()
        for _ in range(KILLS):
            wanted = watch.finished_runs() + dice.randint(1, 8)  # ten days are sixty runs
            until(partial(watch.has_finished, wanted))
            held = watch.lock()
            held.table(dice.choice(WRITTEN))
            until(partial(watch.waits_for, held))
            turns.kill()
            held.release()
            turns.begin()
        turns.finish()
    state = found.state()
    same_things(state, undisturbed)
    assert state["open"] == (0,)
    assert found.taken_twice() == []
    assert found.run("check")["ok"]


def test_again_when_all_of_it_is_done(base: Installation, undisturbed: dict[str, Any], tmp_path: Path) -> None:
    found = base.copy(tmp_path)
    found.run(*DAYS)
    again = perennial(*DAYS, "--json", url=found.url, home=found.home)
    assert again.stderr == "note: 10 of these nights do not lie behind the last one that is done: they were not run\n"
    same_things(found.state(), undisturbed)


def test_the_night_was_run_by_hand_before(base: Installation, tmp_path: Path) -> None:
    """Its children are still in the warehouse: the day begins with them."""
    found = base.copy(tmp_path)
    found.run("night", "--on", "2026-03-10")
    done = found.run("simulate", "--from", "2026-03-10", "--to", "2026-03-10")
    assert (done["nights"], done["shipped"] > 0) == (1, True)
    more = found.run("simulate", "--from", "2026-03-10", "--to", "2026-03-11")
    assert more["nights"] == 1


def test_nights_that_are_left_out_are_said(base: Installation, tmp_path: Path) -> None:
    found = base.copy(tmp_path)
    found.run("night", "--on", "2026-03-10")
    for first, said in (
        ("2026-03-11", ""),
        ("2026-03-13", "note: the night of 2026-03-12 is not run: what is due by then comes with that of 2026-03-13\n"),
        (
            "2026-03-17",
            "note: the nights of 2026-03-14 to 2026-03-16 are not run:"
            " what is due by then comes with that of 2026-03-17\n",
        ),
    ):
        done = perennial("simulate", "--from", first, "--to", first, "--json", url=found.url, home=found.home)
        assert done.stderr == said
