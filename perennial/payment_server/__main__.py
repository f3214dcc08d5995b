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
    parser.add_argument("--ends-with-input", action="store_true")
    given = parser.parse_args()
    options = Options.read(given.home, given.port, os.environ)
    return run(options, lambda address: print(address, flush=True), ends_with_input=given.ends_with_input)


if __name__ == "__main__":
    sys.exit(main())
