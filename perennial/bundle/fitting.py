"""What is given of a continuity order must fit together: its shipments, what people changed, the children.

Each of these would pass unseen at first and go wrong later: a shipment that never comes, one that comes although it was
skipped, a line that changes back with the next plan, a child that carries something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal

from perennial.bundle.coming import Coming
from perennial.bundle.reading.faults import shown
from perennial.bundle.reading.values import Given
from perennial.bundle.taken import AdjustmentRow, OccurrenceRow, OrderRow
from perennial.bundle.takeover.lookup import Names
from perennial.errors import Refused
from perennial.kernel import money
from perennial.kernel.states import TO_COME

Walked = Sequence[tuple[OccurrenceRow, Given]]
"""The occurrences that are given, each with its first entry."""
Lines = list[tuple[int, Decimal, int]]
"""Product, quantity and price of each line."""
BEFORE = "what came before it elsewhere is given too (ordered with its child, or skipped)"


def named(row: OccurrenceRow | AdjustmentRow) -> str:
    """An occurrence in words."""
    return f"event {row.key}, repetition {row.repetition}"


def shipments_follow(walked: Walked, coming: Coming, had_child: set[int], *, going: bool) -> None:
    """Nothing of the program is left out between what is given, and shipments are numbered 1, 2, 3 …

    What ships together shares its number. An order that was stopped leaves numbers out. ``going``: more of it comes.
    """
    if coming.facts.last_shipment is not None or (going and _left_out(walked, coming, had_child)):
        return
    highest, used = 0, set()
    for row, entry in walked:
        if row.shipment is None:
            continue
        if row.shipment not in used and row.shipment != highest + 1:
            where = f"behind {highest} comes {highest + 1}" if highest else "the first is 1"
            entry.fault("shipment", f"{row.shipment}, but {where}: {BEFORE}")
            return
        used.add(row.shipment)
        highest = max(highest, row.shipment)


def _left_out(walked: Walked, coming: Coming, had_child: set[int]) -> bool:
    """Does the program send something in front of what is given as still to come?

    Up to the last shipment that has, or had, a child no plan changes anything: an event may have come into the program
    there later.
    """
    live = [(row, entry) for row, entry in walked if row.status != "cancelled"]
    cancelled = {(row.key, row.repetition) for row, _ in walked if row.status == "cancelled"}
    made = [at for at, (row, _) in enumerate(live) if row.status == "ordered" or row.shipment in had_child]
    start = made[-1] + 1 if made else 0
    behind = live[start:]
    if not behind:
        return False
    with suppress(Refused):  # the program's own fault, which whoever plans it is told
        plan = coming.behind(start)
        expected = iter([pair for pair in plan if pair not in cancelled])
        for row, entry in behind:
            wanted = next(expected, None)
            if wanted is None:
                return False
            if wanted != (row.key, row.repetition):
                begins = "" if live[0][0] is not row else ", or the order begins at first_event in its facts"
                entry.fault(
                    "",
                    f"in front of {named(row)} the program sends event {wanted[0]}, repetition {wanted[1]}:"
                    f" give a line for it too (skipped, where it is not to come){begins}",
                )
                return True
    return False


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
        if change.kind == "skip":
            if occurrence.status != "skipped":
                thing.fault(
                    "kind",
                    f"{named(change)} was skipped, but its line is {occurrence.status}: it is skipped too, or this goes",
                )
        elif occurrence.status in TO_COME:
            said = _says(change, occurrence, previous, names, currency)
            if said is not None:
                thing.fault("value", f"{said}: the line of {named(change)} says the same as what was changed")


def _says(
    change: AdjustmentRow, occurrence: OccurrenceRow, previous: date | None, names: Names, currency: str | None
) -> str | None:
    """What the line says instead of what was changed, None where they agree."""
    if change.kind == "redate":  # what goes before it may have overtaken it
        if occurrence.event_on.isoformat() == change.value or occurrence.event_on == previous:
            return None
        return f"the date became {change.value}, but its line is dated {occurrence.event_on}"
    for number, product_id, quantity, price, *_ in occurrence.lines:
        if change.line not in (0, number):
            continue
        if change.kind == "quantity" and quantity != Decimal(change.value):
            return f"the quantity became {change.value}, but its line has {money.plain(quantity)}"
        if change.kind == "price" and price != change.value:
            became, has = (money.text(amount, currency or "") for amount in (change.value, price))
            return f"the price became {became}, but its line has {has}"
        if change.kind == "substitute":
            product = names.products.get(change.value["item"])
            if product is not None and product.id != product_id:
                return f"the product became {shown(product.number)}, but its line has another"
    return None


def child_carries(child: OrderRow, occurrences: Sequence[OccurrenceRow], thing: Given, names: Names) -> None:
    """A child carries what its shipment says; one of another system may differ."""
    carries = sorted((line.product_id, line.quantity, line.price_minor) for line in child.lines)
    says = sorted((product, quantity, price) for o in occurrences for _, product, quantity, price, *_ in o.lines)
    if child.external is None and child.status != "cancelled" and carries != says:
        mine, theirs = (_in_words(lines, names, child.currency) for lines in (carries, says))
        thing.fault("lines", f"{mine}, but shipment {child.shipment} is {theirs}")


def _in_words(lines: Lines, names: Names, currency: str) -> str:
    numbers = {product.id: product.number for product in names.products.values()}
    return ", ".join(
        f"{money.plain(quantity)} of {numbers.get(product, product)} at {money.text(price, currency)}"
        for product, quantity, price in lines
    )
