"""`money differences`: what was taken and given back here, beside the gateway's own book."""

from __future__ import annotations

import csv
import sys
from datetime import timedelta

from perennial.cli.output import document, say, sentence, table, tell
from perennial.cli.parser import Given, Parser, Run, day, on

DAYS = timedelta(days=6)
HEADS = ("code", "on", "order", "gateway", "key", "ours", "theirs", "currency")


def money_differences(p: Parser) -> Run:
    """What differs between our money and the gateway's own book."""
    p.add_argument(
        "--from",
        dest="since",
        type=day,
        metavar="DATE",
        help="from this business date on (left out: six days before the last)",
    )
    p.add_argument("--through", type=day, metavar="DATE", help="to this one, included (left out: today)")
    p.add_argument(
        "--take-in",
        action="store_true",
        help="record the disputes, and the refunds that a bank has sent back, of which nobody has told us; then list what is left",
    )
    p.on()
    p.add_argument("--csv", action="store_true", help="as CSV, for a spreadsheet")

    def run(given: Given) -> int:
        from perennial.catalog.queries import today
        from perennial.desk.gateway_events import take_in
        from perennial.desk.read.books import compared, difference_json

        through = given.through or max(today(), given.since or today())
        since = given.since or through - DAYS
        books = compared(since=since, through=through)
        if given.take_in and (taken := take_in(books.found, on=on(given))):
            tell(sentence("outcome", "differences_taken_in", count=taken))
            books = compared(since=since, through=through)
        found = [difference_json(one) for one in books.found]
        if given.csv:
            lines = csv.writer(sys.stdout)
            lines.writerow(HEADS)
            lines.writerows(one.values() for one in found)
        elif given.json:
            period = {"since": books.since.isoformat(), "through": books.through.isoformat()}
            document({**period, "gateways": list(books.gateways), "differences": found})
        elif found:
            table(HEADS, (tuple(one.values()) for one in found))
        else:
            word = "books_agree" if books.gateways else "no_books"
            say(sentence("outcome", word, since=books.since, through=books.through))
        return 1 if found else 0

    return run
