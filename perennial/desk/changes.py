"""What a clerk changes on planned shipments while the customer listens: skip, move, swap, quantity, price, address.

Skip, move this one and substitute write their own shipment alone; move from here on plans again from
there. Every change is an adjustment that later plans apply again, with who, when and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from perennial.catalog.queries import product_by_number
from perennial.continuity.planning import (
    Difference,
    LineRow,
    OccurrenceRow,
    OrderState,
    product_ids_of,
    read_orders,
    target_rows,
)
from perennial.customers.models import Address
from perennial.desk.locking import LockedOrder, adjust, changed, lock_parent, open_shipment, touch, undo
from perennial.desk.queries import refunds
from perennial.errors import Refused
from perennial.kernel import money
from perennial.kernel import plan as kernel
from perennial.kernel.reasons import DateReason, LineReason
from perennial.kernel.states import NOT_ENDED
from perennial.orders.models import SalesOrder


@transaction.atomic
def skip(
    *, number: str, shipment: int, on: date, by: str, reason: str | None = None, line: int | None = None
) -> dict[str, Any]:
    """Skip a planned shipment: it keeps its time and its number, the others stay (D3). A shared one as a whole."""
    locked = lock_parent(number, on=on, by=by, reason=reason)
    state = locked.state(line)
    found = open_shipment(state, shipment, "skip")
    difference = Difference()
    difference.add(found, [replace(o, status="skipped", blocked=None) for o in found], cancel=False)
    difference.write()
    for o in found:
        adjust(locked, state, o, "skip", True)
    locked.event("skipped", line=state.row.parent_line.line, shipment=shipment)
    changed(locked, [state])
    money_back = refunds([locked.order.pk]).get(number)
    done = {"order": number, "shipment": shipment, "status": "skipped"}
    return done if money_back is None else {**done, "to_refund": money_back}


@transaction.atomic
def unskip(
    *, number: str, shipment: int, on: date, by: str, reason: str | None = None, line: int | None = None
) -> dict[str, Any]:
    """Take a skip back: the shipment comes on its date again."""
    locked = lock_parent(number, on=on, by=by, reason=reason)
    state = locked.state(line)
    found = open_shipment(state, shipment, "unskip")
    status = "planned" if state.row.status == "draft" else "scheduled"
    difference = Difference()
    difference.add(found, [replace(o, status=status, blocked=None) for o in found], cancel=False)
    difference.write()
    for o in found:
        undo(locked, state, o, ("skip",))
    locked.event("unskipped", line=state.row.parent_line.line, shipment=shipment)
    changed(locked, [state])
    return {"order": number, "shipment": shipment, "status": status}


@transaction.atomic
def move(
    *,
    number: str,
    shipment: int,
    to: date,
    on: date,
    by: str,
    following: bool = False,
    reason: str | None = None,
    line: int | None = None,
) -> dict[str, Any]:
    """Move a planned shipment to a date: this one alone, or from here on.

    This one: its ``ship_on`` becomes the first working day on or after the date; the others stay. From
    here on: its ``event_on`` becomes the date and what follows is dated again from it. Refused: a date
    in the past; for *from here on* a date before the previous shipment's, a shared shipment, one with
    a child behind it.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason)
    state = locked.state(line)
    found = open_shipment(state, shipment, "move_following" if following else "move")
    if to < on:
        raise Refused("past", "to", text=f"{to} is past: the earliest date is {on}")
    if following:
        move_following(locked, state, found, to)
    else:
        move_alone(locked, state, found, to)
    locked.event("moved", line=state.row.parent_line.line, shipment=shipment, to=to.isoformat(), following=following)
    changed(locked, [state], forget_card=True)  # it may last to the new day: the next run finds out
    after = read_orders(locked.set_up, [state.row.pk])[0].shipment(shipment)
    return {"order": number, "shipment": shipment, "ship_on": after[-1].ship_on.isoformat() if after else None}


