"""``python -m perennial.payment_server --port N --home DIR``: it prints its address when it is ready."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from perennial.payment_server.server import Options, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m perennial.payment_server")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--home", type=Path, required=True)
    given = parser.parse_args()
    return run(Options.read(given.home, given.port, os.environ), say=lambda line: print(line, flush=True))


if __name__ == "__main__":
    sys.exit(main())
