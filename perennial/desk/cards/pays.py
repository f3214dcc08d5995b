"""What a card will pay once it is stored: said before a customer is asked for it, and what they agree to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from perennial.catalog.queries import set_up
from perennial.db.transactions import taken_back
from perennial.desk.cards.give import CardGiven
from perennial.desk.cards.give import card as give_card
from perennial.desk.cards.store import store_card
from perennial.desk.locking import CaughtUp, NewDay
from perennial.desk.read.coming import coming
from perennial.desk.read.order import Order
from perennial.desk.read.orders import orders
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.orders.models import SalesOrder
from perennial.payments.charge import Became, collect_for_order

TRIED = "card-to-come"
"""The token of the card that is tried, and taken back. No gateway keeps it."""
DONE = ("authorised", "captured")


@dataclass(frozen=True, slots=True)
class Pays:
    """What a card will pay of one order: ``at_once`` is charged, ``reserved`` when it leaves, both of what waits for it;
    then ``next_amount`` on ``next_on``, and so on.

    ``goes_on``: more comes after that. ``waits``: which payments wait, by the numbers of their orders. ``moved``,
    ``caught_up``: what was late and goes on with the card: on new days, or as it is.
    """

    order: str
    sold: tuple[str, ...]
    at_once: Money | None = None
    reserved: Money | None = None
    waits: tuple[str, ...] = ()
    next_on: date | None = None
    next_amount: Money | None = None
    goes_on: bool = False
    moved: tuple[NewDay, ...] = ()
    caught_up: tuple[CaughtUp, ...] = ()


def what_it_pays(*, account: str, on: date, order: str | None = None, replaces: str | None = None) -> tuple[Pays, ...]:
    """What a new card of a customer would pay: it is stored and asked in a dry run, and all is taken back.

    ``order``: it pays this one in any case. ``replaces``: it takes over the orders of this card.
    """
    with taken_back():
        stored = store_card(
            account=account,
            token=TRIED,
            exp=f"12/{min(on.year + 9, 2199)}",
            replaces=replaces,
            on=on,
            by="card-link",
        )
        numbers = dict.fromkeys(stored.orders)
        moved, caught_up = stored.moved, stored.caught_up
        if order is not None and order not in numbers:
            given = pays_this_too(order, TRIED, on=on, by="card-link")
            if given is not None:
                numbers[order] = None
                moved, caught_up = (*moved, *given.moved), (*caught_up, *given.caught_up)
        rows = dict(SalesOrder.objects.filter(number__in=numbers).values_list("number", "pk"))
        asked = {number: collect_for_order(pk, on=on, by="card-link", dry=True) for number, pk in rows.items()}
        shown = list(orders(rows.values(), on=on, ahead=2, rules=set_up()))
    return tuple(
        replace(
            _pays(one, asked[one.number], on),
            moved=tuple(day for day in moved if day.order == one.number),
            caught_up=tuple(late for late in caught_up if late.order == one.number),
        )
        for one in sorted(shown, key=lambda one: one.number)
    )


def pays_this_too(order: str, token: str, *, on: date, by: str) -> CardGiven | None:
    """Let a stored card pay an order that did not wait for one; None: nothing of it is paid by card any more."""
    try:
        return give_card(number=order, token=token, on=on, by=by)
    except Refused as refused:
        if refused.code in ("not_paid_by_card", "nothing_is_paid_any_more"):
            return None
        raise


def _pays(order: Order, asked: tuple[Became, ...], on: date) -> Pays:
    waits = [one for one in asked if one.after in DONE and one.before != one.after and one.purpose != "refund"]
    to_come = [s for s in coming(order, set_up()) if s.status != "skipped" and s.child is None and not s.upfront]
    first = min(to_come, key=lambda one: one.ship_on, default=None)
    names = [one.product.called for one in order.continuity] or [line.product.called for line in order.lines]
    return Pays(
        order=order.number,
        sold=tuple(dict.fromkeys(names)),
        at_once=_sum(waits, "captured", order.currency),
        reserved=_sum(waits, "authorised", order.currency),
        waits=tuple(one.order for one in waits),
        next_on=max(first.ship_on, on) if first else None,
        next_amount=first.cost if first else None,
        goes_on=len(to_come) > 1,
    )


def _sum(waits: Sequence[Became], after: str, currency: str) -> Money | None:
    """What of it becomes so; None: nothing."""
    found = [one.amount.minor for one in waits if one.after == after]
    return Money(sum(found), currency) if found else None
