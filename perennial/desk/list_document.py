"""The JSON of lists, of hits of a search and of reports, as ``docs/contract.md`` has it."""

from __future__ import annotations

from dataclasses import asdict

from perennial.desk.contract import Document, amount, child_line_json, day_json, payment_json
from perennial.desk.read.exceptions import Exceptional
from perennial.desk.read.lists import ListedChild, ListedPayment, ListedShipment
from perennial.desk.read.search import Hits
from perennial.desk.read.sources import SourceResult


def search_json(found: Hits) -> Document:
    """What a search found."""
    return {
        "customers": [{**asdict(hit), "next_ship_on": day_json(hit.next_ship_on)} for hit in found.customers],
        "orders": [
            {**asdict(hit), "order_date": str(hit.order_date), "ship_on": day_json(hit.ship_on)} for hit in found.orders
        ],
        "next": found.next,
    }


def listed_child_json(child: ListedChild) -> Document:
    """A child order in a list."""
    return {
        "number": child.number,
        "order": child.order,
        "customer": child.account,
        "name": child.customer,
        "program": child.program,
        "line": child.line,
        "shipment": child.shipment,
        "status": child.status,
        "ship_on": str(child.ship_on),
        "waits": list(child.waits),
        "lines": [child_line_json(line) for line in child.lines],
        "total": amount(child.total),
        "currency": child.total.currency,
    }


def listed_payment_json(one: ListedPayment) -> Document:
    """A payment in a list, and whose it is."""
    payment = one.payment
    return {
        "parent": one.order,
        "customer": one.account,
        "name": one.customer,
        "line": payment.line,
        "shipment": payment.shipment,
        **payment_json(payment),
        "currency": payment.amount.currency,
    }


def listed_shipment_json(shipment: ListedShipment) -> Document:
    """A planned shipment in a list."""
    return {
        "order": shipment.order,
        "customer": shipment.account,
        "name": shipment.customer,
        "program": shipment.program,
        "line": shipment.line,
        "shipment": shipment.shipment,
        "ship_on": str(shipment.ship_on),
        "waits": list(shipment.waits),
        "lines": [child_line_json(line) for line in shipment.lines],
    }


def ending_card_json(one: Exceptional) -> Document:
    """A card that will have expired on the day of a charge."""
    facts = one.facts
    return {
        "order": one.order,
        "line": one.line,
        "account": one.account,
        "card": facts["card"],
        "expires_on": day_json(facts["expires_on"]),  # type: ignore[arg-type]
        "first_on": str(one.day),
        "shipments": facts["shipments"],
        "parts": facts["parts"],
        "amount": amount(facts["amount"]),  # type: ignore[arg-type]
        "told_on": day_json(facts["told_on"]),  # type: ignore[arg-type]
    }


def source_result_json(one: SourceResult) -> Document:
    """What became of the orders of a source code."""
    return {
        "source_code": one.code,
        "description": one.description,
        "customers": one.customers,
        "orders": one.orders,
        "joined": one.joined,
        "still_open": one.still_open,
        "ended": [
            {"stopped": each.stopped, "reason_code": each.reason_code, "orders": each.count} for each in one.ended
        ],
        "shipments_sent": one.shipments_sent,
        "captured": {each.currency: amount(each) for each in one.captured},
        "refunded": {each.currency: amount(each) for each in one.refunded},
    }
