"""Customers become rows, a batch at a time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from perennial.bundle.load.report import Imported
from perennial.bundle.reading import customers, setup
from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.faults import Faults
from perennial.bundle.reading.file import Source
from perennial.bundle.reading.notes import note
from perennial.customers.actions import differing, set_customers
from perennial.customers.models import Customer
from perennial.desk.addresses import keep_where_it_went
from perennial.desk.in_use import IN_USE
from perennial.errors import Refused
from perennial.orders.models import SalesOrder

AT_ONCE = 2000


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
    for batch in source.batches("customers", AT_ONCE):
        found += differing([customers.customer(first, at, value)[0] for at, value in batch])
    return found


def load_customers(reading: Reading, source: Source, imported: Imported) -> CustomersGiven:
    """Read the customers and write those that are without fault."""
    given = CustomersGiven()
    regions = setup.regions_of_rates()
    for batch in source.batches("customers", AT_ONCE):
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
        given.renewed += changes.renewed
        keep_where_it_went(changes.moved)
        children = SalesOrder.objects.filter(parent__isnull=False, status="open", ship_to__in=changes.moved)
        numbers = children.order_by("number").values_list("number", "ship_to__code")
        notes.add("still_old", (note("child_goes_there", order=number, address=code) for number, code in numbers))
    return given
