"""The walk against the second reading of the same rules (tests/second_reading): two programs, one answer.

What is compared: what comes, in which order, its dates, its day of shipping, its number, its products and prices,
and whether planning is complete: for new orders, for orders extended until nothing follows, for orders updated to
changed programs with something shipped already.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from perennial.kernel import plan as kernel
from tests.second_reading import model as second
from tests.second_reading import walk as reading
from tests.worlds import programs
from tests.worlds.kernel import pairs


class Second(second.Model):
    """The second reading, without money: the order brings the prices of all products."""

    def recalculate(self, co: second.Continuity) -> None:
        pass

    def snapshot_prices(self, co: second.Continuity) -> None:
        pass


def other_interval(interval: Any) -> reading.Interval | None:
    if interval is None:
        return None
    return reading.Interval(interval.code, interval.rule, str(interval.anchor) if interval.anchor else "order")


def other_revision(revision: kernel.Revision, places: list[str]) -> reading.Revision:
    live = [event for event in revision.events if event.event_id is not None]
    made = [
        reading.Event(
            event.key,
            event.event_id or 0,
            event.mode.code or None,
            other_interval(event.interval),
            event.days_from_last,
            event.start_order_date,
            event.action,
            reading.ENDLESS if event.times_to_repeat is None else event.times_to_repeat,
            None,
            tuple(reading.Product(p.item, p.quantity, p.price_minor) for p in event.products),
        )
        for event in live
    ]
    header = {
        "days_after_order_date": revision.days_after_order_date,
        "bill_upfront": False,  # nothing here is paid in parts
        "payment_schedule": None,
    }
    return reading.Revision(revision.number, header, made, places)


MODES = {
    mode.code: {
        "working_days": [n for n in range(1, 8) if n in mode._weekdays],
        "holidays": mode.holidays,
        "closed_on": [str(closed) for closed in mode.closed_on],
    }
    for mode in programs.MODES
    if mode.code
}


class Both:
    """One order in both: what the kernel plans, written down as a job would, and the second reading's own rows."""

    def __init__(self, case: programs.Case) -> None:
        self.revision, self.facts = case
        self.adjustments: list[kernel.Adjustment] = []
        self.walk: list[kernel.Occurrence] = []
        self.ever: set[tuple[str, int]] = set()
        self.frozen = 0
        self.complete = False
        facts = self.facts
        self.model = Second()
        self.model.modes = MODES
        program = second.Program("CLUB", {})
        program.revisions.append(other_revision(self.revision, [event.key for event in self.revision.events]))
        order: Any = None
        self.co = second.Continuity(
            order,
            1,
            "CLUB",
            program,
            program.newest(),
            reading.Facts(
                facts.order_date,
                facts.start_date,
                "first_event" if facts.first_event is None else "current_event",
                facts.first_event,
                facts.duration,
                facts.shipments,
                facts.quantity,
                facts.threshold,
                facts.consolidate,
                facts.upfront,
                dict(facts.prices),
            ),
            "card",
            None,
            None,
            None,
        )
        self._take(kernel.plan(self.revision, facts))
        self.model.plan(self.co, [], lambda event: reading.threshold_of(self.co.facts, event))
        self.compare()

    def _take(self, plan: kernel.Plan, kept: int = 0) -> None:
        self.walk[kept:] = plan.occurrences
        self.complete = plan.complete
        self.ever.update(pairs(plan))

    def adjust(self, made: list[kernel.Adjustment]) -> None:
        """Write the changes down; both apply them when they plan next."""
        self.adjustments = made
        self.co.adjustments = []
        for one in made:
            values: list[tuple[str, Any]] = [(one.kind, one.value)]
            if one.kind == "substitute":
                item, price = one.value
                values = [("substitute", item), *([("price", price)] if price is not None else [])]
            for kind, value in values:
                if kind == "price" and any(o.kind == "price" and o[:3] == one[:3] and o is not one for o in made):
                    continue
                value = str(value) if isinstance(value, date) else value
                self.co.adjust((one.key, one.repetition), kind, value, self.facts.order_date, one.line or None)

    def extend(self) -> None:
        plan = kernel.extend(self.revision, self.facts, self.adjustments, programs.as_steps(tuple(self.walk)))
        self._take(plan, len(self.walk))
        self.model.extend(self.co)
        self.compare()

    def ship(self, many: int) -> None:
        """So many occurrences have their child."""
        self.frozen = many
        child: Any = object()
        for at, row in enumerate(self.co.walk):
            row.child = child if at < many else None

    def update(self, revision: kernel.Revision) -> None:
        self.revision = revision
        keys = [event.key for event in revision.events if event.event_id is not None]
        places = reading.places_after(self.co.program.newest().places, keys)
        assert places == [event.key for event in revision.events], "the removed events have their places"
        self.co.program.revisions.append(other_revision(revision, places))
        reach: dict[str, int] = {}
        for key, repetition in self.ever:
            reach[key] = max(reach.get(key, 0), repetition)
        steps = programs.as_steps(tuple(self.walk[: self.frozen]))
        self._take(kernel.plan(revision, self.facts, self.adjustments, steps, reach), self.frozen)
        self.model.update(self.co)
        self.compare()

    def compare(self) -> None:
        mine = [
            (
                o.key,
                o.repetition,
                str(o.event_on),
                str(o.ship_on),
                o.shipment,
                o.skipped,
                [(line.item, line.quantity, line.price_minor) for line in o.lines],
            )
            for o in self.walk
        ]
        theirs = [
            (
                row.key,
                row.repetition,
                str(row.event_on),
                str(row.ship_on),
                row.shipment,
                row.status == "skipped",
                [(line.item, line.quantity, line.price) for line in row.lines],
            )
            for row in self.co.walk
        ]
        assert mine == theirs
        assert self.complete == self.co.complete


@given(programs.cases())
def test_new_orders_are_planned_alike(case: programs.Case) -> None:
    Both(case)


@given(programs.cases(upfront=False), st.integers(1, 6))
def test_extended_orders_go_on_alike(case: programs.Case, times: int) -> None:
    both = Both(case)
    for _ in range(times):
        if both.complete:
            break
        both.extend()


@given(st.data())
def test_updated_orders_are_planned_alike(data: st.DataObject) -> None:
    case = data.draw(programs.cases())
    both = Both(case)
    for _ in range(data.draw(st.integers(1, 3))):
        planned = tuple(both.walk)
        cuts = [cut for cut in programs.cut_at_shipments(planned) if cut >= both.frozen]
        both.ship(data.draw(st.sampled_from(cuts)))
        behind = planned[both.frozen :]
        keep = [a for a in both.adjustments if (a.key, a.repetition) not in {(o.key, o.repetition) for o in behind}]
        both.adjust(keep + data.draw(programs.adjustments(behind, case.facts.order_date, COMPARED)))
        both.update(data.draw(programs.changed(both.revision, case.facts.order_date, case.facts.upfront)))
        if not both.complete and data.draw(st.booleans()):
            both.extend()


COMPARED = ("skip", "move", "redate", "substitute", "price")


@given(st.data())
def test_the_calendar_of_a_program_is_read_alike(data: st.DataObject) -> None:
    started = data.draw(programs.dates)
    revision = data.draw(programs.revisions(started))
    on = data.draw(programs.dates)
    mine = kernel.current_event(revision, started, on)
    theirs = reading.calendar(other_revision(revision, [event.key for event in revision.events]), started, on)
    assert (mine and (mine.key, mine.repetition)) == (theirs and (theirs[0].key, theirs[1]))
