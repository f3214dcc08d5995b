"""One order on its way in: where it goes, which card pays, what is at fault with it."""

from __future__ import annotations

from datetime import date
from typing import Any

from perennial.customers.models import Address
from perennial.desk.entry.known import Known
from perennial.desk.entry.rows import Rows
from perennial.desk.entry.values import OrderEntry, Place
from perennial.errors import Refused
from perennial.payments.due import NOWHERE, places
from perennial.payments.due import Place as Where


class Incoming:
    """One order on its way in: what is at fault with it, and its rows.

    ``ship_to`` and ``first_method`` (method and card of the first continuity line) are what its lines fall back on.
    """

    def __init__(self, known: Known, entry: OrderEntry, on: date, by: str) -> None:
        self.known = known
        self.entry = entry
        self.on = on
        self.by = by
        self.order_date = entry.order_date or on
        self.faults: list[Refused] = []
        self.rows = Rows()
        self.id = 0
        self.ship_to: int | None = None
        self.first_method: tuple[str, int | None] | None = None

    @property
    def status(self) -> str:
        """Of the order and its continuity orders, once it is entered."""
        return "open" if self.entry.submit else "draft"

    @property
    def payment_status(self) -> str:
        """Of its payments, once it is entered: nothing of a draft is due."""
        return "due" if self.entry.submit else "draft"

    def known_customer(self) -> bool:
        """Find the customer; noted as a fault where there is none."""
        found = self.known.customers.by_account.get(self.entry.customer)
        if found is None:
            self.fault("customer", f"unknown customer {self.entry.customer!r}", "customer")
            return False
        self.customer = found
        return True

    def fault(self, code: str, text: str, field: str) -> None:
        """Note what is at fault; ``field`` relative to the order."""
        self.faults.append(Refused(code, field, text=text))

    def place(self, given: Place, field: str, default: int | None) -> int | None:
        """The id of the address that was meant: its code, an address in place, or the delivery address."""
        if isinstance(given, dict):
            return _write_address(self.customer.pk, given)
        if isinstance(given, int):
            return given
        if given is None:
            return self.known.customers.delivery.get(self.customer.pk) if default is None else default
        if (found := self.known.customers.addresses[self.customer.pk].get(given)) is not None:
            return found
        self.fault("address", f"customer {self.customer.account} has no address {given!r}", field)
        return None

    def card(self, token: str | None, field: str) -> int:
        """The stored card that was meant: by its token, or the customer's only one."""
        cards = self.known.customers.cards[self.customer.pk]
        if token is not None:
            if token in cards:
                return cards[token]
            raise Refused("card", field, text=f"customer {self.customer.account} has no card with token {token!r}")
        if len(cards) != 1:
            has = "no stored card" if not cards else f"{len(cards)} stored cards: name one by its token"
            raise Refused("card", field, text=f"customer {self.customer.account} has {has}")
        return next(iter(cards.values()))

    def places(self, ids: set[int | None]) -> dict[int | None, Where]:
        """Country and region of addresses of this batch, without a query for each order."""
        known = self.known.customers.places
        missing = {i for i in ids if i is not None and i not in known}
        found: dict[int | None, Where] = places(missing) if missing else {None: NOWHERE}
        return found | {i: known[i] for i in ids if i in known}


def _write_address(customer_id: int, given: dict[str, Any]) -> int:
    """An address that was written into one order: kept with the customer, without a code."""
    fields = {
        n: given[n] for n in ("purpose", "recipient", "street", "city", "postcode", "region", "country") if n in given
    }
    kept = {n: v for n, v in fields.items() if v is not None}
    return Address.objects.create(customer_id=customer_id, code=None, number=0, **kept).pk
