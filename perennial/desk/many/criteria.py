"""Which open orders, and which shipment of each: said by program, customer, campaign, product, event, days.

A new criterion is a line of ``Criteria``, one of ``OF_ORDER`` or ``OF_SHIPMENT``, and one of ``_READ`` where its word stands for
a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple, TypedDict

from django.db.models import Exists, OuterRef

from perennial.catalog.codes import known_source
from perennial.catalog.queries import product_by_number
from perennial.continuity.models import ContinuityOrder
from perennial.customers.queries import customer_by_account
from perennial.db import sql
from perennial.errors import Refused
from perennial.programs.models import ProgramEvent, ProgramRevision
from perennial.programs.queries import newest_released, program_by_id

SQL = sql.named("perennial.desk.many", "criteria.sql")

OF_ORDER = {
    "program": "c.program_id = %(program)s",
    "customer": "c.customer_id = %(customer)s",
    "source_code": "p.source_code = %(source_code)s",
    "sold_as": "l.product_id = %(sold_as)s",
}
"""What must be so of the continuity order (``c``), its parent line (``l``) or its order (``p``)."""

OF_SHIPMENT = {
    "event": "o.event_key = %(event)s",
    "product": "exists (select from continuity_continuityline k"
    " where k.occurrence_id = o.id and k.product_id = %(product)s)",
    "ships_from": "o.ship_on >= %(ships_from)s",
    "ships_to": "o.ship_on <= %(ships_to)s",
}
"""What must be so of the shipment (``o``)."""

_READ: dict[str, Callable[[str], object]] = {
    "program": lambda word: program_by_id(word, "program").pk,
    "customer": lambda word: customer_by_account(word, "customer").pk,
    "source_code": lambda word: known_source(word).code,
}
"""By the name of a criterion, how its word is read: to the id that the rows have."""


class Criteria(TypedDict, total=False):
    """The criteria as they are given; all that are must fit. ``product`` is a product that a shipment brings, or a
    continuity product; ``event`` the key of an event of the ``program``.
    """

    program: str | None
    event: str | None
    product: str | None
    ships_from: date | None
    ships_to: date | None
    customer: str | None
    source_code: str | None


NAMES = tuple(Criteria.__annotations__)


class Chosen(NamedTuple):
    """The statement that finds orders with their shipments, and its values."""

    statement: str
    values: Mapping[str, Any]


def chosen(given: Mapping[str, Any], *, every_shipment: bool) -> Chosen:
    """The orders that fit, with the first open shipment of each that fits, or (``every_shipment``) with all of them; where
    none is open, with the last one that fits. ``given``: the arguments of a run. Refused: no criterion at all, one that
    names what there is not.
    """
    words = {name: given[name] for name in NAMES if given.get(name) is not None}
    if not words:
        raise Refused("no_criteria", "program")
    values = {name: _READ[name](word) if name in _READ else word for name, word in words.items()}
    if "product" in values:
        product = product_by_number(words["product"], "product")
        del values["product"]
        values["sold_as" if product.kind == "continuity" else "product"] = product.pk
    if "event" in values:
        _check_event(values, words.get("program"))
    if "ships_from" in values and "ships_to" in values and words["ships_to"] < words["ships_from"]:
        from_, to = (date.fromisoformat(str(words[name])) for name in ("ships_from", "ships_to"))
        raise Refused("days_backwards", "ships_to", to=to, from_=from_)
    of_order = [OF_ORDER[name] for name in values if name in OF_ORDER]
    of_shipment = [OF_SHIPMENT[name] for name in values if name in OF_SHIPMENT]
    if of_shipment:
        of_order.append("s.shipment is not null")
    statement = SQL["every_shipment" if every_shipment else "first_shipment"]
    statement = statement.replace("{of_order}", "".join(f" and {one}" for one in of_order))
    return Chosen(statement.replace("{of_shipment}", "".join(f" and {one}" for one in of_shipment)), values)


class EventNamed(NamedTuple):
    """An event of a program as a list to choose from shows it: its key, its place, and the first product that it brings, of each
    version that open orders are on.
    """

    key: str
    place: int | None
    products: tuple[str, ...]


def events_named(program: str) -> list[EventNamed]:
    """The events that are sold now, in their order, then those that open orders have besides. Refused: there is no such program."""
    pk = program_by_id(program, "program").pk
    newest = newest_released([pk]).get(pk)
    on_it = ContinuityOrder.objects.filter(program=pk, revision=OuterRef("pk"), status="open")
    used = ProgramRevision.objects.filter(Exists(on_it), program=pk).values_list("pk", flat=True)
    revisions = sorted({*used, *([newest] if newest else [])}, key=lambda one: (one != newest, one))
    found = ProgramEvent.objects.filter(revision__in=revisions, event_id__isnull=False)
    rows = found.order_by("place", "products__line").values_list(
        "revision", "key", "event_id", "products__product__name"
    )
    events: dict[str, EventNamed] = {}
    names: dict[str, dict[int, str]] = {}
    for revision, key, place, product in sorted(rows, key=lambda row: revisions.index(row[0])):
        events.setdefault(key, EventNamed(key, place, ()))
        if product is not None:
            names.setdefault(key, {}).setdefault(revision, product)
    told = {key: tuple(dict.fromkeys(of[at] for at in sorted(of))) for key, of in names.items()}
    return [one._replace(products=told.get(key, ())) for key, one in events.items()]


def event_places(of: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], int | None]:
    """The place of each event that runs were given by their arguments, by its program and its key: that of the newest version
    that has it.
    """
    named = {(one["program"], one["event"]) for one in of if one.get("event") and one.get("program")}
    if not named:
        return {}
    programs, keys = zip(*named, strict=True)
    rows = ProgramEvent.objects.filter(
        revision__program__schedule_id__in=programs, key__in=keys, event_id__isnull=False
    ).order_by("revision__number")
    return {
        (program, key): place
        for program, key, place in rows.values_list("revision__program__schedule_id", "key", "event_id")
    }


def _check_event(values: Mapping[str, Any], program: str | None) -> None:
    """An event is named by its key, which is its program's own."""
    if program is None:
        raise Refused("event_without_program", "event")
    if not ProgramEvent.objects.filter(revision__program=values["program"], key=values["event"]).exists():
        raise Refused("program_event_unknown", "event", program=program, key=values["event"])
