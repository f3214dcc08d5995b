"""Is of every open order planned what its program has: nothing more to come of one that is planned to its end?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from perennial.audit.fault import MOST, Fault, ask
from perennial.catalog.queries import set_up
from perennial.db import sql
from perennial.kernel import plan as kernel
from perennial.programs.queries import load_revisions

SQL = sql.named("perennial.audit", "planning.sql")
SOME_DAY = date(2000, 1, 1)


def faults(orders: str | None, *, as_told: bool, most: int = MOST) -> list[Fault]:
    """Orders that are planned to their end although something follows, and the other way round.

    ``orders``: the ids of the parent orders that are asked about, as an array in SQL; None: all.
    What follows does not depend on dates and prices, so each walk is looked at once, however many orders have it.
    """
    rows = sql.tuples(SQL["walks"], {"orders": orders})
    if not rows:  # an installation that has no currency yet, either
        return []
    revisions = {
        pk: _undated(revision.plan) for pk, revision in load_revisions(set_up(), {row[0] for row in rows}).items()
    }
    cut_short: list[tuple[int, str, int]] = []
    at_its_end: list[int] = []
    for revision, duration, shipments, times, first, complete, keys, repetitions, ids in rows:
        facts = kernel.Facts(SOME_DAY, None, first, duration, shipments, times=times)
        found = _following(revisions[revision], facts, list(zip(keys or (), repetitions or (), strict=True)))
        if complete and found is not None:
            cut_short += [(pk, *found) for pk in ids]
        elif not complete and found is None:
            at_its_end += ids
    told: list[Fault] = []
    if cut_short:
        ids, keys, repetitions = (list(column) for column in zip(*cut_short, strict=True))
        values = {"ids": ids, "keys": keys, "repetitions": repetitions, "as_told": as_told}
        told += ask(SQL["cut_short"], values, most)
    if at_its_end:
        told += ask(SQL["at_its_end"], {"ids": at_its_end, "as_told": as_told}, most)
    return told[:most]


def _undated(revision: kernel.Revision) -> kernel.Revision:
    """A revision without what dates and prices its events."""
    events = tuple(
        event._replace(products=(), interval=None, days_from_last=0, start_order_date=None) for event in revision.events
    )
    return revision._replace(events=events)


def _following(
    revision: kernel.Revision, facts: kernel.Facts, walk: Sequence[tuple[str, int]]
) -> tuple[str, int] | None:
    """The first of the program that comes behind a walk; None when nothing does."""
    steps = [kernel.Step(key, repetition, SOME_DAY, at) for at, (key, repetition) in enumerate(walk, 1)]
    highest = max((repetition for _, repetition in walk), default=0)
    plan = kernel.plan(revision, facts._replace(threshold=highest + 1), (), steps)
    return next(((o.key, o.repetition) for o in plan.occurrences), None)
