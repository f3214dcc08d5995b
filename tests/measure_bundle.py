"""How long bundles take, and how much memory: ``DATABASE_URL=… python -m tests.measure_bundle 100000``.

The database is one that may be filled: each step is a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django


def write(path: Path, customers: int) -> None:
    """The contract's example with so many customers, each with its order; customers and orders come first."""
    django.setup()
    from tests.actions.bundle_world import example

    bundle = example()
    (customer,), (order,) = bundle.pop("customers"), bundle.pop("orders")
    with open(path, "w") as file:
        file.write('{"orders": [')
        for n in range(customers):
            order |= {"reference": f"SHOP-{n}", "customer": f"C-{n}"}
            order["lines"][0]["continuity"]["card"] = order["pay"][0]["card"] = f"tok_{n}"
            file.write((",\n" if n else "\n") + json.dumps(order))
        file.write('],\n"customers": [')
        for n in range(customers):
            customer |= {"account": f"C-{n}", "name": f"Ada Bianchi {n}", "email": f"ada{n}@example.com"}
            customer["cards"][0]["token"] = f"tok_{n}"
            file.write((",\n" if n else "\n") + json.dumps(customer))
        file.write("],\n" + json.dumps(bundle)[1:])


def step(name: str, path: Path) -> None:
    """One command in this process; then what it took."""
    from perennial.cli.main import main

    started = time.monotonic()
    status = main([name, str(path), "--json"])
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    size = path.stat().st_size / 1e6
    print(f"{name}: {size:.0f} MB, {time.monotonic() - started:.0f} s, {megabytes:.0f} MB of memory", file=sys.stderr)
    sys.exit(status)


def main() -> None:
    """Import, import again, export."""
    if sys.argv[1] == "step":
        step(sys.argv[2], Path(sys.argv[3]))
    with tempfile.TemporaryDirectory() as folder:
        given, exported = Path(folder) / "given.json", Path(folder) / "exported.json"
        write(given, int(sys.argv[1]))
        for name, path in (("import", given), ("import", given), ("export", exported)):
            subprocess.run([sys.executable, "-m", "tests.measure_bundle", "step", name, str(path)], check=True)


if __name__ == "__main__":
    main()
