"""Order entry: what was ordered becomes an order with its dated lines. ``enter`` is the one way in.

``values``      what was ordered, as a bundle or a clerk gives it
``known``       what the orders of a batch refer to, read at once
``incoming``    one order on its way in: its faults, its rows, where it goes, which card pays
``lines``       one line of it, whatever its kind
``continuity``  the Continuity page: a continuity product becomes a continuity order
``far``         days that are years away: asked twice
``ordinary``    ordinary lines, their prices, taxes and payments
``rows``        the rows of a batch, which name each other
``writing``     writes them at once
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from perennial.desk.entry.customers import Buyer
from perennial.desk.entry.incoming import Incoming
from perennial.desk.entry.known import Known
from perennial.desk.entry.lines import add_line
from perennial.desk.entry.ordinary import add_ordinary
from perennial.desk.entry.rows import EventRow, NewOrder
from perennial.desk.entry.values import ContinuityEntry, EnteredOrder, LineEntry, OrderEntry, PayEntry, Place
from perennial.desk.entry.writing import write
from perennial.desk.numbers import next_numbers, pass_numbers
from perennial.errors import Refused
from perennial.orders.models import SalesOrder

__all__ = ["ContinuityEntry", "EnteredOrder", "LineEntry", "OrderEntry", "PayEntry", "Place", "enter"]


def enter(entries: Sequence[OrderEntry], *, on: date, by: str) -> list[EnteredOrder | list[Refused]]:
    """Take orders: each becomes a sales order, its continuity orders with dated, priced lines, and its payments.

    An entry that is at fault gives all its refusals (their fields relative to the order) and writes
    nothing; the others are written with a constant number of statements. Nothing is charged: money
    only becomes due. ``on`` is the order date where none is given.
    """
    known = Known(entries)
    numbers = iter(next_numbers(sum(1 for e in entries if e.number is None)))
    given = {e.number for e in entries if e.number}
    taken = set(SalesOrder.objects.filter(number__in=given).values_list("number", flat=True))
    given = {e.reference for e in entries if e.reference}
    referenced = set(SalesOrder.objects.filter(reference__in=given).values_list("reference", flat=True))
    done: list[NewOrder | list[Refused]] = []
    for entry in entries:
        faults = []
        if entry.number is not None and entry.number in taken:
            faults.append(Refused("order_number_exists", "number", order=entry.number))
        if entry.reference is not None and entry.reference in referenced:
            faults.append(Refused("order_reference_exists", "reference", reference=entry.reference))
        made = _build(known, entry, on, by, faults)
        if made is not None:
            made.order.number = entry.number or next(numbers)
            taken.add(made.order.number)
            if entry.reference is not None:
                referenced.add(entry.reference)
        done.append(faults if made is None else made)
    pass_numbers(e.number for e in entries if e.number)
    write([one for one in done if isinstance(one, NewOrder)])
    return [
        EnteredOrder(one.order.id, one.order.number, tuple(c.id for c in one.continuity))
        if isinstance(one, NewOrder)
        else one
        for one in done
    ]


def _build(known: Known, entry: OrderEntry, on: date, by: str, faults: list[Refused]) -> NewOrder | None:
    """The rows of one order; None where something is at fault with it."""
    for field, account in (("customer", entry.customer), ("payer", entry.payer)):
        if account is not None and account not in known.customers.by_account:
            faults.append(Refused("customer_unknown", field, customer=account))
    if faults:
        return None
    if not entry.lines:
        faults.append(Refused("order_without_lines", "lines"))
        return None
    order = Incoming(known, entry, Buyer.of(known.customers, entry.customer, entry.payer), on)
    if far := order.far_away(entry.order_date, "order_date"):
        faults.append(far)
        return None
    found = [add_line(order, at, line) for at, line in enumerate(entry.lines)]
    faults += order.faults
    if faults:
        return None
    add_ordinary(order, [line for line in found if line is not None])
    faults += order.faults
    order.order.events = [
        EventRow(on, kind, by) for kind in (("entered", "submitted") if entry.submit else ("entered",))
    ]
    return None if faults else order.rows
