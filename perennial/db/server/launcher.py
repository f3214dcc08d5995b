"""One PostgreSQL server: made, started, asked, stopped.

Two questions are asked again and again and never answered from a pid:

- *Does it answer?* ``pg_isready`` on a socket in a folder that only the server's account can write to.
- *Does any process of it live?* Every process of the server inherits a lock on ``server.lock``, which
  the kernel frees with the last of them; and the table of processes is searched as well, for a server
  that somebody started by hand.

Only when nothing answers and nothing lives are the traces of a killed server removed. Whoever starts,
stops or makes a server holds ``start.lock`` (``installation.py``), so two starters are one.
"""

from __future__ import annotations

import contextlib
import enum
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from perennial.db.server import binaries, locks, processes
from perennial.db.server.account import private_file
from perennial.db.server.binaries import Binaries
from perennial.db.server.places import Place, give_to_owner
from perennial.errors import Refused

USER = "perennial"
DATABASE = "perennial"
PORT = 5432

#: How long a server may take to say yes or no. Recovery after a crash of the machine can take minutes.
RECOVERY_SECONDS = 900.0
#: How long one may live without answering at all.
SILENT_SECONDS = 60.0
STOP_SECONDS = 120.0
BIG_LOG = 20 * 1024 * 1024
#: Containers give 64 MB of /dev/shm by default; a parallel hash join needs more and fails.
SMALL_SHM = 256 * 1024 * 1024
SHM = Path("/dev/shm")
#: The cache, in MB: PostgreSQL's default at least; what is above the most is left to the system's own cache.
LEAST_BUFFERS, MOST_BUFFERS = 128, 1024
#: What a container may use, when that is less than the machine has.
MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")


class Answer(enum.Enum):
    READY = 0
    STARTING = 1  # recovering or shutting down, too
    SILENT = 2


