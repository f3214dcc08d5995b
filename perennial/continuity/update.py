"""An order planned anew with a newer revision of its program: what lies behind its frozen part, before and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from perennial.catalog.queries import PriceList, in_force
from perennial.continuity.difference import Difference
from perennial.continuity.planning import OccurrenceRow, OrderState, product_ids_of, target_rows
from perennial.kernel import plan as kernel
from perennial.kernel.reasons import Reason
from perennial.programs.queries import LoadedRevision


@dataclass(frozen=True, slots=True)
class Update:
    """What an order would be with a revision. ``before`` may hold cancelled rows; what is not in ``after`` is left out.

    ``prices``: those of the order, with those of its order date that it had none of. ``gone``: the adjustments whose
    occurrence is in no plan any more.
    """

    revision: LoadedRevision
    before: tuple[OccurrenceRow, ...]
    after: tuple[OccurrenceRow, ...]
    complete: bool
    prices: dict[str, int]
    gone: tuple[kernel.Adjustment, ...]

    def pairs(self) -> Iterator[tuple[OccurrenceRow | None, OccurrenceRow | None]]:
        """Each occurrence before and after; None: it is new, or left out."""
        before = {o.pair: o for o in self.before if o.status != "cancelled"}
        after = {o.pair: o for o in self.after}
        for pair in dict.fromkeys((*before, *after)):
            yield before.get(pair), after.get(pair)

    def set_by_people(self, state: OrderState) -> Iterator[tuple[kernel.Adjustment, OccurrenceRow | None]]:
        """What people had set on planned occurrences, with the occurrence that keeps it; None: it no longer applies."""
        gone = {(a.key, a.repetition, a.kind, a.line) for a in self.gone}
        after = {o.pair: o for o in self.after}
        for a in state.adjustments:
            if (a.key, a.repetition, a.kind, a.line) in gone:
                yield a, None
            elif (a.key, a.repetition) in after:
                yield a, after[a.key, a.repetition]

    @property
    def left_out(self) -> Reason:
        """Why what is not in it any more does not come."""
        return Reason("left_out", {"program": self.revision.program, "revision": self.revision.number})


def planned_with(state: OrderState, revision: LoadedRevision, prices: PriceList) -> Update:
    """Plan one order with a newer revision, by its own facts; ``prices``: those of the revision's products."""
    frozen = state.frozen
    kept = {o.pair for o in frozen}
    missing = {
        item: in_force(prices[revision.product_ids[item]], state.row.order_date)
        for item in revision.products_to_price - set(state.row.prices)
        if revision.product_ids[item] in prices
    }
    own_prices = {**state.row.prices, **missing}
    facts = state.facts._replace(prices=own_prices)
    product_ids, schedule_ids = product_ids_of(state), state.schedule_ids(revision)
    steps = [o.step for o in frozen]

    def planned(extended: bool) -> tuple[kernel.Plan, list[OccurrenceRow]]:
        plan = kernel.plan(revision.plan, facts, state.adjustments, steps, state.highest(), extended=extended)
        return plan, target_rows(
            state.row.pk,
            revision,
            plan,
            first_position=max((o.position for o in frozen), default=0) + 1,
            status="planned" if state.row.status == "draft" else "scheduled",
            product_ids=product_ids,
            schedule_ids=schedule_ids,
        )

    last = state.row.last_shipment
    behind = [
        o
        for o in state.occurrences
        # What was skipped behind the last shipment of a stopped order stays as it is.
        if o.pair not in kept and not (last is not None and o.status == "skipped" and (o.shipment or 0) > last)
    ]
    # Behind missed events that reached beyond the threshold nothing was planned as long as nobody has extended it:
    # an update that changes nothing leaves it so.
    extended = state.row.complete or any(o.event_on >= facts.order_date for o in state.walk)
    plan, wanted = planned(extended)
    if not extended and Difference().add(behind, wanted):
        plan, wanted = planned(True)
    return Update(revision, tuple(behind), tuple(wanted), complete=plan.complete, prices=own_prices, gone=plan.gone)
