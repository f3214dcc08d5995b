"""A customer as a person or a bundle gives it, with addresses and stored cards."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


class AddressFacts(NamedTuple):
    """Where parcels go. ``code`` None: an address written into one order."""

    code: str | None
    purpose: str = "delivery"
    recipient: str | None = None
    street: str = ""
    city: str = ""
    postcode: str = ""
    region: str | None = None
    country: str | None = None


class CardFacts(NamedTuple):
    """A card that a gateway keeps for us. ``network_transaction_id``, ``gateway`` and ``refused`` None: as they are."""

    token: str
    exp_month: int
    exp_year: int
    brand: str | None = None
    last4: str | None = None
    network_transaction_id: str | None = None
    gateway: str | None = None
    refused: bool | None = None

    @property
    def expires_on(self) -> date:
        """The last day of its month."""
        return date(self.exp_year, self.exp_month, monthrange(self.exp_year, self.exp_month)[1])


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """A person who has orders."""

    account: str
    name: str = ""
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    allow_on_account: bool = False
    credit_limit_minor: int | None = None
    source_code: str | None = None
    """Where they came from first; None: as it is."""
    addresses: tuple[AddressFacts, ...] = ()
    cards: tuple[CardFacts, ...] = ()
    gateway_customers: tuple[tuple[str, str], ...] = ()
    """How gateways call them: (gateway, its name for the customer); those that are not given stay."""
