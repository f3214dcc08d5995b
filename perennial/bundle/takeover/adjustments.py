"""What people changed on the shipments of an order that is taken over, and what jobs could not do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from perennial.bundle.reading.faults import shown
from perennial.bundle.reading.orders import place
from perennial.bundle.reading.values import Given, day, keys
from perennial.bundle.takeover.context import Context, because
from perennial.bundle.takeover.lookup import Names
from perennial.continuity.planning import adjusted_to
from perennial.desk.entry.rows import AdjustmentRow, OccurrenceRow, ParkedRow, stored_json
from perennial.errors import Refused
from perennial.kernel import limits, money
from perennial.kernel import plan as kernel
from perennial.kernel.money import Money
from perennial.kernel.states import ADJUSTMENTS, TO_COME
from perennial.programs.queries import LoadedRevision

ADJUSTMENT = keys("key event_id repetition line kind value by on reason undone_on undone_by")
PARKED = keys("shipment job sqlstate reason because on resolved_on")
SUBSTITUTE = keys("item_number price")
ADDED = keys("item_number quantity price")
MOST = 999_999


def adjustments(ctx: Context, whole: Given, revision: LoadedRevision, name: str) -> list[tuple[AdjustmentRow, Given]]:
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
            key=key or "",
            repetition=thing.whole("repetition", 0, 0, MOST),
            line=thing.whole("line", 0, 0, 10_000),
            kind=kind or "",
            value=_value(ctx, thing, kind),
            by=thing.text("by", "", longest=limits.LINE),
            on=thing.day("on", ctx.reading.on),
            reason=thing.text("reason", longest=limits.LINE),
            undone_on=thing.day("undone_on", required=undone) if undone else None,
            undone_by=thing.text("undone_by", longest=limits.LINE) if undone else None,
        )
        same = (row.key, row.repetition, row.line, row.kind)
        if not undone and same in seen:
            thing.fault("kind", "second_adjustment", kind=kind)
        seen.add(same)
        made.append((row, thing))
    return made


def _value(ctx: Context, thing: Given, kind: str | None) -> Any:
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
            return ctx.money(thing, "value", required=True)
        case "quantity":
            if not thing.given("value"):
                thing.fault("value", "required")
            return money.plain(thing.quantity("value"))
        case "merge":
            return thing.whole("value", 1, 1, 10**6, required=True)
        case "address":
            return ctx.place(thing, "value", place(thing, "value"))
        case "substitute":
            if isinstance(value, str):
                value = {"item_number": value}  # with the price that the line would have
            inner = Given(value, thing.at("value"), thing.faults, SUBSTITUTE)
            product = ctx.product(inner)
            price = ctx.money(inner, "price") if inner.given("price") else None
            thing.spoil(inner)
            return {"item": product.number if product else "", "price_minor": price}
        case "add":
            inner = Given(value, thing.at("value"), thing.faults, ADDED)
            product = ctx.product(inner)
            quantity, minor = inner.quantity("quantity"), ctx.money(inner, "price", required=True)
            thing.spoil(inner)
            if thing.whole("line", 0, 0, 10_000) < kernel.FIRST_ADDED:
                thing.fault("line", "added_line_of_program", first=kernel.FIRST_ADDED)
            return {
                "item": product.number if product else "",
                "quantity": money.plain(quantity),
                "price_minor": minor,
            }
        case "remove":
            if not thing.whole("line", 0, 0, 10_000):
                thing.fault("line", "required")
            return {"item": thing.code("value", "", required=True)}
    return None


def as_planned(row: AdjustmentRow) -> kernel.Adjustment:
    """An adjustment as planning wants it."""
    return kernel.Adjustment(
        key=row.key,
        repetition=row.repetition,
        line=row.line,
        kind=row.kind,
        value=adjusted_to(row.kind, row.value),
        by=row.by,
        on=row.on,
        reason=row.reason or "",
    )


def parked(ctx: Context, whole: Given) -> Iterator[ParkedRow]:
    """What a job could not do about a continuity order."""
    open_jobs = set()
    for thing in whole.objects("parked", PARKED):
        words, why = thing.text("reason", "", required=not thing.given("because")), because(thing)
        row = ParkedRow(
            shipment=thing.whole("shipment", None, 1, MOST),
            job=thing.code("job", "create-child-orders"),
            sqlstate=thing.text("sqlstate"),
            reason=words if why is None else "",
            on=thing.day("on", ctx.reading.on),
            resolved_on=thing.day("resolved_on"),
            because=stored_json(why),
        )
        if row.resolved_on is None:
            if row.job in open_jobs:
                thing.fault("job", "parked_already", job=row.job)
            open_jobs.add(row.job)
        yield row


def changes_stand(
    walked: Sequence[tuple[OccurrenceRow, Given]],
    changes: Sequence[tuple[AdjustmentRow, Given]],
    names: Names,
    currency: str | None,
) -> None:
    """What people changed is what the lines say: the next plan would make it so."""
    found: dict[tuple[str, int], tuple[OccurrenceRow, date | None]] = {}
    before: date | None = None
    for row, _ in walked:
        if row.status != "cancelled":
            found[row.key, row.repetition] = row, before
            before = row.event_on
    for change, thing in changes:
        occurrence, previous = found.get((change.key, change.repetition), (None, None))
        if occurrence is None or thing.bad:
            continue
        if occurrence.status in TO_COME:
            said = _says(change, occurrence, previous, names, currency)
            if said is not None:
                thing.note(said.at(thing.at("value")))


def _says(
    change: AdjustmentRow, occurrence: OccurrenceRow, previous: date | None, names: Names, currency: str | None
) -> Refused | None:
    """What the line says instead of what was changed, None where they agree."""
    event: dict[str, object] = {"event": change.key, "repetition": change.repetition}
    if change.kind == "redate":  # what goes before it may have overtaken it
        if occurrence.event_on.isoformat() == change.value or occurrence.event_on == previous:
            return None
        return Refused("date_change_differs", became=change.value, has=occurrence.event_on, **event)
    for number, product_id, quantity, price, *_ in occurrence.lines:
        if change.line not in (0, number):
            continue
        if change.kind == "quantity" and quantity != Decimal(change.value):
            return Refused("quantity_change_differs", became=change.value, has=quantity, **event)
        if change.kind == "price" and price != change.value:
            became, has = (Money(amount, currency or "") for amount in (change.value, price))
            return Refused("price_change_differs", became=became, has=has, **event)
        if change.kind == "substitute":
            product = names.products.get(change.value["item"])
            if product is not None and product.id != product_id:
                return Refused("product_change_differs", became=product.number, **event)
    return None
