"""Let another customer pay an order than the one who receives it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

from perennial.customers.queries import customer_by_account
from perennial.desk.action import action
from perennial.desk.cards.give import owes, stored_card
from perennial.desk.locking import lock_parent
from perennial.desk.orders.method import MethodGiven, pay_by
from perennial.errors import Refused
from perennial.kernel.states import PAY_A_SHARE
from perennial.orders.models import OrderPay


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerGiven(MethodGiven):
    """Another customer pays an order. ``payer``: their account; None: the customer pays."""

    payer: str | None


@action(undo=True)
def payer(
    *,
    number: str,
    account: str,
    method: str,
    on: date,
    by: str,
    card: str | None = None,
    catch_up: str | None = None,
    reason: str | None = None,
) -> PayerGiven:
    """Let the customer of an account pay an order: all of it that is not paid yet, and what is made later. Who receives it
    stays; the account of who receives it means that they pay themselves. By card: by the stored ``card`` of who pays.
    What is authorised, billed or paid stays as it is (dn732092).

    Refused: an account that nobody has; a method that cannot pay this (D14), on account without the payer's permission;
    a card that is not theirs, or has expired; an order of which nothing is to be paid any more.
    """
    pays = customer_by_account(account, "account")
    locked = lock_parent(number, on=on, by=by, reason=reason)
    order = locked.order
    if order.status == "cancelled" and not owes(locked):
        raise Refused("nothing_is_paid_any_more", "number", order=number, status="cancelled")
    order.payer = None if pays.pk == order.customer_id else pays
    order.save(update_fields=["payer"])
    locked.event("payer_changed", payer=account)
    shares = OrderPay.objects.filter(order=order)
    if method not in PAY_A_SHARE and shares.count() > 1:
        raise Refused("pay_not_split", "method", method=method, methods=PAY_A_SHARE)
    given = pay_by(locked, locked.states, method, card, catch_up, ordinary=True)
    shares.update(method=method, card=None if card is None else stored_card(locked, card, "card"))
    return PayerGiven(
        payer=order.payer.account if order.payer else None,
        **{one.name: getattr(given, one.name) for one in fields(MethodGiven)},
    )
