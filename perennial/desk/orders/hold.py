"""Put an order on hold, and let it go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import QuerySet

from perennial.catalog.codes import DISPUTE_HOLD, PAYMENT_HOLD, PLAIN_HOLD, hold_code
from perennial.continuity.models import ContinuityOrder
from perennial.desk.action import action
from perennial.desk.cards.ends import CardEnds, cards_that_end
from perennial.desk.locking import CaughtUp, LockedOrder, NewDay, changed, lock, order_by_number
from perennial.desk.outcome import Outcome
from perennial.desk.releasing import may_not_release
from perennial.desk.shipments.catch_up import catch_up as deal_with_late
from perennial.errors import Refused
from perennial.kernel.money import Money
from perennial.kernel.states import CHARGED_LATER, HOLD_STOPS, HOLDS_SENDING, NOT_INVOICED, hold_stops
from perennial.orders.models import Hold, OrderLine, SalesOrder
from perennial.payments.surplus import still_open


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Outcome):
    """An order or a child waits. ``still_ships``: children that are made already and go out all the same.

    ``shipments_wait``: so many planned shipments become no child meanwhile. ``not_charged``: money that is not asked for
    meanwhile; ``not_charged_of_sent``: so much of it for what has left already.
    """

    order: str
    held: bool
    code: str
    stops: str
    until: date | None = None
    still_ships: tuple[str, ...] = ()
    shipments_wait: int = 0
    not_charged: Money | None = None
    not_charged_of_sent: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Released(Outcome):
    """Holds are released, by their codes. ``still_held``: children that are held by themselves. ``kept``: holds of the
    order that whoever released may not release, by their codes.
    """

    order: str
    released: tuple[str, ...]
    moved: tuple[NewDay, ...] = ()
    caught_up: tuple[CaughtUp, ...] = ()
    still_held: tuple[str, ...] = ()
    still_pays: tuple[CardEnds, ...] = ()
    kept: tuple[str, ...] = ()


@action(undo=True)
def hold(
    *,
    number: str,
    on: date,
    by: str,
    reason: str | None = None,
    reason_code: str | None = None,
    code: str | None = None,
    stops: str | None = None,
    until: date | None = None,
) -> Held:
    """Put a parent or a child on hold. A held parent makes no new child, a held child waits itself (D15).

    ``code``: one of the list of hold codes says what it stops; without a code, and where no list is set up, ``stops``
    does (left out: ``both``). What is stopped stays with the hold, whatever becomes of its code.

    Children that are made already still ship: they are named (``still_ships``), to be held or cancelled by themselves.
    ``until``: it is released by itself on this date, with the first run of create-child-orders of it or of a later one;
    until then it is a hold like any other.
    Refused: a cancelled order; a second open hold of the code; one that would end at once; a code that is not in the list;
    ``stops`` other than its code says; what stops nothing of it: new children of a child, sending and invoicing of a
    parent without ordinary lines.
    """
    code, stops = _kind_of_hold(code, stops)
    if until is not None and until <= on:
        raise Refused("hold_ends_at_once", "until", until=until, on=on)
    found = order_by_number(number)
    locked = lock(found.parent_id or found.pk, on=on, by=by, reason=reason, reason_code=reason_code)
    order = locked.order if found.parent_id is None else SalesOrder.objects.get(pk=found.pk)
    if order.status == "cancelled":
        raise Refused("cannot_be_held", "number", order=number, status=order.status)
    if Hold.objects.filter(order=order, code=code, released_on=None).exists():
        raise Refused("held_already", "code", order=number, code=code)
    parts = HOLD_STOPS[stops]
    if found.parent_id is not None and parts == ("children",):
        raise Refused("hold_stops_nothing_of_child", "stops", order=number)
    if found.parent_id is None and not {"children", "charging"} & set(parts) and not _ordinary_open(order):
        raise Refused("hold_stops_nothing_of_parent", "code", order=number, children=_still_ship(order) or None)
    Hold.objects.create(
        order=order,
        code=code,
        reason=reason or "",
        reason_code=reason_code,
        stops=stops,
        on_date=on,
        until=until,
        by=by,
    )
    locked.event(
        "held",
        code=code,
        stops=stops,
        until=None if until is None else until.isoformat(),
        child=number if found.parent_id else None,
    )
    ships = _still_ship(locked.order) if found.parent_id is None and "children" in parts else ()
    waiting = {
        (state.row.pk, o.shipment)
        for state in locked.states
        for o in state.walk
        if o.status == "scheduled" and found.parent_id is None and "children" in parts
    }
    open_, of_sent = still_open(order.pk, CHARGED_LATER) if "charging" in parts else (0, 0)
    return Held(
        order=number,
        held=True,
        code=code,
        stops=stops,
        until=until,
        still_ships=ships,
        shipments_wait=len(waiting),
        not_charged=Money(open_, order.currency) if open_ else None,
        not_charged_of_sent=Money(of_sent, order.currency) if of_sent else None,
    )


def _ordinary_open(order: SalesOrder) -> bool:
    """Has a parent an ordinary line that is still to be sent or invoiced?"""
    of_programs = ContinuityOrder.objects.filter(order=order).values("parent_line")
    return OrderLine.objects.filter(order=order, status__in=NOT_INVOICED).exclude(pk__in=of_programs).exists()


def _kind_of_hold(code: str | None, stops: str | None) -> tuple[str, str]:
    """The code of a hold that is placed, and what it stops."""
    if code in (PAYMENT_HOLD, DISPUTE_HOLD):
        raise Refused("hold_code_of_payments", "code", code=code)
    word = None if stops is None else hold_stops(stops)
    if stops is not None and word is None:
        raise Refused("unknown_word", "stops", word=stops, known=tuple(HOLD_STOPS))
    kind = None if code in (None, PLAIN_HOLD) else hold_code(code or "")
    if kind is not None and word not in (None, kind.stops):
        raise Refused("hold_code_says_what", "stops", code=code, stops=kind.stops)
    return code or PLAIN_HOLD, kind.stops if kind else word or "both"


def _still_ship(parent: SalesOrder) -> tuple[str, ...]:
    """The numbers of the children that are made, and neither sent nor held themselves."""
    made = SalesOrder.objects.filter(parent=parent, status="open")
    held = Hold.objects.filter(order__in=made, released_on=None, stops__in=HOLDS_SENDING)
    return tuple(made.exclude(pk__in=held.values("order")).order_by("number").values_list("number", flat=True))


@action(undo=True)
def release(
    *,
    number: str,
    on: date,
    by: str,
    code: str | None = None,
    catch_up: str | None = None,
    reason: str | None = None,
    roles: Sequence[str] | None = None,
) -> Released:
    """Release an order's holds, or the one that is named; late shipments catch up.

    Children of a parent that are held by themselves stay so: they are named (``still_held``). ``roles``: those of whoever
    releases (None: whoever runs the installation); of all holds those stay that they may not release (``kept``).
    Refused: no such hold; one that they may not release.
    """
    found = order_by_number(number)
    locked = lock(found.parent_id or found.pk, on=on, by=by, reason=reason)
    holds = Hold.objects.filter(order_id=found.pk, released_on=None)
    if code is not None:
        holds = holds.filter(code=code)
    if not holds.exists():
        if code is not None:
            raise Refused("hold_unknown", "code", order=number, code=code)
        raise Refused("not_on_hold", "number", order=number)
    closed = may_not_release(list(holds.values_list("code", flat=True)), roles)
    if closed and not holds.exclude(code__in=closed).exists():
        raise not_yours(closed)
    outcome = _let_go(locked, found, holds.exclude(code__in=closed), catch_up)
    return replace(outcome, kept=tuple(sorted(closed)))


def not_yours(closed: dict[str, tuple[str, ...]]) -> Refused:
    """The refusal to release holds that are for other roles."""
    code = min(closed)
    return Refused("hold_not_yours", "code", code=code, roles=closed[code])


def release_ended(*, order_id: int, on: date, by: str) -> Released:
    """Release the holds of an order or child that end by a date, as a person would; what is late catches up as the
    program says. The caller has a transaction. Refused: what follows runs out of the calendar.
    """
    found = SalesOrder.objects.get(pk=order_id)
    locked = lock(found.parent_id or found.pk, on=on, by=by)
    return _let_go(locked, found, Hold.objects.filter(order=found, released_on=None, until__lte=on), None)


def _let_go(locked: LockedOrder, order: SalesOrder, holds: QuerySet[Hold], catch_up: str | None) -> Released:
    codes = tuple(sorted(holds.values_list("code", flat=True)))
    holds.update(released_on=locked.on, released_by=locked.by)
    locked.event("released", codes=list(codes), child=order.number if order.parent_id else None)
    if order.parent_id is not None:
        return Released(order=order.number, released=codes)
    changed(locked, locked.states)
    deal_with_late(locked, locked.states, catch_up)
    changed(locked, locked.states)
    return Released(
        order=order.number,
        released=codes,
        moved=tuple(locked.moved),
        caught_up=tuple(locked.caught_up),
        still_held=_still_held(locked.order),
        still_pays=cards_that_end(order=locked.order.pk),
    )


def _still_held(parent: SalesOrder) -> tuple[str, ...]:
    """The numbers of the children that have not shipped and are held by themselves."""
    held = Hold.objects.filter(order__parent=parent, order__status="open", released_on=None)
    return tuple(sorted(set(held.values_list("order__number", flat=True))))
