"""What is told of orders, and when: each is called by the action or the job that does it, in its transaction.

Where another customer pays, who pays is told of the order, of money and of what is coming; who receives of what has left.

Nothing is read for a kind that is off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from perennial.catalog.models import DeliveryMode, Product
from perennial.catalog.queries import SetUp, set_up
from perennial.continuity.planning import OrderState
from perennial.db import sql
from perennial.desk.notices import facts
from perennial.desk.read import orders
from perennial.desk.read.coming import coming
from perennial.desk.read.order import Order
from perennial.desk.read.values import Card
from perennial.kernel.calendar import add_days
from perennial.notices.kinds import kind_of
from perennial.notices.queue import About, is_on, queue
from perennial.orders.models import SalesOrder
from perennial.payments.asked import AskedMore
from perennial.payments.tariff_change import TariffChange

SQL = sql.named("perennial.desk.notices", "queue.sql")


def confirm(order: SalesOrder, *, on: date) -> None:
    """The order is taken: told when it is open and nothing waits for the customer's acceptance."""
    if order.acceptance == "awaited" or not is_on("order_confirmed"):
        return
    (found,) = orders.orders([order.pk], on=on)
    in_parts = any(line.schedule is not None for one in found.continuity for line in one.lines)
    said = facts.confirmed(found, set_up() if in_parts else None)
    queue("order_confirmed", [About(customer=order.paid_by, order=order.pk, facts=said)], on=on)


def tell_sent(children: Sequence[int], *, on: date) -> None:
    """These children have left."""
    if not children or not is_on("shipped"):
        return
    rows = sql.tuples(SQL["children"], {"ids": list(children)})
    found = _by_id((row[2] for row in rows), on)
    told = []
    for child, number, parent, customer in rows:
        one = next(one for one in found[parent].children if one.number == number)
        said = facts.for_receiver(found[parent], facts.child_sent(found[parent], one, one.sent))
        told.append(About(customer=customer, order=parent, child=child, facts=said))
    queue("shipped", told, on=on)


def tell_ordinary_sent(order: SalesOrder, *, on: date) -> None:
    """The ordinary lines of an order have left."""
    if not is_on("shipped"):
        return
    (found,) = orders.orders([order.pk], on=on)
    said = facts.for_receiver(found, facts.ordinary_sent(found, found.sent))
    queue("shipped", [About(customer=order.customer_id, order=order.pk, facts=said)], on=on)


def tell_ended(continuity_orders: Sequence[int], *, on: date) -> None:
    """Nothing more comes of these continuity orders, or nothing after the last shipment that a person has said."""
    if not continuity_orders or not is_on("ended"):
        return
    rows = sql.tuples(SQL["ended"], {"ids": list(continuity_orders)})
    found = _by_id((row[1] for row in rows), on)
    told = []
    for continuity, order, customer, line in rows:
        one = next(one for one in found[order].continuity if one.line == line)
        said = facts.ended(found[order], one, on)
        told.append(About(customer=customer, order=order, continuity_order=continuity, facts=said))
    queue("ended", told, on=on)


def tell_ahead(rules: SetUp, *, on: date) -> None:
    """Shipments leave within the days that the kind says, and can still be changed. The caller has asked whether it is on."""
    through = add_days(on, rules.parameters.days_before_delivery, "on")
    rows = sql.tuples(SQL["ahead"], {"through": through, "until": add_days(on, _days("shipment_ahead"), "on")})
    wanted: dict[int, dict[tuple[int, int], tuple[int, int, int]]] = {}
    for order, customer, continuity, line, shipment, occurrence in rows:
        wanted.setdefault(order, {})[line, shipment] = (customer, continuity, occurrence)
    told = []
    for pk, found in zip(wanted, orders.orders(wanted, on=on), strict=True):
        for shipment in coming(found, rules):
            named = wanted[pk].get((shipment.line, shipment.number))
            if named is not None:
                customer, continuity, occurrence = named
                said = facts.ahead(shipment, found.currency, rules)
                told.append(
                    About(customer=customer, order=pk, continuity_order=continuity, occurrence=occurrence, facts=said)
                )
    queue("shipment_ahead", told, on=on)


