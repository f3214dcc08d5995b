"""Play a guide: save its bundles, run its commands, compare what they print with what the guide shows.

    python -m tests.docs.play docs/guides/trial.md            say where it differs, exit status 1
    python -m tests.docs.play --write docs/guides/trial.md    write the real output into the guide

It needs DATABASE_URL, a migrated database without data. In a guide a bundle is a block ``json NAME.json``, a text
``text NAME.txt``;
commands are the lines that begin with ``$ `` in a block ``console``; a line ``...`` stands for any lines. A new day
begins with ``$ export PERENNIAL_TODAY=DATE``; ``PERENNIAL_LANGUAGE=it`` in front of a command is for that one alone.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

BLOCK = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PROMPT = "$ "
COMMAND = "./run perennial "
NEW_DAY = "export PERENNIAL_TODAY="
LANGUAGE = re.compile(r"PERENNIAL_LANGUAGE=(\w+) ")
SURROUNDINGS = {"PERENNIAL_TODAY": "2026-03-10", "LOGNAME": "anna"}
"""What the guides say they were made with: the day and who types."""
LEFT_OUT = "..."
WHY = ("refused", "changed meanwhile", "the last night is that of", "are missing", "has only")
"""Words by which a guide says why a command does not end with 0."""
TYPED = "a phrase of several words\n"
"""What the reader types where a command asks for a password; it is not shown."""


def bundles(text: str) -> dict[str, str]:
    """The bundles of a guide by the names under which its reader saves them."""
    return {name: body for kind, name, body in BLOCK.findall(text) if kind == "json" and name}


def commands(body: str) -> Iterator[tuple[str, str]]:
    """The commands of a block, each with the output that stands below it."""
    command, shown = None, []
    for line in body.splitlines():
        if line.startswith(PROMPT):
            if command is not None:
                yield command, "\n".join(shown)
            command, shown = line.removeprefix(PROMPT), []
        else:
            shown.append(line)
    if command is not None:
        yield command, "\n".join(shown)


def agrees(shown: str, printed: str) -> bool:
    """Whether a guide shows what was printed, lines that it leaves out apart."""
    lines = [r"(?:.*\n)*?" if line.strip() == LEFT_OUT else re.escape(line) + r"\n" for line in shown.splitlines()]
    return re.fullmatch("".join(lines), f"{printed}\n" if printed else "") is not None


def run(command: str) -> tuple[str, int]:
    """What a command prints on a terminal (both streams, in their order), and its exit status."""
    from perennial.cli.main import main

    if command.startswith(NEW_DAY):
        begin(command.removeprefix(NEW_DAY))
        return "", 0
    if (language := LANGUAGE.match(command)) is not None:
        os.environ["PERENNIAL_LANGUAGE"] = language[1]
        try:
            return run(command[language.end() :])
        finally:
            del os.environ["PERENNIAL_LANGUAGE"]
    if not command.startswith(COMMAND):
        raise SystemExit(f"not a command of ours: {command}")
    first, _, then = command.partition(" | ")
    both, out = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stderr(both), contextlib.redirect_stdout(out if then else both):
        stdin, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(TYPED.encode()), encoding="utf-8")
        try:
            status = main(shlex.split(first.removeprefix(COMMAND)))
        finally:
            sys.stdin = stdin
    if not then:
        return _text(both), status
    piped = subprocess.run(shlex.split(then), input=_text(out), capture_output=True, text=True, check=True)
    return _text(both) + piped.stdout, status


def begin(day: str) -> None:
    """From here on it is this day, for the commands that follow in this process too."""
    from django.conf import settings

    os.environ["PERENNIAL_TODAY"] = day
    settings.PERENNIAL_TODAY = date.fromisoformat(day)


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def play(text: str) -> tuple[str, list[str]]:
    """The guide with its real output, and where that differs from what it shows."""
    faults: list[str] = []

    def block(found: re.Match[str]) -> str:
        kind, name, body = found.groups()
        if kind in ("json", "text") and name:
            Path(name).write_text(body, encoding="utf-8")
        if kind != "console":
            return found[0]
        written = []
        for command, shown in commands(body):
            printed, status = run(command)
            printed = printed.rstrip("\n")
            if status and not any(words in shown for words in WHY):
                faults.append(
                    f"{PROMPT}{command}\n--- ends with exit status {status}, and the guide does not say why\n{printed}"
                )
            if agrees(shown.rstrip("\n"), printed):
                printed = shown.rstrip("\n")
            else:
                faults.append(f"{PROMPT}{command}\n--- the guide shows\n{shown}\n--- printed\n{printed}")
            written.append(f"{PROMPT}{command}\n{printed}\n" if printed else f"{PROMPT}{command}\n")
        return f"```console\n{''.join(written)}```"

    return BLOCK.sub(block, text), faults


def main(arguments: list[str]) -> int:
    """Play the guide that is named."""
    os.environ.update(SURROUNDINGS)
    page = Path(arguments[-1]).resolve()
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="perennial-guide-") as folder:
        os.chdir(folder)
        try:
            text, faults = play(page.read_text(encoding="utf-8"))
        finally:
            os.chdir(before)
    if "--write" in arguments:
        page.write_text(text, encoding="utf-8")
        return 0
    print("\n\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
