"""What gateways have told of themselves is dealt with, kind by kind (``HANDLERS``).

Gateways tell late, twice and in any order. An event about money only says that something is to be asked: how it stands is asked
of the gateway, by the same code that charges. So whatever is here may be done twice, by two at once, and in any order. Never
inside a transaction: the gateway is asked.
"""

from __future__ import annotations

import calendar
import logging
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models.functions import Now

from perennial.customers.models import StoredCard
from perennial.db import history, sql
from perennial.desk.cards.link import page_ended
from perennial.desk.cards.store import cards_renewed
from perennial.desk.disputes import reported
from perennial.desk.orders.collect import one_after_the_other
from perennial.payments.charge import collect
from perennial.payments.gateway_events import event_of
from perennial.payments.gateways.contract import Event
from perennial.payments.models import GatewayEvent
from perennial.payments.noted import note

_LOG = logging.getLogger("perennial.gateway_events")
ANSWER_SECONDS = 60
"""So long whoever sent a try waits for its answer; nobody else asks meanwhile what became of it."""
AT_ONCE = 200
"""Events that one look deals with."""

Handler = Callable[[str, Event, date], str | None]
"""Deals with an event of a gateway on a date; what became of it, in a word. None: later."""


def handle(number: int, *, on: date) -> None:
    """Deal with one event."""
    row = GatewayEvent.objects.get(pk=number)
    if row.handled_at is not None:
        return
    outcome = HANDLERS[row.kind](row.gateway, event_of(row), on)
    if outcome is not None:
        GatewayEvent.objects.filter(pk=number, handled_at=None).update(handled_at=Now(), outcome=outcome)


def handle_what_is_left(*, on: date) -> None:
    """Deal with what no worker has, a while after it came: whoever was to do it died, or the gateway did not answer."""
    before = Now() - timedelta(seconds=ANSWER_SECONDS)
    left = GatewayEvent.objects.filter(handled_at=None, received_at__lt=before).order_by("pk")
    for number in list(left.values_list("pk", flat=True)[:AT_ONCE]):
        try:
            handle(number, on=on)
        except Exception:
            _LOG.exception("event %s of a gateway: tried again later", number)


class _Tried(NamedTuple):
    """A try that an event is about. ``open``: nobody knows what became of the payment's last; ``asks``: somebody waits for it."""

    payment: int
    parent: int
    open: bool
    asks: bool


def _money(gateway: str, event: Event, on: date) -> str | None:
    if event.key is None:
        return "of_others"
    found = sql.rows(_Tried, SQL["tried"], {"key": event.key, "gateway": gateway, "seconds": ANSWER_SECONDS})
    if not found:
        return "of_others"
    tried = found[0]
    if not tried.open:
        return "known"
    if tried.asks:
        return None
    with one_after_the_other(tried.parent):
        collect([tried.payment], on=on, by=f"gateway:{gateway}")
        note([tried.parent])
    return "asked"


def _card(gateway: str, event: Event, on: date) -> str:
    """The card's network has renewed it, or somebody has on the gateway's own pages."""
    card = event.card
    if card is None:
        return "nothing"
    last_day = date(card.exp_year, card.exp_month, calendar.monthrange(card.exp_year, card.exp_month)[1])
    new = {
        "brand": card.brand,
        "last4": card.last4,
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "expires_on": last_day,
    }
    by, reason = f"gateway:{gateway}", "renewed by its network"
    with transaction.atomic():
        history.context(by=by, reason=reason)
        kept = StoredCard.objects.filter(gateway=gateway, token=card.token)
        # An event that was overtaken: cards are not renewed into the past.
        changed = [pk for pk, before in kept.values_list("pk", "expires_on") if before <= last_day]
        kept.filter(pk__in=changed).update(**new)
    if not kept.exists():
        return "of_others"
    if changed:
        cards_renewed(cards=changed, on=on, by=by, reason=reason)
    return "renewed" if changed else "known"


def _page(gateway: str, event: Event, on: date) -> str:
    """A customer has stored a card, or nobody can on that page any more: which of the two, the gateway is asked."""
    ended = (
        None
        if event.page is None
        else page_ended(gateway=gateway, reference=event.page, on=on, by=f"gateway:{gateway}")
    )
    return "of_others" if ended is None else ended.state


def _dispute(gateway: str, event: Event, on: date) -> str:
    """A charge that a customer does not accept, or what the bank has decided of one."""
    if event.dispute is None:
        return "nothing"
    by = f"gateway:{gateway}"
    found = reported(gateway=gateway, facts=event.dispute, happened=event.happened, on=on, by=by)
    if found is None:
        return "of_others"
    return "known" if found.known else "told"


def _noted(gateway: str, event: Event, on: date) -> str:
    return "nothing"


HANDLERS: dict[str, Handler] = {
    "payment": _money,
    "refund": _money,
    "card": _card,
    "card_page": _page,
    "dispute": _dispute,
    "other": _noted,
}
SQL = sql.named("perennial.desk", "gateway_events.sql")
