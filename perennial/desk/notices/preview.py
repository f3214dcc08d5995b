"""A message as it would look for a real order: nothing is written, nothing is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from django.conf import settings

from perennial.catalog.queries import SetUp, company, set_up
from perennial.desk.notices import facts
from perennial.desk.notices.facts import Facts
from perennial.desk.read import orders
from perennial.desk.read.coming import coming
from perennial.desk.read.order import Order
from perennial.desk.read.values import Card, Payment
from perennial.errors import Refused, refuse_all
from perennial.kernel.states import CHANGEABLE
from perennial.notices.kinds import kind_of
from perennial.notices.links import hidden_link
from perennial.notices.rendering import Message, render
from perennial.notices.texts import Text, faults, text_to_show
from perennial.notices.words import words


@dataclass(frozen=True, slots=True)
class Shown:
    """A message that would be sent; ``own``: in the company's own words."""

    kind: str
    language: str
    own: bool
    subject: str
    text: str
    html: str


def preview(kind: str, language: str, number: str, *, on: date, text: tuple[str, str] | None = None) -> Shown:
    """A message of a kind for an order, as if it were told now; ``text``: subject and body that are not stored yet. With the
    number of a child what is told of a shipment or of its money is told of this one.

    Refused: an unknown kind or order; a text that could not be kept; the order has nothing that such a message could
    tell of.
    """
    known = kind_of(kind)
    said = text_to_show(kind, language)
    if text is not None:
        refuse_all(faults(known, language, *text))
        said = Text(kind, language, *text, own=True)
    order = orders.order(number, on=on)
    if number != order.number and kind in _OF_A_CHILD:
        order = _of_child(order, number)
    told = _FACTS[kind](order, set_up(), on)
    if told is None:
        raise Refused("message_nothing_to_show", "number", order=number, kind=kind)
    made = _rendered(said, told, order.customer, on)
    return Shown(kind=kind, language=said.language, own=said.own, subject=made.subject, text=made.text, html=made.html)


def _of_child(order: Order, number: str) -> Order:
    """An order with nothing but a child of it, its shipment, and what pays it."""
    return replace(
        order,
        children=tuple(child for child in order.children if child.number == number),
        payments=tuple(payment for payment in order.payments if payment.order == number),
        continuity=tuple(
            replace(one, lines=tuple(line for line in one.lines if line.child == number)) for one in order.continuity
        ),
    )


def _rendered(said: Text, told: Facts, customer: str, on: date) -> Message:
    from_us = company()
    sender = from_us.from_email or ""
    return render(
        said,
        words(
            told,
            company=from_us,
            sender=sender,
            customer=customer,
            language=said.language,
            told_on=on,
            link=hidden_link() if settings.PERENNIAL_URL else "",
        ),
    )


def _confirmed(order: Order, rules: SetUp, on: date) -> Facts:
    return facts.confirmed(order, rules)


def _ahead(order: Order, rules: SetUp, on: date) -> Facts | None:
    found = sorted(coming(order, rules), key=lambda one: one.child is not None)
    return facts.ahead(found[0], order.currency, rules) if found else None


def _shipped(order: Order, rules: SetUp, on: date) -> Facts | None:
    children = [child for child in order.children if child.status != "cancelled"]
    sent = [child for child in children if child.sent is not None]
    if found := (sent or children)[-1:]:
        return facts.child_sent(order, found[0], found[0].sent)
    return facts.ordinary_sent(order, order.sent) if order.sent is not None else None


def _ended(order: Order, rules: SetUp, on: date) -> Facts | None:
    return facts.ended(order, order.continuity[0], on) if order.continuity else None


def _price_changed(order: Order, rules: SetUp, on: date) -> Facts | None:
    for shipment in coming(order, rules):
        line = shipment.lines[0]
        return facts.price_changed(
            order=order.number,
            currency=order.currency,
            first=facts.Repriced(line.product.name, line.price.minor, line.price.minor),
            ship_on=shipment.ship_on,
        )
    return None


def _charges_changed(order: Order, rules: SetUp, on: date) -> Facts | None:
    for shipment in coming(order, rules):
        to_pay = [
            p for p in order.payments if (p.line, p.purpose) == (shipment.line, "order") and p.status in CHANGEABLE
        ]
        if to_pay or not shipment.upfront:
            minor = sum(p.amount.minor for p in to_pay) if shipment.upfront else shipment.cost.minor
            return facts.charges_changed(
                order=order.number,
                currency=order.currency,
                program=shipment.sold.name,
                old=minor,
                new=minor,
                ship_on=None if shipment.upfront else shipment.ship_on,
                due_on=max(min(p.due_on for p in to_pay), on) if shipment.upfront else None,
            )
    return None


def _declined(order: Order, rules: SetUp, on: date) -> Facts | None:
    paid = _payment(order, lambda p: p.method == "card" and p.purpose != "refund")
    return facts.payment(paid.order, paid.amount, paid.card) if paid else _next_charge(order, rules)


def _bill(order: Order, rules: SetUp, on: date) -> Facts | None:
    paid = _payment(order, lambda p: p.purpose != "refund")
    return facts.payment(paid.order, paid.amount, None, due_on=paid.due_on.isoformat()) if paid else None


def _refunded(order: Order, rules: SetUp, on: date) -> Facts | None:
    paid = _payment(order, lambda p: p.purpose == "refund") or _payment(order, lambda p: p.method == "card")
    return facts.payment(paid.order, paid.amount, paid.card) if paid else None


def _next_charge(order: Order, rules: SetUp) -> Facts | None:
    found = next((one for one in coming(order, rules) if one.card is not None), None)
    return facts.payment(found.child or order.number, found.cost, found.card) if found is not None else None


def _card_link(order: Order, rules: SetUp, on: date) -> Facts | None:
    sold = ", ".join(one.product.name for one in order.continuity)
    return facts.card_asked(_card(order), order=order.number, program=sold, valid_until=on)


def _card_expired(order: Order, rules: SetUp, on: date) -> Facts | None:
    card = _card(order)
    return facts.card_ends(card) if card else None


def _card_expiring(order: Order, rules: SetUp, on: date) -> Facts | None:
    card = _card(order)
    first = next((one.ship_on for one in coming(order, rules) if one.child is None), None)
    return facts.card_ends(card, order=order.number, ship_on=first) if card else None


def _card(order: Order) -> Card | None:
    return next((one.card for one in order.continuity if one.card is not None), None)


def _payment(order: Order, fits: Callable[[Payment], bool]) -> Payment | None:
    return next((payment for payment in reversed(order.payments) if fits(payment)), None)


_FACTS: dict[str, Callable[[Order, SetUp, date], Facts | None]] = {
    "card_link": _card_link,
    "card_expired": _card_expired,
    "declined": _declined,
    "bill": _bill,
    "order_confirmed": _confirmed,
    "shipment_ahead": _ahead,
    "shipped": _shipped,
    "card_expiring": _card_expiring,
    "price_changed": _price_changed,
    "charges_changed": _charges_changed,
    "refunded": _refunded,
    "ended": _ended,
}
_OF_A_CHILD = ("shipment_ahead", "shipped", "declined", "bill", "refunded")
"""The kinds that tell of one shipment, or of its money."""
