"""From rows to the kernel's plan and back to the rows that a plan wants to be.

Everything that plans an order goes through here: ``read_orders`` loads a chunk of continuity orders
with a constant number of queries, the caller plans each with the kernel, and ``target_rows`` says what its rows are to be.
What differs is collected and written by ``continuity/difference.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from perennial.catalog.models import Product
from perennial.catalog.queries import SetUp
from perennial.continuity.models import Adjustment, ContinuityOrder
from perennial.db import sql
from perennial.kernel import plan as kernel
from perennial.kernel.billing import billing_kept
from perennial.kernel.calendar import Interval
from perennial.kernel.reasons import DateReason, line_stored
from perennial.programs.queries import LoadedRevision, load_revisions


class LineRow(NamedTuple):
    """A continuity line as it is stored, without its id."""

    line: int
    product_id: int
    quantity: Decimal
    price_minor: int
    why: str | None  # None: the program's product at its price (``kernel.reasons.LineReason``)


@dataclass(frozen=True)
class OccurrenceRow:
    """An occurrence as it is stored, with its lines."""

    id: int
    continuity_order_id: int
    event_key: str
    repetition: int
    position: int
    event_on: date
    ship_on: date
    shipment: int | None
    status: str
    blocked: str | None
    child_id: int | None
    delivery_mode_id: int | None
    payment_schedule_id: int | None
    ship_to_id: int | None
    why: str  # ``kernel.reasons.DateReason``
    lines: tuple[LineRow, ...] = ()

    @property
    def pair(self) -> tuple[str, int]:
        """What it is for ever: its event and its repetition."""
        return self.event_key, self.repetition

    @property
    def step(self) -> kernel.Step:
        """As a step of the kernel's walk."""
        return kernel.Step(self.event_key, self.repetition, self.event_on, self.shipment or 0)


@dataclass
class OrderState:
    """One continuity order as it stands: its facts, its walk in order, what a person changed."""

    row: ContinuityOrder
    revision: LoadedRevision
    occurrences: list[OccurrenceRow]
    adjustments: list[kernel.Adjustment]
    currency: str

    @property
    def facts(self) -> kernel.Facts:
        """The facts of the order, for the kernel."""
        return facts_of(self.row)

    @property
    def walk(self) -> list[OccurrenceRow]:
        """What is planned, in the order of the walk; cancelled occurrences are not in it."""
        return [o for o in self.occurrences if o.status != "cancelled"]

    @property
    def frozen(self) -> list[OccurrenceRow]:
        """The walk up to the last occurrence that has a child: no plan changes it."""
        walk = self.walk
        last = max((at for at, o in enumerate(walk) if o.child_id is not None), default=-1)
        return walk[: last + 1]

    def highest(self, among: Iterable[OccurrenceRow] | None = None) -> dict[str, int]:
        """By event, the highest repetition that it has an occurrence for."""
        found: dict[str, int] = {}
        for o in self.occurrences if among is None else among:
            found[o.event_key] = max(found.get(o.event_key, 0), o.repetition)
        return found

    def billing_kept(self, revision: LoadedRevision) -> str | None:
        """Why it keeps its payment schedules with a revision of its program; None: it takes those."""
        return billing_kept(
            chosen=self.row.schedule_chosen,
            upfront=self.row.upfront,
            method=self.row.payment_method,
            program_upfront=revision.bill_upfront,
            program_in_parts=revision.payment_schedule_id is not None,
        )

    def schedule_ids(self, revision: LoadedRevision) -> Mapping[str, int | None]:
        """By event, the payment schedule of what is planned with a revision: the revision's. An order that keeps how
        it is billed keeps that of each event which it has a shipment of.
        """
        if self.billing_kept(revision) is None:
            return revision.schedule_ids
        cancelled = [o for o in self.occurrences if o.status == "cancelled"]
        return {**revision.schedule_ids, **{o.event_key: o.payment_schedule_id for o in (*cancelled, *self.walk)}}

    def shipment(self, number: int) -> list[OccurrenceRow]:
        """The occurrences that ship together under a number."""
        return [o for o in self.occurrences if o.shipment == number]


def facts_of(order: ContinuityOrder) -> kernel.Facts:
    """The facts of a continuity order as the kernel wants them."""
    return kernel.Facts(
        order_date=order.order_date,
        start_date=order.start_date,
        first_event=order.first_event,
        duration=order.event_duration,
        shipments=order.shipments,
        quantity=order.quantity,
        threshold=order.threshold,
        consolidate=order.consolidate,
        upfront=order.upfront,
        prices=order.prices,
        last_shipment=order.last_shipment,
        every=every_of(order.every),
        times=order.times,
    )


def every_of(stored: Mapping[str, Any] | None) -> kernel.Every | None:
    """How often a member wants it, out of what is stored; an interval with its rule, so that nothing changes it later."""
    if stored is None:
        return None
    if "days" in stored:
        return kernel.Every(days=stored["days"])
    anchor = stored.get("anchor")
    return kernel.Every(
        interval=Interval(stored["interval"], stored["rule"], None if anchor is None else date.fromisoformat(anchor))
    )


def stored_every(every: kernel.Every | None) -> dict[str, Any] | None:
    """How often a member wants it, as it is stored."""
    if every is None:
        return None
    interval = every.interval
    if interval is None:
        return {"days": every.days}
    anchor = {} if interval.anchor is None else {"anchor": interval.anchor.isoformat()}
    return {"interval": interval.code, "rule": interval.rule, **anchor}


