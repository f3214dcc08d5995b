"""Retention: of those who joined in a month and bought so many events, the share that got the first, second, third of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from perennial.db import sql
from perennial.errors import Refused
from perennial.pictures.attrition import ENOUGH
from perennial.programs.queries import program_by_id

_SQL = sql.named("perennial.pictures", "retention.sql")
EVENTS = 12
"""So many events of a walk are shown."""
MONTHS = 24
MOST_MONTHS = 60


@dataclass(frozen=True, slots=True)
class CohortRow:
    """Those who joined in a month. ``bought``: by event, how many of them have it among what they bought (whoever has bought
    less has finished, and not left); ``shares``: the share of these that got it; None: it is still to come for some of them,
    or it is behind the ``last`` event that any of them would get.
    """

    joined: date
    members: int
    bought: tuple[int, ...]
    shares: tuple[Decimal | None, ...]
    last: int

    @property
    def is_enough(self) -> bool:
        """Are they so many that their shares say something?"""
        return self.members >= ENOUGH

    @property
    def finished(self) -> tuple[Decimal, ...]:
        """The shares of the events that are over."""
        return tuple(share for share in self.shares if share is not None)


@dataclass(frozen=True)
class RetentionPicture:
    """Cohorts, the newest last. ``events``: how many columns have a figure."""

    program: str | None
    cohorts: tuple[CohortRow, ...]
    events: int

    @cached_property
    def told(self) -> tuple[int, Decimal, int] | None:
        """The latest event that cohorts of together at least ``ENOUGH`` members are through with, up to the fourth: which one,
        which share of them got it, how many they are. None: none.
        """
        for event in range(min(self.events, 4), 0, -1):
            over = [row for row in self.cohorts if len(row.finished) >= event]
            members = sum(row.bought[event - 1] for row in over)
            if members >= ENOUGH:
                got = sum((row.finished[event - 1] * row.bought[event - 1] for row in over), Decimal(0))
                return event, got / members, members
        return None


def retention(*, program: str | None = None, months: int = MONTHS) -> RetentionPicture:
    """Retention in all programs, or in one, of the last months in which somebody joined.

    Refused: a program that does not exist, less than 1 or more than 60 months.
    """
    if not 1 <= months <= MOST_MONTHS:
        raise Refused("months_not_within", "months", months=months, most=MOST_MONTHS)
    which = None if program is None else program_by_id(program).pk
    joined = sql.tuples(_SQL["joined"], {"program": which, "months": months})[::-1]
    reached: dict[date, dict[int, tuple[int, int, int]]] = {}
    if joined:
        for month, position, *step in sql.tuples(_SQL["reached"], {"program": which, "since": joined[0][0]}):
            reached.setdefault(month, {})[position] = tuple(step)
    longest = min(max((max(walk) for walk in reached.values()), default=0), EVENTS)
    cohorts = tuple(_cohort(month, members, reached.get(month, {}), longest) for month, members in joined)
    return RetentionPicture(program, cohorts, max((len(row.finished) for row in cohorts), default=0))


def _cohort(month: date, members: int, walk: dict[int, tuple[int, int, int]], events: int) -> CohortRow:
    """Behind an event that is still to come for some, every later one is."""
    shares: list[Decimal | None] = []
    bought: list[int] = []
    of, is_ahead = members, False
    last = max(walk, default=0)
    for position in range(1, events + 1):
        got, ahead, ends = walk.get(position, (0, 0, 0))
        is_ahead = is_ahead or ahead > 0
        shares.append(None if is_ahead or position > last or not of else Decimal(got) / of)
        bought.append(of)
        of -= ends
    return CohortRow(month, members, tuple(bought), tuple(shares), events if is_ahead else last)
