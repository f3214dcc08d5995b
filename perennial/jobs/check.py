"""Check: the invariants that no single row can hold, and that everything happened once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import islice
from typing import Any

from perennial.audit import run
from perennial.audit.fault import MOST, Fault, ask
from perennial.audit.run import CardsFound
from perennial.catalog.queries import set_up
from perennial.db import sql
from perennial.errors import Refused
from perennial.language import say
from perennial.payments import book

SQL = sql.named("perennial.jobs", "sql/check.sql")
MISSED = "missed"
"""What the last night has left behind."""
UNPAID = "unpaid"
"""What was invoiced and has no payment."""
BOOK = "book"
"""What the gateway's own book says otherwise."""
INVARIANTS = run.INVARIANTS
ONCE = (*run.ONCE, MISSED, UNPAID, BOOK)


def check() -> dict[str, Any]:
    """What must always be true of the data; ``faults`` in words, the first thousand."""
    return faults(INVARIANTS)


def check_once() -> dict[str, Any]:
    """Every occurrence, child and charge once, nothing due missed by the last night, nothing invoiced without a payment,
    and the gateway's own book, where it keeps one, as ours. Refused: a gateway cannot be asked.
    """
    found, refused = check_once_as_far_as_it_goes()
    if refused is not None:
        raise refused
    return found


def check_once_as_far_as_it_goes() -> tuple[dict[str, Any], Refused | None]:
    """The same; where a gateway cannot be asked, what needs none, and why not."""
    here = faults(name for name in ONCE if name != BOOK)
    try:
        found = [*here["faults"], *faults((BOOK,))["faults"]]
    except Refused as refused:
        return {**here, "ok": False}, refused
    return {"ok": not found, "faults": found[:MOST]}, None


def faults(names: Iterable[str]) -> dict[str, Any]:
    """What the rules of these names find."""
    found: list[Fault] = []
    for name in names:
        if name in (MISSED, UNPAID):
            found += ask(SQL[name], {})
        elif name == BOOK:
            found += [
                Fault(
                    code=one.code,
                    order=one.order,
                    line=None,
                    child=None,
                    shipment=None,
                    payment=None,
                    facts={"gateway": one.gateway, "key": one.key, "ours": one.ours, "theirs": one.theirs},
                )
                for one in islice(book.differences(), MOST)
            ]
        else:
            found += run.faults((name,), cards=_cards_found() if name == "blocked" else None)
        if len(found) >= MOST:
            break
    return {"ok": not found, "faults": [say(fault.refusal) for fault in found[:MOST]]}


def _cards_found() -> CardsFound:
    """When a card that will have expired was last found, and the first working day from then on of what was late."""
    found = sql.value(SQL["cards_found"])
    days: dict[int, date | None] = {}
    if found is not None:
        modes = set_up().modes
        for (mode,) in sql.tuples(SQL["modes_of_cards"], [found]):
            try:
                days[mode] = modes[mode].days.roll(found)
            except Refused:  # no working day is left in the calendar
                days[mode] = None
    return CardsFound(found, days)
