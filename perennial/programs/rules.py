"""What a program may be. Every fault of one program, so that all can be shown at once.

Sources: docs/contract.md (the table of fields), docs/rules.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from perennial.catalog.on_offer import Off, mode_off, product_off
from perennial.errors import Refused
from perennial.kernel.calendar import LAST_YEAR
from perennial.kernel.plan import leaves_the_calendar, shipping_events
from perennial.programs.values import EventFacts, ProgramFacts


@dataclass(frozen=True)
class Shelf:
    """What the rules ask about products: the kind of each by number, and which have a price. ``off``: what the program may
    not name, of products and of delivery modes (``newly_off``).
    """

    kinds: Mapping[str, str]
    priced: Collection[str]
    off: Off = field(default_factory=Off)


def newly_off(off: Off, before: Iterable[ProgramFacts]) -> Off:
    """What a program may not name, of what is not in use: what none of the versions ``before`` names in an event already."""
    events = [event for facts in before for event in facts.events]
    return Off(
        set(off.products).difference(product.item_number for event in events for product in event.products),
        set(off.modes).difference(event.delivery_mode for event in events if event.delivery_mode),
    )


def program_faults(
    program: ProgramFacts, shelf: Shelf, *, draft: bool = False, on_sale: bool = True
) -> Iterator[Refused]:
    """Everything that is wrong with a program. A draft may still be without events; what is not ``on_sale`` any more may
    have dates with which no order could be planned.
    """
    yield from _header_faults(program)
    events = program.events
    keys: set[str] = set()
    for at, event in enumerate(events):
        if event.event_id != at + 1:
            yield Refused("event_ids_gap", f"{event.field}.event_id", missing=at + 1, found=event.event_id)
            break
    for event in events:
        if event.key is not None and event.key in keys:
            yield Refused("event_key_taken", f"{event.field}.key", key=event.key)
        keys.add(event.key or "")
    planned = [event.planned() for event in events]
    shipping = [events[at] for at, _ in shipping_events(planned)]
    if not shipping and not draft:
        yield Refused("program_ships_nothing", "events")
    for event in events:
        yield from _event_faults(event, program, shelf, shipping)
    if on_sale and (found := leaves_the_calendar(planned, program.days_after_order_date)):
        yield _beyond(program, *found)


def _beyond(program: ProgramFacts, place: int, repetition: int) -> Refused:
    """A program leaves the calendar: said of what dates the event that does."""
    event = program.events[place]
    fixed = event.start_order_date
    if repetition:
        name = "times_to_repeat"
    elif fixed is not None and fixed.year >= LAST_YEAR:
        name = "start_order_date"
    elif event.interval is not None:
        name = "date_interval"
    else:
        name = "days_from_last"
    return Refused("program_beyond_calendar", f"{event.field}.{name}", event=event.event_id, day=date(LAST_YEAR, 1, 1))


def _header_faults(program: ProgramFacts) -> Iterator[Refused]:
    if program.order_start == "current_event" and program.started_on is None:
        yield Refused("program_start_needed", "started_on")
    seen: set[str] = set()
    for at, name in enumerate(program.valid_payment_schedules):
        if name in seen:
            yield Refused("name_stands_twice", f"valid_payment_schedules[{at}]", name=name)
        seen.add(name)
    if program.prompt_for_payment_schedule:
        if not program.bill_upfront:
            yield Refused("payment_schedule_not_asked", "prompt_for_payment_schedule")
        elif not program.valid_payment_schedules:
            yield Refused("payment_schedules_needed", "prompt_for_payment_schedule")


def _event_faults(
    event: EventFacts, program: ProgramFacts, shelf: Shelf, shipping: list[EventFacts]
) -> Iterator[Refused]:
    where = event.field
    ships = event in shipping
    if event.times_to_repeat is None:
        if program.bill_upfront:
            yield Refused("repeats_without_end_upfront", f"{where}.times_to_repeat")
        elif not ships or event is not shipping[-1]:
            yield Refused("repeats_without_end_not_last", f"{where}.times_to_repeat")
    if event.times_to_repeat != 0 and event.interval is None and event.days_from_last == 0:
        yield Refused("repeats_on_one_day", f"{where}.times_to_repeat")
    if event.delivery_mode in shelf.off.modes:
        yield mode_off(event.delivery_mode or "", f"{where}.delivery_mode")
    if not event.products:
        yield Refused("event_ships_nothing", f"{where}.item_number")
    for product in event.products:
        if product.item_number in shelf.off.products:
            yield product_off(product.item_number, f"{product.field}.item_number")
        if shelf.kinds.get(product.item_number) == "continuity":
            yield Refused("event_ships_continuity", f"{product.field}.item_number", product=product.item_number)
        elif ships and product.item_number and product.price_minor is None and product.item_number not in shelf.priced:
            yield Refused("event_price_needed", f"{product.field}.price", product=product.item_number)
        if product.price_minor is not None and product.price_minor < 0:
            yield Refused("price_below_zero", f"{product.field}.price")
