"""When does event 3 ship? The walk through a program's events, the one function that dates an order.

    base         = start date entered (even a past one), else order date
    first event  = the lowest event whose action is not skip, or the event that was current on the
                   order date
    date(first)  = its start order date
                   else, with first_event, the first date of its interval on or after base + days
                   else base + days after order date
    date(next)   = the later of its start order date and the previous date
                   else the first date of its interval after the previous date
                   else the previous date + days from last
    repetition k = as date(next) for the same event, without its start order date
                   (of a member who gets it more or less often: their own interval or days, instead of the event's)
    ship_on      = the later of event_on and the order date, then the first working day

Draft, submit, extension, update, a clerk's change, preview and what-if all call ``plan``; they
differ in what they hand over as *frozen* (the part of the walk that no plan changes) and *reach*
(how many repetitions an event may have beyond the threshold), and they write the difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import Any, NamedTuple

from perennial.errors import Refused
from perennial.kernel import money
from perennial.kernel.calendar import (
    BEYOND_THE_CALENDAR,
    DEFAULT_ANCHOR,
    EVERY_DAY,
    LAST_YEAR,
    Interval,
    WorkingDays,
    add_days,
)

MOST_OCCURRENCES = 20_000
MOST_DAYS_BETWEEN = 3660
FIRST_ADDED = 1001  # the line of the first product that a person puts into a box: behind all of the program
THOUSANDTH = Decimal("0.001")
DEFAULT_THRESHOLD = 3  # of an event repeated until stopped, where no threshold is set


class EventProduct(NamedTuple):
    """One product of an event; ``price_minor`` None: the product's price on the order date."""

    line: int
    item: str
    quantity: Decimal = Decimal(1)
    price_minor: int | None = None


class Event(NamedTuple):
    """One event of a revision. ``event_id`` is its place from 1, None when it was removed from the program.

    ``times_to_repeat`` N means N more shipments after the first (D4); None: until stopped.
    """

    key: str
    event_id: int | None
    products: tuple[EventProduct, ...] = ()
    days_from_last: int = 0
    interval: Interval | None = None
    start_order_date: date | None = None
    action: str = "none"
    times_to_repeat: int | None = 0
    mode: WorkingDays = EVERY_DAY

    @property
    def ships(self) -> bool:
        """Does it send anything? A removed event and one whose action is skip do not (D3)."""
        return self.event_id is not None and self.action != "skip"


class Revision(NamedTuple):
    """A program as it was released once. ``events`` stand in their order, removed ones in their place."""

    program: str
    number: int
    days_after_order_date: int
    events: tuple[Event, ...]


class Every(NamedTuple):
    """How often one member gets a shipment, instead of what the program says: the next date of an interval, or so many
    days after the one before.
    """

    days: int = 0
    interval: Interval | None = None


class Facts(NamedTuple):
    """Every fact that planning asks of one continuity order: as it was on the day it was made, or as the member has
    asked since.

    ``first_event`` is the key of the event that was current on the order date, None where the
    program starts with its first event. ``prices``: minor units by product number. ``last_shipment``:
    the number after which a person stopped the order. ``every``: how often this member wants it, None as the program
    says. ``times``: how many shipments in all, skipped ones too, instead of ``shipments``; a last event that is repeated
    is repeated until then.
    """

    order_date: date
    start_date: date | None = None
    first_event: str | None = None
    duration: int = 0
    shipments: int | None = None
    quantity: Decimal = Decimal(1)
    threshold: int | None = None
    consolidate: bool = False
    upfront: bool = False
    prices: Mapping[str, int] = {}
    last_shipment: int | None = None
    every: Every | None = None
    times: int | None = None

    @property
    def most(self) -> int | None:
        """After how many shipments it ends, whatever the program would still send; None: with the program."""
        return self.shipments if self.times is None else self.times

    @property
    def base(self) -> date:
        """The day from which the first event is counted."""
        return self.start_date or self.order_date


class Adjustment(NamedTuple):
    """What a person changed on one occurrence. ``line`` 0 means the occurrence as a whole.

    ``kind`` and ``value``: skip (True), move (the new ship_on), redate (the new event_on),
    substitute ((product, price or None)), price (minor units), quantity (a Decimal), address (its
    words), merge (the number of the group that ships as one), add ((product, how many, price in minor
    units), under a line from FIRST_ADDED on), remove (the product that is left out).
    """

    key: str
    repetition: int
    line: int
    kind: str
    value: Any
    by: str = ""
    on: date | None = None
    reason: str = ""


