"""Customers become rows, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from perennial.bundle.load.only_given import customers_kept
from perennial.bundle.load.report import Imported
from perennial.bundle.reading import customers, setup
from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.faults import Faults
from perennial.bundle.reading.file import Source
from perennial.bundle.reading.notes import Note, Notes, note, noted
from perennial.catalog.models import TaxRate
from perennial.customers.actions import differing, set_customers
from perennial.customers.models import Customer
from perennial.customers.values import CustomerFacts
from perennial.db import sql
from perennial.desk.addresses import keep_where_it_went
from perennial.desk.in_use import IN_USE
from perennial.errors import Refused
from perennial.kernel import oddities
from perennial.orders.models import SalesOrder

AT_ONCE = 2000


Place = tuple[str, str | None]
"""A country, and a region of it; None: the whole country, or none is said."""


@dataclass
class CustomersGiven:
    """The customers of a bundle: what its orders rest on."""

    accounts: dict[str, int] = field(default_factory=dict)
    """Each with its place in the list."""
    spoiled: set[str] = field(default_factory=set)
    """The accounts of those that are at fault."""
    renewed: list[int] = field(default_factory=list)
    """The ids of stored cards that expire later now."""


def customers_that_change(reading: Reading, source: Source) -> list[int]:
    """The ids of the customers that are stored and would change. They are read twice: to be known before, and written."""
    if not Customer.objects.exists():
        return []
    first = replace(reading, faults=Faults())
    found: list[int] = []
    for batch in _batches(reading, source):
        found += differing([customers.customer(first, at, value)[0] for at, value in batch])
    return found


def _batches(reading: Reading, source: Source) -> Iterator[Iterable[tuple[int, Any]]]:
    """The customers in handfuls; with ``--only-given`` each with what it leaves out."""
    for batch in source.batches("customers", AT_ONCE):
        yield customers_kept(batch, reading.currency or "USD") if reading.only_given else batch


def load_customers(
    reading: Reading, source: Source, imported: Imported, progress: Callable[[int], None]
) -> CustomersGiven:
    """Read the customers and write those that are without fault; ``progress`` hears how many are done."""
    given = CustomersGiven()
    regions = setup.regions_of_rates()
    taxed = frozenset(TaxRate.objects.values_list("country", "region").distinct())
    seen: set[tuple[str, str | None]] = set()
    for number, batch in enumerate(_batches(reading, source)):
        progress(number * AT_ONCE)
        good = []
        for at, value in batch:
            facts, fine = customers.customer(reading, at, value)
            first = given.accounts.setdefault(facts.account, at)
            if first != at and facts.account:
                twice = {"what": "customer", "name": facts.account, "first": f"customers[{first}]"}
                reading.faults.add(Refused("name_twice", f"customers[{at}].account", **twice))
            elif fine:
                good.append(facts)
            else:
                given.spoiled.add(facts.account)
        changes = set_customers(customers=good, in_use=IN_USE, by=reading.by, reason=reading.reason, checked=True)
        imported.add("customers", changes.tally)
        notes = reading.notes
        notes.add("customers", (note("customer_loses", customer=a, gone=gone) for a, gone in changes.emptied))
        notes.add("customers", (note("customer_keeps", customer=a, kept=[what]) for a, what in changes.kept))
        notes.add("regions", setup.regions_misspelled(regions, good))
        _odd(notes, good, reading.on, taxed, seen)
        given.renewed += changes.renewed
        keep_where_it_went(changes.moved)
        children = SalesOrder.objects.filter(parent__isnull=False, status="open", ship_to__in=changes.moved)
        numbers = children.order_by("number").values_list("number", "ship_to__code")
        notes.add("still_old", (note("child_goes_there", order=number, address=code) for number, code in numbers))
    reading.notes.add("alike", _alike(given.accounts))
    return given


def _odd(notes: Notes, given: Sequence[CustomerFacts], on: date, taxed: Collection[Place], seen: set[Place]) -> None:
    """Note what may be a slip: no name, no street, a card at its end; a country or region without a tax rate, once (``seen``);
    no region where the country is taxed by region.
    """
    countries = {country for country, _ in taxed}
    for one in given:
        notes.add("nameless", noted(oddities.of_name(one.account, one.name)))
        for address in one.addresses:
            notes.add("streets", noted(oddities.of_address(one.account, address.code, address.street)))
            if address.country is None:
                continue
            if (address.country, "") not in seen:
                seen.add((address.country, ""))
                notes.add("countries", noted(oddities.of_country(address.country, countries)))
            place = (address.country, address.region)
            if address.region is None or place not in seen:
                seen.add(place)
                notes.add("places", noted(oddities.of_place(one.account, address.code, *place, taxed)))
        for card in one.cards:
            named = " ".join(word for word in (card.brand, card.last4) if word) or card.token
            notes.add("cards", noted(oddities.of_card(one.account, named, card.expires_on, on)))


def _alike(accounts: Collection[str]) -> Iterator[Note]:
    """Note the accounts that differ from another one only in small and capital letters."""
    if accounts:
        for account, other in sql.tuples(ALIKE, {"accounts": list(accounts)}):
            yield note("account_alike", customer=account, other=other)


ALIKE = """
select a.account, min(b.account)
  from customers_customer a
  join customers_customer b on lower(b.account) = lower(a.account) and b.account <> a.account
 where a.account = any(%(accounts)s)
 group by a.account order by a.account
"""
