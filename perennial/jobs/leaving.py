"""What leaves with the next night: what a change makes of the days of planned shipments, where these are past, or so near that
nobody has time to look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Max

from perennial.continuity.planning import OccurrenceRow
from perennial.db import sql
from perennial.jobs.job import Run
from perennial.jobs.models import NightRun
from perennial.kernel.calendar import add_days

Shipments = Mapping[tuple[str, int], Sequence[OccurrenceRow]]

_WAITS = """
select continuity_order_id, awaited or on_hold or payment_failed or parked, nullif(card_ends_on, 'infinity')
  from continuity_waits where continuity_order_id = any(%(ids)s)
"""


@dataclass(frozen=True, slots=True)
class NextNight:
    """The business date of the next night, and the last day of which it makes child orders."""

    on: date
    through: date


class Leaves(NamedTuple):
    """A shipment that leaves with the next night, what it costs, and whether only a change brings that about."""

    shipment: int
    ship_on: date
    amount: int
    is_new: bool


def next_night(run: Run) -> NextNight:
    """The next night as a run finds it: that of its date, or of the day behind the last one that is done."""
    last: date | None = NightRun.objects.filter(finished_at__isnull=False).aggregate(last=Max("on_date"))["last"]
    on = run.on if last is None else max(run.on, last + timedelta(1))
    return NextNight(on, add_days(on, run.parameters.days_before_delivery, "on"))


def leaves(were: Shipments, are: Shipments, costs: Mapping[tuple[str, int], int], night: NextNight) -> list[Leaves]:
    """Of shipments before and after a change, those that then leave with the next night, by their day; none where each of
    them would have done so anyway.
    """
    then = {last: together for last, together in are.items() if together[-1].ship_on <= night.through}
    if not then:
        return []
    anyway = {o.pair for together in were.values() if together[-1].ship_on <= night.through for o in together}
    found = []
    for last, together in then.items():
        is_new = not any(o.pair in anyway for o in together)
        shipment = together[-1].shipment
        assert shipment is not None
        found.append(Leaves(shipment, together[-1].ship_on, costs[last], is_new))
    found.sort(key=lambda one: (one.ship_on, one.shipment))
    return found if any(one.is_new for one in found) else []


def that_wait(orders: Mapping[int, Sequence[Leaves]], night: NextNight) -> set[tuple[int, int]]:
    """Of what would leave, by the ids of continuity orders, what waits all the same: an order on hold, or one whose card
    ends before.
    """
    waits = set()
    for pk, whole, ends_on in sql.tuples(_WAITS, {"ids": list(orders)}) if orders else ():
        for one in orders[pk]:
            if whole or (ends_on is not None and one.amount and ends_on < max(one.ship_on, night.on)):
                waits.add((pk, one.shipment))
    return waits
