"""Set-up as a bundle carries it, each kind by its codes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from perennial.catalog.actions import DEFAULTS
from perennial.catalog.models import (
    Company,
    DateInterval,
    DeliveryMode,
    HoldCode,
    Parameters,
    PaymentSchedule,
    Price,
    Product,
    ReasonCode,
    SourceCode,
    Tariff,
    TariffRate,
    TaxRate,
)
from perennial.catalog.rules import AMOUNTS
from perennial.catalog.tariffs import applied_number, newest_number
from perennial.continuity.models import ContinuityOrder
from perennial.kernel import money
from perennial.programs.models import ContinuityProduct

Document = dict[str, Any]


def day(value: date | None) -> str | None:
    """A date as it is written; null where there is none."""
    return None if value is None else value.isoformat()


def anchor(value: date | None) -> str:
    """The anchor of an interval."""
    return "order" if value is None else value.isoformat()


def company_document() -> Document:
    """The company. Its installation id stays: two installations must never share one."""
    row = Company.objects.get(pk=1)
    names = ("name", "country", "time_zone", "languages", "from_email", "vat_number", "notices_on")
    known = {name: getattr(row, name) for name in ("phone", "address") if getattr(row, name) is not None}
    return {name: getattr(row, name) for name in names} | known


def parameters_document(currency: str) -> Document:
    """The continuity parameters."""
    return parameters(Parameters.objects.get(pk=1), DEFAULTS, currency)


def parameters(row: Any, names: Iterable[str], currency: str) -> Document:
    """These parameters of a row, those that are money as money."""
    found = {name: getattr(row, name) for name in names}
    for name in found.keys() & set(AMOUNTS):
        minor = found[name]
        found[name] = None if minor is None else money.text(minor, currency)
    return {name.removesuffix("_minor"): value for name, value in found.items()}


def delivery_modes(currency: str) -> Iterator[Document]:
    """The delivery modes."""
    for row in DeliveryMode.objects.order_by("code"):
        yield delivery_mode(row, currency)


def delivery_mode(row: Any, currency: str) -> Document:
    """A delivery mode; ``row``, here and below: as it is, or as it was (of the history)."""
    return {
        "code": row.code,
        "name": row.name,
        "charge": money.text(row.charge_minor, currency),
        "tax_group": row.tax_group,
        "working_days": list(row.working_days),
        "holidays": row.holidays,
        "closed_on": [closed.isoformat() for closed in row.closed_on],
        **in_use(row),
    }


def in_use(row: Any) -> Document:
    """That a product or a delivery mode is not in use; of one that is, nothing is said."""
    return {} if row.active else {"active": False}


def tax_rates() -> Iterator[Document]:
    """The tax rates."""
    yield from _rates(TaxRate.objects.all())


def _rates(rows: Iterable[TaxRate | TariffRate]) -> Iterator[Document]:
    for row in sorted(rows, key=lambda r: (r.group, r.country, r.region or "", r.valid_from or date.min)):
        yield tax_rate(row)


def tax_rate(row: Any) -> Document:
    """A tax rate."""
    return {
        "group": row.group,
        "country": row.country,
        "region": row.region,
        "percent": money.plain(row.percent),
        "from": day(row.valid_from),
    }


def tariffs(currency: str) -> list[Document]:
    """The tariffs that orders keep, and the number of that of what is set up: none where there was never another one."""
    newest = newest_number()
    kept = set(ContinuityOrder.objects.order_by().values_list("tariff_id", flat=True).distinct())
    wanted = {*kept, newest, *filter(None, [applied_number()])}
    rows = (
        Tariff.objects.filter(number__in=wanted).order_by("number").prefetch_related("rates", "charges__delivery_mode")
    )
    found = [_tariff(row, currency, as_set_up=row.number == newest) for row in rows]
    return [] if found == [{"number": 1}] else found


def _tariff(row: Tariff, currency: str, *, as_set_up: bool) -> Document:
    document: Document = {"number": row.number}
    if not as_set_up:
        charges = sorted(row.charges.all(), key=lambda charge: charge.delivery_mode.code)
        document |= {
            "prices_include_tax": row.prices_include_tax,
            "tax_rates": list(_rates(row.rates.all())),
            "delivery_charges": [
                {
                    "delivery_mode": one.delivery_mode.code,
                    "charge": money.text(one.charge_minor, currency),
                    "tax_group": one.tax_group,
                }
                for one in charges
            ],
        }
    if row.applied_on is not None:
        document |= {
            "applied_on": day(row.applied_on),
            "applied_by": row.applied_by,
            "applied_because": row.applied_because,
        }
    return document


def date_intervals() -> Iterator[Document]:
    """The date intervals."""
    for row in DateInterval.objects.order_by("code"):
        yield date_interval(row)


def date_interval(row: Any) -> Document:
    """A date interval."""
    return {"code": row.code, "name": row.name, "rule": row.rule, "anchor": anchor(row.anchor)}


def payment_schedules(currency: str) -> Iterator[Document]:
    """The payment schedules."""
    for row in PaymentSchedule.objects.order_by("name").prefetch_related("lines"):
        yield payment_schedule(row, row.lines.all(), currency)


def payment_schedule(row: Any, lines: Iterable[Any], currency: str) -> Document:
    """A payment schedule."""
    document: Document = {
        "name": row.name,
        "allocation": row.allocation,
        "unit": row.unit,
        "every": row.every,
        "after": row.after,
        "number_of_payments": row.number_of_payments,
    }
    if row.amount_minor is not None:
        document["amount"] = money.text(row.amount_minor, currency)
    if lines := sorted(lines, key=lambda line: line.number):
        document["lines"] = [{"after": line.after, "percent": money.plain(line.percent)} for line in lines]
    return document


def source_codes() -> Iterator[Document]:
    """Where orders come from."""
    for row in SourceCode.objects.order_by("code"):
        yield source_code(row)


def source_code(row: Any) -> Document:
    """Where an order comes from."""
    return {
        "code": row.code,
        "description": row.description,
        "from": day(row.valid_from),
        "until": day(row.valid_until),
        "active": row.active,
    }


def reason_codes() -> Iterator[Document]:
    """Why something is done to an order."""
    for row in ReasonCode.objects.order_by("code"):
        yield reason_code(row)


def reason_code(row: Any) -> Document:
    """Why something is done."""
    return {"code": row.code, "description": row.description, "actions": list(row.actions), "active": row.active}


def hold_codes() -> Iterator[Document]:
    """The kinds of holds."""
    for row in HoldCode.objects.order_by("code"):
        yield hold_code(row)


def hold_code(row: Any) -> Document:
    """A kind of hold."""
    return {
        "code": row.code,
        "description": row.description,
        "stops": row.stops,
        "released_by": list(row.released_by),
        "active": row.active,
    }


def products(currency: str) -> Iterator[Document]:
    """The products with their prices, and what the continuity products stand for."""
    prices: dict[int, list[tuple[date | None, int]]] = defaultdict(list)
    for product, start, amount in Price.objects.values_list("product_id", "valid_from", "price_minor"):
        prices[product].append((start, amount))
    sold = {row.product_id: row for row in ContinuityProduct.objects.select_related("program")}
    for row in Product.objects.order_by("number").iterator(2000):
        document: Document = {"number": row.number, "name": row.name, "tax_group": row.tax_group}
        mine = prices_of(prices.get(row.pk, ()), currency)
        if row.kind == "continuity":
            continuity = sold.get(row.pk)
            if continuity is not None:
                document |= {
                    "program": continuity.program.schedule_id,
                    "event_duration": continuity.event_duration,
                    "shipments": continuity.shipments,
                }
        elif len(mine) == 1 and mine[0]["from"] is None:
            document["price"] = mine[0]["price"]
        elif mine:
            document["prices"] = mine
        yield document | in_use(row)


def prices_of(prices: Iterable[tuple[date | None, int]], currency: str) -> list[Document]:
    """The prices of a product, from which day on each."""
    in_order = sorted(prices, key=lambda price: price[0] or date.min)
    return [{"price": money.text(amount, currency), "from": day(start)} for start, amount in in_order]
