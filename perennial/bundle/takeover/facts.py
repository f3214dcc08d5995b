"""The facts of a continuity order that is taken over: all that planning asked of the day on which it was made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from perennial.bundle.reading.orders import shares_given
from perennial.bundle.reading.values import Given, keys
from perennial.bundle.takeover.context import Context
from perennial.bundle.takeover.lookup import Sold
from perennial.catalog.queries import date_interval
from perennial.errors import Refused
from perennial.kernel import limits
from perennial.kernel import plan as kernel
from perennial.kernel.calendar import Interval
from perennial.kernel.shares import Share
from perennial.kernel.states import METHODS, NOT_ENDED, PREPAID
from perennial.payments.due import split_faults
from perennial.programs.queries import LoadedRevision

FACTS = keys(
    "order_date first_event event_duration shipments last_shipment quantity threshold consolidate upfront prices"
    " schedule_chosen owed"
)
EVERY = keys("days interval rule anchor")
MOST = 999_999


def facts_of(
    ctx: Context, order_date: date, quantity: Decimal, thing: Given, revision: LoadedRevision, sold: Sold | None
) -> kernel.Facts:
    """Every fact that planning asks: as noted, else as order entry would note it today."""
    names = ctx.names
    upfront = revision.bill_upfront
    facts = kernel.Facts(
        order_date=order_date,
        start_date=thing.day("start_date"),
        first_event=None,
        duration=sold.event_duration if sold else 0,
        shipments=sold.shipments if sold else None,
        quantity=quantity,
        threshold=None if upfront else names.set_up.parameters.repeat_threshold,
        consolidate=revision.consolidate,
        upfront=upfront,
        prices={},
        every=_every(thing),
        times=thing.whole("times", None, 1, kernel.MOST_OCCURRENCES),
    )
    noted = thing.inner("facts", FACTS)
    if noted is not None:
        facts = _noted(ctx, noted, facts, revision)
        thing.spoil(noted)
    if (noted is None or "first_event" not in noted.value) and revision.order_start == "current_event":
        current = None
        if revision.started_on is not None:
            current = kernel.current_event(revision.plan, revision.started_on, facts.order_date)
        facts = facts._replace(first_event=current.key if current else None)
    if noted is None or not noted.given("prices"):
        facts = facts._replace(prices=names.prices(revision.products_to_price, facts.order_date))
    return facts


def _noted(ctx: Context, noted: Given, facts: kernel.Facts, revision: LoadedRevision) -> kernel.Facts:
    """Facts that are given; here null is a value."""
    has, events = noted.value, {event.key for event in revision.plan.events}
    first = noted.code("first_event")
    if first is not None and first not in events:
        noted.fault("first_event", "name_unknown", what="event", name=first, meant=noted.faults.meant(first, events))
    named = noted.get("prices")
    prices = noted.inner("prices", frozenset(named if isinstance(named, dict) else ()))
    found: dict[str, Any] = {
        "order_date": noted.day("order_date", facts.order_date),
        "first_event": first,
        "duration": noted.whole("event_duration", facts.duration),
        "shipments": noted.whole("shipments", None, 0) if "shipments" in has else facts.shipments,
        "last_shipment": noted.whole("last_shipment", None, 0, MOST),
        "quantity": noted.quantity("quantity", facts.quantity),
        "threshold": noted.whole("threshold", None, 0, 999) if "threshold" in has else facts.threshold,
        "consolidate": noted.flag("consolidate", facts.consolidate),
        "upfront": noted.flag("upfront", facts.upfront),
    }
    noted.flag("schedule_chosen")
    if prices is not None:
        for name in prices.value:
            prices.refers(name, "product", name, ctx.reading.products)
        found["prices"] = {name: ctx.money(prices, name, required=True) for name in prices.value}
        noted.spoil(prices)
    return facts._replace(**found)


def _every(continuity: Given) -> kernel.Every | None:
    """How often the member wants it: so many days, or an interval, by its rule or as it is set up."""
    thing = continuity.inner("every", EVERY)
    if thing is None:
        return None
    days, code = thing.whole("days", None, 1, kernel.MOST_DAYS_BETWEEN), thing.code("interval")
    found: kernel.Every | None = None
    if (days is None) == (code is None):
        thing.fault("", "days_or_interval")
    elif days is not None:
        found = kernel.Every(days=days)
    elif thing.given("rule"):
        try:
            found = kernel.Every(interval=Interval(code or "", thing.text("rule", ""), thing.day("anchor")))
        except Refused as refused:
            thing.refused([refused])
    else:
        interval = date_interval(code or "")
        if interval is None:
            thing.fault("interval", "interval_unknown", interval=code)
        else:
            found = kernel.Every(interval=interval)
    continuity.spoil(thing)
    return found


@dataclass(frozen=True, slots=True)
class Paying:
    """How a continuity order is paid."""

    method: str
    card_id: int | None
    schedule_id: int | None
    chosen: bool
    owed_minor: int | None = None
    shares: tuple[Share, ...] = ()


def paying_of(ctx: Context, thing: Given, facts: kernel.Facts, revision: LoadedRevision, status: str) -> Paying:
    """How it is paid: as it says, else by the only card and as its program is."""
    method = thing.word("payment_method", METHODS, "card")
    card = ctx.card(thing, "card", thing.code("card", longest=limits.LONG_CODE)) if method == "card" else None
    if method == "card" and card is None and not thing.given("card") and status in NOT_ENDED:
        card = ctx.only_card(thing, "card")
    if method in PREPAID and not facts.upfront and status in NOT_ENDED:
        thing.fault("payment_method", "method_pays_no_shipment", method=method)
    schedule = thing.name_of("payment_schedule", "payment_schedule", ctx.reading.schedules)
    schedule_id = ctx.names.schedules.get(schedule) if schedule else None
    if schedule is None and not thing.given("facts"):
        schedule_id = revision.payment_schedule_id
    chosen, owed = schedule is not None or revision.asks_for_schedule, None
    if isinstance(noted := thing.get("facts"), dict):
        # An older installation did not say: what differs from the program was chosen.
        other = revision.asks_for_schedule or schedule_id != revision.payment_schedule_id
        chosen = bool(noted.get("schedule_chosen", other))
        if (given := thing.inner("facts", frozenset(noted))) is not None:
            owed = given.money("owed", ctx.currency)
            thing.spoil(given)
    shares = shares_given(ctx.currency, thing)
    for fault in split_faults(
        shares, upfront=facts.upfront, scheduled=schedule_id is not None, allow_on_account=True, field="pay"
    ):
        thing.note(fault.at(thing.at(fault.field)))
    return Paying(method, card, schedule_id, chosen, owed_minor=owed, shares=shares)
