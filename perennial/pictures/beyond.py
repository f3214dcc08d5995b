"""Shipments that an order will have and that are no lines yet: repetitions until stopped, or beyond the threshold.

Orders whose next shipments fall on the same days are planned once, as one order, by the kernel: behind their last planned
shipment, with no threshold, as far as the weeks reach. What a person wished for occurrences that are not planned yet is
not asked, and an order that the kernel refuses (a date beyond the calendar) is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from perennial.continuity.planning import every_of
from perennial.errors import Refused
from perennial.kernel import plan as kernel
from perennial.pictures.attrition import Chances
from perennial.programs.queries import LoadedRevision

AT_ONCE = 13
"""So many repetitions are planned at once."""


class Alike(NamedTuple):
    """``orders`` continuity orders that go on alike, as they are selected (``every`` is JSON); ``stays``: how many of them are expected to be
    there still behind their last planned shipment.
    """

    program_id: int
    revision_id: int
    event_duration: int
    shipments: int | None
    times: int | None
    every: str | None
    quantity: Decimal
    event_key: str
    repetition: int
    event_on: date
    last_shipment: int | None
    last_number: int | None
    total: int | None
    first_on: date | None
    kept: list[str] | None
    orders: int
    stays: float


class Projected(NamedTuple):
    """A parcel that all of them will get: its day, how many are expected to get it, what is in it by product."""

    ship_on: date
    orders: int
    expected: float
    by_history: bool
    pieces: dict[int, Decimal]


def project(alike: Alike, revision: LoadedRevision, chances: Chances, until: date) -> Iterator[Projected]:
    """The parcels of orders that go on alike, up to a day, in their order."""
    stays = alike.stays
    try:
        for one in _walk(alike, revision, until):
            chance = chances.of(alike.program_id, one.key, one.repetition)
            pieces: dict[int, Decimal] = {}
            for line in one.lines:
                product = revision.product_ids[line.item]
                pieces[product] = pieces.get(product, Decimal(0)) + line.quantity * alike.orders
            yield Projected(one.ship_on, alike.orders, stays * chance.gets, chance.by_history, pieces)
            stays *= chance.stays
    except Refused:
        return


def _walk(alike: Alike, revision: LoadedRevision, until: date) -> Iterator[kernel.Occurrence]:
    facts, walk = _facts(alike, revision), _frozen(alike)
    endless = [event.key for event in revision.plan.events if event.times_to_repeat is None]
    while True:
        last = walk[-1]
        reach = {key: AT_ONCE + (last.repetition if key == last.key else 0) for key in endless}
        made = kernel.plan(revision.plan, facts, (), walk, reach)
        for one in made.occurrences:
            if one.event_on >= until:
                return
            yield one
        if made.complete or not made.occurrences:
            return
        walk = [*walk, *(kernel.Step(o.key, o.repetition, o.event_on, o.shipment) for o in made.occurrences)]


def _facts(alike: Alike, revision: LoadedRevision) -> kernel.Facts:
    """What the kernel asks of them. Prices do not matter: all products are free."""
    return kernel.Facts(
        order_date=alike.event_on,
        duration=alike.event_duration,
        shipments=alike.shipments,
        quantity=alike.quantity,
        prices=dict.fromkeys(revision.products_to_price, 0),
        last_shipment=alike.last_shipment,
        every=every_of(None if alike.every is None else json.loads(alike.every)),
        times=alike.times,
    )


def _frozen(alike: Alike) -> list[kernel.Step]:
    """What they have had so far, as far as it matters: the first day, which events, how many, and the last one."""
    last = kernel.Step(alike.event_key, alike.repetition, alike.event_on, alike.last_number or 1)
    before = [key for key in alike.kept or [] if key != alike.event_key]
    wanted = 1 if alike.total is None else alike.total - 1
    before += [alike.event_key] * (wanted - len(before))
    first = alike.first_on or alike.event_on
    # Repetitions that no event has: of what comes before the last one only its day, its event and the number count.
    return [*(kernel.Step(key, -at, first, 0) for at, key in enumerate(before, 1)), last]
