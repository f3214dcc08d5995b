"""What planning would make of a walk that is read line by line: what is left out of a line comes from here."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import suppress
from datetime import date

from perennial.bundle.reading.values import Given
from perennial.desk.entry.rows import OccurrenceRow
from perennial.errors import Refused
from perennial.kernel import plan as kernel
from perennial.kernel.reasons import DateReason

Pair = tuple[str, int]
KEPT = 500  # plans
AHEAD = 12  # of what repeats until stopped, so many repetitions are planned beyond the one that is asked for


class Plans:
    """What was planned for orders of the same facts: many begin alike. The last few hundred are kept."""

    def __init__(self) -> None:
        self._plans: dict[Hashable, kernel.Plan] = {}
        self._reasons: dict[int, tuple[kernel.Occurrence, str]] = {}

    def of(
        self, revision: kernel.Revision, facts: kernel.Facts, adjustments: Sequence[kernel.Adjustment]
    ) -> kernel.Plan:
        """The plan of an order from its start on."""
        if adjustments:
            return kernel.plan(revision, facts, adjustments)
        prices = kernel.Facts._fields.index("prices")
        key = (revision.program, revision.number, facts[:prices], facts[prices + 1 :], tuple(facts.prices.items()))
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) == KEPT:
                self._plans.clear()
                self._reasons.clear()
            found = self._plans[key] = kernel.plan(revision, facts)
            for o in found.occurrences:
                self._reasons[id(o)] = o, DateReason.of(o).stored()
        return found

    def date_reason(self, o: kernel.Occurrence) -> str:
        """Why a planned occurrence has its dates, as it is stored."""
        known = self._reasons.get(id(o))
        return known[1] if known else DateReason.of(o).stored()


class Coming:
    """The walk so far (``steps``), and what comes behind it by the rules of the program."""

    def __init__(
        self, revision: kernel.Revision, facts: kernel.Facts, adjustments: Sequence[kernel.Adjustment], plans: Plans
    ) -> None:
        self.plans = plans
        self.revision = revision
        self.facts = facts
        self.adjustments = adjustments
        self.steps: list[kernel.Step] = []
        self._endless = any(event.times_to_repeat is None for event in revision.events)
        self._coming: dict[Pair, kernel.Occurrence] = {}
        self._stale, self._reached = True, 0
        self._sequence: list[Pair] = []
        self._anew: dict[int | None, kernel.Plan] = {}

    def _whole(self, repetitions: int) -> kernel.Facts:
        """The facts, as if there were no threshold; of what repeats until stopped, so many repetitions."""
        return self.facts._replace(threshold=repetitions if self._endless else None)

    def _behind(self, repetitions: int, steps: Sequence[kernel.Step]) -> Sequence[kernel.Occurrence]:
        """What the program sends behind some steps. Where these are as planned, it is the rest of the whole plan."""
        facts = self._whole(repetitions)
        if not steps or not self.adjustments:
            whole = self._anew.get(facts.threshold)
            if whole is None:
                whole = self._anew[facts.threshold] = self.plans.of(self.revision, facts, self.adjustments)
            planned = whole.occurrences
            if len(steps) <= len(planned) and all(
                step.event_on == o.event_on
                and step.shipment == o.shipment
                and step.key == o.key
                and step.repetition == o.repetition
                for step, o in zip(steps, planned, strict=False)
            ):
                return planned[len(steps) :] if steps else planned
        return kernel.plan(self.revision, facts, self.adjustments, steps).occurrences

    def planned(self) -> kernel.Plan:
        """The plan of a new order: what nothing at all was given of."""
        return kernel.plan_anew(self.revision, self.facts, self.adjustments)

    def after(self, pair: Pair | None, most: int) -> Pair | None:
        """The shipment of the program that follows one (None: the first); ``most``: how many can be asked for."""
        if not self._sequence:
            self._sequence = [(o.key, o.repetition) for o in self._behind(most, ())]
        if pair is None:
            at = 0
        elif pair in self._sequence:
            at = self._sequence.index(pair) + 1
        else:
            return None
        return self._sequence[at] if at < len(self._sequence) else None

    def of(self, pair: Pair) -> kernel.Occurrence | None:
        """What planning would make of an occurrence behind those in front of it."""
        if self._stale or (self._endless and pair[1] > self._reached):
            self._reached = pair[1] + AHEAD
            self._coming = {(o.key, o.repetition): o for o in self._behind(self._reached, self.steps)}
            self._stale = False
        return self._coming.get(pair)

    def step(self, pair: Pair, event_on: date, shipment: int, planned: kernel.Occurrence | None) -> None:
        """One more of the walk; where it is not dated or numbered as planned, what follows is planned again."""
        self.steps.append(kernel.Step(*pair, event_on, shipment))
        if planned is not None and (planned.event_on, planned.shipment) == (event_on, shipment):
            self._coming.pop(pair, None)
        else:
            self._stale = True

    def following(self) -> Pair | None:
        """The first of the program that comes behind the walk."""
        highest = max((step.repetition for step in self.steps), default=0)
        return next(((o.key, o.repetition) for o in self._behind(highest + 1, self.steps)), None)

    def behind(self, start: int) -> list[Pair]:
        """What the program sends behind the first steps of the walk, so many of them, in its order."""
        highest = max((step.repetition for step in self.steps), default=0)
        return [(o.key, o.repetition) for o in self._behind(highest + 1, self.steps[:start])]

    def nothing_follows(self) -> bool:
        """Does nothing of the program come behind the walk?"""
        return self.following() is None


def nothing_left_out(walked: Sequence[tuple[OccurrenceRow, Given]], coming: Coming, had_child: set[int]) -> None:
    """The program sends nothing in front of what is given as still to come. An order that was stopped leaves out what it wants.

    Up to the last shipment that has, or had, a child no plan changes anything: an event may have come into the program
    there later.
    """
    if coming.facts.last_shipment is not None:
        return
    live = [(row, entry) for row, entry in walked if row.status != "cancelled"]
    cancelled = {(row.key, row.repetition) for row, _ in walked if row.status == "cancelled"}
    made = [at for at, (row, _) in enumerate(live) if row.status == "ordered" or row.shipment in had_child]
    start = made[-1] + 1 if made else 0
    behind = live[start:]
    if not behind:
        return
    with suppress(Refused):  # the program's own fault, which whoever plans it is told
        plan = coming.behind(start)
        expected = iter([pair for pair in plan if pair not in cancelled])
        for row, entry in behind:
            wanted = next(expected, None)
            if wanted is None:
                return
            if wanted != (row.key, row.repetition):
                own = {"event": row.key, "repetition": row.repetition, "begins": live[0][0] is row}
                entry.fault("", "shipment_left_out", wanted=wanted[0], wanted_repetition=wanted[1], **own)
                return
