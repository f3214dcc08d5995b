"""The programs of a bundle: each entry of ``events`` is one product of an event; those with one event id are one event."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from perennial.bundle.reading.context import Reading
from perennial.bundle.reading.faults import shown
from perennial.bundle.reading.values import Given, keys
from perennial.catalog.on_offer import Off
from perennial.kernel.calendar import DEFAULT_ANCHOR
from perennial.kernel.states import CATCH_UP
from perennial.programs.facts import versions_before
from perennial.programs.rules import Shelf, newly_off, program_faults
from perennial.programs.values import EventFacts, EventProductFacts, ProgramFacts, Rule

HEADER = keys(
    "started_on order_start bill_upfront consolidate catch_up prompt_for_start_date prompt_for_payment_schedule"
    " payment_schedule valid_payment_schedules days_after_order_date events removed_events"
)
PROGRAM = HEADER | keys(
    "schedule_id name active release apply revision revisions draft"
    " current_event current_repetition current_key current_since"
)
REVISION = HEADER | {"revision", "apply"}
DRAFT = HEADER | {"revision"}
EVENT = keys(
    "key event_id item_number quantity unit price delivery_mode date_interval days_from_last"
    " start_order_date action times_to_repeat probability payment_schedule"
)
OLD_EVENT = EVENT | {"rule", "anchor"}  # an older revision keeps the interval that it had
REMOVED = OLD_EVENT | {"before"}
ACTIONS = ("none", "skip", "end")
ORDER_START = ("first_event", "current_event")
UNTIL_STOPPED = "until_stopped"


@dataclass
class RevisionGiven:
    """A released revision as a bundle carries it: its number (None: the next), its facts."""

    number: int | None
    facts: ProgramFacts
    apply: bool = False


@dataclass
class ProgramGiven:
    """A program as a bundle carries it. Older revisions and run state count where the program is new."""

    facts: ProgramFacts
    path: str
    release: bool = True
    apply: bool = False
    number: int | None = None
    draft: RevisionGiven | None = None
    older: list[RevisionGiven] = field(default_factory=list)
    current: tuple[str, int, int, date] | None = None


def programs(reading: Reading, things: list[Given]) -> list[ProgramGiven]:
    """The programs that are without fault."""
    for thing in things:
        reading.programs.declare(thing, "schedule_id", "program", thing.code("schedule_id", required=True))
    made = []
    for thing in things:
        facts = _facts(reading, thing, thing)
        release = thing.flag("release", True)
        # A program that is new here, and says which revision it is, comes as it stands somewhere else.
        stands = thing.given("revision") and facts.schedule_id not in reading.programs.stored
        _check(reading, thing, facts, draft=not release, stands=stands)
        given = ProgramGiven(
            facts,
            thing.path,
            release,
            thing.flag("apply"),
            thing.whole("revision", None, 1, 10**6),
            older=[_revision(reading, thing, older, True) for older in thing.objects("revisions", REVISION)],
            current=_current(thing),
        )
        draft = thing.inner("draft", DRAFT)
        if draft is not None:
            given.draft = _revision(reading, thing, draft, False, stands=stands)
            thing.spoil(draft)
        _numbers(thing, given)
        if thing.bad:
            reading.programs.spoil(thing, facts.schedule_id)
        else:
            made.append(given)
    return made


def _check(
    reading: Reading,
    thing: Given,
    facts: ProgramFacts,
    *,
    draft: bool = False,
    old: bool = False,
    stands: bool = False,
) -> None:
    """The rules of a program. What an older revision named may have lost its price or changed its kind since, and
    no new order is planned with it. What comes as it ``stands`` may name what is not in use.
    """
    shelf = Shelf({}, _Everything())
    if not old:
        shelf = Shelf(reading.kinds, reading.priced, Off() if stands else _newly_off(reading, facts, draft=draft))
    thing.refused(list(program_faults(facts, shelf, draft=draft, on_sale=not old)))


def _newly_off(reading: Reading, facts: ProgramFacts, *, draft: bool) -> Off:
    """What a program may not name, of what is not in use."""
    if newly_off(reading.off, [facts]) == reading.off:  # it names none of it
        return Off()
    return newly_off(reading.off, versions_before(facts.schedule_id, draft=draft))


class _Everything(frozenset[str]):
    """Contains whatever is asked for."""

    def __contains__(self, _: object) -> bool:
        return True


def _numbers(thing: Given, given: ProgramGiven) -> None:
    """Older revisions have numbers, each once, in their order, below the newest."""
    last = 0
    for at, older in enumerate(given.older):
        if older.number is None:
            thing.fault(f"revisions[{at}].revision", "required")
        elif older.number <= last:
            thing.fault(f"revisions[{at}].revision", "revision_not_after", revision=older.number, last=last)
        elif given.number is not None and older.number >= given.number:
            thing.fault(f"revisions[{at}].revision", "revision_not_older", revision=older.number, newest=given.number)
        last = max(last, older.number or 0)


def _revision(reading: Reading, program: Given, thing: Given, old: bool, *, stands: bool = False) -> RevisionGiven:
    number = thing.whole("revision", None, 1, 10**6)
    facts = _facts(reading, program, thing, old)
    _check(reading, thing, facts, draft=not old, old=old, stands=stands)
    return RevisionGiven(number, facts, thing.flag("apply"))


def _current(thing: Given) -> tuple[str, int, int, date] | None:
    """Where the program stands, as the last night left it."""
    key, since = thing.code("current_key"), thing.day("current_since")
    place, repetition = thing.whole("current_event", None, 1), thing.whole("current_repetition", 0)
    return None if key is None or since is None or place is None else (key, place, repetition, since)


def _facts(reading: Reading, program: Given, thing: Given, old: bool = False) -> ProgramFacts:
    """Header and events of a program, of one of its older revisions or of its draft."""
    valid = thing.plain_list(
        "valid_payment_schedules",
        "schedule_name",
        lambda name: name if isinstance(name, str) else None,
    )
    for at in range(len(valid)):
        thing.refers(f"valid_payment_schedules[{at}]", "payment_schedule", valid[at], reading.schedules)
    events = _events(reading, thing, old)
    removed, walk = _removed(reading, thing, events)
    schedule_id = program.get("schedule_id")
    return ProgramFacts(
        schedule_id=schedule_id if isinstance(schedule_id, str) else "",
        name=program.text("name", "") if thing is program else "",
        active=program.flag("active", True) if thing is program else True,
        started_on=thing.day("started_on"),
        order_start=thing.word("order_start", ORDER_START, "first_event"),
        bill_upfront=thing.flag("bill_upfront"),
        consolidate=thing.flag("consolidate"),
        catch_up=thing.word("catch_up", CATCH_UP, "resume"),
        prompt_for_start_date=thing.flag("prompt_for_start_date"),
        prompt_for_payment_schedule=thing.flag("prompt_for_payment_schedule"),
        payment_schedule=thing.name_of("payment_schedule", "payment_schedule", reading.schedules),
        valid_payment_schedules=tuple(valid),
        days_after_order_date=thing.whole("days_after_order_date", 0),
        events=events,
        removed=removed,
        walk=walk,
    )


def _events(reading: Reading, program: Given, old: bool) -> tuple[EventFacts, ...]:
    """The events by their ids; the id left out is the previous entry's + 1."""
    entries: dict[int, list[Given]] = {}
    previous = 0
    inner = list(program.objects("events", OLD_EVENT if old else EVENT))
    for entry in inner:
        previous = entry.whole("event_id", previous + 1, 1, 10_000)
        entries.setdefault(previous, []).append(entry)
    made = []
    cut = len(program.path) + 1  # fields count from the program, as the rules name them
    for event_id in sorted(entries):
        first, *others = entries[event_id]
        event = _event(reading, first, event_id)
        products = [_product(reading, first, cut)]
        for other in others:
            _agree(first, other)
            products.append(_product(reading, other, cut))
        made.append(replace(event, products=tuple(products), field=first.path[cut:]))
    for entry in inner:
        program.spoil(entry)
    return tuple(made)


