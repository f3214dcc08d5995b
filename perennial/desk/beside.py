"""What a page says of an order beside its document: who the customer is, where boxes go, which card pays.

The document is a contract, so these are asked for apart from it, and by a page alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Q

from perennial.catalog.queries import parameters
from perennial.continuity.models import ContinuityOrder, Occurrence
from perennial.customers.models import Address, StoredCard
from perennial.orders.models import SalesOrder, Shipment
from perennial.payments.models import Attempt, Payment


class Beside(NamedTuple):
    """Of one parent order. Addresses beside the order's own are named by their codes and written out once."""

    customer: str
    tax_included: bool
    """Do prices include the tax that is told?"""
    address: str | None
    others: list[str]
    """The addresses beside the order's own, written out; each begins with its name."""
    lines: dict[int, str]
    """By line: the name of the address that it goes to, where that is another than the order's."""
    shipments: dict[tuple[int, int], str]
    """By line and shipment, what has no child yet and goes to another address than its line."""
    children: dict[str, str]
    """By number: the children that go to another address than the order's."""
    cards: dict[str, str]
    """By token: brand and last four digits."""
    sent: str
    """The ordinary lines: when they were sent, by which carrier, under which number of its."""
    payments: dict[tuple[str, str, int], list[tuple[str, date | None]]]
    """By order, purpose and number: the card in words, and when the money was taken; several, in the order of lines."""


def beside(number: str) -> Beside:
    """What a page says of a parent order beside its document."""
    order = SalesOrder.objects.select_related("customer").get(number=number)
    children = list(SalesOrder.objects.filter(parent=order).values_list("id", "number", "ship_to_id").order_by("id"))
    found = ContinuityOrder.objects.filter(order=order).order_by("parent_line__line")
    lines = {row.pk: row for row in found.select_related("parent_line")}
    planned = (
        Occurrence.objects.filter(continuity_order__in=lines, child=None, ship_to__isnull=False)
        .exclude(status="cancelled")
        .order_by("position", "id")
    )
    of_line = {row.parent_line.line: row.ship_to_id for row in lines.values()}
    of_shipment = {(lines[o.continuity_order_id].parent_line.line, o.shipment or 0): o.ship_to_id for o in planned}
    of_child = {child: place for _, child, place in children}
    own = order.ship_to_id
    elsewhere = [*of_line.values(), *of_shipment.values(), *of_child.values()]
    names, written = _addresses([own, *elsewhere])
    cards = {card.pk: card for card in StoredCard.objects.filter(customer=order.customer_id)}
    return Beside(
        customer=order.customer.name,
        tax_included=parameters().prices_include_tax,
        address=None if own is None else written[own],
        others=[written[place] for place in dict.fromkeys(elsewhere) if place is not None and place != own],
        lines={line: names[place] for line, place in of_line.items() if place is not None and place != own},
        shipments={
            (line, shipment): names[place]
            for (line, shipment), place in of_shipment.items()
            if place is not None and place != of_line[line]
        },
        children={child: names[place] for child, place in of_child.items() if place is not None and place != own},
        cards={card.token: _card(card) for card in cards.values()},
        sent=_sent(order),
        payments=_payments([order.pk, *(pk for pk, _, _ in children)], list(lines), cards),
    )


def _sent(order: SalesOrder) -> str:
    sent = Shipment.objects.filter(order=order).first()
    if sent is None:
        return ""
    return ", ".join(word for word in (f"sent on {sent.on_date}", sent.carrier, sent.tracking) if word)


def _card(card: StoredCard | None) -> str:
    return "" if card is None else " ".join(word for word in (card.brand, card.last4) if word)


def _addresses(ids: Iterable[int | None]) -> tuple[dict[int, str], dict[int, str]]:
    """The names of addresses, and each written on one line. Without a code, the first of its words name it."""
    names, written = {}, {}
    for a in Address.objects.filter(pk__in={i for i in ids if i is not None}):
        city = " ".join(word for word in (a.postcode, a.city) if word)
        land = " ".join(word for word in (a.region, a.country) if word)
        words = [" ".join(word.split()) for word in (a.recipient, a.street, city, land) if word]
        names[a.pk] = a.code or (words[0] if words else "an empty address")
        written[a.pk] = f"{a.code}: {', '.join(words)}" if a.code else ", ".join(words) or names[a.pk]
    often = Counter(names.values())
    return {pk: name if often[name] == 1 else written[pk] for pk, name in names.items()}, written


def _payments(
    orders: list[int], continuity: list[int], cards: dict[int, StoredCard]
) -> dict[tuple[str, str, int], list[tuple[str, date | None]]]:
    """The card of each payment: the one that was charged, else the one that pays."""
    owed = (
        Payment.objects.filter(Q(order__in=orders) | Q(continuity_order__in=continuity))
        .select_related("order", "continuity_order__order")
        .order_by("continuity_order__parent_line__line", "id")
    )
    tries = Attempt.objects.filter(payment__in=[p.pk for p in owed], kind__in=("capture", "charge"), outcome="approved")
    taken = {t.payment_id: t for t in tries.order_by("id")}
    sorted_: dict[tuple[str, str, int], list[tuple[str, date | None]]] = defaultdict(list)
    for p in owed:
        pays = p.order or (p.continuity_order and p.continuity_order.order)
        charged = taken.get(p.pk)
        card = charged.card_id if charged and charged.card_id else p.card_id
        key = (pays.number if pays else "", p.purpose, p.number)
        sorted_[key].append((_card(cards.get(card or 0)), charged.on_date if charged else None))
    return sorted_
