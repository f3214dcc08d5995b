"""The command, started ahead: it says ``ready`` when all is imported, and begins when it is told to.

``python -m tests.jobs.ready WORDS``. What is killed at some moment after its beginning is hit at its work, not while
Python starts; and what is to go on for a killed one does so at once.
"""

from __future__ import annotations

import importlib
import sys


def main() -> None:
    from perennial.cli.start import start_django

    start_django()
    from perennial.cli.main import console
    from perennial.jobs import BY_PERSONS, JOBS, NIGHTLY

    for name in (
        "perennial.cli.jobs",
        "perennial.jobs.night",
        "perennial.jobs.simulate",
        "perennial.jobs.runner",
        "perennial.cli.many",
        "perennial.jobs.many",
    ):
        importlib.import_module(name)
    for job in (*NIGHTLY, *BY_PERSONS):
        JOBS[job]
    print("ready", flush=True)
    if sys.stdin.readline():
        console()


if __name__ == "__main__":
    main()
