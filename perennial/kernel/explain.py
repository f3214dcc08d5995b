"""Why a line has its date, its product and its price, in words that a clerk can read out.

Each sentence names the rule, what went into it and the row that it comes from, so that the date can
be derived again from the words alone.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from perennial.kernel import money
from perennial.kernel.calendar import Interval, WorkingDays
from perennial.kernel.plan import Adjustment, Event, Line, Occurrence, Revision


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _interval(interval: Interval | None, grid: date | None) -> str:
    if interval is None:
        return "no interval"
    start = f"counted from the order's first date {grid}" if interval.anchor is None else f"from {interval.anchor}"
    return f"interval {interval.code} ({interval.rule}, {start})"


def _person(adjustment: Adjustment | None) -> str:
    if adjustment is None:
        return "a person"
    if adjustment.on is None:
        return adjustment.by or "a person"
    return who_words(adjustment.by, adjustment.on, adjustment.reason)


def _event(revision: Revision, event: Event, repetition: int) -> str:
    words = f"{revision.program} revision {revision.number}, event {event.event_id} ({event.key})"
    return f"{words}, repetition {repetition}" if repetition else words


def date_words(revision: Revision, occurrence: Occurrence, started: bool) -> str:
    """Why it has its ``event_on`` and its ``ship_on``. ``started``: the order has a start date of its own."""
    why, event = occurrence.why, occurrence.event
    base = "start date" if started else "order date"
    match why.rule:
        case "first":
            rule = f"{base} {why.base} + {_days(why.amount)} after order date"
        case "first_interval":
            rule = f"first date of {_interval(why.interval, None)} on or after {base} {why.base} + {_days(why.amount)}"
        case "start_order_date":
            rule = f"its start order date {why.base}"
            if why.base != why.event_on:
                rule += f", not before the previous event's date {why.overtaken}"
        case "interval":
            rule = f"first date of {_interval(why.interval, why.base)} after the previous date {why.overtaken}"
        case "days":
            rule = f"{_days(why.amount)} after the previous date {why.base}"
        case _:
            rule = f"moved from here on to {why.base} by {_person(why.adjustment)}"
            if why.overtaken is not None:
                rule += f", overtaken by the previous date {why.overtaken}"
    words = f"{_event(revision, event, occurrence.repetition)}: {rule} = {why.event_on}"
    return f"{words}; {ship_words(occurrence)}"


def ship_words(occurrence: Occurrence) -> str:
    """Why it ships on its day."""
    why, ship_on = occurrence.why_ship, occurrence.ship_on
    match why.rule:
        case "order_date":
            wanted = f"ships not before the order date {why.wanted}"
        case "missed":
            wanted = f"missed before the order: ships with the other missed events on the order date {why.wanted}"
        case "merged":
            wanted = f"late: ships with the other late ones on {why.wanted}"
        case "move":
            return move_words(why.wanted, _person(why.adjustment), ship_on, why.mode)
        case _:
            wanted = "ships on that date" if ship_on == why.wanted else f"ships on or after {why.wanted}"
    return wanted + _rolled(why.wanted, ship_on, why.mode)


def move_words(to: date, who: str, ship_on: date, mode: WorkingDays) -> str:
    """Why a shipment that somebody moved alone ships on its day."""
    return f"this one moved to {to} by {who}{_rolled(to, ship_on, mode)}"


def _rolled(wanted: date, ship_on: date, mode: WorkingDays) -> str:
    return "" if ship_on == wanted else f": next working day of {mode.code} is {ship_on}"


def product_words(revision: Revision, event: Event, line: Line) -> str:
    """Why it is this product."""
    if line.item_rule[0] == "substitute":
        _, original, adjustment = line.item_rule
        return f"in place of {original} by {_person(adjustment)}"
    return f"{revision.program} revision {revision.number}, event {event.event_id} ({event.key}), product {line.line}"


def price_words(revision: Revision, event: Event, line: Line, currency: str, order_date: date) -> str:
    """Why it has this price."""
    rule, *rest = line.price_rule
    amount = money.text(line.price_minor, currency)
    if rule == "given":
        return f"{amount} given by {_person(rest[0])}"
    if rule == "product":
        return f"{amount} is the price of product {rest[0]} on the order date {order_date}"
    return f"{amount} is named by {revision.program} revision {revision.number}, event {event.event_id} ({event.key})"


def who_words(by: str, on: date, reason: str | None) -> str:
    """Who did it, when, and why: clerk:anna on 2026-03-12 (on holiday)."""
    return f"{by or 'a person'} on {on}" + (f" ({reason})" if reason else "")


def not_shipped_words(
    status: str, blocked: str | None, ship_on: date, run_on: date, detail: dict[str, Any] | None = None
) -> str | None:
    """Why a line has not shipped yet, or will not; None when it has a child order."""
    detail = detail or {}
    if status == "ordered":
        return None
    if status == "skipped":
        return "skipped" + (f" by {detail['who']}" if detail.get("who") else "")
    if status == "cancelled":
        return detail.get("cancelled") or "cancelled"
    if status == "planned":
        return detail.get("planned") or "the order is a draft: it is not submitted yet"
    if status == "projected":
        return f"not planned yet: its child order will be made from {run_on} on"
    match blocked:
        case "acceptance":
            return "waits: the customer has not accepted the offer yet"
        case "hold":
            return f"waits: the order is on hold ({detail.get('reason') or 'held'})"
        case "card":
            return f"waits: the card will have expired on {ship_on}"
        case "payment":
            return "waits: a payment of the order has failed"
        case "parked":
            return f"waits: parked ({detail.get('reason') or 'could not be made'})"
    return f"comes with the first night on or after {run_on}"
