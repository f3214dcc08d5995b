"""The tariffs of a bundle: those that its orders keep, and which number what is set up has."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.values import Given, keys
from perennial.catalog.values import ModeFacts, RateFacts, TariffFacts

TARIFF = keys("number prices_include_tax tax_rates delivery_charges applied_on applied_by applied_because")
RATE = keys("group country region percent from")
CHARGE = keys("delivery_mode charge tax_group")
MOST = 999_999


def tariffs(reading: Reading, values: Sequence[Any]) -> list[TariffFacts]:
    """The tariffs that are without fault, in the order of their numbers."""
    made: dict[int, TariffFacts] = {}
    set_up = 0
    for at, value in enumerate(values):
        thing = Given(value, f"tariffs[{at}]", reading.faults, TARIFF)
        number = thing.whole("number", 1, 1, MOST, required=True)
        as_set_up = not any(thing.given(key) for key in ("prices_include_tax", "tax_rates", "delivery_charges"))
        facts = TariffFacts(
            number=number,
            prices_include_tax=thing.flag("prices_include_tax"),
            rates=tuple(_rate(rate) for rate in thing.objects("tax_rates", RATE)),
            charges=tuple(_charge(reading, charge) for charge in thing.objects("delivery_charges", CHARGE)),
            as_set_up=as_set_up,
            applied_on=thing.day("applied_on"),
            applied_by=thing.text("applied_by"),
            applied_because=thing.text("applied_because"),
            field=thing.path,
        )
        if number in made and not thing.faulted("number"):
            thing.fault("number", "number_twice", number=number, first=made[number].field)
        if as_set_up:
            set_up += 1
            if set_up > 1 or number < max(made, default=0):
                thing.fault("number", "tariff_set_up_is_newest", tariff=number)
        if not thing.bad:
            made[number] = facts
    return [made[number] for number in sorted(made)]


def _rate(thing: Given) -> RateFacts:
    return RateFacts(
        group=thing.code("group", "", required=True),
        country=thing.code("country", "", required=True),
        region=thing.code("region"),
        percent=thing.percent("percent", Decimal(0), 1000, required=True),
        valid_from=thing.day("from"),
    )


def _charge(reading: Reading, thing: Given) -> ModeFacts:
    code = thing.name_of("delivery_mode", "delivery_mode", reading.modes)
    if code is None and not thing.bad:
        thing.fault("delivery_mode", "required")
    return ModeFacts(
        code=code or "", charge_minor=thing.money("charge", reading.currency, 0), tax_group=thing.code("tax_group")
    )
