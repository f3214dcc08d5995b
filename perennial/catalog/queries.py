"""Questions about set-up, answered as kernel values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from perennial.catalog.models import (
    Company,
    DateInterval,
    DeliveryMode,
    Parameters,
    PaymentSchedule,
    Price,
    Product,
)
from perennial.catalog.tariffs import newest_tariff, read_tariffs
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.calendar import EVERY_DAY, Interval, WorkingDays
from perennial.kernel.guess import likely
from perennial.kernel.instalments import Allocation
from perennial.kernel.instalments import PaymentSchedule as Schedule
from perennial.kernel.tariff import Tariff


def company_if_any() -> Company | None:
    """The company; None where the installation was never initialised."""
    return next(iter(sql.models(Company, "select * from catalog_company")), None)


def company() -> Company:
    """The company. Refused when the installation was never initialised."""
    found = company_if_any()
    if found is None:
        raise Refused("installation_empty")
    return found


def currency() -> str:
    """The currency of the installation; it is set by the first bundle."""
    found = company().currency
    if found is None:
        raise Refused("currency_not_set", "currency")
    return found


def parameters() -> Parameters:
    """The continuity parameters of the call center."""
    found = sql.models(Parameters, "select * from catalog_parameters")
    if not found:
        raise Refused("installation_empty")
    return found[0]


def today() -> date:
    """The business date in the company's time zone (or ``PERENNIAL_TODAY``). Only commands and views ask."""
    given: date | None = getattr(settings, "PERENNIAL_TODAY", None)
    return given or today_of(company_if_any())


def today_of(company: Company | None) -> date:
    """The business date of a company that is read already; none yet: of the world's clock."""
    given: date | None = getattr(settings, "PERENNIAL_TODAY", None)
    if given is not None:
        return given
    return timezone.localtime(timezone.now(), zone_of(company)).date()


def zone_of(company: Company | None) -> ZoneInfo:
    """Where the clock of a company stands, by which every moment is told; none yet: the world's."""
    zone = company.time_zone if company and isinstance(company.time_zone, str) else ""
    return ZoneInfo(zone or "UTC")


@dataclass(frozen=True)
class Mode:
    """A delivery mode with its working days. ``active``: it may be given."""

    id: int
    code: str
    days: WorkingDays
    active: bool = True


@dataclass
class SetUp:
    """All small set-up tables, read once for a chunk of work. ``newest``: the number of the tariff of new orders."""

    modes: dict[int | None, Mode]
    schedules: dict[int | None, Schedule]
    newest: int
    parameters: Parameters
    currency: str
    modes_by_code: dict[str, Mode] = field(default_factory=dict)
    tariffs: dict[int, Tariff] = field(default_factory=dict)

    def tariff(self, number: int | None = None) -> Tariff:
        """A tariff, by which an order is reckoned that stands on it; left out: that of new orders."""
        number = self.newest if number is None else number
        if number not in self.tariffs:
            self.tariffs.update(read_tariffs([number]))
        return self.tariffs[number]

    def working_days(self, mode_id: int | None) -> WorkingDays:
        """The working days of a delivery mode; of none: every day."""
        return EVERY_DAY if mode_id is None else self.modes[mode_id].days


def names() -> dict[tuple[str, str], str]:
    """What delivery modes (``mode``), date intervals (``interval``) and the codes of sources (``source``), reasons
    (``reason``) and holds (``hold``) are called, by their codes.
    """
    found = sql.tuples(
        "select 'mode', code, name from catalog_deliverymode where name <> ''"
        " union all select 'interval', code, name from catalog_dateinterval where name <> ''"
        " union all select 'source', code, description from catalog_sourcecode where description <> ''"
        " union all select 'reason', code, description from catalog_reasoncode where description <> ''"
        " union all select 'hold', code, description from catalog_holdcode where description <> ''"
    )
    return {(kind, code): name for kind, code, name in found}


def set_up() -> SetUp:
    """Read the set-up that planning, totals and payments need. Every run of a job reads it: few, plain statements."""
    modes: dict[int | None, Mode] = {
        key: Mode(key, code, WorkingDays(code, tuple(weekdays), holidays, tuple(closed_on)), active)
        for key, code, weekdays, holidays, closed_on, active in sql.tuples(
            "select id, code, working_days, holidays, closed_on, active from catalog_deliverymode"
        )
    }
    lines: dict[int, list[tuple[int, Decimal]]] = {}
    for schedule, after, percent in sql.tuples(
        "select schedule_id, after, percent from catalog_paymentscheduleline order by schedule_id, number"
    ):
        lines.setdefault(schedule, []).append((after, percent))
    schedules: dict[int | None, Schedule] = {
        key: Schedule(
            name=name,
            allocation=cast(Allocation, allocation),
            unit=unit,
            every=every,
            after=after,
            number_of_payments=number,
            amount_minor=amount,
            lines=tuple(lines.get(key, ())),
        )
        for key, name, allocation, unit, every, after, number, amount in sql.tuples(
            "select id, name, allocation, unit, every, after, number_of_payments, amount_minor"
            " from catalog_paymentschedule"
        )
    }
    newest = newest_tariff()
    return SetUp(
        modes=modes,
        schedules=schedules,
        newest=newest.number,
        tariffs={newest.number: newest},
        parameters=parameters(),
        currency=currency(),
        modes_by_code={m.code: m for m in modes.values()},
    )


PriceList = dict[int, list[tuple[date, int]]]


def price_lists(product_ids: Iterable[int]) -> PriceList:
    """All prices of products, each with the day from which on; what has none is absent."""
    found: PriceList = {}
    for product, start, price in Price.objects.filter(product_id__in=list(product_ids)).values_list(
        "product_id", "valid_from", "price_minor"
    ):
        found.setdefault(product, []).append((start or date.min, price))
    return found


def in_force(prices: Iterable[tuple[date, int]], on: date) -> int:
    """The price in force on a date; the earliest where there was none then."""
    ordered = sorted(prices)
    return next((price for start, price in reversed(ordered) if start <= on), ordered[0][1])


def prices_on(product_ids: Iterable[int], on: date) -> dict[int, int]:
    """Each product's price in force on a date; its earliest if it had none then; absent if it has none."""
    return {product: in_force(prices, on) for product, prices in price_lists(product_ids).items()}


def product_by_number(number: str, field: str = "item_number") -> Product:
    """A product by its number. Refused when there is none."""
    found = Product.objects.filter(number=number).first()
    if found is None:
        known = Product.objects.order_by("number").values_list("number", flat=True)
        raise Refused("product_unknown", field, product=number, meant=likely(number, list(known)))
    return found


def date_interval(code: str) -> Interval | None:
    """A date interval as it is set up, by its code; None: there is none."""
    found = DateInterval.objects.filter(code=code).first()
    return None if found is None else Interval(found.code, found.rule, found.anchor)


def delivery_modes() -> list[tuple[str, str]]:
    """The codes of the delivery modes that may be given, with their names."""
    return list(DeliveryMode.objects.filter(active=True).order_by("code").values_list("code", "name"))


def payment_schedules() -> list[str]:
    """The names of the payment schedules."""
    return list(PaymentSchedule.objects.order_by("name").values_list("name", flat=True))


def date_intervals() -> list[tuple[str, str]]:
    """The date intervals that are set up: code and name."""
    return list(DateInterval.objects.order_by("name", "code").values_list("code", "name"))


def tax_groups() -> list[str]:
    """The tax groups that rates and delivery modes name."""
    found = sql.tuples(
        'select "group" from catalog_taxrate union select tax_group from catalog_deliverymode order by 1'
    )
    return [group for (group,) in found if group is not None]
