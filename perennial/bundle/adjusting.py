"""What people changed on the shipments of an order that is taken over, and what jobs could not do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from perennial.bundle.reading.faults import shown
from perennial.bundle.reading.orders import place
from perennial.bundle.reading.values import Given, day, keys
from perennial.bundle.standing import Standing, because
from perennial.bundle.taken import AdjustmentRow, ParkedRow
from perennial.kernel import limits, money
from perennial.kernel import plan as kernel
from perennial.kernel.states import ADJUSTMENTS
from perennial.programs.queries import LoadedRevision

ADJUSTMENT = keys("key event_id repetition line kind value by on reason undone_on undone_by")
PARKED = keys("shipment job sqlstate reason because on resolved_on")
SUBSTITUTE = keys("item_number price")
MOST = 999_999


def adjustments(
    standing: Standing, whole: Given, revision: LoadedRevision, name: str
) -> list[tuple[AdjustmentRow, Given]]:
    """The adjustments of a continuity order, each with its place: the open ones, or those that were undone."""
    known = {event.key for event in revision.plan.events}
    by_place = {event.event_id: event.key for event in revision.plan.events if event.event_id is not None}
    made, seen = [], set()
    for thing in whole.objects(name, ADJUSTMENT):
        key = thing.code("key")
        if key is None:
            key = by_place.get(thing.whole("event_id", 0, 1, 10_000, required=True))
            if key is None and not thing.bad:
                thing.fault("event_id", "revision_lacks_event", revision=revision.number)
        elif key not in known:
            thing.fault("key", "name_unknown", what="event", name=key, meant=thing.faults.meant(key, known))
        kind = thing.word("kind", ADJUSTMENTS, required=True)
        undone = name == "undone_adjustments"
        row = AdjustmentRow(
            key or "",
            thing.whole("repetition", 0, 0, MOST),
            thing.whole("line", 0, 0, 10_000),
            kind or "",
            _value(standing, thing, kind),
            thing.text("by", "", longest=limits.LINE),
            thing.day("on", standing.reading.on),
            thing.text("reason", longest=limits.LINE),
            thing.day("undone_on", required=undone) if undone else None,
            thing.text("undone_by", longest=limits.LINE) if undone else None,
        )
        same = (row.key, row.repetition, row.line, row.kind)
        if not undone and same in seen:
            thing.fault("kind", "second_adjustment", kind=kind)
        seen.add(same)
        made.append((row, thing))
    return made


def _value(standing: Standing, thing: Given, kind: str | None) -> Any:
    """The value of an adjustment as it is stored."""
    value = thing.get("value")
    match kind:
        case "skip":
            if value not in (None, True):
                thing.wrong("value", value, "true")
            return True
        case "move" | "redate":
            found = day(value)
            if found is None:
                thing.fault("value", "not_a_date", value=shown(value))
            return None if found is None else found.isoformat()
        case "price":
            return standing.money(thing, "value", required=True)
        case "quantity":
            if not thing.given("value"):
                thing.fault("value", "required")
            return money.plain(thing.quantity("value"))
        case "merge":
            return thing.whole("value", 1, 1, 10**6, required=True)
        case "address":
            return standing.place(thing, "value", place(thing, "value"))
        case "substitute":
            if isinstance(value, str):
                value = {"item_number": value}  # with the price that the line would have
            inner = Given(value, thing.at("value"), thing.faults, SUBSTITUTE)
            product = standing.product(inner)
            price = standing.money(inner, "price") if inner.given("price") else None
            thing.spoil(inner)
            return {"item": product.number if product else "", "price_minor": price}
    return None


def as_planned(row: AdjustmentRow) -> kernel.Adjustment:
    """An adjustment as planning wants it."""
    value = row.value
    if row.kind in ("move", "redate") and value is not None:
        value = date.fromisoformat(value)
    elif row.kind == "substitute":
        value = (value["item"], value["price_minor"])
    elif row.kind == "quantity":
        value = Decimal(value)
    return kernel.Adjustment(row.key, row.repetition, row.line, row.kind, value, row.by, row.on, row.reason or "")


def parked(standing: Standing, whole: Given) -> Iterator[ParkedRow]:
    """What a job could not do about a continuity order."""
    open_jobs = set()
    for thing in whole.objects("parked", PARKED):
        row = ParkedRow(
            thing.whole("shipment", None, 1, MOST),
            thing.code("job", "create-child-orders"),
            thing.text("sqlstate"),
            thing.text("reason", "", required=not thing.given("because")),
            thing.day("on", standing.reading.on),
            thing.day("resolved_on"),
            because(thing),
        )
        if row.resolved_on is None:
            if row.job in open_jobs:
                thing.fault("job", "parked_already", job=row.job)
            open_jobs.add(row.job)
        yield row
