"""Change a chunk of orders: what would be done to each by hand, in a constant number of statements.

Row by row it is what the action of one order does: adjustment, dates and products, history, what waits, what is owed.
What cannot be done with an order is a value, with its reason; the others go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from perennial.catalog.models import Product
from perennial.catalog.queries import SetUp
from perennial.continuity.difference import Difference, planned_otherwise
from perennial.continuity.planning import OccurrenceRow, OrderState, read_orders
from perennial.db import history, sql
from perennial.desk.adjusting import Adjusted, write_adjusted
from perennial.desk.changeable import refusal
from perennial.desk.kept import keep_changes
from perennial.desk.locking import chosen_state, derive_anew, lock_many, planned_shipment
from perennial.desk.many.wanted import Asked, Order, Wanted
from perennial.desk.snapshot import last_events, rows_of
from perennial.errors import Refused
from perennial.kernel.reasons import Reason
from perennial.kernel.states import TO_COME
from perennial.orders.history import Happened, write_history
from perennial.orders.models import OrderLine, SalesOrder
from perennial.programs.queries import LoadedRevision

_BY_HAND = """
select a.continuity_order_id, a.event_key, a.repetition, a.line, a.kind, a.by, a.on_date
  from continuity_adjustment a
  join continuity_continuityorder c on c.id = a.continuity_order_id
 where c.order_id = any(%(orders)s) and a.undone_on is null and a.kind = any(%(kinds)s)
   and not exists (select from desk_change d
                    where d.order_id = c.order_id and d.run_id is not null and d.undone_on is null
                      and d.after ? ('adjustment ' || a.id))
 order by a.id
"""
"""What persons have set one by one: what was set in a run is noted with the change that the run made."""


@dataclass(frozen=True, slots=True)
class ManyBy:
    """Whose change of many orders it is, of which day, why, and in which run. ``also_adjusted``: also where a person has set
    the same of the shipment by hand.
    """

    by: str
    on: date
    reason: str | None
    run: int
    also_adjusted: bool = False


class ByHand(NamedTuple):
    """What a person has set of a shipment by hand."""

    line: int
    kind: str
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class ShipmentChanged:
    """A shipment that was changed, before and after; ``follows``: those behind it that have another day now."""

    asked: Asked
    state: OrderState
    line: int
    pairs: tuple[tuple[OccurrenceRow, OccurrenceRow], ...]
    follows: tuple[tuple[OccurrenceRow, OccurrenceRow], ...]


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A shipment that stays as it is, and why."""

    asked: Asked
    order: str
    reason: Reason


@dataclass
class _Chunk:
    """The orders of a chunk, locked, and what is done to them."""

    set_up: SetUp
    wanted: Wanted
    many: ManyBy
    numbers: Mapping[int, str]
    by_hand: Mapping[tuple[int, str, int], Sequence[ByHand]]
    found: list[ShipmentChanged | PassedOver] = field(default_factory=list)
    states: dict[int, OrderState] = field(default_factory=dict)


def change_many(
    asked: Sequence[Asked], wanted: Wanted, many: ManyBy, *, set_up: SetUp, revisions: dict[int, LoadedRevision]
) -> list[ShipmentChanged | PassedOver]:
    """Change these shipments within the caller's transaction; what became of each. Several of one order go one after
    the other, as by hand. What was changed of an order is kept with the run, so that it can be taken back.
    """
    history.context(by=many.by, reason=many.reason, run=many.run)
    orders = sorted({one.order_id for one in asked})
    ids = lock_many(orders)
    were, before = rows_of(orders), last_events(orders)
    numbers = dict(SalesOrder.objects.filter(pk__in=orders).values_list("pk", "number"))
    chunk = _Chunk(set_up, wanted, many, numbers, {} if many.also_adjusted else _by_hand(orders, wanted.kinds))
    for together in _one_of_each(asked):
        _change(chunk, together, read_orders(set_up, list(ids), revisions))
    if chunk.states:
        derive_anew(set_up, list(chunk.states.values()), by=many.by, on=many.on, forget_card=wanted.forget_card)
    changed = {state.row.order_id for state in chunk.states.values()}
    keep_changes(
        {order: were[order] for order in orders if order in changed},
        before,
        action=wanted.action,
        by=many.by,
        on=many.on,
        run=many.run,
    )
    return chunk.found


def _by_hand(orders: Sequence[int], kinds: Sequence[str]) -> dict[tuple[int, str, int], list[ByHand]]:
    """By continuity order, event and repetition, what persons have set of it by hand."""
    found: dict[tuple[int, str, int], list[ByHand]] = {}
    for order, key, repetition, *rest in sql.tuples(_BY_HAND, {"orders": list(orders), "kinds": list(kinds)}):
        found.setdefault((order, key, repetition), []).append(ByHand(*rest))
    return found


