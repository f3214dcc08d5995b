"""What planning did to orders, occurrence by occurrence, as its run tells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from perennial.catalog.models import Product
from perennial.continuity.planning import OccurrenceRow, OrderState
from perennial.continuity.update import Update
from perennial.jobs import touched
from perennial.jobs.job import Run
from perennial.kernel import money
from perennial.kernel import plan as kernel
from perennial.orders.models import OrderLine


@dataclass
class Planned:
    """Collected order by order, written at once with the chunk."""

    said: list[tuple[OrderState, str, OccurrenceRow | None, OccurrenceRow | None, Any, Any]] = field(
        default_factory=list
    )

    def added(self, state: OrderState, occurrences: Iterable[OccurrenceRow]) -> None:
        """What was planned on behind what there was."""
        self.said += [(state, "added", None, o, None, None) for o in occurrences]

    def updated(self, state: OrderState, update: Update) -> None:
        """What of an order is planned otherwise than before, and what a person had set on it: it stays, or is gone."""
        before = {o.pair: o for o in update.before if o.status != "cancelled"}
        after = {o.pair: o for o in update.after}
        for pair in dict.fromkeys((*before, *after)):
            old, new = before.get(pair), after.get(pair)
            if old is None or new is None:
                self.said.append((state, "added" if old is None else "left_out", old, new, None, None))
            elif _facts(old) != _facts(new):
                self.said.append((state, "changed", old, new, None, None))
        gone = {(a.key, a.repetition, a.kind, a.line) for a in update.gone}
        for a in state.adjustments:
            what = "change_gone" if (a.key, a.repetition, a.kind, a.line) in gone else "kept"
            if what == "kept" and (a.key, a.repetition) not in after:
                continue  # it stands on what was sent already
            self.said.append((state, what, None, after.get((a.key, a.repetition)), _set(a), a.reason or None))

    def billed(self, state: OrderState, before: str | None, after: str | None) -> None:
        """An order follows another payment schedule."""
        schedules = {"payment_schedule": before}, {"payment_schedule": after}
        self.said.append((state, "billing", None, None, schedules, None))

    def billing_kept(self, state: OrderState, schedule: str | None, why: Any) -> None:
        """An order keeps the billing that it was promised."""
        self.said.append((state, "billing_kept", None, None, ({"payment_schedule": schedule}, None), why.stored()))

    def write(self, run: Run, first: int, last: int) -> None:
        """Write all of it, with the numbers of lines and products, which are read at once."""
        if not self.said:
            return
        places = touched.places(run, first, last)
        occurrences = [o for _, _, *both, _, _ in self.said for o in both if o is not None]
        products = {line.product_id for o in occurrences for line in o.lines}
        items = dict(Product.objects.filter(pk__in=products).values_list("pk", "number"))
        parents = {state.row.parent_line_id for state, *_ in self.said}
        lines = dict(OrderLine.objects.filter(pk__in=parents).values_list("pk", "line"))
        touched.write(run, self._rows(places, items, lines))

    def _rows(
        self, places: Mapping[int, int], items: Mapping[int, str], lines: Mapping[int, int]
    ) -> Iterator[touched.Row]:
        numbers: dict[int, int] = {}
        for state, what, old, new, also, why in self.said:
            seq = places[state.row.pk]
            numbers[seq] = numbers.get(seq, 0) + 1
            shown = new or old
            before, after = (None, None) if what in ("kept", "change_gone") else (old, new)
            told = [None if o is None else _told(o, items, state.currency) for o in (before, after)]
            if isinstance(also, tuple):
                told = list(also)
            elif also is not None:
                told = [also, None]
            yield touched.Row(
                seq=seq,
                number=numbers[seq],
                name=state.row.order.number,
                line=lines[state.row.parent_line_id],
                shipment=shown.shipment if shown else None,
                what=what,
                before=touched.stored(told[0]),
                after=touched.stored(told[1]),
                because=touched.stored(why),
            )


def _facts(o: OccurrenceRow) -> tuple[object, ...]:
    """What of an occurrence a customer would notice, and how it is paid."""
    lines = tuple((line.line, line.product_id, line.quantity, line.price_minor) for line in o.lines)
    return o.ship_on, o.shipment, o.status, o.delivery_mode_id, o.payment_schedule_id, o.ship_to_id, lines


def _told(o: OccurrenceRow, items: Mapping[int, str], currency: str) -> dict[str, Any]:
    """An occurrence as outside programs read it."""
    return {
        "event": o.event_key,
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


def _set(a: kernel.Adjustment) -> dict[str, Any]:
    """What a person had set: the kind of the change, by whom, when."""
    return {
        "event": a.key,
        "repetition": a.repetition,
        "change": a.kind,
        "by": a.by,
        "on": a.on.isoformat() if a.on else None,
    }
