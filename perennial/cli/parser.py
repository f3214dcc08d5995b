"""How a command reads its words: argparse, with the values and the options that commands share."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from perennial.errors import Refused
from perennial.kernel import limits
from perennial.kernel.states import CATCH_UP

Given = argparse.Namespace
Run = Callable[[Given], int]
WordFault = Callable[[str], Refused | None]

if TYPE_CHECKING:
    from perennial.desk.action import How


class Usage(Exception):
    """The words of a command make no sense: exit status 2. Long ones are cut. ``command``: whose help says more."""

    def __init__(self, text: str, command: str = "") -> None:
        super().__init__(re.sub(r"\S{81,}", lambda found: limits.short(found[0]), text))
        self.command = command


class Parser(argparse.ArgumentParser):
    """The parser of one command."""

    def __init__(self, name: str, does: str) -> None:
        super().__init__(prog=f"perennial {name}", description=f"{does[0].upper()}{does[1:]}.", allow_abbrev=False)
        self.command = name
        self.add_argument("--json", action="store_true", help="print one JSON document instead of text")

    def error(self, message: str) -> NoReturn:
        raise Usage(message, self.command)

    def parse(self, words: Sequence[str]) -> Given:
        """Read the words; an unknown option is answered with the nearest one that there is."""
        known = [option for action in self._actions for option in action.option_strings]
        for word in words:
            option = word.split("=")[0]
            if option == "--":
                break
            if option.startswith("--") and option not in known:
                self.error(f"unknown option {option!r}" + did_you_mean(get_close_matches(option, known, 1)))
        given, unknown = self.parse_known_args(list(words))
        if unknown:
            self.error(f"{unknown[0]!r} is one word too many")
        for action in self._actions:
            value = getattr(given, action.dest, None)
            fault_of = WRITTEN.get(action.type)
            if isinstance(value, str) and fault_of is not None and (fault := fault_of(value)):
                raise fault.at((action.option_strings or [action.dest])[0].lstrip("-"))
        return given

    def options(self) -> set[str]:
        """The long options of the command."""
        return {o for action in self._actions for o in action.option_strings if o.startswith("--")} - {"--help"}

    def names(self) -> dict[str, str]:
        """By the name of a parameter, its option, where it has another name."""
        found = {}
        for action in self._actions:
            longest = next((o for o in action.option_strings if o.startswith("--")), None)
            if longest is not None and longest[2:].replace("-", "_") != action.dest:
                found[action.dest] = longest[2:]
        return found

    # --- what several commands share

    def number(self, what: str = "the number of the order") -> None:
        """Which order: its number."""
        self.add_argument("number", type=long_code, metavar="NUMBER", help=what)

    def shipment(self, *, required: bool = True, what: str = "the number of the shipment") -> None:
        """Which shipment of the order."""
        self.add_argument("--shipment", type=whole, metavar="N", required=required, help=what)

    def on(self) -> None:
        """The business date."""
        self.add_argument(
            "--on", type=day, metavar="DATE", help="the business date (left out: today in the company's time zone)"
        )

    def yes_date(self) -> None:
        """Days that are years away and meant all the same."""
        self.add_argument(
            "--yes-date",
            type=day,
            action="append",
            default=[],
            metavar="DATE",
            help="this day is meant, though it is years away; once for each such day",
        )

    def by(self, what: str) -> None:
        """Who does it."""
        self.add_argument("--by", type=text, metavar="WHO", help=what)

    def who(self, *, why: str = "why, for the history", must_say_why: bool = False) -> None:
        """Date, person and reason of a change, for its history."""
        self.on()
        self.by("who does it, for the history (such as clerk:anna)")
        self.add_argument("--reason", type=text, metavar="TEXT", help=why, required=must_say_why)

    def pay(self, left_out: list[Share] | None = None) -> None:
        """How the ordinary lines of a draft are paid: an option a share."""
        self.add_argument(
            "--pay",
            action="append",
            type=share,
            default=left_out,
            metavar="SHARE",
            help="how ordinary lines are paid: METHOD[,CARD][,AMOUNT or PERCENT%%], one option a share"
            " (left out: "
            + ("as before)" if left_out is None else "as the first continuity line, else by the only card)"),
        )

    def reason_code(self) -> None:
        """Why, in a code that can be counted."""
        self.add_argument("--reason-code", metavar="CODE", help="why, in a code of yours that can be counted")

    def change(self, *, why: str = "why, for the history", must_say_why: bool = False) -> None:
        """What every change of an order takes."""
        self.add_argument("--line", type=whole, metavar="L", help="which continuity line, where the order has several")
        self.who(why=why, must_say_why=must_say_why)
        self.how()

    def how(self) -> None:
        """How a change is performed, beside what is asked."""
        self.add_argument("--dry-run", action="store_true", help="say what it would do, and do nothing")
        self.add_argument(
            "--seen", metavar="V", help="the version of the order that was looked at: refused when it changed"
        )
        self.add_argument(
            "--key", type=long_code, metavar="K", help="a key of this request: the same again does nothing twice"
        )

    def override(self) -> None:
        """What stands in the way is passed over."""
        self.add_argument(
            "--override", action="store_true", help="although something stands in the way: --reason says why"
        )

    def catch_up(self) -> None:
        """What becomes of shipments that are late by now."""
        self.add_argument(
            "--catch-up", choices=CATCH_UP, help="what becomes of late shipments (left out: as the program says)"
        )


def text(words: str) -> str:
    """What people write: why, who."""
    return words


def number(words: str) -> str:
    """A telephone number, or one of a carrier."""
    return words


def long_code(words: str) -> str:
    """A gateway's token, or the number of an order or child."""
    return words


