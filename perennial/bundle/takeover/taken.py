"""An order that is taken over: its rows, and where the bundle says what they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from perennial.bundle.reading.values import Given
from perennial.desk.entry.rows import AdjustmentRow, ContinuityRow, NewOrder, OccurrenceRow, PaymentRow


@dataclass(frozen=True, slots=True)
class Walk:
    """A continuity order with the places of its shipments and of what people changed."""

    row: ContinuityRow
    place: Given
    given: list[tuple[OccurrenceRow, Given]]
    """The shipments that are given, each with its first entry; of one whose ``lines`` were left out, none."""
    changes: list[tuple[AdjustmentRow, Given]]
    """The adjustments that were not undone."""

    @property
    def planned_now(self) -> bool:
        """Were its lines left out?"""
        return not self.place.given("lines")


@dataclass(slots=True)
class Places:
    """Where the bundle says what the rows of one order are: by line, by line and event, by number, by payment."""

    order: Given
    lines: dict[int, Given] = field(default_factory=dict)
    events: dict[tuple[int, str, int], Given] = field(default_factory=dict)
    skips: dict[tuple[int, str, int], Given] = field(default_factory=dict)
    children: dict[str, Given] = field(default_factory=dict)
    payments: list[tuple[PaymentRow, Given]] = field(default_factory=list)

    def walk(self, walk: Walk) -> None:
        """Note the places of a continuity order."""
        line = walk.row.parent_line.line
        self.lines[line] = walk.place
        self.events |= {(line, o.key, o.repetition): at for o, at in walk.given}
        self.skips |= {(line, a.key, a.repetition): at for a, at in walk.changes if a.kind == "skip"}


@dataclass(slots=True, eq=False)
class TakenOver(NewOrder):
    """One order with all that belongs to it."""

    places: Places = field(kw_only=True)
