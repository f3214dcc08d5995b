"""What follows from a change: which shipments have another day, state or price now, and what is to come in all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from perennial.catalog.queries import SetUp, set_up
from perennial.continuity.planning import LineRow, OccurrenceRow
from perennial.desk.outcome import Follows, ShipmentChange, Shown
from perennial.desk.snapshot import Rows
from perennial.kernel.money import Money
from perennial.kernel.states import TO_COME
from perennial.orders.models import SalesOrder
from perennial.payments.cost import Place, places, shipment_totals, tax_groups, taxed_on

Shipments = dict[tuple[int, int], list[OccurrenceRow]]
"""The occurrences that ship together, by continuity order and number."""


def follows(changes: Mapping[int, tuple[Rows, Rows]]) -> Follows | None:
    """What follows from a change of orders: their rows as they were and as they are, by order."""
    if not changes:
        return None
    numbers = dict(SalesOrder.objects.filter(pk__in=changes).values_list("pk", "number"))
    rules = set_up()
    made: list[ShipmentChange] = []
    sums = [0, 0]
    for order, (was, now) in changes.items():
        before, after = _shipments(was), _shipments(now)
        differ = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
        sides = [{key: shipments[key] for key in differ if key in shipments} for shipments in (before, after)]
        shown = [_shown(rules, rows, shipments) for rows, shipments in zip((was, now), sides, strict=True)]
        for key in differ:
            continuity, number = key
            one, other = shown[0].get(key), shown[1].get(key)
            if one == other:
                continue
            line = (now.get(f"continuity {continuity}") or {})["line"]
            made.append(ShipmentChange(numbers[order], line, number, one, other))
            for at, side in enumerate((one, other)):
                if side is not None and side.status in TO_COME:
                    sums[at] += side.amount.minor
    return Follows(tuple(made), Money(sums[0], rules.currency), Money(sums[1], rules.currency))


def _shown(rules: SetUp, rows: Rows, shipments: Shipments) -> dict[tuple[int, int], Shown]:
    """Shipments as they are shown, with what each costs."""
    groups = tax_groups(line.product_id for together in shipments.values() for o in together for line in o.lines)
    addresses = {key: _address(rows, key[0], together[-1]) for key, together in shipments.items()}
    where = places(addresses.values())
    return {
        key: Shown(
            ship_on=together[-1].ship_on,
            status=together[-1].status,
            amount=Money(
                _cost(
                    rules=rules,
                    rows=rows,
                    continuity=key[0],
                    together=together,
                    place=where[addresses[key]],
                    groups=groups,
                ),
                rules.currency,
            ),
        )
        for key, together in shipments.items()
    }


def _cost(
    rules: SetUp,
    rows: Rows,
    continuity: int,
    together: list[OccurrenceRow],
    place: Place,
    groups: dict[int, str | None],
) -> int:
    facts = rows[f"continuity {continuity}"] or {}
    on = taxed_on(
        upfront=facts["upfront"], order_date=date.fromisoformat(facts["order_date"]), ship_on=together[-1].ship_on
    )
    return shipment_totals(rules.tariff(facts["tariff_id"]), together, place, groups, on).total


def _address(rows: Rows, continuity: int, last: OccurrenceRow) -> int | None:
    found: int | None = last.ship_to_id or (rows[f"continuity {continuity}"] or {}).get("ship_to_id")
    return found


def _shipments(rows: Rows) -> Shipments:
    found: Shipments = {}
    for name, values in rows.items():
        kind, _, pk = name.partition(" ")
        if kind == "occurrence" and values is not None and values["shipment"] is not None:
            key = (values["continuity_order_id"], values["shipment"])
            found.setdefault(key, []).append(_occurrence(int(pk), values))
    for together in found.values():
        together.sort(key=lambda o: (o.position, o.id))
    return found


def _occurrence(pk: int, values: Mapping[str, Any]) -> OccurrenceRow:
    return OccurrenceRow(
        id=pk,
        continuity_order_id=values["continuity_order_id"],
        event_key="",
        repetition=0,
        position=values["position"],
        event_on=date.fromisoformat(values["event_on"]),
        ship_on=date.fromisoformat(values["ship_on"]),
        shipment=values["shipment"],
        status=values["status"],
        blocked=None,
        child_id=values["child_id"],
        delivery_mode_id=values["delivery_mode_id"],
        payment_schedule_id=values["payment_schedule_id"],
        ship_to_id=values["ship_to_id"],
        why="",
        lines=tuple(_lines(values["lines"] or ())),
    )


def _lines(lines: Iterable[Mapping[str, Any]]) -> Iterable[LineRow]:
    for line in lines:
        yield LineRow(line["line"], line["product_id"], Decimal(str(line["quantity"])), line["price_minor"], None)
