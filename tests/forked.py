"""Processes like those of ``processes.py``, forked from one that has imported everything: 0.7 s of processor time less each.

They are processes like any other: an exit status, pipes, SIGKILL. What is tested of starting itself, of settings that are
refused, and of the embedded server starts for real (``processes.py``).

``python -m tests.forked`` is the one they are forked from, a worker's own. It forks twice, so that its grandchild is an
orphan; and since the worker asks for orphans meanwhile (PR_SET_CHILD_SUBREAPER), that one becomes the worker's child.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import runpy
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.processes import COMMAND, ROOT, environment

MODULES = (
    *("perennial.cli.main", "perennial.cli.jobs", "perennial.cli.orders", "perennial.bundle.load.importer"),
    *("perennial.bundle.export.exporter", "perennial.jobs.night", "perennial.jobs.simulate", "perennial.jobs.check"),
    *("perennial.jobs.runner", "perennial.desk.actions", "perennial.checks"),
)
PR_SET_CHILD_SUBREAPER = 36


class Forked(subprocess.Popen[str]):
    """``subprocess.Popen`` for ``[python, "-c", code, …]`` and ``[python, "-m", module, …]``."""

    def _execute_child(self, args: list[str], executable: Any, preexec_fn: Any, close_fds: Any, pass_fds: Any,
                       cwd: Any, env: Any, startupinfo: Any, creationflags: Any, shell: Any,
                       p2cread: int, p2cwrite: int, c2pread: int, c2pwrite: int, errread: int, errwrite: int,
                       *more: Any) -> None:  # fmt: skip
        assert None not in (cwd, env)
        self.pid = source().fork({"words": list(args)[1:], "cwd": str(cwd), "env": env}, [p2cread, c2pwrite, errwrite])
        self._child_created = True
        self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)  # type: ignore[attr-defined]


class Source:
    """The process that the others are forked from."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        env = environment("postgresql:///nowhere", None, PERENNIAL_SECRET_KEY="none")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forked", str(theirs.fileno())],
            cwd=ROOT,
            env={**env, "DJANGO_SETTINGS_MODULE": "perennial.settings"},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def fork(self, what: dict[str, Any], files: list[int]) -> int:
        """A process of ours that does this with these for stdin, stdout and stderr; its number."""
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        try:
            text = json.dumps(what).encode()
            # What is not redirected is the parent's own.
            files = [number if found == -1 else found for number, found in enumerate(files)]
            socket.send_fds(self._ours, [len(text).to_bytes(4)], files)
            self._ours.sendall(text)
            return int.from_bytes(self._ours.recv(4, socket.MSG_WAITALL))
        finally:
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


_source: list[Source] = []


def source() -> Source:
    """This worker's."""
    if not _source:
        _source.append(Source())
    return _source[0]


def start(command: list[str], **more: Any) -> subprocess.Popen[str]:
    """``subprocess.Popen``, forked where the system can."""
    return (Forked if sys.platform == "linux" else subprocess.Popen)(command, cwd=ROOT, text=True, **more)


def start_perennial(*arguments: str | Path, url: str, home: Path | str, **env: str) -> subprocess.Popen[str]:
    """Start the command, to be killed or waited for by the caller."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return start([*COMMAND, *map(str, arguments)], env=environment(url, home, **env), **pipes)


def perennial(
    *arguments: str | Path, url: str, home: Path | str, timeout: float = 120, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end. Neither its exit status nor its output is judged here."""
    with start_perennial(*arguments, url=url, home=home, **env) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


# -- in the process that is forked


def serve(number: int) -> None:
    """Import everything, then fork until the worker is gone."""
    import django

    django.setup()
    for name in MODULES:
        importlib.import_module(name)
    asked = socket.socket(fileno=number)
    while True:
        size, files, _, _ = socket.recv_fds(asked, 4, 3)
        if not size:
            return
        what = json.loads(asked.recv(int.from_bytes(size), socket.MSG_WAITALL))
        reading, writing = os.pipe()
        middle = os.fork()
        if middle == 0:
            child = os.fork()
            if child:
                os.write(writing, child.to_bytes(4))
                os._exit(0)
            asked.close()
            os.close(reading)
            os.close(writing)
            work(what, files)
        os.waitpid(middle, 0)
        for found in (writing, *files):
            os.close(found)
        asked.sendall(os.read(reading, 4))
        os.close(reading)


def work(what: dict[str, Any], files: list[int]) -> None:
    """Be the process that was asked for, as if it had just been started."""
    status = 1
    try:
        for number, found in enumerate(files):
            os.dup2(found, number)
        for found in set(files) - {0, 1, 2}:
            os.close(found)
        os.chdir(what["cwd"])
        os.environ.clear()
        os.environ.update(what["env"])
        read_settings_again()
        kind, name, *words = what["words"]
        sys.argv = [name, *words]
        if kind == "-m":
            runpy.run_module(name, run_name="__main__", alter_sys=True)
        else:
            exec(name, {"__name__": "__main__"})
        status = 0
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def read_settings_again() -> None:
    """The settings of this environment instead of those that were read when everything was imported."""
    from django.conf import Settings, settings
    from django.db import connections

    importlib.reload(sys.modules["perennial.settings"])
    settings._wrapped = Settings("perennial.settings")
    for name in [name for name in settings.__dict__ if name.isupper()]:
        del settings.__dict__[name]
    if "default" in connections.__dict__.get("settings", {}) and hasattr(connections._connections, "default"):
        del connections["default"]  # it was never opened
    connections.__dict__.pop("settings", None)
    connections._settings = None


if __name__ == "__main__":
    serve(int(sys.argv[1]))
