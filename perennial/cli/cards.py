"""`show cards`: the cards that end before they are charged, with what is at stake. `customer cards`: those that a gateway keeps."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

from perennial.cli.output import document, outcome, say, sentence, table, tell
from perennial.cli.parser import Given, Parser, Run, day, long_code, who

if TYPE_CHECKING:
    from perennial.desk.contract import Document

HEADS = ("order", "line", "account", "card", "expires_on", "first_on", "shipments", "parts", "amount", "told_on")


def show_cards(p: Parser) -> Run:
    """Whose card ends before it is charged."""
    p.add_argument(
        "--from",
        dest="since",
        type=day,
        metavar="DATE",
        help="whose first charge after that comes on this day or later",
    )
    p.add_argument(
        "--to", dest="until", type=day, metavar="DATE", help="or before: what is charged later is not counted"
    )
    p.add_argument("--program", metavar="ID", help="only of this program")
    p.add_argument("--csv", action="store_true", help="as CSV, for a spreadsheet")

    def run(given: Given) -> int:
        from perennial.catalog.queries import currency, today
        from perennial.desk.list_document import ending_card_json
        from perennial.desk.read.exceptions import exceptions
        from perennial.kernel.money import Money, text

        found: list[Document] = []
        after, at_stake = None, 0
        while True:
            page = exceptions(
                "expiring",
                on=today(),
                program=given.program,
                since=given.since,
                until=given.until,
                size=500,
                after=after,
            )
            for one in page.rows:
                found.append(ending_card_json(one))
                sum_ = one.facts["amount"]
                assert isinstance(sum_, Money)
                at_stake += sum_.minor
            after = page.next
            if after is None:
                break
        if given.csv:
            lines = csv.writer(sys.stdout)
            lines.writerow(HEADS)
            lines.writerows(list(one.values()) for one in found)
        elif given.json:
            for each in found:
                document(each)
        else:
            table([head.replace("_", " ") for head in HEADS], (list(one.values()) for one in found))
            cards = len({(one["account"], one["card"]) for one in found})
            unit = currency()
            say(
                sentence("outcome", "cards_end", cards=cards, lines=len(found), amount=f"{text(at_stake, unit)} {unit}")
            )
        return 0

    return run


def customer_cards(p: Parser) -> Run:
    """The cards of a customer that a gateway keeps already come in."""
    p.add_argument("account", metavar="ACCOUNT", help="the account of the customer")
    p.add_argument(
        "--gateway", metavar="NAME", help="the gateway that keeps them (left out: the one that charges here)"
    )
    p.add_argument(
        "--at",
        metavar="NAME",
        type=long_code,
        help="how the gateway calls the customer, such as cus_… (left out: as it is known)",
    )
    p.add_argument("--dry-run", action="store_true", help="say which cards there are, and store none")
    p.who()

    def run(given: Given) -> int:
        from perennial.desk.cards.take_in import take_in_cards

        done = take_in_cards(account=given.account, gateway=given.gateway, at=given.at, dry=given.dry_run, **who(given))
        outcome(done, given)
        if given.dry_run:
            tell(sentence("outcome", "dry_run_done"))
        return 0

    return run
