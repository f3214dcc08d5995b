"""How many of those who came to an event got it; and so, the chance that a planned shipment is sent.

A member who came to an event stays or has stopped; whoever stays gets it or skips it. A shipment is sent with the chance
that its member stays through every event before it, and then gets it.

Where fewer than ``ENOUGH`` members have come to an event, what its program says of it (its probability; 100 % where none is
set) is taken as the chance of a shipment of it, as a planner gave it: those before it do not lower it once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from perennial.db import sql

_SQL = sql.named("perennial.pictures", "attrition.sql")
ENOUGH = 30
"""From so many members on their history counts."""
TOLD = 3
"""Repetitions of an event are told apart up to this one; it and all later ones have one chance."""


class Chance(NamedTuple):
    """Of those who come to an event: the share that stays, the share that gets it, and whether the past says so."""

    stays: float
    gets: float
    by_history: bool


@dataclass(frozen=True)
class Chances:
    """The chance of every event of every program."""

    history: dict[tuple[int, str, int], Chance]
    probabilities: dict[tuple[int, str], float] = field(default_factory=dict)

    def of(self, program: int, key: str, repetition: int) -> Chance:
        """The chance of an event, by its key, and its repetition."""
        found = self.history.get((program, key, min(repetition, TOLD)))
        return found or Chance(1.0, self.probabilities.get((program, key), 1.0), False)

    def columns(self) -> dict[str, list[object]]:
        """All of them as the arrays that a statement takes."""
        rows = list(self._rows())
        names = ("programs", "keys", "repetitions", "stays", "gets", "histories")
        return {name: [row[at] for row in rows] for at, name in enumerate(names)}

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for (program, key, repetition), chance in self.history.items():
            yield program, key, repetition, *chance
        for program, key in self.probabilities:
            for repetition in range(TOLD + 1):
                if (program, key, repetition) not in self.history:
                    yield program, key, repetition, *self.of(program, key, repetition)


def count_steps(on: date) -> None:
    """Count anew, as of a business date, what became of every event of every member. It reads all shipments once."""
    sql.execute("delete from pictures_cohort")
    sql.execute(_SQL["cohorts"])
    sql.execute("delete from pictures_step")
    sql.execute(_SQL["steps"], {"on": on})


def chances() -> Chances:
    """The chances, by what was counted last."""
    history = {}
    for program, key, repetition, came, stayed, got in sql.tuples(_SQL["history"], {"told": TOLD}):
        if came >= ENOUGH:
            history[program, key, repetition] = Chance(stayed / came, got / came, True)
    said = {
        (program, key): 1.0 if percent is None else float(percent) / 100
        for program, key, percent in sql.tuples(_SQL["probabilities"])
    }
    return Chances(history, said)
