"""A higher price needs a notice, and so do higher charges: of which orders a price rises, and whether anybody tells their
customers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q

from perennial.continuity.planning import OrderState
from perennial.continuity.update import Update
from perennial.customers.models import Customer
from perennial.errors import Refused
from perennial.notices.queue import is_on

RISE, SILENT = COUNTS = ("prices_rise", "without_email")
"""What an update counts: orders of which a price rises, and those of them that have nobody with an e-mail address."""


def notice_fault(*, rises: int, silent: int) -> Refused | None:
    """Why not everybody whose price rises is told of it by mail: these messages are off, or some have no address."""
    if rises and not is_on("price_changed"):
        return Refused("price_notice_off", "letters", count=rises)
    return Refused("price_notice_silent", "letters", count=silent) if silent else None


def charges_fault(more: int) -> Refused | None:
    """Why nobody is told who pays higher charges: these messages are off."""
    return Refused("charges_notice_off", "letters", count=more) if more and not is_on("charges_changed") else None


def fault_of_runs(counts: Iterable[Mapping[str, int]]) -> Refused | None:
    """The same of what runs have counted."""
    of_all = list(counts)
    rises, silent = (sum(of.get(word, 0) for of in of_all) for word in COUNTS)
    return notice_fault(rises=rises, silent=silent)


def rises(update: Update) -> bool:
    """Does a product of a planned shipment get a higher price? Of that a customer is told
    (``desk.notices.queue.tell_price_changes``).
    """
    for old, new in update.pairs():
        if old is not None and new is not None:
            before = {line.product_id: line.price_minor for line in old.lines}
            if any(line.price_minor > before.get(line.product_id, line.price_minor) for line in new.lines):
                return True
    return False


def counted(rising: Sequence[OrderState]) -> dict[int, dict[str, int]]:
    """What is counted of the orders of which a price rises, by their ids."""
    if not rising:
        return {}
    paying = {state.row.order.paid_by for state in rising}
    without = Customer.objects.filter(Q(email=None) | Q(email=""), pk__in=paying)
    silent = set(without.values_list("pk", flat=True))
    return {state.row.pk: {RISE: 1, SILENT: int(state.row.order.paid_by in silent)} for state in rising}
