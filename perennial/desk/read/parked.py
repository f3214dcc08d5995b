"""What runs of jobs put aside: the orders that could not be done, and why; whether somebody has let them be tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from perennial.db import sql
from perennial.db.pages import Page, key_of, page
from perennial.kernel.reasons import Said, why

_SQL = sql.named("perennial.desk.read", "parked.sql")
SIZE = 50


@dataclass(frozen=True, slots=True)
class ParkedBy:
    """An order that a run put aside. ``retried_on``: the day on which somebody let it be tried again."""

    id: int
    order: str
    line: int
    shipment: int | None
    account: str
    customer: str
    job: str
    run: int
    on: date
    reason: Said | None
    retried_on: date | None


def parked_by(runs: Sequence[int], *, size: int = SIZE, after: str | None = None) -> Page[ParkedBy]:
    """A page of what these runs put aside, the first of it first."""
    (behind,) = key_of(after, 1) if after else (0,)
    rows = sql.tuples(_SQL["parked_by"], {"runs": list(runs), "after": int(behind), "most": size + 1})
    found = [
        ParkedBy(
            id=pk,
            order=order,
            line=line,
            shipment=shipment,
            account=account,
            customer=customer,
            job=job,
            run=run,
            on=on,
            reason=why(reason),
            retried_on=retried,
        )
        for pk, order, line, shipment, account, customer, job, run, on, reason, retried in rows
    ]
    return page(found, size, lambda one: (one.id,))
