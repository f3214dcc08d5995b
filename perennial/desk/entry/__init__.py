"""Order entry: what was ordered becomes an order with its dated lines. ``enter`` is the one way in.

``values``      what was ordered, as a bundle or a clerk gives it
``known``       what the orders of a batch refer to, read at once
``incoming``    one order on its way in: its faults, its rows, where it goes, which card pays
``lines``       one line of it, whatever its kind
``continuity``  the Continuity page: a continuity product becomes a continuity order
``ordinary``    ordinary lines, their prices, taxes and payments
``rows``        the rows of a batch, written at once
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from psycopg.types.json import Jsonb

from perennial.continuity.models import ContinuityOrder
from perennial.db import sql
from perennial.desk.entry.incoming import Incoming
from perennial.desk.entry.known import Known
from perennial.desk.entry.lines import add_line
from perennial.desk.entry.ordinary import add_ordinary
from perennial.desk.entry.rows import Rows
from perennial.desk.entry.values import ContinuityEntry, EnteredOrder, LineEntry, OrderEntry, PayEntry, Place
from perennial.desk.numbers import next_numbers, pass_numbers
from perennial.errors import Refused
from perennial.orders.models import OrderLine, SalesOrder

__all__ = ["ContinuityEntry", "EnteredOrder", "LineEntry", "OrderEntry", "PayEntry", "Place", "enter"]


@dataclass(frozen=True)
class _Fresh:
    """Ids and numbers that were drawn for a batch, enough for all of it."""

    orders: Iterator[int]
    lines: Iterator[int]
    continuity: Iterator[int]
    numbers: Iterator[str]


def enter(entries: Sequence[OrderEntry], *, on: date, by: str) -> list[EnteredOrder | list[Refused]]:
    """Take orders: each becomes a sales order, its continuity orders with dated, priced lines, and its payments.

    An entry that is at fault gives all its refusals (their fields relative to the order) and writes
    nothing; the others are written with a constant number of statements. Nothing is charged: money
    only becomes due. ``on`` is the order date where none is given.
    """
    known = Known(entries)
    rows = Rows()
    lines = sum(len(e.lines) for e in entries)
    fresh = _Fresh(
        numbers=iter(next_numbers(sum(1 for e in entries if e.number is None))),
        orders=iter(sql.draw_ids(SalesOrder, len(entries))),
        lines=iter(sql.draw_ids(OrderLine, lines)),
        continuity=iter(sql.draw_ids(ContinuityOrder, lines)),
    )
    taken = set(
        SalesOrder.objects.filter(number__in=[e.number for e in entries if e.number]).values_list("number", flat=True)
    )
    referenced = set(
        SalesOrder.objects.filter(reference__in=[e.reference for e in entries if e.reference]).values_list(
            "reference", flat=True
        )
    )
    done: list[EnteredOrder | list[Refused]] = []
    for entry in entries:
        order = Incoming(known, entry, on, by)
        if entry.number is not None and entry.number in taken:
            order.fault("number", f"order {entry.number} exists already", "number")
        if entry.reference is not None and entry.reference in referenced:
            order.fault("reference", f"an order with reference {entry.reference!r} exists already", "reference")
        made = _build(order, fresh)
        if made is None:
            done.append(order.faults)
            continue
        rows.add(order.rows)
        done.append(made)
        if entry.number is not None:
            taken.add(entry.number)
        if entry.reference is not None:
            referenced.add(entry.reference)
    pass_numbers(e.number for e in entries if e.number)
    rows.write()
    return done


def _build(order: Incoming, fresh: _Fresh) -> EnteredOrder | None:
    """The rows of one order; None where something is at fault with it."""
    entry = order.entry
    if not order.known_customer():
        return None
    if not entry.lines:
        order.fault("lines", "an order has at least one line", "lines")
        return None
    order.id = next(fresh.orders)
    order.ship_to = order.place(entry.ship_to, "ship_to", default=None)
    found = [
        add_line(order, at, line, line_id=next(fresh.lines), continuity_id=next(fresh.continuity))
        for at, line in enumerate(entry.lines)
    ]
    if order.faults:
        return None
    totals = add_ordinary(order, [line for line in found if line is not None])
    if order.faults:
        return None
    number = entry.number or next(fresh.numbers)
    order.rows.orders.append(
        (
            order.id, number, entry.reference, order.customer.pk, order.known.set_up.currency, order.order_date,
            order.status, "awaited" if entry.acceptance_required else "none", order.ship_to, totals.delivery,
            totals.tax, totals.total, Jsonb(entry.as_given) if entry.as_given is not None else None,
        )
    )  # fmt: skip
    for kind in ("entered", "submitted") if entry.submit else ("entered",):
        order.rows.events.append((order.id, order.on, kind, order.by, None, None))
    return EnteredOrder(order.id, number, tuple(row[0] for row in order.rows.continuity))
