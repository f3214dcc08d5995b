"""What the warehouse reports: a child was sent, a child was invoiced; ordinary lines too.

A child may be sent, and invoiced, from the day on which its delivery window opens, when it is not on hold and no payment
of it (of its order, when it was billed up front) that is due by then is declined, failed or unknown (the view
``may_not_invoice``; domain §8). Whoever passes over that says why, and the history keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psycopg.types.json import Jsonb

from perennial.db import history, sql
from perennial.desk.action import action
from perennial.desk.locking import LockedOrder, lock, order_by_number
from perennial.desk.notices.queue import tell_ordinary_sent, tell_sent
from perennial.desk.orders.rest import rest_on as day_of_rest
from perennial.desk.orders.short import Pieces, Short, Shortened, shorten, total_of
from perennial.desk.outcome import Outcome
from perennial.desk.queries import beyond
from perennial.errors import Conflict, Refused
from perennial.kernel.limits import LINE, number_fault, text_fault
from perennial.kernel.money import Money
from perennial.notices.queue import correct
from perennial.orders.models import Hold, OrderLine, SalesOrder, Shipment
from perennial.payments import blocked
from perennial.payments.blocked import WhyNot
from perennial.payments.models import Payment

OVERRIDABLE = (
    "acceptance_awaited",
    "on_hold",
    "payment_stops_shipping",
    "delivery_window_closed",
    "not_shipped_to_invoice",
)
"""The refusals that a person may override, with a reason."""

SQL = sql.named("perennial.desk.orders", "ship.sql")


def children_that_may_ship(*, on: date) -> list[int]:
    """Ids of the children with a ``ship_on`` by the date that may ship, oldest first."""
    return [row[0] for row in sql.tuples(SQL["children_that_may_ship"], {"on": on})]


def ready_to_send(*, on: date) -> list[int]:
    """Ids of what the warehouse packs: children with a ``ship_on`` by the date that may ship, and orders whose ordinary
    lines may and are paid; oldest first. Ordinary lines that cost nothing at all are not told.
    """
    return [row[0] for row in sql.tuples(SQL["ready_to_send"], {"on": on})]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent(Outcome):
    """A child went out. ``not_authorised``: its card was not asked yet, it is charged when it is invoiced.

    ``overridden``: what stood in the way, and was passed over. ``short``: of which fewer pieces went; ``total``: what it
    costs then; ``rest``: the child that brings the rest, where it follows, and the day on which it ships.
    """

    order: str
    status: str
    not_authorised: Money | None = None
    overridden: tuple[str, ...] = ()
    short: tuple[Short, ...] = ()
    total: Money | None = None
    rest: str | None = None
    rest_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoiced(Outcome):
    """A child was invoiced. ``overridden``: what stood in the way, and was passed over."""

    order: str
    status: str
    overridden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinaryLines(Outcome):
    """Ordinary lines of a parent went out, or were invoiced. What is told beside is that of a child."""

    order: str
    status: str
    lines: tuple[int, ...]
    not_authorised: Money | None = None
    overridden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked(Outcome):
    """Who carries what was sent, and under which number."""

    order: str
    carrier: str | None
    tracking: str | None


def _not_ahead(on: date, today: date | None) -> None:
    """What has happened was not on a day to come."""
    if today is not None and on > today:
        raise Refused("day_ahead", "on", day=on, latest=today)


def _not_before_ordered(on: date, order: SalesOrder) -> None:
    """What the warehouse reports has its place behind what went before: a bill on account counts from it."""
    if on < order.order_date:
        raise Refused("before_order_date", "on", order=order.number, date=on, earliest=order.order_date)


def _not_before_shipped(on: date, order: SalesOrder) -> None:
    earliest = _shipped_on(order)
    if on < earliest:
        raise Refused("before_shipped", "on", order=order.number, date=on, earliest=earliest)


def _shipped_on(order: SalesOrder) -> date:
    """The day of its shipment; of one that was imported without it the day when the order was made."""
    return Shipment.objects.filter(order=order).values_list("on_date", flat=True).first() or order.order_date


def _refusal(order: SalesOrder, why: WhyNot) -> Refused:
    """Why a child, or the ordinary lines of a parent, may not be sent, or invoiced."""
    if why.because == "status":
        code = "order_over" if order.parent_id is None else "not_open_to_ship"
        return Refused(code, "number", order=order.number, status=order.status)
    if why.because == "acceptance":
        return Refused("acceptance_awaited", "number", order=order.number)
    if why.hold_id is not None:
        hold = Hold.objects.get(pk=why.hold_id)
        return Refused("on_hold", "number", order=order.number, reason=hold.why)
    if why.opens_on is not None:
        return Refused(
            "delivery_window_closed", "number", order=order.number, ship_on=order.ship_on, opens_on=why.opens_on
        )
    return Refused("payment_stops_shipping", "number", order=order.number)


def _overridden(order: SalesOrder, why_not: Sequence[WhyNot], *, override: bool, reason: str | None) -> tuple[str, ...]:
    """What a person passes over, in the words of the views. Refused: they do not, or cannot; they do not say why."""
    if not why_not:
        return ()
    if not override or any(why.because == "status" for why in why_not):
        raise _refusal(order, why_not[0])
    if not reason:
        raise Refused("override_needs_reason", "reason", order=order.number)
    return tuple(dict.fromkeys(why.because for why in why_not))


def _told(overridden: Sequence[str]) -> tuple[str, ...]:
    """The same for whoever reads it: a payment is a payment, of the child or of the whole order."""
    return tuple(dict.fromkeys("payment" if word == "upfront" else word for word in overridden))


def _not_asked(locked: LockedOrder, order: SalesOrder) -> Money | None:
    """The money of what was sent before its card was asked, where cards are asked ahead of the invoice."""
    if not locked.set_up.parameters.authorize_child_orders:
        return None
    found = Payment.objects.filter(order=order, method="card", at_invoice=True, status="due")
    minor = sum(found.exclude(purpose="refund").values_list("amount_minor", flat=True))
    return Money(minor, order.currency) if minor else None


@action()
def ship(
    *,
    number: str,
    on: date,
    by: str,
    carrier: str | None = None,
    tracking: str | None = None,
    override: bool = False,
    today: date | None = None,
    reason: str | None = None,
    reason_code: str | None = None,
    pieces: Sequence[Pieces] = (),
    rest: str | None = None,
    rest_on: date | None = None,
) -> Sent | OrdinaryLines:
    """A child, or a parent's ordinary lines, went out. Refused when it may not ship, a day before it was ordered, and one
    behind ``today``, on which it is reported.

    ``override``: send it although it is not accepted, held, unpaid, or its delivery window is not open; the ``reason``
    is needed then. What goes before its card was asked is told (``not_authorised``): it is charged when it is invoiced.
    ``pieces``: of these lines of a child so many went; only what went is owed. The ``rest`` does not come (``cancel``, left
    out) or follows as a child of its own (``later``), which ships on ``rest_on`` (left out: the next working day).
    """
    _not_ahead(on, today)
    _checked_carrier(carrier, tracking)
    found = order_by_number(number)
    locked = lock(found.parent_id or found.pk, on=on, by=by, reason=reason, reason_code=reason_code)
    if found.parent_id is None:
        if pieces or rest is not None:
            raise Refused("short_of_ordinary", "pieces", order=number)
        return _ship_ordinary(locked, override=override, carrier=carrier, tracking=tracking)
    child = SalesOrder.objects.select_for_update(no_key=True).get(pk=found.pk)
    _not_before_ordered(on, locked.order)
    overridden = _overridden(child, blocked.may_not_ship(child.pk, on), override=override, reason=reason)
    if rest is not None and not pieces:
        raise Refused("required", "pieces")
    follows_on = day_of_rest(locked, child, rest, rest_on)
    short = shorten(locked, child, pieces, follows_on) if pieces else Shortened()
    sent = ship_many(
        [child.pk],
        on=on,
        by=by,
        carrier=carrier,
        tracking=tracking,
        reason=reason,
        code=reason_code,
        overridden=overridden,
    )
    if not sent:
        raise Conflict("changed_meanwhile", order=number)
    no: tuple[Money | None, Money | None] = (None, None)
    back, credit = beyond([locked.order.pk]).get(locked.order.number, no) if short.lines else no
    return Sent(
        order=number,
        status="shipped",
        not_authorised=_not_asked(locked, child),
        overridden=_told(overridden),
        short=short.lines,
        total=total_of(child) if short.lines else None,
        rest=short.rest.number if short.rest else None,
        rest_on=short.rest.ship_on if short.rest else None,
        to_refund=back,
        to_credit=credit,
    )


def ship_many(
    ids: Sequence[int],
    *,
    on: date,
    by: str,
    carrier: str | None = None,
    tracking: str | None = None,
    reason: str | None = None,
    code: str | None = None,
    overridden: Sequence[str] = (),
) -> list[int]:
    """Ship those of the children that may ship, but for what is ``overridden``; which ones, by id. The caller has a
    transaction.
    """
    history.context(by=by, reason=reason)
    words = list(overridden)
    shipped = sorted(row[0] for row in sql.tuples(SQL["ship"], {"ids": list(ids), "on": on, "overridden": words}))
    values = {
        "ids": shipped,
        "on": on,
        "by": by,
        "reason": reason,
        "carrier": carrier,
        "tracking": tracking,
        "code": code,
    }
    sql.execute(SQL["ship_lines"], values)
    sql.execute(SQL["shipments"], values)
    sql.execute(SQL["events"], {**values, "kind": "shipped", "told": Jsonb(_told(words))})
    tell_sent(shipped, on=on)
    return shipped


@action()
def invoice(
    *,
    number: str,
    on: date,
    by: str,
    override: bool = False,
    today: date | None = None,
    reason: str | None = None,
    reason_code: str | None = None,
) -> Invoiced | OrdinaryLines:
    """A shipped child, or a parent's shipped ordinary lines, was invoiced: what pays it is captured next.

    ``override``: invoice it although it is not accepted, held, unpaid, its delivery window is not open, or nobody has
    reported that the child was sent: it counts as sent on that day then; the ``reason`` is needed.
    Refused: one that is not shipped, or where something stands in the way; a day before it was shipped, and one behind
    ``today``, on which it is reported.
    """
    _not_ahead(on, today)
    found = order_by_number(number)
    locked = lock(found.parent_id or found.pk, on=on, by=by, reason=reason, reason_code=reason_code)
    if found.parent_id is None:
        return _invoice_ordinary(locked, override=override)
    child = SalesOrder.objects.select_for_update(no_key=True).get(pk=found.pk)
    unreported = override and child.status == "open"
    if child.status != "shipped" and not unreported:
        raise Refused("not_shipped_to_invoice", "number", order=number, status=child.status)
    _not_before_shipped(on, child)
    overridden = _overridden(child, blocked.may_not_invoice(child.pk, on), override=override, reason=reason)
    if unreported:
        if not reason:
            raise Refused("override_needs_reason", "reason", order=number)
        overridden = ("not_shipped", *overridden)
    if not invoice_many([child.pk], on=on, by=by, reason=reason, code=reason_code, overridden=overridden):
        raise Conflict("changed_meanwhile", order=number)
    return Invoiced(order=number, status="invoiced", overridden=_told(overridden))


def invoice_many(
    ids: Sequence[int],
    *,
    on: date,
    by: str,
    reason: str | None = None,
    code: str | None = None,
    overridden: Sequence[str] = (),
) -> list[int]:
    """Invoice those of the children that are shipped and that nothing keeps, but for what is ``overridden``; which ones.
    The caller has a transaction.
    """
    history.context(by=by, reason=reason)
    words = list(overridden)
    done = [row[0] for row in sql.tuples(SQL["invoice"], {"ids": list(ids), "on": on, "overridden": words})]
    values = {
        "ids": done,
        "on": on,
        "by": by,
        "reason": reason,
        "code": code,
        "kind": "invoiced",
        "told": Jsonb(_told(words)),
    }
    sql.execute(SQL["sent_unreported"], values)
    sql.execute(SQL["invoice_lines"], values)
    sql.execute(SQL["events"], values)
    return done


@action()
def track(
    *,
    number: str,
    on: date,
    by: str,
    carrier: str | None = None,
    tracking: str | None = None,
    reason: str | None = None,
) -> Tracked:
    """Correct who carries a child, or a parent's ordinary lines, and under which number; what is left out stays.

    Refused: it was not sent; nothing of it is another.
    """
    found = order_by_number(number)
    locked = lock(found.parent_id or found.pk, on=on, by=by, reason=reason)
    sent = Shipment.objects.select_for_update().filter(order=found).first()
    if sent is None:
        raise Refused("not_sent_yet", "number", order=number)
    was = " ".join(word for word in (sent.carrier, sent.tracking) if word)
    before = (sent.carrier, sent.tracking)
    _checked_carrier(carrier, tracking)
    sent.carrier, sent.tracking = carrier or sent.carrier, tracking or sent.tracking
    if (sent.carrier, sent.tracking) == before:
        raise Refused("tracked_so_already", "tracking", order=number)
    sent.save(update_fields=["carrier", "tracking"])
    child = {"child": number, "shipment": found.shipment} if found.parent_id is not None else {}
    locked.event("tracking_corrected", **child, was=was or None, carrier=sent.carrier, tracking=sent.tracking)
    told = {"carrier": sent.carrier, "tracking": sent.tracking}
    correct("shipped", told, order=locked.order.pk, child=found.pk if found.parent_id is not None else None)
    return Tracked(order=number, carrier=sent.carrier, tracking=sent.tracking)


def _checked_carrier(carrier: str | None, tracking: str | None) -> None:
    if carrier is not None and (fault := text_fault(carrier, LINE)):
        raise fault.at("carrier")
    if tracking is not None and (fault := number_fault(tracking, LINE)):
        raise fault.at("tracking")


def _ordinary(order: SalesOrder) -> list[OrderLine]:
    return [line for line in order.lines.select_related("product").order_by("line") if line.product.kind == "item"]


def _ship_ordinary(locked: LockedOrder, *, override: bool, carrier: str | None, tracking: str | None) -> OrdinaryLines:
    order, on = locked.order, locked.on
    why_not = blocked.may_not_ship(order.pk, on)
    if why_not and why_not[0].because == "status":
        raise _refusal(order, why_not[0])
    lines = [line for line in _ordinary(order) if line.status == "open"]
    if not lines:
        raise Refused("nothing_to_ship", "number", order=order.number)
    overridden = _overridden(order, why_not, override=override, reason=locked.reason)
    _not_before_ordered(on, order)
    sql.shift(OrderLine, [line.pk for line in lines], "open", "shipped")
    Shipment.objects.get_or_create(order=order, defaults={"carrier": carrier, "tracking": tracking, "on_date": on})
    _follow(order, "shipped")
    locked.event("shipped", overridden=_told(overridden) or None)
    tell_ordinary_sent(order, on=on)
    return OrdinaryLines(
        order=order.number,
        status=order.status,
        lines=tuple(line.line for line in lines),
        not_authorised=_not_asked(locked, order),
        overridden=_told(overridden),
    )


def _invoice_ordinary(locked: LockedOrder, *, override: bool) -> OrdinaryLines:
    order, on = locked.order, locked.on
    lines = [line for line in _ordinary(order) if line.status == "shipped"]
    if not lines:
        raise Refused("nothing_to_invoice", "number", order=order.number)
    _not_before_shipped(on, order)
    why_not = blocked.may_not_invoice(order.pk, on)
    overridden = _overridden(order, why_not, override=override, reason=locked.reason)
    sql.shift(OrderLine, [line.pk for line in lines], "shipped", "invoiced")
    SalesOrder.objects.filter(pk=order.pk, invoiced_on=None).update(invoiced_on=on)
    _follow(order, "invoiced")
    locked.event("invoiced", overridden=_told(overridden) or None)
    return OrdinaryLines(
        order=order.number,
        status=order.status,
        lines=tuple(line.line for line in lines),
        overridden=_told(overridden),
    )


def _follow(order: SalesOrder, status: str) -> None:
    """An order of ordinary lines alone goes with them; a parent stays open until close-orders."""
    lines = list(order.lines.select_related("product"))
    if all(line.product.kind == "item" and line.status in (status, "cancelled", "invoiced") for line in lines):
        sql.shift(SalesOrder, [order.pk], order.status, status)
        order.status = status
