"""`orders …`: the same change of many orders at once. Each calls the function of ``jobs.many`` with its name."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perennial.cli.jobs import yes_on
from perennial.cli.output import document, note, say, section, sentence, table, tell
from perennial.cli.parser import Given, Parser, Run, Usage, by, count, day, on, path, whole
from perennial.cli.runs import chunks, job_page, last_line
from perennial.language import reader
from perennial.language.formats import pieces

if TYPE_CHECKING:
    from perennial.desk.many.file import File
    from perennial.jobs.many import How

CRITERIA = ("program", "event", "product", "ships_from", "ships_to", "customer", "source_code")
EXAMPLES = 5


def _days(words: str) -> int:
    """A number of days, to be added, or (-7) taken away."""
    if not re.fullmatch(r"[+-]?\d{1,5}", words, re.ASCII) or int(words) == 0:
        raise argparse.ArgumentTypeError(f"{words!r} is not a number of days such as 7 or -7")
    return int(words)


def _criteria(p: Parser, product: str) -> None:
    """Which open orders, and which shipment of each."""
    p.add_argument("--program", metavar="ID", help="the orders of this program")
    p.add_argument("--event", metavar="KEY", help="with --program: the shipments of the event with this key")
    p.add_argument("--product", metavar="P", required=product == "required", help=PRODUCT[product])
    p.add_argument("--ships-from", type=day, metavar="DATE", help="the shipments that ship on this date or later")
    p.add_argument("--ships-to", type=day, metavar="DATE", help="the shipments that ship on this date or earlier")
    p.add_argument("--customer", metavar="ACCOUNT", help="the orders of this customer")
    p.add_argument("--source-code", metavar="CODE", help="the orders that came with this source code")


PRODUCT = {
    "optional": "the shipments that bring this product, or the orders of this continuity product",
    "required": "the product that does not come",
}


def _how(p: Parser) -> None:
    """How it is done, beside what is asked."""
    p.who()
    yes_on(p)
    p.add_argument("--dry-run", action="store_true", help="a preview: say what it would do, and change nothing")
    p.add_argument("--yes-orders", type=count, metavar="N", help="so many orders are meant, though they are many")
    p.add_argument(
        "--examples",
        type=count,
        metavar="N",
        default=EXAMPLES,
        help=f"show so many of the changes (left out: {EXAMPLES})",
    )


def _also_adjusted(p: Parser) -> None:
    p.add_argument(
        "--also-adjusted", action="store_true", help="also where somebody has set the same of the shipment by hand"
    )


def _given(given: Given, *, again: bool = False) -> How:
    from perennial.jobs.many import How

    return How(
        by=by(given),
        on=on(given),
        reason=given.reason,
        dry=given.dry_run,
        meant_on=given.yes_on,
        meant=tuple(getattr(given, "yes_date", ())),
        orders=given.yes_orders,
        again=again,
        examples=given.examples,
        progress=chunks() if sys.stderr.isatty() else None,
        to=reader(),
    )


def _criteria_of(given: Given) -> Any:
    """The criteria that were given."""
    return {name: getattr(given, name) for name in CRITERIA}


def orders_move(p: Parser) -> Run:
    """The first open shipment of each order goes on another day."""
    _criteria(p, "optional")
    p.add_argument("--to", type=day, metavar="DATE", help="the new day of each")
    p.add_argument("--by-days", type=_days, metavar="N", help="so many days later; -7: earlier")
    p.add_argument(
        "--file", type=path, metavar="FILE",
        help="CSV with the columns order, shipment, new date (and line), instead of criteria; - is stdin",
    )  # fmt: skip
    p.add_argument("--following", action="store_true", help="move it and all that follow")
    _also_adjusted(p)
    p.yes_date()
    p.add_argument("--again", action="store_true", help="once more by so many days, what a run has moved already")
    _how(p)

    def one_way(given: Given) -> None:
        ways = [name for name in ("to", "by_days", "file") if getattr(given, name) is not None]
        if len(ways) != 1:
            raise Usage("one of --to, --by-days, --file is needed", "orders move")
        if given.file is not None and any(getattr(given, name) is not None for name in CRITERIA):
            raise Usage("--file says which orders: no criteria besides", "orders move")

    def run(given: Given) -> int:
        from perennial.jobs import many

        return _done(
            given,
            lambda: many.move(
                _given(given, again=given.again),
                to=given.to,
                by_days=given.by_days,
                following=given.following,
                also_adjusted=given.also_adjusted,
                file=None if given.file is None else _file(given.file),
                **_criteria_of(given),
            ),
        )

    p.set_defaults(check=one_way)
    return run


def _file(name: str) -> File:
    from perennial.desk.many.file import read_file

    return read_file(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())


def orders_substitute(p: Parser) -> Run:
    """Another product comes in every open shipment that brings one."""
    _criteria(p, "required")
    p.add_argument("--item", metavar="NEW", required=True, help="the product that comes instead")
    p.add_argument("--price", metavar="AMOUNT", help="its price (left out: what the line would have cost)")
    _also_adjusted(p)
    _how(p)

    def run(given: Given) -> int:
        from perennial.jobs import many

        asked: dict[str, Any] = {**_criteria_of(given), "also_adjusted": given.also_adjusted}
        return _done(given, lambda: many.substitute(_given(given), item=given.item, price=given.price, **asked))

    return run


def orders_take_back(p: Parser) -> Run:
    """What a run has changed is put back, order by order."""
    p.add_argument("run", metavar="RUN", type=whole, help="the number of the run, which it told")
    p.add_argument(
        "--send-late",
        action="store_true",
        help="also where a shipment comes back whose night is over: the next one sends it",
    )
    _how(p)

    def run(given: Given) -> int:
        from perennial.jobs import many

        return _done(given, lambda: many.take_back(_given(given), run=given.run, send_late=given.send_late))

    return run


def _done(given: Given, act: Callable[[], Mapping[str, Any]]) -> int:
    done = act()
    if done.get("already"):
        note("taken_back_before", of_run=given.run, run=done["run"], on=done["on"])
    if given.json:
        document(done)
    else:
        _page(done)
    tell(last_line(done))
    return 0 if done["status"] == "done" else 1


def _page(done: Mapping[str, Any]) -> None:
    """A run: its counts, the first of its changes, why the rest stays as it is."""
    job_page({**done, "reasons": []})
    if done["examples"]:
        section(sentence("outcome", "examples"))
        names = ("order", "line", "shipment", "before", "after")
        rows = [
            [one["order"], one["line"], one["shipment"], *_told_both(one["before"], one["after"])]
            for one in done["examples"]
        ]
        table(names, rows, "  ")
    if done["passed_over"]:
        section(sentence("outcome", "stay_as_they_are"))
        over = ([one["count"], one["reason"], one["orders"]] for one in done["passed_over"])
        table(("count", "reason", "orders"), over, "  ")
    say()
    say(sentence("outcome", "run_in_full", run=done["run"]))


def _told_both(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[str, str]:
    """A shipment before and after; how it stands, where that differs."""
    differs = before is not None and after is not None and before.get("status") != after.get("status")
    return _told(before, stands=differs), _told(after, stands=differs)


def _told(values: Mapping[str, Any] | None, *, stands: bool) -> str:
    """A shipment's day, and its products with their prices."""
    if values is None or "ship_on" not in values:
        return ""
    products = (pieces(one["quantity"], f"{one['product']} {one['price']}") for one in values["lines"])
    return ", ".join([values["ship_on"], *products, *([sentence("line", values["status"])] if stands else [])])
