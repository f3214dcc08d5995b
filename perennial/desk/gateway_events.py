"""What gateways have told of themselves is dealt with, kind by kind (``HANDLERS``).

Gateways tell late, twice and in any order. An event about money only says that something is to be asked: how it stands is asked
of the gateway, by the same code that charges. So whatever is here may be done twice, by two at once, and in any order. Never
inside a transaction: the gateway is asked.
"""

from __future__ import annotations

import calendar
import logging
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import NamedTuple

from django.db import DataError, IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from perennial.customers.models import StoredCard
from perennial.db import history, sql
from perennial.desk.cards.page import page_ended
from perennial.desk.cards.store import cards_renewed
from perennial.desk.disputes import reported
from perennial.desk.orders.collect import one_after_the_other
from perennial.errors import Refused
from perennial.payments import refused_keys
from perennial.payments.book import BookDiffers, asked_of
from perennial.payments.charge import collect
from perennial.payments.gateway_events import PUT_ASIDE, event_of
from perennial.payments.gateways.contract import Event
from perennial.payments.models import GatewayEvent
from perennial.payments.noted import note
from perennial.payments.sent_back import was_sent_back

_LOG = logging.getLogger("perennial.gateway_events")
ANSWER_SECONDS = 60
"""So long whoever sent a try waits for its answer; nobody else asks meanwhile what became of it."""
AT_ONCE = 200
"""Events that one look deals with."""
NO_SENSE = (ValueError, TypeError, LookupError, ArithmeticError, DataError, IntegrityError, Refused)
"""What comes of contents that make no sense, however often they are looked at."""
GIVEN_UP_AFTER = timedelta(days=1)
ASKS = ("payment", "refund", "card_page")
"""The kinds of events that ask the gateway."""

Handler = Callable[[str, Event, date], str | None]
"""Deals with an event of a gateway on a date; what became of it, in a word. None: later."""


def handle(number: int, *, on: date) -> None:
    """Deal with one event; one that was put aside is left."""
    row = GatewayEvent.objects.get(pk=number)
    if row.handled_at is not None or row.outcome == PUT_ASIDE:
        return
    outcome = HANDLERS[row.kind](row.gateway, event_of(row), on)
    if outcome is not None:
        GatewayEvent.objects.filter(pk=number, handled_at=None).update(handled_at=Now(), outcome=outcome)


def handle_what_is_left(*, on: date) -> None:
    """Deal with what no worker has, a while after it came: whoever was to do it died, or the gateway did not answer. What
    makes no sense, or has not succeeded in a day, is put aside: a person looks.
    """
    left = GatewayEvent.objects.filter(handled_at=None, outcome=None)
    left = left.filter(received_at__lt=Now() - timedelta(seconds=ANSWER_SECONDS)).order_by("pk")
    shut: set[str] = set()
    for number, gateway, kind, received in list(left.values_list("pk", "gateway", "kind", "received_at")[:AT_ONCE]):
        if gateway in shut and kind in ASKS:
            continue
        try:
            handle(number, on=on)
        except Exception as problem:
            if isinstance(problem, Refused) and problem.code == refused_keys.REFUSED:
                shut.add(gateway)
                _LOG.warning("events of %s wait: %s", gateway, problem)
            elif isinstance(problem, NO_SENSE) or timezone.now() - received > GIVEN_UP_AFTER:
                GatewayEvent.objects.filter(pk=number, handled_at=None).update(outcome=PUT_ASIDE)
                _LOG.exception("event %s of a gateway: put aside", number)
            else:
                _LOG.exception("event %s of a gateway: tried again later", number)


class _Tried(NamedTuple):
    """A try that an event is about, sent on a date. ``open``: nobody knows what became of the payment's last; ``asks``: somebody
    waits for it.
    """

    payment: int
    parent: int
    open: bool
    asks: bool
    on_date: date


def _money(gateway: str, event: Event, on: date) -> str | None:
    if event.key is None:
        return "of_others"
    found = sql.rows(_Tried, SQL["tried"], {"key": event.key, "gateway": gateway, "seconds": ANSWER_SECONDS})
    if not found:
        return "of_others"
    tried = found[0]
    if not tried.open:
        if event.kind != "refund":
            return "known"
        return "sent_back" if look_at_refund(gateway=gateway, key=event.key, on=on) else "known"
    if tried.asks:
        return None
    with one_after_the_other(tried.parent):
        shut: dict[str, str] = {}
        collect([tried.payment], on=max(on, tried.on_date), by=f"gateway:{gateway}", shut=shut)
        note([tried.parent])
    if shut:
        raise refused_keys.refusal(shut)
    return "asked"


def look_at_refund(*, gateway: str, key: str, on: date) -> bool:
    """Has the bank sent a refund back that had gone through? The gateway is asked; what follows is recorded, once, and not
    before it went out, whatever the clock says of whoever heard of it.
    """
    found = sql.rows(_Tried, SQL["tried"], {"key": key, "gateway": gateway, "seconds": ANSWER_SECONDS})
    if not found:
        return False
    with one_after_the_other(found[0].parent):
        day = max(on, found[0].on_date)
        sent_back = was_sent_back(key=key, gateway=gateway, on=day, by=f"gateway:{gateway}")
        note([found[0].parent])
    return sent_back


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


def take_in(found: Iterable[BookDiffers], *, on: date) -> int:
    """Record what a gateway's book has and nobody has told us of, so far as nothing is to be decided about it: disputes,
    and refunds that the bank has sent back; how many. An event that comes after all changes nothing more. Refused: the
    gateway does not answer.
    """
    taken = 0
    for one in found:
        if one.dispute is not None:
            by = f"gateway:{one.gateway}"
            told = reported(gateway=one.gateway, facts=one.dispute.facts, happened=one.dispute.asked, on=on, by=by)
            taken += told is not None and not told.known
        elif one.code == "try_without_book":
            with asked_of(one.gateway):
                taken += look_at_refund(gateway=one.gateway, key=one.key, on=on)
    return taken
