"""The JSON of ``docs/contract.md``, made from what ``desk.read`` tells: commands print it, an export carries it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from perennial.catalog.queries import today
from perennial.continuity.planning import stored_every
from perennial.desk.read import orders
from perennial.desk.read.card_links import Link
from perennial.desk.read.customer import Customer
from perennial.desk.read.order import Child, ChildLine, Continuity, Order
from perennial.desk.read.payment_why import PaymentWhy
from perennial.desk.read.preview import Part, Preview
from perennial.desk.read.shipment import ShipmentLine
from perennial.desk.read.values import Added, Address, Adjustment, Event, Hold, Note, Payment, Substitute
from perennial.kernel import money
from perennial.kernel.money import Money
from perennial.kernel.plan import Behind
from perennial.kernel.reasons import Reason, json_text
from perennial.kernel.shares import Share
from perennial.language import Reader, phrase
from perennial.language.formats import ENGLISH
from perennial.language.reasons import (
    date_words,
    not_shipped,
    payment_words,
    price_words,
    product_words,
    reason_words,
)

Document = dict[str, Any]
CANCELLED = Reason("cancelled")
"""Of what was left out before anybody wrote down by whom."""


def order_document(number: str, *, ahead: int = 0, on: date | None = None) -> Document:
    """The document of one parent order; a child's number shows its parent. Refused when there is none."""
    return order_json(orders.order(number, on=on or today(), ahead=ahead))


def order_documents(order_ids: Iterable[int], *, on: date | None = None, reasons: bool = False) -> Iterator[Document]:
    """The documents of these parent orders, in the order in which they are given."""
    return (order_json(order, reasons=reasons) for order in orders.orders(order_ids, on=on or today()))


def order_json(order: Order, to: Reader = ENGLISH, *, reasons: bool = False) -> Document:
    """One order. Amounts of the order itself are those of its ordinary lines.

    ``to``: who reads the words. ``reasons``: as an export carries it, with those of each line as data, and without what
    the rest of the bundle tells (names, addresses).
    """
    whole = not reasons
    return {
        "number": order.number,
        "reference": order.reference,
        "status": order.status,
        "customer": order.account,
        "order_date": str(order.order_date),
        "currency": order.currency,
        "held": order.held,
        "holds": [hold_json(hold, to) for hold in order.holds],
        "acceptance": order.acceptance,
        "lines": [
            {
                "line": line.line,
                "item_number": line.product.number,
                "quantity": money.plain(line.quantity),
                "price": amount(line.price),
                "status": line.status,
                **({"name": line.product.name} if whole else {}),
            }
            for line in order.lines
        ],
        "delivery": amount(order.delivery),
        "tax": amount(order.tax),
        "total": amount(order.total),
        "events": [event_json(event, to) for event in order.history],
        "continuity": [_continuity(one, to, reasons) for one in order.continuity],
        "children": [_child(child, whole) for child in order.children],
        "payments": [payment_json(payment, whole) for payment in order.payments],
        "notes": [note_json(note) for note in order.notes],
        **({"ship_to": place_json(order.ship_to)} if whole else {}),
        **({} if order.payer is None else {"payer": order.payer.account}),
        **gift_json(order),
        **source_json(order.source_code),
    }


def gift_json(order: Order) -> Document:
    """What makes an order a gift; of any other nothing."""
    document: Document = {} if order.gift_message is None else {"gift_message": order.gift_message}
    return {**document, "hide_prices": True} if order.hide_prices else document


def source_json(code: str | None) -> Document:
    """Where an order, or a customer, comes from; nothing where that is not known."""
    return {} if code is None else {"source_code": code}


def _continuity(one: Continuity, to: Reader, as_data: bool) -> Document:
    return {
        "line": one.line,
        "item_number": one.product.number,
        "program": one.program,
        "revision": one.revision,
        "status": one.status,
        "complete": one.complete,
        "start_date": day_json(one.start_date),
        "payment_method": one.payment_method,
        "card": one.card.token if one.card else None,
        "payment_schedule": one.payment_schedule,
        "adjustments": [adjustment_json(adjustment) for adjustment in one.adjustments],
        "lines": [
            {**line_json(line, to), "reasons": _reasons(line)} if as_data else {**line_json(line, to), **_named(line)}
            for line in one.lines
        ],
        **({} if as_data else {"name": one.product.name, "ship_to": place_json(one.ship_to)}),
        **({"tariff": one.tariff} if one.tariff_kept else {}),
        **({"pay": shares_json(one.shares, one.currency)} if one.shares else {}),
        **({} if one.every is None else {"every": stored_every(one.every)}),
        **({} if one.times is None else {"times": one.times}),
    }


