"""The order confirmation: what was agreed with the customer, what comes when, what is charged when, how to stop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from perennial.catalog.models import Company
from perennial.catalog.queries import company, set_up
from perennial.db import sql
from perennial.desk.read.coming import ComingShipment, coming
from perennial.desk.read.order import Child, Continuity, Order
from perennial.desk.read.orders import addresses
from perennial.desk.read.orders import order as read
from perennial.desk.read.shipment import ShipmentLine
from perennial.desk.read.values import Card, Payment
from perennial.kernel.money import Money, line_amount
from perennial.kernel.states import SENT, WITH_MONEY
from perennial.language.formats import Reader, fact, phrase
from perennial.papers.values import Fact, Head, address_lines, facts, head
from perennial.papers.words import of, reader_of, say

SQL = sql.named("perennial.papers", "papers.sql")
NOT_ASKED = ("cancelled", "voided", "expired", "written_off")
"""States of a payment that nobody is to pay."""
LABELS = ("ordered_on", "customer", "paid_for_by", "your_reference", "delivery", "total")
WORDS = (
    *("leaves_on", "change_until", "product", "name", "pieces", "price", "amount", "charged", "in_all", "page"),
    *("sent_at_once", "payments", "due_on", "paid_by", "what_for"),
)


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shipment: its day, what is in it, until when it can be changed, what it costs. Of a skipped one: no amounts."""

    number: str
    on: str
    products: tuple[str, ...]
    note: str | None
    until: str | None
    price: str | None
    more: str | None
    total: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A continuity product that was bought: its shipments as they are planned, what they cost, how they are paid."""

    caption: str
    shipments: tuple[Shipment, ...]
    price: str
    more: str
    total: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bought:
    """An ordinary product."""

    product: str
    name: str
    quantity: str
    price: str
    amount: str


@dataclass(frozen=True, slots=True)
class Due:
    """A payment of the order itself: the day, how it is paid, for what, how much, how it stands."""

    on: str
    by: str
    what: str
    state: str
    amount: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """An order confirmation. ``more``: what the column beside the prices holds, delivery with or without tax."""

    head: Head
    customer: tuple[str, ...]
    facts: tuple[Fact, ...]
    more: str
    plans: tuple[Plan, ...]
    bought: tuple[Bought, ...]
    sums: tuple[Fact, ...]
    payments: tuple[Due, ...]
    closing: tuple[str, ...]
    words: Mapping[str, str]
    form: str = "confirmation"


def confirmation(number: str, *, on: date, language: str | None = None) -> Confirmation:
    """The confirmation of an order, as it stands on a date; a child's number gives its parent's.

    ``language``: another one than the customer's. Refused: no order has the number.
    """
    order = read(number, on=on)
    to = reader_of(language or sql.value(SQL["language"], {"number": order.number}))
    sender = company()
    rules = set_up()
    coming_ = list(coming(order, rules))
    included = all(rules.tariff(one.tariff).prices_include_tax for one in order.continuity)
    bought = tuple(_bought(order, to))
    labels = of(to, *LABELS, _tax(order))
    return Confirmation(
        head=head(to, "offer" if order.acceptance == "awaited" else "order_confirmation", order.number, sender),
        customer=_addressed_to(order, to),
        facts=facts(
            (labels["ordered_on"], fact(order.order_date, "", to)),
            (labels["customer"], f"{order.account}, {order.customer}"),
            (labels["paid_for_by"], f"{order.payer.account}, {order.payer.name}" if order.payer else None),
            (labels["your_reference"], order.reference),
        ),
        more=say("delivery" if included else "delivery_and_tax", to),
        plans=tuple(_plan(order, one, coming_, to) for one in order.continuity),
        bought=bought,
        sums=tuple(
            Fact(labels[label], fact(value, "", to))
            for label, value in (("delivery", order.delivery), (_tax(order), order.tax), ("total", order.total))
        )
        if bought
        else (),
        payments=tuple(_payments(order, to)),
        closing=tuple(_closing(order, sender, to)),
        words=of(to, *WORDS),
    )


def _tax(order: Order) -> str:
    return "tax_included" if order.tax_included else "tax"


def _bought(order: Order, to: Reader) -> Iterator[Bought]:
    for line in order.lines:
        if line.price is not None and line.status != "cancelled":
            yield Bought(
                product=line.product.number,
                name=line.product.name,
                quantity=fact(line.quantity, "", to),
                price=fact(line.price, "", to),
                amount=fact(Money(line_amount(line.quantity, line.price.minor), order.currency), "", to),
            )


def _plan(order: Order, one: Continuity, coming_: Sequence[ComingShipment], to: Reader) -> Plan:
    costs = {shipment.number: shipment.cost for shipment in coming_ if shipment.line == one.line}
    made = {child.number: child for child in order.children}
    rows: list[Shipment] = []
    goods = whole = 0
    for number, lines in _by_shipment(one):
        child = made.get(lines[-1].child or "")
        price = sum(line_amount(line.quantity, line.price.minor) for line in lines)
        total = child.total if child else costs.get(number)
        free = lines[-1].status == "skipped" or (child is not None and child.status == "cancelled") or total is None
        if not free and total is not None:
            goods, whole = goods + price, whole + total.minor
        more = None if total is None else Money(total.minor - price, order.currency)
        rows.append(
            Shipment(
                number=str(number),
                on=fact(child.ship_on if child else lines[-1].ship_on, "", to),
                products=tuple(_named(line, to) for line in lines),
                note=_note(lines[-1], child, last=number == one.ends_with, to=to),
                until=None if free or lines[-1].changeable_until is None else fact(lines[-1].changeable_until, "", to),
                price=None if free else fact(Money(price, order.currency), "", to),
                more=None if free or more is None else fact(more, "", to),
                total=None if free or total is None else fact(total, "", to),
            )
        )
    sums = (fact(Money(minor, order.currency), "", to) for minor in (goods, whole - goods, whole))
    price_sum, more_sum, total_sum = sums
    return Plan(
        caption=say("plan", to, product=one.product.name or one.product.number, count=len(rows)),
        shipments=tuple(rows),
        price=price_sum,
        more=more_sum,
        total=total_sum,
        notes=tuple(_notes(order, one, to)),
    )


def _by_shipment(one: Continuity) -> Iterator[tuple[int, list[ShipmentLine]]]:
    """Its shipments with their products, in the order in which they come; what is cancelled has no number."""
    found: dict[int, list[ShipmentLine]] = {}
    for line in one.lines:
        if line.shipment is not None and line.status != "cancelled":
            found.setdefault(line.shipment, []).append(line)
    yield from sorted(found.items())


def _named(line: ShipmentLine, to: Reader) -> str:
    name = line.product.name or line.product.number
    return name if line.quantity == 1 else say("pieces_of", to, quantity=line.quantity, product=name)


def _note(line: ShipmentLine, child: Child | None, *, last: bool, to: Reader) -> str | None:
    if line.status == "skipped":
        return say("skipped", to)
    if child is not None and child.status == "cancelled":
        return say("not_coming", to)
    if child is not None and child.status in SENT:
        return say("was_sent", to)
    return say("the_last", to) if last else None


def _notes(order: Order, one: Continuity, to: Reader) -> Iterator[str]:
    """How it is paid, where it goes that goes elsewhere, and whether more follows."""
    by = _method(one.payment_method, one.card, to)
    if one.upfront:
        yield say("paid_whole", to, by=by)
    elif one.payment_schedule:
        yield say("paid_in_parts", to, by=by, schedule=one.payment_schedule)
    else:
        yield say("paid_as_it_leaves", to, by=by)
    own = None if order.payer else order.ship_to
    if one.ship_to is not None and (own is None or one.ship_to.id != own.id):
        yield say("goes_to", to, address=", ".join(address_lines(one.ship_to, order.customer, to)))
    if not one.complete:
        yield say("goes_on", to)


def _addressed_to(order: Order, to: Reader) -> tuple[str, ...]:
    """Whom it is sent to: the customer where the order goes, or who pays for them at an address of their own."""
    if order.payer is None:
        return address_lines(order.ship_to, order.customer, to)
    own = sql.value(SQL["payer_address"], {"number": order.number})
    return address_lines(addresses([own]).get(own), order.payer.name, to)


def _method(method: str, card: Card | None, to: Reader) -> str:
    if card is not None and card.last4:
        return say("card_ending", to, brand=(card.brand or "").capitalize(), last4=card.last4).strip()
    return phrase("method", method, None, to) or method


def _payments(order: Order, to: Reader) -> Iterator[Due]:
    """What is owed of the order itself: of its ordinary lines, and of what is billed up front."""
    sold = {one.line: one.product.name or one.product.number for one in order.continuity}
    mine = (p for p in order.payments if p.purpose in ("order", "ordinary") and p.status not in NOT_ASKED)
    for payment in sorted(mine, key=_when):
        yield Due(
            on=fact(payment.due_on, "", to),
            by=_method(payment.method, payment.card, to),
            what=sold.get(payment.line or 0) or say("sent_at_once", to),
            state=say("is_paid", to) if payment.status in WITH_MONEY else "",
            amount=fact(payment.amount, "", to),
        )


def _when(payment: Payment) -> tuple[date, int, int]:
    return payment.due_on, payment.line or 0, payment.number


def _closing(order: Order, sender: Company, to: Reader) -> Iterator[str]:
    """How to change or stop it, what that costs, what was agreed."""
    if order.acceptance == "awaited":
        yield say("offer_waits", to)
    if order.continuity:
        yield say("stop_write" if sender.from_email else "stop_call", to, email=sender.from_email)
        upfront = any(one.upfront for one in order.continuity)
        yield say("stopping_gives_back" if upfront else "stopping_is_free", to)
    else:
        yield say("wrong_write" if sender.from_email else "wrong_call", to, email=sender.from_email)
    yield say("as_agreed", to, on=order.order_date)
