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
from perennial.kernel import calendar, guess, money, places
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
}
"""The parameters that are whole numbers, with their least and most."""

WITHOUT_LIMIT = frozenset({"repeat_threshold", "number_of_orders_to_create", "reauthorization_limit"})
"""The parameters whose null means: no limit."""


def company_faults(given: dict[str, Any]) -> Iterator[Refused]:
    """The company: its country, its time zone (business dates are in it), its languages."""
    yield from places.country_faults(given.get("country"))
    zone = given.get("time_zone")
    if zone is not None and zone not in places.time_zones():
        found = guess.meant(zone, places.time_zones())
        hint = f'; did you mean "{found}"?' if found else ""
        yield Refused("time_zone", f'"{zone}" is not a time zone such as "Europe/Rome"{hint}', "time_zone")
    languages = given.get("languages")
    if languages is not None:
        if not languages:
            yield Refused("languages", "at least one language is needed", "languages")
        for at, language in enumerate(languages):
            if language in languages[:at]:
                yield Refused("languages", f'"{language}" stands twice', f"languages[{at}]")
            yield from places.language_faults(language, f"languages[{at}]")


def currency_faults(currency: str | None, stored: str | None) -> Iterator[Refused]:
    """One installation has one currency: that of its first bundle (docs/contract.md)."""
    if currency is None:
        return
    if not is_currency(currency):
        hint = f'; did you mean "{currency.upper()}"?' if is_currency(currency.upper()) else ""
        yield Refused("currency", f'"{currency}" is not a currency of ISO 4217{hint}', "currency")
    elif stored is not None and currency != stored:
        yield Refused("currency", f"the installation has {stored}, this says {currency}", "currency")


def parameter_faults(given: dict[str, Any]) -> Iterator[Refused]:
    """The continuity parameters: whole numbers within sense, null only where it means no limit."""
    for name, value in given.items():
        if name not in COUNTS:
            if value is None or value == "":
                yield Refused("parameters", "is needed", name)
            continue
        low, high = COUNTS[name]
        if value is None:
            if name not in WITHOUT_LIMIT:
                yield Refused("parameters", "null is not possible here: write a whole number", name)
        elif not low <= value <= high:
            yield Refused("parameters", f"{value} is not within {low} to {high}", name)


def mode_faults(mode: ModeFacts) -> Iterator[Refused]:
    """A delivery mode: at least one weekday, known holidays, a charge from 0 on."""
    if not mode.working_days:
        yield Refused("working_days", "at least one weekday is needed (1 is Monday, 7 Sunday)", "working_days")
    for at, day in enumerate(mode.working_days):
        if not 1 <= day <= 7:
            yield Refused("working_days", f"{day} is not a weekday from 1 (Monday) to 7", f"working_days[{at}]")
        elif day in mode.working_days[:at]:
            yield Refused("working_days", f"{day} stands twice", f"working_days[{at}]")
    if mode.holidays is not None:
        try:
            calendar.check_holidays(mode.holidays)
        except Refused as refused:
            yield refused
    for at, closed in enumerate(mode.closed_on):
        if closed in mode.closed_on[:at]:
            yield Refused("closed_on", f"{closed} stands twice", f"closed_on[{at}]")
    if mode.charge_minor < 0:
        yield Refused("charge", "a charge is not below 0", "charge")


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
            yield Refused("amount", "a fixed_amount schedule needs the amount of a part", "amount")
        elif amount <= 0:
            yield Refused("amount", "the amount of a part is above 0", "amount")
    elif amount is not None:
        yield Refused("amount", f"only a fixed_amount schedule has an amount, not {allocation}", "amount")
    if not 1 <= schedule.number_of_payments <= MOST_PARTS:
        yield Refused(
            "number_of_payments",
            f"{schedule.number_of_payments} is not within 1 to {MOST_PARTS}",
            "number_of_payments",
        )
    elif schedule.number_of_payments != 1 and allocation != "fixed_quantity":
        yield Refused(
            "number_of_payments",
            f"only a fixed_quantity schedule has a number of payments, not {allocation}",
            "number_of_payments",
        )
    yield from _late_parts(schedule)
    many = allocation == "fixed_amount" or (allocation == "fixed_quantity" and schedule.number_of_payments > 1)
    if schedule.every < (1 if many else 0):
        yield Refused("every", "the parts are at least 1 unit apart", "every")
    if allocation == "specified":
        if not lines:
            yield Refused("lines", "a specified schedule needs lines with percentages that sum to 100", "lines")
        elif (total := sum((percent for _, percent in lines), Decimal(0))) != 100:
            yield Refused("lines", f"the percentages sum to {money.plain(total)}, not to 100", "lines")
    elif lines:
        yield Refused("lines", f"only a specified schedule has lines, not {allocation}", "lines")


MOST_YEARS = 1000
_UNITS_A_YEAR = {"day": 365, "month": 12, "year": 1}


def _late_parts(schedule: ScheduleFacts) -> Iterator[Refused]:
    """Parts that would be due outside of the calendar, wherever an order is dated."""
    most = MOST_YEARS * _UNITS_A_YEAR.get(schedule.unit, 365)
    afters = {"after": schedule.after} | {f"lines[{at}].after": after for at, (after, _) in enumerate(schedule.lines)}
    for field, after in afters.items():
        if after > most:
            yield Refused("after", f"{after} {schedule.unit}s are more than {MOST_YEARS:,} years", field)
    parts = schedule.number_of_payments if schedule.allocation == "fixed_quantity" else 1
    if schedule.after <= most < schedule.after + (parts - 1) * schedule.every:
        yield Refused(
            "every",
            f"the last of {parts} parts, each {schedule.every} {schedule.unit}s after the one before, would be due"
            f" in more than {MOST_YEARS:,} years",
            "every",
        )


def product_faults(product: ProductFacts) -> Iterator[Refused]:
    """A product: one price a date; a continuity product has none and stands for a program (docs/rules.md)."""
    froms: set[date | None] = set()
    for at, (start, amount) in enumerate(product.prices):
        field = f"prices[{at}]"
        if start in froms:
            yield Refused("prices", f"two prices from {start or 'the beginning'} on", f"{field}.from")
        froms.add(start)
        if amount < 0:
            yield Refused("price", "a price is not below 0", f"{field}.price")
    if product.program is not None:
        if product.prices:
            yield Refused("price", "a continuity product has no price of its own: its events' products have", "price")
    else:
        if product.event_duration:
            yield Refused("event_duration", "only a continuity product has it: name its program", "event_duration")
        if product.shipments is not None:
            yield Refused("shipments", "only a continuity product has it: name its program", "shipments")
    if product.event_duration and product.shipments is not None:
        yield Refused("shipments", "event_duration and shipments do not go together: give one", "shipments")