class Step(NamedTuple):
    """One occurrence of the frozen part, in the order of the walk."""

    key: str
    repetition: int
    event_on: date
    shipment: int


class Why(NamedTuple):
    """Why an occurrence has its date: the rule, and what went into it (words in ``explain``)."""

    rule: str
    event_on: date
    base: date | None = None
    amount: int = 0
    interval: Interval | None = None
    adjustment: Adjustment | None = None
    overtaken: date | None = None


class WhyShip(NamedTuple):
    """Why it ships on its day: the day before rolling, and what set it."""

    rule: str  # event, order_date, move, missed, merged
    wanted: date
    mode: WorkingDays = EVERY_DAY
    adjustment: Adjustment | None = None


class Line(NamedTuple):
    """One product of a planned occurrence."""

    line: int
    item: str
    quantity: Decimal
    price_minor: int
    item_rule: tuple[Any, ...]
    price_rule: tuple[Any, ...]


class Occurrence(NamedTuple):
    """One planned shipment step."""

    key: str
    event_id: int
    repetition: int
    event_on: date
    ship_on: date
    shipment: int
    skipped: bool
    lines: tuple[Line, ...]
    event: Event
    why: Why
    why_ship: WhyShip
    address: Any = None


class Plan(NamedTuple):
    """What comes behind the frozen part. ``complete``: nothing of the program follows.

    ``stopped_at``: the event whose repetitions were not all planned. ``gone``: adjustments whose
    occurrence is in neither the plan nor the frozen part.
    """

    occurrences: tuple[Occurrence, ...]
    complete: bool
    stopped_at: str | None
    gone: tuple[Adjustment, ...] = ()


def shipping_events(events: Sequence[Event]) -> list[tuple[int, Event]]:
    """The events that ship, with their places: without skipped and removed ones, up to the lowest end."""
    found: list[tuple[int, Event]] = []
    for place, event in enumerate(events):
        if event.event_id is not None and event.action != "skip":
            found.append((place, event))
            if event.action == "end":
                break
    return found


def _times(event: Event, facts: Facts, *, last: bool) -> int | None:
    """How often an event is repeated; None: until stopped. The last one, until so many shipments were as a member asks."""
    times = event.times_to_repeat
    if facts.times is None:
        return times
    if times is None or (last and times):
        return facts.times
    return times


def _candidates(revision: Revision, facts: Facts, frozen: Sequence[Step]) -> list[tuple[Event, int]]:
    """The events that may still come, in order, each with the repetition from which on."""
    shipping = shipping_events(revision.events)
    first = 0
    if frozen:
        last = frozen[-1]
        place = _place(revision, last.key)
        found = [(event, last.repetition + 1) for at, event in shipping if at == place]
        found += [(event, 0) for at, event in shipping if at > place]
    else:
        if facts.first_event is not None:
            first = _place(revision, facts.first_event)
        found = [(event, 0) for at, event in shipping if at >= first]
    if facts.duration:
        kept = {step.key for step in frozen}
        bought = []
        for event, repetition in found:
            if event.key not in kept:
                if len(kept) >= facts.duration:
                    continue
                kept.add(event.key)
            bought.append((event, repetition))
        return bought
    return found


def _place(revision: Revision, key: str) -> int:
    for place, event in enumerate(revision.events):
        if event.key == key:
            return place
    return len(revision.events)


