"""What the page of a new order shows: its lines, the plan of one of them, what is read aloud, the totals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from perennial.desk.read.coming import ComingShipment
from perennial.desk.read.entry import Due, Entry, differences
from perennial.desk.read.order import Continuity
from perennial.kernel.money import Money
from perennial.web.codes import sources
from perennial.web.say_aloud import aloud, set_bold
from perennial.web.visit import Visit
from perennial.web.why import short_why
from perennial.web.words import names_of

SECTIONS = (
    "web/entry/seen.html",
    "web/entry/head.html",
    "web/entry/lines.html",
    "web/entry/product.html",
    "web/entry/plan.html",
    "web/entry/rows.html",
    "web/entry/aloud.html",
    "web/entry/notes.html",
    "web/entry/totals.html",
    "web/entry/parts.html",
)
MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A shipment with what is said of it here. ``instead``: the day on which it would ship, if it differs; ``new``: what
    has just changed of it (``date``, ``cost``).
    """

    shipment: ComingShipment
    why: str
    instead: date | None
    new: frozenset[str]


def shown(
    request: Visit,
    found: Entry,
    line: int | None = None,
    *,
    before: Entry | None = None,
    instead_of: Entry | None = None,
) -> dict[str, Any]:
    """What the sections show. ``before``: what differs from it is marked; ``instead_of``: it stands, ``found`` is supposed."""
    one = found.continuity(line) if line else None
    if one is None and found.order is not None and found.order.continuity:
        one = found.order.continuity[0]
    return {
        "entry": found,
        "order": found.order,
        "here": "orders",
        "one": one,
        "asks": found.asked.get(one.line) if one else None,
        "behind": found.behind(one.line) if one else None,
        "plan": _plan(request, found, one, before, instead_of) if one else (),
        "sections": SECTIONS,
        "aloud": set_bold(aloud(found, request.visitor.reader)),
        "sums": _sums(found),
        "whole_changed": before is not None and before.whole != found.whole,
        "what_if": instead_of is not None,
        "sources": sources(request, _order_date(found), found.order.source_code if found.order else None),
        "start_value": _as_typed(request, (one.start_date if one else None) or _order_date(found)),
        "start_on": (one.start_date if one else None) or _order_date(found),
        "ship_to_code": code_of((one.ship_to if one else None) or (found.order.ship_to if found.order else None)),
    }


def _plan(
    request: Visit, found: Entry, one: Continuity, before: Entry | None, instead_of: Entry | None
) -> tuple[PlanRow, ...]:
    """The shipments of a line, as rows."""
    marked = differences(before, found) if before is not None else frozenset()
    rows = []
    shown = instead_of or found
    supposed = {one.number: one for one in found.of_line(one.line)} if instead_of else {}
    numbers = {each.number for each in shown.of_line(one.line)}
    extra = [each for each in found.of_line(one.line) if each.number not in numbers]
    for each in [*shown.of_line(one.line), *extra][:MOST_ROWS]:
        other = supposed.get(each.number)
        rows.append(
            PlanRow(
                shipment=each,
                why=short_why(other or each, request.visitor.reader, names_of(request)),
                instead=other.ship_on if other is not None and other.ship_on != each.ship_on else None,
                new=frozenset(what for line, number, what in marked if (line, number) == (one.line, each.number)),
            )
        )
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class Sums:
    """The rows of the totals: what is paid today, what up front later, what as it ships."""

    today: Money
    cards: tuple[str, ...]
    upfront: tuple[Due, ...]
    upfront_sum: Money
    ships: int
    ships_sum: Money
    goes_on: bool


def _sums(found: Entry) -> Sums:
    at_once = [
        due for due in found.dues if due.purpose == "ordinary" or (due.purpose == "order" and due.on <= found.today)
    ]
    upfront = tuple(due for due in found.dues if due.purpose == "order" and due.on > found.today)
    ships = [one for one in found.sent() if not one.upfront]
    return Sums(
        today=Money(sum(due.amount.minor for due in at_once), found.currency),
        cards=tuple(dict.fromkeys(due.card.words for due in at_once if due.card)),
        upfront=upfront,
        upfront_sum=Money(sum(due.amount.minor for due in upfront), found.currency),
        ships=len(ships),
        ships_sum=Money(sum(one.cost.minor for one in ships), found.currency),
        goes_on=any(not one.complete for one in found.order.continuity) if found.order else False,
    )


def _order_date(found: Entry) -> date:
    return found.order.order_date if found.order else found.today


def _as_typed(request: Visit, on: date) -> str:
    """A day as it is typed: ``10/3``, with its year where it is another one."""
    first, second = (on.day, on.month) if request.visitor.preferences.day_first else (on.month, on.day)
    year = "" if on.year == request.visitor.today.year else f"/{on.year}"
    return f"{first}/{second}{year}"


def code_of(address: Any) -> str:
    """The code of an address; of none, or of one without, nothing."""
    return (address.code or "") if address is not None else ""
