"""The customers of a batch of orders, with the addresses and cards that an order of theirs may name."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from perennial.customers.models import Address, StoredCard
from perennial.customers.models import Customer as Stored
from perennial.payments.due import Place


class Customer(NamedTuple):
    """A customer as entry needs it."""

    pk: int
    account: str
    allow_on_account: bool


class Customers:
    """The customers of these accounts, read with three queries; addresses and cards in the order of the customer's list."""

    def __init__(self, accounts: Collection[str]) -> None:
        found = Stored.objects.filter(account__in=accounts).values_list("pk", "account", "allow_on_account")
        self.by_account = {row[1]: Customer(*row) for row in found}
        ids = [customer.pk for customer in self.by_account.values()]
        self.addresses: dict[int, dict[str, int]] = {pk: {} for pk in ids}
        """Ids by customer and code."""
        self.delivery: dict[int, int] = {}
        """By customer, where an order goes that names no address: the first for deliveries, else the first of all."""
        self.places: dict[int, Place] = {}
        """By address, what tax sees of it."""
        self.cards: dict[int, dict[str, int]] = {pk: {} for pk in ids}
        """Ids by customer and token."""
        purposes: dict[int, str] = {}
        addresses = Address.objects.filter(customer_id__in=ids, code__isnull=False).order_by("number", "id")
        for pk, customer, code, purpose, country, region in addresses.values_list(
            "pk", "customer_id", "code", "purpose", "country", "region"
        ):
            self.addresses[customer][code or ""] = pk
            self.places[pk] = Place(country, region)
            if customer not in self.delivery or (purposes[customer] != "delivery" and purpose == "delivery"):
                self.delivery[customer], purposes[customer] = pk, purpose
        cards = StoredCard.objects.filter(customer_id__in=ids).order_by("number", "id")
        for pk, customer, token in cards.values_list("pk", "customer_id", "token"):
            self.cards[customer][token] = pk