def adjusted_to(kind: str, stored: Any) -> Any:
    """What an adjustment changes something to, as the kernel wants it, out of what is stored of it."""
    match kind:
        case "move" | "redate":
            return date.fromisoformat(stored)
        case "substitute":
            return stored["item"], stored.get("price_minor")
        case "quantity":
            return Decimal(stored)
        case "add":
            return stored["item"], Decimal(stored["quantity"]), stored["price_minor"]
        case "remove":
            return stored["item"]
    return stored


def adjustment_of(row: Adjustment) -> kernel.Adjustment:
    """A stored adjustment as the kernel wants it."""
    value: Any = row.value
    value = value["address_id"] if row.kind == "address" else adjusted_to(row.kind, value)
    return kernel.Adjustment(
        key=row.event_key,
        repetition=row.repetition,
        line=row.line,
        kind=row.kind,
        value=value,
        by=row.by,
        on=row.on_date,
        reason=row.reason or "",
    )


_OCCURRENCES = """
select o.id, o.continuity_order_id, o.event_key, o.repetition, o.position, o.event_on, o.ship_on, o.shipment,
       o.status, o.blocked, o.child_id, o.delivery_mode_id, o.payment_schedule_id, o.ship_to_id, o.why
  from continuity_occurrence o
 where o.continuity_order_id = any(%s)
 order by o.continuity_order_id, o.status = 'cancelled', o.position, o.id
"""
_LINES = """
select l.occurrence_id, l.line, l.product_id, l.quantity, l.price_minor, l.why
  from continuity_continuityline l join continuity_occurrence o on o.id = l.occurrence_id
 where o.continuity_order_id = any(%s)
 order by l.occurrence_id, l.line
"""


def read_orders(
    set_up: SetUp, ids: Sequence[int], revisions: dict[int, LoadedRevision] | None = None
) -> list[OrderState]:
    """Continuity orders with their occurrences, lines and open adjustments, in the order of their ids."""
    ids = list(ids)
    orders = list(ContinuityOrder.objects.filter(pk__in=ids).select_related("order").order_by("pk"))
    loaded = dict(revisions or {})
    missing = {o.revision_id for o in orders} - set(loaded)
    if missing:
        loaded.update(load_revisions(set_up, missing))
        if revisions is not None:
            revisions.update(loaded)
    lines: dict[int, list[LineRow]] = {}
    for occurrence_id, *rest in sql.tuples(_LINES, [ids]):
        lines.setdefault(occurrence_id, []).append(LineRow(*rest))
    occurrences: dict[int, list[OccurrenceRow]] = {}
    for row in sql.tuples(_OCCURRENCES, [ids]):
        found = OccurrenceRow(*row, tuple(lines.get(row[0], ())))  # type: ignore[call-arg]
        occurrences.setdefault(found.continuity_order_id, []).append(found)
    adjustments: dict[int, list[kernel.Adjustment]] = {}
    for adjustment in Adjustment.objects.filter(continuity_order_id__in=ids, undone_on=None).order_by("pk"):
        adjustments.setdefault(adjustment.continuity_order_id, []).append(adjustment_of(adjustment))
    return [
        OrderState(o, loaded[o.revision_id], occurrences.get(o.pk, []), adjustments.get(o.pk, []), set_up.currency)
        for o in orders
    ]


def target_rows(
    state_id: int,
    revision: LoadedRevision,
    plan: kernel.Plan,
    *,
    first_position: int,
    status: str,
    product_ids: dict[str, int],
    schedule_ids: Mapping[str, int | None],
) -> list[OccurrenceRow]:
    """A plan as the rows that it wants to be (id 0); ``status`` is planned or scheduled. ``schedule_ids``: the payment
    schedule of each event.
    """
    made = []
    for at, o in enumerate(plan.occurrences):
        made.append(
            OccurrenceRow(
                id=0,
                continuity_order_id=state_id,
                event_key=o.key,
                repetition=o.repetition,
                position=first_position + at,
                event_on=o.event_on,
                ship_on=o.ship_on,
                shipment=o.shipment,
                status="skipped" if o.skipped else status,
                blocked=None,
                child_id=None,
                delivery_mode_id=revision.mode_ids[o.key],
                payment_schedule_id=schedule_ids[o.key],
                ship_to_id=o.address,
                why=DateReason.of(o).stored(),
                lines=tuple(
                    LineRow(
                        line.line,
                        product_ids[line.item] if line.item in product_ids else revision.product_ids[line.item],
                        line.quantity,
                        line.price_minor,
                        line_reason(line),
                    )
                    for line in o.lines
                ),
            )
        )
    return made


def line_reason(line: kernel.Line) -> str | None:
    """Why a planned line has its product and its price, as it is stored."""
    return line_stored(line.item_rule[0], line.price_rule[0], line.item_rule[1] if len(line.item_rule) > 1 else None)


def product_ids_of(state: OrderState) -> dict[str, int]:
    """The ids of products that a person put in place of the program's, or besides them, by number."""
    numbers = {a.value[0] for a in state.adjustments if a.kind in ("substitute", "add")}
    return dict(Product.objects.filter(number__in=numbers).values_list("number", "pk")) if numbers else {}
