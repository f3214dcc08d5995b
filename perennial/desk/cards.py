"""Cards: store one, give one to an order. The token comes from the gateway; no card number comes near us."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q

from perennial.continuity.models import ContinuityOrder
from perennial.customers.models import StoredCard
from perennial.customers.queries import customer_by_account
from perennial.customers.rules import card_faults, written_card_faults
from perennial.customers.values import CardFacts
from perennial.db import history, sql
from perennial.desk.catch_up import catch_up as deal_with_late
from perennial.desk.locking import LockedOrder, changed, lock, lock_parent, told, touch
from perennial.errors import Refused, refuse_all
from perennial.kernel import money
from perennial.kernel.states import CHANGEABLE, WITH_GATEWAY
from perennial.payments import actions as payments
from perennial.payments import gateways
from perennial.payments.models import Payment

SQL = sql.named("perennial.desk", "sql/cards.sql")


def _card(token: str, exp: str, brand: str | None, last4: str | None) -> CardFacts:
    """A card as it is given, its expiry written 12/2030. Refused: a rule is broken; all faults at once."""
    found = re.fullmatch(r"([0-9]{1,2})/([0-9]{4})", exp or "")
    if not found:
        raise Refused("exp", "exp", text=f"{exp!r} is not an expiry such as 12/2030")
    card = CardFacts(token, int(found[1]), int(found[2]), brand, last4)
    faults = [*written_card_faults(card), *card_faults(card)]
    refuse_all(fault.at("exp") if fault.field.startswith("exp_") else fault for fault in faults)
    return card


@transaction.atomic
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
    reason: str | None = None,
) -> dict[str, Any]:
    """Store a card. It takes over the orders of the card that it replaces, or where the card is expired or
    refused: open ones, and others of which something is still owed. What waited for a card goes on.
    """
    customer = customer_by_account(account)
    given = _card(token, exp, brand, last4)
    last_day = given.expires_on
    if gateways.current().real and StoredCard.objects.filter(token=token).exclude(customer=customer).exists():
        # The sandbox's tokens say what it answers: everybody may have the same.
        raise Refused("token", "token", text=f"the card with token {token!r} is another customer's")
    if last_day < on:
        raise Refused("exp", "exp", text=f"the card has expired on {last_day}")
    old = None
    if replaces is not None:
        old = StoredCard.objects.filter(customer=customer, token=replaces).first()
        if old is None:
            raise Refused("replaces", "replaces", text=f"the customer has no card with token {replaces!r}")
    known = StoredCard.objects.filter(customer=customer, token=token).first()
    renewed = known.pk if known is not None and known.expires_on < last_day else None
    # The orders first, then the card: the one order of locks.
    orders, ordinary = _orders_for(customer.pk, on, old=old.pk if old else None, renewed=renewed if old else None)
    locked_orders = [lock(order_id, on=on, by=by, reason=reason) for order_id in orders]
    history.context(by=by, reason=reason)
    number = StoredCard.objects.filter(customer=customer).count() + 1
    facts = {
        "gateway": gateways.current().name,
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
        _give(locked, states, card, catch_up, ordinary=locked.order.pk in ordinary, replaces=old)
        taken.append(locked.order.number)
    done: dict[str, Any] = {"account": account, "token": token, "orders": sorted(taken)}
    if known is not None and (changes := list(_changes(known, card))):
        done["changed"] = changes
    if still := cards_that_end(customer=customer.pk):
        done["still_pays"] = still
    if asked := _asked_already(orders, card):
        done["asked_already"] = asked
    return {**done, **told(locked_orders)}


def _asked_already(orders: Iterable[int], card: StoredCard) -> list[dict[str, Any]]:
    """What of these parent orders is authorised on another card, or on its way there: that one still pays it."""
    of_them = Q(order__in=orders) | Q(order__parent__in=orders) | Q(continuity_order__order__in=orders)
    found = Payment.objects.filter(of_them, status__in=WITH_GATEWAY, method="card").exclude(purpose="refund")
    return [
        {
            "order": (p.order or p.continuity_order.order).number,  # type: ignore[union-attr]
            "amount": f"{money.text(p.amount_minor, p.currency)} {p.currency}",
            "card": p.card.token if p.card else None,
        }
        for p in found.exclude(card=card).select_related("order", "continuity_order__order", "card").order_by("pk")
    ]


def cards_that_end(*, customer: int | None = None, order: int | None = None) -> list[dict[str, Any]]:
    """Lines of a customer's orders, or of one, whose card will have expired by one of their shipments; the first such
    shipment.
    """
    names = ("order", "line", "card", "expires_on", "shipment", "ship_on")
    found = sql.tuples(SQL["cards_that_end"], {"customer": customer, "order": order})
    return [dict(zip(names, row, strict=True)) for row in found]


def _changes(before: StoredCard, after: StoredCard) -> Iterator[dict[str, Any]]:
    """What is new of a card that was stored already."""
    for name, words in (
        ("brand", lambda card: card.brand),
        ("last4", lambda card: card.last4),
        ("expiry", lambda card: f"{card.exp_month:02d}/{card.exp_year}"),
    ):
        if words(before) != words(after):
            yield {"field": name, "before": words(before), "after": words(after)}


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


@transaction.atomic
def cards_renewed(*, cards: Sequence[int], on: date, by: str, reason: str | None = None) -> dict[str, Any]:
    """Stored cards expire later now: what waited for them goes on, what they could not pay is due again.

    Gives what caught up (``told``).
    """
    locked_orders = []
    waited_for = [row[0] for row in sql.tuples(SQL["waited_for"], {"ids": list(cards)})]
    for card in StoredCard.objects.filter(pk__in=waited_for, expires_on__gte=on, refused=False).order_by("pk"):
        orders, ordinary = _orders_for(card.customer_id, on, renewed=card.pk)
        for order_id, those in orders.items():
            locked = lock(order_id, on=on, by=by, reason=reason)
            locked_orders.append(locked)
            states = [s for s in locked.states if s.row.pk in those]
            _give(locked, states, card, None, ordinary=order_id in ordinary, replaces=card)
    return told(locked_orders)


@transaction.atomic
def card(
    *,
    number: str,
    token: str,
    on: date,
    by: str,
    catch_up: str | None = None,
    reason: str | None = None,
    line: int | None = None,
) -> dict[str, Any]:
    """Let an order be paid by another stored card of its customer: all of it that is not paid yet."""
    locked = lock_parent(number, on=on, by=by, reason=reason)
    if locked.order.status == "cancelled" and not _owes(locked):
        raise Refused("status", "number", text=f"{number} is cancelled: nothing of it is paid any more")
    found = StoredCard.objects.filter(customer_id=locked.order.customer_id, token=token).first()
    if found is None:
        raise Refused("card", "token", text=f"the customer has no card with token {token!r}")
    if found.expires_on < on:
        raise Refused("card", "token", text=f"the card with token {token!r} has expired on {found.expires_on}")
    states = [s for s in locked.chosen(line) if s.row.payment_method == "card"]
    if not states and locked.states:
        raise Refused("card", "number", text=f"{number} is not paid by card")
    _give(locked, states, found, catch_up, ordinary=line is None)
    done = locked.told(order=number, card=token)
    if still := cards_that_end(order=locked.order.pk):
        done["still_pays"] = still
    if asked := _asked_already([locked.order.pk], found):
        done["asked_already"] = asked
    return done


def _owes(locked: LockedOrder) -> bool:
    """Is something of the order still to be paid, such as a box that had been sent before it was cancelled?"""
    of_it = Payment.objects.filter(status__in=CHANGEABLE).exclude(purpose="refund")
    parent = locked.order.pk
    return (
        of_it.filter(order_id=parent).exists()
        or of_it.filter(order__parent_id=parent).exists()
        or of_it.filter(continuity_order__in=locked.ids).exists()
    )


def _give(
    locked: LockedOrder,
    states: Sequence[Any],
    new: StoredCard,
    catch_up: str | None,
    *,
    ordinary: bool,
    replaces: StoredCard | None = None,
) -> None:
    """Let continuity orders, and the parent's ordinary lines, be paid by a card; what waited for one goes on."""
    for state in states:
        state.row.card_id = new.pk
    rows: list[ContinuityOrder] = [s.row for s in states]
    touch(rows, "card")
    payments.use_card(
        continuity_orders=[s.row.pk for s in states],
        orders=[locked.order.pk] if ordinary else [],
        card=new.pk,
        on=locked.on,
        by=locked.by,
        replaces=replaces.pk if replaces else None,
    )
    locked.event("card_changed", card=new.token, lines=[s.row.parent_line.line for s in states])
    changed(locked, states, forget_card=True)
    deal_with_late(locked, states, catch_up)
    changed(locked, states)
