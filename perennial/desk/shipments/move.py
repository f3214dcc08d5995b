"""Send a planned shipment on another day: this one alone, or it and all that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from perennial.catalog.queries import SetUp
from perennial.continuity.difference import Difference
from perennial.continuity.planning import OccurrenceRow, OrderState, product_ids_of, read_orders, target_rows
from perennial.desk.action import action
from perennial.desk.adjusting import Adjusted, adjusted_with
from perennial.desk.entry.far import far_away
from perennial.desk.locking import LockedOrder, changed, lock_parent, open_shipment, write
from perennial.desk.outcome import Outcome
from perennial.errors import Refused
from perennial.kernel import plan as kernel
from perennial.kernel.reasons import DateReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Outcome):
    """A shipment ships on another day."""

    order: str
    shipment: int
    ship_on: date | None


@action(undo=True)
def move(
    *,
    number: str,
    shipment: int,
    to: date,
    on: date,
    by: str,
    following: bool = False,
    reason: str | None = None,
    reason_code: str | None = None,
    line: int | None = None,
    meant: Sequence[date] = (),
) -> Moved:
    """Move a planned shipment to a date: this one alone, or from here on.

    This one: its ``ship_on`` becomes the first working day on or after the date; the others stay. From
    here on: its ``event_on`` becomes the date and what follows is dated again from it. ``meant``: days that are
    not mistyped, though they are years away. Refused: a date in the past; one that is years away; for *from here on* a date before the previous shipment's, a shared shipment, one with
    a child behind it.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason, reason_code=reason_code)
    state = locked.state(line)
    found = open_shipment(state, shipment, "move_following" if following else "move")
    if to < on:
        raise Refused("date_past", "to", date=to, earliest=on)
    if far := far_away(to, "to", on=on, most=locked.set_up.parameters.order_dates_within_days, meant=meant):
        raise far
    if following:
        move_following(locked, state, found, to)
    else:
        move_alone(locked, state, found, to)
    locked.event("moved", line=state.row.parent_line.line, shipment=shipment, to=to.isoformat(), following=following)
    changed(locked, [state], forget_card=True)  # it may last to the new day: the next run finds out
    after = read_orders(locked.set_up, [state.row.pk])[0].shipment(shipment)
    return Moved(order=number, shipment=shipment, ship_on=after[-1].ship_on if after else None)


def move_alone(locked: LockedOrder, state: OrderState, found: Sequence[OccurrenceRow], to: date) -> None:
    """Set the ``ship_on`` of a shipment alone."""
    difference = Difference()
    adjusted = moved_alone(locked.set_up, found, to, difference)
    difference.write()
    write(locked, adjusted)


def move_following(locked: LockedOrder, state: OrderState, found: Sequence[OccurrenceRow], to: date) -> None:
    """Set the ``event_on`` of an occurrence and date the chain again from it."""
    difference = Difference()
    (fresh,) = read_orders(locked.set_up, [state.row.pk])
    adjusted = moved_following(fresh, found[0], to, difference)
    difference.write()
    write(locked, adjusted)


def moved_alone(set_up: SetUp, found: Sequence[OccurrenceRow], to: date, difference: Difference) -> list[Adjusted]:
    """The occurrences of a shipment that ships alone on the first working day on or after a date."""
    ship_on, mode = rolled(set_up, found, to)
    wanted = [replace(o, ship_on=ship_on, why=DateReason.read(o.why).moved(to, ship_on, mode).stored()) for o in found]
    difference.add(found, wanted, cancel=False)
    return [Adjusted.of(o, "move", to.isoformat()) for o in found]


def rolled(set_up: SetUp, found: Sequence[OccurrenceRow], to: date) -> tuple[date, str]:
    """The day on which a shipment that is moved to a date would ship, and by which delivery mode."""
    days = set_up.working_days(found[-1].delivery_mode_id)
    try:
        return days.roll(to), days.code
    except Refused as refused:  # no working day is left in the calendar
        raise refused.at("to") from None


def moved_following(state: OrderState, occurrence: OccurrenceRow, to: date, difference: Difference) -> list[Adjusted]:
    """An order whose chain is dated again from a new ``event_on`` of one occurrence on. Refused: before the previous one's."""
    walk = state.walk
    at = next(i for i, o in enumerate(walk) if o.id == occurrence.id)
    if at and to < walk[at - 1].event_on:
        raise Refused("before_previous", "to", date=to, previous=walk[at - 1].event_on)
    adjusted = [Adjusted.of(occurrence, "redate", to.isoformat(), ends=("move",))]
    try:
        planned_anew(replace(state, adjustments=adjusted_with(state.adjustments, adjusted)), at, difference)
    except Refused as refused:  # what follows runs out of the calendar
        raise refused.at(refused.field or "to") from None
    return adjusted


def replan(locked: LockedOrder, state: OrderState, at: int) -> None:
    """Plan again what is planned from a place in the walk on: the same occurrences, dated and numbered anew."""
    difference = Difference()
    planned_anew(read_orders(locked.set_up, [state.row.pk])[0], at, difference)
    difference.write()


def planned_anew(state: OrderState, at: int, difference: Difference) -> None:
    """What differs when an order is planned again from a place in its walk on."""
    walk = state.walk
    before, behind = walk[:at], walk[at:]
    plan = kernel.plan(
        state.revision.plan, state.facts, state.adjustments, [o.step for o in before], state.highest(walk)
    )
    pairs = {o.pair for o in behind}
    plan = plan._replace(occurrences=tuple(o for o in plan.occurrences if (o.key, o.repetition) in pairs))
    wanted = target_rows(
        state.row.pk,
        state.revision,
        plan,
        first_position=max((o.position for o in before), default=0) + 1,
        status="planned" if state.row.status == "draft" else "scheduled",
        product_ids=product_ids_of(state),
        schedule_ids=state.schedule_ids(state.revision),
    )
    difference.add(behind, wanted, cancel=False)
