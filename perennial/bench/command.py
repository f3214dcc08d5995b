"""`perennial bench`: its options, and what it prints."""

from __future__ import annotations

import argparse
import os
import sys
from argparse import Namespace
from typing import Any

from perennial.bench import PARTS

QUICK = (8_000, 2_000, 1, 20_000)
WHOLE = (400_000, 100_000, 3, 1_000_000)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `perennial bench`."""
    orders, due, pairs, customers = WHOLE
    parser.add_argument(
        "parts", nargs="*", metavar="PART", choices=[*PARTS, []], help=f"{', '.join(PARTS)}; left out: all of them"
    )
    parser.add_argument("--orders", type=_count, metavar="N", help=f"orders in the database (default {orders:,})")
    parser.add_argument("--due", type=_count, metavar="N", help=f"orders with a shipment due (default {due:,})")
    parser.add_argument(
        "--customers", type=_count, metavar="N", help=f"customers to search among (default {customers:,})"
    )
    parser.add_argument("--pairs", type=_count, metavar="N", help=f"how often each is measured (default {pairs})")
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK[0]:,} orders, {QUICK[1]:,} due, once: about a minute"
    )
    parser.add_argument("--statements", action="store_true", help="also list where each job's time goes")


def _count(words: str) -> int:
    if not words.isascii() or not words.isdecimal() or not 1 <= int(words) <= 100_000_000:
        raise argparse.ArgumentTypeError(f"{words!r} is not a number from 1 to 100,000,000")
    return int(words)


def run(given: Namespace) -> int:
    """Measure, print, and answer 1 when a goal is missed."""
    from perennial.bench.databases import Databases
    from perennial.bench.parts import Bench, Size

    orders, due, pairs, customers = QUICK if given.quick else WHOLE
    size = Size(
        given.orders or max(orders, given.due or 0),
        given.due or min(due, given.orders or due),
        given.customers or customers,
    )
    with Databases() as databases:
        bench = Bench(databases, size, given.pairs or pairs, given.parts or PARTS, _tell)
        answer = bench.run()
        about = {
            "server": databases.version(),
            "python": sys.version.split()[0],
            "cores": os.cpu_count(),
            "orders": size.orders,
            "due": size.due,
            "customers": size.customers,
            "pairs": given.pairs or pairs,
        }
    if given.json:
        import json

        print(json.dumps({**about, "ok": answer.ok, "results": [line.document() for line in answer.lines],
                          "notes": answer.notes, "runs": answer.runs, "statements": answer.slowest}))  # fmt: skip
        return 0 if answer.ok else 1
    print(
        f"{about['server']}, Python {about['python']}, {about['cores']} cores;"
        f" each measured {given.pairs or pairs} times in turn, medians"
    )
    for note in answer.notes:
        print(note)
    print()
    _table([("part", "what", "measured", "goal", "")]
           + [(line.part, line.what, line.printed, line.goal, line.verdict) for line in answer.lines])  # fmt: skip
    if given.statements:
        for job, slowest in answer.slowest.items():
            print(f"\nseconds by statement: {job}")
            for words, seconds in slowest:
                print(f"  {seconds:8.3f}  {words}")
    return 0 if answer.ok else 1


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _table(rows: list[tuple[Any, ...]]) -> None:
    widths = [max(len(str(row[at])) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        cells = [
            str(cell).rjust(width) if at == 2 else str(cell).ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
