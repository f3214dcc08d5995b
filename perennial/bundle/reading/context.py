"""What is known while a bundle is read: the currency, the faults, and every name that may be referred to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from perennial.bundle.reading.faults import Faults
from perennial.bundle.reading.notes import Notes
from perennial.bundle.reading.values import Known
from perennial.bundle.takeover.numbers import Numbers
from perennial.catalog.models import (
    Company,
    DateInterval,
    DeliveryMode,
    PaymentSchedule,
    Price,
    Product,
    SourceCode,
)
from perennial.catalog.on_offer import Off
from perennial.programs.models import Program
from perennial.programs.values import Rule


@dataclass
class Reading:
    """The state of one import."""

    by: str
    on: date
    reason: str | None
    now: datetime = field(default_factory=timezone.now)  # for instants that are not known; no rule reads it
    faults: Faults = field(default_factory=Faults)
    currency: str | None = None
    modes: Known = field(default_factory=Known)
    intervals: Known = field(default_factory=Known)
    schedules: Known = field(default_factory=Known)
    products: Known = field(default_factory=Known)
    programs: Known = field(default_factory=Known)
    sources: Known = field(default_factory=Known)
    rules: dict[str, Rule] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    priced: set[str] = field(default_factory=set)
    off: Off = field(default_factory=Off)  # what is not in use
    numbers: Numbers = field(default_factory=Numbers)
    notes: Notes = field(default_factory=Notes)
    only_given: bool = False  # what is left out of a thing that is stored stays as it is
    meant: frozenset[date] = frozenset()  # days that are not mistyped, though they are years away
    retaxed: bool = False  # a stored product has another tax group now
    bad: bool = False  # the currency is missing or wrong: no amount can be read


def begin(*, by: str, on: date, reason: str | None) -> Reading:
    """Read the names that the installation knows already."""
    reading = Reading(by, on, reason)
    reading.currency = Company.objects.get(pk=1).currency
    modes = dict(DeliveryMode.objects.values_list("code", "active"))
    reading.modes = Known(modes)
    reading.schedules = Known(PaymentSchedule.objects.values_list("name", flat=True))
    reading.programs = Known(Program.objects.values_list("schedule_id", flat=True))
    for interval in DateInterval.objects.all():
        reading.rules[interval.code] = Rule(interval.code, interval.rule, interval.anchor)
    reading.intervals = Known(reading.rules)
    reading.sources = Known(SourceCode.objects.values_list("code", flat=True))
    products = list(Product.objects.values_list("number", "kind", "active"))
    reading.kinds = {number: kind for number, kind, _ in products}
    reading.products = Known(reading.kinds)
    reading.off = Off(
        {number for number, _, active in products if not active}, {code for code, active in modes.items() if not active}
    )
    reading.priced = set(Price.objects.values_list("product__number", flat=True).distinct())
    return reading
