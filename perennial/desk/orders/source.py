"""Say where an order comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from perennial.catalog.codes import source_code_fault
from perennial.desk.action import action
from perennial.desk.entry.writing import customers_come_from
from perennial.desk.locking import lock_parent
from perennial.desk.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Outcome):
    """Where an order comes from now; None: nobody knows."""

    order: str
    source_code: str | None


@action(undo=True)
def source(*, number: str, source_code: str | None, on: date, by: str, reason: str | None = None) -> Source:
    """Say where a parent order comes from, of a draft or of any other; None: nobody knows.

    A customer of whom it is not known where they came from first came from there. Refused: a source code that is not in
    the list, or that no order of its date may have.
    """
    locked = lock_parent(number, on=on, by=by, reason=reason)
    order = locked.order
    if source_code == order.source_code:
        return Source(order=number, source_code=source_code)
    if source_code is not None and (fault := source_code_fault(source_code, order.order_date)):
        raise fault
    was, order.source_code = order.source_code, source_code
    order.save(update_fields=["source_code"])
    if source_code is not None:
        customers_come_from([order.pk])
    locked.event("source_changed", before=was, source_code=source_code)
    return Source(order=number, source_code=source_code)
