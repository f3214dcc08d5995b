"""Several ways to pay: what is billed up front, or the ordinary lines, is shared among methods by amount or percent (S6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from perennial.continuity.planning import OrderState
from perennial.customers.models import StoredCard
from perennial.desk.action import action
from perennial.desk.cards.give import stored_card
from perennial.desk.locking import LockedOrder, changed, lock_parent, touch
from perennial.desk.outcome import Outcome
from perennial.errors import Refused, refuse_all
from perennial.kernel.money import Money
from perennial.kernel.shares import Share, main_method
from perennial.kernel.states import CHANGEABLE, NOT_ASKED
from perennial.payments import actions as payments
from perennial.payments.due import split_faults
from perennial.payments.models import Payment


@dataclass(frozen=True, slots=True)
class SharePaid:
    """What one of the ways pays."""

    number: int
    payment_method: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Outcome):
    """What each way pays of a line that is billed up front."""

    order: str
    shares: tuple[SharePaid, ...]
    card: str | None = None


@action(undo=True)
def split(
    *,
    number: str,
    pay: Sequence[Share],
    on: date,
    by: str,
    card: str | None = None,
    reason: str | None = None,
    line: int | None = None,
) -> Split:
    """Let what is billed up front be paid in several ways: each by an amount or a percentage, the last by what is left, also when
    the order changes later. By card: by the stored ``card``, else by the one that pays it now.

    Refused: what ships and is paid again and again, or in parts of a schedule; a method that pays no share; on account
    without the customer's permission; more than it costs; when money of it was asked for already.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason)
    state = locked.state(line)
    allowed = (locked.order.payer or locked.order.customer).allow_on_account
    refuse_all(
        split_faults(
            pay,
            upfront=state.row.upfront,
            scheduled=state.row.payment_schedule_id is not None,
            allow_on_account=allowed,
            field="pay",
        )
    )
    _may_be_split(state, pay)
    chosen = _card(locked, state, pay, card)
    state.row.payment_method = main_method(pay)
    state.row.shares = [one.stored() for one in pay]
    state.row.card_id = chosen.pk if chosen else None
    touch([state.row], "payment_method", "shares", "card")
    payments.use_shares(continuity_order=state.row.pk, shares=pay, card=state.row.card_id, by=by, on=on)
    locked.event(
        "payment_shared",
        line=state.row.parent_line.line,
        methods=[one.method for one in pay],
        card=chosen.token if chosen else None,
    )
    changed(locked, [state], forget_card=True)
    found = Payment.objects.filter(continuity_order=state.row, purpose="order", status__in=NOT_ASKED)
    return Split(
        order=number,
        shares=tuple(
            SharePaid(one.number, one.method, Money(one.amount_minor, one.currency)) for one in found.order_by("number")
        ),
        card=chosen.token if chosen else None,
    )


def _may_be_split(state: OrderState, pay: Sequence[Share]) -> None:
    """Refused: money of it was asked for, or taken; the amounts leave nothing for the last way."""
    rows = Payment.objects.filter(continuity_order=state.row, purpose="order").exclude(
        status__in=("cancelled", "voided")
    )
    asked = next((one for one in rows.order_by("number") if one.status not in CHANGEABLE), None)
    if asked is not None:
        raise Refused("shares_too_late", "number", status=asked.status)
    owed = sum(one.amount_minor for one in rows)
    fixed = sum(one.amount_minor or 0 for one in pay)
    if fixed and fixed >= owed:
        raise Refused("shares_leave_nothing", "pay", sum=Money(fixed, state.currency), cost=Money(owed, state.currency))


def _card(locked: LockedOrder, state: OrderState, pay: Sequence[Share], card: str | None) -> StoredCard | None:
    if all(one.method != "card" for one in pay):
        if card is not None:
            raise Refused("card_pays_not", "card", method=pay[-1].method)
        return None
    if card is not None:
        return stored_card(locked, card, "card")
    found = state.row.card
    if found is None:
        raise Refused("card_of_which", "card")
    return found
