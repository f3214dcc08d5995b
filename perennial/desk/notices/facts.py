"""What a message says of an order, a shipment or a child, as data: fixed when it is queued, written in words when it is
sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from perennial.catalog.queries import SetUp
from perennial.desk.read.coming import ComingShipment, coming
from perennial.desk.read.order import Child, Continuity, Order
from perennial.desk.read.values import Address, Card, Sent
from perennial.errors import Refused
from perennial.kernel import money
from perennial.kernel.money import Money, line_amount
from perennial.kernel.states import COUNTED, SENT, TO_COME
from perennial.payments.asked import AskedMore
from perennial.payments.due import child_parts

Facts = dict[str, Any]


class Repriced(NamedTuple):
    """What costs something else: ``name`` of a product (None: delivery), what it cost and costs now, and what comes now
    ``instead`` of what: so many pieces, or the names of delivery modes.
    """

    name: str | None
    old: int
    new: int
    instead: tuple[str | None, str | None] | None = None


OF_MONEY = ("delivery_minor", "tax_minor", "amount_minor", "brand", "last4")


def confirmed(order: Order, rules: SetUp | None) -> Facts:
    """An order is taken: what was bought, when the first shipment leaves, which card pays as it ships; where in parts
    (``rules``: they are asked for that), those of the first one.
    """
    sold = {one.line: one for one in order.continuity}
    ordinary = [line for line in order.lines if line.line not in sold]
    days = [line.ship_on for one in order.continuity for line in one.lines if line.status in TO_COME]
    paying = next((one for one in order.continuity if one.payment_method == "card" and not one.upfront), None)
    first = (
        paying
        and rules
        and next((s for s in coming(order, rules) if s.line == paying.line and s.status in TO_COME), None)
    )
    return _known(
        order=order.number,
        currency=order.currency,
        ordered_on=order.order_date.isoformat(),
        program=", ".join(one.product.name for one in order.continuity),
        items=[_item(line.product.name, line.quantity, line.price) for line in order.lines],
        amount_minor=order.total.minor if ordinary else None,
        first_on=min(days).isoformat() if days else None,
        place=_place(order.ship_to or next((one.ship_to for one in order.continuity), None)),
        parts=_parts(first, rules) if first and rules else None,
        **_card(paying.card if paying else None),
    )


def _parts(shipment: ComingShipment, rules: SetUp) -> list[Facts] | None:
    """When a card pays how much of a shipment; None: it is paid whole as it leaves, or by no card."""
    schedule = rules.schedules.get(shipment.lines[-1].schedule)
    if shipment.card is None or shipment.upfront or schedule is None:
        return None
    try:
        owed = child_parts(schedule, shipment.cost.minor, shipment.ship_on)
    except Refused:  # its child is parked for that, and nothing is paid yet
        return None
    return (
        None if {part.due_on for part in owed} <= {shipment.ship_on} else _paid_on((p.due_on, p.amount) for p in owed)
    )


def _paid_on(parts: Iterable[tuple[date, int]]) -> list[Facts]:
    return [{"due_on": day.isoformat(), "amount_minor": minor} for day, minor in parts]


def ahead(shipment: ComingShipment, currency: str, rules: SetUp) -> Facts:
    """A shipment is coming: what, when, what it will cost, in which parts, until when it can be changed."""
    items = [_item(line.product.name, line.quantity, line.price) for line in shipment.lines]
    delivery = shipment.delivery.minor
    untaxed = sum(item["amount_minor"] for item in items) + delivery
    until = shipment.changeable_until
    return _known(
        order=shipment.order,
        currency=currency,
        program=shipment.sold.name,
        shipment=shipment.number,
        product=_names(items),
        items=items,
        delivery_minor=delivery,
        tax_minor=(shipment.cost.minor - untaxed) or None,
        amount_minor=None if shipment.upfront else shipment.cost.minor,
        ship_on=shipment.ship_on.isoformat(),
        change_until=until.isoformat() if until is not None else None,
        place=_place(shipment.ship_to),
        parts=_parts(shipment, rules),
        **_card(shipment.card),
    )


def child_sent(order: Order, child: Child, sent: Sent | None) -> Facts:
    """A child has left: what is in it, what it costs, who carries it; and the rest, where it went short and that follows."""
    one = next((one for one in order.continuity if one.line == child.line), None)
    items = [_item(line.product.name, line.quantity, line.price) for line in child.lines]
    upfront = one is not None and one.upfront
    rest = _rest(order, child)
    return _known(
        order=child.number,
        currency=order.currency,
        program=one.product.name if one else None,
        shipment=child.shipment,
        product=_names(items),
        items=items,
        delivery_minor=child.delivery.minor,
        tax_minor=None if child.tax_included else child.tax.minor or None,
        amount_minor=None if upfront else child.total.minor,
        place=_place(child.ship_to),
        rest=[_item(line.product.name, line.quantity, None) for line in rest.lines] if rest else None,
        rest_on=rest.ship_on.isoformat() if rest else None,
        **_sent(sent),
        **_card(one.card if one and not upfront and one.payment_method == "card" else None),
    )


def _rest(order: Order, child: Child) -> Child | None:
    """The child that is still to bring what this one, or the one whose rest it brings, went without."""
    first = child.rest_of or child.number
    rests = (
        one for one in order.children if one.rest_of == first and one.status == "open" and one.number != child.number
    )
    return next(rests, None)


def ordinary_sent(order: Order, sent: Sent | None) -> Facts:
    """The ordinary lines of an order have left."""
    sold = {one.line for one in order.continuity}
    lines = [line for line in order.lines if line.line not in sold and line.status in SENT]
    items = [_item(line.product.name, line.quantity, line.price) for line in lines]
    return _known(
        order=order.number,
        currency=order.currency,
        product=_names(items),
        items=items,
        place=_place(order.ship_to),
        **_sent(sent),
    )


def for_receiver(order: Order, said: Facts) -> Facts:
    """What who receives may know of what has left: where another customer pays, nothing of prices, sums and cards."""
    if order.payer is None:
        return said
    items = [{**item, "amount_minor": None} for item in said.get("items", ())]
    return {name: value for name, value in said.items() if name not in OF_MONEY} | {"items": items}


def ended(order: Order, one: Continuity, on: date) -> Facts:
    """Nothing follows of a line any more: which was its last shipment."""
    days = [line.child_ships_on or line.ship_on for line in one.lines if line.status in COUNTED]
    return _known(
        order=order.number,
        currency=order.currency,
        program=one.product.name,
        last_on=max(days).isoformat() if days else None,
        ended_on=on.isoformat(),
    )


def price_changed(
    *,
    order: str,
    currency: str,
    first: Repriced,
    ship_on: date,
    others: Iterable[Repriced] = (),
    upfront: AskedMore | None = None,
) -> Facts:
    """Something of coming shipments has another price, from a day on; ``others``: what is behind it. ``upfront``: what that
    makes of an order billed up front; where nothing is added, the message says what it costs as a whole.
    """
    added = sum(minor for _, minor in upfront.parts) if upfront else 0
    of_all = upfront and _known(
        added_minor=added or None,
        parts=_paid_on(upfront.parts) or None,
        whole_minor=None if added else upfront.whole,
    )
    behind = [_known(name=one.name, old_minor=one.old, new_minor=one.new, instead=_instead(one)) for one in others]
    return _known(
        order=order,
        currency=currency,
        product=first.name,
        instead=_instead(first),
        old_price_minor=first.old,
        new_price_minor=first.new,
        ship_on=ship_on.isoformat(),
        others=behind or None,
        **(of_all or {}),
    )


def _instead(one: Repriced) -> Facts | None:
    return None if one.instead is None else dict(zip(("old", "new"), one.instead, strict=True))


def charges_changed(
    *, order: str, currency: str, program: str, old: int, new: int, ship_on: date | None, due_on: date | None
) -> Facts:
    """A shipment costs more because of taxes or charges; of an order billed up front all that is still to be paid, from the
    day of a payment on.
    """
    return _known(
        order=order,
        currency=currency,
        program=program,
        old_amount_minor=old,
        new_amount_minor=new,
        ship_on=ship_on.isoformat() if ship_on else None,
        due_on=due_on.isoformat() if due_on else None,
    )


def payment(order: str, amount: Money, card: Card | None, **more: Any) -> Facts:
    """Money of an order: declined, billed or given back."""
    return _known(order=order, currency=amount.currency, amount_minor=amount.minor, **more, **_card(card))


def card_ends(
    card: Card, *, order: str | None = None, ship_on: date | None = None, due_on: date | None = None
) -> Facts:
    """A card ends; which shipment comes after that, or which part of a payment falls due."""
    return _known(
        order=order,
        expires_on=card.expires_on.isoformat(),
        ship_on=ship_on.isoformat() if ship_on else None,
        due_on=due_on.isoformat() if due_on else None,
        **_card(card),
    )


def card_asked(card: Card | None, *, order: str | None, program: str, valid_until: date) -> Facts:
    """A customer is asked for a card by a link: for what, instead of which, until when."""
    return _known(order=order, program=program, valid_until=valid_until.isoformat(), **_card(card))


def _known(**facts: Any) -> Facts:
    return {name: value for name, value in facts.items() if value is not None and value != ""}


def _item(name: str, quantity: Decimal, price: Money | None) -> Facts:
    amount = None if price is None else line_amount(quantity, price.minor)
    return {"name": name, "quantity": money.plain(quantity), "amount_minor": amount}


def _names(items: Iterable[Facts]) -> str:
    return ", ".join(dict.fromkeys(item["name"] for item in items))


def _place(address: Address | None) -> str | None:
    if address is None:
        return None
    return ", ".join(part for part in (address.city, address.postcode) if part) or None


def _card(card: Card | None) -> Facts:
    return {} if card is None else {"brand": card.brand, "last4": card.last4}


def _sent(sent: Sent | None) -> Facts:
    if sent is None:
        return {}
    return {"carrier": sent.carrier, "tracking": sent.tracking, "shipped_on": sent.on.isoformat()}
