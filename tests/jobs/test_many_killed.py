"""SIGKILL in the middle of a run that changes many orders, or takes them back; gone on with, or shared by two: each once."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import harness
from tests.forked import perennial
from tests.jobs.test_clerks_meanwhile import clerk
from tests.jobs.watch import Watch, until
from tests.worlds.installation import NIGHTS, Installation, Turns, same_things

ON = NIGHTS[1]


MOVED = "has moved them by as many days already"


def _moves(found: Installation) -> tuple[str, ...]:
    """A move of all the programs' orders: by the days on which they ship."""
    return ("orders", "move", "--by-days", "5", "--following", "--ships-from", ON, "--on", ON, "--by", "mara")


@pytest.fixture(scope="module")
def before(base: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The world half way, where a clerk has moved two shipments by hand."""
    found = base.copy(tmp_path_factory.mktemp("by_hand"))
    with psycopg.connect(found.url) as connection:
        orders = connection.execute(
            "select p.number, min(o.shipment) from continuity_occurrence o"
            " join continuity_continuityorder c on c.id = o.continuity_order_id"
            " join orders_salesorder p on p.id = c.order_id"
            " where o.status = 'scheduled' and o.ship_on >= %s and c.status = 'open' group by p.id order by p.id limit 2",
            [ON],
        ).fetchall()
    for number, shipment in orders:
        found.run("order", "move", number, "--shipment", str(shipment), "--to", "2026-04-20", "--on", ON)
    return found


@pytest.fixture(scope="module")
def calm(before: Installation, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The same done by a process that nobody disturbs."""
    found = before.copy(tmp_path_factory.mktemp("calm"))
    done = found.run(*_moves(found))
    assert done["counts"]["orders"] > 20
    assert [one["code"] for one in done["passed_over"]] == ["adjusted_by_hand"]
    return found


def once_each(found: Installation) -> None:
    """Every order that was changed was changed once by the run, and is told once."""
    with psycopg.connect(found.url) as connection:
        changes = connection.execute("select order_id from desk_change where run_id is not null").fetchall()
        moved = connection.execute(
            "select name, line, shipment from jobs_jobtouched t join jobs_jobrun r on r.id = t.run_id"
            " where what = 'moved' and not r.dry"
        ).fetchall()
    assert set(Counter(changes).values()) == {1}
    assert set(Counter(moved).values()) == {1}


def is_sound(found: Installation) -> None:
    assert found.run("check")["ok"]
    assert found.run("check", "once")["ok"]


def test_killed_in_the_first_chunk_in_a_later_one_and_gone_on_with(
    before: Installation, calm: Installation, tmp_path: Path
) -> None:
    dice = random.Random(7)
    found = before.copy(tmp_path)
    with Watch(found, "move-orders") as watch, Turns(found, *_moves(found), ahead=4, PERENNIAL_CHUNK_SIZE="5") as turns:
        held = watch.lock_written_late()
        turns.begin()
        until(lambda: watch.waits_for(held))
        last = watch.lock_last()
        turns.kill()
        todo, done = watch.chunks()
        assert todo > 2
        assert done == 0
        watch.forget_workers()
        turns.begin()
        held.release()
        until(lambda: watch.waits_for(last))
        time.sleep(dice.uniform(0, 0.05))
        turns.kill()
        todo, done = watch.chunks()
        assert todo >= 1
        assert done >= 1
        watch.forget_workers()
        turns.begin()
        last.release()
        turns.finish()
    once_each(found)
    same_things(found.state(), calm.state())
    is_sound(found)


def test_two_processes_share_it_and_nothing_is_done_twice(
    before: Installation, calm: Installation, tmp_path: Path
) -> None:
    found = before.copy(tmp_path)
    more = {"PERENNIAL_CHUNK_SIZE": "3"}
    with Watch(found, "move-orders") as watch:
        held = watch.lock_written_late()
        with Turns(found, *_moves(found), **more) as one, Turns(found, *_moves(found), **more) as two:
            one.begin()
            until(lambda: watch.waits_for(held))
            two.begin()
            until(lambda: len(watch.workers()) == 2)
            held.release()
            one.finish()
            two.finish()
    once_each(found)
    found_state, calm_state = found.state(), calm.state()
    assert sorted(found_state["reports"]) == sorted(calm_state["reports"])
    is_sound(found)


def test_taken_back_in_the_middle_of_it_and_that_killed_too(base: Installation, tmp_path: Path) -> None:
    before = promised(base)
    found = base.copy(tmp_path)
    with Watch(found, "move-orders") as watch, Turns(found, *_moves(found), PERENNIAL_CHUNK_SIZE="5") as turns:
        held = watch.lock_written_late()
        turns.begin()
        until(lambda: watch.waits_for(held))
        last = watch.lock_last()
        held.release()
        until(lambda: watch.waits_for(last))
        turns.kill()
    last.release()
    assert promised(found) != before
    (run,) = _runs(found, "move-orders")
    back = ("orders", "take-back", str(run), "--on", ON, "--by", "mara")
    with Watch(found, "take-back-orders") as watch, Turns(found, *back, ahead=2, PERENNIAL_CHUNK_SIZE="5") as turns:
        held = watch.lock_written_late()
        turns.begin()
        until(lambda: watch.waits_for(held))
        turns.kill()
        watch.forget_workers()
        held.release()
        turns.begin()
        turns.finish()
    assert promised(found) == before
    is_sound(found)
    again = perennial(*back, url=found.url, home=found.home)
    assert again.returncode == 0
    assert promised(found) == before


def _runs(found: Installation, job: str) -> list[int]:
    with psycopg.connect(found.url) as connection:
        rows = connection.execute("select id from jobs_jobrun where job = %s and not dry order by id", [job]).fetchall()
    return [pk for (pk,) in rows]


def promised(found: Installation) -> Any:
    """All days, products and prices of all orders, and what is owed."""
    with psycopg.connect(found.url) as connection:
        return connection.execute(
            "select md5(string_agg(one, '|' order by one)) from ("
            " select (to_jsonb(o) - 'blocked')::text || coalesce((select jsonb_agg(to_jsonb(l) - 'id' order by l.line)::text"
            "   from continuity_continuityline l where l.occurrence_id = o.id), '') as one from continuity_occurrence o"
            " union all select (to_jsonb(p))::text from payments_payment p where p.status <> 'cancelled') x"
        ).fetchone()


@pytest.mark.parametrize("seed", harness.seeds(1))
def test_clerks_change_orders_meanwhile(base: Installation, tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    found = base.copy(tmp_path)
    clerks = [clerk(found, 2 * seed + n) for n in range(2)]
    found.run_with_kills(*_moves(found), dice=dice, within=(0.1, 1.0), most=2, done=MOVED, PERENNIAL_CHUNK_SIZE="7")
    (run,) = _runs(found, "move-orders")
    back = ("orders", "take-back", str(run), "--on", ON, "--by", "mara")
    found.run_with_kills(*back, dice=dice, within=(0.1, 1.0), most=2, PERENNIAL_CHUNK_SIZE="7")
    for one in clerks:
        one.terminate()
        _, err = one.communicate(timeout=60)
        assert one.returncode == 0, err
    once_each(found)
    is_sound(found)
    with psycopg.connect(found.url) as connection:
        told = connection.execute(
            "select count(distinct t.name) from jobs_jobtouched t join jobs_jobrun r on r.id = t.run_id"
            " where r.job = 'take-back-orders'"
        ).fetchone()
        kept = connection.execute(
            "select count(*) from desk_change where run_id = %s and undone_on is null", [run]
        ).fetchone()
    assert told is not None
    assert kept is not None
    assert told[0] > 0
