"""Who else is here: two people at one customer, or at one thing that needs somebody, are told of each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from perennial.catalog.queries import zone_of
from perennial.desk import on_it
from perennial.web.visit import Visit

CUSTOMERS = "customers"
PROGRAMS = "programs"
LOOKS_AGAIN = timedelta(minutes=2)
"""A page that asks every 20 seconds, or every minute where its window is hidden, has been left when it has not for so long."""
WORKS = timedelta(minutes=15)
"""Who has opened a row of a list is on it for so long."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody else, and since when by the company's clock."""

    name: str
    since: str


def presence(request: Visit, about: str) -> tuple[Peer, ...]:
    """This visitor is at a customer; who else is."""
    on_it.come(CUSTOMERS, about, request.user, stays=LOOKS_AGAIN)
    return _peers(request, on_it.others(CUSTOMERS, [about], request.user, stays=LOOKS_AGAIN).get(about, ()))


def on_row(request: Visit, kind: str, about: str) -> tuple[Peer, ...]:
    """This visitor is on one row of a list, and on no other one of it; who else is."""
    on_it.come(kind, about, request.user, stays=WORKS, only=True)
    return rows_taken(request, kind, [about]).get(about, ())


def rows_taken(request: Visit, kind: str, rows: Iterable[str]) -> dict[str, tuple[Peer, ...]]:
    """The rows of a list that others are on."""
    found = on_it.others(kind, rows, request.user, stays=WORKS)
    return {about: _peers(request, others) for about, others in found.items()}


def editing(request: Visit, about: str) -> Peer | None:
    """This visitor edits a program from now on, unless somebody else does: who, and since when."""
    there = on_it.others(PROGRAMS, [about], request.user, stays=LOOKS_AGAIN).get(about, ())
    if there:
        return _peers(request, there)[0]
    on_it.come(PROGRAMS, about, request.user, stays=LOOKS_AGAIN)
    return None


def take_over(request: Visit, about: str) -> None:
    """This visitor edits a program instead of whoever did. What the other has saved is kept."""
    on_it.take(PROGRAMS, about, request.user, stays=LOOKS_AGAIN)


def clock(request: Visit, at: datetime) -> str:
    """The hour, as the company's clock shows it: ``10:40``."""
    return at.astimezone(zone_of(request.visitor.company)).strftime("%H:%M")


def _peers(request: Visit, others: Iterable[on_it.Other]) -> tuple[Peer, ...]:
    return tuple(Peer(one.name, clock(request, one.since)) for one in others)
