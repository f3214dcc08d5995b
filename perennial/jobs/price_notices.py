"""A higher price needs a notice, and so do dearer delivery and higher charges: of which orders something costs more, and
whether anybody tells their customers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from django.db.models import Q

from perennial.continuity.planning import LineRow, OccurrenceRow, OrderState
from perennial.continuity.update import Update
from perennial.customers.models import Customer
from perennial.desk.notices.queue import PriceChange
from perennial.errors import Refused
from perennial.kernel.money import line_amount, plain
from perennial.kernel.states import TO_COME
from perennial.kernel.tariff import Tariff
from perennial.notices.queue import is_on
from perennial.payments.cost import by_shipment

RISE, SILENT = COUNTS = ("prices_rise", "without_email")
"""What an update counts: orders of which a price or what delivery costs rises, and those of them that have nobody with an
e-mail address.
"""


def notice_fault(*, rises: int, silent: int) -> Refused | None:
    """Why not everybody whose price rises is told of it by mail: these messages are off, or some have no address."""
    if rises and not is_on("price_changed"):
        return Refused("price_notice_off", "letters", count=rises)
    return Refused("price_notice_silent", "letters", count=silent) if silent else None


def charges_fault(more: int) -> Refused | None:
    """Why nobody is told who pays higher charges: these messages are off."""
    return Refused("charges_notice_off", "letters", count=more) if more and not is_on("charges_changed") else None


def fault_of_runs(counts: Iterable[Mapping[str, int]]) -> Refused | None:
    """The same of what runs have counted."""
    of_all = list(counts)
    rises, silent = (sum(of.get(word, 0) for of in of_all) for word in COUNTS)
    return notice_fault(rises=rises, silent=silent)


def price_changes(update: Update, tariff: Tariff) -> list[PriceChange]:
    """What costs something else in shipments that were planned and will come, by the tariff of the order: a product, also
    where more of it comes; and delivery, where it costs more. Of that a customer is told (``tell_price_changes``).
    """
    found: list[PriceChange] = []
    for old, new in update.pairs():
        if old is not None and new is not None and old.status in TO_COME and new.status in TO_COME:
            found += _of_products(old, new)
    return [*found, *_of_delivery(update, tariff)]


def rises(changes: Iterable[PriceChange]) -> bool:
    """Does something cost more?"""
    return any(one.new > one.old for one in changes)


def _of_products(old: OccurrenceRow, new: OccurrenceRow) -> Iterator[PriceChange]:
    before, after = _by_product(old), _by_product(new)
    for product in sorted(before.keys() & after.keys()):
        was, now = before[product], after[product]
        fewer, more = _pieces(was), _pieces(now)
        if more > fewer and (costs := _amount(now)) > (cost := _amount(was)):
            yield PriceChange(new.ship_on, product, cost, costs, pieces=(plain(fewer), plain(more)))
        elif (price := _price(now)) != (price_before := _price(was)):
            yield PriceChange(new.ship_on, product, price_before, price)


def _by_product(row: OccurrenceRow) -> dict[int, list[LineRow]]:
    found: dict[int, list[LineRow]] = {}
    for line in row.lines:
        found.setdefault(line.product_id, []).append(line)
    return found


def _pieces(lines: Sequence[LineRow]) -> Decimal:
    return sum((line.quantity for line in lines), Decimal(0))


def _amount(lines: Sequence[LineRow]) -> int:
    return sum(line_amount(line.quantity, line.price_minor) for line in lines)


def _price(lines: Sequence[LineRow]) -> int:
    """The price of a product in a shipment: of several lines of it the highest."""
    return max(line.price_minor for line in lines)


def _of_delivery(update: Update, tariff: Tariff) -> Iterator[PriceChange]:
    """Of each shipment, whose last occurrence says how all of it is sent, that goes by a dearer way than it would have gone."""
    before = {o.pair: together[-1] for together in by_shipment(update.before).values() for o in together}
    for together in by_shipment(update.after).values():
        new = together[-1]
        old = next((before[o.pair] for o in reversed(together) if o.pair in before), new)
        was, now = _charge(tariff, old), _charge(tariff, new)
        if now > was:
            yield PriceChange(new.ship_on, None, was, now, modes=(old.delivery_mode_id, new.delivery_mode_id))


def _charge(tariff: Tariff, row: OccurrenceRow) -> int:
    charge = tariff.delivery(row.delivery_mode_id)
    return 0 if charge is None else charge.amount


def counted(rising: Sequence[OrderState]) -> dict[int, dict[str, int]]:
    """What is counted of the orders of which a price rises, by their ids."""
    if not rising:
        return {}
    paying = {state.row.order.paid_by for state in rising}
    without = Customer.objects.filter(Q(email=None) | Q(email=""), pk__in=paying)
    silent = set(without.values_list("pk", flat=True))
    return {state.row.pk: {RISE: 1, SILENT: int(state.row.order.paid_by in silent)} for state in rising}
