"""All figures worked out anew and kept: by the last step of a night, or at once by a person."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from perennial.db import sql
from perennial.pictures.attrition import chances, count_steps
from perennial.pictures.demand import write_demand
from perennial.pictures.models import Figures
from perennial.pictures.money import write_money


@dataclass(frozen=True, slots=True)
class AsOf:
    """The figures stand on a business date, and were worked out at a moment, in so many seconds."""

    on: date
    worked_out_at: datetime
    seconds: float


@transaction.atomic
def work_out(on: date) -> AsOf:
    """Work all figures out as of a business date, instead of those that are kept; once more, with the same result. Whoever does
    so meanwhile waits. Of weeks that are over what was expected stays.
    """
    began = time.monotonic()
    sql.execute("lock table pictures_figures in share row exclusive mode")
    last = as_of()
    count_steps(on)
    write_demand(on, chances(), last=last.on if last else None)
    write_money(on)
    Figures.objects.all().delete()
    made = Figures.objects.create(on_date=on, seconds=time.monotonic() - began)
    return _of(Figures.objects.get(pk=made.pk))


def as_of() -> AsOf | None:
    """Of when the figures are that are kept; None: none were ever worked out."""
    found = Figures.objects.first()
    return None if found is None else _of(found)


def _of(row: Figures) -> AsOf:
    return AsOf(row.on_date, row.worked_out_at, row.seconds)