def _event(reading: Reading, entry: Given, event_id: int | None) -> EventFacts:
    """What belongs to the event as a whole, from its first entry."""
    times = entry.get("times_to_repeat")
    code = entry.name_of("date_interval", "date_interval", reading.intervals)
    days = entry.whole("days_from_last", 0)
    interval = reading.rules.get(code) if code is not None else None
    if interval is not None and entry.given("rule"):
        anchor = None if entry.get("anchor") == "order" else entry.day("anchor", DEFAULT_ANCHOR)
        interval = Rule(interval.code, entry.text("rule", ""), anchor)
    return EventFacts(
        event_id=event_id,
        products=(),
        key=entry.code("key"),
        # What is at fault itself is not blamed a second time, for an event that repeats without it.
        days_from_last=days
        or int(entry.faulted("days_from_last") or (interval is None and entry.given("date_interval"))),
        interval=interval,
        start_order_date=entry.day("start_order_date"),
        delivery_mode=entry.name_of("delivery_mode", "delivery_mode", reading.modes),
        payment_schedule=entry.name_of("payment_schedule", "payment_schedule", reading.schedules),
        action=entry.word("action", ACTIONS, "none"),
        times_to_repeat=None if times == UNTIL_STOPPED else _times(entry),
        probability=entry.percent("probability"),
    )


