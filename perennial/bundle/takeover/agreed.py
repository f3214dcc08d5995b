"""What was agreed elsewhere about shipments that are still to come, where the program would have it otherwise.

Lines that are given are taken as they stand. So that they still stand when the program changes, each difference becomes a change as
a person makes it here: a day, an address, a product, a price, a quantity. Every later plan applies it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from perennial.bundle.takeover.context import Context
from perennial.desk.entry.rows import AdjustmentRow, ContinuityRow, OccurrenceRow, ShipTo
from perennial.kernel import money
from perennial.kernel import plan as kernel
from perennial.kernel.states import TO_COME


class Agreed:
    """Of one continuity order, as its shipments are read."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._made: list[AdjustmentRow] = []
        self._apart: set[tuple[str, int]] = set()

    def besides(self, row: ContinuityRow) -> list[AdjustmentRow]:
        """What was agreed and is not among the adjustments that were given; who skips a shipment says so to every later plan too."""
        said = {(a.key, a.repetition, a.line, a.kind) for a in row.adjustments if a.undone_on is None}
        for o in row.occurrences:
            if o.status == "skipped":
                self._add(o.key, o.repetition, 0, "skip", True)
        together: dict[int | None, list[OccurrenceRow]] = {}
        for o in row.occurrences:
            if o.status in TO_COME:
                together.setdefault(o.shipment, []).append(o)
        for number, shared in together.items():
            if len(shared) > 1 and any((o.key, o.repetition) in self._apart for o in shared):
                for o in shared:
                    self._add(o.key, o.repetition, 0, "merge", number)
        return [a for a in self._made if (a.key, a.repetition, a.line, a.kind) not in said]

    def shipment(self, planned: kernel.Occurrence, number: int | None) -> None:
        """With which others it ships."""
        if number != planned.shipment:
            self._apart.add((planned.key, planned.repetition))

    def days(self, planned: kernel.Occurrence, event_on: date, ship_on: date | None) -> None:
        """The date of a shipment, and (``ship_on``) a day of its own on which it ships."""
        if event_on != planned.event_on:
            self._of(planned, 0, "redate", event_on.isoformat())
        if ship_on is not None:
            self._of(planned, 0, "move", ship_on.isoformat())

    def address(self, planned: kernel.Occurrence, ship_to: ShipTo, usual: ShipTo) -> None:
        """Where it goes, if not where the others do."""
        if ship_to is not None and ship_to not in (planned.address, usual):
            self._of(planned, 0, "address", ship_to)

    def product(
        self, planned: kernel.Occurrence, base: kernel.Line | None, wanted: kernel.Line, usual: int | None
    ) -> None:
        """A product of it; ``base``: what the program has in its place; ``usual``: what that costs whoever has agreed nothing."""
        quantity = money.plain(wanted.quantity)
        if base is None:
            if wanted.line >= kernel.FIRST_ADDED:
                value = {"item": wanted.item, "quantity": quantity, "price_minor": wanted.price_minor}
                self._of(planned, wanted.line, "add", value)
            return
        if wanted.item != base.item:
            self._of(planned, base.line, "substitute", {"item": wanted.item, "price_minor": wanted.price_minor})
        elif wanted.price_minor != (base.price_minor if usual is None else usual):
            self._of(planned, base.line, "price", wanted.price_minor)
        if wanted.quantity != base.quantity:
            self._of(planned, base.line, "quantity", quantity)

    def left_out(self, planned: kernel.Occurrence, lines: Iterable[int]) -> None:
        """Products that the program has and it has not."""
        for line in planned.lines:
            if line.line not in lines:
                self._of(planned, line.line, "remove", {"item": line.item})

    def _of(self, planned: kernel.Occurrence, line: int, kind: str, value: Any) -> None:
        self._add(planned.key, planned.repetition, line, kind, value)

    def _add(self, key: str, repetition: int, line: int, kind: str, value: Any) -> None:
        reading = self.ctx.reading
        self._made.append(
            AdjustmentRow(
                key=key,
                repetition=repetition,
                line=line,
                kind=kind,
                value=value,
                by=reading.by,
                on=reading.on,
                reason=reading.reason,
            )
        )
