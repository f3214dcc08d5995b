"""What a program may be. Every fault of one program, so that all can be shown at once.

Sources: docs/contract.md (the table of fields), docs/rules.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from perennial.errors import Refused
from perennial.kernel.plan import shipping_events
from perennial.programs.values import EventFacts, ProgramFacts


@dataclass(frozen=True)
class Shelf:
    """What the rules ask about products: the kind of each by number, and which have a price."""

    kinds: Mapping[str, str]
    priced: Collection[str]


def program_faults(program: ProgramFacts, shelf: Shelf, *, draft: bool = False) -> Iterator[Refused]:
    """Everything that is wrong with a program. A draft may still be without events."""
    yield from _header_faults(program)
    events = program.events
    keys: set[str] = set()
    for at, event in enumerate(events):
        if event.event_id != at + 1:
            yield Refused(
                "event_id",
                f"{event.field}.event_id",
                text=f"event ids are 1, 2, 3 … without gaps: {at + 1} is missing before {event.event_id}",
            )
            break
    for event in events:
        if event.key is not None and event.key in keys:
            yield Refused("key", f"{event.field}.key", text=f'key "{event.key}" belongs to another event already')
        keys.add(event.key or "")
    shipping = [events[at] for at, _ in shipping_events([event.planned() for event in events])]
    if not shipping and not draft:
        yield Refused("events", "events", text="a program needs at least one event that ships")
    for event in events:
        yield from _event_faults(event, program, shelf, shipping)


def _header_faults(program: ProgramFacts) -> Iterator[Refused]:
    if program.order_start == "current_event" and program.started_on is None:
        yield Refused(
            "started_on",
            "started_on",
            text="a program whose orders start with its current event needs the day on which it started",
        )
    seen: set[str] = set()
    for at, name in enumerate(program.valid_payment_schedules):
        if name in seen:
            yield Refused("valid_payment_schedules", f"valid_payment_schedules[{at}]", text=f'"{name}" stands twice')
        seen.add(name)
    if program.prompt_for_payment_schedule:
        if not program.bill_upfront:
            yield Refused(
                "prompt_for_payment_schedule",
                "prompt_for_payment_schedule",
                text="only a program that is billed upfront asks for a payment schedule",
            )
        elif not program.valid_payment_schedules:
            yield Refused(
                "prompt_for_payment_schedule",
                "prompt_for_payment_schedule",
                text="the clerk needs payment schedules to choose from: name them in valid_payment_schedules",
            )


def _event_faults(
    event: EventFacts, program: ProgramFacts, shelf: Shelf, shipping: list[EventFacts]
) -> Iterator[Refused]:
    where = event.field
    ships = event in shipping
    if event.times_to_repeat is None:
        if program.bill_upfront:
            yield Refused(
                "times_to_repeat",
                f"{where}.times_to_repeat",
                text="a program that is billed upfront has an end: its price must be known",
            )
        elif not ships or event is not shipping[-1]:
            yield Refused(
                "times_to_repeat",
                f"{where}.times_to_repeat",
                text="until_stopped is only for the last event that ships: nothing would come behind it",
            )
    if event.times_to_repeat != 0 and event.interval is None and event.days_from_last == 0:
        yield Refused(
            "times_to_repeat",
            f"{where}.times_to_repeat",
            text="an event that repeats needs a date_interval or days_from_last above 0",
        )
    if not event.products:
        yield Refused("item_number", f"{where}.item_number", text="an event ships at least one product")
    for product in event.products:
        if shelf.kinds.get(product.item_number) == "continuity":
            yield Refused(
                "item_number",
                f"{product.field}.item_number",
                text=f'"{product.item_number}" is a continuity product itself: an event ships ordinary products',
            )
        elif ships and product.item_number and product.price_minor is None and product.item_number not in shelf.priced:
            yield Refused(
                "price",
                f"{product.field}.price",
                text=f'product "{product.item_number}" has no price, so the event must name one',
            )
        if product.price_minor is not None and product.price_minor < 0:
            yield Refused("price", f"{product.field}.price", text="a price is not below 0")
