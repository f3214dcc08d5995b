"""The packing slip: what goes into a parcel, where it goes, and what whoever opens it should know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

from perennial.catalog.models import Company
from perennial.catalog.queries import company
from perennial.db import sql
from perennial.desk.locking import unknown_order
from perennial.desk.orders.ship import ready_to_send
from perennial.desk.read.child import ChildOrder, children
from perennial.desk.read.order import ChildLine, Line, Order
from perennial.desk.read.orders import orders
from perennial.desk.read.values import Address, Product, Sent
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.kernel.states import HOLDS_SENDING
from perennial.language.formats import Reader, fact
from perennial.papers.values import Fact, Head, address_lines, facts, filled, head
from perennial.papers.words import of, reader_of, say

SQL = sql.named("perennial.papers", "papers.sql")
AT_ONCE = 200
WORDS = ("packed", "product", "name", "pieces", "pieces_in_all", "amount", "what_is_in_it", "page", "gift_message")


@dataclass(frozen=True, slots=True)
class Packed:
    """What is put into the parcel; ``amount`` None: the papers in it name no prices."""

    product: str
    name: str
    quantity: str
    amount: str | None


@dataclass(frozen=True, slots=True)
class Slip:
    """A packing slip. ``sums``: delivery, tax and total, none where prices are hidden. ``not_yet``: it may not be sent."""

    head: Head
    ship_to: tuple[str, ...]
    facts: tuple[Fact, ...]
    lines: tuple[Packed, ...]
    pieces: str
    sums: tuple[Fact, ...]
    hide_prices: bool
    gift_message: str | None
    not_yet: str | None
    closing: tuple[str, ...]
    words: Mapping[str, str]
    form: str = "slip"


class _Found(NamedTuple):
    """An order that a slip was asked for."""

    id: int
    parent: int | None
    number: str
    language: str | None
    mode: str | None


class _Parcel(NamedTuple):
    """What both kinds of parcels have: a child's, and that of an order's ordinary lines."""

    found: _Found
    parent: Order
    on: date | None
    sent: Sent | None
    ship_to: Address | None
    lines: Sequence[ChildLine | Line]
    sums: tuple[Money, Money, Money]
    tax_included: bool
    may_ship: bool
    shipment: tuple[Product, int, int | None] | None


def slip(number: str, *, on: date, language: str | None = None) -> Slip:
    """The packing slip of a child, or of the ordinary lines of an order; ``language``: another one than the customer's.

    Refused: no order has the number; nothing of it is to be packed.
    """
    return next(slips([number], on=on, language=language))


def due_slips(*, on: date, language: str | None = None) -> Iterator[Slip]:
    """The packing slips of all that may be sent on a date, ordinary lines that are paid too; what ships first first."""
    numbers = [number for (number,) in sql.tuples(SQL["numbers"], {"ids": ready_to_send(on=on)})]
    return slips(numbers, on=on, language=language)


def slips(numbers: Iterable[str], *, on: date, language: str | None = None) -> Iterator[Slip]:
    """Packing slips, in the order in which they are asked for. Refused: as a single one."""
    wanted, sender = iter(numbers), company()
    while batch := list(islice(wanted, AT_ONCE)):
        found = sql.rows(_Found, SQL["to_slip"], {"numbers": batch})
        if missing := set(batch) - {one.number for one in found}:
            raise unknown_order(min(missing))
        made = children([one.id for one in found if one.parent is not None], on=on)
        whole = orders([one.id for one in found if one.parent is None], on=on)
        for one in found:
            parcel = _ordinary(one, next(whole)) if one.parent is None else _of_child(one, next(made))
            if not parcel.lines or parcel.parent.status == "cancelled":
                raise Refused("nothing_to_pack", "number", order=one.number)
            yield _slip(parcel, reader_of(language or one.language), sender)


def _of_child(found: _Found, read: ChildOrder) -> _Parcel:
    made, parent = read.child, read.parent
    sold = next(one for one in parent.continuity if one.line == made.line)
    return _Parcel(
        found=found,
        parent=parent,
        on=made.ship_on,
        sent=made.sent,
        ship_to=made.ship_to,
        lines=() if made.status == "cancelled" else made.lines,
        sums=(made.delivery, made.tax, made.total),
        tax_included=made.tax_included,
        may_ship=made.status != "open" or read.may_ship,
        shipment=(sold.product, made.shipment, sold.ends_with),
    )


def _ordinary(found: _Found, parent: Order) -> _Parcel:
    return _Parcel(
        found=found,
        parent=parent,
        on=None,
        sent=parent.sent,
        ship_to=parent.ship_to,
        lines=[line for line in parent.lines if line.price is not None and line.status != "cancelled"],
        sums=(parent.delivery, parent.tax, parent.total),
        tax_included=parent.tax_included,
        may_ship=parent.acceptance != "awaited" and not any(h.open and h.stops in HOLDS_SENDING for h in parent.holds),
        shipment=None,
    )


def _slip(parcel: _Parcel, to: Reader, sender: Company) -> Slip:
    found, parent = parcel.found, parcel.parent
    hidden = parent.hide_prices or parent.payer is not None
    delivery, tax, total = parcel.sums
    tax_label = "tax_included" if parcel.tax_included else "tax"
    sums = [("delivery", delivery), (tax_label, tax), ("total", total)]
    labels = of(to, "ships", "sent", "by", "customer", "order", "contents", *(label for label, _ in sums))
    by = filled((parcel.sent.carrier, parcel.sent.tracking)) if parcel.sent else []
    contact = "wrong_write" if sender.from_email else "wrong_call"
    return Slip(
        head=head(to, "packing_slip", found.number, sender),
        ship_to=address_lines(parcel.ship_to, parent.customer, to),
        facts=facts(
            (labels["sent"], fact(parcel.sent.on, "", to))
            if parcel.sent
            else (labels["ships"], fact(parcel.on, "", to)),
            (labels["by"], ", ".join(by) or found.mode),
            (labels["customer"], parent.account),
            (labels["order"], parent.number),
            (labels["contents"], None if parcel.shipment is None else _shipment(parcel.shipment, to)),
        ),
        lines=tuple(
            Packed(
                product=line.product.number,
                name=line.product.name,
                quantity=fact(line.quantity, "", to),
                amount=None if hidden or line.price is None else fact(line.amount, "", to),
            )
            for line in parcel.lines
        ),
        pieces=fact(sum((line.quantity for line in parcel.lines), Decimal(0)), "", to),
        sums=() if hidden else tuple(Fact(labels[label], fact(value, "", to)) for label, value in sums),
        hide_prices=hidden,
        gift_message=parent.gift_message,
        not_yet=None if parcel.may_ship else say("not_yet", to),
        closing=(say(contact, to, email=sender.from_email),),
        words=of(to, *WORDS),
    )


def _shipment(shipment: tuple[Product, int, int | None], to: Reader) -> str:
    product, number, last = shipment
    return say(
        "shipment_of" if last else "shipment", to, product=product.name or product.number, number=number, last=last
    )
