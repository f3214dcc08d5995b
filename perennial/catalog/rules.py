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
        yield Refused("time_zone", "time_zone", text=f'"{zone}" is not a time zone such as "Europe/Rome"{hint}')
    languages = given.get("languages")
    if languages is not None:
        if not languages:
            yield Refused("languages", "languages", text="at least one language is needed")
        for at, language in enumerate(languages):
            if language in languages[:at]:
                yield Refused("languages", f"languages[{at}]", text=f'"{language}" stands twice')
            yield from places.language_faults(language, f"languages[{at}]")


def currency_faults(currency: str | None, stored: str | None) -> Iterator[Refused]:
    """One installation has one currency: that of its first bundle (docs/contract.md)."""
    if currency is None:
        return
    if not is_currency(currency):
        hint = f'; did you mean "{currency.upper()}"?' if is_currency(currency.upper()) else ""
        yield Refused("currency", "currency", text=f'"{currency}" is not a currency of ISO 4217{hint}')
    elif stored is not None and currency != stored:
        yield Refused("currency", "currency", text=f"the installation has {stored}, this says {currency}")


def parameter_faults(given: dict[str, Any]) -> Iterator[Refused]:
    """The continuity parameters: whole numbers within sense, null only where it means no limit."""
    for name, value in given.items():
        if name not in COUNTS:
            if value is None or value == "":
                yield Refused("parameters", name, text="is needed")
            continue
        low, high = COUNTS[name]
        if value is None:
            if name not in WITHOUT_LIMIT:
                yield Refused("parameters", name, text="null is not possible here: write a whole number")
        elif not low <= value <= high:
            yield Refused("parameters", name, text=f"{value} is not within {low} to {high}")


def mode_faults(mode: ModeFacts) -> Iterator[Refused]:
    """A delivery mode: at least one weekday, known holidays, a charge from 0 on."""
    if not mode.working_days:
        yield Refused("working_days", "working_days", text="at least one weekday is needed (1 is Monday, 7 Sunday)")
    for at, day in enumerate(mode.working_days):
        if not 1 <= day <= 7:
            yield Refused("working_days", f"working_days[{at}]", text=f"{day} is not a weekday from 1 (Monday) to 7")
        elif day in mode.working_days[:at]:
            yield Refused("working_days", f"working_days[{at}]", text=f"{day} stands twice")
    if mode.holidays is not None:
        try:
            calendar.check_holidays(mode.holidays)
        except Refused as refused:
            yield refused
    for at, closed in enumerate(mode.closed_on):
        if closed in mode.closed_on[:at]:
            yield Refused("closed_on", f"closed_on[{at}]", text=f"{closed} stands twice")
    if mode.charge_minor < 0:
        yield Refused("charge", "charge", text="a charge is not below 0")


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
            yield Refused("amount", "amount", text="a fixed_amount schedule needs the amount of a part")
        elif amount <= 0:
            yield Refused("amount", "amount", text="the amount of a part is above 0")
    elif amount is not None:
        yield Refused("amount", "amount", text=f"only a fixed_amount schedule has an amount, not {allocation}")
    if not 1 <= schedule.number_of_payments <= MOST_PARTS:
        yield Refused(
            "number_of_payments",
            "number_of_payments",
            text=f"{schedule.number_of_payments} is not within 1 to {MOST_PARTS}",
        )
    elif schedule.number_of_payments != 1 and allocation != "fixed_quantity":
        yield Refused(
            "number_of_payments",
            "number_of_payments",
            text=f"only a fixed_quantity schedule has a number of payments, not {allocation}",
        )
    yield from _late_parts(schedule)
    many = allocation == "fixed_amount" or (allocation == "fixed_quantity" and schedule.number_of_payments > 1)
    if schedule.every < (1 if many else 0):
        yield Refused("every", "every", text="the parts are at least 1 unit apart")
    if allocation == "specified":
        if not lines:
            yield Refused("lines", "lines", text="a specified schedule needs lines with percentages that sum to 100")
        elif (total := sum((percent for _, percent in lines), Decimal(0))) != 100:
            yield Refused("lines", "lines", text=f"the percentages sum to {money.plain(total)}, not to 100")
    elif lines:
        yield Refused("lines", "lines", text=f"only a specified schedule has lines, not {allocation}")


MOST_YEARS = 1000
_UNITS_A_YEAR = {"day": 365, "month": 12, "year": 1}


def _late_parts(schedule: ScheduleFacts) -> Iterator[Refused]:
    """Parts that would be due outside of the calendar, wherever an order is dated."""
    most = MOST_YEARS * _UNITS_A_YEAR.get(schedule.unit, 365)
    afters = {"after": schedule.after} | {f"lines[{at}].after": after for at, (after, _) in enumerate(schedule.lines)}
    for field, after in afters.items():
        if after > most:
            yield Refused("after", field, text=f"{after} {schedule.unit}s are more than {MOST_YEARS:,} years")
    parts = schedule.number_of_payments if schedule.allocation == "fixed_quantity" else 1
    if schedule.after <= most < schedule.after + (parts - 1) * schedule.every:
        yield Refused(
            "every",
            "every",
            text=f"the last of {parts} parts, each {schedule.every} {schedule.unit}s after the one before, would be due"
            f" in more than {MOST_YEARS:,} years",
        )


def product_faults(product: ProductFacts) -> Iterator[Refused]:
    """A product: one price a date; a continuity product has none and stands for a program (docs/rules.md)."""
    froms: set[date | None] = set()
    for at, (start, amount) in enumerate(product.prices):
        field = f"prices[{at}]"
        if start in froms:
            yield Refused("prices", f"{field}.from", text=f"two prices from {start or 'the beginning'} on")
        froms.add(start)
        if amount < 0:
            yield Refused("price", f"{field}.price", text="a price is not below 0")
    if product.program is not None:
        if product.prices:
            yield Refused(
                "price", "price", text="a continuity product has no price of its own: its events' products have"
            )
    else:
        if product.event_duration:
            yield Refused("event_duration", "event_duration", text="only a continuity product has it: name its program")
        if product.shipments is not None:
            yield Refused("shipments", "shipments", text="only a continuity product has it: name its program")
    if product.event_duration and product.shipments is not None:
        yield Refused("shipments", "shipments", text="event_duration and shipments do not go together: give one")