def tell_expiring(*, on: date) -> None:
    """Cards end soon, and shipments or parts of payments come after that. The caller has asked whether it is on."""
    told = []
    for customer, pk, token, brand, last4, expires_on, number, first, is_part in sql.tuples(
        SQL["expiring"], {"on": on, "until": add_days(on, _days("card_expiring"), "on")}
    ):
        card = Card(token=token, brand=brand, last4=last4, expires_on=expires_on, refused=False)
        day = {"due_on" if is_part else "ship_on": first}
        said = facts.card_ends(card, order=number, **day)
        told.append(About(customer=customer, card=pk, facts=said))
    queue("card_expiring", told, on=on)


class PriceChange(NamedTuple):
    """What costs something else from a shipment on: a product (None: delivery), its price or, of more ``pieces`` than before,
    what they come to; of delivery what the ``modes`` charge.
    """

    ship_on: date
    product: int | None
    old: int
    new: int
    pieces: tuple[str, str] | None = None
    modes: tuple[int | None, int | None] | None = None


def tell_price_changes(
    changes: Sequence[tuple[OrderState, Sequence[PriceChange]]], upfront: Mapping[int, AskedMore], *, on: date
) -> None:
    """What is planned costs something else by an update: of each order the first of it, and the others behind it; of those
    billed up front, by their ids, what that adds to what they are asked for.
    """
    if not changes or not is_on("price_changed"):
        return
    said_of = _names_of(change for _, of in changes for change in of)
    told = []
    for state, of in changes:
        first, *others = sorted(
            of, key=lambda one: (one.ship_on, one.product is None, one.product or 0, one.old, one.new)
        )
        more = dict.fromkeys(said_of(other) for other in others)
        row = state.row
        said = facts.price_changed(
            order=row.order.number,
            currency=state.currency,
            first=said_of(first),
            ship_on=first.ship_on,
            others=[one for one in more if one != said_of(first)],
            upfront=upfront.get(row.pk),
        )
        told.append(
            About(
                customer=row.order.paid_by,
                order=row.order_id,
                continuity_order=row.pk,
                revision=row.revision_id,
                facts=said,
            )
        )
    queue("price_changed", told, on=on)


def _names_of(changes: Iterable[PriceChange]) -> Callable[[PriceChange], facts.Repriced]:
    """What says of a change what it is of, by the names of these products and delivery modes."""
    all_of = list(changes)
    products = dict(Product.objects.filter(pk__in={one.product for one in all_of}).values_list("pk", "name"))
    modes: dict[int | None, str] = {
        pk: name or code
        for pk, name, code in DeliveryMode.objects.filter(
            pk__in={mode for one in all_of for mode in one.modes or ()}
        ).values_list("pk", "name", "code")
    }

    def said_of(one: PriceChange) -> facts.Repriced:
        if one.product is None:
            old, new = one.modes or (None, None)
            return facts.Repriced(None, one.old, one.new, (modes.get(old), modes.get(new)))
        return facts.Repriced(products[one.product], one.old, one.new, one.pieces)

    return said_of


def tell_charge_changes(changes: Sequence[TariffChange], *, tariff: int, on: date) -> None:
    """What is to be paid is more by another tariff: of each order its first shipment, of one that is billed up front all
    payments that are still to come; what is late is charged at once.
    """
    if not changes or not is_on("charges_changed"):
        return
    names = {
        pk: (name, currency)
        for pk, name, currency in sql.tuples(SQL["sold"], {"ids": [c.continuity_order for c in changes]})
    }
    told = []
    for change in changes:
        name, currency = names[change.continuity_order]
        upfront = change.shipment is None
        said = facts.charges_changed(
            order=change.number,
            currency=currency,
            program=name,
            old=change.old,
            new=change.new,
            ship_on=None if upfront else change.on,
            due_on=max(change.on, on) if upfront and change.on else None,
        )
        told.append(
            About(
                customer=change.customer,
                order=change.order,
                continuity_order=change.continuity_order,
                revision=tariff,
                facts=said,
            )
        )
    queue("charges_changed", told, on=on)


def _by_id(ids: Iterable[int], on: date) -> dict[int, Order]:
    wanted = list(dict.fromkeys(ids))
    return dict(zip(wanted, orders.orders(wanted, on=on), strict=True))


def _days(kind: str) -> int:
    set_here = sql.value(SQL["days"], {"kind": kind})
    return int(set_here if set_here is not None else kind_of(kind).days or 0)
