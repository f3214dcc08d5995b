"""The notes of customers and orders that a bundle carries. Those that are there are not written again, and none goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Q

from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.values import Given, keys
from perennial.customers.models import Customer
from perennial.db.sql import copy
from perennial.kernel import limits
from perennial.orders.models import Note, SalesOrder

NOTED = ("customers", "orders")
NOTE = keys("on by text")
NOTES = frozenset({"notes"})
Written = tuple[date, str, str]


def written_notes(reading: Reading, name: str, batch: Sequence[tuple[int, Any]]) -> None:
    """Write the notes of some customers, or of some orders, of a bundle that stand already."""
    given = [
        (value, _notes(Given({"notes": value["notes"]}, f"{name}[{at}]", reading.faults, NOTES)))
        for at, value in batch
        if isinstance(value, dict) and value.get("notes")
    ]
    if reading.faults.count:
        return
    places = _customers(given) if name == "customers" else _orders(given)
    there = Note.objects.filter(
        Q(order__in=[o for _, o in places if o]) | Q(customer__in=[c for c, o in places if not o], order=None)
    )
    stored = {
        (order or customer, on, by, text)
        for customer, order, on, by, text in there.values_list("customer", "order", "on_date", "by", "text")
    }
    copy(
        Note,
        ("customer_id", "order_id", "on_date", "by", "text"),
        (
            (customer, order, *note)
            for (customer, order), (_, notes) in zip(places, given, strict=True)
            for note in notes
            if (order or customer, *note) not in stored
        ),
    )


def _notes(thing: Given) -> list[Written]:
    return [
        (
            note.day("on", date.min, required=True),
            note.text("by", "", longest=limits.LINE),
            note.text("text", "", required=True),
        )
        for note in thing.objects("notes", NOTE)
    ]


Noted = Sequence[tuple[Mapping[str, Any], list[Written]]]


def _customers(given: Noted) -> list[tuple[int, int | None]]:
    ids = dict(Customer.objects.filter(account__in=[one["account"] for one, _ in given]).values_list("account", "pk"))
    return [(ids[one["account"]], None) for one, _ in given]


def _orders(given: Noted) -> list[tuple[int, int | None]]:
    numbers = [one["number"] for one, _ in given if one.get("number") is not None]
    references = [one["reference"] for one, _ in given if one.get("number") is None]
    found = SalesOrder.objects.filter(Q(number__in=numbers) | Q(reference__in=references), parent=None)
    ids: dict[str | None, tuple[int, int]] = {}
    for number, reference, customer, order in found.values_list("number", "reference", "customer", "pk"):
        ids[f"number {number}"] = ids[f"reference {reference}"] = (customer, order)
    return [
        ids[f"number {one['number']}" if one.get("number") is not None else f"reference {one['reference']}"]
        for one, _ in given
    ]
