"""The desk's diary: the days on which something happens, and how far nights may run in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from heapq import heappop, heappush
from itertools import count

from perennial.demo.club import Club
from perennial.demo.conduct import Act
from perennial.demo.enrolments import Enrolment
from perennial.demo.history import DAY


@dataclass(frozen=True)
class Day:
    """Enter these orders, do these acts, then let the nights run from ``on`` through ``through``."""

    on: date
    through: date
    enrolments: list[Enrolment]
    acts: list[Act]


def days(club: Club, *, every: int = 1) -> Iterator[Day]:
    """Every day with something in it. An act of before its order was entered is done on that day."""
    entered = club.by_day(every=every)
    entry_days = sorted(entered, reverse=True)
    to_do: list[tuple[date, int, Act]] = []
    ticket = count()  # keeps the acts of a day in the order in which they were written down
    on, last_night = club.calendar.first_night, club.calendar.last_night
    while on <= last_night:
        enrolments = entered.get(on, [])
        while entry_days and entry_days[-1] <= on:
            entry_days.pop()
        for enrolment in enrolments:
            for act in club.acts(enrolment):
                heappush(to_do, (max(act.on, on), next(ticket), act))
        due = []
        while to_do and to_do[0][0] <= on:
            due.append(heappop(to_do)[2])
        following = min([last_night + DAY, *entry_days[-1:], *(entry[0] for entry in to_do[:1])])
        yield Day(on, following - DAY, enrolments, due)
        on = following