def plan(
    revision: Revision,
    facts: Facts,
    adjustments: Iterable[Adjustment] = (),
    frozen: Sequence[Step] = (),
    reach: Mapping[str, int] | None = None,
    *,
    extended: bool = False,
) -> Plan:
    """Walk the events behind the frozen part and give every occurrence its date, products and prices.

    ``reach``: the highest repetition that an event may have beyond the order's threshold.
    ``extended``: planning has gone on behind missed events that reached beyond the threshold, so they do not stop it
    again where ``reach`` has them.
    Refused: a product without a price, a date beyond the calendar, an interval that ends, a program
    without end billed up front, a plan of more than 20,000 occurrences.
    """
    changes: dict[tuple[str, int], list[Adjustment]] = {}
    for adjustment in adjustments:
        changes.setdefault((adjustment.key, adjustment.repetition), []).append(adjustment)
    held = {(step.key, step.repetition) for step in frozen}
    used = set(changes) & held
    order_date = facts.order_date
    previous = frozen[-1].event_on if frozen else None
    grid = frozen[0].event_on if frozen else None
    number = max((step.shipment for step in frozen), default=0)
    total = len(frozen)
    reach = reach or {}
    beyond = False
    stopped: str | None = None
    made: list[Occurrence] = []
    full = facts.most is not None and total >= facts.most
    candidates = () if full else _candidates(revision, facts, frozen)

    for at, (event, start) in enumerate(candidates, 1):
        key, times = event.key, _times(event, facts, last=at == len(candidates))
        threshold = facts.threshold
        if times is None:
            if facts.upfront:
                raise Refused("event_without_end", event=event.event_id)
            threshold = DEFAULT_THRESHOLD if threshold is None else threshold
        most: int | None = None
        if threshold is not None and not facts.upfront:
            most = max(threshold, reach.get(key, 0))
        for repetition in count(start):
            if times is not None and repetition > times:
                break
            if (key, repetition) in held:
                continue
            # --- its date
            if previous is None:
                why = _first(event, facts, revision.days_after_order_date)
            else:
                why = _next(event, repetition, previous, grid, facts.every)
            mine = changes.get((key, repetition))
            if mine:
                why = _redated(why, mine, previous)
            event_on = why.event_on
            # --- may it be planned now?
            missed = facts.consolidate and event_on < order_date
            if most is not None and threshold is not None and not missed:
                # Behind missed events that reached beyond the threshold comes only what is there already.
                if repetition > (reach.get(key, -1) if beyond else most):
                    stopped = key
                    break
            elif most is not None and threshold is not None and repetition > (most if extended else threshold):
                beyond = True
            if mine:
                used.add((key, repetition))
            number += 1
            made.append(_occurrence(revision, facts, event, repetition, why, number, mine))
            previous = event_on
            grid = grid or event_on
            total += 1
            if total == facts.most:
                full = True
                break
            if total > MOST_OCCURRENCES:
                raise Refused("program_too_long", program=revision.program, most=MOST_OCCURRENCES)
        if stopped or full:
            break

    made = _share(made, facts, changes)
    last = facts.last_shipment
    if last is not None:
        cut = [o for o in made if o.shipment <= last]
        reached = max((o.shipment for o in cut), default=max((step.shipment for step in frozen), default=0))
        if len(cut) < len(made) or reached >= last:
            used -= {(o.key, o.repetition) for o in made[len(cut) :]}
            made, stopped = cut, None
    gone = tuple(a for pair in changes if pair not in used for a in changes[pair])
    return Plan(tuple(made), stopped is None, stopped, gone)


@dataclass(frozen=True, slots=True)
class Behind:
    """What a start date of the past has put behind the day of the order: so many shipments, the first of their dates
    (``since``), and the day on which they all ship.
    """

    shipments: int
    since: date
    ship_on: date


def behind(
    order_date: date, start_date: date | None, clipped: Iterable[tuple[int | None, date, date]]
) -> Behind | None:
    """What a start date leaves behind (D7); None: it is not of the past, or nothing was dated before the order.

    ``clipped``: (shipment, event_on, ship_on) of what ships on the day of the order because its date lies before it.
    """
    found = list(clipped) if start_date is not None and start_date < order_date else []
    if not found:
        return None
    shipments, dates, days = zip(*found, strict=True)
    return Behind(len(set(shipments)), min(dates), max(days))


def plan_anew(revision: Revision, facts: Facts, adjustments: Iterable[Adjustment] = ()) -> Plan:
    """The plan of a new order. When it runs out of the calendar, the refusal names the fact that it is counted from:
    ``start_date`` or ``order_date``, nothing where the program itself says a later date.
    """
    try:
        return plan(revision, facts, adjustments)
    except Refused as refused:
        fixed = [event.start_order_date for event in revision.events if event.start_order_date is not None]
        if refused.code not in BEYOND_THE_CALENDAR or max(fixed, default=facts.base) > facts.base:
            raise
        field = "order_date" if facts.start_date is None else "start_date"
        raise refused.at(field) from None


def extend(revision: Revision, facts: Facts, adjustments: Iterable[Adjustment], walk: Sequence[Step]) -> Plan:
    """One extension: the event where planning stopped may have max(threshold, 1) repetitions more
    than its last planned one; what is planned stays, and the walk goes on behind it by the usual rule.
    """
    adjustments = tuple(adjustments)
    highest: dict[str, int] = {}
    for step in walk:
        highest[step.key] = max(highest.get(step.key, 0), step.repetition)
    stopped = plan(revision, facts, (), walk, highest).stopped_at
    if stopped is None:
        return plan(revision, facts, adjustments, walk, highest)
    threshold = DEFAULT_THRESHOLD if facts.threshold is None else facts.threshold
    return plan(revision, facts, adjustments, walk, {stopped: highest.get(stopped, -1) + max(threshold, 1)})


