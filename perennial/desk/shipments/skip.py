"""Leave a planned shipment out, and let it come after all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from perennial.continuity.difference import Difference
from perennial.desk.action import action
from perennial.desk.locking import adjust, changed, lock_parent, open_shipment, take_back
from perennial.desk.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped(Outcome):
    """A shipment is left out, or comes again."""

    order: str
    shipment: int
    status: str


@action(undo=True)
def skip(
    *,
    number: str,
    shipment: int,
    on: date,
    by: str,
    reason: str | None = None,
    reason_code: str | None = None,
    line: int | None = None,
) -> Skipped:
    """Skip a planned shipment: it keeps its time and its number, the others stay (D3). A shared one as a whole.

    Refused: what is not planned any more (``changeable``), what is skipped already.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason, reason_code=reason_code)
    state = locked.state(line)
    found = open_shipment(state, shipment, "skip")
    difference = Difference()
    difference.add(found, [replace(o, status="skipped", blocked=None) for o in found], cancel=False)
    difference.write()
    for o in found:
        adjust(locked, state, o, "skip", True)
    locked.event("skipped", line=state.row.parent_line.line, shipment=shipment)
    changed(locked, [state])
    return Skipped(order=number, shipment=shipment, status="skipped")


@action(undo=True)
def unskip(
    *, number: str, shipment: int, on: date, by: str, reason: str | None = None, line: int | None = None
) -> Skipped:
    """Take a skip back: the shipment comes on its date again. Refused: what is not skipped."""
    locked = lock_parent(number, on=on, by=by, reason=reason)
    state = locked.state(line)
    found = open_shipment(state, shipment, "unskip")
    status = "planned" if state.row.status == "draft" else "scheduled"
    difference = Difference()
    difference.add(found, [replace(o, status=status, blocked=None) for o in found], cancel=False)
    difference.write()
    for o in found:
        take_back(locked, state, o, ("skip",))
    locked.event("unskipped", line=state.row.parent_line.line, shipment=shipment)
    changed(locked, [state])
    return Skipped(order=number, shipment=shipment, status=status)
