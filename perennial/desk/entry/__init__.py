"""Order entry: what was ordered becomes an order with its dated lines. ``enter`` is the one way in.

``values``      what was ordered, as a bundle or a clerk gives it
``known``       what the orders of a batch refer to, read at once
``incoming``    one order on its way in: its faults, its rows, where it goes, which card pays
``continuity``  the Continuity page: a continuity product becomes a continuity order
``ordinary``    ordinary lines, their prices, taxes and payments
``rows``        the rows of a batch, written at once
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from perennial.catalog.models import Product
from perennial.desk.entry.continuity import add_continuity
from perennial.desk.entry.customers import Buyer
from perennial.desk.entry.incoming import Incoming
from perennial.desk.entry.known import Known
from perennial.desk.entry.ordinary import OrdinaryLine, add_ordinary, priced
from perennial.desk.entry.rows import EventRow, LineRow, NewOrder, write
from perennial.desk.entry.values import ContinuityEntry, EnteredOrder, LineEntry, OrderEntry, PayEntry, Place
from perennial.desk.numbers import next_numbers, pass_numbers
from perennial.errors import Refused
from perennial.kernel.money import MOST_PIECES
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
    customer = known.customers.by_account.get(entry.customer)
    if customer is None:
        faults.append(Refused("customer_unknown", "customer", customer=entry.customer))
        return None
    if not entry.lines:
        faults.append(Refused("order_without_lines", "lines"))
        return None
    order = Incoming(known, entry, Buyer(known.customers, customer), on)
    ordinary: list[OrdinaryLine] = []
    for at, line in enumerate(entry.lines):
        path = f"lines[{at}]"
        product = known.products.get(line.item_number)
        if product is None:
            order.fault("product_unknown", f"{path}.item_number", product=line.item_number)
            continue
        if not 0 < line.quantity < MOST_PIECES or line.quantity != round(line.quantity, 3):
            order.fault("quantity_not_positive", f"{path}.quantity", quantity=line.quantity)
            continue
        mode_id = _delivery_mode(order, path, line, product)
        row = LineRow(at + 1, product.pk, line.quantity, 0, 0, mode_id, "open")
        if product.kind == "continuity":
            try:
                add_continuity(order, at, line, product, row)
            except Refused as refused:
                own = {"order_date": "order_date", "start_date": f"{path}.continuity.start_date"}
                order.faults.append(refused.at(own.get(refused.field, f"{path}.{refused.field or 'item_number'}")))
        else:
            found = priced(order, path, line, product, mode_id)
            if found is None:
                continue
            ordinary.append(found)
            row.price_minor, row.amount_minor = found.price_minor, found.amount_minor
        order.order.lines.append(row)
    faults += order.faults
    if faults:
        return None
    add_ordinary(order, ordinary)
    faults += order.faults
    order.order.events = [
        EventRow(on, kind, by) for kind in (("entered", "submitted") if entry.submit else ("entered",))
    ]
    return None if faults else order.rows


def _delivery_mode(order: Incoming, path: str, line: LineEntry, product: Product) -> int | None:
    """The delivery mode that was named for a line; noted as a fault where there is none, or it can have none."""
    if line.delivery_mode is None:
        return None
    if product.kind == "continuity":
        order.fault("continuity_delivery_mode", f"{path}.delivery_mode")
    mode = order.known.set_up.modes_by_code.get(line.delivery_mode)
    if mode is None:
        order.fault("delivery_mode_unknown", f"{path}.delivery_mode", mode=line.delivery_mode)
        return None
    return mode.id