def move_alone(locked: LockedOrder, state: OrderState, found: Sequence[OccurrenceRow], to: date) -> None:
    """Set the ``ship_on`` of a shipment alone."""
    days = locked.set_up.working_days(found[-1].delivery_mode_id)
    try:
        ship_on = days.roll(to)
    except Refused as refused:  # no working day is left in the calendar
        raise refused.at("to") from None
    difference = Difference()
    wanted = [
        replace(o, ship_on=ship_on, why=DateReason.read(o.why).moved(to, ship_on, days.code).stored()) for o in found
    ]
    difference.add(found, wanted, cancel=False)
    difference.write()
    for o in found:
        adjust(locked, state, o, "move", to.isoformat())


def move_following(locked: LockedOrder, state: OrderState, found: Sequence[OccurrenceRow], to: date) -> None:
    """Set the ``event_on`` of an occurrence and date the chain again from it (``changeable`` says whether that goes)."""
    occurrence = found[0]
    walk = state.walk
    at = next(i for i, o in enumerate(walk) if o.id == occurrence.id)
    if at and to < walk[at - 1].event_on:
        raise Refused("order", "to", text=f"{to} is before the previous shipment's date {walk[at - 1].event_on}")
    undo(locked, state, occurrence, ("move",))
    adjust(locked, state, occurrence, "redate", to.isoformat())
    try:
        replan(locked, state, at)
    except Refused as refused:  # what follows runs out of the calendar
        raise refused.at(refused.field or "to") from None


def replan(locked: LockedOrder, state: OrderState, at: int) -> None:
    """Plan again what is planned from a place in the walk on: the same occurrences, dated and numbered anew."""
    fresh = read_orders(locked.set_up, [state.row.pk])[0]
    walk = fresh.walk
    before, behind = walk[:at], walk[at:]
    plan = kernel.plan(
        fresh.revision.plan, fresh.facts, fresh.adjustments, [o.step for o in before], fresh.highest(walk)
    )
    pairs = {o.pair for o in behind}
    plan = plan._replace(occurrences=tuple(o for o in plan.occurrences if (o.key, o.repetition) in pairs))
    wanted = target_rows(
        fresh.row.pk,
        fresh.revision,
        plan,
        first_position=max((o.position for o in before), default=0) + 1,
        status="planned" if fresh.row.status == "draft" else "scheduled",
        product_ids=product_ids_of(fresh),
    )
    difference = Difference()
    difference.add(behind, wanted, cancel=False)
    difference.write()


def _one_line(
    found: Sequence[OccurrenceRow], numbers: dict[int, str], wanted: str | None, option: str = "item"
) -> tuple[OccurrenceRow, LineRow]:
    """The product line of a shipment that was meant; ``option`` is what names it."""
    lines = [(o, line) for o in found for line in o.lines]
    if wanted is not None:
        lines = [(o, line) for o, line in lines if numbers[line.product_id] == wanted]
        if not lines:
            raise Refused("product", option, text=f"the shipment has no product {wanted!r}")
    if len(lines) != 1:
        names = ", ".join(sorted({numbers[line.product_id] for _, line in lines}))
        raise Refused("product", option, text=f"the shipment has several products ({names}): say which with --{option}")
    return lines[0]


def _numbers(found: Sequence[OccurrenceRow]) -> dict[int, str]:
    from perennial.catalog.models import Product

    ids = {line.product_id for o in found for line in o.lines}
    return dict(Product.objects.filter(pk__in=ids).values_list("pk", "number"))


def _of_program(state: OrderState, occurrence: OccurrenceRow, line: int) -> kernel.Line | None:
    """The line as the program has it, with the order's facts and no adjustment; None when the event is gone."""
    for event in state.revision.plan.events:
        if event.key == occurrence.event_key:
            for made in kernel.lines_of(state.revision.plan, state.facts, event):
                if made.line == line:
                    return made
    return None


