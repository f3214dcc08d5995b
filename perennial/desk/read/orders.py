"""Orders, read whole (``order``) from the rows of ``orders.sql``.

A batch of orders takes a constant number of queries, however many shipments they have, so that a hundred thousand
orders stream through in a minute or two.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import TypeVar

from perennial.catalog.queries import SetUp, parameters, set_up
from perennial.continuity.planning import every_of
from perennial.db import sql
from perennial.desk.locking import unknown_order
from perennial.desk.read import rows, waits
from perennial.desk.read.from_rows import adjustment as adjustment_of
from perennial.desk.read.from_rows import card_of, payment_of, priced
from perennial.desk.read.order import Child, ChildLine, Continuity, Line, Order, Parked, Payer
from perennial.desk.read.preview import projected_lines
from perennial.desk.read.shipment import ShipmentLine, Why, before, customised
from perennial.desk.read.values import (
    Address,
    Event,
    Hold,
    Note,
    Payment,
    Product,
    Sent,
)
from perennial.desk.releasing import may_release
from perennial.kernel.money import Money
from perennial.kernel.reasons import DateReason, LineReason, Reason, Said, Who, why
from perennial.kernel.shares import shares_of
from perennial.kernel.states import HOLDS_CHILDREN, NOT_ENDED
from perennial.language.reasons import Source
from perennial.orders.models import SalesOrder

BATCH = 500
_SQL = sql.named("perennial.desk.read", "orders.sql")


def order(number: str, *, on: date, ahead: int = 0) -> Order:
    """A parent order by its number; a child's number gives its parent.

    ``ahead``: so many shipments beyond the planned ones, as extension would plan them. Refused: no order has the number.
    """
    found = SalesOrder.objects.filter(number=number).values_list("id", "parent_id").first()
    if found is None:
        raise unknown_order(number)
    return next(orders([found[1] or found[0]], on=on, ahead=ahead))


def orders(order_ids: Iterable[int], *, on: date, ahead: int = 0, rules: SetUp | None = None) -> Iterator[Order]:
    """These parent orders, in the order in which they are given; what waits is told as it is on a date.

    ``rules``: the set-up, where the caller has read it.
    """
    ids = iter(order_ids)
    places: dict[int, dict[str, int]] = {}
    if ahead and rules is None:
        rules = set_up()
    now = parameters() if rules is None else rules.parameters
    while batch := list(islice(ids, BATCH)):
        found = _Batch(batch, places, now.days_before_delivery, on)
        if ahead and rules is not None:
            found.look_ahead(ahead, rules)
        for order_id in batch:
            if order_id in found.orders:
                yield found.order(order_id)


Row = TypeVar("Row", rows.Child, rows.Line, rows.Hold, rows.Event)


class _Batch:
    """Everything about a batch of orders, read at once and sorted by what it belongs to."""

    def __init__(self, ids: list[int], places: dict[int, dict[str, int]], days_before: int, on: date) -> None:
        self.days_before = days_before
        self.orders = {o.id: o for o in sql.prepared_rows(rows.Order, _SQL["orders"], {"orders": ids})}
        children = sql.prepared_rows(rows.Child, _SQL["children"], {"orders": ids})
        continuity = sql.prepared_rows(rows.Continuity, _SQL["continuity"], {"orders": ids})
        given = {
            "orders": ids,
            "all": [*ids, *(c.id for c in children)],
            "continuity": [c.id for c in continuity],
            "revisions": [r for r in {c.revision_id for c in continuity} if r not in places],
        }
        self.children_by_id = {c.id: c for c in children}
        self.children = _by(children, "parent")
        self.lines = _by(sql.prepared_rows(rows.Line, _SQL["lines"], given), "order")
        self.events = _by(sql.prepared_rows(rows.Event, _SQL["events"], given), "order")
        self.notes: dict[int, list[Note]] = defaultdict(list)
        for order, on_date, by, text in sql.prepared(_SQL["notes"], given):
            self.notes[order].append(Note(on_date, by, text))
        self.holds = {
            order: tuple(Hold(h.code, why(h.reason) or "", *h[3:-1], may_release(h.released_by)) for h in of)
            for order, of in _by(sql.prepared_rows(rows.Hold, _SQL["holds"], given), "order").items()
        }
        self.continuity: dict[int, list[rows.Continuity]] = defaultdict(list)
        for one in continuity:
            self.continuity[one.order].append(one)
        self.adjustments: dict[int, list[rows.Adjustment]] = defaultdict(list)
        self.occurrences: dict[int, list[rows.Occurrence]] = defaultdict(list)
        self.parked: dict[int, list[Parked]] = defaultdict(list)
        self.waits: dict[tuple[int, int], tuple[str, ...]] = {}
        self.places = places
        if continuity:
            for adjustment in sql.prepared_rows(rows.Adjustment, _SQL["adjustments"], given):
                self.adjustments[adjustment.continuity].append(adjustment)
            for occurrence in sql.prepared_rows(rows.Occurrence, _SQL["occurrences"], given):
                self.occurrences[occurrence.continuity].append(occurrence)
            for parked in sql.prepared_rows(rows.Parked, _SQL["parked"], given):
                reason = why(parked.reason) or ""
                self.parked[parked.continuity].append(Parked(parked.shipment, parked.job, reason, parked.on))
            self.waits = waits.shipments_that_wait(given["continuity"], on)
        if given["revisions"]:
            places.update({revision: {} for revision in given["revisions"]})
            for revision, key, place in sql.prepared(_SQL["places"], given):
                places[revision][key] = place
        payments = sql.prepared_rows(rows.Payment, _SQL["payments"], given)
        self.payments = self._payments(payments, {c.id: c for c in continuity})
        self._read_addresses()
        self.ahead: Mapping[int, Sequence[ShipmentLine]] = {}

    def look_ahead(self, number: int, rules: SetUp) -> None:
        """Read also the shipments that are not planned yet."""
        open_ones = (c for mine in self.continuity.values() for c in mine)
        going_on = [c.id for c in open_ones if c.status in NOT_ENDED and not c.complete]
        self.ahead = projected_lines(going_on, number, rules)

    def _payments(
        self, payments: list[rows.Payment], continuity: Mapping[int, rows.Continuity]
    ) -> dict[int, list[Payment]]:
        """By parent, its payments; ordered by the number of what each pays, purpose, line, number."""
        found: dict[int, list[tuple[tuple[str, str, int, int], Payment]]] = defaultdict(list)
        for p in payments:
            line, shipment, at = None, None, 0
            if p.continuity is not None:
                whole = continuity[p.continuity]
                parent, line, at = whole.order, whole.line, whole.line
                number = self.orders[parent].number
            elif (child := self.children_by_id.get(p.order or 0)) is not None:
                parent, number, line, shipment = child.parent, child.number, child.line, child.shipment
            else:
                parent = p.order or 0
                number = self.orders[parent].number
            made = payment_of(p, order=number, line=line, shipment=shipment, currency=self.orders[parent].currency)
            back = None if p.of_purpose is None else f"{number}:{line or 0}:{p.of_purpose}:{p.of_number}"
            lost = Money(p.lost, made.amount.currency) if p.lost else None
            made = replace(made, disputed=p.disputed, lost=lost, gives_back=back)
            found[parent].append(((number, p.purpose, at, p.number), made))
        return {parent: [made for _, made in sorted(mine, key=lambda one: one[0])] for parent, mine in found.items()}

    def _read_addresses(self) -> None:
        """All addresses that something of the orders names."""
        ids = {o.ship_to for o in self.orders.values()} | {c.ship_to for c in self.children_by_id.values()}
        ids |= {c.ship_to for mine in self.continuity.values() for c in mine}
        ids |= {o.ship_to for mine in self.occurrences.values() for o in mine}
        ids |= {
            json.loads(a.value or "null")["address_id"]
            for mine in self.adjustments.values()
            for a in mine
            if a.kind == "address"
        }
        self.addresses = addresses(ids)

    def order(self, order_id: int) -> Order:
        """One parent order."""
        o = self.orders[order_id]
        currency = o.currency
        happened = self.events.get(order_id, ())
        return Order(
            version=str(happened[-1].id if happened else 0),
            number=o.number,
            reference=o.reference,
            status=o.status,
            account=o.account,
            customer=o.name,
            order_date=o.order_date,
            currency=currency,
            acceptance=o.acceptance,
            ship_to=self.addresses.get(o.ship_to),
            holds=self.holds.get(order_id, ()),
            lines=tuple(
                Line(
                    line=line.line,
                    product=Product(line.item, line.name),
                    quantity=line.quantity,
                    price=None if line.continuity else Money(line.price, currency),
                    status=line.status,
                )
                for line in self.lines.get(order_id, ())
            ),
            delivery=Money(o.delivery, currency),
            tax=Money(o.tax, currency),
            total=Money(o.total, currency),
            sent=None if o.sent_on is None else Sent(o.sent_on, o.carrier, o.tracking),
            history=tuple(
                Event(e.on, e.kind, e.by, why(e.reason), None if e.data is None else json.loads(e.data))
                for e in happened
            ),
            continuity=tuple(self._continuity(c, currency) for c in self.continuity.get(order_id, ())),
            children=tuple(self._child(c, currency) for c in self.children.get(order_id, ())),
            payments=tuple(self.payments.get(order_id, ())),
            notes=tuple(self.notes.get(order_id, ())),
            gift_message=o.gift_message,
            hide_prices=o.hide_prices,
            payer=None if o.payer is None else Payer(o.payer, o.payer_name or ""),
            source_code=o.source_code,
        )

    def _child(self, child: rows.Child, currency: str) -> Child:
        return Child(
            number=child.number,
            line=child.line,
            shipment=child.shipment,
            status=child.status,
            ship_on=child.ship_on,
            ship_to=self.addresses.get(child.ship_to),
            lines=tuple(
                ChildLine(
                    Product(line.item, line.name),
                    line.quantity,
                    Money(line.price, currency),
                    Money(line.amount, currency),
                )
                for line in self.lines.get(child.id, ())
            ),
            delivery=Money(child.delivery, currency),
            tax=Money(child.tax, currency),
            total=Money(child.total, currency),
            sent=None if child.sent_on is None else Sent(child.sent_on, child.carrier, child.tracking),
            external=child.external,
            invoiced_on=child.invoiced_on,
            holds=self.holds.get(child.id, ()),
            rest_of=child.rest_of,
        )

    def _continuity(self, one: rows.Continuity, currency: str) -> Continuity:
        return Continuity(
            line=one.line,
            product=Product(one.item, one.name),
            program=one.program,
            revision=one.revision,
            status=one.status,
            complete=one.complete,
            start_date=one.start_date,
            payment_method=one.method,
            shares=shares_of(None if one.shares is None else json.loads(one.shares)),
            currency=currency,
            card=card_of(one),
            payment_schedule=one.schedule,
            upfront=one.upfront,
            tariff=one.tariff,
            tariff_kept=one.tariff_kept,
            last_shipment=one.last_shipment,
            every=None if one.every is None else every_of(json.loads(one.every)),
            times=one.times,
            ship_to=self.addresses.get(one.ship_to),
            adjustments=tuple(adjustment_of(a, currency, self.addresses) for a in self.adjustments.get(one.id, ())),
            parked=tuple(self.parked.get(one.id, ())),
            lines=tuple(self._lines(one, self.orders[one.order])),
        )

    def _lines(self, one: rows.Continuity, order: rows.Order) -> Iterator[ShipmentLine]:
        """Its lines, the projected ones before what is cancelled."""
        places = self.places[one.revision_id]
        earlier = self._made_before_update(one.order)
        changes: dict[tuple[str, int], list[rows.Adjustment]] = defaultdict(list)
        for adjustment in self.adjustments.get(one.id, ()):
            changes[adjustment.key, adjustment.repetition].append(adjustment)
        found = _cancelled_last(self.occurrences.get(one.id, []), places)
        last = next((o.key for o in reversed(found) if o.status != "cancelled"), None) if one.complete else None
        elsewhere = {
            o.shipment: o.ship_to
            for o in found
            if o.child is None and o.ship_to is not None and o.status != "cancelled"
        }
        ahead = iter(self.ahead.get(one.id, ()))
        for o in found:
            if o.status == "cancelled":
                yield from ahead
            mine = [a for a in changes.get((o.key, o.repetition), ()) if a.line in (0, o.line)]
            run_on = before(o.ship_on, self.days_before)
            child = self.children_by_id.get(o.child or 0)
            ship_to = None if child is not None else elsewhere.get(o.shipment)
            yield ShipmentLine(
                key=o.key,
                repetition=o.repetition,
                event_id=places.get(o.key),
                line=o.line,
                product=Product(o.item, o.name),
                quantity=o.quantity,
                price=Money(o.price, order.currency),
                tax_group=o.tax_group,
                event_on=o.event_on,
                ship_on=o.ship_on,
                shipment=o.shipment,
                status=o.status,
                blocked=o.blocked,
                last=o.key == last and o.status != "cancelled",
                customised=customised((a.kind, a.kind == "substitute" and priced(a)) for a in mine),
                child=child.number if child else None,
                child_status=child.status if child else None,
                child_ships_on=child.ship_on if child else None,
                ship_to=self.addresses.get(ship_to) if ship_to != one.ship_to else None,
                delivery_mode=o.delivery_mode,
                run_on=run_on,
                changeable_until=None if child is not None else before(run_on, 1),
                not_shipped=tuple(self._not_shipped(o, one, mine, run_on)),
                why=Why(
                    DateReason.read(o.why),
                    LineReason.read(o.line_why),
                    source=Source(
                        one.program,
                        None if child and child.number in earlier else one.revision,
                        places.get(o.key),
                        o.repetition,
                    ),
                    started=one.start_date is not None,
                    order_date=order.order_date,
                    changed={a.kind: Who(a.by, a.on, a.reason) for a in mine},
                ),
                schedule=o.schedule,
            )
        yield from ahead

    def _made_before_update(self, order: int) -> frozenset[str]:
        """The children that were made before the last update: by an older revision, and nobody has kept which."""
        happened = self.events.get(order, ())
        last = max((event.id for event in happened if event.kind == "updated"), default=0)
        made = (event for event in happened if event.kind == "child_created" and event.id < last)
        return frozenset(json.loads(event.data or "{}").get("child", "") for event in made)

    def _not_shipped(
        self, o: rows.Occurrence, one: rows.Continuity, mine: Iterable[rows.Adjustment], run_on: date
    ) -> Iterator[Reason]:
        """Why it has not shipped, or will not; what the night found comes first."""
        if o.status == "skipped":
            skip = next((a for a in mine if a.kind == "skip"), None)
            yield Reason("skipped", {"who": Who(skip.by, skip.on, skip.reason) if skip else None})
        elif o.status == "cancelled":
            yield Reason.read(json.loads(o.why_cancelled or "null")) or Reason("cancelled")
        elif o.status == "planned":
            yield Reason("draft")
        elif o.status == "scheduled":
            found = waits.in_turn(o.blocked, self.waits.get((one.id, o.shipment or 0), ()))
            for word in found:
                yield waits.wait_reason(word, o.ship_on, self._reason(word, one))
            if not found:
                yield Reason("due", {"run_on": run_on})

    def _reason(self, word: str, one: rows.Continuity) -> Said | None:
        """What a person or a job said of a hold, or of what is parked."""
        if word == "hold":
            return next((h.reason for h in self.holds.get(one.order, ()) if h.open and h.stops in HOLDS_CHILDREN), None)
        return next((p.reason for p in self.parked.get(one.id, ())), None) if word == "parked" else None


def addresses(ids: Iterable[int | None]) -> dict[int | None, Address]:
    """Addresses by their ids; None is none."""
    wanted = [i for i in set(ids) if i is not None]
    return {a.id: a for a in sql.rows(Address, _SQL["addresses"], {"addresses": wanted})} if wanted else {}


def _cancelled_last(found: list[rows.Occurrence], places: Mapping[str, int]) -> list[rows.Occurrence]:
    """What is cancelled has no place in the walk any more: by date and event, which every export keeps."""
    gone = [o for o in found if o.status == "cancelled"]
    gone.sort(key=lambda o: (o.event_on, places.get(o.key, sys.maxsize), o.repetition, o.key, o.line))
    return [*(o for o in found if o.status != "cancelled"), *gone]


def _by(found: Iterable[Row], name: str) -> dict[int, list[Row]]:
    sorted_: dict[int, list[Row]] = defaultdict(list)
    for row in found:
        sorted_[getattr(row, name)].append(row)
    return sorted_
