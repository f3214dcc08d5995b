"""The set-up of a bundle: company, parameters, delivery, tax, intervals, schedules, products."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.notes import Note, note
from perennial.bundle.reading.values import Given, day, keys
from perennial.catalog import rules
from perennial.catalog.actions import DEFAULTS
from perennial.catalog.models import TaxRate
from perennial.catalog.values import IntervalFacts, ModeFacts, ProductFacts, RateFacts, ScheduleFacts
from perennial.customers.values import CustomerFacts
from perennial.desk.in_use import products_sold
from perennial.errors import Refused
from perennial.kernel import limits
from perennial.kernel.calendar import DEFAULT_ANCHOR
from perennial.programs.products import kind_faults, unpriced_uses
from perennial.programs.values import Rule

COMPANY = keys("name country time_zone languages from_email vat_number phone address notices_on")
PARAMETERS = frozenset(name.removesuffix("_minor") for name in DEFAULTS)
MODE = keys("code name charge tax_group working_days holidays closed_on active")
RATE = keys("group country region percent from")
INTERVAL = keys("code name rule anchor")
SCHEDULE = keys("name allocation unit every after number_of_payments amount lines")
SCHEDULE_LINE = frozenset({"after", "percent"})
PRODUCT = keys("number name price prices tax_group program event_duration shipments active")
PRICE = frozenset({"price", "from"})
ALLOCATIONS = ("total", "fixed_amount", "fixed_quantity", "specified")
UNITS = ("day", "month", "year")


def currency(reading: Reading, value: Any, needed: bool) -> dict[str, Any]:
    """The bundle's currency: that of the installation, or the one it shall have. Gives what is to be stored."""
    top = Given({"currency": value}, "", reading.faults, frozenset({"currency"}))
    given = top.text("currency")
    top.refused(rules.currency_faults(given, reading.currency))
    if given is None and reading.currency is None and needed and not top.bad:
        top.fault("currency", "currency_required")
    reading.bad = top.bad
    if top.bad or given is None:
        return {}
    reading.currency = given
    return {"currency": given}


def company(reading: Reading, value: Any) -> dict[str, Any]:
    """The company's columns that are given; null is a value."""
    thing = Given(value, "company", reading.faults, COMPANY)
    made: dict[str, Any] = {}
    for key in thing.value:
        if key in ("country", "from_email", "vat_number", "phone", "address"):
            made[key] = thing.number(key) if key == "phone" else thing.text(key)
        elif key in ("name", "time_zone"):
            made[key] = thing.text(key, required=True)
        elif key == "languages":
            if thing.get(key) is None:
                thing.wrong(key, None, "languages")
            made[key] = thing.plain_list(key, "language", _language)
        elif key == "notices_on":
            made[key] = thing.flag(key)
    thing.refused(rules.company_faults(made))
    return {} if thing.bad else made


def _language(value: Any) -> str | None:
    return value if isinstance(value, str) and not limits.code_fault(value) else None


def parameters(reading: Reading, value: Any) -> dict[str, Any]:
    """The parameters that are given; null is no limit."""
    thing = Given(value, "parameters", reading.faults, PARAMETERS)
    made: dict[str, Any] = {}
    for key in thing.value.keys() & PARAMETERS:
        if key in rules.COUNTS:
            low, high = rules.COUNTS[key]
            made[key] = thing.whole(key, None, low, high)
        elif f"{key}_minor" in rules.AMOUNTS:
            made[f"{key}_minor"] = thing.money(key, reading.currency)
        elif key in rules.DAY_LISTS:
            made[key] = thing.plain_list(key, "whole", _whole) if thing.given(key) else None
        elif isinstance(DEFAULTS[key], bool):
            made[key] = None if thing.get(key) is None else thing.flag(key)
        else:
            made[key] = thing.code(key)
    thing.refused(rules.parameter_faults(made))
    return {} if thing.bad else made


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def declared(reading: Reading, name: str, values: Iterable[Any], known: frozenset[str]) -> list[Given]:
    """The things of a list as objects with their paths."""
    return [Given(value, f"{name}[{at}]", reading.faults, known) for at, value in enumerate(values)]