def _write_line(state: OrderState, occurrence: OccurrenceRow, line: LineRow) -> None:
    wanted = replace(occurrence, lines=tuple(line if old.line == line.line else old for old in occurrence.lines))
    difference = Difference()
    difference.add([occurrence], [wanted], cancel=False)
    difference.write()


@transaction.atomic
def substitute(
    *,
    number: str,
    shipment: int,
    item: str,
    on: date,
    by: str,
    replaces: str | None = None,
    price: str | None = None,
    reason: str | None = None,
    line: int | None = None,
) -> dict[str, Any]:
    """Send another product in a planned shipment; it keeps the price that the line would have unless one is given (D17).

    Refused: an unknown product, a continuity product, a shipment with several products unless one is named.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason)
    state = locked.state(line)
    found = open_shipment(state, shipment, "substitute")
    product = product_by_number(item, "item")
    if product.kind == "continuity":
        raise Refused("continuity", "item", text=f"{item} is a continuity product: it ships nothing itself")
    given = None if price is None else _price(locked, price)
    occurrence, old = _one_line(found, _numbers(found), replaces, "from")
    base = _of_program(state, occurrence, old.line)
    amount = given if given is not None else _standing_price(state, occurrence, old, base)
    original = base.item if base is not None else _numbers(found)[old.product_id]
    why = replace(LineReason.read(old.why), product="substitute", instead_of=original)
    if given is not None:
        why = replace(why, price="given")
    adjust(locked, state, occurrence, "substitute", {"item": item}, old.line)
    if given is not None:
        adjust(locked, state, occurrence, "price", given, old.line)
    _write_line(
        state,
        occurrence,
        old._replace(product_id=product.pk, price_minor=amount, why=why.stored()),
    )
    locked.event("substituted", line=state.row.parent_line.line, shipment=shipment, item=item, instead_of=original)
    changed(locked, [state])
    return {
        "order": number,
        "shipment": shipment,
        "item_number": item,
        "price": money.text(amount, locked.set_up.currency),
    }


def _standing_price(state: OrderState, occurrence: OccurrenceRow, old: LineRow, base: kernel.Line | None) -> int:
    """The price that the line would have without a substitute: a person's, else the program's, else its own."""
    for a in state.adjustments:
        if (a.key, a.repetition, a.kind) == (*occurrence.pair, "price") and a.line in (0, old.line):
            return int(a.value)
    return base.price_minor if base is not None else old.price_minor


def _price(locked: LockedOrder, price: str) -> int:
    amount = money.minor(price, locked.set_up.currency, "price")
    if amount < 0:
        raise Refused("price", "price", text=f"{price} is below 0")
    return amount


@transaction.atomic
def price(
    *,
    number: str,
    shipment: int,
    price: str,
    on: date,
    by: str,
    replaces: str | None = None,
    reason: str | None = None,
    line: int | None = None,
) -> dict[str, Any]:
    """Give a planned shipment's product another price."""
    locked = lock_parent(number, on=on, by=by, reason=reason)
    state = locked.state(line)
    found = open_shipment(state, shipment, "price")
    amount = _price(locked, price)
    occurrence, old = _one_line(found, _numbers(found), replaces)
    adjust(locked, state, occurrence, "price", amount, old.line)
    why = replace(LineReason.read(old.why), price="given")
    _write_line(state, occurrence, old._replace(price_minor=amount, why=why.stored()))
    locked.event(
        "price_changed",
        line=state.row.parent_line.line,
        shipment=shipment,
        old=money.text(old.price_minor, locked.set_up.currency),
        new=money.text(amount, locked.set_up.currency),
    )
    changed(locked, [state])
    return {"order": number, "shipment": shipment, "price": money.text(amount, locked.set_up.currency)}


