"""The Continuity page: a line with a continuity product becomes a continuity order with its dated, priced lines."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.types.json import Jsonb

from perennial.catalog.models import Product
from perennial.continuity.planning import OccurrenceRow, OrderState, product_ids_of, target_rows
from perennial.desk.entry.incoming import Incoming
from perennial.desk.entry.known import sold_by
from perennial.desk.entry.values import ContinuityEntry, LineEntry
from perennial.errors import Refused
from perennial.kernel.plan import Facts, current_event, plan_anew
from perennial.payments.due import check_method, payment_row, upfront_parts, whole_order
from perennial.programs.models import ContinuityProduct
from perennial.programs.queries import LoadedRevision


def add_continuity(
    order: Incoming,
    continuity_id: int,
    line_id: int,
    at: int,
    line: LineEntry,
    *,
    product: Product,
    again: OrderState | None = None,
) -> None:
    """The customer's copy of the program, as the answers on the Continuity page want it. ``again``: the continuity order
    that it replaces, of which what a person changed applies again.

    Refused, with the field relative to the line: what cannot be sold so.
    """
    known, customer = order.known, order.customer
    sold, revision = _for_sale(order, product)
    given = line.continuity or ContinuityEntry()
    schedule_id = _payment_schedule(order, sold, revision, given)
    method = given.payment_method or "card"
    scheduled = schedule_id is not None or any(
        revision.schedule_ids[e.key] is not None for e in revision.plan.events if e.ships
    )
    check_method(
        method,
        upfront=revision.bill_upfront,
        scheduled=scheduled if not revision.bill_upfront else schedule_id is not None,
        allow_on_account=customer.allow_on_account,
        field="continuity.payment_method",
    )
    card_id = order.card(given.card, "continuity.card") if method == "card" else None
    if order.first_method is None:
        order.first_method = (method, card_id)
    ship_to = order.place(given.ship_to, f"lines[{at}].continuity.ship_to", order.ship_to)
    prices = known.prices(order.order_date)
    own = {n: prices[i] for n, i in revision.product_ids.items() if n in revision.products_to_price and i in prices}
    facts = Facts(
        order.order_date,
        given.start_date,
        _first_event(order, sold, revision),
        sold.event_duration,
        sold.shipments,
        line.quantity,
        None if revision.bill_upfront else known.set_up.parameters.repeat_threshold,
        revision.consolidate,
        revision.bill_upfront,
        own,
        again.row.last_shipment if again else None,
    )
    if again is not None:
        known.also(product_ids_of(again))
    plan = plan_anew(revision.plan, facts, again.adjustments if again else ())
    if not plan.occurrences:
        raise _nothing_ships(sold)
    wanted = target_rows(
        continuity_id,
        revision,
        plan,
        first_position=1,
        status="scheduled" if order.entry.submit else "planned",
        product_ids=known.product_ids,
    )
    order.rows.occurrences.extend(wanted)
    order.rows.continuity.append(
        (
            continuity_id, line_id, order.id, customer.pk, sold.program_id, revision.id, order.status, plan.complete,
            order.order_date, given.start_date, facts.first_event, sold.event_duration, sold.shipments, line.quantity,
            facts.threshold, revision.consolidate, revision.bill_upfront, Jsonb(own), method, card_id, schedule_id,
            ship_to, facts.last_shipment,
        )
    )  # fmt: skip
    if revision.bill_upfront:
        _add_payments(order, continuity_id, facts, wanted, method, card_id, schedule_id, ship_to)


def _for_sale(order: Incoming, product: Product) -> tuple[ContinuityProduct, LoadedRevision]:
    """The continuity product and the revision that new orders stand on."""
    sold = sold_by(product)
    if sold is None:
        raise Refused("program", "item_number", text=f"product {product.number} stands for no program")
    program = sold.program
    if not program.active:
        raise Refused(
            "inactive", "item_number", text=f"program {program.schedule_id} is not active: it cannot be ordered"
        )
    revision = order.known.revisions.get(program.pk)
    if revision is None:
        raise Refused("draft", "item_number", text=f"program {program.schedule_id} was never released")
    return sold, revision


def _payment_schedule(
    order: Incoming, sold: ContinuityProduct, revision: LoadedRevision, given: ContinuityEntry
) -> int | None:
    """The schedule that was named, if the program offers it; else the program's own."""
    if given.payment_schedule is None:
        return revision.payment_schedule_id
    known, field = order.known, "continuity.payment_schedule"
    named = known.schedules.get(given.payment_schedule)
    if named is None:
        raise Refused("payment_schedule", field, text=f"unknown payment schedule {given.payment_schedule!r}")
    # What the program offers, where it offers some; else any, as on the original's page.
    offers = known.prompts[sold.program_id] or known.valid[sold.program_id]
    if named != revision.payment_schedule_id and offers and named not in known.valid[sold.program_id]:
        raise Refused(
            "payment_schedule",
            field,
            text=f"{given.payment_schedule} is not a valid payment schedule of program {sold.program.schedule_id}",
        )
    return named


def _first_event(order: Incoming, sold: ContinuityProduct, revision: LoadedRevision) -> str | None:
    """Where the order begins: the key of the current event, or None for the first one."""
    if revision.order_start != "current_event" or revision.started_on is None:
        return None
    current = current_event(revision.plan, revision.started_on, order.order_date)
    if current is None:
        raise _nothing_ships(sold)
    return current.key


def _nothing_ships(sold: ContinuityProduct) -> Refused:
    return Refused("empty", "item_number", text=f"program {sold.program.schedule_id} has no event that ships")


def _add_payments(
    order: Incoming,
    continuity_id: int,
    facts: Facts,
    wanted: Sequence[OccurrenceRow],
    method: str,
    card_id: int | None,
    schedule_id: int | None,
    ship_to: int | None,
) -> None:
    """The payments of an order that is billed up front."""
    set_up = order.known.set_up
    places = order.places({ship_to, *(o.ship_to_id for o in wanted)})
    total, first = whole_order(set_up, wanted, ship_to, order.order_date, places, order.known.groups)
    try:
        parts = upfront_parts(
            set_up.schedules.get(schedule_id) if schedule_id else None,
            total,
            base=facts.base,
            order_date=order.order_date,
            first_ship_on=first or order.order_date,
        )
    except Refused as refused:
        raise refused.at("continuity.payment_schedule") from None
    for owed in parts:
        order.rows.payments.append(
            payment_row(
                owed,
                continuity_order_id=continuity_id,
                customer_id=order.customer.pk,
                purpose="order",
                method=method,
                card_id=card_id,
                currency=set_up.currency,
                status=order.payment_status,
            )
        )
