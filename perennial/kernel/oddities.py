"""What is said of what is entered because it may be a slip: never a refusal. Each a reason: a code with its facts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol

from perennial.kernel.reasons import Reason

SOON = timedelta(days=31)
"""A card that ends within so many days expires soon."""
HIGH_RATE = 50
"""A tax of more percent than this is hardly meant."""


class Timed(Protocol):
    """An event as far as its day and its place are concerned."""

    @property
    def event_id(self) -> int | None: ...
    @property
    def days_from_last(self) -> int: ...
    @property
    def interval(self) -> object | None: ...
    @property
    def start_order_date(self) -> date | None: ...
    @property
    def action(self) -> str: ...
    @property
    def times_to_repeat(self) -> int | None: ...


def of_program(program: str, events: Iterable[Timed]) -> Iterator[Reason]:
    """Events that fall on the day of the one before, since nothing says when; events behind the one that ends it."""
    there = [event for event in events if event.event_id is not None]
    end = next((at for at, event in enumerate(there) if event.action == "end"), len(there))
    sent = [event for event in there[: end + 1] if event.action != "skip"]
    together = [
        event.event_id
        for at, event in enumerate(sent)
        if not event.days_from_last
        and event.interval is None
        and ((at > 0 and event.start_order_date is None) or event.times_to_repeat != 0)
    ]
    if together:
        yield Reason("events_on_one_day", {"program": program, "events": tuple(together)})
    behind = [event.event_id for event in there[end + 1 :]]
    if behind:
        yield Reason("events_behind_end", {"program": program, "events": tuple(behind)})


def of_name(customer: str, name: str) -> Iterator[Reason]:
    """A customer without a name."""
    if not name.strip():
        yield Reason("customer_nameless", {"customer": customer})


def of_address(customer: str, address: str | None, street: str) -> Iterator[Reason]:
    """An address to which no parcel finds its way."""
    if not street.strip():
        yield Reason("address_without_street", {"customer": customer, "address": address})


def of_country(country: str | None, taxed: Collection[str]) -> Iterator[Reason]:
    """A country of which no tax rate is known, where others have one."""
    if country is not None and taxed and country not in taxed:
        yield Reason("country_without_rate", {"country": country})


def of_place(
    customer: str,
    address: str | None,
    country: str | None,
    region: str | None,
    taxed: Collection[tuple[str, str | None]],
) -> Iterator[Reason]:
    """An address in a country that is taxed by region, of which no region with a rate is known."""
    there = {known for taxed_country, known in taxed if taxed_country == country}
    if country is None or not there or None in there or region in there:
        return
    facts = {"customer": customer, "address": address, "country": country}
    if region is None:
        yield Reason("address_without_region", facts)
    else:
        yield Reason("region_without_rate", {"country": country, "region": region})


def of_card(customer: str, card: str, expires_on: date, on: date) -> Iterator[Reason]:
    """A card that is expired, or will be soon. ``card``: how it is named."""
    facts = {"customer": customer, "card": card, "expires_on": expires_on}
    if expires_on < on:
        yield Reason("card_expired", facts)
    elif expires_on < on + SOON:
        yield Reason("card_expires_soon", facts)


def of_rate(group: str, country: str, percent: Decimal) -> Iterator[Reason]:
    """A tax that takes more than half."""
    if percent > HIGH_RATE:
        yield Reason("rate_above_half", {"group": group, "country": country, "percent": percent})
