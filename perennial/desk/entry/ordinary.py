"""The ordinary lines of an order: what each costs, what they cost together, and how they are paid."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from perennial.catalog.models import Product
from perennial.desk.entry.incoming import Incoming
from perennial.desk.entry.rows import PaymentRow, PayRow, TaxRow
from perennial.desk.entry.values import LineEntry
from perennial.errors import Refused
from perennial.kernel.money import Money, line_amount, percent_of
from perennial.kernel.states import PAY_A_SHARE
from perennial.kernel.totals import Charge
from perennial.payments.due import Owed, check_method


class OrdinaryLine(NamedTuple):
    """One ordinary line with what it costs."""

    product: Product
    price_minor: int
    amount_minor: int
    delivery_mode_id: int | None


def priced(order: Incoming, path: str, line: LineEntry, product: Product, mode_id: int | None) -> OrdinaryLine | None:
    """The line at the price of the order date; what is at fault is noted, and None where it has no price."""
    if line.continuity is not None:
        order.fault("line_not_continuity", f"{path}.continuity", product=line.item_number)
    on, currency = order.order.order_date, order.order.currency
    price = order.known.prices(on).get(product.pk)
    if price is None:
        order.fault("product_has_no_price", f"{path}.item_number", product=line.item_number)
        return None
    if line.price_minor not in (None, price):
        costs = Money(price, currency)
        order.fault("price_of_order_date", f"{path}.price", product=line.item_number, costs=costs, on=on)
    try:
        amount = line_amount(line.quantity, price)
    except Refused as refused:
        order.faults.append(refused.at(f"{path}.quantity"))
        return None
    return OrdinaryLine(product, price, amount, mode_id)


def add_ordinary(order: Incoming, lines: list[OrdinaryLine]) -> None:
    """What they cost together with delivery and taxes, and the payments for them as the customer chose to pay."""
    known, row = order.known, order.order
    modes = {line.delivery_mode_id for line in lines if line.delivery_mode_id is not None}
    where = order.buyer.where(row.ship_to)
    try:
        made = known.set_up.tariff().totals(
            [Charge(line.amount_minor, known.groups.get(line.product.pk)) for line in lines],
            sorted(modes),
            country=where.country,
            region=where.region,
            on=row.order_date,
        )
    except Refused as refused:
        order.faults.append(refused.at("lines"))
        return
    row.delivery_minor, row.tax_minor, row.total_minor = made.delivery, made.tax, made.total
    row.taxes = [TaxRow(group.group, group.base, group.tax, group.rate_id) for group in made.groups]
    if not lines and not order.entry.pay:
        return
    try:
        shares = _shares(order, made.total)
    except Refused as refused:
        order.faults.append(refused)
        return
    for number, (method, card_id, amount) in enumerate(shares, 1):
        if amount > 0:
            owed = Owed(number, row.order_date, amount, True)
            card_id = card_id if method == "card" else None
            order.owes(
                PaymentRow(
                    order=row,
                    continuity=None,
                    purpose="ordinary",
                    owed=owed,
                    method=method,
                    card_id=card_id,
                    status=order.payment_status,
                )
            )
    row.pays = [
        PayRow(pay.method, card_id, pay.percent, pay.amount_minor)
        for pay, (_, card_id, _) in zip(order.entry.pay, shares, strict=False)
    ]


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
        raise Refused("schedule_lines_sum", "pay", total=percents)
    for at, pay in enumerate(pays):
        path = f"pay[{at}]"
        check_method(
            pay.method,
            upfront=True,
            scheduled=False,
            allow_on_account=order.buyer.allow_on_account,
            field=f"{path}.method",
        )
        if len(pays) > 1 and pay.method not in PAY_A_SHARE:
            raise Refused("pay_not_split", f"{path}.method", method=pay.method, methods=PAY_A_SHARE)
        card_id = order.card(pay.card, f"{path}.card") if pay.method == "card" else None
        if pay.amount_minor is not None:
            amount = pay.amount_minor
        elif pay.percent is not None and not (at == len(pays) - 1 and (not by_amount or len(pays) == 1)):
            amount = min(left, percent_of(total, pay.percent))
        else:
            amount = left
        if len(pays) == 1 and pay.percent is not None and pay.percent != 100:
            raise Refused("schedule_lines_sum", "pay", total=pay.percent)
        shares.append((pay.method, card_id, amount))
        left -= amount
        if left < 0:
            break  # a share is never more than what is left
    if left != 0:
        currency = order.order.currency
        raise Refused("pay_amounts_sum", "pay", sum=Money(total - left, currency), cost=Money(total, currency))
    return shares
