"""What planning would make of a walk that is read line by line: what is left out of a line comes from here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from perennial.kernel import plan as kernel

Pair = tuple[str, int]
AHEAD = 12  # of what repeats until stopped, so many repetitions are planned beyond the one that is asked for


class Coming:
    """The walk so far (``steps``), and what comes behind it by the rules of the program."""

    def __init__(
        self, revision: kernel.Revision, facts: kernel.Facts, adjustments: Sequence[kernel.Adjustment]
    ) -> None:
        self.revision = revision
        self.facts = facts
        self.adjustments = adjustments
        self.steps: list[kernel.Step] = []
        self._endless = any(event.times_to_repeat is None for event in revision.events)
        self._coming: dict[Pair, kernel.Occurrence] = {}
        self._stale, self._reached = True, 0
        self._sequence: list[Pair] = []

    def _whole(self, repetitions: int) -> kernel.Facts:
        """The facts, as if there were no threshold; of what repeats until stopped, so many repetitions."""
        return self.facts._replace(threshold=repetitions if self._endless else None)

    def planned(self) -> kernel.Plan:
        """The plan of a new order: what nothing at all was given of."""
        return kernel.plan_anew(self.revision, self.facts, self.adjustments)

    def after(self, pair: Pair | None, most: int) -> Pair | None:
        """The shipment of the program that follows one (None: the first); ``most``: how many can be asked for."""
        if not self._sequence:
            plan = kernel.plan(self.revision, self._whole(most), self.adjustments)
            self._sequence = [(o.key, o.repetition) for o in plan.occurrences]
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
            plan = kernel.plan(self.revision, self._whole(self._reached), self.adjustments, self.steps)
            self._coming = {(o.key, o.repetition): o for o in plan.occurrences}
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
        plan = kernel.plan(self.revision, self._whole(highest + 1), self.adjustments, self.steps)
        return next(((o.key, o.repetition) for o in plan.occurrences), None)

    def behind(self, start: int) -> list[Pair]:
        """What the program sends behind the first steps of the walk, so many of them, in its order."""
        highest = max((step.repetition for step in self.steps), default=0)
        plan = kernel.plan(self.revision, self._whole(highest + 1), self.adjustments, self.steps[:start])
        return [(o.key, o.repetition) for o in plan.occurrences]

    def nothing_follows(self) -> bool:
        """Does nothing of the program come behind the walk?"""
        return self.following() is None