@transaction.atomic
def quantity(
    *,
    number: str,
    quantity: Decimal,
    on: date,
    by: str,
    shipment: int | None = None,
    replaces: str | None = None,
    reason: str | None = None,
    line: int | None = None,
) -> dict[str, Any]:
    """Change how many are sent: of one planned shipment, or of all that has no child yet (program times quantity, D5)."""
    quantity = money.quantity(f"{quantity:f}", "quantity")
    locked = lock_parent(number, on=on, by=by, reason=reason)
    state = locked.state(line)
    difference = Difference()
    if shipment is not None:
        found = open_shipment(state, shipment, "quantity")
        chosen = [(o, one) for o in found for one in o.lines]
        if replaces is not None:
            chosen = [_one_line(found, _numbers(found), replaces)]
        for o, one in chosen:
            adjust(locked, state, o, "quantity", money.plain(quantity), one.line)
        wanted = {(o.id, one.line) for o, one in chosen}
        for o in found:
            lines = tuple(one._replace(quantity=quantity) if (o.id, one.line) in wanted else one for one in o.lines)
            difference.add([o], [replace(o, lines=lines)], cancel=False)
    else:
        if state.row.status not in NOT_ENDED:
            raise Refused("status", "number", text=f"{number} is {state.row.status}: nothing of it can be changed")
        before = state.row.quantity
        own = {(a.key, a.repetition, a.line) for a in state.adjustments if a.kind == "quantity"}
        state.row.quantity = quantity
        for o in state.walk:
            if o.child_id is not None:
                continue
            rewritten = []
            for one in o.lines:
                base = _of_program(state, o, one.line)
                if (*o.pair, one.line) in own or (*o.pair, 0) in own:
                    rewritten.append(one)
                else:
                    many = base.quantity if base is not None else one.quantity / before * quantity
                    rewritten.append(one._replace(quantity=many))
            difference.add([o], [replace(o, lines=tuple(rewritten))], cancel=False)
        touch([state.row], "quantity")
        state.row.parent_line.quantity = quantity
        state.row.parent_line.save(update_fields=["quantity"])
    difference.write()
    locked.event("quantity_changed", line=state.row.parent_line.line, shipment=shipment, quantity=money.plain(quantity))
    changed(locked, [state])
    return {"order": number, "shipment": shipment, "quantity": money.plain(quantity)}


@transaction.atomic
def address(
    *,
    number: str,
    to: str,
    on: date,
    by: str,
    shipment: int | None = None,
    reason: str | None = None,
    line: int | None = None,
) -> dict[str, Any]:
    """Send a planned shipment, or all that has no child yet, to another address of the customer."""
    locked = lock_parent(number, on=on, by=by, reason=reason)
    found_address = Address.objects.filter(customer_id=locked.order.customer_id, code=to).first()
    if found_address is None:
        raise Refused("address", "to", text=f"the customer has no address {to!r}")
    if shipment is not None:
        state = locked.state(line)
        found = open_shipment(state, shipment, "address")
        difference = Difference()
        difference.add(found, [replace(o, ship_to_id=found_address.pk) for o in found], cancel=False)
        difference.write()
        for o in found:
            adjust(locked, state, o, "address", {"address_id": found_address.pk})
        states = [state]
    else:
        states = [s for s in locked.chosen(line) if s.row.status in NOT_ENDED]
        if locked.order.status not in NOT_ENDED or (line is not None and not states):
            status = locked.order.status if line is None else locked.state(line).row.status
            raise Refused("status", "number", text=f"{number} is {status}: nothing of it can be changed")
        for state in states:
            state.row.ship_to_id = found_address.pk
        touch([s.row for s in states], "ship_to")
        if line is None:
            locked.order.ship_to_id = found_address.pk
            locked.order.save(update_fields=["ship_to"])
    locked.event("address_changed", line=line, shipment=shipment, to=to)
    changed(locked, states)
    done: dict[str, Any] = {"order": number, "shipment": shipment, "address": to}
    if shipment is None:
        lines = [s.row.parent_line_id for s in states]
        made = SalesOrder.objects.filter(parent=locked.order, parent_line__in=lines, status="open")
        if stay := list(made.exclude(ship_to=found_address).order_by("number").values_list("number", flat=True)):
            done["still_to_old_address"] = stay
    return done