def shares_json(shares: Sequence[Share], currency: str | None) -> list[Document]:
    """In how many ways something is paid: each by an amount, a percentage, or (neither) by what the others leave."""
    return [
        {
            "method": one.method,
            "amount": None if one.amount_minor is None else money.text(one.amount_minor, currency or "USD"),
            "percent": None if one.percent is None else money.plain(one.percent),
        }
        for one in shares
    ]


def _named(line: ShipmentLine) -> Document:
    return {"name": line.product.name}


def line_json(line: ShipmentLine, to: Reader = ENGLISH) -> Document:
    """One product of one shipment."""
    return {
        "event_id": line.event_id,
        "key": line.key,
        "line": line.line,
        "repetition": line.repetition,
        "item_number": line.product.number,
        "quantity": money.plain(line.quantity),
        "price": amount(line.price),
        "event_on": str(line.event_on),
        "ship_on": str(line.ship_on),
        "action": "end" if line.last else "none",
        "status": line.status,
        "blocked": line.blocked,
        "customised": list(line.customised),
        "shipment": line.shipment,
        "child_order": line.child,
        "changeable_until": day_json(line.changeable_until),
        "why": why_words(line, to),
    }


def _child(child: Child, whole: bool) -> Document:
    more: Document = {}
    if whole:
        more = {
            "ship_to": place_json(child.ship_to),
            "shipped_on": day_json(child.sent.on if child.sent else None),
            "invoiced_on": day_json(child.invoiced_on),
        }
    return {
        "number": child.number,
        "line": child.line,
        "shipment": child.shipment,
        "status": child.status,
        "held": child.held,
        "ship_on": str(child.ship_on),
        "lines": [child_line_json(line, whole) for line in child.lines],
        "delivery": amount(child.delivery),
        "tax": amount(child.tax),
        "total": amount(child.total),
        "carrier": child.sent.carrier if child.sent else None,
        "tracking": child.sent.tracking if child.sent else None,
        "external": child.external,
        **more,
        **({} if child.rest_of is None else {"rest_of": child.rest_of}),
    }


def child_line_json(line: ChildLine, whole: bool = True) -> Document:
    return {
        "item_number": line.product.number,
        "quantity": money.plain(line.quantity),
        "price": amount(line.price),
        **({} if line.costs_its_price else {"amount": amount(line.amount)}),
        **({"name": line.product.name} if whole else {}),
    }


def adjustment_json(adjustment: Adjustment) -> Document:
    """What a person changed, by whom, when and why."""
    value: Any = adjustment.value
    match value:
        case Money():
            value = amount(value)
        case Substitute(product, price):
            value = product if price is None else {"item_number": product, "price": amount(price)}
        case Added(product, quantity, price):
            value = {"item_number": product, "quantity": money.plain(quantity), "price": amount(price)}
        case Address():
            value = address_json(value)
        case date():
            value = str(value)
        case bool() | int() | str() | None:
            pass
        case _:
            value = money.plain(value)
    return {
        "key": adjustment.key,
        "repetition": adjustment.repetition,
        "line": adjustment.line,
        "kind": adjustment.kind,
        "value": value,
        "by": adjustment.by,
        "on": str(adjustment.on),
        "reason": adjustment.reason,
    }


def address_json(address: Address) -> str | Document:
    """An address as an order names it: its code, or the address in place."""
    return {name: getattr(address, name) for name in _PLACE} if address.code is None else address.code


def place_json(address: Address | None) -> Document | None:
    """An address whole, with the code that it has among those of the customer."""
    return None if address is None else {name: getattr(address, name) for name in ("code", *_PLACE)}


_PLACE = ("purpose", "recipient", "street", "city", "postcode", "region", "country")


def customer_json(customer: Customer) -> Document:
    """A customer with addresses, cards and the numbers of the orders."""
    return {
        "account": customer.account,
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
        "language": customer.language,
        "allow_on_account": customer.allow_on_account,
        "credit_limit": amount(customer.credit_limit),
        "addresses": [{name: getattr(address, name) for name in ("code", *_PLACE)} for address in customer.addresses],
        "cards": [
            {
                "token": stored.card.token,
                "brand": stored.card.brand,
                "last4": stored.card.last4,
                "exp_month": stored.card.expires_on.month,
                "exp_year": stored.card.expires_on.year,
                "network_transaction_id": stored.network_transaction_id,
            }
            for stored in customer.cards
        ],
        "orders": list(customer.orders),
        **({"pays_for": list(customer.pays_for)} if customer.pays_for else {}),
        "notes": [note_json(note) for note in customer.notes],
        **source_json(customer.source_code),
    }


def note_json(note: Note) -> Document:
    """What somebody wrote down."""
    return {"on": str(note.on), "by": note.by, "text": note.text}


def hold_json(hold: Hold, to: Reader = ENGLISH) -> Document:
    """Why an order waits."""
    return {
        "code": hold.code,
        "reason": reason_words(hold.reason, to),
        "stops": hold.stops,
        "on": str(hold.on),
        "by": hold.by,
        "released_on": day_json(hold.released_on),
        "until": day_json(hold.until),
        "reason_code": hold.reason_code,
    }


