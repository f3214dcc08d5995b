"""Cards that a gateway keeps of a customer already come in: when a merchant moves in whose customers are known there.

No order is paid by another card than before: which card pays is said by ``give``.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.db.models import Max

from perennial.customers.models import Customer, GatewayCustomer, StoredCard
from perennial.customers.queries import called_by, customer_by_account
from perennial.customers.rules import card_faults, written_card_faults
from perennial.customers.values import CardFacts
from perennial.db import history
from perennial.desk.action import How, action, perform
from perennial.desk.outcome import Outcome
from perennial.errors import Refused, refuse_all
from perennial.kernel.limits import LONG_CODE, code_fault
from perennial.payments import gateways, refused_keys
from perennial.payments.gateways.contract import CustomerThere, KeepsCards, KeptCard, KnowsCustomers

_LOG = logging.getLogger("perennial.cards")


@dataclass(frozen=True, slots=True)
class CardThere:
    """A card that a gateway keeps. ``new``: it is stored now; ``known``: it was; ``expired``: it is not taken in."""

    token: str
    brand: str
    last4: str
    expiry: str
    status: Literal["new", "known", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsTakenIn(Outcome):
    """The cards that a gateway keeps of a customer, whom it calls ``at``; ``name_there``, ``email_there``: who that is, as it says."""

    account: str
    gateway: str
    at: str
    cards: tuple[CardThere, ...]
    name_there: str | None = None
    email_there: str | None = None


def take_in_cards(
    *,
    account: str,
    on: date,
    by: str,
    gateway: str | None = None,
    at: str | None = None,
    reason: str | None = None,
    dry: bool = False,
) -> CardsTakenIn:
    """Store what a ``gateway`` (left out: the one that charges here) keeps of a customer and is not known yet. Never inside a
    transaction: the gateway is asked. ``at``: how it calls the customer; left out where that is known.

    Refused: it keeps no cards; nobody has said how it calls the customer; it knows none of that name, or another customer has it.
    """
    customer = customer_by_account(account)
    name = gateway or gateways.current().name
    if gateway is not None and gateway not in (names := gateways.names()):
        raise Refused("gateway_unknown", "gateway", gateway=gateway, known=names)
    there = _called(customer, name, at)
    cards, who = _asked(name, there)
    return perform(
        _store,
        How(dry=dry),
        account=account,
        gateway=name,
        at=there,
        cards=cards,
        who=who,
        on=on,
        by=by,
        reason=reason,
    )


def _called(customer: Customer, gateway: str, at: str | None) -> str:
    """How a gateway calls a customer. One name there is one customer here: a card is charged as that customer's."""
    known = called_by(gateway, customer)
    if at is None:
        if known is None:
            raise Refused("gateway_customer_not_said", "at", account=customer.account, gateway=gateway)
        return known
    if fault := code_fault(at, LONG_CODE):
        raise fault.at("at")
    if known is not None and known != at:
        raise Refused("gateway_customer_is_another", "at", account=customer.account, gateway=gateway, reference=known)
    others = GatewayCustomer.objects.filter(gateway=gateway, reference=at).exclude(customer=customer)
    if other := others.values_list("customer__account", flat=True).first():
        raise Refused("gateway_customer_of_another", "at", account=other, gateway=gateway, reference=at)
    return at


def _asked(gateway: str, there: str) -> tuple[tuple[KeptCard, ...], CustomerThere]:
    """What the gateway keeps, and of whom."""
    found = gateways.by_name(gateway)
    if not isinstance(found, KeepsCards) or found.name != gateway:
        raise Refused("gateway_keeps_no_cards", "gateway", gateway=gateway)
    try:
        with refused_keys.told(gateway):
            cards = tuple(found.cards(there))
            return cards, found.customer(there) if isinstance(found, KnowsCustomers) else CustomerThere()
    except Refused:
        raise
    except LookupError:
        raise Refused("gateway_customer_unknown", "at", gateway=gateway, reference=there) from None
    except Exception as problem:  # whatever a gateway may raise: nothing has happened, and it may be asked again
        _LOG.warning("no cards of %s: %s", gateway, type(problem).__name__)
        raise Refused("gateway_cards_not_told", "gateway", gateway=gateway) from None


@action()
def _store(
    *,
    account: str,
    gateway: str,
    at: str,
    cards: Sequence[KeptCard],
    who: CustomerThere,
    on: date,
    by: str,
    reason: str | None,
) -> CardsTakenIn:
    # Whoever does the same at the same time comes second, and finds the cards.
    customer = Customer.objects.select_for_update(no_key=True).get(account=account)
    history.context(by=by, reason=reason)
    _called(customer, gateway, at)
    GatewayCustomer.objects.get_or_create(customer=customer, gateway=gateway, defaults={"reference": at})
    known = set(StoredCard.objects.filter(customer=customer).values_list("token", flat=True))
    number = StoredCard.objects.filter(customer=customer).aggregate(last=Max("number"))["last"] or 0
    told = []
    for card in cards:
        facts = CardFacts(card.token, card.exp_month, card.exp_year, card.brand or None, card.last4 or None)
        refuse_all([*written_card_faults(facts), *card_faults(facts)])
        status: Literal["new", "known", "expired"]
        status = "known" if card.token in known else "expired" if facts.expires_on < on else "new"
        told.append(CardThere(card.token, card.brand, card.last4, f"{card.exp_month:02d}/{card.exp_year}", status))
        if status == "new":
            if gateways.by_name(gateway).real and StoredCard.objects.filter(token=card.token).exists():
                raise Refused("card_of_another_customer", "at", token=card.token)
            number += 1
            StoredCard.objects.create(
                customer=customer,
                number=number,
                gateway=gateway,
                token=facts.token,
                brand=facts.brand,
                last4=facts.last4,
                exp_month=facts.exp_month,
                exp_year=facts.exp_year,
                expires_on=facts.expires_on,
            )
    return CardsTakenIn(
        account=account, gateway=gateway, at=at, cards=tuple(told), name_there=who.name, email_there=who.email
    )
