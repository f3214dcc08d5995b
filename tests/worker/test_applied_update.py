"""A version that is applied to open orders by real workers: by two, by one that is killed, beside a night; each time as by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.forked import perennial
from tests.jobs.test_many_killed import promised
from tests.jobs.watch import Watch, until
from tests.worker.test_workers import Workers
from tests.worlds import nights as worlds
from tests.worlds.installation import NIGHTS, Installation, same_things

ON = NIGHTS[1]
JOB = "update-orders"


pytestmark = pytest.mark.patient


@pytest.fixture(scope="module")
def previewed(base: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The world half way with a draft of a program, and what it would change counted."""
    folder = tmp_path_factory.mktemp("previewed")
    found = base.copy(folder)
    changed = worlds.finite(release=False)
    changed["events"][3] = {**changed["events"][3], "price": "31.00"}
    changed["events"][4] = {**changed["events"][4], "days_from_last": 25}
    bundle = worlds.write({"programs": [changed]}, folder, "draft.json")
    done = perennial("import", bundle, "--on", ON, url=found.url, home=found.home)
    assert done.returncode == 0, done.stderr
    found.run("program", "preview", "FIN", "--on", ON)
    return found


@pytest.fixture
def workers(previewed: Installation, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(previewed.copy(tmp_path), chunk="5")
    yield workers
    workers.kill()


@pytest.fixture(scope="module")
def by_one(previewed: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """What one worker makes of it whom nobody disturbs."""
    workers = Workers(previewed.copy(tmp_path_factory.mktemp("by_one")), chunk="5")
    try:
        apply(workers.found)
        workers.start()
        workers.done()
    finally:
        workers.kill()
    return workers.found


@pytest.fixture(scope="module")
def a_night_later(by_one: Installation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the night makes of that."""
    found = by_one.copy(tmp_path_factory.mktemp("night"))
    found.run("night", "--on", ON)
    return found.state()


def apply(found: Installation) -> None:
    found.run("program", "apply", "FIN", "--letters", "--on", ON)


def is_applied_once(workers: Workers) -> None:
    """Every order that changed was changed once, by one run, whose list is that of the preview; all of it can be put back."""
    changes = workers.ask("select order_id from desk_change where run_id is not null")
    assert set(Counter(changes).values()) == {1}
    ((updated,),) = workers.ask("select changed from jobs_changepreview")
    ((run,),) = workers.ask("select id from jobs_jobrun where job = %s and not dry and arguments ? 'keep'", JOB)
    ((counted,),) = workers.ask("select report #>> '{counts,updated}' from jobs_jobrun where id = %s", run)
    assert int(counted) == updated > 20
    lists = [workers.ask(TOUCHED, of) for of in (run, workers.ask("select run_id from jobs_changepreview")[0][0])]
    assert lists[0] == lists[1]
    assert workers.found.run("check")["ok"]
    assert workers.found.run("check", "once")["ok"]


TOUCHED = """
select name, line, shipment, what, before, after from jobs_jobtouched where run_id = %s order by name, line, shipment, what, after::text
"""


def is_taken_back(workers: Workers, before: Installation) -> None:
    """Put back, all is promised as it was."""
    ((run,),) = workers.ask("select id from jobs_jobrun where job = %s and not dry and arguments ? 'keep'", JOB)
    workers.found.run("orders", "take-back", str(run), "--on", ON)
    assert promised(workers.found) == promised(before)


def test_two_workers_share_it(workers: Workers, by_one: Installation, previewed: Installation) -> None:
    for _ in range(2):
        workers.start()
    until(lambda: workers.there() == 2, seconds=300)
    with Watch(workers.found, JOB) as watch:
        held = watch.lock_written_late()
        apply(workers.found)
        until(lambda: len(watch.workers()) == 2)
        held.release()
    workers.done()
    same_things(workers.found.state(), by_one.state())
    is_applied_once(workers)
    is_taken_back(workers, previewed)


def test_a_worker_is_killed_over_it_and_another_goes_on(
    workers: Workers, by_one: Installation, previewed: Installation
) -> None:
    apply(workers.found)
    with Watch(workers.found, JOB) as watch:
        held = watch.lock_written_late()
        killed = workers.start()
        until(lambda: watch.waits_for(held))
        last = watch.lock_last()
        held.release()
        until(lambda: watch.waits_for(last))
        todo, done = watch.chunks()
        assert todo
        assert done
        killed.kill()
        killed.communicate()
        last.release()
    assert workers.request() == "running"
    workers.start()
    workers.done()
    same_things(workers.found.state(), by_one.state())
    is_applied_once(workers)
    is_taken_back(workers, previewed)


def test_a_night_meanwhile_runs_once_behind_it(workers: Workers, a_night_later: dict[str, Any]) -> None:
    """One that a worker is asked for waits; one that somebody starts by hand is refused, and gone on with."""
    found = workers.found
    apply(found)
    with Watch(found, JOB) as watch:
        held = watch.lock_written_late()
        workers.start()
        until(lambda: watch.waits_for(held))
        last = watch.lock_last()
        held.release()
        until(lambda: watch.waits_for(last))
        found.run("night", "--on", ON, "--by-worker")
        by_hand = perennial("night", "--on", ON, url=found.url, home=found.home)
        assert by_hand.returncode == 1
        assert "update-orders" in by_hand.stderr
        assert "is running" in by_hand.stderr, by_hand.stderr
        asked = workers.ask("select job, status from jobs_jobrequest order by id")
        assert asked == [(JOB, "running"), ("night", "waiting")]
        last.release()
    workers.done()
    assert [status for (status,) in workers.ask("select status from jobs_jobrequest")] == ["done", "done"]
    assert workers.ask(
        "select on_date::text from jobs_nightrun where on_date = %s and finished_at is not null", ON
    ) == [(ON,)]
    same_things(found.state(), a_night_later)
    is_applied_once(workers)
