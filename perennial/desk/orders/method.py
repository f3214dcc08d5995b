"""Let an order be paid another way: by card, on account, or as D14 allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from perennial.catalog.queries import set_up
from perennial.continuity.models import ContinuityOrder
from perennial.continuity.planning import OrderState, read_orders
from perennial.customers.models import StoredCard
from perennial.desk.action import action
from perennial.desk.cards.ends import CardEnds, cards_that_end
from perennial.desk.cards.give import AskedAlready, asked_already, owes, stored_card
from perennial.desk.locking import CaughtUp, LockedOrder, NewDay, changed, lock_parent, touch
from perennial.desk.outcome import Outcome
from perennial.desk.shipments.catch_up import catch_up as deal_with_late
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.kernel.states import METHODS
from perennial.payments import actions as payments
from perennial.payments.due import check_method
from perennial.payments.models import Payment


@dataclass(frozen=True, slots=True)
class BilledAlready:
    """An amount of which the bill is out: it is paid by that bill."""

    order: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodGiven(Outcome):
    """An order is paid another way. What is authorised or billed already is still paid as it was."""

    order: str
    payment_method: str
    card: str | None = None
    moved: tuple[NewDay, ...] = ()
    caught_up: tuple[CaughtUp, ...] = ()
    still_pays: tuple[CardEnds, ...] = ()
    asked_already: tuple[AskedAlready, ...] = ()
    billed_already: tuple[BilledAlready, ...] = ()


@action(undo=True)
def payment_method(
    *,
    number: str,
    method: str,
    on: date,
    by: str,
    card: str | None = None,
    catch_up: str | None = None,
    reason: str | None = None,
    line: int | None = None,
) -> MethodGiven:
    """Let an order, or one line of it, be paid another way: all of it that is not paid yet, and what is made later. By
    card: by the stored ``card`` that is named. What is authorised, billed or paid stays as it is.

    Refused: a method that cannot pay this (D14), on account without the customer's permission; a card that is not the
    customer's, or has expired; an order of which nothing is to be paid any more.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason)
    states = locked.chosen(line)
    if locked.order.status == "cancelled" and not owes(locked):
        raise Refused("nothing_is_paid_any_more", "number", order=number, status="cancelled")
    return pay_by(locked, states, method, card, catch_up, ordinary=line is None)


def pay_by(
    locked: LockedOrder,
    states: list[OrderState],
    method: str,
    card: str | None,
    catch_up: str | None,
    *,
    ordinary: bool,
) -> MethodGiven:
    """Let these continuity orders, and the parent's ordinary lines, be paid by who pays the order, in this way. Refused: as
    above."""
    allowed = (locked.order.payer or locked.order.customer).allow_on_account
    for state in states:
        _check(state, method, allow_on_account=allowed)
    if not states:
        check_method(method, upfront=True, scheduled=False, allow_on_account=allowed, field="method")
    if method == "card" and card is None:
        raise Refused("card_of_which", "card")
    if method != "card" and card is not None:
        raise Refused("card_pays_not", "card", method=method)
    pays = None if card is None else stored_card(locked, card, "card")
    _give(locked, states, method, pays, ordinary=ordinary)
    deal_with_late(locked, states, catch_up)
    changed(locked, states)
    return MethodGiven(
        order=locked.order.number,
        payment_method=method,
        card=card,
        moved=tuple(locked.moved),
        caught_up=tuple(locked.caught_up),
        still_pays=cards_that_end(order=locked.order.pk),
        asked_already=asked_already([locked.order.pk], pays),
        billed_already=_billed(locked) if method != "on_account" else (),
    )


def methods_for(number: str, line: int) -> tuple[str, ...]:
    """The methods that may pay a line of an order (D14)."""
    row = (
        ContinuityOrder.objects.filter(parent_line__order__number=number, parent_line__line=line)
        .select_related("order__customer", "order__payer")
        .first()
    )
    (state,) = read_orders(set_up(), [row.pk]) if row else (None,)
    if row is None or state is None:
        return ()
    allowed = (row.order.payer or row.order.customer).allow_on_account
    return tuple(method for method in METHODS if _may_pay(state, method, allow_on_account=allowed))


def methods_of_order(number: str, *, allow_on_account: bool) -> tuple[str, ...]:
    """The methods by which somebody, who may or may not buy on account, may pay all of an order (D14)."""
    states = read_orders(
        set_up(), list(ContinuityOrder.objects.filter(order__number=number).values_list("pk", flat=True))
    )
    return tuple(
        method
        for method in METHODS
        if (allow_on_account or method != "on_account")
        and all(_may_pay(state, method, allow_on_account=allow_on_account) for state in states)
    )


def _may_pay(state: OrderState, method: str, *, allow_on_account: bool) -> bool:
    try:
        _check(state, method, allow_on_account=allow_on_account)
    except Refused:
        return False
    return True


def _check(state: OrderState, method: str, *, allow_on_account: bool) -> None:
    check_method(
        method, upfront=state.row.upfront, scheduled=_in_parts(state), allow_on_account=allow_on_account, field="method"
    )


def _in_parts(state: OrderState) -> bool:
    """Is it, or something that comes of it, paid in parts?"""
    if state.row.payment_schedule_id is not None:
        return True
    return not state.row.upfront and any(o.payment_schedule_id is not None for o in state.walk)


def _give(
    locked: LockedOrder, states: list[OrderState], method: str, card: StoredCard | None, *, ordinary: bool
) -> None:
    for state in states:
        state.row.payment_method = method
        state.row.card_id = card.pk if card else None
        state.row.shares = None
    touch([s.row for s in states], "payment_method", "card", "shares")
    payments.use_method(
        continuity_orders=[s.row.pk for s in states],
        orders=[locked.order.pk] if ordinary else [],
        method=method,
        card=card.pk if card else None,
        payer=locked.order.paid_by,
        by=locked.by,
        on=locked.on,
    )
    locked.event(
        "payment_method_changed",
        method=method,
        card=card.token if card else None,
        lines=[s.row.parent_line.line for s in states],
    )
    changed(locked, states, forget_card=True)


def _billed(locked: LockedOrder) -> tuple[BilledAlready, ...]:
    """What of the order is billed and not paid."""
    order = locked.order.pk
    of_it = Q(order=order) | Q(order__parent=order) | Q(continuity_order__order=order)
    found = Payment.objects.filter(of_it, status="billed").select_related("order", "continuity_order__order")
    return tuple(
        BilledAlready(
            (p.order or p.continuity_order.order).number,  # type: ignore[union-attr]  # a payment pays one or the other
            Money(p.amount_minor, p.currency),
        )
        for p in found.order_by("pk")
    )
