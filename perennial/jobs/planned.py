"""What planning did to orders, occurrence by occurrence, as its run tells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from perennial.catalog.models import Product
from perennial.continuity.difference import seen_to_differ
from perennial.continuity.planning import OccurrenceRow, OrderState
from perennial.continuity.update import Update
from perennial.jobs import touched
from perennial.jobs.job import Run
from perennial.kernel import money
from perennial.kernel import plan as kernel
from perennial.kernel.reasons import Reason
from perennial.orders.models import OrderLine
from perennial.programs.queries import LoadedRevision


class _Said(NamedTuple):
    """One thing: the occurrence before and after, or (``values``) what else was before and after. ``now``: what it is planned
    with after, where that is not what the order stood on before.
    """

    state: OrderState
    what: str
    old: OccurrenceRow | None = None
    new: OccurrenceRow | None = None
    now: LoadedRevision | None = None
    values: tuple[dict[str, Any] | None, dict[str, Any] | None] | None = None
    because: Any = None
    shipment: int | None = None


@dataclass
class Planned:
    """Collected order by order, written at once with the chunk."""

    said: list[_Said] = field(default_factory=list)
    _numbers: dict[int, int] = field(default_factory=dict)

    def added(self, state: OrderState, occurrences: Iterable[OccurrenceRow]) -> None:
        """What was planned on behind what there was."""
        self.said += [_Said(state, "added", new=o) for o in occurrences]

    def updated(self, state: OrderState, update: Update) -> None:
        """What of an order is planned otherwise than before, and what a person had set on it: it stays, or is gone."""
        for old, new in update.pairs():
            if old is None or new is None:
                what = "added" if old is None else "left_out"
                self.said.append(_Said(state, what, old, new, now=update.revision))
            elif seen_to_differ(old, new):
                self.said.append(_Said(state, "changed", old, new, now=update.revision))
        for a, o in update.set_by_people(state):
            what = "change_gone" if o is None else "kept"
            at = (state if o is None else update).revision
            self.said.append(_Said(state, what, new=o, values=(_set(a, at), None), because=a.reason or None))

    def billed(self, state: OrderState, before: str | None, after: str | None) -> None:
        """An order follows another payment schedule."""
        self.said.append(_Said(state, "billing", values=({"payment_schedule": before}, {"payment_schedule": after})))

    def billing_kept(self, state: OrderState, schedule: str | None, why: Reason) -> None:
        """An order keeps the billing that it was promised."""
        values = {"payment_schedule": schedule}, None
        self.said.append(_Said(state, "billing_kept", values=values, because=why.stored()))

    def charged(self, state: OrderState, shipment: int | None, before: dict[str, Any], after: dict[str, Any]) -> None:
        """An order follows another tariff; what its first shipment that costs something else did cost, and costs."""
        self.said.append(_Said(state, "charges", values=(before, after), shipment=shipment))

    def write(self, run: Run, first: int, last: int) -> None:
        """Write all of it, with the numbers of lines and products, which are read at once."""
        if not self.said:
            return
        places = touched.places(run, first, last)
        products = {line.product_id for one in self.said for o in (one.old, one.new) if o for line in o.lines}
        items = dict(Product.objects.filter(pk__in=products).values_list("pk", "number"))
        lines = self.lines_of(one.state for one in self.said)
        touched.write(run, self._rows(places, items, lines))

    def lines_of(self, states: Iterable[OrderState]) -> Mapping[int, int]:
        """The numbers of the lines that these orders are, by the lines' ids; each is read once."""
        if missing := {state.row.parent_line_id for state in states} - self._numbers.keys():
            self._numbers |= dict(OrderLine.objects.filter(pk__in=missing).values_list("pk", "line"))
        return self._numbers

    def _rows(
        self, places: Mapping[int, int], items: Mapping[int, str], lines: Mapping[int, int]
    ) -> Iterator[touched.Row]:
        numbers: dict[int, int] = {}
        for one in self.said:
            row = one.state.row
            seq = places[row.pk]
            numbers[seq] = numbers.get(seq, 0) + 1
            shown = one.new or one.old
            was = one.state.revision
            sides = ((one.old, was), (one.new, one.now or was))
            before, after = one.values or (told(o, items, one.state.currency, at) for o, at in sides)
            yield touched.Row(
                seq=seq,
                number=numbers[seq],
                name=row.order.number,
                line=lines[row.parent_line_id],
                shipment=shown.shipment if shown else one.shipment,
                what=one.what,
                before=touched.stored(before),
                after=touched.stored(after),
                because=touched.stored(one.because),
            )


def told(o: OccurrenceRow | None, items: Mapping[int, str], currency: str, at: LoadedRevision) -> dict[str, Any] | None:
    """An occurrence as outside programs read it; ``at``: what it is planned with."""
    if o is None:
        return None
    return {
        "event": o.event_key,
        "event_id": at.place_of(o.event_key),
        "repetition": o.repetition,
        "ship_on": o.ship_on.isoformat(),
        "status": o.status,
        "lines": [
            {
                "product": items[line.product_id],
                "quantity": money.plain(line.quantity),
                "price": money.text(line.price_minor, currency),
            }
            for line in o.lines
        ],
    }


def look_alike(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
    """Does a shipment say the same before and after, so that its row would tell nothing? Its number alone may have changed."""
    return before is not None and before == after


def _set(a: kernel.Adjustment, at: LoadedRevision) -> dict[str, Any]:
    """What a person had set: the kind of the change, by whom, when. ``at``: where its event stands."""
    return {
        "event": a.key,
        "event_id": at.place_of(a.key),
        "repetition": a.repetition,
        "change": a.kind,
        "by": a.by,
        "on": a.on.isoformat() if a.on else None,
    }
