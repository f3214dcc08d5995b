"""What can be chosen about the demo, on the command line and in code."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import dataclass
from datetime import date

from perennial.demo.club import DEFAULT_SAMPLE, DEFAULT_SEED
from perennial.errors import Refused


@dataclass(frozen=True)
class DemoOptions:
    """``sample`` None is all 23,570 members; ``declines`` is the percentage of charges declined."""

    today: date
    sample: int | None = DEFAULT_SAMPLE
    seed: int = DEFAULT_SEED
    declines: int = 4
    real_dates: bool = False
    import_every: int = 7

    def __post_init__(self) -> None:
        if self.sample is not None and self.sample < 1:
            raise Refused("club_without_members", "sample", members=self.sample)
        if not 0 <= self.declines <= 100:
            raise Refused("declines_not_a_percentage", "declines", declines=self.declines)
        if self.import_every < 1:
            raise Refused("demo_days_below_one", "import_every", days=self.import_every)


def _number(words: str) -> int:
    """A whole number, in the digits that every keyboard has."""
    if not re.fullmatch(r"-?[0-9]{1,18}", words):
        raise ArgumentTypeError(f"invalid int value: {words!r}")
    return int(words)


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``perennial demo``."""
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--sample",
        type=_number,
        default=DEFAULT_SAMPLE,
        metavar="N",
        help=f"members in the club (default {DEFAULT_SAMPLE})",
    )
    size.add_argument("--all", dest="sample", action="store_const", const=None, help="all 23,570 members")
    parser.add_argument(
        "--seed", type=_number, default=DEFAULT_SEED, help="draws the sample, the names and the declines"
    )
    parser.add_argument(
        "--declines", type=_number, default=4, metavar="PERCENT", help="charges that are declined (default 4)"
    )
    parser.add_argument("--serve", action="store_true", help="go on into the web application")
    parser.add_argument("--real-dates", action="store_true", help="leave the dates in 1997 and 1998")
    parser.add_argument(
        "--import-every",
        type=_number,
        default=7,
        metavar="DAYS",
        help="enter the new orders of so many days together (default 7)",
    )


def from_arguments(arguments: Namespace, *, today: date) -> DemoOptions:
    """The options that were given, for this day."""
    return DemoOptions(
        today=today,
        sample=arguments.sample,
        seed=arguments.seed,
        declines=arguments.declines,
        real_dates=arguments.real_dates,
        import_every=arguments.import_every,
    )