def _times(entry: Given) -> int:
    value = entry.get("times_to_repeat")
    if isinstance(value, str):
        meant = entry.faults.meant(value, [UNTIL_STOPPED])
        entry.fault("times_to_repeat", "times_to_repeat_unknown", value=shown(value), meant=meant)
        return 0
    return entry.whole("times_to_repeat", 0, 0, 999)


def _product(reading: Reading, entry: Given, cut: int = 0) -> EventProductFacts:
    number = entry.name_of("item_number", "product", reading.products, required=True)
    return EventProductFacts(
        item_number=number or "",
        quantity=entry.quantity("quantity"),
        unit=entry.code("unit"),
        price_minor=entry.money("price", reading.currency),
        field=entry.path[cut:],
    )


SHARED = (
    ("key", None),
    ("days_from_last", 0),
    ("date_interval", None),
    ("start_order_date", None),
    ("delivery_mode", None),
    ("payment_schedule", None),
    ("action", "none"),
    ("times_to_repeat", 0),
    ("probability", None),
)
"""What all entries of one event have in common: equal, or given on the first alone (docs/contract.md)."""


def _agree(first: Given, other: Given) -> None:
    for key, default in SHARED:
        theirs, ours = other.get(key), first.get(key)
        if theirs is not None and theirs != (default if ours is None else ours):
            first_says = shown(default if ours is None else ours)
            other.fault(key, "event_entries_differ", value=shown(theirs), other=first_says, first=first.path)


def _removed(
    reading: Reading, program: Given, events: tuple[EventFacts, ...]
) -> tuple[tuple[EventFacts, ...], tuple[str, ...]]:
    """Events that are gone from the program but keep their places, and the order of all with them."""
    before: dict[str | None, list[str]] = {}
    entries: dict[str, EventFacts] = {}
    live = [event.key for event in events]
    for entry in program.objects("removed_events", REMOVED):
        key = entry.code("key", "", required=True)
        product = _product(reading, entry) if entry.given("item_number") else None
        if key in entries:
            if product is not None:
                entries[key] = replace(entries[key], products=(*entries[key].products, product))
            continue
        place = entry.code("before")
        if place is not None and place not in live:
            entry.fault("before", "event_key_unknown", key=place)
        if key in live:
            entry.fault("key", "event_key_not_removed", key=key)
        if None in live:
            entry.fault("", "event_keys_needed")
        before.setdefault(place, []).append(key)
        entries[key] = replace(_event(reading, entry, None), products=(product,) if product else ())
    if not entries:
        return (), ()
    walk: list[str] = []
    for live_key in live:
        walk += [*before.get(live_key, ()), live_key or ""]
    return tuple(entries.values()), (*walk, *before.get(None, ()))
