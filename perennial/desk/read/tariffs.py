"""The tariffs, which open orders stand on them, and what another one would mean for those: who would pay more, from when.

Nothing is written. The amounts are found by the same function as update-orders finds them by.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from perennial.catalog.models import Tariff
from perennial.catalog.queries import SetUp, set_up
from perennial.customers.models import Customer
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.payments.tariff_change import TariffChange, kept, tariff_changes

EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class ListedTariff:
    """A tariff. ``orders``: the lines of open orders that stand on it; ``applied_on``: since then open orders follow it."""

    number: int
    prices_include_tax: bool
    made_on: date | None
    made_by: str
    made_because: str | None
    applied_on: date | None
    applied_by: str | None
    applied_because: str | None
    orders: int


@dataclass(frozen=True, slots=True)
class TariffExample:
    """An order that would cost something else: its first shipment that does, with its day (of an order that is billed up
    front all that is still to be paid, and the day of its next payment), before and after.
    """

    order: str
    account: str
    customer: str
    line: int
    shipment: int | None
    on: date
    amount: Money
    new_amount: Money


@dataclass(frozen=True, slots=True)
class TariffPreview:
    """What a tariff would mean for open orders that stand on an older one, in lines of orders.

    ``kept``: billed up front, and all is paid or asked for, so nothing reaches them. The others pay ``more``, ``less`` or
    the ``same``. ``first_on``: the first day on which one is charged more, else something else; what is late by then is
    charged at once, so it is no day of the past. ``amount``,
    ``new_amount``: the first shipments that differ, before and after; ``to_come``, ``new_to_come``: all that is still to be paid.
    """

    tariff: int
    kept: int
    more: int
    less: int
    same: int
    first_on: date | None
    amount: Money
    new_amount: Money
    to_come: Money
    new_to_come: Money
    examples: tuple[TariffExample, ...]

    @property
    def orders(self) -> int:
        """Those that would follow."""
        return self.more + self.less + self.same


def tariffs() -> list[ListedTariff]:
    """All tariffs, the newest first."""
    found = "select tariff_id, count(*) from continuity_continuityorder where status = 'open' group by tariff_id"
    standing = dict(sql.tuples(found))
    names = [name for name in ListedTariff.__dataclass_fields__ if name != "orders"]
    rows = Tariff.objects.order_by("-number").values(*names)
    return [ListedTariff(**row, orders=standing.get(row["number"], 0)) for row in rows]


def orders_on_older(number: int) -> int:
    """How many lines of open orders stand on another tariff than this one."""
    return sum(one.orders for one in tariffs() if one.number != number)


def tariff_preview(number: int | None = None, *, on: date, examples: int = EXAMPLES) -> TariffPreview:
    """What a tariff would mean for open orders on a date; left out: the newest. Refused: there is none of the number."""
    rules = set_up()
    target = rules.newest if number is None else number
    if not Tariff.objects.filter(number=target).exists():
        raise Refused("tariff_unknown", "number", tariff=target)
    counts = {"more": 0, "less": 0, "same": 0}
    sums = [0, 0, 0, 0]
    shown: dict[str, list[TariffChange]] = {"more": [], "less": []}
    days: dict[str, date] = {}
    for change in tariff_changes(rules, target):
        kind = _kind(change)
        counts[kind] += 1
        sums = [a + b for a, b in zip(sums, (change.old, change.new, change.to_come, change.new_to_come), strict=True)]
        if kind != "same" and change.on is not None:
            charged_on = max(change.on, on)
            days[kind] = min(days.get(kind, charged_on), charged_on)
            shown[kind] = sorted([*shown[kind], change], key=lambda one: (one.on or date.max, one.continuity_order))
            del shown[kind][examples:]
    amount, new_amount, to_come, new_to_come = (Money(minor, rules.currency) for minor in sums)
    return TariffPreview(
        tariff=target,
        kept=kept(target),
        **counts,
        first_on=days.get("more", days.get("less")),
        amount=amount,
        new_amount=new_amount,
        to_come=to_come,
        new_to_come=new_to_come,
        examples=tuple(_examples([*shown["more"], *shown["less"]][:examples], rules)),
    )


def _kind(change: TariffChange) -> str:
    if not change.differs or change.new == change.old:
        return "same"
    return "more" if change.new > change.old else "less"


def _examples(changes: list[TariffChange], rules: SetUp) -> Iterable[TariffExample]:
    people = {
        pk: (account, name)
        for pk, account, name in Customer.objects.filter(pk__in={change.customer for change in changes}).values_list(
            "pk", "account", "name"
        )
    }
    for change in changes:
        if change.on is not None:
            account, name = people[change.customer]
            yield TariffExample(
                order=change.number,
                account=account,
                customer=name,
                line=change.line,
                shipment=change.shipment,
                on=change.on,
                amount=Money(change.old, rules.currency),
                new_amount=Money(change.new, rules.currency),
            )
