"""The customers of a batch of orders, with the addresses and cards that an order of theirs may name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from perennial.customers.models import Address, StoredCard
from perennial.customers.models import Customer as Stored
from perennial.desk.entry.rows import AddressRow, ShipTo
from perennial.payments.cost import NOWHERE, Place, places


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
        self.places: dict[int | None, Place] = {}
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


class Buyer:
    """Who orders: the customer with the addresses and cards that the order may name, and what addresses stand in it.

    ``payer``: whose cards and permission pay, where that is not the customer.
    """

    def __init__(self, customers: Customers, customer: Customer, payer: Customer | None = None) -> None:
        self.pk, self.account, _ = customer
        self.payer = None if payer is None or payer.pk == customer.pk else payer
        self.pays = self.payer or customer
        self.allow_on_account = self.pays.allow_on_account
        self.cards = customers.cards[self.pays.pk]
        """Ids by token."""
        self.delivery = customers.delivery.get(self.pk)
        """Where an order goes that names no address."""
        self.written: list[AddressRow] = []
        """The addresses that stand in the order."""
        self._written: list[dict[str, Any]] = []
        self._addresses = customers.addresses[self.pk]
        self._places = customers.places

    @classmethod
    def of(cls, customers: Customers, account: str, payer: str | None) -> Buyer:
        """The customer of an account, and who pays for them; both are known."""
        return cls(customers, customers.by_account[account], customers.by_account[payer] if payer else None)

    def address(self, given: str | dict[str, Any]) -> ShipTo:
        """The address of a code, None where there is none; or one in place, the same one each time that it is the same."""
        if isinstance(given, str):
            return self._addresses.get(given)
        if given not in self._written:
            self._written.append(given)
            self.written.append(
                AddressRow(self.pk, **{name: value for name, value in given.items() if value is not None})
            )
        return self.written[self._written.index(given)]

    def where(self, place: ShipTo) -> Place:
        """An address as tax sees it."""
        if isinstance(place, AddressRow):
            return Place(place.country, place.region)
        if place is None:
            return NOWHERE
        if place not in self._places:  # one that stands in the order already
            self._places.update(places([place]))
        return self._places.get(place, NOWHERE)

    def only_card(self) -> int | None:
        """The only card; None where there is none or several."""
        return next(iter(self.cards.values())) if len(self.cards) == 1 else None