def say(line: str) -> None:
    print(f"perennial: {line}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Server:
    place: Place
    programs: Binaries
    #: A server for tests: fast, and worth nothing after a crash of the machine.
    throwaway: bool = False

    # -- asking

    def answer(self) -> Answer:
        asked = self._run("pg_isready", "-q", "-h", self.place.sockets, "-p", PORT, "-t", 3)
        return Answer(asked.returncode) if asked.returncode in (0, 1) else Answer.SILENT

    def is_alive(self) -> bool:
        """Whether any process of this server, or of the initdb that makes it, is there."""
        return locks.is_held(self._lock) or bool(self._processes())

    @property
    def exists(self) -> bool:
        return self.place.data.exists()

    def url(self, database: str = DATABASE) -> str:
        password = quote(self.place.password.read_text(), safe="")
        host = quote(str(self.place.sockets), safe="")
        return f"postgresql://{USER}:{password}@/{quote(database)}?host={host}&port={PORT}"

    # -- starting

    def start(self, *, tell: Callable[[str], None] = say) -> bool:
        """Make the server answer. True when this call started it, False when it was up already."""
        self.place.make()
        if not self._becomes_ready(tell):
            self._make_data(tell)
            self._refuse_other_major()
            self._clear_traces()
            self._launch()
            if not self._becomes_ready(tell):
                raise Refused("database_start_failed", log=str(self.place.log), end=self._end_of_log())
            return True
        return False

    def _becomes_ready(self, tell: Callable[[str], None]) -> bool:
        """Wait as long as the server lives and has not said yes. False: nothing answers and nothing lives."""
        began = time.monotonic()
        spoke = began
        told = False
        while True:
            answer = self.answer()
            now = time.monotonic()
            if answer is Answer.READY:
                return True
            if answer is Answer.STARTING:
                spoke = now
            elif not self.is_alive():
                return False
            if now - spoke > SILENT_SECONDS:
                pids = sorted(self._processes())
                raise Refused("database_silent", folder=str(self.place.folder), processes=pids, unknown=not pids)
            if now - began > RECOVERY_SECONDS:
                raise Refused("database_not_ready", seconds=round(RECOVERY_SECONDS), log=str(self.place.log))
            if now - began > 5 and not told:
                tell("the database is recovering, this can take a while")
                told = True
            time.sleep(0.02)

    def _launch(self) -> None:
        if self.place.log.stat().st_size > BIG_LOG:
            self.place.log.replace(self.place.log.with_name("log.1"))
            self.place.make()
        lock = locks.open_lock(self._lock)
        try:
            if not locks.take(lock, shared=True):
                raise Refused("database_starting", folder=str(self.place.folder))
            started = self._run(
                "pg_ctl",
                "-D",
                self.place.data,
                "-W",
                "-s",
                "-l",
                self.place.log,
                "-o",
                shlex.join(self._options()),
                "start",
                pass_fds=(lock,),
            )
        finally:
            os.close(lock)  # closed, not unlocked: what was started holds it from now on
        if started.returncode:
            raise Refused("database_start_refused", said=started.stdout.strip(), end=self._end_of_log())

    def _options(self) -> list[str]:
        """Set-up for large batches on a machine that has other work, too."""
        options = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(self.place.sockets),
            "unix_socket_permissions": "0700",
            "cluster_name": self.place.name,
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
            # What rows hold, and statements with their values, stand in no log.
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
            "lc_messages": "C",
            "max_connections": "200",
            "shared_buffers": f"{(buffers := shared_buffers())}MB",
            "work_mem": "16MB",
            "maintenance_work_mem": "128MB",
            "effective_cache_size": f"{3 * buffers}MB",
            "max_wal_size": "4GB",
            "random_page_cost": "1.1",
            "jit": "off",
        }
        if sys.platform == "linux":
            options["client_connection_check_interval"] = "10s"  # a killed client's work ends, and its locks go
        if shm_is_small():
            options["dynamic_shared_memory_type"] = "mmap"
        if self.throwaway:
            options |= {
                "fsync": "off",
                "full_page_writes": "off",
                "synchronous_commit": "off",
                "shared_buffers": "128MB",
                "max_wal_size": "1GB",
                "client_connection_check_interval": "1s" if sys.platform == "linux" else "0",
            }
        return [word for name, value in options.items() for word in ("-c", f"{name}={value}")]

    def _clear_traces(self) -> None:
        """Remove what a killed server left. Nothing answers and nothing lives: that was asked just now."""
        (self.place.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (".s.PGSQL.5432.lock", ".s.PGSQL.5432"):
            (self.place.sockets / name).unlink(missing_ok=True)

    # -- making

    def _make_data(self, tell: Callable[[str], None]) -> None:
        """initdb into a new folder, our database in it, then one rename: a data folder is whole or absent."""
        if self.place.data.exists():
            if (self.place.data / "PG_VERSION").is_file():
                return
            raise Refused("database_folder_foreign", folder=str(self.place.data))
        new = self.place.new
        if new.exists():
            shutil.rmtree(new)
        new.mkdir(mode=0o700)
        self.place.account.give(new)
        tell(f"making the database in {self.place.folder} (PostgreSQL {self.programs.version})")
        password = secrets.token_urlsafe(24)
        with (
            self._living_lock() as lock,
            private_file(self.place.folder / "password.initdb", password, self.place.account) as file,
        ):
            self._make(
                "initdb",
                "-D",
                new,
                "-U",
                USER,
                "-A",
                "scram-sha-256",
                f"--pwfile={file}",
                *self._initdb_options(),
                pass_fds=(lock,),
            )
            self._make(
                "postgres",
                "--single",
                "-F",
                "-D",
                new,
                *self._memory(),
                "template1",
                pass_fds=(lock,),
                input=f"CREATE DATABASE {DATABASE}\n",
            )
            if not self.throwaway:
                self._make("initdb", "--sync-only", "-D", new, pass_fds=(lock,))
        draft = self.place.folder / "password.new"
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(password)
            out.flush()
            os.fsync(out.fileno())
        give_to_owner(draft)
        draft.rename(self.place.password)
        new.rename(self.place.data)
        _sync_folder(self.place.folder)

    def _initdb_options(self) -> list[str]:
        options = ["-E", "UTF8", "--data-checksums", "--no-instructions"]
        if self.programs.major >= 17:  # the same order of sorting on every platform
            options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        else:
            options += ["--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C"]
        if self.programs.major >= 16:
            options += self._memory()
        return [*options, "--no-sync"]

    def _memory(self) -> list[str]:
        return ["-c", "dynamic_shared_memory_type=mmap"] if shm_is_small() else []

    def _make(self, program: str, *arguments: object, pass_fds: tuple[int, ...], **options: Any) -> None:
        made = self._run(program, *arguments, pass_fds=pass_fds, **options)
        if made.returncode:
            raise Refused("database_not_made", folder=str(self.place.folder), said=made.stdout.strip())

    @contextlib.contextmanager
    def _living_lock(self) -> Iterator[int]:
        """A handle whose heirs are seen by ``is_alive``."""
        lock = locks.open_lock(self._lock)
        try:
            locks.take(lock, shared=True)
            yield lock
        finally:
            os.close(lock)

    def _refuse_other_major(self) -> None:
        """Another major version's data is neither started nor touched; say how to move it."""
        made_by = (self.place.data / "PG_VERSION").read_text().strip()
        if made_by == str(self.programs.major):
            return
        old = binaries.in_system().get(int(made_by)) if made_by.isdigit() else None
        old_bin = shlex.quote(str(old)) if old else f"FOLDER_OF_POSTGRESQL_{made_by}"
        python = shlex.quote(sys.executable)
        server = f"{python} -m perennial.db.server"
        data, dump = (
            shlex.quote(str(self.place.data)),
            shlex.quote(str(self.place.folder / f"moved-from-{made_by}.dump")),
        )
        kept = shlex.quote(str(self.place.folder / f"data.{made_by}"))
        url = '"$(' + server + ' url)"'
        commands = (
            f"  PERENNIAL_PG_BIN={old_bin} {server} start\n"
            f"  {old_bin}/pg_dump -Fc --no-owner -f {dump} {url}\n"
            f"  {server} stop\n"
            f"  mv {data} {kept}\n"
            f"  {server} start\n"
            f"  {shlex.quote(str(self.programs['pg_restore']))} --no-owner --exit-on-error -d {url} {dump}"
        )
        raise Refused(
            "database_of_other_version",
            folder=str(self.place.folder),
            made_by=made_by,
            version=self.programs.major,
            commands=commands,
        )

    # -- stopping

    def stop(self, *, at_once: bool = False) -> bool:
        """Stop it and wait until its last process is gone. False when nothing ran."""
        if not self.place.folder.is_dir() or not self.is_alive():
            return False
        began = time.monotonic()
        signals = [signal.SIGQUIT] if at_once else [signal.SIGINT, signal.SIGQUIT]
        signals.append(signal.SIGKILL)
        patience = [STOP_SECONDS, 15.0, 15.0][-len(signals) :] if not at_once else [15.0, 15.0]
        for order, seconds in zip(signals, patience, strict=True):
            until = time.monotonic() + seconds
            self._signal(order)
            while time.monotonic() < until:
                if not self.is_alive():
                    return True
                time.sleep(0.02)
                if order is not signal.SIGQUIT and self._postmaster() is None:
                    self._signal(signal.SIGQUIT)  # only orphans are left
        raise Refused("database_goes_on", folder=str(self.place.folder), seconds=round(time.monotonic() - began))

    def _signal(self, order: signal.Signals) -> None:
        """To the postmaster alone, who tells the others; without one to whoever is left."""
        postmaster = self._postmaster()
        for pid in [postmaster] if postmaster is not None else sorted(self._processes()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, order)

    def _postmaster(self) -> int | None:
        """The pid in ``postmaster.pid``, if that process is one of this server's."""
        try:
            pid = int((self.place.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if pid in self._processes() else None

    # -- helpers

    @property
    def _lock(self) -> Path:
        return self.place.folder / "server.lock"

    def _processes(self) -> set[int]:
        return processes.of_folders((self.place.data, self.place.new), self.place.name)

    def _run(self, program: str, *arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
        """Without the caller's environment: a PGPORT or PGOPTIONS of theirs is not meant for this server."""
        env = {"PATH": f"{self.programs.folder}:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        if "input" in options:
            options["stdin"] = None
        return self.place.account.run([self.programs[program], *map(str, arguments)], cwd=Path("/"), env=env, **options)

    def _end_of_log(self) -> str:
        try:
            lines = self.place.log.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(f"  {line}" for line in lines[-8:])


def shm_is_small() -> bool:
    """Whether PostgreSQL's shared memory for parallel work should live in files instead."""
    if sys.platform != "linux":
        return False
    try:
        found = os.statvfs(SHM)
    except OSError:
        return True
    return found.f_frsize * found.f_blocks < SMALL_SHM


def shared_buffers() -> int:
    """PostgreSQL's own cache in MB: an eighth of the memory that this machine, or container, has."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # absent, or "max"
        memory = min(memory, int(MEMORY_LIMIT.read_text()))
    return max(LEAST_BUFFERS, min(MOST_BUFFERS, memory // 8 // 1024**2))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
