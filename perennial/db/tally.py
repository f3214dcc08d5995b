"""What became of the things that were given: new, changed, the same as before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import models


class Tally(NamedTuple):
    """How many things of a kind were new, changed, the same as before."""

    new: int = 0
    changed: int = 0
    same: int = 0

    @property
    def wrote(self) -> bool:
        """Was anything new, or changed?"""
        return bool(self.new or self.changed)

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(self.new + other.new, self.changed + other.changed, self.same + other.same)


def put(
    model: type[models.Model],
    key: Sequence[str],
    wanted: Iterable[dict[str, Any]],
    *,
    stored: Iterable[models.Model] | None = None,
) -> tuple[Tally, list[Any], list[Any]]:
    """Make the rows of a small table as they are wanted, found again by their key.

    Rows that are the same are not written (so their history stays quiet). Gives the tally, and the
    keys of the rows that were new and of those that changed.
    """
    rows = model._default_manager.all() if stored is None else stored
    by_key = {tuple(getattr(row, name) for name in key): row for row in rows}
    new: list[models.Model] = []
    made: list[Any] = []
    changed: list[Any] = []
    differing: dict[tuple[str, ...], list[models.Model]] = {}
    same = 0
    for columns in wanted:
        found = tuple(columns[name] for name in key)
        row = by_key.get(found)
        if row is None:
            new.append(model(**columns))
            made.append(found)
            continue
        differs = {name: value for name, value in columns.items() if getattr(row, name) != value}
        if differs:
            for name, value in differs.items():
                setattr(row, name, value)
            differing.setdefault(tuple(differs), []).append(row)
            changed.append(found)
        else:
            same += 1
    for names, its in differing.items():
        model._default_manager.bulk_update(its, names, batch_size=500)
    model._default_manager.bulk_create(new, batch_size=1000)
    return Tally(len(new), len(changed), same), made, changed
