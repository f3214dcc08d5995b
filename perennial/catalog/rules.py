"""What set-up may say. Each function lists every fault of one value, so that all can be shown at once.

Sources: docs/contract.md (the table of fields), docs/rules.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from perennial.catalog.values import IntervalFacts, ModeFacts, ProductFacts, RateFacts, ScheduleFacts
from perennial.errors import Refused
from perennial.kernel import calendar, guess, limits, places
from perennial.kernel.currencies import is_currency
from perennial.kernel.instalments import MOST_PARTS

COUNTS = {
    "days_before_delivery": (0, 366),
    "on_account_bill_days": (0, 366),
    "on_account_terms_days": (0, 3660),
    "repeat_threshold": (0, 999),
    "number_of_orders_to_create": (0, 10**9),
    "authorize_days_before": (0, 366),
    "reauthorization_limit": (1, 1000),
    "delivery_window_days": (0, 366),
    "days_between_tries": (1, 366),
    "order_dates_within_days": (0, 366_000),
    "authorization_renewals": (0, 1000),
    "days_to_keep_run_lists": (0, 366_000),
    "card_link_days": (1, 90),
}
"""The parameters that are whole numbers, with their least and most."""

AMOUNTS = ("refund_limit_minor",)
"""The parameters that are money; a bundle calls them without the ``_minor``. Null: none is set."""

WITHOUT_LIMIT = frozenset(
    {
        "repeat_threshold",
        "number_of_orders_to_create",
        "reauthorization_limit",
        "order_dates_within_days",
        "authorization_renewals",
        "days_to_keep_run_lists",
    }
)
"""The parameters whose null means: no limit."""

DAY_LISTS = ("soft_retry_days", "expired_retry_days", "authentication_retry_days")
"""The parameters that are lists of days; null of the first: every so many days (``days_between_tries``)."""
MOST_RETRIES = 30
RETRY_DAYS = (1, 366)


def company_faults(given: dict[str, Any]) -> Iterator[Refused]:
    """The company: its country, its time zone (business dates are in it), its languages."""
    yield from places.country_faults(given.get("country"))
    sender = given.get("from_email")
    if sender is not None and (fault := limits.email_fault(sender)) is not None:
        yield fault.at("from_email")
    zone = given.get("time_zone")
    if zone is not None and zone not in places.time_zones():
        yield Refused("time_zone_unknown", "time_zone", zone=zone, meant=guess.meant(zone, places.time_zones()))
    languages = given.get("languages")
    if languages is not None:
        if not languages:
            yield Refused("language_needed", "languages")
        for at, language in enumerate(languages):
            if language in languages[:at]:
                yield Refused("name_stands_twice", f"languages[{at}]", name=language)
            yield from places.language_faults(language, f"languages[{at}]")


def currency_faults(currency: str | None, stored: str | None) -> Iterator[Refused]:
    """One installation has one currency: that of its first bundle (docs/contract.md)."""
    if currency is None:
        return
    if not is_currency(currency):
        meant = currency.upper() if is_currency(currency.upper()) else None
        yield Refused("currency_unknown", "currency", currency=currency, meant=meant)
    elif stored is not None and currency != stored:
        yield Refused("currency_differs", "currency", stored=stored, currency=currency)


def parameter_faults(given: dict[str, Any]) -> Iterator[Refused]:
    """The continuity parameters: whole numbers within sense, null only where it means no limit."""
    for name, value in given.items():
        if name in AMOUNTS:
            if value is not None and value < 0:
                yield Refused("refund_limit_below_zero", name.removesuffix("_minor"))
            continue
        if name in DAY_LISTS:
            yield from _retry_faults(name, value)
            continue
        if name not in COUNTS:
            if value is None or value == "":
                yield Refused("parameter_needed", name)
            continue
        low, high = COUNTS[name]
        if value is None:
            if name not in WITHOUT_LIMIT:
                yield Refused("whole_number_needed", name)
        elif not low <= value <= high:
            yield Refused("number_not_within", name, value=value, low=low, high=high)


def _retry_faults(name: str, days: list[int] | None) -> Iterator[Refused]:
    """After how many days a declined card is asked again, try by try."""
    if not days:
        if name == "soft_retry_days" and days is not None:
            yield Refused("retry_days_needed", name)
        elif name != "soft_retry_days" and days is None:
            yield Refused("parameter_needed", name)
        return
    if len(days) > MOST_RETRIES:
        yield Refused("too_many_retries", name, most=MOST_RETRIES)
    low, high = RETRY_DAYS
    for at, value in enumerate(days):
        if not low <= value <= high:
            yield Refused("number_not_within", f"{name}[{at}]", value=value, low=low, high=high)


def mode_faults(mode: ModeFacts) -> Iterator[Refused]:
    """A delivery mode: at least one weekday, known holidays, a charge from 0 on."""
    if not mode.working_days:
        yield Refused("weekday_needed", "working_days")
    for at, day in enumerate(mode.working_days):
        if not 1 <= day <= 7:
            yield Refused("weekday_unknown", f"working_days[{at}]", day=day)
        elif day in mode.working_days[:at]:
            yield Refused("day_stands_twice", f"working_days[{at}]", day=day)
    if mode.holidays is not None:
        try:
            calendar.check_holidays(mode.holidays)
        except Refused as refused:
            yield refused
    for at, closed in enumerate(mode.closed_on):
        if closed in mode.closed_on[:at]:
            yield Refused("day_stands_twice", f"closed_on[{at}]", day=closed)
    if mode.charge_minor < 0:
        yield Refused("charge_below_zero", "charge")


def rate_faults(rate: RateFacts) -> Iterator[Refused]:
    """A tax rate: of a country of ISO 3166."""
    yield from places.country_faults(rate.country)


def interval_faults(interval: IntervalFacts) -> Iterator[Refused]:
    """A recurrence rule of RFC 5545 with dates only; the kernel says what is wrong with it."""
    try:
        calendar.Interval(interval.code, interval.rule, interval.anchor)
    except Refused as refused:
        yield refused


def schedule_faults(schedule: ScheduleFacts) -> Iterator[Refused]:
    """A payment schedule: what its allocation needs, nothing that it does not use (docs/rules.md)."""
    allocation, amount, lines = schedule.allocation, schedule.amount_minor, schedule.lines
    if allocation == "fixed_amount":
        if amount is None:
            yield Refused("schedule_amount_needed", "amount")
        elif amount <= 0:
            yield Refused("schedule_amount_not_positive", "amount")
    elif amount is not None:
        yield Refused("schedule_amount_unused", "amount", allocation=allocation)
    if not 1 <= schedule.number_of_payments <= MOST_PARTS:
        yield Refused(
            "number_not_within", "number_of_payments", value=schedule.number_of_payments, low=1, high=MOST_PARTS
        )
    elif schedule.number_of_payments != 1 and allocation != "fixed_quantity":
        yield Refused("schedule_number_unused", "number_of_payments", allocation=allocation)
    yield from _late_parts(schedule)
    many = allocation == "fixed_amount" or (allocation == "fixed_quantity" and schedule.number_of_payments > 1)
    if schedule.every < (1 if many else 0):
        yield Refused("schedule_parts_together", "every")
    if allocation == "specified":
        if not lines:
            yield Refused("schedule_lines_needed", "lines")
        elif (total := sum((percent for _, percent in lines), Decimal(0))) != 100:
            yield Refused("schedule_lines_sum", "lines", total=total)
    elif lines:
        yield Refused("schedule_lines_unused", "lines", allocation=allocation)


MOST_YEARS = 1000
_UNITS_A_YEAR = {"day": 365, "month": 12, "year": 1}


def _late_parts(schedule: ScheduleFacts) -> Iterator[Refused]:
    """Parts that would be due outside of the calendar, wherever an order is dated."""
    most = MOST_YEARS * _UNITS_A_YEAR.get(schedule.unit, 365)
    afters = {"after": schedule.after} | {f"lines[{at}].after": after for at, (after, _) in enumerate(schedule.lines)}
    for field, after in afters.items():
        if after > most:
            yield Refused("schedule_after_too_late", field, after=after, unit=schedule.unit, years=MOST_YEARS)
    parts = schedule.number_of_payments if schedule.allocation == "fixed_quantity" else 1
    if schedule.after <= most < schedule.after + (parts - 1) * schedule.every:
        yield Refused(
            "schedule_last_part_too_late",
            "every",
            parts=parts,
            every=schedule.every,
            unit=schedule.unit,
            years=MOST_YEARS,
        )


def product_faults(product: ProductFacts) -> Iterator[Refused]:
    """A product: one price a date; a continuity product has none and stands for a program (docs/rules.md)."""
    froms: set[date | None] = set()
    for at, (start, amount) in enumerate(product.prices):
        field = f"prices[{at}]"
        if start in froms:
            if start is None:
                yield Refused("price_always_twice", f"{field}.from")
            else:
                yield Refused("price_from_twice", f"{field}.from", start=start)
        froms.add(start)
        if amount < 0:
            yield Refused("price_below_zero", f"{field}.price")
    if product.program is not None:
        if product.prices:
            yield Refused("continuity_product_priced", "price")
    else:
        if product.event_duration:
            yield Refused("not_continuity_product", "event_duration")
        if product.shipments is not None:
            yield Refused("not_continuity_product", "shipments")
    if product.event_duration and product.shipments is not None:
        yield Refused("duration_and_shipments", "shipments")
