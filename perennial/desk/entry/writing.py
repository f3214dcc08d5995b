"""New orders are written: their rows get their ids, then each table is filled with one COPY."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, Protocol, TypeVar

from django.db.models import Model

from perennial.continuity.models import Adjustment, ContinuityLine, ContinuityOrder, Occurrence, Parked
from perennial.continuity.planning import LineRow
from perennial.customers.models import Address
from perennial.db import sql
from perennial.desk.entry.rows import NewOrder
from perennial.orders.models import Hold, OrderEvent, OrderLine, OrderPay, OrderTax, Rest, SalesOrder, Shipment
from perennial.payments.models import Attempt, Bill, Dispute, Payment, RefundRequest


class _Numbered(Protocol):
    id: int


R = TypeVar("R", bound=_Numbered)


def write(orders: Sequence[NewOrder]) -> None:
    """Write a batch of orders, table by table. A row that has its id keeps it; an order that has one is there already."""
    addresses = _numbered(Address, [a for new in orders for a in new.addresses])
    heads = [o for new in orders for o in new.orders]
    fresh = _numbered(SalesOrder, [o for o in heads if not o.id])
    _numbered(OrderLine, [line for o in heads for line in o.lines])
    continuity = _numbered(ContinuityOrder, [c for new in orders for c in new.continuity])
    occurrences = _numbered(Occurrence, [o for c in continuity for o in c.occurrences])
    asked = [(new.order.id, one) for new in orders for one in new.requests]
    _numbered(RefundRequest, [one for _, one in asked])
    payments = _numbered(Payment, [p for new in orders for p in new.payments])
    given_back = {(p.paid, p.owed.number): p.id for p in payments if p.purpose != "refund"}
    for p in payments:
        if p.refunds is not None:
            p.refunds_id = given_back.get((p.paid, p.refunds))
    _copy(Address, "id customer_id number purpose recipient street city postcode region country", addresses)
    _copy(
        SalesOrder,
        "id number reference customer_id currency order_date status acceptance ship_to_id parent_id parent_line_id"
        " shipment try_no ship_on delivery_mode_id delivery_minor tax_minor total_minor invoiced_on external"
        " taken_over_on entry gift_message hide_prices payer_id source_code",
        fresh,
    )
    if rests := [(o.id, o.rest_of.id) for o in fresh if o.rest_of is not None]:
        sql.copy(Rest, ("child_id", "of_id"), rests)
    if any(o.source_code for o in fresh):
        customers_come_from([o.id for o in fresh if o.source_code])
    _copy_of(
        OrderLine,
        "order_id: id line product_id quantity price_minor amount_minor delivery_mode_id status",
        ((o.id, line) for o in heads for line in o.lines),
    )
    _copy_of(OrderTax, "order_id: group base_minor tax_minor rate_id", ((o.id, tax) for o in heads for tax in o.taxes))
    pays = [(o.id, n, pay) for o in heads for n, pay in enumerate(o.pays, 1)]
    _copy_of(OrderPay, "order_id: number: method card_id percent amount_minor", pays)
    _copy_of(
        Hold,
        "order_id: code reason because stops on_date:on by released_on until reason_code released_by",
        ((o.id, hold) for o in heads for hold in o.holds),
    )
    sent = [(o.id, o.sent) for o in heads if o.sent is not None]
    _copy_of(Shipment, "order_id: carrier tracking on_date:on", sent)
    now = sql.value("select now()")
    happened = [(o.id, event.at or now, event) for o in heads for event in o.events]
    _copy_of(OrderEvent, "order_id: at: on_date:on kind by reason data", happened)
    _copy(
        ContinuityOrder,
        "id order_id:order.id parent_line_id:parent_line.id customer_id:order.customer_id program_id revision_id status"
        " complete order_date:facts.order_date start_date:facts.start_date first_event:facts.first_event"
        " event_duration:facts.duration shipments:facts.shipments last_shipment:facts.last_shipment"
        " every times:facts.times"
        " quantity:facts.quantity threshold:facts.threshold consolidate:facts.consolidate upfront:facts.upfront prices"
        " payment_method shares card_id payment_schedule_id schedule_chosen tariff_id keeps_tariff owed_minor ship_to_id",
        continuity,
    )
    _copy_of(
        Occurrence,
        "continuity_order_id: position: id event_key:key repetition event_on ship_on shipment status blocked child_id"
        " delivery_mode_id payment_schedule_id ship_to_id why why_cancelled",
        ((c.id, place, o) for c in continuity for place, o in enumerate(c.occurrences, 1)),
    )
    sql.copy(
        ContinuityLine,
        ("occurrence_id", *LineRow._fields),
        ((o.id, *line) for o in occurrences for line in o.lines),
    )
    _copy_of(
        Adjustment,
        "continuity_order_id: event_key:key repetition line kind value:stored by on_date:on reason undone_on undone_by",
        ((c.id, a) for c in continuity for a in c.adjustments),
    )
    _copy_of(
        Parked,
        "continuity_order_id: shipment job sqlstate reason because on_date:on resolved_on",
        ((c.id, p) for c in continuity for p in c.parked),
    )
    _copy_of(
        RefundRequest,
        "order_id: id amount_minor currency asked_by asked_on reason approved decided_by decided_on",
        asked,
    )
    _copy(
        Payment,
        "id order_id continuity_order_id customer_id purpose number:owed.number method card_id"
        " currency:of.currency amount_minor:owed.amount captured_minor refunded_minor due_on:owed.due_on status"
        " at_invoice:owed.at_invoice not_before_shipped:owed.not_before_shipped attempts tried_on authorised_on"
        " authorised_until lapsed gateway gateway_ref approval_code refunds_id overpaid_minor request_id",
        payments,
    )
    _copy_of(
        Attempt,
        "payment_id: card_id kind number key amount_minor on_date sent_at outcome category final gateway gateway_ref"
        " network_transaction_id message",
        ((p.id, attempt) for p in payments for attempt in p.tries),
    )
    _copy_of(
        Dispute,
        "payment_id: gateway reference amount_minor currency reason status opened_on answer_by answered_on closed_on told_at",
        ((p.id, dispute) for p in payments for dispute in p.disputes),
    )
    bills = [(p.id, p.bill) for p in payments if p.bill is not None]
    _copy_of(Bill, "payment_id: on_date:on due_on amount_minor", bills)


def customers_come_from(order_ids: Sequence[int]) -> None:
    """The customers of whom it is not known where they came from first came from where the first of these orders does."""
    sql.execute(
        """
        update customers_customer c set source_code = f.source_code
          from (select distinct on (o.customer_id) o.customer_id, o.source_code from orders_salesorder o
                 where o.id = any(%(orders)s) and o.source_code is not null
                 order by o.customer_id, o.order_date, o.id) f
         where c.id = f.customer_id and c.source_code is null
        """,
        {"orders": list(order_ids)},
    )


def _numbered(model: type[Model], rows: list[R]) -> list[R]:
    fresh = [row for row in rows if not row.id]
    for row, pk in zip(fresh, sql.draw_ids(model, len(fresh)), strict=True):
        row.id = pk
    return rows


def _copy(model: type[Model], columns: str, rows: Sequence[object]) -> None:
    """Fill a table with rows. A column is an attribute of the row, or ``column:attribute``."""
    pairs = [column.partition(":") for column in columns.split()]
    values = attrgetter(*(attribute or column for column, _, attribute in pairs))
    sql.copy(model, [column for column, _, _ in pairs], map(values, rows))


def _copy_of(model: type[Model], columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Fill a table with rows that stand last in a tuple; what is in front of them are the columns ``column:``."""
    pairs = [column.partition(":") for column in columns.split()]
    values = attrgetter(*(attribute or column for column, of, attribute in pairs if attribute or not of))
    sql.copy(model, [column for column, _, _ in pairs], ((*of, *values(row)) for *of, row in rows))
