"""What is given of a continuity order must fit together: its shipments, and what people changed.

Each of these would pass unseen at first and go wrong later: a shipment that never comes, a line that changes back with
the next plan. What ``check`` would find is asked of the rows when they are written (``takeover.contradictions``).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal

from perennial.bundle.coming import Coming
from perennial.bundle.reading.values import Given
from perennial.bundle.taken import AdjustmentRow, OccurrenceRow
from perennial.bundle.takeover.lookup import Names
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.kernel.states import TO_COME

Walked = Sequence[tuple[OccurrenceRow, Given]]
"""The occurrences that are given, each with its first entry."""


def nothing_left_out(walked: Walked, coming: Coming, had_child: set[int]) -> None:
    """The program sends nothing in front of what is given as still to come. An order that was stopped leaves out what it wants.

    Up to the last shipment that has, or had, a child no plan changes anything: an event may have come into the program
    there later.
    """
    if coming.facts.last_shipment is not None:
        return
    live = [(row, entry) for row, entry in walked if row.status != "cancelled"]
    cancelled = {(row.key, row.repetition) for row, _ in walked if row.status == "cancelled"}
    made = [at for at, (row, _) in enumerate(live) if row.status == "ordered" or row.shipment in had_child]
    start = made[-1] + 1 if made else 0
    behind = live[start:]
    if not behind:
        return
    with suppress(Refused):  # the program's own fault, which whoever plans it is told
        plan = coming.behind(start)
        expected = iter([pair for pair in plan if pair not in cancelled])
        for row, entry in behind:
            wanted = next(expected, None)
            if wanted is None:
                return
            if wanted != (row.key, row.repetition):
                own = {"event": row.key, "repetition": row.repetition, "begins": live[0][0] is row}
                entry.fault("", "shipment_left_out", wanted=wanted[0], wanted_repetition=wanted[1], **own)
                return


def changes_stand(
    walked: Walked, changes: Sequence[tuple[AdjustmentRow, Given]], names: Names, currency: str | None
) -> None:
    """What people changed is what the lines say: the next plan would make it so."""
    found: dict[tuple[str, int], tuple[OccurrenceRow, date | None]] = {}
    before: date | None = None
    for row, _ in walked:
        if row.status != "cancelled":
            found[row.key, row.repetition] = row, before
            before = row.event_on
    for change, thing in changes:
        occurrence, previous = found.get((change.key, change.repetition), (None, None))
        if occurrence is None or thing.bad:
            continue
        if occurrence.status in TO_COME:
            said = _says(change, occurrence, previous, names, currency)
            if said is not None:
                thing.note(said.at(thing.at("value")))


def _says(
    change: AdjustmentRow, occurrence: OccurrenceRow, previous: date | None, names: Names, currency: str | None
) -> Refused | None:
    """What the line says instead of what was changed, None where they agree."""
    event: dict[str, object] = {"event": change.key, "repetition": change.repetition}
    if change.kind == "redate":  # what goes before it may have overtaken it
        if occurrence.event_on.isoformat() == change.value or occurrence.event_on == previous:
            return None
        return Refused("date_change_differs", became=change.value, has=occurrence.event_on, **event)
    for number, product_id, quantity, price, *_ in occurrence.lines:
        if change.line not in (0, number):
            continue
        if change.kind == "quantity" and quantity != Decimal(change.value):
            return Refused("quantity_change_differs", became=change.value, has=quantity, **event)
        if change.kind == "price" and price != change.value:
            became, has = (Money(amount, currency or "") for amount in (change.value, price))
            return Refused("price_change_differs", became=became, has=has, **event)
        if change.kind == "substitute":
            product = names.products.get(change.value["item"])
            if product is not None and product.id != product_id:
                return Refused("product_change_differs", became=product.number, **event)
    return None
