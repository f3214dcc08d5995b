"""Which processes belong to a server. A pid alone proves nothing: it may be reused, or a zombie."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path

PROC = Path("/proc")
PROGRAMS = frozenset({"postgres", "postmaster", "initdb"})


def of_folders(folders: Collection[Path], name: str) -> set[int]:
    """The living processes of the server (or initdb) in these data folders.

    A postmaster has the folder on its command line, its children carry ``name`` in their titles, and
    all of them work in the folder. A zombie has no command line.
    """
    wanted = {str(folder) for folder in folders}
    return {pid for pid, command in _commands() if _belongs(pid, command, wanted, name)}


def _belongs(pid: int, command: list[str], folders: set[str], name: str) -> bool:
    if command[0].startswith("postgres: "):
        return command[0].startswith(f"postgres: {name}:") or _works_in(pid, folders)
    if os.path.basename(command[0]) not in PROGRAMS:
        return False
    return not folders.isdisjoint(command) or _works_in(pid, folders)


def _works_in(pid: int, folders: set[str]) -> bool:
    try:
        return os.readlink(PROC / str(pid) / "cwd") in folders
    except OSError:  # gone, or another user's
        return False


def _commands() -> Iterator[tuple[int, list[str]]]:
    if not (PROC / "self" / "cmdline").exists():
        yield from _commands_by_ps()
        return
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                raw = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            words = os.fsdecode(raw).rstrip("\0 ").split("\0")
            if words[0]:
                yield int(entry.name), words


def _commands_by_ps() -> Iterator[tuple[int, list[str]]]:
    """macOS has no /proc. A folder with spaces comes in pieces here, the title still tells."""
    try:
        listed = subprocess.run(
            ["ps", "-axww", "-o", "pid=,command="],
            capture_output=True,
            text=True,
            errors="replace",
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return
    for line in listed.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        command = command.strip()
        if pid.isdigit() and command and not command.startswith("("):
            program, found, rest = command.partition(" -D ")
            words = [program, *_folder_of(rest)] if found else [command]
            yield (
                int(pid),
                [words[0] if words[0].startswith("postgres: ") else words[0].split(" -")[0], *words[1:]],
            )


def _folder_of(rest: str) -> list[str]:
    """What follows ``-D``, to the next option."""
    return [rest.split(" -")[0]]
