"""The embedded server survives what happens to servers: SIGKILL, reused pids, two starters, half folders."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.db.server.conftest import Machine

pytestmark = pytest.mark.patient


def assert_kept(machine: Machine) -> None:
    assert machine.sql("select answer from kept") == [(42,)]


@pytest.fixture
def stranger() -> subprocess.Popen[bytes]:
    """A living process that has nothing to do with us."""
    process = subprocess.Popen(["sleep", "600"])
    yield process  # type: ignore[misc]
    process.kill()
    process.wait()


def test_what_was_stored_is_there_after_stop_and_start(filled: Machine) -> None:
    stopped = filled.server("stop")
    assert (stopped.returncode, stopped.stdout.strip()) == (0, "stopped")
    assert not filled.processes()
    filled.start()
    assert_kept(filled)
    assert filled.server("stop").stdout.strip() == "stopped"
    assert filled.server("stop").stdout.strip() == "it did not run"


def test_start_says_once_that_it_stays_up(machine: Machine) -> None:
    first, second = machine.server("start"), machine.server("start")
    assert "stays up" in first.stderr
    assert second.stderr == ""


def test_only_who_knows_the_password_gets_in(filled: Machine) -> None:
    for wrong in (
        filled.url.replace("perennial:", "perennial:x"),
        f"host={filled.folder / 's'} user=perennial dbname=postgres",
    ):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(wrong)
    assert filled.sql("show listen_addresses") == [("",)]
    assert stat.S_IMODE((filled.folder / "s").stat().st_mode) == 0o700
    assert stat.S_IMODE((filled.folder / "password").stat().st_mode) == 0o600


def test_it_does_not_run_as_root(filled: Machine) -> None:
    assert os.stat(f"/proc/{filled.postmaster()}").st_uid != 0


def test_starts_at_once_after_the_postmaster_was_killed_under_load(filled: Machine) -> None:
    busy = psycopg.connect(filled.url, autocommit=True)
    busy.execute("create table load as select generate_series(1, 100000) as n")
    locking = psycopg.connect(filled.url)
    locking.execute("lock table load in exclusive mode")
    os.kill(filled.postmaster(), signal.SIGKILL)
    filled.start()
    assert_kept(filled)
    busy.close()
    locking.close()


def test_starts_at_once_after_everything_was_killed(filled: Machine) -> None:
    filled.kill_all()
    filled.start()
    assert_kept(filled)


def test_goes_on_after_one_backend_was_killed(filled: Machine) -> None:
    victim = filled.sql("select pg_backend_pid()")
    with psycopg.connect(filled.url, autocommit=True) as connection:
        victim = connection.execute("select pg_backend_pid()").fetchall()
        os.kill(int(str(victim[0][0])), signal.SIGKILL)
        filled.start()
        assert_kept(filled)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")


def test_a_pid_file_that_names_a_stranger_is_no_server(filled: Machine, stranger: subprocess.Popen[bytes]) -> None:
    left = (filled.data / "postmaster.pid").read_text()
    filled.kill_all()
    time.sleep(0.1)
    renamed = left.replace(str(left.split()[0]), str(stranger.pid), 1)
    (filled.data / "postmaster.pid").write_text(renamed)
    lock = filled.folder / "s/.s.PGSQL.5432.lock"
    lock.write_text(lock.read_text().replace(left.split()[0], str(stranger.pid), 1))
    assert filled.server("stop").stdout.strip() == "it did not run"
    filled.start()
    assert_kept(filled)
    assert stranger.poll() is None


def test_a_pid_file_that_names_a_zombie_is_no_server(filled: Machine) -> None:
    zombie = subprocess.Popen(["true"])
    while f"{zombie.pid} (true) Z" not in Path(f"/proc/{zombie.pid}/stat").read_text():
        time.sleep(0.01)
    left = (filled.data / "postmaster.pid").read_text()
    filled.kill_all()
    (filled.data / "postmaster.pid").write_text(left.replace(left.split()[0], str(zombie.pid), 1))
    filled.start()
    assert_kept(filled)
    zombie.wait()


def test_a_folder_that_was_copied_while_it_ran_starts_too(filled: Machine) -> None:
    copy = Machine(filled.home.with_name("copy"), filled.account, filled.env, filled.python)
    subprocess.run(["cp", "-a", filled.home, copy.home], check=True)
    try:
        copy.start()
        assert_kept(copy)
        assert copy.postmaster() != filled.postmaster()
    finally:
        copy.close()


def test_three_starters_at_once_are_one(machine: Machine) -> None:
    starters = [machine.popen(*machine.by_hand("start")) for _ in range(3)]
    for starter in starters:
        _, err = starter.communicate(timeout=60)
        assert starter.returncode == 0, err
    assert machine.sql("select count(*) from pg_database where datname = 'perennial'") == [(1,)]
    postmaster = machine.postmaster()
    assert {pid for pid in machine.processes() if is_postmaster(pid)} == {postmaster}


def is_postmaster(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return b"postgres\0-D\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def test_three_starters_at_once_after_a_kill(filled: Machine) -> None:
    filled.kill_all()
    starters = [filled.popen(*filled.by_hand("start")) for _ in range(3)]
    assert [starter.wait(60) for starter in starters] == [0, 0, 0]
    assert_kept(filled)


def test_what_a_killed_initdb_left_is_made_anew(machine: Machine) -> None:
    new = machine.folder / "data.new"
    new.mkdir(parents=True)
    (new / "PG_VERSION").write_text("18\n")
    (machine.folder / "password.initdb").write_text("half")
    (machine.folder / "password").write_text("of another try")
    if machine.account is not None:
        machine.account.give(machine.folder)
        for path in machine.folder.iterdir():
            machine.account.give(path)
    machine.start()
    assert machine.sql("select 1") == [(1,)]
    assert not new.exists()
    assert not (machine.folder / "password.initdb").exists()


@pytest.mark.parametrize("seed", range(6))
def test_a_starter_that_is_killed_at_any_moment(own_machine: Machine, seed: int) -> None:
    """The first start takes half a second: kill inside it, and start again at once."""
    own_machine.durable = seed == 0
    moment = random.Random(seed).uniform(0.05, 0.7)
    killed = own_machine.popen(*own_machine.by_hand("start"))
    time.sleep(moment)
    killed.kill()
    own_machine.start()
    assert own_machine.sql("select current_database()") == [("perennial",)]
    killed.wait()


def test_the_callers_environment_is_not_the_servers(machine: Machine) -> None:
    odd = {
        "PGPORT": "6000",
        "PGDATA": "/nowhere",
        "PGOPTIONS": "-c x",
        "PGHOST": "nowhere",
        "LC_ALL": "xx_YY.UTF-8",
        "PGTZ": "Asia/Tokyo",
    }
    done = machine.server("start", **odd)
    assert done.returncode == 0, done.stderr
    assert machine.sql("show timezone") == [("UTC",)]


def test_a_setup_for_batches(filled: Machine) -> None:
    filled.server("stop")
    filled.durable = True
    filled.start()
    assert filled.sql("show jit") == [("off",)]
    assert filled.sql("show random_page_cost") == [("1.1",)]
    assert filled.sql("show fsync") == [("on",)]
    assert filled.sql("show data_checksums") == [("on",)]
    if sys.platform == "linux":
        assert filled.sql("show client_connection_check_interval") == [("10s",)]


def test_text_sorts_and_folds_the_same_everywhere(filled: Machine) -> None:
    assert filled.sql("select string_agg(t, '' order by t) from unnest(array['b', 'A', 'a', 'B', 'é']) t") == [
        ("ABabé",)
    ]
    assert filled.sql("select lower('É'), length('é')") == [("é", 1)]
