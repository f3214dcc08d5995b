"""Why a line has its date, its product and its price, in words that a clerk can read out.

Each sentence names the rule, what went into it and the row that it comes from, so that the date can be derived again
from the words alone, in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from perennial.kernel.money import Money
from perennial.kernel.reasons import DateReason, IntervalReason, LineReason, Reason, Said, Who
from perennial.language.formats import ENGLISH, Reader, fact, phrase

FROM_THE_ONE_BEFORE = ("days", "interval", "own_days", "own_interval")
"""The rules of dates that count from the shipment before."""


@dataclass(frozen=True, slots=True)
class Source:
    """The row that a line comes from: an event of the order's revision. ``place`` None: it is gone from the program;
    ``revision`` None: it was an older one.
    """

    program: str
    revision: int | None
    place: int | None
    repetition: int = 0


def date_words(
    why: DateReason,
    source: Source,
    event_on: date,
    ship_on: date,
    *,
    started: bool,
    changed: Mapping[str, Who] | None = None,
    to: Reader = ENGLISH,
) -> str:
    """Why it has its ``event_on`` and its ``ship_on``.

    ``started``: the order has a start date of its own. ``changed``: who changed it, by kind of adjustment.
    """
    changed = changed or {}
    if why.rule == "words":
        return why.words or ""
    if why.rule == "taken_over":
        return _said("taken_over_date", {"event_on": event_on, "ship_on": ship_on}, to)
    code = f"{why.rule}_start_date" if started and why.rule in ("first", "first_interval") else why.rule
    facts = {
        "base": why.base,
        "days": why.days,
        "count": why.days,
        "fixed": why.fixed,
        "previous": why.previous,
        "interval": None if why.interval is None else _interval(why.interval, why.grid, to),
        "who": changed.get("redate") or Who(""),
    }
    rule = _said(code, facts, to)
    return f"{source_words(source, to)}: {rule} = {fact(event_on, '', to)}; {ship_words(why, event_on, ship_on, changed, to)}"


def ship_words(why: DateReason, event_on: date, ship_on: date, changed: Mapping[str, Who], to: Reader = ENGLISH) -> str:
    """Why it ships on its day."""
    wanted = why.wanted or event_on
    code = "ships_that_date" if why.ship == "event" and ship_on == wanted else f"ships_{why.ship}"
    words = _said(code, {"wanted": wanted, "who": changed.get("move") or Who("")}, to)
    return words if ship_on == wanted else words + _said("rolled", {"mode": why.mode or "", "ship_on": ship_on}, to)


def date_steps(
    why: DateReason,
    event_on: date,
    ship_on: date,
    *,
    started: bool,
    changed: Mapping[str, Who] | None = None,
    names: Mapping[tuple[str, str], str] | None = None,
    to: Reader = ENGLISH,
) -> tuple[tuple[str, date | None], ...]:
    """The way to its ``ship_on``, step by step: what was done, and the day that it gave. The same facts as
    ``date_words``, for a page that sets them one after the other. ``names``: of delivery modes and intervals.
    """
    changed, names = changed or {}, names or {}
    if why.rule == "words":
        return ((why.words or "", None), (_said("step_ships", {}, to), ship_on))
    if why.rule == "taken_over":
        return ((_said("step_taken_over", {}, to), ship_on),)
    steps: list[tuple[str, date | None]] = []
    if why.rule in ("first", "first_interval") and why.base is not None:
        steps.append((_said("step_start_date" if started else "step_order_date", {}, to), why.base))
    elif why.rule in FROM_THE_ONE_BEFORE and why.previous is not None:
        steps.append((_said("step_previous", {}, to), why.previous))
    days = {"days": why.days, "count": why.days}
    match why.rule:
        case "days" | "first":
            steps.append((_said("step_days", days, to), event_on))
        case "own_days":
            steps.append((_said("step_own_days", days, to), event_on))
        case "interval" | "first_interval" | "own_interval":
            if why.days:
                from_day = None if why.base is None else why.base + timedelta(days=why.days)
                steps.append((_said("step_days", days, to), from_day))
            code = "" if why.interval is None else why.interval.code
            step = "step_own_interval" if why.rule == "own_interval" else "step_interval"
            steps.append((_said(step, {"interval": names.get(("interval", code), code)}, to), event_on))
        case "redate":
            steps.append((_said("step_redate", {"who": changed.get("redate") or Who("")}, to), event_on))
        case _:
            steps.append((_said("step_start_order_date", {}, to), event_on))
    wanted = why.wanted or event_on
    if wanted != event_on or why.ship == "move":
        steps.append((_said(f"step_ship_{why.ship}", {"who": changed.get("move") or Who("")}, to), wanted))
    if ship_on != wanted:
        mode = names.get(("mode", why.mode or ""), why.mode or "")
        steps.append((_said("step_rolled", {"mode": mode}, to), ship_on))
    return tuple(steps)


def product_words(
    why: LineReason, source: Source, line: int, changed: Mapping[str, Who] | None = None, to: Reader = ENGLISH
) -> str:
    """Why it is this product."""
    if why.product == "words":
        return why.product_words or ""
    facts = {
        "source": _row(source, to),
        "line": line,
        "item": why.instead_of,
        "who": (changed or {}).get("add" if why.product == "added" else "substitute") or Who(""),
    }
    return _said(f"product_{why.product}", facts, to)


def price_words(
    why: LineReason,
    source: Source,
    item: str,
    price: Money,
    order_date: date,
    changed: Mapping[str, Who] | None = None,
    to: Reader = ENGLISH,
) -> str:
    """Why it has this price. ``item``: the line's product."""
    if why.price == "words":
        return why.price_words or ""
    changed = changed or {}
    facts = {
        "price": price,
        "source": _row(source, to),
        "item": why.instead_of or item,
        "order_date": order_date,
        "who": changed.get("price") or changed.get("substitute") or changed.get("add") or Who(""),
    }
    return _said(f"price_{why.price}", facts, to)


def not_shipped(why: Reason | None, to: Reader = ENGLISH) -> str | None:
    """Why a line has not shipped yet, or will not; None when it has a child order."""
    return None if why is None else _said(why.code, why.facts, to, "not_shipped")


def reason_words(why: Said | None, to: Reader = ENGLISH) -> str:
    """A reason as a sentence: of a hold, of what was put aside, of what a job did not do. Words stay as they are."""
    return fact(why, "", to)


def source_words(source: Source, to: Reader = ENGLISH) -> str:
    """The event that a line comes from, with its repetition."""
    words = _row(source, to)
    return words + _said("repetition", {"repetition": source.repetition}, to) if source.repetition else words


def _row(source: Source, to: Reader) -> str:
    facts = {"program": source.program, "revision": source.revision, "place": source.place}
    return _said("source" if source.place is not None else "source_gone", facts, to)


def _interval(interval: IntervalReason, grid: date | None, to: Reader) -> str:
    facts = {"code": interval.code, "rule": interval.rule, "anchor": interval.anchor, "grid": grid}
    return _said("interval_from_order" if interval.anchor is None else "interval_from_anchor", facts, to)


def payment_words(reason: Reason, to: Reader = ENGLISH) -> str:
    """Why a payment has its amount, its day, its card, or is not there yet."""
    return _said(reason.code, reason.facts, to)


def _said(code: str, facts: Mapping[str, object], to: Reader, context: str = "reason") -> str:
    return phrase(context, code, facts, to) or code
