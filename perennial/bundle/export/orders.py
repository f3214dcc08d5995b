"""Orders as a bundle carries them: what `show order` prints, and what else is needed to go on exactly there."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from perennial.bundle.export.rows import Child, Continuity, Occurrence, Paid, Parent, Undone
from perennial.bundle.export.setup import day
from perennial.bundle.reading.orders import difference
from perennial.db import sql
from perennial.desk.contract import address_json, adjustment_json, event_json, hold_json, order_documents
from perennial.desk.read import from_rows, rows
from perennial.desk.read import orders as read
from perennial.desk.read.values import Event, Hold
from perennial.kernel import money
from perennial.kernel.reasons import Reason, why
from perennial.language.reasons import reason_words
from perennial.orders.models import SalesOrder
from perennial.payments.gateways.contract import NOT_AGAIN, Category

Document = dict[str, Any]
AT_ONCE = 500
DERIVED = ("customised", "changeable_until")
"""What a printed line says that follows from the rest of it."""


def orders() -> Iterator[Document]:
    """All orders, as they were made."""
    last = 0
    while ids := list(
        SalesOrder.objects.filter(parent=None, pk__gt=last).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]
    ):
        last = ids[-1]
        yield from order_bundles(ids)


def order_bundles(ids: list[int]) -> Iterator[Document]:
    """Some orders in the form of the bundle, in the order in which they are given."""
    more = _More(ids)
    for order_id, document in zip(ids, order_documents(ids, reasons=True), strict=True):
        yield more.order(order_id, document)


class _More:
    """Everything about a batch of orders that is not printed."""

    def __init__(self, ids: list[int]) -> None:
        said = sql.named("perennial.bundle.export", "export.sql")
        given: dict[str, Any] = {"orders": ids}
        self.parents = {p.id: p for p in sql.rows(Parent, said["parents"], given)}
        self.children = {c.number: c for c in sql.rows(Child, said["children"], given)}
        self.continuity = {(c.order, c.line): c for c in sql.rows(Continuity, said["continuity"], given)}
        given["all"] = [*ids, *(c.id for c in self.children.values())]
        given["continuity"] = [c.id for c in self.continuity.values()]
        self.modes = {(order, line): code for order, line, code in sql.tuples(said["lines"], given)}
        self.taxes = _by_first(sql.tuples(said["taxes"], given))
        self.pays = _by_first(sql.tuples(said["pays"], given))
        self.line_states = {(child, line): status for child, line, status, _ in sql.tuples(said["child_lines"], given)}
        self.holds = _by_first(sql.tuples(said["holds"], given))
        self.events = _by_first(sql.tuples(said["events"], given))
        self.parked = _by_first(sql.tuples(said["parked"], given))
        self.occurrences = {
            (o.continuity, o.key, o.repetition): o for o in sql.rows(Occurrence, said["occurrences"], given)
        }
        self.undone: dict[int, list[Undone]] = defaultdict(list)
        for undone in sql.rows(Undone, said["undone"], given):
            self.undone[undone.continuity].append(undone)
        payments = sql.rows(Paid, said["payments"], given)
        self.payments: dict[int, list[Paid]] = defaultdict(list)
        for paid in sorted(payments, key=lambda p: (p.order, p.purpose, p.line or 0, p.number)):
            self.payments[paid.parent].append(paid)
        given["payments"] = [p.id for p in payments]
        self.tries = _by_first(sql.tuples(said["tries"], given))
        self.disputes = _by_first(sql.tuples(said["disputes"], given))
        self.requests = _by_first(sql.tuples(said["refund_requests"], given))
        self.request_numbers = {one[0]: at for mine in self.requests.values() for at, one in enumerate(mine, 1)}
        self._addresses()

    def _addresses(self) -> None:
        ids = {p.ship_to for p in self.parents.values()}
        ids |= {c.ship_to for c in self.children.values()} | {c.ship_to for c in self.continuity.values()}
        ids |= {o.ship_to for o in self.occurrences.values()}
        ids |= {
            json.loads(u.value or "{}").get("address_id")
            for mine in self.undone.values()
            for u in mine
            if u.kind == "address"
        }
        self.known = read.addresses(ids)
        self.addresses: dict[int | None, Any] = {pk: address_json(address) for pk, address in self.known.items()}
        self.addresses[None] = None

    # --- the order

    def order(self, order_id: int, printed: Document) -> Document:
        """One order: the facts of its entry first, then what happened to it."""
        self.currency: str = printed["currency"]
        parent = self.parents[order_id]
        inner = {one["line"]: one for one in printed["continuity"]}
        document: Document = {
            "number": printed["number"],
            "reference": printed["reference"],
            "customer": printed["customer"],
            "order_date": printed["order_date"],
            "submit": printed["status"] != "draft",
            "ship_to": self.addresses[parent.ship_to],
            "acceptance_required": printed["acceptance"] != "none",
            "lines": [self._line(order_id, line, inner.get(line["line"])) for line in printed["lines"]],
            "pay": [self._pay(*pay) for pay in self.pays[order_id]],
        }
        entry = None if parent.entry is None else json.loads(parent.entry)
        payer = {"payer": printed["payer"]} if "payer" in printed else {}
        if entry is not None and difference(as_given(document | payer), [entry]) is not None:
            document["entry"] = entry
        document |= {
            "status": printed["status"],
            "acceptance": printed["acceptance"],
            "holds": [_hold(*hold) for hold in self.holds[order_id]],
            "delivery": printed["delivery"],
            "tax": printed["tax"],
            "total": printed["total"],
            "taxes": [self._tax(*tax) for tax in self.taxes[order_id]],
        }
        if parent.shipped_on is not None:
            document |= {
                "carrier": parent.carrier,
                "tracking": parent.tracking,
                "shipped_on": day(parent.shipped_on),
            }
        document["invoiced_on"] = day(parent.invoiced_on)
        if parent.taken_over_on is not None:
            document["taken_over_on"] = day(parent.taken_over_on)
        document["events"] = [_event(*event) for event in self.events[order_id]]
        document["children"] = [self._child(child) for child in printed["children"]]
        document["payments"] = [
            self._payment(said, paid) for said, paid in zip(printed["payments"], self.payments[order_id], strict=True)
        ]
        if self.requests[order_id]:
            document["refund_requests"] = [self._request(*one) for one in self.requests[order_id]]
        document |= payer | {
            key: printed[key] for key in ("gift_message", "hide_prices", "source_code") if key in printed
        }
        if printed["notes"]:
            document["notes"] = printed["notes"]
        return document

    def _line(self, order_id: int, line: Document, continuity: Document | None) -> Document:
        document: Document = {
            "line": line["line"],
            "item_number": line["item_number"],
            "quantity": line["quantity"],
            "delivery_mode": self.modes.get((order_id, line["line"])),
            "price": line["price"],
            "status": line["status"],
        }
        if continuity is not None:
            document["continuity"] = self._continuity(self.continuity[order_id, line["line"]], continuity)
        return document

    def _pay(self, method: str, card: str | None, percent: Decimal | None, amount: int | None) -> Document:
        return {
            "method": method,
            "card": card,
            "amount": None if amount is None else money.text(amount, self.currency),
            "percent": None if percent is None else money.plain(percent),
        }

    def _tax(
        self, group: str, base: int, tax: int, country: str | None, region: str | None, start: date | None
    ) -> Document:
        return {
            "group": group,
            "base": money.text(base, self.currency),
            "tax": money.text(tax, self.currency),
            "country": country,
            "region": region,
            "from": day(start),
        }

    # --- continuity orders

    def _continuity(self, row: Continuity, printed: Document) -> Document:
        prices = json.loads(row.prices)
        document: Document = {
            "start_date": printed["start_date"],
            "payment_method": printed["payment_method"],
            "card": printed["card"],
            "payment_schedule": printed["payment_schedule"],
            "ship_to": self.addresses[row.ship_to],
            "program": printed["program"],
            "revision": printed["revision"],
            "status": printed["status"],
            "complete": printed["complete"],
            "facts": {
                "order_date": day(row.order_date),
                "first_event": row.first_event,
                "event_duration": row.event_duration,
                "shipments": row.shipments,
                "last_shipment": row.last_shipment,
                "quantity": money.plain(row.quantity),
                "threshold": row.threshold,
                "consolidate": row.consolidate,
                "upfront": row.upfront,
                "schedule_chosen": row.schedule_chosen,
                **({} if row.owed_minor is None else {"owed": money.text(row.owed_minor, self.currency)}),
                "prices": {name: money.text(prices[name], self.currency) for name in sorted(prices)},
            },
            "lines": [self._dated(row, line) for line in printed["lines"]],
            "adjustments": printed["adjustments"],
        }
        if row.tariff is not None:
            document["tariff"] = row.tariff
        if row.keeps_tariff:
            document["keeps_tariff"] = True
        document |= {key: printed[key] for key in ("every", "times", "pay") if key in printed}
        if self.undone[row.id]:
            document["undone_adjustments"] = [self._undone(undone) for undone in self.undone[row.id]]
        if self.parked[row.id]:
            document["parked"] = [_parked(*parked) for parked in self.parked[row.id]]
        return document

    def _dated(self, row: Continuity, printed: Document) -> Document:
        """One product of one occurrence, with what differs from its event."""
        line = {name: value for name, value in printed.items() if name not in DERIVED}
        line["why"] = {name: printed["why"][name] for name in ("date", "product", "price")}
        if line["status"] == "cancelled":
            line["why"]["not_shipped"] = printed["why"]["not_shipped"]
        other = self.occurrences.get((row.id, line["key"], line["repetition"]))
        if other is not None:
            if other.other_mode:
                line["delivery_mode"] = other.delivery_mode
            if other.other_schedule:
                line["payment_schedule"] = other.payment_schedule
            if other.ship_to is not None:
                line["ship_to"] = self.addresses[other.ship_to]
        return line

    def _undone(self, undone: Undone) -> Document:
        row = rows.Adjustment(*undone[:9])
        return {
            **adjustment_json(from_rows.adjustment(row, self.currency, self.known)),
            "line": undone.line,
            "undone_on": day(undone.undone_on),
            "undone_by": undone.undone_by,
        }

    # --- children and payments

    def _child(self, printed: Document) -> Document:
        child = self.children[printed["number"]]
        document = {name: value for name, value in printed.items() if name != "held"}
        document["lines"] = [
            line if (status := self.line_states.get((child.id, at))) is None else {**line, "status": status}
            for at, line in enumerate(printed["lines"], 1)
        ]
        document |= {
            "try": child.try_no,
            "order_date": day(child.order_date),
            "ship_to": self.addresses[child.ship_to],
            "delivery_mode": child.delivery_mode,
            "taxes": [self._tax(*tax) for tax in self.taxes[child.id]],
            "shipped_on": day(child.shipped_on),
            "invoiced_on": day(child.invoiced_on),
            "holds": [_hold(*hold) for hold in self.holds[child.id]],
            "events": [_event(*event) for event in self.events[child.id]],
        }
        if child.taken_over_on is not None:
            document["taken_over_on"] = day(child.taken_over_on)
        return document

    def _payment(self, printed: Document, paid: Paid) -> Document:
        if (printed["order"], printed["purpose"], printed["number"]) != (paid.order, paid.purpose, paid.number):
            raise RuntimeError(f"payments are printed in another order than they are exported: {printed} {paid}")
        document = dict(printed)
        if paid.line is not None:
            document["line"] = paid.line
        document |= {
            "card": paid.card,
            "at_invoice": paid.at_invoice,
            "not_before_shipped": paid.not_before_shipped,
            "tried_on": day(paid.tried_on),
            "authorised_on": day(paid.authorised_on),
            "authorised_until": day(paid.authorised_until),
            "lapsed": paid.lapsed,
            "gateway": paid.gateway,
            "gateway_ref": paid.gateway_ref,
            "tries": [self._try(*one) for one in self.tries[paid.id]],
        }
        if paid.payer is not None:
            document["payer"] = paid.payer
        if paid.approval_code is not None:
            document["approval_code"] = paid.approval_code
        if paid.refunds is not None:
            document["refunds"] = paid.refunds
        if paid.overpaid is not None:
            document["overpaid"] = money.text(paid.overpaid, self.currency)
        if paid.request is not None:
            document["request"] = self.request_numbers[paid.request]
        if self.disputes[paid.id]:
            document["disputes"] = [self._dispute(*one) for one in self.disputes[paid.id]]
        if paid.billed_on is not None:
            document["bill"] = {
                "on": day(paid.billed_on),
                "due_on": day(paid.bill_due_on),
                "amount": money.text(paid.bill_amount or 0, self.currency),
            }
        return document

    def _request(
        self,
        pk: int,
        amount: int,
        asked_by: str,
        asked_on: date,
        reason: str,
        approved: bool | None,
        decided_by: str | None,
        decided_on: date | None,
    ) -> Document:
        return {
            "number": self.request_numbers[pk],
            "amount": money.text(amount, self.currency),
            "asked_by": asked_by,
            "asked_on": day(asked_on),
            "reason": reason,
            "approved": approved,
            "decided_by": decided_by,
            "decided_on": day(decided_on),
        }

    def _dispute(self, gateway: str | None, reference: str | None, amount: int, *said: Any) -> Document:
        reason, status, opened_on, answer_by, answered_on, closed_on, told_at = said
        return {
            "gateway": gateway,
            "reference": reference,
            "amount": money.text(amount, self.currency),
            "reason": reason,
            "status": status,
            "opened_on": day(opened_on),
            "answer_by": day(answer_by),
            "answered_on": day(answered_on),
            "closed_on": day(closed_on),
            "told_at": told_at,
        }

    def _try(
        self,
        kind: str,
        number: int,
        key: str,
        amount: int,
        on: date,
        sent_at: datetime,
        outcome: str | None,
        category: Category | None,
        final: bool,
        gateway: str | None,
        gateway_ref: str | None,
        network_transaction_id: str | None,
        message: str | None,
        card: str | None,
        payer: str | None,
    ) -> Document:
        document: Document = {} if payer is None else {"payer": payer}
        return document | {
            "kind": kind,
            "number": number,
            "key": key,
            "amount": money.text(amount, self.currency),
            "on": day(on),
            "sent_at": sent_at.isoformat(),
            "outcome": outcome,
            "hard": category in NOT_AGAIN,
            "category": category,
            "final": final,
            "gateway": gateway,
            "gateway_ref": gateway_ref,
            "network_transaction_id": network_transaction_id,
            "message": message,
            "card": card,
        }


def _hold(code: str, reason: str, stops: str, on: date, by: str, *more: Any) -> Document:
    *shown, released_by, because = more
    hold = Hold(code, why(because) or reason, stops, on, by, *shown)
    return {**hold_json(hold), "released_by": released_by, **_because(because)}


def _parked(shipment: int | None, job: str, sqlstate: str | None, reason: str, *more: Any) -> Document:
    on, resolved_on, because = more
    return {
        "shipment": shipment,
        "job": job,
        "sqlstate": sqlstate,
        "reason": reason_words(why(because) or reason),
        "on": day(on),
        "resolved_on": day(resolved_on),
        **_because(because),
    }


def _because(stored: str | None) -> Document:
    """A reason as data, where a job stored one."""
    return {} if stored is None else {"because": json.loads(stored)}


def _event(on: date, kind: str, by: str, reason: str | None, data: str | None, at: datetime) -> Document:
    found = None if data is None else json.loads(data)
    because = found.pop("because", None) if isinstance(found, dict) else None
    event = Event(on, kind, by, Reason.read(because) or reason, found)
    return {**event_json(event), "at": at.isoformat(), **({} if because is None else {"because": because})}


def as_given(document: Document) -> Document:
    """The facts of an order's entry, in the form in which they are noted with the order."""
    return {
        **({"payer": document["payer"]} if "payer" in document else {}),
        **{key: document[key] for key in ("customer", "order_date", "submit", "ship_to", "acceptance_required", "pay")},
        "lines": [
            {
                "item_number": line["item_number"],
                "quantity": line["quantity"],
                "delivery_mode": line["delivery_mode"],
                "continuity": {
                    key: line["continuity"][key]
                    for key in ("start_date", "payment_method", "card", "payment_schedule", "ship_to", "pay")
                    if key in line["continuity"]
                }
                if "continuity" in line
                else None,
            }
            for line in document["lines"]
        ],
    }


def _by_first(rows: list[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    """Rows by their first column, without it."""
    sorted_: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for first, *rest in rows:
        sorted_[first].append(tuple(rest))
    return sorted_
