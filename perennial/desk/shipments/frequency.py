"""How often one member gets a shipment, and how many times in all, instead of what the program says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from perennial.catalog.queries import price_lists
from perennial.continuity.difference import Difference
from perennial.continuity.planning import OrderState, read_orders, stored_every
from perennial.continuity.update import planned_with
from perennial.desk.action import action
from perennial.desk.locking import LockedOrder, changed, lock_parent, touch
from perennial.desk.outcome import Outcome
from perennial.desk.queries import refunds
from perennial.desk.rhythm import refuse_beyond, rhythm
from perennial.desk.shipments.move import move_following
from perennial.errors import Refused
from perennial.kernel import plan as kernel
from perennial.kernel.money import Money
from perennial.kernel.reasons import Reason, Who
from perennial.kernel.states import NOT_ENDED, TO_COME

AS_PROGRAM = ("every", "times")
"""What may be as the program says again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequency(Outcome):
    """How often a member wants it: every so many ``days``, or on the dates of an ``interval``; ``times``: how many in all.
    None: as the program says. ``next_on``: when the next one ships. ``to_refund``: what was paid up front for more.
    """

    order: str
    days: int | None
    interval: str | None
    times: int | None
    next_on: date | None
    to_refund: Money | None = None


@action(undo=True)
def frequency(
    *,
    number: str,
    on: date,
    by: str,
    days: int | None = None,
    interval: str | None = None,
    times: int | None = None,
    next_on: date | None = None,
    without: Sequence[str] = (),
    reason: str | None = None,
    line: int | None = None,
) -> Frequency:
    """Let a member have it every so many days or on the dates of an interval, and so many times in all; skipped shipments
    count. ``without``: as the program says again (``AS_PROGRAM``).

    What has a child stays, and what a person changed of a single shipment; all else is dated again from the last one that
    has a child. ``next_on``: the next one comes on this day, and the others count from it; left out, and were it late, it
    comes today. Refused: an order that has ended or is stopped; fewer times than were; more than the program sends, where
    its last event is not repeated.
    """
    every = rhythm(days, interval, times)
    if unknown := [word for word in without if word not in AS_PROGRAM]:
        raise Refused("unknown_word", "without", word=unknown[0], known=AS_PROGRAM)
    if every is None and times is None and next_on is None and not without:
        raise Refused("frequency_of_nothing", "days")
    if next_on is not None and next_on < on:
        raise Refused("date_past", "next_on", date=next_on, earliest=on)
    locked = lock_parent(number, on=on, by=by, reason=reason)
    state = locked.state(line)
    row = state.row
    if row.status not in NOT_ENDED:
        raise Refused("order_ended", "number", order=number, status=row.status)
    if row.last_shipment is not None:
        raise Refused("order_is_stopped", "number", order=number, last=row.last_shipment)
    late = {o.pair for o in state.walk if o.status in TO_COME and o.ship_on < on}
    if every is not None or "every" in without:
        row.every = stored_every(every)
    if times is not None or "times" in without:
        row.times = times
    _enough(state, times)
    try:
        dated_anew(locked, state)
        _first_on(locked, state, next_on, late)
    except Refused as refused:  # the day is before the last one, or what follows runs out of the calendar
        field = refused.field or ("interval" if interval else "days")
        raise refused.at("next_on" if field == "to" else field) from None
    locked.event(
        "frequency_changed",
        line=row.parent_line.line,
        every=row.every,
        times=row.times,
        to=None if next_on is None else next_on.isoformat(),
    )
    changed(locked, [state], forget_card=True)
    coming = [o.ship_on for o in read_orders(locked.set_up, [row.pk])[0].walk if o.status in TO_COME]
    now = state.facts.every
    return Frequency(
        order=number,
        days=now.days if now and now.interval is None else None,
        interval=now.interval.code if now and now.interval else None,
        times=row.times,
        next_on=min(coming, default=None),
        to_refund=refunds([locked.order.pk]).get(number),
    )


def dated_anew(locked: LockedOrder, state: OrderState) -> None:
    """Plan an order again behind its last child, by its own revision and its facts as they are now, and write what differs.

    What does not come any more is cancelled, and says by whom; what comes after all is as it would have been.
    """
    revision = state.revision
    found = planned_with(
        state, revision, price_lists(revision.product_ids[item] for item in revision.products_to_price)
    )
    difference = Difference()
    difference.add(
        found.before, found.after, why=Reason("cancelled_by", {"who": Who(locked.by, locked.on, locked.reason)})
    )
    difference.write()
    state.row.prices, state.row.complete = found.prices, found.complete
    touch([state.row], "every", "times", "prices", "complete")


def _enough(state: OrderState, times: int | None) -> None:
    """Refused: fewer times than there were already, more than the program has."""
    if times is None:
        return
    had = len(state.frozen)
    if times < had:
        raise Refused("times_below_made", "times", times=times, made=had)
    facts = state.facts._replace(threshold=None)
    whole = kernel.plan(state.revision.plan, facts, state.adjustments, [o.step for o in state.frozen])
    refuse_beyond(state.revision.plan, times, had + len(whole.occurrences))


def _first_on(locked: LockedOrder, state: OrderState, next_on: date | None, late: set[tuple[str, int]]) -> None:
    """Let the next one come on a day, and the others behind it: the day that was asked for, or today were it late by now."""
    (fresh,) = read_orders(locked.set_up, [state.row.pk])
    made = {o.id for o in fresh.frozen}
    first = next((o for o in fresh.walk if o.id not in made and o.status in TO_COME), None)
    if first is None:
        if next_on is not None:
            raise Refused("nothing_to_come", "next_on", order=locked.order.number)
        return
    day = next_on
    if day is None and first.ship_on < locked.on and first.pair not in late:
        day = max(locked.on, fresh.walk[at - 1].event_on) if (at := fresh.walk.index(first)) else locked.on
    if day is not None:
        move_following(locked, fresh, [first], day)
