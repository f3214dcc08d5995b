"""Keep a card by the token that the gateway gave; it takes over what it replaces, and what waited for a card."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from perennial.customers.models import StoredCard
from perennial.customers.queries import customer_by_account
from perennial.customers.rules import card_faults, written_card_faults
from perennial.customers.values import CardFacts
from perennial.db import history, sql
from perennial.desk.action import action
from perennial.desk.cards.ends import CardEnds, cards_that_end
from perennial.desk.cards.give import AskedAlready, asked_already, give
from perennial.desk.locking import CaughtUp, NewDay, lock
from perennial.desk.outcome import Outcome
from perennial.errors import Refused, refuse_all
from perennial.payments import gateways

SQL = sql.named("perennial.desk.cards", "cards.sql")


def _given(token: str, exp: str, brand: str | None, last4: str | None) -> CardFacts:
    """A card as it is given, its expiry written 12/2030. Refused: a rule is broken; all faults at once."""
    found = re.fullmatch(r"([0-9]{1,2})/([0-9]{4})", exp or "")
    if not found:
        raise Refused("not_an_expiry", "exp", expiry=exp)
    card = CardFacts(token, int(found[1]), int(found[2]), brand, last4)
    faults = [*written_card_faults(card), *card_faults(card)]
    refuse_all(fault.at("exp") if fault.field.startswith("exp_") else fault for fault in faults)
    return card


@dataclass(frozen=True, slots=True)
class CardChange:
    """What is new of a card that was stored already: brand, last4 or expiry, before and after."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardStored(Outcome):
    """A card is stored; ``orders``: the parents that it pays from now on."""

    account: str
    token: str
    orders: tuple[str, ...]
    changed: tuple[CardChange, ...] = ()
    still_pays: tuple[CardEnds, ...] = ()
    asked_already: tuple[AskedAlready, ...] = ()
    moved: tuple[NewDay, ...] = ()
    caught_up: tuple[CaughtUp, ...] = ()


@action()
def store_card(
    *,
    account: str,
    token: str,
    exp: str,
    on: date,
    by: str,
    brand: str | None = None,
    last4: str | None = None,
    replaces: str | None = None,
    catch_up: str | None = None,
    gateway: str | None = None,
    reason: str | None = None,
) -> CardStored:
    """Store a card that a ``gateway`` keeps (left out: the one that charges here). It takes over the orders of the card that it replaces, or where the card is expired or
    refused: open ones, and others of which something is still owed. What waited for a card goes on.
    """
    customer = customer_by_account(account)
    given = _given(token, exp, brand, last4)
    if gateways.current().real and StoredCard.objects.filter(token=token).exclude(customer=customer).exists():
        # The sandbox's tokens say what it answers: everybody may have the same.
        raise Refused("card_of_another_customer", "token", token=token)
    last_day = given.expires_on
    if last_day < on:
        raise Refused("card_expired", "exp", expires_on=last_day)
    old = None
    if replaces is not None:
        old = StoredCard.objects.filter(customer=customer, token=replaces).first()
        if old is None:
            raise Refused("card_unknown", "replaces", token=replaces)
    known = StoredCard.objects.filter(customer=customer, token=token).first()
    renewed = known.pk if known is not None and known.expires_on < last_day else None
    # The orders first, then the card: the one order of locks.
    orders, ordinary = _orders_for(customer.pk, on, old=old.pk if old else None, renewed=renewed if old else None)
    locked_orders = [lock(order_id, on=on, by=by, reason=reason) for order_id in orders]
    history.context(by=by, reason=reason)
    number = StoredCard.objects.filter(customer=customer).count() + 1
    facts = {
        "gateway": gateway or gateways.current().name,
        "brand": brand,
        "last4": last4,
        "exp_month": given.exp_month,
        "exp_year": given.exp_year,
        "expires_on": last_day,
    }
    card, _ = StoredCard.objects.update_or_create(
        customer=customer,
        token=token,
        defaults={**facts, "refused": False},
        create_defaults={**facts, "number": number},
    )
    taken = []
    for locked in locked_orders:
        states = [s for s in locked.states if s.row.pk in orders[locked.order.pk]]
        give(locked, states, card, catch_up, ordinary=locked.order.pk in ordinary, replaces=old)
        taken.append(locked.order.number)
    return CardStored(
        account=account,
        token=token,
        orders=tuple(sorted(taken)),
        changed=() if known is None else tuple(_changes(known, card)),
        still_pays=cards_that_end(customer=customer.pk),
        asked_already=asked_already(orders, card),
        moved=tuple(one for locked in locked_orders for one in locked.moved),
        caught_up=tuple(one for locked in locked_orders for one in locked.caught_up),
    )


def _changes(before: StoredCard, after: StoredCard) -> Iterator[CardChange]:
    """What is new of a card that was stored already."""
    for name, words in (
        ("brand", lambda card: card.brand),
        ("last4", lambda card: card.last4),
        ("expiry", lambda card: f"{card.exp_month:02d}/{card.exp_year}"),
    ):
        if words(before) != words(after):
            yield CardChange(name, words(before), words(after))


def _orders_for(
    customer: int, on: date, *, old: int | None = None, renewed: int | None = None
) -> tuple[dict[int, set[int]], set[int]]:
    """Parent orders, and of each the continuity orders, that a new card takes over; those whose ordinary lines it pays.

    ``old``: all that this card pays. ``renewed``: what waits for this card. Neither: where the card is expired
    or refused, or something waits for a card.
    """
    given = {"customer": customer, "old": old, "on": on, "renewed": renewed}
    found: dict[int, set[int]] = {}
    for order, one in sql.tuples(SQL["continuity_orders_for"], given):
        found.setdefault(order, set()).add(one)
    ordinary = {row[0] for row in sql.tuples(SQL["ordinary_for"], given)}
    return {order: found.get(order, set()) for order in sorted({*found, *ordinary})}, ordinary


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsRenewed(Outcome):
    """What caught up with cards that expire later now."""

    moved: tuple[NewDay, ...] = ()
    caught_up: tuple[CaughtUp, ...] = ()


@action()
def cards_renewed(*, cards: Sequence[int], on: date, by: str, reason: str | None = None) -> CardsRenewed:
    """Stored cards expire later now: what waited for them goes on, what they could not pay is due again.

    Gives what caught up.
    """
    locked_orders = []
    waited_for = [row[0] for row in sql.tuples(SQL["waited_for"], {"ids": list(cards)})]
    for card in StoredCard.objects.filter(pk__in=waited_for, expires_on__gte=on, refused=False).order_by("pk"):
        orders, ordinary = _orders_for(card.customer_id, on, renewed=card.pk)
        for order_id, those in orders.items():
            locked = lock(order_id, on=on, by=by, reason=reason)
            locked_orders.append(locked)
            states = [s for s in locked.states if s.row.pk in those]
            give(locked, states, card, None, ordinary=order_id in ordinary, replaces=card)
    return CardsRenewed(
        moved=tuple(one for locked in locked_orders for one in locked.moved),
        caught_up=tuple(one for locked in locked_orders for one in locked.caught_up),
    )