def wants_extension(facts: Facts, open_occurrences: int, last_ship_on: date | None, through: date) -> bool:
    """Is it time to extend? Fewer open occurrences than max(threshold, 1), or the last one is near."""
    threshold = DEFAULT_THRESHOLD if facts.threshold is None else facts.threshold
    return open_occurrences < max(threshold, 1) or last_ship_on is None or last_ship_on <= through


def _first(event: Event, facts: Facts, days_after: int) -> Why:
    """The date of the order's first occurrence."""
    if event.start_order_date is not None:
        return Why("start_order_date", event.start_order_date, event.start_order_date)
    wanted = add_days(facts.base, days_after)
    if facts.first_event is None and event.interval is not None and not event.interval.from_order:
        return Why("first_interval", event.interval.on_or_after(wanted), facts.base, days_after, event.interval)
    return Why("first", wanted, facts.base, days_after)


def _next(event: Event, repetition: int, previous: date, grid: date | None, every: Every | None = None) -> Why:
    """The date of an occurrence that has one before it. ``grid``: the date of the order's first event."""
    if repetition == 0 and event.start_order_date is not None:
        fixed = event.start_order_date
        return Why("start_order_date", max(fixed, previous), fixed, 0, None, None, previous)
    interval = event.interval if every is None else every.interval
    own = "" if every is None else "own_"
    if interval is not None:
        found = interval.after(previous, grid)
        return Why(f"{own}interval", found, grid if interval.from_order else None, 0, interval, None, previous)
    days = event.days_from_last if every is None else every.days
    return Why(f"{own}days", add_days(previous, days), previous, days)


class Current(NamedTuple):
    """Where a program stands on a date by its own calendar."""

    key: str
    event_id: int
    repetition: int
    since: date


def current_event(revision: Revision, started_on: date, on: date) -> Current | None:
    """The event that is current on a date: that of the last step dated on or before it.

    The calendar runs from ``started_on`` as an order with first_event and 0 days after would,
    counting repetitions as steps. Before the first step it is the first, behind the last the last (one
    beyond the calendar never comes); None when no event ships.
    """
    facts = Facts(order_date=started_on)
    previous: date | None = None
    grid: date | None = None
    current: Current | None = None
    for _, event in shipping_events(revision.events):
        times = event.times_to_repeat
        for repetition in count() if times is None else range(times + 1):
            if previous is None:
                day = grid = _first(event, facts, 0).event_on
            else:
                try:
                    day = _next(event, repetition, previous, grid).event_on
                except Refused:
                    return current
            if current is not None and day > on:
                return current
            previous = day
            current = Current(event.key, event.event_id or 0, repetition, day)
    return current


def leaves_the_calendar(events: Sequence[Event], days_after: int) -> tuple[int, int] | None:
    """The place of the first event whose date lies behind the last year, however early an order is placed, and which
    repetition it is. None: an order has a date for all of them.
    """
    facts = Facts(order_date=DEFAULT_ANCHOR)
    previous: date | None = None
    grid: date | None = None
    total = 0
    for place, event in shipping_events(events):
        times = DEFAULT_THRESHOLD if event.times_to_repeat is None else event.times_to_repeat
        for repetition in range(times + 1):
            try:
                why = _first(event, facts, days_after) if previous is None else _next(event, repetition, previous, grid)
            except Refused as refused:
                return (place, repetition) if refused.code in BEYOND_THE_CALENDAR else None
            if why.event_on.year >= LAST_YEAR:
                return place, repetition
            previous = why.event_on
            grid = grid or previous
            total += 1
            if total > MOST_OCCURRENCES:
                return None
    return None


def _redated(why: Why, mine: list[Adjustment], previous: date | None) -> Why:
    """The date that a person gave to it; one that the previous date has overtaken becomes that day."""
    for adjustment in mine:
        if adjustment.kind == "redate":
            given: date = adjustment.value
            if previous is not None and given < previous:
                return Why("redate", previous, given, 0, None, adjustment, previous)
            return Why("redate", given, given, 0, None, adjustment, None)
    return why


def _occurrence(
    revision: Revision,
    facts: Facts,
    event: Event,
    repetition: int,
    why: Why,
    number: int,
    mine: list[Adjustment] | None,
) -> Occurrence:
    if why.event_on < facts.order_date:
        why_ship = WhyShip("order_date", facts.order_date, event.mode)
    else:
        why_ship = WhyShip("event", why.event_on, event.mode)
    skipped, address = False, None
    for adjustment in mine or ():
        if adjustment.kind == "skip":
            skipped = True
        elif adjustment.kind == "move":
            why_ship = WhyShip("move", adjustment.value, event.mode, adjustment)
        elif adjustment.kind == "address":
            address = adjustment.value
    if mine and nothing_left(event, mine):
        skipped = True
    return Occurrence(
        event.key,
        event.event_id or 0,
        repetition,
        why.event_on,
        event.mode.roll(why_ship.wanted),
        number,
        skipped,
        lines_of(revision, facts, event, mine),
        event,
        why,
        why_ship,
        address,
    )