def line_fault(words: str) -> Refused | None:
    """What is wrong with what people write behind an option: who leaves it out does not write it empty."""
    return limits.text_fault(words, limits.LINE) or _empty(words)


def _empty(words: str) -> Refused | None:
    return None if words.strip() else Refused("text_empty")


def path(words: str) -> str:
    """The name of a file."""
    return words


WRITTEN: dict[Any, WordFault] = {
    None: limits.code_fault,
    long_code: lambda words: limits.code_fault(words, limits.LONG_CODE),
    text: line_fault,
    number: lambda words: limits.number_fault(words, limits.LINE) or _empty(words),
}
"""By the type of an argument, what is wrong with its words; one without a type is a code. As in a bundle."""


def did_you_mean(near: Sequence[str]) -> str:
    """The nearest word that there is, as the end of a message."""
    return f"; did you mean {near[0]!r}?" if near else ""


def day(words: str) -> date:
    """A date as people and JSON write it: 2026-03-10."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", words, re.ASCII):
        try:
            return date.fromisoformat(words)
        except ValueError:
            pass
    raise argparse.ArgumentTypeError(f"{words!r} is not a date such as 2026-03-10")


def whole(words: str) -> int:
    """A whole number from 1 on."""
    if not re.fullmatch(r"\d{1,9}", words, re.ASCII) or int(words) < 1:
        raise argparse.ArgumentTypeError(f"{words!r} is not a whole number from 1 on")
    return int(words)


def pieces(words: str) -> tuple[int, str]:
    """A line of a child and how many pieces of it: ``2=1``, ``2=0``."""
    line, equals, quantity = words.partition("=")
    if not equals or not re.fullmatch(r"\d{1,9}(\.\d{1,3})?", quantity, re.ASCII):
        raise argparse.ArgumentTypeError(f"{words!r} is not a line and how many pieces of it, such as 1=2")
    return whole(line), quantity


def count(words: str) -> int:
    """A whole number from 0 on."""
    if not re.fullmatch(r"\d{1,9}", words, re.ASCII):
        raise argparse.ArgumentTypeError(f"{words!r} is not a whole number from 0 on")
    return int(words)


def percent(words: str) -> float:
    """A percentage from 0 to 100."""
    if not re.fullmatch(r"\d{1,3}(\.\d{1,6})?", words, re.ASCII) or float(words) > 100:
        raise argparse.ArgumentTypeError(f"{words!r} is not a percentage from 0 to 100")
    return float(words)


class Share(NamedTuple):
    """How a part of the ordinary lines is paid: an amount, a percentage, or neither for all that is left."""

    method: str
    card: str | None
    amount: str | None
    percent: Decimal | None


def share(words: str) -> Share:
    """A share: card,tok_visa,50% or check,20.00 or on_account."""
    method, *rest = words.split(",")
    last = rest.pop() if rest and re.fullmatch(r"\d+(\.\d+)?%?", rest[-1], re.ASCII) else None
    if not method or len(rest) > 1 or (rest and method != "card"):
        raise argparse.ArgumentTypeError(f"{words!r} is not a share such as card,tok_visa,50% or check,20.00")
    percent = Decimal(last[:-1]) if last and last.endswith("%") else None
    return Share(method, rest[0] if rest else None, None if percent is not None else last, percent)


def expiry(words: str) -> str:
    """The month and the year of a card: 12/2030."""
    found = re.fullmatch(r"(\d{1,2})/(\d{4})", words, re.ASCII)
    if not found or not 1 <= int(found[1]) <= 12:
        raise argparse.ArgumentTypeError(f"{words!r} is not a month and year such as 12/2030")
    return words


def who(given: Given) -> dict[str, Any]:
    """``on``, ``by`` and ``reason`` of a change, with what stands for those left out."""
    return {"on": on(given), "by": by(given), "reason": given.reason}


def on(given: Given) -> date:
    """The business date that was given, else today in the company's time zone."""
    from perennial.catalog.queries import today

    found: date = given.on or today()
    return found


def order_day(given: Given) -> date:
    """The business date of a command that enters orders: they are dated so. Refused: it is years away, not said twice."""
    from perennial.catalog.actions import DEFAULTS
    from perennial.catalog.models import Parameters
    from perennial.catalog.queries import today
    from perennial.desk.entry.far import far_away

    row = Parameters.objects.first()  # none yet: the import makes them
    most = DEFAULTS["order_dates_within_days"] if row is None else row.order_dates_within_days
    if far := far_away(given.on, "on", on=today(), most=most, meant=given.yes_date):
        raise far
    return on(given)


def by(given: Given) -> str:
    """Who was named, else whose account typed the command."""
    if getattr(given, "by", None):
        return str(given.by)
    import getpass

    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"


def how(given: Given) -> How:
    """How the change that was given is performed."""
    from perennial.desk.action import How

    return How(seen=given.seen, key=given.key, dry=given.dry_run)
