"""Why a line has its date, its product and its price, and why it has not shipped: gathered as data, said for a reader."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from perennial.desk import rows
from perennial.kernel.money import Money
from perennial.kernel.reasons import DateReason, LineReason, Reason, Who
from perennial.language import Reader
from perennial.language.reasons import Source, date_words, not_shipped, price_words, product_words


def changed_by(adjustments: Iterable[rows.Adjustment]) -> dict[str, Who]:
    """Who changed a line, by kind of adjustment."""
    return {a.kind: Who(a.by, a.on, a.reason) for a in adjustments}


def words_of(
    o: rows.Occurrence,
    source: Source,
    *,
    started: bool,
    order_date: date,
    currency: str,
    changed: dict[str, Who],
    waits: Reason | None,
    to: Reader,
) -> dict[str, str | None]:
    """The ``why`` of a line: date, product, price, not_shipped."""
    line = LineReason.read(o.line_why)
    return {
        "date": date_words(
            DateReason.read(o.why), source, o.event_on, o.ship_on, started=started, changed=changed, to=to
        ),
        "product": product_words(line, source, o.line, changed, to),
        "price": price_words(line, source, o.item, Money(o.price, currency), order_date, changed, to),
        "not_shipped": not_shipped(waits, to),
    }


def why_not_shipped(
    status: str, blocked: str | None, ship_on: date, run_on: date, detail: dict[str, Any] | None = None
) -> Reason | None:
    """Why a line has not shipped yet, or will not; None when it has a child order.

    ``detail``: ``who`` skipped it, ``cancelled`` (why it was), ``preview``, the ``reason`` of a hold or of parking.
    """
    detail = detail or {}
    match status, blocked:
        case "ordered", _:
            return None
        case "skipped", _:
            return Reason("skipped", {"who": detail.get("who")})
        case "cancelled", _:
            return detail.get("cancelled") or Reason("cancelled")
        case "planned", _:
            return Reason("preview" if detail.get("preview") else "draft")
        case "projected", _:
            return Reason("projected", {"run_on": run_on})
        case _, "hold":
            reason = detail.get("reason")
            return Reason("hold", {"reason": reason}) if reason else Reason("hold_without_reason")
        case _, "parked":
            return Reason("parked", {"reason": detail.get("reason") or Reason("could_not_be_made")})
        case _, "card":
            return Reason("card", {"ship_on": ship_on})
        case _, str():
            return Reason(blocked)
    return Reason("due", {"run_on": run_on})
