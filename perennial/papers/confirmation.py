"""The order confirmation: what was agreed with the customer, what comes when, what is charged when, how to stop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from perennial.catalog.models import Company
from perennial.catalog.queries import SetUp, company, set_up
from perennial.db import sql
from perennial.desk.read.coming import ComingShipment, coming
from perennial.desk.read.order import Continuity, Made, Order, each_once
from perennial.desk.read.orders import addresses
from perennial.desk.read.orders import order as read
from perennial.desk.read.shipment import ShipmentLine
from perennial.desk.read.values import Card, Payment, Product
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
    """A payment of the order itself, or money that was given back (with a minus): the day, how, for what, how much, how it
    stands.
    """

    on: str
    by: str
    what: str
    state: str
    amount: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """An order confirmation. ``more``: what the column beside the prices holds, delivery with or without the tax."""

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


class _Row(NamedTuple):
    """A shipment: ``total`` None: nothing is paid for it; ``adds_tax`` to its prices; None: no tax is known."""

    number: int
    lines: Sequence[ShipmentLine]
    made: Made | None
    goods: int
    total: int | None
    adds_tax: bool | None


def confirmation(number: str, *, on: date, language: str | None = None) -> Confirmation:
    """The confirmation of an order, as it stands on a date; a child's number gives its parent's.

    ``language``: another one than the customer's. Refused: no order has the number.
    """
    order = read(number, on=on)
    to = reader_of(language or sql.value(SQL["language"], {"number": order.number}))
    sender = company()
    rules = set_up()
    coming_ = list(coming(order, rules))
    rows = [(one, list(_rows(order, one, coming_, rules))) for one in order.continuity]
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
        more=say(_more(row for _, its in rows for row in its), to),
        plans=tuple(_plan(order, one, its, to) for one, its in rows),
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


def _rows(order: Order, one: Continuity, coming_: Sequence[ComingShipment], rules: SetUp) -> Iterator[_Row]:
    """Its shipments in the order in which they come; what is cancelled has no number."""
    made, included = order.made, rules.tariff(one.tariff).prices_include_tax
    costs = {shipment.number: shipment.cost.minor for shipment in coming_ if shipment.line == one.line}
    found: dict[int, list[ShipmentLine]] = {}
    for line in one.lines:
        if line.shipment is not None and line.status != "cancelled":
            found.setdefault(line.shipment, []).append(line)
    for number, lines in sorted(found.items()):
        became = made.get(lines[-1].child or "")
        if became is None:
            goods = sum(line_amount(line.quantity, line.price.minor) for line in lines)
            total = None if lines[-1].status == "skipped" else costs.get(number)
            yield _Row(number, lines, None, goods=goods, total=total, adds_tax=not included)
        else:
            total = None if became.children[0].status == "cancelled" else became.total.minor
            included_there = became.tax_included
            adds_tax = None if included_there is None else not included_there
            yield _Row(number, lines, became, goods=became.goods.minor, total=total, adds_tax=adds_tax)


def _more(rows: Iterable[_Row]) -> str:
    """What the column beside the prices holds: its shipments may be of tariffs that include the tax and of such that do not."""
    adds = {row.adds_tax for row in rows if row.total is not None} - {None}
    if adds == {True}:
        return "delivery_and_tax"
    return "delivery_and_added_tax" if True in adds else "delivery"


def _plan(order: Order, one: Continuity, rows: Sequence[_Row], to: Reader) -> Plan:
    paid = [(row.goods, row.total) for row in rows if row.total is not None]
    goods, whole = sum(price for price, _ in paid), sum(total for _, total in paid)
    price, more, total = (fact(Money(minor, order.currency), "", to) for minor in (goods, whole - goods, whole))
    return Plan(
        caption=say("plan", to, product=one.product.name or one.product.number, count=len(rows)),
        shipments=tuple(_shipment(row, order.currency, last=row.number == one.ends_with, to=to) for row in rows),
        price=price,
        more=more,
        total=total,
        notes=tuple(_notes(order, one, to)),
    )


def _shipment(row: _Row, currency: str, *, last: bool, to: Reader) -> Shipment:
    until = row.lines[-1].changeable_until
    products = each_once(row.made.lines if row.made else row.lines)
    price = more = total = None
    if row.total is not None:
        sums = (row.goods, row.total - row.goods, row.total)
        price, more, total = (fact(Money(minor, currency), "", to) for minor in sums)
    return Shipment(
        number=str(row.number),
        on=fact(row.made.children[0].ship_on if row.made else row.lines[-1].ship_on, "", to),
        products=tuple(_named(product, quantity, to) for product, quantity in products.items()),
        note=_note(row, last=last, to=to),
        until=None if row.total is None or until is None else fact(until, "", to),
        price=price,
        more=more,
        total=total,
    )


def _named(product: Product, quantity: Decimal, to: Reader) -> str:
    return product.called if quantity == 1 else say("pieces_of", to, quantity=quantity, product=product.called)


def _note(row: _Row, *, last: bool, to: Reader) -> str | None:
    if row.lines[-1].status == "skipped":
        return say("skipped", to)
    first, *rests = row.made.children if row.made else (None,)
    if first is not None and first.status == "cancelled":
        return say("not_coming", to)
    follows = min((rest.ship_on for rest in rests if rest is not None and rest.status == "open"), default=None)
    if first is not None and first.status in SENT:
        return say("was_sent", to) if follows is None else say("rest_follows", to, on=follows)
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
    """What is owed of the order itself, of its ordinary lines and of what is billed up front; and what was given back of
    it, of its shipments too.
    """
    mine = (p for p in order.payments if p.purpose in ("order", "ordinary") and p.status not in NOT_ASKED)
    back = (p for p in order.payments if p.purpose == "refund" and p.status in WITH_MONEY)
    for payment in sorted((*mine, *back), key=_when):
        given = payment.purpose == "refund"
        sign, state = (-1, say("given_back", to)) if given else (1, say("is_paid", to))
        yield Due(
            on=fact(payment.due_on, "", to),
            by=_method(payment.method, payment.card, to),
            what=_what_for(payment, order, to),
            state=state if payment.status in WITH_MONEY else "",
            amount=fact(Money(sign * payment.amount.minor, order.currency), "", to),
        )


def _what_for(payment: Payment, order: Order, to: Reader) -> str:
    line = payment.line or next((child.line for child in order.children if child.number == payment.order), None)
    product = next((one.product.called for one in order.continuity if one.line == line), None)
    if product is None:
        return say("sent_at_once", to)
    return say("shipment", to, product=product, number=payment.shipment) if payment.shipment else product


def _when(payment: Payment) -> tuple[date, bool, int, int]:
    return payment.due_on, payment.purpose == "refund", payment.line or 0, payment.number


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