def lines_of(
    revision: Revision, facts: Facts, event: Event, mine: Iterable[Adjustment] | None = None
) -> tuple[Line, ...]:
    """The products of one occurrence with quantity and price, adjustments applied field by field."""
    mine = tuple(mine or ())
    left_out = () if nothing_left(event, mine) else {change.line for change in mine if change.kind == "remove"}
    made = []
    for product in event.products:
        if product.line in left_out:
            continue
        price = product.price_minor
        price_rule: tuple[Any, ...] = ("event",)
        if price is None:
            price = facts.prices.get(product.item)
            price_rule = ("product", product.item)
            if price is None:
                raise Refused("product_without_price", "price", product=product.item, event=event.event_id)
        quantity = product.quantity
        if facts.quantity != 1:
            quantity = (quantity * facts.quantity).quantize(THOUSANDTH, ROUND_HALF_UP)
            if not 0 < quantity < money.MOST_PIECES:
                raise Refused(
                    "quantity_multiplied",
                    "quantity",
                    quantity=product.quantity,
                    product=product.item,
                    times=facts.quantity,
                )
        line = Line(product.line, product.item, quantity, price, ("event",), price_rule)
        made.append(_changed(line, [change for change in mine if change.line in (0, product.line)]))
    for added in mine:
        if added.kind == "add":
            item, quantity, price = added.value
            line = Line(added.line, item, quantity, price, ("added",), ("given", added))
            made.append(_changed(line, [change for change in mine if change.line == added.line]))
    return tuple(made)


def nothing_left(event: Event, mine: Iterable[Adjustment]) -> bool:
    """Has a person taken every product out of a box? It is not sent then, as a skipped one."""
    kept = {product.line for product in event.products}
    for change in mine:
        if change.kind == "add":
            return False
        if change.kind == "remove":
            kept.discard(change.line)
    return bool(event.products) and not kept


def _changed(line: Line, mine: Sequence[Adjustment]) -> Line:
    """A product as a person wants it: another one, how many, at which price."""
    for change in mine:
        if change.kind == "substitute":
            item, given = change.value
            line = line._replace(item=item, item_rule=("substitute", line.item, change))
            if given is not None:
                line = line._replace(price_minor=given, price_rule=("given", change))
        elif change.kind == "quantity":
            line = line._replace(quantity=change.value)
    for change in mine:
        if change.kind == "price":
            line = line._replace(price_minor=change.value, price_rule=("given", change))
    if line.quantity != 1:
        money.line_amount(line.quantity, line.price_minor)
    return line


def _share(
    made: list[Occurrence], facts: Facts, changes: Mapping[tuple[str, int], list[Adjustment]]
) -> list[Occurrence]:
    """Let what ships as one share its number and its day: missed events (D7), and merged late ones."""
    groups: dict[Any, list[int]] = {}
    order = facts.order_date
    for at, occurrence in enumerate(made):
        merged = next(
            (c.value for c in changes.get((occurrence.key, occurrence.repetition), ()) if c.kind == "merge"), None
        )
        if merged is not None:
            groups.setdefault(merged, []).append(at)
        elif facts.consolidate and occurrence.event_on < order:
            groups.setdefault("missed", []).append(at)
    if not groups:
        return made
    of: dict[int, tuple[int, date, WhyShip]] = {}
    for name, places in groups.items():
        last = made[places[-1]]
        wanted = order if name == "missed" else last.why_ship.wanted
        why = WhyShip("missed" if name == "missed" else "merged", wanted, last.event.mode)
        for at in places:
            if made[at].why_ship.rule == "move":
                why = made[at].why_ship._replace(mode=last.event.mode)
        for at in places:
            of[at] = (places[0], last.event.mode.roll(why.wanted), why)
    number = made[0].shipment - 1
    given: dict[int, int] = {}
    shared: list[Occurrence] = []
    for at, occurrence in enumerate(made):
        lead, ship_on, why_ship = of.get(at, (at, occurrence.ship_on, occurrence.why_ship))
        if lead not in given:
            number += 1
            given[lead] = number
        shared.append(occurrence._replace(shipment=given[lead], ship_on=ship_on, why_ship=why_ship))
    return shared
