"""The document of an order: what `show order` prints, what an export carries, what a page is drawn from.

A batch of orders takes a constant number of queries, however many shipments they have, so that a
hundred thousand orders stream through in a minute or two.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from perennial.catalog.queries import parameters
from perennial.db import sql
from perennial.desk import rows
from perennial.desk.why import changed_by, why_not_shipped, words_of
from perennial.kernel import money
from perennial.kernel.reasons import Reason, Who
from perennial.language import Reader
from perennial.language.formats import ENGLISH
from perennial.language.reasons import Source

Document = dict[str, Any]
BATCH = 500
CUSTOMISED = ("skip", "date", "product", "quantity", "price", "address")
"""The fields of a line that a person may have changed, in the order in which they are listed."""

_CHANGES = {
    "skip": "skip", "move": "date", "redate": "date", "substitute": "product",
    "quantity": "quantity", "price": "price", "address": "address",
}  # fmt: skip


Row = TypeVar("Row", rows.Child, rows.Line, rows.Hold, rows.Event)


def order_documents(
    order_ids: Iterable[int], *, ahead: int = 0, to: Reader = ENGLISH, reasons: bool = False
) -> Iterator[Document]:
    """The documents of these parent orders, in the order in which they are given.

    ``ahead``: so many shipments beyond the planned ones, as extension would plan them. ``to``: who reads the words.
    ``reasons``: the reasons of each line as data, too, as an export carries them.
    """
    ids = iter(order_ids)
    places: dict[int, dict[str, int]] = {}
    days_before = parameters().days_before_delivery
    while batch := list(islice(ids, BATCH)):
        found = _Batch(batch, places, days_before, ahead, to, reasons)
        for order_id in batch:
            if order_id in found.orders:
                yield found.document(order_id)


class _Batch:
    """Everything about a batch of orders, read at once and sorted by what it belongs to."""

    def __init__(
        self,
        ids: list[int],
        places: dict[int, dict[str, int]],
        days_before: int,
        ahead: int,
        to: Reader,
        reasons: bool,
    ) -> None:
        said = sql.named("perennial.desk", "sql/documents.sql")
        self.to, self.reasons = to, reasons
        self.days_before = days_before
        self.orders = {o.id: o for o in sql.rows(rows.Order, said["orders"], {"orders": ids})}
        children = sql.rows(rows.Child, said["children"], {"orders": ids})
        continuity = sql.rows(rows.Continuity, said["continuity"], {"orders": ids})
        given: dict[str, Any] = {
            "orders": ids,
            "all": [*ids, *(c.id for c in children)],
            "continuity": [c.id for c in continuity],
            "revisions": [c for c in {c.revision_id for c in continuity} if c not in places],
        }
        self.children = _by(children, "parent")
        self.lines = _by(sql.rows(rows.Line, said["lines"], given), "order")
        self.holds = _by(sql.rows(rows.Hold, said["holds"], given), "order")
        self.events = _by(sql.rows(rows.Event, said["events"], given), "order")
        self.continuity: dict[int, list[rows.Continuity]] = defaultdict(list)
        for one in continuity:
            self.continuity[one.order].append(one)
        self.adjustments: dict[int, list[rows.Adjustment]] = defaultdict(list)
        self.occurrences: dict[int, list[rows.Occurrence]] = defaultdict(list)
        self.parked: dict[int, str] = {}
        self.places = places
        if continuity:
            for adjustment in sql.rows(rows.Adjustment, said["adjustments"], given):
                self.adjustments[adjustment.continuity].append(adjustment)
            for occurrence in sql.rows(rows.Occurrence, said["occurrences"], given):
                self.occurrences[occurrence.continuity].append(occurrence)
            for continuity_id, reason in sql.tuples(said["parked"], given):
                self.parked.setdefault(continuity_id, reason)
        if given["revisions"]:
            places.update({revision: {} for revision in given["revisions"]})
            for revision, key, place in sql.tuples(said["places"], given):
                places[revision][key] = place
        self.payments = self._payments(sql.rows(rows.Payment, said["payments"], given), children, continuity)
        self.addresses = self._addresses(said["addresses"])
        self.ahead: dict[int, list[Document]] = {}
        if ahead:
            from perennial.desk.ahead import projected_lines

            going_on = [c.id for c in continuity if c.status in ("draft", "open") and not c.complete]
            self.ahead = projected_lines(going_on, ahead, to)

    def _payments(
        self, payments: list[rows.Payment], children: list[rows.Child], continuity: list[rows.Continuity]
    ) -> dict[int, list[tuple[str, rows.Payment]]]:
        """By parent, its payments with the number of what each pays; ordered by that, purpose, line, number."""
        parents = {c.id: (c.parent, c.number) for c in children}
        parents |= {o.id: (o.id, o.number) for o in self.orders.values()}
        whole = {c.id: c for c in continuity}
        sorted_: dict[int, list[tuple[Any, str, rows.Payment]]] = defaultdict(list)
        for payment in payments:
            line = 0
            if payment.continuity is not None:
                parent, number = parents[whole[payment.continuity].order]
                line = whole[payment.continuity].line
            else:
                parent, number = parents[payment.order or 0]
            sorted_[parent].append(((number, payment.purpose, line, payment.number), number, payment))
        return {
            parent: [(number, payment) for _, number, payment in sorted(mine, key=lambda one: one[0])]
            for parent, mine in sorted_.items()
        }

    def _addresses(self, statement: str) -> dict[int, Any]:
        """The addresses that adjustments name: the code, or the address in place."""
        ids = {
            json.loads(a.value or "null")["address_id"]
            for mine in self.adjustments.values()
            for a in mine
            if a.kind == "address"
        }
        if not ids:
            return {}
        names = ("purpose", "recipient", "street", "city", "postcode", "region", "country")
        return {
            row[0]: row[1] if row[1] is not None else dict(zip(names, row[2:], strict=True))
            for row in sql.tuples(statement, {"addresses": list(ids)})
        }

    def document(self, order_id: int) -> Document:
        """The document of one parent order."""
        order = self.orders[order_id]
        currency = order.currency
        holds = self.holds.get(order_id, [])
        return {
            "number": order.number,
            "reference": order.reference,
            "status": order.status,
            "customer": order.customer,
            "order_date": str(order.order_date),
            "currency": currency,
            "held": _held(holds),
            "holds": [_hold(h) for h in holds],
            "acceptance": order.acceptance,
            "lines": [_line(line, currency) for line in self.lines.get(order_id, [])],
            "delivery": money.text(order.delivery, currency),
            "tax": money.text(order.tax, currency),
            "total": money.text(order.total, currency),
            "events": [_event(e) for e in self.events.get(order_id, [])],
            "continuity": [self._continuity(c, order, holds) for c in self.continuity.get(order_id, [])],
            "children": [self._child(c, currency) for c in self.children.get(order_id, [])],
            "payments": [_payment(number, p, currency) for number, p in self.payments.get(order_id, [])],
        }

    def _child(self, child: rows.Child, currency: str) -> Document:
        return {
            "number": child.number,
            "line": child.line,
            "shipment": child.shipment,
            "status": child.status,
            "held": _held(self.holds.get(child.id, [])),
            "ship_on": str(child.ship_on),
            "lines": [
                {
                    "item_number": line.item,
                    "quantity": money.plain(line.quantity),
                    "price": money.text(line.price, currency),
                }
                for line in self.lines.get(child.id, [])
            ],
            "delivery": money.text(child.delivery, currency),
            "tax": money.text(child.tax, currency),
            "total": money.text(child.total, currency),
            "carrier": child.carrier,
            "tracking": child.tracking,
            "external": child.external,
        }

    def _continuity(self, one: rows.Continuity, order: rows.Order, holds: list[rows.Hold]) -> Document:
        adjustments = self.adjustments.get(one.id, [])
        return {
            "line": one.line,
            "item_number": one.item,
            "program": one.program,
            "revision": one.revision,
            "status": one.status,
            "complete": one.complete,
            "start_date": None if one.start_date is None else str(one.start_date),
            "payment_method": one.method,
            "card": one.card,
            "payment_schedule": one.schedule,
            "adjustments": [self._adjustment(a, order.currency) for a in adjustments],
            "lines": list(self._lines(one, order, adjustments, holds)),
        }

    def _adjustment(self, adjustment: rows.Adjustment, currency: str) -> Document:
        value: Any = None if adjustment.value is None else json.loads(adjustment.value)
        if adjustment.kind == "price":
            value = money.text(value, currency)
        elif adjustment.kind == "substitute":
            given = value.get("price_minor")
            value = value["item"]
            if given is not None:
                value = {"item_number": value, "price": money.text(given, currency)}
        elif adjustment.kind == "address":
            value = self.addresses.get(value["address_id"])
        return {
            "key": adjustment.key,
            "repetition": adjustment.repetition,
            "line": adjustment.line or None,
            "kind": adjustment.kind,
            "value": value,
            "by": adjustment.by,
            "on": str(adjustment.on),
            "reason": adjustment.reason,
        }

    def _lines(
        self, one: rows.Continuity, order: rows.Order, adjustments: list[rows.Adjustment], holds: list[rows.Hold]
    ) -> Iterator[Document]:
        currency = order.currency
        places = self.places[one.revision_id]
        changes: dict[tuple[str, int], list[rows.Adjustment]] = defaultdict(list)
        for adjustment in adjustments:
            changes[adjustment.key, adjustment.repetition].append(adjustment)
        found = _cancelled_last(self.occurrences.get(one.id, []), places)
        last = next((o.key for o in reversed(found) if o.status != "cancelled"), None) if one.complete else None
        ahead = iter(self.ahead.get(one.id, ()))
        detail = {
            "hold": next((h.reason for h in holds if h.released_on is None and h.stops != "charging"), None),
            "parked": self.parked.get(one.id),
        }
        for o in found:
            if o.status == "cancelled":
                yield from ahead
            mine = [a for a in changes.get((o.key, o.repetition), ()) if a.line in (0, o.line)]
            told: dict[str, Any] = {"reason": detail.get(o.blocked or "")}
            who = changed_by(mine)
            told["who"] = who.get("skip")
            told["cancelled"] = Reason.read(json.loads(o.why_cancelled)) if o.why_cancelled else None
            yield line_document(
                o,
                source=Source(one.program, one.revision, places.get(o.key), o.key, o.repetition),
                started=one.start_date is not None,
                order_date=order.order_date,
                currency=currency,
                days_before=self.days_before,
                last=o.key == last and o.status != "cancelled",
                changed=customised((a.kind, a.kind == "substitute" and _priced(a)) for a in mine),
                who=who,
                told=told,
                to=self.to,
                reasons=self.reasons,
            )
        yield from ahead


def _cancelled_last(found: list[rows.Occurrence], places: Mapping[str, int]) -> list[rows.Occurrence]:
    """What is cancelled has no place in the walk any more: by date and event, which every export keeps."""
    gone = [o for o in found if o.status == "cancelled"]
    gone.sort(key=lambda o: (o.event_on, places.get(o.key, sys.maxsize), o.repetition, o.key, o.line))
    return [*(o for o in found if o.status != "cancelled"), *gone]


def _before(day: date, days: int) -> date:
    """So many days earlier, but not before there are dates."""
    return date.fromordinal(max(1, day.toordinal() - days))


def line_document(
    o: rows.Occurrence,
    *,
    source: Source,
    started: bool,
    order_date: date,
    currency: str,
    days_before: int,
    last: bool = False,
    changed: list[str] | None = None,
    who: dict[str, Who] | None = None,
    told: dict[str, Any] | None = None,
    to: Reader = ENGLISH,
    reasons: bool = False,
) -> Document:
    """One product of one occurrence. It can be changed until the day before the run that makes its child."""
    run_on = _before(o.ship_on, days_before)
    waits = why_not_shipped(o.status, o.blocked, o.ship_on, run_on, told)
    document = {
        "event_id": source.place,
        "key": o.key,
        "line": o.line,
        "repetition": o.repetition,
        "item_number": o.item,
        "quantity": money.plain(o.quantity),
        "price": money.text(o.price, currency),
        "event_on": str(o.event_on),
        "ship_on": str(o.ship_on),
        "action": "end" if last else "none",
        "status": o.status,
        "blocked": o.blocked,
        "customised": changed or [],
        "shipment": o.shipment,
        "child_order": o.child,
        "changeable_until": None if o.child is not None else str(_before(run_on, 1)),
        "why": words_of(
            o,
            source,
            started=started,
            order_date=order_date,
            currency=currency,
            changed=who or {},
            waits=waits,
            to=to,
        ),
    }
    if reasons:
        document["reasons"] = {
            "date": json.loads(o.why),
            "line": None if o.line_why is None else json.loads(o.line_why),
            "cancelled": None if o.why_cancelled is None else json.loads(o.why_cancelled),
        }
    return document


def customised(changes: Iterable[tuple[str, bool]]) -> list[str]:
    """Which fields a person changed, from (kind, came with a price); a substitute with a price changed both."""
    found: set[str] = set()
    for kind, priced in changes:
        if kind in _CHANGES:
            found.add(_CHANGES[kind])
        if priced:
            found.add("price")
    return [field for field in CUSTOMISED if field in found] if found else []


def _priced(adjustment: rows.Adjustment) -> bool:
    return json.loads(adjustment.value or "{}").get("price_minor") is not None


def _by(found: Iterable[Row], name: str) -> dict[int, list[Row]]:
    sorted_: dict[int, list[Row]] = defaultdict(list)
    for row in found:
        sorted_[getattr(row, name)].append(row)
    return sorted_


def _held(holds: Iterable[rows.Hold]) -> bool:
    return any(h.released_on is None for h in holds)


def _hold(hold: rows.Hold) -> Document:
    return {
        "code": hold.code,
        "reason": hold.reason,
        "stops": hold.stops,
        "on": str(hold.on),
        "by": hold.by,
        "released_on": None if hold.released_on is None else str(hold.released_on),
    }


def _line(line: rows.Line, currency: str) -> Document:
    return {
        "line": line.line,
        "item_number": line.item,
        "quantity": money.plain(line.quantity),
        "price": None if line.continuity else money.text(line.price, currency),
        "status": line.status,
    }


def _event(event: rows.Event) -> Document:
    return {
        "on": str(event.on),
        "kind": event.kind,
        "by": event.by,
        "reason": event.reason,
        "data": None if event.data is None else json.loads(event.data),
    }


def _payment(number: str, payment: rows.Payment, currency: str) -> Document:
    return {
        "order": number,
        "purpose": payment.purpose,
        "number": payment.number,
        "method": payment.method,
        "amount": money.text(payment.amount, currency),
        "due_on": str(payment.due_on),
        "status": payment.status,
        "attempts": payment.attempts,
        "captured": money.text(payment.captured, currency),
        "refunded": money.text(payment.refunded, currency),
    }
