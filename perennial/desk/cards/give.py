"""Let an order be paid by a stored card of its customer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from perennial.continuity.planning import OrderState
from perennial.customers.models import StoredCard
from perennial.desk.action import action
from perennial.desk.cards.ends import CardEnds, cards_that_end
from perennial.desk.locking import CaughtUp, LockedOrder, NewDay, changed, lock_parent, touch
from perennial.desk.outcome import Outcome
from perennial.desk.shipments.catch_up import catch_up as deal_with_late
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.kernel.reasons import Reason
from perennial.kernel.states import CHANGEABLE, WITH_GATEWAY
from perennial.payments import actions as payments
from perennial.payments.models import Attempt, Payment


@dataclass(frozen=True, slots=True)
class AskedAlready:
    """An amount that is authorised on another card, or on its way there: that card still pays it.

    ``authorised``: for how much the card was asked. ``asked_anew``: that is less than what is owed now (``amount``), so it
    is given up when it is invoiced, and all of it asked of the card that pays then.
    """

    order: str
    amount: Money
    card: str | None
    authorised: Money
    asked_anew: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardGiven(Outcome):
    """An order is paid by another card."""

    order: str
    card: str
    moved: tuple[NewDay, ...] = ()
    caught_up: tuple[CaughtUp, ...] = ()
    still_pays: tuple[CardEnds, ...] = ()
    asked_already: tuple[AskedAlready, ...] = ()


@action(undo=True)
def card(
    *,
    number: str,
    token: str,
    on: date,
    by: str,
    catch_up: str | None = None,
    reason: str | None = None,
    line: int | None = None,
) -> CardGiven:
    """Let an order be paid by another stored card of its customer: all of it that is not paid yet.

    Refused: a card that the customer does not have, or that has expired; an order that is not paid by card.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason)
    if locked.order.status == "cancelled" and not owes(locked):
        raise Refused("nothing_is_paid_any_more", "number", order=number, status="cancelled")
    found = stored_card(locked, token, "token")
    states = [s for s in locked.chosen(line) if s.row.payment_method == "card"]
    if not states and locked.states:
        raise Refused("not_paid_by_card", "number", order=number)
    give(locked, states, found, catch_up, ordinary=line is None)
    return CardGiven(
        order=number,
        card=token,
        moved=tuple(locked.moved),
        caught_up=tuple(locked.caught_up),
        still_pays=cards_that_end(order=locked.order.pk),
        asked_already=asked_already([locked.order.pk], found),
    )


def stored_card(locked: LockedOrder, token: str, field: str) -> StoredCard:
    """A stored card of who pays the order. Refused: they do not have it, or it has expired."""
    found = StoredCard.objects.filter(customer_id=locked.order.paid_by, token=token).first()
    if found is None:
        raise Refused("card_unknown", field, token=token)
    if found.expires_on < locked.on:
        raise Refused("stored_card_expired", field, token=token, expires_on=found.expires_on)
    return found


def owes(locked: LockedOrder) -> bool:
    """Is something of the order still to be paid, such as a box that had been sent before it was cancelled?"""
    of_it = Payment.objects.filter(status__in=CHANGEABLE).exclude(purpose="refund")
    parent = locked.order.pk
    return (
        of_it.filter(order_id=parent).exists()
        or of_it.filter(order__parent_id=parent).exists()
        or of_it.filter(continuity_order__in=locked.ids).exists()
    )


def give(
    locked: LockedOrder,
    states: Sequence[OrderState],
    new: StoredCard,
    catch_up: str | None,
    *,
    ordinary: bool,
    replaces: StoredCard | None = None,
) -> None:
    """Let continuity orders, and the parent's ordinary lines, be paid by a card; what waited for one goes on."""
    for state in states:
        state.row.card_id = new.pk
    touch([s.row for s in states], "card")
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
    deal_with_late(locked, states, catch_up, Reason("card_came") if catch_up is None else None)
    changed(locked, states)


def asked_already(orders: Iterable[int], card: StoredCard | None) -> tuple[AskedAlready, ...]:
    """What of these parent orders is authorised on another card, or on its way there: that one still pays it."""
    of_them = Q(order__in=orders) | Q(order__parent__in=orders) | Q(continuity_order__order__in=orders)
    found = Payment.objects.filter(of_them, status__in=WITH_GATEWAY, method="card").exclude(purpose="refund")
    authorised = Attempt.objects.filter(payment__in=found, kind="authorise").exclude(
        outcome__in=("declined", "not_found")
    )
    asked = dict(authorised.order_by("number").values_list("payment", "amount_minor"))
    return tuple(
        AskedAlready(
            (p.order or p.continuity_order.order).number,  # type: ignore[union-attr]  # a payment pays one or the other
            Money(p.amount_minor, p.currency),
            p.card.token if p.card else None,
            Money(asked.get(p.pk, p.amount_minor), p.currency),
            asked_anew=p.amount_minor > asked.get(p.pk, p.amount_minor),
        )
        for p in (found if card is None else found.exclude(card=card))
        .select_related("order", "continuity_order__order", "card")
        .order_by("pk")
    )
