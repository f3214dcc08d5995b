"""``--only-given``: what a bundle leaves out of a thing that is stored stays as it is.

The thing is read as if it had been given whole: what is stored of it, written as an export writes it, with what is given
in its place. A list that is given replaces the list; null is a value, and empties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from perennial.bundle.export import programs, setup
from perennial.bundle.export.customers import customers
from perennial.bundle.reading.programs import HEADER

Document = dict[str, Any]

PROGRAM = HEADER | {"schedule_id", "name", "active"}
"""What is kept of a program: how it is now, not its past nor where it stands."""

NAMED_BY = {
    "delivery_modes": "code",
    "date_intervals": "code",
    "payment_schedules": "name",
    "source_codes": "code",
    "reason_codes": "code",
    "hold_codes": "code",
    "products": "number",
    "programs": "schedule_id",
}
"""What each kind of set-up is told from the others by. A tax rate has nothing else but its percentage."""

_Instead = tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
_PRICES, _ENDS, _EVENTS = ("price", "prices"), ("event_duration", "shipments"), ("events", "removed_events")
INSTEAD: dict[str, _Instead] = {
    "products": ((_PRICES, _PRICES), (_ENDS, _ENDS)),
    "payment_schedules": ((("allocation",), ("amount", "lines", "number_of_payments")),),
    "programs": ((_EVENTS, _EVENTS),),
}
"""Where one of the first keys is given another, what is stored of the second ones is not meant any more."""

_STORED: dict[str, Callable[[str], Iterable[Document]]] = {
    "delivery_modes": setup.delivery_modes,
    "date_intervals": lambda _: setup.date_intervals(),
    "payment_schedules": setup.payment_schedules,
    "source_codes": lambda _: setup.source_codes(),
    "reason_codes": lambda _: setup.reason_codes(),
    "hold_codes": lambda _: setup.hold_codes(),
    "products": setup.products,
    "programs": programs.programs,
}


def set_up_kept(name: str, things: Sequence[Any], currency: str) -> list[Any]:
    """The things of a list of set-up, each with what is stored of it where nothing is given."""
    key = NAMED_BY.get(name)
    if key is None or not things:
        return list(things)
    wanted = {thing[key] for thing in _objects(things) if isinstance(thing.get(key), str)}
    stored = {one[key]: one for one in _STORED[name](currency) if one[key] in wanted} if wanted else {}
    if name == "programs":
        stored = {one: _as_edited(stored[one], things) for one in stored}
    return [_with(thing, stored.get(_text(thing, key)), INSTEAD.get(name, ())) for thing in things]


def _as_edited(stored: Document, things: Sequence[Any]) -> Document:
    """A program as it is to be edited: its draft, where there is one and the bundle makes one."""
    mine = next(thing for thing in _objects(things) if thing.get("schedule_id") == stored["schedule_id"])
    draft = stored["draft"] if mine.get("release") is False else None
    return {key: value for key, value in {**stored, **(draft or {})}.items() if key in PROGRAM}


def customers_kept(batch: Sequence[tuple[int, Any]], currency: str) -> Iterator[tuple[int, Any]]:
    """Customers of a bundle with their places, each with what is stored of them where nothing is given."""
    accounts = {text for _, thing in batch if (text := _text(thing, "account"))}
    stored = {one["account"]: one for one in customers(currency, accounts)}
    for at, thing in batch:
        yield at, _with(thing, stored.get(_text(thing, "account")), ())


def _objects(things: Iterable[Any]) -> Iterator[Document]:
    return (thing for thing in things if isinstance(thing, dict))


def _text(thing: Any, key: str) -> str:
    found = thing.get(key) if isinstance(thing, dict) else None
    return found if isinstance(found, str) else ""


def _with(thing: Any, stored: Document | None, instead: _Instead) -> Any:
    if stored is None or not isinstance(thing, dict):
        return thing
    kept = {key: value for key, value in stored.items() if key not in thing and key != "notes"}
    for given, not_meant in instead:
        if any(_differs(thing, stored, key) for key in given):
            kept = {key: value for key, value in kept.items() if key not in not_meant}
    for key, value in kept.items():
        thing[key] = value
    return thing


def _differs(thing: Document, stored: Document, key: str) -> bool:
    return key in thing and thing[key] != stored.get(key)
