"""What an action did and what follows from it, as one sentence: what is said after it."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

from perennial.desk.outcome import Outcome, ShipmentChange
from perennial.kernel.money import Money
from perennial.web.visit import Visit
from perennial.web.words import said

MOST_NAMED = 2


def effect(request: Visit, code: str, outcome: Outcome | None, **facts: Any) -> str:
    """``ROM 6 skipped: €28.50 less.`` The form may have named what it is about (``name``)."""
    to = request.visitor.reader
    shown = {} if outcome is None else {one.name: getattr(outcome, one.name) for one in fields(outcome)}
    name = request.POST.get("name") or getattr(outcome, "order", "")
    words = said(to, f"done_{code}", **{**shown, "name": name, **facts})
    follows = outcome.follows if outcome else None
    parts = []
    if follows is not None:
        moved = [one for one in follows.shipments if _moved(one) and one.shipment != shown.get("shipment")]
        for one in moved[:MOST_NAMED]:
            assert one.after is not None
            parts.append(said(to, "follows_moved", shipment=one.shipment, on=one.after.ship_on))
        if len(moved) > MOST_NAMED:
            parts.append(said(to, "follows_more_moved", count=len(moved) - MOST_NAMED))
        if code == "undone_stop":
            again = come_back(outcome)
            on, first = min(again)
            parts.append(said(to, "follows_come_back", count=len(again), first=first, on=on))
        less = follows.to_come_before.minor - follows.to_come_after.minor
        if less:
            amount = Money(abs(less), follows.to_come_after.currency)
            parts.append(said(to, "follows_less" if less > 0 else "follows_more", amount=amount))
    if still := getattr(outcome, "still_ships", None):
        parts.append(said(to, "follows_still_ships", count=len(still), children=list(still)))
    if kept := getattr(outcome, "kept", None):
        parts.append(said(to, "follows_kept_holds", codes=list(kept)))
    if given := getattr(outcome, "given_back", None):
        waits = getattr(outcome, "refund_waits", False)
        parts.append(said(to, "follows_refund_waits" if waits else "follows_given_back", amount=given))
    if back := getattr(outcome, "to_refund", None):
        parts.append(said(to, "follows_refund", amount=back))
    if credit := getattr(outcome, "to_credit", None):
        parts.append(said(to, "follows_credit", amount=credit))
    for name in ("not_charged", "not_charged_of_sent", "still_owed"):
        if open_ := getattr(outcome, name, None):
            parts.append(said(to, f"follows_{name}", amount=open_))
    return f"{words}: {', '.join(parts)}." if parts else f"{words}."


def _moved(one: ShipmentChange) -> bool:
    return one.before is not None and one.after is not None and one.before.ship_on != one.after.ship_on


def come_back(outcome: Outcome | None) -> list[tuple[date, int]]:
    """The shipments that were not there and come now: the day and number of each."""
    changed = outcome.follows.shipments if outcome and outcome.follows else ()
    return [(one.after.ship_on, one.shipment) for one in changed if one.before is None and one.after is not None]
