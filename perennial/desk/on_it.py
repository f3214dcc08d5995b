"""Who is on what: two people who look at the same thing are told of each other. It keeps nobody from doing anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User

from perennial.db import sql

_SQL = sql.named("perennial.desk", "on_it.sql")


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody else who is on it, and since when."""

    name: str
    since: datetime


def come(place: str, about: str, person: User, *, stays: timedelta, only: bool = False) -> None:
    """Somebody is on it from now on, for so long as they do not come again. ``only``: and on nothing else of the place."""
    given = {"place": place, "about": about, "person": person.pk, "stays": stays, "only": only}
    sql.execute(_SQL["leave"], given)
    sql.execute(_SQL["come"], given)


def others(place: str, about: Iterable[str], person: User, *, stays: timedelta) -> dict[str, tuple[Other, ...]]:
    """Of what is asked about: who else is on it, who came first first."""
    given = {"place": place, "about": list(about), "person": person.pk, "stays": stays}
    found: dict[str, tuple[Other, ...]] = defaultdict(tuple)
    for one, name, since in sql.tuples(_SQL["others"], given):
        found[one] += (Other(name, since),)
    return found


def take(place: str, about: str, person: User, *, stays: timedelta) -> None:
    """Somebody takes it over: the others are on it no more, until they come again."""
    sql.execute(_SQL["send_away"], {"place": place, "about": about, "person": person.pk})
    come(place, about, person, stays=stays)
