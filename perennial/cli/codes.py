"""`show codes` and `show sources`: what codes are set up, and what became of the orders of each source."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from perennial.cli.output import document, section, sentence, table
from perennial.cli.parser import Given, Parser, Run, day

if TYPE_CHECKING:
    from perennial.desk.read.sources import SourceResult


def show_codes(p: Parser) -> Run:
    """The codes that are set up, as in a bundle."""

    def run(given: Given) -> int:
        from perennial.bundle.export import setup

        found = {
            "source_codes": list(setup.source_codes()),
            "reason_codes": list(setup.reason_codes()),
            "hold_codes": list(setup.hold_codes()),
        }
        if given.json:
            document(found)
            return 0
        for name, codes in found.items():
            section(name.replace("_", " "))
            rows = ([", ".join(one) if isinstance(one, list) else one for one in code.values()] for code in codes)
            table(tuple(name.replace("_", " ") for name in codes[0]) if codes else ("code",), rows, "  ")
        return 0

    return run


def show_sources(p: Parser) -> Run:
    """What became of the orders of each source."""
    p.add_argument("--source-code", metavar="CODE", help="of this one alone")
    p.add_argument("--from", dest="since", type=day, metavar="DATE", help="of orders placed on this day or later")
    p.add_argument("--to", dest="through", type=day, metavar="DATE", help="of orders placed on this day or before")
    p.add_argument("--csv", action="store_true", help="as CSV, for a spreadsheet")

    def run(given: Given) -> int:
        from perennial.desk.list_document import source_result_json
        from perennial.desk.read.sources import source_results

        found = source_results(since=given.since, through=given.through, code=given.source_code)
        if given.csv:
            lines = csv.writer(sys.stdout)
            lines.writerow(HEADS)
            lines.writerows(_cells(one) for one in found)
        elif given.json:
            for one in found:
                document(source_result_json(one))
        else:
            table(tuple(head.replace("_", " ") for head in HEADS), (_cells(one) for one in found))
        return 0

    return run


HEADS = (
    "source_code", "description", "customers", "orders", "joined", "still_open", "ended", "shipments_sent", "captured",
    "refunded",
)  # fmt: skip


def _cells(one: SourceResult) -> Sequence[object]:
    from perennial.desk.contract import amount

    ended = (
        f"{each.count} {each.reason_code or sentence('outcome', 'stopped_somehow' if each.stopped else 'ran_out')}"
        for each in one.ended
    )
    money = ("; ".join(f"{amount(each)} {each.currency}" for each in sums) for sums in (one.captured, one.refunded))
    return [
        one.code,
        one.description,
        one.customers,
        one.orders,
        one.joined,
        one.still_open,
        "; ".join(ended),
        one.shipments_sent,
        *money,
    ]
