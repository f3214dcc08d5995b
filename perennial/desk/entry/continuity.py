"""The Continuity page: a line with a continuity product becomes a continuity order with its dated, priced lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from perennial.catalog.models import Product
from perennial.continuity.planning import LineRow as PlannedLine
from perennial.continuity.planning import OrderState, line_reason, product_ids_of
from perennial.desk.entry.incoming import Incoming
from perennial.desk.entry.known import sold_by
from perennial.desk.entry.rows import ContinuityRow, LineRow, OccurrenceRow, PaymentRow
from perennial.desk.entry.values import ContinuityEntry, LineEntry
from perennial.errors import Refused, refuse_all
from perennial.kernel.plan import Facts, Plan, current_event, plan_anew
from perennial.kernel.reasons import DateReason
from perennial.kernel.shares import main_method, method_of
from perennial.payments.cost import planned_total
from perennial.payments.due import check_method, split_faults, upfront_parts
from perennial.programs.models import ContinuityProduct
from perennial.programs.queries import LoadedRevision


def add_continuity(
    order: Incoming, parent_line: LineRow, line: LineEntry, product: Product, again: OrderState | None = None
) -> None:
    """The customer's copy of the program, as the answers on the Continuity page want it. ``again``: the continuity order
    that it replaces, of which what a person changed applies again.

    Refused, with the field relative to the line: what cannot be sold so.
    """
    known, order_date = order.known, order.order.order_date
    sold, revision = _for_sale(order, product)
    given = line.continuity or ContinuityEntry()
    kept = again is not None and given.start_date == again.row.start_date
    if not kept and (far := order.far_away(given.start_date, "start_date")):
        raise far
    schedule_id = _payment_schedule(order, sold, revision, given)
    method = main_method(given.shares) if given.shares else given.payment_method or "card"
    scheduled = schedule_id is not None or any(
        revision.schedule_ids[e.key] is not None for e in revision.plan.events if e.ships
    )
    check_method(
        method,
        upfront=revision.bill_upfront,
        scheduled=scheduled if not revision.bill_upfront else schedule_id is not None,
        allow_on_account=order.buyer.allow_on_account,
        field="continuity.payment_method",
    )
    refuse_all(
        split_faults(
            given.shares,
            upfront=revision.bill_upfront,
            scheduled=schedule_id is not None,
            allow_on_account=order.buyer.allow_on_account,
            field="continuity.pay",
        )
    )
    card_id = order.card(given.card, "continuity.card") if method == "card" else None
    if order.first_method is None:
        order.first_method = (method, card_id)
    ship_to = order.place(given.ship_to, f"lines[{parent_line.line - 1}].continuity.ship_to", order.order.ship_to)
    prices = known.prices(order_date)
    facts = Facts(
        order_date=order_date,
        start_date=given.start_date,
        first_event=_first_event(sold, revision, order_date),
        duration=sold.event_duration,
        shipments=sold.shipments,
        quantity=line.quantity,
        threshold=None if revision.bill_upfront else known.set_up.parameters.repeat_threshold,
        consolidate=revision.consolidate,
        upfront=revision.bill_upfront,
        prices={
            n: prices[i] for n, i in revision.product_ids.items() if n in revision.products_to_price and i in prices
        },
        last_shipment=again.row.last_shipment if again else None,
        every=again.facts.every if again else None,
        times=again.row.times if again else None,
    )
    if again is not None:
        known.also(product_ids_of(again))
    plan = plan_anew(revision.plan, facts, again.adjustments if again else ())
    if not plan.occurrences:
        raise _nothing_ships(sold)
    row = ContinuityRow(
        order=order.order, parent_line=parent_line, program_id=sold.program_id, revision_id=revision.id, status=order.order.status, facts=facts, payment_method=method, card_id=card_id, payment_schedule_id=schedule_id,
        schedule_chosen=given.payment_schedule is not None or revision.asks_for_schedule, tariff_id=known.set_up.newest, ship_to=ship_to, complete=plan.complete, occurrences=planned_rows(revision, plan, order.entry.submit, known.product_ids),
    )  # fmt: skip
    row.id = again.row.pk if again else 0
    row.split = given.shares
    order.rows.continuity.append(row)
    if revision.bill_upfront:
        _add_payments(order, row)


def planned_rows(
    revision: LoadedRevision, plan: Plan, submitted: bool, product_ids: Mapping[str, int]
) -> list[OccurrenceRow]:
    """A plan as rows; an order that is not submitted is only planned."""
    return [
        OccurrenceRow(
            key=o.key,
            repetition=o.repetition,
            event_on=o.event_on,
            ship_on=o.ship_on,
            shipment=o.shipment,
            status="skipped" if o.skipped else "scheduled" if submitted else "planned",
            blocked=None,
            delivery_mode_id=revision.mode_ids[o.key],
            payment_schedule_id=revision.schedule_ids[o.key],
            ship_to=o.address,
            why=DateReason.of(o).stored(),
            lines=tuple(
                PlannedLine(line.line, product_ids[line.item], line.quantity, line.price_minor, line_reason(line))
                for line in o.lines
            ),
        )
        for o in plan.occurrences
    ]


def _for_sale(order: Incoming, product: Product) -> tuple[ContinuityProduct, LoadedRevision]:
    """The continuity product and the revision that new orders stand on."""
    sold = sold_by(product)
    if sold is None:
        raise Refused("product_sells_no_program", "item_number", product=product.number)
    program = sold.program
    if not program.active:
        raise Refused("program_not_orderable", "item_number", program=program.schedule_id)
    revision = order.known.revisions.get(program.pk)
    if revision is None:
        raise Refused("program_not_released", "item_number", program=program.schedule_id)
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
        raise Refused("payment_schedule_unknown", field, schedule=given.payment_schedule)
    # What the program offers, where it offers some; else any, as on the original's page.
    offers = known.prompts[sold.program_id] or known.valid[sold.program_id]
    if named != revision.payment_schedule_id and offers and named not in known.valid[sold.program_id]:
        raise Refused(
            "payment_schedule_not_offered", field, schedule=given.payment_schedule, program=sold.program.schedule_id
        )
    return named


def _first_event(sold: ContinuityProduct, revision: LoadedRevision, on: date) -> str | None:
    """Where the order begins: the key of the current event, or None for the first one."""
    if revision.order_start != "current_event" or revision.started_on is None:
        return None
    current = current_event(revision.plan, revision.started_on, on)
    if current is None:
        raise _nothing_ships(sold)
    return current.key


def _nothing_ships(sold: ContinuityProduct) -> Refused:
    return Refused("program_without_shipment", "item_number", program=sold.program.schedule_id)


def _add_payments(order: Incoming, row: ContinuityRow) -> None:
    """The payments of an order that is billed up front."""
    set_up, on = order.known.set_up, row.facts.order_date
    total, first = planned_total(
        set_up.tariff(row.tariff_id),
        row.occurrences,
        lambda o: order.buyer.where(o.ship_to or row.ship_to),
        on,
        order.known.groups,
    )
    row.owed_minor = total
    try:
        parts = upfront_parts(
            set_up.schedules.get(row.payment_schedule_id),
            total,
            base=row.facts.base,
            order_date=on,
            first_ship_on=first or on,
            shares=row.split,
        )
    except Refused as refused:
        raise refused.at("continuity.payment_schedule") from None
    for owed in parts:
        method = method_of(row.split, owed.number) if row.split else row.payment_method
        order.owes(
            PaymentRow(
                order=None,
                continuity=row,
                purpose="order",
                owed=owed,
                method=method,
                card_id=row.card_id if method == "card" else None,
                status=order.payment_status,
            )
        )
