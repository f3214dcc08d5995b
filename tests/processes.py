"""Perennial's command as a real process, for what only a real process shows: exit status, SIGKILL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

COMMAND = [sys.executable, "-c", "from perennial.cli.main import console; console()"]
ROOT = Path(__file__).resolve().parent.parent


def environment(url: str | None, home: Path | str | None, **more: str) -> dict[str, str]:
    """Ours, without what would lead to another database; ``url`` None: the embedded server of ``home``."""
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_URL", "PERENNIAL_", "PG"))
    }
    for name in ("PERENNIAL_PG_BIN", "PERENNIAL_HOME"):
        if name in os.environ:
            env[name] = os.environ[name]
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [env.get("PYTHONPATH")])])
    if url is not None:
        env["DATABASE_URL"] = url
    if home is not None:
        env["PERENNIAL_HOME"] = str(home)
    return {**env, **more}


def perennial(
    *arguments: str | Path,
    url: str | None = None,
    home: Path | str | None = None,
    timeout: float = 120,
    input: str | None = None,
    **env: str,
) -> subprocess.CompletedProcess[str]:
    """Run it to its end. Neither its exit status nor its output is judged here."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=environment(url, home, **env),
        text=True,
        input=input,
        stdin=subprocess.DEVNULL if input is None else None,
        capture_output=True,
        timeout=timeout,
    )


def start_perennial(
    *arguments: str | Path,
    url: str | None = None,
    home: Path | str | None = None,
    said: IO[str] | None = None,
    **env: str,
) -> subprocess.Popen[str]:
    """Start it, to be killed or waited for by the caller. ``said``: where stderr goes of one that runs long and may say much:
    a pipe that nobody reads is full one day, and who writes to it waits.
    """
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        env=environment(url, home, **env),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=said or subprocess.PIPE,
    )