def delivery_modes(reading: Reading, things: list[Given]) -> list[ModeFacts]:
    """The delivery modes that are without fault."""
    made = []
    for thing in things:
        code = thing.code("code", required=True)
        reading.modes.declare(thing, "code", "delivery_mode", code)
        facts = ModeFacts(
            code=code or "",
            name=thing.text("name", ""),
            charge_minor=thing.money("charge", reading.currency, 0),
            tax_group=thing.code("tax_group"),
            working_days=_weekdays(thing),
            holidays=thing.code("holidays"),
            closed_on=tuple(thing.plain_list("closed_on", "date", day)),
            active=thing.flag("active", True),
        )
        thing.refused(rules.mode_faults(facts))
        if thing.bad:
            reading.modes.spoil(thing, facts.code)
        else:
            made.append(facts)
    return made


def _weekdays(thing: Given) -> tuple[int, ...]:
    """The weekdays; every day where they were left out, or where none could be read."""
    found = tuple(thing.plain_list("working_days", "weekday", _weekday))
    return ModeFacts.working_days if not found and thing.get("working_days") != [] else found


def _weekday(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 7 else None


def tax_rates(reading: Reading, things: list[Given]) -> list[RateFacts]:
    """The tax rates that are without fault. Each is told from the others by group, place and first day."""
    made: list[RateFacts] = []
    seen: dict[Any, str] = {}
    for thing in things:
        facts = RateFacts(
            group=thing.code("group", "", required=True),
            country=thing.code("country", "", required=True),
            region=thing.code("region"),
            percent=thing.percent("percent", Decimal(0), 1000, required=True),
            valid_from=thing.day("from"),
        )
        thing.refused(rules.rate_faults(facts))
        key = (facts.group, facts.country, facts.region, facts.valid_from)
        if not thing.bad and key in seen:
            thing.fault("", "rate_twice", first=seen[key])
        seen.setdefault(key, thing.path)
        if not thing.bad:
            made.append(facts)
    return made


def date_intervals(reading: Reading, things: list[Given]) -> list[IntervalFacts]:
    """The date intervals that are without fault."""
    made = []
    for thing in things:
        code = thing.code("code", required=True)
        reading.intervals.declare(thing, "code", "date_interval", code)
        anchor = None if thing.get("anchor") == "order" else thing.day("anchor", DEFAULT_ANCHOR)
        rule = thing.text("rule", "", required=True)
        facts = IntervalFacts(code or "", rule, anchor, thing.text("name", ""))
        thing.refused(rules.interval_faults(facts))
        if thing.bad:
            reading.intervals.spoil(thing, facts.code)
        else:
            reading.rules[facts.code] = Rule(facts.code, facts.rule, facts.anchor)
            made.append(facts)
    return made


def payment_schedules(reading: Reading, things: list[Given]) -> list[ScheduleFacts]:
    """The payment schedules that are without fault."""
    made = []
    for thing in things:
        name = thing.code("name", required=True)
        reading.schedules.declare(thing, "name", "payment_schedule", name)
        lines = []
        for line in thing.objects("lines", SCHEDULE_LINE):
            lines.append((line.whole("after", 0), line.percent("percent", Decimal(0), required=True)))
        facts = ScheduleFacts(
            name=name or "",
            allocation=thing.word("allocation", ALLOCATIONS, "", required=True),
            unit=thing.word("unit", UNITS, "", required=True),
            every=thing.whole("every", 1, 0, 10_000),
            after=thing.whole("after", 0),
            number_of_payments=thing.whole("number_of_payments", 1, 1, 1000),
            amount_minor=thing.money("amount", reading.currency),
            lines=tuple(lines),
        )
        if facts.allocation:
            thing.refused(rules.schedule_faults(facts))
        if thing.bad:
            reading.schedules.spoil(thing, facts.name)
        else:
            made.append(facts)
    return made


def products(reading: Reading, things: list[Given]) -> list[ProductFacts]:
    """The products that are without fault; what they are and whether they have a price is noted for the programs."""
    made = []
    for thing in things:
        number = thing.code("number", required=True)
        reading.products.declare(thing, "number", "product", number)
        if number is not None:
            reading.kinds[number] = "continuity" if thing.given("program") else "item"
            reading.priced.discard(number)
            if thing.given("price") or thing.get("prices"):
                reading.priced.add(number)
    for thing in things:
        facts = ProductFacts(
            number=thing.get("number") if isinstance(thing.get("number"), str) else "",
            name=thing.text("name", ""),
            tax_group=thing.code("tax_group"),
            prices=_prices(reading, thing),
            program=thing.name_of("program", "program", reading.programs),
            event_duration=thing.whole("event_duration", 0),
            shipments=thing.whole("shipments", None, 1),
            active=thing.flag("active", True),
            field=thing.path,
        )
        thing.refused(_where_it_stands(thing, fault) for fault in rules.product_faults(facts))
        if thing.bad:
            reading.products.spoil(thing, facts.number)
        else:
            made.append(facts)
    by_path = {thing.path: thing for thing in things}
    for number, fault in kind_faults(made, products_sold).items():
        by_path[reading.products.given[number]].refused([fault])
        reading.products.bad.add(number)
    return [facts for facts in made if facts.number not in reading.products.bad]


def _prices(reading: Reading, thing: Given) -> tuple[tuple[date | None, int], ...]:
    """One price for ever, or prices from dates on."""
    if thing.given("price") and thing.given("prices"):
        thing.fault("prices", "price_and_prices")
    if thing.given("price"):
        return ((None, thing.money("price", reading.currency, 0)),)
    return tuple(
        (price.day("from"), price.money("price", reading.currency, 0, required=True))
        for price in thing.objects("prices", PRICE)
    )


def _where_it_stands(thing: Given, fault: Refused) -> Refused:
    """A fault of the only price, by the key that it was given by."""
    if thing.given("price") and fault.field.startswith("prices[0]"):
        return fault.at("price")
    return fault


def unpriced(reading: Reading, given: list[ProductFacts]) -> None:
    """A product that ships needs a price, unless every event names one: those of other programs too."""
    numbers = [p.number for p in given if p.program is None and not p.prices]
    for number, program in unpriced_uses(numbers, except_of=reading.programs.given).items():
        path = reading.products.given[number]
        reading.faults.add(Refused("price_needed_by_event", f"{path}.price", program=program))


def untaxed(reading: Reading, modes: Iterable[ModeFacts], products: Iterable[ProductFacts]) -> None:
    """Note the tax groups that no rate is for: what is in them is not taxed, which may be meant, or a slip of the pen."""
    groups = {one.tax_group for one in modes} | {one.tax_group for one in products}
    rated = set(TaxRate.objects.values_list("group", flat=True).distinct())
    unknown = sorted(group for group in groups if group is not None and group not in rated)
    reading.notes.add(
        "untaxed",
        (note("tax_group_without_rate", group=group, meant=reading.faults.meant(group, rated)) for group in unknown),
    )


def regions_of_rates() -> dict[tuple[str, str], list[str]]:
    """The regions that tax rates name, as they spell them, by their country and their letters whatever the case."""
    found: dict[tuple[str, str], list[str]] = {}
    for country, region in TaxRate.objects.exclude(region=None).values_list("country", "region").order_by("pk"):
        found.setdefault((country, str(region).casefold()), []).append(str(region))
    return found


def regions_misspelled(
    regions: Mapping[tuple[str, str], Sequence[str]], customers: Iterable[CustomerFacts]
) -> Iterator[Note]:
    """Note the regions of addresses that tax rates spell in other letters, small or large: they count as others."""
    for customer in customers:
        for address in customer.addresses:
            rates = regions.get((address.country or "", (address.region or "").casefold()), ())
            if rates and address.region not in rates:
                yield note(
                    "region_misspelled",
                    customer=customer.account,
                    region=address.region,
                    country=address.country,
                    taxed=rates[0],
                )
