"""``python -m perennial.payment_server --port N --home DIR``: it prints its address when it is ready."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path

from perennial.payment_server.beside import users_of, wait_until_unused
from perennial.payment_server.server import Options, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m perennial.payment_server")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--ends-with-input", action="store_true")
    parser.add_argument("--ends-when-unused", action="store_true")
    given = parser.parse_args()
    options = Options.read(given.home, given.port, os.environ)
    ends = _input_closes if given.ends_with_input else None
    if given.ends_when_unused:
        ends = partial(wait_until_unused, users_of(given.home))
    return run(options, lambda address: print(address, flush=True), ends=ends)


def _input_closes() -> None:
    sys.stdin.read()


if __name__ == "__main__":
    sys.exit(main())