def why_paid_words(why: PaymentWhy, to: Reader = ENGLISH) -> dict[str, str]:
    """Why a payment has its amount, its day and its card, and how it stands, in words."""
    parts = {"amount": why.amount, "day": why.day, "by": why.by, "now": why.now}
    return {part: "; ".join(payment_words(reason, to) for reason in reasons) for part, reasons in parts.items()}


def event_json(event: Event, to: Reader = ENGLISH) -> Document:
    """Something that happened."""
    reason = None if event.reason is None else reason_words(event.reason, to)
    return {"on": str(event.on), "kind": event.kind, "by": event.by, "reason": reason, "data": event.data}


def payment_json(payment: Payment, whole: bool = True) -> Document:
    """Money owed, and what became of it. ``whole``: with the token of its card and the day on which it was taken."""
    more: Document = {}
    if whole:
        more = {"card": payment.card.token if payment.card else None, "captured_on": day_json(payment.captured_on)}
    return {
        "order": payment.order,
        "purpose": payment.purpose,
        "number": payment.number,
        "method": payment.method,
        "amount": amount(payment.amount),
        "due_on": str(payment.due_on),
        "status": payment.status,
        "attempts": payment.attempts,
        "captured": amount(payment.captured),
        "refunded": amount(payment.refunded),
        **more,
    }


def preview_json(preview: Preview, to: Reader = ENGLISH) -> Document:
    """What an order would be; ``shipment`` of a payment null: it pays the whole order."""
    return {
        "lines": [line_json(line, to) for line in preview.lines],
        "complete": preview.complete,
        "payments": [_part(part) for part in preview.payments],
        "behind": None if preview.behind is None else behind_json(preview.behind),
        "notes": [{"code": one.code, "text": phrase("note", one.code, one.facts, to)} for one in preview.notes],
    }


def behind_json(behind: Behind) -> Document:
    """The shipments whose own day is past: how many, since when, and on which day they all go."""
    return {"shipments": behind.shipments, "since": str(behind.since), "ship_on": str(behind.ship_on)}


def _part(part: Part) -> Document:
    nothing = amount(Money(0, part.amount.currency))
    return {
        "order": None,
        "purpose": part.purpose,
        "number": part.number,
        "method": part.method,
        "amount": amount(part.amount),
        "due_on": str(part.due_on),
        "status": "draft",
        "attempts": 0,
        "captured": nothing,
        "refunded": nothing,
        "shipment": part.shipment,
    }


def why_words(line: ShipmentLine, to: Reader = ENGLISH) -> Document:
    """Why a line has its date, product and price, and why it has not shipped, in words."""
    why = line.why
    of_line = (why.line, why.source)
    return {
        "date": date_words(
            why.dates, why.source, line.event_on, line.ship_on, started=why.started, changed=why.changed, to=to
        ),
        "product": product_words(*of_line, line.line, why.changed, to),
        "price": price_words(
            *of_line, line.product.number, line.price, order_date=why.order_date, changed=why.changed, to=to
        ),
        "not_shipped": not_shipped(line.not_shipped[0] if line.not_shipped else None, to),
    }


def _reasons(line: ShipmentLine) -> Document:
    """The reasons of a line as they are stored."""
    gone = line.not_shipped[0] if line.status == "cancelled" else None
    own = line.why.line.stored()
    return {
        "date": json.loads(line.why.dates.stored()),
        "line": None if own is None else json.loads(own),
        "cancelled": None if gone is None or gone == CANCELLED else json.loads(json_text(gone.stored())),
    }


def amount(value: Money | None) -> str | None:
    """Money as a decimal string; the document names the currency once."""
    return None if value is None else money.text(value.minor, value.currency)


def day_json(day: date | None) -> str | None:
    """A day, where there is one."""
    return None if day is None else str(day)


def card_link_json(link: Link) -> Document:
    """A link by which a customer gives a card, and what became of it."""
    return {
        "link": link.number,
        "account": link.account,
        "order": link.order,
        "replaces": link.replaces.token if link.replaces else None,
        "channel": link.channel,
        "language": link.language,
        "status": link.status,
        "by": link.by,
        "on": str(link.on),
        "expires_on": str(link.expires_on),
        "made_at": link.made_at.isoformat(),
        "message": link.message,
        "sent_at": link.sent_at.isoformat() if link.sent_at else None,
        "opened_at": link.opened_at.isoformat() if link.opened_at else None,
        "stored_at": link.stored_at.isoformat() if link.stored_at else None,
        "card": link.card.token if link.card else None,
        "revoked_at": link.revoked_at.isoformat() if link.revoked_at else None,
        "revoked_by": link.revoked_by,
        "asked": [{"order": one.order, "amount": amount(one.amount), "status": one.status} for one in link.asked],
    }
