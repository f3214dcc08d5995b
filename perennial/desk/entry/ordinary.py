"""The ordinary lines of an order: what each costs, what they cost together, and how they are paid."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from perennial.catalog.models import Product
from perennial.desk.entry.incoming import Incoming
from perennial.desk.entry.values import LineEntry
from perennial.errors import Refused
from perennial.kernel.money import line_amount, percent_of, text
from perennial.kernel.totals import Charge, Totals, totals
from perennial.payments.due import Owed, check_method, payment_row


class OrdinaryLine(NamedTuple):
    """One ordinary line with what it costs."""

    product: Product
    price_minor: int
    amount_minor: int
    delivery_mode_id: int | None


def priced(order: Incoming, path: str, line: LineEntry, product: Product, mode_id: int | None) -> OrdinaryLine | None:
    """The line at the price of the order date; what is at fault is noted, and None where it has no price."""
    if line.continuity is not None:
        order.fault("continuity", f"product {line.item_number} is not a continuity product", f"{path}.continuity")
    price = order.known.prices(order.order_date).get(product.pk)
    if price is None:
        order.fault("price", f"product {line.item_number} has no price", f"{path}.item_number")
        return None
    if line.price_minor not in (None, price):
        costs = text(price, order.known.set_up.currency)
        order.fault(
            "price",
            f"product {line.item_number} costs {costs} on {order.order_date}:"
            " only an order that is taken over as it stands has another price",
            f"{path}.price",
        )
    return OrdinaryLine(product, price, line_amount(line.quantity, price), mode_id)


def add_ordinary(order: Incoming, lines: list[OrdinaryLine]) -> Totals:
    """What they cost together with delivery and taxes, and the payments for them as the customer chose to pay."""
    known = order.known
    modes = {line.delivery_mode_id for line in lines if line.delivery_mode_id is not None}
    where = order.places({order.ship_to})[order.ship_to]
    made = totals(
        [Charge(line.amount_minor, known.groups.get(line.product.pk)) for line in lines],
        [Charge(known.set_up.modes[m].charge_minor, known.set_up.modes[m].tax_group) for m in sorted(modes)],
        known.set_up.rates,
        where.country,
        where.region,
        order.order_date,
        known.set_up.parameters.prices_include_tax,
    )
    for group in made.groups:
        order.rows.taxes.append((order.id, group.group, group.base, group.tax, group.rate_id))
    if not lines and not order.entry.pay:
        return made
    try:
        shares = _shares(order, made.total)
    except Refused as refused:
        order.faults.append(refused)
        return made
    for number, (method, card_id, amount) in enumerate(shares, 1):
        if amount <= 0:
            continue
        order.rows.payments.append(
            payment_row(
                Owed(number, order.order_date, amount, True),
                order_id=order.id,
                customer_id=order.customer.pk,
                purpose="ordinary",
                method=method,
                card_id=card_id,
                currency=known.set_up.currency,
                status=order.payment_status,
            )
        )
    for number, pay in enumerate(order.entry.pay, 1):
        card_id = shares[number - 1][1]
        order.rows.pays.append((order.id, number, pay.method, card_id, pay.percent, pay.amount_minor))
    return made


def _shares(order: Incoming, total: int) -> list[tuple[str, int | None, int]]:
    """How the ordinary lines are paid: (method, card, minor units), summing to the total."""
    pays = order.entry.pay
    if not pays:
        if total == 0:
            return []
        if order.first_method is not None:
            return [(*order.first_method, total)]
        return [("card", order.card(None, "pay"), total)]
    shares: list[tuple[str, int | None, int]] = []
    left = total
    percents = sum((p.percent for p in pays if p.percent is not None), Decimal(0))
    by_amount = any(p.amount_minor is not None for p in pays)
    if not by_amount and len(pays) > 1 and percents != 100:
        raise Refused("pay", "pay", text=f"the percentages sum to {percents:f}, not to 100")
    for at, pay in enumerate(pays):
        path = f"pay[{at}]"
        check_method(
            pay.method,
            upfront=True,
            scheduled=False,
            allow_on_account=order.customer.allow_on_account,
            field=f"{path}.method",
        )
        card_id = order.card(pay.card, f"{path}.card") if pay.method == "card" else None
        if pay.amount_minor is not None:
            amount = pay.amount_minor
        elif pay.percent is not None and not (at == len(pays) - 1 and (not by_amount or len(pays) == 1)):
            amount = min(left, percent_of(total, pay.percent))
        else:
            amount = left
        if len(pays) == 1 and pay.percent is not None and pay.percent != 100:
            raise Refused("pay", "pay", text=f"the percentages sum to {pay.percent:f}, not to 100")
        shares.append((pay.method, card_id, amount))
        left -= amount
    if left != 0:
        currency = order.known.set_up.currency
        raise Refused(
            "pay",
            "pay",
            text=f"the amounts sum to {text(total - left, currency)}, but the ordinary lines cost {text(total, currency)}",
        )
    return shares