def _one_of_each(asked: Iterable[Asked]) -> Iterator[list[Asked]]:
    """The first that is asked of each order, then the second of those that have one, and so on."""
    left = list(asked)
    while left:
        now: dict[int, Asked] = {}
        later = []
        for one in left:
            if now.setdefault(one.order_id, one) is not one:
                later.append(one)
        yield list(now.values())
        left = later


def _change(chunk: _Chunk, asked: Sequence[Asked], states: Sequence[OrderState]) -> None:
    """Change at most one shipment of each order."""
    of_order: dict[int, list[OrderState]] = {}
    lines = OrderLine.objects.in_bulk([state.row.parent_line_id for state in states])
    for state in states:
        state.row.parent_line = lines[state.row.parent_line_id]
        of_order.setdefault(state.row.order_id, []).append(state)
    known = _Known.of(asked, states)
    difference = Difference()
    adjusted: list[Adjusted] = []
    events = []
    for one in asked:
        number = chunk.numbers[one.order_id]
        own = Difference()
        try:
            state = chosen_state(of_order.get(one.order_id, []), number, one.line)
            found = _open(chunk, state, one, known)
            order = Order(chunk.set_up, state, known.numbers, chunk.many.on)
            done = chunk.wanted.change(order, found, one, own)
        except Refused as refused:
            chunk.found.append(PassedOver(one, number, Reason.of(refused)))
            continue
        line = state.row.parent_line.line
        for name in ("inserts", "updates", "relined"):
            getattr(difference, name).extend(getattr(own, name))
        adjusted += done.adjusted
        facts = {"line": line, "shipment": one.shipment, **done.facts, "run": chunk.many.run}
        events.append(Happened(order_id=one.order_id, kind=chunk.wanted.what, data=facts))
        chunk.states[state.row.pk] = state
        chunk.found.append(_changed(one, state, line, found, own))
    difference.write()
    write_adjusted(adjusted, by=chunk.many.by, on=chunk.many.on, reason=chunk.many.reason)
    write_history(events, on=chunk.many.on, by=chunk.many.by, reason=chunk.many.reason)


def _open(chunk: _Chunk, state: OrderState, asked: Asked, known: _Known) -> list[OccurrenceRow]:
    """The occurrences of a shipment that may be changed. Refused: it is not open, or a person has set the same by hand."""
    order = state.row.order.number
    if asked.shipment is None:
        raise Refused("no_open_shipment", "shipment", order=order)
    fault = refusal(chunk.wanted.rule, planned_shipment(state, asked.shipment, known.children))
    if fault is not None:
        raise fault
    found = state.shipment(asked.shipment)
    if not any(o.status in TO_COME for o in found):
        raise Refused("shipment_skipped", "shipment", order=order, shipment=asked.shipment)
    line = chunk.wanted.line_of(found, known.numbers)
    for o in found:
        for set_ in chunk.by_hand.get((state.row.pk, *o.pair), ()):
            if 0 in (line, set_.line) or line == set_.line:
                raise Refused("adjusted_by_hand", "shipment", shipment=asked.shipment, by=set_.by, on=set_.on)
    return found


def _changed(
    asked: Asked, state: OrderState, line: int, found: Sequence[OccurrenceRow], own: Difference
) -> ShipmentChanged:
    """What differs of an order, shipment by shipment."""
    old = {o.id: o for o in state.occurrences}
    new = {o.id: o for o in (*own.updates, *own.relined)}
    pairs = [(old[pk], new[pk]) for pk in new if planned_otherwise(old[pk], new[pk])]
    of_it = {o.id for o in found}
    return ShipmentChanged(
        asked=asked,
        state=state,
        line=line,
        pairs=tuple(pair for pair in pairs if pair[0].id in of_it),
        follows=tuple(pair for pair in pairs if pair[0].id not in of_it),
    )


class _Known(NamedTuple):
    """What the rules of one shipment ask besides, read for all of them: children by id, numbers of products by id."""

    children: Mapping[int, SalesOrder]
    numbers: Mapping[int, str]

    @classmethod
    def of(cls, asked: Sequence[Asked], states: Sequence[OrderState]) -> _Known:
        """Read it."""
        from_ = {one.order_id: one.shipment or 0 for one in asked}
        children, products = set(), set()
        for state in states:
            first = from_.get(state.row.order_id)
            for o in state.occurrences if first is not None else ():
                if o.child_id is not None and (o.shipment or 0) >= (first or 0):
                    children.add(o.child_id)
                if o.shipment == first:
                    products |= {line.product_id for line in o.lines}
        made = SalesOrder.objects.filter(pk__in=children).only("number", "status", "shipment")
        return cls(
            {child.pk: child for child in made},
            dict(Product.objects.filter(pk__in=products).values_list("pk", "number")),
        )
